// A whole evaluation as a researcher asks for it: the verdict on its days, what was held back beside it, openings and trials written down,
// a run card for each kind of days.
import { InvalidInputError } from '../domain/errors.ts';
import type { StopRule } from '../domain/lab/question.ts';
import {
  EMPTY_LEDGER,
  isSealed,
  looksSentence,
  openingsOf,
  openingsSentence,
  seedsOf,
} from '../domain/lab/sealed-seeds.ts';
import type { OpeningLedger, SeedBlock, SeedPurpose } from '../domain/lab/sealed-seeds.ts';
import type { TrialLuck } from '../domain/lab/trial-luck.ts';
import type { Verdict } from '../domain/lab/verdict.ts';
import type { LabOptions } from '../sandbox/child-pool.ts';
import type { LabStrategy } from '../sandbox/lab-job.ts';
import { loadStrategy } from '../sandbox/load-strategy.ts';
import { requireSandbox } from '../sandbox/require-sandbox.ts';
import type { CLOSED_KINDS } from '../sandbox/sandbox.ts';
import { describeProblems } from '../sandbox/strategy-source.ts';
import { capacityOf, capacityRuns } from './lab-capacity.ts';
import type { Capacity } from './lab-capacity.ts';
import { runCardOf } from './lab-card.ts';
import type { RunCard } from './lab-card.ts';
import type { EvaluatedRun } from './lab-description.ts';
import { evaluate, requireEvaluable } from './lab-evaluation.ts';
import type { Against, Evaluation, EvaluationPlan, Ground } from './lab-evaluation.ts';
import { openNextBlock } from './lab-ledger.ts';
import {
  addTrial,
  bestSoFar,
  luckAmong,
  readTrials,
  requireWritableTrials,
  trialOf,
  versionsOn,
} from './lab-trials.ts';
import type { Trial } from './lab-trials.ts';

/** Days of one kind. */
export type Days = {
  /** Null: seeds of one's own. */
  readonly block: SeedBlock | null;
  readonly seeds: readonly number[];
  readonly stopRule: StopRule;
};

export type LoadedStrategy = { readonly strategy: LabStrategy; readonly source: string };

export type JudgementRequest = {
  readonly own: LoadedStrategy;
  /** `random`: with its turnover; `best`: of the versions that were tried on the first kind of days, or on known ones. */
  readonly against: 'cash' | 'random' | 'best' | LoadedStrategy;
  readonly ground: Ground;
  /** What the verdict is about, then what stands beside it. In place of a sealed block the next one that nobody has opened is taken. */
  readonly days: readonly [Days, ...Days[]];
  /** Known seeds on which `best` is looked for. */
  readonly knownSeeds: readonly number[];
  /** Of the first days also at other fees, latencies and sizes; 0: none. */
  readonly capacitySeeds: number;
  readonly kind: (typeof CLOSED_KINDS)[number];
  readonly labFolder: string;
  readonly now: Date;
};

/** The same question on other days: what is described beside the verdict, with its own verdict. */
export type Evidence = {
  readonly days: SeedPurpose | 'own';
  /** Which seeds, and how often they have been looked at. */
  readonly seeds: string;
  readonly verdict: Verdict;
};

/** What is kept of an evaluation beside its runs, and what the page shows. */
export type EvaluationSummary = Omit<Evaluation, 'runs'> & {
  readonly format: 'mercato evaluation';
  readonly version: 1;
  readonly strategy: { readonly fileName: string; readonly hash: string };
  readonly ground: Ground;
  readonly sandbox: string;
  /** The verdict's own first. */
  readonly evidence: readonly [Evidence, ...Evidence[]];
  readonly trials: {
    /** Different versions that were tried on known days of this ground, this one too if it was. */
    readonly versions: number;
    /**
     * What being the best of them is worth; null on sealed days, where nothing was chosen, and against luck, which is another one
     * for every version.
     */
    readonly luck: TrialLuck | null;
  };
  readonly warnings: readonly string[];
  readonly capacity: Capacity | null;
  readonly seconds: number;
};

export type Judgement = {
  readonly summary: EvaluationSummary;
  /** Of each kind of days, in their order. */
  readonly cards: readonly RunCard[];
  readonly runs: readonly EvaluatedRun[];
};

/** Runs that a judgement makes at most. */
export function mostRuns({ ground, days, capacitySeeds, against }: JudgementRequest): number {
  const hasReference = against !== 'cash' && against !== 'random';
  const sides = 2 + (hasReference ? 1 : 0) + (ground.targetInventory === 0 ? 1 : 0);
  const seeds = days.reduce((sum, one) => sum + one.seeds.length, 0);
  return sides * ground.scenarios.length * seeds + capacityRuns(ground, capacitySeeds);
}

/**
 * Openings are written down before the first run: whoever interrupts has seen it all the same. Trials are written when all is done.
 * @throws InvalidInputError for what cannot be evaluated, before anything is opened or run
 */
