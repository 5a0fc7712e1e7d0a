import { DEFAULT_CHOICE_PARAMETERS } from './choice-parameters.ts';
import { CALIBRATED, calibrationScore } from './realism-calibration.ts';
import { METRICS } from './realism-samples.ts';
import type { NoiseFloor, RealismMetric } from './realism-samples.ts';

const each = <T>(value: T): Record<RealismMetric, T> =>
  Object.fromEntries(METRICS.map((metric) => [metric, value])) as Record<RealismMetric, T>;
const NO_CHANCE = each<NoiseFloor | null>(null);

describe('the score of a fit', () => {
  test('is the mean distance, and 0 where every metric is as near as chance would put it', () => {
    expect(calibrationScore(each<number | null>(0.3), NO_CHANCE)).toBeCloseTo(0.3, 12);
    expect(calibrationScore(each<number | null>(0.3), each({ median: 0.3, p95: 0.5 }))).toBe(0);
    expect(calibrationScore(each<number | null>(0.3), each({ median: 0.1, p95: 0.5 }))).toBeCloseTo(0.2, 12);
  });

  test('is not better for a metric of which nothing is known, nor worse for one that is off without measure', () => {
    const known = { ...each<number | null>(0.3), repeatBrand: null };
    expect(calibrationScore(known, NO_CHANCE)).toBeCloseTo(0.3, 12);
    const off = (repeatBrand: number) =>
      calibrationScore({ ...each<number | null>(0.3), repeatBrand }, NO_CHANCE);
    expect(off(50)).toBe(off(1));
    expect(off(1)).toBeGreaterThan(off(0.3));
  });

  test('does not look at what nothing that is fitted can move', () => {
    const distances = { ...each<number | null>(0.3), weekday: 1, hour: 1, completion: 1 };
    expect(calibrationScore(distances, NO_CHANCE)).toBeCloseTo(0.3, 12);
  });
});

test.each(CALIBRATED)('the default of $name lies inside of what is searched', ({ name, low, high }) => {
  const value = DEFAULT_CHOICE_PARAMETERS[name];
  expect([value > low, value < high]).toEqual([true, true]);
});
