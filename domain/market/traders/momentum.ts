// Momentum traders: buy while the mean of the last 20 mids is at least that of the last 50, else sell.
import { z } from 'zod';
import { Draws } from '../draws.ts';
import type { Kernel, Participant } from '../kernel.ts';
import * as message from '../message.ts';
import { BUY, SELL } from '../order.ts';
import { ABIDES_ORDER_SIZE, OrderSize, drawOrderSize } from './order-size.ts';
import { Seconds, groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';
import { WakeUps } from './wake-ups.ts';

export const MomentumConfig = z.strictObject({
  ...groupOf('momentum'),
  meanIntervalSeconds: Seconds,
  orderSize: OrderSize.default(ABIDES_ORDER_SIZE),
});
export type MomentumConfig = z.infer<typeof MomentumConfig>;

const SHORT = 20;
const LONG = 50;

export class MomentumTraders implements Participant {
  private readonly kernel: Kernel;
  private readonly draws: Draws;
  private readonly first: number;
  private readonly closeNs: number;
  private readonly lotSize: number;
  private readonly config: MomentumConfig;
  private readonly wakes: WakeUps;
  private readonly isAsking: Uint8Array;
  /** For each trader the last `LONG` sums of bid and ask, in a ring. */
  private readonly sums: Int32Array;
  private readonly seen: Int32Array;

  constructor(context: TraderContext, config: MomentumConfig) {
    const { kernel, first, keys, openNs, closeNs } = context;
    const count = keys.length;
    this.kernel = kernel;
    this.first = first;
    this.draws = new Draws(keys);
    this.closeNs = closeNs;
    this.lotSize = context.lotSize;
    this.config = config;
    this.wakes = new WakeUps(context, this.draws);
    this.isAsking = new Uint8Array(count);
    this.sums = new Int32Array(count * LONG);
    this.seen = new Int32Array(count);
    for (let i = 0; i < count; i++) this.wakes.later(i, openNs, config.meanIntervalSeconds);
  }

  wake(trader: number): void {
    const i = trader - this.first;
    this.wakes.wokeUp(i);
    this.isAsking[i] = 1;
    this.kernel.request(trader, message.QUERY_SPREAD, 1);
  }

  receive(trader: number, row: number): void {
    const { kernel } = this;
    const { pool } = kernel;
    const i = trader - this.first;
    if (pool.type[row] !== message.SPREAD || this.isAsking[i] === 0) return;
    this.isAsking[i] = 0;
    if (kernel.now > this.closeNs) return;
    const bid = pool.a[row]!;
    const ask = pool.c[row]!;
    if (bid > 0 && ask > 0) this.place(i, bid, ask);
    this.wakes.later(i, kernel.now, this.config.meanIntervalSeconds);
  }

  private place(i: number, bid: number, ask: number): void {
    const { kernel, sums } = this;
    const base = i * LONG;
    const seen = (this.seen[i]! += 1);
    sums[base + (seen % LONG)] = bid + ask;
    if (seen <= LONG) return;
    let short = 0;
    let long = 0;
    for (let back = 0; back < LONG; back++) {
      const sum = sums[base + ((seen - back) % LONG)]!;
      long += sum;
      if (back < SHORT) short += sum;
    }
    const n = this.wakes.count(i);
    const quantity = drawOrderSize(this.config.orderSize, this.draws, i, n, this.lotSize);
    if (quantity <= 0) return;
    // Means of mids in hundredths of a cent: sums of bid and ask are twice the mid.
    const isRising = Math.round((short * 50) / SHORT) >= Math.round((long * 50) / LONG);
    kernel.request(
      this.first + i,
      message.LIMIT_ORDER,
      kernel.newOrder(),
      isRising ? BUY : SELL,
      quantity,
      isRising ? ask : bid,
    );
  }
}
