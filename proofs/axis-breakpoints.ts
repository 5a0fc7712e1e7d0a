// `npm run -s axes:breakpoints`: what reference strategies come to on the six axes, and the quantiles of that, as JSON for
// AXIS_BREAKPOINTS of domain/lab/axes.ts. Says whether that is what stands there; it ends with 1 when it is not.
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { groundConfig } from '../client/lab-evaluation.ts';
import { ascending, mean, quantileOfSorted } from '../domain/descriptive-statistics.ts';
import { axesOf, AXIS_BREAKPOINTS, AXIS_NAMES } from '../domain/lab/axes.ts';
import type { Axis, AxisRun } from '../domain/lab/axes.ts';
import { RUN_MEASURES } from '../domain/lab/run.ts';
import type { RunMeasure, RunValues } from '../domain/lab/run.ts';
import { seedsOf } from '../domain/lab/sealed-seeds.ts';
import type { LabTask } from '../sandbox/lab-job.ts';
import { inPieces, strategyOfFile, runDays } from './lab-evaluations.ts';
import type { Day, Progress } from './lab-evaluations.ts';
import { runProof, say } from './run.ts';

const SCENARIO = 'realistic';
const BLOCK = { purpose: 'train', number: 1 } as const;
const DAYS = 12;
/** Steps between the least and the most of the references. */
const STEPS = 10;
/** Digits that stand in axes.ts. */
const DIGITS = 4;

type Parameters = Readonly<Record<string, number>>;
export type ReferencePlayer = { readonly file: string; readonly parameters: Parameters };
export type ReferenceRow = ReferencePlayer & { readonly values: Readonly<Record<Axis, number>> };

/** As many of each kind, with parameters spread over their ranges. */
export const PLAYERS: readonly ReferencePlayer[] = [
  ...spread('examples/market-maker.ts', { quantity: [1, 10, 30, 100], mostInventory: [10, 100, 1000] }),
  ...spread('examples/momentum.ts', { quantity: [5, 50, 500], window: [5, 20, 120, 600] }),
  ...spread('proofs/strategies/random-trader.ts', { orders: [5, 30, 200, 1000], quantity: [5, 50, 500] }),
  ...spread('proofs/strategies/anything.ts', { quantity: [5, 50, 500], activity: [0.02, 0.1, 0.3, 1] }),
];

/** Every value of each parameter with every one of the others. */
function spread(file: string, ranges: Readonly<Record<string, readonly number[]>>): ReferencePlayer[] {
  let all: Parameters[] = [{}];
  for (const [name, values] of Object.entries(ranges))
    all = all.flatMap((parameters) => values.map((value) => ({ ...parameters, [name]: value })));
  return all.map((parameters) => ({ file, parameters }));
}

/**
 * Courses that a day without a strategy might have taken, the one without anybody included. Whoever trades a single share now and
 * then does nothing to a market in expectation, but after the first one the day goes on otherwise, and its volatility is some
 * percent higher or lower by chance. All references are compared with the same days, so that this luck would be in every breakpoint.
 */
const COURSES = 8;
const NOBODY = { orders: 20, buys: 10, quantity: 1, mostInventory: 2 };

/** @throws Error for a run that failed, or a strategy that is not known on an axis: it is no reference then */
export async function measureReferences(
  players: readonly ReferencePlayer[],
  { days, minutes }: { readonly days: number; readonly minutes: number | null },
  progress: Progress = {},
): Promise<ReferenceRow[]> {
  const dayTasks = (who: Pick<LabTask, 'strategy' | 'luck'>): LabTask[] =>
    seedsOf(BLOCK, days).map((seed) => ({
      ...who,
      seed,
      config: groundConfig({ minutes, targetInventory: 0 }, SCENARIO, seed),
    }));
  const tasks = [
    ...dayTasks({ strategy: null }),
    ...Array.from({ length: COURSES - 1 }, (_, i) =>
      dayTasks({ strategy: null, luck: { seed: `course ${i + 1}`, ...NOBODY } }),
    ).flat(),
    ...players.flatMap(({ file, parameters }) => dayTasks({ strategy: strategyOfFile(file, parameters) })),
  ];
  const all = inPieces((await runDays(tasks, progress)).map(runOf), days);
  const [courses, own] = [all.slice(0, COURSES), all.slice(COURSES)];
  const absent = courses[0]!.map((_, day) => meanOf(courses.map((course) => course[day]!)));
  return players.map((player, i) => ({ ...player, values: valuesOf(player, own[i]!, absent) }));
}

