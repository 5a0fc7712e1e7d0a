// The exchange: takes requests while the market is open, owns the book and the ledger, answers every request, and
// publishes market data to those who subscribed.
import {
  FILLED,
  ACCEPTED,
  CANCELLED,
  PARTIAL_CANCELLED,
  MODIFIED,
  REPLACED,
  REJECTED,
  REFUSED,
  STOP_TRIGGERED as TRIGGERED,
  EVENT_STRIDE,
  OrderBook,
} from './order-book.ts';
import type { OrderBookOptions } from './order-book.ts';
import { ChunkedColumn } from './chunked-column.ts';
import { BUY, RISK_LIMIT, SELL, rejectCode } from './order.ts';
import type { SideCode } from './order.ts';
import { EXCHANGE } from './kernel.ts';
import type { Kernel, Participant } from './kernel.ts';
import { MarketData, readL2 } from './market-data.ts';
import * as message from './message.ts';
import { RiskGuard } from './risk.ts';
import type { RiskLimits } from './risk.ts';
import { TradeRecord } from './trade-record.ts';

const MARKET_NOT_OPEN = rejectCode('market_not_open');
const MARKET_IS_CLOSED = rejectCode('market_closed');
const INVALID_ID = rejectCode('invalid_id');
const NANOSECONDS_PER_MILLISECOND = 1e6;
/** What the exchange wakes up for; any number above 0 is a feed's. */
const CLOSE = 0;
const UNCROSS = -1;
const BEGIN_CLOSING = -2;
const NEW_REFERENCE = -3;

export type ExchangeOptions = OrderBookOptions & {
  readonly openNs: number;
  readonly closeNs: number;
  /** Answers about orders leave so much later; answers to queries do not. */
  readonly pipelineDelayNs: number;
  /** Last trade before the first trade. */
  readonly openingPriceCents: number;
  /** In hundredths of a cent per share; a rebate is below 0. */
  readonly makerFee: number;
  readonly takerFee: number;
  /** How long orders are collected after the open and before the close; 0: not at all. */
  readonly openingAuctionNs?: number;
  readonly closingAuctionNs?: number;
  /** No trade is further from the reference than a part of it: what would be begins an auction. */
  readonly halt?: {
    readonly band: number;
    readonly haltNs: number;
    /** The reference becomes the last price after each such time, and after each auction. */
    readonly referenceNs: number;
  };
};

/** Of an order that is no limit order. */
export const NO_KIND = 255;

/** What happened at the exchange, as it happens. */
export type Tape = {
  /** After a request, and at the close: what it caused is in the events of the book. */
  onEvents(exchange: Exchange): void;
};

export class Exchange implements Participant {
  readonly book: OrderBook;
  // The ledger, by participant: what it owns in truth, which it learns later.
  readonly cashCents: Float64Array;
  readonly shares: Float64Array;
  /** Paid, in hundredths of a cent. */
  readonly fees: Float64Array;

  // Orders by number.
  readonly ownerOf = new ChunkedColumn(Int32Array);
  readonly sideOf = new ChunkedColumn(Uint8Array);
  readonly openOf = new ChunkedColumn(Int32Array);
  /** How many orders its owner had entered before it. */
  readonly nthOf = new ChunkedColumn(Int32Array);
  /** Of limit orders, as in order.ts; of others `NO_KIND`. */
  readonly kindOf = new ChunkedColumn(Uint8Array);
  private readonly entered: Int32Array;

  /** Fills, and orders that traded when they came. */
  fills = 0;
  takers = 0;
  ordersTaken = 0;
  cancels = 0;
  closingPriceCents = 0;
  /** Times that the band was hit. */
  halts = 0;

  /** When the auction ends that is on. */
  private callEndsNs = 0;
  private hasClosed = false;

  private readonly kernel: Kernel;
  private readonly options: ExchangeOptions;
  private readonly tapes: readonly Tape[];
  private readonly data: MarketData;
  private readonly closeAsked: number[] = [];
  private readonly guards: (RiskGuard | undefined)[];
  private readonly watching: RiskGuard[] = [];

