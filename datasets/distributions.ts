/** Distribution and quantile functions for drawing correlated traits: a normal score becomes any marginal. */

/** Standard normal distribution function, by its Taylor series near 0 and a continued fraction in the tails. */
export function normalCdf(z: number): number {
  if (z < 0) return 1 - normalCdf(-z);
  const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  if (z > 3.5) {
    let fraction = z;
    for (let k = 40; k > 0; k--) fraction = z + k / fraction;
    return 1 - density / fraction;
  }
  let term = z;
  let sum = z;
  for (let k = 1; k < 80; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + density * sum;
}

/** Quantile of Beta(a, b) for whole a and b, where the distribution function is a binomial tail. */
export function betaQuantile(probability: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (betaCdf(middle, a, b) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The index of the bracket in which a probability falls; shares are the brackets' sizes, lowest first. */
export function bracketOf(probability: number, shares: readonly number[]): number {
  let upper = 0;
  const index = shares.findIndex((share) => probability < (upper += share));
  return index === -1 ? shares.length - 1 : index;
}

/** Lower triangle L with L·Lᵀ = the correlation matrix. */
export function cholesky(correlations: readonly (readonly number[])[]): number[][] {
  const lower: number[][] = [];
  for (const [i, row] of correlations.entries()) {
    lower.push([]);
    for (let j = 0; j <= i; j++) {
      const explained = lower[j]!.reduce((sum, value, k) => sum + value * (k < j ? lower[i]![k]! : 0), 0);
      const rest = row[j]! - explained;
      if (i === j && rest <= 0) throw new RangeError('correlations are not positive definite');
      lower[i]!.push(i === j ? Math.sqrt(rest) : rest / lower[j]![j]!);
    }
  }
  return lower;
}

function betaCdf(x: number, a: number, b: number): number {
  const n = a + b - 1;
  let sum = 0;
  let combinations = 1;
  for (let k = 0; k <= n; k++) {
    if (k >= a) sum += combinations * x ** k * (1 - x) ** (n - k);
    combinations = (combinations * (n - k)) / (k + 1);
  }
  return sum;
}
