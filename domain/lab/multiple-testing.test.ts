import fc from 'fast-check';
import { RandomKey } from '../random.ts';
import { independentResample } from '../resampling.ts';
import { holm, realityCheck, stepDown } from './multiple-testing.ts';

const KEY = RandomKey.of('multiple-testing');

/** Independent versions without any edge, over 40 seeds. */
function luck(name: string | number, versions: number): number[][] {
  return Array.from({ length: versions }, (_, version) =>
    Array.from({ length: 40 }, (_unused, seed) => KEY.at(name, version, seed).normal()),
  );
}

describe('Holm', () => {
  // statsmodels 0.15.0: multipletests(p, method='holm')[1].
  test('is what statsmodels says', () => {
    const adjusted = holm([0.001, 0.04, 0.012, 0.6, 0.02, 0.012, 0.9, 0.03]);

    expect(adjusted.map((p) => p.toFixed(10))).toEqual(
      [0.008, 0.12, 0.084, 1, 0.1, 0.084, 1, 0.12].map((p) => p.toFixed(10)),
    );
  });

  test('lies between the p-values and those of Bonferroni, in the same order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (ps) => {
        const adjusted = holm(ps);
        ps.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, p * ps.length) + 1e-15);
          ps.forEach((q, j) => {
            if (p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!);
          });
        });
      }),
    );
  });
});

describe('the Reality Check', () => {
  // All 3³ resamples of the values 0, 0, 3, whose mean is 1: the resampled mean is at least 2 when two or three of them are the 3.
  test('with every resample once is exact: hand-counted', () => {
    const all = (draw: number): number[] => [draw % 3, Math.floor(draw / 3) % 3, Math.floor(draw / 9) % 3];
    const atLeastTwo = 7;

    expect(realityCheck([[0, 0, 3]], all, 27)).toBe((1 + atLeastTwo) / 28);
    // A second version that never varies and loses changes nothing.
    expect(
      realityCheck(
        [
          [0, 0, 3],
          [-1, -1, -1],
        ],
        all,
        27,
      ),
    ).toBe((1 + atLeastTwo) / 28);
  });

  test('one in twenty searches without any edge finds one, where the best alone would be significant far more often', () => {
    const searches = 300;
    const found = { check: 0, best: 0 };
    for (let search = 0; search < searches; search++) {
      const versions = luck(search, 10);
      const resample = independentResample(40, KEY.at('draws', search));
      if (realityCheck(versions, resample, 199) <= 0.05) found.check += 1;
      const alone = versions.map((values) => realityCheck([values], resample, 199));
      if (Math.min(...alone) <= 0.05) found.best += 1;
    }

    expect(Math.abs(found.check / searches - 0.05)).toBeLessThan(
      3 * Math.sqrt((0.05 * 0.95) / searches) + 0.01,
    );
    expect(found.best / searches).toBeGreaterThan(0.25);
  });
});

describe('the step-down', () => {
  const resample = independentResample(40, KEY.at('step down'));

  test('finds the versions that are better, and no other; a copy costs nothing', () => {
    const versions = luck('planted', 6);
    const planted = versions.map((values, k) => (k < 2 ? values.map((value) => value + 1) : values));
    const ps = stepDown(planted, resample, 999);

    expect(ps.map((p) => p <= 0.05)).toEqual([true, true, false, false, false, false]);
    expect(stepDown([...planted, planted[0]!], resample, 999).slice(0, 6)).toEqual(ps);
  });

  test('is never above what Bonferroni would allow for nearly equal versions, and never below the single p', () => {
    const [values] = luck('related', 1);
    const related = Array.from({ length: 8 }, (_, k) => values!.map((value) => value + 0.3 + k * 1e-6));
    const alone = stepDown([related[7]!], resample, 999)[0]!;
    const together = stepDown(related, resample, 999);

    expect(together[7]).toBeGreaterThanOrEqual(alone);
    expect(together[7]).toBeLessThan(alone * 2 + 0.01);
  });

  test('spread does not hide: a wild version without an edge leaves a calm one with an edge to be found', () => {
    const [calm, wild] = luck('spread', 2);
    const versions = [calm!.map((value) => value + 1), wild!.map((value) => 100 * value)];

    expect(stepDown(versions, resample, 999)[0]).toBeLessThan(0.01);
    expect(realityCheck(versions, resample, 999)).toBeGreaterThan(0.05);
  });

  test('a version that never varies is as sure as it looks', () => {
    const [values] = luck('constant', 1);
    const zeros = values!.map(() => 0);

    expect(stepDown([values!, zeros], resample, 99)[1]).toBe(1);
    expect(stepDown([zeros.map(() => 1), values!], resample, 99)[0]).toBe(0.01);
  });
});

test('versions without the same seeds are refused', () => {
  expect(() => realityCheck([[1, 2], [1]], () => [0, 1], 9)).toThrow(
    'version 1 has 1 seeds, the first has 2',
  );
  expect(() => stepDown([], () => [0], 9)).toThrow('at least one version');
});
