// The matching rules M1–M37, one by one. What the rules mean together is in order-book-properties.test.ts. M28 is not
// here, since a book knows no time: book-replay.test.ts has it.
import { describeEvents } from '../../tests/naive-book.ts';
import { OrderBook } from './order-book.ts';
import type { OrderBookOptions } from './order-book.ts';
import {
  BUY,
  DAY,
  FOK,
  GTC,
  HIDDEN,
  INSERT_BY_ID,
  IOC,
  MAX_PRICE_CENTS,
  MAX_QUANTITY,
  POST_ONLY,
  PRICE_TO_COMPLY,
  SELL,
} from './order.ts';
import type { SelfTradePrevention, SideCode } from './order.ts';

/** A book with shorter requests; each answers what it caused. Everything is owner 1's unless the test says otherwise. */
class Desk {
  readonly book: OrderBook;

  constructor(options: OrderBookOptions = {}) {
    this.book = new OrderBook(options);
  }

  bid(order: number, quantity: number, price: number, kind = GTC, owner = 1): string[] {
    this.book.limit(order, owner, BUY, quantity, price, kind);
    return this.told();
  }

  ask(order: number, quantity: number, price: number, kind = GTC, owner = 1): string[] {
    this.book.limit(order, owner, SELL, quantity, price, kind);
    return this.told();
  }

  /** A market order. */
  buy(order: number, quantity: number, owner = 1): string[] {
    this.book.market(order, owner, BUY, quantity);
    return this.told();
  }

  /** A market order. */
  sell(order: number, quantity: number, owner = 1): string[] {
    this.book.market(order, owner, SELL, quantity);
    return this.told();
  }

  buyStop(order: number, quantity: number, price: number): string[] {
    this.book.stop(order, 1, BUY, quantity, price);
    return this.told();
  }

  sellStop(order: number, quantity: number, price: number): string[] {
    this.book.stop(order, 1, SELL, quantity, price);
    return this.told();
  }

  cancel(order: number, owner?: number): string[] {
    this.book.cancel(order, owner);
    return this.told();
  }

  partialCancel(order: number, quantity: number, owner?: number): string[] {
    this.book.partialCancel(order, quantity, owner);
    return this.told();
  }

  modify(order: number, quantity: number, price?: number, owner?: number): string[] {
    this.book.modify(order, quantity, price, owner);
    return this.told();
  }

  /** The new order is a bid. */
  replace(old: number, order: number, quantity: number, price: number, kind = GTC, owner = -1): string[] {
    this.book.replace(old, order, BUY, quantity, price, kind, owner);
    return this.told();
  }

  endSession(): string[] {
    this.book.endSession();
    return this.told();
  }

  /** Visible levels. */
  levels(side: SideCode, depth = Infinity): number[][] {
    const numbers: number[] = [];
    const count = this.book.readLevels(side, depth, numbers);
    return Array.from({ length: count }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!]);
  }

  /** Everything that rests. */
  queue(side: SideCode): string[] {
    return Array.from(
      this.book.orders(side),
      ({ order, quantity, priceCents, isHidden }) =>
        `${order}: ${quantity} at ${priceCents}${isHidden ? ' hidden' : ''}`,
    );
  }

  /** All that can be seen of the book. */
  state(): object {
    const { book } = this;
    return {
      queues: [this.queue(BUY), this.queue(SELL)],
      levels: [this.levels(BUY), this.levels(SELL)],
      best: [BUY, SELL].map((side) => book.bestVisiblePrice(side as SideCode)),
      bestQuantity: [BUY, SELL].map((side) => book.bestVisibleQuantity(side as SideCode)),
      totals: [book.totalVisible(BUY), book.totalVisible(SELL)],
      lastTrade: book.lastTradeCents,
      volume: [...book.tradedVolume],
    };
  }

  private told(): string[] {
    return describeEvents(this.book.events, this.book.eventCount);
  }
}

/** Orders that a taker met, in turn. */
function makers(told: readonly string[]): number[] {
  return told.filter((event) => event.startsWith('filled')).map((event) => Number(event.split(' ')[1]));
}

describe('priority', () => {
  test('M1: the best price trades first, whatever came first', () => {
    const desk = new Desk();
    desk.ask(1, 5, 102);
    desk.ask(2, 5, 101);
    desk.ask(3, 5, 103);
    expect(makers(desk.buy(4, 15))).toEqual([2, 1, 3]);
  });

  test('M1: among bids the highest is best', () => {
    const desk = new Desk();
    desk.bid(1, 5, 99);
    desk.bid(2, 5, 101);
    desk.bid(3, 5, 100);
    expect(makers(desk.sell(4, 15))).toEqual([2, 3, 1]);
  });

  test('M1: at one price, first in is first out', () => {
    const desk = new Desk();
    for (const order of [3, 1, 2]) desk.ask(order, 5, 100);
    expect(makers(desk.buy(4, 15))).toEqual([3, 1, 2]);
  });

  test('M1: the queue closes where an order leaves it: first, middle and last', () => {
    const desk = new Desk();
    for (const order of [1, 2, 3, 4, 5]) desk.ask(order, 5, 100);
    for (const order of [1, 3, 5]) desk.cancel(order);
    desk.ask(6, 5, 100);
    expect(makers(desk.buy(7, 15))).toEqual([2, 4, 6]);
  });

  test('M2: at one price a visible order trades before a hidden one that came earlier', () => {
    const desk = new Desk();
    desk.ask(1, 5, 100, HIDDEN);
    desk.ask(2, 5, 100);
    desk.ask(3, 5, 100, HIDDEN);
    desk.ask(4, 5, 100);
    expect(makers(desk.buy(5, 20))).toEqual([2, 4, 1, 3]);
  });

  test('M3: a hidden order at a better price trades before a visible one at a worse price', () => {
    const desk = new Desk();
    desk.ask(1, 5, 101);
    desk.ask(2, 5, 100, HIDDEN);
    expect(desk.bid(3, 8, 101)).toEqual(['filled 2 by 3: 5 at 100', 'filled 1 by 3: 3 at 101']);
  });

  test('M4: a partly filled order keeps its place', () => {
    const desk = new Desk();
    desk.ask(1, 10, 100);
    desk.ask(2, 10, 100);
    desk.buy(3, 4);
    expect(desk.buy(4, 7)).toEqual(['filled 1 by 4: 6 at 100', 'filled 2 by 4: 1 at 100']);
  });

  test('M5: an order inserted by id goes before the first visible order with a larger id', () => {
    const desk = new Desk();
    desk.ask(10, 1, 100);
    desk.ask(30, 1, 100);
    desk.ask(20, 1, 100, INSERT_BY_ID);
    desk.ask(5, 1, 100, INSERT_BY_ID);
    desk.ask(40, 1, 100, INSERT_BY_ID);
    expect(desk.queue(SELL)).toEqual([5, 10, 20, 30, 40].map((order) => `${order}: 1 at 100`));
  });

  test('M5: only orders that ask for it are placed by id', () => {
    const desk = new Desk();
    desk.bid(20, 1, 100, INSERT_BY_ID);
    desk.bid(10, 1, 100);
    expect(makers(desk.sell(30, 2))).toEqual([20, 10]);
  });

  test('M5: the id that counts may be another than the number of the order', () => {
    const desk = new Desk();
    desk.book.limit(1, 1, BUY, 1, 100, INSERT_BY_ID, 700);
    desk.book.limit(2, 1, BUY, 1, 100, INSERT_BY_ID, 69.5);
    expect(makers(desk.sell(3, 2))).toEqual([2, 1]);
  });

  test('M5: an order inserted in the middle can leave again', () => {
    const desk = new Desk();
    desk.ask(10, 1, 100);
    desk.ask(30, 1, 100);
    desk.ask(20, 1, 100, INSERT_BY_ID);
    desk.cancel(20);
    expect(makers(desk.buy(40, 2))).toEqual([10, 30]);
  });

  test('M5: a hidden order stays behind the visible ones, in the order of arrival', () => {
    const desk = new Desk();
    desk.ask(30, 1, 100);
    desk.ask(20, 1, 100, HIDDEN);
    desk.ask(10, 1, 100, HIDDEN | INSERT_BY_ID);
    expect(makers(desk.buy(40, 3))).toEqual([30, 20, 10]);
  });
});

