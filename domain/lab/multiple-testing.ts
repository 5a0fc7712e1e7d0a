// Several questions asked of the same runs, or one question asked of several strategies.
import { mean, sampleDeviation } from '../descriptive-statistics.ts';
import type { Resample } from '../resampling.ts';

/**
 * P-values such that the share of families with any false alarm keeps the level, whatever their dependence: S. Holm (1979).
 * In the order given.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).toSorted((i, j) => pValues[i]! - pValues[j]!);
  const adjusted = new Array<number>(pValues.length);
  let least = 0;
  order.forEach((i, rank) => {
    least = Math.max(least, Math.min(1, pValues[i]! * (pValues.length - rank)));
    adjusted[i] = least;
  });
  return adjusted;
}

/** Of each version a series over the same seeds: how much better than the reference it was. */
export type Versions = readonly (readonly number[])[];

/**
 * Is the best of all versions better than the reference, or only the luckiest? H. White's Reality Check (2000), one-sided:
 * how often the best of the resampled means, each less its own mean, is at least as large as the best that was seen.
 * @param resample seeds are independent: `independentResample`; for days of one path `stationaryResample`
 */
export function realityCheck(versions: Versions, resample: Resample, draws: number): number {
  requireVersions(versions);
  const centres = versions.map(mean);
  const best = Math.max(...centres);
  let asLarge = 1;
  for (let draw = 0; draw < draws; draw++) {
    const means = meansAgain(versions, resample(draw));
    if (means.some((again, k) => again - centres[k]! >= best)) asLarge += 1;
  }
  return asLarge / (draws + 1);
}

/**
 * Which versions are better than the reference: P. Romano and M. Wolf's step-down p-values (2005; formulas of 2016), one-sided,
 * with means in standard errors so that a version which varies much does not hide the others. Like Holm's they keep the level
 * over the whole family, but related versions cost less. In the order given; 1 for a version that does not vary and is no better.
 */
export function stepDown(versions: Versions, resample: Resample, draws: number): number[] {
  requireVersions(versions);
  const seeds = versions[0]!.length;
  const centres = versions.map(mean);
  const errors = versions.map((values) => sampleDeviation(values) / Math.sqrt(seeds));
  const statistics = centres.map((centre, k) => inErrors(centre, errors[k]!));
  const order = statistics.map((_, k) => k).toSorted((k, l) => statistics[l]! - statistics[k]!);
  const asLarge = new Array<number>(versions.length).fill(1);
  for (let draw = 0; draw < draws; draw++) {
    const means = meansAgain(versions, resample(draw));
    // The best of those that are no better than the one in turn: from the last to the first.
    let best = -Infinity;
    for (let rank = order.length - 1; rank >= 0; rank--) {
      const k = order[rank]!;
      best = Math.max(best, inErrors(means[k]! - centres[k]!, errors[k]!));
      if (best >= statistics[k]!) asLarge[k]! += 1;
    }
  }
  let least = 0;
  for (const k of order) {
    least = Math.max(least, asLarge[k]! / (draws + 1));
    asLarge[k] = least;
  }
  return asLarge;
}

function inErrors(value: number, error: number): number {
  return error > 0 ? value / error : value === 0 ? 0 : value * Infinity;
}

function meansAgain(versions: Versions, positions: ArrayLike<number>): number[] {
  return versions.map((values) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[positions[i]!]!;
    return sum / values.length;
  });
}

function requireVersions(versions: Versions): void {
  const seeds = versions[0]?.length ?? 0;
  if (seeds < 2) throw new RangeError('at least one version with at least 2 seeds is needed');
  const at = versions.findIndex((values) => values.length !== seeds);
  if (at >= 0)
    throw new RangeError(`version ${at} has ${versions[at]!.length} seeds, the first has ${seeds}`);
}
