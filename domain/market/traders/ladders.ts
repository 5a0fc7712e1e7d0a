import type { Kernel } from '../kernel.ts';
import * as message from '../message.ts';
import type { MessagePool } from '../message.ts';
import { BUY, MAX_PRICE_CENTS, SELL } from '../order.ts';

/**
 * Orders at neighbouring prices on both sides, for each trader of a group. Moving a ladder leaves the orders alone whose prices
 * are still in it: they keep their place in the queue, and few messages are sent.
 */
export class Ladders {
  private readonly kernel: Kernel;
  private readonly first: number;
  // By side and trader. A cancelled order is forgotten at once: what becomes of it is told, and changes nothing here.
  private readonly orders: readonly [number[][], number[][]];
  private readonly prices: readonly [number[][], number[][]];

  constructor(kernel: Kernel, first: number, count: number) {
    const lists = (): number[][] => Array.from({ length: count }, () => []);
    this.kernel = kernel;
    this.first = first;
    this.orders = [lists(), lists()];
    this.prices = [lists(), lists()];
  }

  /**
   * Makes a side of the ladder be there: takes away what is not in it and enters what is missing.
   * @param best price of the level that is nearest to the other side
   * @param step cents between levels
   * @param quantity of each level that is entered now; those that are there stay as they are
   */
  put(i: number, side: number, best: number, levels: number, step: number, quantity: number): void {
    const orders = this.orders[side]![i]!;
    const prices = this.prices[side]![i]!;
    const away = side === BUY ? -step : step;
    for (let at = orders.length - 1; at >= 0; at--) {
      const level = (prices[at]! - best) / away;
      if (level >= 0 && level < levels && Number.isInteger(level)) continue;
      this.kernel.request(this.first + i, message.CANCEL_ORDER, orders[at]!);
      this.forget(side, i, at);
    }
    if (quantity <= 0) return;
    for (let level = 0; level < levels; level++) {
      const price = best + level * away;
      if (price <= 0 || price > MAX_PRICE_CENTS || prices.includes(price)) continue;
      const order = this.kernel.newOrder();
      orders.push(order);
      prices.push(price);
      this.kernel.request(this.first + i, message.LIMIT_ORDER, order, side, quantity, price);
    }
  }

  /** Takes all of a trader's orders away. */
  clear(i: number): void {
    for (const side of [BUY, SELL] as const) this.put(i, side, 0, 0, 1, 0);
  }

  /** Takes in what the exchange says of an order. */
  told(i: number, pool: MessagePool, row: number): void {
    const type = pool.type[row];
    const isOver =
      type === message.ORDER_CANCELLED ||
      type === message.ORDER_REJECTED ||
      (type === message.ORDER_EXECUTED && pool.e[row] === 0);
    if (!isOver) return;
    const side = pool.b[row]!;
    const at = this.orders[side]![i]!.indexOf(pool.a[row]!);
    if (at >= 0) this.forget(side, i, at);
  }

  private forget(side: number, i: number, at: number): void {
    for (const list of [this.orders[side]![i]!, this.prices[side]![i]!]) {
      list[at] = list.at(-1)!;
      list.pop();
    }
  }
}