describe('execution', () => {
  test('M6: a trade has the price of the order that rested', () => {
    const desk = new Desk();
    desk.ask(1, 5, 100);
    desk.bid(2, 5, 90);
    expect(desk.bid(3, 5, 105)).toEqual(['filled 1 by 3: 5 at 100']);
    expect(desk.ask(4, 5, 80)).toEqual(['filled 2 by 4: 5 at 90']);
  });

  test('M7: equal prices trade', () => {
    const desk = new Desk();
    desk.ask(1, 5, 100);
    expect(desk.bid(2, 5, 100)).toEqual(['filled 1 by 2: 5 at 100']);
  });

  test('M7: a tick apart they do not', () => {
    const desk = new Desk();
    desk.ask(1, 5, 100);
    expect(desk.bid(2, 5, 99)).toEqual(['accepted 2: 5 at 99']);
  });

  test('M8: a taker trades once with each order that rests, and their sum is its own quantity', () => {
    const desk = new Desk();
    desk.ask(1, 2, 100);
    desk.ask(2, 3, 100);
    desk.ask(3, 9, 101);
    expect(desk.bid(4, 10, 101)).toEqual([
      'filled 1 by 4: 2 at 100',
      'filled 2 by 4: 3 at 100',
      'filled 3 by 4: 5 at 101',
    ]);
  });

  test('M9: a sweep takes levels best first and stops at its limit', () => {
    const desk = new Desk();
    for (const [order, price] of [100, 101, 102, 103].entries()) desk.ask(order + 1, 5, price);
    expect(desk.bid(5, 20, 102)).toEqual([
      'filled 1 by 5: 5 at 100',
      'filled 2 by 5: 5 at 101',
      'filled 3 by 5: 5 at 102',
      'accepted 5: 5 at 102',
    ]);
    expect(desk.levels(SELL)).toEqual([[103, 5]]);
  });

  test('M9: a sweep stops when it is filled', () => {
    const desk = new Desk();
    desk.bid(1, 5, 101);
    desk.bid(2, 5, 100);
    expect(desk.ask(3, 5, 90)).toEqual(['filled 1 by 3: 5 at 101']);
  });

  test('M9: one sweep may meet more orders than any before it', () => {
    const desk = new Desk();
    for (let order = 1; order <= 500; order++) desk.ask(order, 2, 100 + order);
    const met = makers(desk.buy(501, 999));
    expect(met).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    expect(desk.queue(SELL)).toEqual(['500: 1 at 600']);
  });

  test('M10: what is left of a limit order rests at its own price, and is accepted after its trades', () => {
    const desk = new Desk();
    desk.ask(1, 4, 100);
    expect(desk.bid(2, 10, 101)).toEqual(['filled 1 by 2: 4 at 100', 'accepted 2: 6 at 101']);
    expect(desk.levels(BUY)).toEqual([[101, 6]]);
  });

  test('M10: a limit order that is filled at once is not accepted', () => {
    const desk = new Desk();
    desk.ask(1, 4, 100);
    expect(desk.bid(2, 4, 100)).toEqual(['filled 1 by 2: 4 at 100']);
  });

  test('M11: what is left of a market order is dropped', () => {
    const desk = new Desk();
    desk.ask(1, 4, 100);
    expect(desk.buy(2, 10)).toEqual(['filled 1 by 2: 4 at 100', 'cancelled 2 (not_filled): 6']);
    expect(desk.queue(BUY)).toEqual([]);
  });

  test('M11: a market order in an empty book leaves no trace', () => {
    const desk = new Desk();
    desk.bid(1, 4, 100);
    const before = desk.state();
    expect(desk.buy(2, 10)).toEqual(['cancelled 2 (not_filled): 10']);
    expect(desk.state()).toEqual(before);
  });

  test('M11: a market order trades at any price', () => {
    const desk = new Desk();
    desk.ask(1, 1, MAX_PRICE_CENTS);
    desk.bid(2, 1, 1);
    expect([...desk.buy(3, 1), ...desk.sell(4, 1)]).toEqual([
      `filled 1 by 3: 1 at ${MAX_PRICE_CENTS}`,
      'filled 2 by 4: 1 at 1',
    ]);
  });

  test('M12: each trade sets the last price, that of a market order too', () => {
    const desk = new Desk();
    desk.ask(1, 1, 100);
    desk.bid(2, 1, 90);
    expect(desk.book.lastTradeCents).toBe(0);
    desk.bid(3, 1, 100);
    expect(desk.book.lastTradeCents).toBe(100);
    desk.sell(4, 1);
    expect(desk.book.lastTradeCents).toBe(90);
  });

  test('M12: after a sweep the last price is that of its last trade', () => {
    const desk = new Desk();
    desk.ask(1, 9, 100);
    desk.ask(2, 1, 110);
    desk.buy(3, 10);
    expect(desk.book.lastTradeCents).toBe(110);
  });
});

describe('self-trade prevention', () => {
  const ALICE = 1;
  const BOB = 2;

  /** Asks of Bob, Alice and Bob, five each, at 100, 101 and 102; then Alice buys eight at 102. */
  function meetOneself(selfTradePrevention: SelfTradePrevention): { desk: Desk; told: string[] } {
    const desk = new Desk({ selfTradePrevention });
    desk.ask(1, 5, 100, GTC, BOB);
    desk.ask(2, 5, 101, GTC, ALICE);
    desk.ask(3, 5, 102, GTC, BOB);
    return { desk, told: desk.bid(4, 8, 102, GTC, ALICE) };
  }

  test('M13: when it is off, an owner trades with itself', () => {
    expect(meetOneself('off').told).toEqual(['filled 1 by 4: 5 at 100', 'filled 2 by 4: 3 at 101']);
  });

  test('M13: off is the default', () => {
    const desk = new Desk();
    desk.ask(1, 5, 100, GTC, ALICE);
    expect(desk.buy(2, 5, ALICE)).toEqual(['filled 1 by 2: 5 at 100']);
  });

  test('M13: cancel_newest cancels what is left of the taker', () => {
    const { desk, told } = meetOneself('cancel_newest');
    expect(told).toEqual(['filled 1 by 4: 5 at 100', 'cancelled 4 (self_trade): 3']);
    expect(desk.queue(SELL)).toEqual(['2: 5 at 101', '3: 5 at 102']);
    expect(desk.queue(BUY)).toEqual([]);
  });

  test('M13: cancel_oldest cancels the order that rests and goes on', () => {
    const { desk, told } = meetOneself('cancel_oldest');
    expect(told).toEqual([
      'filled 1 by 4: 5 at 100',
      'cancelled 2 (self_trade): 5',
      'filled 3 by 4: 3 at 102',
    ]);
    expect(desk.queue(SELL)).toEqual(['3: 2 at 102']);
  });

  test('M13: cancel_both cancels both', () => {
    const { desk, told } = meetOneself('cancel_both');
    expect(told).toEqual([
      'filled 1 by 4: 5 at 100',
      'cancelled 4 (self_trade): 3',
      'cancelled 2 (self_trade): 5',
    ]);
    expect(desk.queue(SELL)).toEqual(['3: 5 at 102']);
  });

  test('M13: decrement takes the smaller quantity off both: the taker is gone', () => {
    const { desk, told } = meetOneself('decrement');
    expect(told).toEqual([
      'filled 1 by 4: 5 at 100',
      'partial_cancelled 2 (self_trade): 3 at 101',
      'cancelled 4 (self_trade): 3',
    ]);
    expect(desk.queue(SELL)).toEqual(['2: 2 at 101', '3: 5 at 102']);
  });

  test('M13: decrement takes the smaller quantity off both: the taker goes on', () => {
    const desk = new Desk({ selfTradePrevention: 'decrement' });
    desk.ask(1, 5, 100, GTC, ALICE);
    desk.ask(2, 2, 101, GTC, BOB);
    expect(desk.bid(3, 9, 101, GTC, ALICE)).toEqual([
      'cancelled 1 (self_trade): 5',
      'partial_cancelled 3 (self_trade): 5 at 0',
      'filled 2 by 3: 2 at 101',
      'accepted 3: 2 at 101',
    ]);
  });

  test('M13: decrement of equal quantities ends both', () => {
    const desk = new Desk({ selfTradePrevention: 'decrement' });
    desk.ask(1, 5, 100, GTC, ALICE);
    expect(desk.buy(2, 5, ALICE)).toEqual(['cancelled 1 (self_trade): 5', 'cancelled 2 (self_trade): 5']);
    expect(desk.queue(SELL)).toEqual([]);
  });

  test('M13: decrement takes shares off both halves of a price-to-comply order, and names its own price', () => {
    const desk = new Desk({ selfTradePrevention: 'decrement' });
    desk.ask(1, 5, 100, PRICE_TO_COMPLY, ALICE);
    expect(desk.buy(2, 2, ALICE)).toEqual([
      'partial_cancelled 1 (self_trade): 2 at 100',
      'cancelled 2 (self_trade): 2',
    ]);
    expect(desk.queue(SELL)).toEqual(['1: 3 at 99 hidden', '1: 3 at 100']);
  });

  test.each(['cancel_newest', 'cancel_oldest', 'cancel_both', 'decrement'] as const)(
    'M13: with %s no price is set and no volume is counted',
    (mode) => {
      const desk = new Desk({ selfTradePrevention: mode });
      desk.ask(1, 5, 100, GTC, ALICE);
      desk.bid(2, 5, 100, GTC, ALICE);
      expect([desk.book.lastTradeCents, ...desk.book.tradedVolume]).toEqual([0, 0, 0]);
    },
  );

  test.each(['cancel_newest', 'cancel_oldest', 'cancel_both', 'decrement'] as const)(
    'M13: with %s others trade as ever',
    (mode) => {
      const desk = new Desk({ selfTradePrevention: mode });
      desk.ask(1, 5, 100, GTC, ALICE);
      expect(desk.buy(2, 5, BOB)).toEqual(['filled 1 by 2: 5 at 100']);
    },
  );

  test('M13: an order whose price is modified into its owner’s other side is the newest', () => {
    const desk = new Desk({ selfTradePrevention: 'cancel_newest' });
    desk.ask(1, 5, 100, GTC, ALICE);
    desk.bid(2, 5, 99, GTC, ALICE);
    expect(desk.modify(2, 5, 100)).toEqual(['cancelled 2 (self_trade): 5']);
    expect(desk.cancel(2)).toEqual(['refused 2 (order_closed)']);
  });

  test('M13: a stop that fires is a taker like any other', () => {
    const desk = new Desk({ selfTradePrevention: 'cancel_newest' });
    desk.ask(1, 1, 100, GTC, BOB);
    desk.ask(2, 9, 101, GTC, ALICE);
    desk.book.stop(3, ALICE, BUY, 5, 100);
    expect(desk.buy(4, 1, ALICE)).toEqual([
      'filled 1 by 4: 1 at 100',
      'triggered 3: 5 at 100',
      'cancelled 3 (self_trade): 5',
    ]);
  });

  test('M13: the order that replaces another is the newest', () => {
    const desk = new Desk({ selfTradePrevention: 'cancel_newest' });
    desk.ask(1, 5, 100, GTC, ALICE);
    desk.bid(2, 5, 99, GTC, ALICE);
    expect(desk.replace(2, 3, 5, 100)).toEqual(['cancelled 3 (self_trade): 5', 'replaced 2 by 3: 0 at 100']);
    expect([desk.queue(BUY), desk.queue(SELL)]).toEqual([[], ['1: 5 at 100']]);
  });
});

