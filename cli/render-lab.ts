// An evaluation in words and tables: the same for the terminal and the page.
import Table from 'cli-table3';
import { FEE_FACTORS, LATENCIES_NS } from '../client/lab-capacity.ts';
import type { Cell } from '../client/lab-capacity.ts';
import type { Verification } from '../client/lab-card.ts';
import type { Spread } from '../client/lab-description.ts';
import type { Evaluation } from '../client/lab-evaluation.ts';
import type { EvaluationSummary, Evidence } from '../client/lab-judgement.ts';
import type { AxisResult, AxisUnknown } from '../domain/lab/axes.ts';
import { SECONDARY, primaryMeasure } from '../domain/lab/measures.ts';
import { PNL_PARTS } from '../domain/lab/pnl-anatomy.ts';
import type { PnlPart } from '../domain/lab/pnl-anatomy.ts';
import type { RunMeasure } from '../domain/lab/run.ts';
import type { Verdict } from '../domain/lab/verdict.ts';

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

/** Of a measure: what it is called, and what its value is multiplied by to be shown. */
type Label = readonly [name: string, scale: number];

const MARKET_LABELS = {
  marketSpreadBps: ['spread, bps', 1],
  marketVolatilityBps: ['volatility a minute, bps', 1],
  marketDepth: ['shares at the touch', 1],
  marketVolume: ['shares traded', 1],
  marketTwoSidedShare: ['time with both sides, %', 100],
  marketVpin: ['VPIN', 1],
  marketResilienceSeconds: ['a wide spread comes back in, s', 1],
} as const satisfies Partial<Record<RunMeasure, Label>>;

const RISK_LABELS = {
  pnlCents: ['gain after liquidation, dollars', 0.01],
  markedPnlCents: ['gain at the last mid, dollars', 0.01],
  carriedShares: ['shares carried to the close', 1],
  maxDrawdownCents: ['drawdown, dollars', 0.01],
  dayShortfallCents: ['worst minutes (CVaR 5 %), dollars', 0.01],
  mostInventory: ['most shares held', 1],
  inventoryDeviation: ['deviation of the shares held', 1],
  peakCapitalCents: ['peak capital, dollars', 0.01],
  pnlPerCapital: ['gain ÷ peak capital, %', 100],
} as const satisfies Partial<Record<RunMeasure, Label>>;

const EXECUTION_LABELS = {
  shortfallBps: ['implementation shortfall, bps', 1],
  fills: ['fills', 1],
  volume: ['shares traded', 1],
  participation: ['share of the volume, %', 100],
  makerShare: ['of it resting, %', 100],
  orders: ['orders', 1],
  orderToTrade: ['orders ÷ fills', 1],
  slippageBps: ['slippage when taking, bps', 1],
  adverse1sCents: ['against it in 1 s when giving, cents', 1],
  adverse10sCents: ['in 10 s', 1],
  adverse60sCents: ['in 60 s', 1],
  invalidActions: ['actions that made no sense', 1],
} as const satisfies Partial<Record<RunMeasure, Label>>;

const DAYS_LABELS: Readonly<Record<Evidence['days'], string>> = {
  own: 'seeds of your own',
  train: 'for training',
  validation: 'known days',
  sealed: 'sealed seeds',
  sealed_parameters: 'sealed parameters',
  sealed_mechanism: 'sealed mechanism',
  planted: 'planted',
  no_edge: 'no edge',
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
    effect === null ? '–' : number(effect.size),
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
    ...footprint.map(({ measure, comparison: { meanStrategy, meanReference, difference, interval } }) => {
      const [label, scale] = (MARKET_LABELS as Partial<Record<RunMeasure, Label>>)[measure] ?? [measure, 1];
      return [
        label,
        number(scale * meanReference),
        number(scale * meanStrategy),
        number(scale * difference),
        between([scale * interval[0], scale * interval[1]]),
      ];
    }),
  ];
}

export function secondaryRows({ verdict: { secondary } }: Pick<EvaluationSummary, 'verdict'>): Rows {
  return [
    ['', 'difference', '95 %', 'p by Holm', ''],
    ...secondary.map(({ measure, comparison, adjustedPValue, answer }) => {
      const { unit, scale } = SECONDARY.find(({ name }) => name === measure)!;
      return [
        unit,
        comparison === null ? '–' : number(scale * comparison.difference),
        comparison === null ? '–' : between([scale * comparison.interval[0], scale * comparison.interval[1]]),
        adjustedPValue === null ? '–' : adjustedPValue.toFixed(3),
        comparison === null ? 'not known' : answer.replaceAll('_', ' '),
      ];
    }),
  ];
}

