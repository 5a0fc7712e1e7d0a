// Market orders at random times, on random sides: what it earns is luck. Where a share that is traded pays a known edge, so is
// what it earns in expectation.
import type { MarketState, OrderAction, Strategy } from '../../sandbox/template/strategy-types.d.ts';

export const parameters = {
  /** Over the day, at times drawn evenly between open and close. */
  orders: { default: 60, low: 1, high: 1000 },
  /** Shares of each. */
  quantity: { default: 10, low: 1, high: 10_000 },
  /** How often it buys. */
  buys: { default: 0.5, low: 0, high: 1 },
};

export function createStrategy({
  orders,
  quantity,
  buys,
}: Record<keyof typeof parameters, number>): Strategy {
  let times: number[] = [];
  let sent = 0;
  return {
    initialize({ marketOpenNs, marketCloseNs }) {
      const drawn = Array.from({ length: orders }, () => Math.random());
      times = drawn
        .map((share) => marketOpenNs + share * (marketCloseNs - marketOpenNs))
        .sort((a, b) => a - b);
    },
    onTick({ timestampNs }: MarketState): OrderAction[] {
      const actions: OrderAction[] = [];
      while (sent < orders && times[sent]! <= timestampNs) {
        const side = Math.random() < buys ? 'buy' : 'sell';
        actions.push({ actionType: 'place', side, orderType: 'market', quantity });
        sent += 1;
      }
      return actions;
    },
  };
}
