import type { NativeConnection, Worker } from '@temporalio/worker';
import { Runtime } from '@temporalio/worker';
import type { Config } from '../config.ts';
import type { Database } from '../prisma/client.ts';
import { EventLoop } from './event-loop.ts';
import { startGauges } from './gauges.ts';
import { serveHealth } from './health.ts';
import type { Vitals } from './health.ts';
import { inUrl } from './runtime.ts';
import { startWatchdog } from './watchdog.ts';

export type Watch = {
  /** Where the worker can be asked how it is; null where it cannot. */
  readonly healthUrl: string | null;
  readonly metricsUrl: string | null;
  stop(): Promise<void>;
};

/** Everything that looks at a worker from beside it, as far as it is switched on. */
export async function watchWorker(
  { listen, watchdogSeconds }: Pick<Config, 'listen' | 'watchdogSeconds'>,
  of: { worker: Worker; db: Database; connection: NativeConnection },
): Promise<Watch> {
  const { host, healthPort, metricsPort } = listen;
  const eventLoop = new EventLoop();
  const vitals = vitalsOf(of, eventLoop);
  const health = healthPort === null ? null : await serveHealth(vitals, { host, port: healthPort });
  const gauges = metricsPort === null ? null : startGauges(Runtime.instance().metricMeter, vitals);
  const watchdog = watchdogSeconds === null ? null : startWatchdog(watchdogSeconds);
  return {
    healthUrl: health?.url ?? null,
    metricsUrl: metricsPort === null ? null : `http://${inUrl(host)}:${metricsPort}/metrics`,
    async stop() {
      eventLoop.stop();
      gauges?.stop();
      await health?.close();
      await watchdog?.stop();
    },
  };
}

function vitalsOf(
  { worker, db, connection }: { worker: Worker; db: Database; connection: NativeConnection },
  eventLoop: EventLoop,
): Vitals {
  return {
    status: () => worker.getStatus(),
    askDatabase: async () => db.$queryRaw`SELECT 1`,
    askTemporal: async () => connection.workflowService.getSystemInfo({}),
    longestBlockMs: (withinMs) => eventLoop.longestBlockMs(withinMs),
  };
}
