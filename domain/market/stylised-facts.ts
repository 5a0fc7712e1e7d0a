// What real markets have in common (Cont 2001, Quantitative Finance 1, 223–236; Vyetrenko et al. 2020, arXiv 1912.04941),
// measured on one recorded day. Returns are log returns of the mid between full minutes after the open, so that a denser feed
// changes nothing; where a side is missing at one of them, the returns on both sides of it are not known and are left out.
// What cannot be known, because there are too few values or all are the same, is null, never 0.
import {
  autocorrelation,
  correlation,
  excessKurtosis,
  hillIndex,
  median,
  sampleDeviation,
  weightedMean,
  weightedQuantile,
  weightedSkewness,
} from '../descriptive-statistics.ts';
import { hurstExponent } from '../detrended-fluctuation.ts';
import { RandomKey } from '../random.ts';
import { BASIS_POINTS, LEAST_RETURNS, returnsOf } from './market-metrics.ts';
import { BUY } from './order.ts';
import { measure } from './recorded-metrics.ts';
import type { Quotes, Trades } from './recording.ts';
import { NS_PER_MINUTE } from './session-time.ts';
import { withoutTimeOfDay } from './time-of-day.ts';

/** Fewer orders that traded say nothing of their signs or of when volume comes. */
const LEAST_ORDERS = 30;
/** Share of |returns| that counts as the tail, and how many that must be. */
const TAIL_SHARE = 0.05;
const LEAST_TAIL = 10;

export type StylisedFacts = {
  /**
   * Kurtosis − 3 of returns over 1, 5 and 10 minutes, none overlapping another; 0 for a normal distribution. Above 0 and
   * falling with the interval in real markets (Cont 2001: heavy tails, aggregational normality). Null under 30 returns.
   */
  readonly excessKurtosis1Minute: number | null;
  readonly excessKurtosis5Minutes: number | null;
  readonly excessKurtosis10Minutes: number | null;
  /**
   * Autocorrelation of one-minute returns from one minute to the next. About 0 in liquid markets (Cont 2001: no linear memory);
   * below 0 where the mid springs back.
   */
  readonly returnAcf1: number | null;
  /**
   * The largest absolute autocorrelation of one-minute returns at lags of 2 to 10 minutes. The largest of nine is not 0 without
   * memory: its median is about 0.10 for the 388 returns of a day, were they independent.
   */
  readonly largestReturnAcf2To10: number | null;
  /** Autocorrelation of absolute one-minute returns, lags in minutes: volatility clusters when above 0 (Cont 2001). */
  readonly absoluteReturnAcf1: number | null;
  readonly absoluteReturnAcf5: number | null;
  readonly absoluteReturnAcf10: number | null;
  /** The same when the time of day is taken out (time-of-day.ts): what is left is not the U of a day. */
  readonly absoluteReturnAcf1WithoutDay: number | null;
  readonly absoluteReturnAcf10WithoutDay: number | null;
  /** Correlation of the shares traded in a minute with the absolute return of that minute (Karpoff 1987; Cont 2001). */
  readonly volumeVolatility: number | null;
  /** Correlation of a minute's return with the absolute return of the next: leverage when below 0 (Cont 2001). */
  readonly returnVolatility: number | null;
  /**
   * Tail index of absolute one-minute returns, by Hill's estimator (1975, Annals of Statistics 3, 1163–1174) from the largest 5 %.
   * About 2 to 5 in real markets (Cont 2001). Null when that are fewer than 10.
   */
  readonly hillIndex: number | null;
  /** Ask − bid in cents over the time with both: mean, median, 99th percentile, and third standardised moment. */
  readonly meanSpreadCents: number | null;
  readonly medianSpreadCents: number | null;
  readonly p99SpreadCents: number | null;
  readonly spreadSkewness: number | null;
  /** Share of the session's time with a bid and an ask. */
  readonly twoSidedShare: number;
  /**
   * Autocorrelation of the signs of orders that traded when they came (bought 1, sold −1), from each to the next, however much
   * later. Above 0 in real markets (Lillo and Farmer 2004).
   */
  readonly signAcf1: number | null;
  /**
   * Hurst exponent of these signs by detrended fluctuation analysis: 0.5 without memory, 0.6 to 0.8 in real markets (Lillo and
   * Farmer 2004, Studies in Nonlinear Dynamics & Econometrics 8(3), by the same analysis). Null under 1,000 orders.
   */
  readonly signHurst: number | null;
  /** The same of these signs in a drawn order: what chance and the length of the series make of it. */
  readonly shuffledSignHurst: number | null;
  /** Orders that traded when they came; each may have had several fills. */
  readonly trades: number;
  readonly fills: number;
  /** Shares that such an order traded when it came, in all its fills. */
  readonly medianTradeSize: number | null;
  readonly medianFillSize: number | null;
  /**
   * Mean of the volumes of the first and the last third of the session ÷ volume of the middle third. 1 when volume is even,
   * above 1 for the U that real days have (Admati and Pfleiderer 1988). Null under 30 orders that traded.
   */
  readonly outerToMiddleVolume: number | null;
  /** Standard deviation of one-minute returns, in basis points. */
  readonly minuteVolatilityBps: number | null;
};

