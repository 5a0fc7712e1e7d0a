import type { Database } from '../prisma/client.ts';
import { inspectTables } from '../prisma/inspection-store.ts';
import type { TableInspection } from '../prisma/inspection-store.ts';
import { migrationStatus } from '../prisma/migrate.ts';
import type { MigrationStatus } from '../prisma/migrate.ts';

export type DatabaseReport = { isOk: boolean; tables: TableInspection[]; migrations: MigrationStatus };

/** Tables with row counts and samples, and whether they are those of this version. */
export async function checkDatabase(
  db: Database,
  databaseUrl: string,
  samples: number,
): Promise<DatabaseReport> {
  const migrations = await migrationStatus(databaseUrl);
  const { pending, failed, edited, unknown, drift } = migrations;
  const isOk = [pending, failed, edited, unknown].every((names) => names.length === 0) && drift === null;
  return { isOk, tables: await inspectTables(db, samples), migrations };
}
