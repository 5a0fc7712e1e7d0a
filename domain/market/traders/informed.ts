// Informed traders: know what the price should be better than others, and take what is cheaper or dearer than that.
import { z } from 'zod';
import { OBSERVATION } from '../draws.ts';
import { BUY, SELL } from '../order.ts';
import { AskingTraders } from './asking-traders.ts';
import type { Touch } from './asking-traders.ts';
import { OrderSize, SMALL_ORDER_SIZE, drawOrderSize } from './order-size.ts';
import { Seconds, groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

export const InformedConfig = z.strictObject({
  ...groupOf('informed'),
  /** Mean time between wake-ups. */
  meanIntervalSeconds: Seconds,
  /** Standard deviation of what it sees around the fundamental, in basis points of it; drawn anew at each look. */
  observationBps: z.number().min(0).max(10_000),
  /** It trades only when what it sees is better than the touch by more than this, in basis points. */
  leastGainBps: z.number().min(0).max(10_000).default(0),
  orderSize: OrderSize.default(SMALL_ORDER_SIZE),
});
export type InformedConfig = z.infer<typeof InformedConfig>;

export class InformedTraders extends AskingTraders {
  private readonly config: InformedConfig;

  constructor(context: TraderContext, config: InformedConfig) {
    super(context);
    this.config = config;
    for (let i = 0; i < context.keys.length; i++)
      this.wakes.later(i, context.openNs, config.meanIntervalSeconds);
  }

  protected sleep(i: number): void {
    this.wakes.later(i, this.kernel.now, this.config.meanIntervalSeconds);
  }

  protected decide(i: number, touch: Touch): void {
    const { observationBps, leastGainBps, orderSize } = this.config;
    const n = this.wakes.count(i);
    const value = this.fundamental.at(this.kernel.now);
    const seen = value * (1 + observationBps * 1e-4 * this.draws.normal(i, OBSERVATION, n));
    const least = value * leastGainBps * 1e-4;
    const isCheap = touch.ask > 0 && seen - touch.ask > least;
    const isDear = touch.bid > 0 && touch.bid - seen > least;
    if (!isCheap && !isDear) return;
    this.take(i, isCheap ? BUY : SELL, drawOrderSize(orderSize, this.draws, i, n, this.lotSize), touch);
  }
}
