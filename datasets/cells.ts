import { formatCents, roundHalfAway } from '../domain/money.ts';

// What one cell may hold: how it is read, how it is written, and what to say when it cannot be read.

/** A cell as the spreadsheet has it; null is an empty cell. `fault` is what makes its value unusable. */
export type Cell = {
  value: string | number | boolean | Date;
  isPercentFormat: boolean;
  fault: string | null;
} | null;

export type CellValue = string | number | boolean | Date | null;

/** Thrown by `read`; the message says what is wrong, or is empty where `allowed` says it all. */
export class BadCell extends Error {}

export type Column<T> = {
  header: string;
  aliases: string[];
  /** May the whole column be missing? Then its cells count as empty. */
  isOptional: boolean;
  /** What is allowed, for messages. */
  allowed: string;
  read: (cell: Cell) => T;
  write: (value: T) => CellValue;
  /** A valid value, taken in place of an unreadable one so that the rest of the row can be checked. */
  filler: T;
};

/** A cell by the rules of its column; for an unreadable one the filler and what is wrong. */
export function readCell<T>(column: Column<T>, cell: Cell): { value: T; problem: string | null } {
  try {
    if (cell !== null && cell.fault !== null) throw new BadCell(cell.fault);
    return { value: column.read(cell), problem: null };
  } catch (error) {
    if (!(error instanceof BadCell)) throw error;
    return {
      value: column.filler,
      problem: error.message === '' ? column.allowed : `${error.message}; ${column.allowed}`,
    };
  }
}

export type Options = { aliases?: string[]; isOptional?: boolean };

/** A column with rules of its own. */
export function column<T>(
  header: string,
  options: Options,
  rest: Pick<Column<T>, 'allowed' | 'read' | 'write' | 'filler'>,
): Column<T> {
  return { header, aliases: options.aliases ?? [], isOptional: options.isOptional ?? false, ...rest };
}

export function text(header: string, allowed: string, options: Options = {}): Column<string> {
  return column(header, options, { allowed, read: readText, write: (value) => value, filler: 'filler' });
}

export function optionalText(header: string, allowed: string, options: Options = {}): Column<string | null> {
  return column<string | null>(header, options, {
    allowed,
    read: (cell) => (cell === null ? null : readText(cell)),
    write: (value) => value,
    filler: null,
  });
}

/** Free text, empty when the cell is. */
export function freeText(header: string, allowed: string, options: Options = {}): Column<string> {
  return column(header, options, {
    allowed,
    read: (cell) => (cell === null ? '' : readText(cell)),
    write: (value) => value,
    filler: '',
  });
}

export function integer(
  header: string,
  allowed: string,
  filler: number,
  options: Options = {},
): Column<number> {
  const read = (cell: Cell) => {
    const value = readNumber(cell);
    if (!Number.isSafeInteger(value)) throw new BadCell('not a whole number');
    return value;
  };
  return column(header, options, { allowed, read, write: (value) => value, filler });
}

export function real(header: string, allowed: string, filler: number, options: Options = {}): Column<number> {
  return column(header, options, { allowed, read: readNumber, write: (value) => value, filler });
}

export function optionalReal(header: string, allowed: string, options: Options = {}): Column<number | null> {
  return column<number | null>(header, options, {
    allowed,
    read: (cell) => (cell === null ? null : readNumber(cell)),
    write: (value) => value,
    filler: null,
  });
}

/** A percentage as a number from 0 to 100; a cell formatted as percent holds a hundredth of what it shows. */
export function percent(header: string, allowed: string, options: Options = {}): Column<number> {
  return column(header, options, { allowed, read: readPercent, write: (value) => value, filler: 0 });
}

export function optionalPercent(
  header: string,
  allowed: string,
  options: Options = {},
): Column<number | null> {
  return column<number | null>(header, options, {
    allowed,
    read: (cell) => (cell === null ? null : readPercent(cell)),
    write: (value) => value,
    filler: null,
  });
}

/** Money with two decimals, kept in cents. */
export function money(
  header: string,
  allowed: string,
  filler: number,
  options: Options = {},
): Column<number> {
  return column(header, options, {
    allowed,
    read: readMoney,
    write: (cents) => Number(formatCents(cents)),
    filler,
  });
}

