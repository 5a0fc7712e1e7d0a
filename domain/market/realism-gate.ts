// The gate: twelve rows that a market must be in to be called realistic, judged over many days, one for each seed. One day says
// little: what is judged is a median over days, or a number of all days together, with the interval that a bootstrap over days gives
// it. Bands: market.md 3.4 of the design, from the literature that stylised-facts.ts cites.
import {
  ascending,
  autocorrelation,
  mean,
  median,
  quantileOfSorted,
  sampleDeviation,
} from '../descriptive-statistics.ts';
import { RandomKey } from '../random.ts';
import { LEAST_RETURNS, BASIS_POINTS, returnsOf } from './market-metrics.ts';
import { impactExponent, measureImpacts } from './metaorders.ts';
import type { Impacts } from './metaorders.ts';
import { minuteQuotes } from './minute-quotes.ts';
import { PRICE_RULES, gainOf } from './price-rules.ts';
import type { Recording } from './recording.ts';
import { computeStylisedFacts } from './stylised-facts.ts';
import type { StylisedFacts } from './stylised-facts.ts';

const LAGS = [2, 3, 4, 5, 6, 7, 8, 9, 10];

/** What the gate knows of a day. */
export type GateDay = {
  readonly facts: StylisedFacts;
  /** Autocorrelations of one-minute returns at lags of 2 to 10 minutes. */
  readonly returnAcfs: readonly (number | null)[];
  readonly impacts: Impacts;
  /** Of each price-only rule, in basis points. */
  readonly gainsBps: readonly number[];
  readonly medianSpreadBps: number | null;
  /** Mean spread ÷ standard deviation of a minute's return. */
  readonly spreadToVolatility: number | null;
};

/** @param recording with rows, of the profile `quant` or `full` */
export function measureGateDay(recording: Recording, openNs: number, closeNs: number): GateDay {
  const { quotes, trades } = recording;
  const facts = computeStylisedFacts(quotes, trades, openNs, closeNs);
  const marks = minuteQuotes(quotes, openNs, closeNs);
  const mids = marks.map((mark) => (mark === null ? null : (mark.bid + mark.ask) / 2));
  const returns = returnsOf(mids);
  const level = mids.find((mid) => mid !== null) ?? null;
  const { minuteVolatilityBps: volatility, medianSpreadCents, meanSpreadCents } = facts;
  const bps = (cents: number | null): number | null =>
    cents === null || level === null ? null : (cents / level) * BASIS_POINTS;
  const meanSpreadBps = bps(meanSpreadCents);
  return {
    facts,
    returnAcfs: LAGS.map((lag) => autocorrelation(returns, lag, LEAST_RETURNS)),
    impacts: volatility ? measureImpacts(recording, volatility / BASIS_POINTS) : new Map(),
    gainsBps: PRICE_RULES.map((rule) => gainOf(rule, marks)),
    medianSpreadBps: bps(medianSpreadCents),
    spreadToVolatility: volatility && meanSpreadBps !== null ? meanSpreadBps / volatility : null,
  };
}

/** One number that is judged, and the open interval that it must lie in. */
type Part = {
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly digits: number;
  /** Null when too few days know it. */
  readonly statistic: (days: readonly GateDay[]) => number | null;
};

/** All parts of a row must be in their bands. */
export type GateRow = { readonly name: string; readonly parts: readonly Part[] };

const part = (
  label: string,
  low: number,
  high: number,
  digits: number,
  statistic: Part['statistic'],
): Part => ({
  label,
  low,
  high,
  digits,
  statistic,
});

/** Median over the days that know it; null when fewer than half of them do. */
const medianOf =
  (value: (day: GateDay) => number | null) =>
  (days: readonly GateDay[]): number | null => {
    const known = days.map(value).filter((one) => one !== null);
    return known.length === 0 || 2 * known.length < days.length ? null : median(known);
  };
const fact = (name: keyof StylisedFacts): Part['statistic'] => medianOf(({ facts }) => facts[name]);
const difference =
  (one: Part['statistic'], other: Part['statistic']): Part['statistic'] =>
  (days) => {
    const [a, b] = [one(days), other(days)];
    return a === null || b === null ? null : a - b;
  };

const kurtosis1 = fact('excessKurtosis1Minute');
const kurtosis5 = fact('excessKurtosis5Minutes');
const kurtosis10 = fact('excessKurtosis10Minutes');
const hurst = fact('signHurst');