  private readonly trades = new TradeRecord();

  constructor(
    kernel: Kernel,
    startingCashCents: readonly number[],
    options: ExchangeOptions,
    tapes: readonly Tape[],
  ) {
    this.kernel = kernel;
    this.options = options;
    this.tapes = tapes;
    this.book = new OrderBook(options);
    const participants = startingCashCents.length;
    this.cashCents = Float64Array.from(startingCashCents);
    this.shares = new Float64Array(participants);
    this.fees = new Float64Array(participants);
    this.entered = new Int32Array(participants);
    this.guards = new Array<RiskGuard | undefined>(participants).fill(undefined);
    kernel.register(EXCHANGE, 1, this);
    kernel.wakeAt(EXCHANGE, options.closeNs + 1, CLOSE);
    this.planAuctions();
    this.data = new MarketData(kernel, this.book, (lookBackMs) => this.volumesOf(lookBackMs));
  }

  /** Of the last trade, or the opening price. */
  private get lastTradeCents(): number {
    return this.book.lastTradeCents || this.options.openingPriceCents;
  }

  /** What shares are valued at: the mid, or the last trade without both sides. */
  private get priceCents(): number {
    const [bid, ask] = [this.book.bestVisiblePrice(BUY), this.book.bestVisiblePrice(SELL)];
    return bid > 0 && ask > 0 ? (bid + ask) / 2 : this.lastTradeCents;
  }

  get nowNs(): number {
    return this.kernel.now;
  }

  wake(_: number, what: number): void {
    if (what > 0) this.data.wake(what);
    else if (what === CLOSE) this.close();
    else if (what === BEGIN_CLOSING) this.call(this.options.closeNs);
    else if (what === NEW_REFERENCE) this.followPrice();
    else if (this.kernel.now === this.callEndsNs) this.uncross();
  }

  /** Neither auctions nor halts: nothing is planned. */
  private planAuctions(): void {
    const { kernel, options } = this;
    const { openNs, closeNs, openingAuctionNs = 0, closingAuctionNs = 0, halt } = options;
    if (openingAuctionNs > 0) {
      this.book.beginAuction();
      this.callEndsNs = openNs + openingAuctionNs;
      kernel.wakeAt(EXCHANGE, this.callEndsNs, UNCROSS);
    }
    if (closingAuctionNs > 0) kernel.wakeAt(EXCHANGE, closeNs - closingAuctionNs, BEGIN_CLOSING);
    if (halt === undefined) return;
    this.setBand();
    kernel.wakeAt(EXCHANGE, openNs + halt.referenceNs, NEW_REFERENCE);
  }

  /** Orders are collected until a time; an auction that is on goes on until then. */
  private call(endsNs: number): void {
    this.callEndsNs = endsNs;
    this.kernel.wakeAt(EXCHANGE, endsNs, UNCROSS);
    if (this.book.isCalling) return;
    this.book.beginAuction();
    this.settle();
    this.data.changed();
  }

  /** The auction ends; when it was the closing one, so does trading. */
  private uncross(): void {
    const { book, options } = this;
    const isClosing = this.kernel.now === options.closeNs && (options.closingAuctionNs ?? 0) > 0;
    book.uncross(this.lastTradeCents);
    this.hasClosed = isClosing;
    if (options.halt !== undefined) this.setBand();
    this.settle();
    this.data.changed();
  }

  private setBand(): void {
    const reference = this.lastTradeCents;
    const width = Math.floor(reference * this.options.halt!.band);
    this.book.setBand(reference - width, reference + width);
  }

  private followPrice(): void {
    const next = this.kernel.now + this.options.halt!.referenceNs;
    if (next <= this.options.closeNs) this.kernel.wakeAt(EXCHANGE, next, NEW_REFERENCE);
    if (!this.book.isCalling) this.setBand();
  }

  /** An order would have traded outside of the band: from it on orders are collected, before the close they trade. */
  private halt(): void {
    const { closeNs, halt } = this.options;
    this.halts += 1;
    this.callEndsNs = Math.min(closeNs, this.kernel.now + halt!.haltNs);
    this.kernel.wakeAt(EXCHANGE, this.callEndsNs, UNCROSS);
  }

