import { GaussianProcess, choleskyFactor, dot, matern52 } from './gaussian-process.ts';

test('a correlation is 1 at no distance, falls, and is as the formula says', () => {
  expect(matern52(0, 0.5)).toBe(1);
  // At one length: (1 + √5 + 5/3) e^−√5.
  expect(matern52(0.5, 0.5)).toBeCloseTo((1 + Math.sqrt(5) + 5 / 3) * Math.exp(-Math.sqrt(5)), 14);
  expect(matern52(2, 0.5)).toBeLessThan(matern52(1, 0.5));
});

test('the factor times its transpose is the matrix', () => {
  const matrix = [
    [4, 2, 1],
    [2, 5, 3],
    [1, 3, 6],
  ];
  const factor = choleskyFactor(matrix);

  for (const [i, row] of matrix.entries())
    for (const [j, value] of row.entries())
      expect(dot(factor[i]!, factor[j]!, Math.min(i, j) + 1)).toBeCloseTo(value, 12);
  expect(() =>
    choleskyFactor([
      [1, 2],
      [2, 1],
    ]),
  ).toThrow('positive definite');
});

test('many noisy values of one number: the mean is shrunk as in the textbook', () => {
  const values = [3, 5, 4, 8];
  const [signal, noise] = [2, 0.5];
  const covariance = values.map((_, i) => values.map((__, j) => signal + (i === j ? noise : 0)));
  const process = new GaussianProcess(covariance, values);
  const cross = values.map(() => signal);

  // Posterior precision is the sum of precisions: 1/2 + 4/0.5.
  expect(process.mean(cross)).toBeCloseTo((4 / noise / (1 / signal + 4 / noise)) * 5, 12);
  const white = process.whiten(cross);
  expect(signal - dot(white, white)).toBeCloseTo(1 / (1 / signal + 4 / noise), 12);
});

test('without noise it goes through the values', () => {
  const [points, values] = [
    [0, 0.3, 1],
    [2, -1, 5],
  ];
  const between = (a: number): number[] => points.map((b) => matern52(Math.abs(a - b), 0.4));
  const process = new GaussianProcess(points.map(between), values);

  for (const [i, point] of points.entries()) expect(process.mean(between(point))).toBeCloseTo(values[i]!, 10);
});

test('likelihood of two correlated values, at the scale that makes them most likely', () => {
  const [x, y, r] = [1.5, -0.5, 0.6];
  const process = new GaussianProcess([[1], [r, 1]], [x, y]);
  const scale = (x * x - 2 * r * x * y + y * y) / (1 - r * r) / 2;

  expect(process.scale).toBeCloseTo(scale, 12);
  expect(process.logLikelihood).toBeCloseTo(
    -1 - Math.log(2 * Math.PI) - 0.5 * Math.log(scale * scale * (1 - r * r)),
    12,
  );
});
