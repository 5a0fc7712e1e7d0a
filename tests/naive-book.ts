// The matching rules M1–M37 once more, as plainly as possible: what an order would do is planned on a sorted list, then
// done. Slow, and shares no code with domain/market/order-book.ts but the numbers that requests and events are made of.
import {
  BUY,
  CANCEL_REASONS,
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
  REJECT_REASONS,
  REQUESTED,
  SELF_TRADE,
  SELL,
  TIME_IN_FORCE_MASK,
  rejectCode,
} from '../domain/market/order.ts';
import type { RejectReason, SelfTradePrevention, SideCode } from '../domain/market/order.ts';
import {
  ACCEPTED,
  CANCELLED,
  EVENT_STRIDE,
  FILLED,
  MODIFIED,
  PARTIAL_CANCELLED,
  REFUSED,
  REJECTED,
  REPLACED,
  STOP_TRIGGERED,
} from '../domain/market/order-book.ts';
import type { OrderBookOptions, RestingOrder } from '../domain/market/order-book.ts';

/** Type, order, other, price and quantity, as in `OrderBook.events`. */
export type EventNumbers = [type: number, order: number, other: number, price: number, quantity: number];

type Order = {
  readonly order: number;
  readonly owner: number;
  readonly side: SideCode;
  readonly price: number;
  readonly kind: number;
  readonly sortKey: number;
  quantity: number;
};
/** Where an order stands in a queue. A price-to-comply order stands in two. */
type Place = { readonly of: Order; readonly price: number };
type Stop = { readonly order: number; readonly owner: number; readonly side: SideCode } & {
  quantity: number;
  price: number;
};
/** What happens when an order meets one that rests: they trade, or both lose what self-trade prevention takes. */
type Step = { readonly maker: Order; readonly price: number } & (
  | { readonly type: 'trade'; readonly quantity: number }
  | { readonly type: 'prevented'; readonly takerLoses: number; readonly makerLoses: number }
);

export class NaiveBook {
  events: EventNumbers[] = [];
  lastTradeCents = 0;
  readonly tradedVolume = [0, 0] as [number, number];

  private readonly tick: number;
  private readonly lot: number;
  private readonly prevention: SelfTradePrevention;

  /** All orders that were ever named in a request that enters one. */
  private readonly seen = new Set<number>();
  private readonly resting = new Map<number, Order>();
  private stops: Stop[] = [];
  /** In the order of the queue, all prices together. */
  private visible: Place[] = [];
  private hidden: Place[] = [];
  /** Prices of the trades for which no stops have been looked for yet. */
  private trades: number[] = [];

  constructor(options: OrderBookOptions = {}) {
    this.tick = options.tickSizeCents ?? 1;
    this.lot = options.lotSize ?? 1;
    this.prevention = options.selfTradePrevention ?? 'off';
  }

  // ---------------------------------------------------------------------------------------------------- requests

  limit(
    order: number,
    owner: number,
    side: SideCode,
    quantity: number,
    price: number,
    kind = 0,
    sortKey = order,
  ): void {
    this.begin();
    const wanted: Order = { order, owner, side, quantity, price, kind, sortKey };
    const reason = this.faultOf(wanted) ?? this.conflictOf(wanted);
    if (reason !== null) return this.reject(order, reason);
    this.seen.add(order);
    const left = this.trade(wanted, quantity, this.worstPriceOf(wanted));
    if (left > 0 && isBrief(kind)) this.tell(CANCELLED, order, NOT_FILLED, 0, left);
    else if (left > 0) {
      this.rest({ ...wanted, quantity: left });
      this.tell(ACCEPTED, order, 0, price, left);
    }
    this.fireStops();
  }

  market(order: number, owner: number, side: SideCode, quantity: number): void {
    this.begin();
    const reason = this.seen.has(order) ? 'duplicate_id' : this.quantityFault(quantity);
    if (reason !== null) return this.reject(order, reason);
    this.seen.add(order);
    this.takeWhatThereIs({ order, owner, side }, quantity);
    this.fireStops();
  }

