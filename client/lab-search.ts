// `mercato lab search`: three searches over the parameters of a strategy at as many runs, and what the court says of the three
// winners and the default on seeds that none of them has seen. What is searched is the source as it stands: the same rules,
// compiler and sandbox as for any other strategy.
import { createHash } from 'node:crypto';
import path from 'node:path';
import { mean } from '../domain/descriptive-statistics.ts';
import { AppError, InvalidInputError } from '../domain/errors.ts';
import { judge } from '../domain/lab/judge.ts';
import type { ScoredRun } from '../domain/lab/paired-runs.ts';
import type { Measure } from '../domain/lab/question.ts';
import type { RunMeasure } from '../domain/lab/run.ts';
import { scenarioConfig } from '../domain/lab/scenario.ts';
import type { ScenarioName } from '../domain/lab/scenario.ts';
import { seedsOf } from '../domain/lab/sealed-seeds.ts';
import type { Opening, SeedBlock } from '../domain/lab/sealed-seeds.ts';
import { luckOf, meanOf } from '../domain/lab/search-luck.ts';
import type { SearchLuck } from '../domain/lab/search-luck.ts';
import { SEARCH_METHODS, startSearch } from '../domain/lab/search.ts';
import type { Score, Search, SearchMethod, SearchOutcome, SearchRequest } from '../domain/lab/search.ts';
import type { Verdict } from '../domain/lab/verdict.ts';
import { parseMarketConfig } from '../domain/market/market-config.ts';
import type { MarketConfig } from '../domain/market/market-config.ts';
import { formatClockTime, NS_PER_MINUTE, parseClockTime } from '../domain/market/session-time.ts';
import { RandomKey } from '../domain/random.ts';
import { runLabTasks } from '../sandbox/child-pool.ts';
import type { LabOptions } from '../sandbox/child-pool.ts';
import type { LabResult, LabStrategy } from '../sandbox/lab-job.ts';
import { chooseParameters } from '../sandbox/strategy-parameters.ts';
import { compileStrategy } from '../sandbox/strategy-source.ts';

export type SearchGoal = {
  readonly description: string;
  /** Where a search begins when no other strategy is given. */
  readonly library: string;
  readonly primary: Measure & { readonly name: RunMeasure };
  /** Shares to be held at the close. */
  readonly targetInventory: number;
};

const EXAMPLES = path.join(__dirname, '..', 'examples');

export const SEARCH_GOALS = {
  'spread-capture': {
    description: 'earn by quoting both sides, after liquidation and fees',
    library: path.join(EXAMPLES, 'market-maker.ts'),
    primary: {
      name: 'pnlCents',
      isMoreBetter: true,
      worst: 0,
      unit: 'dollars a session',
      scale: 0.01,
      digits: 2,
    },
    targetInventory: 0,
  },
  execution: {
    description: 'buy 2,000 shares by the close at little cost against the price at the open',
    library: path.join(EXAMPLES, 'execution.ts'),
    primary: {
      name: 'shortfallBps',
      isMoreBetter: false,
      worst: 0,
      unit: 'basis points',
      scale: 1,
      digits: 2,
    },
    targetInventory: 2000,
  },
} as const satisfies Readonly<Record<string, SearchGoal>>;
export type SearchGoalName = keyof typeof SEARCH_GOALS;

/** Three searches share them, and the candidates of each. */
export const TRAIN_SEEDS = 8;

export type LabSearchOptions = Pick<LabOptions, 'kind' | 'processes' | 'signal'> & {
  readonly goal: SearchGoalName;
  readonly source: string;
  readonly fileName: string;
  readonly scenarios: readonly ScenarioName[];
  /** Runs of each of the three methods, a run being one seed in one scenario. */
  readonly budget: number;
  /** Decides what is proposed, and which block the seeds for training are of. */
  readonly sessionSeed: number;
  /** Of the block that is opened at the end. */
  readonly sealedSeeds: number;
  /** Length of the session; null: as the scenario has it. */
  readonly minutes: number | null;
  /** Opens a sealed block that nobody has seen, and writes it into a ledger. Called once, when all winners are frozen. */
  readonly open: (opening: Omit<Opening, 'block'>) => SeedBlock;
  readonly onProgress?: (done: number, total: number, text: string) => void;
};

export type MethodResult = {
  readonly parameters: Readonly<Record<string, number>>;
  /** Runs that it used. */
  readonly runs: number;
  /** Mean of the primary measure of the winner, and of the default, over the seeds for training. */
  readonly train: { readonly winner: number | null; readonly default: number | null };
  readonly luck: SearchLuck;
};

