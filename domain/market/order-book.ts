// The order book of one symbol: price-time priority with visible and hidden queues, in typed arrays. An order is a slot
// in a pool; a price level is a position in a page of levels; bitmaps find the next level that has orders. Pages exist
// only where there are orders, so that any price is as fast as any other and nothing has to be moved when the market
// wanders off. Rules M1–M37 of the matching rules are cited where they are kept.
//
// A request answers in `events`: what happened, in order, as numbers. The exchange turns them into messages, a replay
// into JSON. Whoever wants a history has to copy them: the next request overwrites them.
import { auctionPrice } from './auction.ts';
import { grown } from './grown.ts';
import {
  DAY,
  DAY_END,
  FOK,
  HIDDEN,
  INSERT_BY_ID,
  IOC,
  MAX_PRICE_CENTS,
  MAX_QUANTITY,
  NOT_FILLED,
  POST_ONLY,
  PRICE_TO_COMPLY,
  REQUESTED,
  SELF_TRADE,
  SELF_TRADE_PREVENTIONS,
  TIME_IN_FORCE_MASK,
  BUY,
  SELL,
  rejectCode,
} from './order.ts';
import type { SelfTradePrevention, SideCode } from './order.ts';

/** Types of an event; `order` and `other` are order numbers. */
export const ACCEPTED = 0; // order rests (or waits, a stop) at price with quantity
export const FILLED = 1; // order: maker, other: taker, at price, quantity
export const CANCELLED = 2; // order, other: reason, quantity that was left
export const PARTIAL_CANCELLED = 3; // order, price, quantity that went away; it rests with what `openQuantity` says
export const MODIFIED = 4; // order, price, quantity that rests; 0: all of it traded
export const REPLACED = 5; // order: the old one, other: the new one, price, quantity that rests
export const STOP_TRIGGERED = 6; // order, price: the trade that did it, quantity
export const REJECTED = 7; // order: a new one that was not taken, other: reason
export const REFUSED = 8; // order: as it was, other: the reason why a request about it was refused

/** Words for the types, by their number. */
export const EVENT_NAMES = [
  'accepted',
  'filled',
  'cancelled',
  'partial_cancelled',
  'modified',
  'replaced',
  'stop_triggered',
  'rejected',
  'refused',
] as const;

/** Numbers in one event: type, order, other, price, quantity. */
export const EVENT_STRIDE = 5;

const PAGE_BITS = 9;
const PAGE_LEVELS = 1 << PAGE_BITS;
const PAGE_WORDS = PAGE_LEVELS >>> 5;
const PAGE_NUMBERS = (MAX_PRICE_CENTS + 1) >>> PAGE_BITS;
/** So many neighbouring pages share a block of the directory. */
const BLOCK_BITS = 9;
const BLOCK_PAGES = 1 << BLOCK_BITS;

const { clz32 } = Math;

export type OrderBookOptions = {
  /** Prices are multiples of it. @default 1 */
  readonly tickSizeCents?: number;
  /** Quantities are multiples of it. @default 1 */
  readonly lotSize?: number;
  readonly selfTradePrevention?: SelfTradePrevention;
};

/** A stop order that waits for its price, or a limit order that waits for an auction. */
type Waiting = { order: number; owner: number; side: SideCode; quantity: number; priceCents: number };
type Stop = Waiting;
/** What a limit order rests with when the auction is over. */
type Called = Waiting & { readonly kind: number; readonly sortKey: number };

/** Kinds of orders that no auction takes. */
const NOT_CALLED = POST_ONLY | PRICE_TO_COMPLY;

const OFF = SELF_TRADE_PREVENTIONS.indexOf('off');
const CANCEL_NEWEST = SELF_TRADE_PREVENTIONS.indexOf('cancel_newest');
const CANCEL_OLDEST = SELF_TRADE_PREVENTIONS.indexOf('cancel_oldest');
const CANCEL_BOTH = SELF_TRADE_PREVENTIONS.indexOf('cancel_both');

const INVALID_QUANTITY = rejectCode('invalid_quantity');
const INVALID_PRICE = rejectCode('invalid_price');
const INVALID_ID = rejectCode('invalid_id');
const DUPLICATE_ID = rejectCode('duplicate_id');
const UNKNOWN_ORDER = rejectCode('unknown_order');
const ORDER_CLOSED = rejectCode('order_closed');
const NOT_OWNER = rejectCode('not_owner');
const WOULD_TRADE = rejectCode('post_only_would_trade');
const NOT_FILLABLE = rejectCode('fok_not_fillable');
const INVALID_KIND = rejectCode('invalid_kind');
const IN_AUCTION = rejectCode('in_auction');

/** What `slotOf` says of an order that does not rest. */
const NEVER_SEEN = 0;
const CLOSED = -1;
const WAITING = -2;

export class OrderBook {
  /** What the last request caused: `eventCount` times `EVENT_STRIDE` numbers. */
  events = new Int32Array(64 * EVENT_STRIDE);
  eventCount = 0;

  /** Price of the last trade; 0 before the first. */
  lastTradeCents = 0;
  /** Shares traded since the start, by the taker's side (M37). */
  readonly tradedVolume = [0, 0] as [number, number];

  private readonly tick: number;
  private readonly lot: number;
  private readonly prevention: number;

  // Orders by number: the slot in the pool, or one of the values above.
  private slotOf = new Int32Array(1024);

  // The pool. Slot 0 is nobody. Free slots are linked by `next`.
  private slots = 1024;
  private freeSlot = 0;
  private usedSlots = 1;
  private next = new Int32Array(this.slots);
  private previous = new Int32Array(this.slots);
  private order = new Int32Array(this.slots);
  private owner = new Int32Array(this.slots);
  private quantity = new Int32Array(this.slots);
  private price = new Int32Array(this.slots);
  private level = new Int32Array(this.slots);
  private kind = new Int32Array(this.slots);
  private side = new Uint8Array(this.slots);
  /** The other half of a price-to-comply order (M33). */
  private twin = new Int32Array(this.slots);
  /** What insert-by-id compares (M5); NaN for an id that is no number. */
  private sortKey = new Float64Array(this.slots);

