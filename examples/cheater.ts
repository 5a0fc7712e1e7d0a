// A cheater: it buys all day what it can, and in the last seconds pays whatever it takes to move the price up, so that what it
// holds looks like a gain. At the last mid it is one; sold into the book that is left it is not, and the court judges by that.
import type { MarketState, OrderAction, Strategy } from '../sandbox/template/strategy-types.d.ts';

export const parameters = {
  /** Shares that it holds before the last seconds. */
  position: { default: 200, low: 10, high: 2000 },
  /** Shares of each order with which it moves the price. */
  push: { default: 400, low: 10, high: 2000 },
  lastSeconds: { default: 5, low: 1, high: 60 },
};

export function createStrategy({
  position,
  push,
  lastSeconds,
}: Record<keyof typeof parameters, number>): Strategy {
  return {
    onTick({ bestAsk, inventory, openOrders, timeRemainingNs, isMarketClosed }: MarketState): OrderAction[] {
      if (isMarketClosed || bestAsk === null || openOrders.length > 0) return [];
      const isLate = timeRemainingNs <= lastSeconds * 1e9;
      if (isLate) return [{ actionType: 'place', side: 'buy', orderType: 'market', quantity: push }];
      if (inventory >= position) return [];
      const quantity = Math.min(20, position - inventory);
      return [{ actionType: 'place', side: 'buy', orderType: 'market', quantity }];
    },
  };
}
