// A search over the parameters of a strategy, and the two that it has to beat at as many runs. None of them runs anything: each is
// a generator that asks for runs and is told their scores, so that whoever drives it can spread them over processes. The same
// key and the same scores give the same search.
import { InvalidInputError } from '../errors.ts';
import { mean } from '../descriptive-statistics.ts';
import { propose } from '../random-search.ts';
import type { Dimension, Point } from '../random-search.ts';
import type { RandomKey } from '../random.ts';
import { blockOf } from './sealed-seeds.ts';
import { SearchModel } from './search-model.ts';

/**
 * - `search`: learns from all runs what the ranges look like (`search-model.ts`). A new candidate is run on a quarter of the seeds,
 *   the quarters in turn: half of the candidates spread evenly over the ranges (a Latin hypercube), then each where one of the functions
 *   that the model holds possible is best (Thompson sampling). The few of which the model expects most are run on the other seeds too;
 *   of them and the default that one wins of which it expects most in the end, which need not be the one with the luckiest mean.
 * - `random_search`: points drawn evenly over the ranges, whatever the others came to. Each is run on all seeds; the best mean wins.
 * - `best_of_n`: random steps from the default, with nothing learned from them. Each is run on all seeds; the best mean wins.
 *
 * All three run the default on all seeds first and may end with it, and all use exactly the same number of runs.
 */
export const SEARCH_METHODS = ['search', 'random_search', 'best_of_n'] as const;
export type SearchMethod = (typeof SEARCH_METHODS)[number];

/** A parameter is a whole number when all three are. */
export type ParameterRange = { readonly default: number; readonly low: number; readonly high: number };
export type ParameterRanges = Readonly<Record<string, ParameterRange>>;

export type SearchPlan = {
  readonly parameters: ParameterRanges;
  /** Of the blocks for training; as many as a multiple of 4. All candidates share them. */
  readonly seeds: readonly number[];
  /** Runs there may be: what is not a multiple of the number of seeds is left over. */
  readonly budget: number;
  readonly key: RandomKey;
};

/** Of one run, more is better; null: it failed, which is worse than all else. */
export type Score = number | null;
export type SearchRequest = { readonly parameters: Point; readonly seed: number };

export type Candidate = {
  readonly parameters: Point;
  /** By position of the seed; undefined where it was given up before. */
  readonly scores: readonly (Score | undefined)[];
};

export type SearchOutcome = {
  /** The default first, then in the order in which they were tried. */
  readonly candidates: readonly Candidate[];
  /** Position among them. */
  readonly winner: number;
  readonly runs: number;
};

/** Yields runs that may be done in any order, and is told their scores in the order of the request. */
export type Search = Generator<readonly SearchRequest[], SearchOutcome, readonly Score[]>;

/** A budget of less than that is the default and one other candidate. */
const LEAST_CANDIDATES = 2;
/** Of the seeds; `search` runs a new candidate on one of them. */
const GROUPS = 4;
/** One candidate in so many evaluations is run on all seeds in the end. */
const EVALUATIONS_PER_FINALIST = 6;
/** The model is made anew so often while there are new candidates. */
const ROUNDS = 4;
/** The model chooses among so many points drawn evenly, and as many near the few of which it expects most. */
const POOL = 100;
const NEAR = 5;
/** Its time grows with the third power of what it knows, so that it knows the last runs only when there are very many. */
const MOST_OBSERVATIONS = 800;

/** @throws InvalidInputError for a plan that cannot be carried out, and for seeds that are not of a block for training */
export function startSearch(method: SearchMethod, plan: SearchPlan): Search {
  const { parameters, seeds, budget } = plan;
  if (Object.keys(parameters).length === 0)
    throw new InvalidInputError('the strategy has no `parameters`: there is nothing to search');
  if (seeds.length === 0 || seeds.length % GROUPS !== 0)
    throw new InvalidInputError(
      `a search takes a multiple of ${GROUPS} seeds to train on, not ${seeds.length}`,
    );
  const other = seeds.find((seed) => blockOf(seed)?.purpose !== 'train');
  if (other !== undefined) throw new InvalidInputError(`seed ${other} is not of a block for training`);
  const candidates = Math.floor(budget / seeds.length);
  if (!(candidates >= LEAST_CANDIDATES))
    throw new InvalidInputError(
      `a budget of ${budget} runs is too small: ${LEAST_CANDIDATES} candidates on ${seeds.length} seeds take ${LEAST_CANDIDATES * seeds.length}`,
    );
  switch (method) {
    case 'search':
      return modelSearch(plan, candidates);
    case 'random_search':
      return fullSearch(plan, candidates, (number) =>
        uniformPoint(parameters, plan.key.at('uniform', number)),
      );
    case 'best_of_n': {
      const proposals = new Proposals(plan, Infinity);
      const start = startOf(parameters);
      return fullSearch(plan, candidates, () => proposals.next(start));
    }
  }
}

