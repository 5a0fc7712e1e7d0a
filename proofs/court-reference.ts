// `npm run proof:court`: do the court's statistics say what independent libraries say? Cases are drawn from fixed seeds. Where a
// library draws at random, ours is given the positions that it drew, and must then say the same to the last digits; and once more
// with draws of its own, where chance is all that may be between them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ascending, mean, quantileOfSorted, sampleDeviation } from '../domain/descriptive-statistics.ts';
import { boundsFor, crossings } from '../domain/lab/alpha-spending.ts';
import { holm, realityCheck, stepDown } from '../domain/lab/multiple-testing.ts';
import { overfittingProbability } from '../domain/lab/overfitting-probability.ts';
import {
  expectedBestSharpe,
  probabilisticSharpe,
  sharpeError,
  sharpeRatio,
} from '../domain/lab/sharpe-ratio.ts';
import { powerOf } from '../domain/power.ts';
import { RandomKey } from '../domain/random.ts';
import {
  bootstrapMeans,
  independentResample,
  signFlipPValue,
  stationaryResample,
  studentizedInterval,
} from '../domain/resampling.ts';
import type { Resample } from '../domain/resampling.ts';
import { runPython } from './own-python.ts';
import { runProof, say } from './run.ts';

const SCRIPT = {
  script: 'court-reference.py',
  packages: [
    'arch==8.0.0',
    'gsdesign==0.1.5',
    'jsharpe==0.6.3',
    'purgedcv==0.1.11',
    'scipy==1.17.1',
    'statsmodels==0.15.0',
  ],
  environment: 'court-python',
};

const KEY = RandomKey.of('proof of the court');
/** Draws of both sides where each draws its own. */
const LONG_REPS = 20_000;
/** In standard errors, for what has chance between it; some fifteen quantities are looked at. */
const CHANCE = 4;

type Positions = readonly (readonly number[])[];
type Theirs = {
  readonly versions: Readonly<Record<string, string>>;
  readonly intervals: {
    readonly positions: Positions;
    readonly percentile: readonly [number, number];
    readonly studentized: readonly [number, number];
  };
  readonly stationary: { readonly positions: Positions; readonly error: number };
  readonly realityCheck: TheirCheck;
  readonly realityCheckInBlocks: TheirCheck;
  readonly realityCheckLong: number;
  readonly signFlipExact: number;
  readonly signFlipDrawn: number;
  readonly holm: readonly number[];
  readonly power: number;
  readonly crossings: readonly number[];
  readonly crossingsWithDrift: readonly number[];
  readonly probabilisticSharpe: number;
  readonly expectedBest: number;
  readonly deflatedSharpe: number;
  readonly overfitting: number;
};
type TheirCheck = {
  readonly positions: Positions;
  readonly p: number;
  readonly superior: readonly number[];
};

type Row = {
  readonly quantity: string;
  readonly library: string;
  readonly ours: number;
  readonly theirs: number;
  /** Where both drew on their own: the standard error of their difference. Null where they must agree. */
  readonly chance: number | null;
  /** Digits that must agree. */
  readonly digits: number;
};

type Cases = ReturnType<typeof makeCases>;

function makeCases() {
  const values = series('values', 40, (key) => key.exponential() - 0.7);
  const moments = sharpeRatio(values)!;
  const shares = [0.125, 0.25, 0.5, 1];
  const bounds = boundsFor(
    shares,
    shares.map((share) => 0.05 * share * share),
  );
  return {
    /** Skewed, as days of a strategy are. */
    values,
    few: series('few', 12, (key) => key.normal() + 0.4),
    /** Each is half of the one before. */
    series: correlated(
      series('series', 80, (key) => key.normal()),
      0.5,
    ),
    block: 5,
    versions: Array.from({ length: 12 }, (_, version) =>
      // The same spread for all: arch does not divide by it.
      standardised(
        series(`version ${version}`, 60, (key) => key.normal()),
        0.035 * version,
      ),
    ),
    trials: Array.from({ length: 20 }, (_, trial) =>
      series(`trial ${trial}`, 80, (key) => key.normal() + 0.01 * trial),
    ),
    groups: 8,
    pValues: [0.001, 0.04, 0.012, 0.6, 0.02, 0.012, 0.9, 0.03],
    power: { effect: 0.4, units: 40, level: 0.05 },
    sharpe: { ...moments, benchmark: 0.1 },
    bestOf: { trials: 50, deviation: 0.12 },
    looks: { shares, bounds, drift: 2.5 },
    longReps: LONG_REPS,
  };
}

