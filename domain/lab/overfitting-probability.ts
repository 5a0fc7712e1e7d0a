// Does picking the best version find a good one? Probability of backtest overfitting by combinatorially symmetric
// cross-validation (Bailey, Borwein, López de Prado and Zhu 2017): seeds are cut into groups, the best on one half of the groups
// is looked up on the other half, for every way of halving.
import { ln } from '../math.ts';
import type { Versions } from './multiple-testing.ts';

export type OverfittingProbability =
  | {
      readonly type: 'known';
      /** Share of halvings in which the version that was best on one half was not above the median of the other. */
      readonly probability: number;
      readonly halvings: number;
      /** Median over halvings of the logit of its relative rank; below 0 it tends to be worse than most. */
      readonly medianLogit: number;
    }
  | {
      readonly type: 'refused';
      readonly reason: 'too_few_versions' | 'too_few_seeds';
      readonly given: number;
      readonly needed: number;
    };

/** Of fewer versions a relative rank says nothing. */
export const LEAST_VERSIONS = 20;
/** 12,870 halvings. */
const GROUPS = 16;

/**
 * @param versions of each, by seed, how good it was; more is better
 * @param groups even, at most 16
 */
export function overfittingProbability(versions: Versions, groups = GROUPS): OverfittingProbability {
  const seeds = Math.min(...versions.map((values) => values.length));
  if (versions.length < LEAST_VERSIONS) return refused('too_few_versions', versions.length, LEAST_VERSIONS);
  if (seeds < groups) return refused('too_few_seeds', seeds, groups);
  if (versions.some((values) => values.length !== seeds))
    throw new RangeError('the versions do not have the same number of seeds');
  const starts = Array.from({ length: groups + 1 }, (_, group) => Math.floor((group * seeds) / groups));
  const sums = versions.map((values) =>
    starts.slice(1).map((end, group) => sumOf(values, starts[group]!, end)),
  );
  const logits: number[] = [];
  for (let chosen = 0; chosen < 1 << groups; chosen++)
    if (bitsOf(chosen) === groups / 2) logits.push(logitOf(chosen, sums, starts));
  logits.sort((a, b) => a - b);
  return {
    type: 'known',
    probability: logits.filter((logit) => logit <= 0).length / logits.length,
    halvings: logits.length,
    medianLogit: (logits[(logits.length - 1) >> 1]! + logits[logits.length >> 1]!) / 2,
  };
}

function refused(
  reason: 'too_few_versions' | 'too_few_seeds',
  given: number,
  needed: number,
): OverfittingProbability {
  return { type: 'refused', reason, given, needed };
}

/** Of the relative rank, on the groups that were not chosen, of the version that is best on those that were. */
function logitOf(chosen: number, sums: readonly (readonly number[])[], starts: readonly number[]): number {
  let [seedsIn, seedsOut] = [0, 0];
  for (let group = 0; group < starts.length - 1; group++) {
    const size = starts[group + 1]! - starts[group]!;
    if ((chosen >> group) & 1) seedsIn += size;
    else seedsOut += size;
  }
  let [best, bestMean] = [0, -Infinity];
  const outside: number[] = [];
  sums.forEach((bySeedGroup, version) => {
    let [within, without] = [0, 0];
    bySeedGroup.forEach((sum, group) => {
      if ((chosen >> group) & 1) within += sum;
      else without += sum;
    });
    outside.push(without / seedsOut);
    if (within / seedsIn > bestMean) [best, bestMean] = [version, within / seedsIn];
  });
  const own = outside[best]!;
  // Ties share the mean of their ranks.
  const below = outside.filter((value) => value < own).length;
  const equal = outside.filter((value) => value === own).length;
  const rank = below + (equal + 1) / 2;
  return ln(rank / (sums.length + 1 - rank));
}

function sumOf(values: readonly number[], from: number, until: number): number {
  let sum = 0;
  for (let i = from; i < until; i++) sum += values[i]!;
  return sum;
}

function bitsOf(word: number): number {
  let count = 0;
  for (let left = word; left !== 0; left &= left - 1) count += 1;
  return count;
}
