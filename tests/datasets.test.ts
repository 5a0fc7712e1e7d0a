// Datasets from files into a real database, and what check-db and preflight say of it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkDatabase } from '../client/database-check.ts';
import { preflight, type PreflightContext, type PreflightReport } from '../client/preflight.ts';
import { type SeedOptions, seedAgents, SHIPPED_WORKBOOK } from '../client/seeding.ts';
import { parseConfig } from '../config.ts';
import { PACKAGE_TABLES } from '../datasets/complete-journey/package-files.ts';
import { BadWorkbookError } from '../datasets/issue.ts';
import { DEFAULT_SEED, generateShippedDataset } from '../datasets/shipped-dataset.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import { loadDataset } from '../prisma/dataset-store.ts';
import { aPersona } from './builders.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from './environment.ts';
import { panelTables, withPanelCell, writePanelFolder } from './panel-folder.ts';
import { aPanelYear, panelFiles } from './panel.ts';
import { createRig, type Rig } from './simulation-rig.ts';
import {
  aDataset,
  onlySheets,
  sheetsOf,
  withCell,
  withColumn,
  withRepeatedRow,
  workbookOf,
} from './workbooks.ts';

jest.setTimeout(180_000);

let database: TestDatabase;
let folder: string;

beforeEach(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(path.join(os.tmpdir(), 'datasets-'));
});
afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

function fileOf(workbook: Buffer): string {
  const file = path.join(folder, 'given.xlsx');
  writeFileSync(file, workbook);
  return file;
}

function seed(given: Partial<SeedOptions> = {}) {
  return seedAgents(database.db, {
    source: { type: 'shipped' },
    datasetId: null,
    agents: null,
    skipBad: false,
    force: false,
    ...given,
  });
}

function seedFile(workbook: Buffer, given: Partial<SeedOptions> = {}) {
  return seed({ source: { type: 'workbook', file: fileOf(workbook) }, ...given });
}

/** Rows of every table that a dataset is kept in. */
async function counts() {
  const { db } = database;
  const [datasets, users, agents, stores, categories, products, prices, campaigns, coupons] =
    await Promise.all([
      db.dataset.count(),
      db.user.count(),
      db.agent.count(),
      db.store.count(),
      db.category.count(),
      db.product.count(),
      db.productPrice.count(),
      db.campaign.count(),
      db.coupon.count(),
    ]);
  return { datasets, users, agents, stores, categories, products, prices, campaigns, coupons };
}

const NOTHING = {
  datasets: 0,
  users: 0,
  agents: 0,
  stores: 0,
  categories: 0,
  products: 0,
  prices: 0,
  campaigns: 0,
  coupons: 0,
};
const SMALL = {
  datasets: 1,
  users: 3,
  agents: 3,
  stores: 1,
  categories: 2,
  products: 3,
  prices: 2,
  campaigns: 1,
  coupons: 3,
};

/** A simulation that was run on the dataset. */
async function simulate(datasetId: string) {
  const date = new Date('2026-01-05');
  await database.db.simulationState.create({
    data: {
      simulationId: 'earlier',
      datasetId,
      seed: '1',
      config: {},
      startDate: date,
      simulatedDate: date,
      timeScale: '168',
    },
  });
}

