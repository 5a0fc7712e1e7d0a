// A market that has what real markets have in common (docs/market.md, stylised facts), and its variations. News and traders come
// by a clock with the U of a day and with bursts; makers learn from order flow; a few know more than others, and many trade large
// intentions in small orders. Fees and latency are on, and a strategy has the means of a small account.
import type { MarketConfigInput } from './market-config.ts';

type GroupInput = MarketConfigInput['traders'][number];

/** What variations change; 1 leaves a factor as it is. */
export type RealisticOptions = {
  readonly name: string;
  readonly openingPriceCents?: number;
  /** Standard deviation of a minute of the fundamental. */
  readonly minuteVolatilityBps?: number;
  /** On the number and on the rate of background traders, and on what makers offer. */
  readonly countFactor?: number;
  readonly rateFactor?: number;
  readonly depthFactor?: number;
  readonly bursts?: number;
  readonly newsPerDay?: number;
  readonly newsBps?: number;
  readonly driftBps?: number;
  readonly others?: readonly GroupInput[];
};

const OPENING_PRICE_CENTS = 5000;

export function realisticMarket(options: RealisticOptions): MarketConfigInput {
  const {
    name,
    openingPriceCents = OPENING_PRICE_CENTS,
    minuteVolatilityBps = 5.5,
    countFactor = 1,
    rateFactor = 1,
    depthFactor = 1,
    bursts = 1,
    newsPerDay = 4,
    newsBps = 25,
    driftBps = 0,
    others = [],
  } = options;
  const many = (count: number): number => Math.max(1, Math.round(count * countFactor));
  const every = (seconds: number): number => seconds / rateFactor;
  const traders: GroupInput[] = [
    {
      type: 'adaptive_maker',
      count: many(4),
      meanIntervalSeconds: every(2),
      levels: 6,
      quantity: Math.max(1, Math.round(300 * depthFactor)),
      impactBps: 0.2,
      anticipation: 0.6,
      flowMemorySeconds: 600,
      publicShare: 0.95,
      pull: 0.03,
      leastHalfSpreadCents: 0,
      volatilityFactor: 2.5,
      volatilityMemorySeconds: 30,
      inventoryBps: 0.02,
      mostShares: 20_000,
    },
    {
      type: 'informed',
      count: many(10),
      meanIntervalSeconds: every(28),
      observationBps: 6,
      leastGainBps: 1,
    },
    {
      type: 'order_splitter',
      count: many(8),
      meanIntervalSeconds: every(6),
      meanRestSeconds: every(300),
      leastShares: 1500,
      mostShares: 30_000,
      tailIndex: 1.5,
    },
    {
      type: 'zero_intelligence',
      count: many(50),
      limitsPerMinute: 0.6 * rateFactor,
      marketsPerMinute: 0.2 * rateFactor,
      cancelsPerMinute: 0.5 * rateFactor,
      reachCents: 12,
    },
    { type: 'imbalance', count: many(3), meanIntervalSeconds: every(60) },
    { type: 'mean_reversion', count: many(3), meanIntervalSeconds: every(30) },
    {
      type: 'momentum',
      count: many(2),
      meanIntervalSeconds: every(60),
      orderSize: { type: 'uniform', least: 10, most: 50 },
    },
    ...others,
  ];
  return {
    name,
    openingPriceCents,
    fundamental: {
      type: 'random_walk',
      meanCents: openingPriceCents,
      minuteVolatilityBps,
      news: { perDay: newsPerDay, deviationBps: newsBps },
      driftBps,
    },
    activity: {
      edge: 2.5,
      bursts: [
        { deviation: 0.5 * bursts, halfLifeMinutes: 6 },
        { deviation: 0.8 * bursts, halfLifeMinutes: 40 },
      ],
    },
    fees: { maker: -20, taker: 30 },
    latency: {
      type: 'bands',
      default: [500_000, 5_000_000],
      byType: { adaptive_maker: [50_000, 200_000], informed: [200_000, 1_000_000] },
    },
    traders,
    strategy: {
      startingCashCents: 25_000_000,
      latencyNs: 1_000_000,
      limits: { maxOrderQuantity: 1000, maxPosition: 2000, maxShort: 2000, creditCents: 0 },
    },
  };
}
