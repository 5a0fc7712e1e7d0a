import { METRICS } from './realism-samples.ts';
import type { NoiseFloor, RealismMetric, RealismSamples } from './realism-samples.ts';
import { realismTable } from './realism-table.ts';

const profile = (length: number) => Array.from({ length }, () => 1 / length);
const someSamples = (ratios: Partial<RealismSamples['ratios']> = {}): RealismSamples => ({
  households: 300,
  distributions: {
    shopDays: [0.1, 0.2],
    gaps: [1, 2, 3],
    linesPerBasket: [1, 2, 3, 4],
    basketValue: [2.5, 5],
  },
  profiles: { weekday: profile(7), hour: profile(24) },
  ratios: {
    basketsPerShopDay: 1.2,
    repeatBrand: 0.5,
    singleUnitLines: 0.8,
    promotedLines: 0.5,
    couponLinesPerWeek: 0.15,
    priorBuyerRatio: null,
    completion: 0.98,
    ...ratios,
  },
});
const reference = (floors: Partial<Record<RealismMetric, NoiseFloor>> = {}) => ({
  source: 'test',
  samples: someSamples(),
  floorHouseholds: 300,
  floors: Object.fromEntries(METRICS.map((metric) => [metric, floors[metric] ?? null])) as Record<
    RealismMetric,
    NoiseFloor | null
  >,
});
const verdict = (ratios: Partial<RealismSamples['ratios']>, metric: RealismMetric, p95 = 0) =>
  realismTable([someSamples(ratios)], reference({ [metric]: { median: 0, p95 } }), [0.96, 1]).find(
    (row) => row.metric === metric,
  )!.verdict;

describe('a row', () => {
  test.each([
    [0.52, 0, 'wanted'],
    [0.545, 0, 'must'],
    [0.6, 0, 'fails'],
    [0.6, 0.25, 'by_chance'],
  ] as const)('of %f against 0.5 and a noise floor of %f: %s', (repeatBrand, p95, expected) => {
    expect(verdict({ repeatBrand }, 'repeatBrand', p95)).toBe(expected);
  });

  test('without a target is unknown, not good', () => {
    expect(verdict({ priorBuyerRatio: 5 }, 'priorBuyerRatio')).toBe('unknown');
  });

  test('of completion is a range', () => {
    expect([verdict({ completion: 0.97 }, 'completion'), verdict({ completion: 0.5 }, 'completion')]).toEqual(
      ['wanted', 'fails'],
    );
  });
});

test('failing rows come first, and a row is the median over the seeds with its range', () => {
  const runs = [0.7, 0.5, 0.6].map((repeatBrand) => someSamples({ repeatBrand }));
  const [first] = realismTable(runs, reference(), null);
  expect(first).toMatchObject({ metric: 'repeatBrand', ours: 0.6, target: 0.5, verdict: 'fails' });
  expect([first!.leastDistance, first!.distance, first!.largestDistance!]).toEqual([
    0,
    expect.closeTo(0.2, 12),
    expect.closeTo(0.4, 12),
  ]);
});

test('fewer agents are further off by chance', () => {
  const row = realismTable(
    [{ ...someSamples(), households: 75 }],
    reference({ gaps: { median: 0.02, p95: 0.04 } }),
    null,
  ).find(({ metric }) => metric === 'gaps')!;
  expect(row.floor).toEqual({ median: 0.04, p95: 0.08 });
});
