import { RandomKey } from '../../random.ts';
import { CalendarQueue } from '../event-queue.ts';
import { Fundamental } from '../fundamental.ts';
import { Kernel } from '../kernel.ts';
import { Latency } from '../latency.ts';
import { MarketConfig } from '../market-config.ts';
import * as message from '../message.ts';
import { BUY, SELL } from '../order.ts';
import { presetConfig } from '../presets.ts';
import { parseClockTime } from '../session-time.ts';
import { simulate } from '../simulate.ts';
import { TraderGroup, createTraders } from './registry.ts';

const OPEN = parseClockTime('09:30');
const CLOSE = parseClockTime('16:00');
const MINUTE = 60e9;

type Request = { at: number; from: number; type: number; a: number; b: number; c: number; d: number };
type Quote = { bid: number; ask: number };

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
      const { type, from, a, b, c, d } = kernel.pool;
      const [to, what] = [from[row]!, type[row]!];
      requests.push({ at: kernel.now, from: to, type: what, a: a[row]!, b: b[row]!, c: c[row]!, d: d[row]! });
      const { bid, ask } = typeof quote === 'function' ? quote(kernel.now) : quote;
      if (what === message.QUERY_SPREAD) kernel.answer(to, 0, message.SPREAD, bid, 100, ask, 100, 100_000, 0);
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