  stop(order: number, owner: number, side: SideCode, quantity: number, price: number): void {
    this.begin();
    const fault = this.quantityFault(quantity) ?? this.priceFault(price);
    const reason = this.seen.has(order) ? 'duplicate_id' : fault;
    if (reason !== null) return this.reject(order, reason);
    this.seen.add(order);
    this.stops.push({ order, owner, side, quantity, price });
    this.tell(ACCEPTED, order, 0, price, quantity);
    this.fireStopsAtLastTrade();
  }

  cancel(order: number, owner = -1): void {
    this.begin();
    const found = this.find(order, owner);
    if (found === null) return;
    this.remove(found);
    this.tell(CANCELLED, order, REQUESTED, 0, found.quantity);
  }

  partialCancel(order: number, quantity: number, owner = -1): void {
    this.begin();
    const found = this.find(order, owner);
    if (found === null) return;
    const reason = this.quantityFault(quantity, Infinity);
    if (reason !== null) return this.refuse(order, reason);
    if (quantity >= found.quantity) {
      this.remove(found);
      this.tell(CANCELLED, order, REQUESTED, 0, found.quantity);
    } else {
      found.quantity -= quantity;
      this.tell(PARTIAL_CANCELLED, order, 0, found.price, quantity);
    }
  }

  modify(order: number, quantity: number, price?: number, owner = -1): void {
    this.begin();
    const found = this.find(order, owner);
    if (found === null) return;
    const fault = this.quantityFault(quantity) ?? (price === undefined ? null : this.priceFault(price));
    if (fault !== null) return this.refuse(order, fault);
    if (!isResting(found)) {
      found.quantity = quantity;
      found.price = price ?? found.price;
      this.tell(MODIFIED, order, 0, found.price, quantity);
      this.fireStopsAtLastTrade();
      return;
    }
    const wanted: Order = { ...found, quantity, price: price ?? found.price };
    if (wanted.price === found.price && quantity <= found.quantity) {
      found.quantity = quantity;
      this.tell(MODIFIED, order, 0, found.price, quantity);
      return;
    }
    const reason = this.priceFault(this.worstPriceOf(wanted)) ?? this.conflictOf(wanted);
    if (reason !== null) return this.refuse(order, reason);
    this.remove(found);
    const left = this.trade(wanted, quantity, this.worstPriceOf(wanted));
    if (left > 0) this.rest({ ...wanted, quantity: left, kind: wanted.kind & ~INSERT_BY_ID });
    const isCancelled = this.events.some(([type, of]) => type === CANCELLED && of === order);
    if (!isCancelled) this.tell(MODIFIED, order, 0, wanted.price, left);
    this.fireStops();
  }

  replace(
    oldOrder: number,
    newOrder: number,
    side: SideCode,
    quantity: number,
    price: number,
    kind = 0,
    owner = -1,
    sortKey = newOrder,
  ): void {
    this.begin();
    const old = this.open(oldOrder);
    if (old === null)
      return this.reject(newOrder, this.seen.has(oldOrder) ? 'order_closed' : 'unknown_order');
    if (owner !== -1 && old.owner !== owner) return this.reject(newOrder, 'not_owner');
    const wanted: Order = { order: newOrder, owner: old.owner, side, quantity, price, kind, sortKey };
    const reason = this.faultOf(wanted) ?? this.conflictOf(wanted, old);
    if (reason !== null) return this.reject(newOrder, reason);
    this.remove(old);
    this.seen.add(newOrder);
    const left = this.trade(wanted, quantity, this.worstPriceOf(wanted));
    const rests = left > 0 && !isBrief(kind);
    if (rests) this.rest({ ...wanted, quantity: left });
    this.tell(REPLACED, oldOrder, newOrder, price, rests ? left : 0);
    if (left > 0 && !rests) this.tell(CANCELLED, newOrder, NOT_FILLED, 0, left);
    this.fireStops();
  }

  endSession(): void {
    this.begin();
    for (const side of [BUY, SELL] as const)
      for (const { of: order, price } of this.placesOf(side)) {
        // A price-to-comply order leaves when it comes to the place where it is seen.
        if ((order.kind & TIME_IN_FORCE_MASK) !== DAY || price !== order.price) continue;
        this.remove(order);
        this.tell(CANCELLED, order.order, DAY_END, 0, order.quantity);
      }
  }

