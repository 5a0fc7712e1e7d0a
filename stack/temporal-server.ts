// The Temporal server that keeps its data in Postgres, which docker-compose.yml runs from images, for machines without
// Docker: built from its published source once, into a folder of the user's.
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { StackError } from './errors.ts';
import { freePort } from './ports.ts';
import type { Program } from './process.ts';

const run = promisify(execFile);

export const TEMPORAL_SERVER_VERSION = '1.29.1';
const MODULE = 'go.temporal.io/server';
/** Programs under the names that they have in the images, and the package that each is. */
const PROGRAMS = { 'temporal-server': 'cmd/server', 'temporal-sql-tool': 'cmd/tools/sql' };
/** The server's own way from environment variables to its configuration; their names are those of the image. */
const CONFIGURATION = 'docker.yaml';
const BUILD_TIMEOUT_MS = 60 * 60_000;
const MAX_OUTPUT_BYTES = 50_000_000;

type BuildOptions = { abort?: AbortSignal; onProgress: (message: string) => void };

/** The folder with the programs and their configuration; it is made when missing, which needs Go and some minutes. */
export async function ensureTemporalServer(
  environment: NodeJS.ProcessEnv,
  { abort, onProgress }: BuildOptions,
): Promise<string> {
  const cache = environment.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  const kept = path.join(cache, 'mercato', `temporal-server-${TEMPORAL_SERVER_VERSION}`);
  if (existsSync(kept)) return kept;
  await requireGo();
  onProgress(`Building the Temporal server ${TEMPORAL_SERVER_VERSION} from source, once (5 to 10 minutes) …`);
  await mkdir(path.dirname(kept), { recursive: true });
  const unfinished = await mkdtemp(`${kept}-`);
  try {
    await build(unfinished, abort);
    await rename(unfinished, kept);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return kept;
}

async function requireGo(): Promise<void> {
  try {
    await run('go', ['version']);
  } catch (error) {
    const message =
      'There is no Go: the Temporal server on Postgres is built from source with it (https://go.dev/dl).';
    throw new StackError('service_failed', message, { cause: error });
  }
}

async function build(folder: string, signal?: AbortSignal): Promise<void> {
  const options = { timeout: BUILD_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, ...(signal && { signal }) };
  const packages = Object.values(PROGRAMS).map((name) => `${MODULE}/${name}@v${TEMPORAL_SERVER_VERSION}`);
  // It takes every core for minutes: others come first.
  await run('nice', ['go', 'install', ...packages], { ...options, env: { ...process.env, GOBIN: folder } });
  for (const [name, source] of Object.entries(PROGRAMS)) {
    await rename(path.join(folder, path.basename(source)), path.join(folder, name));
    await run(path.join(folder, name), ['--version'], options);
  }
  const question = ['mod', 'download', '-json', `${MODULE}@v${TEMPORAL_SERVER_VERSION}`];
  const { Dir } = JSON.parse((await run('go', question, options)).stdout) as { Dir: string };
  await copyFile(path.join(Dir, 'config', CONFIGURATION), path.join(folder, CONFIGURATION));
}

export type TemporalServerOptions = {
  /** From `ensureTemporalServer`. */
  folder: string;
  /** What the image `temporalio/server` would be given. */
  settings: Record<string, string>;
  logFile: string;
};

/** All four services of the server in one process, on free ports, open to this machine only. */
export async function temporalServerProgram(
  options: TemporalServerOptions,
): Promise<{ program: Program; address: string }> {
  const { folder, settings, logFile } = options;
  const ports = await freePorts(PORTS.length);
  const address = `127.0.0.1:${ports[0]}`;
  const program: Program = {
    name: 'temporal',
    command: path.join(folder, 'temporal-server'),
    args: ['--root', folder, '--config', '.', '--env', CONFIGURATION.replace('.yaml', ''), 'start'],
    env: {
      ...settings,
      BIND_ON_IP: '127.0.0.1',
      TEMPORAL_BROADCAST_ADDRESS: '127.0.0.1',
      ...Object.fromEntries(PORTS.map((name, index) => [name, String(ports[index])])),
    },
    logFile,
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 30_000,
    startTimeoutMs: 120_000,
    // Somebody was quicker; what clients left open is free after a minute.
    passingFailure: /address already in use/,
    isReady: () => answers(address),
  };
  return { program, address };
}

/** Clients come in by the first; by the others the services find each other. */
const PORTS = [
  'FRONTEND_GRPC_PORT',
  'FRONTEND_HTTP_PORT',
  'FRONTEND_MEMBERSHIP_PORT',
  'MATCHING_GRPC_PORT',
  'MATCHING_MEMBERSHIP_PORT',
  'HISTORY_GRPC_PORT',
  'HISTORY_MEMBERSHIP_PORT',
  'WORKER_GRPC_PORT',
  'WORKER_MEMBERSHIP_PORT',
];
/** The server's table of its members keeps ports as smallint: what the system would pick may be too high. */
const PORT_RANGE = [10_000, 32_767] as const;

async function freePorts(count: number): Promise<number[]> {
  const free = new Set<number>();
  while (free.size < count) {
    const wanted = randomInt(...PORT_RANGE);
    if ((await freePort(wanted)) === wanted) free.add(wanted);
  }
  return [...free];
}

async function answers(address: string): Promise<boolean> {
  const connection = Connection.lazy({ address });
  try {
    await connection.withDeadline(Date.now() + 2_000, () => connection.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}
