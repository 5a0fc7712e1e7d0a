// Makers that learn from what is traded: each has a value of its own, moves it by the order flow that it did not expect, and
// quotes around it, the wider the more the price moves and the more one-sided the flow is. Flow that was expected moves the
// value less, so that an intention that is traded in many orders moves the price the less the longer it lasts
// (Glosten and Milgrom 1985; Madhavan, Richardson and Roomans 1997; Lillo and Farmer 2004).
import { z } from 'zod';
import { exp } from '../../math.ts';
import * as message from '../message.ts';
import type { MessagePool } from '../message.ts';
import { BUY, MAX_QUANTITY, SELL } from '../order.ts';
import { NS_PER_SECOND } from '../session-time.ts';
import { AskingTraders, signedShares } from './asking-traders.ts';
import type { Touch } from './asking-traders.ts';
import { Ladders } from './ladders.ts';
import { Seconds, groupOf, toTick } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';

const Bps = z.number().min(0).max(10_000);
const Cents = z.number().min(0).max(100_000);

export const AdaptiveMakerConfig = z.strictObject({
  ...groupOf('adaptive_maker'),
  /** Mean time between looks at the market. */
  meanIntervalSeconds: Seconds,
  levels: z.int().min(1).max(100).default(5),
  /** Shares of a new order at each level. */
  quantity: z.int().positive().max(1_000_000),
  /** What 100 shares of unexpected net buying add to its value. */
  impactBps: Bps.default(0),
  /** Share of the net flow of late that it takes for granted, and over how long it remembers. */
  anticipation: z.number().min(0).max(1).default(0),
  flowMemorySeconds: Seconds.default(300),
  /** Share of what the fundamental has moved since the last look that is public: its value moves along without any trade. */
  publicShare: z.number().min(0).max(1).default(0),
  /** How much nearer its value comes to the mid of the book at each look; 1: it has none of its own. */
  pull: z.number().min(0).max(1).default(0.2),
  /** Half of the spread: this, … */
  leastHalfSpreadCents: Cents.default(0.5),
  /** … and the standard deviation of its value in a second, of late, times this, … */
  volatilityFactor: z.number().min(0).max(1000).default(0),
  volatilityMemorySeconds: Seconds.default(60),
  /** … and this when all that was traded of late was on one side, less when it was less one-sided. */
  toxicityBps: Bps.default(0),
  /** At most: what wide quotes do to the price must not make them wider still. */
  mostHalfSpreadBps: Bps.default(25),
  /** How far quotes lean against 100 shares held. */
  inventoryBps: Bps.default(0),
  /** With so many shares held it offers none of what would make them more. */
  mostShares: z.int().positive().max(MAX_QUANTITY).default(1_000_000),
});
export type AdaptiveMakerConfig = z.infer<typeof AdaptiveMakerConfig>;

const HUNDRED = 100;
const LEAST_SECONDS = 1e-3;

export class AdaptiveMakers extends AskingTraders {
  private readonly config: AdaptiveMakerConfig;
  private readonly ladders: Ladders;
  /** Its own price, in cents; 0 before the first look. */
  private readonly value: Float64Array;
  private readonly fundamentalSeen: Float64Array;
  private readonly lookedAt: Float64Array;
  private readonly bought: Float64Array;
  private readonly sold: Float64Array;
  /** Of late, in shares a second: net of the takers' side, and all. */
  private readonly netRate: Float64Array;
  private readonly volumeRate: Float64Array;
  /** Of its value, in cents² a second. */
  private readonly variance: Float64Array;
  private readonly shares: Float64Array;

  constructor(context: TraderContext, config: AdaptiveMakerConfig) {
    super(context);
    const count = context.keys.length;
    const { openNs } = context;
    this.config = config;
    this.ladders = new Ladders(context.kernel, context.first, count);
    this.value = new Float64Array(count);
    this.fundamentalSeen = new Float64Array(count);
    this.lookedAt = new Float64Array(count).fill(openNs);
    this.bought = new Float64Array(count);
    this.sold = new Float64Array(count);
    this.netRate = new Float64Array(count);
    this.volumeRate = new Float64Array(count);
    this.variance = new Float64Array(count);
    this.shares = new Float64Array(count);
    for (let i = 0; i < count; i++) this.wakes.at(i, openNs);
  }

