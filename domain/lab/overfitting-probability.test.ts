import { mean } from '../descriptive-statistics.ts';
import { RandomKey } from '../random.ts';
import { overfittingProbability } from './overfitting-probability.ts';
import type { OverfittingProbability } from './overfitting-probability.ts';

const KEY = RandomKey.of('overfitting-probability');

function versions(
  name: string | number,
  edge: (version: number) => number,
  count = 20,
  seeds = 32,
): number[][] {
  return Array.from({ length: count }, (_, version) =>
    Array.from({ length: seeds }, (_unused, seed) => KEY.at(name, version, seed).normal() + edge(version)),
  );
}

function known(result: OverfittingProbability) {
  if (result.type !== 'known') throw new Error(result.reason);
  return result;
}

// purgedcv 0.1.11: probability_of_backtest_overfitting(matrix, groups, metric=mean).
test.each([
  [8, 70, 0.7428571428571429, -0.9162907318741551],
  [16, 12_870, 0.7065268065268066, -0.48550781578170094],
])('in %d groups is what purgedcv says', (groups, halvings, probability, medianLogit) => {
  const matrix = Array.from({ length: 20 }, (_, k) =>
    Array.from({ length: 16 }, (_unused, t) => ((7 * k + 3 * t * t + 5 * k * t) % 23) - 11 + 0.013 * k),
  );
  const result = known(overfittingProbability(matrix, groups));

  expect(result.halvings).toBe(halvings);
  expect(result.probability).toBeCloseTo(probability, 12);
  expect(result.medianLogit).toBeCloseTo(medianLogit, 12);
});

test('of versions that do not differ, picking is a coin: about a half over many searches', () => {
  const found = Array.from(
    { length: 60 },
    (_, search) =>
      known(
        overfittingProbability(
          versions(search, () => 0),
          8,
        ),
      ).probability,
  );

  expect(mean(found)).toBeGreaterThan(0.4);
  expect(mean(found)).toBeLessThan(0.6);
});

test('where one version is really better, picking finds it', () => {
  const result = known(overfittingProbability(versions('planted', (version) => (version === 7 ? 2 : 0))));

  expect(result.probability).toBe(0);
  expect(result.medianLogit).toBeCloseTo(Math.log(20), 12);
});

test('versions that are all the same share one rank: the best is not above the median', () => {
  const same = Array.from({ length: 20 }, () => Array.from({ length: 16 }, (_, seed) => seed));

  expect(known(overfittingProbability(same, 4))).toMatchObject({ probability: 1, medianLogit: 0 });
});

test('of fewer than 20 versions, or of too few seeds, it says nothing', () => {
  expect(overfittingProbability(versions('few', () => 0, 19))).toEqual({
    type: 'refused',
    reason: 'too_few_versions',
    given: 19,
    needed: 20,
  });
  expect(overfittingProbability(versions('short', () => 0, 20, 15))).toEqual({
    type: 'refused',
    reason: 'too_few_seeds',
    given: 15,
    needed: 16,
  });
});

test('versions without the same seeds are refused', () => {
  const uneven = versions('uneven', () => 0).map((values, i) => (i === 3 ? [...values, 1] : values));

  expect(() => overfittingProbability(uneven)).toThrow('do not have the same number of seeds');
});
