// What large intentions cost: how far the price moves while one is traded, and the power of its size by which that grows. An
// intention is seen as an outsider would see it: orders of one participant on one side, one after another.
import { mean } from '../descriptive-statistics.ts';
import { exp, ln } from '../math.ts';
import { BUY } from './order.ts';
import type { Quotes, Recording } from './recording.ts';
import { NS_PER_MINUTE } from './session-time.ts';

/** Types of traders that have large intentions; what others do one after another is no intention. */
const EXECUTIONS: readonly string[] = ['order_splitter', 'pov', 'twap', 'vwap'];
/** A longer pause ends it. */
const LONGEST_PAUSE_NS = 5 * NS_PER_MINUTE;
const LEAST_FILLS = 3;
/** Fewer say nothing. */
const LEAST_METAORDERS = 100;

/** One intention, when it is over. */
export type Metaorder = {
  readonly sign: 1 | -1;
  readonly shares: number;
  readonly fromNs: number;
  readonly untilNs: number;
  readonly fills: number;
};

/** Those of a recorded day that had enough fills, in the order of their ends. */
export function metaordersOf({ trades, participants }: Recording): Metaorder[] {
  const [times, quantities] = [trades.column('timeNs'), trades.column('quantity')];
  const [takers, sides] = [trades.column('taker'), trades.column('takerSide')];
  const open = new Map<number, Metaorder>();
  const over: Metaorder[] = [];
  const end = (one: Metaorder | undefined): void => {
    if (one !== undefined && one.fills >= LEAST_FILLS) over.push(one);
  };
  for (let row = 0; row < trades.rows; row++) {
    const taker = takers[row]!;
    if (!EXECUTIONS.includes(participants[taker]!.type)) continue;
    const sign = sides[row] === BUY ? 1 : -1;
    const [untilNs, shares] = [times[row]!, quantities[row]!];
    const before = open.get(taker);
    const goesOn = before?.sign === sign && untilNs - before.untilNs <= LONGEST_PAUSE_NS;
    if (!goesOn) end(before);
    open.set(
      taker,
      goesOn
        ? { ...before, shares: before.shares + shares, untilNs, fills: before.fills + 1 }
        : { sign, shares, fromNs: untilNs, untilNs, fills: 1 },
    );
  }
  for (const one of open.values()) end(one);
  return over;
}

/** Of intentions whose size is between two powers of √2 of the day's volume, weighted sums. */
type SizeClass = { weight: number; logShare: number; impact: number; metaorders: number };

/** A day's intentions by their size. */
export type Impacts = ReadonlyMap<number, Readonly<SizeClass>>;

/**
 * Sizes as shares of the day's volume, impacts as log returns of the mid ÷ the deviation of a minute. The price moves anyway, the
 * more the longer it takes: an intention weighs the less, the longer it lasted.
 */
export function measureImpacts(recording: Recording, minuteDeviation: number): Impacts {
  const { trades, quotes } = recording;
  const volume = Array.from(trades.column('quantity')).reduce((sum, shares) => sum + shares, 0);
  const midAt = midsOf(quotes);
  const classes = new Map<number, SizeClass>();
  for (const { sign, shares, fromNs, untilNs } of metaordersOf(recording)) {
    const [before, after] = [midAt(fromNs - 1), midAt(untilNs)];
    if (before === null || after === null) continue;
    const logShare = ln(shares / volume);
    const impact = (sign * ln(after / before)) / minuteDeviation;
    const weight = 1 / (1 + (untilNs - fromNs) / NS_PER_MINUTE);
    const place = Math.floor((2 * logShare) / Math.LN2);
    const sums = classes.get(place) ?? { weight: 0, logShare: 0, impact: 0, metaorders: 0 };
    sums.weight += weight;
    sums.logShare += weight * logShare;
    sums.impact += weight * impact;
    sums.metaorders += 1;
    classes.set(place, sums);
  }
  return classes;
}

/** The mid that holds at a time; null where a side is missing. */
function midsOf(quotes: Quotes): (timeNs: number) => number | null {
  const [times, bids, asks] = [quotes.column('timeNs'), quotes.column('bidCents'), quotes.column('askCents')];
  return (timeNs) => {
    let [low, high] = [-1, times.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (times[middle]! <= timeNs) low = middle;
      else high = middle;
    }
    return low < 0 || bids[low] === 0 || asks[low] === 0 ? null : (bids[low]! + asks[low]!) / 2;
  };
}

const FINEST = 0.01;
const MOST_EXPONENT = 1.5;

/**
 * The power δ of impact = c · size^δ that fits the means of all size classes of some days best, by weighted least squares: about a
 * half in real markets (Tóth et al., Physical Review X 1, 021006, 2011). Within [0, 1.5]; null under 100 intentions, or when
 * prices do not move with them.
 */
export function impactExponent(days: readonly Impacts[]): number | null {
  const classes = pooled(days);
  if (classes.reduce((sum, { metaorders }) => sum + metaorders, 0) < LEAST_METAORDERS) return null;
  const centre = mean(classes.map(({ logShare }) => logShare));
  let best: { exponent: number; loss: number } | null = null;
  for (let step = 0; step * FINEST <= MOST_EXPONENT; step++) {
    const exponent = step * FINEST;
    const curve = classes.map(({ logShare }) => exp(exponent * (logShare - centre)));
    let [products, squares] = [0, 0];
    for (const [i, { weight, impact }] of classes.entries()) {
      products += weight * impact * curve[i]!;
      squares += weight * curve[i]! * curve[i]!;
    }
    const factor = products / squares;
    if (factor <= 0) continue;
    const loss = classes.reduce((sum, { weight, impact }, i) => {
      const off = impact - factor * curve[i]!;
      return sum + weight * off * off;
    }, 0);
    if (best === null || loss < best.loss) best = { exponent, loss };
  }
  return best?.exponent ?? null;
}

/** Mean size and impact of each class. */
function pooled(days: readonly Impacts[]): SizeClass[] {
  const classes = new Map<number, SizeClass>();
  for (const day of days)
    for (const [place, { weight, logShare, impact, metaorders }] of day) {
      const sums = classes.get(place) ?? { weight: 0, logShare: 0, impact: 0, metaorders: 0 };
      classes.set(place, {
        weight: sums.weight + weight,
        logShare: sums.logShare + logShare,
        impact: sums.impact + impact,
        metaorders: sums.metaorders + metaorders,
      });
    }
  return Array.from(classes.values(), ({ weight, logShare, impact, metaorders }) => ({
    weight,
    logShare: logShare / weight,
    impact: impact / weight,
    metaorders,
  }));
}
