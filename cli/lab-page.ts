import type { RunCard } from '../client/lab-card.ts';
import type { EvaluationSummary } from '../client/lab-judgement.ts';
import type { SearchRecord } from '../client/lab-search.ts';
import { primaryMeasure } from '../domain/lab/measures.ts';
import { RUN_MEASURES } from '../domain/lab/run.ts';
import type { RunMeasure } from '../domain/lab/run.ts';
import { svgOf } from '../recordings/svg.ts';
import { escapeHtml, htmlPage, htmlTable } from './html-page.ts';
import { intervalChart } from './interval-chart.ts';
import { lineageSection } from './lab-search-page.ts';
import {
  anatomyRows,
  axisRows,
  costRows,
  counterpartyRows,
  evidenceRows,
  executionRows,
  footprintRows,
  luckRows,
  marketRows,
  riskRows,
  scenarioRows,
  secondaryRows,
  sizeRows,
} from './lab-rows.ts';
import { notesOf } from './render-lab.ts';

/**
 * An evaluation as one HTML file that needs nothing else.
 * @param search that the strategy was found by; null: none that is known
 */
export async function evaluationPage(
  summary: EvaluationSummary,
  card: RunCard,
  search: SearchRecord | null,
): Promise<string> {
  const { verdict, strategy, ground, sandbox, evidence } = summary;
  const facts: (readonly [string, string])[] = [
    ['Strategy', `${strategy.fileName}, SHA-256 ${strategy.hash}`],
    ['Parameters', JSON.stringify(card.strategy.parameters)],
    ['Estimand', verdict.estimand],
    ['Measure', `${verdict.measure}: ${RUN_MEASURES[verdict.measure as RunMeasure]}`],
    ['Scenarios', ground.scenarios.join(', ')],
    ['Session', ground.minutes === null ? 'the whole day' : `${ground.minutes} minutes from the open`],
    ...(ground.targetInventory === 0 ? [] : [['Target', `${ground.targetInventory} shares`] as const]),
    ['Seeds', evidence[0].seeds],
    ['Stop rule', stopRuleText(card.stopRule)],
    ['Openings of these seeds', String(card.openings.length)],
    ['Versions tried on known days', String(summary.trials.versions)],
    ['Seeds left out', `${verdict.voidSeeds} void, ${verdict.unknownSeeds} not measurable`],
    ['Needed to see this difference', verdict.seedsNeeded === null ? '–' : `${verdict.seedsNeeded} seeds`],
    ['Written by', card.writer === null ? 'a person' : card.writer.model],
    ['Sandbox', sandbox],
    [
      'Made',
      `${card.made.at}, Mercato ${card.made.mercato}, Node ${card.made.node}, ${card.made.architecture}`,
    ],
    ['Build', card.made.build],
  ];
  const section = (title: string, body: string): string => `<h2>${escapeHtml(title)}</h2>\n${body}`;
  return htmlPage(
    `${strategy.fileName}: ${verdict.answer.replaceAll('_', ' ')}`,
    [
      `<h1>${escapeHtml(strategy.fileName)}</h1>`,
      `<p class="verdict">${escapeHtml(verdict.sentence)}</p>`,
      ...notesOf(summary).map((note) => `<p>${escapeHtml(note)}</p>`),
      section(
        'Scenario by scenario',
        `<div class="chart">${await svgOf(intervalsOf(summary))}</div>${htmlTable(scenarioRows(summary))}
<p class="small">Described, not judged: the verdict is about the mean over all of them. Intervals of 95 % by studentised bootstrap over seeds, p by flipped signs.</p>`,
      ),
      ...(evidence.length < 2
        ? []
        : [
            section(
              'On other days',
              `${htmlTable(evidenceRows(summary))}
<p class="small">The same question each time; the verdict is about ${escapeHtml(evidence[0].days.replaceAll('_', ' '))}. Sealed parameters: price level, start, number and rate of traders beyond those of all other seeds. Sealed mechanism: makers that do not learn, and other informed traders. Each kind has a run card of its own.</p>`,
            ),
          ]),
      section(
        'Luck of the best of many',
        `${htmlTable(luckRows(summary))}<p class="small">Every version that was evaluated on known days of this ground on this machine counts.</p>`,
      ),
      section(
        'Where it came from',
        `${htmlTable(anatomyRows(summary))}
<p class="small">Price against the mid when it traded, what the mid did after each fill, what holding brought, fees, and what liquidation at the close cost. The parts sum to the gain.</p>`,
      ),
      section('Who paid', htmlTable(counterpartyRows(summary))),
      section('Risk', htmlTable(riskRows(summary))),
      section('How it traded', htmlTable(executionRows(summary))),
      section(
        'What it did to the market',
        `${htmlTable(footprintRows(summary))}<p class="small">The same days with it and without it.</p>`,
      ),
      ...(summary.capacity === null
        ? []
        : [
            section(
              'At other costs and sizes',
              `${htmlTable(costRows(summary))}${htmlTable(sizeRows(summary))}<p class="small">On the first ${summary.capacity.seeds} seeds.</p>`,
            ),
          ]),
      ...(verdict.secondary.length === 0
        ? []
        : [section('Secondary measures', htmlTable(secondaryRows(summary)))]),
      section(
        'Six axes',
        `${htmlTable(axisRows(summary))}<p class="small">They describe and decide nothing. Scores of 1 to 10: where it stands among 48 reference strategies on days of <code>realistic</code>, 5.5 being their median; in brackets what two standard errors either way would make of it (version ${summary.axes.breakpoints} of the breakpoints).</p>`,
      ),
      ...(search === null ? [] : [section('Where it came from: the search', lineageSection(search))]),
      section(
        'The market without it',
        `${htmlTable(marketRows(summary))}<p class="small"><code>mercato market facts --preset realistic</code> says how such days compare with real ones.</p>`,
      ),
      section(
        'What this is',
        `<table class="facts">${facts.map(([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`).join('')}</table>`,
      ),
      section('The source', `<pre>${escapeHtml(card.strategy.source)}</pre>`),
      section(
        'Run it again',
        '<p><code>mercato lab verify card.json</code> runs everything on the card again and says what differs first. Every number here is a mean, median or interval of the rows of <code>runs.parquet</code> with the scenario and side that it is of.</p>',
      ),
    ].join('\n'),
  );
}

function stopRuleText(rule: RunCard['stopRule']): string {
  if (rule.type === 'fixed') return `after ${rule.seeds} seeds`;
  return `looks after ${rule.at.join(', ')} seeds, 5 % spent over them as share² of the seeds; ends when it is clear`;
}

/** Differences with their intervals; an end that is not bounded is left out. */
function intervalsOf({ verdict, ground }: EvaluationSummary): ReturnType<typeof intervalChart> {
  const { unit, scale } = primaryMeasure(ground.targetInventory);
  const rows = [
    ...verdict.scenarios,
    ...(verdict.scenarios.length > 1 ? [{ scenario: 'all', comparison: verdict.comparison }] : []),
  ];
  return intervalChart(
    rows.map(({ scenario, comparison: { difference, interval } }) => ({
      name: scenario,
      difference: scale * difference,
      low: scale * (Number.isFinite(interval[0]) ? interval[0] : difference),
      high: scale * (Number.isFinite(interval[1]) ? interval[1] : difference),
    })),
    `${unit}, strategy − reference`,
  );
}
