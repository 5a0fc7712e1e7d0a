import { Draws } from '../draws.ts';
import type { Fundamental } from '../fundamental.ts';
import type { Kernel, Participant } from '../kernel.ts';
import * as message from '../message.ts';
import type { MessagePool } from '../message.ts';
import { BUY, GTC, IOC, MAX_PRICE_CENTS } from '../order.ts';
import { OpenOrders } from './open-orders.ts';
import type { TraderContext } from './trader-group.ts';
import { WakeUps } from './wake-ups.ts';

/** The best visible bid and ask as a trader was told them; 0 for what is not there. */
export type Touch = {
  bid: number;
  bidQuantity: number;
  ask: number;
  askQuantity: number;
  /** Price of the last trade; before the first one the opening price. */
  lastTrade: number;
};

/** Traders that wake up at random times, ask for the best bid and ask, and decide what to do when they have the answer. */
export abstract class AskingTraders implements Participant {
  protected readonly kernel: Kernel;
  protected readonly fundamental: Fundamental;
  protected readonly first: number;
  protected readonly openNs: number;
  protected readonly closeNs: number;
  protected readonly tickSizeCents: number;
  protected readonly lotSize: number;
  protected readonly draws: Draws;
  protected readonly wakes: WakeUps;
  protected readonly open: OpenOrders;
  private readonly isAsking: Uint8Array;
  /** One for all answers: it is read before the next one comes. */
  private readonly touch: Touch = { bid: 0, bidQuantity: 0, ask: 0, askQuantity: 0, lastTrade: 0 };

  constructor(context: TraderContext) {
    const { kernel, first, keys, openNs, closeNs, fundamental } = context;
    this.kernel = kernel;
    this.fundamental = fundamental;
    this.first = first;
    this.openNs = openNs;
    this.closeNs = closeNs;
    this.tickSizeCents = context.tickSizeCents;
    this.lotSize = context.lotSize;
    this.draws = new Draws(keys);
    this.wakes = new WakeUps(context, this.draws);
    this.open = new OpenOrders(keys.length);
    this.isAsking = new Uint8Array(keys.length);
  }

  /** What it does when it knows the touch. @param i place in the group */
  protected abstract decide(i: number, touch: Touch): void;

  /** Says when it will wake up again; called at each wake-up, after it was counted. */
  protected abstract sleep(i: number): void;

  /** An answer that is no quote. */
  protected told(i: number, pool: MessagePool, row: number): void {
    this.open.told(i, pool, row);
  }

  wake(trader: number): void {
    const i = trader - this.first;
    this.wakes.wokeUp(i);
    this.sleep(i);
    this.ask(i);
  }

  protected ask(i: number): void {
    this.isAsking[i] = 1;
    this.kernel.request(this.first + i, message.QUERY_SPREAD, 1);
  }

  receive(trader: number, row: number): void {
    const i = trader - this.first;
    const { kernel, touch } = this;
    const { pool } = kernel;
    if (pool.type[row] !== message.SPREAD) {
      this.told(i, pool, row);
      return;
    }
    if (this.isAsking[i] === 0 || kernel.now > this.closeNs) return;
    this.isAsking[i] = 0;
    touch.bid = pool.a[row]!;
    touch.bidQuantity = pool.b[row]!;
    touch.ask = pool.c[row]!;
    touch.askQuantity = pool.d[row]!;
    touch.lastTrade = pool.e[row]!;
    this.decide(i, touch);
  }

  /** A limit order that is kept in mind until it is over. @returns its number; -1 when it cannot be sent */
  protected enter(i: number, side: number, quantity: number, priceCents: number, kind = GTC): number {
    const shares = quantity - (quantity % this.lotSize);
    if (shares <= 0 || priceCents <= 0 || priceCents > MAX_PRICE_CENTS) return -1;
    const { kernel } = this;
    const order = kernel.newOrder();
    this.open.entered(i, order);
    kernel.request(this.first + i, message.LIMIT_ORDER, order, side, shares, priceCents, kind);
    return order;
  }

  /** Takes what is at the touch, no more than there was and no worse. @returns the shares that were asked for */
  protected take(i: number, side: number, quantity: number, touch: Touch): number {
    const there = side === BUY ? touch.askQuantity : touch.bidQuantity;
    const shares = Math.min(quantity, there);
    const price = side === BUY ? touch.ask : touch.bid;
    if (price === 0 || this.enter(i, side, shares, price, IOC) < 0) return 0;
    return shares - (shares % this.lotSize);
  }

  protected cancel(i: number, order: number): void {
    this.kernel.request(this.first + i, message.CANCEL_ORDER, order);
  }

  protected cancelAll(i: number): void {
    for (const order of this.open.of(i)) this.cancel(i, order);
  }
}

/** Shares that an executed order adds to a position: below 0 when they were sold. */
export function signedShares(pool: MessagePool, row: number): number {
  return pool.b[row] === BUY ? pool.c[row]! : -pool.c[row]!;
}
