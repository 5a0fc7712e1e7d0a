// Tables of an export as files, written batch by batch: memory holds one group of rows, however long a table is.
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { ParquetWriter, fileWriter } from 'hyparquet-writer';
import type { ExportColumn, ExportTable, ExportType } from '../domain/retail/export-dictionary.ts';
import type { ExportFormat, WrittenTables } from './formats.ts';
import { NewFolder } from './new-folder.ts';

/** A row by column name: dates as `YYYY-MM-DD`, instants as Date, JSON as what it says; null for what is not there. */
type Row = Readonly<Record<string, unknown>>;

export type TableToWrite = { readonly table: ExportTable; readonly rows: AsyncIterable<readonly Row[]> };

/**
 * Writes into a folder that must not exist yet: one file a table, `dictionary.json` and `export.json`. It appears whole, or
 * not at all.
 * @param description what `export.json` says; the tables and their rows are added
 * @throws ConflictError when it exists, InvalidInputError when it cannot be written
 */
export async function writeExport(
  folder: string,
  tables: readonly TableToWrite[],
  description: object,
  format: ExportFormat,
): Promise<WrittenTables> {
  const created = NewFolder.create(folder);
  try {
    const written: Record<string, number> = {};
    for (const { table, rows } of tables) {
      const file = `${table.name}.${format}`;
      written[file] = await writeTable(path.join(created.path, file), table.columns, rows, format);
    }
    const json = (name: string, value: unknown): void =>
      writeFileSync(path.join(created.path, name), `${JSON.stringify(value, null, 2)}\n`);
    json('dictionary.json', { tables: tables.map(({ table }) => table) });
    json('export.json', { ...description, format, tables: written });
    created.publish();
    return written;
  } catch (error) {
    throw created.discard(error);
  }
}

async function writeTable(
  file: string,
  columns: readonly ExportColumn[],
  batches: AsyncIterable<readonly Row[]>,
  format: ExportFormat,
): Promise<number> {
  const table = format === 'parquet' ? new ParquetTable(file, columns) : new JsonLinesTable(file, columns);
  let written = 0;
  for await (const rows of batches) {
    table.add(rows);
    written += rows.length;
  }
  table.finish();
  return written;
}

const ROWS_PER_GROUP = 20_000;

const PARQUET_TYPES: Readonly<Record<ExportType, Partial<SchemaElement>>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  json: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  whole: { type: 'INT32' },
  real: { type: 'DOUBLE' },
  yes_no: { type: 'BOOLEAN' },
  date: { type: 'INT32', converted_type: 'DATE' },
  instant: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
};

class ParquetTable {
  readonly #columns: readonly ExportColumn[];
  readonly #writer: ParquetWriter;
  #waiting: Row[] = [];

  constructor(file: string, columns: readonly ExportColumn[]) {
    this.#columns = columns;
    this.#writer = new ParquetWriter({ writer: fileWriter(file), schema: schemaOf(columns) });
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) this.#waiting.push(row);
    if (this.#waiting.length >= ROWS_PER_GROUP) this.#writeGroup();
  }

  finish(): void {
    if (this.#waiting.length > 0) this.#writeGroup();
    void this.#writer.finish();
  }

  #writeGroup(): void {
    const columnData = this.#columns.map(({ name, type }) => ({
      name,
      data: this.#waiting.map((row) => parquetValue(row[name] ?? null, type)),
    }));
    void this.#writer.write({ columnData, rowGroupSize: this.#waiting.length });
    this.#waiting = [];
  }
}

function schemaOf(columns: readonly ExportColumn[]): SchemaElement[] {
  return [
    { name: 'root', num_children: columns.length },
    ...columns.map(({ name, type, isNullable }): SchemaElement => ({
      name,
      repetition_type: isNullable ? 'OPTIONAL' : 'REQUIRED',
      ...PARQUET_TYPES[type],
    })),
  ];
}

function parquetValue(value: unknown, type: ExportType): unknown {
  if (value === null) return null;
  if (type === 'json') return JSON.stringify(value);
  return type === 'date' ? new Date(`${value as string}T00:00:00Z`) : value;
}

class JsonLinesTable {
  readonly #columns: readonly ExportColumn[];
  readonly #file: string;

  constructor(file: string, columns: readonly ExportColumn[]) {
    this.#columns = columns;
    this.#file = file;
    writeFileSync(file, '');
  }

  add(rows: readonly Row[]): void {
    // Instants become ISO texts by themselves.
    const lines = rows.map((row) =>
      JSON.stringify(Object.fromEntries(this.#columns.map(({ name }) => [name, row[name] ?? null]))),
    );
    appendFileSync(this.#file, lines.map((line) => `${line}\n`).join(''));
  }

  finish(): void {}
}
