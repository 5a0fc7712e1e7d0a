// What a comparison of paired units can find, by the normal approximation: the mean of n differences with standard deviation
// s, tested on both sides. J. Cohen, Statistical Power Analysis (1988), chapter 2.
import { normalCdf, normalQuantile } from './math.ts';

/** How a comparison is decided: the share of false alarms, and of true differences of the named size that are found. */
export type Design = { readonly level: number; readonly power: number };

export const USUAL_DESIGN: Design = { level: 0.05, power: 0.8 };

/** Standard errors that a true difference must be away from 0. */
function reachOf({ level, power }: Design): number {
  return normalQuantile(1 - level / 2) + normalQuantile(power);
}

/** The smallest true difference that is found as often as the design says. */
export function minimumDetectable(deviation: number, units: number, design: Design = USUAL_DESIGN): number {
  return (reachOf(design) * deviation) / Math.sqrt(units);
}

/** Units that find a true difference as often as the design says, at least 2; null when there is none to find. */
export function unitsNeeded(
  difference: number,
  deviation: number,
  design: Design = USUAL_DESIGN,
): number | null {
  if (difference === 0) return null;
  const ratio = (reachOf(design) * deviation) / difference;
  return Math.max(2, Math.ceil(ratio * ratio));
}

/** How often a true difference is found, on either side. */
export function powerOf(difference: number, deviation: number, units: number, level: number): number {
  if (deviation === 0) return difference === 0 ? level : 1;
  const away = (Math.abs(difference) / deviation) * Math.sqrt(units);
  const bound = normalQuantile(1 - level / 2);
  return normalCdf(away - bound) + normalCdf(-away - bound);
}
