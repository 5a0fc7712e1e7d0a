// All that decides a market simulation, except its seed. JSON in, JSON out: a preset is nothing but such a value.
import { z } from 'zod';
import { InvalidInputError } from '../errors.ts';
import { ActivityConfig } from './activity.ts';
import { FundamentalConfig } from './fundamental.ts';
import { LatencyModel } from './latency.ts';
import { MAX_PRICE_CENTS, SELF_TRADE_PREVENTIONS } from './order.ts';
import { RiskLimits } from './risk.ts';
import { ClockTime, NS_PER_DAY, NS_PER_SECOND, parseClockTime } from './session-time.ts';
import { mostShares } from './traders/order-size.ts';
import { TraderGroup } from './traders/registry.ts';
import { zeroIntelligenceInterval } from './traders/zero-intelligence.ts';

const Cents = z.int().positive().max(MAX_PRICE_CENTS);
const MOST_OPEN_ORDERS = 1000;

export const StrategySettings = z.strictObject({
  startingCashCents: z.int().min(0).max(1e13).default(10_000_000),
  /** One way. */
  latencyNs: z.int().min(0).max(60_000_000_000).default(1_000_000),
  /** Between two calls of `onTick`. */
  tickSeconds: z.number().min(0.001).max(3600).default(1),
  /** Levels of market data. */
  depth: z.int().min(1).max(1000).default(10),
  /** Least time between two deliveries of market data; 0: every change. */
  dataIntervalMs: z.number().min(0).max(1_800_000).default(100),
  /** Shares to be held at the close; 0 for a strategy that trades for itself. */
  targetInventory: z.int().min(-1_000_000).max(1_000_000).default(0),
  /** What is open is told in every state: without a limit that takes all the time there is. */
  limits: RiskLimits.extend({
    maxOpenOrders: RiskLimits.shape.maxOpenOrders.default(MOST_OPEN_ORDERS),
  }).prefault({}),
});
export type StrategySettings = z.infer<typeof StrategySettings>;

/** Points of the grid on which the fundamental is drawn, and traders of all groups together. */
const MOST_STEPS = 1_000_000;
const MOST_TRADERS = 200_000;
/** Of all traders together, in a session; an order of a market maker counts as one. */
const MOST_WAKE_UPS = 20_000_000;
/** Each is told of changes of the book. */
const MOST_MARKET_MAKERS = 1000;

/** Names of participants that no group of traders may have. */
const RESERVED = ['exchange', 'strategy'];

