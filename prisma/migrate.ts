// Applies the folder `prisma/migrations` and keeps `_prisma_migrations` as Prisma does, so that `prisma migrate deploy`
// may be used on the same database where its engine can be downloaded.
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm';
import { withSchemaEngine } from './schema-engine.ts';

// This file and the bundle in `dist/` both stand one folder below the root.
const PRISMA_FOLDER = path.join(__dirname, '..', 'prisma');
const SCHEMA_FILE = path.join(PRISMA_FOLDER, 'schema.prisma');
const MIGRATIONS_FOLDER = path.join(PRISMA_FOLDER, 'migrations');
const filters = { externalTables: [], externalEnums: [] };

export type MigrationStatus = {
  applied: string[];
  pending: string[];
  /** Started and never finished. */
  failed: string[];
  /** The file was changed after it had been applied. */
  edited: string[];
  /** Applied, but not in the folder: the database is newer than this clone. */
  unknown: string[];
  /** What differs between the tables and schema.prisma, for people to read; null when nothing does. */
  drift: string | null;
};

/** Applies what is missing and returns its names; a second call applies nothing. */
export async function applyMigrations(databaseUrl: string): Promise<string[]> {
  const migrationsList = await readMigrations();
  return withEngine(databaseUrl, async (engine) => {
    const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
    return appliedMigrationNames;
  });
}

export async function migrationStatus(databaseUrl: string): Promise<MigrationStatus> {
  const migrationsList = await readMigrations();
  return withEngine(databaseUrl, async (engine) => {
    const { history, failedMigrationNames, editedMigrationNames } = await engine.diagnoseMigrationHistory({
      migrationsList,
      optInToShadowDatabase: false,
      filters,
    });
    const pending = history && 'unappliedMigrationNames' in history ? history.unappliedMigrationNames : [];
    const unknown =
      history && 'unpersistedMigrationNames' in history ? history.unpersistedMigrationNames : [];
    const names = migrationsList.migrationDirectories.map((directory) => directory.path);
    return {
      applied: names.filter((name) => !pending.includes(name) && !failedMigrationNames.includes(name)),
      pending,
      failed: failedMigrationNames,
      edited: editedMigrationNames,
      unknown,
      drift: await differences(engine, 'text'),
    };
  });
}

/** SQL that brings the database's tables to schema.prisma; null when they agree. */
export async function missingSql(databaseUrl: string): Promise<string | null> {
  return withEngine(databaseUrl, (engine) => differences(engine, 'sql'));
}

async function differences(engine: SchemaEngine, format: 'text' | 'sql'): Promise<string | null> {
  const files = [await readSchema()];
  const { exitCode, stdout } = await engine.diff({
    from: { tag: 'schemaDatasource', files, configDir: PRISMA_FOLDER },
    to: { tag: 'schemaDatamodel', files },
    script: format === 'sql',
    exitCode: true,
    filters,
  });
  return exitCode === 2 ? stdout : null;
}

async function withEngine<T>(databaseUrl: string, use: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  const { path: file, content } = await readSchema();
  return withSchemaEngine(databaseUrl, [[file, content]], use);
}

async function readSchema(): Promise<{ path: string; content: string }> {
  return { path: SCHEMA_FILE, content: await readFile(SCHEMA_FILE, 'utf8') };
}

async function readMigrations(): Promise<MigrationList> {
  const entries = await readdir(MIGRATIONS_FOLDER, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir: MIGRATIONS_FOLDER,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(names.sort().map(readMigration)),
  };
}

async function readMigration(name: string) {
  const content = await readFile(path.join(MIGRATIONS_FOLDER, name, 'migration.sql'), 'utf8');
  return {
    path: name,
    migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: content } },
  };
}
