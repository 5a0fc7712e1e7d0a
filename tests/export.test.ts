// Simulations as files to learn from: what is in them, what is not, and that something can be learned.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { exportSimulations } from '../client/export.ts';
import type { ExportOptions } from '../client/export.ts';
import { EXPORT_TABLES } from '../domain/retail/export-dictionary.ts';
import type { SimulationConfigInput } from '../domain/retail/simulation.ts';
import { loadDataset } from '../prisma/dataset-store.ts';
import { createSimulation } from '../prisma/simulation-store.ts';
import type { ExportFormat } from '../recordings/formats.ts';
import { writeExport } from '../recordings/write-export.ts';
import { simulateInDatabase } from './activity-simulation.ts';
import { createTestDatabase } from './environment.ts';
import type { TestDatabase } from './environment.ts';
import { logLoss, logisticRegression } from './logistic-regression.ts';
import { aSimulation, aSmallDataset } from './simulation-rig.ts';

const AGENTS = 20;
const WEEKS = 6;
const SHORT_DAYS = 14;
const OPTIONS: ExportOptions = { withLatent: false, horizonDays: 7, testShare: 0.25 };

type Row = Record<string, unknown>;

let database: TestDatabase;
let folder: string;
/** Exports of two simulations without latent columns. */
let long: string;
let running: string;

/** Half of the shoppers use what coupons they find, the others hardly any. */
function aMixedDataset() {
  const dataset = aSmallDataset({ agents: AGENTS });
  const hunter = { couponAffinity: 1, dealSeekingBehavior: 'extreme' as const };
  const passive = { couponAffinity: 0.1, dealSeekingBehavior: 'passive' as const };
  return {
    ...dataset,
    agents: dataset.agents.map((agent, i) => ({ ...agent, ...(i % 2 === 0 ? hunter : passive) })),
  };
}

const anExport = (simulationId: string, given: Partial<SimulationConfigInput> = {}) =>
  aSimulation({
    simulationId,
    days: 7 * WEEKS,
    seed: 'export',
    // Coupons are seen more often than usual, so that few shoppers are enough.
    choice: { noticeCoupon: 0.8, openWallet: -1 },
    ...given,
  });

beforeAll(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-export-'));
  await loadDataset(database.db, aMixedDataset());
  await simulateInDatabase(database.db, anExport('long'));
  await simulateInDatabase(database.db, anExport('running'), SHORT_DAYS);
  await simulateInDatabase(database.db, anExport('none', { days: 7, offerPolicy: 'none' }));
  [long, running] = [await written(['long']), await written(['running'])];
}, 300_000);

afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Exports into a new folder below the test's own. */
async function written(
  ids: readonly string[],
  options: Partial<ExportOptions> = {},
  format: ExportFormat = 'parquet',
): Promise<string> {
  const out = path.join(mkdtempSync(path.join(folder, 'out-')), 'export');
  await exportSimulations(database.db, ids, { ...OPTIONS, ...options }, ({ tables, description }) =>
    writeExport(out, tables, description, format),
  );
  return out;
}

function bufferOf(out: string, table: string): ArrayBuffer {
  const bytes = readFileSync(path.join(out, `${table}.parquet`));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

async function readRows(out: string, table: string): Promise<Row[]> {
  return parquetReadObjects({ file: bufferOf(out, table) });
}

function readLines(out: string, table: string): Row[] {
  const text = readFileSync(path.join(out, `${table}.jsonl`), 'utf8');
  return text === ''
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Row);
}

function columnsOf(out: string, table: string): string[] {
  const { schema } = parquetMetadata(bufferOf(out, table));
  return schema.slice(1).map(({ name }) => name);
}

/** A row of Parquet as JSON Lines have it. */
function asLine(row: Row, table: string): Row {
  const { columns } = EXPORT_TABLES.find(({ name }) => name === table)!;
  return Object.fromEntries(
    columns.map(({ name, type }) => {
      const value = row[name] ?? null;
      if (value === null) return [name, null];
      if (type === 'json') return [name, JSON.parse(value as string)];
      if (type === 'date') return [name, (value as Date).toISOString().slice(0, 10)];
      return [name, type === 'instant' ? (value as Date).toISOString() : value];
    }),
  );
}

