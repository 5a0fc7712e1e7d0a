import { ascending, median, quantileOfSorted } from '../descriptive-statistics.ts';
import type { RandomKey } from '../random.ts';
import type { HouseholdFacts, OfferCounts } from './realism-facts.ts';
import { profileDistance } from './realism.ts';

/** Metrics of many households together, and how far apart two such sets are. */

/** Raw values, compared by their Kolmogorov-Smirnov distance. */
export const DISTRIBUTIONS = ['shopDays', 'gaps', 'linesPerBasket', 'basketValue'] as const;
/** Shares of baskets, compared by the largest difference of their cumulated shares. */
export const PROFILES = ['weekday', 'hour'] as const;
/** Single numbers, compared by the relative difference. */
export const RATIOS = [
  'basketsPerShopDay',
  'repeatBrand',
  'singleUnitLines',
  'promotedLines',
  'couponLinesPerWeek',
  'priorBuyerRatio',
  'completion',
] as const;
export type RealismMetric = (typeof DISTRIBUTIONS | typeof PROFILES | typeof RATIOS)[number];
export const METRICS: readonly RealismMetric[] = [...DISTRIBUTIONS, ...PROFILES, ...RATIOS];

export type RealismSamples = {
  readonly households: number;
  /** Ascending. Shop days per day over households; days; lines; units of money over baskets. */
  readonly distributions: Readonly<Record<(typeof DISTRIBUTIONS)[number], readonly number[]>>;
  /** Sunday first; from 0:00. */
  readonly profiles: Readonly<Record<(typeof PROFILES)[number], readonly number[]>>;
  /** Null where nothing was seen to divide by. */
  readonly ratios: Readonly<Record<(typeof RATIOS)[number], number | null>>;
};

export function samplesOf(facts: readonly HouseholdFacts[]): RealismSamples {
  const total = (value: (household: HouseholdFacts) => number): number =>
    facts.reduce((sum, household) => sum + value(household), 0);
  const baskets = total(({ linesPerBasket }) => linesPerBasket.length);
  const lines = total(({ linesPerBasket }) => linesPerBasket.reduce((a, b) => a + b, 0));
  const rate = (counts: (household: HouseholdFacts) => OfferCounts): number | null =>
    ratio(
      total((household) => counts(household).redeemed),
      total((household) => counts(household).dealt),
    );
  return {
    households: facts.length,
    distributions: {
      shopDays: ascending(facts.map(({ shopDays, days }) => shopDays / days)),
      gaps: ascending(facts.flatMap(({ gaps }) => gaps)),
      linesPerBasket: ascending(facts.flatMap(({ linesPerBasket }) => linesPerBasket)),
      basketValue: ascending(
        facts.flatMap(({ basketValueCents }) => basketValueCents.map((cents) => cents / 100)),
      ),
    },
    profiles: {
      weekday: summed(facts.map(({ weekdays }) => weekdays)).map((count) => count / (baskets || 1)),
      hour: summed(facts.map(({ hours }) => hours)).map((count) => count / (baskets || 1)),
    },
    ratios: {
      basketsPerShopDay: ratio(
        baskets,
        total(({ shopDays }) => shopDays),
      ),
      repeatBrand: ratio(
        total(({ sameBrandRepeats }) => sameBrandRepeats),
        total(({ repeats }) => repeats),
      ),
      singleUnitLines: ratio(
        total(({ singleUnitLines }) => singleUnitLines),
        lines,
      ),
      promotedLines: ratio(
        total(({ promotedLines }) => promotedLines),
        lines,
      ),
      couponLinesPerWeek: ratio(
        total(({ couponLines }) => couponLines),
        total(({ days }) => days / 7),
      ),
      priorBuyerRatio: ratio(
        rate(({ priorBuyer }) => priorBuyer) ?? 0,
        rate(({ otherBuyer }) => otherBuyer) ?? 0,
      ),
      completion: ratio(
        baskets,
        total(({ carts }) => carts),
      ),
    },
  };
}

function ratio(above: number, below: number): number | null {
  return below === 0 ? null : above / below;
}

function summed(profiles: readonly (readonly number[])[]): number[] {
  const sums = new Array<number>(profiles[0]?.length ?? 0).fill(0);
  for (const profile of profiles) for (const [i, count] of profile.entries()) sums[i]! += count;
  return sums;
}

/**
 * How far one set is from another, by metric: a Kolmogorov-Smirnov distance, or |ours ÷ theirs − 1| of a single number;
 * null where one side has nothing.
 */
export function distancesOf(
  ours: RealismSamples,
  theirs: RealismSamples,
): Record<RealismMetric, number | null> {
  const distances = {} as Record<RealismMetric, number | null>;
  for (const metric of DISTRIBUTIONS)
    distances[metric] = kolmogorovSmirnov(ours.distributions[metric], theirs.distributions[metric]);
  for (const metric of PROFILES)
    distances[metric] = profileDistance(ours.profiles[metric], theirs.profiles[metric]);
  for (const metric of RATIOS) {
    const [value, target] = [ours.ratios[metric], theirs.ratios[metric]];
    distances[metric] = value === null || !target ? null : Math.abs(value / target - 1);
  }
  return distances;
}

/** Largest difference of two empirical distribution functions; null when one sample is empty. Both ascending. */
export function kolmogorovSmirnov(a: readonly number[], b: readonly number[]): number | null {
  if (a.length === 0 || b.length === 0) return null;
  let [i, j, largest] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (a[i] === value) i++;
    while (b[j] === value) j++;
    largest = Math.max(largest, Math.abs(i / a.length - j / b.length));
  }
  return largest;
}

/** Distance that chance alone makes: its median, and what 95 of 100 samples stay below. */
export type NoiseFloor = { readonly median: number; readonly p95: number };

/**
 * Distances between random samples of the households and all of them: a simulation of as many agents cannot be expected
 * to come nearer.
 * @param households of each sample, fewer than there are
 */
export function noiseFloors(
  facts: readonly HouseholdFacts[],
  households: number,
  key: RandomKey,
  samples = 100,
): Record<RealismMetric, NoiseFloor | null> {
  const whole = samplesOf(facts);
  const drawn = Array.from({ length: samples }, (_, sample) =>
    distancesOf(samplesOf(sampleOf(facts, households, key.at(sample))), whole),
  );
  return Object.fromEntries(
    METRICS.map((metric) => [metric, floorOf(drawn.flatMap((distances) => distances[metric] ?? []))]),
  ) as Record<RealismMetric, NoiseFloor | null>;
}

function floorOf(distances: readonly number[]): NoiseFloor | null {
  if (distances.length === 0) return null;
  return { median: median(distances), p95: quantileOfSorted(ascending(distances), 0.95) };
}

/** `count` of the values, each as likely, none twice. */
export function sampleOf<T>(values: readonly T[], count: number, key: RandomKey): T[] {
  return values
    .map((value, i) => ({ value, order: key.uniformAt(i) }))
    .sort((a, b) => a.order - b.order)
    .slice(0, count)
    .map(({ value }) => value);
}

/** A sample as its values at so many quantiles: what is left of a panel's raw values where they may not be copied. */
export function quantilesOf(sorted: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => sorted[Math.floor(((i + 0.5) / count) * sorted.length)]!);
}
