import { RandomKey } from '../../random.ts';
import { CalendarQueue } from '../event-queue.ts';
import { Fundamental } from '../fundamental.ts';
import { Kernel } from '../kernel.ts';
import { Latency } from '../latency.ts';
import { MarketConfig } from '../market-config.ts';
import * as message from '../message.ts';
import { BUY, IOC, SELL } from '../order.ts';
import { presetConfig } from '../presets.ts';
import { parseClockTime } from '../session-time.ts';
import { simulate } from '../simulate.ts';
import { TraderGroup, createTraders } from './registry.ts';

const OPEN = parseClockTime('09:30');
const CLOSE = parseClockTime('16:00');
const MINUTE = 60e9;

type Request = {
  at: number;
  from: number;
  type: number;
  a: number;
  b: number;
  c: number;
  d: number;
  e: number;
};
type Quote = { bid: number; ask: number; bidQuantity?: number; askQuantity?: number };

/**
 * A group of traders with an exchange that does not trade: it answers queries with what the test says, writes down what
 * is asked of it, and accepts every order.
 */
function aGroup(
  config: object,
  {
    quote = { bid: 99_990, ask: 100_010 },
    volume = [0, 0],
    fundamental = 100_000,
  }: {
    quote?: Quote | ((at: number) => Quote);
    volume?: readonly [number, number];
    fundamental?: number;
  } = {},
) {
  const group = TraderGroup.parse(config);
  const named = Array.from({ length: group.count + 1 }, (_, i) => ({ name: `t-${i}`, type: 'test' }));
  const kernel = new Kernel({
    queue: (pool) => new CalendarQueue(pool),
    participants: named.length,
    latency: new Latency({ type: 'none' }, named, RandomKey.of('traders')),
    computationDelayNs: 0,
    exchangeDelayNs: 0,
  });
  const requests: Request[] = [];
  kernel.register(0, 1, {
    wake: () => undefined,
    receive(_, row) {
      const { type, from, a, b, c, d, e } = kernel.pool;
      const [to, what] = [from[row]!, type[row]!];
      const cells = { a: a[row]!, b: b[row]!, c: c[row]!, d: d[row]!, e: e[row]! };
      requests.push({ at: kernel.now, from: to, type: what, ...cells });
      const now = typeof quote === 'function' ? quote(kernel.now) : quote;
      const { bid, ask, bidQuantity = 100, askQuantity = 100 } = now;
      if (what === message.QUERY_SPREAD)
        kernel.answer(to, 0, message.SPREAD, bid, bidQuantity, ask, askQuantity, 100_000, 0);
      else if (what === message.LIMIT_ORDER && e[row] === IOC)
        kernel.answer(to, 0, message.ORDER_EXECUTED, a[row]!, b[row]!, c[row]!, d[row]!, 0, 0);
      else if (what === message.QUERY_VOLUME)
        kernel.answer(to, 0, message.VOLUME, volume[0], volume[1], 0, 0, 0, 0);
      else if (what === message.LIMIT_ORDER)
        kernel.answer(to, 0, message.ORDER_ACCEPTED, a[row]!, b[row]!, c[row]!, d[row]!, 0, 0);
      else if (what === message.MARKET_ORDER)
        kernel.answer(to, 0, message.ORDER_EXECUTED, a[row]!, b[row]!, c[row]!, 100_000, 0, 0);
      else if (what === message.CANCEL_ORDER)
        kernel.answer(to, 0, message.ORDER_CANCELLED, a[row]!, 0, 1, 0, 0, 0);
    },
  });
  const context = {
    kernel,
    first: 1,
    keys: named.slice(1).map(({ name }) => RandomKey.of('traders').at(name)),
    openNs: OPEN,
    closeNs: CLOSE,
    fundamental: new Fundamental({ stepNs: 1e9, fromNs: OPEN, valuesCents: Float64Array.of(fundamental) }),
    activity: null,
    openingPriceCents: 100_000,
    tickSizeCents: 1,
    lotSize: 1,
  };
  kernel.register(1, group.count, createTraders(group, context));
  const run = (untilNs = CLOSE): Request[] => {
    kernel.run(untilNs);
    return requests;
  };
  return { kernel, run };
}

