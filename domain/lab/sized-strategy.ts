// The same strategy at another size: how much money fits into it. It is told of shares as if it traded its own size, and what
// it asks for is multiplied.
import type { MarketState, OrderAction, OrderUpdate, Strategy } from '../market/strategy.ts';

/**
 * @param factor above 0. Shares that it is told of are divided by it and rounded towards 0, so that what it holds never looks like
 * more than it is; an order has at least one share. Cash, values and the book are told as they are.
 */
export function atSize(strategy: Strategy, factor: number): Strategy {
  if (factor === 1) return strategy;
  const told = (shares: number): number => Math.trunc(shares / factor);
  const open = (shares: number): number => (shares === 0 ? 0 : Math.max(1, told(shares)));
  const stateOf = (state: MarketState): MarketState => ({
    ...state,
    inventory: told(state.inventory),
    openOrders: state.openOrders.map((order) => ({
      ...order,
      openQuantity: open(order.openQuantity),
      filledQuantity: told(order.filledQuantity),
    })),
  });
  const updateOf = (update: OrderUpdate): OrderUpdate => ({
    ...update,
    fillQuantity: open(update.fillQuantity),
    openQuantity: open(update.openQuantity),
  });
  const sent = (actions: readonly OrderAction[]): readonly OrderAction[] =>
    Array.isArray(actions) ? actions.map((action: OrderAction) => resized(action, factor)) : actions;
  return {
    initialize: (config) => strategy.initialize({ ...config, targetInventory: told(config.targetInventory) }),
    onTick: (state) => sent(strategy.onTick(stateOf(state))),
    ...(strategy.onMarketData === undefined
      ? {}
      : { onMarketData: (state: MarketState) => sent(strategy.onMarketData!(stateOf(state))) }),
    onOrderUpdate: (update, state) => sent(strategy.onOrderUpdate(updateOf(update), stateOf(state))),
    onSimulationEnd: (state) => strategy.onSimulationEnd(stateOf(state)),
  };
}

/** What makes no sense stays as it is, and is refused as it would have been. */
function resized(action: OrderAction, factor: number): OrderAction {
  if (typeof action !== 'object' || action === null || !('quantity' in action)) return action;
  const { quantity } = action;
  if (!Number.isInteger(quantity) || quantity <= 0) return action;
  return { ...action, quantity: Math.max(1, Math.round(quantity * factor)) };
}
