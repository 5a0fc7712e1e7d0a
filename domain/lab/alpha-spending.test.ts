import fc from 'fast-check';
import { normalCdf, normalQuantile } from '../math.ts';
import { powerOf } from '../power.ts';
import { RandomKey } from '../random.ts';
import { boundsFor, crossings, levelsOfLooks, powerOfLooks } from './alpha-spending.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('a single look has the whole level', () => {
  expect(levelsOfLooks([40], 0.05)[0]).toBeCloseTo(0.05, 12);
  expect(powerOfLooks([40], 0.05, 0.4, 1)).toBeCloseTo(powerOf(0.4, 1, 40, 0.05), 2);
});

test('the first look spends its share, the last asks for little more than a single one would', () => {
  const levels = levelsOfLooks([20, 40, 80, 160], 0.05);

  expect(levels[0]).toBeCloseTo(0.05 / 64, 10);
  expect(levels.every((level, i) => i === 0 || level > levels[i - 1]!)).toBe(true);
  expect(levels[3]).toBeGreaterThan(0.04);
});

// Five even looks, 2.5 % on each side, by the spending function of O'Brien and Fleming's kind: the example of Lan and DeMets,
// as the R package ldbounds 2.0 prints it.
test('bounds are those of ldbounds', () => {
  const shares = [0.2, 0.4, 0.6, 0.8, 1];
  const edge = normalQuantile(1 - 0.0125);
  const spent = shares.map((share) => 2 * 2 * normalCdf(-edge / Math.sqrt(share)));

  const ldbounds = [4.8769, 3.3569, 2.6803, 2.2898, 2.031];

  // Its grid is good for about four digits.
  boundsFor(shares, spent).forEach((bound, look) =>
    expect(Math.abs(bound - ldbounds[look]!)).toBeLessThan(0.0002),
  );
});

test('all looks together cross as often as was spent, whatever the looks', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 2, max: 200 }), { minLength: 1, maxLength: 5 }), (seeds) => {
      const looks = seeds.toSorted((a, b) => a - b);
      const shares = looks.map((look) => look / looks.at(-1)!);
      const bounds = levelsOfLooks(looks, 0.05).map((level) => -normalQuantile(level / 2));
      const found = crossings(shares, bounds, 0);
      expect(sum(found.map(({ above, below }) => above + below))).toBeCloseTo(0.05, 6);
      expect(sum(found.map(({ above }) => above))).toBeCloseTo(0.025, 6);
    }),
    { numRuns: 15 },
  );
});

// gsdesign 0.1.5 (h1, hupdate): the same looks, drift 2.5.
test('crosses as gsdesign says when there is an edge', () => {
  const shares = [0.125, 0.25, 0.5, 1];
  const bounds = boundsFor(
    shares,
    shares.map((share) => 0.05 * share * share),
  );

  expect(crossings(shares, bounds, 2.5).map(({ above, below }) => (above + below).toFixed(8))).toEqual([
    '0.00666406',
    '0.03452191',
    '0.17965338',
    '0.47023139',
  ]);
});

test('power is what simulated sessions find', () => {
  const looks = [10, 20, 40];
  const bounds = levelsOfLooks(looks, 0.05).map((level) => -normalQuantile(level / 2));
  const key = RandomKey.of('looks');
  const sessions = 2000;
  const found = Array.from({ length: sessions }, (_, session) => {
    let score = 0;
    let seeds = 0;
    return looks.some((look, k) => {
      for (; seeds < look; seeds++) score += 0.4 + key.at(session, seeds).normal();
      return score / Math.sqrt(look) >= bounds[k]!;
    });
  }).filter(Boolean).length;
  const expected = powerOfLooks(looks, 0.05, -0.4, 1);

  expect(Math.abs(found / sessions - expected)).toBeLessThan(
    3 * Math.sqrt((expected * (1 - expected)) / sessions),
  );
});

test('what does not vary is always found, what is not there as often as the level says', () => {
  expect(powerOfLooks([10, 20], 0.05, 1, 0)).toBe(1);
  expect(powerOfLooks([10, 20], 0.05, 0, 0)).toBe(0.05);
});

test.each([[[]], [[1, 2]], [[20, 20]], [[40, 20]], [[2.5]], [Array.from({ length: 51 }, (_, i) => i + 2)]])(
  'looks at %j are refused',
  (looks) => {
    expect(() => levelsOfLooks(looks, 0.05)).toThrow('looks must be up to 50 ascending numbers of seeds');
  },
);