const only = (requests: readonly Request[], type: number): Request[] =>
  requests.filter((request) => request.type === type);

describe('noise traders', () => {
  const ONCE = { type: 'noise', count: 5000, wake: { type: 'once', from: '09:00', until: '16:00' } };

  test('come once, more of them at both ends of the window than in the middle', () => {
    const queries = only(aGroup(ONCE).run(), message.QUERY_SPREAD);
    const between = (from: string, until: string): number =>
      queries.filter(({ at }) => at >= parseClockTime(from) && at < parseClockTime(until)).length;

    expect(new Set(queries.map(({ from }) => from)).size).toBe(queries.length);
    // U-quadratic over seven hours: 12 (t − 1/2)² has 2 % of its mass between 2/5 and 3/5, and 37 % in the first tenth and a half.
    expect(between('11:48', '13:12') / 5000).toBeCloseTo(0.008, 2);
    expect(between('09:31', '10:00') / between('12:15', '12:44')).toBeGreaterThan(10);
    // Who would come before the open comes at the open.
    expect(between('09:30', '09:31') / 5000).toBeCloseTo(0.5 - 4 * (0.5 - 1 / 14) ** 3, 1);
  });

  test('trade at the far touch, as often on one side as on the other, in sizes of the model', () => {
    const orders = only(aGroup(ONCE).run(), message.LIMIT_ORDER);
    const buys = orders.filter(({ b }) => b === BUY);

    expect(new Set(buys.map(({ d }) => d))).toEqual(new Set([100_010]));
    expect(new Set(orders.filter(({ b }) => b === SELL).map(({ d }) => d))).toEqual(new Set([99_990]));
    expect(buys.length / orders.length).toBeCloseTo(0.5, 1);
    // Seven in ten orders are for a round hundred.
    expect(orders.filter(({ c }) => c === 100).length / orders.length).toBeCloseTo(0.7, 1);
  });

  test('do nothing when there is nobody to trade with', () => {
    expect(only(aGroup(ONCE, { quote: { bid: 0, ask: 0 } }).run(), message.LIMIT_ORDER)).toEqual([]);
  });

  test('that come again do so after exponential times with their mean', () => {
    const config = { type: 'noise', count: 20, wake: { type: 'poisson', meanIntervalSeconds: 30 } };
    const queries = only(aGroup(config).run(), message.QUERY_SPREAD);

    // 20 traders, 23,400 s, every 30 s: 15,600, with a standard deviation of 125.
    expect(Math.abs(queries.length - 15_600)).toBeLessThan(500);
  });
});

