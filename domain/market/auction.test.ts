import fc from 'fast-check';
import { auctionPrice } from './auction.ts';
import type { AuctionOrder } from './auction.ts';
import { FILLED, EVENT_STRIDE, OrderBook, REJECTED } from './order-book.ts';
import { BUY, FOK, HIDDEN, IOC, POST_ONLY, REJECT_REASONS, SELL } from './order.ts';

const order = (priceCents: number, quantity: number): AuctionOrder => ({ priceCents, quantity });

describe('the price of an auction', () => {
  test('is where most shares trade', () => {
    const bids = [order(103, 10), order(101, 20)];
    const asks = [order(100, 10), order(102, 30)];

    // Ten anywhere from 100 to 103, and the least are left over up to 101, where thirty are wanted.
    expect(auctionPrice(bids, asks, 102, 1)).toEqual({ priceCents: 101, volume: 10 });
    expect(auctionPrice([...bids, order(102, 25)], asks, 100, 1)).toEqual({ priceCents: 102, volume: 35 });
  });

  test('of equal volume, is where the least are left over', () => {
    const bids = [order(105, 10), order(100, 5)];
    const asks = [order(100, 10), order(105, 5)];

    // At 100 and at 105 five are left over, in between none: nearest to the reference of 90 is 101.
    expect(auctionPrice(bids, asks, 90, 1)).toEqual({ priceCents: 101, volume: 10 });
  });

  test('of equal volume and surplus, is nearest to the reference, and of two as near the lower', () => {
    expect(auctionPrice([order(110, 10)], [order(100, 10)], 104, 1)!.priceCents).toBe(104);
    expect(auctionPrice([order(110, 10)], [order(100, 10)], 200, 1)!.priceCents).toBe(110);
    // Only 102 and 108 leave nothing over; 105 is between them.
    const bids = [order(108, 10), order(102, 10), order(104, 5)];
    const asks = [order(102, 10), order(108, 10), order(106, 5)];
    const found = auctionPrice(bids, asks, 105, 1)!;
    expect([found.priceCents, found.volume]).toEqual([105, 10]);
  });

  test('keeps to the tick', () => {
    expect(auctionPrice([order(110, 10)], [order(100, 10)], 105, 5)!.priceCents).toBe(105);
    expect(
      auctionPrice([order(105, 10), order(95, 3)], [order(95, 10), order(105, 3)], 50, 5)!.priceCents,
    ).toBe(100);
  });

  test('is not there when nothing can trade', () => {
    expect(auctionPrice([order(99, 10)], [order(100, 10)], 100, 1)).toBeNull();
    expect(auctionPrice([], [order(100, 10)], 100, 1)).toBeNull();
  });

  const side = fc.array(
    fc.record({ priceCents: fc.integer({ min: 1, max: 30 }), quantity: fc.integer({ min: 1, max: 9 }) }),
    {
      maxLength: 12,
    },
  );

  test('is as good as any other on the grid, by all three rules', () => {
    fc.assert(
      fc.property(side, side, fc.integer({ min: 1, max: 30 }), (bids, asks, reference) => {
        const all = Array.from({ length: 31 }, (_, i) => i + 1).map((priceCents) => {
          const sum = (orders: AuctionOrder[]): number =>
            orders.reduce((total, { quantity }) => total + quantity, 0);
          const wanted = sum(bids.filter((bid) => bid.priceCents >= priceCents));
          const offered = sum(asks.filter((ask) => ask.priceCents <= priceCents));
          return { priceCents, volume: Math.min(wanted, offered), surplus: Math.abs(wanted - offered) };
        });
        const [best] = all.toSorted(
          (a, b) =>
            b.volume - a.volume ||
            a.surplus - b.surplus ||
            Math.abs(a.priceCents - reference) - Math.abs(b.priceCents - reference) ||
            a.priceCents - b.priceCents,
        );
        const { priceCents, volume } = best!;
        expect(auctionPrice(bids, asks, reference, 1)).toEqual(volume === 0 ? null : { priceCents, volume });
      }),
    );
  });
});

