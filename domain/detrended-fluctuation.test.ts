import { hurstExponent } from './detrended-fluctuation.ts';
import { RandomKey } from './random.ts';

const key = RandomKey.of('detrended fluctuation');

/** Fractional Gaussian noise by the recursion of Hosking (1984), exact. */
function fractionalNoise(hurst: number, count: number): number[] {
  const power = (k: number) => Math.abs(k) ** (2 * hurst);
  const covariances = Float64Array.from(
    { length: count },
    (_, k) => (power(k + 1) - 2 * power(k) + power(k - 1)) / 2,
  );
  const values = [key.at(0).normal()];
  let weights = new Float64Array(0);
  let variance = 1;
  for (let n = 1; n < count; n++) {
    let rest = covariances[n]!;
    for (let i = 0; i < n - 1; i++) rest -= weights[i]! * covariances[n - 1 - i]!;
    const last = rest / variance;
    const next = new Float64Array(n).fill(last);
    for (let i = 0; i < n - 1; i++) next[i] = weights[i]! - last * weights[n - 2 - i]!;
    weights = next;
    variance *= 1 - last * last;
    let mean = 0;
    for (let i = 0; i < n; i++) mean += weights[i]! * values[n - 1 - i]!;
    values.push(mean + Math.sqrt(variance) * key.at(n).normal());
  }
  return values;
}

test.each([0.3, 0.5, 0.7, 0.85])('the exponent %s of fractional noise is found again', (hurst) => {
  expect(Math.abs(hurstExponent(fractionalNoise(hurst, 4096))! - hurst)).toBeLessThan(0.06);
});

test('signs that know nothing of each other have 0.5', () => {
  const signs = Array.from({ length: 20_000 }, (_, i) => (key.at('sign', i).uniform() < 0.3 ? 1 : -1));

  expect(Math.abs(hurstExponent(signs)! - 0.5)).toBeLessThan(0.03);
});

test('orders cut into long runs of one sign have the memory that the length of the runs gives', () => {
  // Runs whose length has a Pareto tail of 1.5: H = (3 − 1.5) ÷ 2 (Lillo, Mike and Farmer 2005).
  const signs: number[] = [];
  for (let run = 0; signs.length < 100_000; run++) {
    const length = Math.ceil(key.at('run', run).uniform() ** (-1 / 1.5));
    const sign = key.at('side', run).uniform() < 0.5 ? 1 : -1;
    for (let i = 0; i < length; i++) signs.push(sign);
  }

  expect(Math.abs(hurstExponent(signs)! - 0.75)).toBeLessThan(0.07);
});

test('too few values, or nothing but the same, have none', () => {
  const values = Array.from({ length: 1000 }, (_, i) => key.at(i).normal());

  expect(hurstExponent(values)).not.toBeNull();
  expect(hurstExponent(values.slice(1))).toBeNull();
  expect(hurstExponent(new Array<number>(5000).fill(0.1))).toBeNull();
});