  // -------------------------------------------------------------------------------------------------------- views

  /** Visible `[price, shares]`, best first. */
  levels(side: SideCode): [price: number, quantity: number][] {
    const shares = new Map<number, number>();
    for (const { of: order, price } of this.visible)
      if (order.side === side) shares.set(price, (shares.get(price) ?? 0) + order.quantity);
    return [...shares].sort(([a], [b]) => betterFirst(side, a, b));
  }

  orders(side: SideCode): RestingOrder[] {
    return this.placesOf(side).map((place) => ({
      order: place.of.order,
      owner: place.of.owner,
      priceCents: place.price,
      quantity: place.of.quantity,
      isHidden: this.hidden.includes(place),
    }));
  }

  totalVisible(side: SideCode): number {
    return this.levels(side).reduce((sum, [, quantity]) => sum + quantity, 0);
  }

  imbalance(): { value: number; side: SideCode | null } {
    const [bids, asks] = [this.totalVisible(BUY), this.totalVisible(SELL)];
    if (bids === asks) return { value: 0, side: null };
    return { value: 1 - Math.min(bids, asks) / Math.max(bids, asks), side: bids > asks ? BUY : SELL };
  }

  openQuantity(order: number): number {
    return this.open(order)?.quantity ?? 0;
  }

  /** Numbers of the orders that rest or wait. */
  openOrders(): number[] {
    return [...this.resting.keys(), ...this.stops.map(({ order }) => order)];
  }

  // ----------------------------------------------------------------------------------------------------- matching

  /** What an order would meet if it came now, up to a price. @param except an order that is thought away */
  private plan(
    taker: Pick<Order, 'owner' | 'side'>,
    quantity: number,
    limit: number,
    except: unknown = null,
  ): Step[] {
    const steps: Step[] = [];
    let left = quantity;
    for (const { of: maker, price } of this.placesWithin(taker.side, limit)) {
      if (left === 0) break;
      // The second place of an order has nothing left after the first was met.
      if (maker === except || steps.some((step) => step.maker === maker)) continue;
      const smaller = Math.min(left, maker.quantity);
      if (this.prevention === 'off' || maker.owner !== taker.owner) {
        steps.push({ type: 'trade', maker, price, quantity: smaller });
        left -= smaller;
        continue;
      }
      const [takerLoses, makerLoses] = {
        cancel_newest: [left, 0] as const,
        cancel_oldest: [0, maker.quantity] as const,
        cancel_both: [left, maker.quantity] as const,
        decrement: [smaller, smaller] as const,
      }[this.prevention];
      steps.push({ type: 'prevented', maker, price, takerLoses, makerLoses });
      left -= takerLoses;
    }
    return steps;
  }

  /** @returns what is left of the taker to rest, be cancelled or dropped */
  private trade(taker: Pick<Order, 'order' | 'owner' | 'side'>, quantity: number, limit: number): number {
    let left = quantity;
    for (const step of this.plan(taker, quantity, limit)) {
      if (step.type === 'trade') {
        this.tell(FILLED, step.maker.order, taker.order, step.price, step.quantity);
        this.lose(step.maker, step.quantity);
        left -= step.quantity;
        this.lastTradeCents = step.price;
        this.trades.push(step.price);
        this.tradedVolume[taker.side] += step.quantity;
        continue;
      }
      const { maker, takerLoses, makerLoses } = step;
      const isMakerGone = makerLoses === maker.quantity;
      this.lose(maker, makerLoses);
      left -= takerLoses;
      const tellTaker = (): void => {
        if (takerLoses === 0) return;
        if (left === 0) this.tell(CANCELLED, taker.order, SELF_TRADE, 0, takerLoses);
        else this.tell(PARTIAL_CANCELLED, taker.order, SELF_TRADE, 0, takerLoses);
      };
      // The one that loses everything because it came last is told first; who is decremented, last.
      if (this.prevention !== 'decrement') tellTaker();
      if (isMakerGone) this.tell(CANCELLED, maker.order, SELF_TRADE, 0, makerLoses);
      else if (makerLoses > 0) this.tell(PARTIAL_CANCELLED, maker.order, SELF_TRADE, maker.price, makerLoses);
      if (this.prevention === 'decrement') tellTaker();
    }
    return left;
  }

