import { RandomKey } from '../random.ts';
import { Draws, OFFSET, SIDE } from './draws.ts';

const N = 20_000;
const draws = new Draws([RandomKey.of('draws').at('a'), RandomKey.of('draws').at('b')]);
const numbers = (trader: number, purpose: number): number[] =>
  Array.from({ length: N }, (_, n) => draws.uniform(trader, purpose, n));

test('a draw is a function of the trader, the purpose and the number alone', () => {
  const [a, b] = [draws.uniform(0, SIDE, 5), draws.uniform(0, SIDE, 6)];
  draws.uniform(1, SIDE, 5);

  expect(draws.uniform(0, SIDE, 5)).toBe(a);
  expect(new Set([a, b, draws.uniform(1, SIDE, 5), draws.uniform(0, OFFSET, 5)]).size).toBe(4);
});

test('numbers are spread evenly over the interval', () => {
  const bins = new Array<number>(100).fill(0);
  for (const u of numbers(0, SIDE)) bins[Math.floor(u * 100)]! += 1;
  const chiSquare = bins.reduce((sum, count) => sum + (count - N / 100) ** 2 / (N / 100), 0);

  // 99 degrees of freedom: 0.1 % of fair generators are above 149.
  expect(chiSquare).toBeLessThan(149);
});

test.each([
  ['the next number', numbers(0, SIDE), numbers(0, SIDE).slice(1)],
  ['another trader', numbers(0, SIDE), numbers(1, SIDE)],
  ['another purpose', numbers(0, SIDE), numbers(0, OFFSET)],
])('a number says nothing of %s', (_, one, other) => {
  const n = Math.min(one.length, other.length);
  const correlation =
    (12 / n) * one.slice(0, n).reduce((sum, u, i) => sum + (u - 0.5) * (other[i]! - 0.5), 0);

  // Standard error 1/√n: four of them.
  expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(n));
});

test('exponential and normal draws have their moments', () => {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const exponentials = Array.from({ length: N }, (_, n) => draws.exponential(0, SIDE, n));
  const normals = Array.from({ length: N }, (_, n) => draws.normal(0, SIDE, n));

  expect(mean(exponentials)).toBeCloseTo(1, 1);
  expect(mean(normals)).toBeCloseTo(0, 1);
  expect(mean(normals.map((value) => value * value))).toBeCloseTo(1, 1);
});