/** @param evaluations each is worth as many runs as there are seeds */
function* modelSearch(plan: SearchPlan, evaluations: number): Search {
  const { seeds, key, parameters } = plan;
  const everywhere = seeds.map((_, position) => position);
  const usual = newEntry(startOf(parameters));
  const all = [usual];
  yield* runOn([[usual, everywhere]], seeds);
  const finalists = Math.ceil(evaluations / EVALUATIONS_PER_FINALIST);
  const tries = GROUPS * (evaluations - 1) - (GROUPS - 1) * finalists;
  const spread = Math.ceil(tries / 2);
  const mutations = new Proposals(plan, POOL * ROUNDS);
  for (let left = tries; left > 0;) {
    const size = left === tries ? spread : Math.min(left, Math.ceil(spread / ROUNDS));
    const points =
      left === tries
        ? spreadPoints(parameters, size, key.at('spread'))
        : promisingPoints(plan, modelOf(plan, all), all, size, mutations, key.at('promising', left));
    const added = points.map(newEntry);
    yield* runOn(
      added.map((entry, i) => [entry, groupOf(seeds.length, all.length + i)]),
      seeds,
    );
    all.push(...added);
    left -= size;
  }
  const chosen = expectedMost(parameters, modelOf(plan, all), all.slice(1)).slice(0, finalists);
  yield* runOn(
    chosen.map((entry) => [entry, everywhere.filter((position) => entry.scores[position] === undefined)]),
    seeds,
  );
  return outcomeOf(all, expectedMost(parameters, modelOf(plan, all), [usual, ...chosen])[0]!);
}

/** A quarter of the seeds, by position. */
function groupOf(seeds: number, number: number): number[] {
  const size = seeds / GROUPS;
  return Array.from({ length: size }, (_, i) => (number % GROUPS) * size + i);
}

/** Such that each parameter has one point in each of as many equal parts of its range (McKay, Beckman and Conover 1979). */
function spreadPoints(parameters: ParameterRanges, size: number, key: RandomKey): Point[] {
  const orders = new Map(
    Object.keys(parameters).map((name) => {
      const own = key.at(name, 'order');
      const numbers = Array.from({ length: size }, (_, i) => i);
      return [name, numbers.toSorted((a, b) => own.uniformAt(a) - own.uniformAt(b))];
    }),
  );
  return Array.from({ length: size }, (_, i) =>
    pointOf(parameters, (name) => (orders.get(name)![i]! + key.at(name, i).uniform()) / size),
  );
}

/** Each the best of a few by another of the functions that the model holds possible. */
function promisingPoints(
  { parameters }: SearchPlan,
  model: SearchModel,
  entries: readonly Entry[],
  size: number,
  mutations: Proposals,
  key: RandomKey,
): Point[] {
  const near = expectedMost(parameters, model, entries).slice(0, NEAR);
  const uniform = (i: number): Point => uniformPoint(parameters, key.at('uniform', i));
  const pool = Array.from({ length: POOL }, (_, i) => [
    uniform(i),
    mutations.next(near[i % near.length]!.parameters),
  ]).flat();
  const tried = new Set(entries.map((entry) => JSON.stringify(entry.parameters)));
  const left = new Map(pool.map((point) => [JSON.stringify(point), point]));
  for (const text of tried) left.delete(text);
  const points = [...left.values()];
  const draw = model.sampler(points.map((point) => placeOf(parameters, point)));
  const taken = new Set<number>();
  return Array.from({ length: size }, (_, number) => {
    const values = draw(key.at('draw', number));
    let best: number | null = null;
    for (const [i, value] of values.entries())
      if (!taken.has(i) && (best === null || value > values[best]!)) best = i;
    // Where few values are possible all may have been tried.
    if (best === null) return uniform(POOL + number);
    taken.add(best);
    return points[best]!;
  });
}

/** Of those, best first; what failed is last. Of equal ones the earlier, so that nothing replaces the default without being better. */
function expectedMost(parameters: ParameterRanges, model: SearchModel, entries: readonly Entry[]): Entry[] {
  return ranked(entries, ({ parameters: point, scores }) =>
    scores.includes(null) ? -Infinity : model.mean(placeOf(parameters, point)),
  );
}

/**
 * Values are differences to the first candidate that did not fail on the same seeds, which is the default if it can be: what is alike
 * differs by exactly 0. A failure is as bad as the worst of them.
 */
function modelOf({ seeds, parameters }: SearchPlan, entries: readonly Entry[]): SearchModel {
  const means = entries.flatMap(({ parameters: point, scores }) =>
    Array.from({ length: GROUPS }, (_, group) => group).flatMap((group) => {
      const own = groupOf(seeds.length, group).map((position) => scores[position]);
      return own.includes(undefined) ? [] : [{ point, group, score: meanScore(own) }];
    }),
  );
  const references = Array.from(
    { length: GROUPS },
    (_, number) => means.find(({ group, score }) => group === number && Number.isFinite(score))?.score ?? 0,
  );
  const observations = means.map(({ point, group, score }) => ({
    place: placeOf(parameters, point),
    group,
    value: score - references[group]!,
  }));
  const worst = Math.min(0, ...observations.map(({ value }) => value).filter(Number.isFinite));
  return new SearchModel(
    observations
      .slice(-MOST_OBSERVATIONS)
      .map((observation) => ({ ...observation, value: Math.max(worst, observation.value) })),
  );
}

