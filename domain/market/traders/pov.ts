// Execution by share of volume: buys or sells a given amount with market orders, in step with what is traded.
import { z } from 'zod';
import type { Kernel, Participant } from '../kernel.ts';
import * as message from '../message.ts';
import { BUY, SELL, SIDES } from '../order.ts';
import { NS_PER_SECOND } from '../session-time.ts';
import { Seconds, groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

export const PovConfig = z.strictObject({
  ...groupOf('pov'),
  side: z.enum(SIDES),
  /** Shares that each trader of the group is to trade. */
  quantity: z.int().positive().max(1_000_000_000),
  /** Share of the volume of the last interval that it trades in the next one. */
  share: z.number().gt(0).max(1),
  intervalSeconds: Seconds.default(60),
  startAfterOpenSeconds: z.number().min(0).default(1800),
  endBeforeCloseSeconds: z.number().min(0).default(1800),
});
export type PovConfig = z.infer<typeof PovConfig>;

export class PovTraders implements Participant {
  private readonly kernel: Kernel;
  private readonly first: number;
  private readonly config: PovConfig;
  private readonly endNs: number;
  private readonly lotSize: number;
  /** Shares that each has still to ask for. */
  private readonly left: Int32Array;

  constructor(context: TraderContext, config: PovConfig) {
    const { kernel, first, keys, openNs, closeNs, lotSize } = context;
    this.kernel = kernel;
    this.first = first;
    this.config = config;
    this.lotSize = lotSize;
    this.endNs = closeNs - config.endBeforeCloseSeconds * NS_PER_SECOND;
    this.left = new Int32Array(keys.length).fill(config.quantity);
    const startNs = Math.round(openNs + config.startAfterOpenSeconds * NS_PER_SECOND);
    for (let i = 0; i < keys.length; i++) if (startNs <= this.endNs) kernel.wakeAt(first + i, startNs);
  }

  wake(trader: number): void {
    const { kernel, config } = this;
    if (this.left[trader - this.first] === 0) return;
    const at = Math.round(kernel.now + config.intervalSeconds * NS_PER_SECOND);
    if (at <= this.endNs) kernel.wakeAt(trader, at);
    kernel.request(trader, message.QUERY_VOLUME, Math.round(config.intervalSeconds * 1000));
  }

  receive(trader: number, row: number): void {
    const { kernel, config } = this;
    const { pool } = kernel;
    const i = trader - this.first;
    const type = pool.type[row];
    // What was asked for and not filled is wanted again.
    if (type === message.ORDER_CANCELLED) this.left[i]! += pool.c[row]!;
    if (type !== message.VOLUME || kernel.now > this.endNs) return;
    const volume = pool.a[row]! + pool.b[row]!;
    const shares = Math.min(this.left[i]!, Math.round(config.share * volume));
    const quantity = shares - (shares % this.lotSize);
    if (quantity <= 0) return;
    this.left[i]! -= quantity;
    kernel.request(
      trader,
      message.MARKET_ORDER,
      kernel.newOrder(),
      config.side === 'buy' ? BUY : SELL,
      quantity,
    );
  }
}
