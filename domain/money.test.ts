import fc from 'fast-check';
import { formatCents, percentageOf, roundHalfAway, splitByWeight } from './money.ts';

describe('rounding', () => {
  test.each([
    [0.5, 1],
    [-0.5, -1],
    [1.5, 2],
    [2.5, 3],
    [-2.5, -3],
    [2.4999999999999996, 2],
    [0.49999999999999994, 0],
    [-0.49999999999999994, 0],
    [4503599627370497, 4503599627370497],
  ])('%d becomes %d', (value, expected) => {
    expect(roundHalfAway(value)).toBe(expected);
  });

  test('never answers with a negative zero', () => {
    expect(Object.is(roundHalfAway(-0.2), 0)).toBe(true);
  });

  test('a percentage is exact for every amount and every percentage with two decimals', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000_00, max: 1_000_000_00 }),
        fc.integer({ min: 0, max: 10_000 }),
        (cents, hundredths) => {
          const magnitude = (BigInt(Math.abs(cents)) * BigInt(hundredths) + 5_000n) / 10_000n;
          expect(percentageOf(cents, hundredths / 100)).toBe(
            Number(magnitude) * (magnitude === 0n ? 1 : Math.sign(cents)),
          );
        },
      ),
      {
        numRuns: 2_000,
        examples: [
          [2500, 9982],
          [5000, 201],
          [-2500, 9982],
          [1, 5_000],
        ],
      },
    );
  });
});

describe('splitting', () => {
  const total = fc.integer({ min: 0, max: 1_000_000_00 });
  const weights = fc.array(fc.integer({ min: 0, max: 100_000_00 }), { minLength: 1, maxLength: 40 });

  test('neither loses nor makes a cent', () => {
    fc.assert(
      fc.property(total, weights, (cents, parts) => {
        expect(splitByWeight(cents, parts).reduce((a, b) => a + b, 0)).toBe(cents);
      }),
      { numRuns: 2_000 },
    );
  });

  test('gives every part its exact share, rounded down or up', () => {
    fc.assert(
      fc.property(total, weights, (cents, parts) => {
        const sum = parts.reduce((a, b) => a + b, 0);
        fc.pre(sum > 0);
        splitByWeight(cents, parts).forEach((part, i) => {
          const exact = BigInt(cents) * BigInt(parts[i]!);
          expect(
            BigInt(part) * BigInt(sum) - exact < BigInt(sum) &&
              exact - BigInt(part) * BigInt(sum) < BigInt(sum),
          ).toBe(true);
        });
      }),
      { numRuns: 1_000 },
    );
  });

  test('keeps the sum for weights that are no whole numbers', () => {
    fc.assert(
      fc.property(
        total,
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 10 }),
        (cents, parts) => {
          const split = splitByWeight(cents, parts);
          expect([split.reduce((a, b) => a + b, 0), Math.min(...split) >= 0]).toEqual([cents, true]);
        },
      ),
    );
  });

  test('gives the odd cents to the largest remainders, ties to the earlier part', () => {
    expect([
      splitByWeight(10, [1, 1, 1]),
      splitByWeight(100, [1, 2, 3]),
      splitByWeight(5, [0, 3, 0, 2]),
    ]).toEqual([
      [4, 3, 3],
      [17, 33, 50],
      [0, 3, 0, 2],
    ]);
  });

  test('gives nothing to a part without weight', () => {
    fc.assert(
      fc.property(total, weights, (cents, parts) => {
        fc.pre(parts.some((weight) => weight > 0));
        const split = splitByWeight(cents, parts);
        expect(split.filter((part, i) => parts[i] === 0 && part !== 0)).toEqual([]);
      }),
    );
  });

  test('splits as equally as it can when no part has weight', () => {
    expect(splitByWeight(5, [0, 0, 0])).toEqual([2, 2, 1]);
  });
});

test.each([
  [1234, '12.34'],
  [5, '0.05'],
  [-5, '-0.05'],
  [-1200, '-12.00'],
  [0, '0.00'],
])('%d cents are written %s', (cents, text) => {
  expect(formatCents(cents)).toBe(text);
});
