// The folder that holds everything the local services keep, and the state by which commands find them.
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { StackError } from './errors.ts';
import { identify, isRunning, type ProcessIdentity } from './process.ts';

// This file and the bundle in `dist/` both stand one folder below the root.
const DEFAULT_ROOT = path.join(__dirname, '..', '.mercato');

export type DataFolder = {
  root: string;
  postgres: string;
  temporalDatabase: string;
  logs: string;
  /** Packages that were fetched, such as the Complete Journey panel. */
  downloads: string;
  state: string;
  lock: string;
};

export function dataFolderAt(home: string | null): DataFolder {
  const root = path.resolve(home ?? DEFAULT_ROOT);
  return {
    root,
    postgres: path.join(root, 'postgres'),
    temporalDatabase: path.join(root, 'temporal.sqlite'),
    logs: path.join(root, 'logs'),
    downloads: path.join(root, 'downloads'),
    state: path.join(root, 'state.json'),
    lock: path.join(root, 'lock'),
  };
}

export function createDataFolder(folder: DataFolder): void {
  try {
    mkdirSync(folder.logs, { recursive: true });
    writeFileSync(path.join(folder.root, '.writable'), '');
    rmSync(path.join(folder.root, '.writable'));
  } catch (error) {
    throw unusable(folder, error);
  }
}

/** Removes what Mercato put there; a file of somebody else's stays, and with it the folder. */
export function removeDataFolder(folder: DataFolder): void {
  const { temporalDatabase, postgres, logs, downloads, state, lock } = folder;
  const files = [
    postgres,
    logs,
    downloads,
    state,
    lock,
    ...['', '-wal', '-shm'].map((end) => temporalDatabase + end),
  ];
  for (const file of files) rmSync(file, { recursive: true, force: true });
  try {
    rmdirSync(folder.root);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY') throw error;
  }
}

const Identity = z.object({ pid: z.int(), startedAt: z.string() });

const ServiceState = z.object({
  name: z.string(),
  status: z.enum(['starting', 'running', 'restarting']),
  /** The last process that the service had; null until there is one. */
  process: Identity.nullable(),
  stopSignal: z.enum(['SIGINT', 'SIGTERM']),
  since: z.iso.datetime(),
  restarts: z.int(),
  address: z.string().nullable(),
  logFile: z.string(),
});
export type ServiceState = z.infer<typeof ServiceState>;

const Addresses = z.object({
  databaseUrl: z.string(),
  temporalAddress: z.string(),
  namespace: z.string(),
  /** Null when the Temporal server is not ours. */
  webUiUrl: z.string().nullable(),
});
export type Addresses = z.infer<typeof Addresses>;

const StackState = z.object({
  supervisor: Identity.nullable(),
  /** Null until everything is ready. */
  addresses: Addresses.nullable(),
  /** In the order in which they were started. */
  services: z.array(ServiceState),
  /** Remembered from one start to the next. */
  ports: z.record(z.string(), z.int()),
});
export type StackState = z.infer<typeof StackState>;

const NOTHING: StackState = { supervisor: null, addresses: null, services: [], ports: {} };

export function readState(folder: DataFolder): StackState {
  try {
    return StackState.parse(JSON.parse(readFileSync(folder.state, 'utf8')));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return NOTHING;
    throw new StackError('folder_unusable', `${folder.state} cannot be read: remove it.`, { cause: error });
  }
}

export function writeState(folder: DataFolder, state: StackState): void {
  try {
    writeFileSync(`${folder.state}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${folder.state}.new`, folder.state);
  } catch (error) {
    throw unusable(folder, error);
  }
}

/** The state of a stack that is ready, null when there is none. */
export function readRunningState(folder: DataFolder): (StackState & { addresses: Addresses }) | null {
  const state = readState(folder);
  const { supervisor, addresses } = state;
  return supervisor && isRunning(supervisor) && addresses ? { ...state, addresses } : null;
}

/** Makes this process the only supervisor of the folder, until `release` is called or it ends in whatever way. */
export function lockDataFolder(folder: DataFolder): { release(): void } {
  const self = identify(process.pid);
  const own = `${folder.lock}.${process.pid}`;
  writeFileSync(own, JSON.stringify(self));
  try {
    // Two rounds: when another process takes a stale lock over at the same moment, the second finds its lock.
    for (const _round of [1, 2]) {
      if (tryToLink(own, folder.lock)) return { release: () => rmSync(folder.lock, { force: true }) };
      const holder = readHolder(folder);
      if (holder && isRunning(holder)) {
        const message = `Mercato already runs on ${folder.root} (process ${holder.pid}).`;
        throw new StackError('already_running', message);
      }
      removeStaleLock(folder, holder);
    }
    throw new StackError('already_running', `Another process is starting Mercato on ${folder.root}.`);
  } finally {
    unlinkSync(own);
  }
}

/** Who holds the folder, also before it has written a state. */
export function readHolder(folder: DataFolder): ProcessIdentity | null {
  try {
    return Identity.parse(JSON.parse(readFileSync(folder.lock, 'utf8')));
  } catch {
    return null;
  }
}

// A link to a file that is already written: nobody ever sees a lock without its holder.
function tryToLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

// Moved aside before it is removed, so that of two processes that find it stale only one removes it.
function removeStaleLock(folder: DataFolder, holder: ProcessIdentity | null): void {
  const aside = `${folder.lock}.stale.${process.pid}`;
  try {
    renameSync(folder.lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readHolder({ ...folder, lock: aside });
  const isFresh = moved !== null && moved.startedAt !== holder?.startedAt && isRunning(moved);
  if (isFresh) tryToLink(aside, folder.lock);
  unlinkSync(aside);
}

const REASONS: Record<string, string> = {
  EROFS: 'the file system is read-only',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'there is a file of that name',
};

function unusable(folder: DataFolder, error: unknown): StackError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code] ?? message;
  return new StackError(
    'folder_unusable',
    `Cannot write to the data folder ${folder.root}: ${reason}. Set MERCATO_HOME to a folder that can be written.`,
    { cause: error },
  );
}
