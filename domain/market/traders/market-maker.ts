// Adaptive market makers: a ladder of orders on both sides of the mid, as wide as the spread has been, as large as a share
// of what was traded. Every wake-up takes the old ladder away and puts up a new one.
// Rules: adaptive market maker of ABIDES, after Chakraborty and Kearns, "Market making and mean reversion" (2011).
import { z } from 'zod';
import { exp } from '../../math.ts';
import { Draws } from '../draws.ts';
import type { Kernel, Participant } from '../kernel.ts';
import { IMBALANCE } from '../market-data.ts';
import * as message from '../message.ts';
import { BUY, MAX_PRICE_CENTS, MAX_QUANTITY, SELL } from '../order.ts';
import { NS_PER_MINUTE } from '../session-time.ts';
import { OpenOrders } from './open-orders.ts';
import { Seconds, groupOf, toTick } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';
import { WakeUps } from './wake-ups.ts';

export const MarketMakerConfig = z.strictObject({
  ...groupOf('market_maker'),
  meanIntervalSeconds: Seconds,
  /** Share of the volume traded in one interval that is offered at each level. */
  share: z.number().min(0).max(1),
  leastQuantity: z.int().positive().max(1_000_000).default(1),
  levels: z.int().min(1).max(1000).default(10),
  /** Distance between levels, in spreads. */
  spacing: z.number().positive().max(1000).default(5),
  /** Weight of the newest spread in its moving average. */
  spreadAlpha: z.number().min(0).max(1).default(0.75),
  /** It never takes the spread for wider: without a limit its wide ladders make wide spreads, and those still wider ladders. */
  mostSpreadCents: z.int().positive().max(MAX_PRICE_CENTS).default(MAX_PRICE_CENTS),
  /** How far the mid moves, in cents, when all that was traded was bought; 0: not at all. */
  priceSkewCents: z.number().min(0).max(1_000_000).default(0),
  /** Steepness of the lean against the inventory; 0: none. */
  inventorySkew: z.number().min(0).max(1000).default(0),
  /** Shares at the outermost level; 0: as at the others. */
  backstopQuantity: z.int().min(0).max(1_000_000).default(0),
  /** Between taking the ladder away and asking for the new one. */
  cancelDelayNs: z.int().min(0).max(NS_PER_MINUTE).default(50),
  /** A new ladder is put up when the book leans more than this to one side. */
  leastImbalance: z.number().gt(0).lt(1).default(0.9),
});
export type MarketMakerConfig = z.infer<typeof MarketMakerConfig>;

const INITIAL_SPREAD = 50;

export class MarketMakers implements Participant {
  private readonly kernel: Kernel;
  private readonly first: number;
  private readonly closeNs: number;
  private readonly tickSizeCents: number;
  private readonly lotSize: number;
  private readonly config: MarketMakerConfig;
  private readonly open: OpenOrders;
  private readonly wakes: WakeUps;
  private readonly spread: Float64Array;
  private readonly mid: Int32Array;
  private readonly quantity: Int32Array;
  private readonly inventory: Float64Array;
  private readonly bought: Int32Array;
  private readonly sold: Int32Array;
  /** Answers that are still awaited: 1 spread, 2 volume. */
  private readonly awaited: Uint8Array;
  private readonly hasSubscribed: Uint8Array;
  private readonly hasReacted: Uint8Array;

  constructor(context: TraderContext, config: MarketMakerConfig) {
    const { kernel, first, keys, openNs, closeNs } = context;
    const count = keys.length;
    this.kernel = kernel;
    this.first = first;
    this.closeNs = closeNs;
    this.tickSizeCents = context.tickSizeCents;
    this.lotSize = context.lotSize;
    this.config = config;
    this.open = new OpenOrders(count);
    this.wakes = new WakeUps(context, new Draws(keys));
    this.spread = new Float64Array(count).fill(INITIAL_SPREAD);
    this.mid = new Int32Array(count);
    this.quantity = new Int32Array(count).fill(config.leastQuantity);
    this.inventory = new Float64Array(count);
    this.bought = new Int32Array(count);
    this.sold = new Int32Array(count);
    this.awaited = new Uint8Array(count);
    this.hasSubscribed = new Uint8Array(count);
    this.hasReacted = new Uint8Array(count);
    for (let i = 0; i < count; i++) this.wakes.later(i, openNs, config.meanIntervalSeconds);
  }

