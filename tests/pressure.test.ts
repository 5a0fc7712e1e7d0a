// What is around a worker fails it: a server that is away or hangs, too few connections, little memory, an order to
// end. Each time the simulation ends with the digest of one that nobody disturbed, and nobody is blamed.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { reviewSimulation } from '../client/report.ts';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import type { Services } from '../client/simulations.ts';
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import type { SimulationConfig, SimulationConfigInput } from '../domain/retail/simulation.ts';
import { createDatabase } from '../prisma/client.ts';
import type { Database } from '../prisma/client.ts';
import { loadDataset } from '../prisma/dataset-store.ts';
import { digestSimulation, firstDifference } from '../prisma/digest-store.ts';
import type { Digest } from '../prisma/digest-store.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import { OwnServers, freezePostgres } from '../proofs/own-servers.ts';
import type { OwnService, WorkerAddresses } from '../proofs/own-servers.ts';
import { dataFolderAt } from '../stack/data-folder.ts';
import { isRunning } from '../stack/process.ts';
import { createHome } from './environment.ts';
import { aSimulation, aSmallDataset, createRig, eventually, runSimulation } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

const AWAY_MS = 8_000;
const FROZEN = { forMs: 10_000, stoppedMs: 1_500 };
/** With 100 a worker dies of this run, with 120 it comes to its end, slowly: half as much again. */
const HEAP_MB = 180;
const CONNECTIONS = 5;
/** workers/simulation.ts: after this nothing is waited for, and what is left is closed, which takes another moment. */
const SHUTDOWN_FORCE_SECONDS = 20;
const CLOSING_SECONDS = 5;
const HELD_MS = 3_000;
const PATIENCE_MS = 240_000;

const FEW = { agents: 6 };
const MANY = { agents: 30 };

/** On the servers of all tests, which have no troubles: for references, and for what troubles the worker alone. */
let rig: Rig;
let servers: OwnServers;
/** Digests of undisturbed runs. */
let few: Digest;
let many: Digest;

beforeAll(async () => {
  rig = await createRig(aDataset());
  servers = new OwnServers(dataFolderAt(await createHome()));
  const stop = await rig.startWorker();
  [few, many] = await Promise.all([undisturbed(aRun(FEW)), undisturbed(aRun(MANY))]);
  await stop();
}, PATIENCE_MS);

afterAll(async () => {
  await servers.close();
  await rig.close();
}, 60_000);

describe('in the middle of a run', () => {
  let own: Services;
  let connection: Connection;
  let databaseUrl: string;
  let postgres: OwnService;
  let temporal: OwnService;
  let worker: OwnService;

  beforeAll(async () => {
    ({ postgres, databaseUrl } = await servers.startPostgres());
    const { temporalAddress, namespace, ...rest } = await servers.startTemporal();
    ({ temporal } = rest);
    connection = await Connection.connect({ address: temporalAddress });
    own = {
      db: createDatabase(databaseUrl, { poolSize: 5 }),
      temporal: new Client({ connection, namespace }),
    };
    await loadDataset(own.db, rig.dataset);
    worker = await servers.startWorker('worker-1', { databaseUrl, temporalAddress, namespace });
  }, PATIENCE_MS);

  afterAll(async () => {
    await own.db.$disconnect();
    await connection.close();
  });

  const troubles: Record<string, () => Promise<void>> = {
    'Postgres is away': () => whileStopped(postgres),
    'Temporal is away': () => whileStopped(temporal),
    'Postgres hangs again and again': () => freezePostgres(postgres, databaseUrl, FROZEN),
  };

  test.each(Object.keys(troubles))(
    '%s',
    async (name) => {
      const config = aRun(FEW);
      await startSimulation(own, config);
      await untilUnderWay(own.db, config);

      await troubles[name]!();

      await untilFinished(own.db, config);
      expect(await outcomeOf(own, config, few)).toEqual(UNTROUBLED);
      expect(isRunning(worker.process!)).toBe(true);
    },
    PATIENCE_MS,
  );
});

