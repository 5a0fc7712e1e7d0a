import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Addresses } from './data-folder.ts';
import { StackError } from './errors.ts';
import type { Program } from './process.ts';

// This file and the bundles both stand one folder below the root.
const BUNDLE = path.join(__dirname, '..', 'dist', 'worker.cjs');

/** Where a worker answers health checks and shows its metrics. */
export type WorkerPorts = { readonly health: number; readonly metrics: number };

/** The names under which the state remembers the ports of a worker. */
export function workerPortNames(worker: string): Record<keyof WorkerPorts, string> {
  return { health: `${worker}-health`, metrics: `${worker}-metrics` };
}

export function workerProgram(
  name: string,
  addresses: Addresses,
  logFile: string,
  ports: WorkerPorts | null = null,
): Program {
  if (!existsSync(BUNDLE)) throw new StackError('not_built', `${BUNDLE} is missing: run \`npm run setup\`.`);
  return {
    name,
    command: process.execPath,
    args: ['--enable-source-maps', BUNDLE],
    env: {
      DATABASE_URL: addresses.databaseUrl,
      TEMPORAL_ADDRESS: addresses.temporalAddress,
      TEMPORAL_NAMESPACE: addresses.namespace,
      // Never those of the environment, which several workers cannot share.
      MERCATO_HEALTH_PORT: String(ports?.health ?? 0),
      MERCATO_METRICS_PORT: String(ports?.metrics ?? 0),
    },
    logFile,
    // A worker finishes the activities that it has begun.
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 30_000,
    startTimeoutMs: 60_000,
    isReady: (output) => output.includes('"msg":"worker started"'),
  };
}