/** The same day in several courses as one run: means of what is known in all of them. */
function meanOf(courses: readonly AxisRun[]): AxisRun {
  const means = Object.keys(RUN_MEASURES).map((name) => {
    const values = courses.map(({ values }) => values![name as RunMeasure]);
    return [name, values.includes(null) ? null : mean(values as number[])] as const;
  });
  return { ...courses[0]!, values: Object.fromEntries(means) as RunValues };
}

function runOf(day: Day): AxisRun {
  return { scenario: SCENARIO, ended: { type: 'ok' }, ...day };
}

function valuesOf(
  player: ReferencePlayer,
  own: readonly AxisRun[],
  absent: readonly AxisRun[],
): ReferenceRow['values'] {
  const known = axesOf(own, absent).overall.map(({ axis, value, reason }) => {
    if (value === null) throw new Error(`${nameOf(player)} is not known on the axis ${axis}: ${reason}`);
    return [axis, value] as const;
  });
  return Object.fromEntries(known) as ReferenceRow['values'];
}

/** @throws Error when breakpoints are not distinct, since nothing could be scored between them */
export function breakpointsOf(rows: readonly ReferenceRow[]): Record<Axis, number[]> {
  const quantiles = AXIS_NAMES.map((axis) => {
    const sorted = ascending(rows.map(({ values }) => values[axis]));
    const own = Array.from({ length: STEPS + 1 }, (_, i) =>
      Number(quantileOfSorted(sorted, i / STEPS).toPrecision(DIGITS)),
    );
    if (own.some((value, i) => i > 0 && value <= own[i - 1]!))
      throw new Error(`breakpoints of the axis ${axis} are not distinct: ${own.join(', ')}`);
    return [axis, own] as const;
  });
  return Object.fromEntries(quantiles) as Record<Axis, number[]>;
}

function nameOf({ file, parameters }: ReferencePlayer): string {
  const given = Object.entries(parameters).map(([name, value]) => `${name} ${value}`);
  return `${file.replace(/.*\/|\.ts$/g, '')}, ${given.join(', ')}`;
}

function render(rows: readonly ReferenceRow[]): string {
  const table = new Table({
    head: ['strategy', ...AXIS_NAMES],
    colAligns: ['left', ...AXIS_NAMES.map(() => 'right' as const)],
    style: { head: [], border: [] },
  });
  table.push(
    ...rows.map((row) => [nameOf(row), ...AXIS_NAMES.map((axis) => row.values[axis].toPrecision(DIGITS))]),
  );
  return table.toString();
}

if (require.main === module)
  runProof(async (signal) => {
    const { values } = parseArgs({ options: { days: { type: 'string', default: String(DAYS) } } });
    const rows = await measureReferences(
      PLAYERS,
      { days: Number(values.days), minutes: null },
      { say, signal },
    );
    process.stderr.write(`${render(rows)}\n`);
    const quantiles = breakpointsOf(rows);
    process.stdout.write(`${JSON.stringify(quantiles, null, 2)}\n`);
    const isSame = JSON.stringify(quantiles) === JSON.stringify(AXIS_BREAKPOINTS.quantiles);
    say(
      `These are ${isSame ? '' : 'NOT '}the breakpoints of version ${AXIS_BREAKPOINTS.version} in axes.ts.`,
    );
    return isSame ? 0 : 1;
  });
