import { RandomKey } from '../random.ts';
import { CalendarQueue } from './event-queue.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeOptions } from './exchange.ts';
import { Kernel } from './kernel.ts';
import { Latency } from './latency.ts';
import { IMBALANCE, L1, L2, L3, VOLUME } from './market-data.ts';
import * as message from './message.ts';
import { BUY, DAY, HIDDEN, REJECT_REASONS, SELL } from './order.ts';

const OPEN = 1_000_000;
const CLOSE = 2_000_000;
const LATENCY = 100;
const TRADERS = 3;

type Told = {
  at: number;
  type: number;
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
  f: number;
  rows: number[] | null;
};
type Step = readonly [at: number, trader: number, request: (trader: number) => void];

/** An exchange with two traders that do what a script says, and write down what they are told. */
function aSession(options: Partial<ExchangeOptions> = {}) {
  const names = ['exchange', 'one', 'two'].map((name) => ({ name, type: 'test' }));
  const latency = new Latency({ type: 'none' }, names, RandomKey.of('exchange'));
  for (const trader of [1, 2]) latency.set(trader, LATENCY);
  const kernel = new Kernel({
    queue: (pool) => new CalendarQueue(pool),
    participants: TRADERS,
    latency,
    computationDelayNs: 0,
    exchangeDelayNs: 0,
  });
  const exchange = new Exchange(
    kernel,
    [0, 1_000_000, 1_000_000],
    {
      openNs: OPEN,
      closeNs: CLOSE,
      pipelineDelayNs: 0,
      openingPriceCents: 100,
      makerFee: 0,
      takerFee: 0,
      ...options,
    },
    [],
  );
  const told: Record<number, Told[]> = { 1: [], 2: [] };
  const steps: Step[] = [];
  kernel.register(1, 2, {
    wake: (trader, what) => steps[what]![2](trader),
    receive(trader, row) {
      const { type, a, b, c, d, e, f, rows } = kernel.pool;
      const cells = [type, a, b, c, d, e, f].map((column) => column[row]!);
      const [t, ...rest] = cells as [number, number, number, number, number, number, number];
      told[trader]!.push({
        at: kernel.now,
        type: t,
        ...(Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name, i) => [name, rest[i]])) as Omit<
          Told,
          'at' | 'type' | 'rows'
        >),
        rows: rows[row] ? [...rows[row]] : null,
      });
    },
  });
  /** Arrives at the exchange at that time. */
  const at = (time: number, trader: number, type: number, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0): void => {
    steps.push([time, trader, () => kernel.request(trader, type, a, b, c, d, e, f)]);
    kernel.wakeAt(trader, time - LATENCY, steps.length - 1);
  };
  const limit = (
    time: number,
    trader: number,
    order: number,
    side: number,
    quantity: number,
    price: number,
    kind = 0,
  ): void => at(time, trader, message.LIMIT_ORDER, order, side, quantity, price, kind);
  const run = (): Record<number, Told[]> => {
    kernel.run(1e12);
    return told;
  };
  return { kernel, exchange, at, limit, run };
}

const reason = (told: Told): string => REJECT_REASONS[told.e]!;