  private takeWhatThereIs(taker: Pick<Order, 'order' | 'owner' | 'side'>, quantity: number): void {
    const left = this.trade(taker, quantity, taker.side === BUY ? Infinity : -Infinity);
    if (left > 0) this.tell(CANCELLED, taker.order, NOT_FILLED, 0, left);
  }

  private fireStopsAtLastTrade(): void {
    if (this.lastTradeCents > 0) this.trades = [this.lastTradeCents];
    this.fireStops();
  }

  /** Each trade picks those that it reaches; they take their turns one after the other (M30, M31). */
  private fireStops(): void {
    const turns: { stop: Stop; trade: number }[] = [];
    for (;;) {
      for (const trade of this.trades) {
        const reached = this.stops.filter(({ side, price }) =>
          side === BUY ? trade >= price : trade <= price,
        );
        this.stops = this.stops.filter((stop) => !reached.includes(stop));
        turns.push(...reached.map((stop) => ({ stop, trade })));
      }
      this.trades = [];
      const turn = turns.shift();
      if (turn === undefined) return;
      this.tell(STOP_TRIGGERED, turn.stop.order, 0, turn.trade, turn.stop.quantity);
      this.takeWhatThereIs(turn.stop, turn.stop.quantity);
    }
  }

  // ------------------------------------------------------------------------------------------------------- queues

  /** Everything that rests on a side, in the order in which it trades. */
  private placesOf(side: SideCode): Place[] {
    // Sorting is stable: at one price visible orders stay before hidden ones, and each queue stays as it is.
    return [...this.visible, ...this.hidden]
      .filter((place) => place.of.side === side)
      .sort((a, b) => betterFirst(side, a.price, b.price));
  }

  /** The same, of the other side, as far as a taker's price allows. */
  private placesWithin(takerSide: SideCode, limit: number): Place[] {
    const within = (place: Place): boolean =>
      place.of.side !== takerSide && (takerSide === BUY ? place.price <= limit : place.price >= limit);
    return [...this.visible.filter(within), ...this.hidden.filter(within)].sort((a, b) =>
      takerSide === BUY ? a.price - b.price : b.price - a.price,
    );
  }

  private rest(order: Order): void {
    this.resting.set(order.order, order);
    const isHidden = (order.kind & HIDDEN) !== 0;
    if (isHidden) this.hidden.push({ of: order, price: order.price });
    else this.visible.splice(this.visiblePlaceFor(order), 0, { of: order, price: order.price });
    if ((order.kind & PRICE_TO_COMPLY) !== 0)
      this.hidden.push({ of: order, price: this.worstPriceOf(order) });
  }

  private visiblePlaceFor({ kind, price, sortKey }: Order): number {
    if ((kind & INSERT_BY_ID) === 0) return this.visible.length;
    const at = this.visible.findIndex((place) => place.price === price && place.of.sortKey > sortKey);
    return at === -1 ? this.visible.length : at;
  }

  private lose(order: Order, quantity: number): void {
    order.quantity -= quantity;
    if (order.quantity === 0) this.remove(order);
  }

  private remove(order: Order | Stop): void {
    this.resting.delete(order.order);
    this.stops = this.stops.filter((stop) => stop !== order);
    this.visible = this.visible.filter((place) => place.of !== order);
    this.hidden = this.hidden.filter((place) => place.of !== order);
  }

  private open(order: number): Order | Stop | null {
    return this.resting.get(order) ?? this.stops.find((stop) => stop.order === order) ?? null;
  }

  /** The order that a request is about, or null when the request was refused. */
  private find(order: number, owner: number): Order | Stop | null {
    const found = this.open(order);
    if (found !== null && (owner === -1 || found.owner === owner)) return found;
    const reason = this.seen.has(order) ? 'order_closed' : 'unknown_order';
    this.refuse(order, found === null ? reason : 'not_owner');
    return null;
  }

  // ----------------------------------------------------------------------------------------------------- validity

  private quantityFault(quantity: number, most = MAX_QUANTITY): RejectReason | null {
    const isGood = Number.isInteger(quantity) && quantity > 0 && quantity <= most;
    return isGood && quantity % this.lot === 0 ? null : 'invalid_quantity';
  }

