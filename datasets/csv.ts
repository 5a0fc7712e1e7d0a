import { createReadStream } from 'node:fs';
import { TextDecoder } from 'node:util';
import { InvalidInputError } from '../domain/errors.ts';

// Comma-separated text as RFC 4180 has it, read piece by piece so that a file may be larger than memory. Cells stay text:
// guessing types would take the zeros off an article number.

/** A row as a spreadsheet numbers it, the header being 1. */
export type CsvRow = { number: number; fields: string[] };

/** Longer rows are those in which a quote was not closed. */
const LONGEST_ROW = 1_000_000;
const PIECE_BYTES = 1 << 20;
const SEPARATORS = [',', ';', '\t'];

/**
 * The rows of a file, the header first, without those that are empty. Between fields stands the one of comma, semicolon
 * and tab that the first line has most of.
 * @throws InvalidInputError for what is not UTF-8, and for quotes that do not close
 */
export async function* readCsv(file: string): AsyncGenerator<CsvRow[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let parser: CsvParser | null = null;
  let text = '';
  for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES })) {
    text += decode(decoder, piece as Buffer);
    parser ??= parserFor(text);
    if (parser === null) continue;
    const { rows, end } = parser.parse(text, false);
    text = text.slice(end);
    if (rows.length > 0) yield rows;
  }
  text += decode(decoder, null);
  parser ??= new CsvParser(separatorOf(text));
  const { rows } = parser.parse(text, true);
  if (rows.length > 0) yield rows;
}

/** All rows of a text. */
export function parseCsv(text: string): CsvRow[] {
  return new CsvParser(separatorOf(text)).parse(text, true).rows;
}

function decode(decoder: TextDecoder, piece: Buffer | null): string {
  try {
    // The decoder takes away a byte-order mark.
    return piece === null ? decoder.decode() : decoder.decode(piece, { stream: true });
  } catch (cause) {
    throw new InvalidInputError('not UTF-8 text: save it as "CSV UTF-8"', { cause });
  }
}

/** Null until the first line is whole. */
function parserFor(text: string): CsvParser | null {
  return /[\r\n]/.test(text) || text.length > LONGEST_ROW ? new CsvParser(separatorOf(text)) : null;
}

function separatorOf(text: string): string {
  const [line = ''] = text.split(/[\r\n]/, 1);
  const bare = line.replaceAll(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((separator) => bare.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))]!;
}

class CsvParser {
  readonly #separator: string;
  /** Of the row that comes next. */
  #number = 1;

  constructor(separator: string) {
    this.#separator = separator;
  }

  /** The whole rows of the text, and where the first one begins that is not whole. */
  parse(text: string, isLast: boolean): { rows: CsvRow[]; end: number } {
    const rows: CsvRow[] = [];
    let start = 0;
    while (start < text.length) {
      const row = this.#parseRow(text, start, isLast);
      if (row === null) {
        if (isLast || text.length - start > LONGEST_ROW)
          throw this.#fault('a quote is opened and not closed');
        break;
      }
      if (row.fields.some((field) => field !== '')) rows.push({ number: this.#number, fields: row.fields });
      this.#number += 1;
      start = row.end;
    }
    return { rows, end: start };
  }

  /** Null when the text ends before the row does. */
  #parseRow(text: string, start: number, isLast: boolean): { fields: string[]; end: number } | null {
    const fields: string[] = [];
    let at = start;
    for (;;) {
      const field = text[at] === '"' ? this.#quotedField(text, at, isLast) : this.#plainField(text, at);
      if (field === null) return null;
      fields.push(field.value);
      at = field.end;
      if (at >= text.length) return isLast ? { fields, end: at } : null;
      if (text[at] === this.#separator) at += 1;
      else if (text[at] === '\n') return { fields, end: at + 1 };
      else if (at + 1 < text.length || isLast)
        return { fields, end: text[at + 1] === '\n' ? at + 2 : at + 1 };
      else return null; // A line feed may follow the carriage return.
    }
  }

  #plainField(text: string, start: number): { value: string; end: number } {
    const separator = this.#separator.charCodeAt(0);
    let end = start;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === separator || code === 10 || code === 13) break;
    }
    return { value: text.slice(start, end).trim(), end };
  }

  #quotedField(text: string, start: number, isLast: boolean): { value: string; end: number } | null {
    let quote = text.indexOf('"', start + 1);
    while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
    if (quote === -1 || (quote + 1 === text.length && !isLast)) return null;
    const end = quote + 1;
    if (end < text.length && ![this.#separator, '\n', '\r'].includes(text[end]!))
      throw this.#fault(`text after a closing quote: ${JSON.stringify(text.slice(start, end + 10))}`);
    return {
      value: text
        .slice(start + 1, quote)
        .replaceAll('""', '"')
        .trim(),
      end,
    };
  }

  #fault(problem: string): InvalidInputError {
    return new InvalidInputError(`row ${this.#number}: ${problem}`);
  }
}
