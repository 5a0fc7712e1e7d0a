// A panel folder of one's own, small and invented: a shop with two categories of four products and eight households.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { BasicType } from 'hyparquet-writer';
import type { PanelTableName } from '../datasets/panel/tables.ts';

type Value = string | number | boolean | null;
export type PanelRow = Record<string, Value>;
export type PanelTables = Partial<Record<PanelTableName, PanelRow[]>>;

export const HOUSEHOLDS = Array.from({ length: 8 }, (_, index) => `H${index + 1}`);
const PRODUCTS = ['tea', 'jam'].flatMap((category) =>
  [1, 2, 3, 4].map((number) => ({
    product_id: `00${number}-${category}`,
    name: `${category} ${number}`,
    category,
    brand: number % 2 === 0 ? 'Even' : 'Odd',
    is_private_label: false,
    unit_cost: 1.2,
  })),
);

/** Every household comes every seventh day of January to March 2024 and buys one tea and one jam at two euros. */
export function panelTables(): Required<PanelTables> {
  return {
    transactions: HOUSEHOLDS.flatMap((household_id, index) =>
      Array.from({ length: 12 }, (_, week) => 1 + index + 7 * week).flatMap((day, week) =>
        ['tea', 'jam'].map((category) => ({
          household_id,
          basket_id: `B${week}`,
          time: `${dateOf(day)}T17:30`,
          product_id: `00${1 + ((index + week) % 4)}-${category}`,
          quantity: 1,
          paid: 2,
          shelf_discount: 0,
          coupon_discount: 0,
        })),
      ),
    ),
    products: [
      ...PRODUCTS,
      {
        product_id: 'bag',
        name: 'Carrier bag',
        category: null,
        brand: 'None',
        is_private_label: false,
        unit_cost: null,
      },
    ],
    households: [
      { household_id: 'H1', age: 41, income_bracket: 'high', household_size: 4, has_children: true },
      { household_id: 'H2', age: null, income_bracket: null, household_size: 1, has_children: null },
    ],
    prices: [
      {
        product_id: '001-tea',
        first_day: '2024-02-05',
        last_day: '2024-02-11',
        regular_price: 2,
        promotional_price: 1.5,
        is_featured: true,
        is_displayed: false,
      },
    ],
    coupons: [
      {
        coupon_id: 'TEA50',
        campaign_id: 'SPRING',
        scope: 'category',
        category: 'tea',
        brand: null,
        kind: 'fixed',
        amount_off: 0.5,
        funding: 'retailer',
      },
      {
        coupon_id: 'ODD',
        campaign_id: 'SPRING',
        scope: 'brand',
        category: null,
        brand: 'Odd',
        kind: null,
        amount_off: null,
        funding: null,
      },
      {
        coupon_id: 'LIST',
        campaign_id: 'SUMMER',
        scope: 'products',
        category: null,
        brand: null,
        kind: null,
        amount_off: null,
        funding: null,
      },
    ],
    coupon_products: ['002-jam', '004-jam'].map((product_id) => ({ coupon_id: 'LIST', product_id })),
    issues: HOUSEHOLDS.slice(0, 4).map((household_id) => ({
      household_id,
      coupon_id: 'TEA50',
      issued_on: '2024-02-01',
      expires_on: '2024-02-28',
    })),
    redemptions: [{ household_id: 'H1', coupon_id: 'TEA50', redeemed_on: '2024-02-05' }],
  };
}

/** Writes the tables and, if given, panel.json; a table without rows of its own is left out. */
export function writePanelFolder(
  folder: string,
  tables: PanelTables = panelTables(),
  { format = 'csv', head }: { format?: 'csv' | 'parquet'; head?: unknown } = {},
): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, rows] of Object.entries(tables))
    writeFileSync(path.join(folder, `${name}.${format}`), format === 'csv' ? csvOf(rows) : parquetOf(rows));
  if (head !== undefined) writeFileSync(path.join(folder, 'panel.json'), JSON.stringify(head));
  return folder;
}

/** One cell changed; `row` counts from 0. */
export function withPanelCell(
  tables: PanelTables,
  table: PanelTableName,
  row: number,
  column: string,
  value: Value,
): PanelTables {
  return {
    ...tables,
    [table]: tables[table]!.map((cells, index) => (index === row ? { ...cells, [column]: value } : cells)),
  };
}

/** A day of 2024, 1 being 1 January. */
function dateOf(day: number): string {
  return new Date(Date.UTC(2024, 0, day)).toISOString().slice(0, 10);
}

function csvOf(rows: readonly PanelRow[]): string {
  const headers = Object.keys(rows[0] ?? {});
  const field = (value: Value) => (value === null ? '' : `"${String(value).replaceAll('"', '""')}"`);
  return [headers, ...rows.map((row) => headers.map((header) => row[header] ?? null))]
    .map((fields) => fields.map(field).join(','))
    .join('\r\n');
}

function parquetOf(rows: readonly PanelRow[]): Buffer {
  const columnData = Object.keys(rows[0] ?? {}).map((name) => {
    const data = rows.map((row) => row[name] ?? null);
    return { name, nullable: true, data, type: typeOf(data) };
  });
  return Buffer.from(parquetWriteBuffer({ columnData }));
}

function typeOf(values: readonly Value[]): BasicType {
  const types: Record<string, BasicType> = { string: 'STRING', number: 'DOUBLE', boolean: 'BOOLEAN' };
  return types[typeof (values.find((value) => value !== null) ?? '')]!;
}
