// The value that value traders estimate. It is a path on a grid, drawn from its key alone: whoever looks, and when, changes
// nothing. Between two points of the grid it stays what it was at the first, so that nobody sees what is still to come.
import { z } from 'zod';
import { exp, expMinusOne, normalQuantile } from '../math.ts';
import type { RandomKey } from '../random.ts';
import type { Activity } from './activity.ts';
import { MAX_PRICE_CENTS } from './order.ts';
import { ClockTime, NS_PER_MINUTE, NS_PER_SECOND, parseClockTime } from './session-time.ts';

const Megashocks = z.strictObject({
  /** Mean number per nanosecond. */
  ratePerNs: z.number().min(0).max(1e-9),
  meanCents: z.number().min(0).max(10_000_000),
  variance: z.number().min(0).max(1e13),
});

export const FundamentalConfig = z.discriminatedUnion('type', [
  /** Ornstein–Uhlenbeck process with rare jumps. */
  z.strictObject({
    type: z.literal('sparse_mean_reverting'),
    meanCents: z.number().positive().max(MAX_PRICE_CENTS),
    kappaPerNs: z.number().min(0).max(1e-6),
    /** Standard deviation of its movement, in cents per √ns. */
    volatility: z.number().min(0).max(0.1),
    megashocks: Megashocks.nullable().default(null),
    /** The path is drawn on a grid of this step. */
    stepSeconds: z.number().min(0.001).max(3600).default(1),
  }),
  /** The same in discrete steps: r(t) = max(0, κ·mean + (1 − κ)·r(t − 1) + shock). */
  z.strictObject({
    type: z.literal('mean_reverting'),
    meanCents: z.number().positive().max(MAX_PRICE_CENTS),
    kappaPerStep: z.number().min(0).max(1),
    shockVariance: z.number().min(0).max(1e10),
    stepSeconds: z.number().min(0.001).max(3600).default(1),
  }),
  /** Its logarithm is a random walk by the market's clock (activity.ts), without memory: what comes next is not in what was. */
  z.strictObject({
    type: z.literal('random_walk'),
    /** At the open. */
    meanCents: z.number().positive().max(MAX_PRICE_CENTS),
    /** Standard deviation of a minute in which the market's clock runs at its mean rate. */
    minuteVolatilityBps: z.number().min(0).max(1000),
    /** Jumps, so many a day on average, by the market's clock; their size is normal. */
    news: z
      .strictObject({ perDay: z.number().min(0).max(10_000), deviationBps: z.number().min(0).max(10_000) })
      .nullable()
      .default(null),
    /** Standard deviation of a day's drift, which is spread evenly over the session. */
    driftBps: z.number().min(0).max(10_000).default(0),
    stepSeconds: z.number().min(0.001).max(3600).default(1),
  }),
  /** Values from outside, at times of day that grow. Between two of them the earlier one holds, or a straight line. */
  z.strictObject({
    type: z.literal('series'),
    times: z.array(ClockTime).min(1).max(1_000_000),
    valuesCents: z.array(z.number().min(0).max(MAX_PRICE_CENTS)).min(1),
    between: z.enum(['previous', 'linear']).default('previous'),
    stepSeconds: z.number().min(0.001).max(3600).default(1),
  }),
]);
export type FundamentalConfig = z.infer<typeof FundamentalConfig>;

export type FundamentalPath = {
  readonly stepNs: number;
  readonly fromNs: number;
  readonly valuesCents: Float64Array;
};

export class Fundamental {
  readonly path: FundamentalPath;

  constructor(path: FundamentalPath) {
    this.path = path;
  }

  /** Value in cents, not rounded, never below 0. */
  at(timeNs: number): number {
    const { stepNs, fromNs, valuesCents } = this.path;
    const index = Math.floor((timeNs - fromNs) / stepNs);
    return valuesCents[Math.max(0, Math.min(valuesCents.length - 1, index))]!;
  }
}

type Of<T extends FundamentalConfig['type']> = Extract<FundamentalConfig, { type: T }>;

export function createFundamental(
  config: FundamentalConfig,
  key: RandomKey,
  openNs: number,
  closeNs: number,
  activity: Activity | null = null,
): Fundamental {
  const stepNs = Math.round(config.stepSeconds * NS_PER_SECOND);
  const valuesCents = new Float64Array(Math.floor((closeNs - openNs) / stepNs) + 1);
  const path = { stepNs, fromNs: openNs, valuesCents };
  switch (config.type) {
    case 'sparse_mean_reverting':
      fillSparseMeanReverting(path, config, key);
      break;
    case 'mean_reverting':
      fillMeanReverting(path, config, key);
      break;
    case 'random_walk':
      fillRandomWalk(path, config, key, activity);
      break;
    case 'series':
      fillFromSeries(path, config);
      break;
  }
  return new Fundamental(path);
}

// Plain loops, since a closure over the value would leave a number behind at each of 23,401 steps of a day.

