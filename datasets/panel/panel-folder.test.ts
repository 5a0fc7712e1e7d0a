import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { Coupon } from '../../domain/retail/coupon.ts';
import { Persona } from '../../domain/retail/persona.ts';
import { HOUSEHOLDS, panelTables, withPanelCell, writePanelFolder } from '../../tests/panel-folder.ts';
import type { PanelTables } from '../../tests/panel-folder.ts';
import { describeIssue } from '../issue.ts';
import { panelDataset } from './dataset.ts';
import { dayOf } from './days.ts';
import { openPanel, readPanelFolder } from './panel-folder.ts';
import { windowOf } from './panel.ts';
import type { Panel } from './panel.ts';
import { panelReference, panelSamples } from './reference.ts';
import type { PanelTableName } from './tables.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'panel-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(tables: PanelTables = panelTables(), head?: unknown): Promise<Panel> {
  return openPanel(writePanelFolder(path.join(folder, 'shop'), tables, { head }));
}

async function problems(tables: PanelTables, head?: unknown): Promise<string[]> {
  const { issues } = await readPanelFolder(writePanelFolder(path.join(folder, 'shop'), tables, { head }));
  return issues.map(describeIssue);
}

async function datasetOf(tables: PanelTables = panelTables(), head?: unknown) {
  return panelDataset(await open(tables, head), { households: null }).dataset;
}

function without(...names: PanelTableName[]): PanelTables {
  return Object.fromEntries(
    Object.entries(panelTables()).filter(([name]) => !names.includes(name as PanelTableName)),
  );
}

describe('a panel folder', () => {
  test('is the same panel as CSV and as Parquet', async () => {
    const csv = await open();
    const parquet = await openPanel(
      writePanelFolder(path.join(folder, 'other/shop'), panelTables(), { format: 'parquet' }),
    );
    expect(parquet).toEqual(csv);
    expect(csv.lines.count).toBe(8 * 12 * 2);
    expect(csv.households[0]).toMatchObject({ id: 'H1', demographics: { age: 41, hasChildren: true } });
  });

  test('keeps the zeros of article numbers', async () => {
    const { products } = await datasetOf();
    expect(products.map(({ sku }) => sku)).toContain('001-tea');
  });

  test('needs transactions and products only', async () => {
    const dataset = await datasetOf(
      without('households', 'prices', 'coupons', 'coupon_products', 'issues', 'redemptions'),
    );
    expect(dataset.agents).toHaveLength(8);
    expect(dataset.coupons.length).toBeGreaterThanOrEqual(200);
    expect(dataset.campaigns.every(({ name }) => name.includes('not from the panel'))).toBe(true);
  });

  test('is called what panel.json calls it, and otherwise what the folder is called', async () => {
    const head = { id: 'shop-24', title: 'Our shop', notice: 'Internal.', currency: 'EUR', region: 'Ruhr' };
    expect(await datasetOf(panelTables(), head)).toMatchObject({
      id: 'shop-24',
      title: 'Our shop',
      notice: expect.stringMatching(/^Internal\. Added by Mercato: /) as string,
      currency: 'EUR',
    });
    rmSync(path.join(folder, 'shop'), { recursive: true });
    expect(await open()).toMatchObject({ id: 'shop', title: 'Panel shop', currency: 'USD' });
  });

  test('has its lines in order of time, whatever the order of the file', async () => {
    const tables = panelTables();
    const shuffled = { ...tables, transactions: tables.transactions.toReversed() };
    const { lines } = await open(shuffled);
    expect([...lines.day]).toEqual([...lines.day].sort((a, b) => a - b));
    expect((await datasetOf(shuffled)).reference).toEqual((await datasetOf()).reference);
  });

  test('tells apart receipts whose numbers begin anew', async () => {
    const { lines } = await open();
    expect(new Set(lines.basket).size).toBe(8 * 12);
  });
});

describe('times', () => {
  const utc = withPanelCell(panelTables(), 'transactions', 0, 'time', '2024-01-01T23:30:00Z');

  test('with a zone are turned into those of the shops', async () => {
    const { lines } = await open(utc, { timeZone: 'Europe/Berlin' });
    expect([...lines.hour].filter((hour) => hour !== 17)).toEqual([0]);
    expect(lines.day.filter((day) => day === dayOf('2024-01-01'))).toHaveLength(1);
  });

  test('with a zone are refused where that of the shops is not known', async () => {
    expect(await problems(utc)).toEqual([
      'transactions.csv row 2, time: "2024-01-01T23:30:00Z": a time with a zone; name the time zone of the shops in panel.json; the local date and time, like 2024-03-08T17:42',
    ]);
  });

  test('of Parquet are of a zone when the file says so', async () => {
    const { transactions, ...others } = panelTables();
    const shop = writePanelFolder(path.join(folder, 'shop'), others, { head: { timeZone: 'Europe/Berlin' } });
    const names = Object.keys(transactions[0]!).filter((name) => name !== 'time');
    const columnData = [
      {
        name: 'time',
        type: 'TIMESTAMP' as const,
        data: transactions.map(({ time }) => new Date(`${String(time)}Z`)),
      },
      ...names.map((name) => ({ name, data: transactions.map((row) => row[name]) })),
    ];
    writeFileSync(path.join(shop, 'transactions.parquet'), Buffer.from(parquetWriteBuffer({ columnData })));
    const { lines } = await openPanel(shop);
    // 17:30 of Greenwich is 18:30 of Berlin, and 19:30 in summer, which these days do not reach.
    expect(new Set(lines.hour)).toEqual(new Set([18]));
  });
});

