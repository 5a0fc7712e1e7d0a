// Order-book imbalance traders: buy when far more is bid than asked at the touch, sell when it is the other way round, and
// never hold more than so many shares.
import { z } from 'zod';
import * as message from '../message.ts';
import type { MessagePool } from '../message.ts';
import { BUY, MAX_QUANTITY, SELL } from '../order.ts';
import { AskingTraders, signedShares } from './asking-traders.ts';
import type { Touch } from './asking-traders.ts';
import { OrderSize, SMALL_ORDER_SIZE, drawOrderSize } from './order-size.ts';
import { Seconds, groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

export const ImbalanceConfig = z.strictObject({
  ...groupOf('imbalance'),
  meanIntervalSeconds: Seconds,
  /** (bid − ask) ÷ (bid + ask) quantities at the touch above which it buys; below the same under 0 it sells. */
  leastImbalance: z.number().gt(0).lt(1).default(0.6),
  /** Shares held, or sold short, at most. */
  mostShares: z.int().positive().max(MAX_QUANTITY).default(500),
  orderSize: OrderSize.default(SMALL_ORDER_SIZE),
});
export type ImbalanceConfig = z.infer<typeof ImbalanceConfig>;

export class ImbalanceTraders extends AskingTraders {
  private readonly config: ImbalanceConfig;
  private readonly shares: Float64Array;

  constructor(context: TraderContext, config: ImbalanceConfig) {
    super(context);
    this.config = config;
    this.shares = new Float64Array(context.keys.length);
    for (let i = 0; i < context.keys.length; i++)
      this.wakes.later(i, context.openNs, config.meanIntervalSeconds);
  }

  protected sleep(i: number): void {
    this.wakes.later(i, this.kernel.now, this.config.meanIntervalSeconds);
  }

  protected decide(i: number, touch: Touch): void {
    const { leastImbalance, mostShares, orderSize } = this.config;
    const { bid, bidQuantity, ask, askQuantity } = touch;
    if (bid === 0 || ask === 0) return;
    const imbalance = (bidQuantity - askQuantity) / (bidQuantity + askQuantity);
    if (Math.abs(imbalance) <= leastImbalance) return;
    const room = imbalance > 0 ? mostShares - this.shares[i]! : mostShares + this.shares[i]!;
    const size = drawOrderSize(orderSize, this.draws, i, this.wakes.count(i), this.lotSize);
    this.take(i, imbalance > 0 ? BUY : SELL, Math.min(room, size), touch);
  }

  protected override told(i: number, pool: MessagePool, row: number): void {
    if (pool.type[row] === message.ORDER_EXECUTED) this.shares[i]! += signedShares(pool, row);
    super.told(i, pool, row);
  }
}