describe('cancelling', () => {
  test('M14: a cancel takes out what is left', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.sell(2, 4);
    expect(desk.cancel(1)).toEqual(['cancelled 1 (requested): 6']);
    expect(desk.queue(BUY)).toEqual([]);
  });

  test('M14: the next best price takes over', () => {
    const desk = new Desk();
    desk.ask(1, 10, 100);
    desk.ask(2, 7, 103);
    desk.cancel(1);
    expect([desk.book.bestVisiblePrice(SELL), desk.book.bestVisibleQuantity(SELL)]).toEqual([103, 7]);
  });

  test('M14: a stop that waits can be cancelled', () => {
    const desk = new Desk();
    desk.buyStop(1, 10, 100);
    expect(desk.cancel(1)).toEqual(['cancelled 1 (requested): 10']);
    desk.ask(2, 1, 100);
    expect(desk.buy(3, 1)).toEqual(['filled 2 by 3: 1 at 100']);
  });

  const requests: [string, (desk: Desk, order: number) => string[]][] = [
    ['cancel', (desk, order) => desk.cancel(order)],
    ['partial cancel', (desk, order) => desk.partialCancel(order, 1)],
    ['modify', (desk, order) => desk.modify(order, 1, 90)],
  ];
  const ends: [string, (desk: Desk) => void][] = [
    ['filled', (desk) => void desk.ask(9, 5, 100)],
    ['cancelled', (desk) => void desk.cancel(1)],
    ['cancelled in parts', (desk) => void desk.partialCancel(1, 5)],
    ['replaced', (desk) => void desk.replace(1, 9, 5, 99)],
    ['left at the end of the session', (desk) => void desk.endSession()],
  ];

  describe.each(requests)('M15: a %s', (_name, request) => {
    test.each([2, 999, 1_000_000, -1])('of the unknown order %d is refused and changes nothing', (order) => {
      const desk = new Desk();
      desk.bid(1, 5, 100);
      const before = desk.state();
      expect(request(desk, order)).toEqual([`refused ${order} (unknown_order)`]);
      expect(desk.state()).toEqual(before);
    });

    test.each(ends)('of an order that was %s is refused and changes nothing', (_end, end) => {
      const desk = new Desk();
      desk.bid(1, 5, 100, DAY);
      end(desk);
      const before = desk.state();
      expect(request(desk, 1)).toEqual(['refused 1 (order_closed)']);
      expect(desk.state()).toEqual(before);
    });
  });

  test('M15: requests about another’s order are refused and change nothing', () => {
    const desk = new Desk();
    desk.bid(1, 5, 100, GTC, 7);
    const before = desk.state();
    const told = [...desk.cancel(1, 8), ...desk.partialCancel(1, 1, 8), ...desk.modify(1, 1, 90, 8)];
    expect(told).toEqual(Array(3).fill('refused 1 (not_owner)'));
    expect(desk.state()).toEqual(before);
  });

  test('M15: an owner is let at its own orders and stops', () => {
    const desk = new Desk();
    desk.bid(1, 5, 100, GTC, 7);
    desk.book.stop(2, 7, BUY, 5, 200);
    desk.book.stop(3, 8, BUY, 5, 200);
    expect([...desk.cancel(1, 7), ...desk.cancel(2, 7), ...desk.cancel(3, 7)]).toEqual([
      'cancelled 1 (requested): 5',
      'cancelled 2 (requested): 5',
      'refused 3 (not_owner)',
    ]);
  });
});

describe('modifying', () => {
  test('M16: less quantity keeps the id and the place', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.bid(2, 10, 100);
    expect(desk.modify(1, 3)).toEqual(['modified 1: 3 at 100']);
    expect(desk.queue(BUY)).toEqual(['1: 3 at 100', '2: 10 at 100']);
    expect(desk.levels(BUY)).toEqual([[100, 13]]);
  });

  test('M16: the same quantity changes nothing', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.bid(2, 10, 100);
    const before = desk.state();
    expect(desk.modify(1, 10, 100)).toEqual(['modified 1: 10 at 100']);
    expect(desk.state()).toEqual(before);
  });

  test('M16: the quantity is what shall rest, whatever was filled before', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.sell(2, 4);
    desk.modify(1, 5);
    expect(desk.queue(BUY)).toEqual(['1: 5 at 100']);
  });

  test('M16: less of a hidden order keeps its place', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100, HIDDEN);
    desk.bid(2, 10, 100, HIDDEN);
    desk.modify(1, 3);
    expect(desk.queue(BUY)).toEqual(['1: 3 at 100 hidden', '2: 10 at 100 hidden']);
  });

  test('M17: more quantity goes to the back', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.bid(2, 10, 100);
    expect(desk.modify(1, 11)).toEqual(['modified 1: 11 at 100']);
    expect(desk.queue(BUY)).toEqual(['2: 10 at 100', '1: 11 at 100']);
  });

  test('M17: a hidden order that goes to the back stays hidden', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100, HIDDEN);
    desk.bid(2, 10, 100);
    desk.modify(1, 11);
    expect(desk.queue(BUY)).toEqual(['2: 10 at 100', '1: 11 at 100 hidden']);
  });

  test('M18: another price goes to the back of the new level', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.bid(2, 10, 101);
    expect(desk.modify(1, 5, 101)).toEqual(['modified 1: 5 at 101']);
    expect(desk.queue(BUY)).toEqual(['2: 10 at 101', '1: 5 at 101']);
  });

  test('M18: back at the old price, the old place is lost', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.bid(2, 10, 100);
    desk.modify(1, 10, 99);
    desk.modify(1, 10, 100);
    expect(desk.queue(BUY)).toEqual(['2: 10 at 100', '1: 10 at 100']);
  });

  test('M18: a price that crosses trades, and the rest rests under the same id', () => {
    const desk = new Desk();
    desk.ask(1, 4, 105);
    desk.bid(2, 10, 100);
    expect(desk.modify(2, 10, 106)).toEqual(['filled 1 by 2: 4 at 105', 'modified 2: 6 at 106']);
    expect(desk.queue(BUY)).toEqual(['2: 6 at 106']);
    expect(desk.book.tradedVolume).toEqual([4, 0]);
  });

  test('M18: an order that is filled by its new price is closed', () => {
    const desk = new Desk();
    desk.ask(1, 10, 105);
    desk.bid(2, 10, 100);
    expect(desk.modify(2, 10, 105)).toEqual(['filled 1 by 2: 10 at 105', 'modified 2: 0 at 105']);
    expect(desk.cancel(2)).toEqual(['refused 2 (order_closed)']);
  });

  test('M18: a trade by a new price sets off stops', () => {
    const desk = new Desk();
    desk.ask(1, 10, 105);
    desk.bid(2, 4, 100);
    desk.buyStop(3, 1, 105);
    expect(desk.modify(2, 4, 105)).toEqual([
      'filled 1 by 2: 4 at 105',
      'modified 2: 0 at 105',
      'triggered 3: 1 at 105',
      'filled 1 by 3: 1 at 105',
    ]);
  });

  test('M18: an order inserted by id goes to the back too', () => {
    const desk = new Desk();
    desk.bid(10, 1, 100);
    desk.bid(30, 1, 100);
    desk.bid(20, 1, 99, INSERT_BY_ID);
    desk.modify(20, 1, 100);
    expect(desk.queue(BUY)).toEqual(['10: 1 at 100', '30: 1 at 100', '20: 1 at 100']);
  });

  test('M17: so it does with more quantity', () => {
    const desk = new Desk();
    desk.bid(10, 1, 100, INSERT_BY_ID);
    desk.bid(20, 1, 100);
    desk.modify(10, 2);
    expect(desk.queue(BUY)).toEqual(['20: 1 at 100', '10: 2 at 100']);
  });

  test('a stop that waits takes a new quantity and a new price', () => {
    const desk = new Desk();
    desk.buyStop(1, 10, 105);
    expect(desk.modify(1, 4, 103)).toEqual(['modified 1: 4 at 103']);
    desk.ask(2, 9, 103);
    expect(desk.buy(3, 1)).toEqual([
      'filled 2 by 3: 1 at 103',
      'triggered 1: 4 at 103',
      'filled 2 by 1: 4 at 103',
    ]);
  });

  test('a stop whose new price was reached already fires', () => {
    const desk = new Desk();
    desk.ask(1, 9, 100);
    desk.buy(2, 1);
    desk.buyStop(3, 5, 105);
    expect(desk.modify(3, 5, 99)).toEqual([
      'modified 3: 5 at 99',
      'triggered 3: 5 at 100',
      'filled 1 by 3: 5 at 100',
    ]);
  });
});

