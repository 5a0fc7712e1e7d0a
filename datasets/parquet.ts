import { parquetMetadataAsync, parquetRead } from 'hyparquet';
import type { AsyncBuffer, DecodedArray, FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { InvalidInputError } from '../domain/errors.ts';

/**
 * Rows decoded at a time: the largest table has 21 million rows in one row group. Smaller windows take no less memory and
 * more time, since pages of well compressed columns are decoded again for each.
 */
const WINDOW = 1_000_000;

/** One window of a table: for each column asked for, its values. */
export type Columns<Name extends string> = Record<Name, unknown[]>;

/** Names of a table's columns; of those that hold instants, whether they are of UTC or of a clock on a wall. */
export type ParquetHeader = { metadata: FileMetaData; columns: { name: string; isInstant: boolean }[] };

export async function readHeader(file: AsyncBuffer): Promise<ParquetHeader> {
  const metadata = await parquetMetadataAsync(file);
  // Columns of columns are no cells: they are left to be reported as what they are.
  const columns = metadata.schema.slice(1).map(({ name, type, converted_type, logical_type }) => ({
    name,
    isInstant:
      logical_type?.type === 'TIMESTAMP'
        ? logical_type.isAdjustedToUTC
        : type === 'INT96' || converted_type === 'TIMESTAMP_MILLIS' || converted_type === 'TIMESTAMP_MICROS',
  }));
  return { metadata, columns };
}

/** Hands over a table window by window, so that memory depends on the window and not on the table. */
export async function* readWindows<Name extends string>(
  file: AsyncBuffer,
  names: readonly Name[],
): AsyncGenerator<{ rows: number; columns: Columns<Name> }> {
  const { metadata, columns: present } = await readHeader(file);
  const missing = names.filter((name) => !present.some((column) => column.name === name));
  if (missing.length > 0)
    throw new InvalidInputError(
      `The parquet file has no column ${missing.join(', ')}; it has ${present.map(({ name }) => name).join(', ')}.`,
    );
  const total = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < total; rowStart += WINDOW) {
    const rowEnd = Math.min(total, rowStart + WINDOW);
    const columns = Object.fromEntries(
      names.map((name) => [name, new Array<unknown>(rowEnd - rowStart)]),
    ) as Columns<Name>;
    const onChunk = (chunk: {
      columnName: string;
      columnData: DecodedArray;
      rowStart: number;
      rowEnd: number;
    }) => copyOverlap(chunk, columns[chunk.columnName as Name], rowStart, rowEnd);
    await parquetRead({ file, metadata, compressors, columns: [...names], rowStart, rowEnd, onChunk });
    yield { rows: rowEnd - rowStart, columns };
  }
}

/** A whole table of moderate size. */
export async function readTable<Name extends string>(
  file: AsyncBuffer,
  names: readonly Name[],
): Promise<Record<Name, unknown>[]> {
  const rows: Record<Name, unknown>[] = [];
  for await (const window of readWindows(file, names))
    for (let i = 0; i < window.rows; i++)
      rows.push(
        Object.fromEntries(names.map((name) => [name, window.columns[name][i]])) as Record<Name, unknown>,
      );
  return rows;
}

/** Decoded pages may begin before the window and end after it. */
function copyOverlap(
  chunk: { columnData: DecodedArray; rowStart: number; rowEnd: number },
  target: unknown[],
  rowStart: number,
  rowEnd: number,
): void {
  const first = Math.max(rowStart, chunk.rowStart);
  const last = Math.min(rowEnd, chunk.rowEnd);
  for (let row = first; row < last; row++) target[row - rowStart] = chunk.columnData[row - chunk.rowStart];
}
