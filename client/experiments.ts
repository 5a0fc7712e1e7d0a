// What an offer policy causes: simulations that differ in their offers, run and compared.
import { createHash } from 'node:crypto';
import { WorkflowIdConflictPolicy, WorkflowNotFoundError } from '@temporalio/client';
import { describeProblems } from '../domain/describe-problems.ts';
import { ConflictError, InvalidInputError } from '../domain/errors.ts';
import { armConflictsOf, compareArms, conflictsOf } from '../domain/retail/arm-comparison.ts';
import type { AgentOutcome, ArmComparison, Measure } from '../domain/retail/arm-comparison.ts';
import { HOURS_PER_DAY, instantAt } from '../domain/retail/calendar.ts';
import { ExperimentConfig, pairsOf, simulationsOf } from '../domain/retail/experiment.ts';
import { sharedDays } from '../domain/retail/fork.ts';
import { NO_LIFT, addLift, costPerIncremental, splitLift } from '../domain/retail/lift.ts';
import type { Lift } from '../domain/retail/lift.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import {
  EXPERIMENT_SQL,
  createExperiment,
  loadExperiment,
  loadOutcomes,
  loadProgress,
  loadPurchases,
} from '../prisma/experiment-store.ts';
import type { ExperimentRecord } from '../prisma/experiment-store.ts';
import { loadSimulation, participantsOf } from '../prisma/simulation-store.ts';
import type { Database } from '../prisma/client.ts';
import { experimentWorkflowId } from '../workflows/ids.ts';
import type { experiment } from '../workflows/retail/experiment.ts';
import { SIMULATION_QUEUE, WORKFLOW_TASK_TIMEOUT } from '../workflows/task-queues.ts';
import { requireKnownNames } from './simulations.ts';
import type { Services } from './simulations.ts';
import { LIMITS } from './report.ts';

const DAYS_PER_WEEK = 7;

/** Completed simulations in pairs, with what every agent did in the weeks that count. */
type Pairs = {
  readonly weeks: number;
  readonly from: Date;
  readonly pairs: readonly {
    readonly seed: string;
    readonly ids: readonly [a: string, b: string];
    readonly outcomes: readonly [a: readonly AgentOutcome[], b: readonly AgentOutcome[]];
  }[];
};

/**
 * Compares completed simulations in pairs, A with B of the same seed.
 * @param burnInWeeks at the beginning that count nothing
 * @throws InvalidInputError when they are no pairs, ConflictError when one is not completed or a pair differs in more than offers
 */
export async function compareSimulations(
  db: Database,
  a: readonly string[],
  b: readonly string[],
  burnInWeeks: number,
): Promise<ArmComparison> {
  return compare(await loadPairs(db, a, b, burnInWeeks));
}

function compare({ pairs, weeks }: Pairs): ArmComparison {
  return compareArms(
    pairs.map(({ outcomes }) => outcomes),
    weeks,
  );
}

async function loadPairs(
  db: Database,
  a: readonly string[],
  b: readonly string[],
  burnInWeeks: number,
): Promise<Pairs> {
  if (a.length !== b.length)
    throw new InvalidInputError(`${a.length} simulations against ${b.length}: they are compared in pairs.`);
  const records = await Promise.all([...a, ...b].map((id) => loadSimulation(db, id)));
  const unfinished = records.find(({ status }) => status !== 'completed');
  if (unfinished !== undefined)
    throw new ConflictError(
      `Simulation "${unfinished.config.simulationId}" is ${unfinished.status}: only completed ones are compared.`,
    );
  const configs = records.map(({ config }) => config);
  a.forEach((id, i) => {
    const conflicts = conflictsOf(configs[i]!, configs[a.length + i]!);
    if (conflicts.length > 0)
      throw new ConflictError(
        `Simulations "${id}" and "${b[i]!}" differ in ${conflicts.join(', ')}: a difference between them would not be that of their offers.`,
      );
  });
  requireOneArm(configs.slice(0, a.length));
  requireOneArm(configs.slice(a.length));
  const { days } = configs[0]!;
  const weeks = days / DAYS_PER_WEEK - burnInWeeks;
  if (!(weeks > 0))
    throw new InvalidInputError(`A burn-in of ${burnInWeeks} weeks leaves nothing of ${days} days.`);
  a.forEach((id, i) => {
    const shared = sharedDays(records[i]!, records[a.length + i]!);
    if (shared > burnInWeeks * DAYS_PER_WEEK)
      throw new InvalidInputError(
        `Simulations "${id}" and "${b[i]!}" share their first ${shared} days: compare them with --burn-in ${Math.ceil(shared / DAYS_PER_WEEK)} or more.`,
      );
  });
  // One first day: pairs that begin on another one were refused above.
  const from = measuredFrom(configs[0]!, burnInWeeks);
  const outcomes = await Promise.all(configs.map(({ simulationId }) => loadOutcomes(db, simulationId, from)));
  const first = outcomes[0]!.map(({ agentId }) => agentId).join();
  const other = outcomes.findIndex((arm) => arm.map(({ agentId }) => agentId).join() !== first);
  if (other >= 0)
    throw new ConflictError(
      `Simulation "${configs[other]!.simulationId}" has other agents than "${configs[0]!.simulationId}".`,
    );
  requireSeveral(outcomes[0]!.length);
  return {
    weeks,
    from,
    pairs: a.map((id, i) => ({
      seed: configs[i]!.seed,
      ids: [id, b[i]!],
      outcomes: [outcomes[i]!, outcomes[a.length + i]!],
    })),
  };
}

