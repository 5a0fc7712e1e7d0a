// `npm run outage -- --seconds 120`: simulations while a server is away or hangs, one after the other: Postgres stopped
// for so long, Temporal stopped, each of them frozen, and Postgres frozen again and again for half as long. Nobody starts
// a worker again: the ones that were there must go on by themselves, and each simulation must end with the digest of
// one that nobody disturbed.
// Exit codes: 0 all the same, 1 not so, 2 wrong arguments, 130 interrupted.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { reviewSimulation } from '../client/report.ts';
import { seedAgents } from '../client/seeding.ts';
import { withServices } from '../client/services.ts';
import { startSimulation } from '../client/simulations.ts';
import type { Services } from '../client/simulations.ts';
import type { TimeScale } from '../domain/retail/clock.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { digestSimulation, firstDifference } from '../prisma/digest-store.ts';
import type { Digest } from '../prisma/digest-store.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import { dataFolderAt } from '../stack/data-folder.ts';
import { isRunning } from '../stack/process.ts';
import { simulationWorkflowId } from '../workflows/ids.ts';
import { checkHistories } from './histories.ts';
import type { HistoryCheck } from './histories.ts';
import { OwnServers, freezePostgres, freezeProcess } from './own-servers.ts';
import type { OwnService } from './own-servers.ts';
import { interruption, runProof, say } from './run.ts';

const WORKERS = 2;
const POLL_MS = 100;
/** Days that are committed before the trouble begins. */
const DAYS_BEFORE = 3;
const STOPPED_MS = 1_500;

export type OutageOptions = { readonly seconds: number; readonly agents: number; readonly days: number };

export type OutageRun = {
  readonly trouble: string;
  /** From the return of the service to the first shopping day that was lived. */
  readonly recoverySeconds: number;
  /** Shopping days that were lived while the trouble lasted. */
  readonly livedMeanwhile: number;
  readonly isSameDigest: boolean;
  readonly firstDifference: string | null;
  readonly failedChecks: readonly string[];
  readonly workersEnded: number;
};

export type OutageResult = {
  readonly digest: string;
  readonly undisturbedSeconds: number;
  readonly runs: readonly OutageRun[];
  readonly histories: HistoryCheck;
  readonly isPassed: boolean;
};

export async function outage(options: OutageOptions, signal: AbortSignal): Promise<OutageResult> {
  return withOwnStack(signal, async (stack) => {
    const { services } = stack;
    const source = { type: 'shipped' } as const;
    const { agents } = options;
    await seedAgents(services.db, { source, datasetId: null, agents, skipBad: false, force: false });
    say('an undisturbed run first');
    const start = Date.now();
    const expected = await undisturbedRun(stack, configOf('undisturbed', options, 'max'));
    const undisturbedSeconds = (Date.now() - start) / 1000;
    const runs: OutageRun[] = [];
    for (const trouble of troublesOf(stack, options))
      runs.push(await disturbedRun(stack, options, expected, trouble));
    say('reading every history');
    const histories = await checkHistories(
      services.temporal,
      `WorkflowId STARTS_WITH '${simulationWorkflowId('')}'`,
    );
    return {
      digest: expected.digest,
      undisturbedSeconds,
      runs,
      histories,
      isPassed:
        histories.running + histories.failedWorkflowTasks + histories.notReplayable.length === 0 &&
        runs.every((run) => run.isSameDigest && run.failedChecks.length + run.workersEnded === 0),
    };
  });
}

type OwnStack = {
  readonly services: Services;
  readonly databaseUrl: string;
  readonly postgres: OwnService;
  readonly temporal: OwnService;
  readonly workers: readonly OwnService[];
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
};

type Trouble = {
  readonly name: string;
  /** Lasts as long as the trouble. */
  readonly make: () => Promise<void>;
  /** Full speed, when it is left out. */
  readonly timeScale?: TimeScale;
};

function troublesOf(
  { postgres, temporal, databaseUrl, signal }: OwnStack,
  { seconds, days }: OutageOptions,
): Trouble[] {
  const forMs = seconds * 1_000;
  const away = async (service: OwnService): Promise<void> => {
    await service.stop();
    await sleep(forMs, undefined, { signal });
    await service.start();
  };
  const pulses = { forMs: forMs / 2, stoppedMs: STOPPED_MS, signal };
  // Between the pulses shopping goes on. At this pace it takes twice as long as they last.
  const unhurried = (days * 86_400) / seconds;
  return [
    { name: 'Postgres away', make: () => away(postgres) },
    { name: 'Temporal away', make: () => away(temporal) },
    { name: 'Postgres frozen', make: () => freezePostgres(postgres, databaseUrl, { forMs, signal }) },
    { name: 'Temporal frozen', make: () => freezeProcess(temporal, { forMs, signal }) },
    {
      name: 'Postgres frozen in pulses',
      make: () => freezePostgres(postgres, databaseUrl, pulses),
      timeScale: unhurried,
    },
  ];
}

async function undisturbedRun({ services, signal }: OwnStack, config: SimulationConfig): Promise<Digest> {
  await startSimulation(services, config);
  await untilFinished(services, config, signal);
  return digestSimulation(services.db, config.simulationId);
}

