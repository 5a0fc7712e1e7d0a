// A strategy for Mercato's lab. It quotes both sides of the market at the best prices and leans against what it holds.
//
// - One file. Types come from the file beside it; nothing else can be imported.
// - No clock, files, network, `async`, regular expressions or JSON. `Math.random` is the same in every run of a seed.
// - Work is counted, not timed: 1,000,000 turns of loops and calls for one callback, 100,000,000 for one day.
// - A callback that throws, or uses up what it has, ends the day, and the day scores as the worst.
import type { MarketState, OrderAction, Strategy } from './strategy-types.d.ts';

/** What a search may change, with its limits. Leave it out when there is nothing to choose. */
export const parameters = {
  quantity: { default: 10, low: 1, high: 100 },
  mostInventory: { default: 50, low: 10, high: 1000 },
};

/** Called once for each day, with a number for each parameter. What the strategy remembers lives in here. */
export function createStrategy({
  quantity,
  mostInventory,
}: Record<keyof typeof parameters, number>): Strategy {
  /** Ticks to stay away after a fill: who was just traded with may know more. */
  let pause = 0;

  /** The orders that should be there, by the market as it was last delivered. */
  function wantedOrders({ bestBid, bestAsk, inventory }: MarketState): OrderAction[] {
    const wanted: OrderAction[] = [];
    // One side of the book may be empty: then its price is null.
    if (bestBid !== null && inventory < mostInventory)
      wanted.push({ actionType: 'place', side: 'buy', orderType: 'limit', price: bestBid, quantity });
    if (bestAsk !== null && inventory > -mostInventory)
      wanted.push({ actionType: 'place', side: 'sell', orderType: 'limit', price: bestAsk, quantity });
    return wanted;
  }

  return {
    onTick(state) {
      if (pause > 0) {
        pause -= 1;
        return [{ actionType: 'cancel_all' }];
      }
      // Everything anew at every tick. Better: keep orders that are where they should be, and their place in the queue.
      return [{ actionType: 'cancel_all' }, ...wantedOrders(state)];
    },
    onOrderUpdate({ status }) {
      if (status === 'filled') pause = 1;
      return [];
    },
  };
}
