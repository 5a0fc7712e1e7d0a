// What one way of dealing offers did that another did not.
import Table from 'cli-table3';
import type { Command } from 'commander';
import { compareSimulations } from '../../client/experiments.ts';
import { withServices } from '../../client/services.ts';
import { InvalidInputError } from '../../domain/errors.ts';
import { MEASURES } from '../../domain/retail/arm-comparison.ts';
import type { ArmComparison, Measure } from '../../domain/retail/arm-comparison.ts';
import type { PairedDifference } from '../../domain/paired-difference.ts';
import { openContext } from '../context.ts';

export function registerExperiment(program: Command): void {
  const group = program
    .command('experiment')
    .description('what an offer policy causes, and how sure that is');
  group
    .command('compare')
    .argument('<a>', 'a completed simulation, or several of different seeds with commas')
    .argument('<b>', 'as many, of the same seeds, that differ in their offers alone')
    .option('--burn-in <weeks>', 'weeks at the beginning that count nothing', '0')
    .description('the same shoppers under two ways of dealing offers, each compared with itself')
    .action(compare);
}

async function compare(a: string, b: string, flags: { burnIn: string }, command: Command): Promise<void> {
  const burnIn = Number(flags.burnIn);
  if (flags.burnIn.trim() === '' || !Number.isInteger(burnIn) || burnIn < 0)
    throw new InvalidInputError(`--burn-in is a whole number of weeks; "${flags.burnIn}" is none.`);
  const context = openContext(command);
  await withServices({ ...context, poolSize: 4 }, async ({ db }) => {
    const comparison = await compareSimulations(db, idsOf(a), idsOf(b), burnIn);
    process.stdout.write(
      `${context.isJson ? JSON.stringify({ a: idsOf(a), b: idsOf(b), ...comparison }) : render(comparison)}\n`,
    );
  });
}

function idsOf(list: string): string[] {
  const ids = list.split(',').map((id) => id.trim());
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined) throw new InvalidInputError(`"${twice}" is named twice in "${list}".`);
  return ids;
}

/** What it is called, and what its numbers are divided by. */
const LABELS: Readonly<Record<Measure, readonly [label: string, unit: number]>> = {
  orders: ['orders', 1],
  units: ['units', 1],
  netRevenue: ['net revenue', 100],
  discount: ['discount', 100],
  margin: ['margin', 100],
  redemptions: ['redemptions', 1],
};

function render({ agents, seeds, weeks, measures, marginPerDiscount, verdict }: ArmComparison): string {
  const table = new Table({
    head: ['per agent-week', 'A', 'B', 'B − A', '95 %', 'p', 'correlation', 'detectable', 'agents for 1 %'],
    style: { head: [], border: [] },
  });
  for (const measure of MEASURES) table.push(rowOf(...LABELS[measure], measures[measure]));
  const perDiscount =
    marginPerDiscount === null
      ? 'B gives no more discount than A.'
      : `For each unit of discount more: ${marginPerDiscount.toFixed(2)} of margin.`;
  return [
    `${agents} agents, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}, ${weeks} weeks measured; each agent against itself`,
    table.toString(),
    perDiscount,
    verdict,
    'A difference smaller than "detectable" is found in fewer than 8 of 10 such comparisons.',
  ].join('\n');
}

function rowOf(label: string, unit: number, found: PairedDifference): string[] {
  const { meanA, meanB, difference, interval, pValue, correlation, minimumDetectable, pairsForOnePercent } =
    found;
  const number = (value: number): string => (value / unit).toFixed(4);
  return [
    label,
    number(meanA),
    number(meanB),
    number(difference),
    `${number(interval[0])} … ${number(interval[1])}`,
    pValue.toFixed(4),
    correlation === null ? '–' : correlation.toFixed(3),
    number(minimumDetectable),
    pairsForOnePercent === null ? '–' : pairsForOnePercent.toLocaleString('en-US'),
  ];
}
