// Does at random what a strategy may do: takes, rests before, at and behind the touch, changes, replaces and cancels.
import type { MarketState, OrderAction, Strategy } from '../../sandbox/template/strategy-types.d.ts';

export const parameters = {
  /** Largest order. */
  quantity: { default: 100, low: 1, high: 1000 },
  /** How often it does something at a tick. */
  activity: { default: 0.5, low: 0.01, high: 1 },
};

export function createStrategy({ quantity, activity }: Record<keyof typeof parameters, number>): Strategy {
  const upTo = (most: number): number => Math.floor(most * Math.random());
  return {
    onTick({ bestBid, bestAsk, openOrders }: MarketState): OrderAction[] {
      if (bestBid === null || bestAsk === null || Math.random() >= activity) return [];
      const shares = 1 + upTo(quantity);
      const side = Math.random() < 0.5 ? 'buy' : 'sell';
      const price = bestBid - 3 + upTo(8);
      const what = Math.random();
      if (what < 0.3) return [{ actionType: 'place', side, orderType: 'market', quantity: shares }];
      const order = openOrders[upTo(openOrders.length)];
      if (what < 0.7 || order === undefined)
        return [{ actionType: 'place', side, orderType: 'limit', quantity: shares, price }];
      const { orderId } = order;
      if (what < 0.8) return [{ actionType: 'modify', orderId, quantity: shares, price }];
      if (what < 0.9) return [{ actionType: 'replace', orderId, quantity: shares, price }];
      return [{ actionType: 'cancel', orderId }];
    },
  };
}
