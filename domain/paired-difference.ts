// What the difference between two arms says that share their units: agents that lived both, seeds that both were run on. A
// mean without its interval is a guess, and an interval without what it could have found says nothing of what is absent.
import { mean, quantileOfSorted, ascending, correlation, sampleDeviation } from './descriptive-statistics.ts';
import { minimumDetectable, unitsNeeded } from './power.ts';
import type { RandomKey } from './random.ts';
import { bootstrapMeans, independentResample, signFlipPValue } from './resampling.ts';

export type PairedDifference = {
  readonly pairs: number;
  readonly meanA: number;
  readonly meanB: number;
  /** Mean of b − a. */
  readonly difference: number;
  /** ÷ |mean of a|; null where that is 0. */
  readonly relative: number | null;
  /** 95 %, by bootstrap over pairs (B. Efron 1979, percentiles); both ends are 0 when all pairs are equal. */
  readonly interval: readonly [low: number, high: number];
  /** Two-sided, by flipping signs of differences (R. A. Fisher 1935); 1 when all pairs are equal. */
  readonly pValue: number;
  /** Of a and b over pairs: what pairing achieved. Null when one of them does not vary. */
  readonly correlation: number | null;
  /** The smallest true difference that 8 of 10 such comparisons would find at 5 %. */
  readonly minimumDetectable: number;
  /** Pairs that would find a difference of 1 % of |mean of a| as surely; null where that is 0. */
  readonly pairsForOnePercent: number | null;
};

const RESAMPLES = 5000;
const FLIPS = 2000;

/**
 * @param a and b in the same order of units, at least two
 * @param key of the resampling; the same key gives the same answer
 * @throws RangeError when they are not pairs
 */
export function pairedDifference(
  a: readonly number[],
  b: readonly number[],
  key: RandomKey,
): PairedDifference {
  if (a.length !== b.length) throw new RangeError(`${a.length} values and ${b.length} are no pairs`);
  if (a.length < 2) throw new RangeError(`${a.length} pairs say nothing: at least 2 are needed`);
  const differences = a.map((value, i) => b[i]! - value);
  const [meanA, meanB, difference] = [mean(a), mean(b), mean(differences)];
  const deviation = sampleDeviation(differences);
  const size = Math.abs(meanA);
  return {
    pairs: a.length,
    meanA,
    meanB,
    difference,
    relative: size === 0 ? null : difference / size,
    interval: bootstrap(differences, key.at('bootstrap')),
    pValue: signFlipPValue(differences, key.at('flip'), FLIPS),
    correlation: correlation(a, b, 2),
    minimumDetectable: minimumDetectable(deviation, a.length),
    pairsForOnePercent: unitsNeeded(0.01 * size, deviation),
  };
}

function bootstrap(differences: readonly number[], key: RandomKey): [number, number] {
  const means = bootstrapMeans(differences, independentResample(differences.length, key), RESAMPLES);
  const sorted = ascending(means);
  return [quantileOfSorted(sorted, 0.025), quantileOfSorted(sorted, 0.975)];
}
