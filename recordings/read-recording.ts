// A written day read back: what `write-recording.ts` wrote, whichever format it has.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { InvalidInputError, NotFoundError } from '../domain/errors.ts';

/** Columns by name; times are nanoseconds since midnight as numbers, which are exact. Null is what is not there. */
export type ReadTable = ReadonlyMap<string, readonly (number | string | null)[]>;

/** What `run.json` says. */
export type RunRecord = Readonly<Record<string, unknown>>;

/** @throws NotFoundError, InvalidInputError when the folder is no recorded day */
export function readRun(folder: string): RunRecord {
  const file = path.join(folder, 'run.json');
  if (!existsSync(file))
    throw new NotFoundError(
      `${folder} is no recorded day: it has no run.json. \`market run --out\` writes one.`,
    );
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * @param name `quotes`, `trades`, `fundamental`, `accounts`, `depth`, `events` or `agent_log`
 * @throws NotFoundError when the table was not recorded, InvalidInputError when its file is damaged
 */
export async function readTable(folder: string, name: string): Promise<ReadTable> {
  const parquet = path.join(folder, `${name}.parquet`);
  const arrow = path.join(folder, `${name}.arrow`);
  const file = existsSync(parquet) ? parquet : existsSync(arrow) ? arrow : null;
  if (file === null) throw new NotFoundError(`${folder} has no ${name}: record it with --profile full.`);
  try {
    return file === parquet ? await readParquet(file) : readArrow(file);
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function readParquet(file: string): Promise<ReadTable> {
  const bytes = readFileSync(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const rows = await parquetReadObjects({ file: buffer });
  const names = Object.keys(rows[0] ?? {});
  return new Map(names.map((name) => [name, rows.map((row) => plain(row[name]))]));
}

function readArrow(file: string): ReadTable {
  const table = tableFromIPC(readFileSync(file));
  return new Map(
    table.schema.fields.map(({ name }) => [
      name,
      Array.from(table.getChild(name)! as Iterable<unknown>, plain),
    ]),
  );
}

function plain(value: unknown): number | string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : Number(value);
}
