// The figures of `npm run capacity`, and how they read as a table of text.
import { median } from '../domain/descriptive-statistics.ts';
import type { Executions } from './bench-executions.ts';
import type { Sizes } from './bench-resources.ts';

export type Case = { readonly agents: number; readonly execution: 'activity' | 'workflow' };

export type CapacityRow = Case & {
  readonly days: number;
  readonly shoppingDays: number;
  readonly failedDays: number;
  readonly seedSeconds: number;
  readonly totalSeconds: number;
  /** Highest memory in MB by service; null where the system does not tell. */
  readonly peakMb: Readonly<Record<string, number | null>>;
} & Executions &
  Sizes;

export type CapacityResult = { readonly sandbox: string; readonly rows: readonly CapacityRow[] };

/** Real seconds that a simulated day has at 168 ×, a week in an hour. */
const SECONDS_PER_DAY = 86_400 / 168;

/** For each figure its name and how it reads for one case. */
const FIGURES: readonly (readonly [string, (row: CapacityRow) => string])[] = [
  ['shopping days', (row) => count(row.shoppingDays)],
  ['seconds for all', (row) => row.totalSeconds.toFixed(0)],
  ['shopping days per second', (row) => (row.shoppingDays / row.totalSeconds).toFixed(1)],
  ['a simulated day, median s', (row) => median(row.daySeconds).toFixed(1)],
  ['a simulated day, worst s', (row) => Math.max(...row.daySeconds).toFixed(1)],
  ['of it planning, median s', (row) => median(row.planSeconds).toFixed(2)],
  ['cycle boundary, worst s', (row) => Math.max(...row.cycleSeconds).toFixed(1)],
  ['headroom at 168 ×', (row) => `${headroomOf(row).toFixed(0)} ×`],
  ['executions', (row) => count(row.executions)],
  ['state transitions', (row) => count(row.stateTransitions)],
  ['  per shopping day', (row) => (row.stateTransitions / row.shoppingDays).toFixed(1)],
  ['events, largest simulationDay', (row) => events(row, 'simulationDay')],
  ['events, largest shardDay', (row) => events(row, 'shardDay')],
  ['events, largest shoppingDay', (row) => events(row, 'shoppingDay')],
  ['memory peak, worker MB', (row) => megabytes(row.peakMb['worker-1'])],
  ['memory peak, temporal MB', (row) => megabytes(row.peakMb['temporal'])],
  ['memory peak, postgres MB', (row) => megabytes(row.peakMb['postgres'])],
  ['Postgres database MB', (row) => row.postgresMb.toFixed(0)],
  ['Temporal SQLite file MB', (row) => row.temporalMb.toFixed(0)],
  ['seeding s', (row) => row.seedSeconds.toFixed(1)],
];

/** How many times faster the worst day was lived than the clock at 168 × asks for, with the cycle boundary before it. */
export function headroomOf({ daySeconds, cycleSeconds }: CapacityRow): number {
  return SECONDS_PER_DAY / (Math.max(...daySeconds) + Math.max(...cycleSeconds));
}

export function renderCapacity({ sandbox, rows }: CapacityResult): string {
  const head = ['agents', ...rows.map((row) => count(row.agents))];
  const modes = ['execution', ...rows.map((row) => row.execution)];
  const lines = [head, modes, ...FIGURES.map(([name, read]) => [name, ...rows.map(read)])];
  return [
    `${rows[0]?.days ?? 0} simulated days at full speed, one worker process`,
    sandbox,
    '',
    ...lines.map(
      ([name = '', ...values]) => name.padEnd(32) + values.map((value) => value.padStart(12)).join(''),
    ),
  ].join('\n');
}

function events(row: CapacityRow, type: string): string {
  const largest = row.largestHistory[type];
  return largest === undefined ? '–' : count(largest);
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

function megabytes(size: number | null | undefined): string {
  return size == null ? '–' : size.toFixed(0);
}
