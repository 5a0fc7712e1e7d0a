import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import type { ExperimentReport } from '../client/experiments.ts';
import { InvalidInputError, NotFoundError } from '../domain/errors.ts';
import { MEASURES } from '../domain/retail/arm-comparison.ts';
import type { Measure } from '../domain/retail/arm-comparison.ts';
import { LIFT_PARTS } from '../domain/retail/lift.ts';
import { svgOf } from '../recordings/svg.ts';
import { CHART_SCHEMA, CHART_WIDTH, intervalChart } from './interval-chart.ts';
import { escapeHtml, htmlPage, htmlTable } from './html-page.ts';
import { COLUMNS, LIFT_LABELS, MEASURE_LABELS, renderLift, rowOf } from './render-experiment.ts';

/**
 * Before work that takes hours: whether there is a place for its page.
 * @throws NotFoundError when the folder is not there
 */
export function requireFolderOf(file: string): void {
  const folder = path.dirname(path.resolve(file));
  if (!existsSync(folder)) throw new NotFoundError(`There is no folder ${folder} for ${file}.`);
}

/**
 * Writes an experiment's report as one HTML file that needs nothing else: no script, no font, no network.
 * @throws InvalidInputError when it cannot be written
 */
export async function writeExperimentPage(file: string, report: ExperimentReport): Promise<void> {
  const page = await experimentPage(report);
  try {
    await writeFile(file, page);
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

export async function experimentPage(report: ExperimentReport): Promise<string> {
  const { experiment, dataset, simulation, comparison, seeds, missingSeeds, failedDays, digest, limits } =
    report;
  const { experimentId, arms, weeks, burnInWeeks } = experiment.config;
  const title = `${arms[1].name} against ${arms[0].name}`;
  const facts: [string, string][] = [
    ['A', `${arms[0].name} ${JSON.stringify(arms[0].offers)}`],
    ['B', `${arms[1].name} ${JSON.stringify(arms[1].offers)}`],
    ['Shoppers', `${comparison.agents}, each compared with itself`],
    ['Weeks', `${weeks} measured, after ${burnInWeeks} of burn-in, from ${simulation.startDate}`],
    ['Seeds', seeds.map(({ seed }) => seed).join(', ')],
    ...(missingSeeds.length === 0
      ? []
      : [['Left out, since not completed', missingSeeds.join(', ')] as [string, string]]),
    ['Channel', simulation.channel],
    ['Data', `${dataset.title}${dataset.notice === null ? '' : ` – ${dataset.notice}`}`],
    ['Shopping days that failed', String(failedDays)],
    ['Digest', digest],
  ];
  return htmlPage(
    `${experimentId}: ${title}`,
    `<h1>${escapeHtml(title)}</h1>
<p class="verdict">${escapeHtml(comparison.verdict)}</p>
<h2>What B caused</h2>
<div class="chart">${await svgOf(intervalsOf(report))}</div>
${measureTable(report)}
<p class="small">Per agent and week; money in ${escapeHtml(dataset.currency)}. Intervals of 95 % by bootstrap over agents, p by flipped signs. A difference smaller than
“detectable” is found in fewer than 8 of 10 such experiments. Correlation is what pairing achieved.</p>
<h2>Where it came from</h2>
<div class="chart">${await svgOf(liftOf(report))}</div>
${renderLift(report)
  .map((line) => `<p>${escapeHtml(line)}</p>`)
  .join('\n')}
<p class="small">Subsidised: bought in the same week without these offers too. Switched: instead of another product of the category. Pulled forward: bought less of the
category in the weeks after. Incremental: the rest.</p>
<h2>Seed by seed</h2>
<div class="chart">${await svgOf(seedsOf(report))}</div>
<h2>What this is</h2>
<table class="facts">${facts.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</table>
<h2>Limits</h2>
<ul>${limits.map((limit) => `<li>${escapeHtml(limit)}</li>`).join('')}</ul>`,
  );
}

function measureTable({ comparison }: ExperimentReport): string {
  return htmlTable([COLUMNS, ...MEASURES.map((measure) => rowOf(measure, comparison.measures[measure]))]);
}

const OF_OFFERS: readonly Measure[] = ['discount', 'offerCost', 'redemptions'];

/**
 * Differences of what is sold in percent of A, with their intervals; measures that are 0 in A have no percentage. What is
 * given and redeemed is in the table alone: it differs by so much more that nothing else could be seen beside it.
 */
export function intervalsOf({ comparison }: Pick<ExperimentReport, 'comparison'>): TopLevelSpec {
  const values = MEASURES.flatMap((measure) => {
    const { meanA, difference, interval } = comparison.measures[measure];
    const size = Math.abs(meanA) / 100;
    if (size === 0 || OF_OFFERS.includes(measure)) return [];
    const [low, high] = interval;
    return [
      { name: MEASURE_LABELS[measure][0], difference: difference / size, low: low / size, high: high / size },
    ];
  });
  return intervalChart(values, 'B − A in % of A');
}

function liftOf({ lift }: ExperimentReport): TopLevelSpec {
  return {
    $schema: CHART_SCHEMA,
    width: CHART_WIDTH,
    data: {
      values: LIFT_PARTS.map((part) => ({ part: LIFT_LABELS[part], units: lift.parts[part].units })),
    },
    mark: 'bar',
    encoding: {
      y: { field: 'part', type: 'nominal', title: null, sort: null },
      x: { field: 'units', type: 'quantitative', title: 'units bought with a coupon in B' },
      color: { field: 'part', type: 'nominal', legend: null, sort: null },
    },
  };
}

function seedsOf({ seeds, comparison }: ExperimentReport): TopLevelSpec {
  const agentWeeks = comparison.agents * comparison.weeks * 100;
  return {
    $schema: CHART_SCHEMA,
    width: CHART_WIDTH,
    height: 160,
    data: {
      values: seeds.map(({ seed, margin: [a, b] }) => ({ seed, difference: (b - a) / agentWeeks })),
    },
    layer: [
      { mark: { type: 'rule', color: '#999' }, encoding: { y: { datum: 0, type: 'quantitative' } } },
      {
        mark: { type: 'point', filled: true, size: 60, color: '#4c78a8' },
        encoding: {
          x: { field: 'seed', type: 'nominal', sort: null },
          y: { field: 'difference', type: 'quantitative', title: 'margin per agent-week, B − A' },
        },
      },
    ],
  };
}