describe('market hours', () => {
  test('an order before the open is refused', () => {
    const { exchange, limit, run } = aSession();
    limit(OPEN - 1, 1, 0, BUY, 10, 100);

    const [told] = run()[1]!;

    expect([told!.type, told!.a, reason(told!)]).toEqual([message.ORDER_REJECTED, 0, 'market_not_open']);
    expect(exchange.book.totalVisible(BUY)).toBe(0);
  });

  test.each([
    [OPEN, message.ORDER_ACCEPTED],
    [CLOSE, message.ORDER_ACCEPTED],
    [CLOSE + 1, message.ORDER_REJECTED],
  ])('M28: an order at %d ns is answered with %d', (time, type) => {
    const { limit, run } = aSession();
    limit(time, 1, 0, BUY, 10, 100);

    const [told] = run()[1]!;

    expect(told!.type).toBe(type);
    if (type === message.ORDER_REJECTED) expect(reason(told!)).toBe('market_closed');
  });

  test('a request to change an order after the close is refused, and names its kind', () => {
    const { limit, at, run } = aSession();
    limit(OPEN, 1, 0, BUY, 10, 100);
    at(CLOSE + 1, 1, message.CANCEL_ORDER, 0);

    const told = run()[1]!.at(-1)!;

    expect([told.type, told.a, reason(told), told.f]).toEqual([
      message.REQUEST_REFUSED,
      0,
      'market_closed',
      message.CANCEL_ORDER,
    ]);
  });

  test('M27: at the close DAY orders leave, and others stay', () => {
    const { exchange, limit, run } = aSession();
    limit(OPEN, 1, 0, BUY, 10, 100, DAY);
    limit(OPEN, 2, 1, BUY, 5, 100);

    const told = run();

    expect(told[1]!.map(({ at, type, c }) => [at, type, c])).toEqual([
      [OPEN + LATENCY, message.ORDER_ACCEPTED, 10],
      [CLOSE + 1 + LATENCY, message.ORDER_CANCELLED, 10],
    ]);
    expect(exchange.book.totalVisible(BUY)).toBe(5);
  });

  test('queries are answered after the close', () => {
    const { at, run } = aSession();
    at(CLOSE + 5, 1, message.QUERY_LAST_TRADE);
    at(CLOSE + 5, 1, message.QUERY_HOURS);

    expect(run()[1]!.map(({ type, a }) => [type, a])).toEqual([
      [message.LAST_TRADE, 100],
      [message.HOURS, OPEN / 1e6],
    ]);
  });

  test('who asks for the closing price is told it at the close, and afterwards at once', () => {
    const { at, limit, run } = aSession();
    at(OPEN, 1, message.QUERY_CLOSING_PRICE);
    limit(OPEN, 2, 0, SELL, 10, 123);
    limit(OPEN + 1, 1, 1, BUY, 10, 123);
    at(CLOSE + 50, 2, message.QUERY_CLOSING_PRICE);
    const told = run();
    const closing = (trader: number) => told[trader]!.filter(({ type }) => type === message.CLOSING_PRICE);

    expect(closing(1).map(({ at: time, a }) => [time, a])).toEqual([[CLOSE + 1 + LATENCY, 123]]);
    expect(closing(2).map(({ at: time, a }) => [time, a])).toEqual([[CLOSE + 50 + LATENCY, 123]]);
  });
});

describe('answers', () => {
  test('M8: the maker is told before the taker, and each what is left of its order', () => {
    const { limit, run } = aSession();
    limit(OPEN, 1, 0, SELL, 10, 100);
    limit(OPEN + 1000, 2, 1, BUY, 4, 101);
    const told = run();

    expect(told[1]!.map(({ type, a, c, d, e, f }) => [type, a, c, d, e, f])).toEqual([
      [message.ORDER_ACCEPTED, 0, 10, 100, 0, 0],
      [message.ORDER_EXECUTED, 0, 4, 100, 6, 1],
    ]);
    expect(told[2]!.map(({ type, a, c, d, e, f }) => [type, a, c, d, e, f])).toEqual([
      [message.ORDER_EXECUTED, 1, 4, 100, 0, 0],
    ]);
  });

  test('a cancel that comes after the fill is told that the order is closed', () => {
    const { limit, at, run } = aSession();
    limit(OPEN, 1, 0, SELL, 10, 100);
    limit(OPEN + 1000, 2, 1, BUY, 10, 100);
    at(OPEN + 1001, 1, message.CANCEL_ORDER, 0);

    const told = run()[1]!.at(-1)!;

    expect([told.type, told.a, reason(told)]).toEqual([message.REQUEST_REFUSED, 0, 'order_closed']);
  });

  test.each([
    [15, [4, 11]],
    [5, [4, 1]],
  ])('a change to %d shares that trades is told what is left of that', (quantity, [filled, left]) => {
    const { limit, at, run } = aSession();
    limit(OPEN, 1, 0, BUY, 10, 99);
    limit(OPEN, 2, 1, SELL, 4, 100);
    at(OPEN + 1, 1, message.MODIFY_ORDER, 0, 0, quantity, 100);
    const told = run()[1]!.slice(1);

    expect(told.map(({ type, c, e }) => [type, c, e])).toEqual([
      [message.ORDER_EXECUTED, filled, left],
      [message.ORDER_MODIFIED, left, 0],
    ]);
  });

  test('a change that is filled whole leaves nothing open', () => {
    const { limit, at, run } = aSession();
    limit(OPEN, 1, 0, BUY, 10, 99);
    limit(OPEN, 2, 1, SELL, 20, 100);
    at(OPEN + 1, 1, message.MODIFY_ORDER, 0, 0, 15, 100);

    expect(
      run()[1]!
        .slice(1)
        .map(({ type, c, e }) => [type, c, e]),
    ).toEqual([
      [message.ORDER_EXECUTED, 15, 0],
      [message.ORDER_MODIFIED, 0, 0],
    ]);
  });

  test('nobody changes the order of another', () => {
    const { exchange, limit, at, run } = aSession();
    limit(OPEN, 1, 0, SELL, 10, 100);
    at(OPEN + 1, 2, message.CANCEL_ORDER, 0);

    expect(reason(run()[2]![0]!)).toBe('not_owner');
    expect(exchange.book.openQuantity(0)).toBe(10);
  });

  test('nobody enters an order under the number of another', () => {
    const { exchange, limit, run } = aSession();
    limit(OPEN, 1, 0, SELL, 10, 100);
    limit(OPEN + 1, 2, 0, BUY, 10, 100);

    expect(reason(run()[2]![0]!)).toBe('invalid_id');
    expect(exchange.fills).toBe(0);
  });

  test('answers about orders leave after the pipeline delay, answers to queries at once', () => {
    const { limit, at, run } = aSession({ pipelineDelayNs: 40_000 });
    limit(OPEN, 1, 0, SELL, 10, 100);
    at(OPEN, 1, message.QUERY_LAST_TRADE);

    expect(run()[1]!.map(({ type, at: time }) => [type, time])).toEqual([
      [message.LAST_TRADE, OPEN + LATENCY],
      [message.ORDER_ACCEPTED, OPEN + 40_000 + LATENCY],
    ]);
  });
});