describe('a book in an auction', () => {
  const fillsOf = (book: OrderBook): number[][] =>
    Array.from({ length: book.eventCount }, (_, i) =>
      Array.from(book.events.slice(i * EVENT_STRIDE, (i + 1) * EVENT_STRIDE)),
    )
      .filter(([type]) => type === FILLED)
      .map(([, maker, taker, price, quantity]) => [maker!, taker!, price!, quantity!]);

  function collecting(): OrderBook {
    const book = new OrderBook();
    book.beginAuction();
    return book;
  }

  test('shows and trades nothing until it is over', () => {
    const book = collecting();
    book.limit(0, 1, BUY, 10, 105);
    book.limit(1, 2, SELL, 10, 100);

    expect([book.bestVisiblePrice(BUY), book.bestVisiblePrice(SELL), fillsOf(book).length]).toEqual([
      0, 0, 0,
    ]);
    expect([book.openQuantity(0), book.openQuantity(1)]).toEqual([10, 10]);
    expect(book.isCalling).toBe(true);
  });

  test('fills the better price first, at one price visible before hidden, then who came first; all at one price', () => {
    const book = collecting();
    book.limit(0, 1, BUY, 10, 101, HIDDEN);
    book.limit(1, 1, BUY, 10, 101);
    book.limit(2, 1, BUY, 10, 101);
    book.limit(3, 1, BUY, 10, 102);
    book.limit(4, 2, SELL, 25, 100);

    expect(book.uncross(101)).toBe(101);
    expect(fillsOf(book)).toEqual([
      [3, 4, 101, 10],
      [1, 4, 101, 10],
      [2, 4, 101, 5],
    ]);
    expect([0, 1, 2, 3, 4].map((one) => book.openQuantity(one))).toEqual([10, 0, 5, 0, 0]);
    expect([book.lastTradeCents, book.bestVisiblePrice(BUY), book.bestVisibleQuantity(BUY)]).toEqual([
      101, 101, 5,
    ]);
  });

  test('orders that rested before take part, before those of their price that came later', () => {
    const book = new OrderBook();
    book.limit(0, 1, BUY, 10, 100);
    book.limit(1, 1, BUY, 10, 100);
    book.beginAuction();
    book.limit(2, 1, BUY, 10, 100);
    book.limit(3, 2, SELL, 15, 100);
    book.uncross(100);

    expect(fillsOf(book)).toEqual([
      [0, 3, 100, 10],
      [1, 3, 100, 5],
    ]);
  });

  test('what is left rests, and the day goes on', () => {
    const book = collecting();
    book.limit(0, 1, BUY, 10, 99);
    book.limit(1, 2, SELL, 10, 101);

    expect(book.uncross(100)).toBe(0);
    book.market(2, 3, BUY, 4);
    expect(fillsOf(book)).toEqual([[1, 2, 101, 4]]);
  });

  test('orders can be cancelled, taken off and changed; more or another price goes to the back', () => {
    const book = collecting();
    book.limit(0, 1, BUY, 10, 100);
    book.limit(1, 1, BUY, 10, 100);
    book.limit(2, 1, BUY, 10, 100);
    book.limit(3, 1, BUY, 10, 100);
    book.modify(0, 20, undefined, 1);
    book.modify(1, 5, undefined, 1);
    book.partialCancel(2, 7, 1);
    book.cancel(3, 1);
    book.replace(2, 4, BUY, 6, 100, 0, 1);
    book.limit(5, 2, SELL, 30, 100);
    book.uncross(100);

    expect(fillsOf(book).map(([maker, , , quantity]) => [maker, quantity])).toEqual([
      [1, 5],
      [0, 20],
      [4, 5],
    ]);
  });

  test.each([
    ['immediate or cancel', IOC],
    ['fill or kill', FOK],
    ['post-only', POST_ONLY],
  ])('%s has to wait', (_, kind) => {
    const book = collecting();
    book.limit(0, 1, BUY, 10, 100, kind);

    expect([book.events[0], REJECT_REASONS[book.events[2]!]]).toEqual([REJECTED, 'in_auction']);
  });

  test('market orders have to wait, stops fire when it is over', () => {
    const book = collecting();
    book.market(0, 1, BUY, 10);
    expect(REJECT_REASONS[book.events[2]!]).toBe('in_auction');

    book.stop(1, 1, BUY, 5, 101);
    book.limit(2, 2, SELL, 10, 101);
    book.limit(3, 3, BUY, 4, 101);
    book.uncross(100);

    expect(fillsOf(book)).toEqual([
      [2, 3, 101, 4],
      [2, 1, 101, 5],
    ]);
  });
});

describe('a band', () => {
  test('an order that would trade outside of it trades up to it, and begins an auction with what is left', () => {
    const book = new OrderBook();
    book.limit(0, 1, SELL, 10, 104);
    book.limit(1, 1, SELL, 10, 106);
    book.setBand(95, 105);
    book.limit(2, 2, BUY, 15, 110);

    expect(book.openQuantity(0)).toBe(0);
    expect([book.isCalling, book.wasBandHit(), book.wasBandHit()]).toEqual([true, true, false]);
    expect([book.openQuantity(1), book.openQuantity(2)]).toEqual([10, 5]);
    expect(book.uncross(105)).toBe(106);
    expect([book.openQuantity(1), book.openQuantity(2), book.isCalling]).toEqual([5, 0, false]);
  });

  test('what is left of a market order is dropped, and nothing of a fill-or-kill is traded', () => {
    const book = new OrderBook();
    book.limit(0, 1, BUY, 10, 96);
    book.limit(1, 1, BUY, 10, 90);
    book.setBand(95, 105);
    book.limit(2, 2, SELL, 15, 80, FOK);
    expect([book.isCalling, book.openQuantity(0)]).toEqual([false, 10]);

    book.market(3, 2, SELL, 15);
    expect([book.isCalling, book.openQuantity(0), book.openQuantity(1), book.openQuantity(3)]).toEqual([
      true,
      0,
      10,
      0,
    ]);
  });

  test('orders may rest outside of it', () => {
    const book = new OrderBook();
    book.setBand(95, 105);
    book.limit(0, 1, BUY, 10, 80);
    book.limit(1, 1, SELL, 10, 120);

    expect([book.isCalling, book.bestVisiblePrice(BUY), book.bestVisiblePrice(SELL)]).toEqual([
      false,
      80,
      120,
    ]);
  });
});
