// Value traders: look at the fundamental through noise, believe what Bayes lets them, and trade towards the value they
// expect at the close.
import { z } from 'zod';
import { exp, expMinusOne } from '../../math.ts';
import { AGGRESSION, Draws, OBSERVATION, OFFSET, SIDE } from '../draws.ts';
import type { Fundamental } from '../fundamental.ts';
import type { Kernel, Participant } from '../kernel.ts';
import * as message from '../message.ts';
import { BUY, MAX_PRICE_CENTS, SELL } from '../order.ts';
import { OpenOrders } from './open-orders.ts';
import { ABIDES_ORDER_SIZE, OrderSize, drawOrderSize } from './order-size.ts';
import { Seconds, groupOf, toTick } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';
import { WakeUps } from './wake-ups.ts';

export const ValueConfig = z.strictObject({
  ...groupOf('value'),
  /** Mean time between wake-ups. */
  meanIntervalSeconds: Seconds,
  /** What the fundamental reverts to, and how fast (per nanosecond), as the trader believes. */
  meanCents: z.number().positive().max(MAX_PRICE_CENTS),
  kappaPerNs: z.number().min(0).max(1e-6),
  /** Variance of what it sees around the fundamental, in cents². */
  observationVariance: z.number().min(0).max(1e12),
  /** Variance of the fundamental's shocks, in cents² per nanosecond, as the trader believes. */
  shockVariance: z.number().min(0).max(1e9),
  orderSize: OrderSize.default(ABIDES_ORDER_SIZE),
});
export type ValueConfig = z.infer<typeof ValueConfig>;

/** Share of orders at the touch; the others are up to `DEPTH` spreads away from it. */
const AGGRESSIVE = 0.1;
const DEPTH = 2;

export class ValueTraders implements Participant {
  private readonly kernel: Kernel;
  private readonly fundamental: Fundamental;
  private readonly draws: Draws;
  private readonly first: number;
  private readonly closeNs: number;
  private readonly tickSizeCents: number;
  private readonly lotSize: number;
  private readonly config: ValueConfig;
  private readonly wakes: WakeUps;
  private readonly isAsking: Uint8Array;
  private readonly open: OpenOrders;
  // The belief: value, its variance, and when it was formed.
  private readonly value: Float64Array;
  private readonly variance: Float64Array;
  private readonly formedAt: Float64Array;

  constructor(context: TraderContext, config: ValueConfig) {
    const { kernel, first, keys, openNs, closeNs, fundamental } = context;
    const count = keys.length;
    this.kernel = kernel;
    this.fundamental = fundamental;
    this.first = first;
    this.draws = new Draws(keys);
    this.closeNs = closeNs;
    this.tickSizeCents = context.tickSizeCents;
    this.lotSize = context.lotSize;
    this.config = config;
    this.wakes = new WakeUps(context, this.draws);
    this.isAsking = new Uint8Array(count);
    this.open = new OpenOrders(count);
    this.value = new Float64Array(count).fill(config.meanCents);
    this.variance = new Float64Array(count);
    this.formedAt = new Float64Array(count).fill(openNs);
    for (let i = 0; i < count; i++) this.wakes.later(i, openNs, config.meanIntervalSeconds);
  }

  wake(trader: number): void {
    const i = trader - this.first;
    const { kernel } = this;
    this.wakes.wokeUp(i);
    this.wakes.later(i, kernel.now, this.config.meanIntervalSeconds);
    for (const order of this.open.of(i)) kernel.request(trader, message.CANCEL_ORDER, order);
    this.isAsking[i] = 1;
    kernel.request(trader, message.QUERY_SPREAD, 1);
  }

  receive(trader: number, row: number): void {
    const i = trader - this.first;
    const { kernel } = this;
    const { pool } = kernel;
    if (pool.type[row] !== message.SPREAD) this.open.told(i, pool, row);
    else if (this.isAsking[i] === 1 && kernel.now <= this.closeNs) this.place(i, pool.a[row]!, pool.c[row]!);
  }

  private place(i: number, bid: number, ask: number): void {
    const { kernel, draws } = this;
    const n = this.wakes.count(i);
    this.isAsking[i] = 0;
    const atClose = Math.round(this.expectAtClose(i));
    let side: number;
    let price: number;
    if (bid > 0 && ask > 0) {
      const mid = Math.floor((bid + ask) / 2);
      const isAggressive = draws.uniform(i, AGGRESSION, n) < AGGRESSIVE;
      const offset = isAggressive ? 0 : Math.floor(draws.uniform(i, OFFSET, n) * DEPTH * (ask - bid));
      side = atClose < mid ? SELL : BUY;
      price = side === SELL ? bid + offset : ask - offset;
    } else {
      side = draws.uniform(i, SIDE, n) < 0.5 ? BUY : SELL;
      price = atClose;
    }
    const quantity = drawOrderSize(this.config.orderSize, draws, i, n, this.lotSize);
    price = toTick(price, side, this.tickSizeCents);
    if (quantity <= 0 || price <= 0 || price > MAX_PRICE_CENTS) return;
    const order = kernel.newOrder();
    this.open.entered(i, order);
    kernel.request(this.first + i, message.LIMIT_ORDER, order, side, quantity, price);
  }

  /**
   * A look at the fundamental, taken into the belief (Kalman filter of a mean-reverting value), and what follows for
   * the close.
   */
  private expectAtClose(i: number): number {
    const { meanCents, kappaPerNs, observationVariance, shockVariance } = this.config;
    const now = this.kernel.now;
    const seen = this.fundamental.at(now);
    const noise = this.draws.normal(i, OBSERVATION, this.wakes.count(i)) * Math.sqrt(observationVariance);
    const observed = observationVariance === 0 ? seen : Math.round(seen + noise);
    const elapsed = now - this.formedAt[i]!;
    const decay = exp(-kappaPerNs * elapsed);
    const prior = meanCents + (this.value[i]! - meanCents) * decay;
    // Variance of the shocks since then: σ² (1 − e^(−2κt)) / (1 − e^(−2κ)); for κ = 0 it is σ² t.
    const spread =
      kappaPerNs === 0 ? elapsed : expMinusOne(-2 * kappaPerNs * elapsed) / expMinusOne(-2 * kappaPerNs);
    const priorVariance = decay * decay * this.variance[i]! + spread * shockVariance;
    const total = observationVariance + priorVariance;
    const weight = total === 0 ? 0 : priorVariance / total;
    this.value[i] = prior + weight * (observed - prior);
    // The variance of what is known after the look. The published agent takes the old variance, which never grows.
    this.variance[i] = (1 - weight) * priorVariance;
    this.formedAt[i] = now;
    const ahead = exp(-kappaPerNs * Math.max(0, this.closeNs - now));
    return meanCents + (this.value[i] - meanCents) * ahead;
  }
}