  private priceFault(price: number): RejectReason | null {
    const isGood = Number.isInteger(price) && price > 0 && price <= MAX_PRICE_CENTS;
    return isGood && price % this.tick === 0 ? null : 'invalid_price';
  }

  /** What is wrong with a new order by itself. */
  private faultOf(wanted: Order): RejectReason | null {
    const { kind } = wanted;
    if (this.seen.has(wanted.order)) return 'duplicate_id';
    const fault = this.quantityFault(wanted.quantity) ?? this.priceFault(wanted.price);
    if (fault !== null) return fault;
    if ((kind & POST_ONLY) !== 0 && isBrief(kind)) return 'invalid_kind';
    if ((kind & HIDDEN) !== 0 && (kind & PRICE_TO_COMPLY) !== 0) return 'invalid_kind';
    if ((kind & INSERT_BY_ID) !== 0 && Number.isNaN(wanted.sortKey)) return 'invalid_id';
    return this.priceFault(this.worstPriceOf(wanted));
  }

  /** What the book has against an order: post-only would meet somebody, fill-or-kill would not be filled. */
  private conflictOf(wanted: Order, except: unknown = null): RejectReason | null {
    const isPostOnly = (wanted.kind & POST_ONLY) !== 0;
    const isFillOrKill = (wanted.kind & TIME_IN_FORCE_MASK) === FOK;
    if (!isPostOnly && !isFillOrKill) return null;
    const steps = this.plan(wanted, wanted.quantity, this.worstPriceOf(wanted), except);
    if (isPostOnly) return steps.length > 0 ? 'post_only_would_trade' : null;
    const filled = steps.reduce((sum, step) => sum + (step.type === 'trade' ? step.quantity : 0), 0);
    return filled === wanted.quantity ? null : 'fok_not_fillable';
  }

  private worstPriceOf({ side, price, kind }: Order): number {
    if ((kind & PRICE_TO_COMPLY) === 0) return price;
    return side === BUY ? price + this.tick : price - this.tick;
  }

  // ------------------------------------------------------------------------------------------------------- events

  private begin(): void {
    this.events = [];
    this.trades = [];
  }

  private tell(...event: EventNumbers): void {
    this.events.push(event);
  }

  private reject(order: number, reason: RejectReason): void {
    this.seen.add(order);
    this.tell(REJECTED, order, rejectCode(reason), 0, 0);
  }

  private refuse(order: number, reason: RejectReason): void {
    this.tell(REFUSED, order, rejectCode(reason), 0, 0);
  }
}

function isBrief(kind: number): boolean {
  return (kind & TIME_IN_FORCE_MASK) === IOC || (kind & TIME_IN_FORCE_MASK) === FOK;
}

function isResting(found: Order | Stop): found is Order {
  return 'kind' in found;
}

function betterFirst(side: SideCode, a: number, b: number): number {
  return side === BUY ? b - a : a - b;
}

const EVENT_WORDS = [
  'accepted',
  'filled',
  'cancelled',
  'partial_cancelled',
  'modified',
  'replaced',
  'triggered',
  'rejected',
  'refused',
] as const;

/** Events as sentences: "filled 1 by 3: 4 at 100", "rejected 5 (invalid_price)". */
export function describeEvents(numbers: ArrayLike<number>, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const [type, order, other, price, quantity] = Array.from(
      { length: EVENT_STRIDE },
      (_zero, field) => numbers[i * EVENT_STRIDE + field]!,
    ) as EventNumbers;
    const what = `${EVENT_WORDS[type]} ${order}`;
    switch (type) {
      case FILLED:
      case REPLACED:
        return `${what} by ${other}: ${quantity} at ${price}`;
      case CANCELLED:
        return `${what} (${CANCEL_REASONS[other]}): ${quantity}`;
      case PARTIAL_CANCELLED:
        return `${what} (${CANCEL_REASONS[other]}): ${quantity} at ${price}`;
      case REJECTED:
      case REFUSED:
        return `${what} (${REJECT_REASONS[other]})`;
      default:
        return `${what}: ${quantity} at ${price}`;
    }
  });
}
