// What a test of whole simulations needs: a database with a small dataset, a Temporal namespace, workers in this process.
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  makeTelemetryFilterString,
} from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import type { Services } from '../client/simulations.ts';
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import type { ShoppingPolicy } from '../domain/retail/policy.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import type { SimulationConfigInput } from '../domain/retail/simulation.ts';
import { NO_TRACE } from '../graphs/tracing.ts';
import { createDatabase } from '../prisma/client.ts';
import type { Database } from '../prisma/client.ts';
import { loadDataset } from '../prisma/dataset-store.ts';
import { simulationWorkflowId } from '../workflows/ids.ts';
import type { simulation } from '../workflows/retail/simulation.ts';
import type { SimulationResult } from '../domain/retail/simulation-input.ts';
import { workerOptions } from '../workers/simulation.ts';
import { createTestDatabase, createTestNamespace } from './environment.ts';

export type Rig = Services & {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly temporal: Client;
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly dataset: Dataset;
  /** Starts a worker that is shut down with the rig, or by the function it returns. */
  startWorker(given?: WorkerInput): Promise<() => Promise<void>>;
  close(): Promise<void>;
};

export type WorkerInput = Pick<WorkerOptions, 'interceptors'> & { policy?: ShoppingPolicy };

// Jest ends its processes itself, and a test that breaks a worker on purpose need not be read about.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
  shutdownSignals: [],
});

// A day on a machine that is busy with other things takes a while.
jest.setTimeout(180_000);

/** A rig without a worker. Its namespace is its own, so that files that run side by side share no task queue. */
export async function createRig(dataset: Dataset): Promise<Rig> {
  const database = await createTestDatabase();
  const { address, namespace, client, close } = await createTestNamespace();
  await loadDataset(database.db, dataset);
  const running = new Set<() => Promise<void>>();

  const startWorker = async ({ policy = rulesPolicy, interceptors }: WorkerInput = {}) => {
    const db = createDatabase(database.databaseUrl, { poolSize: 10 });
    // Workers of one queue in one process need connections of their own.
    const native = await NativeConnection.connect({ address });
    const worker = await Worker.create({
      ...workerOptions({ db, policy, trace: NO_TRACE }),
      ...(interceptors === undefined ? {} : { interceptors }),
      connection: native,
      namespace,
      identity: `test-${randomUUID()}`,
      workflowBundle: { codePath: path.join(__dirname, '..', 'dist', 'workflow-bundle.js') },
    });
    const ended = worker.run();
    const stop = async () => {
      if (!running.delete(stop)) return;
      worker.shutdown();
      await ended;
      await native.close();
      await db.$disconnect();
    };
    running.add(stop);
    return stop;
  };

  return {
    db: database.db,
    databaseUrl: database.databaseUrl,
    temporal: client,
    temporalAddress: address,
    namespace,
    dataset,
    startWorker,
    async close() {
      await Promise.all([...running].map((stop) => stop()));
      await close();
      await database.drop();
    },
  };
}

export type DatasetInput = {
  agents?: number;
  /** Whether they use what coupons they find. */ areHunters?: boolean;
};

/**
 * The shipped grocer with every third of its products, still more of a category than a shelf shows, and a few of its
 * most frequent shoppers. Campaigns have no budgets: where money is shared, shoppers do depend on each other.
 */
export function aSmallDataset({ agents = 12, areHunters = false }: DatasetInput = {}): Dataset {
  const shipped = generateShippedDataset('mercato');
  const traits = areHunters ? { couponAffinity: 1, dealSeekingBehavior: 'extreme' as const } : {};
  const products = shipped.products.filter((_, i) => i % 3 === 0);
  const skus = new Set(products.map((product) => product.sku));
  return {
    ...shipped,
    products,
    prices: shipped.prices.filter((price) => price.week <= 8 && skus.has(price.sku)),
    campaigns: shipped.campaigns.map((campaign) => ({ ...campaign, budgetCents: null })),
    agents: shipped.agents
      .filter((agent) => agent.shoppingFrequency === 'frequent')
      .slice(0, agents)
      .map((agent) => ({ ...agent, ...traits })),
  };
}

/** Two weeks at full speed, under an id of its own. */
export function aSimulation(given: Partial<SimulationConfigInput> = {}): SimulationConfig {
  return SimulationConfig.parse({ simulationId: `s-${randomUUID()}`, days: 14, timeScale: 'max', ...given });
}

/** Runs a simulation to its end. */
export async function runSimulation(rig: Services, config: SimulationConfig): Promise<SimulationResult> {
  await startSimulation(rig, config);
  return waitForSimulation(rig, config.simulationId);
}

export function handleOf(rig: Services, simulationId: string): WorkflowHandle<typeof simulation> {
  return rig.temporal.workflow.getHandle<typeof simulation>(simulationWorkflowId(simulationId));
}

/** Asks again and again, for as long as something reasonable takes. */
export async function eventually<T>(ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const answer = await ask();
    if (isGood(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`Waited in vain; the last answer: ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}
