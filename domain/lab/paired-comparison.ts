// What one strategy earned more than another on the same seeds. The seed is the unit: one day of a market is one draw, however
// many orders it had.
import { correlation, mean, median, sampleDeviation } from '../descriptive-statistics.ts';
import { normalQuantile } from '../math.ts';
import type { RandomKey } from '../random.ts';
import { independentResample, signFlipPValue, studentizedInterval } from '../resampling.ts';
import type { SignedSample } from '../resampling.ts';
import { sharpeRatio } from './sharpe-ratio.ts';

export type PairedComparison = {
  readonly seeds: number;
  readonly meanStrategy: number;
  readonly meanReference: number;
  /** Mean and median of strategy − reference. */
  readonly difference: number;
  readonly median: number;
  readonly deviation: number;
  /** Every difference is exactly 0; the interval then is [0, 0]. */
  readonly isEqual: boolean;
  /** Both ends together miss the mean difference in this share of cases; an end is infinite where few seeds give no bound. */
  readonly level: number;
  readonly interval: readonly [low: number, high: number];
  /** Over differences of pairs, or over both samples on their own because pairing achieved nothing. */
  readonly intervalOf: 'pairs' | 'independent_samples';
  /** Of strategy and reference over seeds: what common draws achieved. Null when one of them does not vary. */
  readonly correlation: number | null;
  /** Mean ÷ standard deviation of the differences, with its interval at the same level; null when they do not vary. */
  readonly effect: { readonly size: number; readonly interval: readonly [low: number, high: number] } | null;
  /** Two-sided, by flipping signs of differences. */
  readonly pValue: number;
};

/** Below it pairs are said to share nothing. */
const LEAST_CORRELATION = 0.2;
/** One less than a round number, so that quantiles of the draws and the observed one fall on whole ranks. */
const DRAWS = 9_999;

/**
 * @param strategy and reference in the same order of seeds, at least two, more is better
 * @param level of the interval
 * @param key of the resampling: the same key gives the same answer
 * @throws RangeError when they are not pairs, or one of them is not finite
 */
export function comparePairs(
  strategy: readonly number[],
  reference: readonly number[],
  level: number,
  key: RandomKey,
  draws = DRAWS,
): PairedComparison {
  requirePairs(strategy, reference);
  const differences = strategy.map((value, i) => value - reference[i]!);
  const shared = correlation(strategy, reference);
  // Pairs that move against each other vary more than independent samples do: theirs would be too short an interval.
  const isUnpaired = shared !== null && shared >= 0 && shared < LEAST_CORRELATION;
  const sample = (values: readonly number[], sign: 1 | -1, name: string): SignedSample => ({
    values,
    sign,
    resample: independentResample(values.length, key.at(name)),
  });
  const samples = isUnpaired
    ? [sample(strategy, 1, 'strategy'), sample(reference, -1, 'reference')]
    : [sample(differences, 1, 'differences')];
  return {
    seeds: differences.length,
    meanStrategy: mean(strategy),
    meanReference: mean(reference),
    difference: mean(differences),
    median: median(differences),
    deviation: sampleDeviation(differences),
    isEqual: differences.every((value) => value === 0),
    level,
    interval: studentizedInterval(samples, level, draws),
    intervalOf: isUnpaired ? 'independent_samples' : 'pairs',
    correlation: shared,
    effect: effectOf(differences, level),
    pValue: signFlipPValue(differences, key.at('flip'), draws),
  };
}

/** The mean difference in standard deviations is a Sharpe ratio over seeds: its error allows for skewness and tails. */
function effectOf(differences: readonly number[], level: number): PairedComparison['effect'] {
  const sharpe = sharpeRatio(differences);
  if (sharpe === null) return null;
  const reach = normalQuantile(1 - level / 2) * sharpe.standardError;
  return { size: sharpe.ratio, interval: [sharpe.ratio - reach, sharpe.ratio + reach] };
}

function requirePairs(strategy: readonly number[], reference: readonly number[]): void {
  if (strategy.length !== reference.length)
    throw new RangeError(`${strategy.length} values and ${reference.length} are no pairs`);
  if (strategy.length < 2)
    throw new RangeError(`${strategy.length} pairs say nothing: at least 2 are needed`);
  const bad = [...strategy, ...reference].find((value) => !Number.isFinite(value));
  if (bad !== undefined) throw new RangeError(`${bad} is no value that can be compared`);
}
