// Numbers of a day, computed from its quotes and trades. What cannot be known is null, never 0. Whatever is a mean over
// time is weighted by time, so that a feed with more rows does not change it; returns are taken on a grid of minutes.
import { median, sampleDeviation, weightedQuantile } from '../descriptive-statistics.ts';
import type { Weighted } from '../descriptive-statistics.ts';
import { ln } from '../math.ts';
import { BUY } from './order.ts';
import type { Quotes, Trades } from './recording.ts';
import { NS_PER_MINUTE } from './session-time.ts';

/** Fewer returns say nothing. */
export const LEAST_RETURNS = 30;
export const BASIS_POINTS = 1e4;
/** In a year. */
export const TRADING_DAYS = 252;
/** Fewer fills say nothing. */
const LEAST_FILLS = 20;
const VPIN_BUCKETS = 50;

export type MarketMetrics = {
  readonly fills: number;
  readonly volume: number;
  /** Volume-weighted mean price, in cents. */
  readonly vwapCents: number | null;
  /** Share of the session's time with a bid and an ask. */
  readonly twoSidedShare: number;
  /** Of the time with both sides. */
  readonly meanSpreadCents: number | null;
  readonly medianSpreadCents: number | null;
  readonly meanSpreadBps: number | null;
  /** Shares at the best bid and ask, over the time in which there is one. */
  readonly meanBidQuantity: number | null;
  readonly meanAskQuantity: number | null;
  /** (bid − ask) ÷ (bid + ask) quantities at the touch. */
  readonly meanImbalance: number | null;
  readonly imbalanceDeviation: number | null;
  /** Standard deviation of one-minute log returns of the mid; null under 30 of them. */
  readonly minuteVolatilityBps: number | null;
  /** The same a year, of 252 sessions like this one. */
  readonly annualVolatility: number | null;
  /** Mean of 2·|price − mid before the trade|. */
  readonly effectiveSpreadCents: number | null;
  /** Volume-synchronised probability of informed trading (Easley, López de Prado, O'Hara 2012): 50 equal buckets. */
  readonly vpin: number | null;
  /** Median time from a spread above mean + 2σ back to mean + σ, in seconds. */
  readonly resilienceSeconds: number | null;
};

export function computeMarketMetrics(
  quotes: Quotes,
  trades: Trades,
  openNs: number,
  closeNs: number,
): MarketMetrics {
  const stretches = stretchesOf(quotes, openNs, closeNs);
  const twoSided = stretches.filter(isTwoSided);
  const spread = weighted(twoSided, spreadOf);
  const imbalance = weighted(twoSided, ({ bidQuantity: b, askQuantity: a }) => (b - a) / (b + a));
  const minutes = returnsOf(minuteMids(stretches, openNs, closeNs)).filter((value) => value !== null);
  const deviation = minutes.length < LEAST_RETURNS ? null : sampleDeviation(minutes);
  const volume = sumOf(trades.column('quantity'));
  return {
    fills: trades.rows,
    volume,
    vwapCents: volume === 0 ? null : valueOf(trades) / volume,
    twoSidedShare: timeOf(twoSided) / (closeNs - openNs),
    meanSpreadCents: spread?.mean ?? null,
    medianSpreadCents: weightedQuantile(overTime(twoSided, spreadOf), 0.5),
    meanSpreadBps:
      weighted(twoSided, ({ bid, ask }) => ((ask - bid) / ((ask + bid) / 2)) * BASIS_POINTS)?.mean ?? null,
    meanBidQuantity:
      weighted(
        stretches.filter(({ bid }) => bid > 0),
        ({ bidQuantity }) => bidQuantity,
      )?.mean ?? null,
    meanAskQuantity:
      weighted(
        stretches.filter(({ ask }) => ask > 0),
        ({ askQuantity }) => askQuantity,
      )?.mean ?? null,
    meanImbalance: imbalance?.mean ?? null,
    imbalanceDeviation: imbalance?.deviation ?? null,
    minuteVolatilityBps: deviation === null ? null : deviation * BASIS_POINTS,
    annualVolatility:
      deviation === null ? null : deviation * Math.sqrt((TRADING_DAYS * (closeNs - openNs)) / NS_PER_MINUTE),
    effectiveSpreadCents: effectiveSpread(quotes, trades),
    vpin: vpin(trades),
    resilienceSeconds: resilience(twoSided, spread),
  };
}

/** A time in which the quote did not change, inside the session. */
export type Stretch = {
  readonly fromNs: number;
  readonly untilNs: number;
  readonly bid: number;
  readonly bidQuantity: number;
  readonly ask: number;
  readonly askQuantity: number;
};

export function stretchesOf(quotes: Quotes, openNs: number, closeNs: number): Stretch[] {
  const times = quotes.column('timeNs');
  const [bids, bidQuantities] = [quotes.column('bidCents'), quotes.column('bidQuantity')];
  const [asks, askQuantities] = [quotes.column('askCents'), quotes.column('askQuantity')];
  const stretches: Stretch[] = [];
  for (let row = 0; row < quotes.rows; row++) {
    const fromNs = Math.max(openNs, times[row]!);
    const untilNs = Math.min(closeNs, row + 1 < quotes.rows ? times[row + 1]! : closeNs);
    if (untilNs <= fromNs) continue;
    stretches.push({
      fromNs,
      untilNs,
      bid: bids[row]!,
      bidQuantity: bidQuantities[row]!,
      ask: asks[row]!,
      askQuantity: askQuantities[row]!,
    });
  }
  return stretches;
}