  // Levels, by page. A level's orders are two linked lists, visible and hidden.
  /** By page number: first its block, then its place in that block. Block 0 is one without pages, of all other prices. */
  private readonly blockOf = new Int32Array(PAGE_NUMBERS >>> BLOCK_BITS);
  private blocks = 1;
  private pageOf = new Int32Array(2 * BLOCK_PAGES);
  private pages = 0;
  private readonly freePages: number[] = [];
  private pagePrice = new Int32Array(0);
  private pageOrders = new Int32Array(0);
  private occupied = new Int32Array(0);
  private head = new Int32Array(0);
  private tail = new Int32Array(0);
  private hiddenHead = new Int32Array(0);
  private hiddenTail = new Int32Array(0);
  private visibleQuantity = new Float64Array(0);
  private hiddenQuantity = new Float64Array(0);
  /** Which page numbers have a page. Page 0 is none, so that pages count from 1. */
  private readonly pageBits = new Int32Array(PAGE_NUMBERS >>> 5);

  // By side: best price with any order (0: none) and its level, queue entries, visible shares.
  private readonly bestPrice = new Int32Array(2);
  private readonly bestLevel = new Int32Array(2);
  private readonly entries = new Int32Array(2);
  private readonly visibleShares = new Float64Array(2);

  /** By the prevention of self-trades, in the last match. */
  private isTakerCancelled = false;
  private stops: Stop[] = [];
  /** Between auctions null; in one, what takes part, the first to come first. */
  private called: Called[] | null = null;
  /** No trade is outside; an order that would trade there begins an auction. */
  private lowestTrade = 1;
  private highestTrade = MAX_PRICE_CENTS;
  private isBandHit = false;
  /** Those that trades of this request have reached, with the price of the trade. */
  private readonly picked: (Stop & { readonly tradeCents: number })[] = [];

  constructor(options: OrderBookOptions = {}) {
    this.tick = options.tickSizeCents ?? 1;
    this.lot = options.lotSize ?? 1;
    this.prevention = SELF_TRADE_PREVENTIONS.indexOf(options.selfTradePrevention ?? 'off');
  }

  // ---------------------------------------------------------------------------------------------------- requests

  /**
   * A limit order: trades as far as its price allows, and rests, is cancelled or refused with what is left.
   * @param order number that no order had before, small and dense: it is an index
   * @param kind time in force and flags of order.ts
   * @param sortKey what insert-by-id compares, when it is not the order's number
   */
  limit(
    order: number,
    owner: number,
    side: SideCode,
    quantity: number,
    priceCents: number,
    kind = 0,
    sortKey = order,
  ): void {
    this.begin();
    let refusal = this.limitRefusal(order, side, quantity, priceCents, kind, sortKey);
    if (refusal < 0) refusal = this.marketRefusal(side, quantity, priceCents, kind, owner, -1);
    if (refusal >= 0) {
      this.reject(order, refusal);
      return;
    }
    const left = this.match(order, owner, side, quantity, this.limitOf(side, priceCents, kind));
    this.remember(order, CLOSED);
    if (left > 0) {
      if (isBrief(kind)) this.leave(order, NOT_FILLED, left);
      else {
        this.rest(order, owner, side, left, priceCents, kind, sortKey);
        this.tell(ACCEPTED, order, 0, priceCents, left);
      }
    }
    this.triggerStops();
  }

  /** A market order: takes what there is; the rest is dropped (M11). */
  market(order: number, owner: number, side: SideCode, quantity: number): void {
    this.begin();
    let refusal = this.isNew(order) ? this.quantityRefusal(quantity) : DUPLICATE_ID;
    if (refusal < 0 && this.called !== null) refusal = IN_AUCTION;
    if (refusal >= 0) {
      this.reject(order, refusal);
      return;
    }
    this.remember(order, CLOSED);
    this.take(order, owner, side, quantity);
    this.triggerStops();
  }

  /** A stop order: becomes a market order when a trade reaches its price, or at once when the last one did (M29). */
  stop(order: number, owner: number, side: SideCode, quantity: number, priceCents: number): void {
    this.begin();
    let refusal = this.isNew(order) ? this.quantityRefusal(quantity) : DUPLICATE_ID;
    if (refusal < 0) refusal = this.priceRefusal(priceCents);
    if (refusal >= 0) {
      this.reject(order, refusal);
      return;
    }
    this.remember(order, WAITING);
    this.stops.push({ order, owner, side, quantity, priceCents });
    this.tell(ACCEPTED, order, 0, priceCents, quantity);
    this.triggerByLastTrade();
  }

  /** Takes an order out of the book (M14). @param owner who asks; -1 for the exchange itself @param reason why, as a code */
  cancel(order: number, owner = -1, reason = REQUESTED): void {
    this.begin();
    const slot = this.findOpen(order, owner);
    if (slot === 0) return;
    if (slot === WAITING) {
      this.leave(order, reason, this.dropWaiting(order));
      return;
    }
    const quantity = this.quantity[slot]!;
    this.removeWithTwin(slot);
    this.leave(order, reason, quantity);
  }

  /** Takes shares off what rests now (M19). All of them, or more, is a cancel. */
  partialCancel(order: number, quantity: number, owner = -1): void {
    this.begin();
    const slot = this.findOpen(order, owner);
    if (slot === 0) return;
    // Any number above the rest will do, however large.
    const refusal = this.quantityRefusal(quantity, Infinity);
    if (refusal >= 0) {
      this.tell(REFUSED, order, refusal, 0, 0);
      return;
    }
    if (slot === WAITING) {
      const stop = this.waitingOf(order);
      if (quantity >= stop.quantity) this.leave(order, REQUESTED, this.dropWaiting(order));
      else {
        stop.quantity -= quantity;
        this.tell(PARTIAL_CANCELLED, order, 0, stop.priceCents, quantity);
      }
      return;
    }
    const open = this.quantity[slot]!;
    if (quantity >= open) {
      this.removeWithTwin(slot);
      this.leave(order, REQUESTED, open);
      return;
    }
    this.reduceWithTwin(slot, quantity);
    this.tell(PARTIAL_CANCELLED, order, 0, this.price[slot]!, quantity);
  }

