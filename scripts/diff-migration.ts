// Writes the next migration: what schema.prisma has and the migrations so far do not.
//   npx tsx scripts/diff-migration.ts NAME
// SQL that Prisma's language lacks (checks, triggers) is added by hand to the file afterwards.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { chmodSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { applyMigrations, missingSql } from '../prisma/migrate.ts';
import { ensureDatabase, postgresProgram, postgresUrl } from '../stack/postgres.ts';
import { freePort } from '../stack/ports.ts';
import { endProcess, startProgram } from '../stack/process.ts';

const MIGRATIONS = path.join(__dirname, '..', 'prisma', 'migrations');

async function main(name: string | undefined): Promise<void> {
  if (name === undefined || !/^[a-z0-9_]+$/.test(name)) throw new Error('Name the migration in snake_case.');
  const sql = await withScratchDatabase(async (url) => {
    await applyMigrations(url);
    return missingSql(url);
  });
  if (sql === null) return console.log('The migrations already make everything in schema.prisma.');
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  const number = entries.filter((entry) => entry.isDirectory()).length + 1;
  const folder = path.join(MIGRATIONS, `${String(number).padStart(4, '0')}_${name}`);
  await mkdir(folder);
  await writeFile(path.join(MIGRATIONS, 'migration_lock.toml'), 'provider = "postgresql"\n');
  await writeFile(path.join(folder, 'migration.sql'), sql);
  console.log(`Wrote ${path.relative(process.cwd(), folder)}/migration.sql`);
}

async function withScratchDatabase<T>(use: (databaseUrl: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'mercato-diff-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const program = await postgresProgram({
    folder: path.join(folder, 'postgres'),
    port,
    logFile: path.join(folder, 'log'),
  });
  const { identity } = await startProgram(program);
  try {
    await ensureDatabase(postgresUrl(path.join(folder, 'postgres'), port, 'postgres'), 'scratch');
    return await use(postgresUrl(path.join(folder, 'postgres'), port, 'scratch'));
  } finally {
    await endProcess(identity, program.stopSignal, program.stopTimeoutMs);
    await rm(folder, { recursive: true });
  }
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
