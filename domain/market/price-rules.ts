// Rules that know nothing but past prices. In a market worth its name none of them gains after the spread: a price that can be
// foreseen from itself would be the simulator's gift.
import type { MinuteQuote } from './minute-quotes.ts';

const LOOK_BACKS = [1, 5, 15, 30];
const BEYOND_DEVIATIONS = [0, 2];
/** So many moves must have been seen before one counts as large. */
const LEAST_MOVES = 30;
const BASIS_POINTS = 1e4;

export type PriceRule = {
  readonly name: string;
  /** 1: with the last move, −1: against it. */
  readonly direction: 1 | -1;
  /** Minutes over which the move is taken, and for which a position is held. */
  readonly minutes: number;
  /** A move counts when it is larger than so many standard deviations of those before it; 0: every move. */
  readonly beyond: number;
};

export const PRICE_RULES: readonly PriceRule[] = ([1, -1] as const).flatMap((direction) =>
  LOOK_BACKS.flatMap((minutes) =>
    BEYOND_DEVIATIONS.map((beyond) => {
      const what = direction === 1 ? 'follow' : 'oppose';
      const size = beyond === 0 ? 'every move' : `moves beyond ${beyond} deviations`;
      return { name: `${what} ${size} of ${minutes} min`, direction, minutes, beyond };
    }),
  ),
);

/**
 * What a day with one unit at a time brings, in basis points of the price: bought at the ask and sold at the bid of full minutes, at
 * no other cost. A rule decides when its last position is over, or at each minute when it has none.
 */
export function gainOf({ direction, minutes, beyond }: PriceRule, quotes: readonly MinuteQuote[]): number {
  const known = quotes.filter((quote) => quote !== null);
  if (known.length === 0) return 0;
  let [cash, position, until] = [0, 0, 0];
  let [squares, moves] = [0, 0];
  for (let minute = minutes; minute < quotes.length; minute++) {
    const [before, now] = [quotes[minute - minutes]!, quotes[minute]!];
    if (now === null || before === null) continue;
    const move = midOf(now) - midOf(before);
    const isLarge =
      beyond === 0 || (moves >= LEAST_MOVES && move * move > (beyond * beyond * squares) / moves);
    squares += move * move;
    moves += 1;
    if (minute < until) continue;
    const wanted = isLarge ? direction * Math.sign(move) : 0;
    if (wanted !== 0) until = minute + minutes;
    cash += proceeds(position - wanted, now);
    position = wanted;
  }
  return ((cash + proceeds(position, known.at(-1)!)) * BASIS_POINTS) / midOf(known[0]!);
}

function midOf({ bid, ask }: NonNullable<MinuteQuote>): number {
  return (bid + ask) / 2;
}

/** Of units sold; below 0 they are bought. */
function proceeds(units: number, { bid, ask }: NonNullable<MinuteQuote>): number {
  return units * (units > 0 ? bid : ask);
}