async function disturbedRun(
  { services, workers, signal }: OwnStack,
  options: OutageOptions,
  expected: Digest,
  { name, make, timeScale = 'max' }: Trouble,
): Promise<OutageRun> {
  const config = configOf(name.toLowerCase().replaceAll(' ', '-'), options, timeScale);
  const { simulationId } = config;
  await startSimulation(services, config);
  await untilUnderWay(services, config, signal);
  const begin = new Date();
  say(`${name}, from now`);
  await make();
  const end = new Date();
  say(`over after ${secondsBetween(begin, end)} s`);
  await untilFinished(services, config, signal);
  const { livedMeanwhile, firstAfter } = await livedAround(services, config, begin, end);
  const digest = await digestSimulation(services.db, simulationId);
  const { checks } = await reviewSimulation(services.db, simulationId);
  const difference = firstDifference(expected, digest);
  return {
    trouble: name,
    recoverySeconds: secondsBetween(end, firstAfter),
    livedMeanwhile,
    isSameDigest: digest.digest === expected.digest,
    firstDifference: difference === null ? null : `${difference.table}, ${difference.part}`,
    failedChecks: checks.filter((check) => !check.isOk).map((check) => check.name),
    workersEnded: workers.filter((worker) => !isRunning(worker.process!)).length,
  };
}

async function livedAround(
  { db }: Services,
  { simulationId }: SimulationConfig,
  begin: Date,
  end: Date,
): Promise<{ livedMeanwhile: number; firstAfter: Date }> {
  const livedMeanwhile = await db.shoppingDay.count({
    where: { simulationId, status: 'completed', finishedAt: { gt: begin, lte: end } },
  });
  const first = await db.shoppingDay.findFirst({
    where: { simulationId, status: 'completed', finishedAt: { gt: end } },
    orderBy: { finishedAt: 'asc' },
  });
  if (first === null) throw new Error('The simulation was over before the trouble was: it needs more days.');
  return { livedMeanwhile, firstAfter: first.finishedAt! };
}

async function untilUnderWay(
  { db }: Services,
  { simulationId }: SimulationConfig,
  signal: AbortSignal,
): Promise<void> {
  while ((await loadSimulation(db, simulationId)).committedDays < DAYS_BEFORE)
    await sleep(POLL_MS, undefined, { signal });
}

async function untilFinished(
  { db }: Services,
  { simulationId }: SimulationConfig,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { finishedAt, status } = await loadSimulation(db, simulationId);
    if (finishedAt !== null && status !== 'completed')
      throw new Error(`Simulation ${simulationId} is ${status}.`);
    if (finishedAt !== null) return;
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** Servers and workers in a folder that is removed at the end. */
async function withOwnStack<T>(signal: AbortSignal, use: (stack: OwnStack) => Promise<T>): Promise<T> {
  const home = mkdtempSync(path.join(os.tmpdir(), 'mercato-outage-'));
  // As root, Postgres runs as another user, who must be able to enter.
  chmodSync(home, 0o755);
  const servers = new OwnServers(dataFolderAt(home));
  try {
    const { postgres, databaseUrl } = await servers.startPostgres();
    const { temporal, temporalAddress, namespace } = await servers.startTemporal();
    const addresses = { databaseUrl, temporalAddress, namespace };
    const workers: OwnService[] = [];
    for (let number = 1; number <= WORKERS; number++)
      workers.push(await servers.startWorker(`worker-${number}`, addresses));
    return await withServices({ ...addresses, poolSize: 5 }, (services) =>
      Promise.race([
        use({ services, databaseUrl, postgres, temporal, workers, signal }),
        interruption(signal),
      ]),
    );
  } finally {
    await servers.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function configOf(
  simulationId: string,
  { agents, days }: OutageOptions,
  timeScale: TimeScale,
): SimulationConfig {
  return SimulationConfig.parse({ simulationId, agents, days, timeScale });
}

function secondsBetween(from: Date, to: Date): number {
  return Math.round((to.getTime() - from.getTime()) / 100) / 10;
}

export function renderOutage({
  digest,
  undisturbedSeconds,
  runs,
  histories,
  isPassed,
}: OutageResult): string {
  return [
    `undisturbed: digest ${digest}, ${undisturbedSeconds.toFixed(1)} s`,
    ...runs.map(
      (run) =>
        `${run.trouble}: first shopping day ${run.recoverySeconds} s after the end, ${run.livedMeanwhile} lived meanwhile, ${run.isSameDigest ? 'the same digest' : `ANOTHER DIGEST from ${run.firstDifference}`}, checks ${run.failedChecks.length === 0 ? 'ok' : run.failedChecks.join(', ')}, ${run.workersEnded} workers ended`,
    ),
    `${histories.executions} executions, ${histories.running} running, ${histories.failedWorkflowTasks} failed workflow tasks, ${histories.replayed} replayed, ${histories.notReplayable.length} not replayable`,
    isPassed ? 'outage passed' : 'outage failed',
  ].join('\n');
}

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '120' },
      agents: { type: 'string', default: '100' },
      days: { type: 'string', default: '14' },
      json: { type: 'boolean', default: false },
    },
  });
  const [seconds, agents, days] = [values.seconds, values.agents, values.days].map(Number);
  const isWhole = [seconds, agents, days].every((value) => Number.isInteger(value) && value! > 0);
  if (!isWhole || days! <= DAYS_BEFORE + 1) {
    process.stderr.write(
      `outage [--seconds N] [--agents N] [--days N, more than ${DAYS_BEFORE + 1}] [--json]\n`,
    );
    return 2;
  }
  const result = await outage({ seconds: seconds!, agents: agents!, days: days! }, signal);
  process.stdout.write(`${values.json ? JSON.stringify(result) : renderOutage(result)}\n`);
  return result.isPassed ? 0 : 1;
}

if (require.main === module) runProof(main);