function placeOf(parameters: ParameterRanges, point: Point): number[] {
  return Object.entries(parameters).map(([name, { low, high }]) =>
    high > low ? (point[name]! - low) / (high - low) : 0,
  );
}

/** The default and others, each on all seeds. */
function* fullSearch(plan: SearchPlan, candidates: number, next: (number: number) => Point): Search {
  const points = Array.from({ length: candidates - 1 }, (_, number) => next(number));
  const all = [startOf(plan.parameters), ...points].map(newEntry);
  const everywhere = plan.seeds.map((_, position) => position);
  yield* runOn(
    all.map((entry) => [entry, everywhere]),
    plan.seeds,
  );
  return outcomeOf(all, ranked(all, ({ scores }) => meanScore(scores))[0]!);
}

type Entry = { readonly parameters: Point; readonly scores: (Score | undefined)[] };

function newEntry(parameters: Point): Entry {
  return { parameters, scores: [] };
}

/** @param wanted which of the seeds, by position, each candidate is to be run on */
function* runOn(
  wanted: readonly (readonly [Entry, readonly number[]])[],
  seeds: readonly number[],
): Generator<readonly SearchRequest[], void, readonly Score[]> {
  const places = wanted.flatMap(([entry, positions]) => positions.map((position) => ({ entry, position })));
  const scores = yield places.map(({ entry, position }) => ({
    parameters: entry.parameters,
    seed: seeds[position]!,
  }));
  if (scores.length !== places.length)
    throw new RangeError(`${scores.length} scores were given for ${places.length} runs`);
  places.forEach(({ entry, position }, i) => (entry.scores[position] = scores[i]!));
}

/** Best first; of equal ones the earlier. */
function ranked(entries: readonly Entry[], valueOf: (entry: Entry) => number): Entry[] {
  const valued = entries.map((entry) => ({ entry, value: valueOf(entry) }));
  // Two that failed are equal: the difference of infinities is no number.
  return valued.toSorted((a, b) => (a.value === b.value ? 0 : b.value - a.value)).map(({ entry }) => entry);
}

/** One failure is enough: what fails on one of a few seeds would fail on many. */
function meanScore(scores: readonly (Score | undefined)[]): number {
  return mean(scores.map((score) => score ?? -Infinity));
}

function outcomeOf(entries: readonly Entry[], winner: Entry): SearchOutcome {
  const runs = entries.reduce(
    (sum, { scores }) => sum + scores.filter((score) => score !== undefined).length,
    0,
  );
  return { candidates: entries, winner: entries.indexOf(winner), runs };
}

function startOf(parameters: ParameterRanges): Point {
  return Object.fromEntries(Object.entries(parameters).map(([name, { default: usual }]) => [name, usual]));
}

function uniformPoint(parameters: ParameterRanges, key: RandomKey): Point {
  return pointOf(parameters, (name) => key.at(name).uniform());
}

/** @param partOf where in the range of a parameter, from 0 to below 1 */
function pointOf(parameters: ParameterRanges, partOf: (name: string) => number): Point {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, range]) => {
      const { low, high } = range;
      const u = partOf(name);
      // Each whole number is as likely as any other, the ends too.
      const value = isWhole(range) ? low + Math.floor(u * (high - low + 1)) : low + u * (high - low);
      return [name, asParameter(value, range)];
    }),
  );
}

const MOST_TRIES = 20;

/** Mutations that were not proposed before, as long as some are found: where few values are possible they repeat. */
class Proposals {
  private readonly dimensions: readonly Dimension[];
  private readonly seen: Set<string>;
  private readonly plan: SearchPlan;
  private readonly trials: number;
  private trial = 0;

  /** @param trials that steps get smaller over; Infinity: they stay as wide as at first */
  constructor(plan: SearchPlan, trials: number) {
    this.plan = plan;
    this.trials = trials;
    this.dimensions = Object.entries(plan.parameters).map(([name, { low, high }]) => ({ name, low, high }));
    this.seen = new Set([JSON.stringify(startOf(plan.parameters))]);
  }

  next(best: Point): Point {
    const { parameters, key } = this.plan;
    const trial = this.trial++;
    let point = best;
    for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
      const proposed = propose(this.dimensions, best, trial, this.trials, key.at('mutation', attempt));
      point = Object.fromEntries(
        Object.entries(parameters).map(([name, range]) => [name, asParameter(proposed[name]!, range)]),
      );
      if (!this.seen.has(JSON.stringify(point))) break;
    }
    this.seen.add(JSON.stringify(point));
    return point;
  }
}

function isWhole({ default: usual, low, high }: ParameterRange): boolean {
  return [usual, low, high].every(Number.isInteger);
}

/** More digits than that say nothing, and nobody could read them. */
const DIGITS = 4;

function asParameter(value: number, range: ParameterRange): number {
  const rounded = isWhole(range) ? Math.round(value) : Number(value.toPrecision(DIGITS));
  return Math.min(range.high, Math.max(range.low, rounded));
}
