// What the scores of some candidates tell about the others: a Gaussian process over the ranges of the parameters, scaled to [0, 1].
// A value is the function that is looked for, plus an effect of the seeds that it was seen on (of any size), plus what these seeds
// like or dislike in parts of the ranges, plus noise. Candidates that share seeds share the second and, near one another, the third
// (common random numbers: Pearce, Poloczek and Branke 2022).
import type { RandomKey } from '../random.ts';
import { GaussianProcess, choleskyFactor, dot, matern52 } from './gaussian-process.ts';

// As a constant: in a vm context each look-up of a global costs more than the rest.
const { sqrt } = Math;

/** Each number in [0, 1]. */
export type Place = readonly number[];

export type Observation = {
  readonly place: Place;
  /** Which seeds: those of one group are the same. */
  readonly group: number;
  readonly value: number;
};

/** Of the function: root mean square over the parameters at which values begin to differ, and its part of the variance. */
const LENGTHS = [0.25, 0.5, 1];
const SIGNALS = [0.03, 0.1, 0.3, 0.7, 0.9, 0.99];
/** Of the other part: what the seeds like. */
const LIKINGS = [0, 0.4];
/** So much that nothing is learned from how one group differs from another. */
const GROUP_VARIANCE = 20;
/** Keeps places that are all but the same from being told apart. */
const JITTER = 1e-6;

type Shape = Parts & { readonly length: number };
type Parts = { readonly signal: number; readonly liking: number };

const PARTS: readonly Parts[] = SIGNALS.flatMap((signal) => LIKINGS.map((liking) => ({ signal, liking })));

export class SearchModel {
  private readonly places: readonly Place[];
  private readonly shape: Shape;
  private readonly process: GaussianProcess;

  /** Of all shapes the one under which the observations are most likely. */
  constructor(observations: readonly Observation[]) {
    this.places = observations.map(({ place }) => place);
    const values = observations.map(({ value }) => value);
    const distances = this.places.map((a, i) => this.places.slice(0, i + 1).map((b) => distance(a, b)));
    let best: { shape: Shape; process: GaussianProcess } | null = null;
    for (const length of LENGTHS) {
      const likeness = distances.map((row) => row.map((apart) => matern52(apart, length)));
      for (const parts of PARTS) {
        const process = new GaussianProcess(covarianceOf(observations, likeness, parts), values);
        if (best === null || process.logLikelihood > best.process.logLikelihood)
          best = { shape: { length, ...parts }, process };
      }
    }
    this.shape = best!.shape;
    this.process = best!.process;
  }

  /** What is to be expected of the function there; only differences between places mean something. */
  mean(place: Place): number {
    return this.process.mean(this.covariances(place));
  }

  /** Draws one of the functions that are possible, as often as it is likely (Thompson 1933): its values at these places. */
  sampler(places: readonly Place[]): (key: RandomKey) => number[] {
    const known = places.map((place) => this.covariances(place));
    const means = known.map((covariances) => this.process.mean(covariances));
    const white = known.map((covariances) => this.process.whiten(covariances));
    const covariance = places.map((place, i) =>
      places.slice(0, i + 1).map((other, j) => {
        const left = this.between(place, other) - dot(white[i]!, white[j]!);
        return i === j ? left + JITTER : left;
      }),
    );
    const factor = choleskyFactor(covariance);
    const size = sqrt(this.process.scale);
    return (key) => {
      const normals = places.map((_, i) => size * key.at(i).normal());
      return means.map((value, i) => value + dot(factor[i]!, normals, i + 1));
    };
  }

  private covariances(place: Place): number[] {
    return this.places.map((known) => this.between(known, place));
  }

  private between(a: Place, b: Place): number {
    return this.shape.signal * matern52(distance(a, b), this.shape.length);
  }
}

/** The lower half. */
function covarianceOf(
  observations: readonly Observation[],
  likeness: readonly (readonly number[])[],
  { signal, liking }: Parts,
): number[][] {
  const rest = 1 - signal;
  return likeness.map((row, i) =>
    row.map((alike, j) => {
      const isSameGroup = observations[i]!.group === observations[j]!.group;
      const shared = isSameGroup ? GROUP_VARIANCE + rest * liking * alike : 0;
      return signal * alike + shared + (i === j ? rest * (1 - liking) : 0);
    }),
  );
}

/** Root mean square over the parameters, so that a length means the same for few and many. */
function distance(a: Place, b: Place): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) * (a[i]! - b[i]!);
  return sqrt(sum / a.length);
}