describe('cancelling a part', () => {
  test('M19: it is counted from what rests now, and keeps the place', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.bid(2, 10, 100);
    desk.sell(3, 6);
    expect(desk.partialCancel(1, 3)).toEqual(['partial_cancelled 1 (requested): 3 at 100']);
    expect(desk.queue(BUY)).toEqual(['1: 1 at 100', '2: 10 at 100']);
  });

  test.each([10, 11, MAX_QUANTITY])('M19: %d of 10 removes the order', (quantity) => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    expect(desk.partialCancel(1, quantity)).toEqual(['cancelled 1 (requested): 10']);
    expect(desk.queue(BUY)).toEqual([]);
  });

  test('M19: a part of a stop that waits', () => {
    const desk = new Desk();
    desk.buyStop(1, 10, 105);
    expect(desk.partialCancel(1, 4)).toEqual(['partial_cancelled 1 (requested): 4 at 105']);
    expect(desk.book.openQuantity(1)).toBe(6);
    expect(desk.partialCancel(1, 6)).toEqual(['cancelled 1 (requested): 6']);
    expect(desk.book.openQuantity(1)).toBe(0);
  });
});

describe('replacing', () => {
  test('M20: the new order has a new id, and loses the place even at the same price', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.bid(2, 10, 100);
    expect(desk.replace(1, 3, 10, 100)).toEqual(['replaced 1 by 3: 10 at 100']);
    expect(desk.queue(BUY)).toEqual(['2: 10 at 100', '3: 10 at 100']);
  });

  test('M20: the old id is closed and cannot reach the new order', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.replace(1, 2, 10, 100);
    expect(desk.cancel(1)).toEqual(['refused 1 (order_closed)']);
    expect([desk.book.openQuantity(1), desk.book.openQuantity(2)]).toEqual([0, 10]);
  });

  test('M20: the new order belongs to the owner of the old one', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100, GTC, 7);
    desk.replace(1, 2, 10, 101, GTC, 7);
    expect([...desk.cancel(2, 8), ...desk.cancel(2, 7)]).toEqual([
      'refused 2 (not_owner)',
      'cancelled 2 (requested): 10',
    ]);
  });

  test('M20: it may change side', () => {
    const desk = new Desk();
    desk.ask(1, 10, 100);
    expect(desk.replace(1, 2, 10, 100)).toEqual(['replaced 1 by 2: 10 at 100']);
    expect([desk.queue(BUY), desk.queue(SELL)]).toEqual([['2: 10 at 100'], []]);
  });

  test('M20: a stop can become a limit order', () => {
    const desk = new Desk();
    desk.buyStop(1, 10, 105);
    expect(desk.replace(1, 2, 10, 100)).toEqual(['replaced 1 by 2: 10 at 100']);
    desk.ask(3, 1, 105);
    expect(desk.buy(4, 1)).toEqual(['filled 3 by 4: 1 at 105']);
  });

  test('M21: a replace that crosses trades under the new id, then says what rests', () => {
    const desk = new Desk();
    desk.ask(1, 4, 105);
    desk.bid(2, 10, 100);
    expect(desk.replace(2, 3, 10, 105)).toEqual(['filled 1 by 3: 4 at 105', 'replaced 2 by 3: 6 at 105']);
    expect(desk.queue(BUY)).toEqual(['3: 6 at 105']);
  });

  test('M21: when nothing is left, nothing rests', () => {
    const desk = new Desk();
    desk.ask(1, 10, 105);
    desk.bid(2, 10, 100);
    expect(desk.replace(2, 3, 10, 105)).toEqual(['filled 1 by 3: 10 at 105', 'replaced 2 by 3: 0 at 105']);
    expect([...desk.cancel(2), ...desk.cancel(3)]).toEqual([
      'refused 2 (order_closed)',
      'refused 3 (order_closed)',
    ]);
  });

  test('M21: what an immediate-or-cancel order leaves is cancelled', () => {
    const desk = new Desk();
    desk.ask(1, 4, 105);
    desk.bid(2, 10, 100);
    expect(desk.replace(2, 3, 10, 105, IOC)).toEqual([
      'filled 1 by 3: 4 at 105',
      'replaced 2 by 3: 0 at 105',
      'cancelled 3 (not_filled): 6',
    ]);
  });

  test('M21: its trades set off stops', () => {
    const desk = new Desk();
    desk.ask(1, 10, 105);
    desk.bid(2, 4, 100);
    desk.buyStop(3, 1, 105);
    expect(desk.replace(2, 4, 4, 105)).toEqual([
      'filled 1 by 4: 4 at 105',
      'replaced 2 by 4: 0 at 105',
      'triggered 3: 1 at 105',
      'filled 1 by 3: 1 at 105',
    ]);
  });

  test('M22: a replace of an unknown order adds nothing', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    const before = desk.state();
    expect(desk.replace(5, 6, 10, 100)).toEqual(['rejected 6 (unknown_order)']);
    expect(desk.state()).toEqual(before);
  });

  test('M22: nor does one of an order that is closed, or is another’s', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100, GTC, 7);
    desk.bid(2, 10, 100);
    desk.cancel(2);
    const before = desk.state();
    expect([...desk.replace(2, 3, 10, 100), ...desk.replace(1, 4, 10, 100, GTC, 8)]).toEqual([
      'rejected 3 (order_closed)',
      'rejected 4 (not_owner)',
    ]);
    expect(desk.state()).toEqual(before);
  });

  test.each([
    ['a quantity of 0', [3, 0, 100, GTC], 'invalid_quantity'],
    ['a price of 0', [3, 10, 0, GTC], 'invalid_price'],
    ['a number that was used', [2, 10, 100, GTC], 'duplicate_id'],
    ['its own number', [1, 10, 100, GTC], 'duplicate_id'],
    ['post-only that would trade', [3, 10, 105, POST_ONLY], 'post_only_would_trade'],
    ['fill-or-kill that cannot be filled', [3, 10, 105, FOK], 'fok_not_fillable'],
  ] as const)(
    'a new order that cannot be taken, with %s, leaves the old one as it was',
    (_name, [order, quantity, price, kind], reason) => {
      const desk = new Desk();
      desk.bid(1, 10, 100);
      desk.ask(2, 4, 105);
      const before = desk.state();
      expect(desk.replace(1, order, quantity, price, kind)).toEqual([`rejected ${order} (${reason})`]);
      expect(desk.state()).toEqual(before);
    },
  );

  test('the old order does not stand in the way of the new one', () => {
    const desk = new Desk();
    desk.ask(1, 10, 100);
    expect(desk.replace(1, 2, 10, 100, POST_ONLY)).toEqual(['replaced 1 by 2: 10 at 100']);
  });

  test('the old order does not help to fill the new one', () => {
    const desk = new Desk();
    desk.ask(1, 10, 100);
    expect(desk.replace(1, 2, 10, 100, FOK)).toEqual(['rejected 2 (fok_not_fillable)']);
  });
});

