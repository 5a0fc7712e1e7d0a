// Runs of a strategy and of a reference, brought together by scenario and seed. What went wrong counts against whoever it was the
// fault of: a failed run is the worst there was, one that was lost by the machine takes its seed out for both.
import { InvalidInputError } from '../errors.ts';
import type { Measure } from './question.ts';

/** What is left of a run for the court. */
export type ScoredRun = { readonly scenario: string; readonly seed: number } & (
  | {
      readonly type: 'measured';
      /** By measure; null is not known. */
      readonly values: Readonly<Record<string, number | null>>;
    }
  /** By its own fault: it threw, used up its fuel or memory, or asked for what makes no sense. */
  | {
      readonly type: 'failed';
      readonly reason: string;
      /** What it had come to when it failed, as far as that is known. */
      readonly values?: Readonly<Record<string, number | null>>;
    }
  /** By the fault of a machine. */
  | { readonly type: 'void'; readonly reason: string }
);

export type PairCounts = {
  /** Of which there are runs, those that are left out included. */
  readonly plannedSeeds: number;
  /** Seeds left out because a run of them is void. */
  readonly voidSeeds: number;
  /** Seeds left out because the measure of a run is not known. */
  readonly unknownSeeds: number;
  readonly failedRuns: { readonly strategy: number; readonly reference: number };
};

export type Pairs = {
  readonly plannedSeeds: number;
  readonly scenarios: readonly string[];
  /** Those that are complete, ascending. */
  readonly seeds: readonly number[];
  readonly valuesOf: (scenario: string, seed: number) => readonly [strategy: number, reference: number];
  readonly counts: PairCounts;
};

/**
 * @param unknown what a measure that is not known does: for the primary one it is a failure, since a run could be made
 * unmeasurable where it would look bad; of others the seed is left out
 * @throws InvalidInputError when the two do not have one run each of the same scenarios and seeds
 */
export function pairRuns(
  strategy: readonly ScoredRun[],
  reference: readonly ScoredRun[],
  measure: Measure,
  unknown: 'is_failed' | 'leaves_out',
): Pairs {
  const sides = [byScenarioAndSeed(strategy, 'strategy'), byScenarioAndSeed(reference, 'reference')] as const;
  const scenarios = [...new Set(strategy.map(({ scenario }) => scenario))].toSorted();
  const all = [...new Set(strategy.map(({ seed }) => seed))].toSorted((a, b) => a - b);
  requireComplete(sides, scenarios, all);
  const isUnknown = (run: ScoredRun): boolean => run.type === 'measured' && knownValue(run, measure) === null;
  const runsOf = (seed: number): ScoredRun[] =>
    scenarios.flatMap((scenario) => sides.map((side) => side.get(keyOf(scenario, seed))!));
  const isVoid = (seed: number): boolean => runsOf(seed).some(({ type }) => type === 'void');
  const isLeftOut = (seed: number): boolean => unknown === 'leaves_out' && runsOf(seed).some(isUnknown);
  const valid = all.filter((seed) => !isVoid(seed));
  const seeds = valid.filter((seed) => !isLeftOut(seed));
  const isFailed = (run: ScoredRun): boolean => run.type === 'failed' || isUnknown(run);
  const worst = new Map(scenarios.map((scenario) => [scenario, worstOf(sides, scenario, measure)]));
  const valueOf = (run: ScoredRun): number =>
    isFailed(run) ? worst.get(run.scenario)! : knownValue(run, measure)!;
  const failed = (side: 0 | 1): number =>
    seeds.reduce(
      (sum, seed) =>
        sum + scenarios.filter((scenario) => isFailed(sides[side].get(keyOf(scenario, seed))!)).length,
      0,
    );
  return {
    plannedSeeds: all.length,
    scenarios,
    seeds,
    valuesOf: (scenario, seed) => {
      const key = keyOf(scenario, seed);
      return [valueOf(sides[0].get(key)!), valueOf(sides[1].get(key)!)];
    },
    counts: {
      plannedSeeds: all.length,
      voidSeeds: all.length - valid.length,
      unknownSeeds: valid.length - seeds.length,
      failedRuns: { strategy: failed(0), reference: failed(1) },
    },
  };
}

function keyOf(scenario: string, seed: number): string {
  return `${seed} ${scenario}`;
}

function knownValue(run: ScoredRun, { name }: Measure): number | null {
  const value = run.type === 'void' ? null : run.values?.[name];
  return value != null && Number.isFinite(value) ? value : null;
}

function byScenarioAndSeed(runs: readonly ScoredRun[], side: string): Map<string, ScoredRun> {
  const map = new Map<string, ScoredRun>();
  for (const run of runs) {
    const key = keyOf(run.scenario, run.seed);
    if (map.has(key))
      throw new InvalidInputError(`the ${side} has two runs of seed ${run.seed} in ${run.scenario}`);
    map.set(key, run);
  }
  return map;
}

function requireComplete(
  [strategy, reference]: readonly [Map<string, ScoredRun>, Map<string, ScoredRun>],
  scenarios: readonly string[],
  seeds: readonly number[],
): void {
  for (const seed of seeds)
    for (const scenario of scenarios)
      for (const [name, side] of [
        ['strategy', strategy],
        ['reference', reference],
      ] as const)
        if (!side.has(keyOf(scenario, seed)))
          throw new InvalidInputError(`the ${name} has no run of seed ${seed} in ${scenario}`);
  if (reference.size === strategy.size) return;
  const more = [...reference.values()].find((run) => !strategy.has(keyOf(run.scenario, run.seed)))!;
  throw new InvalidInputError(`the strategy has no run of seed ${more.seed} in ${more.scenario}`);
}

/**
 * The worst of all that was seen in the scenario, on both sides: failing must not be better than losing. What a failed run had lost
 * by then is among it, so that nobody gets out of a loss by failing.
 */
function worstOf(sides: readonly Map<string, ScoredRun>[], scenario: string, measure: Measure): number {
  const sign = measure.isMoreBetter ? 1 : -1;
  let worst = sign * measure.worst;
  for (const side of sides)
    for (const run of side.values()) {
      const value = run.scenario === scenario ? knownValue(run, measure) : null;
      if (value !== null) worst = Math.min(worst, sign * value);
    }
  return sign * worst;
}
