// Runs of the lab as one Parquet file, a row each.
import { writeFileSync } from 'node:fs';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { InvalidInputError } from '../domain/errors.ts';
import { RUN_MEASURES } from '../domain/lab/run.ts';
import type { LabRun, RunMeasure } from '../domain/lab/run.ts';
import { columnName } from './write-recording.ts';

export type RunRow = LabRun & {
  readonly side: string;
  readonly scenario: string;
  readonly fuelUsed: number | null;
};

/**
 * Columns: `side`, `scenario`, `seed`, `ended` (ok, failed, void), `reason`, `digest`, what a failed run had come to when it failed (`failed_pnl_cents`,
 * `failed_shortfall_bps`), `fuel_used`, every measure of a run
 * (`RUN_MEASURES` says what they are), and the gain by type of counterparty as JSON. Null is not known.
 * @throws InvalidInputError when it cannot be written
 */
export function writeRuns(file: string, runs: readonly RunRow[]): void {
  const text = (name: string, of: (run: RunRow) => string | null) => ({
    name,
    data: runs.map(of),
    type: 'STRING' as const,
    nullable: true,
  });
  const number = (name: string, of: (run: RunRow) => number | null) => ({
    name,
    data: runs.map(of),
    type: 'DOUBLE' as const,
    nullable: true,
  });
  const buffer = parquetWriteBuffer({
    columnData: [
      text('side', ({ side }) => side),
      text('scenario', ({ scenario }) => scenario),
      number('seed', ({ seed }) => seed),
      text('ended', ({ ended }) => ended.type),
      text('reason', ({ ended }) => (ended.type === 'ok' ? null : ended.message)),
      text('digest', ({ digest }) => digest),
      number('failed_pnl_cents', (run) => accountOf(run)?.pnlCents ?? null),
      number('failed_shortfall_bps', (run) => accountOf(run)?.shortfallBps ?? null),
      number('fuel_used', ({ fuelUsed }) => fuelUsed),
      ...(Object.keys(RUN_MEASURES) as RunMeasure[]).map((name) =>
        number(columnName(name), ({ values }) => values?.[name] ?? null),
      ),
      text('gain_by_counterparty_cents', ({ byCounterparty }) => JSON.stringify(byCounterparty)),
    ],
  });
  try {
    writeFileSync(file, Buffer.from(buffer));
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

function accountOf({ ended }: RunRow) {
  return ended.type === 'failed' ? ended.account : null;
}