describe('the ledger', () => {
  test('moves shares and cash, and counts the fees of both sides', () => {
    const { exchange, limit, run } = aSession({ makerFee: -20, takerFee: 30 });
    limit(OPEN, 1, 0, SELL, 10, 100);
    limit(OPEN + 1, 2, 1, BUY, 4, 100);
    run();

    expect([...exchange.shares]).toEqual([0, -4, 4]);
    expect([...exchange.cashCents]).toEqual([0, 1_000_400, 999_600]);
    expect([...exchange.fees]).toEqual([0, -80, 120]);
  });
});

describe('queries', () => {
  test('the spread is the visible one, with the last trade or the opening price', () => {
    const { limit, at, run } = aSession();
    limit(OPEN, 1, 0, BUY, 7, 99);
    limit(OPEN, 1, 1, BUY, 9, 100, HIDDEN);
    limit(OPEN, 1, 2, SELL, 8, 103);
    at(OPEN + 1, 2, message.QUERY_SPREAD, 1);

    const [told] = run()[2]!;

    expect([told!.a, told!.b, told!.c, told!.d, told!.e, told!.rows]).toEqual([99, 7, 103, 8, 100, null]);
  });

  test('M35: more depth brings the levels, best first, as many as there are', () => {
    const { limit, at, run } = aSession();
    limit(OPEN, 1, 0, BUY, 7, 99);
    limit(OPEN, 1, 1, BUY, 2, 97);
    limit(OPEN, 1, 2, SELL, 8, 103);
    at(OPEN + 1, 2, message.QUERY_SPREAD, 5);

    expect(run()[2]![0]!.rows).toEqual([BUY, 99, 7, BUY, 97, 2, SELL, 103, 8]);
  });

  test('M37: the volume counts trades within the look-back, by the side of the taker', () => {
    const { limit, at, run } = aSession({ closeNs: 1e11 });
    limit(OPEN, 1, 0, SELL, 10, 100);
    limit(OPEN, 1, 1, BUY, 10, 90);
    limit(OPEN + 1, 2, 2, BUY, 4, 100);
    limit(1e10, 2, 3, BUY, 3, 100);
    limit(1e10, 2, 4, SELL, 2, 90);
    at(1e10 + 1, 2, message.QUERY_VOLUME, 1000);
    at(1e10 + 1, 2, message.QUERY_VOLUME, 60_000);

    expect(
      run()[2]!
        .filter(({ type }) => type === message.VOLUME)
        .map(({ a, b }) => [a, b]),
    ).toEqual([
      [3, 2],
      [7, 2],
    ]);
  });

  test('the stream of trades has the newest first', () => {
    const { limit, at, run } = aSession();
    limit(OPEN, 1, 0, SELL, 10, 100);
    limit(OPEN, 1, 1, BUY, 10, 90);
    limit(OPEN + 1, 2, 2, BUY, 4, 100);
    limit(OPEN + 2, 2, 3, SELL, 3, 90);
    at(OPEN + 3, 2, message.QUERY_ORDER_STREAM, 5);

    expect(run()[2]!.at(-1)!.rows).toEqual([SELL, 90, 3, BUY, 100, 4]);
  });
});