/** Times in nanoseconds since midnight; quotes and trades outside of them count nothing. */
export function computeStylisedFacts(
  quotes: Quotes,
  trades: Trades,
  openNs: number,
  closeNs: number,
): StylisedFacts {
  const { minuteMids, spreadTimes } = measure(quotes, trades, openNs, closeNs);
  const spreads = Array.from(spreadTimes, ([value, weight]) => ({ value, weight }));
  const fills = fillsOf(trades, openNs, closeNs);
  return {
    ...factsOfReturns(minuteMids, minuteVolumes(fills, openNs, closeNs)),
    meanSpreadCents: weightedMean(spreads),
    medianSpreadCents: weightedQuantile(spreads, 0.5),
    p99SpreadCents: weightedQuantile(spreads, 0.99),
    spreadSkewness: weightedSkewness(spreads),
    twoSidedShare: spreads.reduce((sum, { weight }) => sum + weight, 0) / (closeNs - openNs),
    ...factsOfOrders(ordersOf(fills)),
    fills: fills.length,
    medianFillSize: fills.length === 0 ? null : median(fills.map(({ quantity }) => quantity)),
    outerToMiddleVolume: outerToMiddle(fills, openNs, closeNs),
  };
}

function factsOfReturns(mids: readonly (number | null)[], volumes: readonly number[]) {
  const returns = returnsOf(mids);
  const sizes = returns.map((value) => (value === null ? null : Math.abs(value)));
  const known = returns.filter((value) => value !== null);
  const even = withoutTimeOfDay(sizes);
  return {
    excessKurtosis1Minute: kurtosisOver(mids, 1),
    excessKurtosis5Minutes: kurtosisOver(mids, 5),
    excessKurtosis10Minutes: kurtosisOver(mids, 10),
    returnAcf1: autocorrelation(returns, 1, LEAST_RETURNS),
    largestReturnAcf2To10: largestAcf(returns, 2, 10),
    absoluteReturnAcf1: autocorrelation(sizes, 1, LEAST_RETURNS),
    absoluteReturnAcf5: autocorrelation(sizes, 5, LEAST_RETURNS),
    absoluteReturnAcf10: autocorrelation(sizes, 10, LEAST_RETURNS),
    absoluteReturnAcf1WithoutDay: autocorrelation(even, 1, LEAST_RETURNS),
    absoluteReturnAcf10WithoutDay: autocorrelation(even, 10, LEAST_RETURNS),
    volumeVolatility: correlation(volumes, sizes, LEAST_RETURNS),
    returnVolatility: correlation(returns.slice(0, -1), sizes.slice(1), LEAST_RETURNS),
    hillIndex: tailIndex(known.map(Math.abs)),
    minuteVolatilityBps: known.length < LEAST_RETURNS ? null : sampleDeviation(known) * BASIS_POINTS,
  };
}

