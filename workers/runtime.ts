import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import type { LogEntry, MetricsExporterConfig } from '@temporalio/worker';
import type { Config } from '../config.ts';
import { AppError } from '../domain/errors.ts';
import { logLine } from './log-lines.ts';
import { RepeatFilter } from './log-repeats.ts';

const THRESHOLDS = { debug: 'DEBUG', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;

export type InstalledRuntime = {
  /** The native half of the SDK names executions by their run ids alone; here it learns how to find their workflows. */
  findWorkflowsBy(find: (runId: string) => Promise<string | null>): void;
};

/** Logs as JSON lines on stdout, and metrics for Prometheus; must come before the first worker of the process. */
export function installRuntime({ logLevel, listen }: Pick<Config, 'logLevel' | 'listen'>): InstalledRuntime {
  const repeats = new RepeatFilter();
  let find: (runId: string) => Promise<string | null> = async () => null;
  const write = (entry: LogEntry): void => void process.stdout.write(logLine(entry, logLevel === 'debug'));
  const logger = new DefaultLogger(THRESHOLDS[logLevel], (given) => {
    const entry = repeats.admit(given);
    if (entry === null) return;
    const { runId, workflowId } = entry.meta ?? {};
    if (typeof runId !== 'string' || workflowId !== undefined) write(entry);
    else void find(runId).then((found) => write(found === null ? entry : withWorkflow(entry, found)));
  });
  const logging = { filter: makeTelemetryFilterString({ core: 'WARN', other: 'WARN' }), forward: {} };
  const metrics = metricsOf(listen);
  try {
    Runtime.install({ logger, telemetryOptions: { logging, ...(metrics && { metrics }) } });
  } catch (error) {
    if (metrics === null) throw error;
    const message = `Metrics cannot be served on port ${listen.metricsPort} of ${listen.host}`;
    throw new AppError('invalid_config', `${message}: ${(error as Error).message}.`, { cause: error });
  }
  return { findWorkflowsBy: (given) => void (find = given) };
}

function withWorkflow(entry: LogEntry, workflowId: string): LogEntry {
  return { ...entry, meta: { ...entry.meta, workflowId } };
}

/** Seconds, and units at the end of names, as Prometheus wants them. */
function metricsOf({ host, metricsPort }: Config['listen']): MetricsExporterConfig | null {
  if (metricsPort === null) return null;
  return {
    attachServiceName: false,
    prometheus: {
      bindAddress: `${inUrl(host)}:${metricsPort}`,
      unitSuffix: true,
      useSecondsForDurations: true,
      histogramBucketOverrides: {
        mercato_shopping_day_seconds: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      },
    },
  };
}

/** An address of version 6 has colons of its own. */
export function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
