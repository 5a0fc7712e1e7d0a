import { Client, Connection } from '@temporalio/client';
import { createDatabase } from '../prisma/client.ts';
import type { Services } from './simulations.ts';

export type ServiceAddresses = {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly poolSize: number;
};

/** Connects to the database and to Temporal for as long as `use` runs. */
export async function withServices<T>(
  addresses: ServiceAddresses,
  use: (services: Services) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({
    address: addresses.temporalAddress,
    connectTimeout: '10 seconds',
  });
  const db = createDatabase(addresses.databaseUrl, { poolSize: addresses.poolSize });
  try {
    return await use({ db, temporal: new Client({ connection, namespace: addresses.namespace }) });
  } finally {
    await db.$disconnect();
    await connection.close();
  }
}
