import { mean, median } from '../descriptive-statistics.ts';
import { DISTRIBUTIONS, METRICS, PROFILES, RATIOS, distancesOf } from './realism-samples.ts';
import type { NoiseFloor, RealismMetric, RealismSamples } from './realism-samples.ts';

/** What a simulation is held against: figures of real households, and how far chance alone puts some of them off. */
export type RealismReference = {
  readonly source: string;
  /** Of the households' own values, or of their quantiles. */
  readonly samples: RealismSamples;
  /** Between `floorHouseholds` of them and all. */
  readonly floors: Readonly<Record<RealismMetric, NoiseFloor | null>>;
  readonly floorHouseholds: number;
};

/** Acceptance of issue D: a distance of at most 0.07 is wanted, 0.10 is a must. */
export const WANTED_DISTANCE = 0.07;
export const LARGEST_DISTANCE = 0.1;

export type RealismTableRow = {
  readonly metric: RealismMetric;
  readonly kind: 'distribution' | 'profile' | 'number';
  /** Mean of a distribution, or the number itself, over the seeds; null of a profile, and where there is none. */
  readonly ours: number | null;
  readonly target: number | null;
  /** Kolmogorov-Smirnov distance, or relative difference of a number: median, least and largest over the seeds. */
  readonly distance: number | null;
  readonly leastDistance: number | null;
  readonly largestDistance: number | null;
  /** The distance of as many households of the reference, by chance. */
  readonly floor: NoiseFloor | null;
  /** `by_chance`: over the limit, and still no further than 5 of 100 samples of the reference itself. */
  readonly verdict: 'wanted' | 'must' | 'by_chance' | 'fails' | 'unknown';
};

/** The part of carts with something in them that are bought is known from other sources (retail.md §4.5, C34). */
export const COMPLETION = { in_store: [0.96, 1], online: [0.3, 0.45] } as const;

/**
 * One row a metric, failing rows first, then by distance.
 * @param runs one for each seed, all of as many households
 * @param completion range in which the completion has to lie; null leaves the row out, where only purchases are known
 */
export function realismTable(
  runs: readonly RealismSamples[],
  reference: RealismReference,
  completion: readonly [number, number] | null,
): RealismTableRow[] {
  const scale = Math.sqrt(reference.floorHouseholds / Math.max(1, runs[0]?.households ?? 1));
  const rows = METRICS.filter((metric) => metric !== 'completion').map((metric) => {
    const floor = reference.floors[metric];
    return rowOf(
      metric,
      runs.map((run) => valueOf(run, metric)),
      valueOf(reference.samples, metric),
      runs.map((run) => distancesOf(run, reference.samples)[metric]),
      floor === null ? null : { median: floor.median * scale, p95: floor.p95 * scale },
    );
  });
  if (completion !== null) rows.push(completionRow(runs, completion));
  return rows.sort(
    (a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || (b.distance ?? 0) - (a.distance ?? 0),
  );
}

const ORDER: readonly RealismTableRow['verdict'][] = ['fails', 'by_chance', 'must', 'wanted', 'unknown'];

/** Inside its range the distance is 0, outside it is the relative one from the nearer end. */
function completionRow(
  runs: readonly RealismSamples[],
  [least, most]: readonly [number, number],
): RealismTableRow {
  const values = runs.map((run) => run.ratios.completion);
  const nearest = (value: number): number => Math.min(most, Math.max(least, value));
  return rowOf(
    'completion',
    values,
    nearest(median(values.flatMap((value) => value ?? []))),
    values.map((value) => (value === null ? null : Math.abs(value / nearest(value) - 1))),
    null,
  );
}

function rowOf(
  metric: RealismMetric,
  ours: readonly (number | null)[],
  target: number | null,
  distances: readonly (number | null)[],
  floor: NoiseFloor | null,
): RealismTableRow {
  const known = distances.flatMap((distance) => distance ?? []);
  const values = ours.flatMap((value) => value ?? []);
  const distance = known.length === 0 ? null : median(known);
  return {
    metric,
    kind: kindOf(metric),
    ours: values.length === 0 ? null : median(values),
    target,
    distance,
    leastDistance: distance === null ? null : Math.min(...known),
    largestDistance: distance === null ? null : Math.max(...known),
    floor,
    verdict: verdictOf(distance, floor),
  };
}

function verdictOf(distance: number | null, floor: NoiseFloor | null): RealismTableRow['verdict'] {
  if (distance === null) return 'unknown';
  if (distance <= WANTED_DISTANCE) return 'wanted';
  if (distance <= LARGEST_DISTANCE) return 'must';
  return floor !== null && distance <= floor.p95 ? 'by_chance' : 'fails';
}

function kindOf(metric: RealismMetric): RealismTableRow['kind'] {
  if (DISTRIBUTIONS.some((name) => name === metric)) return 'distribution';
  return PROFILES.some((name) => name === metric) ? 'profile' : 'number';
}

function valueOf(samples: RealismSamples, metric: RealismMetric): number | null {
  const distribution = DISTRIBUTIONS.find((name) => name === metric);
  if (distribution !== undefined) {
    const values = samples.distributions[distribution];
    return values.length === 0 ? null : mean(values);
  }
  const ratio = RATIOS.find((name) => name === metric);
  return ratio === undefined ? null : samples.ratios[ratio];
}
