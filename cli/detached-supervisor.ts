// The supervisor as a process of its own, in the background: how `up` starts it, what it runs, how `down` ends it.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConfig } from '../config.ts';
import { AppError } from '../domain/errors.ts';
import {
  createDataFolder,
  type DataFolder,
  dataFolderAt,
  lockDataFolder,
  readHolder,
  readRunningState,
  readState,
} from '../stack/data-folder.ts';
import { endProcess, isRunning, type ProcessIdentity } from '../stack/process.ts';
import { endLeftovers, Supervisor } from '../stack/supervisor.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { explain } from './errors.ts';

type Report =
  | { type: 'progress'; message: string }
  | { type: 'ready' }
  | { type: 'failed'; code: string; message: string };

// Workers may take 30 s to finish what they have begun, Temporal and Postgres 20 s each.
const STOP_TIMEOUT_MS = 90_000;
const START_TIMEOUT_MS = 180_000;
const POLL_MS = 100;

/** Starts the supervisor and returns when everything is ready; it outlives this process. */
export async function startDetached(folder: DataFolder, onProgress: (line: string) => void): Promise<void> {
  createDataFolder(folder);
  const holder = readHolder(folder);
  if (holder && isRunning(holder)) return waitUntilReady(folder, holder);
  const log = openSync(path.join(folder.logs, 'supervisor.log'), 'a');
  const child = spawn(process.execPath, ['--enable-source-maps', process.argv[1] ?? '', 'supervise'], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const stopStart = () => child.kill('SIGTERM');
  process.once('SIGINT', stopStart);
  try {
    await followStart(child, onProgress);
  } finally {
    process.off('SIGINT', stopStart);
  }
  child.disconnect();
  child.unref();
}

/** What the background process runs: supervises until it is told to stop. */
export async function superviseUntilSignal(): Promise<void> {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort());
  // Whoever started it may be gone, or have enough of it.
  process.on('error', () => undefined);
  try {
    const config = parseConfig(process.env);
    const folder = dataFolderAt(config.home);
    const supervisor = await Supervisor.start({
      config,
      folder,
      searchAttributes: SEARCH_ATTRIBUTES,
      onProgress: (message) => report({ type: 'progress', message }),
      abort: abort.signal,
    });
    report({ type: 'ready' });
    if (!abort.signal.aborted) await once(abort.signal);
    report({ type: 'progress', message: 'Stopping.' });
    await supervisor.stop();
    report({ type: 'progress', message: 'Stopped.' });
  } catch (error) {
    const { code, message } = explain(error);
    report({ type: 'failed', code, message });
    process.exitCode = 1;
  }
  if (process.connected) process.disconnect();
}

/** Ends the supervisor and whatever a killed one left behind; false when there was nothing to end. */
export async function stopStack(folder: DataFolder, onProgress: (line: string) => void): Promise<boolean> {
  const holder = readHolder(folder);
  if (holder && isRunning(holder)) {
    onProgress('Stopping the workers, Temporal and Postgres …');
    await endProcess(holder, 'SIGTERM', STOP_TIMEOUT_MS);
  }
  const left = readState(folder).services.filter(({ process }) => process !== null && isRunning(process));
  if (left.length > 0) {
    const lock = lockDataFolder(folder);
    await endLeftovers(folder, onProgress).finally(() => lock.release());
  }
  return left.length > 0 || (holder !== null && readHolder(folder) === null);
}

function report(message: Report): void {
  if (message.type !== 'ready') console.log(`${new Date().toISOString()} ${message.message}`);
  if (process.connected) process.send?.(message);
}

function followStart(child: ChildProcess, onProgress: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: Report) => {
      if (message.type === 'progress') onProgress(message.message);
      else if (message.type === 'ready') resolve();
      else reject(new AppError(message.code, message.message));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      reject(
        new AppError(
          'service_failed',
          `The supervisor ended (${signal ?? `exit code ${code}`}): see \`mercato logs supervisor\`.`,
        ),
      );
    });
  });
}

async function waitUntilReady(folder: DataFolder, holder: ProcessIdentity): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (readRunningState(folder) === null) {
    if (!isRunning(holder) || Date.now() > deadline) {
      const message = `Process ${holder.pid} was starting Mercato and did not succeed: see \`mercato logs supervisor\`.`;
      throw new AppError('service_failed', message);
    }
    await sleep(POLL_MS);
  }
}

function once(signal: AbortSignal): Promise<void> {
  // A timer keeps the process alive: promises and signal handlers do not.
  const alive = setInterval(() => undefined, 60_000);
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}
