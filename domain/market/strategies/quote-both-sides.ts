// A reference strategy: a market maker that joins the touch on both sides and leans against its inventory.
import { orderActions } from '../strategy.ts';
import type { MarketState, OrderAction, Strategy } from '../strategy.ts';

export type QuoteBothSidesOptions = {
  /** Shares of each order. */
  readonly quantity: number;
  /** Beyond it the side that would add to the inventory is left out. */
  readonly mostInventory: number;
};

/** Puts its orders anew at every tick, unless they are where they should be. */
export function quoteBothSides({ quantity, mostInventory }: QuoteBothSidesOptions): Strategy {
  return {
    initialize: () => undefined,
    onTick({ bestBid, bestAsk, inventory, openOrders }: MarketState): OrderAction[] {
      if (bestBid === null || bestAsk === null) return [];
      const wanted = [
        ...(inventory < mostInventory ? [orderActions.buy(quantity, bestBid)] : []),
        ...(inventory > -mostInventory ? [orderActions.sell(quantity, bestAsk)] : []),
      ];
      const isThere = (action: OrderAction): boolean =>
        action.actionType === 'place' &&
        openOrders.some(({ side, price }) => side === action.side && price === action.price);
      if (openOrders.length === wanted.length && wanted.every(isThere)) return [];
      return [orderActions.cancelAll(), ...wanted];
    },
    onOrderUpdate: () => [],
    onSimulationEnd: () => undefined,
  };
}