describe('what is wrong', () => {
  test.each<[PanelTableName, string, string | number | null, string]>([
    [
      'transactions',
      'paid',
      '1,50',
      'transactions.csv row 3, paid: "1,50": not a number; what the household paid for the line, in units of the currency',
    ],
    [
      'transactions',
      'quantity',
      null,
      'transactions.csv row 3, quantity: empty; a number of units or a weight; 0 or less for what is not a purchase',
    ],
    [
      'transactions',
      'household_id',
      'a b',
      'transactions.csv row 3, household_id: "a b": letters, digits, _ . - only, at most 43',
    ],
    [
      'transactions',
      'time',
      '2024-02-30T10:00',
      'transactions.csv row 3, time: "2024-02-30T10:00": not a date with a time; the local date and time, like 2024-03-08T17:42',
    ],
    [
      'transactions',
      'time',
      '2024-02-03',
      'transactions.csv row 3, time: "2024-02-03": not a date with a time; the local date and time, like 2024-03-08T17:42',
    ],
    [
      'transactions',
      'product_id',
      'coffee',
      'transactions.csv row 3, product_id: "coffee": not in the table products',
    ],
    [
      'transactions',
      'shelf_discount',
      -1,
      'transactions.csv row 3, shelf_discount: "-1": an amount in units of the currency, 0 or more, or empty',
    ],
    [
      'products',
      'product_id',
      '001-tea',
      'products.csv row 3, product_id: "001-tea": is in the table already; it must be unique',
    ],
    [
      'products',
      'is_private_label',
      'perhaps',
      'products.csv row 3, is_private_label: "perhaps": true or false, or empty',
    ],
    [
      'households',
      'income_bracket',
      'rich',
      'households.csv row 3, income_bracket: "rich": one of low, medium, high, affluent, or empty',
    ],
    ['households', 'age', 17, 'households.csv row 3, age: "17": a whole number from 18 to 100, or empty'],
    ['coupons', 'brand', 'Ode', 'coupons.csv row 3, brand: "Ode": not a brand of the table products'],
    ['coupons', 'amount_off', 0.5, 'coupons.csv row 3, amount_off: "0.5": given without a kind'],
    ['issues', 'coupon_id', 'TEA', 'issues.csv row 3, coupon_id: "TEA": not in the table coupons'],
    ['issues', 'expires_on', '2024-01-31', 'issues.csv row 3, expires_on: "2024-01-31": before issued_on'],
  ])('in %s, column %s, is named: %s', async (table, column, value, problem) => {
    expect(await problems(withPanelCell(panelTables(), table, 1, column, value))).toContain(problem);
  });

  test.each<[string, string | number, string]>([
    ['promotional_price', 3, 'prices.csv row 2, promotional_price: "3": above the regular price'],
    ['last_day', '2024-02-01', 'prices.csv row 2, last_day: "2024-02-01": before first_day'],
  ])('in the price calendar, column %s, is named', async (column, value, problem) => {
    expect(await problems(withPanelCell(panelTables(), 'prices', 0, column, value))).toEqual([problem]);
  });

  test('in Parquet has the number of its row', async () => {
    const tables = withPanelCell(panelTables(), 'transactions', 1, 'product_id', 'coffee');
    const { issues } = await readPanelFolder(
      writePanelFolder(path.join(folder, 'shop'), tables, { format: 'parquet' }),
    );
    expect(issues.map(describeIssue)).toEqual([
      'transactions.parquet row 2, product_id: "coffee": not in the table products',
    ]);
  });

  test('is a table that is missing, or twice there', async () => {
    expect(await problems(without('products', 'transactions'))).toEqual([
      'products: the folder has neither products.csv nor products.parquet',
      'transactions: the folder has neither transactions.csv nor transactions.parquet',
    ]);
    writePanelFolder(path.join(folder, 'shop'));
    writePanelFolder(path.join(folder, 'shop'), panelTables(), { format: 'parquet' });
    const { panel, issues } = await readPanelFolder(path.join(folder, 'shop'));
    expect(panel).toBeNull();
    expect(describeIssue(issues[0]!)).toBe(
      'products: both products.csv and products.parquet are there: delete one',
    );
  });

  test('is a column that is missing or not known', async () => {
    const renamed = panelTables().products.map(({ brand, ...rest }) => ({ ...rest, brands: brand! }));
    const coupons = panelTables().coupons.map(({ scope, ...rest }) => ({ ...rest, range: scope! }));
    expect(await problems({ ...panelTables(), products: renamed, coupons })).toEqual([
      'products.csv row 1, brand: column is missing; is it "brands"?',
      'products.csv row 1, brands: column is not read; did you mean "brand"?',
      'coupons.csv row 1, scope: column is missing',
      'coupons.csv row 1, range: column is not read',
    ]);
  });

  test('is a row with more values than the header has', async () => {
    const shop = writePanelFolder(path.join(folder, 'shop'));
    writeFileSync(
      path.join(shop, 'products.csv'),
      'product_id,category,brand\n1,tea,Odd\n2,tea, with milk,Odd\n',
    );
    const { issues } = await readPanelFolder(shop);
    expect(describeIssue(issues[0]!)).toBe('products.csv row 3: 4 values, but the header has 3');
  });

  test('is told from what refers to a row that is bad', async () => {
    expect(await problems(withPanelCell(panelTables(), 'coupons', 0, 'kind', 'half'))).toEqual([
      'coupons.csv row 2, kind: "half": one of percent, fixed, bogo, free_shipping, or empty',
      ...[2, 3, 4, 5].map(
        (row) => `issues.csv row ${row}, coupon_id: "TEA50": its row in coupons.csv is bad`,
      ),
      'redemptions.csv row 2, coupon_id: "TEA50": its row in coupons.csv is bad',
    ]);
  });

  test('stops the load, and lists all of it', async () => {
    const bad = withPanelCell(
      withPanelCell(panelTables(), 'transactions', 1, 'paid', 'x'),
      'households',
      0,
      'age',
      'y',
    );
    await expect(open(bad)).rejects.toThrow(
      /has 2 errors; nothing was stored.*households\.csv row 2, age.*transactions\.csv row 3, paid/s,
    );
  });

  test('in panel.json is named by its field', async () => {
    await expect(open(panelTables(), { timeZone: 'Berlin', titel: 'x' })).rejects.toThrow(
      /panel\.json: timeZone: a name of the tz database.*titel/,
    );
  });

  test('is a folder that is not there', async () => {
    await expect(openPanel(path.join(folder, 'nowhere'))).rejects.toThrow('There is no folder');
  });
});

