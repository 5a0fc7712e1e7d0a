// Is a strategy better than a reference, or only lucky? Runs of both on the same seeds, and what the court says of them.
import { InvalidInputError } from '../domain/errors.ts';
import { levelsOfLooks } from '../domain/lab/alpha-spending.ts';
import { axesOf } from '../domain/lab/axes.ts';
import type { StrategyAxes } from '../domain/lab/axes.ts';
import { LEVEL, cashRuns, judge, valuesBySeed } from '../domain/lab/judge.ts';
import type { SeedValues } from '../domain/lab/judge.ts';
import { primaryMeasure, scoredRun, SECONDARY } from '../domain/lab/measures.ts';
import type { ScoredRun } from '../domain/lab/paired-runs.ts';
import type { Question, Reference, StopRule } from '../domain/lab/question.ts';
import { SCENARIO_NAMES, scenarioConfig } from '../domain/lab/scenario.ts';
import type { ScenarioName } from '../domain/lab/scenario.ts';
import { blockName, blockOf } from '../domain/lab/sealed-seeds.ts';
import { turnoverMatched } from '../domain/lab/turnover-matched.ts';
import type { Verdict } from '../domain/lab/verdict.ts';
import type { MarketConfig } from '../domain/market/market-config.ts';
import { parseMarketConfig } from '../domain/market/market-config.ts';
import { PRESET_NAMES, presetConfig } from '../domain/market/presets.ts';
import { formatClockTime, NS_PER_MINUTE, parseClockTime } from '../domain/market/session-time.ts';
import { runLabTasks } from '../sandbox/child-pool.ts';
import type { LabOptions } from '../sandbox/child-pool.ts';
import type { LabStrategy, LabTask } from '../sandbox/lab-job.ts';
import { SIDES } from './lab-runs.ts';
import type { EvaluatedRun, Side } from './lab-runs.ts';
import { anatomyOf, failuresOf, footprintOf, measuresOf } from './lab-description.ts';
import type { Failure, Footprint, ScenarioAnatomy, ScenarioMeasures } from './lab-description.ts';

/** Where strategies are run. */
export type Ground = {
  /** Names of scenarios or of presets. */
  readonly scenarios: readonly string[];
  /** Length of the session from its open; null: the whole day. */
  readonly minutes: number | null;
  /** Shares to be held at the close; 0 for a strategy that trades for itself. */
  readonly targetInventory: number;
};

/** `turnover_matched`: random traders, each with the turnover that the strategy had on the same day. */
export type Against =
  | { readonly type: 'cash' | 'turnover_matched' }
  | { readonly type: 'strategy' | 'best_so_far'; readonly strategy: LabStrategy };

export type EvaluationPlan = Ground & {
  readonly strategy: LabStrategy;
  readonly against: Against;
  /** Enough for the last look, in the order in which they are run. */
  readonly seeds: readonly number[];
  readonly stopRule: StopRule;
};

export type Evaluation = {
  readonly verdict: Verdict;
  /**
   * Than random trading with its turnover; null for an execution, when it did not trade, and when the verdict is about that
   * already.
   */
  readonly luck: Verdict | null;
  /** What the verdict is about, seed by seed. */
  readonly values: SeedValues;
  /** Means over seeds, by scenario. */
  readonly anatomy: readonly ScenarioAnatomy[];
  readonly measures: readonly ScenarioMeasures[];
  /** What it did to the market: strategy − absent on the same seeds. */
  readonly footprint: Footprint;
  /** Where it stands among reference strategies: described, never judged. */
  readonly axes: StrategyAxes;
  /** Why days of the strategy or of its reference failed. */
  readonly failures: readonly Failure[];
  /** In the order of the plan: by seed, scenario and side. */
  readonly runs: readonly EvaluatedRun[];
};

/**
 * The market of a scenario and a seed.
 * @throws InvalidInputError for a name that is neither a scenario nor a preset, and for a preset with a seed for which other parameters
 * or another mechanism is held back
 */
export function groundConfig(ground: Omit<Ground, 'scenarios'>, name: string, seed: number): MarketConfig {
  const isScenario = (SCENARIO_NAMES as readonly string[]).includes(name);
  const config = isScenario ? scenarioConfig(name as ScenarioName, seed) : presetConfig(name);
  if (config === null)
    throw new InvalidInputError(
      `There is no scenario "${name}". There are ${SCENARIO_NAMES.join(', ')}, and the presets ${PRESET_NAMES.join(', ')}.`,
    );
  const block = blockOf(seed);
  if (!isScenario && (block?.purpose === 'sealed_parameters' || block?.purpose === 'sealed_mechanism'))
    throw new InvalidInputError(
      `${name} is a preset, the same for every seed: nothing of it is held back for ${blockName(block)}.`,
    );
  const { minutes, targetInventory } = ground;
  const closeNs = minutes === null ? Infinity : parseClockTime(config.open) + minutes * NS_PER_MINUTE;
  return parseMarketConfig({
    ...config,
    close: closeNs < parseClockTime(config.close) ? formatClockTime(closeNs) : config.close,
    strategy: { ...config.strategy, targetInventory },
  });
}

/** @throws InvalidInputError for what could not be evaluated; before anything is run, or a sealed block is opened */
export function requireEvaluable(plan: EvaluationPlan): void {
  const { against, scenarios, seeds, stopRule, targetInventory } = plan;
  if (stopRule.type === 'looks') levelsOfLooks(stopRule.at, LEVEL);
  if (targetInventory !== 0 && !('strategy' in against))
    throw new InvalidInputError(
      'A strategy that has to buy or sell is compared with another one that has to: name it with --against.',
    );
  for (const name of scenarios) groundConfig(plan, name, seeds[0]!);
}

