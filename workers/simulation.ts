import path from 'node:path';
import {
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  makeTelemetryFilterString,
} from '@temporalio/worker';
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

export type RunningWorker = { readonly taskQueue: string; run(): Promise<void> };

/** Starts the worker of the simulation queue: workflows, and activities that read and write the database. */
export async function startWorker(config: Config): Promise<RunningWorker> {
  installLogger(config.logLevel);
  const db = createDatabase(required(config.database.url, 'DATABASE_URL'), {
    poolSize: config.database.poolSize,
  });
  const trace = traceSinkOf(config);
  const connection = await connectTo(
    required(config.temporal.address, 'TEMPORAL_ADDRESS'),
    config.temporal.namespace,
  );
  const worker = await Worker.create({
    ...workerOptions({ db, policy: rulesPolicy, trace }),
    connection,
    namespace: config.temporal.namespace,
    workflowBundle: { codePath: path.join(__dirname, 'workflow-bundle.js') },
  });
  return {
    taskQueue: SIMULATION_QUEUE,
    async run() {
      try {
        await worker.run();
      } finally {
        await trace.flush();
        await db.$disconnect();
        await connection.close();
      }
    },
  };
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
    maxCachedWorkflows: 400,
    workflowThreadPoolSize: 1,
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: '20 seconds',
  };
}

/** One JSON line a message, for files and log collectors; must come before the first worker of the process. */
function installLogger(level: Config['logLevel']): void {
  const threshold = ({ debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const)[level];
  const logger = new DefaultLogger(threshold, ({ level: at, message, meta, timestampNanos }) => {
    const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
    process.stdout.write(
      `${JSON.stringify({ time, level: at.toLowerCase(), msg: message, ...meta }, errorsToText)}\n`,
    );
  });
  const filter = makeTelemetryFilterString({ core: 'WARN', other: 'WARN' });
  Runtime.install({ logger, telemetryOptions: { logging: { filter, forward: {} } } });
}

function errorsToText(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.message;
  return typeof value === 'bigint' ? value.toString() : value;
}

function traceSinkOf({ langsmith }: Config): TraceSink {
  if (!langsmith.isTracing || langsmith.apiKey === null) return NO_TRACE;
  return traceToLangSmith({
    apiKey: langsmith.apiKey,
    endpoint: langsmith.endpoint,
    project: langsmith.project,
  });
}

function required(value: string | null, name: string): string {
  if (value === null) throw new AppError('invalid_config', `A worker needs ${name}.`);
  return value;
}
