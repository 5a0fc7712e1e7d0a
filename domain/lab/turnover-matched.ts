// How luck would have done with the same turnover: a random trader that sends as many orders of the same size, as many of them to
// buy, and holds no more than the strategy did in the same run.
import type { TraderMetrics } from '../market/trader-metrics.ts';
import type { RandomTraderOptions } from '../market/strategies/random-trader.ts';

/** What of a strategy's day is matched. */
export type Turnover = Pick<TraderMetrics, 'fills' | 'volume' | 'finalInventory' | 'mostInventory'>;

/**
 * Options of a random trader for the same market and seed; null when the strategy did not trade, and luck would not either. It
 * takes where a strategy may rest, and so pays the spread: against a market maker it is a low bar.
 * @param seed of the luck, not of the market
 */
export function turnoverMatched(
  { fills, volume, finalInventory, mostInventory }: Turnover,
  seed: string,
): RandomTraderOptions | null {
  if (fills === 0 || volume === 0) return null;
  const quantity = Math.max(1, Math.round(volume / fills));
  const orders = Math.max(1, Math.round(volume / quantity));
  // Bought less sold is what was left; bought and sold is the volume.
  const bought = (volume + finalInventory) / 2;
  return {
    seed,
    orders,
    quantity,
    buys: Math.min(orders, Math.round(bought / quantity)),
    mostInventory: Math.max(quantity, mostInventory),
  };
}
