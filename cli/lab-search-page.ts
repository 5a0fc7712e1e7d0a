import type { SearchRecord } from '../client/lab-search.ts';
import { meanOf } from '../domain/lab/search-luck.ts';
import { SEARCH_METHODS } from '../domain/lab/search.ts';
import type { Candidate } from '../domain/lab/search.ts';
import { svgOf } from '../recordings/svg.ts';
import { escapeHtml, htmlPage, htmlTable } from './html-page.ts';
import { intervalChart } from './interval-chart.ts';
import { METHOD_NAMES, parametersOf } from './render-lab-search.ts';

/** A search as one HTML file that needs nothing else. */
export async function searchPage(record: SearchRecord): Promise<string> {
  const { goal, strategy, scenarios, minutes, sessionSeed, verdicts, measure, openings, sealed } = record;
  const facts = [
    ['Strategy', `${strategy.fileName}, SHA-256 ${strategy.hash}`],
    ['Goal', goal],
    ['Measure', `${measure.name}, ${measure.isMoreBetter ? 'more' : 'less'} is better`],
    ['Scenarios', scenarios.join(', ')],
    ['Session', minutes === null ? 'the whole day' : `${minutes} minutes from the open`],
    ['Session seed', String(sessionSeed)],
    ['Judged on', `${sealed.seeds} seeds. ${openings}`],
    ['Written by', 'a search over parameters: no model took part'],
  ];
  const rows = Object.values(verdicts).map(({ reference, comparison: { difference, interval } }) => ({
    name: 'name' in reference ? reference.name : reference.type,
    difference: measure.scale * difference,
    low: measure.scale * interval[0],
    high: measure.scale * interval[1],
  }));
  return htmlPage(
    `${goal}: a search`,
    [
      `<h1>${escapeHtml(goal)}</h1>`,
      ...Object.values(verdicts).map(({ sentence }) => `<p class="verdict">${escapeHtml(sentence)}</p>`),
      `<div class="chart">${await svgOf(intervalChart(rows, `${measure.unit}, search − reference, on sealed seeds`))}</div>`,
      '<h2>What was tried</h2>',
      lineageSection(record),
      '<h2>What this is</h2>',
      htmlTable([['', ''], ...facts]),
    ].join('\n'),
  );
}

/** Every candidate of every method, those that were given up or failed too. HTML */
export function lineageSection(record: SearchRecord): string {
  const { methods, measure, train } = record;
  return SEARCH_METHODS.map((method) => {
    const { candidates, winner, luck } = methods[method];
    const number = (value: number | null): string =>
      value === null
        ? '–'
        : ((measure.isMoreBetter ? 1 : -1) * value * measure.scale).toFixed(measure.digits);
    const rows = candidates.map((candidate, i) => [
      `${i + 1}`,
      changesOf(candidate, candidates[0]!),
      String(candidate.scores.filter((score) => score !== undefined).length),
      number(meanOf(candidate)),
      statusOf(candidate, i, winner, train.seeds),
    ]);
    const checks =
      luck.realityCheck === null
        ? ''
        : ` Reality Check over all of them: p = ${luck.realityCheck.toFixed(3)}.`;
    return `<h3>${escapeHtml(METHOD_NAMES[method])}</h3>
${htmlTable([['', 'parameters', 'seeds', `${measure.unit} for training`, ''], ...rows])}
<p class="small">${luck.trials} candidates.${checks}</p>`;
  }).join('\n');
}

function changesOf({ parameters }: Candidate, first: Candidate): string {
  const changed = Object.entries(parameters).filter(([name, value]) => first.parameters[name] !== value);
  return parametersOf(changed.length === 0 ? parameters : Object.fromEntries(changed));
}

function statusOf({ scores }: Candidate, position: number, winner: number, seeds: number): string {
  const run = scores.filter((score) => score !== undefined);
  const failed = run.filter((score) => score === null).length;
  return [
    ...(position === 0 ? ['default'] : []),
    ...(position === winner ? ['winner'] : []),
    ...(failed > 0 ? [`failed on ${failed}`] : []),
    ...(run.length < seeds ? ['not taken further'] : []),
  ].join(', ');
}
