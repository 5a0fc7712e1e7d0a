import { END, START, StateGraph } from '@langchain/langgraph';
import type { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { shoppingNodes } from './shopping-nodes.ts';
import type { ShoppingNodeName, ShoppingOptions } from './shopping-nodes.ts';
import { ShoppingState } from './shopping-state.ts';

/**
 * One trip as a graph (seed 000, "LangGraph Shopping Graph"):
 *
 *   decide_shop → browse_products → add_to_cart → view_coupons → decide_checkout → complete_checkout | abandon_session
 *        └ skip → END                    ↑___________│ once, for offers found late
 */

type Next = ShoppingNodeName | typeof END;

/** The edges: for each node where it may lead, and where it leads in a given state. */
export const SHOPPING_EDGES: Readonly<
  Record<ShoppingNodeName, { to: readonly Next[]; next: (state: ShoppingState) => Next }>
> = {
  decide_shop: {
    to: ['browse_products', END],
    next: (state) => (state.isShopping ? 'browse_products' : END),
  },
  browse_products: { to: ['add_to_cart'], next: () => 'add_to_cart' },
  add_to_cart: { to: ['view_coupons'], next: () => 'view_coupons' },
  view_coupons: {
    to: ['add_to_cart', 'decide_checkout'],
    next: (state) => (state.needs.length > 0 ? 'add_to_cart' : 'decide_checkout'),
  },
  decide_checkout: {
    to: ['complete_checkout', 'abandon_session'],
    next: (state) => (state.isBuying ? 'complete_checkout' : 'abandon_session'),
  },
  complete_checkout: { to: [END], next: () => END },
  abandon_session: { to: [END], next: () => END },
};

export type RunTrip = (start: ShoppingState, trace: TripTrace) => Promise<ShoppingState>;

/** What a trace sink is told about a trip, and the sink if there is one. */
export type TripTrace = {
  readonly callbacks: readonly BaseCallbackHandler[];
  readonly metadata: Readonly<Record<string, string | number>>;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
};

/** Compiles the graph once; the result runs one trip at a time and keeps nothing between trips. */
export function createShoppingGraph(options: ShoppingOptions): RunTrip {
  const nodes = shoppingNodes(options);
  const graph = new StateGraph(ShoppingState)
    .addNode('decide_shop', nodes.decide_shop)
    .addNode('browse_products', nodes.browse_products)
    .addNode('add_to_cart', nodes.add_to_cart)
    .addNode('view_coupons', nodes.view_coupons)
    .addNode('decide_checkout', nodes.decide_checkout)
    .addNode('complete_checkout', nodes.complete_checkout)
    .addNode('abandon_session', nodes.abandon_session)
    .addEdge(START, 'decide_shop');
  for (const [from, edge] of Object.entries(SHOPPING_EDGES) as [
    ShoppingNodeName,
    (typeof SHOPPING_EDGES)[ShoppingNodeName],
  ][])
    graph.addConditionalEdges(from, edge.next, [...edge.to]);
  const compiled = graph.compile();
  return async (start, { callbacks, metadata, signal }) =>
    compiled.invoke(start, {
      // With an empty list, LangGraph keeps account of every step for nobody.
      ...(callbacks.length === 0 ? {} : { callbacks: [...callbacks], metadata, runName: 'shopping_trip' }),
      ...(signal === undefined ? {} : { signal }),
      recursionLimit: 12,
    });
}
