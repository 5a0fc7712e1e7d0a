// Measures of a day that was recorded: the same as those that are taken while it goes on.
import { MarketMeasures } from './market-metrics.ts';
import type { Quotes, Trades } from './recording.ts';

/** What is measured of a recorded day. */
export function measure(quotes: Quotes, trades: Trades, openNs: number, closeNs: number): MarketMeasures {
  const measures = new MarketMeasures(openNs, closeNs);
  const [times, bids, asks] = [quotes.column('timeNs'), quotes.column('bidCents'), quotes.column('askCents')];
  const [bidQuantities, askQuantities] = [quotes.column('bidQuantity'), quotes.column('askQuantity')];
  const [prices, quantities] = [trades.column('priceCents'), trades.column('quantity')];
  const [tradeTimes, sides] = [trades.column('timeNs'), trades.column('takerSide')];
  let row = 0;
  const quotesBefore = (timeNs: number): void => {
    for (; row < quotes.rows && times[row]! < timeNs; row++)
      measures.quote(times[row]!, bids[row]!, bidQuantities[row]!, asks[row]!, askQuantities[row]!);
  };
  for (let i = 0; i < trades.rows; i++) {
    quotesBefore(tradeTimes[i]!);
    measures.trade(tradeTimes[i]!, prices[i]!, quantities[i]!, sides[i]!);
  }
  quotesBefore(Infinity);
  measures.finish();
  return measures;
}
