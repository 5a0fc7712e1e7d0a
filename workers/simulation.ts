import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { WorkerOptions } from '@temporalio/worker';
import { createRetailActivities } from '../activities/index.ts';
import type { Config } from '../config.ts';
import { AppError } from '../domain/errors.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import type { ShoppingPolicy } from '../domain/retail/policy.ts';
import { NO_TRACE, traceToLangSmith } from '../graphs/tracing.ts';
import type { TraceSink } from '../graphs/tracing.ts';
import { createDatabase } from '../prisma/client.ts';
import type { Database } from '../prisma/client.ts';
import { SIMULATION_QUEUE } from '../workflows/task-queues.ts';
import { logActivities } from './activity-log.ts';
import { sendSpans } from './otlp.ts';
import type { SpanSink } from './otlp.ts';
import { keepReconciled } from './reconciliation.ts';
import { installRuntime } from './runtime.ts';
import { traceActivities } from './traces.ts';
import { watchWorker } from './watch.ts';

/** A server that hangs does not answer now either, and must not keep a process that is to end. */
const LONGEST_TIDYING_MS = 3_000;

export type RunningWorker = {
  readonly taskQueue: string;
  /** Where the worker can be asked how it is; null where it cannot. */
  readonly healthUrl: string | null;
  readonly metricsUrl: string | null;
  run(): Promise<void>;
};

/** Starts the worker of the simulation queue: workflows, and activities that read and write the database. */
export async function startWorker(config: Config): Promise<RunningWorker> {
  const runtime = installRuntime(config);
  const db = createDatabase(required(config.database.url, 'DATABASE_URL'), {
    poolSize: config.database.poolSize,
  });
  const trace = traceSinkOf(config);
  const spans = spanSinkOf(config);
  const connection = await connectTo(
    required(config.temporal.address, 'TEMPORAL_ADDRESS'),
    config.temporal.namespace,
  );
  const worker = await Worker.create({
    ...workerOptions({ db, policy: rulesPolicy, trace }),
    interceptors: { activity: [logActivities(db), ...(spans === null ? [] : [traceActivities(spans)])] },
    connection,
    namespace: config.temporal.namespace,
    workflowBundle: { codePath: path.join(__dirname, 'workflow-bundle.js') },
  });
  runtime.findWorkflowsBy((runId) => findWorkflow(worker, runId));
  const watch = await watchWorker(config, { worker, db, connection });
  const { namespace } = config.temporal;
  const reconciliation = keepReconciled({ db, connection, namespace }, ({ simulationId, was, is }) => {
    const details = { simulation: simulationId, was, is };
    Runtime.instance().logger.warn('A row said something else than its execution', details);
  });
  return {
    taskQueue: SIMULATION_QUEUE,
    healthUrl: watch.healthUrl,
    metricsUrl: watch.metricsUrl,
    async run() {
      try {
        await worker.run();
      } finally {
        await Promise.race([tidyUp(), sleep(LONGEST_TIDYING_MS, undefined, { ref: false })]);
      }
    },
  };

  async function tidyUp(): Promise<void> {
    await Promise.all([trace.flush(), spans?.flush(), reconciliation.stop()]);
    await watch.stop();
    await db.$disconnect();
    await connection.close();
  }
}

/** Null when there is none, or no server to ask. */
async function findWorkflow({ client }: Worker, runId: string): Promise<string | null> {
  try {
    const found = client?.workflow.list({ query: `RunId = '${runId}'`, pageSize: 1 });
    for await (const { workflowId } of found ?? []) return workflowId;
  } catch {
    // What is to be logged says why, most likely.
  }
  return null;
}

/** A worker whose server or namespace is not there should say so, and not poll for ever. */
async function connectTo(address: string, namespace: string): Promise<NativeConnection> {
  let connection: NativeConnection;
  try {
    connection = await NativeConnection.connect({ address });
  } catch (error) {
    throw new AppError('temporal_unreachable', `No Temporal server answers at ${address}.`, { cause: error });
  }
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    throw new AppError('temporal_unreachable', `Temporal at ${address} has no namespace "${namespace}".`, {
      cause: error,
    });
  }
  return connection;
}

/** What every worker of the simulation queue has in common; two cores and a pool of ten connections in mind. */
export function workerOptions(dependencies: {
  db: Database;
  policy: ShoppingPolicy;
  trace: TraceSink;
}): WorkerOptions {
  return {
    taskQueue: SIMULATION_QUEUE,
    activities: createRetailActivities(dependencies),
    maxConcurrentActivityTaskExecutions: 20,
    maxConcurrentWorkflowTaskExecutions: 20,
    // As many as a shard has in flight by default; the SDK asks for three.
    maxEagerActivityReservationsPerWorkflowTask: 10,
    maxCachedWorkflows: 400,
    workflowThreadPoolSize: 1,
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: '20 seconds',
    // What a dead worker held is handed on after seconds: its activities by their heartbeats, its workflow tasks since
    // they do not wait long for a worker that had the workflow in its cache.
    maxHeartbeatThrottleInterval: '2 seconds',
    defaultHeartbeatThrottleInterval: '2 seconds',
    stickyQueueScheduleToStartTimeout: '3 seconds',
  };
}

function traceSinkOf({ langsmith }: Config): TraceSink {
  if (!langsmith.isTracing || langsmith.apiKey === null) return NO_TRACE;
  return traceToLangSmith({
    apiKey: langsmith.apiKey,
    endpoint: langsmith.endpoint,
    project: langsmith.project,
  });
}

function spanSinkOf({ otlp: { endpoint, headers } }: Config): SpanSink | null {
  return endpoint === null ? null : sendSpans({ endpoint, headers }, Runtime.instance().logger);
}

function required(value: string | null, name: string): string {
  if (value === null) throw new AppError('invalid_config', `A worker needs ${name}.`);
  return value;
}