describe('validity', () => {
  const badNumbers = [0, -1, 1.5, NaN, Infinity, -Infinity];

  /** Something on both sides and a stop, which every refusal below has to leave alone. */
  function aDesk(options: OrderBookOptions = {}): Desk {
    const desk = new Desk(options);
    desk.bid(1, 100, 200);
    desk.ask(2, 100, 300);
    desk.ask(3, 100, 300, HIDDEN);
    desk.buyStop(4, 100, 400);
    return desk;
  }

  test.each([...badNumbers, MAX_QUANTITY + 1])('M23: a quantity of %d is refused everywhere', (quantity) => {
    const desk = aDesk();
    const before = desk.state();
    expect([
      ...desk.bid(5, quantity, 300),
      ...desk.buy(6, quantity),
      ...desk.buyStop(7, quantity, 500),
      ...desk.replace(1, 8, quantity, 200),
      ...desk.modify(1, quantity),
      ...desk.modify(4, quantity),
      ...desk.modify(1, quantity, 210),
      ...desk.modify(4, quantity, 410),
    ]).toEqual([
      ...[5, 6, 7, 8].map((order) => `rejected ${order} (invalid_quantity)`),
      ...[1, 4, 1, 4].map((order) => `refused ${order} (invalid_quantity)`),
    ]);
    expect(desk.state()).toEqual(before);
    expect(desk.book.openQuantity(4)).toBe(100);
  });

  test.each(badNumbers)('M23: a quantity of %d is refused when so much is to be taken off', (quantity) => {
    const desk = aDesk();
    const before = desk.state();
    expect([...desk.partialCancel(1, quantity), ...desk.partialCancel(4, quantity)]).toEqual(
      [1, 4].map((order) => `refused ${order} (invalid_quantity)`),
    );
    expect(desk.state()).toEqual(before);
  });

  test('M19: any quantity above the rest takes it off, however large', () => {
    const desk = aDesk();
    expect(desk.partialCancel(1, 10 * MAX_QUANTITY)).toEqual(['cancelled 1 (requested): 100']);
    expect(desk.partialCancel(4, 10 * MAX_QUANTITY)).toEqual(['cancelled 4 (requested): 100']);
  });

  test.each([...badNumbers, MAX_PRICE_CENTS + 1])('M23: a price of %d is refused everywhere', (price) => {
    const desk = aDesk();
    const before = desk.state();
    expect([
      ...desk.bid(5, 10, price),
      ...desk.ask(6, 10, price),
      ...desk.buyStop(7, 10, price),
      ...desk.sellStop(8, 10, price),
      ...desk.replace(1, 9, 10, price),
      ...desk.modify(1, 10, price),
      ...desk.modify(4, 10, price),
    ]).toEqual([
      ...[5, 6, 7, 8, 9].map((order) => `rejected ${order} (invalid_price)`),
      ...[1, 4].map((order) => `refused ${order} (invalid_price)`),
    ]);
    expect(desk.state()).toEqual(before);
    expect(desk.cancel(4)).toEqual(['cancelled 4 (requested): 100']);
  });

  test('M23: the largest quantity and the highest price are taken', () => {
    const desk = new Desk();
    expect(desk.ask(1, MAX_QUANTITY, MAX_PRICE_CENTS)).toEqual([
      `accepted 1: ${MAX_QUANTITY} at ${MAX_PRICE_CENTS}`,
    ]);
    expect(desk.buy(2, MAX_QUANTITY)).toEqual([`filled 1 by 2: ${MAX_QUANTITY} at ${MAX_PRICE_CENTS}`]);
  });

  test('M23: a level may hold more shares than fit 32 bits', () => {
    const desk = new Desk();
    for (let order = 1; order <= 9; order++) desk.bid(order, MAX_QUANTITY, 100);
    for (let order = 11; order <= 19; order++) desk.bid(order, MAX_QUANTITY, 100, HIDDEN);
    expect(desk.levels(BUY)).toEqual([[100, 9 * MAX_QUANTITY]]);
    for (let order = 21; order <= 38; order++) desk.sell(order, MAX_QUANTITY);
    expect([desk.queue(BUY), desk.book.tradedVolume]).toEqual([[], [0, 18 * MAX_QUANTITY]]);
  });

  test('a number that was used is refused, by whatever order it was', () => {
    const desk = aDesk();
    desk.cancel(2);
    desk.bid(10, 0, 100);
    desk.bid(11, 1, 300);
    const before = desk.state();
    for (const order of [1, 2, 3, 4, 10, 11])
      expect([...desk.bid(order, 10, 300), ...desk.buy(order, 10), ...desk.sellStop(order, 10, 10)]).toEqual(
        Array(3).fill(`rejected ${order} (duplicate_id)`),
      );
    expect(desk.state()).toEqual(before);
    expect(desk.book.openQuantity(4)).toBe(100);
  });

  test('numbers may be far apart', () => {
    const desk = new Desk();
    desk.bid(0, 1, 100);
    desk.bid(1_024, 1, 100);
    desk.bid(1_000_000, 1, 100);
    expect(makers(desk.sell(65_536, 3))).toEqual([0, 1_024, 1_000_000]);
    expect(desk.cancel(1_024)).toEqual(['refused 1024 (order_closed)']);
    expect(desk.cancel(1_025)).toEqual(['refused 1025 (unknown_order)']);
  });

  test.each([
    ['post-only and immediate or cancel', POST_ONLY | IOC],
    ['post-only and fill or kill', POST_ONLY | FOK],
    ['hidden and price-to-comply', HIDDEN | PRICE_TO_COMPLY],
  ])('an order that is %s contradicts itself', (_name, kind) => {
    const desk = aDesk();
    const before = desk.state();
    expect(desk.bid(5, 10, 250, kind)).toEqual(['rejected 5 (invalid_kind)']);
    expect(desk.replace(1, 6, 10, 250, kind)).toEqual(['rejected 6 (invalid_kind)']);
    expect(desk.state()).toEqual(before);
  });

  test.each([
    ['hidden post-only', HIDDEN | POST_ONLY],
    ['hidden for a day', HIDDEN | DAY],
    ['price-to-comply post-only', PRICE_TO_COMPLY | POST_ONLY],
    ['hidden immediate or cancel', HIDDEN | IOC],
  ])('an order that is %s does not', (_name, kind) => {
    expect(aDesk().bid(5, 10, 250, kind).join()).not.toContain('rejected');
  });

  test('M5: an order without an id that can be compared cannot be inserted by id', () => {
    const desk = aDesk();
    const before = desk.state();
    desk.book.limit(5, 1, BUY, 10, 200, INSERT_BY_ID, NaN);
    expect(describeEvents(desk.book.events, desk.book.eventCount)).toEqual(['rejected 5 (invalid_id)']);
    expect(desk.state()).toEqual(before);
  });

  test('M24: prices are multiples of the tick', () => {
    const desk = aDesk({ tickSizeCents: 5 });
    const before = desk.state();
    expect([
      ...desk.bid(5, 10, 203),
      ...desk.buyStop(6, 10, 203),
      ...desk.replace(1, 7, 10, 203),
      ...desk.modify(1, 10, 203),
      ...desk.modify(4, 10, 403),
    ]).toEqual([
      ...[5, 6, 7].map((order) => `rejected ${order} (invalid_price)`),
      ...[1, 4].map((order) => `refused ${order} (invalid_price)`),
    ]);
    expect(desk.state()).toEqual(before);
    expect(desk.bid(8, 10, 205)).toEqual(['accepted 8: 10 at 205']);
  });

  test('M24: quantities are multiples of the lot', () => {
    const desk = aDesk({ lotSize: 100 });
    const before = desk.state();
    expect([
      ...desk.bid(5, 150, 200),
      ...desk.buy(6, 50),
      ...desk.buyStop(7, 101, 500),
      ...desk.modify(1, 50),
      ...desk.partialCancel(1, 50),
    ]).toEqual([
      ...[5, 6, 7].map((order) => `rejected ${order} (invalid_quantity)`),
      ...[1, 1].map((order) => `refused ${order} (invalid_quantity)`),
    ]);
    expect(desk.state()).toEqual(before);
    expect(desk.bid(8, 200, 205)).toEqual(['accepted 8: 200 at 205']);
  });

  test('M24: without a tick size any cent will do', () => {
    expect(new Desk().bid(1, 1, 99_999)).toEqual(['accepted 1: 1 at 99999']);
  });
});

describe('time in force', () => {
  test('M25: immediate or cancel fills what it can and cancels the rest', () => {
    const desk = new Desk();
    desk.ask(1, 4, 100);
    desk.ask(2, 4, 102);
    expect(desk.bid(3, 10, 101, IOC)).toEqual(['filled 1 by 3: 4 at 100', 'cancelled 3 (not_filled): 6']);
    expect(desk.queue(BUY)).toEqual([]);
  });

  test('M25: immediate or cancel that meets nobody is cancelled whole', () => {
    expect(new Desk().bid(1, 10, 100, IOC)).toEqual(['cancelled 1 (not_filled): 10']);
  });

  test('M26: fill or kill is filled whole', () => {
    const desk = new Desk();
    desk.ask(1, 4, 100);
    desk.ask(2, 6, 101);
    expect(desk.bid(3, 10, 101, FOK)).toEqual(['filled 1 by 3: 4 at 100', 'filled 2 by 3: 6 at 101']);
  });

  test.each([
    ['there are too few shares', 11, 101],
    ['some are beyond its limit', 10, 100],
  ])('M26: fill or kill does nothing when %s', (_name, quantity, price) => {
    const desk = new Desk();
    desk.ask(1, 4, 100);
    desk.ask(2, 6, 101);
    const before = desk.state();
    expect(desk.bid(3, quantity, price, FOK)).toEqual(['rejected 3 (fok_not_fillable)']);
    expect(desk.state()).toEqual(before);
  });

  test('M26: a seller’s fill or kill counts bids down to its limit', () => {
    const desk = new Desk();
    desk.bid(1, 4, 101);
    desk.bid(2, 6, 100);
    desk.bid(3, 6, 99);
    expect(desk.ask(4, 11, 100, FOK)).toEqual(['rejected 4 (fok_not_fillable)']);
    expect(desk.ask(5, 10, 100, FOK)).toEqual(['filled 1 by 5: 4 at 101', 'filled 2 by 5: 6 at 100']);
  });

  test('M26: both halves of a price-to-comply order count once', () => {
    const desk = new Desk();
    desk.ask(1, 6, 100, PRICE_TO_COMPLY);
    expect(desk.bid(2, 7, 100, FOK)).toEqual(['rejected 2 (fok_not_fillable)']);
    expect(desk.bid(3, 6, 99, FOK)).toEqual(['filled 1 by 3: 6 at 99']);
  });

  // Other owners have 5 at 100 and 5 at 102, the taker itself has 5 at 101.
  test.each([
    ['off', ['filled 1 by 4: 5 at 100', 'filled 2 by 4: 5 at 101']],
    ['cancel_newest', ['rejected 4 (fok_not_fillable)']],
    ['cancel_oldest', ['filled 1 by 4: 5 at 100', 'cancelled 2 (self_trade): 5', 'filled 3 by 4: 5 at 102']],
    ['cancel_both', ['rejected 4 (fok_not_fillable)']],
    ['decrement', ['rejected 4 (fok_not_fillable)']],
  ] as const)(
    'M26: fill or kill is all or nothing when its owner stands in the way (%s)',
    (mode, expected) => {
      const desk = new Desk({ selfTradePrevention: mode });
      desk.ask(1, 5, 100, GTC, 2);
      desk.ask(2, 5, 101, GTC, 1);
      desk.ask(3, 5, 102, GTC, 2);
      expect(desk.bid(4, 10, 102, FOK, 1)).toEqual(expected);
    },
  );

  test.each(['cancel_newest', 'cancel_oldest', 'cancel_both', 'decrement'] as const)(
    'M26: an order of its owner behind what fills it does not matter (%s)',
    (mode) => {
      const desk = new Desk({ selfTradePrevention: mode });
      desk.ask(1, 5, 100, GTC, 2);
      desk.ask(2, 5, 100, GTC, 1);
      expect(desk.bid(3, 5, 102, FOK, 1)).toEqual(['filled 1 by 3: 5 at 100']);
    },
  );

  test('M27: day orders leave at the close, the others stay', () => {
    const desk = new Desk();
    desk.bid(1, 1, 100, DAY);
    desk.bid(2, 2, 100);
    desk.bid(3, 3, 101, DAY);
    desk.ask(4, 4, 105, DAY | HIDDEN);
    desk.ask(5, 5, 105);
    expect(desk.endSession()).toEqual([
      'cancelled 3 (day_end): 3',
      'cancelled 1 (day_end): 1',
      'cancelled 4 (day_end): 4',
    ]);
    expect([desk.queue(BUY), desk.queue(SELL)]).toEqual([['2: 2 at 100'], ['5: 5 at 105']]);
  });

  test('M27: what a day order traded stays traded, the rest leaves', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100, DAY);
    desk.sell(2, 4);
    expect(desk.endSession()).toEqual(['cancelled 1 (day_end): 6']);
  });

  test('M27: a price-to-comply order for the day leaves once, with both halves', () => {
    const desk = new Desk();
    desk.bid(1, 5, 100, DAY | PRICE_TO_COMPLY);
    desk.ask(2, 5, 105, DAY | PRICE_TO_COMPLY);
    expect(desk.endSession()).toEqual(['cancelled 1 (day_end): 5', 'cancelled 2 (day_end): 5']);
    expect([desk.queue(BUY), desk.queue(SELL)]).toEqual([[], []]);
  });

  test('M27: a modified day order is still one', () => {
    const desk = new Desk();
    desk.bid(1, 5, 100, DAY);
    desk.modify(1, 7, 99);
    expect(desk.endSession()).toEqual(['cancelled 1 (day_end): 7']);
  });

  test('M27: stops wait on, and a second close finds nothing', () => {
    const desk = new Desk();
    desk.bid(1, 5, 100, DAY);
    desk.buyStop(2, 5, 105);
    desk.endSession();
    expect(desk.endSession()).toEqual([]);
    expect(desk.book.openQuantity(2)).toBe(5);
  });
});

