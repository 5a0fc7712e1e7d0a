// Zero intelligence: limit orders, market orders and cancels at constant rates, for no reason (Daniels, Farmer, Gillemot, Iori
// and Smith, Physical Review Letters 90, 108102, 2003). What a market of them has, it has from its rules alone.
import { z } from 'zod';
import { ACTION, CHOICE, OFFSET, SIDE } from '../draws.ts';
import * as message from '../message.ts';
import { BUY, MAX_PRICE_CENTS, SELL } from '../order.ts';
import { AskingTraders } from './asking-traders.ts';
import type { Touch } from './asking-traders.ts';
import { OrderSize, SMALL_ORDER_SIZE, drawOrderSize } from './order-size.ts';
import { groupOf, toTick } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

const PerMinute = z.number().min(0).max(60_000);

export const ZeroIntelligenceConfig = z.strictObject({
  ...groupOf('zero_intelligence'),
  /** Of each trader; a cancel takes away one of its orders, if it has any. One of the rates must be above 0. */
  limitsPerMinute: PerMinute,
  marketsPerMinute: PerMinute,
  cancelsPerMinute: PerMinute,
  /** Prices of limit orders lie evenly between the far touch and so many cents away from it. */
  reachCents: z.int().min(1).max(MAX_PRICE_CENTS),
  orderSize: OrderSize.default(SMALL_ORDER_SIZE),
});
export type ZeroIntelligenceConfig = z.infer<typeof ZeroIntelligenceConfig>;

/** Of all that one of them does together; Infinity when it does nothing. */
export function zeroIntelligenceInterval(config: ZeroIntelligenceConfig): number {
  return 60 / (config.limitsPerMinute + config.marketsPerMinute + config.cancelsPerMinute);
}

export class ZeroIntelligenceTraders extends AskingTraders {
  private readonly config: ZeroIntelligenceConfig;
  private readonly meanSeconds: number;

  constructor(context: TraderContext, config: ZeroIntelligenceConfig) {
    super(context);
    this.config = config;
    this.meanSeconds = zeroIntelligenceInterval(config);
    for (let i = 0; i < context.keys.length; i++) this.wakes.later(i, context.openNs, this.meanSeconds);
  }

  override wake(trader: number): void {
    const i = trader - this.first;
    this.wakes.wokeUp(i);
    this.sleep(i);
    const { limitsPerMinute, marketsPerMinute, cancelsPerMinute } = this.config;
    const n = this.wakes.count(i);
    const action = this.draws.uniform(i, ACTION, n) * (limitsPerMinute + marketsPerMinute + cancelsPerMinute);
    if (action < limitsPerMinute) this.ask(i);
    else if (action < limitsPerMinute + marketsPerMinute) this.trade(i, n);
    else this.cancelOne(i, n);
  }

  protected sleep(i: number): void {
    this.wakes.later(i, this.kernel.now, this.meanSeconds);
  }

  private trade(i: number, n: number): void {
    const { kernel } = this;
    const quantity = drawOrderSize(this.config.orderSize, this.draws, i, n, this.lotSize);
    if (quantity > 0)
      kernel.request(this.first + i, message.MARKET_ORDER, kernel.newOrder(), this.sideOf(i, n), quantity);
  }

  private cancelOne(i: number, n: number): void {
    const open = this.open.of(i);
    if (open.length > 0) this.cancel(i, open[Math.floor(this.draws.uniform(i, CHOICE, n) * open.length)]!);
  }

  protected decide(i: number, { bid, ask, lastTrade }: Touch): void {
    const n = this.wakes.count(i);
    const side = this.sideOf(i, n);
    const offset = 1 + Math.floor(this.draws.uniform(i, OFFSET, n) * this.config.reachCents);
    // Without an other side it is as if that were at the last trade.
    const price = side === BUY ? (ask || lastTrade + 1) - offset : (bid || lastTrade - 1) + offset;
    const quantity = drawOrderSize(this.config.orderSize, this.draws, i, n, this.lotSize);
    this.enter(i, side, quantity, toTick(price, side, this.tickSizeCents));
  }

  private sideOf(i: number, n: number): number {
    return this.draws.uniform(i, SIDE, n) < 0.5 ? BUY : SELL;
  }
}