  /** The close: DAY orders leave, and those who asked are told the closing price. */
  private close(): void {
    const { book, kernel } = this;
    this.closingPriceCents = book.lastTradeCents;
    book.endSession();
    this.settle();
    if (book.eventCount > 0) this.data.changed();
    for (const to of this.closeAsked)
      kernel.answer(to, 0, message.CLOSING_PRICE, this.closingPriceCents, 0, 0, 0, 0, 0);
  }

  receive(_: number, row: number): void {
    const { kernel, book } = this;
    const { pool } = kernel;
    const type = pool.type[row]!;
    const from = pool.from[row]!;
    const a = pool.a[row]!;
    if (type >= message.QUERY_SPREAD) {
      this.query(type, from, a, row);
      return;
    }
    const isNew =
      type === message.LIMIT_ORDER ||
      type === message.MARKET_ORDER ||
      type === message.STOP_ORDER ||
      type === message.REPLACE_ORDER;
    const side = pool.b[row]! === BUY ? BUY : SELL;
    const quantity = pool.c[row]!;
    const isLimit = type === message.LIMIT_ORDER || type === message.REPLACE_ORDER;
    const kind = isLimit ? pool.e[row]! : NO_KIND;
    const isTaken = isNew && !this.register(a, from, side, quantity, kind);
    const refusal = isTaken ? INVALID_ID : this.refusalOf(type, from, row, isNew);
    if (refusal >= 0) {
      const delay = this.options.pipelineDelayNs;
      if (isNew) kernel.answer(from, delay, message.ORDER_REJECTED, a, side, 0, 0, refusal, 0);
      else kernel.answer(from, delay, message.REQUEST_REFUSED, a, 0, 0, 0, refusal, type);
      return;
    }
    switch (type) {
      case message.LIMIT_ORDER:
        this.ordersTaken += 1;
        book.limit(a, from, side, quantity, pool.d[row]!, pool.e[row]);
        break;
      case message.MARKET_ORDER:
        this.ordersTaken += 1;
        book.market(a, from, side, quantity);
        break;
      case message.CANCEL_ORDER:
        this.cancels += 1;
        book.cancel(a, from);
        break;
      case message.STOP_ORDER:
        this.ordersTaken += 1;
        book.stop(a, from, side, quantity, pool.d[row]!);
        break;
      case message.PARTIAL_CANCEL_ORDER:
        book.partialCancel(a, quantity, from);
        break;
      case message.MODIFY_ORDER:
        book.modify(a, quantity, pool.d[row]! === 0 ? undefined : pool.d[row]!, from);
        // What it trades on its way is counted from what was asked for.
        if (book.events[0] !== REFUSED) {
          this.openOf.set(a, quantity);
          this.guards[from]?.changed(a, pool.d[row]!);
        }
        break;
      case message.REPLACE_ORDER:
        book.replace(pool.f[row]!, a, side, quantity, pool.d[row]!, pool.e[row], from);
        break;
      default:
        throw new RangeError(`no request is of type ${type}`);
    }
    this.settle(from, type);
    this.data.changed();
  }

  /** Why a request does not get to the book: market hours, and the limits of its sender. -1: it does. */
  private refusalOf(type: number, from: number, row: number, isNew: boolean): number {
    const { now, pool } = this.kernel;
    if (now > this.options.closeNs || this.hasClosed) return MARKET_IS_CLOSED;
    if (now < this.options.openNs) return MARKET_NOT_OPEN;
    const guard = this.guards[from];
    if (guard === undefined) return -1;
    const order = pool.a[row]!;
    const price = type === message.MARKET_ORDER ? 0 : pool.d[row]!;
    if (type === message.MODIFY_ORDER) return guard.admitChange(order, pool.c[row]!, price, now);
    if (!isNew) return -1;
    const instead = type === message.REPLACE_ORDER ? pool.f[row]! : -1;
    return guard.admit(order, pool.b[row]!, pool.c[row]!, price, now, instead);
  }

