// Looking at results before all seeds have run, and stopping when they are clear, without more false alarms than one look at
// the end would give. A group-sequential test by alpha spending (Lan and DeMets 1983): a share of the level is spent at each of
// a few looks that are fixed beforehand, and the bound of a look is what the chance of having stopped earlier leaves.
//
// Why not a confidence sequence, which may be looked at after every seed for ever: those for means of unbounded values hold only
// asymptotically, and are wider by a half at the end of a planned session. Runs come in batches anyway. The bounds are taken as
// levels of p (the significance-level approach, Pocock 1977; Jennison and Turnbull 2000, 3.8), so that the test at a look can be
// the randomisation test; intervals at the same level are repeated confidence intervals (Jennison and Turnbull 1989): they hold
// together, so also at the look at which somebody chose to stop.
import { InvalidInputError } from '../errors.ts';
import { ln, normalCdf, normalDensity, normalQuantile } from '../math.ts';

/** Looks at so many seeds, ascending; the last is the end. */
export type Looks = readonly number[];

const MOST_LOOKS = 50;

/**
 * The level at each look, so that all of them together give false alarms in `level` of cases: level × share² is spent by the
 * time that a share of the seeds has run (the power family of Kim and DeMets 1987). The first looks ask for much, but for what
 * 10,000 draws of a randomisation can still show, and the last asks for little more than a single look would.
 * @throws InvalidInputError for looks that are not whole, ascending numbers of at least 2 seeds, or for more than 50
 */
export function levelsOfLooks(looks: Looks, level: number): number[] {
  const shares = sharesOf(looks);
  const spent = shares.map((share) => level * share * share);
  return boundsFor(shares, spent).map((bound) => 2 * normalCdf(-bound));
}

/** How often a true difference is found at one of the looks, on its own side, by the normal approximation. */
export function powerOfLooks(looks: Looks, level: number, difference: number, deviation: number): number {
  const shares = sharesOf(looks);
  const bounds = levelsOfLooks(looks, level).map((one) => -normalQuantile(one / 2));
  if (deviation === 0) return difference === 0 ? level : 1;
  const drift = (Math.abs(difference) / deviation) * Math.sqrt(looks.at(-1)!);
  return crossings(shares, bounds, drift).reduce((sum, { above }) => sum + above, 0);
}

function sharesOf(looks: Looks): number[] {
  const isPlan = looks.every((seeds, i) => Number.isInteger(seeds) && seeds > (i === 0 ? 1 : looks[i - 1]!));
  if (looks.length === 0 || looks.length > MOST_LOOKS || !isPlan)
    throw new InvalidInputError(
      `looks must be up to ${MOST_LOOKS} ascending numbers of seeds from 2 on, not ${JSON.stringify(looks)}`,
    );
  return looks.map((seeds) => seeds / looks.at(-1)!);
}

/**
 * Bounds of |Z| that are crossed by the time of each look as often as `spent` says, when there is no difference.
 * @param shares of the seeds at each look, ascending; the last is 1
 * @param spent share of false alarms up to each look, ascending
 */
export function boundsFor(shares: readonly number[], spent: readonly number[]): number[] {
  let state = START;
  let before = 0;
  return shares.map((share, look) => {
    const wanted = spent[look]! - (look === 0 ? 0 : spent[look - 1]!);
    const crossedAt = (bound: number): number => {
      const { above, below } = crossing(state, share - before, bound * Math.sqrt(share), 0);
      return above + below;
    };
    const bound = solve(crossedAt, wanted);
    if (look < shares.length - 1) state = goOn(state, share - before, share, bound, 0);
    before = share;
    return bound;
  });
}

export type Crossing = { readonly above: number; readonly below: number };

/**
 * How often Z first crosses the bound of each look, on either side.
 * @param drift mean of Z at the end
 */
export function crossings(shares: readonly number[], bounds: readonly number[], drift: number): Crossing[] {
  let state = START;
  let before = 0;
  return shares.map((share, look) => {
    const result = crossing(state, share - before, bounds[look]! * Math.sqrt(share), drift);
    state = goOn(state, share - before, share, bounds[look]!, drift);
    before = share;
    return result;
  });
}

/**
 * Where the score Z √share is while no bound has been crossed: points, and the probability that each stands for. The recursion
 * over looks is that of Armitage, McPherson and Rowe (1969).
 */
type State = { readonly points: ArrayLike<number>; readonly masses: ArrayLike<number> };

const START: State = { points: [0], masses: [1] };
/** Intervals of Simpson's rule, and standard deviations beyond which nothing is left. */
const INTERVALS = 200;
const REACH = 8;

function crossing({ points, masses }: State, step: number, edge: number, drift: number): Crossing {
  const spread = Math.sqrt(step);
  let [above, below] = [0, 0];
  for (let i = 0; i < points.length; i++) {
    const centre = points[i]! + drift * step;
    above += masses[i]! * normalCdf((centre - edge) / spread);
    below += masses[i]! * normalCdf((-edge - centre) / spread);
  }
  return { above, below };
}

function goOn({ points, masses }: State, step: number, share: number, bound: number, drift: number): State {
  const root = Math.sqrt(share);
  const low = Math.max(-bound * root, drift * share - REACH * root);
  const high = Math.min(bound * root, drift * share + REACH * root);
  // All of it has crossed.
  if (low >= high) return { points: [0], masses: [0] };
  const width = (high - low) / INTERVALS;
  const spread = Math.sqrt(step);
  const next = { points: new Float64Array(INTERVALS + 1), masses: new Float64Array(INTERVALS + 1) };
  for (let k = 0; k <= INTERVALS; k++) {
    const point = low + k * width;
    let density = 0;
    for (let i = 0; i < points.length; i++)
      density += masses[i]! * normalDensity((point - points[i]! - drift * step) / spread);
    const weight = k === 0 || k === INTERVALS ? 1 : k % 2 === 1 ? 4 : 2;
    next.points[k] = point;
    next.masses[k] = ((density / spread) * weight * width) / 3;
  }
  return next;
}

/**
 * The bound that is crossed as often as wanted: by secants of the logarithm, from the bound of a single look down, which is
 * crossed less often since some have stopped before.
 */
function solve(crossedAt: (bound: number) => number, wanted: number): number {
  const aim = ln(wanted);
  let last = { bound: -normalQuantile(wanted / 2), off: 0 };
  last.off = ln(crossedAt(last.bound)) - aim;
  let next = last.bound - 0.01;
  for (let i = 0; i < 50 && Math.abs(last.off) > 1e-13; i++) {
    const off = ln(crossedAt(next)) - aim;
    if (off === last.off) break;
    const step = (off * (next - last.bound)) / (off - last.off);
    last = { bound: next, off };
    next -= step;
  }
  return last.bound;
}
