// What the exchange lets one participant do: limits on orders, on the position, and on what can be bought. An order is
// judged as if all that the participant has open on its side were filled before it.
import { z } from 'zod';
import { MAX_QUANTITY, BUY, rejectCode } from './order.ts';
import { NS_PER_MINUTE } from './session-time.ts';

const Shares = z.int().min(0).max(MAX_QUANTITY);

export const RiskLimits = z.strictObject({
  maxOrderQuantity: Shares.optional(),
  maxOpenOrders: z.int().min(1).max(100_000).optional(),
  maxOrdersPerMinute: z.int().min(1).max(1_000_000).optional(),
  /** Shares held at most. */
  maxPosition: Shares.optional(),
  /** Shares sold short at most; 0: none. */
  maxShort: Shares.optional(),
  /** Bought is with cash and so much more; left out: without limit. */
  creditCents: z.number().min(0).optional(),
  /** Once the account's value has fallen so far from its highest, its orders are cancelled, and only those that close what is held are taken. */
  maxDrawdownCents: z.number().min(0).optional(),
});
export type RiskLimits = z.infer<typeof RiskLimits>;

/** What the exchange knows of a participant and of its orders. */
export type Account = {
  readonly shares: () => number;
  /** After fees. */
  readonly cashCents: () => number;
  /** Cash and shares at the market's price. */
  readonly valueCents: () => number;
  readonly openQuantity: (order: number) => number;
  /** What so many shares would cost now, taken from the book. */
  readonly costOfTaking: (quantity: number) => number;
  /** The most that is paid in fees for a share, in cents. */
  readonly feeCents: number;
};

const ORDER_SIZE = rejectCode('order_size_limit');
const OPEN_ORDERS = rejectCode('open_order_limit');
const ORDER_RATE = rejectCode('order_rate_limit');
const POSITION = rejectCode('position_limit');
const SHORT = rejectCode('short_limit');
const BUYING_POWER = rejectCode('buying_power');
const DRAWDOWN = rejectCode('drawdown_limit');

/** Keeps the limits of one participant. */
export class RiskGuard {
  private readonly limits: RiskLimits;
  private readonly account: Account;
  private readonly open = new Map<number, { side: number; priceCents: number }>();
  /** When the last orders were taken, oldest first. */
  private taken: number[] = [];
  private peakCents: number;
  private hasFallen = false;

  constructor(limits: RiskLimits, account: Account) {
    this.limits = limits;
    this.account = account;
    this.peakCents = account.valueCents();
  }

  /** Whether `mark` has anything to watch. */
  get isWatching(): boolean {
    return this.limits.maxDrawdownCents !== undefined;
  }

  /**
   * The market has moved. A fall counts from the highest value so far, and for the rest of the day.
   * @returns whether it has fallen too far just now
   */
  mark(): boolean {
    const { maxDrawdownCents } = this.limits;
    if (maxDrawdownCents === undefined || this.hasFallen) return false;
    const value = this.account.valueCents();
    this.peakCents = Math.max(this.peakCents, value);
    this.hasFallen = this.peakCents - value > maxDrawdownCents;
    return this.hasFallen;
  }

  /**
   * @param priceCents 0 for a market order
   * @param instead an order that it takes the place of; -1: none
   * @returns the code of the limit that forbids an order; -1 when it may go on, and is then counted
   */
  admit(
    order: number,
    side: number,
    quantity: number,
    priceCents: number,
    nowNs: number,
    instead = -1,
  ): number {
    const { maxOrderQuantity, maxOpenOrders } = this.limits;
    if (maxOrderQuantity !== undefined && quantity > maxOrderQuantity) return ORDER_SIZE;
    this.forgetClosed();
    const others = this.open.size - (this.open.has(instead) ? 1 : 0);
    if (maxOpenOrders !== undefined && others >= maxOpenOrders) return OPEN_ORDERS;
    if (this.isTooOften(nowNs)) return ORDER_RATE;
    const refusal = this.exposureRefusal(side, quantity, priceCents, instead);
    if (refusal >= 0) return refusal;
    this.count(nowNs);
    this.open.set(order, { side, priceCents });
    return -1;
  }

  /**
   * The same for an order that is changed: it is judged as a new one in its own place, and counts as one more in its minute.
   * Less of it at the same price is always admitted.
   */
  admitChange(order: number, quantity: number, priceCents: number, nowNs: number): number {
    const known = this.open.get(order);
    if (known === undefined) return -1;
    const { maxOrderQuantity } = this.limits;
    if (maxOrderQuantity !== undefined && quantity > maxOrderQuantity) return ORDER_SIZE;
    const price = priceCents === 0 ? known.priceCents : priceCents;
    if (price === known.priceCents && quantity <= this.account.openQuantity(order)) return -1;
    if (this.isTooOften(nowNs)) return ORDER_RATE;
    const refusal = this.exposureRefusal(known.side, quantity, price, order);
    if (refusal < 0) this.count(nowNs);
    return refusal;
  }

  /** The book has taken a change; one that it refused leaves the order as it was. */
  changed(order: number, priceCents: number): void {
    const known = this.open.get(order);
    if (known !== undefined && priceCents !== 0) known.priceCents = priceCents;
  }

  /** Orders that are open now, the oldest first. */
  openOrders(): number[] {
    this.forgetClosed();
    return [...this.open.keys()];
  }

  private count(nowNs: number): void {
    if (this.limits.maxOrdersPerMinute !== undefined) this.taken.push(nowNs);
  }

  private isTooOften(nowNs: number): boolean {
    const { maxOrdersPerMinute } = this.limits;
    if (maxOrdersPerMinute === undefined) return false;
    this.taken = this.taken.filter((time) => time > nowNs - NS_PER_MINUTE);
    return this.taken.length >= maxOrdersPerMinute;
  }

  private exposureRefusal(side: number, quantity: number, priceCents: number, ignored: number): number {
    const { maxPosition, maxShort, creditCents } = this.limits;
    const { account } = this;
    let shares = 0;
    let cost = 0;
    for (const [order, { side: of, priceCents: at }] of this.open) {
      if (of !== side || order === ignored) continue;
      const open = account.openQuantity(order);
      shares += open;
      cost += open * (at + account.feeCents);
    }
    if (this.hasFallen) {
      const closable = side === BUY ? -account.shares() : account.shares();
      if (shares + quantity > closable) return DRAWDOWN;
    }
    if (side !== BUY)
      return maxShort !== undefined && account.shares() - shares - quantity < -maxShort ? SHORT : -1;
    if (maxPosition !== undefined && account.shares() + shares + quantity > maxPosition) return POSITION;
    if (creditCents === undefined) return -1;
    const price = priceCents === 0 ? account.costOfTaking(quantity) : quantity * priceCents;
    const value = price + quantity * account.feeCents;
    return account.cashCents() - cost - value < -creditCents ? BUYING_POWER : -1;
  }

  private forgetClosed(): void {
    for (const order of this.open.keys()) if (this.account.openQuantity(order) === 0) this.open.delete(order);
  }
}
