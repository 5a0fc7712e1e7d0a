// An evaluation in words for the terminal, and what its tables do not say.
import Table from 'cli-table3';
import type { Verification } from '../client/lab-card.ts';
import type { EvaluationSummary } from '../client/lab-judgement.ts';
import { PNL_PARTS } from '../domain/lab/pnl-anatomy.ts';
import {
  DAYS_LABELS,
  anatomyRows,
  costRows,
  counterpartyRows,
  evidenceRows,
  footprintRows,
  number,
  scenarioRows,
  sizeRows,
} from './lab-rows.ts';
import type { Rows } from './lab-rows.ts';

/** What the numbers alone do not say. */
export function notesOf(summary: EvaluationSummary): string[] {
  const { anatomy, luck, warnings, trials, evidence } = summary;
  const rent = anatomy.filter(({ isSimulatorRent }) => isSimulatorRent).map(({ scenario }) => scenario);
  return [
    ...(luck === null ? [] : [`Against luck: ${luck.sentence}`]),
    ...(rent.length === 0
      ? []
      : [
          `Simulator rent in ${rent.join(', ')}: more than 80 % of what it gained was paid by traders without intelligence.`,
        ]),
    ...markedNotes(anatomy),
    ...trialNotes(trials),
    ...evidence
      .slice(1)
      .map(({ days, seeds, verdict }) => `On ${DAYS_LABELS[days]}: ${verdict.sentence} ${seeds}`),
    ...failureNotes(summary),
    ...invalidNotes(summary),
    ...warnings,
  ];
}

const MOST_REASONS = 3;

/** How many days failed, and why. */
function failureNotes({ verdict: { failedRuns }, failures }: EvaluationSummary): string[] {
  const sides = [
    ['strategy', 'its days', failedRuns.strategy],
    ['reference', 'the days of the reference', failedRuns.reference],
  ] as const;
  return sides.flatMap(([name, days, count]) => {
    if (count === 0) return [];
    const own = failures.filter(({ side }) => side === name);
    const reasons = own
      .slice(0, MOST_REASONS)
      .map(
        ({ message, days, scenario, seed }) =>
          `${printable(message)} (${days === 1 ? '' : `${days} days, first `}${scenario}, seed ${seed})`,
      );
    const more = own.length > MOST_REASONS ? [`${own.length - MOST_REASONS} other reasons`] : [];
    const why = reasons.length === 0 ? '' : `: ${[...reasons, ...more].join('; ')}`;
    const rest = name === 'strategy' ? ' What it was like is told of the other days.' : '';
    return [`${count} of ${days} failed and count as the worst${why}.${rest}`];
  });
}

function invalidNotes({ measures }: EvaluationSummary): string[] {
  return measures.flatMap(({ scenario, own: { invalidActions } }) =>
    invalidActions == null || invalidActions.mean === 0
      ? []
      : [
          `In ${scenario} ${number(invalidActions.mean)} of its actions a day made no sense and were not carried out; \`onOrderUpdate\` is told why.`,
        ],
  );
}

const LONGEST_MESSAGE = 200;

/** What a strategy says of itself may hold anything: nothing that steers a terminal gets out, and no more than a line of it. */
function printable(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  return clean.length > LONGEST_MESSAGE ? `${clean.slice(0, LONGEST_MESSAGE)}…` : clean;
}

/** One version alone has not been chosen among others. */
function trialNotes({ versions, luck }: EvaluationSummary['trials']): string[] {
  if (luck === null || versions < 2) return [];
  const { realityCheck, deflatedSharpe } = luck;
  const checks = [
    ...(realityCheck === null ? [] : [`Reality Check p = ${realityCheck.toFixed(3)}`]),
    ...(deflatedSharpe === null ? [] : [`deflated Sharpe ${deflatedSharpe.probability.toFixed(3)}`]),
  ];
  return [
    `${versions} versions have been tried on these days, and the best of many is partly lucky${checks.length === 0 ? '' : `: ${checks.join(', ')}`}. What counts is --sealed.`,
  ];
}

/** A gain that is there only as long as nobody sells. */
function markedNotes(anatomy: EvaluationSummary['anatomy']): string[] {
  return anatomy.flatMap(({ scenario, parts }) => {
    const gain = PNL_PARTS.reduce((sum, part) => sum + parts[part], 0);
    const marked = gain - parts.liquidation;
    if (marked <= 0 || -parts.liquidation < marked / 2) return [];
    return [
      `In ${scenario} it gained ${number(marked / 100)} dollars a day at the last mid, and ${number(gain / 100)} once what it held was sold: a price at the close that is of its own making, or more than the book could take.`,
    ];
  });
}

export function renderEvaluation(summary: EvaluationSummary): string {
  const { verdict, evidence, sandbox, seconds, strategy } = summary;
  const sections: [string, Rows][] = [
    ['By scenario', scenarioRows(summary)],
    ['On other days', evidenceRows(summary)],
    ['Where it came from', anatomyRows(summary)],
    ['Who paid', counterpartyRows(summary)],
    ['What it did to the market', footprintRows(summary)],
    ['At other costs', costRows(summary)],
    ['At other sizes', sizeRows(summary)],
  ];
  return [
    `${strategy.fileName} ${strategy.hash.slice(0, 8)} · ${evidence[0].seeds} · ${sandbox} · ${seconds.toFixed(0)} s`,
    ...sections.flatMap(([title, rows]) => (rows.length < 2 ? [] : [`${title}:`, renderRows(rows)])),
    ...notesOf(summary),
    axesLine(summary),
    verdict.sentence,
  ].join('\n');
}

function axesLine({ axes: { overall } }: EvaluationSummary): string {
  const scores = overall.map(({ axis, score }) => `${axis} ${score === null ? '–' : score.toFixed(1)}`);
  return `Among reference strategies, of 10, 5.5 their median (this describes and decides nothing): ${scores.join(', ')}.`;
}

export function renderVerification({ divergence, isWhole, differences, runs }: Verification): string {
  const here = differences.map(
    ({ what, card, here }) => `Another ${what}: ${short(card)} on the card, ${short(here)} here.`,
  );
  const verdict =
    divergence === null
      ? `The same: ${runs} runs with the same events and measures, and the same verdict.`
      : `It diverges first in ${divergence.what}: ${short(divergence.card)} on the card, ${short(divergence.here)} here.`;
  return [
    ...here,
    ...(isWhole
      ? []
      : ['The card has been changed since it was written: its checksum is not that of what it says.']),
    verdict,
  ].join('\n');
}

/** Digests by their beginning. */
function short(text: string): string {
  return /^[0-9a-f]{32,}$/.test(text) ? text.slice(0, 12) : text;
}

function renderRows([head, ...rows]: Rows): string {
  const table = new Table({ head: [...(head ?? [])], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  return table.toString();
}
