// Mean reversion: buys when the mid is far below its own recent mean, sells when it is far above, and closes when it is back.
import { z } from 'zod';
import * as message from '../message.ts';
import type { MessagePool } from '../message.ts';
import { BUY, MAX_QUANTITY, SELL } from '../order.ts';
import { AskingTraders, signedShares } from './asking-traders.ts';
import type { Touch } from './asking-traders.ts';
import { Seconds, groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

export const MeanReversionConfig = z.strictObject({
  ...groupOf('mean_reversion'),
  meanIntervalSeconds: Seconds,
  /** Mids, one from each wake-up, over which mean and standard deviation are taken. */
  window: z.int().min(2).max(10_000).default(20),
  /** Standard deviations from the mean at which it enters, and within which it leaves. */
  enterDeviations: z.number().positive().max(100).default(2),
  leaveDeviations: z.number().min(0).max(100).default(0.5),
  /** Shares of a position. */
  quantity: z.int().positive().max(MAX_QUANTITY).default(100),
});
export type MeanReversionConfig = z.infer<typeof MeanReversionConfig>;

export class MeanReversionTraders extends AskingTraders {
  private readonly config: MeanReversionConfig;
  /** For each trader the last sums of bid and ask, in a ring. */
  private readonly sums: Float64Array;
  private readonly seen: Int32Array;
  private readonly shares: Float64Array;

  constructor(context: TraderContext, config: MeanReversionConfig) {
    super(context);
    const count = context.keys.length;
    this.config = config;
    this.sums = new Float64Array(count * config.window);
    this.seen = new Int32Array(count);
    this.shares = new Float64Array(count);
    for (let i = 0; i < count; i++) this.wakes.later(i, context.openNs, config.meanIntervalSeconds);
  }

  protected sleep(i: number): void {
    this.wakes.later(i, this.kernel.now, this.config.meanIntervalSeconds);
  }

  protected decide(i: number, touch: Touch): void {
    const { enterDeviations, leaveDeviations, quantity } = this.config;
    const { bid, ask } = touch;
    if (bid === 0 || ask === 0) return;
    const off = this.deviationsOff(i, bid + ask);
    if (off === null) return;
    const shares = this.shares[i]!;
    // A position of either side is closed first; the other side is entered at a later wake-up.
    if (shares !== 0 && (Math.abs(off) <= leaveDeviations || off > 0 === shares > 0))
      this.take(i, shares > 0 ? SELL : BUY, Math.abs(shares), touch);
    else if (shares === 0 && Math.abs(off) >= enterDeviations)
      this.take(i, off > 0 ? SELL : BUY, quantity, touch);
  }

  /** How far the newest sum is from the mean of the window, in standard deviations; null before it is full. */
  private deviationsOff(i: number, newest: number): number | null {
    const { window } = this.config;
    const base = i * window;
    this.sums[base + (this.seen[i]! % window)] = newest;
    this.seen[i]! += 1;
    if (this.seen[i]! < window) return null;
    let [sum, squares] = [0, 0];
    for (let n = 0; n < window; n++) {
      const value = this.sums[base + n]! - newest;
      sum += value;
      squares += value * value;
    }
    const mean = sum / window;
    const variance = squares / window - mean * mean;
    return variance <= 0 ? null : -mean / Math.sqrt(variance);
  }

  protected override told(i: number, pool: MessagePool, row: number): void {
    if (pool.type[row] === message.ORDER_EXECUTED) this.shares[i]! += signedShares(pool, row);
    super.told(i, pool, row);
  }
}
