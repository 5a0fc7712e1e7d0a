// All trades of a day, for whoever asks how much was traded within a time, or for the last ones. They lie in chunks: a
// column that doubles leaves as much behind, and what a day leaves behind stays in memory until V8 looks for it.
import { BUY, SELL } from './order.ts';
import type { SideCode } from './order.ts';

const CHUNK = 512;

type Chunk = {
  /** Nanoseconds since midnight, ascending. */
  readonly time: Float64Array;
  readonly priceCents: Int32Array;
  /** Below 0: sold by the taker. */
  readonly shares: Int32Array;
  /** Bought and sold by takers in the chunks before. */
  readonly boughtBefore: number;
  readonly soldBefore: number;
};

export class TradeRecord {
  private readonly chunks: Chunk[] = [];
  private count = 0;
  private bought = 0;
  private sold = 0;

  /** @param timeNs not before the last one @param side of the taker */
  add(timeNs: number, side: SideCode, priceCents: number, quantity: number): void {
    const at = this.count % CHUNK;
    if (at === 0) this.chunks.push(emptyChunk(this.bought, this.sold));
    const { time, priceCents: prices, shares } = this.chunks.at(-1)!;
    time[at] = timeNs;
    prices[at] = priceCents;
    shares[at] = side === BUY ? quantity : -quantity;
    if (side === BUY) this.bought += quantity;
    else this.sold += quantity;
    this.count += 1;
  }

  /** Shares bought and sold by takers after a time. */
  volumesAfter(timeNs: number): [number, number] {
    let from = this.chunks.length - 1;
    while (from >= 0 && this.chunks[from]!.time[0]! > timeNs) from -= 1;
    if (from < 0) return [this.bought, this.sold];
    const { time, shares, boughtBefore, soldBefore } = this.chunks[from]!;
    let bought = this.bought - boughtBefore;
    let sold = this.sold - soldBefore;
    const length = Math.min(CHUNK, this.count - from * CHUNK);
    for (let at = 0; at < length && time[at]! <= timeNs; at++)
      if (shares[at]! > 0) bought -= shares[at]!;
      else sold += shares[at]!;
    return [bought, sold];
  }

  /** The newest first: side of the taker, price, quantity. */
  last(count: number): Int32Array {
    const rows: number[] = [];
    for (let n = this.count - 1; n >= 0 && rows.length < 3 * count; n--) {
      const { priceCents, shares } = this.chunks[Math.floor(n / CHUNK)]!;
      const quantity = shares[n % CHUNK]!;
      rows.push(quantity > 0 ? BUY : SELL, priceCents[n % CHUNK]!, Math.abs(quantity));
    }
    return Int32Array.from(rows);
  }
}

function emptyChunk(boughtBefore: number, soldBefore: number): Chunk {
  return {
    time: new Float64Array(CHUNK),
    priceCents: new Int32Array(CHUNK),
    shares: new Int32Array(CHUNK),
    boughtBefore,
    soldBefore,
  };
}