export type LabSearchResult = {
  readonly goal: SearchGoalName;
  readonly measure: Measure;
  readonly strategy: { readonly fileName: string; readonly hash: string };
  readonly scenarios: readonly ScenarioName[];
  readonly minutes: number | null;
  readonly sessionSeed: number;
  readonly train: { readonly block: SeedBlock; readonly seeds: number };
  readonly sealed: { readonly block: SeedBlock; readonly seeds: number };
  readonly default: Readonly<Record<string, number>>;
  readonly methods: Readonly<Record<SearchMethod, MethodResult>>;
  /** Of the winner of `search` on the sealed seeds, against each of the others. */
  readonly verdicts: Readonly<Record<'default' | 'best_of_n' | 'random_search', Verdict>>;
};

/**
 * @throws InvalidInputError for options that make no sense, StrategyValidationError, AppError `lab_interrupted` when the signal aborts
 * and `lab_failed` when a run of a search was lost by the machine twice: the search would not be the same again
 */
export async function searchLab(options: LabSearchOptions): Promise<LabSearchResult> {
  const { goal: goalName, source, fileName, scenarios, sessionSeed, sealedSeeds, minutes } = options;
  const goal: SearchGoal = SEARCH_GOALS[goalName];
  if (sealedSeeds < 2)
    throw new InvalidInputError(`a verdict needs at least 2 sealed seeds, not ${sealedSeeds}`);
  const compiled = compileStrategy(source, fileName);
  const train = { purpose: 'train', number: sessionSeed } as const;
  const budget = Math.floor(options.budget / scenarios.length);
  const plan = {
    parameters: compiled.parameters,
    seeds: seedsOf(train, TRAIN_SEEDS),
    budget,
    key: RandomKey.of(`search ${sessionSeed}`),
  };
  // All are started before the first run, so that a wrong option is found at once.
  const searches = SEARCH_METHODS.map((method) => [method, startSearch(method, plan)] as const);
  const runner = new Runner(options, goal, (parameters) => ({
    compiled,
    parameters: chooseParameters(compiled.parameters, parameters),
  }));
  const planned = budget - (budget % TRAIN_SEEDS);
  runner.expect(
    scenarios.length * (SEARCH_METHODS.length * planned + (SEARCH_METHODS.length + 1) * sealedSeeds),
  );
  const startedAt = new Date().toISOString();
  const outcomes = new Map<SearchMethod, SearchOutcome>();
  for (const [method, search] of searches) outcomes.set(method, await drive(search, runner, method));

  const usual = chooseParameters(compiled.parameters);
  const chosen = (method: SearchMethod): Readonly<Record<string, number>> => {
    const { candidates, winner } = outcomes.get(method)!;
    return candidates[winner]!.parameters;
  };
  const contenders = [usual, ...SEARCH_METHODS.map(chosen)];
  const block = options.open({
    session: `lab search, ${goalName}, seed ${sessionSeed}, ${startedAt}`,
    strategy: createHash('sha256')
      .update(JSON.stringify([compiled.hash, contenders]))
      .digest('hex'),
    reason: 'the winners of the searches are frozen',
    at: new Date().toISOString(),
  });
  const seeds = seedsOf(block, sealedSeeds);
  const [ofDefault, ofSearch, ofRandom, ofBest] = await runner.runAll(contenders, seeds, 'sealed seeds');
  const against = (name: string, reference: readonly ScoredRun[]): Verdict =>
    judge(
      {
        reference: { type: 'strategy', name },
        primary: goal.primary,
        secondary: [],
        stopRule: { type: 'fixed', seeds: sealedSeeds },
        relevantDifference: null,
      },
      ofSearch!,
      reference,
    );
  return {
    goal: goalName,
    measure: goal.primary,
    strategy: { fileName, hash: compiled.hash },
    scenarios,
    minutes,
    sessionSeed,
    train: { block: train, seeds: TRAIN_SEEDS },
    sealed: { block, seeds: sealedSeeds },
    default: usual,
    methods: {
      search: methodResult(outcomes.get('search')!, goal, scenarios.length),
      random_search: methodResult(outcomes.get('random_search')!, goal, scenarios.length),
      best_of_n: methodResult(outcomes.get('best_of_n')!, goal, scenarios.length),
    },
    verdicts: {
      default: against('the default', ofDefault!),
      best_of_n: against('best of N', ofBest!),
      random_search: against('random search', ofRandom!),
    },
  };
}

function methodResult(outcome: SearchOutcome, { primary }: SearchGoal, scenarios: number): MethodResult {
  const { candidates, winner, runs } = outcome;
  const measured = (score: number | null): number | null =>
    score === null ? null : primary.isMoreBetter ? score : -score;
  return {
    parameters: candidates[winner]!.parameters,
    runs: runs * scenarios,
    train: { winner: measured(meanOf(candidates[winner]!)), default: measured(meanOf(candidates[0]!)) },
    luck: luckOf(outcome, RandomKey.of('luck')),
  };
}