describe('the shipped workbook', () => {
  test('is loaded whole, and loading it again changes nothing', async () => {
    const first = await seed();
    expect(await counts()).toMatchObject({
      datasets: 1,
      users: 300,
      agents: 300,
      stores: 6,
      categories: 30,
      campaigns: 10,
    });
    const before = await counts();
    const second = await seed();
    expect(await counts()).toEqual(before);
    expect(first.issues).toEqual([]);
    for (const [table, { inserted, updated, deleted, unchanged }] of Object.entries(second.changes))
      expect({ table, inserted, updated, deleted, unchanged }).toEqual({
        table,
        inserted: 0,
        updated: 0,
        deleted: 0,
        unchanged: first.changes[table]!.inserted,
      });
  });

  test('gives every agent a simulated user of its name', async () => {
    await seed({ agents: 2 });
    const agents = await database.db.agent.findMany({ include: { user: true }, orderBy: { agentId: 'asc' } });
    expect(agents.map(({ agentId, user }) => [agentId, user.email, user.isSimulated])).toEqual([
      ['agent_001', 'agent_001@simulation.local', true],
      ['agent_002', 'agent_002@simulation.local', true],
    ]);
  });

  test('is extended by agents of the same kind when more are asked for', async () => {
    await seed();
    const { changes } = await seed({ agents: 1_200 });
    expect(changes.agents).toEqual({ inserted: 900, updated: 0, deleted: 0, unchanged: 300 });
  });

  test('is not extended when it is somebody’s own', async () => {
    await expect(seed({ source: { type: 'workbook', file: SHIPPED_WORKBOOK }, agents: 301 })).rejects.toThrow(
      /301 agents were asked for, but the source has 300/,
    );
  });
});

describe('a workbook with something wrong', () => {
  test('stores nothing, be it the last row alone', async () => {
    const rows = sheetsOf().Agents!.length;
    await expect(seedFile(workbookOf(withCell(sheetsOf(), 'Agents', rows, 'age', 17)))).rejects.toThrow(
      BadWorkbookError,
    );
    expect(await counts()).toEqual(NOTHING);
  });

  test('stores the rest when bad rows may be skipped, and says which were left out', async () => {
    const wrong = withColumn(
      withCell(withRepeatedRow(sheetsOf(), 'Products', 2), 'Agents', 4, 'age', 17),
      'Stores',
      'manager',
      'Eve',
    );
    const { issues } = await seedFile(workbookOf(wrong), { skipBad: true });
    expect(issues.map(({ sheet, row, column }) => [sheet, row, column])).toEqual([
      ['Stores', 1, 'manager'],
      ['Products', 5, 'sku'],
      ['Agents', 4, 'age'],
    ]);
    expect(await counts()).toEqual({ ...SMALL, users: 2, agents: 2 });
  });

  test('is refused as a whole when a column is missing, skipping or not', async () => {
    const { Agents, ...others } = sheetsOf();
    const missing = { ...others, Agents: Agents!.map((cells) => cells.slice(1)) };
    await expect(seedFile(workbookOf(missing), { skipBad: true })).rejects.toThrow(
      /agent_id: column is missing/,
    );
    expect(await counts()).toEqual(NOTHING);
  });
});

