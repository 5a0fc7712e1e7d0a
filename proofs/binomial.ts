// What chance alone lets a count be.

/** Counts between which 95 % of binomial numbers lie, at least. */
export function binomialBounds(count: number, probability: number): [low: number, high: number] {
  let term = (1 - probability) ** count;
  let sum = 0;
  let low = -1;
  for (let k = 0; k <= count; k++) {
    sum += term;
    if (low < 0 && sum > 0.025) low = k;
    if (sum >= 0.975) return [low, k];
    term *= ((count - k) / (k + 1)) * (probability / (1 - probability));
  }
  return [low, count];
}
