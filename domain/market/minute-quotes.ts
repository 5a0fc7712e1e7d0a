import type { Quotes } from './recording.ts';
import { NS_PER_MINUTE } from './session-time.ts';

/** Best bid and ask in cents; null where a side is missing. */
export type MinuteQuote = { readonly bid: number; readonly ask: number } | null;

/** What held at the open, at each full minute after it, and at the close. */
export function minuteQuotes(quotes: Quotes, openNs: number, closeNs: number): MinuteQuote[] {
  const [times, bids, asks] = [quotes.column('timeNs'), quotes.column('bidCents'), quotes.column('askCents')];
  const marks: MinuteQuote[] = [];
  let row = -1;
  for (let at = openNs; at <= closeNs; at += NS_PER_MINUTE) {
    while (row + 1 < times.length && times[row + 1]! <= at) row += 1;
    const isTwoSided = row >= 0 && bids[row]! > 0 && asks[row]! > 0;
    marks.push(isTwoSided ? { bid: bids[row]!, ask: asks[row]! } : null);
  }
  return marks;
}