  /**
   * Changes what rests (M16–M18): less quantity keeps the place, more or another price goes to the back, and trades when
   * it crosses. What is refused leaves the order as it was.
   * @param quantity that shall rest
   * @param priceCents as it is, when left out
   */
  modify(order: number, quantity: number, priceCents?: number, owner = -1): void {
    this.begin();
    const slot = this.findOpen(order, owner);
    if (slot === 0) return;
    const price = priceCents ?? (slot === WAITING ? 0 : this.price[slot]!);
    let refusal = this.quantityRefusal(quantity);
    if (refusal < 0 && (slot !== WAITING || priceCents !== undefined)) refusal = this.priceRefusal(price);
    if (refusal < 0 && slot !== WAITING && price !== this.price[slot]) {
      const side = this.side[slot] as SideCode;
      const kind = this.kind[slot]!;
      refusal = this.priceRefusal(this.limitOf(side, price, kind));
      if (refusal < 0) refusal = this.marketRefusal(side, quantity, price, kind, -1, order);
    }
    if (refusal >= 0) {
      this.tell(REFUSED, order, refusal, 0, 0);
      return;
    }
    if (slot === WAITING) {
      const stop = this.waitingOf(order);
      if (quantity > stop.quantity || (priceCents !== undefined && priceCents !== stop.priceCents))
        this.callAgain(order);
      stop.quantity = quantity;
      if (priceCents !== undefined) stop.priceCents = priceCents;
      this.tell(MODIFIED, order, 0, stop.priceCents, quantity);
      this.triggerByLastTrade();
      return;
    }
    if (price === this.price[slot] && quantity <= this.quantity[slot]!) {
      if (quantity < this.quantity[slot]!) this.reduceWithTwin(slot, this.quantity[slot]! - quantity);
      this.tell(MODIFIED, order, 0, price, quantity);
      return;
    }
    this.enterAnew(slot, order, quantity, price);
  }

  /**
   * Cancels an order and enters another one for the same owner (M20–M22). A new order that cannot be taken leaves the
   * old one as it was.
   */
  replace(
    oldOrder: number,
    newOrder: number,
    side: SideCode,
    quantity: number,
    priceCents: number,
    kind = 0,
    owner = -1,
    sortKey = newOrder,
  ): void {
    this.begin();
    const slot = this.openSlot(oldOrder);
    let refusal = slot === 0 ? this.closedRefusal(oldOrder) : -1;
    if (refusal < 0 && !this.isOwnedBy(oldOrder, slot, owner)) refusal = NOT_OWNER;
    if (refusal < 0) refusal = this.limitRefusal(newOrder, side, quantity, priceCents, kind, sortKey);
    const of = refusal < 0 ? this.ownerOf(oldOrder, slot) : owner;
    // The old order does not stand in the way of the new one.
    if (refusal < 0) refusal = this.marketRefusal(side, quantity, priceCents, kind, of, oldOrder);
    if (refusal >= 0) {
      this.reject(newOrder, refusal);
      return;
    }
    if (slot === WAITING) this.dropWaiting(oldOrder);
    else {
      this.removeWithTwin(slot);
      this.slotOf[oldOrder] = CLOSED;
    }
    const left = this.match(newOrder, of, side, quantity, this.limitOf(side, priceCents, kind));
    this.remember(newOrder, CLOSED);
    const rests = left > 0 && !isBrief(kind);
    if (rests) this.rest(newOrder, of, side, left, priceCents, kind, sortKey);
    this.tell(REPLACED, oldOrder, newOrder, priceCents, rests ? left : 0);
    if (left > 0 && !rests) this.leave(newOrder, NOT_FILLED, left);
    this.triggerStops();
  }

  // ----------------------------------------------------------------------------------------------------- auctions

  /** Whether orders are collected for an auction: none trades, and none is shown. */
  get isCalling(): boolean {
    return this.called !== null;
  }

  /** No trade from now on is outside of these prices; an order that would trade there begins an auction. */
  setBand(lowestCents: number, highestCents: number): void {
    this.lowestTrade = lowestCents;
    this.highestTrade = highestCents;
  }

  /** Whether an auction began because of the band since this was asked last. */
  wasBandHit(): boolean {
    const wasHit = this.isBandHit;
    this.isBandHit = false;
    return wasHit;
  }

  /** Orders are collected from now on. Those that rest take part, and keep their order among those of their price. */
  beginAuction(): void {
    this.begin();
    this.beginCall();
  }

  private beginCall(): void {
    if (this.called !== null) return;
    const called: Called[] = [];
    for (const side of [BUY, SELL] as const)
      for (const slot of this.entriesOf(side)) {
        const order = this.order[slot]!;
        // The visible half of two stands for both.
        if (this.slotOf[order] !== slot) continue;
        called.push({
          order,
          owner: this.owner[slot]!,
          side,
          quantity: this.quantity[slot]!,
          priceCents: this.price[slot]!,
          // At its hidden price it might cross another one when the auction is over.
          kind: this.kind[slot]! & ~PRICE_TO_COMPLY,
          sortKey: this.sortKey[slot]!,
        });
      }
    for (const { order } of called) {
      this.removeWithTwin(this.slotOf[order]!);
      this.slotOf[order] = WAITING;
    }
    this.called = called;
  }

  /**
   * All that can trade does, at one price (auction.ts), by price, then visible before hidden, then time; what is left rests. Of two that
   * trade the one that came first counts as the maker. Orders of one owner trade with each other as any others do.
   * @returns the price; 0 when nothing traded
   */
  uncross(referenceCents: number): number {
    this.begin();
    const called = this.called ?? [];
    this.called = null;
    const of = (side: SideCode): Called[] =>
      called
        .filter((one) => one.side === side)
        .toSorted(
          (a, b) =>
            (side === BUY ? b.priceCents - a.priceCents : a.priceCents - b.priceCents) ||
            (a.kind & HIDDEN) - (b.kind & HIDDEN),
        );
    const [bids, asks] = [of(BUY), of(SELL)];
    const found = auctionPrice(bids, asks, referenceCents, this.tick);
    if (found !== null) {
      const place = new Map(called.map((one, i) => [one, i]));
      this.tradeAll(bids, asks, found.priceCents, found.volume, (a, b) => place.get(a)! < place.get(b)!);
    }
    for (const { order, owner, side, quantity, priceCents, kind, sortKey } of [...bids, ...asks]) {
      this.slotOf[order] = CLOSED;
      if (quantity > 0) this.rest(order, owner, side, quantity, priceCents, kind, sortKey);
    }
    this.triggerStops();
    return found?.priceCents ?? 0;
  }