function kurtosisOver(mids: readonly (number | null)[], minutes: number): number | null {
  const returns = returnsOf(mids.filter((_, minute) => minute % minutes === 0));
  const known = returns.filter((value) => value !== null);
  return known.length < LEAST_RETURNS ? null : excessKurtosis(known);
}

function largestAcf(returns: readonly (number | null)[], from: number, until: number): number | null {
  let largest = 0;
  for (let lag = from; lag <= until; lag++) {
    const acf = autocorrelation(returns, lag, LEAST_RETURNS);
    if (acf === null) return null;
    largest = Math.max(largest, Math.abs(acf));
  }
  return largest;
}

function tailIndex(sizes: readonly number[]): number | null {
  const tail = Math.floor(TAIL_SHARE * sizes.length);
  return tail < LEAST_TAIL ? null : hillIndex(sizes, tail);
}

type Fill = {
  readonly timeNs: number;
  readonly quantity: number;
  readonly taker: number;
  readonly takerSide: number;
};

function fillsOf(trades: Trades, openNs: number, closeNs: number): Fill[] {
  const [times, quantities] = [trades.column('timeNs'), trades.column('quantity')];
  const [takers, sides] = [trades.column('taker'), trades.column('takerSide')];
  const fills: Fill[] = [];
  for (let row = 0; row < trades.rows; row++)
    if (times[row]! >= openNs && times[row]! <= closeNs)
      fills.push({
        timeNs: times[row]!,
        quantity: quantities[row]!,
        taker: takers[row]!,
        takerSide: sides[row]!,
      });
  return fills;
}

type TakenOrder = { readonly sign: number; readonly quantity: number };

/**
 * Fills one after another with the same time, taker and side are of one order: it swept through several that rested. Where a
 * trader sends several orders at once these count as one too; in rmsc04 that is 0.6 % less than the exchange counts.
 */
function ordersOf(fills: readonly Fill[]): TakenOrder[] {
  const orders: { sign: number; quantity: number }[] = [];
  for (const [i, fill] of fills.entries()) {
    const { timeNs, taker, takerSide, quantity } = fill;
    const before = fills[i - 1];
    if (before?.timeNs === timeNs && before.taker === taker && before.takerSide === takerSide)
      orders.at(-1)!.quantity += quantity;
    else orders.push({ sign: takerSide === BUY ? 1 : -1, quantity });
  }
  return orders;
}

function factsOfOrders(orders: readonly TakenOrder[]) {
  const signs = orders.map(({ sign }) => sign);
  return {
    signAcf1: autocorrelation(signs, 1, LEAST_ORDERS),
    signHurst: hurstExponent(signs),
    shuffledSignHurst: hurstExponent(shuffled(signs)),
    trades: orders.length,
    medianTradeSize: orders.length === 0 ? null : median(orders.map(({ quantity }) => quantity)),
  };
}

/** In an order that is the same for equal values each time. */
function shuffled(values: readonly number[]): number[] {
  const key = RandomKey.of('shuffled signs');
  const result = [...values];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(key.uniformAt(last) * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}

/** Of each full minute; a fill at a full minute belongs to the one that ends there, as the mid that it makes does. */
function minuteVolumes(fills: readonly Fill[], openNs: number, closeNs: number): number[] {
  const volumes = new Array<number>(Math.floor((closeNs - openNs) / NS_PER_MINUTE)).fill(0);
  for (const { timeNs, quantity } of fills) {
    const minute = Math.max(0, Math.ceil((timeNs - openNs) / NS_PER_MINUTE) - 1);
    if (minute < volumes.length) volumes[minute]! += quantity;
  }
  return volumes;
}

function outerToMiddle(fills: readonly Fill[], openNs: number, closeNs: number): number | null {
  if (ordersOf(fills).length < LEAST_ORDERS) return null;
  const thirds = [0, 0, 0];
  for (const { timeNs, quantity } of fills)
    thirds[Math.min(2, Math.floor((3 * (timeNs - openNs)) / (closeNs - openNs)))]! += quantity;
  const [first, middle, last] = thirds as [number, number, number];
  return middle === 0 ? null : (first + last) / 2 / middle;
}
