// Small workbooks in memory, and the one wrong cell that a test is about.
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import XLSX from 'xlsx';
import { SHEETS } from '../datasets/workbook-sheets.ts';
import { writeWorkbook } from '../datasets/workbook-writer.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import { aCategory, aCoupon, aPersona, aPrice, aProduct, aStore } from './builders.ts';

/** A cell as a test writes it; an object is taken as the spreadsheet library's own cell. */
export type SheetCell = string | number | boolean | Date | null | XLSX.CellObject;
export type SheetContent = Record<string, SheetCell[][]>;

/** Two categories, three products, three coupons and three agents that fit together. */
export function aDataset(given: Partial<Dataset> = {}): Dataset {
  return {
    id: 'default',
    title: 'Corner shop',
    notice: null,
    currency: 'USD',
    stores: [aStore()],
    categories: [
      aCategory({ name: 'Milk' }),
      aCategory({ name: 'Bread', basketWeight: 2.5, repurchaseGapDays: 10 }),
    ],
    products: [
      aProduct({ sku: 'milk-1', name: 'Whole milk' }),
      aProduct({ sku: 'milk-2', name: 'Skim milk', brand: 'Bravo', regularPriceCents: 219 }),
      aProduct({
        sku: 'bread-1',
        name: 'Rye bread',
        category: 'Bread',
        brand: 'Bravo',
        isPrivateLabel: true,
      }),
    ],
    prices: [
      aPrice({
        sku: 'milk-1',
        week: 2,
        regularPriceCents: 200,
        promotionalPriceCents: 149,
        isFeatured: true,
      }),
      aPrice({ sku: 'bread-1', week: 3, regularPriceCents: 200, promotionalPriceCents: 159 }),
    ],
    campaigns: [{ code: 'SPRING', name: 'Spring', budgetCents: null }],
    coupons: [
      aCoupon({
        code: 'FS-1',
        campaignCode: 'SPRING',
        scope: 'frontstore',
        kind: 'fixed',
        amountOffCents: 300,
        minSpendCents: 30_00,
      }),
      aCoupon({ code: 'CAT-1', campaignCode: 'SPRING', excludedBrands: ['Bravo'] }),
      aCoupon({
        code: 'BR-1',
        campaignCode: 'SPRING',
        scope: 'brand',
        brand: 'Bravo',
        funding: 'vendor',
        vendorSharePercent: 100,
      }),
    ],
    agents: ['ann', 'bob', 'cat'].map((agentId) =>
      aPersona({ agentId, generatedAt: new Date(Date.UTC(2025, 0, 1)) }),
    ),
    reference: null,
    ...given,
  };
}

/** The cells of a dataset's workbook, by sheet. */
export function sheetsOf(dataset: Dataset = aDataset()): SheetContent {
  const workbook = XLSX.read(writeWorkbook(dataset, { readMe: ['Test'], writtenAt: new Date(0) }), {
    type: 'buffer',
  });
  const cellsOf = (name: string) =>
    XLSX.utils.sheet_to_json<SheetCell[]>(workbook.Sheets[name]!, { header: 1, defval: null });
  return Object.fromEntries(workbook.SheetNames.map((name) => [name, cellsOf(name)]));
}

export function workbookOf(sheets: SheetContent): Buffer {
  const workbook = XLSX.utils.book_new();
  for (const [name, rows] of Object.entries(sheets))
    XLSX.utils.book_append_sheet(workbook, XLSX.utils.aoa_to_sheet(rows), name);
  return XLSX.write(workbook, { type: 'buffer', bookType: 'xlsx', compression: true }) as Buffer;
}

/** The sheets with one cell changed; `row` as the spreadsheet numbers it, `column` by its header. */
export function withCell(
  sheets: SheetContent,
  sheet: string,
  row: number,
  column: string,
  value: SheetCell,
): SheetContent {
  const position = positionOf(sheets, sheet, column);
  const rows = sheets[sheet]!.map((cells, index) =>
    index === row - 1 ? cells.with(position, value) : cells,
  );
  return { ...sheets, [sheet]: rows };
}

/** The sheets with a row added that repeats another. */
export function withRepeatedRow(sheets: SheetContent, sheet: string, row: number): SheetContent {
  return { ...sheets, [sheet]: [...sheets[sheet]!, [...sheets[sheet]![row - 1]!]] };
}

export function withHeader(sheets: SheetContent, sheet: string, from: string, to: string): SheetContent {
  const [header, ...rows] = sheets[sheet]!;
  return { ...sheets, [sheet]: [header!.map((name) => (name === from ? to : name)), ...rows] };
}

export function withoutColumn(sheets: SheetContent, sheet: string, column: string): SheetContent {
  const position = positionOf(sheets, sheet, column);
  return { ...sheets, [sheet]: sheets[sheet]!.map((cells) => cells.toSpliced(position, 1)) };
}

export function withColumn(
  sheets: SheetContent,
  sheet: string,
  header: string,
  value: SheetCell,
): SheetContent {
  return {
    ...sheets,
    [sheet]: sheets[sheet]!.map((cells, index) => [...cells, index === 0 ? header : value]),
  };
}

export function onlySheets(sheets: SheetContent, ...names: string[]): SheetContent {
  return Object.fromEntries(names.map((name) => [name, sheets[name]!]));
}

function positionOf(sheets: SheetContent, sheet: string, column: string): number {
  const position = sheets[sheet]![0]!.indexOf(column);
  if (position === -1) throw new Error(`There is no column ${column} in ${sheet}.`);
  return position;
}

/** The workbook without the stored results of its formulas, as a program leaves it that does not calculate. */
export function withoutResults(workbook: Buffer): Buffer {
  const parts = Object.entries(unzipSync(workbook)).map(([name, content]) => {
    const text = strFromU8(content).replaceAll(/(<\/f>)<v>[^<]*<\/v>/g, '$1');
    return [name, name.startsWith('xl/worksheets/') ? strToU8(text) : content];
  });
  return Buffer.from(zipSync(Object.fromEntries(parts) as Record<string, Uint8Array>));
}

export const AGENT_HEADERS = Object.values(SHEETS.agents.columns).map(({ header }) => header);