/** Agents are the units: of one nobody can say how much is chance. */
function requireSeveral(agents: number): void {
  if (agents < 2) throw new InvalidInputError(`${agents} agent is no comparison: at least 2 are needed.`);
}

/** The same offers to the same shoppers, each time under another seed. */
function requireOneArm(configs: readonly SimulationConfig[]): void {
  const [first, ...others] = configs;
  for (const other of others) {
    const conflicts = armConflictsOf(first!, other);
    if (conflicts.length > 0)
      throw new ConflictError(
        `Simulations "${first!.simulationId}" and "${other.simulationId}" are named as one arm, and differ in ${conflicts.join(', ')}.`,
      );
  }
  const seeds = configs.map(({ seed }) => seed);
  const twice = configs.find(({ seed }, i) => seeds.indexOf(seed) !== i);
  if (twice !== undefined)
    throw new ConflictError(`Seed "${twice.seed}" is there twice: the same luck would count double.`);
}

/** The first instant that counts. */
function measuredFrom({ startDate }: SimulationConfig, burnInWeeks: number): Date {
  return new Date(instantAt(startDate, burnInWeeks * DAYS_PER_WEEK * HOURS_PER_DAY));
}

/**
 * Checks and stores an experiment and starts its execution. Starting the same one again goes on where it was; one that
 * is completed is left as it is.
 * @throws InvalidInputError naming each wrong field, ConflictError when the id belongs to another experiment
 */
export async function startExperiment({ db, temporal }: Services, given: unknown): Promise<ExperimentRecord> {
  const parsed = ExperimentConfig.safeParse(given);
  if (!parsed.success)
    throw new InvalidInputError(`The experiment is wrong: ${describeProblems(parsed.error)}.`);
  // Each of its simulations is checked before anything is stored.
  const simulations = simulationsOf(parsed.data);
  const conflicts = conflictsOf(simulations[0]!, simulations[1]!).filter((field) => field !== 'simulationId');
  if (conflicts.length > 0)
    throw new InvalidInputError(`The arms differ in ${conflicts.join(', ')}, not in offers alone.`);
  requireSeveral((await participantsOf(db, simulations[0]!)).length);
  await requireKnownNames(db, simulations[0]!);
  await requireFreeNames(db, parsed.data, simulations);
  const record = await createExperiment(db, parsed.data);
  const { experimentId, inFlight } = record.config;
  if (record.status !== 'completed')
    await temporal.workflow.start<typeof experiment>('experiment', {
      args: [{ experimentId, simulationIds: simulations.map(({ simulationId }) => simulationId), inFlight }],
      taskQueue: SIMULATION_QUEUE,
      workflowId: experimentWorkflowId(experimentId),
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      staticSummary: `${record.config.arms.map(({ name }) => name).join(' against ')}, ${record.config.seeds.length === 1 ? 'one seed' : `${record.config.seeds.length} seeds`}`,
    });
  return record;
}

/** An experiment that is there has its simulations; the names of a new one's may be taken by others. */
async function requireFreeNames(
  db: Database,
  { experimentId }: ExperimentConfig,
  simulations: readonly SimulationConfig[],
): Promise<void> {
  if ((await db.experiment.count({ where: { experimentId } })) > 0) return;
  const ids = simulations.map(({ simulationId }) => simulationId);
  const [taken] = await loadProgress(db, ids);
  if (taken !== undefined)
    throw new ConflictError(
      `Experiment "${experimentId}" would have a simulation "${taken.simulationId}", which exists already: choose another id.`,
    );
}

/** Waits until an experiment has ended. @throws what ended it, when it failed as a whole */
export async function waitForExperiment(
  { temporal }: Services,
  experimentId: string,
): Promise<Awaited<ReturnType<typeof experiment>>> {
  return temporal.workflow.getHandle<typeof experiment>(experimentWorkflowId(experimentId)).result();
}

/** Ends an experiment and what of it runs; what has been lived is kept, and starting it again goes on there. */
export async function stopExperiment({ db, temporal }: Services, experimentId: string): Promise<void> {
  const { status } = await loadExperiment(db, experimentId);
  if (status !== 'running') throw new ConflictError(`Experiment "${experimentId}" is ${status}.`);
  try {
    await temporal.workflow.getHandle(experimentWorkflowId(experimentId)).cancel();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new ConflictError(`Experiment "${experimentId}" has no running execution: start it again.`, {
      cause: error,
    });
  }
}

export type ExperimentView = {
  readonly record: ExperimentRecord;
  readonly simulations: readonly {
    readonly simulationId: string;
    readonly status: string;
    readonly committedDays: number;
    readonly days: number;
  }[];
};

