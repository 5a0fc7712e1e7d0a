// Where `npm run bench:retail` measures: a namespace in which no other worker polls, and for every run a database of its
// own, copied from one that is migrated and seeded.
import os from 'node:os';
import { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { seedAgents } from '../client/seeding.ts';
import type { Services } from '../client/simulations.ts';
import { createDatabase } from '../prisma/client.ts';
import { applyMigrations } from '../prisma/migrate.ts';
import type { Addresses } from '../stack/data-folder.ts';
import { ensureDatabase } from '../stack/postgres.ts';
import { registerSearchAttributes } from '../stack/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import type { LocalStack } from './local-stack.ts';

const NAMESPACE = 'bench';
const TEMPLATE = 'bench_template';

/** Must be called once, before the first `withFreshDatabase`. */
export async function prepareStack({ addresses, services }: LocalStack, agents: number): Promise<void> {
  await services.temporal.workflowService.registerNamespace({
    namespace: NAMESPACE,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  await untilDone(() => registerSearchAttributes(addresses.temporalAddress, NAMESPACE, SEARCH_ATTRIBUTES));
  await ensureDatabase(addresses.databaseUrl, TEMPLATE);
  const url = urlOf(addresses, TEMPLATE);
  await applyMigrations(url);
  const db = createDatabase(url, { poolSize: 2 });
  const options = {
    source: { type: 'shipped' },
    datasetId: null,
    agents,
    skipBad: false,
    force: false,
  } as const;
  await seedAgents(db, options).finally(() => db.$disconnect());
}

/** A copy of the seeded database for as long as `use` runs, with the addresses of what works on it. */
export async function withFreshDatabase<T>(
  { addresses, services }: LocalStack,
  name: string,
  use: (addresses: Addresses, services: Services) => Promise<T>,
): Promise<T> {
  const database = `bench_${name.replaceAll(/\W/g, '_')}`;
  await services.db.$executeRawUnsafe(`CREATE DATABASE ${database} TEMPLATE ${TEMPLATE}`);
  const own = { ...addresses, databaseUrl: urlOf(addresses, database), namespace: NAMESPACE };
  const temporal = new Client({ connection: services.temporal.connection, namespace: NAMESPACE });
  const db = createDatabase(own.databaseUrl, { poolSize: 5 });
  try {
    return await use(own, { db, temporal });
  } finally {
    await db.$disconnect();
    await services.db.$executeRawUnsafe(`DROP DATABASE ${database} WITH (FORCE)`);
  }
}

/** What the figures were measured on. */
export async function describeSandbox({ services }: LocalStack): Promise<string> {
  const { serverVersion } = await services.temporal.workflowService.getSystemInfo({});
  const [postgres] = await services.db.$queryRaw<{ version: string }[]>`
    SELECT current_setting('server_version') AS version`;
  return [
    `Node ${process.version}`,
    `${os.availableParallelism()} CPUs`,
    `${process.platform} ${process.arch}`,
    `Temporal ${serverVersion} (development server, SQLite file)`,
    `Postgres ${postgres!.version}`,
  ].join(', ');
}

function urlOf({ databaseUrl }: Addresses, database: string): string {
  return Object.assign(new URL(databaseUrl), { pathname: `/${database}` }).href;
}

/** The server's own caches need a moment to know a new namespace. */
async function untilDone(attempt: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