/** Scenario by kind of days: difference with interval. The verdict is about the first column. */
export function evidenceRows({ evidence, ground }: Pick<EvaluationSummary, 'evidence' | 'ground'>): Rows {
  if (evidence.length < 2) return [];
  const { unit, scale } = primaryMeasure(ground.targetInventory);
  const cell = ({ difference, interval }: Verdict['comparison']): string =>
    `${number(scale * difference)} (${between([scale * interval[0], scale * interval[1]])})`;
  return [
    [unit, ...evidence.map(({ days }) => DAYS_LABELS[days])],
    ...evidence[0].verdict.scenarios.map(({ scenario }) => [
      scenario,
      ...evidence.map(({ verdict }) =>
        cell(verdict.scenarios.find((one) => one.scenario === scenario)!.comparison),
      ),
    ]),
    ['all', ...evidence.map(({ verdict }) => cell(verdict.comparison))],
    ['', ...evidence.map(({ verdict }) => verdict.answer.replaceAll('_', ' '))],
  ];
}

/** How much of it is the luck of the best of many. */
export function luckRows({ trials: { versions, luck } }: Pick<EvaluationSummary, 'trials'>): Rows {
  const head = ['', ''];
  if (luck === null) return [head, ['versions tried on known days of this ground', String(versions)]];
  const { effectiveTrials, realityCheck, deflatedSharpe, overfitting } = luck;
  const worth = effectiveTrials === null ? '' : `, worth ${effectiveTrials.toFixed(1)} independent ones`;
  const refused =
    overfitting.type === 'refused'
      ? `refused: ${overfitting.given} ${overfitting.reason === 'too_few_versions' ? 'versions' : 'seeds'}, ${overfitting.needed} are needed`
      : `${overfitting.probability.toFixed(2)} over ${overfitting.halvings.toLocaleString('en-US')} halvings`;
  return [
    head,
    ['versions tried on known days of this ground', `${versions}${worth}`],
    ['Reality Check: is any of them better', realityCheck === null ? '–' : `p = ${realityCheck.toFixed(3)}`],
    [
      'deflated Sharpe ratio of this one',
      deflatedSharpe === null
        ? '–'
        : `${deflatedSharpe.probability.toFixed(3)} (${deflatedSharpe.ratio.toFixed(2)} a day; the best of as many without skill: ${deflatedSharpe.benchmark.toFixed(2)})`,
    ],
    ['probability of overfitting', refused],
  ];
}

const UNKNOWN_LABELS: Readonly<Record<AxisUnknown, string>> = {
  failed: 'a day failed',
  execution: 'of executions not known',
  never_traded: 'never traded',
  not_measured: 'not measured',
};

/** Value and score of each axis, and the scores by scenario. */
export function axisRows({ axes: { overall, scenarios } }: Pick<EvaluationSummary, 'axes'>): Rows {
  const several = scenarios.length > 1 ? scenarios : [];
  return [
    ['axis', 'unit', 'value', 'score', ...several.map(({ scenario }) => `score in ${scenario}`)],
    ...overall.map((result, i) => [
      result.axis,
      result.unit,
      result.value === null ? UNKNOWN_LABELS[result.reason] : number(result.value),
      scoreText(result),
      ...several.map(({ axes }) => scoreText(axes[i]!)),
    ]),
  ];
}

function scoreText({ score, scoreRange }: AxisResult): string {
  if (score === null) return '–';
  const [low, high] = scoreRange ?? [score, score];
  return `${score.toFixed(1)} (${low.toFixed(1)} … ${high.toFixed(1)})`;
}

export function riskRows(summary: Pick<EvaluationSummary, 'measures'>): Rows {
  return measureRows(summary, 'mean a day (least … most)', RISK_LABELS);
}

export function executionRows(summary: Pick<EvaluationSummary, 'measures'>): Rows {
  return measureRows(summary, 'mean a day (least … most)', EXECUTION_LABELS);
}

/** Measures that are not known in any scenario are left out. */
function measureRows(
  { measures }: Pick<EvaluationSummary, 'measures'>,
  title: string,
  labels: Partial<Record<RunMeasure, Label>>,
): Rows {
  const rows = Object.entries(labels).map(([measure, [label, scale]]) => ({
    label,
    spreads: measures.map(({ own }) => own[measure as RunMeasure] ?? null),
    scale,
  }));
  return [
    [title, ...measures.map(({ scenario }) => scenario)],
    ...rows
      .filter(({ spreads }) => spreads.some((spread) => spread !== null))
      .map(({ label, spreads, scale }) => [label, ...spreads.map((spread) => spreadText(spread, scale))]),
  ];
}

function spreadText(spread: Spread, scale: number): string {
  if (spread === null) return '–';
  const { mean, least, most } = spread;
  return `${number(scale * mean)} (${between([scale * least, scale * most])})`;
}

/** Of the market without it. */
export function marketRows({ measures }: Pick<EvaluationSummary, 'measures'>): Rows {
  return [
    ['median day', ...measures.map(({ scenario }) => scenario)],
    ...Object.entries(MARKET_LABELS).map(([measure, [label, scale]]) => [
      label,
      ...measures.map(({ market }) => {
        const value = market[measure as RunMeasure] ?? null;
        return value === null ? '–' : number(scale * value);
      }),
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

function between([low, high]: readonly [number, number]): string {
  return `${number(low)} … ${number(high)}`;
}

/** Three digits at least, and a minus sign that cannot be taken for a dash. */
function number(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 4;
  const text = Math.abs(value).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return value < 0 && Number(text.replaceAll(',', '')) !== 0 ? `−${text}` : text;
}
