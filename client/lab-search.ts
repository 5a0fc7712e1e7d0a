// `mercato lab search`: three searches over the parameters of a strategy at as many runs, and what the court says of the three
// winners and the default on seeds that none of them has seen. What is searched is the source as it stands: the same rules,
// compiler and sandbox as for any other strategy.
import { createHash } from 'node:crypto';
import { InvalidInputError } from '../domain/errors.ts';
import { judge } from '../domain/lab/judge.ts';
import { primaryMeasure } from '../domain/lab/measures.ts';
import type { ScoredRun } from '../domain/lab/paired-runs.ts';
import type { Measure } from '../domain/lab/question.ts';
import { seedsOf } from '../domain/lab/sealed-seeds.ts';
import type { Opening, SeedBlock } from '../domain/lab/sealed-seeds.ts';
import { luckOf, meanOf } from '../domain/lab/search-luck.ts';
import type { SearchLuck } from '../domain/lab/search-luck.ts';
import { SEARCH_METHODS, startSearch } from '../domain/lab/search.ts';
import type {
  Candidate,
  Score,
  Search,
  SearchMethod,
  SearchOutcome,
  SearchRequest,
} from '../domain/lab/search.ts';
import type { Verdict } from '../domain/lab/verdict.ts';
import { RandomKey } from '../domain/random.ts';
import { chooseParameters } from '../sandbox/strategy-parameters.ts';
import { compileStrategy } from '../sandbox/strategy-source.ts';
import { SEARCH_GOALS } from './lab-search-goals.ts';
import type { SearchGoalName } from './lab-search-goals.ts';
import { SearchRuns } from './lab-search-runs.ts';
import type { SearchRunOptions } from './lab-search-runs.ts';

/** Three searches share them, and the candidates of each. */
export const TRAIN_SEEDS = 8;

export type LabSearchOptions = SearchRunOptions & {
  readonly goal: SearchGoalName;
  readonly source: string;
  readonly fileName: string;
  /** Names of scenarios or of presets. */
  readonly scenarios: readonly string[];
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
};

export type MethodResult = {
  readonly parameters: Readonly<Record<string, number>>;
  /** Runs that it used. */
  readonly runs: number;
  /** Mean of the primary measure of the winner, and of the default, over the seeds for training. */
  readonly train: { readonly winner: number | null; readonly default: number | null };
  readonly luck: SearchLuck;
  /** All that were tried, the default first, and which of them won. Scores by seed for training; more is better. */
  readonly candidates: readonly Candidate[];
  readonly winner: number;
};

export type LabSearchResult = {
  readonly goal: SearchGoalName;
  readonly measure: Measure;
  readonly strategy: { readonly fileName: string; readonly hash: string };
  readonly scenarios: readonly string[];
  readonly minutes: number | null;
  readonly sessionSeed: number;
  readonly train: { readonly block: SeedBlock; readonly seeds: number };
  readonly sealed: { readonly block: SeedBlock; readonly seeds: number };
  readonly default: Readonly<Record<string, number>>;
  readonly methods: Readonly<Record<SearchMethod, MethodResult>>;
  /** Of the winner of `search` on the sealed seeds, against each of the others. */
  readonly verdicts: Readonly<Record<'default' | 'best_of_n' | 'random_search', Verdict>>;
};

/** What is kept of a search. */
export type SearchRecord = LabSearchResult & {
  readonly format: 'mercato search';
  readonly version: 1;
  /** How often the sealed block has been looked at, as a sentence. */
  readonly openings: string;
};

/**
 * @throws InvalidInputError for options that make no sense, StrategyValidationError, AppError `lab_interrupted` when the signal aborts
 * and `lab_failed` when a run of a search was lost by the machine twice: the search would not be the same again
 */
