// A call auction: orders are collected, and all that can trade does so at one price. Which one: where most shares trade; of those
// where the least are left over on one side; of those the one nearest to the reference; of two as near the lower.
import { MAX_PRICE_CENTS } from './order.ts';

/** An order that takes part; bids pay at most their price, asks get at least theirs. */
export type AuctionOrder = { readonly priceCents: number; readonly quantity: number };

export type AuctionPrice = { readonly priceCents: number; readonly volume: number };

/**
 * @param referenceCents a multiple of the tick
 * @returns null when nothing can trade
 */
export function auctionPrice(
  bids: readonly AuctionOrder[],
  asks: readonly AuctionOrder[],
  referenceCents: number,
  tickCents: number,
): AuctionPrice | null {
  const demand = cumulative(bids, (a, b) => b - a);
  const supply = cumulative(asks, (a, b) => a - b);
  let best: { priceCents: number; volume: number; surplus: number } | null = null;
  for (const priceCents of candidates([...bids, ...asks], referenceCents, tickCents)) {
    const [wanted, offered] = [
      demand((price) => price >= priceCents),
      supply((price) => price <= priceCents),
    ];
    const one = { priceCents, volume: Math.min(wanted, offered), surplus: Math.abs(wanted - offered) };
    if (one.volume > 0 && (best === null || isBetter(one, best, referenceCents))) best = one;
  }
  return best === null ? null : { priceCents: best.priceCents, volume: best.volume };
}

type Candidate = { readonly priceCents: number; readonly volume: number; readonly surplus: number };

function isBetter(one: Candidate, other: Candidate, reference: number): boolean {
  if (one.volume !== other.volume) return one.volume > other.volume;
  if (one.surplus !== other.surplus) return one.surplus < other.surplus;
  const [near, far] = [Math.abs(one.priceCents - reference), Math.abs(other.priceCents - reference)];
  return near !== far ? near < far : one.priceCents < other.priceCents;
}

/**
 * Volume and surplus change at the prices of orders only: between two of them every price is as good as those beside the two, but for
 * its distance to the reference.
 */
function candidates(orders: readonly AuctionOrder[], reference: number, tick: number): Set<number> {
  const prices = new Set([reference]);
  for (const { priceCents } of orders)
    for (const price of [priceCents - tick, priceCents, priceCents + tick])
      if (price > 0 && price <= MAX_PRICE_CENTS) prices.add(price);
  return prices;
}

/** Shares of the orders up to where a condition on the price, sorted from the best, stops to hold. */
function cumulative(
  orders: readonly AuctionOrder[],
  compare: (a: number, b: number) => number,
): (holds: (priceCents: number) => boolean) => number {
  const sorted = orders.toSorted((a, b) => compare(a.priceCents, b.priceCents));
  const sums = [0];
  for (const { quantity } of sorted) sums.push(sums.at(-1)! + quantity);
  return (holds) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(sorted[middle]!.priceCents)) low = middle + 1;
      else high = middle;
    }
    return sums[low]!;
  };
}