describe('feeds', () => {
  const subscribe = (feed: number, { depth = 1, lookBackMs = 0, intervalUs = 0, millionths = 0 } = {}) =>
    [message.SUBSCRIBE, feed, depth, lookBackMs, intervalUs, millionths] as const;

  test('L1 tells every change of the quote, and nothing that happens behind it', () => {
    const { limit, at, run } = aSession();
    at(OPEN, 2, ...subscribe(L1));
    limit(OPEN + 1, 1, 0, BUY, 7, 99);
    limit(OPEN + 2, 1, 1, BUY, 7, 98);
    limit(OPEN + 3, 1, 2, SELL, 5, 103);

    expect(run()[2]!.map(({ at: time, type, a, b, c, d }) => [time - LATENCY, type, a, b, c, d])).toEqual([
      [OPEN + 1, message.L1_DATA, 99, 7, 0, 0],
      [OPEN + 3, message.L1_DATA, 99, 7, 103, 5],
    ]);
  });

  test('a throttled feed is told the last change when its interval is over, whatever kind of change it was', () => {
    const { limit, at, run } = aSession();
    at(OPEN, 2, ...subscribe(L1, { intervalUs: 100 }));
    limit(OPEN + 1, 1, 0, SELL, 10, 103);
    // New orders and trades alone, which moved no clock in the exchange that starved its feeds.
    limit(OPEN + 2, 1, 1, SELL, 10, 102);
    at(OPEN + 3, 1, message.MARKET_ORDER, 2, BUY, 4);

    expect(run()[2]!.map(({ at: time, c, d, e }) => [time - LATENCY, c, d, e])).toEqual([
      [OPEN + 1, 103, 10, 0],
      [OPEN + 1 + 100_000, 102, 6, 102],
    ]);
  });

  test('a feed of quotes begins with those that are there', () => {
    const { limit, at, run } = aSession();
    limit(OPEN, 1, 0, BUY, 7, 99);
    at(OPEN + 1, 2, ...subscribe(L1));

    expect(run()[2]!.map(({ at: time, type, a, b }) => [time - LATENCY, type, a, b])).toEqual([
      [OPEN + 1, message.L1_DATA, 99, 7],
    ]);
  });

  test('what leaves at the close is told too', () => {
    const { limit, at, run } = aSession();
    at(OPEN, 2, ...subscribe(L1));
    limit(OPEN + 1, 1, 0, BUY, 7, 99, DAY);

    expect(run()[2]!.map(({ at: time, type, a }) => [time - LATENCY, type, a])).toEqual([
      [OPEN + 1, message.L1_DATA, 99],
      [CLOSE + 1, message.L1_DATA, 0],
    ]);
  });

  test('L2 and L3 bring levels and orders up to their depth', () => {
    const { limit, at, run } = aSession();
    limit(OPEN, 1, 0, BUY, 7, 99);
    limit(OPEN, 1, 1, BUY, 2, 99);
    limit(OPEN, 1, 2, BUY, 2, 98);
    at(OPEN + 1, 2, ...subscribe(L2, { depth: 1 }));
    at(OPEN + 1, 2, ...subscribe(L3, { depth: 1 }));
    limit(OPEN + 2, 1, 3, SELL, 5, 103);

    expect(
      run()[2]!
        .slice(2)
        .map(({ type, rows }) => [type, rows]),
    ).toEqual([
      [message.L2_DATA, [BUY, 99, 9, SELL, 103, 5]],
      [message.L3_DATA, [BUY, 99, 7, BUY, 99, 2, SELL, 103, 5]],
    ]);
  });

  test('the volume feed tells what was traded within its look-back', () => {
    const { limit, at, run } = aSession();
    at(OPEN, 2, ...subscribe(VOLUME, { lookBackMs: 1000 }));
    limit(OPEN + 1, 1, 0, SELL, 10, 100);
    limit(OPEN + 2, 1, 1, BUY, 4, 100);

    expect(run()[2]!.map(({ type, a, b }) => [type, a, b])).toEqual([
      [message.VOLUME_DATA, 0, 0],
      [message.VOLUME_DATA, 4, 0],
    ]);
  });

  test('M36: an imbalance is told when it starts and when it ends, and a flip is an end and a start', () => {
    const { limit, at, run } = aSession();
    at(OPEN, 2, ...subscribe(IMBALANCE, { millionths: 500_000 }));
    limit(OPEN + 1, 1, 0, BUY, 10, 99);
    limit(OPEN + 2, 1, 1, SELL, 8, 103);
    limit(OPEN + 3, 1, 2, SELL, 92, 103);
    at(OPEN + 4, 1, message.REPLACE_ORDER, 3, BUY, 300, 98, 0, 2);

    expect(run()[2]!.map(({ type, a, b, c }) => [type, a, b, c])).toEqual([
      [message.IMBALANCE_DATA, 1, BUY, 1_000_000],
      [message.IMBALANCE_DATA, 0, BUY, 200_000],
      [message.IMBALANCE_DATA, 1, SELL, 900_000],
      [message.IMBALANCE_DATA, 0, SELL, 974_194],
      [message.IMBALANCE_DATA, 1, BUY, 974_194],
    ]);
  });

  test('a feed that was cancelled is silent, and a second subscription takes the place of the first', () => {
    const { limit, at, run } = aSession();
    at(OPEN, 2, ...subscribe(L1));
    at(OPEN, 2, ...subscribe(L1));
    limit(OPEN + 1, 1, 0, BUY, 7, 99);
    at(OPEN + 2, 2, message.UNSUBSCRIBE, L1);
    limit(OPEN + 3, 1, 1, BUY, 7, 100);

    expect(run()[2]!).toHaveLength(1);
  });
});

