// Six axes of a strategy: what it is like, beside the verdict. They describe and never judge: each is one plain measure with a score
// beside it that says where the reference strategies stand. There is no sum of them and no weight, and nothing is accepted, rejected
// or stopped by one: intervals decide that (judge.ts).
import { groupBy } from '../group-by.ts';
import type { LabRun, RunMeasure, RunValues } from './run.ts';

/** The value of an axis is the mean of some measures over days, in relation to the mean of another one over the same days. */
type AxisDefinition = {
  readonly description: string;
  readonly unit: string;
  readonly isMoreBetter: boolean;
} & (
  | {
      readonly subject: 'strategy';
      /** Summed. */
      readonly parts: readonly RunMeasure[];
      readonly over: RunMeasure;
      /** Into the unit. */
      readonly scale: number;
    }
  /** With the strategy, in relation to the same days without it. */
  | { readonly subject: 'market'; readonly of: RunMeasure }
);

const CHANGE = '% more than without it';

export const AXES = {
  profitability: {
    description: 'gain after fees and liquidation, over the largest capital held',
    unit: '% of capital a day',
    isMoreBetter: true,
    subject: 'strategy',
    parts: ['pnlCents'],
    over: 'peakCapitalCents',
    scale: 100,
  },
  risk: {
    description: 'largest fall of its value from its peak, over the largest capital held',
    unit: '% of capital',
    isMoreBetter: false,
    subject: 'strategy',
    parts: ['maxDrawdownCents'],
    over: 'peakCapitalCents',
    scale: 100,
  },
  volatility: {
    description: "what it does to the market's volatility",
    unit: CHANGE,
    isMoreBetter: false,
    subject: 'market',
    of: 'marketVolatilityBps',
  },
  spread: {
    description: "what it does to the market's spread",
    unit: CHANGE,
    isMoreBetter: false,
    subject: 'market',
    of: 'marketSpreadBps',
  },
  liquidity: {
    description: 'what it does to the shares at the best prices, its own included',
    unit: CHANGE,
    isMoreBetter: true,
    subject: 'market',
    of: 'marketDepth',
  },
  execution: {
    // A second is enough for the market to answer a trade, and too short to be right about the price.
    description: 'what a share was worth a second after its trade beyond what it cost, fees included',
    unit: 'cents a share',
    isMoreBetter: true,
    subject: 'strategy',
    parts: ['spreadCents', 'after1sCents', 'feesCents'],
    over: 'volume',
    scale: 1,
  },
} as const satisfies Readonly<Record<string, AxisDefinition>>;
export type Axis = keyof typeof AXES;
export const AXIS_NAMES = Object.keys(AXES) as readonly Axis[];

/**
 * Why nothing is known:
 * - `failed`: a day failed by the strategy's own doing; the other days alone would flatter it.
 * - `execution`: it has a target, and these axes are of strategies that trade for themselves; its shortfall is its measure.
 * - `never_traded`: on no day.
 * - `not_measured`: there is no day on which the measure is known.
 */
export type AxisUnknown = 'failed' | 'execution' | 'never_traded' | 'not_measured';

export type AxisResult = {
  readonly axis: Axis;
  /** In terms of RUN_MEASURES; means over days. */
  readonly measure: string;
  readonly unit: string;
  /** Days on which it is known, and which the value is of. */
  readonly days: number;
} & (
  | {
      readonly value: number;
      /** Standard error of the value over seeds; null for less than two. */
      readonly error: number | null;
      /** 1 to 10: 1 is the worst of the reference strategies or worse, 5.5 their median, 10 the best or better. */
      readonly score: number;
      /** Scores of the value less and plus two errors, the lower one first: how much of the score may be luck. */
      readonly scoreRange: readonly [low: number, high: number] | null;
      readonly reason: null;
    }
  | {
      readonly value: null;
      readonly error: null;
      readonly score: null;
      readonly scoreRange: null;
      readonly reason: AxisUnknown;
    }
);