describe('value traders', () => {
  const VALUE = {
    type: 'value',
    count: 20,
    meanIntervalSeconds: 60,
    meanCents: 100_000,
    kappaPerNs: 1.67e-15,
    observationVariance: 1000,
    shockVariance: 1e-6,
  };

  test.each([
    [101_000, BUY],
    [99_000, SELL],
  ])('trade towards a fundamental at %d', (fundamental, side) => {
    const orders = only(aGroup(VALUE, { fundamental }).run(), message.LIMIT_ORDER);

    expect(orders.length).toBeGreaterThan(5000);
    // At first they believe in the mean, a little.
    expect(orders.filter(({ b }) => b === side).length / orders.length).toBeGreaterThan(0.95);
  });

  test('are at the touch with one order in ten, and else up to two spreads behind it', () => {
    const orders = only(aGroup(VALUE, { fundamental: 101_000 }).run(), message.LIMIT_ORDER).filter(
      ({ b }) => b === BUY,
    );
    const offsets = orders.map(({ d }) => 100_010 - d);

    expect(Math.min(...offsets)).toBe(0);
    expect(Math.max(...offsets)).toBe(39);
    expect(offsets.filter((offset) => offset === 0).length / offsets.length).toBeCloseTo(0.1 + 0.9 / 40, 1);
  });

  test('take their order away before they enter the next one', () => {
    const requests = aGroup({ ...VALUE, count: 1 }).run();
    const orders = only(requests, message.LIMIT_ORDER);
    const cancels = only(requests, message.CANCEL_ORDER);

    expect(cancels.map(({ a }) => a)).toEqual(orders.slice(0, cancels.length).map(({ a }) => a));
    expect(orders.length - cancels.length).toBe(1);
  });

  test('are the surer the more they have seen: looks at a fundamental that does not move are averaged', () => {
    const config = { ...VALUE, count: 50, kappaPerNs: 0, shockVariance: 0, observationVariance: 1e6 };
    // Without doubt at the start there is nothing to learn: the belief stays at the mean.
    const orders = only(
      aGroup(config, { quote: { bid: 0, ask: 0 }, fundamental: 105_000 }).run(),
      message.LIMIT_ORDER,
    );
    const doubting = only(
      aGroup({ ...config, shockVariance: 1e-6 }, { quote: { bid: 0, ask: 0 }, fundamental: 105_000 }).run(),
      message.LIMIT_ORDER,
    );
    const late = (requests: Request[]): number[] =>
      requests.filter(({ at }) => at > CLOSE - 60 * MINUTE).map(({ d }) => d);
    const spread = (values: number[]): number => Math.max(...values) - Math.min(...values);

    expect(new Set(late(orders))).toEqual(new Set([100_000]));
    const seen = late(doubting);
    expect(Math.abs(seen.reduce((sum, value) => sum + value, 0) / seen.length - 105_000)).toBeLessThan(100);
    // A single look would scatter by ±1,000 cents.
    expect(spread(seen)).toBeLessThan(3000);
  });
});

describe('momentum traders', () => {
  const MOMENTUM = { type: 'momentum', count: 1, meanIntervalSeconds: 30 };
  const moving = (centsPerMinute: number) => (at: number) => {
    const mid = 100_000 + Math.round((centsPerMinute * (at - OPEN)) / MINUTE);
    return { bid: mid - 5, ask: mid + 5 };
  };

  test.each([
    ['rise', 10, BUY, 5],
    ['fall', -10, SELL, -5],
  ])('while prices %s trade that way at the far touch', (_, centsPerMinute, side, offset) => {
    const requests = aGroup(MOMENTUM, { quote: moving(centsPerMinute) }).run();
    const orders = only(requests, message.LIMIT_ORDER);

    expect(new Set(orders.map(({ b }) => b))).toEqual(new Set([side]));
    expect(orders.every(({ at, d }) => d === moving(centsPerMinute)(at).bid + 5 + offset)).toBe(true);
  });

  test('need more than 50 mids before the first order', () => {
    const requests = aGroup(MOMENTUM).run();
    const first = requests.findIndex(({ type }) => type === message.LIMIT_ORDER);

    expect(only(requests.slice(0, first), message.QUERY_SPREAD)).toHaveLength(51);
  });
});

