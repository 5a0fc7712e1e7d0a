// Order splitters: each has one large intention after another, and trades it in many small orders on one side. Sizes follow a
// power law, so that signs of orders have a long memory (Lillo, Mike and Farmer, Physical Review E 71, 066122, 2005).
import { z } from 'zod';
import { power } from '../../math.ts';
import { PARENT_SIZE, SIDE } from '../draws.ts';
import * as message from '../message.ts';
import type { MessagePool } from '../message.ts';
import { BUY, SELL } from '../order.ts';
import { AskingTraders } from './asking-traders.ts';
import type { Touch } from './asking-traders.ts';
import { OrderSize, SMALL_ORDER_SIZE, drawOrderSize } from './order-size.ts';
import { Seconds, groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

export const OrderSplitterConfig = z.strictObject({
  ...groupOf('order_splitter'),
  /** Mean time between the orders of one intention. */
  meanIntervalSeconds: Seconds,
  /** Mean time between the end of one intention and the first order of the next. */
  meanRestSeconds: Seconds,
  /** Shares of an intention: P(more than q) = (leastShares ÷ q)^tailIndex, cut off at mostShares. */
  leastShares: z.int().positive().max(100_000_000),
  mostShares: z.int().positive().max(100_000_000),
  tailIndex: z.number().min(0.1).max(10).default(1.5),
  /** Of a single order; it never takes more than there is at the touch. */
  orderSize: OrderSize.default(SMALL_ORDER_SIZE),
});
export type OrderSplitterConfig = z.infer<typeof OrderSplitterConfig>;

export class OrderSplitters extends AskingTraders {
  private readonly config: OrderSplitterConfig;
  /** Shares of the intention that are still to be had. */
  private readonly left: Float64Array;
  private readonly side: Uint8Array;
  private readonly isResting: Uint8Array;

  constructor(context: TraderContext, config: OrderSplitterConfig) {
    super(context);
    const { length } = context.keys;
    this.config = config;
    this.left = new Float64Array(length);
    this.side = new Uint8Array(length);
    this.isResting = new Uint8Array(length).fill(1);
    for (let i = 0; i < length; i++) this.wakes.later(i, context.openNs, config.meanRestSeconds);
  }

  override wake(trader: number): void {
    const i = trader - this.first;
    if (this.left[i]! > 0) super.wake(trader);
    else if (this.isResting[i] === 1) {
      this.intend(i);
      super.wake(trader);
    } else {
      this.isResting[i] = 1;
      this.wakes.wokeUp(i);
      this.wakes.later(i, this.kernel.now, this.config.meanRestSeconds);
    }
  }

  protected sleep(i: number): void {
    this.wakes.later(i, this.kernel.now, this.config.meanIntervalSeconds);
  }

  private intend(i: number): void {
    const { leastShares, mostShares, tailIndex } = this.config;
    const n = this.wakes.count(i);
    const shares = leastShares * power(this.draws.uniform(i, PARENT_SIZE, n), -1 / tailIndex);
    this.left[i] = Math.min(mostShares, Math.round(shares));
    this.side[i] = this.draws.uniform(i, SIDE, n) < 0.5 ? BUY : SELL;
    this.isResting[i] = 0;
  }

  protected decide(i: number, touch: Touch): void {
    const size = drawOrderSize(this.config.orderSize, this.draws, i, this.wakes.count(i), this.lotSize);
    this.take(i, this.side[i]!, Math.max(this.lotSize, Math.min(size, this.left[i]!)), touch);
  }

  protected override told(i: number, pool: MessagePool, row: number): void {
    if (pool.type[row] === message.ORDER_EXECUTED) this.left[i]! -= pool.c[row]!;
    super.told(i, pool, row);
  }
}
