import { mean, sampleDeviation } from '../descriptive-statistics.ts';
import type { Point } from '../random-search.ts';
import { RandomKey } from '../random.ts';
import { luckOf } from './search-luck.ts';
import { SEARCH_METHODS, startSearch } from './search.ts';
import type { Candidate, Score, Search, SearchOutcome, SearchPlan, SearchRequest } from './search.ts';
import { seedsOf } from './sealed-seeds.ts';

const PARAMETERS = {
  size: { default: 80, low: 1, high: 100 },
  offset: { default: 0.5, low: -1, high: 2 },
};

function aPlan(changes: Partial<SearchPlan> = {}): SearchPlan {
  const seeds = seedsOf({ purpose: 'train', number: 1 }, 8);
  return { parameters: PARAMETERS, seeds, budget: 240, key: RandomKey.of('1'), ...changes };
}

/** Most at size 20 and offset 1.5, with the noise of a seed and of a run. */
function noisyHill({ parameters: { size, offset }, seed }: SearchRequest): number {
  const key = RandomKey.of(String(seed));
  const own = key.at(size!, String(offset)).normal();
  return 0.5 * key.normal() + 0.1 * own - trueLoss(size!, offset!);
}

function trueLoss(size: number, offset: number): number {
  const [a, b] = [(size - 20) / 100, (offset - 1.5) / 3];
  return 10 * (a * a + b * b);
}

function drive(
  search: Search,
  score: (request: SearchRequest) => Score,
): SearchOutcome & { asked: SearchRequest[] } {
  const asked: SearchRequest[] = [];
  let step = search.next();
  while (!step.done) {
    asked.push(...step.value);
    step = search.next(step.value.map(score));
  }
  return { ...step.value, asked };
}

const lossOf = ({ candidates, winner }: SearchOutcome): number => {
  const { size, offset } = candidates[winner]!.parameters;
  return trueLoss(size!, offset!);
};

test.each(['1', '2', '3', '4', '5'])('the search gets most of the way up a noisy hill (key %s)', (seed) => {
  const found = drive(startSearch('search', aPlan({ key: RandomKey.of(seed) })), noisyHill);

  expect(lossOf(found)).toBeLessThan(trueLoss(80, 0.5) / 5);
});

test('with noise as large as the hill the search finds better points than random search at as many runs', () => {
  const parameters = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name) => [name, { default: 0.2, low: 0, high: 1 }]),
  );
  const gains = Array.from({ length: 40 }, (_, number) => {
    const key = RandomKey.of(`hill ${number}`);
    const lossOf = (point: Point): number =>
      Object.entries(point).reduce((sum, [name, value]) => {
        const apart = value - (0.1 + 0.8 * key.at('top', name).uniform());
        return sum + 5 * apart * apart;
      }, 0);
    // Of the seed everywhere, of what the seed likes, and of the run; over the ranges the hill itself varies by less than one of them.
    const score = ({ parameters: point, seed }: SearchRequest): number => {
      const liking = Object.entries(point).reduce(
        (sum, [name, value]) => sum + key.at(seed, name).normal() * (value - 0.5),
        0,
      );
      const own = key.at('run', seed, JSON.stringify(point)).normal();
      return 5 * key.at('seed', seed).normal() + liking + own - lossOf(point);
    };
    const [search, random] = (['search', 'random_search'] as const).map((method) => {
      const { candidates, winner } = drive(
        startSearch(method, aPlan({ parameters, key, budget: 128 })),
        score,
      );
      return lossOf(candidates[winner]!.parameters);
    });
    return random! - search!;
  });

  expect(mean(gains) / (sampleDeviation(gains) / Math.sqrt(40))).toBeGreaterThan(2);
});

test.each([16, 24, 40, 100, 240])('with %d runs all three use the same number of them', (budget) => {
  const outcomes = SEARCH_METHODS.map((method) => drive(startSearch(method, aPlan({ budget })), noisyHill));

  expect(outcomes.map(({ runs }) => runs)).toEqual(SEARCH_METHODS.map(() => Math.floor(budget / 8) * 8));
  for (const { runs, asked } of outcomes) expect(asked).toHaveLength(runs);
});

test('a search that runs most candidates on a quarter of the seeds tries more of them with the same runs', () => {
  const [search, random, best] = SEARCH_METHODS.map(
    (method) => drive(startSearch(method, aPlan()), noisyHill).candidates.length,
  );

  // 30 evaluations: the default, and 101 quarters for the first run of a candidate, and 3 more for each of 5.
  expect([search, random, best]).toEqual([102, 30, 30]);
});

test.each(SEARCH_METHODS)(
  '%s asks for the same runs with the same key, and for others with another',
  (method) => {
    const asked = (seed: string): SearchRequest[] =>
      drive(startSearch(method, aPlan({ key: RandomKey.of(seed) })), noisyHill).asked;

    expect(asked('1')).toEqual(asked('1'));
    expect(asked('1')).not.toEqual(asked('2'));
  },
);

test.each(SEARCH_METHODS)('%s keeps whole numbers whole and everything in its range', (method) => {
  const { candidates } = drive(startSearch(method, aPlan()), noisyHill);

  expect(candidates[0]!.parameters).toEqual({ size: 80, offset: 0.5 });
  for (const { parameters } of candidates)
    for (const [name, { low, high }] of Object.entries(PARAMETERS)) {
      expect(parameters[name]).toBeGreaterThanOrEqual(low);
      expect(parameters[name]).toBeLessThanOrEqual(high);
    }
  expect(candidates.every(({ parameters }) => Number.isInteger(parameters.size))).toBe(true);
  expect(candidates.some(({ parameters }) => !Number.isInteger(parameters.offset))).toBe(true);
});