describe('market makers', () => {
  const MAKER = { type: 'market_maker', count: 1, meanIntervalSeconds: 60, share: 0.025, levels: 3 };

  /** The ladder of its second wake-up: prices of bids from the best, prices of asks from the best, quantities. */
  function secondLadder(config: object, world: Parameters<typeof aGroup>[1]) {
    const requests = aGroup(config, world).run();
    const orders = only(requests, message.LIMIT_ORDER).slice(6, 12);
    const side = (wanted: number): Request[] => orders.filter(({ b }) => b === wanted);
    return {
      bids: side(BUY)
        .map(({ d }) => d)
        .toSorted((x, y) => y - x),
      asks: side(SELL)
        .map(({ d }) => d)
        .toSorted((x, y) => x - y),
      quantities: new Set(orders.map(({ c }) => c)),
    };
  }

  test('put a ladder around the mid, as wide as the spread has been, with levels some spreads apart', () => {
    const { bids, asks } = secondLadder(MAKER, { quote: { bid: 99_990, ask: 100_010 } });
    // 50 at first, then twice 0.75 of 20: 0.25 (0.25 · 50 + 0.75 · 20) + 0.75 · 20 = 21.875; half of it to each side.
    const step = Math.round(5 * 21.875);

    expect(bids).toEqual([0, 1, 2].map((level) => 100_000 - 10 - level * step));
    expect(asks).toEqual([0, 1, 2].map((level) => 100_000 + 11 + level * step));
  });

  test('offer a share of what was traded, and at least the least', () => {
    expect(secondLadder(MAKER, { volume: [3000, 1000] }).quantities).toEqual(new Set([100]));
    expect(secondLadder(MAKER, { volume: [3, 1] }).quantities).toEqual(new Set([1]));
  });

  test('move the mid towards the side that was bought', () => {
    const flat = secondLadder(MAKER, { volume: [2000, 2000] });
    const bought = secondLadder({ ...MAKER, priceSkewCents: 4 }, { volume: [4000, 0] });

    expect(bought.bids.map((price, level) => price - flat.bids[level]!)).toEqual([4, 4, 4]);
  });

  test('take the old ladder away before they put up the new one', () => {
    const requests = aGroup(MAKER).run();
    const orders = only(requests, message.LIMIT_ORDER).map(({ a }) => a);
    const cancels = only(requests, message.CANCEL_ORDER).map(({ a }) => a);

    expect(cancels).toEqual(orders.slice(0, cancels.length));
    expect(orders.length - cancels.length).toBe(6);
  });

  test('react to an imbalance with one ladder more, once until they wake up again', () => {
    const { kernel, run } = aGroup(MAKER);
    const orders = (): number => only(run(kernel.now), message.LIMIT_ORDER).length;
    run(CLOSE - 2 * MINUTE);
    const before = orders();
    const added = [1, 2, 3].map(() => {
      kernel.answer(1, 0, message.IMBALANCE_DATA, 1, BUY, 950_000, 0, 0, 0);
      return orders() - before;
    });

    expect(added).toEqual([6, 6, 6]);
  });
});

describe('execution by share of volume', () => {
  const POV = { type: 'pov', count: 1, side: 'buy', quantity: 1000, share: 0.1 };

  test('trades its share of the last interval, from half an hour after the open', () => {
    const orders = only(aGroup(POV, { volume: [900, 100] }).run(), message.MARKET_ORDER);

    expect(orders.map(({ at, b, c }) => [(at - OPEN) / MINUTE, b, c])).toEqual(
      Array.from({ length: 10 }, (_, i) => [30 + i, BUY, 100]),
    );
  });

  test('stops when it has its quantity, and half an hour before the close', () => {
    const full = only(aGroup(POV, { volume: [35_000, 0] }).run(), message.MARKET_ORDER);
    const slow = only(aGroup(POV, { volume: [10, 0] }).run(), message.MARKET_ORDER);

    expect(full.map(({ c }) => c)).toEqual([1000]);
    expect(slow).toHaveLength(331);
    expect(slow.at(-1)!.at).toBe(CLOSE - 30 * MINUTE);
  });
});

describe('informed traders', () => {
  const INFORMED = {
    type: 'informed',
    count: 20,
    meanIntervalSeconds: 60,
    observationBps: 0,
    leastGainBps: 1,
  };

  test.each([
    ['buy what is cheaper', 100_021, BUY, 100_010],
    ['sell what is dearer', 99_979, SELL, 99_990],
  ])(
    '%s than what they see, by more than they want to gain, no more than there is',
    (_, fundamental, side, price) => {
      const orders = only(aGroup(INFORMED, { fundamental }).run(), message.LIMIT_ORDER);

      expect(orders.length).toBeGreaterThan(100);
      expect(orders.every(({ b, d, e, c }) => b === side && d === price && e === IOC && c <= 100)).toBe(true);
    },
  );

  test('leave alone what is only a little cheaper', () => {
    expect(only(aGroup(INFORMED, { fundamental: 100_019 }).run(), message.LIMIT_ORDER)).toEqual([]);
  });

  test('err on both sides, the more the less they see', () => {
    const sides = only(aGroup({ ...INFORMED, observationBps: 10 }).run(), message.LIMIT_ORDER).map(
      ({ b }) => b,
    );

    expect(sides.length).toBeGreaterThan(100);
    expect(sides.filter((side) => side === BUY).length / sides.length).toBeCloseTo(0.5, 0);
  });
});

