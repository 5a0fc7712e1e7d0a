// Numbers of a day, taken as its quotes and trades come. What cannot be known is null, never 0. Whatever is a mean over
// time is weighted by time, so that a feed with more rows does not change it; returns are taken on a grid of minutes.
import { median, sampleDeviation, weightedMean, weightedQuantile } from '../descriptive-statistics.ts';
import type { Weighted } from '../descriptive-statistics.ts';
import { ln } from '../math.ts';
import { ChunkedColumn } from './chunked-column.ts';
import { BUY } from './order.ts';
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

/** Takes in a day, quote by quote and trade by trade, in order of time. */
export class MarketMeasures {
  /** At the open, at each full minute, and at the close; null where a side was missing. */
  readonly minuteMids: (number | null)[] = [];
  /** Nanoseconds with both sides, by spread in cents. */
  readonly spreadTimes = new Map<number, number>();
  /** Up to when it is measured. */
  private atNs: number;
  private readonly openNs: number;
  private readonly closeNs: number;

  // The quote that holds, since when, and the mid that held before; 0: none.
  private bid = 0;
  private bidQuantity = 0;
  private ask = 0;
  private askQuantity = 0;
  private quotedAt = -Infinity;
  private midBefore = 0;

  // Sums over time.
  private twoSidedNs = 0;
  private relativeSpread = 0;
  private imbalance = 0;
  private imbalanceSquares = 0;
  private bidNs = 0;
  private bidShares = 0;
  private askNs = 0;
  private askShares = 0;

  private fills = 0;
  private volume = 0;
  private valueCents = 0;
  private effectiveSpread = 0;
  private comparedFills = 0;
  /** Shares of each fill, below 0 when the taker sold. */
  private readonly signed = new ChunkedColumn(Int32Array);
  // When the spread became another one.
  private readonly spreadSince = new ChunkedColumn(Float64Array);
  private readonly spreads = new ChunkedColumn(Int32Array);

  constructor(openNs: number, closeNs: number) {
    this.openNs = openNs;
    this.closeNs = closeNs;
    this.atNs = openNs;
  }

  /** A quote that holds from now on; 0 for a price that is not there. */
  quote(timeNs: number, bid: number, bidQuantity: number, ask: number, askQuantity: number): void {
    if (timeNs > this.closeNs) return;
    this.advance(timeNs);
    if (timeNs > this.quotedAt) this.midBefore = this.mid;
    this.quotedAt = timeNs;
    this.bid = bid;
    this.bidQuantity = bidQuantity;
    this.ask = ask;
    this.askQuantity = askQuantity;
  }

  /** A fill. It is compared with the mid before its instant: the trade itself may move it. */
  trade(timeNs: number, priceCents: number, quantity: number, takerSide: number): void {
    this.fills += 1;
    this.volume += quantity;
    this.valueCents += priceCents * quantity;
    this.signed.push(takerSide === BUY ? quantity : -quantity);
    const mid = this.quotedAt < timeNs ? this.mid : this.midBefore;
    if (mid === 0) return;
    this.effectiveSpread += 2 * Math.abs(priceCents - mid);
    this.comparedFills += 1;
  }

  /** Nothing has changed until a time; what lies outside the session counts nothing. */
  private advance(untilNs: number): void {
    const until = Math.min(untilNs, this.closeNs);
    if (until < this.atNs) return;
    while (this.nextMark < until) this.minuteMids.push(this.mid || null);
    const elapsed = until - this.atNs;
    if (elapsed > 0) this.hold(this.atNs, elapsed);
    this.atNs = until;
  }

  private hold(fromNs: number, elapsed: number): void {
    const { bid, ask, bidQuantity, askQuantity } = this;
    if (bid > 0) {
      this.bidNs += elapsed;
      this.bidShares += bidQuantity * elapsed;
    }
    if (ask > 0) {
      this.askNs += elapsed;
      this.askShares += askQuantity * elapsed;
    }
    if (bid === 0 || ask === 0) return;
    const spread = ask - bid;
    const imbalance = (bidQuantity - askQuantity) / (bidQuantity + askQuantity);
    this.twoSidedNs += elapsed;
    this.relativeSpread += (spread / this.mid) * elapsed;
    this.imbalance += imbalance * elapsed;
    this.imbalanceSquares += imbalance * imbalance * elapsed;
    this.spreadTimes.set(spread, (this.spreadTimes.get(spread) ?? 0) + elapsed);
    const { length } = this.spreads;
    if (length > 0 && this.spreads.at(length - 1) === spread) return;
    this.spreadSince.push(fromNs);
    this.spreads.push(spread);
  }

