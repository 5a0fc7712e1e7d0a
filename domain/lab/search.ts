// A search over the parameters of a strategy, and the two that it has to beat at as many runs. None of them runs anything: each is
// a generator that asks for runs and is told their scores, so that whoever drives it can spread them over processes. The same
// key and the same scores give the same search.
import { InvalidInputError } from '../errors.ts';
import { mean } from '../descriptive-statistics.ts';
import { propose } from '../random-search.ts';
import type { Dimension, Point } from '../random-search.ts';
import type { RandomKey } from '../random.ts';
import { blockOf } from './sealed-seeds.ts';

/**
 * - `search`: rounds of mutations of the best so far, up to 8 in a round. All are run on a quarter of the seeds; the better half
 *   of them on the next quarter; the better half of those on the other half (successive halving: Jamieson and Talwalkar 2016).
 *   The survivors and the best so far, which has then been run on the same seeds, are compared by their means.
 * - `random_search`: points drawn evenly over the ranges, whatever the others came to. Each is run on all seeds; the best mean wins.
 * - `best_of_n`: the mutations that `search` begins with, all of them of the default: as many tries, and nothing learned from
 *   them. Each is run on all seeds; the best mean wins.
 *
 * All three run the default on all seeds first and may end with it, and all use exactly the same number of runs. Where `search`
 * gives up early it has more candidates for the same runs: that is what it does better or worse than the others.
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
const RUNGS = 4;
const MOST_OF_ROUND = 8;

/** @throws InvalidInputError for a plan that cannot be carried out, and for seeds that are not of a block for training */
export function startSearch(method: SearchMethod, plan: SearchPlan): Search {
  const { parameters, seeds, budget } = plan;
  if (Object.keys(parameters).length === 0)
    throw new InvalidInputError('the strategy has no `parameters`: there is nothing to search');
  if (seeds.length === 0 || seeds.length % RUNGS !== 0)
    throw new InvalidInputError(
      `a search takes a multiple of ${RUNGS} seeds to train on, not ${seeds.length}`,
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
      return halvingSearch(plan, candidates);
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
function* halvingSearch(plan: SearchPlan, evaluations: number): Search {
  const { seeds, parameters } = plan;
  const rounds = roundsOf(evaluations - 1);
  const proposals = new Proposals(
    plan,
    rounds.reduce((sum, size) => sum + size, 0),
  );
  const everywhere = seeds.map((_, position) => position);
  const all = [newEntry(startOf(parameters))];
  yield* runOn(all, everywhere, seeds);
  let best = all[0]!;
  for (const [round, size] of rounds.entries()) {
    const from = best.parameters;
    let left = Array.from({ length: size }, () => newEntry(proposals.next(from)));
    all.push(...left);
    for (const [rung, positions] of rungsOf(seeds.length, round).entries()) {
      if (rung > 0) left = ranked(left).slice(0, Math.max(1, Math.floor(left.length / 2)));
      yield* runOn(left, positions, seeds);
    }
    best = ranked([best, ...left])[0]!;
  }
  return outcomeOf(all, best);
}

/** The default and others, each on all seeds. */
function* fullSearch(plan: SearchPlan, candidates: number, next: (number: number) => Point): Search {
  const points = Array.from({ length: candidates - 1 }, (_, number) => next(number));
  const all = [startOf(plan.parameters), ...points].map(newEntry);
  yield* runOn(
    all,
    plan.seeds.map((_, position) => position),
    plan.seeds,
  );
  return outcomeOf(all, ranked(all)[0]!);
}

/** Candidates of each round. A round of 8 costs as much as 4 on all seeds, one of 4 as much as 2, and 1 alone is run on all. */
function roundsOf(evaluations: number): number[] {
  const rounds: number[] = [];
  for (let left = evaluations; left > 0;) {
    const cost = left >= MOST_OF_ROUND / 2 ? MOST_OF_ROUND / 2 : left >= 2 ? 2 : 1;
    rounds.push(cost === 1 ? 1 : cost * 2);
    left -= cost;
  }
  return rounds;
}

/** A quarter of the seeds, a quarter and a half; each round begins with another quarter, so that no seed decides every time. */
function rungsOf(seeds: number, round: number): number[][] {
  const quarter = seeds / RUNGS;
  const order = Array.from({ length: seeds }, (_, i) => (i + round * quarter) % seeds);
  return [order.slice(0, quarter), order.slice(quarter, 2 * quarter), order.slice(2 * quarter)];
}

type Entry = { readonly parameters: Point; readonly scores: (Score | undefined)[] };

function newEntry(parameters: Point): Entry {
  return { parameters, scores: [] };
}

function* runOn(
  entries: readonly Entry[],
  positions: readonly number[],
  seeds: readonly number[],
): Generator<readonly SearchRequest[], void, readonly Score[]> {
  const places = entries.flatMap((entry) => positions.map((position) => ({ entry, position })));
  const scores = yield places.map(({ entry, position }) => ({
    parameters: entry.parameters,
    seed: seeds[position]!,
  }));
  if (scores.length !== places.length)
    throw new RangeError(`${scores.length} scores were given for ${places.length} runs`);
  places.forEach(({ entry, position }, i) => (entry.scores[position] = scores[i]!));
}

/** Best first; of equal ones the earlier, so that nothing replaces the default without being better. */
function ranked(entries: readonly Entry[]): Entry[] {
  const scored = entries.map((entry) => ({ entry, score: meanScore(entry) }));
  // Two that failed are equal: the difference of infinities is no number.
  return scored.toSorted((a, b) => (a.score === b.score ? 0 : b.score - a.score)).map(({ entry }) => entry);
}

/** One failure is enough: what fails on one of a few seeds would fail on many. */
function meanScore({ scores }: Candidate): number {
  const known = scores.filter((score) => score !== undefined);
  return mean(known.map((score) => score ?? -Infinity));
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
  return Object.fromEntries(
    Object.entries(parameters).map(([name, range]) => {
      const { low, high } = range;
      const u = key.at(name).uniform();
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
