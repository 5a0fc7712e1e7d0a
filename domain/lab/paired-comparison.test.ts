import fc from 'fast-check';
import { RandomKey } from '../random.ts';
import { comparePairs } from './paired-comparison.ts';

const KEY = RandomKey.of('paired-comparison');

function normals(name: string, count: number): number[] {
  return Array.from({ length: count }, (_, i) => KEY.at(name, i).normal());
}

test('of equal strategies on equal seeds the difference is exactly 0', () => {
  const values = normals('equal', 40);

  expect(comparePairs(values, values, 0.05, KEY, 99)).toMatchObject({
    difference: 0,
    median: 0,
    isEqual: true,
    interval: [0, 0],
    effect: null,
    pValue: 1,
  });
});

test('hand-computed', () => {
  const result = comparePairs([12, 21, 33, 46], [10, 20, 30, 40], 0.05, KEY, 999);

  expect(result).toMatchObject({ seeds: 4, meanStrategy: 28, meanReference: 25, difference: 3, median: 2.5 });
  // Differences 2, 1, 3, 6: squares around 3 are 1, 4, 0, 9.
  expect(result.deviation).toBeCloseTo(Math.sqrt(14 / 3), 12);
  expect(result.effect!.size).toBeCloseTo(3 / Math.sqrt(14 / 3), 12);
  // Two of sixteen: all the same sign.
  expect(result.pValue).toBe(2 / 16);
  expect(result.intervalOf).toBe('pairs');
});

test('the other way round everything is turned', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 })), {
        minLength: 4,
        maxLength: 12,
      }),
      (pairs) => {
        const [a, b] = [pairs.map(([one]) => one), pairs.map(([, other]) => other)];
        const [there, back] = [comparePairs(a, b, 0.05, KEY, 49), comparePairs(b, a, 0.05, KEY, 49)];
        expect(back.difference).toBeCloseTo(-there.difference, 10);
        expect(back.pValue).toBe(there.pValue);
        expect(back.isEqual).toBe(there.isEqual);
        if (there.intervalOf === 'pairs') expect(back.interval[0]).toBeCloseTo(-there.interval[1], 8);
      },
    ),
    { numRuns: 50 },
  );
});

test('common luck cancels: the interval is as short as what pairing achieved says', () => {
  const luck = normals('luck', 200);
  const own = normals('own', 200);
  const strategy = luck.map((value, i) => value + 0.1 * own[i]!);
  const paired = comparePairs(strategy, luck, 0.05, KEY, 999);
  const alone = comparePairs(strategy, normals('alone', 200), 0.05, KEY, 999);
  const width = ({ interval: [low, high] }: typeof paired): number => high - low;

  expect(paired.correlation).toBeGreaterThan(0.99);
  expect(width(paired) / width(alone)).toBeLessThan(0.1);
});

describe('when pairing achieves nothing', () => {
  const strategy = normals('strategy', 100);
  const against = (share: number): number[] =>
    normals('reference', 100).map((value, i) => value + share * strategy[i]!);

  test.each([
    [0.1, 'independent_samples'],
    [0.5, 'pairs'],
    // Pairs that go against each other vary more than independent samples: theirs would be too short.
    [-0.5, 'pairs'],
  ])('a share of %d in common gives an interval of %s', (share, expected) => {
    expect(comparePairs(strategy, against(share), 0.05, KEY, 99).intervalOf).toBe(expected);
  });

  test('both intervals hold the same difference', () => {
    const reference = against(0.1);
    const [low, high] = comparePairs(strategy, reference, 0.05, KEY, 999).interval;
    const paired = comparePairs(
      strategy.map((value, i) => value - reference[i]!),
      strategy.map(() => 0),
      0.05,
      KEY,
      999,
    );

    expect((high - low) / (paired.interval[1] - paired.interval[0])).toBeCloseTo(1, 0);
    expect((low + high) / 2).toBeCloseTo(paired.difference, 1);
  });
});

test('a lower level makes both intervals longer', () => {
  const [a, b] = [normals('a', 40), normals('b', 40)];
  const [usual, strict] = [0.05, 0.005].map((level) => comparePairs(a, b, level, KEY, 1999));

  expect(strict!.interval[0]).toBeLessThan(usual!.interval[0]);
  expect(strict!.interval[1]).toBeGreaterThan(usual!.interval[1]);
  expect(strict!.effect!.interval[0]).toBeLessThan(usual!.effect!.interval[0]);
});

test.each([
  [[1, 2, 3], [1, 2], '3 values and 2 are no pairs'],
  [[1], [2], '1 pairs say nothing'],
  [[1, NaN], [1, 2], 'NaN is no value that can be compared'],
])('%j and %j are refused', (a, b, message) => {
  expect(() => comparePairs(a, b, 0.05, KEY)).toThrow(message);
});
