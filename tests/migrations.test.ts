import { applyMigrations, migrationStatus } from '../prisma/migrate.ts';
import { createEmptyDatabase, createTestDatabase } from './environment.ts';

describe('migrations', () => {
  test('make every table that schema.prisma describes', async () => {
    const { databaseUrl, drop } = await createTestDatabase();

    const status = await migrationStatus(databaseUrl);

    expect(status).toMatchObject({ pending: [], failed: [], edited: [], unknown: [], drift: null });
    await drop();
  });

  test('are applied once', async () => {
    const { databaseUrl, drop } = await createEmptyDatabase();

    const first = await applyMigrations(databaseUrl);
    const second = await applyMigrations(databaseUrl);

    expect(first.length).toBeGreaterThan(0);
    expect(second).toEqual([]);
    await drop();
  });

  test('are pending in an empty database', async () => {
    const { databaseUrl, drop } = await createEmptyDatabase();

    const { applied, pending } = await migrationStatus(databaseUrl);

    expect(applied).toEqual([]);
    expect(pending.length).toBeGreaterThan(0);
    await drop();
  });

  test('a column that schema.prisma does not know is reported as drift', async () => {
    const { databaseUrl, db, drop } = await createTestDatabase();
    await db.$executeRawUnsafe('ALTER TABLE users ADD COLUMN unexpected text');

    const { drift } = await migrationStatus(databaseUrl);

    expect(drift).toContain('unexpected');
    await drop();
  });
});