export const GATE_ROWS: readonly GateRow[] = [
  {
    name: 'heavy tails that fade with the interval',
    parts: [
      part('excess kurtosis, 1 min', 2, 20, 2, kurtosis1),
      part('… less that of 5 min', 0, Infinity, 2, difference(kurtosis1, kurtosis5)),
      part('that of 5 min less that of 10 min', 0, Infinity, 2, difference(kurtosis5, kurtosis10)),
    ],
  },
  {
    name: 'power-law tail',
    parts: [part('Hill index of |returns|', 2, 5, 2, fact('hillIndex'))],
  },
  {
    name: 'no linear memory',
    parts: [
      part('ACF of returns, lag 1', -0.1, 0.1, 3, fact('returnAcf1')),
      // A single lag of a single day has a standard error of 0.05; the median over 30 days has one of about 0.012.
      part('largest |median over days| of lags 2–10', -Infinity, 0.05, 3, largestMedianAcf),
    ],
  },
  {
    name: 'volatility clusters, time of day taken out',
    parts: [
      part('ACF of |returns|, lag 1', 0.1, Infinity, 3, fact('absoluteReturnAcf1WithoutDay')),
      part('ACF of |returns|, lag 10', 0.03, Infinity, 3, fact('absoluteReturnAcf10WithoutDay')),
    ],
  },
  {
    name: 'volume goes with volatility',
    parts: [part('correlation per minute', 0.2, 0.7, 3, fact('volumeVolatility'))],
  },
  {
    name: 'the U of a day',
    parts: [part('volume, outer ÷ middle third', 1.2, 2.5, 2, fact('outerToMiddleVolume'))],
  },
  {
    name: 'signs of orders have a long memory',
    parts: [
      part('Hurst exponent', 0.6, 0.8, 3, hurst),
      part('… less that in a drawn order', 0.05, Infinity, 3, difference(hurst, fact('shuffledSignHurst'))),
    ],
  },
  {
    name: 'impact of large intentions is concave',
    parts: [
      part('power of size, all days together', 0.4, 0.7, 2, (days) =>
        impactExponent(days.map(({ impacts }) => impacts)),
      ),
    ],
  },
  {
    name: 'both sides are there',
    parts: [part('share of time', 0.99, Infinity, 4, fact('twoSidedShare'))],
  },
  {
    name: 'spread',
    parts: [
      part('median, ticks', 0.99, 3.01, 1, fact('medianSpreadCents')),
      part(
        'median, bps',
        0.5,
        10,
        2,
        medianOf(({ medianSpreadBps }) => medianSpreadBps),
      ),
      part(
        'mean ÷ deviation of a minute',
        0.1,
        1.5,
        2,
        medianOf((day) => day.spreadToVolatility),
      ),
      part('skewness', 1, Infinity, 2, fact('spreadSkewness')),
    ],
  },
  {
    name: 'volatility',
    parts: [part('deviation of a minute, bps', 3, 12, 2, fact('minuteVolatilityBps'))],
  },
  {
    name: 'past prices are worth less than the spread',
    // One in twenty of markets without an edge would have a rule above: 5 % ÷ 16 rules, one-sided.
    parts: [part('t of the best of 16 rules’ gains', -Infinity, 2.73, 2, bestRuleT)],
  },
];

/** Of nine lags the largest: each is first judged over all days, or chance alone would make the largest of a day about 0.10. */
function largestMedianAcf(days: readonly GateDay[]): number | null {
  const medians = LAGS.map((_, i) => medianOf(({ returnAcfs }) => returnAcfs[i]!)(days));
  const known = medians.filter((value) => value !== null);
  return known.length < LAGS.length ? null : Math.max(...known.map(Math.abs));
}

/** Largest t of a rule's gains: it is picked after the fact, and the band allows for that. */
function bestRuleT(days: readonly GateDay[]): number | null {
  if (days.length < 2 || fact('minuteVolatilityBps')(days) === null) return null;
  return Math.max(...PRICE_RULES.map((_, i) => tOf(days.map(({ gainsBps }) => gainsBps[i]!))));
}

/** Mean ÷ its standard error; 0 for a rule that never acts. */
function tOf(values: readonly number[]): number {
  const deviation = sampleDeviation(values);
  return deviation === 0 ? 0 : (mean(values) * Math.sqrt(values.length)) / deviation;
}

export type JudgedPart = {
  readonly label: string;
  /** Null is no end of the band, or not known. */
  readonly low: number | null;
  readonly high: number | null;
  readonly digits: number;
  readonly value: number | null;
  /** From 5 % to 95 % of bootstrap samples of days; null when too few of them know it. */
  readonly interval: readonly [number, number] | null;
  readonly isIn: boolean;
};
export type JudgedRow = {
  readonly name: string;
  readonly isIn: boolean;
  readonly parts: readonly JudgedPart[];
};

const SAMPLES = 1000;
const OUTER = 0.05;

/** @param days at least one; their order changes the last digits of intervals only */
export function judgeRealism(days: readonly GateDay[]): JudgedRow[] {
  const samples = bootstrapSamples(days);
  return GATE_ROWS.map(({ name, parts }) => {
    const judged = parts.map((one) => judgePart(one, days, samples));
    return { name, isIn: judged.every(({ isIn }) => isIn), parts: judged };
  });
}

function bootstrapSamples(days: readonly GateDay[]): GateDay[][] {
  const key = RandomKey.of('bootstrap of days');
  return Array.from({ length: SAMPLES }, (_, sample) =>
    days.map((_day, n) => days[Math.floor(key.at(sample).uniformAt(n) * days.length)]!),
  );
}

function judgePart(
  { label, low, high, digits, statistic }: Part,
  days: readonly GateDay[],
  samples: readonly GateDay[][],
): JudgedPart {
  const value = statistic(days);
  const drawn = ascending(samples.map(statistic).filter((one) => one !== null));
  const isBounded = value !== null && drawn.length >= (1 - OUTER) * samples.length;
  return {
    label,
    low: Number.isFinite(low) ? low : null,
    high: Number.isFinite(high) ? high : null,
    digits,
    value,
    interval: isBounded ? [quantileOfSorted(drawn, OUTER), quantileOfSorted(drawn, 1 - OUTER)] : null,
    isIn: value !== null && value > low && value < high,
  };
}
