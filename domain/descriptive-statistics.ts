// Plain statistics of samples. The older ones give 0 or NaN where nothing is known; those that return null say when.
import { ln } from './math.ts';

/** The value below which a share of the sorted values lies, interpolated. */
export function quantileOfSorted(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

export function median(values: readonly number[]): number {
  return quantileOfSorted(ascending(values), 0.5);
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}

/** Standard deviation of a sample, with n − 1 below; NaN for fewer than two values. */
export function sampleDeviation(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) * (value - centre), 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** A value, and how much of the whole it stands for: a time, for instance. */
export type Weighted = { readonly value: number; readonly weight: number };

/** Null without any weight. */
export function weightedMean(values: readonly Weighted[]): number | null {
  const whole = values.reduce((sum, { weight }) => sum + weight, 0);
  return whole === 0 ? null : values.reduce((sum, { value, weight }) => sum + value * weight, 0) / whole;
}

/** The least value that, with all below it, has a share of the weight; null without any weight. */
export function weightedQuantile(values: readonly Weighted[], share: number): number | null {
  const whole = values.reduce((sum, { weight }) => sum + weight, 0);
  if (whole === 0) return null;
  // Few of them differ: what is equal is added up before it is sorted.
  const weights = new Map<number, number>();
  for (const { value, weight } of values) weights.set(value, (weights.get(value) ?? 0) + weight);
  let sum = 0;
  for (const [value, weight] of [...weights].toSorted(([a], [b]) => a - b)) {
    sum += weight;
    if (weight > 0 && sum >= share * whole) return value;
  }
  return null;
}

/** Third moment ÷ the deviation's cube; null when all values are the same. */
export function weightedSkewness(values: readonly Weighted[]): number | null {
  const counted = values.filter(({ weight }) => weight > 0);
  const centre = weightedMean(counted);
  if (centre === null || areSame(counted.map(({ value }) => value))) return null;
  let [whole, squares, cubes] = [0, 0, 0];
  for (const { value, weight } of counted) {
    const off = value - centre;
    whole += weight;
    squares += weight * off * off;
    cubes += weight * off * off * off;
  }
  const variance = squares / whole;
  return cubes / whole / (variance * Math.sqrt(variance));
}

/**
 * The estimator G1 of skewness (Joanes and Gill 1998), beside G2 below. Null under three values, or when all are the same.
 */
export function skewness(values: readonly number[]): number | null {
  const n = values.length;
  const biased = weightedSkewness(values.map((value) => ({ value, weight: 1 })));
  return n < 3 || biased === null ? null : (biased * Math.sqrt(n * (n - 1))) / (n - 2);
}

/**
 * Kurtosis − 3, so that it is 0 for a normal distribution: the estimator G2 (Joanes and Gill 1998), without bias for normal
 * samples of any size, so that samples of unlike size can be compared. Null under four values, or when all are the same.
 */
export function excessKurtosis(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 4 || areSame(values)) return null;
  const centre = mean(values);
  let [squares, fourths] = [0, 0];
  for (const value of values) {
    const square = (value - centre) * (value - centre);
    squares += square;
    fourths += square * square;
  }
  const biased = (n * fourths) / (squares * squares) - 3;
  return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * biased + 6);
}

/** Pearson's, over the pairs of which both are known; null under so many pairs, or when one side is always the same. */
export function correlation(
  xs: readonly (number | null)[],
  ys: readonly (number | null)[],
  leastPairs = 2,
): number | null {
  const known = xs.flatMap((x, i) => (x === null || ys[i] == null ? [] : [[x, ys[i]] as const]));
  const left = known.map(([x]) => x);
  const right = known.map(([, y]) => y);
  if (known.length < Math.max(2, leastPairs) || areSame(left) || areSame(right)) return null;
  const [centre, middle] = [mean(left), mean(right)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const [x, y] of known) {
    xx += (x - centre) * (x - centre);
    yy += (y - middle) * (y - middle);
    xy += (x - centre) * (y - middle);
  }
  return xy / Math.sqrt(xx * yy);
}

/** Correlation of a series with itself some steps later; what is not known takes its pairs with it. */
export function autocorrelation(
  values: readonly (number | null)[],
  lag: number,
  leastPairs = 2,
): number | null {
  return correlation(values.slice(0, Math.max(0, values.length - lag)), values.slice(lag), leastPairs);
}

/**
 * Index of a power-law tail, P(X > x) ~ x^−α, from the largest values: Hill's estimator (1975). Null when there are no more
 * values than that, or when the tail has no extent.
 */
export function hillIndex(values: readonly number[], tail: number): number | null {
  const descending = values.toSorted((a, b) => b - a);
  const threshold = descending[tail];
  if (tail < 1 || threshold === undefined || threshold <= 0) return null;
  let sum = 0;
  for (let i = 0; i < tail; i++) sum += ln(descending[i]! / threshold);
  return sum === 0 ? null : tail / sum;
}

/** Asked before dividing by a variance: that of equal values can come out as more than 0. */
export function areSame(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}
