import {
  autocorrelation,
  correlation,
  excessKurtosis,
  hillIndex,
  weightedMean,
  weightedQuantile,
  weightedSkewness,
} from './descriptive-statistics.ts';
import { RandomKey } from './random.ts';

const key = RandomKey.of('descriptive statistics');
const normals = (count: number): number[] => Array.from({ length: count }, (_, i) => key.at(i).normal());

/** Values 1 with this share of the weight, 0 with the rest. */
const coin = (share: number) => [
  { value: 1, weight: 10 * share },
  { value: 0, weight: 10 * (1 - share) },
];

describe('excess kurtosis', () => {
  test('is that of known samples', () => {
    expect(excessKurtosis([1, 2, 3, 4, 5])).toBeCloseTo(-1.2, 12);
    expect(excessKurtosis([0, 0, 0, 0, 0, 0, 0, 0, 0, 7])).toBeCloseTo(10, 12);
  });

  test('is 0 for normal values', () => {
    expect(excessKurtosis(normals(20_000))).toBeCloseTo(0, 0);
  });

  test('does not change with unit and origin', () => {
    expect(excessKurtosis([1, 2, 3, 4, 50].map((x) => 10 - 1e-5 * x))).toBeCloseTo(
      excessKurtosis([1, 2, 3, 4, 50])!,
      6,
    );
  });

  test('is unknown for fewer than four values, or equal ones whose sum is not exact', () => {
    expect(excessKurtosis([1, 2, 3])).toBeNull();
    expect(excessKurtosis(new Array<number>(10).fill(0.1))).toBeNull();
  });
});

describe('weighted', () => {
  test('mean and quantiles count each value as much as it weighs', () => {
    const values = [
      { value: 10, weight: 60 },
      { value: 2, weight: 30 },
      { value: 99, weight: 0 },
    ];

    expect(weightedMean(values)).toBeCloseTo(660 / 90, 12);
    expect([0, 0.33, 0.34, 0.5, 1].map((share) => weightedQuantile(values, share))).toEqual([
      2, 2, 10, 10, 10,
    ]);
  });

  test('skewness is that of a coin', () => {
    // (1 − 2p) ÷ √(p(1 − p)).
    expect(weightedSkewness(coin(0.1))).toBeCloseTo(0.8 / 0.3, 12);
    expect(weightedSkewness(coin(0.5))).toBeCloseTo(0, 12);
    expect(weightedSkewness(coin(0.9))).toBeCloseTo(-0.8 / 0.3, 12);
  });

  test('of no weight nothing is known, of equal values no skewness', () => {
    expect([weightedMean([]), weightedQuantile([], 0.5), weightedSkewness([])]).toEqual([null, null, null]);
    expect(
      weightedSkewness([{ value: 0.1, weight: 3 }, ...coin(0).map(() => ({ value: 0.1, weight: 7 }))]),
    ).toBeNull();
  });
});

describe('correlation', () => {
  test("is that of Anscombe's first set", () => {
    const xs = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
    const ys = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];

    expect(correlation(xs, ys)).toBeCloseTo(0.81642, 5);
  });

  test('leaves out pairs that are not known', () => {
    expect(correlation([1, null, 2, 3, 4], [2, 100, 4, null, 8])).toBeCloseTo(1, 12);
  });

  test('is unknown with too few pairs or when one side never changes', () => {
    expect(correlation([1, 2, null], [2, 1, 3], 3)).toBeNull();
    expect(correlation([1], [2])).toBeNull();
    expect(correlation([0.1, 0.1, 0.1], [1, 2, 3])).toBeNull();
  });
});

describe('autocorrelation', () => {
  test('of values that alternate is −1 and 1 in turn', () => {
    const values = Array.from({ length: 10 }, (_, i) => i % 2);

    expect(autocorrelation(values, 1)).toBeCloseTo(-1, 12);
    expect(autocorrelation(values, 2)).toBeCloseTo(1, 12);
  });

  test('finds that of an autoregressive series again', () => {
    let last = 0;
    const values = normals(20_000).map((shock) => (last = 0.6 * last + shock));

    expect(Math.abs(autocorrelation(values, 1)! - 0.6)).toBeLessThan(0.02);
    expect(Math.abs(autocorrelation(values, 3)! - 0.216)).toBeLessThan(0.03);
  });

  test('does not pair values across one that is not known', () => {
    expect(autocorrelation([1, 2, null, 9, 8, null, 3, 4], 1)).toBeCloseTo(
      correlation([1, 9, 3], [2, 8, 4])!,
      12,
    );
    expect(autocorrelation([1, null, 2, null, 3], 1)).toBeNull();
  });

  test('is unknown at a lag as long as the series', () => {
    expect([3, 4].map((lag) => autocorrelation([1, 2, 3], lag))).toEqual([null, null]);
  });
});

describe('the Hill index', () => {
  test('is the inverse of the mean logarithm above the threshold', () => {
    expect(hillIndex([2, 1, 8, 4], 3)).toBeCloseTo(3 / (6 * Math.LN2), 12);
  });

  test.each([1.5, 3])('finds the %s of a Pareto distribution again', (alpha) => {
    const values = Array.from({ length: 20_000 }, (_, i) => key.at('pareto', i).uniform() ** (-1 / alpha));

    expect(Math.abs(hillIndex(values, 1000)! / alpha - 1)).toBeLessThan(0.1);
  });

  test('is unknown without a value below the tail, or above it', () => {
    expect(hillIndex([3, 2, 1], 3)).toBeNull();
    expect(hillIndex([3, 2, 1], 0)).toBeNull();
    expect(hillIndex([3, 2, 0], 2)).toBeNull();
    expect(hillIndex([3, 3, 3], 2)).toBeNull();
  });
});
