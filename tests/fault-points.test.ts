// A worker process that dies at the worst moments, one after the other, and a healthy one that goes on: what the
// simulation has decided in the end is what one decides that nobody disturbed.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Worker } from '@temporalio/worker';
import { reviewSimulation } from '../client/report.ts';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import type { Services } from '../client/simulations.ts';
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { NO_TRACE } from '../graphs/tracing.ts';
import { digestSimulation, firstDifference } from '../prisma/digest-store.ts';
import type { Digest } from '../prisma/digest-store.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import { workerOptions } from '../workers/simulation.ts';
import { createTestNamespace } from './environment.ts';
import type { TestTemporal } from './environment.ts';
import { FAULTS } from './faulty-worker.ts';
import type { FaultPoint } from './faulty-worker.ts';
import { aSimulation, aSmallDataset, createRig, eventually, runSimulation } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

const ROOT = path.join(__dirname, '..');
const SHOPPERS = 4;
/** More wallets than are dealt in one transaction. */
const WALLETS = 206;

/** They take a minute together; on a machine that is busy with other things, several. */
const PATIENCE_MS = 300_000;

const POINTS = Object.keys(FAULTS) as FaultPoint[];

/** What is stored when the worker is gone; it says that it went where it was meant to. */
const LEFT_BEHIND: Record<FaultPoint, Partial<Stored>> = {
  before_commit: { livedDays: 3 },
  after_commit: { livedDays: 4 },
  during_assignment: { refreshed: 200 },
  after_plan: { committedDays: 1, hasPlanned: true },
  at_day_commit: { committedDays: 1, hasPlanned: false },
  after_day_commit: { committedDays: 2 },
  at_continue_as_new: { committedDays: 2, runs: 1 },
};

let rig: Rig;
let references: Record<'shopping' | 'dealing', Promise<Digest>>;
let runs: Record<FaultPoint, Promise<DisturbedRun>>;
const namespaces: TestTemporal[] = [];
const processes: ChildProcess[] = [];
const healthyWorkers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  rig = await createRig(aDataset());
  await rig.startWorker();
  // Side by side: most of the time somebody waits for heartbeats that do not come.
  references = recordOf(['shopping', 'dealing'], undisturbed);
  runs = recordOf(POINTS, disturbed);
}, 60_000);

afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  // After a failure some may be left that nobody waited for.
  const all = [...Object.values(references), ...Object.values(runs)];
  await Promise.race([Promise.allSettled(all), sleep(20_000, null, { ref: false })]);
  await Promise.all(healthyWorkers.map((stop) => stop()));
  await Promise.all(namespaces.map((namespace) => namespace.close()));
  await rig.close();
}, 60_000);

