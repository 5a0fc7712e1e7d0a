import * as message from '../message.ts';
import type { MessagePool } from '../message.ts';

/** The orders that traders of one kind know to be open: entered, and not yet told to be filled, cancelled or rejected. */
export class OpenOrders {
  private readonly orders: number[][];

  constructor(traders: number) {
    this.orders = Array.from({ length: traders }, () => []);
  }

  of(trader: number): readonly number[] {
    return this.orders[trader]!;
  }

  entered(trader: number, order: number): void {
    this.orders[trader]!.push(order);
  }

  /** Takes in what the exchange says of an order. */
  told(trader: number, pool: MessagePool, row: number): void {
    const type = pool.type[row]!;
    const isOver =
      type === message.ORDER_CANCELLED ||
      type === message.ORDER_REJECTED ||
      (type === message.ORDER_EXECUTED && pool.e[row] === 0);
    // A request about an order that is over was too late; there is nothing left to ask for.
    if (isOver || (type === message.REQUEST_REFUSED && pool.f[row] === message.CANCEL_ORDER))
      this.forget(trader, pool.a[row]!);
  }

  private forget(trader: number, order: number): void {
    const open = this.orders[trader]!;
    const at = open.indexOf(order);
    if (at < 0) return;
    // As splice would, which makes an array of what it takes out.
    for (let i = at + 1; i < open.length; i++) open[i - 1] = open[i]!;
    open.pop();
  }
}
