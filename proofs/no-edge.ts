// `npm run proof:no-edge`: in a market in which nobody can gain, how often the court calls a strategy better or worse than cash.
// Every such answer is a false one; at 5 % there may be as many as chance gives. Also whether the market is as fair as it says:
// the mean gain of each strategy over all days.
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { mean, sampleDeviation, skewness } from '../domain/descriptive-statistics.ts';
import { LEVEL } from '../domain/lab/judge.ts';
import type { RunMeasure } from '../domain/lab/run.ts';
import { seedsOf } from '../domain/lab/sealed-seeds.ts';
import type { Answer } from '../domain/lab/verdict.ts';
import { binomialBounds } from './binomial.ts';
import { inPieces, judgeAgainstCash, strategyOfFile, noEdgeTask, pnlOf, runDays } from './lab-evaluations.ts';
import type { Day, Progress } from './lab-evaluations.ts';
import { runProof, say } from './run.ts';

type Player = {
  readonly name: string;
  readonly file: string;
  readonly parameters?: Readonly<Record<string, number>>;
};

const [MAKER, MOMENTUM] = ['examples/market-maker.ts', 'examples/momentum.ts'];
const [RANDOM, ANYTHING] = ['proofs/strategies/random-trader.ts', 'proofs/strategies/anything.ts'];

/** The reference strategies (those of examples/ are the same, order by order) and random traders. */
const PLAYERS: readonly Player[] = [
  { name: 'market maker', file: MAKER },
  { name: 'market maker, large', file: MAKER, parameters: { quantity: 100, mostInventory: 1000 } },
  { name: 'momentum', file: MOMENTUM },
  { name: 'momentum, slow', file: MOMENTUM, parameters: { quantity: 200, window: 300 } },
  { name: 'random trader', file: RANDOM },
  { name: 'random trader, few orders', file: RANDOM, parameters: { orders: 5, quantity: 200 } },
  { name: 'random buyer', file: RANDOM, parameters: { orders: 20, quantity: 50, buys: 1 } },
  { name: 'anything that is allowed', file: ANYTHING },
];
/** Not of the whole: what no court can see in few days. */
const DOUBLING: Player = { name: 'doubling after losses', file: 'proofs/strategies/doubling.ts' };

/** Standard errors that a mean of many days may be off: by chance one table in 200 would have a row beyond it. */
const MOST_ERRORS = 3.5;

export type NoEdgeSize = {
  readonly evaluations: number;
  /** Of each evaluation; none is used twice. */
  readonly seeds: number;
  readonly minutes: number;
  /** Of the seeds of the purpose `no_edge`. */
  readonly block: number;
  /** Of each resampling, when not as many as the court takes. */
  readonly draws?: number;
};

export type Answers = {
  readonly evaluations: number;
  readonly better: number;
  readonly worse: number;
  /** Between which better and worse together should lie. */
  readonly bounds: readonly [low: number, high: number];
};

export type NoEdgeRow = Answers & {
  readonly name: string;
  readonly days: number;
  readonly meanCents: number;
  readonly errorCents: number;
  readonly deviationCents: number;
  readonly skewness: number | null;
  readonly meanVolume: number;
  readonly meanCarried: number;
  /** Largest of a single day: half a tick a share is paid, and paid back. */
  readonly mostLiquidationCents: number;
};

export type NoEdgeResult = {
  readonly rows: readonly NoEdgeRow[];
  readonly whole: Answers;
  /** Beside the whole. */
  readonly doubling: NoEdgeRow;
  readonly isPassed: boolean;
};

export async function measureNoEdge(
  { evaluations, seeds, minutes, block, draws }: NoEdgeSize,
  progress: Progress = {},
): Promise<NoEdgeResult> {
  const each = Math.floor(evaluations / PLAYERS.length);
  const players = [...PLAYERS, DOUBLING];
  const pieces = inPieces(
    seedsOf({ purpose: 'no_edge', number: block }, players.length * each * seeds),
    each * seeds,
  );
  const tasks = players.flatMap(({ file, parameters }, i) => {
    const strategy = strategyOfFile(file, parameters);
    return pieces[i]!.map((seed) => noEdgeTask(strategy, seed, minutes));
  });
  const days = inPieces(await runDays(tasks, progress), each * seeds);
  const all = players.map(({ name }, i) => rowOf(name, days[i]!, seeds, draws));
  const [rows, doubling] = [all.slice(0, -1), all.at(-1)!];
  const total = (count: (row: NoEdgeRow) => number): number => rows.reduce((sum, row) => sum + count(row), 0);
  const whole = answersOf(
    total((row) => row.better),
    total((row) => row.worse),
    total((row) => row.evaluations),
  );
  return { rows, whole, doubling, isPassed: isWithin(whole) && rows.every(isFair) };
}