describe('order splitters', () => {
  const SPLITTER = {
    type: 'order_splitter',
    count: 50,
    meanIntervalSeconds: 5,
    meanRestSeconds: 600,
    leastShares: 500,
    mostShares: 20_000,
    tailIndex: 1.5,
    orderSize: { type: 'uniform', least: 100, most: 100 },
  };
  const orders = only(aGroup(SPLITTER).run(), message.LIMIT_ORDER);
  /** Shares of each intention: what one trader trades until it pauses for a minute. */
  const sizes = Array.from({ length: SPLITTER.count }, (_, i) => {
    const own = orders.filter(({ from }) => from === i + 1);
    const ends = own.flatMap(({ at }, n) =>
      n + 1 < own.length && own[n + 1]!.at - at > MINUTE ? [n + 1] : [],
    );
    return [0, ...ends].map((from, n) => own.slice(from, ends[n] ?? own.length));
  }).flat();

  test('stay on one side until an intention is done', () => {
    const mixed = sizes.filter((one) => new Set(one.map(({ b }) => b)).size > 1);

    expect(sizes.length).toBeGreaterThan(500);
    expect(mixed.length / sizes.length).toBeLessThan(0.06);
  });

  test('have intentions whose sizes follow the power law', () => {
    const shares = sizes.map((one) => one.reduce((sum, { c }) => sum + c, 0));
    const above = (least: number): number => shares.filter((size) => size > least).length / shares.length;

    // P(more than 2,000) = (1 ÷ 4)^1.5.
    expect(above(2000)).toBeGreaterThan(0.09);
    expect(above(2000)).toBeLessThan(0.18);
    expect(Math.min(...shares.slice(0, -SPLITTER.count))).toBeGreaterThanOrEqual(100);
    expect(above(19_900 * 2)).toBe(0);
  });

  test('take what is at the touch and no more', () => {
    const thin = only(
      aGroup(SPLITTER, { quote: { bid: 99_990, ask: 100_010, askQuantity: 30, bidQuantity: 0 } }).run(),
      message.LIMIT_ORDER,
    );

    expect(thin.length).toBeGreaterThan(1000);
    expect(Math.max(...thin.map(({ c }) => c))).toBe(30);
    expect(thin.every(({ b, d, e }) => b === BUY && d === 100_010 && e === IOC)).toBe(true);
  });
});

describe('order-book imbalance traders', () => {
  const IMBALANCE = {
    type: 'imbalance',
    count: 1,
    meanIntervalSeconds: 60,
    mostShares: 250,
    orderSize: { type: 'uniform', least: 100, most: 100 },
  };

  test.each([
    ['buy when far more is bid', 900, 100, BUY],
    ['sell when far more is asked', 100, 900, SELL],
  ])('%s, up to the most they hold', (_, bidQuantity, askQuantity, side) => {
    const quote = { bid: 99_990, ask: 100_010, bidQuantity, askQuantity };
    const orders = only(aGroup(IMBALANCE, { quote }).run(), message.LIMIT_ORDER);

    expect(orders.map(({ b, c }) => [b, c])).toEqual([
      [side, 100],
      [side, 100],
      [side, 50],
    ]);
  });

  test('do nothing while both sides weigh about the same', () => {
    const quote = { bid: 99_990, ask: 100_010, bidQuantity: 390, askQuantity: 100 };

    expect(only(aGroup(IMBALANCE, { quote }).run(), message.LIMIT_ORDER)).toEqual([]);
  });
});

