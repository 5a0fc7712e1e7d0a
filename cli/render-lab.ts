// An evaluation in words and tables: the same for the terminal and the page.
import Table from 'cli-table3';
import { FEE_FACTORS, LATENCIES_NS } from '../client/lab-capacity.ts';
import type { Capacity, Cell } from '../client/lab-capacity.ts';
import type { Evaluation } from '../client/lab-evaluation.ts';
import type { Verification } from '../client/lab-card.ts';
import { primaryMeasure } from '../domain/lab/measures.ts';
import { PNL_PARTS } from '../domain/lab/pnl-anatomy.ts';
import type { PnlPart } from '../domain/lab/pnl-anatomy.ts';
import type { RunMeasure } from '../domain/lab/run.ts';
import type { Verdict } from '../domain/lab/verdict.ts';

/** What is kept of an evaluation beside its runs, and what the page shows. */
export type EvaluationSummary = Omit<Evaluation, 'runs'> & {
  readonly strategy: { readonly fileName: string; readonly hash: string };
  readonly ground: {
    readonly scenarios: readonly string[];
    readonly minutes: number | null;
    readonly targetInventory: number;
  };
  readonly sandbox: string;
  /** Which seeds, and how often they have been looked at. */
  readonly seeds: string;
  readonly warnings: readonly string[];
  readonly capacity: Capacity | null;
  readonly seconds: number;
};

const PART_LABELS: Readonly<Record<PnlPart, string>> = {
  spread: 'spread',
  after1s: 'first second',
  after10s: '1–10 s',
  after60s: '10–60 s',
  holding: 'holding',
  fees: 'fees',
  liquidation: 'liquidation',
  benchmark: 'target',
};

const FOOTPRINT_LABELS: Readonly<Partial<Record<RunMeasure, string>>> = {
  marketSpreadBps: 'spread, bps',
  marketVolatilityBps: 'volatility a minute, bps',
  marketDepth: 'shares at the touch',
  marketVolume: 'shares traded',
  marketTwoSidedShare: 'time with both sides',
};

type Rows = readonly (readonly string[])[];

/** The primary measure, by scenario: described, not judged. */
export function scenarioRows({ verdict, ground }: Pick<EvaluationSummary, 'verdict' | 'ground'>): Rows {
  const { unit, scale } = primaryMeasure(ground.targetInventory);
  const rows = verdict.scenarios.map(({ scenario, comparison }) =>
    comparisonRow(scenario, comparison, scale),
  );
  return [
    [unit, 'strategy', 'reference', 'difference', '95 %', 'p', 'correlation', 'effect'],
    ...rows,
    ...(rows.length > 1 ? [comparisonRow('all', verdict.comparison, scale)] : []),
  ];
}

function comparisonRow(name: string, comparison: Verdict['comparison'], scale: number): string[] {
  const { meanStrategy, meanReference, difference, interval, pValue, correlation, effect } = comparison;
  return [
    name,
    number(scale * meanStrategy),
    number(scale * meanReference),
    number(scale * difference),
    between([scale * interval[0], scale * interval[1]]),
    pValue.toFixed(3),
    correlation === null ? '–' : correlation.toFixed(2),
    effect === null ? '–' : effect.size.toFixed(2),
  ];
}

/** Dollars a day. */
export function anatomyRows({ anatomy }: Pick<Evaluation, 'anatomy'>): Rows {
  return [
    ['dollars a day', ...PNL_PARTS.map((part) => PART_LABELS[part]), 'gain'],
    ...anatomy.map(({ scenario, parts }) => [
      scenario,
      ...PNL_PARTS.map((part) => number(parts[part] / 100)),
      number(PNL_PARTS.reduce((sum, part) => sum + parts[part], 0) / 100),
    ]),
  ];
}

/** Dollars a day, by who was on the other side. */
export function counterpartyRows({ anatomy }: Pick<Evaluation, 'anatomy'>): Rows {
  const types = [...new Set(anatomy.flatMap(({ byCounterparty }) => Object.keys(byCounterparty)))].toSorted();
  return [
    ['dollars a day from', ...types, 'without intelligence'],
    ...anatomy.map(({ scenario, byCounterparty, rentShare }) => [
      scenario,
      ...types.map((type) => number((byCounterparty[type] ?? 0) / 100)),
      rentShare === null ? '–' : `${(100 * rentShare).toFixed(0)} %`,
    ]),
  ];
}