export async function searchLab(options: LabSearchOptions): Promise<LabSearchResult> {
  const { goal, source, fileName, scenarios, sessionSeed, sealedSeeds, minutes } = options;
  if (sealedSeeds < 2)
    throw new InvalidInputError(`a verdict needs at least 2 sealed seeds, not ${sealedSeeds}`);
  const least = 2 * TRAIN_SEEDS * scenarios.length;
  if (options.budget < least)
    throw new InvalidInputError(
      `a budget of ${options.budget} runs is too small: the default and one other candidate on ${TRAIN_SEEDS} seeds in ${scenarios.length === 1 ? 'one scenario' : `${scenarios.length} scenarios`} take ${least}`,
    );
  const { targetInventory } = SEARCH_GOALS[goal];
  const measure = primaryMeasure(targetInventory);
  const compiled = compileStrategy(source, fileName);
  const train = { purpose: 'train', number: sessionSeed } as const;
  const plan = {
    parameters: compiled.parameters,
    seeds: seedsOf(train, TRAIN_SEEDS),
    budget: Math.floor(options.budget / scenarios.length),
    key: RandomKey.of(`search ${sessionSeed}`),
  };
  // All are started before the first run, so that a wrong option is found at once.
  const searches = SEARCH_METHODS.map((method) => [method, startSearch(method, plan)] as const);
  const planned = SEARCH_METHODS.length * (plan.budget - (plan.budget % TRAIN_SEEDS));
  const total = scenarios.length * (planned + (SEARCH_METHODS.length + 1) * sealedSeeds);
  const runs = new SearchRuns(compiled, { scenarios, minutes, targetInventory }, total, options);
  const startedAt = new Date().toISOString();
  const outcomes = new Map<SearchMethod, SearchOutcome>();
  for (const [method, search] of searches)
    outcomes.set(method, await drive(search, (requests) => runs.score(requests, measure, method)));

  const frozen = {
    default: chooseParameters(compiled.parameters),
    search: winnerOf(outcomes.get('search')!).parameters,
    random_search: winnerOf(outcomes.get('random_search')!).parameters,
    best_of_n: winnerOf(outcomes.get('best_of_n')!).parameters,
  };
  const block = options.open({
    session: `lab search, ${goal}, seed ${sessionSeed}, ${startedAt}`,
    strategy: createHash('sha256')
      .update(JSON.stringify([compiled.hash, frozen]))
      .digest('hex'),
    reason: 'the winners of the searches are frozen',
    at: new Date().toISOString(),
  });
  const sealed = await runs.runAll(Object.values(frozen), seedsOf(block, sealedSeeds), 'sealed seeds');
  const runsOf = (name: keyof typeof frozen): readonly ScoredRun[] =>
    sealed[Object.keys(frozen).indexOf(name)]!;
  const against = (name: keyof typeof frozen, said: string): Verdict =>
    judge(
      {
        reference: { type: 'strategy', name: said },
        primary: measure,
        secondary: [],
        stopRule: { type: 'fixed', seeds: sealedSeeds },
        relevantDifference: null,
      },
      runsOf('search'),
      runsOf(name),
    );
  const resultOf = (method: SearchMethod): MethodResult =>
    methodResult(outcomes.get(method)!, measure, scenarios.length);
  return {
    goal,
    measure,
    strategy: { fileName, hash: compiled.hash },
    scenarios,
    minutes,
    sessionSeed,
    train: { block: train, seeds: TRAIN_SEEDS },
    sealed: { block, seeds: sealedSeeds },
    default: frozen.default,
    methods: {
      search: resultOf('search'),
      random_search: resultOf('random_search'),
      best_of_n: resultOf('best_of_n'),
    },
    verdicts: {
      default: against('default', 'the default'),
      best_of_n: against('best_of_n', 'best of N'),
      random_search: against('random_search', 'random search'),
    },
  };
}

function winnerOf({ candidates, winner }: SearchOutcome): Candidate {
  return candidates[winner]!;
}

function methodResult(outcome: SearchOutcome, measure: Measure, scenarios: number): MethodResult {
  const valueOf = (candidate: Candidate): number | null => {
    const score = meanOf(candidate);
    return score === null || measure.isMoreBetter ? score : -score;
  };
  return {
    parameters: winnerOf(outcome).parameters,
    runs: outcome.runs * scenarios,
    train: { winner: valueOf(winnerOf(outcome)), default: valueOf(outcome.candidates[0]!) },
    luck: luckOf(outcome, RandomKey.of('luck')),
    candidates: outcome.candidates,
    winner: outcome.winner,
  };
}

async function drive(
  search: Search,
  score: (requests: readonly SearchRequest[]) => Promise<readonly Score[]>,
): Promise<SearchOutcome> {
  let step = search.next();
  while (!step.done) step = search.next(await score(step.value));
  return step.value;
}
