import fc from 'fast-check';
import { jStat } from 'jstat';
import { betaQuantile, bracketOf, cholesky, normalCdf } from './distributions.ts';
import { Draws } from './draws.ts';

describe('against an outside library', () => {
  test('the normal distribution function', () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (z) => {
        expect(normalCdf(z)).toBeCloseTo(jStat.normal.cdf(z, 0, 1), 7);
      }),
    );
  });

  test('quantiles of the beta distribution', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (probability, a, b) => {
          expect(betaQuantile(probability, a, b)).toBeCloseTo(jStat.beta.inv(probability, a, b), 5);
        },
      ),
    );
  });
});

test('a probability falls into the bracket that holds it, and 1 into the last', () => {
  expect([0, 0.19, 0.2, 0.69, 0.7, 1].map((probability) => bracketOf(probability, [0.2, 0.5, 0.3]))).toEqual([
    0, 0, 1, 1, 2, 2,
  ]);
});

test('the factor of a correlation matrix gives the matrix back', () => {
  const matrix = [
    [1, 0.5, -0.2],
    [0.5, 1, 0.1],
    [-0.2, 0.1, 1],
  ];
  const lower = cholesky(matrix);
  const product = lower.map((row) =>
    lower.map((column) => row.reduce((sum, value, k) => sum + value * (column[k] ?? 0), 0)),
  );
  for (const [i, row] of matrix.entries())
    for (const [j, value] of row.entries()) expect(product[i]![j]).toBeCloseTo(value, 12);
  expect(() =>
    cholesky([
      [1, 2],
      [2, 1],
    ]),
  ).toThrow('not positive definite');
});

describe('draws', () => {
  test('are a function of their key', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer(), (name, number) => {
        const one = new Draws(name, number);
        const other = new Draws(name, number);
        expect(Array.from({ length: 9 }, () => one.uniform())).toEqual(
          Array.from({ length: 9 }, () => other.uniform()),
        );
        expect(new Draws(name, number).uniform()).not.toBe(new Draws(name, number + 1).uniform());
      }),
    );
  });

  test('have the means that they should', () => {
    const draws = new Draws('means');
    const mean = (draw: () => number) =>
      Array.from({ length: 50_000 }, draw).reduce((sum, value) => sum + value, 0) / 50_000;
    expect(mean(() => draws.uniform())).toBeCloseTo(0.5, 1.9);
    expect(mean(() => draws.normal())).toBeCloseTo(0, 1.5);
    expect(mean(() => draws.gamma(0.7))).toBeCloseTo(0.7, 1.5);
    expect(mean(() => draws.gamma(4))).toBeCloseTo(4, 1);
    expect(mean(() => draws.pickWeighted([1, 2, 1]))).toBeCloseTo(1, 1.5);
  });

  test('of shares sum to 1, and a sample has no member twice', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 8 }), (key, count) => {
        const draws = new Draws(key);
        expect(draws.dirichlet([0.2, 0.3, 0.5], 5).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
        const sample = draws.sampleWeighted(['a', 'b', 'c', 'd'], [1, 5, 1, 1], count);
        expect(new Set(sample).size).toBe(Math.min(4, count));
      }),
    );
  });
});
