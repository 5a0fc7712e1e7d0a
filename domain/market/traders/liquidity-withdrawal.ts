// Liquidity that goes away when it is needed, an adversary: shows large orders near the touch while the market is calm, and takes
// them away for a while as soon as the price moves.
import { z } from 'zod';
import { BUY, SELL } from '../order.ts';
import type { MessagePool } from '../message.ts';
import { NS_PER_SECOND } from '../session-time.ts';
import { AskingTraders } from './asking-traders.ts';
import type { Touch } from './asking-traders.ts';
import { Ladders } from './ladders.ts';
import { Seconds, groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

export const LiquidityWithdrawalConfig = z.strictObject({
  ...groupOf('liquidity_withdrawal'),
  meanIntervalSeconds: Seconds,
  /** Shares at each level, how many levels there are, and ticks from the touch to the first. */
  quantity: z.int().positive().max(1_000_000),
  levels: z.int().min(1).max(100).default(3),
  distanceTicks: z.int().min(0).max(1000).default(1),
  /** A move of the mid between two looks by more than this makes it go, … */
  alarmBps: z.number().min(0).max(10_000).default(3),
  /** … for so long. */
  restSeconds: Seconds.default(60),
});
export type LiquidityWithdrawalConfig = z.infer<typeof LiquidityWithdrawalConfig>;

export class LiquidityWithdrawers extends AskingTraders {
  private readonly config: LiquidityWithdrawalConfig;
  private readonly ladders: Ladders;
  private readonly mid: Float64Array;
  private readonly backAt: Float64Array;

  constructor(context: TraderContext, config: LiquidityWithdrawalConfig) {
    super(context);
    const { length } = context.keys;
    this.config = config;
    this.ladders = new Ladders(context.kernel, context.first, length);
    this.mid = new Float64Array(length);
    this.backAt = new Float64Array(length);
    for (let i = 0; i < length; i++) this.wakes.later(i, context.openNs, config.meanIntervalSeconds);
  }

  protected sleep(i: number): void {
    this.wakes.later(i, this.kernel.now, this.config.meanIntervalSeconds);
  }

  protected override told(i: number, pool: MessagePool, row: number): void {
    this.ladders.told(i, pool, row);
  }

  protected decide(i: number, { bid, ask }: Touch): void {
    const { quantity, levels, distanceTicks, alarmBps, restSeconds } = this.config;
    const { kernel, tickSizeCents: tick, lotSize } = this;
    const mid = bid > 0 && ask > 0 ? (bid + ask) / 2 : 0;
    const before = this.mid[i]!;
    this.mid[i] = mid;
    const isAlarmed = mid === 0 || (before > 0 && Math.abs(mid - before) > before * alarmBps * 1e-4);
    if (isAlarmed) this.backAt[i] = kernel.now + restSeconds * NS_PER_SECOND;
    if (kernel.now < this.backAt[i]!) {
      this.ladders.clear(i);
      return;
    }
    const shares = Math.ceil(quantity / lotSize) * lotSize;
    this.ladders.put(i, BUY, bid - distanceTicks * tick, levels, tick, shares);
    this.ladders.put(i, SELL, ask + distanceTicks * tick, levels, tick, shares);
  }
}
