/**
 * Elementary functions from + - * / and sqrt alone, which IEEE 754 fixes to the last bit. `Math.exp` and its kin
 * may differ between engines and versions in the last bit, which is enough to change a choice and every digest after it.
 */

// As constants: in a vm context (Jest, Temporal's workflow sandbox) each look-up of a global costs more than the rest.
const { LN2, round, sqrt } = Math;
const { isNaN } = Number;
const INFINITE = Infinity;

const LN2_HIGH = 0.6931471803691238; // ln 2 with its low 21 bits cleared, so that k * LN2_HIGH is exact
const LN2_LOW = 1.9082149292705877e-10; // ln 2 - LN2_HIGH
const SQRT_HALF = Math.SQRT1_2;

const scratch = new DataView(new ArrayBuffer(8));

/** 2^k for integer k in [-1022, 1023], exact. */
function powerOfTwo(k: number): number {
  scratch.setUint32(0, (k + 1023) << 20);
  scratch.setUint32(4, 0);
  return scratch.getFloat64(0);
}

/** e^x; 0 below -745, Infinity above 709.78. Relative error below 1e-15. */
export function exp(x: number): number {
  if (isNaN(x)) return NaN;
  if (x > 709.782712893384) return INFINITE;
  if (x < -745.1332191019412) return 0;
  const k = round(x / LN2);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // Taylor series on |r| <= ln2/2, by Horner; the 14th term is below 1e-17.
  let sum = 1;
  for (let n = 14; n >= 1; n--) sum = 1 + (sum * r) / n;
  if (k < -1021) return sum * powerOfTwo(k + 100) * powerOfTwo(-100);
  return k > 1023 ? sum * powerOfTwo(k - 1) * 2 : sum * powerOfTwo(k);
}

/** e^x − 1, also where e^x is so near to 1 that nothing would be left of the difference. Relative error below 1e-15. */
export function expMinusOne(x: number): number {
  if (!(x > -0.3 && x < 0.3)) return exp(x) - 1;
  // Taylor series by Horner; the 15th term is below 1e-18 of the sum.
  let sum = 1;
  for (let n = 15; n >= 2; n--) sum = 1 + (sum * x) / n;
  return x * sum;
}

/** Natural logarithm; -Infinity at 0, NaN below. Relative error below 1e-15. */
export function ln(x: number): number {
  if (isNaN(x) || x < 0) return NaN;
  if (x === 0) return -INFINITE;
  if (x === INFINITE) return INFINITE;
  scratch.setFloat64(0, x);
  let exponent = (scratch.getUint32(0) >>> 20) - 1023;
  if (exponent === -1023) {
    scratch.setFloat64(0, x * powerOfTwo(60));
    exponent = (scratch.getUint32(0) >>> 20) - 1083;
  }
  scratch.setUint32(0, (scratch.getUint32(0) & 0x000fffff) | 0x3ff00000);
  let mantissa = scratch.getFloat64(0);
  if (mantissa > 2 * SQRT_HALF) {
    mantissa /= 2;
    exponent += 1;
  }
  // ln m = 2 atanh s = 2 (s + s^3/3 + s^5/5 + ...), |s| <= 0.1716: the 12th term is below 1e-18.
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 0;
  for (let n = 23; n >= 3; n -= 2) sum = (sum + 1 / n) * square;
  return exponent * LN2_HIGH + (2 * s * (1 + sum) + exponent * LN2_LOW);
}

/** x^y for x > 0. */
export function power(x: number, y: number): number {
  return exp(y * ln(x));
}

/** Real cube root, of either sign. Relative error below 1e-15. */
export function cubeRoot(x: number): number {
  if (x === 0 || isNaN(x)) return x;
  const size = x < 0 ? -x : x;
  let root = exp(ln(size) / 3);
  // One step of Newton takes what exp and ln have lost.
  root -= (root - size / (root * root)) / 3;
  return x < 0 ? -root : root;
}

/** 1 / (1 + e^-x). */
export function logistic(x: number): number {
  return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

/** ln(p / (1 - p)), 0 < p < 1. */
export function logit(p: number): number {
  return ln(p / (1 - p));
}

/**
 * Probability that a standard normal number is below z. Relative error below 1e-12 from z = -37 on, also far out in the
 * lower tail: for the upper one ask for -z.
 */
export function normalCdf(z: number): number {
  if (isNaN(z)) return NaN;
  if (z > 0) return 1 - normalCdf(-z);
  if (z < -38.6) return 0;
  return z > -TAIL_BEGINS ? 0.5 + normalDensity(z) * bodySeries(z) : normalDensity(z) / tailFraction(-z);
}

/** Density of the standard normal distribution. */
export function normalDensity(z: number): number {
  return INVERSE_ROOT_TWO_PI * exp((-z * z) / 2);
}

const INVERSE_ROOT_TWO_PI = 0.3989422804014327;
/** From here on the continued fraction is both quick and exact. */
const TAIL_BEGINS = 3;

/** z + z^3/3 + z^5/(3*5) + ... (Abramowitz and Stegun 26.2.11): all terms have one sign. */
function bodySeries(z: number): number {
  const square = z * z;
  let term = z;
  let sum = z;
  for (let n = 3; sum + term !== sum; n += 2) {
    term *= square / n;
    sum += term;
  }
  return sum;
}

/** z + 1/(z + 2/(z + 3/(z + ...))) for z >= 3 (Abramowitz and Stegun 26.2.14), from the inside out. */
function tailFraction(z: number): number {
  let fraction = z;
  for (let n = 100; n >= 1; n--) fraction = z + n / fraction;
  return fraction;
}

/**
 * Quantile of the standard normal distribution, 0 < p < 1.
 * Rational approximation by P. J. Acklam (2003), relative error below 1.2e-9.
 */
export function normalQuantile(p: number): number {
  if (p < 0.02425) return tailQuantile(sqrt(-2 * ln(p)));
  if (p > 1 - 0.02425) return -tailQuantile(sqrt(-2 * ln(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  const numerator =
    ((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r + 1.38357751867269e2) *
      r -
      3.066479806614716e1) *
      r +
    2.506628277459239;
  const denominator =
    ((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r +
      6.680131188771972e1) *
      r -
      1.328068155288572e1) *
      r +
    1;
  return (numerator * q) / denominator;
}

function tailQuantile(q: number): number {
  const numerator =
    ((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) *
      q +
      4.374664141464968) *
      q +
    2.938163982698783;
  const denominator =
    (((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) *
      q +
    1;
  return numerator / denominator;
}