  private tradeAll(
    bids: readonly Called[],
    asks: readonly Called[],
    priceCents: number,
    volume: number,
    isFirst: (one: Called, other: Called) => boolean,
  ): void {
    let [bidAt, askAt, left] = [0, 0, volume];
    while (left > 0) {
      const [bid, ask] = [bids[bidAt]!, asks[askAt]!];
      const traded = Math.min(bid.quantity, ask.quantity, left);
      const [maker, taker] = isFirst(bid, ask) ? [bid, ask] : [ask, bid];
      this.tell(FILLED, maker.order, taker.order, priceCents, traded);
      this.tradedVolume[taker.side] += traded;
      bid.quantity -= traded;
      ask.quantity -= traded;
      left -= traded;
      if (bid.quantity === 0) bidAt += 1;
      if (ask.quantity === 0) askAt += 1;
    }
    this.lastTradeCents = priceCents;
    if (this.stops.length > 0) this.pickStops(priceCents);
  }

  /** More, or another price, goes to the back. */
  private callAgain(order: number): void {
    const called = this.called ?? [];
    const at = called.findIndex((one) => one.order === order);
    if (at >= 0) called.push(...called.splice(at, 1));
  }

  /** DAY orders leave, best price first, bids before asks (M27). */
  endSession(): void {
    this.begin();
    for (const side of [BUY, SELL] as const)
      for (const slot of this.entriesOf(side)) {
        const isSecondHalf = this.twin[slot] !== 0 && this.slotOf[this.order[slot]!] !== slot;
        if ((this.kind[slot]! & TIME_IN_FORCE_MASK) !== DAY || isSecondHalf) continue;
        const order = this.order[slot]!;
        const quantity = this.quantity[slot]!;
        this.removeWithTwin(slot);
        this.leave(order, DAY_END, quantity);
      }
  }

  // -------------------------------------------------------------------------------------------------------- views

  /** Best visible price of a side; 0 when there is none (M32). */
  bestVisiblePrice(side: SideCode): number {
    const level = this.bestVisibleLevel(side);
    return level === 0 ? 0 : this.priceOfLevel(level);
  }

  /** Visible shares at the best visible price. */
  bestVisibleQuantity(side: SideCode): number {
    const level = this.bestVisibleLevel(side);
    return level === 0 ? 0 : this.visibleQuantity[level]!;
  }

  /** Visible shares of a whole side. */
  totalVisible(side: SideCode): number {
    return this.visibleShares[side]!;
  }

  /** Visible levels, best first (M35): price and quantity in turns into `into`. @returns how many levels there were */
  readLevels(side: SideCode, depth: number, into: { [index: number]: number }): number {
    let count = 0;
    for (
      let level = this.bestVisibleLevel(side);
      level !== 0 && count < depth;
      level = this.nextVisible(side, level)
    ) {
      into[2 * count] = this.priceOfLevel(level);
      into[2 * count + 1] = this.visibleQuantity[level]!;
      count += 1;
    }
    return count;
  }

  /** Each order of a side that rests: best price first, at one price visible before hidden, in the order of the queue. */
  *orders(side: SideCode): Generator<RestingOrder> {
    for (const slot of this.entriesOf(side))
      yield {
        order: this.order[slot]!,
        owner: this.owner[slot]!,
        priceCents: this.price[slot]!,
        quantity: this.quantity[slot]!,
        isHidden: (this.kind[slot]! & HIDDEN) !== 0,
      };
  }

  /** 1 − smaller ÷ larger total of visible shares, and the side of the larger (M36). Nothing visible: 0 and null. */
  imbalance(): { value: number; side: SideCode | null } {
    const side = this.visibleShares[BUY]! > this.visibleShares[SELL]! ? BUY : SELL;
    const value = this.overweight(side);
    return { value, side: value > 0 ? side : null };
  }

  /** The imbalance when it is to this side, else 0: without an object, for who asks after every change. */
  overweight(side: SideCode): number {
    const own = this.visibleShares[side]!;
    const other = this.visibleShares[side ^ 1]!;
    return own > other ? 1 - other / own : 0;
  }

  /**
   * Cents for which so many shares could be taken now, hidden ones included; what is not there is counted at the worst
   * price that is, and nothing at all at 0.
   */
  costOfTaking(side: SideCode, quantity: number): number {
    const opposite = (side ^ 1) as SideCode;
    let left = quantity;
    let cost = 0;
    let price = 0;
    for (
      let level = this.bestLevel[opposite]!;
      level !== 0 && left > 0;
      level = this.nextLevel(opposite, level)
    ) {
      price = this.priceOfLevel(level);
      const taken = Math.min(left, this.takeableAt(level));
      cost += taken * price;
      left -= taken;
    }
    return cost + left * price;
  }

  /** Without visible halves of price-to-comply orders: who takes meets the hidden ones first. */
  private takeableAt(level: number): number {
    let shares = this.visibleQuantity[level]! + this.hiddenQuantity[level]!;
    for (let slot = this.head[level]!; slot !== 0; slot = this.next[slot]!)
      if (this.twin[slot] !== 0) shares -= this.quantity[slot]!;
    return shares;
  }

  /** Shares of an order that rest or wait; 0 when it is closed. */
  openQuantity(order: number): number {
    const slot = this.openSlot(order);
    if (slot === WAITING) return this.waitingOf(order).quantity;
    return slot === 0 ? 0 : this.quantity[slot]!;
  }

  /** As if no trade had ever been; the orders stay as they are. */
  forgetHistory(): void {
    this.lastTradeCents = 0;
    this.tradedVolume[BUY] = 0;
    this.tradedVolume[SELL] = 0;
  }

  // ----------------------------------------------------------------------------------------------------- matching

  /** The worst price at which an order trades: price-to-comply offers one tick more than it shows. */
  private limitOf(side: SideCode, priceCents: number, kind: number): number {
    if ((kind & PRICE_TO_COMPLY) === 0) return priceCents;
    return side === BUY ? priceCents + this.tick : priceCents - this.tick;
  }

