import Table from 'cli-table3';
import type { ExperimentReport, ExperimentView, PairReport } from '../client/experiments.ts';
import { MEASURES } from '../domain/retail/arm-comparison.ts';
import type { ArmComparison, Measure } from '../domain/retail/arm-comparison.ts';
import { LIFT_PARTS } from '../domain/retail/lift.ts';
import type { LiftPart } from '../domain/retail/lift.ts';
import type { PairedDifference } from '../domain/paired-difference.ts';

/** What a measure is called, and what its numbers are divided by. */
export const MEASURE_LABELS: Readonly<Record<Measure, readonly [label: string, unit: number]>> = {
  orders: ['orders', 1],
  units: ['units', 1],
  netRevenue: ['net revenue', 100],
  discount: ['discount', 100],
  offerCost: ['cost of offers', 100],
  margin: ['margin', 100],
  redemptions: ['redemptions', 1],
};

export const LIFT_LABELS: Readonly<Record<LiftPart, string>> = {
  incremental: 'incremental',
  switched: 'switched',
  pulledForward: 'pulled forward',
  subsidised: 'subsidised',
};

export const COLUMNS = [
  'per agent-week',
  'A',
  'B',
  'B − A',
  '95 %',
  'p',
  'correlation',
  'detectable',
  'agents for 1 %',
] as const;

/** Two arms, measure by measure, with the verdict. */
export function renderComparison({
  agents,
  seeds,
  weeks,
  measures,
  marginPerDiscount,
  verdict,
}: ArmComparison): string {
  const table = new Table({ head: [...COLUMNS], style: { head: [], border: [] } });
  for (const measure of MEASURES) table.push(rowOf(measure, measures[measure]));
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

/** The row of one measure under `COLUMNS`. */
export function rowOf(measure: Measure, found: PairedDifference): string[] {
  const [label, unit] = MEASURE_LABELS[measure];
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

/** Where purchases with a coupon came from, and what the incremental ones cost. */
export function renderLift({
  lift,
  costPerIncremental,
}: Pick<PairReport, 'lift' | 'costPerIncremental'>): string[] {
  const all = LIFT_PARTS.reduce((sum, part) => sum + lift.parts[part].units, 0);
  if (all === 0) return ['Nothing was bought with a coupon in B.'];
  const parts = LIFT_PARTS.map(
    (part) =>
      `${LIFT_LABELS[part]} ${((100 * lift.parts[part].units) / all).toFixed(1)} % (${lift.parts[part].units})`,
  );
  const cost =
    costPerIncremental === null
      ? lift.parts.incremental.cents > 0
        ? 'B costs no more than A.'
        : 'Nothing of it is incremental.'
      : `1.00 of incremental sales at shelf prices cost ${costPerIncremental.toFixed(2)} of offers (discount less vendors' part, plus fees).`;
  return [
    `${all} units bought with a coupon in B: ${parts.join(' · ')}`,
    `All units, with and without: ${lift.netUnits >= 0 ? '+' : ''}${lift.netUnits} in B. ${cost}`,
  ];
}

export function renderExperiment(report: ExperimentReport): string {
  const { experiment, dataset, simulation, comparison, missingSeeds, failedDays, digest, limits } = report;
  const { experimentId, arms, seeds, weeks, burnInWeeks } = experiment.config;
  return [
    `Experiment "${experimentId}" · ${experiment.status}`,
    `A = ${arms[0].name} ${JSON.stringify(arms[0].offers)}`,
    `B = ${arms[1].name} ${JSON.stringify(arms[1].offers)}`,
    `${weeks} weeks after ${burnInWeeks} of burn-in, seeds ${seeds.join(', ')}, channel ${simulation.channel}, from ${simulation.startDate}`,
    ...(missingSeeds.length === 0 ? [] : [`NOT COMPLETED, and left out: seeds ${missingSeeds.join(', ')}.`]),
    `Data: ${dataset.title}. Money in ${dataset.currency}.${dataset.notice === null ? '' : ` ${dataset.notice}`}`,
    '',
    renderComparison(comparison),
    '',
    ...renderLift(report),
    '',
    `Shopping days that failed: ${failedDays}. Digest ${digest.slice(0, 32)}…`,
    ...limits,
  ].join('\n');
}

/** How far an experiment is, a line for each of its simulations. */
export function renderView({ record, simulations }: ExperimentView): string {
  const done = simulations.filter(({ status }) => status === 'completed').length;
  return [
    `Experiment "${record.experimentId}" · ${record.status} · ${done} of ${simulations.length} simulations completed`,
    ...simulations.map(
      ({ simulationId, status, committedDays, days }) =>
        `  ${simulationId}  ${status}  day ${committedDays} of ${days}`,
    ),
  ].join('\n');
}
