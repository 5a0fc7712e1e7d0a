// A dealer that makes a market in which nobody can gain. Its price is half a tick above its bid and half a tick below its ask, and
// moves one tick up or down at a time, either as likely, by its own clock and draws alone. It is always there with more shares
// than anybody can want. Where the exchange pays back half a tick a share to both sides of each trade, every trade is at the
// dealer's price of that instant:
// - who takes pays the ask, or gets the bid, and half a tick back;
// - who rests at a price is filled when a step of the dealer reaches it, by the dealer's new quote on the other side; that is half a
//   tick worse than the new price, and half a tick is paid back. A larger step would jump over it, and make resting cost something.
// What comes after an instant does not depend on what was before: by optional stopping no strategy gains or loses in expectation,
// whatever it knows and however fast it is. Traders of their own account must not trade with themselves (both sides would be paid
// back), so the exchange has to prevent that. With a bid of one tick the price stays for ever.
import { z } from 'zod';
import { Draws, SIDE } from '../draws.ts';
import type { Kernel, Participant } from '../kernel.ts';
import * as message from '../message.ts';
import { BUY, MAX_PRICE_CENTS, MAX_QUANTITY, SELL } from '../order.ts';
import { Seconds, groupOf } from './trader-group.ts';
import type { TraderContext } from './trader-group.ts';
import { WakeUps } from './wake-ups.ts';

export const MartingaleDealerConfig = z.strictObject({
  ...groupOf('martingale_dealer'),
  /** Two of them would trade with each other. */
  count: z.int().min(0).max(1),
  /** Mean time between steps of the price. */
  meanIntervalSeconds: Seconds,
});
export type MartingaleDealerConfig = z.infer<typeof MartingaleDealerConfig>;

const NONE = -1;

export class MartingaleDealer implements Participant {
  private readonly kernel: Kernel;
  private readonly trader: number;
  private readonly openNs: number;
  private readonly closeNs: number;
  private readonly tick: number;
  private readonly shares: number;
  private readonly meanIntervalSeconds: number;
  private readonly draws: Draws;
  private readonly wakes: WakeUps;
  private bid: number;
  /** Its orders, by side. */
  private readonly orders: [number, number] = [NONE, NONE];

  constructor(context: TraderContext, config: MartingaleDealerConfig) {
    const { kernel, first, keys, openNs, closeNs, tickSizeCents, lotSize, openingPriceCents } = context;
    this.kernel = kernel;
    this.trader = first;
    this.openNs = openNs;
    this.closeNs = closeNs;
    this.tick = tickSizeCents;
    this.shares = MAX_QUANTITY - (MAX_QUANTITY % lotSize);
    this.meanIntervalSeconds = config.meanIntervalSeconds;
    this.draws = new Draws(keys);
    this.wakes = new WakeUps(context, this.draws);
    this.bid = Math.max(tickSizeCents, openingPriceCents - tickSizeCents);
    if (keys.length > 0) this.wakes.at(0, openNs);
  }

  wake(): void {
    const { kernel, wakes } = this;
    wakes.wokeUp(0);
    wakes.later(0, kernel.now, this.meanIntervalSeconds);
    if (kernel.now === this.openNs && this.orders[BUY] === NONE) {
      this.enter(BUY);
      this.enter(SELL);
    } else this.step();
  }

  /** Both requests arrive at the same instant, one behind the other: nobody comes in between. */
  private step(): void {
    const isUp = this.draws.uniform(0, SIDE, this.wakes.count(0)) < 0.5;
    // At the edge it stays for ever: it must not be known that it can only go back.
    if (this.bid === this.tick || this.bid + 2 * this.tick >= MAX_PRICE_CENTS) return;
    this.bid += isUp ? this.tick : -this.tick;
    // First the quote that makes room, then the one that trades with those who rest at its new price.
    this.move(isUp ? SELL : BUY);
    this.move(isUp ? BUY : SELL);
  }

  receive(_: number, row: number): void {
    const { pool, now } = this.kernel;
    if (pool.type[row] !== message.ORDER_EXECUTED || now > this.closeNs) return;
    const side = pool.b[row] === BUY ? BUY : SELL;
    if (pool.a[row] !== this.orders[side]) return;
    const left = pool.e[row]!;
    if (left === 0) this.enter(side);
    else if (left < this.shares / 2) this.move(side);
  }

  private priceOf(side: number): number {
    return side === BUY ? this.bid : this.bid + this.tick;
  }

  private enter(side: 0 | 1): void {
    const order = this.kernel.newOrder();
    this.orders[side] = order;
    this.kernel.request(this.trader, message.LIMIT_ORDER, order, side, this.shares, this.priceOf(side));
  }

  private move(side: 0 | 1): void {
    const { kernel, shares } = this;
    kernel.request(this.trader, message.MODIFY_ORDER, this.orders[side], 0, shares, this.priceOf(side));
  }
}
