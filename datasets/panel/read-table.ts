import { cellText, readCell } from '../cells.ts';
import type { Cell, Column } from '../cells.ts';
import type { Issue } from '../issue.ts';
import { didYouMean } from '../spelling.ts';
import type { TableFile } from '../table-file.ts';
import type { PanelTable } from './tables.ts';

// Row by row from a file to what a table holds, with everything that is wrong named by file, row and column.

/** Of each file so many bad cells are listed; of more there is the number. */
const LISTED_ERRORS = 1_000;

export type Reject<Row> = (field: keyof Row & string, problem: string) => void;

/** Where each field stands in the file; null, and said so, when one is missing that must be there. */
export type Located = ReadonlyMap<string, number>;

/**
 * @param use is given each row without a bad cell; what it rejects is reported like a bad cell
 * @param badKeys to which the first field of each bad row is added, for what refers to it
 */
export async function readPanelTable<Row>(
  file: TableFile,
  table: PanelTable<Row>,
  located: Located,
  issues: Issue[],
  use: (row: Row, reject: Reject<Row>) => void,
  badKeys: Set<string> = new Set(),
): Promise<void> {
  const fields = Object.keys(table.columns) as (keyof Row & string)[];
  const readings = fields.map((field) => ({
    field,
    column: table.columns[field],
    position: located.get(field),
  }));
  // One row for all: `use` keeps what it needs.
  const row = {} as Row;
  let errors = 0;
  let count = 0;
  for await (const { number, cellOf, fault } of file.rows([...located.values()])) {
    count += 1;
    const report = (header: string | null, cell: Cell, problem: string) => {
      errors += 1;
      if (errors > LISTED_ERRORS) return;
      issues.push({
        severity: 'error',
        sheet: file.name,
        row: number,
        column: header,
        value: cellText(cell),
        problem,
      });
    };
    const before = errors;
    if (fault !== null) report(null, null, fault);
    else
      for (const { field, column, position } of readings) {
        const cell = position === undefined ? null : cellOf(position);
        const { value, problem } = readCell(column, cell);
        row[field] = value;
        if (problem !== null) report(column.header, cell, problem);
      }
    if (errors === before)
      use(row, (field, problem) => {
        const position = located.get(field);
        report(table.columns[field].header, position === undefined ? null : cellOf(position), problem);
      });
    const key = located.get(fields[0]!);
    if (errors > before && key !== undefined) badKeys.add(cellText(cellOf(key)) ?? '');
  }
  if (errors > LISTED_ERRORS)
    issues.push({
      ...nowhere(file.name),
      severity: 'error',
      problem: `${errors - LISTED_ERRORS} more bad cells`,
    });
  if (count === 0 && table.isRequired) issues.push({ ...nowhere(file.name), problem: 'no rows' });
}

export function locateColumns(
  file: TableFile,
  columns: Readonly<Record<string, Pick<Column<unknown>, 'header' | 'aliases' | 'isOptional'>>>,
  issues: Issue[],
): Located | null {
  const fields = Object.entries(columns);
  const located = new Map<string, number>();
  const extra: string[] = [];
  let isReadable = true;
  const fatal = (column: string, problem: string) => {
    isReadable = false;
    issues.push({ ...nowhere(file.name), row: file.headerRow, column, problem });
  };
  for (const { name, column } of file.headers) {
    const wanted = normalised(name);
    const found = fields.find(([, { header, aliases }]) => [header, ...aliases].includes(wanted));
    if (found === undefined) extra.push(name);
    else if (located.has(found[0])) fatal(name, `a second column for ${found[1].header}: delete one`);
    else located.set(found[0], column);
  }
  const missing = fields.filter(([field]) => !located.has(field)).map(([, column]) => column);
  for (const { header } of missing.filter(({ isOptional }) => !isOptional))
    fatal(header, `column is missing${didYouMean(header, extra, 'is it')}`);
  const headers = missing.map(({ header }) => header);
  for (const column of extra)
    issues.push({
      ...nowhere(file.name),
      severity: 'warning',
      row: file.headerRow,
      column,
      problem: `column is not read${didYouMean(column, headers)}`,
    });
  return isReadable ? located : null;
}

function nowhere(sheet: string): Omit<Issue, 'problem'> {
  return { severity: 'fatal', sheet, row: null, column: null, value: null };
}

function normalised(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
}