/** The first of two rows that are not equal; of long tables, Jest's own comparison takes too long. */
function firstDifference(left: readonly unknown[], right: readonly unknown[]): unknown {
  const [ours, theirs] = [left, right].map((rows) => rows.map((row) => JSON.stringify(row)));
  const at = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => i).find(
    (i) => ours![i] !== theirs![i],
  );
  return at === undefined ? null : { at, left: ours![at], right: theirs![at] };
}

const tableNames = EXPORT_TABLES.map(({ name }) => name);

describe('files', () => {
  let parquet: string;
  let lines: string;

  beforeAll(async () => {
    parquet = await written(['running'], { withLatent: true });
    lines = await written(['running'], { withLatent: true }, 'jsonl');
  });

  test.each(tableNames)('%s: Parquet and JSON Lines hold the same, in order of the key', async (table) => {
    const rows = await readRows(parquet, table);
    const { key, columns } = EXPORT_TABLES.find(({ name }) => name === table)!;
    const keys = rows.map((row) => key.map((name) => String(asLine(row, table)[name])).join('/'));

    expect(
      firstDifference(
        rows.map((row) => asLine(row, table)),
        readLines(lines, table),
      ),
    ).toBeNull();
    expect(columnsOf(parquet, table)).toEqual(columns.map(({ name }) => name));
    expect(new Set(keys).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(10);
  });

  test.each(tableNames)('%s: without latent columns the rest is the same', async (table) => {
    const latent = EXPORT_TABLES.find(({ name }) => name === table)!.columns.filter((one) => one.isLatent);
    const without = (row: Row): Row => {
      const hidden = new Set(latent.map(({ name }) => name));
      return Object.fromEntries(Object.entries(row).filter(([name]) => !hidden.has(name)));
    };

    const [left, right] = [await readRows(running, table), await readRows(parquet, table)];
    expect(firstDifference(left, right.map(without))).toBeNull();
  });

  test('no row is missing', async () => {
    const { db } = database;
    const ofSession = { where: { session: { simulationId: 'running' } } };
    const sets = await db.choiceSet.findMany(ofSession);
    const expected = {
      agents: AGENTS,
      shopping_days: AGENTS * SHORT_DAYS,
      sessions: await db.shoppingSession.count({ where: { simulationId: 'running' } }),
      events: await db.shoppingSessionEvent.count(ofSession),
      choice_sets: sets.reduce((sum, { shownSkus }) => sum + shownSkus.length, 0),
      impressions: await db.couponImpression.count(ofSession),
      deals: await db.userCoupon.count({ where: { simulationId: 'running' } }),
      orders: await db.order.count({ where: { simulationId: 'running' } }),
      order_lines: await db.orderLine.count({ where: { order: { simulationId: 'running' } } }),
      redemptions: await db.orderDiscount.count({ where: { order: { simulationId: 'running' } } }),
    };
    const counted = JSON.parse(readFileSync(path.join(running, 'export.json'), 'utf8')) as {
      tables: Record<string, number>;
    };

    expect(counted.tables).toEqual(
      Object.fromEntries(Object.entries(expected).map(([table, rows]) => [`${table}.parquet`, rows])),
    );
  });

  test('the dictionary beside them has the columns that are there', () => {
    const { tables } = JSON.parse(readFileSync(path.join(running, 'dictionary.json'), 'utf8')) as {
      tables: { name: string; columns: { name: string; isLatent: boolean }[] }[];
    };

    expect(tables.map(({ name }) => name)).toEqual(tableNames);
    for (const { name, columns } of tables) {
      expect(columns.map((one) => one.name)).toEqual(columnsOf(running, name));
      expect(columns.filter(({ isLatent }) => isLatent)).toEqual([]);
    }
  });

  test('of what is on a shelf one product is chosen: the one with the largest utility and noise', async () => {
    const choices = new Map<string, Row[]>();
    for (const row of await readRows(parquet, 'choice_sets')) {
      const key = [row['agent_id'], row['day_number'], row['trip_number'], row['choice_number']].join('/');
      choices.set(key, [...(choices.get(key) ?? []), row]);
    }
    const score = (row: Row): number => (row['utility'] as number) + (row['noise'] as number);
    const wrong = [...choices.values()].filter((rows) => {
      const best = rows.reduce((one, other) => (score(other) > score(one) ? other : one));
      return rows.filter((row) => row['is_chosen'] === true).length !== 1 || best['is_chosen'] !== true;
    });

    expect(wrong).toEqual([]);
    expect(choices.size).toBeGreaterThan(1_000);
  });

  test('events name coupons as deals do, and not by an id', async () => {
    const events = (await readRows(running, 'events')).filter((row) => row['event_type'] === 'view_coupon');
    const deals = await readRows(running, 'deals');
    const dealt = new Set(
      deals.map((row) => [row['agent_id'], row['cycle_number'], row['coupon_code']].join()),
    );
    const named = events.map((row) => {
      const payload = JSON.parse(row['payload'] as string) as Row;
      expect(payload).not.toHaveProperty('userCouponId');
      return [row['agent_id'], payload['cycleNumber'], payload['code']].join();
    });

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !dealt.has(name))).toEqual([]);
  });
});

