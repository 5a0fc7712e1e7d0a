import fc from 'fast-check';
import { BUY, SELL } from '../market/order.ts';
import { Table } from '../market/recording.ts';
import type { Quotes, Trades } from '../market/recording.ts';
import { pnlAnatomy, pnlOf, rentShare } from './pnl-anatomy.ts';
import type { AnatomyInput } from './pnl-anatomy.ts';

const SECOND = 1e9;
const CLOSE = 1000 * SECOND;
const whole = { type: 'whole' } as const;
const long = { type: 'long' } as const;
const ME = 1;
const TYPES = ['exchange', 'strategy', 'noise', 'informed'];

function quotesOf(rows: readonly (readonly [second: number, bid: number, ask: number])[]): Quotes {
  const quotes: Quotes = new Table({
    timeNs: long,
    bidCents: whole,
    bidQuantity: whole,
    askCents: whole,
    askQuantity: whole,
  });
  for (const [second, bid, ask] of rows) quotes.push(second * SECOND, bid, 10, ask, 10);
  return quotes;
}

type Row = readonly [
  second: number,
  price: number,
  quantity: number,
  side: number,
  maker: number,
  taker: number,
];

function tradesOf(rows: readonly Row[]): Trades {
  const trades: Trades = new Table({
    timeNs: long,
    priceCents: whole,
    quantity: whole,
    takerSide: whole,
    maker: whole,
    taker: whole,
  });
  for (const [second, ...row] of rows) trades.push(second * SECOND, ...row);
  return trades;
}

const day = (quotes: Quotes, trades: Trades, given: Partial<AnatomyInput> = {}): AnatomyInput => ({
  quotes,
  trades,
  participant: ME,
  types: TYPES,
  fees: { maker: -20, taker: 30 },
  closeNs: CLOSE,
  liquidationHundredths: 0,
  target: { shares: 0, arrivalCents: 0 },
  ...given,
});

describe('the anatomy of a profit', () => {
  test('of one bid that was hit while the mid was 100, and then moved', () => {
    const quotes = quotesOf([
      [0, 99, 101],
      [10.5, 98, 101], // 99.5 after a second
      [15, 97, 99], // 98 after ten
      [50, 101, 103], // 102 after a minute
      [900, 104, 106], // 105 at the close
    ]);
    const anatomy = pnlAnatomy(
      day(quotes, tradesOf([[10, 99, 7, SELL, ME, 3]]), { liquidationHundredths: -700 }),
    )!;
    expect(anatomy.parts).toEqual({
      spread: 7 * 100,
      after1s: 7 * -50,
      after10s: 7 * -150,
      after60s: 7 * 400,
      holding: 7 * 300,
      fees: 7 * 20,
      liquidation: -700,
      benchmark: 0,
    });
    expect(anatomy.byCounterparty).toEqual({ informed: 7 * (105 - 99) * 100 + 140 });
  });

  test('of an order that took pays the spread and the fee', () => {
    const anatomy = pnlAnatomy(day(quotesOf([[0, 99, 101]]), tradesOf([[10, 101, 2, BUY, 2, ME]])))!;
    expect(anatomy.parts).toMatchObject({ spread: -200, holding: 0, fees: -60 });
  });

  test('of a trade with oneself is the two fees', () => {
    const anatomy = pnlAnatomy(day(quotesOf([[0, 99, 101]]), tradesOf([[10, 101, 2, BUY, ME, ME]])))!;
    expect([pnlOf(anatomy), anatomy.parts.spread]).toEqual([-20, 0]);
  });

  test('of shares that were to be bought is their implementation shortfall', () => {
    const quotes = quotesOf([
      [0, 99, 101],
      [500, 109, 111],
    ]);
    const target = { shares: 10, arrivalCents: 100 };
    // Four at 101; six more at the close for 111 each, a cent more than the mid.
    const bought = tradesOf([[10, 101, 4, BUY, 2, ME]]);
    const anatomy = pnlAnatomy(
      day(quotes, bought, { target, liquidationHundredths: -600, fees: { maker: 0, taker: 0 } }),
    )!;
    expect(pnlOf(anatomy)).toBe(100 * (10 * 100 - 4 * 101 - 6 * 111));
  });

  test('is nothing without trades, and not known without a price', () => {
    expect(pnlOf(pnlAnatomy(day(quotesOf([]), tradesOf([])))!)).toBe(0);
    expect(pnlAnatomy(day(quotesOf([[0, 99, 0]]), tradesOf([[10, 99, 2, SELL, ME, 2]])))).toBeNull();
  });

  test('sums exactly to cash and shares at the last mid, by parts and by counterparties', () => {
    const quote = fc.tuple(
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: 50, max: 99 }),
      fc.integer({ min: 100, max: 150 }),
    );
    const trade = fc.tuple(
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: 50, max: 150 }),
      fc.integer({ min: 1, max: 500 }),
      fc.constantFrom(BUY, SELL),
      fc.boolean(),
      fc.constantFrom(2, 3),
    );
    fc.assert(
      fc.property(fc.array(quote, { minLength: 1 }), fc.array(trade), (rows, fills) => {
        const quotes = quotesOf(rows.toSorted((a, b) => a[0] - b[0]));
        const sorted = fills.toSorted((a, b) => a[0] - b[0]);
        const trades = tradesOf(
          sorted.map(([second, price, quantity, side, isMaker, other]) =>
            isMaker ? [second, price, quantity, side, ME, other] : [second, price, quantity, side, other, ME],
          ),
        );
        const last = rows.toSorted((a, b) => a[0] - b[0]).at(-1)!;
        let hundredths = 0;
        for (const [, price, quantity, side, isMaker] of sorted) {
          const bought = (side === BUY) !== isMaker;
          hundredths +=
            (bought ? 1 : -1) * quantity * (50 * (last[1] + last[2]) - 100 * price) +
            (isMaker ? 20 : -30) * quantity;
        }
        const anatomy = pnlAnatomy(day(quotes, trades))!;
        expect(pnlOf(anatomy)).toBe(hundredths);
        expect(Object.values(anatomy.byCounterparty).reduce((sum, part) => sum + part, 0)).toBe(hundredths);
      }),
    );
  });
});

describe('the rent of the simulator', () => {
  test('is the part of the gains that traders without intelligence paid', () => {
    expect(rentShare({ noise: 60, zero_intelligence: 30, informed: -200, value: 10 })).toBe(0.9);
  });

  test('is not known when nobody paid', () => {
    expect(rentShare({ informed: -5 })).toBeNull();
    expect(rentShare({})).toBeNull();
  });
});