describe('a dataset in the database', () => {
  test('is unchanged when its load fails at the very end', async () => {
    await database.db.user.create({ data: { email: 'cat@simulation.local' } });
    await expect(loadDataset(database.db, aDataset())).rejects.toThrow(
      /cat@simulation\.local is not simulated/,
    );
    expect(await counts()).toEqual({ ...NOTHING, users: 1 });
  });

  test('takes agents from a workbook that has nothing else', async () => {
    await loadDataset(database.db, aDataset());
    const sheets = onlySheets(
      sheetsOf(aDataset({ agents: [aPersona({ agentId: 'dan', preferredCategories: ['Bread'] })] })),
      'Agents',
    );
    await seedFile(workbookOf(sheets));
    expect(await counts()).toEqual({ ...SMALL, users: 4, agents: 4 });
    expect(await database.db.dataset.findUnique({ where: { id: 'default' } })).toMatchObject({
      title: 'Corner shop',
    });
    await expect(seedFile(workbookOf(sheets), { datasetId: 'elsewhere' })).rejects.toThrow(
      /the dataset has no categories/,
    );
  });

  test('has its rows updated by their keys, and its promotions replaced', async () => {
    await loadDataset(database.db, aDataset());
    const { products, prices } = aDataset();
    const changed = aDataset({
      products: products.map((product) => ({ ...product, name: `New ${product.name}` })),
      prices: prices.slice(1),
    });
    const { changes } = await loadDataset(database.db, changed);
    expect(changes.products).toMatchObject({ inserted: 0, updated: 3, unchanged: 0 });
    expect(changes.product_prices).toEqual({ inserted: 0, updated: 0, deleted: 1, unchanged: 1 });
    expect(await counts()).toEqual({ ...SMALL, prices: 1 });
  });

  test('does not share its agents with another one', async () => {
    await loadDataset(database.db, aDataset());
    await expect(loadDataset(database.db, aDataset({ id: 'other' }))).rejects.toThrow(
      /belongs to dataset default already/,
    );
    await loadDataset(database.db, aDataset({ id: 'other', agents: [aPersona({ agentId: 'zoe' })] }));
    expect(await counts()).toMatchObject({ datasets: 2, products: 6, agents: 4 });
  });

  test('needs a catalogue', async () => {
    const { agents } = aDataset();
    const bare: Dataset = {
      ...aDataset(),
      stores: [],
      categories: [],
      products: [],
      prices: [],
      campaigns: [],
      coupons: [],
      agents,
    };
    await expect(loadDataset(database.db, bare)).rejects.toThrow(/has no stores, no categories, no products/);
    expect(await counts()).toEqual(NOTHING);
  });

  test('on which a simulation was run takes new agents, and other changes by force only', async () => {
    await loadDataset(database.db, aDataset());
    await simulate('default');
    await loadDataset(database.db, aDataset());
    await loadDataset(
      database.db,
      aDataset({ title: 'Corner shop, renamed', agents: [aPersona({ agentId: 'dan' })] }),
    );
    const { coupons } = aDataset();
    const changed = aDataset({ coupons: coupons.map((coupon) => ({ ...coupon, minSpendCents: 1_00 })) });
    await expect(loadDataset(database.db, changed)).rejects.toThrow(
      /would change 3 rows of coupons in dataset default.*earlier/,
    );
    const { changes } = await loadDataset(database.db, changed, { force: true });
    expect(changes.coupons).toMatchObject({ updated: 3 });
  });

  test('is the same after two loads at once', async () => {
    await Promise.all([loadDataset(database.db, aDataset()), loadDataset(database.db, aDataset())]);
    expect(await counts()).toEqual(SMALL);
  });
});

test('the panel is loaded from a folder, with what its households did and its publisher’s notice', async () => {
  const files = panelFiles({ lines: aPanelYear() });
  for (const table of PACKAGE_TABLES)
    writeFileSync(path.join(folder, `${table}.parquet`), Buffer.from(await files[table].slice(0)));
  const source = { type: 'complete_journey', folder, households: 4, cacheFolder: folder } as const;
  const { datasetId, notice } = await seed({ source });
  expect(datasetId).toBe('complete-journey');
  expect(notice).toMatch(/84\.51°.*not for business decisions/s);
  expect(await counts()).toMatchObject({ agents: 4, categories: 2, products: 24 });
  const { reference } = await database.db.dataset.findUniqueOrThrow({ where: { id: 'complete-journey' } });
  expect(reference).toMatchObject({ households: 4, linesPerBasket: { count: 96, mean: 1 } });
  const again = await seed({ source });
  expect(
    Object.values(again.changes).every(
      ({ inserted, updated, deleted }) => inserted + updated + deleted === 0,
    ),
  ).toBe(true);
});

test('a panel of one’s own is loaded from its folder, under its own name', async () => {
  const source = {
    type: 'folder',
    folder: writePanelFolder(path.join(folder, 'shop')),
    households: null,
  } as const;
  const { datasetId, issues } = await seed({ source });
  expect(datasetId).toBe('shop');
  expect(issues).toEqual([]);
  expect(await counts()).toMatchObject({ datasets: 1, agents: 8, categories: 2, products: 8 });
  const again = await seed({ source });
  expect(
    Object.values(again.changes).every(
      ({ inserted, updated, deleted }) => inserted + updated + deleted === 0,
    ),
  ).toBe(true);
});