  /** Trades against the best orders up to a price (M1–M9). @returns what is left to rest, be cancelled or dropped */
  private match(taker: number, owner: number, side: SideCode, quantity: number, limit: number): number {
    const opposite = side ^ 1;
    this.isTakerCancelled = false;
    if (this.called !== null) return quantity;
    while (quantity > 0) {
      const best = this.bestPrice[opposite]!;
      if (best === 0 || (side === BUY ? best > limit : best < limit)) return quantity;
      if (best > this.highestTrade || best < this.lowestTrade) {
        this.isBandHit = true;
        this.beginCall();
        return quantity;
      }
      const level = this.bestLevel[opposite]!;
      const slot = this.head[level] || this.hiddenHead[level]!;
      if (this.prevention !== OFF && this.owner[slot] === owner) {
        quantity = this.preventSelfTrade(taker, slot, quantity);
        continue;
      }
      const open = this.quantity[slot]!;
      const traded = open < quantity ? open : quantity;
      this.tell(FILLED, this.order[slot]!, taker, best, traded);
      if (traded === open) {
        this.slotOf[this.order[slot]!] = CLOSED;
        this.removeWithTwin(slot);
      } else this.reduceWithTwin(slot, traded);
      quantity -= traded;
      this.lastTradeCents = best;
      this.tradedVolume[side] += traded;
      if (this.stops.length > 0) this.pickStops(best);
    }
    return 0;
  }

  private take(order: number, owner: number, side: SideCode, quantity: number): void {
    const left = this.match(order, owner, side, quantity, side === BUY ? MAX_PRICE_CENTS : 1);
    if (left > 0) this.leave(order, NOT_FILLED, left);
  }

  /** @returns what is left of the taker */
  private preventSelfTrade(taker: number, slot: number, quantity: number): number {
    const maker = this.order[slot]!;
    const open = this.quantity[slot]!;
    let left = quantity;
    if (this.prevention === CANCEL_NEWEST || this.prevention === CANCEL_BOTH) {
      this.leave(taker, SELF_TRADE, quantity);
      this.isTakerCancelled = true;
      left = 0;
    }
    if (this.prevention === CANCEL_OLDEST || this.prevention === CANCEL_BOTH) {
      this.removeWithTwin(slot);
      this.leave(maker, SELF_TRADE, open);
    } else if (this.prevention !== CANCEL_NEWEST) {
      // Decrement: both lose the smaller of the two.
      const both = open < quantity ? open : quantity;
      if (both === open) {
        this.removeWithTwin(slot);
        this.leave(maker, SELF_TRADE, open);
      } else {
        this.reduceWithTwin(slot, both);
        // Of two halves the hidden one was met; the order's own price is that of the other.
        this.tell(PARTIAL_CANCELLED, maker, SELF_TRADE, this.price[this.slotOf[maker]!]!, both);
      }
      left = quantity - both;
      if (left === 0) {
        this.leave(taker, SELF_TRADE, both);
        this.isTakerCancelled = true;
      } else this.tell(PARTIAL_CANCELLED, taker, SELF_TRADE, 0, both);
    }
    return left;
  }

  /** A trade picks the stops that it reaches, in the order of their arrival (M30). */
  private pickStops(tradeCents: number): void {
    const isReached = ({ side, priceCents }: Stop): boolean =>
      side === BUY ? tradeCents >= priceCents : tradeCents <= priceCents;
    for (const stop of this.stops) if (isReached(stop)) this.picked.push({ ...stop, tradeCents });
    if (this.picked.length > 0) this.stops = this.stops.filter((stop) => !isReached(stop));
  }

  /** When a request is done, the stops that were picked take their turns; their trades may pick others (M31). */
  private triggerStops(): void {
    while (this.picked.length > 0 && this.called === null) {
      const next = this.picked.shift()!;
      const { order, owner, side, quantity, tradeCents } = next;
      this.slotOf[order] = CLOSED;
      this.tell(STOP_TRIGGERED, order, 0, tradeCents, quantity);
      this.take(order, owner, side, quantity);
    }
  }

  /** A stop that is new or changed may have been reached already (M29). */
  private triggerByLastTrade(): void {
    if (this.lastTradeCents === 0) return;
    this.pickStops(this.lastTradeCents);
    this.triggerStops();
  }

  /** A changed order goes to the back, also one that was placed by its id, and may trade (M17, M18). */
  private enterAnew(slot: number, order: number, quantity: number, priceCents: number): void {
    const side = this.side[slot] as SideCode;
    const owner = this.owner[slot]!;
    // The visible half of two stands for both.
    const kind = this.kind[slot]!;
    const sortKey = this.sortKey[slot]!;
    this.removeWithTwin(slot);
    this.slotOf[order] = CLOSED;
    const left = this.match(order, owner, side, quantity, this.limitOf(side, priceCents, kind));
    if (left > 0) this.rest(order, owner, side, left, priceCents, kind & ~INSERT_BY_ID, sortKey);
    if (!this.isTakerCancelled) this.tell(MODIFIED, order, 0, priceCents, left);
    this.triggerStops();
  }

  // ----------------------------------------------------------------------------------------------------- validity

  private isNew(order: number): boolean {
    return order >= this.slotOf.length || this.slotOf[order] === NEVER_SEEN;
  }

  private quantityRefusal(quantity: number, most = MAX_QUANTITY): number {
    const isGood =
      Number.isInteger(quantity) && quantity > 0 && quantity <= most && quantity % this.lot === 0;
    return isGood ? -1 : INVALID_QUANTITY;
  }

  private priceRefusal(priceCents: number): number {
    const isGood =
      Number.isInteger(priceCents) &&
      priceCents > 0 &&
      priceCents <= MAX_PRICE_CENTS &&
      priceCents % this.tick === 0;
    return isGood ? -1 : INVALID_PRICE;
  }

  /** What is wrong with a limit order by itself; -1: nothing. */
  private limitRefusal(
    order: number,
    side: SideCode,
    quantity: number,
    priceCents: number,
    kind: number,
    sortKey: number,
  ): number {
    if (!this.isNew(order)) return DUPLICATE_ID;
    let refusal = this.quantityRefusal(quantity);
    if (refusal < 0) refusal = this.priceRefusal(priceCents);
    if (refusal < 0 && kind > DAY) {
      if ((kind & PRICE_TO_COMPLY) !== 0) refusal = this.priceRefusal(this.limitOf(side, priceCents, kind));
      if ((kind & INSERT_BY_ID) !== 0 && Number.isNaN(sortKey)) refusal = INVALID_ID;
      if ((kind & POST_ONLY) !== 0 && isBrief(kind)) refusal = INVALID_KIND;
      if ((kind & HIDDEN) !== 0 && (kind & PRICE_TO_COMPLY) !== 0) refusal = INVALID_KIND;
    }
    return refusal;
  }

