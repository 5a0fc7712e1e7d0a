// Is a strategy better than a reference, or only lucky? Runs of both on the same seeds, and what the court says of them.
import { mean } from '../domain/descriptive-statistics.ts';
import { InvalidInputError } from '../domain/errors.ts';
import { cashRuns, judge } from '../domain/lab/judge.ts';
import { primaryMeasure, scoredRun, SECONDARY } from '../domain/lab/measures.ts';
import { comparePairs } from '../domain/lab/paired-comparison.ts';
import type { PairedComparison } from '../domain/lab/paired-comparison.ts';
import { PNL_PARTS, SIMULATOR_RENT, rentShare } from '../domain/lab/pnl-anatomy.ts';
import type { PnlPart } from '../domain/lab/pnl-anatomy.ts';
import type { Question, Reference, StopRule } from '../domain/lab/question.ts';
import type { RunMeasure } from '../domain/lab/run.ts';
import { SCENARIO_NAMES, scenarioConfig } from '../domain/lab/scenario.ts';
import type { ScenarioName } from '../domain/lab/scenario.ts';
import { turnoverMatched } from '../domain/lab/turnover-matched.ts';
import type { Verdict } from '../domain/lab/verdict.ts';
import type { MarketConfig } from '../domain/market/market-config.ts';
import { parseMarketConfig } from '../domain/market/market-config.ts';
import { PRESET_NAMES, presetConfig } from '../domain/market/presets.ts';
import { formatClockTime, NS_PER_MINUTE, parseClockTime } from '../domain/market/session-time.ts';
import { RandomKey } from '../domain/random.ts';
import { runLabTasks } from '../sandbox/child-pool.ts';
import type { LabOptions } from '../sandbox/child-pool.ts';
import type { LabResult, LabStrategy, LabTask } from '../sandbox/lab-job.ts';

/** Where strategies are run. */
export type Ground = {
  /** Names of scenarios or of presets. */
  readonly scenarios: readonly string[];
  /** Length of the session from its open; null: the whole day. */
  readonly minutes: number | null;
  /** Shares to be held at the close; 0 for a strategy that trades for itself. */
  readonly targetInventory: number;
};

export type EvaluationPlan = Ground & {
  readonly strategy: LabStrategy;
  readonly against: { readonly type: 'cash' } | { readonly type: 'strategy'; readonly strategy: LabStrategy };
  /** Enough for the last look, in the order in which they are run. */
  readonly seeds: readonly number[];
  readonly stopRule: StopRule;
};

/** Whose a run is: of the strategy, of its reference, of nobody, or of a random trader with the strategy's turnover. */
export const SIDES = ['strategy', 'reference', 'absent', 'luck'] as const;
export type Side = (typeof SIDES)[number];
export type EvaluatedRun = { readonly side: Side; readonly scenario: string } & LabResult;

export type Evaluation = {
  readonly verdict: Verdict;
  /** Than random trading with its turnover; null for an execution, or when it did not trade. */
  readonly luck: Verdict | null;
  /** Means over seeds, by scenario. */
  readonly anatomy: readonly ScenarioAnatomy[];
  /** What it did to the market: strategy − absent on the same seeds. */
  readonly footprint: readonly { readonly measure: RunMeasure; readonly comparison: PairedComparison }[];
  /** In the order of the plan: by seed, scenario and side. */
  readonly runs: readonly EvaluatedRun[];
};

export type ScenarioAnatomy = {
  readonly scenario: string;
  /** Runs that ended well. */
  readonly runs: number;
  /** Cents a day; they sum to the gain. */
  readonly parts: Readonly<Record<PnlPart, number>>;
  readonly byCounterparty: Readonly<Record<string, number>>;
  /** Part of what was gained that traders without intelligence paid; null when nothing was gained. */
  readonly rentShare: number | null;
  readonly isSimulatorRent: boolean;
};

const FOOTPRINT = [
  'marketSpreadBps',
  'marketVolatilityBps',
  'marketDepth',
  'marketVolume',
  'marketTwoSidedShare',
] as const satisfies readonly RunMeasure[];

/**
 * The market of a scenario and a seed.
 * @throws InvalidInputError for a name that is neither a scenario nor a preset
 */