describe('its dataset', () => {
  test('fits the schemas, with the costs and the price calendar that were given', async () => {
    const { agents, coupons, products, prices } = await datasetOf();
    for (const agent of agents) expect(Persona.parse(agent)).toEqual(agent);
    for (const coupon of coupons) expect(Coupon.parse(coupon)).toEqual(coupon);
    expect(products).toHaveLength(8);
    expect(products[0]).toMatchObject({ regularPriceCents: 200, unitCostCents: 120 });
    // Monday 5 February 2024: its week has its middle in the sixth week of the year.
    expect(prices).toEqual([
      {
        sku: '001-tea',
        week: 6,
        regularPriceCents: 200,
        promotionalPriceCents: 150,
        isFeatured: true,
        isDisplayed: false,
      },
    ]);
  });

  test('has the coupons of the panel with their values; those not given are seen where they were used', async () => {
    const tables = panelTables();
    // On 5 February H1 buys jam 002 with the coupon on a list of products.
    const used = tables.transactions.map((row) =>
      row.household_id === 'H1' && row.product_id === '002-jam' && row.time === '2024-02-05T17:30'
        ? { ...row, paid: 1.3, coupon_discount: 0.7 }
        : row,
    );
    expect(used).not.toEqual(tables.transactions);
    const redemptions = [{ household_id: 'H1', coupon_id: 'LIST', redeemed_on: '2024-02-05' }];
    const { coupons, campaigns } = await datasetOf({ ...tables, transactions: used, redemptions });
    const byCode = new Map(coupons.map((coupon) => [coupon.code, coupon]));
    expect(byCode.get('TEA50')).toMatchObject({
      scope: 'category',
      category: 'tea',
      kind: 'fixed',
      amountOffCents: 50,
    });
    expect(byCode.get('LIST')).toMatchObject({
      scope: 'brand',
      brand: 'Even',
      category: 'jam',
      kind: 'fixed',
      amountOffCents: 70,
    });
    expect(byCode.get('ODD')).toMatchObject({ scope: 'brand', brand: 'Odd', funding: 'vendor' });
    expect(campaigns).toEqual(
      expect.arrayContaining([{ code: 'SPRING', name: 'Campaign SPRING', budgetCents: null }]),
    );
  });

  test('lists which attributes are not known', async () => {
    const { agents } = await datasetOf();
    const [first, second] = ['shop_H1', 'shop_H2'].map((id) => agents.find(({ agentId }) => agentId === id)!);
    expect(first!).toMatchObject({ age: 41, ageGroup: '35-44', incomeBracket: 'high', hasChildren: true });
    expect(first!.imputedAttributes).toEqual(['impulsivity', 'tech_savviness']);
    expect(second!.householdSize).toBe(1);
    expect(second!.imputedAttributes).toEqual(
      expect.arrayContaining(['age', 'age_group', 'income_bracket', 'has_children']),
    );
  });

  test('has what was not promoted out of what households took off at the shelf', async () => {
    const { prices: _, ...tables } = panelTables();
    const transactions = tables.transactions.map((row) =>
      row.product_id === '003-tea' && String(row.time).startsWith('2024-03-')
        ? { ...row, paid: 1.6, shelf_discount: 0.4 }
        : row,
    );
    const { prices } = await datasetOf({ ...tables, transactions });
    expect(prices.length).toBeGreaterThan(0);
    for (const price of prices)
      expect(price).toMatchObject({ sku: '003-tea', regularPriceCents: 200, promotionalPriceCents: 160 });
  });

  test('cannot be made of a panel that sells nothing', async () => {
    const products = panelTables().products.map((row) => ({ ...row, category: null }));
    const bare = { transactions: panelTables().transactions, products };
    await expect(datasetOf(bare)).rejects.toThrow(/Nothing to sell/);
  });
});

