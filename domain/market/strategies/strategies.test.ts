import { MarketConfig } from '../market-config.ts';
import type { MarketConfigInput } from '../market-config.ts';
import { presetConfig } from '../presets.ts';
import { parseClockTime } from '../session-time.ts';
import { Market, simulate } from '../simulate.ts';
import { orderActions } from '../strategy.ts';
import type { MarketState, Strategy } from '../strategy.ts';
import { REFERENCE_STRATEGIES } from './reference-strategies.ts';

const idle: Strategy = {
  initialize: () => undefined,
  onTick: () => [],
  onMarketData: () => [],
  onOrderUpdate: () => [],
  onSimulationEnd: () => undefined,
};

function market(changes: Partial<MarketConfigInput> = {}): MarketConfig {
  return MarketConfig.parse({ ...presetConfig('rmsc04'), close: '10:00', ...changes });
}

test('a strategy that does nothing leaves the day as it is', () => {
  expect(simulate(market(), 1, { strategy: idle }).digest).toBe(simulate(market(), 1).digest);
});

describe.each(Object.entries(REFERENCE_STRATEGIES))('%s', (_, { create }) => {
  const { strategist, exchange } = new Market(market(), 1, { strategy: create() }).run();
  const number = exchange.shares.length - 1;

  test('trades, and asks for nothing that makes no sense', () => {
    expect(strategist!.invalidActions).toBe(0);
    expect(strategist!.portfolio.cashCents).not.toBe(10_000_000);
  });

  test('has the account that the exchange has of it', () => {
    expect(strategist!.portfolio.inventory).toBe(exchange.shares[number]);
    expect(strategist!.portfolio.cashCents).toBe(exchange.cashCents[number]);
  });

  test('does the same again', () => {
    const digest = (): string => simulate(market(), 1, { strategy: create() }).digest;

    expect(digest()).toBe(digest());
    expect(digest()).not.toBe(simulate(market(), 1).digest);
  });

  test('sends the same orders until the world changes, whatever happens afterwards', () => {
    const times = ['09:00', '09:45'];
    const world = (after: number): Market =>
      new Market(market({ fundamental: { type: 'series', times, valuesCents: [100_000, after] } }), 1, {
        strategy: create(),
      });
    const [calm, shocked] = [world(100_000), world(90_000)];
    const until = parseClockTime('09:45') - 1;

    expect(calm.run(until).result()).toEqual(shocked.run(until).result());
    expect(calm.run().result().digest).not.toBe(shocked.run().result().digest);
  });
});

test('limits of the configuration are kept: an order beyond them is rejected, and the strategy told why', () => {
  const reasons: (string | null)[] = [];
  const greedy: Strategy = {
    ...idle,
    onTick: ({ bestAsk, timeRemainingNs }) =>
      bestAsk === null || timeRemainingNs === 0 ? [] : [orderActions.buy(60, bestAsk)],
    onOrderUpdate({ status, reason }) {
      if (status === 'rejected') reasons.push(reason);
      return [];
    },
  };
  const config = market({ strategy: { limits: { maxPosition: 100 } } });
  const { exchange } = new Market(config, 1, { strategy: greedy }).run();

  expect(exchange.shares.at(-1)).toBeGreaterThan(0);
  expect(exchange.shares.at(-1)).toBeLessThanOrEqual(100);
  expect(new Set(reasons)).toEqual(new Set(['position_limit']));
});

test('who has lost too much from its best moment on may only close what it holds', () => {
  const limits = { maxDrawdownCents: 50_000 };
  const times = ['09:30', '09:40', '09:50'];
  // Up by a tenth, and then down to where it began.
  const fundamental: MarketConfigInput['fundamental'] = {
    type: 'series',
    times,
    valuesCents: [100_000, 110_000, 100_000],
  };
  const held: number[] = [];
  const reasons = new Set<string | null>();
  const holder: Strategy = {
    ...idle,
    onTick: ({ bestAsk, timeRemainingNs, inventory }) => {
      held.push(inventory);
      return bestAsk === null || timeRemainingNs === 0 ? [] : [orderActions.buyNow(5)];
    },
    onOrderUpdate({ status, reason }) {
      if (status === 'rejected') reasons.add(reason);
      return [];
    },
  };
  simulate(market({ fundamental, strategy: { limits } }), 1, { strategy: holder });

  expect(reasons).toEqual(new Set(['drawdown_limit']));
  expect(held.at(-1)).toBeGreaterThan(0);
  // It stopped before the close, and stayed where it was.
  expect(held.at(-100)).toBe(held.at(-1));
});

