import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.ts';

export type Database = PrismaClient;

/** One connection pool; `$disconnect()` closes it. */
export function createDatabase(databaseUrl: string, { poolSize }: { poolSize: number }): Database {
  return new PrismaClient({
    adapter: new PrismaPg({ connectionString: databaseUrl, max: poolSize }),
    // Under load a transaction waits for a connection, and a day is saved in one transaction.
    transactionOptions: { maxWait: 20_000, timeout: 20_000 },
  });
}
