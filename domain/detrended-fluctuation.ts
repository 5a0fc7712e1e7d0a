// Memory of a series by detrended fluctuation analysis (Peng et al. 1994, Physical Review E 49, 1685), of first order: sum the
// series up, cut the sum into boxes, take a line off each box, and see how the rest grows with the size of the boxes. Lillo and
// Farmer (2004) use it on signs of orders. The rescaled range is well above 0.5 on short series without memory, this is not.
import { areSame, mean } from './descriptive-statistics.ts';
import { ln } from './math.ts';

/** In smaller boxes a line takes off too much: of white noise, more than 2 % of the square at 16. */
const LEAST_BOX = 16;
/** The largest size must have this many boxes. */
const LEAST_BOXES = 8;
const GROWTH = Math.SQRT2;
/** With fewer the sizes of boxes are too alike to read a power off them. */
const LEAST_VALUES = 1000;

/**
 * The power by which the fluctuation grows with the size: 0.5 without memory, above it when like follows like over all sizes.
 * Null for fewer than 1,000 values, or when they are all the same.
 */
export function hurstExponent(values: readonly number[]): number | null {
  if (values.length < LEAST_VALUES || areSame(values)) return null;
  const profile = profileOf(values);
  const sizes: number[] = [];
  const fluctuations: number[] = [];
  for (let exact = LEAST_BOX; exact * LEAST_BOXES <= values.length; exact *= GROWTH) {
    const size = Math.round(exact);
    sizes.push(ln(size));
    fluctuations.push(ln(fluctuationOf(profile, size)));
  }
  // A line takes off all of it where the series only changes after the last box.
  return fluctuations.every(Number.isFinite) ? slopeOf(sizes, fluctuations) : null;
}

/** Sums of what the values are above their mean. */
function profileOf(values: readonly number[]): Float64Array {
  const centre = mean(values);
  const profile = new Float64Array(values.length);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]! - centre;
    profile[i] = sum;
  }
  return profile;
}

/** Root of the mean square distance from the line of each box; boxes begin at the start, what is left over is left out. */
function fluctuationOf(profile: Float64Array, size: number): number {
  const boxes = Math.floor(profile.length / size);
  let squares = 0;
  for (let box = 0; box < boxes; box++) squares += squaresOffLine(profile, box * size, size);
  return Math.sqrt(squares / (boxes * size));
}

function squaresOffLine(profile: Float64Array, from: number, size: number): number {
  const middle = (size - 1) / 2;
  let [sum, product] = [0, 0];
  for (let i = 0; i < size; i++) {
    sum += profile[from + i]!;
    product += profile[from + i]! * (i - middle);
  }
  const centre = sum / size;
  const slope = product / ((size * (size * size - 1)) / 12);
  let squares = 0;
  for (let i = 0; i < size; i++) {
    const off = profile[from + i]! - centre - slope * (i - middle);
    squares += off * off;
  }
  return squares;
}

/** Of the line of least squares. */
function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const centre = mean(xs);
  let [squares, products] = [0, 0];
  for (let i = 0; i < xs.length; i++) {
    squares += (xs[i]! - centre) * (xs[i]! - centre);
    products += (xs[i]! - centre) * ys[i]!;
  }
  return products / squares;
}
