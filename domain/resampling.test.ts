import fc from 'fast-check';
import { mean, sampleDeviation } from './descriptive-statistics.ts';
import { RandomKey } from './random.ts';
import {
  bootstrapMeans,
  independentResample,
  signFlipPValue,
  stationaryResample,
  studentizedInterval,
} from './resampling.ts';

const KEY = RandomKey.of('resampling');

function normals(name: string, count: number): number[] {
  return Array.from({ length: count }, (_, i) => KEY.at(name, i).normal());
}

function intervalOf(values: readonly number[], key: RandomKey, draws: number): [number, number] {
  return studentizedInterval(
    [{ values, sign: 1, resample: independentResample(values.length, key) }],
    0.05,
    draws,
  );
}

describe('resamples', () => {
  test.each([
    ['independent', independentResample(7, KEY)],
    ['in blocks', stationaryResample(7, 3, KEY)],
  ])('%s: every position comes up equally often', (_, resample) => {
    const counts = new Array<number>(7).fill(0);
    for (let draw = 0; draw < 4000; draw++) for (const at of Array.from(resample(draw))) counts[at]! += 1;

    for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(4 * Math.sqrt(4000 * 3));
  });

  test('blocks are as long as they should be, and go on at the start after the end', () => {
    const resample = stationaryResample(50, 5, KEY);
    let steps = 0;
    let wraps = 0;
    for (let draw = 0; draw < 400; draw++) {
      const at = resample(draw);
      for (let i = 1; i < 50; i++) {
        if (at[i] === (at[i - 1]! + 1) % 50) steps += 1;
        if (at[i] === 0 && at[i - 1] === 49) wraps += 1;
      }
    }
    // Four of five positions follow the one before, and a new block does so by chance in one of fifty.
    expect(steps / (400 * 49)).toBeCloseTo(0.8 + 0.2 / 50, 2);
    expect(wraps).toBeGreaterThan(0);
  });

  test('blocks below one unit are refused', () => {
    expect(() => stationaryResample(5, 0.5, KEY)).toThrow('blocks of 0.5 on average');
  });

  test('means of resamples have the error of the mean', () => {
    const values = normals('means', 60);
    const means = bootstrapMeans(values, independentResample(60, KEY.at('means')), 4000);

    expect(mean(means)).toBeCloseTo(mean(values), 2);
    expect(sampleDeviation(means) / (sampleDeviation(values) / Math.sqrt(60))).toBeCloseTo(1, 1);
  });
});

describe('the studentised interval', () => {
  test('of what does not vary is the value itself', () => {
    expect(intervalOf([3, 3, 3], KEY, 50)).toEqual([3, 3]);
    expect(intervalOf([0, 0], KEY, 50)).toEqual([0, 0]);
  });

  test('of two values, or of nearly always the same one, has no bound', () => {
    expect(intervalOf([1, 2], KEY, 999)).toEqual([-Infinity, Infinity]);
    // Every ninth resample has none but zeros: up to where the mean may be is not known, but it is above 0 by what was seen.
    const [low, high] = intervalOf([...new Array<number>(18).fill(0), 5, 6], KEY, 999);
    expect([low < 0.55, high]).toEqual([true, Infinity]);
  });

  test('moves and stretches with its values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 5, maxLength: 20 }),
        fc.integer({ min: -50, max: 50 }),
        (values, shift) => {
          fc.pre(new Set(values).size > 2);
          const [low, high] = intervalOf(values, KEY, 200);
          const [movedLow, movedHigh] = intervalOf(
            values.map((value) => 4 * value + shift),
            KEY,
            200,
          );
          expect(movedLow).toBeCloseTo(4 * low + shift, 5);
          expect(movedHigh).toBeCloseTo(4 * high + shift, 5);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('of two independent samples is that of their difference', () => {
    const [a, b] = [normals('a', 100), normals('b', 400)];
    const [low, high] = studentizedInterval(
      [
        { values: a, sign: 1, resample: independentResample(100, KEY.at('a')) },
        { values: b, sign: -1, resample: independentResample(400, KEY.at('b')) },
      ],
      0.05,
      3000,
    );
    const error = Math.hypot(sampleDeviation(a) / 10, sampleDeviation(b) / 20);

    expect((low + high) / 2).toBeCloseTo(mean(a) - mean(b), 1);
    expect((high - low) / (2 * 1.96 * error)).toBeCloseTo(1, 1);
  });

  // Percentiles would miss in 9 and 11 of 100; the bound here is what chance does with 500 samples of a true 5 %, two-sided.
  test.each([
    ['10 normal', 10, (key: RandomKey) => key.normal()],
    ['20 exponential', 20, (key: RandomKey) => key.exponential() - 1],
  ])('of %s values misses the mean in about 5 of 100', (name, count, draw) => {
    const samples = 500;
    const missed = Array.from({ length: samples }, (_, sample) => {
      const key = KEY.at(name, sample);
      const [low, high] = intervalOf(
        Array.from({ length: count }, (_unused, i) => draw(key.at('values', i))),
        key,
        399,
      );
      return low > 0 || high < 0;
    }).filter(Boolean).length;

    expect(Math.abs(missed / samples - 0.05)).toBeLessThan(3 * Math.sqrt((0.05 * 0.95) / samples));
  });
});

describe('flipping signs', () => {
  test('of few values is exact: hand-counted', () => {
    // Of the eight ways to sign 1, 2, 3 two are as far from 0 as 6: +++ and −−−.
    expect(signFlipPValue([1, 2, 3], KEY, 10)).toBe(2 / 8);
    // 4 or more: 1+2+3, −1+2+3 and their mirror images.
    expect(signFlipPValue([-1, 2, 3], KEY, 10)).toBe(4 / 8);
    expect(signFlipPValue([5], KEY, 10)).toBe(1);
    expect(signFlipPValue([0, 0, 0], KEY, 10)).toBe(1);
    expect(signFlipPValue(new Array<number>(14).fill(0.1), KEY, 10)).toBe(2 / 2 ** 14);
  });

  // scipy 1.17.1: stats.permutation_test((x,), np.mean, permutation_type='samples', n_resamples=np.inf).pvalue
  test.each([
    [[0.3, -1.2, 2.4, 0.7, 3.1, -0.4, 1.9, 0.2, 2.2, -0.6], 0.099609375],
    [[12, -3, 5, 8, -1, 4, 9, -2, 6, 7, 3, -4], 0.0390625],
  ])('of %j is as scipy says', (values, expected) => {
    expect(signFlipPValue(values, KEY, 10)).toBe(expected);
  });

  test('of many values is drawn, near to what a t-test says of normal ones, and never 0', () => {
    const values = normals('flip', 50).map((value) => value + 0.25);
    const t = (mean(values) / sampleDeviation(values)) * Math.sqrt(50);
    const p = signFlipPValue(values, KEY, 9999);

    // Student's t with 49 degrees of freedom has 5 % beyond 2.0096.
    expect(p < 0.05).toBe(t > 2.0096);
    expect(signFlipPValue(new Array<number>(40).fill(1), KEY, 99)).toBe(0.01);
  });

  test('one in twenty is significant where nothing is', () => {
    const sessions = 600;
    const found = Array.from(
      { length: sessions },
      (_, session) => signFlipPValue(normals(`null ${session}`, 12), KEY, 1) <= 0.05,
    ).filter(Boolean).length;

    expect(Math.abs(found / sessions - 0.05)).toBeLessThan(3 * Math.sqrt((0.05 * 0.95) / sessions));
  });
});
