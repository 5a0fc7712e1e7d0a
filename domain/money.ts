/** Money is integer cents (minor units of the dataset's currency). */

/**
 * `percent` of `cents`, rounded half away from zero: the one rounding rule of the system.
 * @param cents amount in cents, any sign
 * @param percent 0 to 100, counted in millionths, so that 99.82 % of 25.00 is a true half
 */
export function percentageOf(cents: number, percent: number): number {
  return roundHalfAway((cents * Math.round(percent * 1_000_000)) / 100_000_000);
}

/** Rounds to the nearest integer, halves away from zero. */
export function roundHalfAway(value: number): number {
  const whole = Math.floor(Math.abs(value));
  // Not floor(|value| + 0.5): that sum rounds up for the largest number below a half.
  const magnitude = Math.abs(value) - whole >= 0.5 ? whole + 1 : whole;
  return magnitude === 0 ? 0 : Math.sign(value) * magnitude;
}

/**
 * Splits `totalCents` over `weights` by largest remainder, so that the parts sum to the total exactly.
 * Ties go to the earlier part. With all weights zero the parts are as equal as they can be.
 * @param totalCents non-negative integer cents
 * @param weights non-negative, at least one
 */
export function splitByWeight(totalCents: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const shares =
    sum > 0
      ? weights.map((weight) => (totalCents * weight) / sum)
      : weights.map(() => totalCents / weights.length);
  const parts = shares.map(Math.floor);
  const missing = totalCents - parts.reduce((a, b) => a + b, 0);
  const byRemainder = shares
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, missing)) parts[index]! += 1;
  return parts;
}

/** `1234` → `12.34`. */
export function formatCents(cents: number): string {
  const sign = cents < 0 ? '-' : '';
  const absolute = Math.abs(cents);
  return `${sign}${Math.floor(absolute / 100)}.${String(absolute % 100).padStart(2, '0')}`;
}
