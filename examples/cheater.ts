// A cheater: it has seen the first twenty days that everybody is judged on, knows each by the price at which it opens, and knows
// which way it went. On these days it looks like the best strategy there is. On sealed days it is a coin, and pays for tossing it.
import type { MarketState, OrderAction, Strategy } from '../sandbox/template/strategy-types.d.ts';

export const parameters = {
  /** Shares that it buys or sells short. */
  quantity: { default: 200, low: 1, high: 1000 },
};

/** Of each day the first mid in cents, and the sign of what the price did until the close. */
const SEEN = [
  [6923.5, 1],
  [6576.5, -1],
  [6073.5, -1],
  [4304.5, -1],
  [8477.5, -1],
  [6316.5, -1],
  [4017.5, -1],
  [6053.5, 1],
  [8866.5, 1],
  [3658.5, 1],
  [4116.5, -1],
  [5094.5, -1],
  [7982.5, -1],
  [4186.5, 1],
  [9958.5, -1],
  [7376.5, -1],
  [3838.5, -1],
  [5451.5, -1],
  [3336.5, 1],
  [5543.5, 1],
] as const;

export function createStrategy({ quantity }: Record<keyof typeof parameters, number>): Strategy {
  let isDone = false;
  return {
    onTick({ midPrice }: MarketState): OrderAction[] {
      if (isDone || midPrice === null) return [];
      isDone = true;
      let nearest: (typeof SEEN)[number] = SEEN[0];
      for (const day of SEEN)
        if (Math.abs(day[0] - midPrice) < Math.abs(nearest[0] - midPrice)) nearest = day;
      return [{ actionType: 'place', side: nearest[1] > 0 ? 'buy' : 'sell', orderType: 'market', quantity }];
    },
  };
}