  /** What is wrong with a limit order in this book: post-only that would trade (M34), fill-or-kill that cannot (M26). */
  private marketRefusal(
    side: SideCode,
    quantity: number,
    priceCents: number,
    kind: number,
    owner: number,
    ignored: number,
  ): number {
    // Who wants to trade at once, or not at all, or to show another price than its own, has to wait.
    if (this.called !== null) return isBrief(kind) || (kind & NOT_CALLED) !== 0 ? IN_AUCTION : -1;
    if ((kind & POST_ONLY) !== 0)
      return this.isThere(side, 1, this.limitOf(side, priceCents, kind), -1, ignored) ? WOULD_TRADE : -1;
    if ((kind & TIME_IN_FORCE_MASK) === FOK) {
      const spared = this.prevention === OFF ? -1 : owner;
      const own = this.limitOf(side, priceCents, kind);
      const limit = side === BUY ? Math.min(own, this.highestTrade) : Math.max(own, this.lowestTrade);
      return this.isThere(side, quantity, limit, spared, ignored) ? -1 : NOT_FILLABLE;
    }
    return -1;
  }

  /**
   * Whether that many shares, visible or hidden, can be had within a limit.
   * @param spared an owner that does not trade with itself: its orders do not count, and unless they just leave (cancel
   * oldest), nothing behind them can be had whole; -1: all count
   * @param ignored an order that does not count
   */
  private isThere(side: SideCode, quantity: number, limit: number, spared: number, ignored: number): boolean {
    const opposite = (side ^ 1) as SideCode;
    let sum = 0;
    for (let level = this.bestLevel[opposite]!; level !== 0; level = this.nextLevel(opposite, level)) {
      const price = this.priceOfLevel(level);
      if (side === BUY ? price > limit : price < limit) return false;
      for (const first of [this.head[level]!, this.hiddenHead[level]!])
        for (let slot = first; slot !== 0; slot = this.next[slot]!) {
          const isHalf = this.twin[slot] !== 0 && (this.kind[slot]! & HIDDEN) === 0;
          if (isHalf || this.order[slot] === ignored) continue;
          if (spared >= 0 && this.owner[slot] === spared) {
            if (this.prevention === CANCEL_OLDEST) continue;
            return false;
          }
          sum += this.quantity[slot]!;
          if (sum >= quantity) return true;
        }
    }
    return false;
  }

  // ------------------------------------------------------------------------------------------------ orders by number

  /** Slot of an order that rests, `WAITING` for a stop, 0 for any other. */
  private openSlot(order: number): number {
    const slot = order >= 0 && order < this.slotOf.length ? this.slotOf[order]! : 0;
    return slot === CLOSED ? 0 : slot;
  }

  /** The same; where there is none, or it is another's, the request is answered with the reason (M15). */
  private findOpen(order: number, owner: number): number {
    const slot = this.openSlot(order);
    if (slot !== 0 && this.isOwnedBy(order, slot, owner)) return slot;
    this.tell(REFUSED, order, slot === 0 ? this.closedRefusal(order) : NOT_OWNER, 0, 0);
    return 0;
  }

  private closedRefusal(order: number): number {
    return order < 0 || this.isNew(order) ? UNKNOWN_ORDER : ORDER_CLOSED;
  }

  private isOwnedBy(order: number, slot: number, owner: number): boolean {
    return owner === -1 || this.ownerOf(order, slot) === owner;
  }

  private ownerOf(order: number, slot: number): number {
    return slot === WAITING ? this.waitingOf(order).owner : this.owner[slot]!;
  }

  private remember(order: number, slot: number): void {
    if (order >= this.slotOf.length) this.slotOf = grown(this.slotOf, 1 << (32 - clz32(order)));
    this.slotOf[order] = slot;
  }

  private waitingOf(order: number): Waiting {
    const isIt = (one: Waiting): boolean => one.order === order;
    return (this.stops.find(isIt) ?? this.picked.find(isIt) ?? this.called?.find(isIt))!;
  }

  /** @returns the quantity it waited with */
  private dropWaiting(order: number): number {
    const { quantity } = this.waitingOf(order);
    for (const list of [this.stops, this.picked, this.called ?? []]) {
      const at = list.findIndex((one) => one.order === order);
      if (at >= 0) list.splice(at, 1);
    }
    this.slotOf[order] = CLOSED;
    return quantity;
  }

  // ------------------------------------------------------------------------------------------------------- events

  private begin(): void {
    this.eventCount = 0;
  }

  private tell(type: number, order: number, other: number, price: number, quantity: number): void {
    const at = this.eventCount * EVENT_STRIDE;
    if (at === this.events.length) this.events = grown(this.events, 2 * at);
    const { events } = this;
    events[at] = type;
    events[at + 1] = order;
    events[at + 2] = other;
    events[at + 3] = price;
    events[at + 4] = quantity;
    this.eventCount += 1;
  }

  private leave(order: number, reason: number, quantity: number): void {
    this.slotOf[order] = CLOSED;
    this.tell(CANCELLED, order, reason, 0, quantity);
  }

  private reject(order: number, reason: number): void {
    if (this.isNew(order)) this.remember(order, CLOSED);
    this.tell(REJECTED, order, reason, 0, 0);
  }

  // ------------------------------------------------------------------------------------------------ slots in levels

  private rest(
    order: number,
    owner: number,
    side: SideCode,
    quantity: number,
    priceCents: number,
    kind: number,
    sortKey: number,
  ): void {
    if (this.called !== null) {
      this.called.push({ order, owner, side, quantity, priceCents, kind, sortKey });
      this.remember(order, WAITING);
      return;
    }
    const slot = this.enter(order, owner, side, quantity, priceCents, kind, sortKey);
    if ((kind & PRICE_TO_COMPLY) !== 0) {
      const better = this.limitOf(side, priceCents, kind);
      const half = this.enter(order, owner, side, quantity, better, kind | HIDDEN, sortKey);
      this.twin[slot] = half;
      this.twin[half] = slot;
    }
    this.remember(order, slot);
  }