function rowOf(name: string, days: readonly Day[], seeds: number, draws: number | undefined): NoEdgeRow {
  const answers = inPieces(days, seeds).map(
    (piece) => judgeAgainstCash(piece, { type: 'fixed', seeds }, draws).answer,
  );
  const count = (answer: Answer): number => answers.filter((one) => one === answer).length;
  const gains = days.map(pnlOf);
  const sizes = (measure: RunMeasure): number[] => days.map(({ values }) => Math.abs(values[measure]!));
  const deviationCents = sampleDeviation(gains);
  return {
    name,
    ...answersOf(count('better'), count('worse'), answers.length),
    days: days.length,
    meanCents: mean(gains),
    errorCents: deviationCents / Math.sqrt(days.length),
    deviationCents,
    skewness: skewness(gains),
    meanVolume: mean(sizes('volume')),
    meanCarried: mean(sizes('carriedShares')),
    mostLiquidationCents: Math.max(...sizes('liquidationCents')),
  };
}

function answersOf(better: number, worse: number, evaluations: number): Answers {
  return { evaluations, better, worse, bounds: binomialBounds(evaluations, LEVEL) };
}

function isWithin({ better, worse, bounds }: Answers): boolean {
  return better + worse >= bounds[0] && better + worse <= bounds[1];
}

function isFair({ meanCents, errorCents, mostLiquidationCents }: NoEdgeRow): boolean {
  return Math.abs(meanCents) <= MOST_ERRORS * errorCents && mostLiquidationCents === 0;
}

function render({ rows, whole, doubling }: NoEdgeResult): string {
  const table = new Table({
    head: [
      'strategy',
      'evaluations',
      'better',
      'worse',
      '%',
      '95 %',
      'cents a day',
      '± error',
      'deviation',
    ].concat(['skewness', 'shares', 'carried']),
    colAligns: ['left', ...new Array<'right'>(11).fill('right')],
    style: { head: [], border: [] },
  });
  const counts = (of: Answers): string[] => [
    String(of.evaluations),
    String(of.better),
    String(of.worse),
    percent((of.better + of.worse) / of.evaluations),
    `${of.bounds[0]}–${of.bounds[1]}`,
  ];
  const line = (row: NoEdgeRow): string[] => [
    row.name,
    ...counts(row),
    row.meanCents.toFixed(1),
    row.errorCents.toFixed(1),
    row.deviationCents.toFixed(0),
    row.skewness === null ? '–' : row.skewness.toFixed(1),
    row.meanVolume.toFixed(0),
    row.meanCarried.toFixed(0),
  ];
  table.push(...rows.map(line), ['all of these', ...counts(whole)], line(doubling));
  return table.toString();
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

if (require.main === module)
  runProof(async (signal) => {
    const { values } = parseArgs({
      options: {
        evaluations: { type: 'string', default: '1000' },
        seeds: { type: 'string', default: '20' },
        minutes: { type: 'string', default: '20' },
        block: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
      },
    });
    const size = {
      evaluations: Number(values.evaluations),
      seeds: Number(values.seeds),
      minutes: Number(values.minutes),
      block: Number(values.block),
    };
    const started = Date.now();
    const result = await measureNoEdge(size, { say, signal });
    const seconds = (Date.now() - started) / 1000;
    const { whole, isPassed } = result;
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ size, ...result, seconds }, null, 2)}\n`
        : `${render(result)}\n${whole.better + whole.worse} of ${whole.evaluations} are called different from cash at 5 % (95 % of such runs: ${whole.bounds.join(' to ')}).\n${seconds.toFixed(0)} s: ${isPassed ? 'passed' : 'NOT passed'}\n`,
    );
    if (!isPassed) say('The court calls luck an edge too often or too seldom, or the market is not fair.');
    return isPassed ? 0 : 1;
  });