describe('auctions and halts', () => {
  const fills = (told: readonly Told[]): number[][] =>
    told.filter(({ type }) => type === message.ORDER_EXECUTED).map(({ at, c, d }) => [at - LATENCY, c, d]);

  test('the opening auction collects from the open on, and trades at one price when it is over', () => {
    const { exchange, limit, run } = aSession({ openingAuctionNs: 1000 });
    limit(OPEN, 1, 0, BUY, 10, 105);
    limit(OPEN + 1, 2, 1, SELL, 4, 95);
    limit(OPEN + 2000, 2, 2, SELL, 3, 90);
    const told = run();

    // Nearest to the opening price of 100; then 105, at which the rest of the bid rests.
    expect(fills(told[2]!)).toEqual([
      [OPEN + 1000, 4, 100],
      [OPEN + 2000, 3, 105],
    ]);
    expect(exchange.shares[1]).toBe(7);
  });

  test('the closing auction makes the closing price, and after it the market is closed', () => {
    const { exchange, limit, run } = aSession({ closingAuctionNs: 1000 });
    limit(CLOSE - 1500, 1, 0, BUY, 10, 98, DAY);
    limit(CLOSE - 500, 2, 1, SELL, 4, 97);
    limit(CLOSE, 2, 2, SELL, 4, 97);
    const told = run();

    expect(fills(told[1]!)).toEqual([[CLOSE, 4, 98]]);
    expect(exchange.closingPriceCents).toBe(98);
    expect(told[2]!.at(-1)!.type).toBe(message.ORDER_REJECTED);
    expect(reason(told[2]!.at(-1)!)).toBe('market_closed');
    expect(told[1]!.at(-1)!.type).toBe(message.ORDER_CANCELLED);
  });

  test('a price outside of the band halts trading; the auction that ends it makes the new reference', () => {
    const halt = { band: 0.05, haltNs: 10_000, referenceNs: 500_000 };
    const { exchange, limit, run } = aSession({ halt });
    limit(OPEN, 1, 0, SELL, 10, 104);
    limit(OPEN, 1, 1, SELL, 10, 108);
    limit(OPEN + 1000, 2, 2, BUY, 15, 110);
    // A hundred is within the first band, and outside of the one around 108.
    limit(OPEN + 20_000, 1, 3, BUY, 5, 100);
    limit(OPEN + 30_000, 2, 4, SELL, 2, 90);
    const told = run();

    expect(fills(told[2]!)).toEqual([
      [OPEN + 1000, 10, 104],
      [OPEN + 11_000, 5, 108],
      [OPEN + 40_000, 2, 100],
    ]);
    expect(exchange.halts).toBe(2);
  });

  test('the reference follows the price', () => {
    const halt = { band: 0.05, haltNs: 10_000, referenceNs: 10_000 };
    const { exchange, limit, run } = aSession({ halt });
    for (const [i, price] of [104, 108, 112].entries()) {
      limit(OPEN + 20_000 * i, 1, 2 * i, SELL, 10, price);
      limit(OPEN + 20_000 * i, 2, 2 * i + 1, BUY, 10, price);
    }

    expect(fills(run()[2]!).map(([, , price]) => price)).toEqual([104, 108, 112]);
    expect(exchange.halts).toBe(0);
  });
});