describe('stops', () => {
  /** Two-sided and deep, without a trade yet. */
  function aDeepDesk(): Desk {
    const desk = new Desk();
    for (let step = 0; step < 10; step++) {
      desk.ask(100 + step, 10, 1_000 + step);
      desk.bid(200 + step, 10, 990 - step);
    }
    return desk;
  }

  test('M29: a buy stop fires when the last price is at or above it', () => {
    const desk = aDeepDesk();
    desk.buyStop(1, 3, 1_001);
    expect(desk.bid(2, 10, 1_000)).toEqual(['filled 100 by 2: 10 at 1000']);
    expect(desk.bid(3, 1, 1_001)).toEqual([
      'filled 101 by 3: 1 at 1001',
      'triggered 1: 3 at 1001',
      'filled 101 by 1: 3 at 1001',
    ]);
  });

  test('M29: a sell stop fires when the last price is at or below it', () => {
    const desk = aDeepDesk();
    desk.sellStop(1, 3, 989);
    expect(desk.ask(2, 10, 990)).toEqual(['filled 200 by 2: 10 at 990']);
    expect(desk.ask(3, 1, 989)).toEqual([
      'filled 201 by 3: 1 at 989',
      'triggered 1: 3 at 989',
      'filled 201 by 1: 3 at 989',
    ]);
  });

  test('M29: a price beyond the stop fires it too', () => {
    const desk = aDeepDesk();
    desk.buyStop(1, 3, 995);
    desk.sellStop(2, 3, 1_005);
    expect(desk.buy(3, 1)).toEqual([
      'filled 100 by 3: 1 at 1000',
      'triggered 1: 3 at 1000',
      'filled 100 by 1: 3 at 1000',
      'triggered 2: 3 at 1000',
      'filled 200 by 2: 3 at 990',
    ]);
  });

  test('M29: a stop that fires is a market order: what finds nobody is dropped', () => {
    const desk = new Desk();
    desk.ask(1, 5, 100);
    desk.buyStop(2, 9, 100);
    expect(desk.buy(3, 1)).toEqual([
      'filled 1 by 3: 1 at 100',
      'triggered 2: 9 at 100',
      'filled 1 by 2: 4 at 100',
      'cancelled 2 (not_filled): 5',
    ]);
  });

  test('M29: a stop that the last price reached already fires on entry', () => {
    const desk = aDeepDesk();
    desk.buy(1, 1);
    expect(desk.buyStop(2, 3, 1_000)).toEqual([
      'accepted 2: 3 at 1000',
      'triggered 2: 3 at 1000',
      'filled 100 by 2: 3 at 1000',
    ]);
    expect(desk.sellStop(3, 3, 1_001)).toEqual([
      'accepted 3: 3 at 1001',
      'triggered 3: 3 at 1000',
      'filled 200 by 3: 3 at 990',
    ]);
  });

  test('M29: without a trade before it, a stop waits', () => {
    const desk = aDeepDesk();
    expect(desk.buyStop(1, 3, 1)).toEqual(['accepted 1: 3 at 1']);
  });

  test('M29: a stop is in nobody’s way and in no feed', () => {
    const desk = aDeepDesk();
    const before = desk.state();
    desk.buyStop(1, 3, 1_005);
    desk.sellStop(2, 3, 985);
    expect(desk.state()).toEqual(before);
  });

  test('M30: only the stops that a trade reached fire', () => {
    const desk = aDeepDesk();
    desk.buyStop(1, 1, 1_001);
    desk.buyStop(2, 1, 1_000);
    desk.sellStop(3, 1, 999);
    expect(desk.buy(4, 1)).toEqual([
      'filled 100 by 4: 1 at 1000',
      'triggered 2: 1 at 1000',
      'filled 100 by 2: 1 at 1000',
    ]);
  });

  test('M30: every trade of a sweep counts, not its last one only', () => {
    const desk = aDeepDesk();
    desk.sellStop(1, 1, 1_000);
    expect(desk.bid(2, 15, 1_001)).toEqual([
      'filled 100 by 2: 10 at 1000',
      'filled 101 by 2: 5 at 1001',
      'triggered 1: 1 at 1000',
      'filled 200 by 1: 1 at 990',
    ]);
  });

  test('M30: one that an earlier trade of a sweep reached comes first', () => {
    const desk = aDeepDesk();
    desk.buyStop(1, 1, 1_001);
    desk.buyStop(2, 1, 1_000);
    expect(desk.buy(3, 15).filter((event) => event.startsWith('triggered'))).toEqual([
      'triggered 2: 1 at 1000',
      'triggered 1: 1 at 1001',
    ]);
  });

  test('M30: a stop fires after the order that reached it is done', () => {
    const desk = new Desk();
    desk.ask(1, 5, 100);
    desk.sellStop(2, 4, 100);
    expect(desk.bid(3, 9, 100)).toEqual([
      'filled 1 by 3: 5 at 100',
      'accepted 3: 4 at 100',
      'triggered 2: 4 at 100',
      'filled 3 by 2: 4 at 100',
    ]);
  });

  test('M30: the trade of a request is not looked at again by the next one', () => {
    const desk = aDeepDesk();
    desk.buy(1, 1);
    desk.buyStop(2, 1, 1_009);
    expect(desk.bid(3, 1, 500)).toEqual(['accepted 3: 1 at 500']);
    expect(desk.cancel(3)).toEqual(['cancelled 3 (requested): 1']);
  });

  test('M31: several that are reached at once go in the order of their arrival', () => {
    const desk = aDeepDesk();
    desk.buyStop(3, 1, 1_000);
    desk.sellStop(1, 1, 1_000);
    desk.buyStop(2, 1, 999);
    expect(desk.buy(4, 1).filter((event) => event.startsWith('triggered'))).toEqual([
      'triggered 3: 1 at 1000',
      'triggered 1: 1 at 1000',
      'triggered 2: 1 at 1000',
    ]);
  });

  test('M31: all are picked before the first one trades: one reached by its trades comes after the others', () => {
    const desk = aDeepDesk();
    desk.buyStop(1, 19, 1_000);
    desk.buyStop(2, 1, 1_001);
    desk.sellStop(3, 1, 1_000);
    expect(desk.buy(4, 1)).toEqual([
      'filled 100 by 4: 1 at 1000',
      'triggered 1: 19 at 1000',
      'filled 100 by 1: 9 at 1000',
      'filled 101 by 1: 10 at 1001',
      'triggered 3: 1 at 1000',
      'filled 200 by 3: 1 at 990',
      'triggered 2: 1 at 1001',
      'filled 102 by 2: 1 at 1002',
    ]);
  });

  test('M31: stops can set each other off, up and down again', () => {
    const desk = aDeepDesk();
    for (let step = 1; step < 5; step++) desk.buyStop(step, 10, 1_000 + step);
    desk.sellStop(5, 10, 990);
    desk.sellStop(6, 30, 1_004);
    const triggered = desk
      .bid(7, 11, 1_001)
      .filter((event) => event.startsWith('triggered'))
      .map((event) => Number(/\d+/.exec(event)![0]));
    // 7 trades at 1000, which picks 6, and up to 1001, which picks 1; 6 down to 988 picks 5, and 1 up to 1002 picks 2.
    expect(triggered).toEqual([6, 1, 5, 2, 3, 4]);
  });

  test('M31: a stop fires once', () => {
    const desk = aDeepDesk();
    desk.buyStop(1, 1, 1_000);
    desk.buy(2, 1);
    expect(desk.buy(3, 1)).toEqual(['filled 100 by 3: 1 at 1000']);
    expect(desk.cancel(1)).toEqual(['refused 1 (order_closed)']);
  });

  test('M31: a stop that is modified keeps its turn', () => {
    const desk = aDeepDesk();
    desk.buyStop(1, 1, 1_001);
    desk.buyStop(2, 1, 1_000);
    desk.modify(1, 2, 1_000);
    expect(desk.buy(3, 1).filter((event) => event.startsWith('triggered'))).toEqual([
      'triggered 1: 2 at 1000',
      'triggered 2: 1 at 1000',
    ]);
  });
});

