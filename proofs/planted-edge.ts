// `npm run proof:planted-edge`: in a market in which nobody can gain, each share that is traded is paid a known edge. What a
// strategy earns a day is then known, edge × shares, and how often the court should find it follows from the power calculation,
// which is given the standard deviation of other days without an edge. Beside it, how often it does.
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { mean, sampleDeviation } from '../domain/descriptive-statistics.ts';
import { powerOfLooks } from '../domain/lab/alpha-spending.ts';
import { LEVEL } from '../domain/lab/judge.ts';
import { seedsOf } from '../domain/lab/sealed-seeds.ts';
import { normalQuantile } from '../domain/math.ts';
import { powerOf } from '../domain/power.ts';
import type { LabStrategy, LabTask } from '../sandbox/lab-job.ts';
import { inPieces, judgeAgainstCash, strategyOfFile, noEdgeTask, pnlOf, runDays } from './lab-evaluations.ts';
import type { Day, Progress } from './lab-evaluations.ts';
import { runProof, say } from './run.ts';

/** Edges for a strategy, by how often one look at the end should find them; below 0: a cost that should be found as often. */
export type Plant = {
  readonly name: string;
  readonly file: string;
  readonly parameters?: Readonly<Record<string, number>>;
  readonly powers: readonly number[];
};

const PLANTS: readonly Plant[] = [
  {
    name: 'random buyer',
    file: 'proofs/strategies/random-trader.ts',
    parameters: { buys: 1 },
    powers: [0.2, 0.5, 0.8, 0.95, -0.8],
  },
  { name: 'market maker', file: 'examples/market-maker.ts', powers: [0.5, 0.8] },
];

/** Points that the share may be off. */
const MOST_OFF = 0.1;

export type PlantedSize = {
  /** Of each edge. */
  readonly evaluations: number;
  /** Seeds at each look; the last is the end, and the only look of the other plan. */
  readonly looks: readonly number[];
  readonly minutes: number;
  /** Days without an edge, of other seeds, from which the power is calculated. */
  readonly pilotDays: number;
  /** The first of the blocks of the purpose `planted`: one for days without an edge, one for each edge. */
  readonly block: number;
  /** The bursts of the scenario: days then are far from normal, which the power calculation does not know. @default false */
  readonly hasBursts?: boolean;
  /** Of each resampling, when not as many as the court takes. */
  readonly draws?: number;
};

export type Found = {
  /** Share of evaluations, by the power calculation and as it was. */
  readonly predicted: number;
  readonly found: number;
  /** Called the opposite of what it is. */
  readonly opposite: number;
  readonly meanSeeds: number;
};

export type PlantedRow = {
  readonly name: string;
  /** Hundredths of a cent for each share. */
  readonly edgeHundredths: number;
  /** Edge × shares a day, and what was earned a day, with its standard error. */
  readonly plantedCents: number;
  readonly meanCents: number;
  readonly errorCents: number;
  /** Of the days without an edge. */
  readonly deviationCents: number;
  readonly fixed: Found;
  readonly looks: Found;
};

export type PlantedResult = { readonly rows: readonly PlantedRow[]; readonly isPassed: boolean };

/** What is known of a strategy before an edge is planted. */
type Plain = { readonly deviationCents: number; readonly shares: number };

export async function measurePlantedEdge(
  size: PlantedSize,
  plants: readonly Plant[] = PLANTS,
  progress: Progress = {},
): Promise<PlantedResult> {
  const rows: PlantedRow[] = [];
  let { block } = size;
  for (const { name, file, parameters, powers } of plants) {
    const strategy = strategyOfFile(file, parameters);
    const run = (edge: number, days: number): Promise<Day[]> => {
      progress.say?.(`${name}, ${(edge / 100).toFixed(2)} cents a share`);
      const seeds = seedsOf({ purpose: 'planted', number: block++ }, days);
      return runDays(
        seeds.map((seed) => taskOf(strategy, seed, edge, size)),
        progress,
      );
    };
    const plain = plainOf(await run(0, size.pilotDays));
    for (const power of powers) {
      const edge = edgeFor(power, plain, size.looks.at(-1)!);
      const row = rowOf(name, edge, plain, await run(edge, size.evaluations * size.looks.at(-1)!), size);
      progress.say?.(`found: ${shareText(row.fixed)}; with looks: ${shareText(row.looks)}`);
      rows.push(row);
    }
  }
  return { rows, isPassed: rows.every(({ fixed, looks }) => isAsPredicted(fixed) && isAsPredicted(looks)) };
}

function taskOf(
  strategy: LabStrategy,
  seed: number,
  edge: number,
  { minutes, hasBursts = false }: PlantedSize,
): LabTask {
  const task = noEdgeTask(strategy, seed, minutes, edge);
  return hasBursts ? task : { ...task, config: { ...task.config, activity: null } };
}

