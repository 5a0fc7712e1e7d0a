// Market data for those who subscribed: when the book has changed, at most once per interval. What is held back is sent
// when the interval is over, so that a throttled feed is late, but never silent about the last change.
import { EXCHANGE } from './kernel.ts';
import type { Kernel } from './kernel.ts';
import * as message from './message.ts';
import type { OrderBook } from './order-book.ts';
import { BUY, SELL } from './order.ts';
import type { SideCode } from './order.ts';

/** Codes of feeds in a subscription. */
export const L1 = 0;
export const L2 = 1;
export const L3 = 2;
export const VOLUME = 3;
export const IMBALANCE = 4;

export type Subscription = {
  readonly to: number;
  readonly feed: number;
  /** Levels of L2 and L3. */
  readonly depth: number;
  readonly lookBackMs: number;
  /** Least time between two messages; 0: every change. */
  readonly intervalNs: number;
  /** An imbalance above it is told. */
  readonly leastImbalance: number;
};

type Feed = Subscription & {
  sentAt: number;
  /** Something has changed since then. */
  isDue: boolean;
  hasTimer: boolean;
  /** Of an imbalance that was told and lasts; -1: none. */
  side: number;
  /** What L1 said last. */
  quote: string;
};

const MILLIONTHS = 1e6;

export class MarketData {
  private readonly kernel: Kernel;
  private readonly book: OrderBook;
  private readonly volumes: (lookBackMs: number) => readonly [number, number];
  private feeds: (Feed | null)[] = [];
  private subscribed = 0;

  /** @param volumes shares bought and sold by takers within so many milliseconds */
  constructor(kernel: Kernel, book: OrderBook, volumes: (lookBackMs: number) => readonly [number, number]) {
    this.kernel = kernel;
    this.book = book;
    this.volumes = volumes;
  }

  /** A second subscription to the same feed takes the place of the first. A feed of quotes begins with those that are there. */
  subscribe(subscription: Subscription): void {
    this.unsubscribe(subscription.to, subscription.feed);
    this.feeds.push({
      ...subscription,
      sentAt: -Infinity,
      isDue: false,
      hasTimer: false,
      side: -1,
      quote: '',
    });
    this.subscribed += 1;
    const isQuotes = subscription.feed === L1 || subscription.feed === L2 || subscription.feed === L3;
    const isEmpty = this.book.bestVisiblePrice(BUY) === 0 && this.book.bestVisiblePrice(SELL) === 0;
    if (isQuotes && !isEmpty) this.send(this.feeds.at(-1)!);
  }

  unsubscribe(to: number, feed: number): void {
    // Its place stays, since timers know feeds by place.
    this.feeds = this.feeds.map((one) => {
      if (one === null || one.to !== to || one.feed !== feed) return one;
      this.subscribed -= 1;
      return null;
    });
  }

  /** The book has changed. */
  changed(): void {
    if (this.subscribed === 0) return;
    const { now } = this.kernel;
    for (let place = 0; place < this.feeds.length; place++) {
      const feed = this.feeds[place]!;
      if (feed === null) continue;
      feed.isDue = true;
      if (now - feed.sentAt >= feed.intervalNs) this.send(feed);
      else if (!feed.hasTimer) {
        feed.hasTimer = true;
        this.kernel.wakeAt(EXCHANGE, feed.sentAt + feed.intervalNs, place + 1);
      }
    }
  }

  /** The exchange was woken up for a feed that was held back. */
  wake(what: number): void {
    const feed = this.feeds[what - 1];
    if (feed == null) return;
    feed.hasTimer = false;
    if (feed.isDue) this.send(feed);
  }

  private send(feed: Feed): void {
    feed.isDue = false;
    if (feed.feed === IMBALANCE) this.sendImbalance(feed);
    else if (feed.feed === VOLUME) {
      const [bought, sold] = this.volumes(feed.lookBackMs);
      this.answer(feed, message.VOLUME_DATA, message.toldQuantity(bought), message.toldQuantity(sold), 0, 0);
    } else this.sendQuotes(feed);
  }

  private sendQuotes(feed: Feed): void {
    const { book } = this;
    const bid = book.bestVisiblePrice(BUY);
    const bidQuantity = message.toldQuantity(book.bestVisibleQuantity(BUY));
    const ask = book.bestVisiblePrice(SELL);
    const askQuantity = message.toldQuantity(book.bestVisibleQuantity(SELL));
    if (feed.feed === L1) {
      // L1 is a quote and a price: a change deep in the book is none of it.
      const quote = `${bid},${bidQuantity},${ask},${askQuantity},${book.lastTradeCents}`;
      if (quote === feed.quote) return;
      feed.quote = quote;
      this.answer(feed, message.L1_DATA, bid, bidQuantity, ask, askQuantity);
      return;
    }
    const rows = feed.feed === L2 ? readL2(book, feed.depth) : readL3(book, feed.depth);
    const type = feed.feed === L2 ? message.L2_DATA : message.L3_DATA;
    this.answer(feed, type, bid, bidQuantity, ask, askQuantity, rows);
  }

  private sendImbalance(feed: Feed): void {
    const bids = this.book.overweight(BUY);
    const asks = this.book.overweight(SELL);
    const now = bids > feed.leastImbalance ? BUY : asks > feed.leastImbalance ? SELL : -1;
    if (now === feed.side) return;
    const millionths = Math.round((bids || asks) * MILLIONTHS);
    // A flip is an end and a start.
    if (feed.side !== -1) this.answer(feed, message.IMBALANCE_DATA, 0, feed.side, millionths, 0);
    if (now !== -1) this.answer(feed, message.IMBALANCE_DATA, 1, now, millionths, 0);
    feed.side = now;
  }

  private answer(
    feed: Feed,
    type: number,
    a: number,
    b: number,
    c: number,
    d: number,
    rows: Int32Array | null = null,
  ): void {
    const { kernel } = this;
    feed.sentAt = kernel.now;
    kernel.answer(feed.to, 0, type, a, b, c, d, this.book.lastTradeCents, 0, rows);
  }
}

/** For each visible level, best first, bids before asks: side, price, quantity. */
export function readL2(book: OrderBook, depth: number): Int32Array {
  const rows: number[] = [];
  for (const side of [BUY, SELL] as const) {
    const levels: number[] = [];
    const count = book.readLevels(side, depth, levels);
    for (let i = 0; i < count; i++) rows.push(side, levels[2 * i]!, message.toldQuantity(levels[2 * i + 1]!));
  }
  return Int32Array.from(rows);
}

/** The same for each visible order, in the order of the queue. */
export function readL3(book: OrderBook, depth: number): Int32Array {
  const rows: number[] = [];
  for (const side of [BUY, SELL] as const) pushOrders(book, side, depth, rows);
  return Int32Array.from(rows);
}

function pushOrders(book: OrderBook, side: SideCode, depth: number, rows: number[]): void {
  let levels = 0;
  let last = 0;
  for (const { priceCents, quantity, isHidden } of book.orders(side)) {
    if (isHidden) continue;
    if (priceCents !== last) levels += 1;
    if (levels > depth) return;
    last = priceCents;
    rows.push(side, priceCents, quantity);
  }
}
