// Markets that strategies are judged in. A scenario is a kind of market; its seed decides, besides all that is random in a day, what
// no strategy should rely on (nuisances): the price level, when the session begins, how many traders of each kind there are and how
// often they come. Seeds of the blocks `sealed_parameters` and `sealed_mechanism` have nuisances beyond those of all others, or a market
// that works differently: whoever has learned from the others has not seen these.
import { InvalidInputError } from '../errors.ts';
import { MarketConfig } from '../market/market-config.ts';
import type { MarketConfigInput } from '../market/market-config.ts';
import { realisticMarket } from '../market/realistic.ts';
import type { RealisticOptions } from '../market/realistic.ts';
import { formatClockTime, NS_PER_MINUTE, parseClockTime } from '../market/session-time.ts';
import { RandomKey } from '../random.ts';
import { blockOf } from './sealed-seeds.ts';

type GroupInput = MarketConfigInput['traders'][number];
type Scenario = {
  readonly description: string;
  /** @param openingPriceCents drawn for the seed */
  readonly make: (openingPriceCents: number) => MarketConfigInput;
};

/** Large orders that vanish when the price moves. */
const WITHDRAWAL: GroupInput = {
  type: 'liquidity_withdrawal',
  count: 3,
  meanIntervalSeconds: 3,
  quantity: 500,
  levels: 3,
};

const variation =
  (changes: Omit<RealisticOptions, 'name' | 'openingPriceCents'>) =>
  (openingPriceCents: number): MarketConfigInput =>
    realisticMarket({ name: 'realistic', ...changes, openingPriceCents });

export const SCENARIOS = {
  realistic: {
    description: 'An ordinary day of a liquid stock.',
    make: variation({}),
  },
  volatile: {
    description: 'Prices move more than twice as much, in stronger bursts, with more news.',
    make: variation({ minuteVolatilityBps: 12, bursts: 1.2, newsPerDay: 10, newsBps: 40 }),
  },
  stable: {
    description: 'Prices move half as much, evenly, without news.',
    make: variation({ minuteVolatilityBps: 2.5, bursts: 0.5, newsPerDay: 0 }),
  },
  thin: {
    description: 'Half as many traders, who come half as often, and less on offer.',
    make: variation({ countFactor: 0.5, rateFactor: 0.5, depthFactor: 0.5 }),
  },
  trending: {
    description: 'The value drifts one way all day, by 3 % in a typical one; nobody says which way.',
    make: variation({ driftBps: 300 }),
  },
  stressed: {
    description:
      'Large news every few minutes, little on offer, and large orders that vanish when the price moves.',
    make: variation({
      minuteVolatilityBps: 10,
      bursts: 1.2,
      newsPerDay: 60,
      newsBps: 50,
      depthFactor: 0.4,
      others: [WITHDRAWAL],
    }),
  },
  adversarial: {
    description: 'Orders that are not meant to trade, and large orders that vanish when the price moves.',
    make: variation({
      others: [{ type: 'spoofer', count: 4, meanIntervalSeconds: 30 }, WITHDRAWAL],
    }),
  },
  no_edge: {
    description: 'No strategy can gain or lose in expectation: a price that only chance moves, at no cost.',
    make: noEdge,
  },
} as const satisfies Readonly<Record<string, Scenario>>;
export type ScenarioName = keyof typeof SCENARIOS;
export const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly ScenarioName[];

/** Of the dealer's price in a minute. */
const NO_EDGE_VOLATILITY_BPS = 5;

/** The other side of every trade is the dealer of traders/martingale-dealer.ts, where it is shown why that is fair. */
function noEdge(openingPriceCents: number): MarketConfigInput {
  const { activity, strategy } = realisticMarket({ name: 'realistic' });
  const centsAMinute = (openingPriceCents * NO_EDGE_VOLATILITY_BPS) / 10_000;
  return {
    name: 'no_edge',
    openingPriceCents,
    // Nobody looks at it.
    fundamental: { type: 'random_walk', meanCents: openingPriceCents, minuteVolatilityBps: 0 },
    activity,
    // Half a tick for each share that either side trades: the spread of one tick costs and earns nothing.
    fees: { maker: -50, taker: -50 },
    selfTradePrevention: 'cancel_oldest',
    latency: { type: 'none' },
    // Steps of one cent, as many as make up the volatility.
    traders: [
      { type: 'martingale_dealer', count: 1, meanIntervalSeconds: 60 / (centsAMinute * centsAMinute) },
    ],
    strategy,
  };
}

/** How far nuisances vary. Counts and rates are factors, each group of traders with its own. */
export const NUISANCES = {
  openingPriceCents: [3000, 10_000],
  /** Minutes after 09:30; the session is as long as it is. */
  startMinutes: [-30, 30],
  count: [0.8, 1.2],
  rate: [0.7, 1.3],
} as const;
type Range = readonly [low: number, high: number];