async function drive(search: Search, runner: Runner, method: SearchMethod): Promise<SearchOutcome> {
  let step = search.next();
  while (!step.done) step = search.next(await runner.score(step.value, method));
  return step.value;
}

type Job = {
  /** Of what decides the run. */
  readonly key: string;
  readonly strategy: LabStrategy;
  readonly scenario: ScenarioName;
  readonly seed: number;
};

/** Does runs, and remembers them: what is asked for twice comes to the same. */
class Runner {
  private readonly options: LabSearchOptions;
  private readonly goal: SearchGoal;
  private readonly create: (parameters: Readonly<Record<string, number>>) => LabStrategy;
  private readonly strategies = new Map<string, LabStrategy>();
  private readonly results = new Map<string, ScoredRun>();
  private done = 0;
  private total = 0;

  constructor(
    options: LabSearchOptions,
    goal: SearchGoal,
    create: (parameters: Readonly<Record<string, number>>) => LabStrategy,
  ) {
    this.options = options;
    this.goal = goal;
    this.create = create;
  }

  expect(total: number): void {
    this.total = total;
  }

  /** Mean over the scenarios of the primary measure, such that more is better. */
  async score(requests: readonly SearchRequest[], text: string): Promise<Score[]> {
    const { primary } = this.goal;
    const jobs = requests.map(({ parameters, seed }) => this.jobsOf(parameters, [seed]));
    await this.run(jobs.flat(), text);
    return jobs.map((own) => {
      const values = own.map((job) => {
        const run = this.results.get(job.key)!;
        if (run.type === 'void')
          throw new AppError(
            'lab_failed',
            `Seed ${job.seed} in ${job.scenario} was lost twice: ${run.reason}`,
          );
        return run.type === 'measured' ? (run.values[primary.name] ?? null) : null;
      });
      if (values.includes(null)) return null;
      return (primary.isMoreBetter ? 1 : -1) * mean(values as number[]);
    });
  }

  /** Of each of the points its runs on all seeds. */
  async runAll(
    points: readonly Readonly<Record<string, number>>[],
    seeds: readonly number[],
    text: string,
  ): Promise<ScoredRun[][]> {
    const jobs = points.map((parameters) => this.jobsOf(parameters, seeds));
    await this.run(jobs.flat(), text);
    return jobs.map((own) => own.map(({ key }) => this.results.get(key)!));
  }

  private jobsOf(parameters: Readonly<Record<string, number>>, seeds: readonly number[]): Job[] {
    const point = JSON.stringify(parameters);
    const strategy = this.strategies.get(point) ?? this.create(parameters);
    // One object for all its runs, so that they share processes.
    this.strategies.set(point, strategy);
    return seeds.flatMap((seed) =>
      this.options.scenarios.map((scenario) => ({
        key: `${point} ${scenario} ${seed}`,
        strategy,
        scenario,
        seed,
      })),
    );
  }

  private async run(jobs: readonly Job[], text: string): Promise<void> {
    const missing = jobs.filter(({ key }) => !this.results.has(key));
    const todo = [...new Map(missing.map((job) => [job.key, job])).values()];
    this.done += jobs.length - todo.length;
    const { kind, processes, signal, minutes, onProgress } = this.options;
    const tasks = todo.map(({ strategy, scenario, seed }) => ({
      strategy,
      seed,
      config: configOf(scenario, seed, this.goal, minutes),
    }));
    const results = await runLabTasks(tasks, {
      ...(kind === undefined ? {} : { kind }),
      ...(processes === undefined ? {} : { processes }),
      ...(signal === undefined ? {} : { signal }),
      onResult: () => onProgress?.(++this.done, this.total, text),
    });
    todo.forEach(({ key, scenario }, i) => this.results.set(key, scoredRun(scenario, results[i]!)));
  }
}

function configOf(
  scenario: ScenarioName,
  seed: number,
  goal: SearchGoal,
  minutes: number | null,
): MarketConfig {
  const config = scenarioConfig(scenario, seed);
  const closeNs = parseClockTime(config.close);
  const wantedNs = minutes === null ? closeNs : parseClockTime(config.open) + minutes * NS_PER_MINUTE;
  return parseMarketConfig({
    ...config,
    close: formatClockTime(Math.min(closeNs, wantedNs)),
    strategy: { ...config.strategy, targetInventory: goal.targetInventory },
  });
}

function scoredRun(scenario: ScenarioName, { seed, ended, values }: LabResult): ScoredRun {
  if (ended.type === 'ok') return { scenario, seed, type: 'measured', values: values! };
  return { scenario, seed, type: ended.type, reason: `${ended.reason}: ${ended.message}` };
}
