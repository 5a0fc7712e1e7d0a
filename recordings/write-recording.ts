// A recorded day as files: one table each, as Parquet or Arrow, and a `run.json` that says what they are.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  Dictionary,
  Float64,
  Int32,
  Int64,
  Table as ArrowTable,
  Utf8,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { Column, Recording, Table } from '../domain/market/recording.ts';
import type { Format, WrittenTables } from './formats.ts';
import { NewFolder } from './new-folder.ts';

/**
 * Writes into a folder that must not exist yet. It appears whole, or not at all.
 * @param run what `run.json` says; the tables and their rows are added
 * @throws ConflictError when it exists, InvalidInputError when it cannot be written
 */
export function writeRecording(
  folder: string,
  recording: Recording,
  run: Readonly<Record<string, unknown>>,
  format: Format,
): WrittenTables {
  const created = NewFolder.create(folder);
  try {
    const written: Record<string, number> = {};
    for (const [name, table] of Object.entries(recording.tables)) {
      const file = `${columnName(name)}.${format}`;
      writeFileSync(path.join(created.path, file), format === 'parquet' ? toParquet(table) : toArrow(table));
      written[file] = table.rows;
    }
    writeFileSync(
      path.join(created.path, 'run.json'),
      `${JSON.stringify({ ...run, tables: written }, null, 2)}\n`,
    );
    created.publish();
    return written;
  } catch (error) {
    throw created.discard(error);
  }
}

/** `timeNs` → `time_ns`: columns are read in other languages. */
export function columnName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

type Value = number | bigint | string | null;

/** Words for labels, null for what is not there. Longs are exact as doubles, and as 64-bit integers. */
function valuesOf(column: Column, numbers: Float64Array | Int32Array): Float64Array | Int32Array | Value[] {
  const { type, labels, none } = column;
  if (labels !== undefined)
    return Array.from(numbers, (code): Value => (code === none ? null : (labels[code] ?? null)));
  const isLong = type === 'long';
  if (none === undefined && !isLong) return numbers;
  return Array.from(numbers, (value): Value => (value === none ? null : isLong ? BigInt(value) : value));
}

const PARQUET_TYPES = { whole: 'INT32', long: 'INT64', real: 'DOUBLE', label: 'STRING' } as const;

function toParquet(table: Table<string>): Uint8Array {
  const columnData = table.names.map((name) => {
    const column = table.columns[name]!;
    return {
      name: columnName(name),
      data: valuesOf(column, table.column(name)),
      type: PARQUET_TYPES[column.type],
      nullable: column.none !== undefined,
    };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

const ARROW_TYPES = {
  whole: () => new Int32(),
  long: () => new Int64(),
  real: () => new Float64(),
  label: () => new Dictionary(new Utf8(), new Int32()),
};

function toArrow(table: Table<string>): Uint8Array {
  const columns = table.names.map((name) => {
    const column = table.columns[name]!;
    const values = valuesOf(column, table.column(name));
    return [
      columnName(name),
      vectorFromArray(Array.from<Value>(values), ARROW_TYPES[column.type]()),
    ] as const;
  });
  return tableToIPC(new ArrowTable(Object.fromEntries(columns)), 'file');
}