test('the winner and the others that were expected to be good have been run on all seeds, the rest on a quarter', () => {
  const { candidates, winner } = drive(startSearch('search', aPlan()), noisyHill);
  const runsOf = (candidate: Candidate): number =>
    candidate.scores.filter((score) => score !== undefined).length;
  const complete = candidates.filter((candidate) => runsOf(candidate) === 8);

  expect(complete).toContain(candidates[winner]);
  // The default and 5 others.
  expect(complete).toHaveLength(1 + 5);
  expect(candidates.filter((candidate) => runsOf(candidate) === 2)).toHaveLength(96);
  const firstOf = candidates.slice(1).map(({ scores }) => scores.findIndex((score) => score !== undefined));
  expect(new Set(firstOf)).toContain(6);
});

test.each(SEARCH_METHODS)('%s ends with the default when nothing is better', (method) => {
  expect(drive(startSearch(method, aPlan()), () => 1).winner).toBe(0);
  expect(
    drive(startSearch(method, aPlan()), ({ parameters }) => (parameters.size === 80 ? 0 : null)).winner,
  ).toBe(0);
});

test('what fails once loses against anything that does not', () => {
  const failsWhenLarge = (request: SearchRequest): Score =>
    request.parameters.size! > 50 && request.seed % 4 === 0 ? null : -request.parameters.size!;
  const { candidates, winner } = drive(startSearch('search', aPlan()), failsWhenLarge);

  expect(candidates[winner]!.parameters.size).toBeLessThan(50);
});

test('runs that fail in a part of the ranges do not keep the search from the best of the rest', () => {
  const failsWhenHigh = (request: SearchRequest): Score =>
    request.parameters.offset! > 1.2 ? null : noisyHill(request);
  const { candidates, winner } = drive(startSearch('search', aPlan()), failsWhenHigh);

  // The best of what does not fail is at size 20 and offset 1.2, next to what does.
  expect(candidates[winner]!.parameters.offset).toBeLessThanOrEqual(1.2);
  expect(lossOf({ candidates, winner, runs: 0 })).toBeLessThan(trueLoss(80, 0.5) / 3);
});

test('a default that fails is replaced by what does not', () => {
  const failsAtFirst = (request: SearchRequest): Score =>
    request.parameters.size === 80 ? null : noisyHill(request);

  expect(drive(startSearch('search', aPlan()), failsAtFirst).winner).toBeGreaterThan(0);
});

test('few possible values do not stop it', () => {
  const few = { a: { default: 1, low: 0, high: 1 } };

  expect(
    drive(startSearch('search', aPlan({ parameters: few })), ({ parameters }) => -parameters.a!).candidates
      .length,
  ).toBe(102);
});

test.each([
  [{ parameters: {} }, 'nothing to search'],
  [{ budget: 15 }, 'a budget of 15 runs is too small: 2 candidates on 8 seeds take 16'],
  [{ budget: NaN }, 'too small'],
  [{ seeds: seedsOf({ purpose: 'train', number: 1 }, 6) }, 'a multiple of 4 seeds to train on, not 6'],
  [
    { seeds: seedsOf({ purpose: 'sealed', number: 1 }, 8) },
    'seed 3000001000001 is not of a block for training',
  ],
  [{ seeds: [1, 2, 3, 4] }, 'seed 1 is not of a block for training'],
] as const)('refuses %j', (changes, message) => {
  expect(() => startSearch('search', aPlan(changes))).toThrow(message);
});

describe('luck', () => {
  const key = RandomKey.of('luck');

  test('a real hill is told from luck', () => {
    const seeds = seedsOf({ purpose: 'train', number: 1 }, 16);
    const luck = luckOf(drive(startSearch('search', aPlan({ seeds, budget: 480 })), noisyHill), key);

    expect(luck).toMatchObject({ trials: 101, completeTrials: 5 });
    expect(luck.effectiveTrials).toBeGreaterThan(1);
    expect(luck.effectiveTrials).toBeLessThanOrEqual(101);
    expect(luck.realityCheck).toBeLessThan(0.01);
    expect(luck.deflatedSharpe!.probability).toBeGreaterThan(0.95);
  });

  test.each(SEARCH_METHODS)('the best of mere noise by %s is said to be luck', (method) => {
    const noise = ({ parameters, seed }: SearchRequest): number =>
      RandomKey.of('noise').at(JSON.stringify(parameters), seed).normal();
    const isFound = Array.from({ length: 40 }, (_, i) => {
      const outcome = drive(startSearch(method, aPlan({ budget: 128, key: RandomKey.of(`${i}`) })), noise);
      return luckOf(outcome, key).realityCheck! < 0.05;
    });

    expect(isFound.filter(Boolean).length).toBeLessThanOrEqual(6);
  });

  test('a default that wins has nothing to be deflated', () => {
    const luck = luckOf(
      drive(startSearch('best_of_n', aPlan()), ({ seed }) => seed % 7),
      key,
    );

    expect(luck.deflatedSharpe).toBeNull();
    expect(luck.realityCheck).toBeGreaterThan(0.5);
  });

  test('a failed run counts as the worst that was seen', () => {
    const failing = (request: SearchRequest): Score =>
      request.parameters.size! < 80 && request.seed % 2 === 0 ? null : noisyHill(request);

    expect(luckOf(drive(startSearch('random_search', aPlan()), failing), key).realityCheck).not.toBeNaN();
  });
});
