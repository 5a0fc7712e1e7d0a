// Buys the shares that are to be held at the close, slice by slice: waits at the best bid for a while, and crosses the spread for
// what was not filled there. The last minute takes whatever is missing.
import type {
  AgentConfig,
  MarketState,
  OrderAction,
  Strategy,
} from '../sandbox/template/strategy-types.d.ts';

export const parameters = {
  /** Parts that the shares are bought in, at equal intervals. */
  slices: { default: 12, low: 1, high: 60 },
  /** Seconds at the best bid before the spread is crossed. */
  patienceSeconds: { default: 10, low: 0, high: 300 },
  /** 0: evenly over the session; 1: most of it early. */
  urgency: { default: 0.25, low: 0, high: 1 },
  /** Cents above the best bid at which it waits, below the best ask if it can. */
  improvementCents: { default: 0, low: 0, high: 3 },
};

const SECOND_NS = 1_000_000_000;
/** Of the session: after it nothing is left to chance. */
const LAST_NS = 60 * SECOND_NS;
const MOST_OF_ORDER = 1000;

export function createStrategy({
  slices,
  patienceSeconds,
  urgency,
  improvementCents,
}: Record<keyof typeof parameters, number>): Strategy {
  let openNs = 0;
  let closeNs = 0;
  let target = 0;
  /** Since when more is due than there is; null while nothing is. */
  let waitingSinceNs: number | null = null;

  /** Shares that should be held by now. A session that has less than two minutes has only its last one. */
  function dueBy(timestampNs: number): number {
    const end = Math.max(openNs + 1, closeNs - LAST_NS);
    const elapsed = Math.min(1, Math.max(0, (timestampNs - openNs) / (end - openNs)));
    const part = Math.min(slices, Math.floor(elapsed * slices) + 1) / slices;
    const early = 1 - (1 - part) * (1 - part);
    return Math.ceil(target * ((1 - urgency) * part + urgency * early));
  }

  return {
    initialize({ marketOpenNs, marketCloseNs, targetInventory }: AgentConfig) {
      openNs = marketOpenNs;
      closeNs = marketCloseNs;
      target = targetInventory;
    },
    onTick({
      timestampNs,
      timeRemainingNs,
      bestBid,
      bestAsk,
      inventory,
      openOrders,
    }: MarketState): OrderAction[] {
      const missing = Math.min(MOST_OF_ORDER, dueBy(timestampNs) - inventory);
      if (missing <= 0 || bestBid === null || bestAsk === null) {
        if (missing <= 0) waitingSinceNs = null;
        return openOrders.length === 0 ? [] : [{ actionType: 'cancel_all' }];
      }
      waitingSinceNs ??= timestampNs;
      const hasWaited = timestampNs - waitingSinceNs >= patienceSeconds * SECOND_NS;
      if (hasWaited || timeRemainingNs <= LAST_NS) {
        // What rests may be filled on the way: first it is taken away, and at the next tick it is known what is missing.
        if (openOrders.length > 0) return [{ actionType: 'cancel_all' }];
        waitingSinceNs = null;
        return [
          {
            actionType: 'place',
            side: 'buy',
            orderType: 'limit',
            price: bestAsk + 1,
            quantity: missing,
            timeInForce: 'ioc',
          },
        ];
      }
      const price = Math.min(bestBid + improvementCents, Math.max(bestBid, bestAsk - 1));
      const [own] = openOrders;
      if (own === undefined)
        return [
          {
            actionType: 'place',
            side: 'buy',
            orderType: 'limit',
            price,
            quantity: missing,
            isPostOnly: true,
          },
        ];
      // An order that is where it should be keeps its place in the queue.
      if (own.price !== null && own.price >= bestBid && own.openQuantity === missing) return [];
      return [{ actionType: 'replace', orderId: own.orderId, price, quantity: missing }];
    },
  };
}