describe('a window on a panel', () => {
  const february = { firstDay: dayOf('2024-02-01'), lastDay: dayOf('2024-02-29') };

  test('has its households on its days, and nothing else of what was bought', async () => {
    const panel = await open();
    const part = windowOf(panel, { households: ['H2', 'H5'], ...february });
    expect(part.households.map(({ id }) => id)).toEqual(['H2', 'H5']);
    expect([...part.lines.day].every((day) => day >= february.firstDay && day <= february.lastDay)).toBe(
      true,
    );
    const all = panel.lines;
    const own = Array.from({ length: all.count }).filter(
      (_, i) =>
        ['H2', 'H5'].includes(panel.households[all.household[i]!]!.id) &&
        all.day[i]! >= february.firstDay &&
        all.day[i]! <= february.lastDay,
    );
    expect(part.lines.count).toBe(own.length);
    expect(new Set(part.lines.household)).toEqual(new Set([0, 1]));
    expect(part.issues.count).toBe(1);
    expect(() => windowOf(panel, { households: ['nobody'] })).toThrow('no household "nobody"');
  });

  test('gives the reference of just these', async () => {
    const panel = await open();
    const skus = new Set(panelDataset(panel, { households: null }).dataset.products.map(({ sku }) => sku));
    const reference = panelReference(panel, skus, { households: ['H2', 'H5'], ...february });
    // Each comes every seventh day, on four days of that month; two lines of two euros each.
    expect(reference).toMatchObject({
      households: 2,
      days: 29,
      basketsPerShopDay: 1,
      gapDays: { count: 6, mean: 7 },
      shopDaysPerDay: { count: 2, mean: 4 / 29 },
      linesPerBasket: { count: 8, mean: 2 },
      basketValue: { mean: 4 },
      couponLinesPerHouseholdWeek: { mean: 0 },
      coveredLines: 1,
    });
    expect(reference.hourShares[17]).toBe(1);
    // The product changes every week, and with it the brand.
    expect(reference.repeatBrandShare).toBe(0);
    const samples = panelSamples(panel, skus);
    expect(samples.shopDaysPerDay).toHaveLength(HOUSEHOLDS.length);
    expect(samples.gapDays.every((gap) => gap === 7)).toBe(true);
  });

  test('counts a household that did not come as one that did not come', async () => {
    const panel = await open({
      ...panelTables(),
      households: [
        ...panelTables().households,
        { household_id: 'H9', age: 30, income_bracket: null, household_size: null, has_children: null },
      ],
    });
    const { shopDaysPerDay } = panelSamples(panel, new Set(['001-tea']), { households: ['H9'] });
    expect(shopDaysPerDay).toEqual([0]);
  });

  test('makes agents of what was seen in it, on the shelves of the whole panel', async () => {
    const panel = await open();
    const all = panelDataset(panel, { households: null }).dataset;
    const part = panelDataset(panel, {
      households: null,
      window: { households: ['H2', 'H5'], ...february },
    }).dataset;
    expect(part.agents.map(({ agentId }) => agentId)).toEqual(['shop_H2', 'shop_H5']);
    expect(part.products).toEqual(all.products);
    expect(part.reference).toMatchObject({ households: 2, days: 29 });
  });
});
