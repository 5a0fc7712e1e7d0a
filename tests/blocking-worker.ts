// A worker for tests whose policy, for one agent, never comes back from an endless loop; `tsx tests/blocking-worker.ts`.
import path from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { rulesPolicy } from '../domain/retail/policy.ts';
import { NO_TRACE } from '../graphs/tracing.ts';
import { createDatabase } from '../prisma/client.ts';
import { workerOptions } from '../workers/simulation.ts';
import { startWatchdog } from '../workers/watchdog.ts';

const WATCHDOG_SECONDS = 2;

async function main(): Promise<void> {
  const { DATABASE_URL, TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, BLOCKING_AGENT } = process.env;
  const worker = await Worker.create({
    ...workerOptions({
      db: createDatabase(DATABASE_URL!, { poolSize: 10 }),
      policy: {
        ...rulesPolicy,
        browse(context) {
          while (context.persona.agentId === BLOCKING_AGENT);
          return rulesPolicy.browse(context);
        },
      },
      trace: NO_TRACE,
    }),
    connection: await NativeConnection.connect({ address: TEMPORAL_ADDRESS! }),
    namespace: TEMPORAL_NAMESPACE!,
    workflowBundle: { codePath: path.join(__dirname, '..', 'dist', 'workflow-bundle.js') },
  });
  startWatchdog(WATCHDOG_SECONDS);
  await worker.run();
}

void main();
