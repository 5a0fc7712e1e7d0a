// A reference strategy: holds shares while the mid is above its mean, and is short while it is below.
import { orderActions } from '../strategy.ts';
import type { MarketState, OrderAction, Strategy } from '../strategy.ts';

export type FollowMomentumOptions = {
  /** Shares held or sold short. */
  readonly quantity: number;
  /** Ticks of the mean. */
  readonly window: number;
};

/** Trades with market orders, and only when it changes its mind. */
export function followMomentum({ quantity, window }: FollowMomentumOptions): Strategy {
  const mids: number[] = [];
  return {
    initialize: () => undefined,
    onTick({ midPrice, inventory, openOrders }: MarketState): OrderAction[] {
      if (midPrice === null) return [];
      mids.push(midPrice);
      if (mids.length > window) mids.shift();
      // What is under way is not known yet: better wait than trade twice.
      if (mids.length < window || openOrders.length > 0) return [];
      const mean = mids.reduce((sum, mid) => sum + mid, 0) / window;
      const wanted = midPrice > mean ? quantity : midPrice < mean ? -quantity : inventory;
      if (wanted === inventory) return [];
      const missing = Math.abs(wanted - inventory);
      return [wanted > inventory ? orderActions.buyNow(missing) : orderActions.sellNow(missing)];
    },
    onOrderUpdate: () => [],
    onSimulationEnd: () => undefined,
  };
}
