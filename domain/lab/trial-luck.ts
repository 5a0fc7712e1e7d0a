// How much of being the best of all versions that were tried is luck: what is said beside a verdict on days that everybody knows.
import type { RandomKey } from '../random.ts';
import { overfittingProbability } from './overfitting-probability.ts';
import type { OverfittingProbability } from './overfitting-probability.ts';
import { luckOf } from './search-luck.ts';
import type { SearchLuck } from './search-luck.ts';

export type TrialLuck = SearchLuck & { readonly overfitting: OverfittingProbability };

/** By seed, more is better; undefined where a version was not run on it. */
export type Version = readonly (number | undefined)[];

/**
 * @param reference by seed
 * @param versions all that were tried on these days, the one in question too
 * @param chosen position of that one
 */
export function luckOfTrials(
  reference: readonly number[],
  versions: readonly Version[],
  chosen: number,
  key: RandomKey,
): TrialLuck {
  const candidates = [reference, ...versions].map((scores) => ({ parameters: {}, scores }));
  const complete = versions.filter(
    (version) => !version.includes(undefined),
  ) as readonly (readonly number[])[];
  return {
    ...luckOf({ candidates, winner: chosen + 1, runs: 0 }, key),
    overfitting: overfittingProbability(complete),
  };
}