  /** Orders that a participant has entered, also such as were refused. */
  ordersOf(participant: number): number {
    return this.entered[participant]!;
  }

  /** Keeps a participant within limits from now on. */
  limit(participant: number, limits: RiskLimits): void {
    const cashCents = (): number => this.cashCents[participant]! - this.fees[participant]! / 100;
    const guard = new RiskGuard(limits, {
      shares: () => this.shares[participant]!,
      cashCents,
      valueCents: () => cashCents() + this.shares[participant]! * this.priceCents,
      openQuantity: (order) => this.book.openQuantity(order),
      costOfTaking: (quantity) => this.book.costOfTaking(BUY, quantity),
      feeCents: Math.max(0, this.options.makerFee, this.options.takerFee) / 100,
    });
    this.guards[participant] = guard;
    if (guard.isWatching) this.watching.push(guard);
  }

  /** An order's number belongs to who used it first. */
  private register(order: number, owner: number, side: SideCode, quantity: number, kind: number): boolean {
    if (this.ownerOf.at(order) !== 0) return false;
    this.ownerOf.set(order, owner);
    this.sideOf.set(order, side);
    this.openOf.set(order, quantity);
    this.kindOf.set(order, kind);
    this.nthOf.set(order, this.entered[owner]!++);
    return true;
  }

  /** Turns the events of the book into the ledger's entries and into answers. */
  private settle(from = EXCHANGE, request = -1): void {
    const { kernel, book, ownerOf, sideOf, openOf } = this;
    const { events } = book;
    const delay = this.options.pipelineDelayNs;
    let lastTaker = -1;
    for (let i = 0; i < book.eventCount; i++) {
      const at = i * EVENT_STRIDE;
      const order = events[at + 1]!;
      const other = events[at + 2]!;
      const price = events[at + 3]!;
      const quantity = events[at + 4]!;
      const owner = ownerOf.at(order);
      const side = sideOf.at(order);
      switch (events[at]) {
        case FILLED: {
          openOf.set(order, openOf.at(order) - quantity);
          openOf.set(other, openOf.at(other) - quantity);
          if (other !== lastTaker) this.takers += 1;
          lastTaker = other;
          this.post(order, other, price, quantity);
          kernel.answer(
            owner,
            delay,
            message.ORDER_EXECUTED,
            order,
            side,
            quantity,
            price,
            openOf.at(order),
            1,
          );
          kernel.answer(
            ownerOf.at(other),
            delay,
            message.ORDER_EXECUTED,
            other,
            sideOf.at(other),
            quantity,
            price,
            openOf.at(other),
            0,
          );
          break;
        }
        case ACCEPTED:
          kernel.answer(owner, delay, message.ORDER_ACCEPTED, order, side, quantity, price, 0, 0);
          break;
        case CANCELLED:
          openOf.set(order, 0);
          kernel.answer(owner, delay, message.ORDER_CANCELLED, order, side, quantity, 0, other, 0);
          break;
        case PARTIAL_CANCELLED:
          openOf.set(order, openOf.at(order) - quantity);
          kernel.answer(
            owner,
            delay,
            message.ORDER_PARTIAL_CANCELLED,
            order,
            side,
            quantity,
            0,
            openOf.at(order),
            other,
          );
          break;
        case MODIFIED:
          openOf.set(order, quantity);
          kernel.answer(owner, delay, message.ORDER_MODIFIED, order, side, quantity, price, 0, 0);
          break;
        case REPLACED:
          openOf.set(order, 0);
          kernel.answer(
            owner,
            delay,
            message.ORDER_REPLACED,
            other,
            sideOf.at(other),
            quantity,
            price,
            0,
            order,
          );
          break;
        case TRIGGERED:
          kernel.answer(owner, delay, message.STOP_TRIGGERED, order, side, quantity, price, 0, 0);
          break;
        case REJECTED:
          openOf.set(order, 0);
          kernel.answer(owner, delay, message.ORDER_REJECTED, order, side, 0, 0, other, 0);
          break;
        case REFUSED:
          kernel.answer(from, delay, message.REQUEST_REFUSED, order, side, 0, 0, other, request);
          break;
        default:
          throw new RangeError(`no event is of type ${events[at]}`);
      }
    }
    const { tapes } = this;
    for (let i = 0; i < tapes.length; i++) tapes[i]!.onEvents(this);
    if (this.watching.length > 0) this.watch();
    if (this.options.halt !== undefined && book.wasBandHit()) this.halt();
  }