describe('splits and labels', () => {
  test('an agent is in one fold, in every simulation', async () => {
    const rows = await readRows(await written(['none', 'running']), 'agents');
    const folds = new Map<unknown, Set<unknown>>();
    for (const row of rows)
      folds.set(row['agent_id'], (folds.get(row['agent_id']) ?? new Set()).add(row['split_household']));

    expect([folds.size, rows.length]).toEqual([AGENTS, 2 * AGENTS]);
    expect([...folds.values()].map((fold) => fold.size)).toEqual(Array.from({ length: AGENTS }, () => 1));
    expect(new Set(rows.map((row) => row['split_household']))).toEqual(new Set(['train', 'test']));
  });

  test('every redemption is a label of its deal, and there are no others', async () => {
    const keyOf = (row: Row): string => [row['agent_id'], row['cycle_number'], row['coupon_code']].join();
    const labelled = (await readRows(long, 'deals')).filter((row) => row['redeemed_within'] === true);

    expect(labelled.map(keyOf).sort()).toEqual((await readRows(long, 'redemptions')).map(keyOf).sort());
    expect(labelled.length).toBeGreaterThan(50);
  });

  test('with another future, all that is known of the past is the same', async () => {
    for (const table of tableNames) {
      const columns = EXPORT_TABLES.find(({ name }) => name === table)!.columns.filter(
        ({ name, isLabel, isLatent }) =>
          !isLabel && !isLatent && !['simulation_id', 'split_time', 'is_window_observed'].includes(name),
      );
      const known = (rows: Row[]): unknown[][] => rows.map((row) => columns.map(({ name }) => row[name]));
      const past = (await readRows(long, table)).filter(
        (row) => table === 'agents' || (row['day_number'] as number) < SHORT_DAYS,
      );

      expect([table, firstDifference(known(await readRows(running, table)), known(past))]).toEqual([
        table,
        null,
      ]);
    }
  });
});

describe('a model of the deals', () => {
  const number = (row: Row, name: string): number => Number(row[name] ?? 0);
  /** What a shop knows when it deals a coupon. */
  const featuresOf = (row: Row): number[] => [
    1,
    number(row, 'past_redemptions') / (1 + number(row, 'past_deals') / 32),
    Math.log1p(number(row, 'past_units_category')),
    Math.log1p(number(row, 'past_units_brand')),
    number(row, 'depth'),
    Number(row['scope'] === 'frontstore'),
    Number(row['scope'] === 'brand'),
  ];
  const isTrue = (row: Row): number => Number(row['redeemed_within'] === true);

  test('trained on some households and weeks beats the base rate on others, later', async () => {
    const deals = await readRows(long, 'deals');
    const observed = deals.filter((row) => row['is_window_observed'] === true);
    const fold = (name: string): Row[] =>
      observed.filter((row) => row['split_household'] === name && row['split_time'] === name);
    const [train, test] = [fold('train'), fold('test')];

    const model = logisticRegression(train.map(featuresOf), train.map(isTrue));
    const rate = train.map(isTrue).reduce((sum, one) => sum + one, 0) / train.length;
    const base = logLoss(
      test.map(() => rate),
      test.map(isTrue),
    );
    const ours = logLoss(
      test.map((row) => model(featuresOf(row))),
      test.map(isTrue),
    );

    expect([train.length, test.length].every((rows) => rows > 100)).toBe(true);
    expect(ours).toBeLessThan(0.9 * base);
  });
});

