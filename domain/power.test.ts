import { minimumDetectable, powerOf, unitsNeeded } from './power.ts';
import { RandomKey } from './random.ts';
import { signFlipPValue } from './resampling.ts';

test('hand-computed: 1.959964 + 0.841621 standard errors', () => {
  expect(minimumDetectable(10, 100)).toBeCloseTo(2.801585, 5);
  expect(minimumDetectable(10, 100, { level: 0.01, power: 0.9 })).toBeCloseTo(2.575829 + 1.281552, 5);
  // (2.801585 / 0.5)² = 31.4; G*Power says 34 for the t-test, which is what 20 to 40 seeds lose.
  expect(unitsNeeded(0.5, 1)).toBe(32);
  expect(powerOf(0.5, 1, 32, 0.05)).toBeCloseTo(0.807, 3);
});

test('the three agree with each other', () => {
  expect(unitsNeeded(minimumDetectable(3, 57), 3)).toBe(57);
  expect(powerOf(-minimumDetectable(3, 57), 3, 57, 0.05)).toBeCloseTo(0.8, 4);
});

test('where nothing is to be found or nothing varies', () => {
  expect(unitsNeeded(0, 1)).toBeNull();
  expect(unitsNeeded(1, 0)).toBe(2);
  expect(minimumDetectable(0, 10)).toBe(0);
  expect(powerOf(0, 1, 20, 0.05)).toBeCloseTo(0.05, 8);
  expect([powerOf(0, 0, 20, 0.05), powerOf(1, 0, 20, 0.05)]).toEqual([0.05, 1]);
});

// What an evaluation has: few seeds, and values with a long tail.
test.each([
  ['normal', (key: RandomKey) => key.normal()],
  ['skewed', (key: RandomKey) => key.exponential() - 1],
])('differences of 40 %s values are found as often as the approximation says, ± 10 points', (name, draw) => {
  const sessions = 300;
  const found = Array.from({ length: sessions }, (_, session) => {
    const key = RandomKey.of('power').at(name, session);
    const values = Array.from({ length: 40 }, (_unused, i) => 0.4 + draw(key.at(i)));
    return signFlipPValue(values, key.at('flip'), 499) <= 0.05;
  }).filter(Boolean).length;

  expect(Math.abs(found / sessions - powerOf(0.4, 1, 40, 0.05))).toBeLessThan(0.1);
});
