import fc from 'fast-check';
import { poissonQuantile, RandomKey } from './random.ts';

const root = RandomKey.of('1');

/** Pearson's statistic of `draws` over `bins` equal bins. */
function chiSquare(draws: readonly number[], bins: number): number {
  const counts = new Array<number>(bins).fill(0);
  for (const draw of draws) counts[Math.floor(draw * bins)]! += 1;
  const expected = draws.length / bins;
  return counts.reduce((sum, count) => sum + ((count - expected) * (count - expected)) / expected, 0);
}

/** Bounds of a chi-square with `freedom` degrees, 5 standard deviations to each side (normal approximation). */
function isPlausible(statistic: number, freedom: number): boolean {
  return Math.abs(statistic - freedom) < 5 * Math.sqrt(2 * freedom);
}

function correlation(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  const covariance = mean(xs.map((x, i) => (x - mx) * (ys[i]! - my)));
  const variance = (values: readonly number[], m: number) => mean(values.map((v) => (v - m) * (v - m)));
  return covariance / Math.sqrt(variance(xs, mx) * variance(ys, my));
}

function moments(draws: readonly number[]): { mean: number; variance: number } {
  const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
  return {
    mean,
    variance: draws.reduce((sum, draw) => sum + (draw - mean) * (draw - mean), 0) / draws.length,
  };
}

const COUNT = 100_000;
const range = Array.from({ length: COUNT }, (_, i) => i);

/** Families of keys as they occur: neighbours differ in one number or in one character. */
const FAMILIES: [string, (i: number) => RandomKey][] = [
  ['seeds', (i) => RandomKey.of(String(i)).at('agent', 'agent_001', 'day', 0, 'decide_shop')],
  ['agents', (i) => root.at('agent', `agent_${String(i).padStart(6, '0')}`, 'day', 3, 'decide_shop')],
  ['days', (i) => root.at('agent', 'agent_001', 'day', i, 'decide_shop')],
  ['trips, as the last step', (i) => root.at('trip', i)],
  ['negative numbers', (i) => root.at(-i)],
  ['numbers above 32 bits', (i) => root.at(i * 0x100000000)],
  ['products', (i) => root.at('shelf', 'Milk', `SKU-${i.toString(36)}`)],
  [
    'one character inside a name',
    (i) => root.at(`a${String.fromCharCode(i % 65_536)}b`, Math.floor(i / 65_536)),
  ],
];

describe.each(FAMILIES)('draws of keys that differ only in %s', (_, keyOf) => {
  const draws = range.map((i) => keyOf(i).uniform());

  test('are uniform in their leading bits', () => {
    expect(isPlausible(chiSquare(draws, 256), 255)).toBe(true);
  });

  test('are uniform in their trailing bits', () => {
    const trailing = draws.map((draw) => (draw * 2 ** 44) % 1);
    expect(isPlausible(chiSquare(trailing, 256), 255)).toBe(true);
  });

  test('are uniform in pairs of neighbours', () => {
    const pairs = draws.slice(1).map((draw, i) => (Math.floor(draws[i]! * 16) + draw) / 16);
    expect(isPlausible(chiSquare(pairs, 256), 255)).toBe(true);
  });

  test('are not correlated with their neighbours, at any short distance', () => {
    const worst = [1, 2, 3, 7, 28, 64].map((lag) =>
      Math.abs(correlation(draws.slice(lag), draws.slice(0, -lag))),
    );
    expect(Math.max(...worst)).toBeLessThan(5 / Math.sqrt(COUNT));
  });
});