/**
 * Runs strategy, reference and the market without either on the same seeds, look by look, until the court has its answer.
 * @throws InvalidInputError as `requireEvaluable`
 */
export async function evaluate(plan: EvaluationPlan, options: LabOptions = {}): Promise<Evaluation> {
  const { strategy, against, scenarios, seeds, stopRule } = plan;
  requireEvaluable(plan);
  const looks = stopRule.type === 'fixed' ? [stopRule.seeds] : stopRule.at;
  const others = 'strategy' in against ? [['reference', against.strategy] as const] : [];
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
    const done = await runPlaced(tasks, options);
    runs.push(...done, ...(await runPlaced(luckTasks(plan, done), options)));
    verdict = judge(question, scoresOf(runs, 'strategy'), referenceScores(plan, runs, question));
    if (verdict.stop.shouldStop) break;
  }
  return {
    verdict,
    luck: judgeLuck(plan, runs, question),
    values: valuesBySeed(question.primary, scoresOf(runs, 'strategy'), referenceScores(plan, runs, question)),
    anatomy: scenarios.map((scenario) => anatomyOf(scenario, runs)),
    measures: scenarios.map((scenario) => measuresOf(scenario, runs)),
    footprint: footprintOf(runs),
    axes: axesOf(
      runs.filter(({ side }) => side === 'strategy'),
      runs.filter(({ side }) => side === 'absent'),
    ),
    failures: failuresOf(ordered(runs)),
    runs: ordered(runs),
  };
}

function questionOf({ strategy, against, stopRule, targetInventory }: EvaluationPlan): Question {
  return {
    reference: referenceOf(against, strategy),
    primary: primaryMeasure(targetInventory),
    // Cash has no drawdown, and nothing of this sort to be better or worse than.
    secondary: against.type === 'cash' ? [] : SECONDARY,
    stopRule,
    relevantDifference: null,
  };
}

function referenceOf(against: Against, strategy: LabStrategy): Reference {
  if ('strategy' in against) return { type: against.type, name: nameOf(against.strategy, strategy) };
  return against.type === 'cash'
    ? { type: 'cash' }
    : { type: 'turnover_matched', name: strategy.compiled.fileName };
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

function scoresOf(runs: readonly EvaluatedRun[], side: Side): ScoredRun[] {
  return runs.filter((run) => run.side === side).map((run) => scoredRun(run.scenario, run));
}

function referenceScores(
  { against }: EvaluationPlan,
  runs: readonly EvaluatedRun[],
  { primary, secondary }: Question,
): ScoredRun[] {
  const own = scoresOf(runs, 'strategy');
  if (against.type === 'cash') return cashRuns(own, [primary, ...secondary]);
  return against.type === 'turnover_matched'
    ? luckScores(runs, [primary, ...secondary])
    : scoresOf(runs, 'reference');
}

/** A random trader with the turnover of each run of the strategy, on the same days; none for an execution. */
function luckTasks(plan: EvaluationPlan, runs: readonly EvaluatedRun[]): PlacedTask[] {
  if (plan.targetInventory !== 0) return [];
  return runs.flatMap(({ side, scenario, seed, values }): PlacedTask[] => {
    const { fills, volume, carriedShares, mostInventory } = values ?? {};
    if (side !== 'strategy' || fills == null || volume == null) return [];
    if (carriedShares == null || mostInventory == null) return [];
    const turnover = { fills, volume, finalInventory: carriedShares, mostInventory };
    const luck = turnoverMatched(turnover, `${scenario} ${seed}`);
    return luck === null
      ? []
      : [{ side: 'luck', scenario, seed, strategy: null, luck, config: groundConfig(plan, scenario, seed) }];
  });
}

/** Where the strategy did not trade, luck would not have either: it earned nothing. */
function luckScores(runs: readonly EvaluatedRun[], measures: Question['secondary']): ScoredRun[] {
  const at = new Map(scoresOf(runs, 'luck').map((run) => [`${run.scenario} ${run.seed}`, run]));
  return cashRuns(scoresOf(runs, 'strategy'), measures).map(
    (nothing) => at.get(`${nothing.scenario} ${nothing.seed}`) ?? nothing,
  );
}

function judgeLuck(plan: EvaluationPlan, runs: readonly EvaluatedRun[], asked: Question): Verdict | null {
  const own = scoresOf(runs, 'strategy');
  if (plan.against.type === 'turnover_matched' || !runs.some(({ side }) => side === 'luck')) return null;
  const question: Question = {
    ...asked,
    reference: { type: 'turnover_matched', name: plan.strategy.compiled.fileName },
    secondary: [],
    stopRule: { type: 'fixed', seeds: new Set(own.map(({ seed }) => seed)).size },
  };
  return judge(question, own, luckScores(runs, [question.primary]));
}

function ordered(runs: readonly EvaluatedRun[]): EvaluatedRun[] {
  return runs.toSorted(
    (a, b) =>
      a.seed - b.seed ||
      (a.scenario < b.scenario ? -1 : a.scenario > b.scenario ? 1 : 0) ||
      SIDES.indexOf(a.side) - SIDES.indexOf(b.side),
  );
}
