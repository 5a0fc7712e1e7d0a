import * as fc from 'fast-check';
import { BUY, SELL } from './order.ts';
import { TradeRecord } from './trade-record.ts';

const Trade = fc.record({
  gapNs: fc.nat(3),
  side: fc.constantFrom(BUY, SELL),
  priceCents: fc.integer({ min: 1, max: 1000 }),
  quantity: fc.integer({ min: 1, max: 1000 }),
});

/** More than one chunk of trades, at times that grow and repeat. */
const Trades = fc.array(Trade, { minLength: 0, maxLength: 1500, size: 'max' }).map((trades) => {
  let timeNs = 0;
  return trades.map(({ gapNs, ...trade }) => ({ ...trade, timeNs: (timeNs += gapNs) }));
});

function recordOf(trades: readonly { timeNs: number; side: 0 | 1; priceCents: number; quantity: number }[]) {
  const record = new TradeRecord();
  for (const { timeNs, side, priceCents, quantity } of trades) record.add(timeNs, side, priceCents, quantity);
  return record;
}

test('the volumes after a time are the sums of the trades after it', () => {
  fc.assert(
    fc.property(Trades, fc.nat(4500), (trades, timeNs) => {
      const after = trades.filter((trade) => trade.timeNs > timeNs);
      const sumOf = (side: number) =>
        after.reduce((sum, trade) => sum + (trade.side === side ? trade.quantity : 0), 0);
      expect(recordOf(trades).volumesAfter(timeNs)).toEqual([sumOf(BUY), sumOf(SELL)]);
    }),
  );
});

test('the last trades come with the newest first, and no more than there are', () => {
  fc.assert(
    fc.property(Trades, fc.nat(1600), (trades, count) => {
      const rows = trades
        .toReversed()
        .slice(0, count)
        .flatMap(({ side, priceCents, quantity }) => [side, priceCents, quantity]);
      expect([...recordOf(trades).last(count)]).toEqual(rows);
    }),
  );
});