test('a panel with bad cells is not loaded, or loaded without their rows', async () => {
  const bad = withPanelCell(panelTables(), 'transactions', 0, 'quantity', 'two');
  const source = {
    type: 'folder',
    folder: writePanelFolder(path.join(folder, 'shop'), bad),
    households: 5,
  } as const;
  await expect(seed({ source })).rejects.toThrow(/transactions\.csv row 2, quantity: "two"/);
  expect(await counts()).toEqual(NOTHING);
  const { issues, agents } = await seed({ source, skipBad: true });
  expect(issues.map(({ sheet, row }) => [sheet, row])).toEqual([['transactions.csv', 2]]);
  expect(agents).toBe(5);
});

describe('sheets as CSV files', () => {
  function sheetFiles(sheets = sheetsOf()): SeedOptions['source'] {
    for (const [name, rows] of Object.entries(sheets)) {
      const text = rows.map((cells) =>
        cells
          .map(
            (cell) =>
              `"${(cell instanceof Date ? cell.toISOString() : String((cell ?? '') as string | number)).replaceAll('"', '""')}"`,
          )
          .join(','),
      );
      writeFileSync(path.join(folder, `${name}.csv`), text.join('\r\n'));
    }
    return { type: 'folder', folder, households: null };
  }

  test('are the same dataset as their workbook', async () => {
    await seed({ source: sheetFiles() });
    expect(await counts()).toEqual(SMALL);
    const { changes } = await seedFile(workbookOf(sheetsOf()));
    for (const { inserted, updated, deleted } of Object.values(changes))
      expect(inserted + updated + deleted).toBe(0);
  });

  test('have what is wrong named by file, row and column', async () => {
    const wrong = withCell(sheetsOf(), 'Prices', 3, 'week', 60);
    await expect(seed({ source: sheetFiles(wrong) })).rejects.toThrow(
      /Prices\.csv row 3, week: "60": a whole number from 1 to 53/,
    );
    expect(await counts()).toEqual(NOTHING);
  });

  test('are told from a panel, and from nothing of either', async () => {
    const source = { type: 'folder', folder, households: null } as const;
    await expect(seed({ source })).rejects.toThrow(/neither a panel .* nor sheets of a workbook/);
    writeFileSync(path.join(folder, 'redemptions.csv'), 'household_id,coupon_id,redeemed_on\n');
    await expect(seed({ source })).rejects.toThrow(/transactions: the folder has neither transactions\.csv/);
  });
});

describe('check-db', () => {
  test('lists every table with its rows and samples, and finds the schema valid', async () => {
    await loadDataset(database.db, aDataset());
    const { isOk, tables, migrations } = await checkDatabase(database.db, database.databaseUrl, 2);
    expect(isOk).toBe(true);
    expect(migrations).toMatchObject({ pending: [], failed: [], drift: null });
    const agents = tables.find(({ table }) => table === 'agents')!;
    expect(agents.rows).toBe(3);
    expect(agents.samples).toHaveLength(2);
    expect(agents.samples[0]).toHaveProperty('price_sensitivity');
    expect(tables.map(({ table }) => table)).toEqual(
      expect.arrayContaining(['offer_cycles', 'user_coupons', 'shopping_session_events', 'users']),
    );
  });

  test('finds a table that was tampered with', async () => {
    await database.db.$executeRawUnsafe('ALTER TABLE coupons DROP COLUMN min_spend_cents');
    const { isOk, migrations } = await checkDatabase(database.db, database.databaseUrl, 0);
    expect(isOk).toBe(false);
    expect(migrations.drift).toContain('coupons');
  });

  test('finds a database without tables', async () => {
    const empty = await createEmptyDatabase();
    try {
      const { isOk, migrations } = await checkDatabase(database.db, empty.databaseUrl, 0);
      expect(isOk).toBe(false);
      expect(migrations.pending.length).toBeGreaterThan(0);
    } finally {
      await empty.drop();
    }
  });
});

