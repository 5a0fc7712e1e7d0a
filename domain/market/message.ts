// What travels between traders and the exchange. A message is a row in a pool of columns: no object is made for it, and
// its row is used again when it has been delivered. The queue (event-queue.ts) keeps the rows in order of time.

import { grown } from './grown.ts';

/** The largest quantity that a column holds: a sum over a level may be more. */
const MOST = 0x7fffffff;

/** A sum of shares as it is told. */
export function toldQuantity(quantity: number): number {
  return quantity < MOST ? quantity : MOST;
}

// To a trader from itself, and to the exchange from itself.
export const WAKE_UP = 0; // a: what for, as the sender said
/** From the kernel: the recipient is free again for what has been waiting. */
export const RESUME = -1;
// Requests to the exchange. `order` is the number of the order, given by the sender's side of the kernel.
export const LIMIT_ORDER = 1; // a: order, b: side, c: quantity, d: price, e: kind (order.ts)
export const MARKET_ORDER = 2; // a: order, b: side, c: quantity
export const STOP_ORDER = 3; // a: order, b: side, c: quantity, d: stop price
export const CANCEL_ORDER = 4; // a: order
export const PARTIAL_CANCEL_ORDER = 5; // a: order, c: quantity
export const MODIFY_ORDER = 6; // a: order, c: quantity, d: price, 0: as it is
export const REPLACE_ORDER = 7; // a: new order, b: side, c: quantity, d: price, e: kind, f: old order
export const QUERY_SPREAD = 8; // a: depth
export const QUERY_VOLUME = 9; // a: look-back in milliseconds
export const QUERY_LAST_TRADE = 10;
export const QUERY_ORDER_STREAM = 11; // a: how many
export const QUERY_HOURS = 12;
export const QUERY_CLOSING_PRICE = 13;
export const SUBSCRIBE = 14; // a: feed (market-data.ts), b: depth, c: look-back in ms, d: least interval in µs, e: least imbalance in millionths
export const UNSUBSCRIBE = 15; // a: feed
// Answers of the exchange about orders. Each request gets at least one.
export const ORDER_ACCEPTED = 20; // a: order, b: side, c: quantity that rests, d: price
export const ORDER_EXECUTED = 21; // a: order, b: side, c: quantity, d: price, e: quantity left, f: 1 for the maker
export const ORDER_CANCELLED = 22; // a: order, b: side, c: quantity, e: cancel reason
export const ORDER_PARTIAL_CANCELLED = 23; // a: order, b: side, c: quantity taken off, e: quantity left, f: cancel reason
export const ORDER_MODIFIED = 24; // a: order, b: side, c: quantity that rests, d: price
export const ORDER_REPLACED = 25; // a: new order, b: side, c: quantity that rests, d: price, f: old order
export const STOP_TRIGGERED = 26; // a: order, b: side, c: quantity, d: price of the trade
export const ORDER_REJECTED = 27; // a: order, b: side, e: reject reason
export const REQUEST_REFUSED = 28; // a: order, which is as it was, e: reject reason, f: type of the request
// Answers to queries, and feeds.
export const SPREAD = 30; // a: bid, b: its quantity, c: ask, d: its quantity, e: last trade; 0: none. with the levels of its depth as rows
export const VOLUME = 31; // a: bought, b: sold, by the taker's side
export const LAST_TRADE = 32; // a: price, 0: none
export const ORDER_STREAM = 33; // the last trades as rows, the newest first: side of the taker, price, quantity
export const HOURS = 34; // a: open, b: close, in milliseconds since midnight
export const CLOSING_PRICE = 35; // a: price, 0: none
export const L1_DATA = 36; // as SPREAD
export const L2_DATA = 37; // as SPREAD
export const L3_DATA = 38; // as SPREAD
export const VOLUME_DATA = 39; // as VOLUME
export const IMBALANCE_DATA = 40; // a: 1 starts, 0 ends, b: side, c: imbalance in millionths, e: last trade

/** Words for the types, by their number; empty where there is none of that number. */
export const MESSAGE_NAMES: readonly string[] = [
  'wake_up',
  'limit_order',
  'market_order',
  'stop_order',
  'cancel_order',
  'partial_cancel_order',
  'modify_order',
  'replace_order',
  'query_spread',
  'query_volume',
  'query_last_trade',
  'query_order_stream',
  'query_hours',
  'query_closing_price',
  'subscribe',
  'unsubscribe',
  '',
  '',
  '',
  '',
  'order_accepted',
  'order_executed',
  'order_cancelled',
  'order_partial_cancelled',
  'order_modified',
  'order_replaced',
  'stop_triggered',
  'order_rejected',
  'request_refused',
  '',
  'spread',
  'volume',
  'last_trade',
  'order_stream',
  'hours',
  'closing_price',
  'l1_data',
  'l2_data',
  'l3_data',
  'volume_data',
  'imbalance_data',
];

export function isRequestAboutOrder(type: number): boolean {
  return type >= LIMIT_ORDER && type <= REPLACE_ORDER;
}

export function isAnswerAboutOrder(type: number): boolean {
  return type >= ORDER_ACCEPTED && type <= REQUEST_REFUSED;
}

/** The columns of all messages that are under way. Row 0 is none. */
export class MessagePool {
  /** Nanoseconds since midnight at which it is delivered. */
  time = new Float64Array(1024);
  type = new Int32Array(1024);
  from = new Int32Array(1024);
  to = new Int32Array(1024);
  a = new Int32Array(1024);
  b = new Int32Array(1024);
  c = new Int32Array(1024);
  d = new Int32Array(1024);
  e = new Int32Array(1024);
  f = new Int32Array(1024);
  /** Used by the queue while the message is in it, and here while the row is free. */
  next = new Int32Array(1024);
  /** Rows of market data: side, price and quantity in turns; null where there are none. */
  readonly rows: (Int32Array | null | undefined)[] = [];
  private rowsUnderWay = 0;
  private free = 0;
  private used = 1;

  take(): number {
    const row = this.free;
    if (row !== 0) {
      this.free = this.next[row]!;
      return row;
    }
    if (this.used === this.time.length) this.grow();
    return this.used++;
  }

  attach(row: number, rows: Int32Array): void {
    this.rows[row] = rows;
    this.rowsUnderWay += 1;
  }

  release(row: number): void {
    if (this.rowsUnderWay > 0 && this.rows[row] != null) {
      this.rows[row] = null;
      this.rowsUnderWay -= 1;
    }
    this.next[row] = this.free;
    this.free = row;
  }

  private grow(): void {
    const size = 2 * this.time.length;
    this.time = grown(this.time, size);
    for (const column of ['type', 'from', 'to', 'a', 'b', 'c', 'd', 'e', 'f', 'next'] as const)
      this[column] = grown(this[column], size);
  }
}
