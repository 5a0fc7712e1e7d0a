// What one test file needs of the outside: a database of its own and the shared Temporal server.
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import pg from 'pg';
import { createDatabase, type Database } from '../prisma/client.ts';
import { dataFolderAt, writeState } from '../stack/data-folder.ts';
import { freePort } from '../stack/ports.ts';
import { registerSearchAttributes } from '../stack/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { HOME_PREFIX, type SharedServers } from './shared-servers.ts';

export type TestDatabase = { databaseUrl: string; db: Database; drop: () => Promise<void> };

/** A fresh database with all migrations, and nothing in it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl, templateDatabase } = sharedServers();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${templateDatabase}`);
  const databaseUrl = Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href;
  const db = createDatabase(databaseUrl, { poolSize: 10 });
  const drop = async () => {
    await db.$disconnect();
    await execute(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  };
  return { databaseUrl, db, drop };
}

/** A fresh database without any table. */
export async function createEmptyDatabase(): Promise<{ databaseUrl: string; drop: () => Promise<void> }> {
  const { adminUrl } = sharedServers();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await execute(adminUrl, `CREATE DATABASE ${name}`);
  const databaseUrl = Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href;
  return { databaseUrl, drop: () => execute(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`) };
}

export type TestTemporal = {
  address: string;
  namespace: string;
  connection: Connection;
  client: Client;
  close: () => Promise<void>;
};

/** The server's own namespace, shared by all test files: name workflows and task queues uniquely. */
export async function connectTemporal(): Promise<TestTemporal> {
  const { temporalAddress: address, namespace } = sharedServers();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  return { address, namespace, connection, client, close: () => connection.close() };
}

/** A namespace of its own on the server that all test files share: they use the same task queue names. */
export async function createTestNamespace(): Promise<TestTemporal> {
  const { temporalAddress: address } = sharedServers();
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  await untilReady(() => registerSearchAttributes(address, namespace, SEARCH_ATTRIBUTES));
  const client = new Client({ connection, namespace });
  return { address, namespace, connection, client, close: () => connection.close() };
}

/** The server's own caches need a moment to know a new namespace. */
async function untilReady(attempt: () => Promise<void>): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

/**
 * An empty data folder for `MERCATO_HOME`, whose services get ports that nobody uses: a developer's own Mercato may
 * have the usual ones. Whatever still runs there at the end of the tests, or after their death, is stopped.
 */
export async function createHome(): Promise<string> {
  const home = mkdtempSync(path.join(sharedServers().folder, HOME_PREFIX));
  // As root, Postgres runs as another user, who must be able to enter.
  chmodSync(home, 0o755);
  const ports = { temporal: await freePort(), temporalUi: await freePort() };
  writeState(dataFolderAt(home), { supervisor: null, addresses: null, services: [], ports });
  return home;
}

export function sharedServers(): SharedServers {
  const json = process.env.MERCATO_TEST_SERVERS;
  if (json === undefined) throw new Error('The shared servers run only for the project "integration".');
  return JSON.parse(json) as SharedServers;
}

async function execute(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