test('what it has open when it has lost too much is cancelled, and it is told why', () => {
  const times = ['09:30', '09:40'];
  const fundamental: MarketConfigInput['fundamental'] = {
    type: 'series',
    times,
    valuesCents: [100_000, 80_000],
  };
  const strategy = { limits: { maxDrawdownCents: 1_000_000 } };
  const cancelled: (string | null)[] = [];
  const open: number[] = [];
  const hopeful: Strategy = {
    ...idle,
    onTick: ({ bestAsk, openOrders }) => {
      open.push(openOrders.length);
      return bestAsk === null ? [] : [orderActions.buyNow(1), orderActions.buy(1, 50_000)];
    },
    onOrderUpdate({ status, reason }) {
      if (status === 'cancelled') cancelled.push(reason);
      return [];
    },
  };
  const day = new Market(market({ fundamental, strategy }), 1, { strategy: hopeful }).run();

  expect(cancelled.filter((reason) => reason === 'risk_limit').length).toBeGreaterThan(10);
  expect(Math.max(...open)).toBeGreaterThan(10);
  // None is open any more, and none comes after it.
  expect(open.slice(-60).every((count) => count <= 1)).toBe(true);
  expect(day.strategist!.portfolio.inventory).toBe(day.exchange.shares.at(-1));
});

test('its account is right with jitter too, in which answers would overtake each other', () => {
  const jitter = market({ latency: { type: 'cubic' }, strategy: { latencyNs: 1_000_000 } });
  const restless: Strategy = {
    ...idle,
    onTick: ({ inventory, openOrders }) =>
      openOrders.length > 5
        ? [orderActions.cancelAll()]
        : [inventory > 0 ? orderActions.sellNow(400) : orderActions.buyNow(400)],
  };
  const { strategist, exchange } = new Market(jitter, 1, { strategy: restless }).run();

  expect(strategist!.portfolio.inventory).toBe(exchange.shares.at(-1));
  expect(strategist!.portfolio.cashCents).toBe(exchange.cashCents.at(-1));
  expect(strategist!.portfolio.cashCents).not.toBe(10_000_000);
});

test.each([
  ['of its latency', { strategy: { latencyNs: 2e9 } }, 'an answer can take 4.000 s'],
  [
    'of jitter',
    { latency: { type: 'cubic' as const }, strategy: { latencyNs: 2e7 } },
    'an answer can take 2.040 s',
  ],
])('a day that ends before it can be answered is refused, because %s', (_, changes, message) => {
  const config = market(changes);

  expect(() => simulate(config, 1, { strategy: idle })).toThrow(message);
  expect(() => simulate(config, 1)).not.toThrow();
});

test('the longer its latency, the older what it knows', () => {
  const seen = (latencyNs: number): MarketState[] => {
    const states: MarketState[] = [];
    const watching: Strategy = {
      ...idle,
      onTick(state) {
        states.push(state);
        return [];
      },
    };
    simulate(market({ strategy: { latencyNs, dataIntervalMs: 0 } }), 1, { strategy: watching });
    return states;
  };
  const [fast, slow] = [seen(0), seen(500_000_000)];
  const differing = fast.filter((state, i) => state.bestBid !== slow[i]!.bestBid).length;

  expect(fast.map(({ timestampNs }) => timestampNs)).toEqual(slow.map(({ timestampNs }) => timestampNs));
  expect(differing).toBeGreaterThan(10);
});

test('its order numbers are its own: they say nothing of what others send', () => {
  const numbers: number[] = [];
  const probing: Strategy = {
    ...idle,
    onTick: ({ bestBid }) => (bestBid === null ? [] : [orderActions.buy(1, bestBid - 100)]),
    onOrderUpdate({ orderId, status }) {
      if (status === 'accepted') numbers.push(orderId);
      return [];
    },
  };
  simulate(market({ close: '09:35' }), 1, { strategy: probing });

  expect(numbers).toEqual(numbers.map((_, i) => i));
  expect(numbers.length).toBeGreaterThan(100);
});
