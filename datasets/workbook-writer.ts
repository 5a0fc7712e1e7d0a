import { unzipSync, zipSync } from 'fflate';
import XLSX from 'xlsx';
import type { Dataset } from '../domain/retail/dataset.ts';
import type { CellValue, Column } from './cells.ts';
import {
  AGENTS,
  CAMPAIGNS,
  CATEGORIES,
  COUPONS,
  DATASET,
  PRICES,
  PRODUCTS,
  STORES,
} from './workbook-sheets.ts';
import type { Sheet } from './workbook-sheets.ts';

export type WriterOptions = {
  /** Lines of the first sheet, for people. */
  readMe: string[];
  /** Written into the file as its date, so that the same dataset gives the same file. */
  writtenAt: Date;
};

/** The dataset as the bytes of an .xlsx workbook which the import reads back as the same dataset. */
export function writeWorkbook(dataset: Dataset, { readMe, writtenAt }: WriterOptions): Buffer {
  const workbook = XLSX.utils.book_new();
  workbook.Props = { Title: dataset.title, CreatedDate: writtenAt, ModifiedDate: writtenAt };
  append(
    workbook,
    'ReadMe',
    readMe.map((line) => [line]),
    [110],
  );
  appendRows(workbook, DATASET, [dataset]);
  appendRows(workbook, AGENTS, dataset.agents);
  appendRows(workbook, STORES, dataset.stores);
  appendRows(workbook, CATEGORIES, dataset.categories);
  appendRows(workbook, PRODUCTS, dataset.products);
  appendRows(workbook, PRICES, dataset.prices);
  appendRows(workbook, CAMPAIGNS, dataset.campaigns);
  appendRows(workbook, COUPONS, dataset.coupons);
  const archive = XLSX.write(workbook, { type: 'buffer', bookType: 'xlsx', bookSST: true }) as Buffer;
  return compress(archive);
}

/** A third of the size that the spreadsheet library makes; the archive's own dates are wall-clock and say nothing. */
function compress(archive: Buffer): Buffer {
  return Buffer.from(zipSync(unzipSync(archive), { level: 9, mtime: new Date(2025, 0, 1) }));
}

/** Optional columns in which no row has anything are left out, and so are sheets without rows. */
function appendRows<Row>(workbook: XLSX.WorkBook, sheet: Sheet<Row>, rows: readonly Row[]): void {
  if (rows.length === 0) return;
  const columns = Object.entries<Column<never>>(sheet.columns as unknown as Record<string, Column<never>>)
    .map(([field, column]) => ({
      column,
      cells: rows.map((row) => column.write((row as Record<string, never>)[field]!)),
    }))
    .filter(({ column, cells }) => !column.isOptional || cells.some((cell) => cell !== null));
  const header = columns.map(({ column }) => column.header);
  const body = rows.map((_, index) => columns.map(({ cells }) => cells[index]!));
  append(
    workbook,
    sheet.name,
    [header, ...body],
    header.map((name) => Math.max(10, name.length + 2)),
  );
}

function append(workbook: XLSX.WorkBook, name: string, cells: CellValue[][], widths: number[]): void {
  const worksheet = XLSX.utils.aoa_to_sheet(cells);
  worksheet['!cols'] = widths.map((wch) => ({ wch }));
  XLSX.utils.book_append_sheet(workbook, worksheet, name);
}
