// Follows the price: holds shares while the mid is above its mean, and is short of as many while it is below. The same as the
// reference strategy `follow_momentum`, order by order.
import type { MarketState, OrderAction, Strategy } from '../sandbox/template/strategy-types.d.ts';

export const parameters = {
  /** Shares held, or sold short. */
  quantity: { default: 50, low: 1, high: 500 },
  /** Ticks of the mean. */
  window: { default: 20, low: 2, high: 600 },
};

export function createStrategy({ quantity, window }: Record<keyof typeof parameters, number>): Strategy {
  const mids: number[] = [];
  return {
    onTick({ midPrice, inventory, openOrders }: MarketState): OrderAction[] {
      if (midPrice === null) return [];
      mids.push(midPrice);
      if (mids.length > window) mids.shift();
      // What is under way is not known yet: better wait than trade twice.
      if (mids.length < window || openOrders.length > 0) return [];
      const mean = mids.reduce((sum, mid) => sum + mid, 0) / window;
      const wanted = midPrice > mean ? quantity : midPrice < mean ? -quantity : inventory;
      if (wanted === inventory) return [];
      const side = wanted > inventory ? 'buy' : 'sell';
      return [{ actionType: 'place', side, orderType: 'market', quantity: Math.abs(wanted - inventory) }];
    },
  };
}
