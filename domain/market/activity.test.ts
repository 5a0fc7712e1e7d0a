import { RandomKey } from '../random.ts';
import { ActivityConfig, createActivity } from './activity.ts';
import type { Activity } from './activity.ts';
import { FundamentalConfig, createFundamental } from './fundamental.ts';
import { parseClockTime } from './session-time.ts';

const OPEN = parseClockTime('09:30');
const CLOSE = parseClockTime('16:00');
const HOUR = 3600e9;

const anActivity = (config: object, seed = 'one', closeNs = CLOSE): Activity =>
  createActivity(ActivityConfig.parse(config), RandomKey.of(seed), OPEN, closeNs);

test('without an edge and bursts it is as any clock', () => {
  const activity = anActivity({});

  expect(activity.passedAt(OPEN + HOUR)).toBeCloseTo(HOUR, -3);
  expect(activity.after(OPEN + HOUR, HOUR)).toBeCloseTo(OPEN + 2 * HOUR, -3);
});

test('runs faster at both ends of the day, and as far in all as any clock', () => {
  const activity = anActivity({ edge: 3 });
  const rate = (from: number, until: number): number =>
    (activity.passedAt(OPEN + until * HOUR) - activity.passedAt(OPEN + from * HOUR)) /
    ((until - from) * HOUR);

  expect(rate(0, 0.01) / rate(3.245, 3.255)).toBeCloseTo(3, 1);
  expect(rate(6.49, 6.5) / rate(3.245, 3.255)).toBeCloseTo(3, 1);
  expect(activity.passedAt(CLOSE) / (CLOSE - OPEN)).toBeCloseTo(1, 4);
});

test('a time that is asked for is when so much market time has passed', () => {
  const activity = anActivity({ edge: 2, bursts: [{ deviation: 0.8, halfLifeMinutes: 10 }] });
  for (const from of [OPEN, OPEN + 1234.5e9, CLOSE - 2 * HOUR])
    for (const wait of [0, 1, 1e6, 30e9, 0.4 * HOUR]) {
      const at = activity.after(from, wait);
      if (at !== Infinity)
        expect(Math.abs(activity.passedAt(at) - activity.passedAt(from) - wait)).toBeLessThan(20);
      expect(at).toBeGreaterThanOrEqual(from);
    }

  expect(activity.after(CLOSE - 1e9, HOUR)).toBe(Infinity);
});

test('bursts are of their size, fade by their half-life, and leave the mean as it is', () => {
  const config = { bursts: [{ deviation: 0.7, halfLifeMinutes: 20 }] };
  const rates = Array.from({ length: 200 }, (_, day) => {
    const activity = anActivity(config, `day ${day}`, OPEN + 2.1 * HOUR);
    const at = (minute: number): number =>
      (activity.passedAt(OPEN + minute * 60e9 + 1e9) - activity.passedAt(OPEN + minute * 60e9)) / 1e9;
    return [at(100), at(120)] as const;
  });
  const logs = rates.map(([now, later]) => [Math.log(now), Math.log(later)] as const);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const centre = -(0.7 ** 2) / 2;
  const variance = mean(logs.map(([now]) => (now - centre) ** 2));
  const covariance = mean(logs.map(([now, later]) => (now - centre) * (later - centre)));

  expect(variance).toBeGreaterThan(0.35);
  expect(variance).toBeLessThan(0.65);
  expect(covariance / variance).toBeGreaterThan(0.35);
  expect(covariance / variance).toBeLessThan(0.65);
  expect(Math.abs(mean(rates.flat()) - 1)).toBeLessThan(0.15);
});

describe('a random walk by this clock', () => {
  /** Half an hour is enough. */
  const UNTIL = OPEN + HOUR / 2;
  const walk = (config: object, activity: Activity | null, seed: string): Float64Array =>
    createFundamental(
      FundamentalConfig.parse({ type: 'random_walk', meanCents: 5000, minuteVolatilityBps: 5, ...config }),
      RandomKey.of(seed),
      OPEN,
      UNTIL,
      activity,
    ).path.valuesCents;
  const moves = (config: object, activity: Activity | null, days: number): number[] =>
    Array.from(
      { length: days },
      (_, day) => 1e4 * Math.log(walk(config, activity, `d${day}`).at(-1)! / 5000),
    );
  const deviation = (values: number[]): number =>
    Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

  test('begins at its price, and moves by its volatility', () => {
    expect(walk({}, null, 'one')[0]).toBe(5000);
    expect(deviation(moves({}, null, 300)) / (5 * Math.sqrt(30))).toBeCloseTo(1, 0);
  });

  test('moves more where the clock runs faster', () => {
    const path = walk({}, anActivity({ edge: 10 }, 'one', UNTIL), 'one');
    const size = (from: number, until: number): number => {
      let squares = 0;
      for (let i = from + 1; i <= until; i++) squares += Math.log(path[i]! / path[i - 1]!) ** 2;
      return squares;
    };

    expect(size(0, 300) / size(750, 1050)).toBeGreaterThan(3);
  });

  test('news and drift add to it', () => {
    const still = { minuteVolatilityBps: 0 };

    expect(
      deviation(moves({ ...still, news: { perDay: 25, deviationBps: 20 } }, null, 300)) / 100,
    ).toBeCloseTo(1, 0);
    expect(deviation(moves({ ...still, driftBps: 100 }, null, 300)) / 100).toBeCloseTo(1, 0);
    expect(new Set(moves(still, null, 3))).toEqual(new Set([0]));
  });
});