export function footprintRows({ footprint }: Pick<Evaluation, 'footprint'>): Rows {
  return [
    ['', 'without it', 'with it', 'difference', '95 %'],
    ...footprint.map(({ measure, comparison: { meanStrategy, meanReference, difference, interval } }) => [
      FOOTPRINT_LABELS[measure] ?? measure,
      number(meanReference),
      number(meanStrategy),
      number(difference),
      between(interval),
    ]),
  ];
}

/** The primary measure over fees and latency. */
export function costRows({ capacity, ground }: Pick<EvaluationSummary, 'capacity' | 'ground'>): Rows {
  if (capacity === null) return [];
  const { unit, scale } = primaryMeasure(ground.targetInventory);
  return [
    [`${unit}, latency`, ...FEE_FACTORS.map((factor) => `fees × ${factor}`), 'nothing left at fees ×'],
    ...LATENCIES_NS.map((latencyNs) => {
      const left = capacity.breakEven.find((one) => one.latencyNs === latencyNs)!.feeFactor;
      return [
        `${latencyNs / 1e6} ms`,
        ...capacity.grid
          .filter((one) => one.latencyNs === latencyNs)
          .map(({ cell }) => cellText(cell, scale)),
        left === null ? '–' : left.toFixed(2),
      ];
    }),
  ];
}

export function sizeRows({ capacity, ground }: Pick<EvaluationSummary, 'capacity' | 'ground'>): Rows {
  if (capacity === null) return [];
  const { unit, scale } = primaryMeasure(ground.targetInventory);
  return [
    ['size', ...capacity.sizes.map(({ size }) => `× ${size}`)],
    [unit, ...capacity.sizes.map(({ cell }) => cellText(cell, scale))],
  ];
}

function cellText(cell: Cell, scale: number): string {
  if (cell === null) return 'failed';
  return `${number(scale * cell.value)} (${between([scale * cell.interval[0], scale * cell.interval[1]])})`;
}

/** What the numbers alone do not say. */
export function notesOf({ anatomy, luck, verdict, warnings }: EvaluationSummary): string[] {
  const rent = anatomy.filter(({ isSimulatorRent }) => isSimulatorRent).map(({ scenario }) => scenario);
  return [
    ...(luck === null ? [] : [`Against luck: ${luck.sentence}`]),
    ...(rent.length === 0
      ? []
      : [
          `Simulator rent in ${rent.join(', ')}: more than 80 % of what it gained was paid by traders without intelligence.`,
        ]),
    ...markedNotes(anatomy),
    ...(verdict.failedRuns.strategy === 0
      ? []
      : [`${verdict.failedRuns.strategy} of its days failed and count as the worst.`]),
    ...warnings,
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
  const { verdict, seeds, sandbox, seconds, strategy } = summary;
  const sections: [string, Rows][] = [
    ['By scenario', scenarioRows(summary)],
    ['Where it came from', anatomyRows(summary)],
    ['Who paid', counterpartyRows(summary)],
    ['What it did to the market', footprintRows(summary)],
    ['At other costs', costRows(summary)],
    ['At other sizes', sizeRows(summary)],
  ];
  return [
    `${strategy.fileName} ${strategy.hash.slice(0, 8)} · ${seeds} · ${sandbox} · ${seconds.toFixed(0)} s`,
    ...sections.flatMap(([title, rows]) => (rows.length < 2 ? [] : [`${title}:`, renderRows(rows)])),
    ...notesOf(summary),
    verdict.sentence,
  ].join('\n');
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

function between([low, high]: readonly [number, number]): string {
  return `${number(low)} … ${number(high)}`;
}

/** Three digits at least, and a minus sign that cannot be taken for a dash. */
function number(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 4;
  const text = Math.abs(value).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return value < 0 && Number(text.replaceAll(',', '')) !== 0 ? `−${text}` : text;
}
