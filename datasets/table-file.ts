import path from 'node:path';
import { asyncBufferFromFile } from 'hyparquet';
import { InvalidInputError } from '../domain/errors.ts';
import type { Cell } from './cells.ts';
import { readCsv } from './csv.ts';
import type { CsvRow } from './csv.ts';
import { readHeader, readWindows } from './parquet.ts';

// One table in a file, CSV or Parquet, as cells: the two differ in nothing that comes after.

export type TableRow = {
  /** CSV: as a spreadsheet numbers it, the header being 1. Parquet has no header, its rows are numbered from 1. */
  number: number;
  cellOf: (column: number) => Cell;
  /** What is wrong with the row as a whole. */
  fault: string | null;
};

export type TableFile = {
  /** `transactions.csv` */
  name: string;
  headerRow: number | null;
  headers: { name: string; column: number }[];
  /** Each row once, in order. A row is good until the next one is asked for. */
  rows: (columns: readonly number[]) => AsyncGenerator<TableRow>;
};

/**
 * @throws InvalidInputError for a file that cannot be read as what its name says
 */
export async function openTableFile(file: string): Promise<TableFile> {
  const name = path.basename(file);
  try {
    return file.toLowerCase().endsWith('.parquet')
      ? await openParquet(file, name)
      : await openCsv(file, name);
  } catch (cause) {
    throw named(name, cause);
  }
}

async function openCsv(file: string, name: string): Promise<TableFile> {
  const header = await firstRow(file);
  const width = header?.fields.length ?? 0;
  return {
    name,
    headerRow: header?.number ?? null,
    headers: (header?.fields ?? []).flatMap((field, column) =>
      field === '' ? [] : [{ name: field, column }],
    ),
    rows: async function* () {
      try {
        let isHeader = true;
        for await (const batch of readCsv(file))
          for (const { number, fields } of batch) {
            if (!isHeader)
              yield {
                number,
                cellOf: (column) => textCell(fields[column]),
                fault: widthFault(fields, width),
              };
            isHeader = false;
          }
      } catch (cause) {
        throw named(name, cause);
      }
    },
  };
}

async function firstRow(file: string): Promise<CsvRow | null> {
  for await (const [row] of readCsv(file)) return row!;
  return null;
}

/** Cells that are missing or too many come from a separator inside a text; they would be read in wrong columns. */
export function widthFault(fields: readonly string[], width: number): string | null {
  const filled = fields.findLastIndex((field) => field !== '') + 1;
  if (filled > width) return `${filled} values, but the header has ${width}`;
  return fields.length < width ? `${fields.length} values, but the header has ${width}` : null;
}

export function textCell(text: string | undefined): Cell {
  return text === undefined || text === '' ? null : { value: text, isPercentFormat: false, fault: null };
}

async function openParquet(file: string, name: string): Promise<TableFile> {
  const buffer = await asyncBufferFromFile(file);
  const { columns } = await readHeader(buffer);
  return {
    name,
    headerRow: null,
    headers: columns.map((column, index) => ({ name: column.name, column: index })),
    rows: async function* (wanted) {
      const names = wanted.map((column) => columns[column]!.name);
      let number = 0;
      try {
        for await (const window of readWindows(buffer, names))
          for (let i = 0; i < window.rows; i++) {
            number += 1;
            const cellOf = (column: number) => {
              const { name, isInstant } = columns[column]!;
              return valueCell(window.columns[name]?.[i], isInstant);
            };
            yield { number, cellOf, fault: null };
          }
      } catch (cause) {
        throw named(name, cause);
      }
    },
  };
}

function valueCell(value: unknown, isInstant: boolean): Cell {
  const cell = (content: string | number | boolean | Date, fault: string | null = null): Cell => ({
    value: content,
    isPercentFormat: false,
    fault,
  });
  switch (typeof value) {
    case 'string':
      return textCell(value.trim());
    case 'bigint':
      return cell(Number.isSafeInteger(Number(value)) ? Number(value) : String(value));
    case 'number':
      // What has no number is NaN in the tables of some programs.
      return Number.isNaN(value) ? null : cell(value);
    case 'boolean':
      return cell(value);
    default:
      if (value === null || value === undefined) return null;
      if (!(value instanceof Date)) return cell('…', 'neither text nor number');
      // Text says what a date does not: whether it is of UTC or of the clock on the wall.
      return cell(isInstant ? value.toISOString() : value.toISOString().slice(0, -1));
  }
}

function named(name: string, cause: unknown): InvalidInputError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new InvalidInputError(`${name}: ${message}`, { cause });
}
