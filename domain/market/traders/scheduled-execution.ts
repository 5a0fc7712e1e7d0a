// Execution by the clock: a given amount, a part of it at each interval, as a curve of the day says. What was not to be had is
// asked for again at the next interval.
import { z } from 'zod';
import * as message from '../message.ts';
import type { MessagePool } from '../message.ts';
import { BUY, SELL, SIDES } from '../order.ts';
import { NS_PER_SECOND } from '../session-time.ts';
import { AskingTraders } from './asking-traders.ts';
import type { Touch } from './asking-traders.ts';
import { Seconds } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

/** What all executions by the clock have in their configuration. */
export const SCHEDULE = {
  side: z.enum(SIDES),
  /** Shares that each trader of the group is to trade. */
  quantity: z.int().positive().max(1_000_000_000),
  intervalSeconds: Seconds.default(60),
  startAfterOpenSeconds: z.number().min(0).max(86_400).default(1800),
  endBeforeCloseSeconds: z.number().min(0).max(86_400).default(1800),
};

export type Schedule = {
  readonly side: (typeof SIDES)[number];
  readonly quantity: number;
  readonly intervalSeconds: number;
  readonly startAfterOpenSeconds: number;
  readonly endBeforeCloseSeconds: number;
};

export class ScheduledExecutions extends AskingTraders {
  private readonly schedule: Schedule;
  private readonly share: (time: number) => number;
  private readonly startNs: number;
  private readonly endNs: number;
  private readonly intervalNs: number;
  private readonly done: Float64Array;

  /** @param share of the whole that should be done at a share of the time, from 0 at 0 to 1 at 1 */
  constructor(context: TraderContext, schedule: Schedule, share: (time: number) => number) {
    super(context);
    const { openNs, closeNs, keys } = context;
    this.schedule = schedule;
    this.share = share;
    this.startNs = Math.round(openNs + schedule.startAfterOpenSeconds * NS_PER_SECOND);
    this.endNs = Math.round(closeNs - schedule.endBeforeCloseSeconds * NS_PER_SECOND);
    this.intervalNs = Math.round(schedule.intervalSeconds * NS_PER_SECOND);
    this.done = new Float64Array(keys.length);
    for (let i = 0; i < keys.length; i++) if (this.startNs < this.endNs) this.wakes.at(i, this.startNs);
  }

  protected sleep(i: number): void {
    const next = this.kernel.now + this.intervalNs;
    if (next < this.endNs && this.done[i]! < this.schedule.quantity) this.wakes.at(i, next);
  }

  protected decide(i: number, touch: Touch): void {
    const { side, quantity } = this.schedule;
    // As much as should be done when it wakes up again.
    const until = Math.min(this.endNs, this.kernel.now + this.intervalNs);
    const due = quantity * this.share((until - this.startNs) / (this.endNs - this.startNs));
    const shares = Math.min(quantity, Math.round(due)) - this.done[i]!;
    if (shares > 0) this.take(i, side === 'buy' ? BUY : SELL, shares, touch);
  }

  protected override told(i: number, pool: MessagePool, row: number): void {
    if (pool.type[row] === message.ORDER_EXECUTED) this.done[i]! += pool.c[row]!;
    super.told(i, pool, row);
  }
}