function compare(cases: Cases, theirs: Theirs): Row[] {
  const { values, few, power, sharpe, bestOf, looks } = cases;
  return [
    ...compareIntervals(cases, theirs),
    ...compareStationary(cases, theirs),
    ...compareChecks(cases, theirs),
    row('sign flip, 12 values, exact', 'scipy', signFlipPValue(few, KEY, 1), theirs.signFlipExact),
    {
      ...row(
        'sign flip, 40 values',
        'scipy',
        signFlipPValue(values, KEY.at('flip'), LONG_REPS),
        theirs.signFlipDrawn,
      ),
      chance: binomialChance(theirs.signFlipDrawn),
    },
    ...holm(cases.pValues).map((p, i) => row(`Holm, p-value ${i + 1}`, 'statsmodels', p, theirs.holm[i]!)),
    // The quantile of the normal distribution is good for 9 digits.
    row('power', 'statsmodels', powerOf(power.effect, 1, power.units, power.level), theirs.power, 8),
    ...[0, looks.drift].flatMap((drift) =>
      crossings(looks.shares, looks.bounds, drift).map(({ above, below }, look) =>
        row(
          `stop at look ${look + 1}${drift === 0 ? '' : ', with an edge'}`,
          'gsdesign',
          above + below,
          (drift === 0 ? theirs.crossings : theirs.crossingsWithDrift)[look]!,
          7,
        ),
      ),
    ),
    row(
      'probabilistic Sharpe',
      'jsharpe',
      probabilisticSharpe(sharpe, sharpe.benchmark),
      theirs.probabilisticSharpe,
    ),
    row(
      'best Sharpe of 50 by luck',
      'jsharpe',
      expectedBestSharpe(bestOf.deviation, bestOf.trials),
      theirs.expectedBest,
      8,
    ),
    row('deflated Sharpe', 'purgedcv', deflatedAsPurgedcv(cases), theirs.deflatedSharpe, 7),
    row('probability of overfitting', 'purgedcv', overfittingOf(cases), theirs.overfitting),
  ];
}

function compareIntervals({ values }: Cases, { intervals }: Theirs): Row[] {
  const draws = intervals.positions.length;
  const percentileOf = (resample: Resample, reps: number): number[] => {
    const sorted = ascending(bootstrapMeans(values, resample, reps));
    return [quantileOfSorted(sorted, 0.025), quantileOfSorted(sorted, 0.975)];
  };
  const given = percentileOf(drawnBy(intervals.positions), draws);
  const own = percentileOf(independentResample(values.length, KEY.at('interval')), LONG_REPS);
  const error = sampleDeviation(values) / Math.sqrt(values.length);
  const studentized = studentizedInterval(
    [{ values, sign: 1, resample: drawnBy(intervals.positions) }],
    0.05,
    draws,
  ).map((end) => (mean(values) - end) / error);
  return ['low', 'high'].flatMap((end, i) => [
    row(`percentile interval, ${end} end`, 'arch', given[i]!, intervals.percentile[i]!),
    row(`studentised quantile, ${end} end`, 'arch', studentized[i]!, intervals.studentized[i]!),
    {
      ...row(`percentile interval, ${end} end, own draws`, 'arch', own[i]!, intervals.percentile[i]!),
      chance: quantileChance(error, draws),
    },
  ]);
}

function compareStationary({ series, block }: Cases, { stationary }: Theirs): Row[] {
  const draws = stationary.positions.length;
  const errorOf = (resample: Resample, reps: number): number =>
    sampleDeviation(bootstrapMeans(series, resample, reps));
  const own = errorOf(stationaryResample(series.length, block, KEY.at('stationary')), LONG_REPS);
  return [
    row(
      'stationary bootstrap, error',
      'arch',
      errorOf(drawnBy(stationary.positions), draws),
      stationary.error,
    ),
    {
      ...row('stationary bootstrap, error, own draws', 'arch', own, stationary.error),
      chance: stationary.error * Math.sqrt(1 / (2 * draws) + 1 / (2 * LONG_REPS)),
    },
  ];
}

function compareChecks(cases: Cases, theirs: Theirs): Row[] {
  const { versions } = cases;
  const own = independentResample(versions[0]!.length, KEY.at('reality check'));
  return [
    ...(
      [
        ['', theirs.realityCheck],
        [', in blocks', theirs.realityCheckInBlocks],
      ] as const
    ).flatMap(([name, { positions, p, superior }]) => {
      const resample = drawnBy(positions);
      const found = stepDown(versions, resample, positions.length).flatMap((one, i) =>
        one <= 0.05 ? [i] : [],
      );
      return [
        row(
          `Reality Check${name}`,
          'arch',
          // Ours counts what was seen as one of the draws.
          (realityCheck(versions, resample, positions.length) * (positions.length + 1) - 1) /
            positions.length,
          p,
        ),
        row(`step-down, versions found${name}`, 'arch', setNumber(found), setNumber(superior)),
      ];
    }),
    {
      ...row(
        'Reality Check, own draws',
        'arch',
        realityCheck(versions, own, LONG_REPS),
        theirs.realityCheckLong,
      ),
      chance: binomialChance(theirs.realityCheckLong),
    },
  ];
}

