import { pairedDifference } from './paired-difference.ts';
import { RandomKey } from './random.ts';

const KEY = RandomKey.of('paired-difference');

/** Independent standard normal numbers. */
function normals(name: string, count: number): number[] {
  return Array.from({ length: count }, (_, i) => KEY.at(name, i).normal());
}

test('of equal arms the difference is exactly 0, whatever they are', () => {
  const values = normals('equal', 50);

  expect(pairedDifference(values, values, KEY)).toMatchObject({
    difference: 0,
    interval: [0, 0],
    pValue: 1,
    minimumDetectable: 0,
    correlation: expect.closeTo(1, 12) as number,
  });
});

test('is what it is: hand-computed', () => {
  const { meanA, meanB, difference, relative, minimumDetectable, pairsForOnePercent } = pairedDifference(
    [10, 20, 30, 40],
    [12, 21, 33, 42],
    KEY,
  );

  expect([meanA, meanB, difference, relative]).toEqual([25, 27, 2, 0.08]);
  // Standard deviation of 2, 1, 3, 2 is √(2/3); 1.959964 + 0.841621 = 2.801585.
  const reach = 2.801585 * Math.sqrt(2 / 3);
  expect(minimumDetectable).toBeCloseTo(reach / 2, 5);
  expect(pairsForOnePercent).toBe(Math.ceil((reach / 0.25) ** 2));
});

test('the same key gives the same answer', () => {
  const [a, b] = [normals('a', 40), normals('b', 40)];

  expect(pairedDifference(a, b, KEY)).toEqual(pairedDifference(a, b, KEY));
  expect(pairedDifference(a, b, KEY.at('other')).interval).not.toEqual(pairedDifference(a, b, KEY).interval);
});

test('the interval is about ± 1.96 standard errors of normal differences, and holds the mean', () => {
  const [a, b] = [normals('a', 400), normals('b', 400)];
  const { difference, interval, minimumDetectable } = pairedDifference(a, b, KEY);
  const standardError = minimumDetectable / 2.801585;

  expect((interval[1] - interval[0]) / (2 * 1.959964 * standardError)).toBeCloseTo(1, 1);
  expect(interval[0]).toBeLessThan(difference);
  expect(interval[1]).toBeGreaterThan(difference);
});

test('pairs that share their luck find less: the correlation is what was planted', () => {
  const luck = normals('luck', 2000);
  const own = normals('own', 2000);
  const other = luck.map((value, i) => 0.8 * value + 0.6 * own[i]!);
  const paired = pairedDifference(luck, other, KEY);
  const alone = pairedDifference(luck, normals('alone', 2000), KEY);

  expect(paired.correlation).toBeCloseTo(0.8, 1);
  expect(paired.minimumDetectable / alone.minimumDetectable).toBeCloseTo(Math.sqrt(1 - 0.8), 1);
});

describe('without any difference', () => {
  const runs = Array.from({ length: 400 }, (_, run) =>
    pairedDifference(normals(`a${run}`, 40), normals(`b${run}`, 40), KEY.at(run)),
  );

  test('one in twenty is called significant', () => {
    const share = runs.filter(({ pValue }) => pValue <= 0.05).length / runs.length;

    // Three binomial standard errors.
    expect(Math.abs(share - 0.05)).toBeLessThan(3 * Math.sqrt((0.05 * 0.95) / runs.length));
  });

  test('the interval holds 0 in nineteen of twenty, less what a bootstrap of 40 loses', () => {
    const share = runs.filter(({ interval: [low, high] }) => low <= 0 && high >= 0).length / runs.length;

    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(0.98);
  });
});

test('a difference as large as the smallest detectable one is found in 8 of 10', () => {
  const runs = Array.from({ length: 200 }, (_, run) => {
    const a = normals(`power a${run}`, 60);
    // √2 of noise, over √60 pairs.
    const shift = (2.801585 * Math.SQRT2) / Math.sqrt(60);
    return pairedDifference(
      a,
      normals(`power b${run}`, 60).map((value) => value + shift),
      KEY.at(run),
    );
  });
  const found = runs.filter(({ pValue }) => pValue <= 0.05).length / runs.length;

  expect(Math.abs(found - 0.8)).toBeLessThan(3 * Math.sqrt((0.8 * 0.2) / runs.length));
});

test.each([
  [[1, 2, 3], [1, 2], '3 values and 2 are no pairs'],
  [[1], [2], '1 pairs say nothing'],
])('%j and %j are refused', (a, b, message) => {
  expect(() => pairedDifference(a, b, KEY)).toThrow(message);
});

test('where the mean is 0 nothing is relative to it', () => {
  const { relative, pairsForOnePercent } = pairedDifference([0, 0, 0], [1, 2, 3], KEY);

  expect([relative, pairsForOnePercent]).toEqual([null, null]);
});
