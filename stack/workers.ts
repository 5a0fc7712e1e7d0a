import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Addresses } from './data-folder.ts';
import { StackError } from './errors.ts';
import type { Program } from './process.ts';

// This file and the bundles both stand one folder below the root.
const BUNDLE = path.join(__dirname, '..', 'dist', 'worker.cjs');

export function workerProgram(name: string, addresses: Addresses, logFile: string): Program {
  if (!existsSync(BUNDLE)) throw new StackError('not_built', `${BUNDLE} is missing: run \`npm run setup\`.`);
  return {
    name,
    command: process.execPath,
    args: ['--enable-source-maps', BUNDLE],
    env: {
      DATABASE_URL: addresses.databaseUrl,
      TEMPORAL_ADDRESS: addresses.temporalAddress,
      TEMPORAL_NAMESPACE: addresses.namespace,
    },
    logFile,
    // A worker finishes the activities that it has begun.
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 30_000,
    startTimeoutMs: 60_000,
    isReady: (output) => output.includes('"msg":"worker started"'),
  };
}