export function groundConfig(ground: Omit<Ground, 'scenarios'>, name: string, seed: number): MarketConfig {
  const config = (SCENARIO_NAMES as readonly string[]).includes(name)
    ? scenarioConfig(name as ScenarioName, seed)
    : presetConfig(name);
  if (config === null)
    throw new InvalidInputError(
      `There is no scenario "${name}". There are ${SCENARIO_NAMES.join(', ')}, and the presets ${PRESET_NAMES.join(', ')}.`,
    );
  const { minutes, targetInventory } = ground;
  const closeNs = minutes === null ? Infinity : parseClockTime(config.open) + minutes * NS_PER_MINUTE;
  return parseMarketConfig({
    ...config,
    close: closeNs < parseClockTime(config.close) ? formatClockTime(closeNs) : config.close,
    strategy: { ...config.strategy, targetInventory },
  });
}

/**
 * Runs strategy, reference and the market without either on the same seeds, look by look, until the court has its answer.
 * @throws InvalidInputError for unknown scenarios, or an execution that is compared with cash
 */
export async function evaluate(plan: EvaluationPlan, options: LabOptions = {}): Promise<Evaluation> {
  const { strategy, against, scenarios, seeds, stopRule, targetInventory } = plan;
  if (targetInventory !== 0 && against.type === 'cash')
    throw new InvalidInputError(
      'A strategy that has to buy or sell is compared with another one that has to: name it with --against.',
    );
  for (const name of scenarios) groundConfig(plan, name, seeds[0]!);
  const looks = stopRule.type === 'fixed' ? [stopRule.seeds] : stopRule.at;
  const others = against.type === 'strategy' ? [['reference', against.strategy] as const] : [];
  const sides = [['strategy', strategy] as const, ...others, ['absent', null] as const];
  const question = questionOf(plan);
  const runs: EvaluatedRun[] = [];
  let verdict: Verdict;
  for (let look = 0; ; look++) {
    const fresh = seeds.slice(look === 0 ? 0 : looks[look - 1], looks[look]);
    const tasks = sides.flatMap(([side, own]) =>
      scenarios.flatMap((scenario) =>
        fresh.map((seed): PlacedTask => ({
          side,
          scenario,
          seed,
          strategy: own,
          config: groundConfig(plan, scenario, seed),
        })),
      ),
    );
    runs.push(...(await runPlaced(tasks, options)));
    const scored = scoresOf(runs, 'strategy');
    const reference =
      against.type === 'cash'
        ? cashRuns(scored, [question.primary, ...question.secondary])
        : scoresOf(runs, 'reference');
    verdict = judge(question, scored, reference);
    if (verdict.stop.shouldStop) break;
  }
  const luck = targetInventory === 0 ? await judgeLuck(plan, runs, options) : null;
  return {
    verdict,
    luck: luck?.verdict ?? null,
    anatomy: scenarios.map((scenario) => anatomyOf(scenario, runs)),
    footprint: footprintOf(runs),
    runs: ordered([...runs, ...(luck?.runs ?? [])]),
  };
}

function questionOf({ strategy, against, stopRule, targetInventory }: EvaluationPlan): Question {
  const reference: Reference =
    against.type === 'cash' ? against : { type: 'strategy', name: nameOf(against.strategy, strategy) };
  return {
    reference,
    primary: primaryMeasure(targetInventory),
    // Cash has no drawdown, and nothing of this sort to be better or worse than.
    secondary: against.type === 'cash' ? [] : SECONDARY,
    stopRule,
    relevantDifference: null,
  };
}

/** Files of the same name are told apart by what is in them. */
function nameOf(one: LabStrategy, other: LabStrategy): string {
  const { fileName, hash } = one.compiled;
  return fileName === other.compiled.fileName ? `${fileName} (${hash.slice(0, 8)})` : fileName;
}

type PlacedTask = LabTask & { readonly side: Side; readonly scenario: string };

async function runPlaced(tasks: readonly PlacedTask[], options: LabOptions): Promise<EvaluatedRun[]> {
  const results = await runLabTasks(
    tasks.map(({ side: _, scenario: __, ...task }) => task),
    options,
  );
  return results.map((result, i) => ({ side: tasks[i]!.side, scenario: tasks[i]!.scenario, ...result }));
}

function scoresOf(runs: readonly EvaluatedRun[], side: Side) {
  return runs.filter((run) => run.side === side).map((run) => scoredRun(run.scenario, run));
}

