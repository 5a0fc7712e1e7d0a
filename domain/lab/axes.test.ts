import fc from 'fast-check';
import { quantileOfSorted, sampleDeviation } from '../descriptive-statistics.ts';
import { followMomentum } from '../market/strategies/follow-momentum.ts';
import { quoteBothSides } from '../market/strategies/quote-both-sides.ts';
import type { Strategy } from '../market/strategy.ts';
import { AXES, axesOf, AXIS_BREAKPOINTS, AXIS_NAMES, axisScore } from './axes.ts';
import type { Axis, AxisResult, AxisRun } from './axes.ts';
import { labRun, RUN_MEASURES, unfinishedRun } from './run.ts';
import type { RunValues } from './run.ts';
import { scenarioConfig } from './scenario.ts';

const UNKNOWN = Object.fromEntries(Object.keys(RUN_MEASURES).map((name) => [name, null])) as RunValues;

function aRun(seed: number, values: Partial<RunValues>, scenario = 'realistic'): AxisRun {
  return { scenario, seed, ended: { type: 'ok' }, values: { ...UNKNOWN, ...values } };
}

const TRADED: Partial<RunValues> = {
  pnlCents: 200,
  peakCapitalCents: 40_000,
  maxDrawdownCents: 100,
  spreadCents: 60,
  after1sCents: -20,
  feesCents: 10,
  volume: 100,
  fills: 10,
  marketVolatilityBps: 6,
  marketSpreadBps: 4,
  marketDepth: 900,
};
const WITHOUT: Partial<RunValues> = { marketVolatilityBps: 5, marketSpreadBps: 5, marketDepth: 1000 };

function overall(own: readonly AxisRun[], absent: readonly AxisRun[]): Record<Axis, AxisResult> {
  const results = axesOf(own, absent).overall;
  expect(results.map(({ axis }) => axis)).toEqual(AXIS_NAMES);
  return Object.fromEntries(results.map((result) => [result.axis, result])) as Record<Axis, AxisResult>;
}

const reasonsOf = (results: Readonly<Record<Axis, AxisResult>>) =>
  AXIS_NAMES.map((axis) => results[axis].reason);

