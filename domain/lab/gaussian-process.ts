// Regression by a Gaussian process: what noisy values at some points tell about a function at others. The covariances are the
// caller's; nothing here knows what the points are. Formulas: Rasmussen and Williams 2006, algorithm 2.1 and section 5.4.1.
import { exp, ln } from '../math.ts';

const { sqrt } = Math;

/** Correlation of two values of a function that has two derivatives (Matérn 5/2; the same, equation 4.17). */
export function matern52(distance: number, length: number): number {
  const scaled = (sqrt(5) * distance) / length;
  return (1 + scaled + (scaled * scaled) / 3) * exp(-scaled);
}

/**
 * Values that were seen, jointly normal with mean 0. Covariances are relative: `scale` is what they have to be multiplied with for
 * the values to be most likely, and `logLikelihood` is the natural logarithm of the likelihood then.
 */
export class GaussianProcess {
  readonly scale: number;
  readonly logLikelihood: number;
  private readonly factor: readonly Float64Array[];
  private readonly weights: Float64Array;

  /**
   * @param covariance of the values, noise included; only the lower half is read
   * @throws RangeError when it is not positive definite
   */
  constructor(covariance: readonly ArrayLike<number>[], values: readonly number[]) {
    this.factor = choleskyFactor(covariance);
    const whitened = this.whiten(values);
    this.weights = solveTransposed(this.factor, whitened);
    this.scale = dot(whitened, whitened) / values.length;
    const logDeterminant = this.factor.reduce((sum, row, i) => sum + 2 * ln(row[i]!), 0);
    this.logLikelihood = -0.5 * (values.length * (ln(2 * Math.PI * this.scale) + 1) + logDeterminant);
  }

  /** Expectation of a value that was not seen. @param covariances with each of those that were */
  mean(covariances: ArrayLike<number>): number {
    return dot(covariances, this.weights);
  }

  /**
   * What the values say of one that was not seen, in units without noise or likeness: the covariance of two of them falls by the
   * product of what this gives for each.
   */
  whiten(covariances: ArrayLike<number>): Float64Array {
    return solve(this.factor, covariances);
  }
}

/** The lower triangle whose product with its transpose is the matrix. @throws RangeError when there is none */
export function choleskyFactor(matrix: readonly ArrayLike<number>[]): Float64Array[] {
  const factor: Float64Array[] = [];
  for (let i = 0; i < matrix.length; i++) {
    const row = new Float64Array(i + 1);
    for (let j = 0; j < i; j++) row[j] = (matrix[i]![j]! - dot(row, factor[j]!, j)) / factor[j]![j]!;
    const rest = matrix[i]![i]! - dot(row, row, i);
    if (!(rest > 0)) throw new RangeError('a covariance must be positive definite');
    row[i] = sqrt(rest);
    factor.push(row);
  }
  return factor;
}

/** The vector whose product with the lower triangle is `values`. */
function solve(factor: readonly Float64Array[], values: ArrayLike<number>): Float64Array {
  const solution = new Float64Array(factor.length);
  for (let i = 0; i < factor.length; i++)
    solution[i] = (values[i]! - dot(factor[i]!, solution, i)) / factor[i]![i]!;
  return solution;
}

function solveTransposed(factor: readonly Float64Array[], values: ArrayLike<number>): Float64Array {
  const solution = Float64Array.from(values);
  for (let i = factor.length - 1; i >= 0; i--) {
    const row = factor[i]!;
    solution[i]! /= row[i]!;
    for (let j = 0; j < i; j++) solution[j]! -= row[j]! * solution[i]!;
  }
  return solution;
}

/** Of the first `length` of each. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>, length = a.length): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[i]! * b[i]!;
  return sum;
}
