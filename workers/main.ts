import type { LogLevel } from '@temporalio/worker';
import { parseConfig } from '../config.ts';
import { describeError } from './errors.ts';
import { logLine } from './log-lines.ts';
import { startWorker } from './simulation.ts';

/** A worker process: `node dist/worker.cjs`. It says "worker started" on one line when it is ready for work. */
async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const worker = await startWorker(config);
  const { healthUrl: health, metricsUrl: metrics } = worker;
  const queue = `${config.temporal.namespace}/${worker.taskQueue}`;
  process.stdout.write(lineNow('INFO', 'worker started', { pid: process.pid, queue, health, metrics }));
  await worker.run();
  // Not by returning: a connection to a server that hangs keeps the process alive.
  process.stdout.write('', () => process.exit(0));
}

// What Node itself would say is said in JSON too.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => process.stdout.write(lineNow('WARN', `${name}: ${message}`)));
process.on('uncaughtException', end);
main().catch(end);

function end(error: unknown): void {
  // Not by exitCode alone: the native half of a worker that failed keeps the process alive.
  process.stderr.write(lineNow('ERROR', describeError(error)), () => process.exit(1));
}

function lineNow(level: LogLevel, message: string, meta: Record<string, unknown> = {}): string {
  return logLine({ level, message, meta, timestampNanos: BigInt(Date.now()) * 1_000_000n });
}