  /** The close: what comes later counts nothing. */
  finish(): void {
    this.advance(this.closeNs);
    if (this.nextMark === this.closeNs) this.minuteMids.push(this.mid || null);
  }

  private get nextMark(): number {
    return this.openNs + this.minuteMids.length * NS_PER_MINUTE;
  }

  private get mid(): number {
    return this.bid > 0 && this.ask > 0 ? (this.bid + this.ask) / 2 : 0;
  }

  metrics(): MarketMetrics {
    const { twoSidedNs, volume } = this;
    const returns = returnsOf(this.minuteMids).filter((value) => value !== null);
    const deviation = returns.length < LEAST_RETURNS ? null : sampleDeviation(returns);
    const session = this.closeNs - this.openNs;
    const spreads = Array.from(this.spreadTimes, ([value, weight]) => ({ value, weight }));
    const imbalance = ratio(this.imbalance, twoSidedNs);
    return {
      fills: this.fills,
      volume,
      vwapCents: ratio(this.valueCents, volume),
      twoSidedShare: ratio(twoSidedNs, this.atNs - this.openNs) ?? 0,
      meanSpreadCents: weightedMean(spreads),
      medianSpreadCents: weightedQuantile(spreads, 0.5),
      meanSpreadBps: ratio(this.relativeSpread * BASIS_POINTS, twoSidedNs),
      meanBidQuantity: ratio(this.bidShares, this.bidNs),
      meanAskQuantity: ratio(this.askShares, this.askNs),
      meanImbalance: imbalance,
      imbalanceDeviation:
        imbalance === null
          ? null
          : Math.sqrt(Math.max(0, this.imbalanceSquares / twoSidedNs - imbalance * imbalance)),
      minuteVolatilityBps: deviation === null ? null : deviation * BASIS_POINTS,
      annualVolatility:
        deviation === null ? null : deviation * Math.sqrt((TRADING_DAYS * session) / NS_PER_MINUTE),
      effectiveSpreadCents: ratio(this.effectiveSpread, this.comparedFills),
      vpin: this.vpin(),
      resilienceSeconds: this.resilience(spreads),
    };
  }

  /** Fills are cut where a bucket is full, so that every share is counted once. */
  private vpin(): number | null {
    const { signed } = this;
    if (signed.length < LEAST_FILLS) return null;
    const size = this.volume / VPIN_BUCKETS;
    let imbalance = 0;
    let inBucket = 0;
    let room = size;
    for (let i = 0; i < signed.length; i++) {
      const shares = signed.at(i);
      let left = Math.abs(shares);
      while (left > 0) {
        const part = Math.min(left, room);
        inBucket += shares > 0 ? part : -part;
        left -= part;
        room -= part;
        if (room > size * 1e-9) continue;
        imbalance += Math.abs(inBucket);
        inBucket = 0;
        room = size;
      }
    }
    return imbalance / (VPIN_BUCKETS * size);
  }

  private resilience(spreads: readonly Weighted[]): number | null {
    const mean = weightedMean(spreads);
    if (mean === null) return null;
    const squares = spreads.map(({ value, weight }) => ({ value: (value - mean) * (value - mean), weight }));
    const deviation = Math.sqrt(weightedMean(squares)!);
    if (deviation === 0) return null;
    const times: number[] = [];
    let wideSince: number | null = null;
    for (let i = 0; i < this.spreads.length; i++) {
      const [since, spread] = [this.spreadSince.at(i), this.spreads.at(i)];
      if (wideSince === null && spread > mean + 2 * deviation) wideSince = since;
      else if (wideSince !== null && spread <= mean + deviation) {
        times.push(since - wideSince);
        wideSince = null;
      }
    }
    return times.length === 0 ? null : median(times) / 1e9;
  }
}

/** Null where there is nothing to divide by. */
function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** Log returns between each mid and the next; where there is no mid there is no return on either side. */
export function returnsOf(mids: readonly (number | null)[]): (number | null)[] {
  return mids.slice(1).map((mid, i) => {
    const before = mids[i]!;
    return mid === null || before === null ? null : ln(mid / before);
  });
}