describe('hidden orders', () => {
  test('M32: hidden volume is in no feed', () => {
    const desk = new Desk();
    desk.bid(1, 5, 100);
    desk.bid(2, 7, 100, HIDDEN);
    expect(desk.levels(BUY)).toEqual([[100, 5]]);
    expect([desk.book.bestVisibleQuantity(BUY), desk.book.totalVisible(BUY)]).toEqual([5, 5]);
  });

  test('M32: a level with hidden volume only is not shown', () => {
    const desk = new Desk();
    desk.ask(1, 7, 99, HIDDEN);
    desk.ask(2, 5, 100);
    desk.ask(3, 7, 101, HIDDEN);
    desk.ask(4, 5, 102);
    expect(desk.levels(SELL)).toEqual([
      [100, 5],
      [102, 5],
    ]);
    expect(desk.book.bestVisiblePrice(SELL)).toBe(100);
  });

  test('M32: a side with hidden volume only looks empty', () => {
    const desk = new Desk();
    desk.ask(1, 7, 99, HIDDEN);
    expect([
      desk.levels(SELL),
      desk.book.bestVisiblePrice(SELL),
      desk.book.bestVisibleQuantity(SELL),
    ]).toEqual([[], 0, 0]);
  });

  test('M32: a hidden order that is hit does not become visible', () => {
    const desk = new Desk();
    desk.ask(1, 7, 99, HIDDEN);
    desk.buy(2, 3);
    expect([desk.levels(SELL), desk.queue(SELL)]).toEqual([[], ['1: 4 at 99 hidden']]);
  });
});

describe('price-to-comply', () => {
  test('M33: it is seen at its price, and stands hidden one tick better', () => {
    const desk = new Desk({ tickSizeCents: 5 });
    expect(desk.bid(1, 6, 100, PRICE_TO_COMPLY)).toEqual(['accepted 1: 6 at 100']);
    desk.ask(2, 4, 200, PRICE_TO_COMPLY);
    expect([desk.queue(BUY), desk.queue(SELL)]).toEqual([
      ['1: 6 at 105 hidden', '1: 6 at 100'],
      ['2: 4 at 195 hidden', '2: 4 at 200'],
    ]);
    expect([desk.levels(BUY), desk.levels(SELL)]).toEqual([[[100, 6]], [[200, 4]]]);
  });

  test('M33: it trades at the hidden price, and both halves lose the shares', () => {
    const desk = new Desk();
    desk.bid(1, 6, 100, PRICE_TO_COMPLY);
    expect(desk.sell(2, 4)).toEqual(['filled 1 by 2: 4 at 101']);
    expect(desk.queue(BUY)).toEqual(['1: 2 at 101 hidden', '1: 2 at 100']);
  });

  test('M33: when it is filled, both halves are gone', () => {
    const desk = new Desk();
    desk.ask(1, 6, 100, PRICE_TO_COMPLY);
    expect(desk.buy(2, 10)).toEqual(['filled 1 by 2: 6 at 99', 'cancelled 2 (not_filled): 4']);
    expect(desk.queue(SELL)).toEqual([]);
  });

  test.each<[string, (desk: Desk) => void, string[]]>([
    ['cancelled', (desk) => void desk.cancel(1), []],
    ['cancelled in part', (desk) => void desk.partialCancel(1, 2), ['1: 4 at 101 hidden', '1: 4 at 100']],
    ['modified to less', (desk) => void desk.modify(1, 1), ['1: 1 at 101 hidden', '1: 1 at 100']],
    ['modified to more', (desk) => void desk.modify(1, 9), ['1: 9 at 101 hidden', '1: 9 at 100']],
    ['modified in price', (desk) => void desk.modify(1, 6, 90), ['1: 6 at 91 hidden', '1: 6 at 90']],
    ['replaced', (desk) => void desk.replace(1, 2, 6, 90), ['2: 6 at 90']],
  ])('M33: when it is %s, that is done to both halves', (_name, change, expected) => {
    const desk = new Desk();
    desk.bid(1, 6, 100, PRICE_TO_COMPLY);
    change(desk);
    expect(desk.queue(BUY)).toEqual(expected);
  });

  test('M33: as a taker it pays up to its hidden price', () => {
    const desk = new Desk();
    desk.ask(1, 2, 101);
    desk.ask(2, 2, 102);
    expect(desk.bid(3, 6, 100, PRICE_TO_COMPLY)).toEqual(['filled 1 by 3: 2 at 101', 'accepted 3: 4 at 100']);
  });

  test('M33: its hidden half queues behind what is visible at that price', () => {
    const desk = new Desk();
    desk.bid(1, 6, 100, PRICE_TO_COMPLY);
    desk.bid(2, 6, 101);
    expect(desk.sell(3, 8)).toEqual(['filled 2 by 3: 6 at 101', 'filled 1 by 3: 2 at 101']);
  });

  test('M33: its visible half is placed by id when the order asks for it', () => {
    const desk = new Desk();
    desk.bid(20, 1, 100);
    desk.bid(10, 2, 100, PRICE_TO_COMPLY | INSERT_BY_ID);
    expect(desk.queue(BUY)).toEqual(['10: 2 at 101 hidden', '10: 2 at 100', '20: 1 at 100']);
  });

  test('M33: an order that comes after it has one half only', () => {
    const desk = new Desk();
    desk.bid(1, 6, 100, PRICE_TO_COMPLY);
    desk.cancel(1);
    desk.bid(2, 3, 90);
    desk.bid(3, 3, 80);
    desk.cancel(2);
    expect(desk.queue(BUY)).toEqual(['3: 3 at 80']);
  });

  test('M33: there is no tick better than the best price of all', () => {
    const desk = new Desk();
    const before = desk.state();
    expect(desk.ask(1, 5, 1, PRICE_TO_COMPLY)).toEqual(['rejected 1 (invalid_price)']);
    expect(desk.bid(2, 5, MAX_PRICE_CENTS, PRICE_TO_COMPLY)).toEqual(['rejected 2 (invalid_price)']);
    expect(desk.state()).toEqual(before);
  });

  test('M33: nor can it be modified to that price', () => {
    const desk = new Desk();
    desk.ask(1, 5, 300, PRICE_TO_COMPLY);
    desk.bid(2, 5, 200, PRICE_TO_COMPLY);
    const before = desk.state();
    expect([...desk.modify(1, 5, 1), ...desk.modify(2, 5, MAX_PRICE_CENTS)]).toEqual([
      'refused 1 (invalid_price)',
      'refused 2 (invalid_price)',
    ]);
    expect(desk.state()).toEqual(before);
  });
});

describe('post-only', () => {
  test('M34: an order that would trade is refused whole', () => {
    const desk = new Desk();
    desk.ask(1, 1, 100);
    const before = desk.state();
    expect(desk.bid(2, 50, 100, POST_ONLY)).toEqual(['rejected 2 (post_only_would_trade)']);
    expect(desk.state()).toEqual(before);
  });

  test('M34: an order that would not trade rests', () => {
    const desk = new Desk();
    desk.ask(1, 1, 100);
    expect(desk.bid(2, 50, 99, POST_ONLY)).toEqual(['accepted 2: 50 at 99']);
  });

  test('M34: price-to-comply that would trade at its hidden price is refused', () => {
    const desk = new Desk();
    desk.ask(1, 1, 100);
    expect(desk.bid(2, 50, 99, POST_ONLY | PRICE_TO_COMPLY)).toEqual(['rejected 2 (post_only_would_trade)']);
    expect(desk.bid(3, 50, 98, POST_ONLY | PRICE_TO_COMPLY)).toEqual(['accepted 3: 50 at 98']);
  });

  test('M34: it cannot be modified into a trade either', () => {
    const desk = new Desk();
    desk.ask(1, 1, 100);
    desk.bid(2, 50, 98, POST_ONLY);
    const before = desk.state();
    expect(desk.modify(2, 50, 100)).toEqual(['refused 2 (post_only_would_trade)']);
    expect(desk.state()).toEqual(before);
    expect(desk.modify(2, 50, 99)).toEqual(['modified 2: 50 at 99']);
  });

  test('M34: an order of the same owner counts, whatever self-trade prevention would do', () => {
    const desk = new Desk({ selfTradePrevention: 'cancel_oldest' });
    desk.ask(1, 1, 100);
    expect(desk.bid(2, 50, 100, POST_ONLY)).toEqual(['rejected 2 (post_only_would_trade)']);
  });
});

