// Spoofers, an adversary: put large orders that are not meant to trade behind the touch on one side, and a small one that is
// meant on the other; take all of it away after a while, or when the small one has traded.
import { z } from 'zod';
import { SIDE } from '../draws.ts';
import * as message from '../message.ts';
import type { MessagePool } from '../message.ts';
import { BUY, SELL } from '../order.ts';
import { NS_PER_SECOND } from '../session-time.ts';
import { AskingTraders, signedShares } from './asking-traders.ts';
import type { Touch } from './asking-traders.ts';
import { Seconds, groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

export const SpooferConfig = z.strictObject({
  ...groupOf('spoofer'),
  /** Mean time between attempts. */
  meanIntervalSeconds: Seconds,
  /** How long the orders stay at most. */
  holdSeconds: Seconds.default(5),
  /** Shares of each order that is not meant to trade, how many there are, and ticks from the touch to the first. */
  spoofQuantity: z.int().positive().max(1_000_000).default(2000),
  spoofLevels: z.int().min(1).max(20).default(3),
  distanceTicks: z.int().min(1).max(1000).default(1),
  /** Shares of the order that is meant to trade. */
  quantity: z.int().positive().max(1_000_000).default(100),
});
export type SpooferConfig = z.infer<typeof SpooferConfig>;

const WITHDRAW = 1;

export class Spoofers extends AskingTraders {
  private readonly config: SpooferConfig;
  /** The order that is meant to trade; -1: none. */
  private readonly meant: Int32Array;
  private readonly shares: Float64Array;

  constructor(context: TraderContext, config: SpooferConfig) {
    super(context);
    const { length } = context.keys;
    this.config = config;
    this.meant = new Int32Array(length).fill(-1);
    this.shares = new Float64Array(length);
    for (let i = 0; i < length; i++) this.wakes.later(i, context.openNs, config.meanIntervalSeconds);
  }

  override wake(trader: number, what = 0): void {
    const i = trader - this.first;
    if (what === WITHDRAW) this.withdraw(i);
    else super.wake(trader);
  }

  protected sleep(i: number): void {
    this.wakes.later(i, this.kernel.now, this.config.meanIntervalSeconds);
  }

  protected decide(i: number, { bid, ask }: Touch): void {
    if (bid === 0 || ask === 0 || this.open.of(i).length > 0) return;
    const { spoofQuantity, spoofLevels, distanceTicks, quantity, holdSeconds } = this.config;
    const { kernel, tickSizeCents: tick } = this;
    const side = this.sideOf(i);
    this.meant[i] = this.enter(i, side, quantity, side === BUY ? bid : ask);
    for (let level = 0; level < spoofLevels; level++) {
      const away = (distanceTicks + level) * tick;
      this.enter(i, side ^ 1, spoofQuantity, side === BUY ? ask + away : bid - away);
    }
    kernel.wakeAt(this.first + i, kernel.now + Math.round(holdSeconds * NS_PER_SECOND), WITHDRAW);
  }

  /** It closes what it holds; without anything it is as likely to buy as to sell. */
  private sideOf(i: number): number {
    if (this.shares[i] !== 0) return this.shares[i]! > 0 ? SELL : BUY;
    return this.draws.uniform(i, SIDE, this.wakes.count(i)) < 0.5 ? BUY : SELL;
  }

  protected override told(i: number, pool: MessagePool, row: number): void {
    super.told(i, pool, row);
    if (pool.type[row] !== message.ORDER_EXECUTED) return;
    this.shares[i]! += signedShares(pool, row);
    if (pool.a[row] === this.meant[i] && pool.e[row] === 0) this.withdraw(i);
  }

  /** Once: a second time each cancel would be refused. */
  private withdraw(i: number): void {
    if (this.meant[i] === -1) return;
    this.meant[i] = -1;
    this.cancelAll(i);
  }
}