export type StrategyAxes = {
  /** Of AXIS_BREAKPOINTS: scores of unlike versions cannot be compared. */
  readonly breakpoints: number;
  /** Over all days of all scenarios, each axis once, in the order of AXES. */
  readonly overall: readonly AxisResult[];
  /** In order of appearance. */
  readonly scenarios: readonly { readonly scenario: string; readonly axes: readonly AxisResult[] }[];
};

/** A run, and where it was. */
export type AxisRun = { readonly scenario: string } & Pick<LabRun, 'seed' | 'ended' | 'values'>;

/**
 * Where a strategy stands on each axis, by scenario and overall. Days of every scenario are scored on the same scale, that of
 * whole days of `realistic`, so that scenarios can be compared with each other. A description, never a verdict.
 * @param own runs of the strategy
 * @param absent the same days without it; those that are missing or void are left out of the three axes of the market
 */
export function axesOf(own: readonly AxisRun[], absent: readonly AxisRun[]): StrategyAxes {
  const without = new Map(absent.map((run) => [placeOf(run), run.values]));
  const axes = (runs: readonly AxisRun[]): AxisResult[] =>
    AXIS_NAMES.map((axis) => resultOf(axis, runs, without));
  return {
    breakpoints: AXIS_BREAKPOINTS.version,
    overall: axes(own),
    scenarios: [...groupBy(own, ({ scenario }) => scenario)].map(([scenario, runs]) => ({
      scenario,
      axes: axes(runs),
    })),
  };
}

/** 1 to 10, by straight lines between the breakpoints of AXIS_BREAKPOINTS; what lies beyond them is 1 or 10. */
export function axisScore(axis: Axis, value: number): number {
  const share = shareBelow(AXIS_BREAKPOINTS.quantiles[axis], value);
  return 1 + 9 * (AXES[axis].isMoreBetter ? share : 1 - share);
}

type Without = ReadonlyMap<string, RunValues | null>;

function resultOf(axis: Axis, runs: readonly AxisRun[], without: Without): AxisResult {
  const definition: AxisDefinition = AXES[axis];
  const days = runs.flatMap((run) => dayOf(definition, run, without) ?? []);
  const whole = days.reduce((sum, day) => sum + day.whole, 0);
  const result = { axis, measure: measureOf(definition), unit: definition.unit, days: days.length };
  const reason = whyUnknown(definition, runs) ?? (whole === 0 ? 'not_measured' : null);
  if (reason !== null) return { ...result, value: null, error: null, score: null, scoreRange: null, reason };
  const value = days.reduce((sum, { part }) => sum + part, 0) / whole;
  const error = errorOf(days, value);
  return {
    ...result,
    value,
    error,
    score: axisScore(axis, value),
    scoreRange: rangeOf(axis, value, error),
    reason,
  };
}

/** A day of an axis: its value is the sum of the parts ÷ the sum of the wholes. */
type AxisDay = { readonly seed: number; readonly part: number; readonly whole: number };

/** Of a ratio of two means (Cochran, Sampling Techniques, 1977, chapter 6); days of one seed are one sample. */
function errorOf(days: readonly AxisDay[], ratio: number): number | null {
  const seeds = [...groupBy(days, ({ seed }) => seed).values()];
  if (seeds.length < 2) return null;
  const residuals = seeds.map((own) => own.reduce((sum, { part, whole }) => sum + part - ratio * whole, 0));
  const squares = residuals.reduce((sum, residual) => sum + residual * residual, 0);
  const whole = days.reduce((sum, day) => sum + day.whole, 0);
  return Math.sqrt((squares * seeds.length) / (seeds.length - 1)) / whole;
}

function rangeOf(axis: Axis, value: number, error: number | null): readonly [number, number] | null {
  if (error === null) return null;
  const [one, other] = [axisScore(axis, value - 2 * error), axisScore(axis, value + 2 * error)];
  return one < other ? [one, other] : [other, one];
}

