import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../domain/errors.ts';
import { parseCsv } from './csv.ts';
import { readTables } from './workbook-file.ts';

/**
 * Offers in a table, one row an arm: a column `name`, and any field of offers as a column of its own. `policy` is the type
 * of the policy, and its settings are columns too, such as `policy.lookBackDays`. Empty cells leave a field as it is.
 * @param file .csv, or .xlsx with a sheet `Policies` (or with one sheet only)
 * @returns fields of offers by name
 * @throws InvalidInputError naming row and column
 */
export function readPolicies(file: string): Map<string, Record<string, unknown>> {
  const [header, ...rows] = rowsOf(file);
  if (header === undefined || !header.fields.includes('name'))
    throw new InvalidInputError(`${file} has no column "name".`);
  const policies = new Map<string, Record<string, unknown>>();
  for (const { number, fields } of rows) {
    const offers: Record<string, unknown> = {};
    const settings: Record<string, unknown> = {};
    let name = '';
    header.fields.forEach((column, i) => {
      const text = fields[i]?.trim() ?? '';
      if (text === '') return;
      if (column === 'name') name = text;
      else if (column === 'policy') settings['type'] = text;
      else if (column.startsWith('policy.'))
        settings[column.slice('policy.'.length)] = valueOf(text, `${file}, row ${number}, ${column}`);
      else offers[column] = valueOf(text, `${file}, row ${number}, ${column}`);
    });
    if (name === '') throw new InvalidInputError(`${file}, row ${number}: name is empty.`);
    if (policies.has(name)) throw new InvalidInputError(`${file}, row ${number}: "${name}" is there twice.`);
    policies.set(name, Object.keys(settings).length === 0 ? offers : { ...offers, offerPolicy: settings });
  }
  return policies;
}

type Row = { readonly number: number; readonly fields: readonly string[] };

function rowsOf(file: string): Row[] {
  const bytes = readFileOrExplain(file);
  try {
    return file.toLowerCase().endsWith('.xlsx') ? sheetRows(bytes) : parseCsv(bytes.toString('utf8'));
  } catch (cause) {
    if (cause instanceof InvalidInputError)
      throw new InvalidInputError(`${file}: ${cause.message}`, { cause });
    throw cause;
  }
}

function sheetRows(bytes: Buffer): Row[] {
  const tables = readTables(bytes);
  const table =
    tables.find(({ sheet }) => sheet.toLowerCase() === 'policies') ??
    (tables.length === 1 ? tables[0] : null);
  if (table == null) throw new InvalidInputError('there is no sheet "Policies".');
  if (table.headerRow === null) return [];
  return [
    { number: table.headerRow, fields: table.headers.map(({ name }) => name) },
    ...table.rows.map(({ number, cells }) => ({
      number,
      fields: table.headers.map(({ column }) => {
        const cell = cells[column] ?? null;
        if (cell !== null && cell.fault !== null)
          throw new InvalidInputError(`row ${number}: ${cell.fault}.`);
        return cell === null ? '' : String(cell.value);
      }),
    })),
  ];
}

function readFileOrExplain(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new InvalidInputError(`The file ${file} cannot be read.`, { cause });
  }
}

/** Numbers, yes and no, and lists in JSON; everything else is text. */
function valueOf(text: string, place: string): unknown {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new InvalidInputError(`${place}: "${text}" is not JSON.`, { cause });
  }
}
