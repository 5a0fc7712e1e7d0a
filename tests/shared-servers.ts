// One Postgres and one Temporal server for all integration tests of a run, in a temporary folder on free ports.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stopStack } from '../cli/detached-supervisor.ts';
import { applyMigrations } from '../prisma/migrate.ts';
import { dataFolderAt } from '../stack/data-folder.ts';
import { freePort } from '../stack/ports.ts';
import { ensureDatabase, postgresProgram, postgresUrl } from '../stack/postgres.ts';
import {
  endProcess,
  identify,
  isRunning,
  type Program,
  type ProcessIdentity,
  startProgram,
} from '../stack/process.ts';
import { ensureTemporalCli } from '../stack/temporal-cli.ts';
import { registerSearchAttributes, temporalProgram } from '../stack/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';

export type SharedServers = {
  folder: string;
  /** The empty database in which others are created. */
  adminUrl: string;
  templateDatabase: string;
  temporalAddress: string;
  namespace: string;
};

/** What a later run needs in order to tidy up after one that was killed. */
type Owned = { owner: ProcessIdentity; programs: (ProcessIdentity & Pick<Program, 'stopSignal'>)[] };

const PREFIX = 'mercato-test-';
export const HOME_PREFIX = 'home-';
const TEMPLATE = 'migrated';
const NAMESPACE = 'default';

export async function startSharedServers(): Promise<SharedServers> {
  await removeAbandoned();
  const folder = mkdtempSync(path.join(os.tmpdir(), PREFIX));
  // As root, Postgres runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  const owned: Owned = { owner: self(), programs: [] };
  writeOwned(folder, owned);
  const start = async (program: Program) => {
    const { identity } = await startProgram(program);
    owned.programs.push({ ...identity, stopSignal: program.stopSignal });
    writeOwned(folder, owned);
  };
  try {
    const [adminUrl, temporalAddress] = await Promise.all([
      startPostgres(folder, start),
      startTemporal(folder, start),
    ]);
    return { folder, adminUrl, templateDatabase: TEMPLATE, temporalAddress, namespace: NAMESPACE };
  } catch (error) {
    await stopSharedServers(folder);
    throw error;
  }
}

export async function stopSharedServers(folder: string): Promise<void> {
  const homes = readdirSync(folder).filter((name) => name.startsWith(HOME_PREFIX));
  for (const home of homes) await stopStack(dataFolderAt(path.join(folder, home)), () => undefined);
  const { programs } = readOwned(folder);
  await Promise.all(programs.map((program) => endProcess(program, program.stopSignal, 10_000)));
  rmSync(folder, { recursive: true, force: true });
}

async function startPostgres(root: string, start: (program: Program) => Promise<void>): Promise<string> {
  const folder = path.join(root, 'postgres');
  const port = await freePort();
  // Nothing here has to survive the machine.
  const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };
  await start(await postgresProgram({ folder, port, logFile: path.join(root, 'postgres.log'), settings }));
  const adminUrl = postgresUrl(folder, port, 'postgres');
  await ensureDatabase(adminUrl, TEMPLATE);
  await applyMigrations(postgresUrl(folder, port, TEMPLATE));
  return adminUrl;
}

async function startTemporal(root: string, start: (program: Program) => Promise<void>): Promise<string> {
  const cli = await ensureTemporalCli(process.env);
  const port = await freePort();
  await start(
    temporalProgram({
      cliPath: cli.path,
      databaseFile: path.join(root, 'temporal.sqlite'),
      namespace: NAMESPACE,
      port,
      uiPort: await freePort(),
      logFile: path.join(root, 'temporal.log'),
    }),
  );
  const address = `127.0.0.1:${port}`;
  await registerSearchAttributes(address, NAMESPACE, SEARCH_ATTRIBUTES);
  return address;
}

async function removeAbandoned(): Promise<void> {
  const names = readdirSync(os.tmpdir()).filter((name) => name.startsWith(PREFIX));
  for (const folder of names.map((name) => path.join(os.tmpdir(), name))) {
    const owned = tryToReadOwned(folder);
    if (owned && !isRunning(owned.owner)) await stopSharedServers(folder);
  }
}

function tryToReadOwned(folder: string): Owned | null {
  try {
    return readOwned(folder);
  } catch {
    // Another run is about to write it, or removes its folder at this moment.
    return null;
  }
}

function readOwned(folder: string): Owned {
  return JSON.parse(readFileSync(path.join(folder, 'owned.json'), 'utf8')) as Owned;
}

function writeOwned(folder: string, owned: Owned): void {
  writeFileSync(path.join(folder, 'owned.json'), JSON.stringify(owned));
}

function self(): ProcessIdentity {
  const identity = identify(process.pid);
  if (identity === null) throw new Error('This process cannot find itself.');
  return identity;
}