describe('mean reversion', () => {
  const REVERSION = { type: 'mean_reversion', count: 1, meanIntervalSeconds: 10, window: 20, quantity: 50 };
  const jumping = (cents: number) => (at: number) => {
    // Flat with a little noise; away for two minutes; back.
    const minute = (at - OPEN) / MINUTE;
    const mid = 100_000 + (Math.floor(minute * 7) % 2) + (minute >= 60 && minute < 62 ? cents : 0);
    return { bid: mid - 5, ask: mid + 5 };
  };

  test.each([
    ['buys far below the mean', -100, BUY, SELL],
    ['sells far above the mean', 100, SELL, BUY],
  ])('%s, and closes when the mid is back', (_, cents, enters, leaves) => {
    const orders = only(
      aGroup(REVERSION, { quote: jumping(cents) }).run(OPEN + 75 * MINUTE),
      message.LIMIT_ORDER,
    ).filter(({ at }) => at > OPEN + 60 * MINUTE);

    expect(orders[0]!.b).toBe(enters);
    expect(orders[0]!.at).toBeLessThan(OPEN + 62 * MINUTE);
    expect(orders[1]!.b).toBe(leaves);
    expect(orders.every(({ c }) => c === 50)).toBe(true);
  });

  test('keeps still while nothing moves', () => {
    expect(only(aGroup(REVERSION).run(), message.LIMIT_ORDER)).toEqual([]);
  });
});

describe('executions by the clock', () => {
  const schedule = { count: 1, side: 'sell', quantity: 3300, intervalSeconds: 60 };
  const plenty = { bid: 99_990, ask: 100_010, bidQuantity: 10_000 };

  test('TWAP trades evenly from half an hour after the open to half an hour before the close', () => {
    const orders = only(aGroup({ type: 'twap', ...schedule }, { quote: plenty }).run(), message.LIMIT_ORDER);

    expect(orders).toHaveLength(330);
    expect(new Set(orders.map(({ b, c, d }) => [b, c, d].join()))).toEqual(
      new Set([[SELL, 10, 99_990].join()]),
    );
    expect([orders[0]!.at, orders.at(-1)!.at]).toEqual([OPEN + 30 * MINUTE, CLOSE - 31 * MINUTE]);
  });

  test('VWAP trades twice as much at both ends as in the middle', () => {
    const orders = only(
      aGroup({ type: 'vwap', ...schedule, quantity: 330_000 }, { quote: plenty }).run(),
      message.LIMIT_ORDER,
    );
    const sizes = orders.map(({ c }) => c);

    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(330_000);
    expect(sizes[0]! / sizes[165]!).toBeCloseTo(2, 1);
    expect(sizes.at(-1)! / sizes[165]!).toBeCloseTo(2, 1);
  });

  test('what was not to be had is made up for later', () => {
    const quote = (at: number) => ({ ...plenty, bidQuantity: at < OPEN + 90 * MINUTE ? 4 : 10_000 });
    const orders = only(aGroup({ type: 'twap', ...schedule }, { quote }).run(), message.LIMIT_ORDER);

    expect(orders.reduce((sum, { c }) => sum + c, 0)).toBe(3300);
    expect(orders.find(({ c }) => c > 10)!.c).toBe(60 * 6 + 10);
  });
});