describe('keys', () => {
  test('one bit of a number changes half of the bits of the draw', () => {
    const bits = (draw: number): bigint => BigInt(draw * 2 ** 53);
    for (let bit = 0; bit < 32; bit++) {
      let changed = 0;
      for (let i = 0; i < 500; i++) {
        const difference = bits(root.at('day', i).uniform()) ^ bits(root.at('day', i ^ (1 << bit)).uniform());
        changed += difference.toString(2).replaceAll('0', '').length;
      }
      // 52 bits, standard deviation of the mean of 500: 0.16.
      expect(Math.abs(changed / 500 - 26)).toBeLessThan(1);
    }
  });

  test('the same step below two keys gives draws that have nothing to do with each other', () => {
    const [left, right] = [root.at('notice'), root.at('use')];
    const xs = range.map((i) => left.at(`C${i}`).uniform());
    const ys = range.map((i) => right.at(`C${i}`).uniform());
    expect(Math.abs(correlation(xs, ys))).toBeLessThan(5 / Math.sqrt(COUNT));
  });

  test('do not collide: 300 agents × 42 days × 4 trips × 5 stages give as many draws', () => {
    const draws = new Set<number>();
    for (let agent = 0; agent < 300; agent++)
      for (let day = 0; day < 42; day++)
        for (let trip = 0; trip < 4; trip++)
          for (const stage of ['trip_type', 'open_wallet', 'wallet_first', 'checkout', 'pace'])
            draws.add(root.at('agent', `agent_${agent}`).at('day', day, 'trip', trip).at(stage).uniform());
    expect(draws.size).toBe(300 * 42 * 4 * 5);
  });

  test('keep the border between two steps, and numbers apart from their digits', () => {
    const keys = [
      root.at('ab', 'c'),
      root.at('a', 'bc'),
      root.at('abc'),
      root.at(1),
      root.at('1'),
      root.at(1, 0),
      root.at(0, 1),
      root.at(''),
    ];
    expect(new Set([root, ...keys].map((key) => key.uniform())).size).toBe(keys.length + 1);
  });

  test('steps taken together or one by one lead to the same key', () => {
    expect(root.at('day', 3).at('trip', 1).uniform()).toBe(root.at('day', 3, 'trip', 1).uniform());
  });

  test('a draw does not depend on the draws before it', () => {
    const key = root.at('day', 3);
    const first = key.uniform();
    key.gumbel();
    expect(key.uniform()).toBe(first);
  });

  test('the two zeros are one step', () => {
    expect(root.at(-0).uniform()).toBe(root.at(0).uniform());
  });

  test.each([0.5, NaN, Infinity, 2 ** 53])('%d is refused as a step', (part) => {
    expect(() => root.at(part)).toThrow('safe integer');
  });

  test('no draw has changed', () => {
    const keys = [
      RandomKey.of('mercato'),
      root,
      root.at('agent', 'agent_001'),
      root.at(-1),
      root.at('day', 41, 'trip', 3, 'é€'),
    ];
    expect(keys.map((key) => key.uniform())).toEqual([
      0.10279176863296413, 0.12705815550193245, 0.014683873499302114, 0.8015136370666388, 0.5399995666390577,
    ]);
  });
});

describe('distributions', () => {
  const keys = range.map((i) => root.at('moments', i));

  test('a uniform draw is never 0 and never 1', () => {
    const draws = keys.map((key) => key.uniform());
    expect(draws.filter((draw) => draw <= 0 || draw >= 1)).toEqual([]);
  });

  // Tolerances: 5 standard errors of 100,000 draws.
  test('normal draws have mean 0 and variance 1', () => {
    const { mean, variance } = moments(keys.map((key) => key.normal()));
    expect([Math.abs(mean) < 0.016, Math.abs(variance - 1) < 0.023]).toEqual([true, true]);
  });

  test('exponential draws have mean 1 and variance 1', () => {
    const { mean, variance } = moments(keys.map((key) => key.exponential()));
    expect([Math.abs(mean - 1) < 0.016, Math.abs(variance - 1) < 0.045]).toEqual([true, true]);
  });

  test('Gumbel draws have mean 0.5772 and variance π²/6', () => {
    const { mean, variance } = moments(keys.map((key) => key.gumbel()));
    expect([Math.abs(mean - 0.5772) < 0.021, Math.abs(variance - 1.6449) < 0.055]).toEqual([true, true]);
  });
});

describe('poissonQuantile', () => {
  test.each([0.05, 0.238, 1, 4, 20, 300])(
    'of uniform draws with mean %d has that mean and that variance',
    (mean) => {
      const counts = Array.from({ length: 20_000 }, (_, i) => poissonQuantile((i + 0.5) / 20_000, mean));
      const result = moments(counts);
      expect([Math.abs(result.mean / mean - 1) < 0.01, Math.abs(result.variance / mean - 1) < 0.02]).toEqual([
        true,
        true,
      ]);
    },
  );

  test('gives each count its probability', () => {
    const draws = Array.from({ length: 100_000 }, (_, i) => poissonQuantile((i + 0.5) / 100_000, 2));
    const shares = [0, 1, 2, 3].map((count) => draws.filter((draw) => draw === count).length / draws.length);
    [1, 2, 2, 4 / 3].forEach((factor, i) => expect(shares[i]).toBeCloseTo(factor * Math.exp(-2), 4));
  });

  const uniform = fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true });
  const mean = fc.double({ min: 0, max: 600, noNaN: true });

  test('a larger mean never gives a smaller count for the same draw', () => {
    fc.assert(
      fc.property(uniform, mean, mean, (draw, a, b) => {
        expect(poissonQuantile(draw, Math.max(a, b))).toBeGreaterThanOrEqual(
          poissonQuantile(draw, Math.min(a, b)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('a larger draw never gives a smaller count for the same mean', () => {
    fc.assert(
      fc.property(uniform, uniform, mean, (a, b, m) => {
        expect(poissonQuantile(Math.max(a, b), m)).toBeGreaterThanOrEqual(poissonQuantile(Math.min(a, b), m));
      }),
      { numRuns: 2_000 },
    );
  });

  test('mean 0 gives 0', () => {
    expect(poissonQuantile(1 - 2 ** -52, 0)).toBe(0);
  });

  test('the largest draw there is gives a count in the far tail, not the limit of the loop', () => {
    const largest = 1 - 2 ** -53;
    const counts = Array.from({ length: 200 }, (_, i) => poissonQuantile(largest, (i + 1) / 20));
    expect(Math.max(...counts)).toBeLessThan(60);
  });
});
