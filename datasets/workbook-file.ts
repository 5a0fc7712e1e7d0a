import XLSX from 'xlsx';
import { InvalidInputError } from '../domain/errors.ts';
import type { Cell } from './cells.ts';
import { looksLikeZip, readZip } from './zip.ts';
import type { ZipLimits } from './zip.ts';

// From the bytes of an .xlsx file to tables of cells. What the file claims about itself is not trusted: it is
// inflated within limits first, and its cells are counted before any is parsed.

export const WORKBOOK_LIMITS: ZipLimits & { maxCells: number } = {
  maxEntries: 1_000,
  maxInflatedBytes: 200_000_000,
  maxRatio: 200,
  maxCells: 3_000_000,
};

export type Table = {
  sheet: string;
  /** Row of the headers as the spreadsheet numbers it; null when the sheet is empty. */
  headerRow: number | null;
  headers: { name: string; column: number }[];
  rows: { number: number; cells: Cell[] }[];
};

export function readTables(file: Buffer, limits = WORKBOOK_LIMITS): Table[] {
  checkFile(file, limits);
  const workbook = parse(file);
  return workbook.SheetNames.map((sheet) => tableOf(sheet, workbook.Sheets[sheet]!));
}

function checkFile(file: Buffer, limits: typeof WORKBOOK_LIMITS): void {
  if (file.length === 0) throw new InvalidInputError('The file is empty.');
  if (file.length >= 4 && file.readUInt32BE(0) === 0xd0cf11e0)
    throw new InvalidInputError(
      'The file is protected by a password, or an old .xls: save it as .xlsx without a password.',
    );
  if (!looksLikeZip(file)) {
    const start = file.toString('utf8', 0, 24).replaceAll(/[^\x20-\x7e]+/g, ' ');
    throw new InvalidInputError(
      `Not an .xlsx workbook: the file starts with ${JSON.stringify(start)}. Save it as .xlsx, not only under that name.`,
    );
  }
  const parts = readZip(file, limits);
  if (!parts.has('xl/workbook.xml'))
    throw new InvalidInputError('A zip archive, but not an .xlsx workbook: it has no xl/workbook.xml.');
  const cells = [...parts]
    .filter(([name]) => name.startsWith('xl/worksheets/'))
    .reduce((sum, [, xml]) => sum + countCells(xml), 0);
  if (cells > limits.maxCells)
    throw new InvalidInputError(`The workbook has ${cells} cells; at most ${limits.maxCells} are read.`);
}

function countCells(xml: Buffer): number {
  let cells = 0;
  for (let at = xml.indexOf('<c '); at !== -1; at = xml.indexOf('<c ', at + 3)) cells++;
  return cells;
}

function parse(file: Buffer): XLSX.WorkBook {
  try {
    return XLSX.read(file, {
      type: 'buffer',
      dense: true,
      cellDates: true,
      UTC: true,
      cellNF: true,
      cellText: false,
      cellHTML: false,
      sheetStubs: true,
    });
  } catch (cause) {
    throw new InvalidInputError(
      `The workbook cannot be parsed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function tableOf(sheet: string, worksheet: XLSX.WorkSheet): Table {
  const rows = ((worksheet as XLSX.DenseWorkSheet)['!data'] ?? [])
    .map((cells, index) => ({ number: index + 1, cells: Array.from(cells ?? [], cellOf) }))
    .filter(({ cells }) => cells.some((cell) => cell !== null));
  const [header, ...body] = rows;
  const headers = (header?.cells ?? []).flatMap((cell, column) =>
    cell === null ? [] : [{ name: String(cell.value), column }],
  );
  return { sheet, headerRow: header?.number ?? null, headers, rows: body };
}

const NO_RESULT =
  'a formula without a stored result: open the file in a spreadsheet and save it, or clear the cell';

function cellOf(cell: XLSX.CellObject | undefined): Cell {
  if (cell === undefined) return null;
  const isPercentFormat = typeof cell.z === 'string' && cell.z.includes('%');
  if (cell.t === 'e') return { value: cell.w ?? '#ERROR', isPercentFormat, fault: 'an error value' };
  // A formula that was never calculated looks like one whose result is empty text.
  const isEmpty = cell.t === 'z' || cell.v === undefined || cell.v === '';
  if (isEmpty)
    return cell.f === undefined ? null : { value: `=${cell.f}`, isPercentFormat, fault: NO_RESULT };
  const value = typeof cell.v === 'string' ? cell.v.trim() : cell.v!;
  return value === '' ? null : { value, isPercentFormat, fault: null };
}