describe('market data', () => {
  test('M35: levels are sorted best first', () => {
    const desk = new Desk();
    for (const [order, price] of [103, 101, 102].entries()) {
      desk.ask(order, 1, price);
      desk.bid(order + 10, 1, price - 50);
    }
    expect(desk.levels(SELL).map(([price]) => price)).toEqual([101, 102, 103]);
    expect(desk.levels(BUY).map(([price]) => price)).toEqual([53, 52, 51]);
  });

  test('M35: levels are cut at a depth; deeper than the book is the book', () => {
    const desk = new Desk();
    for (let order = 1; order <= 3; order++) desk.ask(order, 1, 100 + order);
    expect([0, 1, 2, 3, 4, 1_000].map((depth) => desk.levels(SELL, depth).length)).toEqual([
      0, 1, 2, 3, 3, 3,
    ]);
  });

  test('M35: hidden levels do not count towards the depth', () => {
    const desk = new Desk();
    desk.ask(1, 1, 101);
    desk.ask(2, 1, 102, HIDDEN);
    desk.ask(3, 1, 103);
    expect(desk.levels(SELL, 2).map(([price]) => price)).toEqual([101, 103]);
  });

  test.each([
    [30, 10, 1 - 10 / 30, BUY],
    [10, 40, 0.75, SELL],
    [10, 0, 1, BUY],
    [0, 10, 1, SELL],
    [10, 10, 0, null],
    [0, 0, 0, null],
  ])('M36: %d shares bid and %d offered are an imbalance of %d', (bids, asks, value, side) => {
    const desk = new Desk();
    if (bids > 0) desk.bid(1, bids, 100);
    if (asks > 0) desk.ask(2, asks, 200);
    expect(desk.book.imbalance()).toEqual({ value, side });
  });

  test('M36: it counts all visible levels and no hidden shares', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.bid(2, 30, 50);
    desk.bid(3, 999, 60, HIDDEN);
    desk.ask(4, 10, 200, PRICE_TO_COMPLY);
    expect(desk.book.imbalance()).toEqual({ value: 0.75, side: BUY });
  });

  test('M37: traded volume is counted by the side of the taker', () => {
    const desk = new Desk();
    desk.ask(1, 10, 100);
    desk.bid(2, 10, 90);
    desk.buy(3, 4);
    desk.bid(4, 3, 100);
    desk.ask(5, 2, 90);
    expect(desk.book.tradedVolume).toEqual([7, 2]);
  });

  test('M37: that of a stop too, on its own side', () => {
    const desk = new Desk();
    desk.ask(1, 10, 100);
    desk.bid(2, 10, 90);
    desk.sellStop(3, 5, 100);
    desk.buy(4, 1);
    expect(desk.book.tradedVolume).toEqual([1, 5]);
  });

  test('the history can be forgotten while the orders stay', () => {
    const desk = new Desk();
    desk.ask(1, 10, 100);
    desk.buy(2, 4);
    const { queues } = desk.state() as { queues: unknown };
    desk.book.forgetHistory();
    expect(desk.state()).toMatchObject({ queues, lastTrade: 0, volume: [0, 0] });
    expect(desk.buyStop(3, 1, 50)).toEqual(['accepted 3: 1 at 50']);
  });
});

describe('what the peer’s exchange gets wrong (§1.4) and this book does not', () => {
  test('1: a market order sets the last price and sets off stops', () => {
    const desk = new Desk();
    desk.ask(1, 10, 100);
    desk.buyStop(2, 1, 100);
    expect(desk.buy(3, 1)).toContain('triggered 2: 1 at 100');
    expect(desk.book.lastTradeCents).toBe(100);
  });

  test('2: the last price after a sweep is no average', () => {
    const desk = new Desk();
    desk.ask(1, 1, 100);
    desk.ask(2, 1, 200);
    desk.bid(3, 2, 200);
    expect(desk.book.lastTradeCents).toBe(200);
  });

  test.each([
    [3, ['partial_cancelled 1 (requested): 3 at 100'], ['1: 1 at 100']],
    [4, ['cancelled 1 (requested): 4'], []],
    [5, ['cancelled 1 (requested): 4'], []],
  ])('3: a partial cancel of %d, of the 4 that are left of 10', (quantity, told, queue) => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    desk.sell(2, 6);
    expect([desk.partialCancel(1, quantity), desk.queue(BUY)]).toEqual([told, queue]);
  });

  test('4: a modified price is not only reported', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100);
    expect(desk.modify(1, 10, 95)).toEqual(['modified 1: 10 at 95']);
    expect(desk.levels(BUY)).toEqual([[95, 10]]);
  });

  test('5: modify and partial cancel take the hidden half of a price-to-comply order along', () => {
    const desk = new Desk();
    desk.bid(1, 10, 100, PRICE_TO_COMPLY);
    desk.modify(1, 8);
    desk.partialCancel(1, 3);
    expect(desk.sell(2, 100)).toEqual(['filled 1 by 2: 5 at 101', 'cancelled 2 (not_filled): 95']);
  });

  test('6: a replace that trades whole leaves no phantom', () => {
    const desk = new Desk();
    desk.ask(1, 10, 105);
    desk.bid(2, 10, 100);
    desk.replace(2, 3, 10, 105);
    expect([desk.book.openQuantity(2), desk.book.openQuantity(3), desk.queue(BUY)]).toEqual([0, 0, []]);
    expect(desk.cancel(3)).toEqual(['refused 3 (order_closed)']);
  });

  test('8: a price of 0 is refused', () => {
    expect(new Desk().bid(1, 10, 0)).toEqual(['rejected 1 (invalid_price)']);
  });

  test('9: fill or kill counts hidden volume', () => {
    const desk = new Desk();
    desk.ask(1, 4, 100);
    desk.ask(2, 6, 100, HIDDEN);
    expect(desk.bid(3, 10, 100, FOK)).toEqual(['filled 1 by 3: 4 at 100', 'filled 2 by 3: 6 at 100']);
  });

  test('9: post-only does not lock against a hidden level', () => {
    const desk = new Desk();
    desk.ask(1, 6, 100, HIDDEN);
    expect(desk.bid(2, 10, 100, POST_ONLY)).toEqual(['rejected 2 (post_only_would_trade)']);
  });
});

describe('prices far apart', () => {
  // Both sides of where a word of 32 levels, a page of 512 and a word of 32 pages end.
  const borders = [32, 64, 512, 1_024, 16_384, 32_768, 2 ** 20, 2 ** 26].flatMap((at) => [
    at - 1,
    at,
    at + 1,
  ]);
  const prices = [1, 2, ...borders, MAX_PRICE_CENTS - 512, MAX_PRICE_CENTS - 511, MAX_PRICE_CENTS];
  const pairs = prices.flatMap((low, i) => prices.slice(i + 1).map((high) => [low, high] as const));
  /** The same prices in an order that jumps about. */
  const scrambled = prices.map((_, i) => prices[(i * 11) % prices.length]!);

  test('the scrambled prices are all there', () => {
    expect([...scrambled].sort((a, b) => a - b)).toEqual(prices);
  });

  test('from any border the next ask above is found', () => {
    const desk = new Desk();
    const missed = pairs.filter(([low, high], i) => {
      desk.ask(4 * i, 1, high);
      desk.ask(4 * i + 1, 1, low);
      const isShown = String(desk.levels(SELL)) === `${low},1,${high},1`;
      const told = desk.buy(4 * i + 2, 2).join();
      return !isShown || !told.includes(`at ${low},`) || !told.endsWith(`at ${high}`);
    });
    expect(missed).toEqual([]);
  });

  test('from any border the next bid below is found', () => {
    const desk = new Desk();
    const missed = pairs.filter(([low, high], i) => {
      desk.bid(4 * i, 1, low);
      desk.bid(4 * i + 1, 1, high);
      const isShown = String(desk.levels(BUY)) === `${high},1,${low},1`;
      const told = desk.sell(4 * i + 2, 2).join();
      return !isShown || !told.includes(`at ${high},`) || !told.endsWith(`at ${low}`);
    });
    expect(missed).toEqual([]);
  });

  test('a bid just below an ask is not taken for one, at any border', () => {
    const desk = new Desk();
    const missed = pairs.filter(([low, high], i) => {
      desk.bid(4 * i, 1, low);
      desk.ask(4 * i + 1, 1, high);
      const isShown = desk.book.bestVisiblePrice(BUY) === low && desk.book.bestVisiblePrice(SELL) === high;
      desk.cancel(4 * i);
      const isOnlyAsk = desk.book.bestVisiblePrice(BUY) === 0 && desk.book.bestVisiblePrice(SELL) === high;
      desk.cancel(4 * i + 1);
      return !isShown || !isOnlyAsk || desk.book.bestVisiblePrice(SELL) !== 0;
    });
    expect(missed).toEqual([]);
  });

  test('a sweep goes from the lowest ask to the highest', () => {
    const desk = new Desk();
    for (const [order, price] of scrambled.entries()) desk.ask(order, 1, price);
    const told = desk.buy(1_000, prices.length);
    expect(told).toEqual(prices.map((price) => `filled ${scrambled.indexOf(price)} by 1000: 1 at ${price}`));
  });

  test('a sweep goes from the highest bid to the lowest', () => {
    const desk = new Desk();
    for (const [order, price] of scrambled.entries()) desk.bid(order, 1, price);
    const told = desk.sell(1_000, prices.length);
    const descending = [...prices].reverse();
    expect(told).toEqual(
      descending.map((price) => `filled ${scrambled.indexOf(price)} by 1000: 1 at ${price}`),
    );
  });

  test('thousands of orders at thousands of far prices come back in order', () => {
    const desk = new Desk();
    const count = 3_000;
    // A step that has no factor in common with the number of orders visits each price once.
    for (let i = 0; i < count; i++) desk.ask(i, 1 + (i % 7), 1 + ((i * 1_753) % count) * 44_739);
    const levels = desk.levels(SELL);
    expect(levels.map(([price]) => price)).toEqual(Array.from({ length: count }, (_, i) => 1 + i * 44_739));
    for (let i = 0; i < count; i += 2) desk.cancel(i);
    expect(desk.levels(SELL)).toEqual(levels.filter((_, i) => ((i * 2_617) % count) % 2 === 1));
    expect(makers(desk.buy(count, MAX_QUANTITY))).toHaveLength(count / 2);
  });

  test('a market that wanders off leaves nothing behind', () => {
    const desk = new Desk();
    for (let step = 0; step < 2_000; step++) {
      desk.ask(2 * step, 1, 100 + step * 60_000);
      if (step > 0) desk.cancel(2 * step - 2);
      desk.bid(2 * step + 1, 1, 1 + step * 60_000);
      if (step > 0) desk.cancel(2 * step - 1);
    }
    expect([desk.queue(BUY), desk.queue(SELL)]).toEqual([
      [`3999: 1 at ${1 + 1_999 * 60_000}`],
      [`3998: 1 at ${100 + 1_999 * 60_000}`],
    ]);
    // Memory does not follow the market: nothing that can be seen from outside would tell.
    expect(desk.book['pages']).toBeLessThan(8);
    expect(desk.book['usedSlots']).toBeLessThan(8);
  });
});
