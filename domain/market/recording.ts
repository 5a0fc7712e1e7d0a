// What is kept of a day, in columns: one typed array for each, as Arrow and Parquet have them. Recording changes nothing:
// a day has the same digest with every profile.
import type { Exchange, Tape } from './exchange.ts';
import { grown } from './grown.ts';
import { toldQuantity } from './message.ts';
import { EVENT_STRIDE, FILLED } from './order-book.ts';
import { BUY, SELL } from './order.ts';

/** `summary`: nothing but numbers of the whole; `quant`: quotes and trades; `full`: also depth and every event. */
export const PROFILES = ['summary', 'quant', 'full'] as const;
export type Profile = (typeof PROFILES)[number];

/** Rows of equal length in columns that grow. */
export class Table<Name extends string> {
  readonly names: readonly Name[];
  rows = 0;
  private columns: Record<Name, Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>>;

  /** @param types `f8` for times and sums, `i4` for all else */
  constructor(types: Readonly<Record<Name, 'f8' | 'i4'>>) {
    this.names = Object.keys(types) as Name[];
    this.columns = Object.fromEntries(
      this.names.map((name) => [name, types[name] === 'f8' ? new Float64Array(256) : new Int32Array(256)]),
    ) as Record<Name, Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>>;
  }

  /** @param values in the order of the names */
  push(...values: readonly number[]): void {
    if (this.rows === this.columns[this.names[0]!].length) this.grow();
    for (let i = 0; i < this.names.length; i++) this.columns[this.names[i]!][this.rows] = values[i]!;
    this.rows += 1;
  }

  /** As many values as there are rows; a view, not a copy. */
  column(name: Name): Float64Array | Int32Array {
    return this.columns[name].subarray(0, this.rows);
  }

  last(name: Name): number | undefined {
    return this.rows === 0 ? undefined : this.columns[name][this.rows - 1];
  }

  private grow(): void {
    for (const name of this.names)
      this.columns[name] = grown(this.columns[name], 2 * this.columns[name].length);
  }
}

/** Best visible bid and ask after each change; 0: there is none. */
export type Quotes = Table<'timeNs' | 'bidCents' | 'bidQuantity' | 'askCents' | 'askQuantity'>;
/** Each fill. Sides and participants are numbers: the taker's side as in order.ts, participants in order of the market. */
export type Trades = Table<'timeNs' | 'priceCents' | 'quantity' | 'takerSide' | 'maker' | 'taker'>;
/** Visible levels after each change: side, number of the level from 1, price, quantity. */
export type Depth = Table<'timeNs' | 'side' | 'level' | 'priceCents' | 'quantity'>;
/** Every event of the book: type as in order-book.ts, the order, who entered it, its count among the owner's orders. */
export type OrderEvents = Table<
  'timeNs' | 'type' | 'order' | 'owner' | 'nth' | 'other' | 'priceCents' | 'quantity'
>;

const DEPTH = 10;

export class Recorder implements Tape {
  readonly quotes: Quotes = new Table({
    timeNs: 'f8',
    bidCents: 'i4',
    bidQuantity: 'i4',
    askCents: 'i4',
    askQuantity: 'i4',
  });
  readonly trades: Trades = new Table({
    timeNs: 'f8',
    priceCents: 'i4',
    quantity: 'i4',
    takerSide: 'i4',
    maker: 'i4',
    taker: 'i4',
  });
  readonly depth: Depth = new Table({
    timeNs: 'f8',
    side: 'i4',
    level: 'i4',
    priceCents: 'i4',
    quantity: 'i4',
  });
  readonly events: OrderEvents = new Table({
    timeNs: 'f8',
    type: 'i4',
    order: 'i4',
    owner: 'i4',
    nth: 'i4',
    other: 'i4',
    priceCents: 'i4',
    quantity: 'i4',
  });
  private readonly isFull: boolean;
  private readonly levels: number[] = [];

  constructor(profile: Profile) {
    this.isFull = profile === 'full';
  }

  onEvents(exchange: Exchange): void {
    const { book, nowNs, ownerOf, sideOf } = exchange;
    const { events } = book;
    for (let at = 0; at < book.eventCount * EVENT_STRIDE; at += EVENT_STRIDE) {
      const order = events[at + 1]!;
      const other = events[at + 2]!;
      if (events[at] === FILLED)
        this.trades.push(
          nowNs,
          events[at + 3]!,
          events[at + 4]!,
          sideOf[other]!,
          ownerOf[order]!,
          ownerOf[other]!,
        );
      if (this.isFull)
        this.events.push(
          nowNs,
          events[at]!,
          order,
          ownerOf[order]!,
          exchange.nthOf[order]!,
          other,
          events[at + 3]!,
          events[at + 4]!,
        );
    }
    this.recordQuote(exchange);
  }

  private recordQuote({ book, nowNs }: Exchange): void {
    const { quotes } = this;
    const bid = book.bestVisiblePrice(BUY);
    const bidQuantity = toldQuantity(book.bestVisibleQuantity(BUY));
    const ask = book.bestVisiblePrice(SELL);
    const askQuantity = toldQuantity(book.bestVisibleQuantity(SELL));
    const isSame =
      quotes.last('bidCents') === bid &&
      quotes.last('bidQuantity') === bidQuantity &&
      quotes.last('askCents') === ask &&
      quotes.last('askQuantity') === askQuantity;
    if (!isSame) quotes.push(nowNs, bid, bidQuantity, ask, askQuantity);
    if (!this.isFull) return;
    for (const side of [BUY, SELL] as const) {
      const count = book.readLevels(side, DEPTH, this.levels);
      for (let level = 0; level < count; level++)
        this.depth.push(
          nowNs,
          side,
          level + 1,
          this.levels[2 * level]!,
          toldQuantity(this.levels[2 * level + 1]!),
        );
    }
  }
}
