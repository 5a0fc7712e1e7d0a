import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { exp, expMinusOne, ln, logistic, logit, normalCdf, normalQuantile, power } from './math.ts';
import { RandomKey } from './random.ts';

const TOLERANCE = 1e-14;

function relativeError(ours: number, theirs: number): number {
  return ours === theirs ? 0 : Math.abs(ours - theirs) / Math.abs(theirs);
}

/** `count` numbers spread evenly over an interval, the ends included. */
function grid(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

function worstError(
  inputs: readonly number[],
  ours: (x: number) => number,
  theirs: (x: number) => number,
): number {
  return Math.max(...inputs.map((x) => relativeError(ours(x), theirs(x))));
}

describe('exp', () => {
  test.each([
    ['where the results are normal numbers', -708, 709.7],
    ['around 0', -1, 1],
    ['very near 0', -1e-8, 1e-8],
  ])('agrees with Math.exp %s', (_, from, to) => {
    expect(worstError(grid(from, to, 20_001), exp, Math.exp)).toBeLessThan(TOLERANCE);
  });

  test('is at most one step of the smallest number off where the results are subnormal', () => {
    const steps = grid(-745.2, -708.4, 5_001).map((x) => Math.abs(exp(x) - Math.exp(x)) / Number.MIN_VALUE);
    expect(Math.max(...steps)).toBeLessThanOrEqual(1);
  });

  test.each([
    [0, 1],
    [-0, 1],
    [-Infinity, 0],
    [Infinity, Infinity],
    [-746, 0],
    [709.782712893384, 1.7976931348622732e308],
    [709.79, Infinity],
    [-745.1332191019411, Number.MIN_VALUE],
    [NaN, NaN],
  ])('of %d is %d', (x, expected) => {
    expect(exp(x)).toBe(expected);
  });

  test('never falls', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -800, max: 800, noNaN: true }),
        fc.double({ min: 0, max: 1e-9, noNaN: true }),
        (x, step) => {
          expect(exp(x + Math.abs(x) * step)).toBeGreaterThanOrEqual(exp(x));
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe('ln', () => {
  test.each([
    ['over all magnitudes', grid(-740, 709, 20_001).map((x) => Math.exp(x))],
    ['around 1, where the result vanishes', grid(0.999, 1.001, 20_001)],
    ['between 0.5 and 2, where the series is used at its ends', grid(0.5, 2, 20_001)],
  ])('agrees with Math.log %s', (_, inputs) => {
    expect(worstError(inputs, ln, Math.log)).toBeLessThan(TOLERANCE);
  });

  test.each([
    [1, 0],
    [0, -Infinity],
    [-0, -Infinity],
    [-1, NaN],
    [Infinity, Infinity],
    [NaN, NaN],
    [Number.MIN_VALUE, Math.log(Number.MIN_VALUE)],
    [Number.MAX_VALUE, Math.log(Number.MAX_VALUE)],
  ])('of %d is %d', (x, expected) => {
    expect(ln(x)).toBe(expected);
  });

  test('never falls', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e300, noNaN: true }),
        fc.double({ min: 0, max: 1e-9, noNaN: true }),
        (x, step) => {
          expect(ln(x * (1 + step))).toBeGreaterThanOrEqual(ln(x));
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe('power', () => {
  test('agrees with Math.pow where the exponent of e stays below 20', () => {
    const inputs = grid(0.05, 20, 101).flatMap((x) => grid(-6, 6, 101).map((y): [number, number] => [x, y]));
    const worst = Math.max(...inputs.map(([x, y]) => relativeError(power(x, y), Math.pow(x, y))));
    expect(worst).toBeLessThan(TOLERANCE);
  });

  test('leaves 1 to any power and anything to the power of 0 at 1', () => {
    expect([power(1, 1e6), power(1e-300, 0), power(7, 0)]).toEqual([1, 1, 1]);
  });
});

describe('logistic', () => {
  test('agrees with 1 / (1 + e^-x)', () => {
    expect(worstError(grid(-700, 700, 20_001), logistic, (x) => 1 / (1 + Math.exp(-x)))).toBeLessThan(
      TOLERANCE,
    );
  });

  test('is 0 and 1 far out, not NaN', () => {
    expect([logistic(-1e6), logistic(1e6), logistic(-Infinity), logistic(Infinity)]).toEqual([0, 1, 0, 1]);
  });

  test('is undone by logit', () => {
    for (const p of grid(1e-6, 1 - 1e-6, 1_001)) expect(logistic(logit(p))).toBeCloseTo(p, 13);
  });
});

describe('normalQuantile', () => {
  // Python 3: statistics.NormalDist().inv_cdf(p).
  test.each([
    [0.5, 0],
    [0.975, 1.95996398454005],
    [0.02425, -1.9729610513118845],
    [0.1, -1.2815515655446],
    [0.001, -3.09023230616781],
    [1e-10, -6.36134090240406],
    [1e-16, -8.22208221613044],
  ])('at %d is %d', (p, expected) => {
    expect(Math.abs(normalQuantile(p) - expected)).toBeLessThan(1.2e-8 + 1.2e-9 * Math.abs(expected));
  });

  test('is antisymmetric around a half', () => {
    for (const p of grid(0.001, 0.5, 500)) expect(normalQuantile(1 - p)).toBeCloseTo(-normalQuantile(p), 8);
  });

  test('rises, also where its three pieces meet', () => {
    const inputs = [
      ...grid(1e-9, 1 - 1e-9, 5_001),
      ...grid(0.02424, 0.02426, 2_001),
      ...grid(0.97574, 0.97576, 2_001),
    ];
    const values = [...new Set(inputs)].sort((a, b) => a - b).map(normalQuantile);
    expect(values.slice(1).filter((value, i) => value <= values[i]!)).toEqual([]);
  });
});

test('no bit of any function has changed', () => {
  const key = RandomKey.of('math');
  const hash = createHash('sha256');
  for (let i = 0; i < 20_000; i++) {
    const u = key.at(i).uniform();
    const x = (u - 0.5) * 60;
    hash.update(Float64Array.of(exp(x), ln(u), power(u, 0.4), logistic(x), logit(u), normalQuantile(u)));
  }
  expect(hash.digest('hex')).toBe('26d8c96e824c7aa77d6ca202ebbea65b3d5fef0e5074235906f2ebd7e4786510');
});

describe('e^x − 1', () => {
  test.each([-700, -5, -0.31, -0.29, -1e-3, -1e-9, -3.3e-15, 0, 1e-17, 4.7e-9, 0.29, 0.31, 5, 700])(
    'at %d',
    (x) => {
      const expected = Math.expm1(x);

      expect(Math.abs(expMinusOne(x) - expected)).toBeLessThanOrEqual(1e-15 * Math.abs(expected));
    },
  );
});

describe('normalCdf', () => {
  // scipy 1.17.1: stats.norm.cdf(z).
  test.each([
    [-20, 2.7536241186061556e-89],
    [-8, 6.22096057427174e-16],
    [-5, 2.866515718791933e-7],
    [-3.0001, 0.0013494549132607172],
    [-3, 0.0013498980316300933],
    [-2.9999, 0.001350341282954925],
    [-1.96, 0.024997895148220435],
    [-1, 0.15865525393145707],
    [-0.1, 0.460172162722971],
    [0, 0.5],
    [0.5, 0.6914624612740131],
    [2, 0.9772498680518208],
    [6, 0.9999999990134123],
  ])('at %d is %d', (z, expected) => {
    expect(relativeError(normalCdf(z), expected)).toBeLessThan(1e-12);
  });

  test('undoes the quantile', () => {
    for (const p of grid(0.0001, 0.9999, 501)) expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 8);
  });

  test('rises, also where its pieces meet, and ends at 0 and 1', () => {
    const values = grid(-10, 8, 5_001).map(normalCdf);

    expect(values.every((value, i) => i === 0 || value >= values[i - 1]!)).toBe(true);
    expect([normalCdf(-Infinity), normalCdf(Infinity), normalCdf(NaN)]).toEqual([0, 1, NaN]);
  });
});
