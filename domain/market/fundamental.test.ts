import { RandomKey } from '../random.ts';
import { FundamentalConfig, createFundamental } from './fundamental.ts';
import { MAX_PRICE_CENTS } from './order.ts';
import { NS_PER_SECOND, parseClockTime } from './session-time.ts';

const OPEN = parseClockTime('09:30');
const CLOSE = parseClockTime('16:00');
const DAY_SECONDS = (CLOSE - OPEN) / NS_PER_SECOND;

function path(config: object, seed = 'one'): Float64Array {
  return createFundamental(FundamentalConfig.parse(config), RandomKey.of(seed), OPEN, CLOSE).path.valuesCents;
}

const SPARSE = { type: 'sparse_mean_reverting', meanCents: 100_000, kappaPerNs: 1.67e-16, volatility: 5e-5 };

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

test('is the same whoever looks, and when', () => {
  const one = createFundamental(FundamentalConfig.parse(SPARSE), RandomKey.of('one'), OPEN, CLOSE);
  const other = createFundamental(FundamentalConfig.parse(SPARSE), RandomKey.of('one'), OPEN, CLOSE);
  for (let i = 0; i < 1000; i++) one.at(OPEN + i * 7e9);

  expect(other.at(CLOSE)).toBe(one.at(CLOSE));
  expect(one.at(OPEN)).toBe(100_000);
});

test('stays between two points of its grid what it was at the first: nobody sees what is still to come', () => {
  const fundamental = createFundamental(FundamentalConfig.parse(SPARSE), RandomKey.of('one'), OPEN, CLOSE);

  expect(fundamental.at(OPEN + NS_PER_SECOND - 1)).toBe(fundamental.at(OPEN));
  expect(fundamental.at(OPEN + NS_PER_SECOND)).not.toBe(fundamental.at(OPEN));
});

test('moves by its volatility: θ²·Δt a second, whatever the grid', () => {
  const variances = [1, 10].map((stepSeconds) => {
    const ends = Array.from({ length: 200 }, (_, i) => path({ ...SPARSE, stepSeconds }, `seed ${i}`).at(-1)!);
    return mean(ends.map((end) => (end - 100_000) ** 2));
  });

  for (const variance of variances) expect(Math.abs(variance / (2.5 * DAY_SECONDS) - 1)).toBeLessThan(0.35);
});

test('reverts to its mean with its half-life', () => {
  // ln 2 ÷ 1 hour.
  const kappaPerNs = Math.LN2 / 3.6e12;
  const config = { ...SPARSE, kappaPerNs, volatility: 0, megashocks: null };
  const shocked = { ...config, megashocks: { ratePerNs: 1e-9, meanCents: 1000, variance: 0 } };

  expect(new Set(path(config)).size).toBe(1);
  // A shock a second of ±1000, pulled back by the hour: the variance of its stationary state is λσ²/2κ.
  const values = path(shocked).slice(14_400);
  const expected = (1e-9 * 1000 ** 2) / (2 * kappaPerNs);
  expect(Math.sqrt(mean(values.map((value) => (value - 100_000) ** 2)) / expected)).toBeGreaterThan(0.3);
  expect(Math.sqrt(mean(values.map((value) => (value - 100_000) ** 2)) / expected)).toBeLessThan(3);
});

test('moves by its volatility, however slowly it reverts', () => {
  const [slow, never] = [1e-26, 0].map((kappaPerNs) => path({ ...SPARSE, kappaPerNs }));

  expect(never!.at(-1)).not.toBe(100_000);
  slow!.forEach((value, i) => expect(value).toBeCloseTo(never![i]!, 6));
});

test('is never above the highest price', () => {
  const wild = path(
    { type: 'mean_reverting', meanCents: 1.3e8, kappaPerStep: 0, shockVariance: 1e10 },
    'three',
  );

  expect(Math.max(...wild)).toBe(MAX_PRICE_CENTS);
});

test('is never below 0', () => {
  const values = path({ ...SPARSE, meanCents: 10, volatility: 1e-2 });

  expect(Math.min(...values)).toBe(0);
});

test('the dense form takes a step of its mean reversion at each point', () => {
  const values = path({ type: 'mean_reverting', meanCents: 100, kappaPerStep: 0.5, shockVariance: 4 });
  const shocks = values.slice(1).map((value, i) => value - (0.5 * 100 + 0.5 * values[i]!));

  expect(mean(shocks)).toBeCloseTo(0, 1);
  expect(mean(shocks.map((shock) => shock * shock))).toBeCloseTo(4, 0);
});

describe('a series from outside', () => {
  const series = { type: 'series', times: ['09:31', '09:33'], valuesCents: [100, 200] };
  const at = (config: object, time: string): number =>
    createFundamental(FundamentalConfig.parse(config), RandomKey.of('one'), OPEN, CLOSE).at(
      parseClockTime(time),
    );

  test.each([
    ['09:30', 100],
    ['09:32:59', 100],
    ['09:33', 200],
    ['16:00', 200],
  ])('holds the earlier value: at %s %d', (time, value) => {
    expect(at(series, time)).toBe(value);
  });

  test.each([
    ['09:30', 100],
    ['09:32', 150],
    ['09:34', 200],
  ])('or a straight line: at %s %d', (time, value) => {
    expect(at({ ...series, between: 'linear' }, time)).toBe(value);
  });
});
