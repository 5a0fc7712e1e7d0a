import type { Database } from './client.ts';

/** What a transaction can do. */
export type Transaction = Omit<Database, '$connect' | '$disconnect' | '$on' | '$transaction' | '$extends'>;

/** A row by column name; every row of one call has the same columns. */
export type Row = Readonly<Record<string, unknown>>;

const ROWS_PER_STATEMENT = 5_000;

/**
 * Inserts many rows with one parameter a statement; Postgres types them by the table's own columns. Column names
 * come from code, never from outside.
 * @param onConflict `nothing` keeps rows that are there already; `fail` is for rows that nobody else can have written
 */
export async function insertRows(
  db: Transaction,
  table: string,
  rows: readonly Row[],
  onConflict: 'nothing' | 'fail',
): Promise<number> {
  let written = 0;
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const part = rows.slice(from, from + ROWS_PER_STATEMENT);
    const columns = Object.keys(part[0]!)
      .map((column) => `"${column}"`)
      .join(', ');
    const conflict = onConflict === 'nothing' ? ' ON CONFLICT DO NOTHING' : '';
    written += await db.$executeRawUnsafe(
      `INSERT INTO "${table}" (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(null::"${table}", $1::jsonb)${conflict}`,
      JSON.stringify(part),
    );
  }
  return written;
}

/**
 * Whether Postgres refused the values themselves (SQLSTATE classes 22 and 23: no number, out of range, a constraint):
 * trying again gives the same. A lost connection or a conflict with another transaction is something else.
 */
export function isRefusedByDatabase(error: unknown): boolean {
  const { meta } = (error ?? {}) as {
    meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } };
  };
  const sqlState = meta?.driverAdapterError?.cause?.originalCode;
  return typeof sqlState === 'string' && /^2[23]/.test(sqlState);
}
