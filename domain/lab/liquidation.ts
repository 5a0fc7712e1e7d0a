// What is left at the close is worth what it can be sold for: it is brought to its target through the orders that rest then.
import { BUY, SELL } from '../market/order.ts';
import type { SideCode } from '../market/order.ts';

export type Level = { readonly priceCents: number; readonly quantity: number };

export type Liquidation = {
  /** Shares sold, below 0 bought. */
  readonly shares: number;
  /** What came in for them, below 0 paid, before fees. */
  readonly proceedsCents: number;
  /** Shares for which nothing rested any more: they went at `beyond` the last price. */
  readonly sharesBeyondBook: number;
};

/**
 * How much worse than the last price in the book a share goes for which nothing rests: 1 %, an assumption. Without any order on
 * that side, than `fallbackCents`.
 */
export const BEYOND = 0.01;

/**
 * @param shares to be sold; below 0: to be bought
 * @param bids and asks of others, best first
 * @param fallbackCents the last known price, for a side without orders
 */
export function liquidate(
  shares: number,
  bids: readonly Level[],
  asks: readonly Level[],
  fallbackCents: number,
): Liquidation {
  const side: SideCode = shares > 0 ? SELL : BUY;
  const levels = side === SELL ? bids : asks;
  const sign = side === SELL ? 1 : -1;
  let left = Math.abs(shares);
  let proceedsCents = 0;
  for (const { priceCents, quantity } of levels) {
    const taken = Math.min(left, quantity);
    proceedsCents += sign * taken * priceCents;
    left -= taken;
    if (left === 0) break;
  }
  const worst = levels.at(-1)?.priceCents ?? fallbackCents;
  const beyond = side === SELL ? Math.floor(worst * (1 - BEYOND)) : Math.ceil(worst * (1 + BEYOND));
  return { shares, proceedsCents: proceedsCents + sign * left * beyond, sharesBeyondBook: left };
}
