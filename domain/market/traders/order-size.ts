// How many shares a background trader asks for.
import { z } from 'zod';
import { exp, normalQuantile } from '../../math.ts';
import { SIZE, SIZE_COMPONENT } from '../draws.ts';
import type { Draws } from '../draws.ts';

const Weight = z.number().min(0).max(1e6);
/** Shares of an order. */
const Shares = z.int().max(10_000_000);

export const OrderSize = z.discriminatedUnion('type', [
  /** Log-normal odd lots, and normal peaks at the round lots 100, 200 and so on. Weights need not sum to 1. */
  z.strictObject({
    type: z.literal('mixture'),
    oddLots: z.strictObject({
      weight: Weight,
      mean: z.number().min(-20).max(20),
      deviation: z.number().min(0).max(10),
    }),
    roundLots: z.array(Weight).min(1).max(50),
    /** Standard deviation of each peak: shares, or a share of its centre. */
    deviation: z.strictObject({ type: z.enum(['shares', 'relative']), value: z.number().min(0).max(1e6) }),
    least: Shares.min(0).default(0),
    most: Shares.positive().default(1_000_000),
  }),
  /** Each size between two limits, both included, as likely as the others. */
  z.strictObject({ type: z.literal('uniform'), least: Shares.positive(), most: Shares.positive() }),
]);
export type OrderSize = z.infer<typeof OrderSize>;

/** Source: OrderSizeModel of jpmorganchase/abides-jpmc-public. Below 0.5 a size rounds to 0: no order. */
export const ABIDES_ORDER_SIZE: OrderSize = {
  type: 'mixture',
  oddLots: { weight: 0.2, mean: 2.9, deviation: 1.2 },
  roundLots: [0.7, 0.06, 0.004, 0.0329, 0.001, 0.0006, 0.0004, 0.0005, 0.0003, 0.0003],
  deviation: { type: 'shares', value: 0.15 },
  least: 0,
  most: 1_000_000,
};

/** Source: OrderSizeModel of GabrieleDiCorato/abides-hasufel. */
export const HASUFEL_ORDER_SIZE: OrderSize = {
  type: 'mixture',
  oddLots: { weight: 0.3, mean: 2.9, deviation: 1.2 },
  roundLots: [0.55, 0.08, 0.035, 0.018, 0.008, 0.004, 0.002, 0.0015, 0.0008, 0.0007],
  deviation: { type: 'relative', value: 0.1 },
  least: 1,
  most: 1000,
};

/** Most orders of today's markets are for a round lot or less. */
export const SMALL_ORDER_SIZE: OrderSize = {
  type: 'mixture',
  oddLots: { weight: 0.45, mean: 3.4, deviation: 0.9 },
  roundLots: [0.4, 0.08, 0.03, 0.02, 0.02],
  deviation: { type: 'shares', value: 0.15 },
  least: 1,
  most: 1000,
};

/** As large as an order of the model is but once in 30,000. */
export function mostShares(model: OrderSize): number {
  if (model.type === 'uniform') return model.most;
  const { oddLots, roundLots, deviation } = model;
  const centre = 100 * (roundLots.findLastIndex((weight) => weight > 0) + 1);
  const round = centre + 4 * (deviation.type === 'shares' ? deviation.value : deviation.value * centre);
  const odd = oddLots.weight > 0 ? exp(oddLots.mean + 4 * oddLots.deviation) : 0;
  return Math.min(model.most, Math.max(odd, round));
}

/** Shares of an order in whole lots, 0 for none. @param n number of the trader's wake-up */
export function drawOrderSize(
  model: OrderSize,
  draws: Draws,
  trader: number,
  n: number,
  lotSize: number,
): number {
  const size = drawShares(model, draws, trader, n);
  return lotSize === 1 ? size : Math.round(size / lotSize) * lotSize;
}

function drawShares(model: OrderSize, draws: Draws, trader: number, n: number): number {
  const u = draws.uniform(trader, SIZE, n);
  if (model.type === 'uniform') return model.least + Math.floor(u * (model.most - model.least + 1));
  const { oddLots, roundLots, deviation, least, most } = model;
  // A plain loop: each step of a reduce would leave a number behind.
  let total = oddLots.weight;
  for (let peak = 0; peak < roundLots.length; peak++) total += roundLots[peak]!;
  let left = draws.uniform(trader, SIZE_COMPONENT, n) * total;
  const normal = normalQuantile(u);
  let size: number;
  if (left < oddLots.weight) size = exp(oddLots.mean + oddLots.deviation * normal);
  else {
    left -= oddLots.weight;
    let peak = 0;
    while (peak < roundLots.length - 1 && left >= roundLots[peak]!) left -= roundLots[peak++]!;
    const centre = 100 * (peak + 1);
    size = centre + (deviation.type === 'shares' ? deviation.value : deviation.value * centre) * normal;
  }
  return Math.min(most, Math.max(least, Math.round(size)));
}