describe('what cannot be exported', () => {
  test('a simulation that does not exist is named', async () => {
    await expect(written(['long', 'nowhere'])).rejects.toThrow('no simulation "nowhere"');
  });

  test('one without a committed day has nothing yet', async () => {
    await createSimulation(database.db, anExport('new'));

    await expect(written(['new'])).rejects.toThrow('"new" is running and has no committed day yet');
  });

  test('without offers the tables about them are empty, and have their columns', async () => {
    const out = await written(['none']);
    for (const table of ['deals', 'impressions', 'redemptions']) {
      expect(await readRows(out, table)).toEqual([]);
      expect(columnsOf(out, table)).toEqual(
        EXPORT_TABLES.find(({ name }) => name === table)!
          .columns.filter(({ isLatent }) => !isLatent)
          .map(({ name }) => name),
      );
    }
    expect((await readRows(out, 'orders')).length).toBeGreaterThan(0);
    expect(readLines(await written(['none'], {}, 'jsonl'), 'deals')).toEqual([]);
  });

  test('a folder that is there is left as it is', async () => {
    const out = path.join(folder, 'mine');
    mkdirSync(out);
    writeFileSync(path.join(out, 'mine.txt'), 'mine');
    const write = exportSimulations(database.db, ['none'], OPTIONS, ({ tables, description }) =>
      writeExport(out, tables, description, 'parquet'),
    );

    await expect(write).rejects.toThrow(`${out} cannot be written: it is there already.`);
    expect(readdirSync(out)).toEqual(['mine.txt']);
    expect(existsSync(`${out}.unfinished`)).toBe(false);
  });

  test.each([
    [['--out', 'FOLDER/a', '--format', 'csv'], 2, '--format csv: one of parquet, jsonl, please.'],
    [
      ['--out', 'FOLDER/a', '--horizon', '0'],
      2,
      'A horizon is a whole number of days from 1 to 3660, not 0.',
    ],
    [['--out', 'FOLDER/a', '--test-share', '1'], 2, 'between 0 and 1, not at 1'],
    [['--out', 'FOLDER/a', '--test-share', 'x'], 2, '--test-share is a number; "x" is none.'],
    [['--out', 'FOLDER/file/a'], 6, 'cannot be written: it is there already'],
    [['--out', '/sys/mercato-export'], 2, 'cannot be written'],
  ])('the command with %j ends with %i', (given, status, message) => {
    writeFileSync(path.join(folder, 'file'), '');
    const flags = given.map((flag) => flag.replace('FOLDER', folder));

    const found = command('export', 'none', ...flags);

    expect([found.status, found.stderr]).toEqual([status, expect.stringContaining(message)]);
    expect(existsSync(path.join(folder, 'a'))).toBe(false);
  });

  test('the command says what it wrote, and that a simulation goes on', () => {
    const out = path.join(folder, 'by command');

    const { stdout, status } = command('export', 'running,none', '--out', out);

    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`agents\\.parquet +${2 * AGENTS} rows`));
    expect(stdout).toContain(`Simulation "running" is running: its first 14 of ${7 * WEEKS} days.`);
  });
});

function command(...parts: string[]) {
  const program = path.join(__dirname, '..', 'dist', 'mercato.cjs');
  return spawnSync(process.execPath, [program, ...parts], {
    encoding: 'utf8',
    env: { ...process.env, DATABASE_URL: database.databaseUrl },
  });
}