function fillMeanReverting(
  { valuesCents }: FundamentalPath,
  { meanCents, kappaPerStep, shockVariance }: Of<'mean_reverting'>,
  key: RandomKey,
): void {
  const deviation = Math.sqrt(shockVariance);
  valuesCents[0] = meanCents;
  for (let i = 1; i < valuesCents.length; i++) {
    const shock = deviation * normalQuantile(key.at(i).uniform());
    valuesCents[i] = bounded(kappaPerStep * meanCents + (1 - kappaPerStep) * valuesCents[i - 1]! + shock);
  }
}

/** Bounded on both sides of its start, so that the longest walk stays a number. */
const MOST_LOG = 20;

function fillRandomWalk(
  { fromNs, stepNs, valuesCents }: FundamentalPath,
  { meanCents, minuteVolatilityBps, news, driftBps }: Of<'random_walk'>,
  key: RandomKey,
  activity: Activity | null,
): void {
  const steps = valuesCents.length - 1;
  const perRootNs = (minuteVolatilityBps * 1e-4) / Math.sqrt(NS_PER_MINUTE);
  const drift = steps === 0 ? 0 : (driftBps * 1e-4 * key.at('drift').normal()) / steps;
  const newsPerNs = news === null ? 0 : news.perDay / (steps * stepNs);
  const [walk, arrivals, sizes] = [key.at('walk'), key.at('news'), key.at('news_size')];
  let log = 0;
  let marketNs = 0;
  valuesCents[0] = bounded(meanCents);
  for (let i = 1; i <= steps; i++) {
    const passed = activity === null ? i * stepNs : activity.passedAt(fromNs + i * stepNs);
    const elapsed = passed - marketNs;
    marketNs = passed;
    log += drift + perRootNs * Math.sqrt(elapsed) * normalQuantile(walk.uniformAt(i));
    // At most one jump in a step: steps are short beside the time between jumps.
    if (arrivals.uniformAt(i) < newsPerNs * elapsed)
      log += news!.deviationBps * 1e-4 * normalQuantile(sizes.uniformAt(i));
    log = Math.min(MOST_LOG, Math.max(-MOST_LOG, log));
    valuesCents[i] = bounded(meanCents * exp(log));
  }
}

/** No price is outside. */
function bounded(valueCents: number): number {
  return Math.min(MAX_PRICE_CENTS, Math.max(0, valueCents));
}

/** Before the first time its value holds, after the last one that one. */
function fillFromSeries(
  { fromNs, stepNs, valuesCents: path }: FundamentalPath,
  { times, valuesCents, between }: Of<'series'>,
): void {
  const at = times.map(parseClockTime);
  let next = 0;
  for (let i = 0; i < path.length; i++) {
    const now = fromNs + i * stepNs;
    while (next < at.length && at[next]! <= now) next += 1;
    const before = valuesCents[Math.max(0, next - 1)]!;
    path[i] = before;
    if (between === 'previous' || next === 0 || next === at.length) continue;
    const share = (now - at[next - 1]!) / (at[next]! - at[next - 1]!);
    path[i] = before + share * (valuesCents[next]! - before);
  }
}

/**
 * An Ornstein–Uhlenbeck process with rare jumps of either sign, by its exact transition between points of the grid:
 * mean μ + (v − μ) e^(−κd), variance σ² (1 − e^(−2κd)) / 2κ (D. T. Gillespie, Physical Review E 54, 1996).
 */
function fillSparseMeanReverting(
  { fromNs, stepNs, valuesCents }: FundamentalPath,
  { meanCents, kappaPerNs, volatility, megashocks }: Of<'sparse_mean_reverting'>,
  key: RandomKey,
): void {
  const decay = exp(-kappaPerNs * stepNs);
  const spread = kappaPerNs === 0 ? stepNs : -expMinusOne(-2 * kappaPerNs * stepNs) / (2 * kappaPerNs);
  const deviation = volatility * Math.sqrt(spread);
  const untilNs = fromNs + (valuesCents.length - 1) * stepNs;
  const shocks = megashocks === null ? [] : drawMegashocks(megashocks, key, fromNs, untilNs);
  let value = meanCents;
  let nextShock = 0;
  for (let i = 0; i < valuesCents.length; i++) {
    if (i > 0)
      value = meanCents + (value - meanCents) * decay + deviation * normalQuantile(key.at(i).uniform());
    for (; nextShock < shocks.length && shocks[nextShock]!.atNs <= fromNs + i * stepNs; nextShock++)
      value += shocks[nextShock]!.sizeCents;
    value = bounded(value);
    valuesCents[i] = value;
  }
}

function drawMegashocks(
  { ratePerNs, meanCents, variance }: NonNullable<Of<'sparse_mean_reverting'>['megashocks']>,
  key: RandomKey,
  fromNs: number,
  untilNs: number,
): { atNs: number; sizeCents: number }[] {
  const shocks: { atNs: number; sizeCents: number }[] = [];
  if (ratePerNs <= 0) return shocks;
  let atNs = fromNs;
  for (let n = 0; ; n++) {
    const own = key.at('megashock', n);
    atNs += own.at('gap').exponential() / ratePerNs;
    if (atNs > untilNs) return shocks;
    const sign = own.at('sign').uniform() < 0.5 ? -1 : 1;
    shocks.push({ atNs, sizeCents: sign * (meanCents + Math.sqrt(variance) * own.at('size').normal()) });
  }
}
