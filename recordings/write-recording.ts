// A recorded day as files: one table each, as Parquet or Arrow, and a `run.json` that says what they are.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Int32, Int64, Table as ArrowTable, makeVector, tableToIPC } from 'apache-arrow';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { AppError } from '../domain/errors.ts';
import type { Recorder, Table } from '../domain/market/recording.ts';
import type { Format, WrittenTables } from './formats.ts';

/**
 * Writes into a folder that must not exist yet. It appears whole, or not at all.
 * @param run what `run.json` says; the tables and their rows are added
 * @throws AppError `folder_unusable` when it exists, or cannot be written
 */
export function writeRecording(
  folder: string,
  recorder: Recorder,
  run: Readonly<Record<string, unknown>>,
  format: Format,
): WrittenTables {
  const unfinished = `${folder}.unfinished`;
  try {
    // Left over from a process that was ended.
    if (existsSync(unfinished)) rmSync(unfinished, { recursive: true });
    mkdirSync(unfinished, { recursive: true });
    const written: Record<string, number> = {};
    for (const [name, table] of tablesOf(recorder)) {
      const file = `${name}.${format}`;
      writeFileSync(path.join(unfinished, file), format === 'parquet' ? toParquet(table) : toArrow(table));
      written[file] = table.rows;
    }
    writeFileSync(
      path.join(unfinished, 'run.json'),
      `${JSON.stringify({ ...run, tables: written }, null, 2)}\n`,
    );
    // Onto an empty folder it would succeed; one that holds something is refused by the system.
    renameSync(unfinished, folder);
    return written;
  } catch (error) {
    if (existsSync(unfinished)) rmSync(unfinished, { recursive: true });
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOTEMPTY' || code === 'EEXIST' ? 'it is there already' : message;
    throw new AppError('folder_unusable', `${folder} cannot be written: ${reason}`, { cause: error });
  }
}

type AnyTable = Pick<Table<string>, 'names' | 'rows' | 'column'>;

/** Depth and events are empty below the full profile: they are left out. */
function tablesOf({ quotes, trades, depth, events }: Recorder): [string, AnyTable][] {
  const all: [string, AnyTable][] = [
    ['quotes', quotes],
    ['trades', trades],
    ['depth', depth],
    ['events', events],
  ];
  return all.filter(([name, { rows }]) => rows > 0 || name === 'quotes' || name === 'trades');
}

/** `timeNs` → `time_ns`: columns are read in other languages. */
export function columnName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Times are whole nanoseconds since midnight: exact as doubles, and as 64-bit integers. */
function asIntegers(column: Float64Array | Int32Array): BigInt64Array | Int32Array {
  return column instanceof Int32Array ? column : BigInt64Array.from(column, BigInt);
}

function toParquet(table: AnyTable): Uint8Array {
  const columnData = table.names.map((name) => {
    const data = asIntegers(table.column(name));
    return {
      name: columnName(name),
      data,
      type: data instanceof Int32Array ? ('INT32' as const) : ('INT64' as const),
    };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function toArrow(table: AnyTable): Uint8Array {
  const columns = table.names.map((name) => {
    const data = asIntegers(table.column(name));
    const vector =
      data instanceof Int32Array
        ? makeVector({ type: new Int32(), data, length: data.length })
        : makeVector({ type: new Int64(), data, length: data.length });
    return [columnName(name), vector] as const;
  });
  return tableToIPC(new ArrowTable(Object.fromEntries(columns)), 'file');
}