describe('zero intelligence', () => {
  const ZERO = {
    type: 'zero_intelligence',
    count: 20,
    limitsPerMinute: 3,
    marketsPerMinute: 1,
    cancelsPerMinute: 2,
    reachCents: 10,
    orderSize: { type: 'uniform', least: 10, most: 10 },
  };
  const requests = aGroup(ZERO).run();

  test('does each at its rate', () => {
    const perTraderMinute = (type: number): number => only(requests, type).length / (20 * 390);

    expect(perTraderMinute(message.LIMIT_ORDER)).toBeCloseTo(3, 0);
    expect(perTraderMinute(message.MARKET_ORDER)).toBeCloseTo(1, 0);
    expect(perTraderMinute(message.CANCEL_ORDER)).toBeCloseTo(2, 0);
  });

  test('asks for prices evenly within its reach of the far touch, on both sides', () => {
    const offsets = only(requests, message.LIMIT_ORDER).map(({ b, d }) =>
      b === BUY ? 100_010 - d : d - 99_990,
    );
    const buys = only(requests, message.LIMIT_ORDER).filter(({ b }) => b === BUY);

    expect(new Set(offsets)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
    expect(buys.length / offsets.length).toBeCloseTo(0.5, 1);
  });
});

describe('adaptive makers', () => {
  const MAKER = { type: 'adaptive_maker', count: 1, meanIntervalSeconds: 10, levels: 3, quantity: 100 };
  /** Best bid and ask that it asked for last, until a time. */
  const quotesOf = (requests: readonly Request[]): [number, number] => {
    const orders = only(requests, message.LIMIT_ORDER);
    const gone = new Set(only(requests, message.CANCEL_ORDER).map(({ a }) => a));
    const prices = (side: number): number[] =>
      orders.filter(({ a, b }) => b === side && !gone.has(a)).map(({ d }) => d);
    return [Math.max(...prices(BUY)), Math.min(...prices(SELL))];
  };
  const centre = ([bid, ask]: [number, number]): number => (bid + ask) / 2;
  const width = ([bid, ask]: [number, number]): number => ask - bid;

  test('quote on both sides of their value, and leave alone what is still right', () => {
    const requests = aGroup({ ...MAKER, leastHalfSpreadCents: 2 }).run();
    const orders = only(requests, message.LIMIT_ORDER);

    expect(orders.map(({ d }) => d).toSorted((x, y) => x - y)).toEqual([
      99_996, 99_997, 99_998, 100_002, 100_003, 100_004,
    ]);
    expect(only(requests, message.CANCEL_ORDER)).toEqual([]);
  });

  test('move their value with net buying, and less with what they expected', () => {
    const volume = [1000, 0] as const;
    const moved = (anticipation: number): number =>
      centre(
        quotesOf(
          aGroup({ ...MAKER, impactBps: 0.1, pull: 0, anticipation, flowMemorySeconds: 60 }, { volume }).run(
            OPEN + 10 * MINUTE,
          ),
        ),
      ) - 100_000;

    expect(moved(0)).toBeGreaterThan(300);
    expect(moved(0.9)).toBeGreaterThan(0);
    expect(moved(0.9) / moved(0)).toBeLessThan(0.4);
  });

  test('are pulled to the mid of the book', () => {
    const quote = (at: number) => ({
      bid: 99_990 + (at > OPEN + MINUTE ? 100 : 0),
      ask: 100_010 + (at > OPEN + MINUTE ? 100 : 0),
    });
    const after = (pull: number): number =>
      centre(quotesOf(aGroup({ ...MAKER, pull }, { quote }).run(OPEN + 5 * MINUTE)));

    expect(after(0)).toBe(100_000);
    expect(Math.abs(after(0.5) - 100_100)).toBeLessThan(3);
  });

  test('quote wider when their value moves, and up to a limit', () => {
    const jumpy = (at: number) => {
      const shift = Math.floor((at - OPEN) / (MINUTE / 4)) % 2 === 0 ? 0 : 40;
      return { bid: 99_990 + shift, ask: 100_010 + shift };
    };
    const spread = (config: object, quote: Quote | ((at: number) => Quote)): number =>
      width(quotesOf(aGroup({ ...MAKER, pull: 1, ...config }, { quote }).run(OPEN + 30 * MINUTE)));
    const calm = { bid: 99_990, ask: 100_010 };

    expect(spread({ volatilityFactor: 2 }, jumpy)).toBeGreaterThan(3 * spread({ volatilityFactor: 2 }, calm));
    expect(spread({ volatilityFactor: 100, mostHalfSpreadBps: 1 }, jumpy)).toBeLessThanOrEqual(22);
  });

  test('quote wider when all is bought than when as much is sold', () => {
    const spread = (volume: readonly [number, number]): number =>
      width(quotesOf(aGroup({ ...MAKER, toxicityBps: 2 }, { volume }).run(OPEN + 30 * MINUTE)));

    expect(spread([1000, 0]) - spread([500, 500])).toBeCloseTo(40, -1);
  });
});

describe('adversaries', () => {
  test('spoofers show large orders behind one touch, a small one at the other, and take all away', () => {
    const SPOOFER = { type: 'spoofer', count: 1, meanIntervalSeconds: 300, holdSeconds: 5 };
    const requests = aGroup(SPOOFER).run();
    const first = requests.filter(({ type }) => type === message.LIMIT_ORDER).slice(0, 4);
    const cancels = only(requests, message.CANCEL_ORDER).slice(0, 4);
    const isBuying = first[0]!.b === BUY;

    expect(first.map(({ c, d }) => [c, d])).toEqual(
      isBuying
        ? [
            [100, 99_990],
            [2000, 100_011],
            [2000, 100_012],
            [2000, 100_013],
          ]
        : [
            [100, 100_010],
            [2000, 99_989],
            [2000, 99_988],
            [2000, 99_987],
          ],
    );
    expect(new Set(first.slice(1).map(({ b }) => b))).toEqual(new Set([isBuying ? SELL : BUY]));
    expect(cancels.map(({ a }) => a)).toEqual(first.map(({ a }) => a));
    expect(cancels.every(({ at }) => at === first[0]!.at + 5e9)).toBe(true);
  });

  test('liquidity is there while the price is calm, and away for a while when it has moved', () => {
    const WITHDRAWAL = {
      type: 'liquidity_withdrawal',
      count: 1,
      meanIntervalSeconds: 5,
      quantity: 500,
      levels: 2,
      restSeconds: 60,
    };
    const jump = OPEN + 30 * MINUTE;
    const quote = (at: number) => ({
      bid: 99_990 + (at > jump ? 100 : 0),
      ask: 100_010 + (at > jump ? 100 : 0),
    });
    const requests = aGroup(WITHDRAWAL, { quote }).run(OPEN + 60 * MINUTE);
    const orders = only(requests, message.LIMIT_ORDER);
    const cancels = only(requests, message.CANCEL_ORDER);

    expect(orders.slice(0, 4).map(({ c, d }) => [c, d])).toEqual([
      [500, 99_989],
      [500, 99_988],
      [500, 100_011],
      [500, 100_012],
    ]);
    expect(cancels.map(({ a }) => a).toSorted((x, y) => x - y)).toEqual(orders.slice(0, 4).map(({ a }) => a));
    expect(cancels[0]!.at - jump).toBeLessThan(MINUTE);
    expect(orders[4]!.at - cancels[0]!.at).toBeGreaterThanOrEqual(60e9);
  });
});

test('an execution does not ask again for what is under way, and asks again for what it did not get', () => {
  // Half of each order is filled, and the rest comes back; answers take two intervals and more.
  const config = MarketConfig.parse({
    ...presetConfig('rmsc04'),
    traders: [
      ...presetConfig('rmsc04')!.traders,
      { type: 'pov', count: 1, side: 'buy', quantity: 700, share: 1, intervalSeconds: 2 },
    ],
    latency: { type: 'bands', default: [1000, 2000], byType: { pov: [5e9, 5e9] } },
    close: '10:31',
    afterCloseSeconds: 60,
  });
  const { accounts } = simulate(config, 1, { profile: 'quant' }).recording!;

  expect(accounts.last('shares')).toBe(700);
});

test('value traders estimate, however slowly they believe the value to revert', () => {
  const config = (kappaPerNs: number) =>
    MarketConfig.parse({
      ...presetConfig('stable_day'),
      close: '10:00',
      traders: presetConfig('stable_day')!.traders.map((group) =>
        group.type === 'value' ? { ...group, kappaPerNs } : group,
      ),
    });

  expect(simulate(config(2e-17), 1).fills).toBeGreaterThan(100);
  expect(simulate(config(1e-40), 1).digest).toBe(simulate(config(0), 1).digest);
});

test('no trader ever sends more cancels than it had orders accepted', () => {
  const groups = [
    {
      type: 'value',
      count: 5,
      meanIntervalSeconds: 30,
      meanCents: 100_000,
      kappaPerNs: 0,
      observationVariance: 100,
      shockVariance: 1,
    },
    { type: 'market_maker', count: 2, meanIntervalSeconds: 10, share: 0.1 },
  ];
  for (const group of groups) {
    const requests = aGroup(group).run();
    for (let trader = 1; trader <= group.count; trader++) {
      const own = requests.filter(({ from }) => from === trader);
      expect(only(own, message.CANCEL_ORDER).length).toBeLessThanOrEqual(
        only(own, message.LIMIT_ORDER).length,
      );
    }
  }
});
