// All trades of a day, for whoever asks how much was traded within a time, or for the last ones.
import { ChunkedColumn } from './chunked-column.ts';
import { BUY, SELL } from './order.ts';
import type { SideCode } from './order.ts';

export class TradeRecord {
  /** Nanoseconds since midnight, ascending. */
  private readonly time = new ChunkedColumn(Float64Array);
  private readonly priceCents = new ChunkedColumn(Int32Array);
  /** Below 0: sold by the taker. */
  private readonly shares = new ChunkedColumn(Int32Array);

  /** @param timeNs not before the last one @param side of the taker */
  add(timeNs: number, side: SideCode, priceCents: number, quantity: number): void {
    this.time.push(timeNs);
    this.priceCents.push(priceCents);
    this.shares.push(side === BUY ? quantity : -quantity);
  }

  /** Shares bought and sold by takers after a time; takes as long as there are trades after it. */
  volumesAfter(timeNs: number): [number, number] {
    let bought = 0;
    let sold = 0;
    for (let n = this.time.length - 1; n >= 0 && this.time.at(n) > timeNs; n--) {
      const shares = this.shares.at(n);
      if (shares > 0) bought += shares;
      else sold -= shares;
    }
    return [bought, sold];
  }

  /** The newest first: side of the taker, price, quantity. */
  last(count: number): Int32Array {
    const rows: number[] = [];
    for (let n = this.time.length - 1; n >= 0 && rows.length < 3 * count; n--) {
      const shares = this.shares.at(n);
      rows.push(shares > 0 ? BUY : SELL, this.priceCents.at(n), Math.abs(shares));
    }
    return Int32Array.from(rows);
  }
}
