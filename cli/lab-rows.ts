// An evaluation in tables: the same for the terminal and the page.
import { FEE_FACTORS, LATENCIES_NS } from '../client/lab-capacity.ts';
import type { Cell } from '../client/lab-capacity.ts';
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
type Labels = Readonly<Partial<Record<RunMeasure, Label>>>;

const MARKET_LABELS: Labels = {
  marketSpreadBps: ['spread, bps', 1],
  marketVolatilityBps: ['volatility a minute, bps', 1],
  marketDepth: ['shares at the touch', 1],
  marketVolume: ['shares traded', 1],
  marketTwoSidedShare: ['time with both sides, %', 100],
  marketVpin: ['VPIN', 1],
  marketResilienceSeconds: ['a wide spread comes back in, s', 1],
};

const RISK_LABELS: Labels = {
  pnlCents: ['gain after liquidation, dollars', 0.01],
  markedPnlCents: ['gain at the last mid, dollars', 0.01],
  carriedShares: ['shares carried to the close', 1],
  maxDrawdownCents: ['drawdown, dollars', 0.01],
  dayShortfallCents: ['worst minutes (CVaR 5 %), dollars', 0.01],
  mostInventory: ['most shares held', 1],
  inventoryDeviation: ['deviation of the shares held', 1],
  peakCapitalCents: ['peak capital, dollars', 0.01],
  pnlPerCapital: ['gain ÷ peak capital, %', 100],
};

const EXECUTION_LABELS: Labels = {
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
};

export const DAYS_LABELS: Readonly<Record<Evidence['days'], string>> = {
  own: 'seeds of your own',
  train: 'for training',
  validation: 'known days',
  sealed: 'sealed seeds',
  sealed_parameters: 'sealed parameters',
  sealed_mechanism: 'sealed mechanism',
  planted: 'planted',
  no_edge: 'no edge',
};

/** A table: its head first. */
export type Rows = readonly (readonly string[])[];

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
      const [label, scale] = MARKET_LABELS[measure] ?? [measure, 1];
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
function measureRows({ measures }: Pick<EvaluationSummary, 'measures'>, title: string, labels: Labels): Rows {
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

function between([low, high]: readonly [number, number]): string {
  return `${number(low)} … ${number(high)}`;
}

/** Three digits at least, and a minus sign that cannot be taken for a dash. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 4;
  const text = Math.abs(value).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return value < 0 && Number(text.replaceAll(',', '')) !== 0 ? `−${text}` : text;
}