/** The same for `sealed_parameters`: on either side of these ranges, an assumption. */
export const HELD_OUT_NUISANCES: Readonly<Record<keyof typeof NUISANCES, readonly [Range, Range]>> = {
  openingPriceCents: [
    [1500, 3000],
    [10_000, 20_000],
  ],
  startMinutes: [
    [-60, -30],
    [30, 60],
  ],
  count: [
    [0.6, 0.8],
    [1.2, 1.4],
  ],
  rate: [
    [0.5, 0.7],
    [1.3, 1.6],
  ],
};

/**
 * The market of a scenario for one seed. Equal seeds have the same price level and start in every scenario, so that scenarios can be
 * compared seed by seed.
 * @throws InvalidInputError for a seed of `sealed_mechanism` in `no_edge`, which works in one way only
 */
export function scenarioConfig(name: ScenarioName, seed: number | string): MarketConfig {
  const key = RandomKey.of(String(seed)).at('scenario');
  const purpose = typeof seed === 'number' ? blockOf(seed)?.purpose : undefined;
  const draw = (nuisance: keyof typeof NUISANCES, at: RandomKey): number => {
    const ranges = purpose === 'sealed_parameters' ? HELD_OUT_NUISANCES[nuisance] : [NUISANCES[nuisance]];
    const place = ranges.length * at.uniform();
    const [low, high] = ranges[Math.floor(place)]!;
    return low + (high - low) * (place - Math.floor(place));
  };
  const openingPriceCents = Math.round(draw('openingPriceCents', key.at('opening_price')));
  const usual = MarketConfig.parse(SCENARIOS[name].make(openingPriceCents));
  const config = purpose === 'sealed_mechanism' ? otherMechanism(name, usual) : usual;
  const later = Math.round(draw('startMinutes', key.at('start'))) * NS_PER_MINUTE;
  const shift = (time: string): string => formatClockTime(parseClockTime(time) + later);
  const traders = config.traders.map((group) => {
    const own = key.at('group', group.name);
    const rate = draw('rate', own.at('rate'));
    // Of the only one there can be no more.
    const count = group.count === 1 ? 1 : Math.round(group.count * draw('count', own.at('count')));
    return withRate({ ...group, count }, rate);
  });
  return MarketConfig.parse({
    ...config,
    name,
    open: shift(config.open),
    close: shift(config.close),
    traders,
  });
}

/**
 * Makers that do not learn from order flow (ladders as wide as the spread has been) in place of those that do, and traders who form a
 * belief of the value from noisy looks in place of those who trade when they know of a gain: more of them, and less on offer, so that the
 * price still follows the value. In an hour of seeds 1 and 2 the spread is then 2.2 to 3.3 bps (2.4 to 6.4 before), half as much rests
 * at the touch, and minutes vary 0.4 to 1.0 times as much.
 */
function otherMechanism(scenario: ScenarioName, config: MarketConfig): MarketConfig {
  const { openingPriceCents, latency } = config;
  const traders = config.traders.map((group): GroupInput => {
    if (group.type === 'adaptive_maker')
      return {
        type: 'market_maker',
        count: group.count,
        meanIntervalSeconds: 5 * group.meanIntervalSeconds,
        share: 0,
        leastQuantity: Math.max(1, Math.round(group.quantity / 10)),
        levels: group.levels,
        spacing: 1,
        mostSpreadCents: 4,
      };
    if (group.type === 'informed')
      return {
        type: 'value',
        count: 5 * group.count,
        meanIntervalSeconds: group.meanIntervalSeconds,
        meanCents: openingPriceCents,
        kappaPerNs: 0,
        observationVariance: squareOf((openingPriceCents * group.observationBps) / 10_000),
        shockVariance: squareOf((openingPriceCents * BELIEVED_VOLATILITY_BPS) / 10_000) / NS_PER_MINUTE,
      };
    return group;
  });
  if (traders.every((group, i) => group === config.traders[i]) || latency.type !== 'bands')
    throw new InvalidInputError(
      `${scenario} works in one way only: no other mechanism of it can be held back.`,
    );
  const { adaptive_maker: makers, informed, ...byType } = latency.byType;
  return MarketConfig.parse({
    ...config,
    traders,
    latency: { ...latency, byType: { ...byType, market_maker: makers, value: informed } },
  });
}

/** Of a minute, as the value traders of the other mechanism believe: that of an ordinary day. */
const BELIEVED_VOLATILITY_BPS = 5.5;

function squareOf(value: number): number {
  return value * value;
}

type Group = MarketConfig['traders'][number];

/** The same traders, who come so many times as often. */
function withRate(group: Group, factor: number): Group {
  if (group.type === 'zero_intelligence')
    return {
      ...group,
      limitsPerMinute: group.limitsPerMinute * factor,
      marketsPerMinute: group.marketsPerMinute * factor,
      cancelsPerMinute: group.cancelsPerMinute * factor,
    };
  if ('meanIntervalSeconds' in group)
    return { ...group, meanIntervalSeconds: group.meanIntervalSeconds / factor };
  return group;
}