  /** A new slot at the end of its queue, or at its place by id. */
  private enter(
    order: number,
    owner: number,
    side: SideCode,
    quantity: number,
    priceCents: number,
    kind: number,
    sortKey: number,
  ): number {
    const slot = this.takeSlot();
    const level = this.levelAt(priceCents);
    this.order[slot] = order;
    this.owner[slot] = owner;
    this.side[slot] = side;
    this.quantity[slot] = quantity;
    this.price[slot] = priceCents;
    this.level[slot] = level;
    this.kind[slot] = kind;
    this.sortKey[slot] = sortKey;
    this.twin[slot] = 0;
    if (this.head[level] === 0 && this.hiddenHead[level] === 0) this.openLevel(side, level, priceCents);
    if ((kind & HIDDEN) !== 0) {
      this.hiddenQuantity[level]! += quantity;
      this.append(slot, level, this.hiddenHead, this.hiddenTail);
    } else {
      this.visibleQuantity[level]! += quantity;
      this.visibleShares[side]! += quantity;
      if ((kind & INSERT_BY_ID) !== 0) this.insertById(slot, level);
      else this.append(slot, level, this.head, this.tail);
    }
    this.entries[side]! += 1;
    this.pageOrders[level >>> PAGE_BITS]! += 1;
    return slot;
  }

  private append(slot: number, level: number, heads: Int32Array, tails: Int32Array): void {
    const last = tails[level]!;
    this.previous[slot] = last;
    this.next[slot] = 0;
    if (last === 0) heads[level] = slot;
    else this.next[last] = slot;
    tails[level] = slot;
  }

  /** Before the first order with a larger id (M5). */
  private insertById(slot: number, level: number): void {
    const key = this.sortKey[slot]!;
    let after = this.head[level]!;
    while (after !== 0 && !(this.sortKey[after]! > key)) after = this.next[after]!;
    if (after === 0) {
      this.append(slot, level, this.head, this.tail);
      return;
    }
    const before = this.previous[after]!;
    this.previous[slot] = before;
    this.next[slot] = after;
    this.previous[after] = slot;
    if (before === 0) this.head[level] = slot;
    else this.next[before] = slot;
  }

  private reduceWithTwin(slot: number, quantity: number): void {
    this.reduce(slot, quantity);
    const twin = this.twin[slot]!;
    if (twin !== 0) this.reduce(twin, quantity);
  }

  private reduce(slot: number, quantity: number): void {
    this.quantity[slot]! -= quantity;
    this.takeShares(slot, quantity);
  }

  private takeShares(slot: number, quantity: number): void {
    const level = this.level[slot]!;
    if ((this.kind[slot]! & HIDDEN) !== 0) this.hiddenQuantity[level]! -= quantity;
    else {
      this.visibleQuantity[level]! -= quantity;
      this.visibleShares[this.side[slot]!]! -= quantity;
    }
  }

  private removeWithTwin(slot: number): void {
    const twin = this.twin[slot]!;
    this.remove(slot);
    if (twin !== 0) this.remove(twin);
  }

  private remove(slot: number): void {
    const level = this.level[slot]!;
    const side = this.side[slot] as SideCode;
    this.takeShares(slot, this.quantity[slot]!);
    const isHidden = (this.kind[slot]! & HIDDEN) !== 0;
    const before = this.previous[slot]!;
    const after = this.next[slot]!;
    if (before !== 0) this.next[before] = after;
    else if (isHidden) this.hiddenHead[level] = after;
    else this.head[level] = after;
    if (after !== 0) this.previous[after] = before;
    else if (isHidden) this.hiddenTail[level] = before;
    else this.tail[level] = before;
    this.next[slot] = this.freeSlot;
    this.freeSlot = slot;
    this.entries[side]! -= 1;
    if (this.head[level] === 0 && this.hiddenHead[level] === 0) this.closeLevel(side, level);
    const page = level >>> PAGE_BITS;
    this.pageOrders[page]! -= 1;
    if (this.pageOrders[page] === 0) this.closePage(page);
  }

  private takeSlot(): number {
    if (this.freeSlot !== 0) {
      const slot = this.freeSlot;
      this.freeSlot = this.next[slot]!;
      return slot;
    }
    if (this.usedSlots === this.slots) this.growPool();
    return this.usedSlots++;
  }

  private growPool(): void {
    this.slots *= 2;
    this.next = grown(this.next, this.slots);
    this.previous = grown(this.previous, this.slots);
    this.order = grown(this.order, this.slots);
    this.owner = grown(this.owner, this.slots);
    this.quantity = grown(this.quantity, this.slots);
    this.price = grown(this.price, this.slots);
    this.level = grown(this.level, this.slots);
    this.kind = grown(this.kind, this.slots);
    this.side = grown(this.side, this.slots);
    this.twin = grown(this.twin, this.slots);
    this.sortKey = grown(this.sortKey, this.slots);
  }

  // -------------------------------------------------------------------------------------------- levels in pages

  private priceOfLevel(level: number): number {
    return (this.pagePrice[level >>> PAGE_BITS]! << PAGE_BITS) | (level & (PAGE_LEVELS - 1));
  }

  private levelAt(priceCents: number): number {
    const number = priceCents >>> PAGE_BITS;
    const page = this.pageAt(number) || this.openPage(number);
    return (page << PAGE_BITS) | (priceCents & (PAGE_LEVELS - 1));
  }

  /** 0: there is none. */
  private pageAt(number: number): number {
    return this.pageOf[(this.blockOf[number >>> BLOCK_BITS]! << BLOCK_BITS) | (number & (BLOCK_PAGES - 1))]!;
  }

  /** Where the page of this number is noted, in a block that is made if need be. */
  private placeOf(number: number): number {
    let block = this.blockOf[number >>> BLOCK_BITS]!;
    if (block === 0) {
      block = this.blocks++;
      this.blockOf[number >>> BLOCK_BITS] = block;
      if (this.blocks * BLOCK_PAGES > this.pageOf.length)
        this.pageOf = grown(this.pageOf, 2 * this.pageOf.length);
    }
    return (block << BLOCK_BITS) | (number & (BLOCK_PAGES - 1));
  }

