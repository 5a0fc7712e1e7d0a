// Doubles what it holds each time that it has lost, until it is even again: many small gains, and seldom a loss that takes all of
// them. In a fair market its mean is 0, and few days do not show it.
import type { MarketState, OrderAction, Strategy } from '../../sandbox/template/strategy-types.d.ts';

export const parameters = {
  quantity: { default: 10, low: 1, high: 100 },
  /** Cents that the price moves before it takes its gain, or doubles. */
  step: { default: 4, low: 1, high: 100 },
  mostInventory: { default: 2000, low: 10, high: 100_000 },
};

export function createStrategy({
  quantity,
  step,
  mostInventory,
}: Record<keyof typeof parameters, number>): Strategy {
  /** The mid at which it last bought. */
  let from = 0;
  return {
    onTick({ midPrice, inventory, openOrders }: MarketState): OrderAction[] {
      if (midPrice === null || openOrders.length > 0) return [];
      const trade = (side: 'buy' | 'sell', shares: number): OrderAction[] => [
        { actionType: 'place', side, orderType: 'market', quantity: shares },
      ];
      const buy = (shares: number): OrderAction[] => {
        from = midPrice;
        return trade('buy', shares);
      };
      if (inventory <= 0) return buy(quantity);
      if (midPrice >= from + step) return trade('sell', inventory);
      if (midPrice <= from - step && inventory < mostInventory) return buy(inventory);
      return [];
    },
  };
}
