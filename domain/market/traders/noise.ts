// Noise traders: buy or sell at the far touch, for no reason.
import { z } from 'zod';
import { cubeRoot } from '../../math.ts';
import { Draws, OFFSET, SIDE, WAKE_INTERVAL } from '../draws.ts';
import type { Kernel, Participant } from '../kernel.ts';
import * as message from '../message.ts';
import { BUY, SELL } from '../order.ts';
import { ClockTime, parseClockTime } from '../session-time.ts';
import { ABIDES_ORDER_SIZE, OrderSize, drawOrderSize } from './order-size.ts';
import { Seconds, groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';
import { WakeUps } from './wake-ups.ts';

export const NoiseConfig = z.strictObject({
  ...groupOf('noise'),
  wake: z.discriminatedUnion('type', [
    /** Each wakes up once, at a time with U-shaped density between two hours. */
    z.strictObject({ type: z.literal('once'), from: ClockTime, until: ClockTime }),
    /** Each wakes up again and again, after times with an exponential distribution. */
    z.strictObject({
      type: z.literal('poisson'),
      meanIntervalSeconds: Seconds,
      /** When each begins: at a time with U-shaped density; left out: at the open. */
      begins: z.strictObject({ from: ClockTime, until: ClockTime }).optional(),
    }),
  ]),
  orderSize: OrderSize.default(ABIDES_ORDER_SIZE),
});
export type NoiseConfig = z.infer<typeof NoiseConfig>;

/** Those whose hour is before the open come within so many nanoseconds after it. */
const OPENING_NS = 100;

export class NoiseTraders implements Participant {
  private readonly kernel: Kernel;
  private readonly draws: Draws;
  private readonly first: number;
  private readonly wakes: WakeUps;
  private readonly isAsking: Uint8Array;
  private readonly closeNs: number;
  private readonly lotSize: number;
  private readonly config: NoiseConfig;

  constructor(context: TraderContext, config: NoiseConfig) {
    const { kernel, first, keys, openNs, closeNs } = context;
    this.kernel = kernel;
    this.first = first;
    this.draws = new Draws(keys);
    this.wakes = new WakeUps(context, this.draws);
    this.isAsking = new Uint8Array(keys.length);
    this.closeNs = closeNs;
    this.lotSize = context.lotSize;
    this.config = config;
    for (let i = 0; i < keys.length; i++) this.begin(i, openNs);
  }

  private begin(i: number, openNs: number): void {
    const { wake } = this.config;
    const window = wake.type === 'once' ? wake : wake.begins;
    if (window !== undefined) this.wakes.at(i, this.within(i, window, openNs));
    else if (wake.type === 'poisson') this.wakes.later(i, openNs, wake.meanIntervalSeconds);
  }

  /** A time with U-shaped density. */
  private within(i: number, { from, until }: { from: string; until: string }, openNs: number): number {
    const [fromNs, untilNs] = [parseClockTime(from), parseClockTime(until)];
    const u = this.draws.uniform(i, WAKE_INTERVAL, 0);
    // Inverse of the U-quadratic distribution on [0, 1].
    const at = Math.round(fromNs + (untilNs - fromNs) * (cubeRoot(u / 4 - 1 / 8) + 1 / 2));
    return at > openNs ? at : openNs + Math.floor(OPENING_NS * this.draws.uniform(i, OFFSET, 0));
  }

  wake(trader: number): void {
    const i = trader - this.first;
    const { kernel } = this;
    const { wake } = this.config;
    this.wakes.wokeUp(i);
    if (wake.type === 'poisson') this.wakes.later(i, kernel.now, wake.meanIntervalSeconds);
    this.isAsking[i] = 1;
    kernel.request(trader, message.QUERY_SPREAD, 1);
  }

  receive(trader: number, row: number): void {
    const { kernel, draws } = this;
    const { pool } = kernel;
    const i = trader - this.first;
    if (pool.type[row] !== message.SPREAD || this.isAsking[i] === 0) return;
    this.isAsking[i] = 0;
    if (kernel.now > this.closeNs) return;
    const n = this.wakes.count(i);
    const side = draws.uniform(i, SIDE, n) < 0.5 ? BUY : SELL;
    const price = side === BUY ? pool.c[row]! : pool.a[row]!;
    const quantity = drawOrderSize(this.config.orderSize, draws, i, n, this.lotSize);
    if (price === 0 || quantity <= 0) return;
    kernel.request(trader, message.LIMIT_ORDER, kernel.newOrder(), side, quantity, price);
  }
}