  private openPage(number: number): number {
    const page = this.freePages.pop() ?? this.addPage();
    // The place first: a new block may bring a longer column.
    const place = this.placeOf(number);
    this.pageOf[place] = page;
    this.pagePrice[page] = number;
    this.pageBits[number >>> 5]! |= 1 << (number & 31);
    return page;
  }

  private closePage(page: number): void {
    const number = this.pagePrice[page]!;
    this.pageOf[this.placeOf(number)] = 0;
    this.pageBits[number >>> 5]! &= ~(1 << (number & 31));
    this.freePages.push(page);
  }

  private addPage(): number {
    this.pages += 1;
    const levels = this.head.length;
    if ((this.pages + 1) * PAGE_LEVELS > levels) {
      const size = Math.max(2 * levels, 4 * PAGE_LEVELS);
      this.pagePrice = grown(this.pagePrice, size / PAGE_LEVELS);
      this.pageOrders = grown(this.pageOrders, size / PAGE_LEVELS);
      this.occupied = grown(this.occupied, size >>> 5);
      this.head = grown(this.head, size);
      this.tail = grown(this.tail, size);
      this.hiddenHead = grown(this.hiddenHead, size);
      this.hiddenTail = grown(this.hiddenTail, size);
      this.visibleQuantity = grown(this.visibleQuantity, size);
      this.hiddenQuantity = grown(this.hiddenQuantity, size);
    }
    return this.pages;
  }

  private openLevel(side: SideCode, level: number, priceCents: number): void {
    this.occupied[level >>> 5]! |= 1 << (level & 31);
    const best = this.bestPrice[side]!;
    if (best === 0 || (side === BUY ? priceCents > best : priceCents < best)) {
      this.bestPrice[side] = priceCents;
      this.bestLevel[side] = level;
    }
  }

  private closeLevel(side: SideCode, level: number): void {
    this.occupied[level >>> 5]! &= ~(1 << (level & 31));
    if (level !== this.bestLevel[side]) return;
    const next = this.entries[side] === 0 ? 0 : this.nextLevel(side, level);
    this.bestLevel[side] = next;
    this.bestPrice[side] = next === 0 ? 0 : this.priceOfLevel(next);
  }

  /**
   * The next worse level of a side that has orders; 0 when there is none. Below the best bid there are bids only, and
   * above the best ask asks only: one bitmap is enough for both.
   */
  private nextLevel(side: SideCode, level: number): number {
    return side === BUY ? this.seekDown(level) : this.seekUp(level);
  }

  private seekDown(level: number): number {
    let word = level >>> 5;
    const first = (level >>> PAGE_BITS) * PAGE_WORDS;
    let bits = this.occupied[word]! & ((1 << (level & 31)) - 1);
    for (;;) {
      if (bits !== 0) return (word << 5) | (31 - clz32(bits));
      if (word === first) break;
      word -= 1;
      bits = this.occupied[word]!;
    }
    const page = this.pageBelow(this.pagePrice[level >>> PAGE_BITS]!);
    if (page === 0) return 0;
    // A page that exists has an order.
    word = page * PAGE_WORDS + PAGE_WORDS - 1;
    while (this.occupied[word] === 0) word -= 1;
    return (word << 5) | (31 - clz32(this.occupied[word]!));
  }

  private seekUp(level: number): number {
    let word = level >>> 5;
    const last = (level >>> PAGE_BITS) * PAGE_WORDS + PAGE_WORDS - 1;
    // A shift by 32 would be one by 0.
    let bits = (level & 31) === 31 ? 0 : this.occupied[word]! & (-1 << ((level & 31) + 1));
    for (;;) {
      if (bits !== 0) return (word << 5) | (31 - clz32(bits & -bits));
      if (word === last) break;
      word += 1;
      bits = this.occupied[word]!;
    }
    const page = this.pageAbove(this.pagePrice[level >>> PAGE_BITS]!);
    if (page === 0) return 0;
    word = page * PAGE_WORDS;
    while (this.occupied[word] === 0) word += 1;
    bits = this.occupied[word]!;
    return (word << 5) | (31 - clz32(bits & -bits));
  }

  private pageBelow(number: number): number {
    let word = number >>> 5;
    let bits = this.pageBits[word]! & ((1 << (number & 31)) - 1);
    while (bits === 0 && word > 0) {
      word -= 1;
      bits = this.pageBits[word]!;
    }
    return bits === 0 ? 0 : this.pageAt((word << 5) | (31 - clz32(bits)));
  }

  private pageAbove(number: number): number {
    let word = number >>> 5;
    let bits = (number & 31) === 31 ? 0 : this.pageBits[word]! & (-1 << ((number & 31) + 1));
    while (bits === 0 && word < this.pageBits.length - 1) {
      word += 1;
      bits = this.pageBits[word]!;
    }
    return bits === 0 ? 0 : this.pageAt((word << 5) | (31 - clz32(bits & -bits)));
  }

  private bestVisibleLevel(side: SideCode): number {
    if (this.visibleShares[side] === 0) return 0;
    let level = this.bestLevel[side]!;
    while (this.head[level] === 0) level = this.nextLevel(side, level);
    return level;
  }

  private nextVisible(side: SideCode, level: number): number {
    let next = this.nextLevel(side, level);
    while (next !== 0 && this.head[next] === 0) next = this.nextLevel(side, next);
    return next;
  }

  /** Slots of a side in the order of their priority, as they are now. */
  private entriesOf(side: SideCode): number[] {
    const slots: number[] = [];
    for (let level = this.bestLevel[side]!; level !== 0; level = this.nextLevel(side, level))
      for (const first of [this.head[level]!, this.hiddenHead[level]!])
        for (let slot = first; slot !== 0; slot = this.next[slot]!) slots.push(slot);
    return slots;
  }
}

/** Whether what is not filled at once never rests (M25, M26). */
function isBrief(kind: number): boolean {
  const timeInForce = kind & TIME_IN_FORCE_MASK;
  return timeInForce === IOC || timeInForce === FOK;
}

/** An order, or one half of a price-to-comply order, as it rests. */
export type RestingOrder = {
  readonly order: number;
  readonly owner: number;
  readonly priceCents: number;
  readonly quantity: number;
  readonly isHidden: boolean;
};
