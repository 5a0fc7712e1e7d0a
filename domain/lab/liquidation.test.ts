import fc from 'fast-check';
import { liquidate } from './liquidation.ts';

const bids = [
  { priceCents: 100, quantity: 30 },
  { priceCents: 98, quantity: 20 },
];
const asks = [
  { priceCents: 102, quantity: 10 },
  { priceCents: 103, quantity: 40 },
];

describe('liquidation', () => {
  test('sells into the bids, best first', () => {
    expect(liquidate(40, bids, asks, 1)).toEqual({
      shares: 40,
      proceedsCents: 30 * 100 + 10 * 98,
      sharesBeyondBook: 0,
    });
  });

  test('buys back what was sold short from the asks', () => {
    expect(liquidate(-15, bids, asks, 1)).toEqual({
      shares: -15,
      proceedsCents: -(10 * 102 + 5 * 103),
      sharesBeyondBook: 0,
    });
  });

  test('goes on 1 % beyond the last price, against who liquidates, when nothing rests any more', () => {
    expect(liquidate(60, bids, asks, 1)).toMatchObject({
      proceedsCents: 30 * 100 + 20 * 98 + 10 * 97,
      sharesBeyondBook: 10,
    });
    expect(liquidate(-60, bids, asks, 1)).toMatchObject({
      proceedsCents: -(10 * 102 + 40 * 103 + 10 * 105),
      sharesBeyondBook: 10,
    });
  });

  test('takes the last known price for a side that is empty', () => {
    expect(liquidate(10, [], asks, 200)).toMatchObject({ proceedsCents: 1980, sharesBeyondBook: 10 });
  });

  test('of nothing is nothing', () => {
    expect(liquidate(0, bids, asks, 1)).toEqual({ shares: 0, proceedsCents: 0, sharesBeyondBook: 0 });
  });

  test('of more shares never brings a better price for each', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.boolean(), (shares, isSale) => {
        const each = (count: number) =>
          liquidate(isSale ? count : -count, bids, asks, 1).proceedsCents / count;
        expect(each(shares + 1)).toBeLessThanOrEqual(each(shares) + 1e-9);
      }),
    );
  });
});