export function optionalMoney(header: string, allowed: string, options: Options = {}): Column<number | null> {
  return column<number | null>(header, options, {
    allowed,
    read: (cell) => (cell === null ? null : readMoney(cell)),
    write: (cents) => (cents === null ? null : Number(formatCents(cents))),
    filler: null,
  });
}

export function flag(header: string, options: Options = {}): Column<boolean> {
  return column(header, options, {
    allowed: 'true or false',
    read: readFlag,
    write: (value) => value,
    filler: false,
  });
}

export function choice<T extends string>(
  header: string,
  choices: readonly T[],
  options: Options = {},
): Column<T> {
  const read = (cell: Cell) => {
    const found = readText(cell)
      .toLowerCase()
      .replaceAll(/[\s–-]+/g, '_');
    const chosen = choices.find((option) => option.replaceAll('-', '_') === found);
    if (chosen === undefined) throw new BadCell();
    return chosen;
  };
  return column<T>(header, options, {
    allowed: `one of ${choices.join(', ')}`,
    read,
    write: (value) => value,
    filler: choices[0]!,
  });
}

/** Several texts in one cell, between the given separators. The first separator is the one written. */
export function list(
  header: string,
  separators: readonly string[],
  allowed: string,
  filler: string[],
  options: Options = {},
): Column<string[]> {
  const read = (cell: Cell) => {
    if (cell === null) return [];
    const content = readText(cell);
    const separator = separators.find((candidate) => content.includes(candidate));
    const parts = separator === undefined ? [content] : content.split(separator);
    return parts.map((part) => part.replace(/^\s*•/, '').trim()).filter((part) => part !== '');
  };
  return column(header, options, {
    allowed,
    read,
    write: (values) => (values.length === 0 ? null : values.join(separators[0])),
    filler,
  });
}

export function optionalDate(header: string, options: Options = {}): Column<Date | null> {
  const read = (cell: Cell) => {
    if (cell === null) return null;
    const value =
      cell.value instanceof Date
        ? cell.value
        : new Date(/^\d{4}-\d{2}-\d{2}/.test(String(cell.value)) ? String(cell.value) : Number.NaN);
    if (Number.isNaN(value.getTime())) throw new BadCell('not a date');
    return value;
  };
  return column<Date | null>(header, options, {
    allowed: 'a date, or text like 2025-01-31T09:00:00Z',
    read,
    write: (value) => value?.toISOString() ?? null,
    filler: null,
  });
}

/** How a cell is shown in a message. */
export function cellText(cell: Cell): string | null {
  if (cell === null) return null;
  return cell.value instanceof Date ? cell.value.toISOString() : String(cell.value);
}

function readText(cell: Cell): string {
  if (cell === null) throw new BadCell('empty');
  if (cell.value instanceof Date) throw new BadCell('a date, not text');
  return String(cell.value);
}

function readNumber(cell: Cell): number {
  if (cell === null) throw new BadCell('empty');
  if (typeof cell.value === 'number') return cell.value;
  // Numbers that the spreadsheet stores as text.
  if (typeof cell.value === 'string' && /^-?\d+(\.\d+)?$/.test(cell.value)) return Number(cell.value);
  throw new BadCell('not a number');
}

function readPercent(cell: Cell): number {
  const value = readNumber(cell);
  return cell!.isPercentFormat ? Math.round(value * 1e8) / 1e6 : value;
}

function readMoney(cell: Cell): number {
  const cents = readNumber(cell) * 100;
  const whole = roundHalfAway(cents);
  if (Math.abs(cents - whole) > 1e-6 * Math.max(1, Math.abs(cents)))
    throw new BadCell('more than two decimals');
  return whole;
}

function readFlag(cell: Cell): boolean {
  switch (cell === null ? '' : String(cell.value).toLowerCase()) {
    case 'true':
    case 'yes':
    case '1':
      return true;
    case 'false':
    case 'no':
    case '0':
      return false;
    default:
      throw new BadCell();
  }
}