export function timeOf(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, { fromNs, untilNs }) => sum + (untilNs - fromNs), 0);
}

type Moments = { readonly mean: number; readonly deviation: number };

/** Mean and standard deviation over time; null without any time. */
function weighted(stretches: readonly Stretch[], value: (stretch: Stretch) => number): Moments | null {
  const time = timeOf(stretches);
  if (time === 0) return null;
  const mean =
    stretches.reduce((sum, stretch) => sum + value(stretch) * (stretch.untilNs - stretch.fromNs), 0) / time;
  const variance =
    stretches.reduce((sum, stretch) => {
      const off = value(stretch) - mean;
      return sum + off * off * (stretch.untilNs - stretch.fromNs);
    }, 0) / time;
  return { mean, deviation: Math.sqrt(variance) };
}

/** What held, and for how long. */
export function overTime(stretches: readonly Stretch[], value: (stretch: Stretch) => number): Weighted[] {
  return stretches.map((stretch) => ({ value: value(stretch), weight: stretch.untilNs - stretch.fromNs }));
}

export function isTwoSided({ bid, ask }: Stretch): boolean {
  return bid > 0 && ask > 0;
}

export function spreadOf({ bid, ask }: Stretch): number {
  return ask - bid;
}

/** The mid at the open and at each full minute until the close; null where a side was missing, and at the close itself. */
export function minuteMids(
  stretches: readonly Stretch[],
  openNs: number,
  closeNs: number,
): (number | null)[] {
  const mids: (number | null)[] = [];
  let at = 0;
  for (let time = openNs; time <= closeNs; time += NS_PER_MINUTE) {
    while (at < stretches.length && stretches[at]!.untilNs <= time) at += 1;
    const stretch = stretches[at];
    const isIn = stretch !== undefined && stretch.fromNs <= time && isTwoSided(stretch);
    mids.push(isIn ? (stretch.bid + stretch.ask) / 2 : null);
  }
  return mids;
}

/** Log returns between each mid and the next; where there is no mid there is no return on either side. */
export function returnsOf(mids: readonly (number | null)[]): (number | null)[] {
  return mids.slice(1).map((mid, i) => {
    const before = mids[i]!;
    return mid === null || before === null ? null : ln(mid / before);
  });
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

function valueOf(trades: Trades): number {
  const prices = trades.column('priceCents');
  const quantities = trades.column('quantity');
  let sum = 0;
  for (let i = 0; i < trades.rows; i++) sum += prices[i]! * quantities[i]!;
  return sum;
}

/** The mid is that of the last quote before the trade: the trade itself may move it. */
function effectiveSpread(quotes: Quotes, trades: Trades): number | null {
  const times = quotes.column('timeNs');
  const bids = quotes.column('bidCents');
  const asks = quotes.column('askCents');
  const tradeTimes = trades.column('timeNs');
  const prices = trades.column('priceCents');
  let row = -1;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < trades.rows; i++) {
    while (row + 1 < quotes.rows && times[row + 1]! < tradeTimes[i]!) row += 1;
    if (row < 0 || bids[row] === 0 || asks[row] === 0) continue;
    sum += 2 * Math.abs(prices[i]! - (bids[row]! + asks[row]!) / 2);
    count += 1;
  }
  return count === 0 ? null : sum / count;
}

/** Fills are cut where a bucket is full, so that every share is counted once. */
function vpin(trades: Trades): number | null {
  if (trades.rows < LEAST_FILLS) return null;
  const quantities = trades.column('quantity');
  const sides = trades.column('takerSide');
  const size = sumOf(quantities) / VPIN_BUCKETS;
  let imbalance = 0;
  let signed = 0;
  let room = size;
  for (let i = 0; i < trades.rows; i++) {
    let left = quantities[i]!;
    while (left > 0) {
      const part = Math.min(left, room);
      signed += sides[i] === BUY ? part : -part;
      left -= part;
      room -= part;
      if (room > size * 1e-9) continue;
      imbalance += Math.abs(signed);
      signed = 0;
      room = size;
    }
  }
  return imbalance / (VPIN_BUCKETS * size);
}

function resilience(twoSided: readonly Stretch[], spread: Moments | null): number | null {
  if (spread === null || spread.deviation === 0) return null;
  const { mean, deviation } = spread;
  const times: number[] = [];
  let wideSince: number | null = null;
  for (const { fromNs, bid, ask } of twoSided) {
    const width = ask - bid;
    if (wideSince === null && width > mean + 2 * deviation) wideSince = fromNs;
    else if (wideSince !== null && width <= mean + deviation) {
      times.push(fromNs - wideSince);
      wideSince = null;
    }
  }
  return times.length === 0 ? null : median(times) / 1e9;
}