export async function judgeStrategy(request: JudgementRequest, options: LabOptions = {}): Promise<Judgement> {
  const { own, ground, capacitySeeds, kind, labFolder, now } = request;
  // Unreadable, they are better found now than after the runs.
  const tried = readTrials(labFolder);
  const { against, source: otherSource } = referenceOf(request, tried);
  const { strategy } = own;
  const planOf = ({ seeds, stopRule }: Days): EvaluationPlan => ({
    ...ground,
    strategy,
    against,
    seeds,
    stopRule,
  });
  request.days.map(planOf).forEach(requireEvaluable);
  requireSandbox(kind);
  requireCapacity(planOf(request.days[0]), capacitySeeds);
  if (request.days.some(isTrial)) requireWritableTrials(labFolder);
  const started = Date.now();
  const opened = request.days.map((one) => openedDays(one, request));
  const days = opened.map((one) => one.days);
  const plans = days.map(planOf) as [EvaluationPlan, ...EvaluationPlan[]];
  const evaluations: Evaluation[] = [];
  for (const plan of plans) evaluations.push(await evaluate(plan, { ...options, kind }));
  const [first] = evaluations as [Evaluation];
  const capacity =
    capacitySeeds === 0 ? null : await capacityOf(plans[0], capacitySeeds, { ...options, kind });
  const sources = { strategy: own.source, against: otherSource };
  days.forEach((one, i) => {
    if (isTrial(one)) addTrial(labFolder, trialOf(plans[i]!, evaluations[i]!, own.source, now));
  });
  const trials = readTrials(labFolder);
  const { runs: _, ...rest } = first;
  const { fileName, hash, warnings } = strategy.compiled;
  const summary: EvaluationSummary = {
    format: 'mercato evaluation',
    version: 1,
    ...rest,
    strategy: { fileName, hash },
    ground,
    sandbox: kind,
    evidence: evaluations.map(({ verdict }, i) => evidenceOf(opened[i]!, verdict)) as [
      Evidence,
      ...Evidence[],
    ],
    trials: {
      versions: versionsOn(ground, trials).length,
      luck:
        opened[0]!.ledger !== null || against.type === 'turnover_matched'
          ? null
          : luckAmong(trials, plans[0], first),
    },
    capacity,
    warnings: warnings.map((problem) => describeProblems(fileName, [problem]).trim()),
    seconds: (Date.now() - started) / 1000,
  };
  return {
    summary,
    cards: evaluations.map((evaluation, i) => {
      const beside = i === 0 ? summary : null;
      const { block } = days[i]!;
      const openings = block === null ? [] : openingsOf(opened[i]!.ledger ?? EMPTY_LEDGER, block);
      const context = { kind, sources, block, openings, now, summary: beside };
      return runCardOf(plans[i]!, evaluation, context);
    }),
    runs: evaluations.flatMap(({ runs }) => runs),
  };
}

/** Sealed days feed nothing. */
function isTrial({ block }: Days): boolean {
  return block === null || !isSealed(block);
}

function referenceOf(
  { against, own, ground, knownSeeds }: JudgementRequest,
  tried: readonly Trial[],
): { against: Against; source: string | null } {
  if (against === 'cash') return { against: { type: 'cash' }, source: null };
  if (against === 'random') return { against: { type: 'turnover_matched' }, source: null };
  if (against !== 'best')
    return { against: { type: 'strategy', strategy: against.strategy }, source: against.source };
  const { compiled, parameters } = own.strategy;
  const best = bestSoFar(ground, knownSeeds, tried, { hash: compiled.hash, parameters });
  const strategy = loadStrategy(best.source, best.fileName, best.parameters);
  return { against: { type: 'best_so_far', strategy }, source: best.source };
}

function requireCapacity({ scenarios, seeds }: EvaluationPlan, capacitySeeds: number): void {
  if (capacitySeeds > 0 && scenarios.includes('no_edge'))
    throw new InvalidInputError('--capacity does not go with no_edge: its fees are what makes it fair.');
  if (capacitySeeds > seeds.length)
    throw new InvalidInputError(
      `--capacity ${capacitySeeds} is more than the ${seeds.length} days there are.`,
    );
}

/** With the ledger after they were opened; null for days that are not held back. */
type OpenedDays = { readonly days: Days; readonly ledger: OpeningLedger | null };

function openedDays(days: Days, { labFolder, now, own }: JudgementRequest): OpenedDays {
  if (days.block === null || isTrial(days)) return { days, ledger: null };
  const { compiled, parameters } = own.strategy;
  const at = now.toISOString();
  const { block, ledger } = openNextBlock(labFolder, days.block.purpose, {
    session: `evaluate ${at}`,
    strategy: `${compiled.hash} ${JSON.stringify(parameters)}`.slice(0, 200),
    reason: `lab evaluate ${compiled.fileName} --sealed`,
    at,
  });
  return { days: { ...days, block, seeds: seedsOf(block, days.seeds.length) }, ledger };
}

function evidenceOf({ days: { block, seeds }, ledger }: OpenedDays, verdict: Verdict): Evidence {
  if (block === null) return { days: 'own', seeds: `seeds ${rangeOf(seeds)}`, verdict };
  const said =
    ledger === null
      ? `${seeds.length} seeds of block ${block.number} of ${block.purpose}`
      : `${openingsSentence(ledger, block)} ${looksSentence(ledger, ledger.openings.at(-1)!)}`;
  return { days: block.purpose, seeds: said, verdict };
}

function rangeOf(seeds: readonly number[]): string {
  const isRange = seeds.every((seed, i) => seed === seeds[0]! + i);
  return isRange ? `${seeds[0]}-${seeds.at(-1)}` : seeds.join(', ');
}