export const MarketConfig = z
  .strictObject({
    name: z.string().min(1).max(100),
    symbol: z.string().min(1).max(20).default('ABM'),
    date: z.iso.date().default('2021-02-05'),
    open: ClockTime.default('09:30'),
    close: ClockTime.default('16:00'),
    /** Messages under way at the close are still delivered for so long. */
    afterCloseSeconds: z.number().min(0).max(3600).default(1),
    /** What the last trade is said to have been before the first one. */
    openingPriceCents: Cents.default(100_000),
    tickSizeCents: z.int().min(1).max(10_000).default(1),
    lotSize: z.int().min(1).max(10_000).default(1),
    selfTradePrevention: z.enum(SELF_TRADE_PREVENTIONS).default('off'),
    /** Per share, in hundredths of a cent; a rebate is below 0. */
    fees: z
      .strictObject({ maker: z.int().min(-10_000).max(10_000), taker: z.int().min(-10_000).max(10_000) })
      .default({ maker: 0, taker: 0 }),
    /** Seconds after the open and before the close in which orders are collected; at the end all trade at one price. 0: none. */
    auctions: z
      .strictObject({
        openingSeconds: z.number().min(0).max(3600).default(0),
        closingSeconds: z.number().min(0).max(3600).default(0),
      })
      .prefault({}),
    /** No trade is outside of a band around the last price that was taken as reference; what would be halts trading. Null: no band. */
    halt: z
      .strictObject({
        /** Half of the band, in basis points of the reference. */
        bandBps: z.number().min(1).max(10_000).default(500),
        /** Orders are collected for so long; then all trade at one price, which is the new reference. */
        haltSeconds: z.number().min(0.001).max(3600).default(300),
        /** The last price becomes the reference after each such time. */
        referenceSeconds: z.number().min(0.1).max(23_400).default(300),
      })
      .nullable()
      .default(null),
    latency: LatencyModel.default({ type: 'deterministic' }),
    /** A trader is busy so long with each message. */
    computationDelayNs: z.int().min(0).max(NS_PER_SECOND).default(50),
    exchangeDelayNs: z.int().min(0).max(NS_PER_SECOND).default(0),
    /** Answers about orders leave the exchange so much later. */
    pipelineDelayNs: z.int().min(0).max(NS_PER_SECOND).default(0),
    fundamental: FundamentalConfig,
    /** The market's clock, by which traders and news come; null: it runs as any other. */
    activity: ActivityConfig.nullable().default(null),
    traders: z.array(TraderGroup).max(100),
    /** How a strategy takes part, when one is given. */
    strategy: StrategySettings.prefault({}),
  })
  .superRefine((config, context) => {
    const issue = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    const openNs = parseClockTime(config.open);
    const closeNs = parseClockTime(config.close);
    if (openNs >= closeNs)
      issue(['close'], `must be after the open at ${config.open}, and is ${config.close}`);
    if (closeNs + config.afterCloseSeconds * NS_PER_SECOND >= NS_PER_DAY)
      issue(['afterCloseSeconds'], 'must end before midnight');
    const { openingSeconds, closingSeconds } = config.auctions;
    if ((openingSeconds + closingSeconds) * NS_PER_SECOND >= closeNs - openNs)
      issue(['auctions'], 'must leave time to trade between them');
    if (config.openingPriceCents % config.tickSizeCents !== 0)
      issue(['openingPriceCents'], `must be a multiple of the tick of ${config.tickSizeCents} cents`);
    const steps = Math.floor((closeNs - openNs) / NS_PER_SECOND / config.fundamental.stepSeconds);
    if (steps > MOST_STEPS)
      issue(
        ['fundamental', 'stepSeconds'],
        `makes ${steps} steps of this session; at most ${MOST_STEPS} are possible`,
      );
    const traders = config.traders.reduce((sum, { count }) => sum + count, 0);
    if (traders > MOST_TRADERS)
      issue(['traders'], `are ${traders} together; at most ${MOST_TRADERS} are possible`);
    const seconds = (closeNs - openNs) / NS_PER_SECOND;
    const wakeUps = config.traders.reduce(
      (sum, group) => sum + (group.count * seconds) / intervalOf(group),
      0,
    );
    if (wakeUps > MOST_WAKE_UPS)
      issue(
        ['traders'],
        `would wake up, and put up ladders, ${wakeUps.toExponential(1)} times in this session; at most ${MOST_WAKE_UPS} are possible`,
      );
    const makers = config.traders.reduce(
      (sum, { type, count }) => sum + (type === 'market_maker' ? count : 0),
      0,
    );
    if (makers > MOST_MARKET_MAKERS)
      issue(['traders'], `are ${makers} market makers; at most ${MOST_MARKET_MAKERS} are possible`);
    checkLatency(config.latency, new Set(config.traders.map(({ type }) => type)), issue);
    const names = new Set<string>();
    config.traders.forEach(({ name }, i) => {
      if (RESERVED.includes(name)) issue(['traders', i, 'name'], `"${name}" is taken`);
      if (names.has(name)) issue(['traders', i, 'name'], `"${name}" is the name of another group`);
      names.add(name);
    });
    config.traders.forEach((group, i) => {
      if (group.type === 'noise') {
        const path = group.wake.type === 'once' ? ['wake', 'until'] : ['wake', 'begins', 'until'];
        const window = group.wake.type === 'once' ? group.wake : group.wake.begins;
        if (window !== undefined && parseClockTime(window.from) >= parseClockTime(window.until))
          issue(['traders', i, ...path], `must be after ${window.from}`);
      }
      if ('orderSize' in group && group.orderSize.type === 'mixture') {
        const { oddLots, roundLots } = group.orderSize;
        if (oddLots.weight + roundLots.reduce((sum, weight) => sum + weight, 0) === 0)
          issue(['traders', i, 'orderSize'], 'must have a weight above 0');
      }
      if ('orderSize' in group && mostShares(group.orderSize) < config.lotSize / 2)
        issue(['traders', i, 'orderSize'], `has no size that comes near a lot of ${config.lotSize} shares`);
      if ('orderSize' in group && group.orderSize.least > group.orderSize.most)
        issue(['traders', i, 'orderSize', 'most'], `must be at least ${group.orderSize.least}`);
    });
    if (config.fundamental.type === 'series') {
      const { times, valuesCents } = config.fundamental;
      if (times.length !== valuesCents.length)
        issue(
          ['fundamental', 'valuesCents'],
          `must be as many as times: ${times.length}, not ${valuesCents.length}`,
        );
      const at = times.findIndex((time, i) => i > 0 && parseClockTime(time) <= parseClockTime(times[i - 1]!));
      if (at > 0) issue(['fundamental', 'times', at], `${times[at]} is not after ${times[at - 1]}`);
    }
  });
