import type { Database } from './client.ts';

// What is in the database, for people: tables, row counts, a few rows, and whether a dataset is fit to be simulated.

export type TableInspection = { table: string; rows: number; samples: Record<string, unknown>[] };

/** Every table with its exact number of rows and the first `samples` of them. */
export async function inspectTables(db: Database, samples: number): Promise<TableInspection[]> {
  const tables = await db.$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name COLLATE "C"`;
  const inspections: TableInspection[] = [];
  for (const { name } of tables) {
    const table = `"${name.replaceAll('"', '""')}"`;
    const [counted] = await db.$queryRawUnsafe<{ rows: bigint }[]>(`SELECT count(*) AS rows FROM ${table}`);
    // As JSON, so that every type of column can be shown.
    const rows = await db.$queryRawUnsafe<{ row: Record<string, unknown> }[]>(
      `SELECT to_jsonb(sample) AS row FROM ${table} AS sample LIMIT $1`,
      samples,
    );
    inspections.push({ table: name, rows: Number(counted!.rows), samples: rows.map(({ row }) => row) });
  }
  return inspections;
}

export async function existingTables(db: Database, names: readonly string[]): Promise<string[]> {
  const found = await db.$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.tables
    WHERE table_schema = current_schema() AND table_name = ANY (${[...names]}::text[])`;
  return found.map(({ name }) => name);
}

export type AgentReadiness = { active: number; withUser: number };

/** Active agents, and those of them whose user is simulated and carries their name. */
export async function countAgents(db: Database, datasetId: string): Promise<AgentReadiness> {
  const [counts] = await db.$queryRaw<{ active: bigint; with_user: bigint }[]>`
    SELECT count(*) AS active,
           count(*) FILTER (WHERE users.is_simulated AND users.email = agents.agent_id || '@simulation.local') AS with_user
    FROM agents LEFT JOIN users ON users.id = agents.user_id
    WHERE agents.dataset_id = ${datasetId} AND agents.is_active`;
  return { active: Number(counts!.active), withUser: Number(counts!.with_user) };
}

export type CatalogueReadiness = { stores: number; products: number; categories: number };

/** Stores, products on sale, and the categories that have any. */
export async function countCatalogue(db: Database, datasetId: string): Promise<CatalogueReadiness> {
  const [stores, products, categories] = await Promise.all([
    db.store.count({ where: { datasetId } }),
    db.product.count({ where: { datasetId, isActive: true } }),
    db.product.groupBy({ by: ['categoryName'], where: { datasetId, isActive: true } }),
  ]);
  return { stores, products, categories: categories.length };
}

/** The active offers of a dataset, by code. */
export async function readPool(db: Database, datasetId: string): Promise<{ code: string; scope: string }[]> {
  return db.coupon.findMany({
    where: { datasetId, isActive: true },
    select: { code: true, scope: true },
    orderBy: { code: 'asc' },
  });
}

export async function firstAgentId(db: Database, datasetId: string): Promise<string | null> {
  const agent = await db.agent.findFirst({
    where: { datasetId, isActive: true },
    orderBy: { agentId: 'asc' },
    select: { agentId: true },
  });
  return agent?.agentId ?? null;
}
