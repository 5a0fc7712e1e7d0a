import { propose } from './random-search.ts';
import type { Point } from './random-search.ts';
import { RandomKey } from './random.ts';

const DIMENSIONS = Array.from({ length: 10 }, (_, i) => ({ name: `x${i}`, low: -i, high: 10 + i }));
const START: Point = Object.fromEntries(DIMENSIONS.map(({ name, low, high }) => [name, (low + high) / 2]));
const search = (cost: (point: Point) => number, trials: number, seed: string): Point[] => {
  let best = START;
  const tried: Point[] = [];
  for (let trial = 0; trial < trials; trial++) {
    const point = propose(DIMENSIONS, best, trial, trials, RandomKey.of(seed));
    tried.push(point);
    if (cost(point) < cost(best)) best = point;
  }
  return [...tried, best];
};
/** Least at 0.2 of every range. */
const bowl = (point: Point): number =>
  DIMENSIONS.reduce((sum, { name, low, high }) => {
    const off = (point[name]! - low) / (high - low) - 0.2;
    return sum + off * off;
  }, 0);

test('finds most of the way to the least value, from every seed', () => {
  for (const seed of ['1', '2', '3'])
    expect(bowl(search(bowl, 150, seed).at(-1)!)).toBeLessThan(bowl(START) / 4);
});

test('never leaves the ranges, and tries the same points for the same seed', () => {
  const tried = search(bowl, 100, '1');
  for (const point of tried)
    for (const { name, low, high } of DIMENSIONS)
      expect([point[name]! >= low, point[name]! <= high]).toEqual([true, true]);
  expect(search(bowl, 100, '1')).toEqual(tried);
  expect(search(bowl, 100, '2')).not.toEqual(tried);
});

test('every point differs from the best one', () => {
  const points = Array.from({ length: 50 }, (_, trial) =>
    propose(DIMENSIONS, START, trial, 50, RandomKey.of('1')),
  );
  for (const point of points) expect(point).not.toEqual(START);
});
