// A market maker: joins the best price on both sides and leaves out the side that would add to too much inventory. The same
// as the reference strategy `quote_both_sides`, order by order.
import type { MarketState, OrderAction, Side, Strategy } from '../sandbox/template/strategy-types.d.ts';

export const parameters = {
  /** Shares of each order. */
  quantity: { default: 10, low: 1, high: 100 },
  mostInventory: { default: 50, low: 10, high: 1000 },
};

type Quote = Extract<OrderAction, { actionType: 'place' }>;

export function createStrategy({
  quantity,
  mostInventory,
}: Record<keyof typeof parameters, number>): Strategy {
  const quote = (side: Side, price: number): Quote => ({
    actionType: 'place',
    side,
    orderType: 'limit',
    quantity,
    price,
  });
  return {
    onTick({ bestBid, bestAsk, inventory, openOrders }: MarketState): OrderAction[] {
      if (bestBid === null || bestAsk === null) return [];
      const wanted = [
        ...(inventory < mostInventory ? [quote('buy', bestBid)] : []),
        ...(inventory > -mostInventory ? [quote('sell', bestAsk)] : []),
      ];
      const isThere = (order: Quote): boolean =>
        openOrders.some(({ side, price }) => side === order.side && price === order.price);
      // An order that is where it should be keeps its place in the queue.
      if (openOrders.length === wanted.length && wanted.every(isThere)) return [];
      return [{ actionType: 'cancel_all' }, ...wanted];
    },
  };
}