  wake(trader: number): void {
    const { kernel, config } = this;
    const i = trader - this.first;
    this.wakes.wokeUp(i);
    if (this.hasSubscribed[i] === 0) {
      kernel.request(trader, message.SUBSCRIBE, IMBALANCE, 0, 0, 0, Math.round(config.leastImbalance * 1e6));
      this.hasSubscribed[i] = 1;
    }
    this.hasReacted[i] = 0;
    for (const order of this.open.of(i)) kernel.request(trader, message.CANCEL_ORDER, order);
    kernel.delay(config.cancelDelayNs);
    this.awaited[i] = 3;
    kernel.request(trader, message.QUERY_SPREAD, 1);
    kernel.request(trader, message.QUERY_VOLUME, Math.round(config.meanIntervalSeconds * 1000));
  }

  receive(trader: number, row: number): void {
    const { kernel, config } = this;
    const { pool } = kernel;
    const i = trader - this.first;
    switch (pool.type[row]) {
      case message.SPREAD:
        this.awaited[i]! &= ~1;
        if (pool.a[row]! > 0 && pool.c[row]! > 0) {
          this.mid[i] = Math.floor((pool.a[row]! + pool.c[row]!) / 2);
          const spread = pool.c[row]! - pool.a[row]!;
          const mean = config.spreadAlpha * spread + (1 - config.spreadAlpha) * this.spread[i]!;
          this.spread[i] = Math.min(mean, config.mostSpreadCents);
        }
        break;
      case message.VOLUME:
        this.awaited[i]! &= ~2;
        this.bought[i] = pool.a[row]!;
        this.sold[i] = pool.b[row]!;
        this.quantity[i] = Math.min(MAX_QUANTITY, Math.round(config.share * (pool.a[row]! + pool.b[row]!)));
        break;
      case message.IMBALANCE_DATA:
        // One ladder more until the next wake-up takes all away. The published agent puts up another one each time: two
        // of them then answer each other's orders without end, and that is where its storms of messages come from.
        if (pool.a[row] === 1 && this.mid[i]! > 0 && this.hasReacted[i] === 0 && kernel.now <= this.closeNs) {
          this.hasReacted[i] = 1;
          this.place(i);
        }
        return;
      case message.ORDER_EXECUTED:
        this.inventory[i]! += pool.b[row] === BUY ? pool.c[row]! : -pool.c[row]!;
        this.open.told(i, pool, row);
        return;
      default:
        this.open.told(i, pool, row);
        return;
    }
    if (this.awaited[i] !== 0 || kernel.now > this.closeNs) return;
    if (this.mid[i]! > 0) this.place(i);
    this.wakes.later(i, kernel.now, this.config.meanIntervalSeconds);
  }

  private place(i: number): void {
    const { levels, spacing, backstopQuantity } = this.config;
    const window = this.spread[i]!;
    const step = Math.max(1, Math.round(spacing * window));
    const mid = this.skewedMid(i);
    const highestBid = mid - Math.floor(0.5 * window);
    const lowestAsk = mid + Math.ceil(0.5 * window);
    const [buy, sell] = this.quantities(i);
    for (let level = levels - 1; level >= 0; level--) {
      const isBackstop = level === levels - 1 && backstopQuantity > 0;
      this.enter(i, BUY, isBackstop ? backstopQuantity : buy, highestBid - level * step);
    }
    for (let level = 0; level < levels; level++) {
      const isBackstop = level === levels - 1 && backstopQuantity > 0;
      this.enter(i, SELL, isBackstop ? backstopQuantity : sell, lowestAsk + level * step);
    }
  }

  private skewedMid(i: number): number {
    const { priceSkewCents } = this.config;
    const bought = this.bought[i]!;
    const total = bought + this.sold[i]!;
    if (priceSkewCents === 0 || total === 0) return this.mid[i]!;
    return Math.trunc(this.mid[i]! + ((2 * bought) / total - 1) * priceSkewCents);
  }

  /** Shares to buy and to sell at each level. */
  private quantities(i: number): [number, number] {
    const { inventorySkew, leastQuantity } = this.config;
    const quantity = this.quantity[i]!;
    if (inventorySkew === 0) {
      const both = Math.max(leastQuantity, quantity);
      return [both, both];
    }
    const sellShare = 1 / (1 + exp(-inventorySkew * this.inventory[i]!));
    const sell = Math.ceil(sellShare * quantity);
    const buy = Math.floor((1 - sellShare) * quantity);
    return [Math.max(leastQuantity, buy), Math.max(leastQuantity, sell)];
  }

  /** At least one lot. */
  private enter(i: number, side: number, shares: number, priceCents: number): void {
    const { kernel, lotSize } = this;
    const price = toTick(priceCents, side, this.tickSizeCents);
    if (price <= 0 || price > MAX_PRICE_CENTS) return;
    const quantity = lotSize === 1 ? shares : Math.ceil(shares / lotSize) * lotSize;
    const order = kernel.newOrder();
    this.open.entered(i, order);
    kernel.request(this.first + i, message.LIMIT_ORDER, order, side, quantity, price);
  }
}
