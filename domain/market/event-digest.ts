// A fingerprint of all that happened to orders: each event of the book with its time, and the trader's name and its count
// of orders in place of numbers. A trader that does nothing is in none of it, wherever it stands among the others.
import { RandomKey } from '../random.ts';
import type { Exchange, Tape } from './exchange.ts';
import {
  CANCELLED,
  EVENT_STRIDE,
  FILLED,
  PARTIAL_CANCELLED,
  REFUSED,
  REJECTED,
  REPLACED,
} from './order-book.ts';

const { imul } = Math;

/** Two lanes of MurmurHash3 (A. Appleby, public domain). */
export class EventDigest implements Tape {
  private low = 0x2f0b4c47;
  private high = 0x52dce729;
  private readonly names: Int32Array;

  /** @param names of the participants, by number */
  constructor(names: readonly string[]) {
    this.names = Int32Array.from(names, (name) => RandomKey.of(name).words()[0]);
  }

  onEvents(exchange: Exchange): void {
    const { book, nowNs } = exchange;
    const { events } = book;
    for (let at = 0; at < book.eventCount * EVENT_STRIDE; at += EVENT_STRIDE) {
      const type = events[at]!;
      this.mix(type);
      this.mix(nowNs | 0);
      this.mix(Math.floor(nowNs / 0x100000000));
      this.mixOrder(exchange, events[at + 1]!);
      // The other number is an order, or a reason.
      const other = events[at + 2]!;
      if (type === FILLED || type === REPLACED) this.mixOrder(exchange, other);
      else if (type === CANCELLED || type === REJECTED || type === REFUSED || type === PARTIAL_CANCELLED)
        this.mix(other);
      this.mix(events[at + 3]!);
      this.mix(events[at + 4]!);
    }
  }

  private mixOrder(exchange: Exchange, order: number): void {
    this.mix(this.names[exchange.ownerOf.at(order)]!);
    this.mix(exchange.nthOf.at(order));
  }

  private mix(word: number): void {
    let k = imul(word, 0xcc9e2d51);
    k = imul((k << 15) | (k >>> 17), 0x1b873593);
    const low = this.low ^ k;
    this.low = (imul((low << 13) | (low >>> 19), 5) + 0xe6546b64) | 0;
    const high = this.high ^ imul(k, 0x85ebca6b) ^ this.low;
    this.high = (imul((high << 17) | (high >>> 15), 9) + 0x561ccd1b) | 0;
  }

  /** 16 hexadecimal digits. */
  toString(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
    return hex(this.high) + hex(this.low);
  }
}