describe.each(AXIS_NAMES)('the scale of %s', (axis) => {
  const quantiles = AXIS_BREAKPOINTS.quantiles[axis];
  const { isMoreBetter } = AXES[axis];
  const [worst, best] = isMoreBetter
    ? [quantiles[0]!, quantiles.at(-1)!]
    : [quantiles.at(-1)!, quantiles[0]!];
  const beyond = Math.sign(best - worst);

  test('has breakpoints that ascend', () => {
    expect(quantiles).toHaveLength(11);
    for (const [i, quantile] of quantiles.entries()) {
      expect(Number.isFinite(quantile)).toBe(true);
      if (i > 0) expect(quantile).toBeGreaterThan(quantiles[i - 1]!);
    }
  });

  test('has the worst reference strategy at 1, the median one at 5.5 and the best one at 10', () => {
    expect(axisScore(axis, worst)).toBe(1);
    expect(axisScore(axis, quantileOfSorted(quantiles, 0.5))).toBeCloseTo(5.5, 12);
    expect(axisScore(axis, best)).toBe(10);
  });

  test('goes on at its ends', () => {
    expect(axisScore(axis, worst - beyond)).toBe(1);
    expect(axisScore(axis, best + beyond)).toBe(10);
    expect(axisScore(axis, -beyond * Infinity)).toBe(1);
    expect(axisScore(axis, beyond * Infinity)).toBe(10);
  });

  test('is a tenth of the way at each breakpoint, and straight between two', () => {
    quantiles.forEach((quantile, i) => {
      const share = isMoreBetter ? i / 10 : 1 - i / 10;
      expect(axisScore(axis, quantile)).toBeCloseTo(1 + 9 * share, 12);
      if (i === 0) return;
      const before = quantiles[i - 1]!;
      const quarter = axisScore(axis, before + (quantile - before) / 4);
      const scoreBefore = axisScore(axis, before);
      expect(quarter).toBeCloseTo(scoreBefore + (axisScore(axis, quantile) - scoreBefore) / 4, 9);
    });
  });

  test('never scores what is better lower', () => {
    const reach = quantiles.at(-1)! - quantiles[0]!;
    const value = fc.double({ min: quantiles[0]! - reach, max: quantiles.at(-1)! + reach, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [low, high] = [axisScore(axis, Math.min(a, b)), axisScore(axis, Math.max(a, b))];
        expect(Math.min(low, high)).toBeGreaterThanOrEqual(1);
        expect(Math.max(low, high)).toBeLessThanOrEqual(10);
        expect(isMoreBetter ? high - low : low - high).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('values', () => {
  test('of one day, computed by hand', () => {
    const axes = overall([aRun(1, TRADED)], [aRun(1, WITHOUT)]);

    expect(axes).toMatchObject({
      profitability: {
        value: 0.5,
        unit: '% of capital a day',
        measure: 'pnlCents ÷ peakCapitalCents',
        days: 1,
      },
      risk: { value: 0.25 },
      volatility: { value: 20, measure: 'marketVolatilityBps with it ÷ without it − 1' },
      spread: { value: -20 },
      liquidity: { value: -10 },
      execution: { value: 0.5, measure: '(spreadCents + after1sCents + feesCents) ÷ volume' },
    });
    for (const axis of AXIS_NAMES) expect(axes[axis].score).toBe(axisScore(axis, axes[axis].value!));
  });

  test('are of the means over days: a small day counts little, one without a trade has nothing to count', () => {
    const small = {
      ...TRADED,
      pnlCents: -10,
      peakCapitalCents: 10_000,
      spreadCents: -40,
      volume: 20,
      fills: 1,
    };
    const idle = { ...TRADED, pnlCents: 0, peakCapitalCents: 0, maxDrawdownCents: 0, volume: 0, fills: 0 };
    const own = [
      aRun(1, TRADED),
      aRun(2, small),
      aRun(3, { ...idle, spreadCents: 0, after1sCents: 0, feesCents: 0 }),
    ];
    const { profitability, execution } = overall(own, []);

    expect(profitability).toMatchObject({ value: (100 * 190) / 50_000, days: 3 });
    expect(execution).toMatchObject({ value: (50 - 50) / 120, days: 3 });
  });

  test('of the market are of days that there are with and without it', () => {
    const own = [1, 2, 3, 4].map((seed) => aRun(seed, TRADED));
    own[3] = aRun(4, { ...TRADED, marketSpreadBps: null });
    const lost = {
      ...unfinishedRun(3, { type: 'void', reason: 'timeout', message: '' }),
      scenario: 'realistic',
    };
    const absent = [aRun(1, WITHOUT), aRun(2, { ...WITHOUT, marketSpreadBps: 3 }), lost, aRun(4, WITHOUT)];
    const { spread, volatility, profitability } = overall(own, absent);

    expect([spread.days, volatility.days, profitability.days]).toEqual([2, 3, 4]);
    expect(spread.value).toBeCloseTo(0, 12);
  });

  test('are had by scenario, each against its own days, and over all of them', () => {
    const own = [aRun(1, TRADED, 'thin'), aRun(1, { ...TRADED, pnlCents: 600 }, 'stable')];
    const absent = [aRun(1, { ...WITHOUT, marketDepth: 600 }, 'stable'), aRun(1, WITHOUT, 'thin')];
    const { scenarios, overall: all, breakpoints } = axesOf(own, absent);
    const of = (results: readonly AxisResult[], axis: Axis) =>
      results.find((one) => one.axis === axis)!.value;

    expect(scenarios.map(({ scenario }) => scenario)).toEqual(['thin', 'stable']);
    expect(scenarios.map(({ axes }) => of(axes, 'profitability'))).toEqual([0.5, 1.5]);
    expect(scenarios.map(({ axes }) => of(axes, 'liquidity'))).toEqual([-10, 50]);
    expect(of(all, 'profitability')).toBe(1);
    expect(of(all, 'liquidity')).toBe(12.5);
    expect(breakpoints).toBe(AXIS_BREAKPOINTS.version);
  });
});

describe('how sure they are', () => {
  const withGain = (seed: number, pnlCents: number, scenario?: string) =>
    aRun(seed, { ...TRADED, pnlCents }, scenario);

  test('is the error of a mean where days are of equal size, and scores two of them around', () => {
    const { profitability } = overall([withGain(1, 100), withGain(2, 200), withGain(3, 600)], []);

    expect(profitability.value).toBeCloseTo(0.75, 12);
    expect(profitability.error).toBeCloseTo(sampleDeviation([0.25, 0.5, 1.5]) / Math.sqrt(3), 12);
    const [low, high] = [-2, 2].map((errors) => 0.75 + errors * profitability.error!);
    expect(profitability.scoreRange).toEqual([
      axisScore('profitability', low!),
      axisScore('profitability', high!),
    ]);
  });

  test('is computed by hand where they are not', () => {
    const own = [aRun(1, TRADED), aRun(2, { ...TRADED, pnlCents: -10, peakCapitalCents: 10_000 })];
    const { profitability } = overall(own, []);

    // Of 0.38 %: 4,800 more and 4,800 less, in hundredths of a cent, of 50,000 cents.
    expect(profitability.value).toBeCloseTo(0.38, 12);
    expect(profitability.error).toBeCloseTo((Math.sqrt(4) * 4800) / 50_000, 12);
  });

  test('takes scenarios of one seed as one', () => {
    const scenarios = ['realistic', 'thin'];
    const twice = scenarios.flatMap((name) => [withGain(1, 100, name), withGain(2, 300, name)]);
    const once = [withGain(1, 100), withGain(2, 300)];

    expect(overall(twice, []).profitability.error).toBeCloseTo(overall(once, []).profitability.error!, 12);
  });

  test('has the lower score first, also where less is better, and is not known of one seed', () => {
    const own = [0, 9000].map((maxDrawdownCents, i) => aRun(i, { ...TRADED, maxDrawdownCents }));
    const [low, high] = overall(own, []).risk.scoreRange!;

    expect(low).toBeLessThan(high);
    expect(overall([aRun(1, TRADED)], []).risk).toMatchObject({ error: null, scoreRange: null });
  });
});

describe('nothing is known, and it is said why,', () => {
  test('of what never traded, but for what it did to the market', () => {
    const idle = { ...TRADED, pnlCents: 0, peakCapitalCents: 0, maxDrawdownCents: 0, volume: 0, fills: 0 };
    const axes = overall([aRun(1, idle)], [aRun(1, idle)]);

    expect(reasonsOf(axes)).toEqual(['never_traded', 'never_traded', null, null, null, 'never_traded']);
    expect(axes.profitability).toMatchObject({ value: null, score: null });
    expect(axes.spread.value).toBe(0);
  });

  test('of what has a target, but for what it did to the market', () => {
    const axes = overall([aRun(1, { ...TRADED, shortfallBps: 3 })], [aRun(1, WITHOUT)]);

    expect(reasonsOf(axes)).toEqual(['execution', 'execution', null, null, null, 'execution']);
  });

  test('when a day failed: the other days alone would flatter it', () => {
    const ended = { type: 'failed', reason: 'threw', message: '', account: null } as const;
    const failed = { ...unfinishedRun(2, ended), scenario: 'thin' };
    const own = [aRun(1, TRADED, 'realistic'), aRun(1, TRADED, 'thin'), failed];
    const { scenarios, overall: all } = axesOf(own, [aRun(1, WITHOUT), aRun(1, WITHOUT, 'thin')]);
    const [realistic, thin] = scenarios.map(({ axes }) => axes.map(({ reason }) => reason));

    expect(realistic).toEqual(new Array(6).fill(null));
    expect(thin).toEqual(new Array(6).fill('failed'));
    expect(all.map(({ score, reason }) => [score, reason])).toEqual(new Array(6).fill([null, 'failed']));
  });

  test('of the market without days to compare with, and of nothing without days', () => {
    expect(reasonsOf(overall([aRun(1, TRADED)], []))).toEqual([
      null,
      null,
      'not_measured',
      'not_measured',
      'not_measured',
      null,
    ]);
    expect(reasonsOf(overall([], []))).toEqual(new Array(6).fill('not_measured'));
    const lost = { ...unfinishedRun(1, { type: 'void', reason: 'timeout', message: '' }), scenario: 'thin' };
    expect(overall([lost], []).profitability).toMatchObject({ days: 0, reason: 'not_measured' });
  });
});

describe('strategies that are known well', () => {
  const config = { ...scenarioConfig('realistic', 1), close: '' };
  config.close = `${String(Number(config.open.slice(0, 2)) + 1).padStart(2, '0')}${config.open.slice(2)}`;
  const absent = [{ ...labRun(config, 1, null), scenario: 'realistic' }];
  const axes = (strategy: Strategy) =>
    overall([{ ...labRun(config, 1, strategy), scenario: 'realistic' }], absent);
  const maker = axes(quoteBothSides({ quantity: 10, mostInventory: 50 }));
  const follower = axes(followMomentum({ quantity: 50, window: 20 }));

  test('stand where they should: who rests executes above the median, who takes at every turn below it', () => {
    expect(maker.execution.score).toBeGreaterThan(5.5);
    expect(follower.execution.score).toBeLessThan(5.5);
    expect(follower.profitability.score).toBeLessThan(maker.profitability.score!);
  });

  test('leave the market as it is when they do nothing', () => {
    const idle: Strategy = {
      initialize: () => undefined,
      onTick: () => [],
      onMarketData: () => [],
      onOrderUpdate: () => [],
      onSimulationEnd: () => undefined,
    };
    const { volatility, spread, liquidity, profitability } = axes(idle);

    expect([volatility.value, spread.value, liquidity.value]).toEqual([0, 0, 0]);
    expect(profitability.reason).toBe('never_traded');
  });
});
