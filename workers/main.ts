import { parseConfig } from '../config.ts';
import { describeError } from './errors.ts';
import { startWorker } from './simulation.ts';

/** A worker process: `node dist/worker.cjs`. It says "worker started" on one line when it is ready for work. */
async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const worker = await startWorker(config);
  process.stdout.write(
    `${JSON.stringify({ level: 'info', msg: 'worker started', pid: process.pid, taskQueue: worker.taskQueue })}\n`,
  );
  await worker.run();
}

main().catch((error: unknown) => {
  // Not by exitCode alone: the native half of a worker that failed keeps the process alive.
  process.stderr.write(`${JSON.stringify({ level: 'error', msg: describeError(error) })}\n`, () =>
    process.exit(1),
  );
});