/** purgedcv divides by the deviation with n below, and so has a slightly larger ratio. */
function deflatedAsPurgedcv({ sharpe, bestOf }: Cases): number {
  const { observations } = sharpe;
  const moments = { ...sharpe, ratio: sharpe.ratio * Math.sqrt(observations / (observations - 1)) };
  return probabilisticSharpe(
    { ...moments, standardError: sharpeError(moments) },
    expectedBestSharpe(bestOf.deviation, bestOf.trials),
  );
}

function overfittingOf({ trials, groups }: Cases): number {
  const result = overfittingProbability(trials, groups);
  return result.type === 'known' ? result.probability : NaN;
}

function row(quantity: string, library: string, ours: number, theirs: number, digits = 11): Row {
  return { quantity, library, ours, theirs, chance: null, digits };
}

function drawnBy(positions: Positions): Resample {
  return (draw) => positions[draw]!;
}

/** Of two shares, each counted over the long number of draws. */
function binomialChance(share: number): number {
  return Math.sqrt((2 * share * (1 - share)) / LONG_REPS);
}

/** Of the 2.5 % quantile of about normal means: √(p (1 − p) ÷ draws) ÷ density, for theirs and ours. */
function quantileChance(error: number, draws: number): number {
  return error * (Math.sqrt(0.025 * 0.975) / 0.05845) * Math.sqrt(1 / draws + 1 / LONG_REPS);
}

/** A set of versions as one number: a bit for each. */
function setNumber(members: readonly number[]): number {
  return members.reduce((sum, member) => sum + 2 ** member, 0);
}

function series(name: string, count: number, draw: (key: RandomKey) => number): number[] {
  return Array.from({ length: count }, (_, i) => draw(KEY.at(name, i)));
}

function correlated(noise: readonly number[], share: number): number[] {
  let last = 0;
  return noise.map((value) => (last = share * last + value));
}

function standardised(values: readonly number[], centre: number): number[] {
  const [from, deviation] = [mean(values), sampleDeviation(values)];
  return values.map((value) => (value - from) / deviation + centre);
}

/** Decimal digits that two numbers share. */
function digitsOf({ ours, theirs }: Row): number {
  if (ours === theirs) return 16;
  return Math.max(0, -Math.log10(Math.abs(ours - theirs) / Math.abs(theirs)));
}

function agrees(one: Row): boolean {
  return one.chance === null
    ? digitsOf(one) >= one.digits
    : Math.abs(one.ours - one.theirs) <= CHANCE * one.chance;
}

function render(rows: readonly Row[], versions: Theirs['versions']): string {
  const lines = rows.map((one) => {
    const how =
      one.chance === null
        ? `${Math.floor(digitsOf(one))} digits`
        : `${(Math.abs(one.ours - one.theirs) / one.chance).toFixed(1)} standard errors of chance`;
    return [
      one.quantity.padEnd(44),
      one.ours.toPrecision(12).padStart(20),
      one.theirs.toPrecision(12).padStart(20),
      `${one.library} ${versions[one.library]}`.padEnd(19),
      `${how}${agrees(one) ? '' : '  DISAGREES'}`,
    ].join('  ');
  });
  const heads = ['quantity'.padEnd(44), 'ours'.padStart(20), 'theirs'.padStart(20), 'library'.padEnd(19)];
  return [[...heads, 'agreement'].join('  '), ...lines].join('\n');
}

if (require.main === module)
  runProof(async () => {
    const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
    const cases = makeCases();
    const folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-court-'));
    try {
      const file = path.join(folder, 'cases.json');
      writeFileSync(file, JSON.stringify(cases));
      const theirs = runPython(SCRIPT, file) as Theirs;
      const rows = compare(cases, theirs);
      const isPassed = rows.every(agrees);
      const { versions } = theirs;
      process.stdout.write(
        values.json
          ? `${JSON.stringify({ versions, rows, isPassed }, null, 2)}\n`
          : `${render(rows, versions)}\n${isPassed ? 'passed' : 'NOT passed'}\n`,
      );
      if (!isPassed) say('Some quantities do not agree.');
      return isPassed ? 0 : 1;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
