import type { RandomKey } from './random.ts';

/**
 * A search for the least value of a function that is costly, noisy and without slopes: random steps around the best point
 * so far, wide ones in every direction first, then small ones in a few. Deterministic by its key.
 */

export type Dimension = { readonly name: string; readonly low: number; readonly high: number };
export type Point = Readonly<Record<string, number>>;

/** Part of the trials that explores, and the deviation of a step in parts of a dimension's range: first, then at the end. */
const EXPLORING = 0.3;
const WIDE_STEP = 0.2;
const SMALL_STEPS = { first: 0.15, last: 0.04 };
/** Mean number of dimensions that a small step changes. */
const FEW = 3;

/**
 * The point to try next.
 * @param best the best point so far; what it has beside the dimensions stays
 * @param trial number of the trial, from 0 to before `trials`
 */
export function propose(
  dimensions: readonly Dimension[],
  best: Point,
  trial: number,
  trials: number,
  key: RandomKey,
): Point {
  const progress = trial / Math.max(1, trials);
  const isExploring = progress < EXPLORING;
  const late = (progress - EXPLORING) / (1 - EXPLORING);
  const step = isExploring ? WIDE_STEP : SMALL_STEPS.first + (SMALL_STEPS.last - SMALL_STEPS.first) * late;
  const chance = isExploring ? 0.5 : Math.min(1, FEW / dimensions.length);
  const always = Math.floor(key.at(trial, 'always').uniform() * dimensions.length);
  const moved = dimensions.flatMap(({ name, low, high }, i) => {
    const own = key.at(trial, name);
    if (i !== always && own.at('whether').uniform() >= chance) return [];
    const value = best[name]! + step * (high - low) * own.at('step').normal();
    return [[name, reflected(value, low, high)]];
  });
  return { ...best, ...(Object.fromEntries(moved) as Point) };
}

/** A value beyond an end comes back from it, as far as it went; never further than the other end. */
function reflected(value: number, low: number, high: number): number {
  const inside = value < low ? 2 * low - value : value > high ? 2 * high - value : value;
  return Math.min(high, Math.max(low, inside));
}