export type MarketConfig = z.infer<typeof MarketConfig>;
/** What may be left out has a default. */
export type MarketConfigInput = z.input<typeof MarketConfig>;

/** Mean seconds between what a trader does; Infinity for one that comes once. */
function intervalOf(group: TraderGroup): number {
  if (group.type === 'market_maker') return group.meanIntervalSeconds / (2 * group.levels);
  if (group.type === 'noise') return group.wake.type === 'once' ? Infinity : group.wake.meanIntervalSeconds;
  if (group.type === 'adaptive_maker') return group.meanIntervalSeconds / (2 * group.levels);
  if (group.type === 'zero_intelligence') return zeroIntelligenceInterval(group);
  if (group.type === 'spoofer') return group.meanIntervalSeconds / (1 + group.spoofLevels);
  if (group.type === 'liquidity_withdrawal') return group.meanIntervalSeconds / (2 * group.levels);
  return 'intervalSeconds' in group ? group.intervalSeconds : group.meanIntervalSeconds;
}

function checkLatency(
  latency: LatencyModel,
  types: ReadonlySet<string>,
  issue: (path: (string | number)[], message: string) => void,
): void {
  if (latency.type !== 'bands') return;
  const check = (path: string[], band: typeof latency.default): void => {
    if (band !== 'disconnected' && band[0] > band[1])
      issue(['latency', ...path, 1], `must be at least ${band[0]}`);
  };
  check(['default'], latency.default);
  for (const [type, band] of Object.entries(latency.byType)) {
    check(['byType', type], band);
    if (!types.has(type))
      issue(['latency', 'byType', type], `is no type of the traders: ${[...types].join(', ')}`);
  }
}

/**
 * A strategy must hear what became of its last requests.
 * @throws InvalidInputError when the day ends before an answer can come
 */
export function requireAnswers({
  strategy,
  latency,
  exchangeDelayNs,
  pipelineDelayNs,
  afterCloseSeconds,
}: MarketConfig): void {
  const longest =
    latency.type === 'cubic'
      ? 1 +
        latency.jitter / (latency.jitterClip * latency.jitterClip * latency.jitterClip * latency.jitterUnit)
      : 1;
  const seconds = (2 * strategy.latencyNs * longest + exchangeDelayNs + pipelineDelayNs) / NS_PER_SECOND;
  if (seconds > afterCloseSeconds)
    throw new InvalidInputError(
      `strategy.latencyNs: an answer can take ${seconds.toFixed(3)} s; afterCloseSeconds must be at least as much (it is ${afterCloseSeconds})`,
    );
}

/**
 * Reads a configuration from outside.
 * @throws InvalidInputError that names each path, its value and what would be allowed
 */
export function parseMarketConfig(value: unknown): MarketConfig {
  const parsed = MarketConfig.safeParse(value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const path = issue.path.join('.') || 'the configuration';
    const found = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)?.[key], value);
    const isSimple = found === null || ['string', 'number', 'boolean'].includes(typeof found);
    return `${path}: ${issue.message}${isSimple ? ` (it is ${JSON.stringify(found)})` : ''}`;
  });
  throw new InvalidInputError(`This is no market:\n  ${lines.join('\n  ')}`);
}
