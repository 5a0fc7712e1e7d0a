// What is left of a day's minutes when their time of day is taken out: busy ends of the day must not pass for bursts.
import { mean } from '../descriptive-statistics.ts';

/** A fitted size is at least this part of the mean: near 0 a quotient would be as large as one likes. */
const LEAST_SHARE = 0.25;

/**
 * Each value divided by a parabola over the day that is fitted to all of them by least squares. One day is not enough for more than
 * a parabola; it takes some of the true slow movement with it, so what is found afterwards is rather too little.
 * @param values one for each minute; null where it is not known
 */
export function withoutTimeOfDay(values: readonly (number | null)[]): (number | null)[] {
  const known = values.filter((value) => value !== null);
  if (known.length < 3) return [...values];
  const centre = mean(known);
  const places = values.map((_, i) => (2 * i) / (values.length - 1) - 1);
  const squares = places.map((place) => place * place);
  const isKnown = (_: number, i: number): boolean => values[i] !== null;
  const [knownPlaces, knownSquares] = [places.filter(isKnown), squares.filter(isKnown)];
  const [middle, square] = [mean(knownPlaces), mean(knownSquares)];
  // Orthogonal on a whole day, and nearly so with a few minutes missing: slope and bend are fitted one after the other.
  const slope = slopeOf(knownPlaces, known);
  const bend = slopeOf(
    knownSquares,
    known.map((value, n) => value - slope * (knownPlaces[n]! - middle)),
  );
  return values.map((value, i) => {
    if (value === null) return null;
    const fitted = centre + slope * (places[i]! - middle) + bend * (squares[i]! - square);
    return value / Math.max(LEAST_SHARE * centre, fitted);
  });
}

/** Of the line of least squares; 0 when all xs are the same. */
function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const [middle, centre] = [mean(xs), mean(ys)];
  let [squares, products] = [0, 0];
  for (let i = 0; i < xs.length; i++) {
    squares += (xs[i]! - middle) * (xs[i]! - middle);
    products += (xs[i]! - middle) * (ys[i]! - centre);
  }
  return squares === 0 ? 0 : products / squares;
}