function measureOf(definition: AxisDefinition): string {
  if (definition.subject === 'market') return `${definition.of} with it ÷ without it − 1`;
  const { parts, over } = definition;
  return `${parts.length > 1 ? `(${parts.join(' + ')})` : parts[0]} ÷ ${over}`;
}

/** In the unit of the axis; null for a day on which it is not known. */
function dayOf(
  definition: AxisDefinition,
  { scenario, seed, values }: AxisRun,
  without: Without,
): AxisDay | null {
  if (values === null) return null;
  if (definition.subject === 'strategy') {
    const parts = definition.parts.map((name) => values[name]);
    const whole = values[definition.over];
    if (whole === null || parts.some((part) => part === null)) return null;
    return { seed, part: definition.scale * parts.reduce((sum: number, part) => sum + part!, 0), whole };
  }
  const whole = without.get(placeOf({ scenario, seed }))?.[definition.of] ?? null;
  const present = values[definition.of];
  return present === null || whole === null ? null : { seed, part: 100 * (present - whole), whole };
}

function whyUnknown({ subject }: AxisDefinition, runs: readonly AxisRun[]): AxisUnknown | null {
  if (runs.some(({ ended }) => ended.type === 'failed')) return 'failed';
  // What somebody does to the market is known without a trade, and whatever it is to do.
  if (subject === 'market') return null;
  const days = runs.flatMap(({ values }) => values ?? []);
  if (days.some(({ shortfallBps }) => shortfallBps !== null)) return 'execution';
  return days.length > 0 && days.every(({ fills }) => fills === 0) ? 'never_traded' : null;
}

function placeOf({ scenario, seed }: Pick<AxisRun, 'scenario' | 'seed'>): string {
  return `${seed} ${scenario}`;
}

/** Share of the reference strategies that come to less, by their quantiles at equal steps, ascending. */
function shareBelow(quantiles: readonly number[], value: number): number {
  const above = quantiles.findIndex((quantile) => quantile > value);
  if (above <= 0) return above === 0 ? 0 : 1;
  const [low, high] = [quantiles[above - 1]!, quantiles[above]!];
  return (above - 1 + (value - low) / (high - low)) / (quantiles.length - 1);
}

/**
 * What reference strategies come to: the least, the tenths between and the most of them on each axis, in its unit. Made by
 * `npm run axes:breakpoints` (proofs/axis-breakpoints.ts, which has their parameters), never by hand: 12 market makers
 * (`examples/market-maker.ts`), 12 that follow the price (`examples/momentum.ts`), 12 random traders and 12 that do anything that is
 * allowed (`proofs/strategies/`), each over the same 12 whole days of `realistic`, the first seeds of block 1 of `train`. To be made
 * anew, as the next version, when the market or an axis changes.
 */
export const AXIS_BREAKPOINTS: {
  readonly version: number;
  readonly quantiles: Readonly<Record<Axis, readonly number[]>>;
} = {
  version: 1,
  quantiles: {
    profitability: [-146, -58.89, -11.13, -5.438, -1.166, -0.8581, -0.3505, -0.2485, 0.677, 5.211, 26.7],
    risk: [0.2013, 0.5992, 0.7377, 0.8681, 0.9626, 1.236, 1.606, 5.469, 11.26, 58.87, 146],
    volatility: [-2.299, -0.2729, 0.007796, 0.5003, 0.7694, 0.8779, 1.074, 1.39, 1.803, 2.813, 11.73],
    spread: [-11.79, -6.269, -5.324, -1.678, -0.2339, -0.08704, 0.09572, 0.2817, 0.9245, 3.799, 31],
    liquidity: [-14.56, -6.915, -6.192, -3.763, -1.779, -1.227, -0.8898, -0.5001, -0.04214, 0.3708, 1.272],
    execution: [-1.639, -1.484, -1.313, -1.294, -1.21, -1.031, -0.8891, -0.7128, 0.7056, 0.7261, 0.8064],
  },
};