describe('preflight', () => {
  let rig: Rig;
  let webUi: Server;

  beforeAll(async () => {
    webUi = createServer((_request, response) => response.end('Temporal')).listen(0, '127.0.0.1');
    const { agents, ...shipped } = generateShippedDataset(DEFAULT_SEED);
    rig = await createRig({ ...shipped, agents: agents.slice(0, 2) });
  });
  afterAll(async () => {
    webUi.close();
    await rig.close();
  });

  /** Of the rig's dataset. */
  function check(
    given: Partial<PreflightContext> = {},
    environment: Record<string, string> = {},
  ): Promise<PreflightReport> {
    const { port } = webUi.address() as AddressInfo;
    return preflight({
      db: rig.db,
      databaseUrl: rig.databaseUrl,
      config: parseConfig({ SIMULATION_MODE: 'true', TEMPORAL_NAMESPACE: rig.namespace, ...environment }),
      datasetId: 'default',
      temporalAddress: rig.temporalAddress,
      webUiUrl: `http://127.0.0.1:${port}`,
      logFolder: path.join(folder, 'logs'),
      ...given,
    });
  }

  function failedChecks({ checks }: PreflightReport): number[] {
    return checks.filter(({ isOk }) => !isOk).map(({ id }) => id);
  }

  test('of what is shipped, with a worker, finds everything in order and deals nothing', async () => {
    const stop = await rig.startWorker();
    const report = await eventually(check, ({ isOk }) => isOk);
    await stop();
    expect(report.checks.filter(({ isOk }) => !isOk)).toEqual([]);
    expect(report.checks[7]).toMatchObject({
      found: 'agent_001 would get 2 frontstore and 30 category/brand coupons',
    });
    expect(report.pool).toEqual({
      frontstore: { coupons: 120, perCycle: 2, cycles: 60 },
      categoryBrand: { coupons: 420, perCycle: 30, cycles: 14 },
    });
    expect(await rig.db.userCoupon.count()).toBe(0);
  });

  test('covers the ten points of the checklist and the five assumptions, each with a remedy when it fails', async () => {
    const { checks } = await check({ datasetId: 'none' });
    expect(checks.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(checks.map(({ assumption }) => assumption))).toEqual(
      new Set(['A1', 'A2', 'A3', 'A4', 'A5', null]),
    );
    for (const { isOk, remedy } of checks) expect(remedy === null).toBe(isOk);
  });

  test('of an empty database without simulation mode fails, and says how to mend it', async () => {
    const report = await check(
      { db: database.db, databaseUrl: database.databaseUrl },
      { SIMULATION_MODE: 'false' },
    );
    expect(failedChecks(report)).toEqual(expect.arrayContaining([1, 2, 3, 4, 6, 8]));
    expect(report.isOk).toBe(false);
    expect(report.checks[0]).toMatchObject({
      found: '0 active agents in dataset default',
      remedy: 'mercato seed agents',
    });
    expect(report.checks[5]).toMatchObject({ remedy: 'export SIMULATION_MODE=true' });
  });

  test('counts only coupons that can be dealt', async () => {
    await loadDataset(database.db, {
      ...rig.dataset,
      coupons: rig.dataset.coupons.map((coupon) => ({
        ...coupon,
        isActive: coupon.code > 'FS-071' || coupon.scope !== 'frontstore',
      })),
    });
    const { checks } = await check({ db: database.db, databaseUrl: database.databaseUrl });
    expect(checks[2]).toMatchObject({ isOk: false, found: '49 frontstore, 420 category/brand' });
  });

  test('survives what does not answer', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    const report = await check({
      temporalAddress: '127.0.0.1:1',
      webUiUrl: 'http://127.0.0.1:1',
      logFolder: path.join(file, 'logs'),
    });
    expect(failedChecks(report)).toEqual([7, 9, 10]);
  });
});

/** A worker takes a moment to begin polling. */
async function eventually<T>(look: () => Promise<T>, isRight: (found: T) => boolean): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await look();
    if (isRight(found) || Date.now() > deadline) return found;
    await sleep(250);
  }
}