  /** Cancels what those have open whose value has fallen too far. */
  private watch(): void {
    for (const guard of this.watching) {
      if (!guard.mark()) continue;
      for (const order of guard.openOrders()) {
        this.book.cancel(order, -1, RISK_LIMIT);
        this.settle();
      }
    }
  }

  /** One trade in the ledger, and in the record. */
  private post(maker: number, taker: number, price: number, quantity: number): void {
    const value = price * quantity;
    const isBuy = this.sideOf.at(taker) === BUY;
    const buyer = this.ownerOf.at(isBuy ? taker : maker);
    const seller = this.ownerOf.at(isBuy ? maker : taker);
    this.cashCents[buyer]! -= value;
    this.cashCents[seller]! += value;
    this.shares[buyer]! += quantity;
    this.shares[seller]! -= quantity;
    this.fees[this.ownerOf.at(maker)]! += this.options.makerFee * quantity;
    this.fees[this.ownerOf.at(taker)]! += this.options.takerFee * quantity;
    this.fills += 1;
    this.trades.add(this.kernel.now, isBuy ? BUY : SELL, price, quantity);
  }

  private query(type: number, from: number, a: number, row: number): void {
    const { kernel, book } = this;
    const { pool } = kernel;
    switch (type) {
      case message.QUERY_SPREAD:
        kernel.answer(
          from,
          0,
          message.SPREAD,
          book.bestVisiblePrice(BUY),
          message.toldQuantity(book.bestVisibleQuantity(BUY)),
          book.bestVisiblePrice(SELL),
          message.toldQuantity(book.bestVisibleQuantity(SELL)),
          this.lastTradeCents,
          0,
          a > 1 ? readL2(book, a) : null,
        );
        return;
      case message.QUERY_VOLUME: {
        const [bought, sold] = this.volumesOf(a);
        kernel.answer(
          from,
          0,
          message.VOLUME,
          message.toldQuantity(bought),
          message.toldQuantity(sold),
          0,
          0,
          0,
          0,
        );
        return;
      }
      case message.QUERY_LAST_TRADE:
        kernel.answer(from, 0, message.LAST_TRADE, this.lastTradeCents, 0, 0, 0, 0, 0);
        return;
      case message.QUERY_CLOSING_PRICE:
        if (kernel.now > this.options.closeNs)
          kernel.answer(from, 0, message.CLOSING_PRICE, this.closingPriceCents, 0, 0, 0, 0, 0);
        else this.closeAsked.push(from);
        return;
      case message.QUERY_HOURS:
        kernel.answer(
          from,
          0,
          message.HOURS,
          this.options.openNs / NANOSECONDS_PER_MILLISECOND,
          this.options.closeNs / NANOSECONDS_PER_MILLISECOND,
          0,
          0,
          0,
          0,
        );
        return;
      case message.SUBSCRIBE:
        this.data.subscribe({
          to: from,
          feed: a,
          depth: pool.b[row]!,
          lookBackMs: pool.c[row]!,
          intervalNs: pool.d[row]! * 1000,
          leastImbalance: pool.e[row]! / 1e6,
        });
        return;
      case message.UNSUBSCRIBE:
        this.data.unsubscribe(from, a);
        return;
      case message.QUERY_ORDER_STREAM:
        kernel.answer(from, 0, message.ORDER_STREAM, 0, 0, 0, 0, 0, 0, this.trades.last(a));
        return;
      default:
        throw new RangeError(`no query is of type ${type}`);
    }
  }

  /** Shares bought and sold by takers within so many milliseconds (M37). */
  private volumesOf(lookBackMs: number): [number, number] {
    return this.trades.volumesAfter(this.kernel.now - lookBackMs * NANOSECONDS_PER_MILLISECOND);
  }
}