describe.each(POINTS)('a worker that dies %s', (point) => {
  test(
    'has died there',
    async () => {
      const { ended, leftBehind } = await runs[point];

      expect([ended, leftBehind]).toEqual(['SIGKILL', expect.objectContaining(LEFT_BEHIND[point])]);
    },
    PATIENCE_MS,
  );

  test(
    'has changed nothing',
    async () => {
      const [reference, { digest }] = await Promise.all([references[kindOf(point)], runs[point]]);

      expect([firstDifference(reference, digest), digest.digest]).toEqual([null, reference.digest]);
    },
    PATIENCE_MS,
  );

  test(
    'leaves a simulation that passes every check',
    async () => {
      expect((await runs[point]).failedChecks).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'leaves nothing running',
    async () => {
      expect((await runs[point]).running).toBe(0);
    },
    PATIENCE_MS,
  );
});

type Stored = {
  readonly committedDays: number;
  /** Shopping days that are lived, and whether any is planned that is not. */
  readonly livedDays: number;
  readonly hasPlanned: boolean;
  /** Wallets that were refreshed in the second cycle. */
  readonly refreshed: number;
  /** Executions in the simulation's chain. */
  readonly runs: number;
};

type DisturbedRun = {
  /** The signal that ended the faulty worker. */
  readonly ended: string | null;
  readonly leftBehind: Stored;
  readonly digest: Digest;
  readonly failedChecks: readonly string[];
  readonly running: number;
};

async function undisturbed(kind: 'shopping' | 'dealing'): Promise<Digest> {
  const config = aRun(kind);
  await runSimulation(rig, config);
  return digestSimulation(rig.db, config.simulationId);
}

/** A faulty worker until it dies, then a healthy one until the end; in a namespace of their own. */
async function disturbed(point: FaultPoint): Promise<DisturbedRun> {
  const temporal = await createTestNamespace();
  namespaces.push(temporal);
  const services: Services = { db: rig.db, temporal: temporal.client };
  const config = aRun(kindOf(point));
  const { simulationId } = config;
  const death = startFaultyWorker(temporal, point);
  await startSimulation(services, config);
  const result = waitForSimulation(services, simulationId);
  const ended = await Promise.race([death, result.then(() => null)]);
  const leftBehind = await storedOf(services, simulationId);
  await startHealthyWorker(temporal);
  await result;
  const { checks } = await reviewSimulation(rig.db, simulationId);
  // What is counted lags behind what has happened.
  const running = await eventually(
    async () => (await temporal.client.workflow.count("ExecutionStatus = 'Running'")).count,
    (count) => count === 0,
  );
  return {
    ended,
    leftBehind,
    digest: await digestSimulation(rig.db, simulationId),
    failedChecks: checks.filter((check) => !check.isOk).map((check) => check.name),
    running,
  };
}

async function storedOf({ db, temporal }: Services, simulationId: string): Promise<Stored> {
  const countDays = (status: string) => db.shoppingDay.count({ where: { simulationId, status } });
  const { committedDays } = await loadSimulation(db, simulationId);
  const { count } = await temporal.workflow.count("WorkflowType = 'simulation'");
  return {
    committedDays,
    livedDays: await countDays('completed'),
    hasPlanned: (await countDays('planned')) > 0,
    refreshed: await db.offerDeal.count({ where: { simulationId, cycle: { cycleNumber: 2 } } }),
    runs: count,
  };
}

/** Starts a worker process; settles when it is gone, with the signal that ended it. */
function startFaultyWorker(
  { address, namespace }: TestTemporal,
  point: FaultPoint,
): Promise<NodeJS.Signals | null> {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: rig.databaseUrl,
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    MERCATO_FAULT_POINT: point,
  };
  const args = ['--require', 'tsx/cjs', path.join(__dirname, 'faulty-worker.ts')];
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: 'ignore' });
  processes.push(child);
  return new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
}

/** Runs in this process until the end of the tests: what is tested is not its start. */
async function startHealthyWorker({ address, namespace }: TestTemporal): Promise<void> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    ...workerOptions({ db: rig.db, policy: rulesPolicy, trace: NO_TRACE }),
    connection,
    namespace,
    workflowBundle: { codePath: path.join(ROOT, 'dist', 'workflow-bundle.js') },
  });
  const ended = worker.run();
  healthyWorkers.push(async () => {
    worker.shutdown();
    await ended;
    await connection.close();
  });
}

/** Shoppers first by id, and many more, who are only dealt coupons. */
function aDataset(): Dataset {
  const shoppers = aSmallDataset({ agents: SHOPPERS, areHunters: true });
  const others = generateShippedDataset('mercato').agents.slice(0, WALLETS - SHOPPERS);
  const agents = [...shoppers.agents, ...others].map((agent, i) => ({
    ...agent,
    agentId: `agent_${String(i + 1).padStart(3, '0')}`,
  }));
  return { ...shoppers, agents };
}

function kindOf(point: FaultPoint): 'shopping' | 'dealing' {
  return point === 'during_assignment' ? 'dealing' : 'shopping';
}

/** Two cycles; one shopping day at a time, so that the n-th is the same one always. */
function aRun(kind: 'shopping' | 'dealing'): SimulationConfig {
  const short = { days: 4, offerCycleDays: 2, seed: 'fault points' };
  const few = { frontstorePerCycle: 1, categoryBrandPerCycle: 2, walletCapacity: 3 };
  if (kind === 'dealing') return aSimulation({ ...short, ...few, agents: WALLETS, profile: 'offers_only' });
  const one = { shardsInFlight: 1, agentsInFlight: 1 };
  return aSimulation({ ...short, ...one, agents: SHOPPERS, execution: 'workflow' });
}

/** Begins work on each name; what fails is told to who waits for it. */
function recordOf<K extends string, V>(
  names: readonly K[],
  work: (name: K) => Promise<V>,
): Record<K, Promise<V>> {
  const entries = names.map((name) => {
    const begun = work(name);
    begun.catch(() => undefined);
    return [name, begun];
  });
  return Object.fromEntries(entries) as Record<K, Promise<V>>;
}
