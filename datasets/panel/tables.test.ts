import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Column } from '../cells.ts';
import {
  COUPON_PRODUCTS,
  COUPONS,
  HOUSEHOLDS,
  ISSUES,
  PANEL_TABLES,
  PRICES,
  PRODUCTS,
  REDEMPTIONS,
  transactionsTable,
} from './tables.ts';

const DOCUMENT = readFileSync(path.join(__dirname, '../../docs/panel.md'), 'utf8');
const TABLES = [
  transactionsTable(null),
  PRODUCTS,
  HOUSEHOLDS,
  PRICES,
  COUPONS,
  COUPON_PRODUCTS,
  ISSUES,
  REDEMPTIONS,
];

test('every table is here', () => {
  expect(TABLES.map(({ name }) => name).sort()).toEqual([...PANEL_TABLES].sort());
});

test.each(TABLES.map(({ name, columns }) => [name, columns] as const))(
  'the document has the columns of %s, and marks those that are needed',
  (name, columns) => {
    const section = DOCUMENT.split(`\n### ${name}\n`)[1]!.split('\n#')[0]!;
    const documented = [...section.matchAll(/^\| `(\w+)`( \*)? \|/gm)].map(
      ([, header, star]): [string, boolean] => [header!, star !== undefined],
    );
    const known = Object.values<Pick<Column<unknown>, 'header' | 'isOptional'>>({ ...columns }).map(
      ({ header, isOptional }) => [header, !isOptional],
    );
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(known));
  },
);