/** A random trader with the turnover of each run, on the same days. */
async function judgeLuck(
  plan: EvaluationPlan,
  runs: readonly EvaluatedRun[],
  options: LabOptions,
): Promise<{ verdict: Verdict; runs: readonly EvaluatedRun[] } | null> {
  const own = runs.filter(({ side }) => side === 'strategy');
  const tasks = own.flatMap(({ scenario, seed, values }): PlacedTask[] => {
    const { fills, volume, carriedShares, mostInventory } = values ?? {};
    if (fills == null || volume == null || carriedShares == null || mostInventory == null) return [];
    const turnover = { fills, volume, finalInventory: carriedShares, mostInventory };
    const luck = turnoverMatched(turnover, `${scenario} ${seed}`);
    return luck === null
      ? []
      : [{ side: 'luck', scenario, seed, strategy: null, luck, config: groundConfig(plan, scenario, seed) }];
  });
  if (tasks.length === 0) return null;
  const lucky = await runPlaced(tasks, options);
  const at = new Map(lucky.map((run) => [`${run.scenario} ${run.seed}`, run]));
  const seeds = new Set(own.map(({ seed }) => seed));
  const question: Question = {
    ...questionOf(plan),
    reference: { type: 'turnover_matched', name: plan.strategy.compiled.fileName },
    secondary: [],
    stopRule: { type: 'fixed', seeds: seeds.size },
  };
  // Where the strategy did not trade, luck would not have either: it earned nothing.
  const reference = cashRuns(scoresOf(own, 'strategy'), [question.primary]).map((nothing) => {
    const run = at.get(`${nothing.scenario} ${nothing.seed}`);
    return run === undefined ? nothing : scoredRun(run.scenario, run);
  });
  return { verdict: judge(question, scoresOf(own, 'strategy'), reference), runs: lucky };
}

function anatomyOf(scenario: string, runs: readonly EvaluatedRun[]): ScenarioAnatomy {
  const own = runs.filter(
    (run) => run.side === 'strategy' && run.scenario === scenario && run.values?.pnlCents != null,
  );
  const meanOf = (of: (run: EvaluatedRun) => number): number => (own.length === 0 ? 0 : mean(own.map(of)));
  const parts = Object.fromEntries(
    PNL_PARTS.map((part) => [part, meanOf(({ values }) => values![`${part}Cents`]!)]),
  ) as Record<PnlPart, number>;
  const types = [...new Set(own.flatMap((run) => Object.keys(run.byCounterparty)))].toSorted();
  const byCounterparty = Object.fromEntries(
    types.map((type) => [type, meanOf((run) => run.byCounterparty[type] ?? 0)]),
  );
  const rent = rentShare(byCounterparty);
  return {
    scenario,
    runs: own.length,
    parts,
    byCounterparty,
    rentShare: rent,
    isSimulatorRent: rent !== null && rent > SIMULATOR_RENT,
  };
}

/** Over days and scenarios on which both are known. */
function footprintOf(runs: readonly EvaluatedRun[]): Evaluation['footprint'] {
  const absent = new Map(
    runs.filter(({ side }) => side === 'absent').map((run) => [`${run.scenario} ${run.seed}`, run]),
  );
  const own = runs.filter(({ side }) => side === 'strategy');
  return FOOTPRINT.flatMap((measure) => {
    const bySeed = new Map<number, (readonly [number, number])[]>();
    for (const run of own) {
      const pair = [run.values?.[measure], absent.get(`${run.scenario} ${run.seed}`)?.values?.[measure]];
      const [withIt, without] = pair;
      if (withIt == null || without == null) continue;
      bySeed.set(run.seed, [...(bySeed.get(run.seed) ?? []), [withIt, without]]);
    }
    if (bySeed.size < 2) return [];
    const sideOf = (at: 0 | 1) => [...bySeed.values()].map((pairs) => mean(pairs.map((pair) => pair[at])));
    const key = RandomKey.of('footprint').at(measure);
    return [{ measure, comparison: comparePairs(sideOf(0), sideOf(1), 0.05, key) }];
  });
}

function ordered(runs: readonly EvaluatedRun[]): EvaluatedRun[] {
  return runs.toSorted(
    (a, b) =>
      a.seed - b.seed ||
      (a.scenario < b.scenario ? -1 : a.scenario > b.scenario ? 1 : 0) ||
      SIDES.indexOf(a.side) - SIDES.indexOf(b.side),
  );
}
