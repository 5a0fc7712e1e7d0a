// The worker of the no-op executions of `npm run bench:retail`: the workflows as they are, and activities that do
// nothing, so that what is left is Temporal. Who shops on which day comes from a run that did the work.
import path from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { RetailActivities } from '../activities/index.ts';
import { NO_TOTALS } from '../domain/retail/statistics.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import { NO_TRACE } from '../graphs/tracing.ts';
import { createDatabase } from '../prisma/client.ts';
import { workerOptions } from '../workers/simulation.ts';
import type { FromNoopWorker, ToNoopWorker } from './bench-processes.ts';

async function main({ address, namespace, databaseUrl, shoppers }: ToNoopWorker): Promise<void> {
  const activities: Omit<RetailActivities, 'prepareSimulation' | 'finishExperiment'> = {
    planDay: async ({ day }) => [...(shoppers[day] ?? [])],
    runShoppingDay: async () => NO_TOTALS,
    settleDays: async () => NO_TOTALS,
    runOfferCycle: async () => ({ users: 0, dealt: 0, exhausted: 0 }),
    commitDay: async ({ day }) => day + 1,
    noteStatus: async () => 0,
    finishSimulation: async () => undefined,
  };
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const connection = await NativeConnection.connect({ address });
  // Never connected: no activity asks it anything.
  const db = createDatabase(databaseUrl, { poolSize: 1 });
  const worker = await Worker.create({
    ...workerOptions({ db, policy: rulesPolicy, trace: NO_TRACE }),
    activities,
    connection,
    namespace,
    workflowBundle: { codePath: path.join(__dirname, '..', 'dist', 'workflow-bundle.js') },
  });
  process.on('disconnect', () => worker.shutdown());
  process.send!({ type: 'ready' } satisfies FromNoopWorker);
  await worker.run();
  await connection.close();
}

process.once('message', (message: ToNoopWorker) => {
  main(message).catch((error: unknown) =>
    process.send!({ type: 'failed', reason: String(error) } satisfies FromNoopWorker, () => process.exit(1)),
  );
});
