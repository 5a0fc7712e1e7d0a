import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { InvalidInputError } from '../domain/errors.ts';
import { readCsv } from './csv.ts';
import { textCell, widthFault } from './table-file.ts';
import { WORKBOOK_LIMITS } from './workbook-file.ts';
import type { Table } from './workbook-file.ts';
import { isSheet } from './workbook-sheets.ts';

// The sheets of a workbook as CSV files, one each, in a folder.

/** Names of the CSV files in a folder; none of another kind is a sheet. */
export async function csvFilesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /\.csv$/i.test(name)).sort();
}

/** True for a folder in which at least one file has the name of a sheet. */
export async function isSheetFolder(folder: string): Promise<boolean> {
  return (await csvFilesIn(folder)).some(isSheet);
}

/** @throws InvalidInputError for files that cannot be read as CSV, or with too many cells */
export async function readCsvSheets(folder: string, limits = WORKBOOK_LIMITS): Promise<Table[]> {
  const tables: Table[] = [];
  let cells = 0;
  for (const name of await csvFilesIn(folder)) {
    const table = await readCsvSheet(path.join(folder, name), name);
    cells += table.rows.reduce((sum, row) => sum + row.cells.length, 0);
    if (cells > limits.maxCells)
      throw new InvalidInputError(`More than ${limits.maxCells} cells; no more are read.`);
    tables.push(table);
  }
  return tables;
}

async function readCsvSheet(file: string, sheet: string): Promise<Table> {
  const rows: { number: number; fields: string[] }[] = [];
  try {
    for await (const batch of readCsv(file)) rows.push(...batch);
  } catch (cause) {
    throw new InvalidInputError(`${sheet}: ${(cause as Error).message}`, { cause });
  }
  const [header, ...body] = rows;
  const width = header?.fields.length ?? 0;
  for (const { number, fields } of body) {
    const fault = widthFault(fields, width);
    if (fault !== null) throw new InvalidInputError(`${sheet} row ${number}: ${fault}`);
  }
  return {
    sheet,
    headerRow: header?.number ?? null,
    headers: (header?.fields ?? []).flatMap((name, column) => (name === '' ? [] : [{ name, column }])),
    rows: body.map(({ number, fields }) => ({ number, cells: fields.map(textCell) })),
  };
}