describe('a worker', () => {
  const workers: OwnService[] = [];
  const holders: pg.Client[] = [];

  afterEach(async () => {
    for (const holder of holders.splice(0)) await holder.end();
    for (const worker of workers.splice(0)) await worker.stop();
  });

  test(
    'that is refused connections to its database makes do with those it has',
    async () => {
      const worker = await aWorker({ databaseUrl: await aRole(CONNECTIONS) });
      const config = aRun({ ...MANY, agentsInFlight: 20 });

      await runSimulation(rig, config);

      expect(await outcomeOf(rig, config, many)).toEqual(UNTROUBLED);
      expect(await readFile(worker.logFile, 'utf8')).toContain('too many connections for role');
    },
    PATIENCE_MS,
  );

  test(
    'with little memory lives two weeks of thirty shoppers',
    async () => {
      const worker = await aWorker({}, { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` });
      const config = aRun(MANY);

      await Promise.race([runSimulation(rig, config), worker.ended]);

      expect(isRunning(worker.process!)).toBe(true);
      expect(await outcomeOf(rig, config, many)).toEqual(UNTROUBLED);
    },
    PATIENCE_MS,
  );

  test(
    'that is told to end while shopping days are in flight ends in time, and another one goes on',
    async () => {
      const { worker, config, saving } = await aWorkerAtWork();

      const seconds = stopwatch();
      process.kill(worker.process!.pid, 'SIGTERM');
      await sleep(HELD_MS);
      await saving.letGo();
      const ended = await worker.ended;

      expect([ended, seconds() < SHUTDOWN_FORCE_SECONDS]).toEqual(['ended with exit code 0', true]);
      await aWorker();
      await waitForSimulation(rig, config.simulationId);
      expect(await outcomeOf(rig, config, few)).toEqual(UNTROUBLED);
    },
    PATIENCE_MS,
  );

  test(
    'that is told to end does not wait for ever for a database that hangs, and another one goes on',
    async () => {
      const { worker, config, saving } = await aWorkerAtWork();

      const seconds = stopwatch();
      process.kill(worker.process!.pid, 'SIGTERM');
      const ended = await Promise.race([worker.ended, sleep(2 * SHUTDOWN_FORCE_SECONDS * 1_000)]);
      const isInTime = seconds() < SHUTDOWN_FORCE_SECONDS + CLOSING_SECONDS;
      await saving.letGo();

      expect([ended, isInTime]).toEqual(['ended with exit code 1', true]);
      await aWorker();
      await waitForSimulation(rig, config.simulationId);
      expect(await outcomeOf(rig, config, few)).toEqual(UNTROUBLED);
    },
    PATIENCE_MS,
  );

  /** With shopping days that it has lived and cannot save. */
  async function aWorkerAtWork() {
    const worker = await aWorker();
    const config = aRun(FEW);
    const saving = await holdSaving();
    await startSimulation(rig, config);
    await saving.untilTried();
    return { worker, config, saving };
  }

  /** The worker as it is shipped, until the end of the test. */
  async function aWorker(
    given: Partial<WorkerAddresses> = {},
    settings: Record<string, string> = {},
  ): Promise<OwnService> {
    const { databaseUrl, temporalAddress, namespace } = rig;
    const addresses = { databaseUrl, temporalAddress, namespace, ...given };
    const worker = await servers.startWorker(`worker-${randomUUID()}`, addresses, settings);
    workers.push(worker);
    return worker;
  }

  /** A user of the database who may do what a worker does, over so many connections; returns the address. */
  async function aRole(connections: number): Promise<string> {
    const name = `role_${randomUUID().replaceAll('-', '')}`;
    const statements = [
      `CREATE ROLE ${name} LOGIN PASSWORD '${name}' CONNECTION LIMIT ${connections}`,
      `GRANT ALL ON ALL TABLES IN SCHEMA public TO ${name}`,
      `GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${name}`,
    ];
    for (const statement of statements) await rig.db.$executeRawUnsafe(statement);
    return Object.assign(new URL(rig.databaseUrl), { username: name, password: name }).href;
  }

  /** Keeps shopping days from being saved, so that they stay in flight. */
  async function holdSaving(): Promise<{ untilTried(): Promise<unknown>; letGo(): Promise<void> }> {
    const holder = new pg.Client({ connectionString: rig.databaseUrl });
    await holder.connect();
    holders.push(holder);
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE shopping_sessions IN EXCLUSIVE MODE');
    const countWaiting = () => rig.db.$queryRaw<{ count: number }[]>`
      SELECT count(*)::int AS count FROM pg_locks
      WHERE NOT granted AND relation = 'shopping_sessions'::regclass`;
    return {
      untilTried: () => eventually(countWaiting, ([row]) => row!.count > 0),
      letGo: () => holder.end(),
    };
  }
});

function stopwatch(): () => number {
  const start = Date.now();
  return () => (Date.now() - start) / 1_000;
}

const UNTROUBLED = { difference: null, failedChecks: [], blamed: 0, running: 0 };

/** What a run came to, beside one that nobody disturbed. */
async function outcomeOf(
  { db, temporal }: Services,
  { simulationId }: SimulationConfig,
  reference: Digest,
): Promise<Record<keyof typeof UNTROUBLED, unknown>> {
  const { checks } = await reviewSimulation(db, simulationId);
  const [quarantines, failures] = await Promise.all([
    db.quarantine.count({ where: { simulationId } }),
    db.shoppingDay.count({ where: { simulationId, status: { in: ['failed', 'quarantined'] } } }),
  ]);
  // What is counted lags behind what has happened.
  const running = await eventually(
    async () => (await temporal.workflow.count("ExecutionStatus = 'Running'")).count,
    (count) => count === 0,
  );
  return {
    difference: firstDifference(reference, await digestSimulation(db, simulationId)),
    failedChecks: checks.filter((check) => !check.isOk).map((check) => check.name),
    blamed: quarantines + failures,
    running,
  };
}

async function undisturbed(config: SimulationConfig): Promise<Digest> {
  await runSimulation(rig, config);
  return digestSimulation(rig.db, config.simulationId);
}

/** Two weeks at full speed. */
function aRun(given: Partial<SimulationConfigInput>): SimulationConfig {
  return aSimulation({ days: 14, seed: 'pressure', execution: 'workflow', ...given });
}

/** As many frequent shoppers as there are, with some of the others. */
function aDataset(): Dataset {
  const frequent = aSmallDataset({ agents: MANY.agents, areHunters: true });
  const others = generateShippedDataset('mercato').agents.filter(
    ({ shoppingFrequency }) => shoppingFrequency !== 'frequent',
  );
  const agents = [...frequent.agents, ...others].slice(0, MANY.agents);
  return { ...frequent, agents };
}

async function untilUnderWay(db: Database, { simulationId }: SimulationConfig): Promise<void> {
  await eventually(
    () => loadSimulation(db, simulationId),
    ({ committedDays }) => committedDays > 0,
  );
}

/** Asked of the database: whoever waited for Temporal's answer was told that it is away. */
async function untilFinished(db: Database, { simulationId }: SimulationConfig): Promise<void> {
  for (;;) {
    const { finishedAt } = await loadSimulation(db, simulationId);
    if (finishedAt !== null) return;
    await sleep(200);
  }
}

async function whileStopped(service: OwnService): Promise<void> {
  await service.stop();
  await sleep(AWAY_MS);
  await service.start();
}