/** An experiment and how far each of its simulations is. */
export async function viewExperiment(db: Database, experimentId: string): Promise<ExperimentView> {
  const record = await loadExperiment(db, experimentId);
  const configs = simulationsOf(record.config);
  const progress = new Map(
    (
      await loadProgress(
        db,
        configs.map(({ simulationId }) => simulationId),
      )
    ).map((row) => [row.simulationId, row]),
  );
  return {
    record,
    simulations: configs.map(({ simulationId, days }) => ({
      simulationId,
      days,
      status: progress.get(simulationId)?.status ?? 'waiting',
      committedDays: progress.get(simulationId)?.committedDays ?? 0,
    })),
  };
}

/** What pairs of simulations have shown: the answer, where it came from, and how to check it. */
export type PairReport = {
  readonly comparison: ArmComparison;
  /** Over all seeds. */
  readonly lift: Lift;
  /** Cost of B's offers above that of A's for one unit of incremental value; null when there is none. */
  readonly costPerIncremental: number | null;
  readonly seeds: readonly {
    readonly seed: string;
    /** Margin in cents and redemptions, over all agents and measured weeks. */
    readonly margin: readonly [a: number, b: number];
    readonly redemptions: readonly [a: number, b: number];
  }[];
  /** Shopping days that failed or were left out, in all simulations: 0 where nothing went wrong. */
  readonly failedDays: number;
  /** Hash over what every agent did: two runs of an experiment have the same. */
  readonly digest: string;
  readonly sql: typeof EXPERIMENT_SQL;
};

/** Compares completed simulations in pairs and splits the lift; see `compareSimulations` for what is refused. */
export async function reportPairs(
  db: Database,
  a: readonly string[],
  b: readonly string[],
  burnInWeeks: number,
): Promise<PairReport> {
  const { pairs, weeks, from } = await loadPairs(db, a, b, burnInWeeks);
  const comparison = compare({ pairs, weeks, from });
  const hash = createHash('sha256');
  let lift = NO_LIFT;
  for (const { ids, outcomes } of pairs) {
    hash.update(JSON.stringify(outcomes));
    const [before, now] = [await loadPurchases(db, ids[0], from), await loadPurchases(db, ids[1], from)];
    lift = addLift(lift, splitLift(before, now, Math.ceil(weeks)));
  }
  const total = (arm: 0 | 1, of: Measure, pair: Pairs['pairs'][number]): number =>
    pair.outcomes[arm].reduce((sum, outcome) => sum + outcome[of], 0);
  const offerCost = pairs.reduce(
    (sum, pair) => sum + total(1, 'offerCost', pair) - total(0, 'offerCost', pair),
    0,
  );
  return {
    comparison,
    lift,
    costPerIncremental: costPerIncremental(lift, offerCost),
    seeds: pairs.map((pair) => ({
      seed: pair.seed,
      margin: [total(0, 'margin', pair), total(1, 'margin', pair)],
      redemptions: [total(0, 'redemptions', pair), total(1, 'redemptions', pair)],
    })),
    failedDays: await db.shoppingDay.count({
      where: { simulationId: { in: [...a, ...b] }, status: { in: ['failed', 'quarantined'] } },
    }),
    digest: hash.digest('hex'),
    sql: EXPERIMENT_SQL,
  };
}

export type ExperimentReport = PairReport & {
  readonly experiment: ExperimentRecord;
  readonly dataset: {
    readonly title: string;
    readonly notice: string | null;
    readonly currency: string;
  };
  /** What all simulations have in common, as they were run. */
  readonly simulation: SimulationConfig;
  /** Seeds of which one simulation is not completed; they count nothing. */
  readonly missingSeeds: readonly string[];
  readonly limits: readonly string[];
};

/**
 * What an experiment has shown, from those of its pairs that are completed.
 * @throws ConflictError when none is
 */
export async function reportExperiment(db: Database, experimentId: string): Promise<ExperimentReport> {
  const { record, simulations } = await viewExperiment(db, experimentId);
  const { config } = record;
  const isDone = new Set(
    simulations.flatMap(({ simulationId, status }) => (status === 'completed' ? [simulationId] : [])),
  );
  const { a, b } = pairsOf(config);
  const complete = a.flatMap((id, i) => (isDone.has(id) && isDone.has(b[i]!) ? [i] : []));
  if (complete.length === 0)
    throw new ConflictError(
      `Experiment "${experimentId}" is ${record.status}; ${isDone.size} of its ${simulations.length} simulations are completed, and no pair of them.`,
    );
  const pairs = { a: complete.map((i) => a[i]!), b: complete.map((i) => b[i]!) };
  const { config: first } = await loadSimulation(db, pairs.a[0]!);
  const { title, notice, currency } = await db.dataset.findUniqueOrThrow({ where: { id: first.datasetId } });
  return {
    ...(await reportPairs(db, pairs.a, pairs.b, config.burnInWeeks)),
    experiment: record,
    dataset: { title, notice, currency },
    simulation: first,
    missingSeeds: config.seeds.filter((_, i) => !complete.includes(i)),
    limits: LIMITS,
  };
}