  protected sleep(i: number): void {
    this.wakes.later(i, this.kernel.now, this.config.meanIntervalSeconds);
  }

  override wake(trader: number): void {
    const i = trader - this.first;
    const { kernel } = this;
    const lookBackMs = Math.max(1, Math.round((kernel.now - this.lookedAt[i]!) / 1e6));
    // Asked for first, it is there when the quote comes.
    kernel.request(trader, message.QUERY_VOLUME, lookBackMs);
    super.wake(trader);
  }

  protected override told(i: number, pool: MessagePool, row: number): void {
    const type = pool.type[row];
    if (type === message.VOLUME) {
      this.bought[i] = pool.a[row]!;
      this.sold[i] = pool.b[row]!;
      return;
    }
    if (type === message.ORDER_EXECUTED) this.shares[i]! += signedShares(pool, row);
    this.ladders.told(i, pool, row);
  }

  protected decide(i: number, touch: Touch): void {
    const { bid, ask, lastTrade } = touch;
    const { kernel, config } = this;
    const seconds = Math.max(LEAST_SECONDS, (kernel.now - this.lookedAt[i]!) / NS_PER_SECOND);
    this.lookedAt[i] = kernel.now;
    const unexpected = this.learnFlow(i, seconds);
    const mid = bid > 0 && ask > 0 ? (bid + ask) / 2 : 0;
    const fundamental = this.fundamental.at(kernel.now);
    const before = this.value[i]!;
    if (before === 0) this.value[i] = mid || lastTrade;
    else {
      this.value[i]! += config.publicShare * (fundamental - this.fundamentalSeen[i]!);
      this.value[i]! += (unexpected / HUNDRED) * config.impactBps * 1e-4 * this.value[i]!;
      if (mid > 0) this.value[i]! += config.pull * (mid - this.value[i]!);
      this.learnVariance(i, this.value[i]! - before, seconds);
    }
    this.fundamentalSeen[i] = fundamental;
    this.quote(i);
  }

  /** @returns the shares that were bought by takers, less those that were sold, beyond what was expected */
  private learnFlow(i: number, seconds: number): number {
    const { flowMemorySeconds, anticipation } = this.config;
    const net = this.bought[i]! - this.sold[i]!;
    const unexpected = net - anticipation * this.netRate[i]! * seconds;
    const weight = 1 - exp(-seconds / flowMemorySeconds);
    this.netRate[i]! += weight * (net / seconds - this.netRate[i]!);
    this.volumeRate[i]! += weight * ((this.bought[i]! + this.sold[i]!) / seconds - this.volumeRate[i]!);
    return unexpected;
  }

  private learnVariance(i: number, moved: number, seconds: number): void {
    const weight = 1 - exp(-seconds / this.config.volatilityMemorySeconds);
    this.variance[i]! += weight * ((moved * moved) / seconds - this.variance[i]!);
  }

  private quote(i: number): void {
    const { config, tickSizeCents: tick } = this;
    const value = this.value[i]!;
    const shares = this.shares[i]!;
    const centre = value * (1 - (shares / HUNDRED) * config.inventoryBps * 1e-4);
    const toxicity = this.volumeRate[i] === 0 ? 0 : Math.abs(this.netRate[i]!) / this.volumeRate[i]!;
    const half = Math.min(
      config.mostHalfSpreadBps * 1e-4 * value,
      config.leastHalfSpreadCents +
        config.volatilityFactor * Math.sqrt(this.variance[i]!) +
        toxicity * config.toxicityBps * 1e-4 * value,
    );
    // Orders of others that have been left behind are in its way, and worth taking.
    const highest = toTick(Math.floor(centre - half), BUY, tick);
    const lowest = toTick(Math.ceil(centre + half), SELL, tick);
    this.ladders.put(i, BUY, highest, config.levels, tick, this.offered(shares));
    this.ladders.put(i, SELL, Math.max(lowest, highest + tick), config.levels, tick, this.offered(-shares));
  }

  /** Shares that it offers to buy at each level when it holds so many. */
  private offered(shares: number): number {
    const { quantity, mostShares } = this.config;
    const room = shares <= 0 ? 1 : Math.max(0, 1 - shares / mostShares);
    const wanted = Math.ceil(quantity * room);
    return Math.ceil(wanted / this.lotSize) * this.lotSize;
  }
}