/** Shares that are traded, those of the liquidation at the close included: they are paid for too. */
function sharesOf({ values }: Day): number {
  return values.volume! + Math.abs(values.carriedShares!);
}

function plainOf(days: readonly Day[]): Plain {
  return { deviationCents: sampleDeviation(days.map(pnlOf)), shares: mean(days.map(sharesOf)) };
}

/** In whole hundredths of a cent a share, so that it is found about as often. */
function edgeFor(power: number, { deviationCents, shares }: Plain, seeds: number): number {
  const errors = normalQuantile(1 - LEVEL / 2) + normalQuantile(Math.abs(power));
  return Math.sign(power) * Math.round((100 * errors * deviationCents) / Math.sqrt(seeds) / shares);
}

function rowOf(
  name: string,
  edgeHundredths: number,
  { deviationCents, shares }: Plain,
  days: readonly Day[],
  { looks, draws }: PlantedSize,
): PlantedRow {
  const end = looks.at(-1)!;
  const plantedCents = (edgeHundredths * shares) / 100;
  const right = edgeHundredths > 0 ? 'better' : 'worse';
  const judged = (rule: Parameters<typeof judgeAgainstCash>[1], predicted: number): Found => {
    const verdicts = inPieces(days, end).map((piece) => judgeAgainstCash(piece, rule, draws));
    const share = (is: (answer: string) => boolean): number =>
      verdicts.filter(({ answer }) => is(answer)).length / verdicts.length;
    return {
      predicted,
      found: share((answer) => answer === right),
      opposite: share((answer) => answer !== right && answer !== 'not_distinguishable'),
      meanSeeds: mean(verdicts.map(({ comparison }) => comparison.seeds)),
    };
  };
  const gains = days.map(pnlOf);
  return {
    name,
    edgeHundredths,
    plantedCents,
    meanCents: mean(gains),
    errorCents: sampleDeviation(gains) / Math.sqrt(gains.length),
    deviationCents,
    fixed: judged({ type: 'fixed', seeds: end }, powerOf(plantedCents, deviationCents, end, LEVEL)),
    looks: judged({ type: 'looks', at: looks }, powerOfLooks(looks, LEVEL, plantedCents, deviationCents)),
  };
}

function shareText({ found, predicted }: Found): string {
  return `${percent(found)} %, predicted ${percent(predicted)} %`;
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function isAsPredicted({ found, predicted }: Found): boolean {
  return Math.abs(found - predicted) <= MOST_OFF;
}

function render({ rows }: PlantedResult): string {
  const plans = (name: string): string[] => [`${name}: predicted %`, 'found %', 'opposite %'];
  const head = ['strategy', 'edge, cents a share', 'planted, cents a day', 'earned', 'deviation'].concat(
    plans('one look'),
    plans('looks'),
    'seeds',
  );
  const table = new Table({
    head,
    colAligns: ['left', ...head.slice(1).map(() => 'right' as const)],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [16, ...head.slice(1).map(() => 12)],
  });
  const shares = (of: Found): string[] => [of.predicted, of.found, of.opposite].map(percent);
  for (const row of rows)
    table.push([
      row.name,
      (row.edgeHundredths / 100).toFixed(2),
      row.plantedCents.toFixed(1),
      `${row.meanCents.toFixed(1)} ± ${row.errorCents.toFixed(1)}`,
      row.deviationCents.toFixed(0),
      ...shares(row.fixed),
      ...shares(row.looks),
      row.looks.meanSeeds.toFixed(1),
    ]);
  return table.toString();
}

if (require.main === module)
  runProof(async (signal) => {
    const { values } = parseArgs({
      options: {
        evaluations: { type: 'string', default: '200' },
        looks: { type: 'string', default: '10,20,40' },
        minutes: { type: 'string', default: '5' },
        'pilot-days': { type: 'string', default: '2000' },
        block: { type: 'string', default: '1' },
        // A fifth of what the court takes: otherwise verdicts take longer than days.
        draws: { type: 'string', default: '1999' },
        bursts: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const size = {
      evaluations: Number(values.evaluations),
      looks: values.looks.split(',').map(Number),
      minutes: Number(values.minutes),
      pilotDays: Number(values['pilot-days']),
      block: Number(values.block),
      hasBursts: values.bursts,
      draws: Number(values.draws),
    };
    const started = Date.now();
    const result = await measurePlantedEdge(size, PLANTS, { say, signal });
    const seconds = (Date.now() - started) / 1000;
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ size, ...result, seconds }, null, 2)}\n`
        : `${render(result)}\n${seconds.toFixed(0)} s: ${result.isPassed ? 'passed' : 'NOT passed'}\n`,
    );
    if (!result.isPassed)
      say(`Edges are not found as often as predicted, by more than ${100 * MOST_OFF} points.`);
    return result.isPassed ? 0 : 1;
  });
