import { RandomKey } from '../../random.ts';
import { CalendarQueue } from '../event-queue.ts';
import { Exchange } from '../exchange.ts';
import { Kernel } from '../kernel.ts';
import { Latency } from '../latency.ts';
import * as message from '../message.ts';
import { BUY, SELL } from '../order.ts';
import { StrategyError, orderActions } from '../strategy.ts';
import type { AgentConfig, MarketState, OrderAction, OrderUpdate, Strategy } from '../strategy.ts';
import { StrategicTrader } from './strategic.ts';

const SECOND = 1e9;
const OPEN = 100 * SECOND;
const CLOSE = 110 * SECOND;
const LATENCY = 1e6;
const AGENT: AgentConfig = {
  startingCash: 1_000_000,
  symbol: 'ABM',
  latencyNs: LATENCY,
  date: '2021-02-05',
  marketOpenNs: OPEN,
  marketCloseNs: CLOSE,
  targetInventory: 0,
};
const fails = (): never => {
  throw new Error('boom');
};
const STRATEGY = 1;
const OTHER = 2;

type Call =
  | { readonly call: 'tick' | 'data' | 'end'; readonly state: MarketState }
  | { readonly call: 'update'; readonly update: OrderUpdate; readonly state: MarketState };

/**
 * A strategy that answers the n-th tick with what the test says, in a market where somebody else does what the test says
 * at some times, without latency.
 */
function aDay(
  ticks: Record<number, (state: MarketState) => unknown>,
  others: readonly (readonly [at: number, type: number, ...columns: number[]])[] = [],
  own: Partial<Strategy> = {},
  fees = { makerFee: 0, takerFee: 0 },
) {
  const names = ['exchange', 'strategy', 'other'].map((name) => ({ name, type: 'test' }));
  const latency = new Latency({ type: 'none' }, names, RandomKey.of('strategic'));
  latency.set(STRATEGY, LATENCY);
  const kernel = new Kernel({
    queue: (pool) => new CalendarQueue(pool),
    participants: 3,
    latency,
    computationDelayNs: 0,
    exchangeDelayNs: 0,
  });
  const exchange = new Exchange(
    kernel,
    [0, 1e6, 1e9],
    { openNs: OPEN, closeNs: CLOSE, pipelineDelayNs: 0, openingPriceCents: 10_000, ...fees },
    [],
  );
  const calls: Call[] = [];
  let tick = 0;
  const strategy: Strategy = {
    initialize: () => undefined,
    onTick(state) {
      calls.push({ call: 'tick', state });
      return (ticks[tick++]?.(state) ?? []) as OrderAction[];
    },
    onMarketData(state) {
      calls.push({ call: 'data', state });
      return [];
    },
    onOrderUpdate(update, state) {
      calls.push({ call: 'update', update, state });
      return [];
    },
    onSimulationEnd: (state) => void calls.push({ call: 'end', state }),
    ...own,
  };
  const trader = new StrategicTrader(kernel, STRATEGY, strategy, {
    agent: AGENT,
    tickNs: SECOND,
    depth: 10,
    dataIntervalNs: 0,
    ...fees,
  });
  kernel.register(STRATEGY, 1, trader);
  kernel.register(OTHER, 1, {
    wake(_, what) {
      const [, type, a = 0, b = 0, c = 0, d = 0, e = 0] = others[what]!;
      kernel.request(OTHER, type, a, b, c, d, e);
    },
    receive: () => undefined,
  });
  others.forEach(([at], what) => kernel.wakeAt(OTHER, at, what));
  kernel.run(CLOSE + 2 * SECOND);
  trader.end();
  const updates = calls.flatMap((call) => (call.call === 'update' ? [call.update] : []));
  const states = (call: Call['call']): MarketState[] =>
    calls.flatMap((one) => (one.call === call ? [one.state] : []));
  return { calls, updates, states, trader, exchange };
}

/** Orders of the other trader have numbers that the strategy's do not reach. */
const sells = (at: number, quantity: number, price: number, number = 1000) =>
  [at, message.LIMIT_ORDER, number, SELL, quantity, price] as const;
const buys = (at: number, quantity: number, price: number, number = 2000) =>
  [at, message.LIMIT_ORDER, number, BUY, quantity, price] as const;
const brief = ({ status, openQuantity, fillPrice, fillQuantity, reason }: OrderUpdate) => ({
  status,
  openQuantity,
  ...(fillPrice === null ? {} : { fillPrice, fillQuantity }),
  ...(reason === null ? {} : { reason }),
});

describe('the callbacks', () => {
  test('begin with the configuration, come every tick from the open to the close, and end after it', () => {
    const seen: AgentConfig[] = [];
    const { states } = aDay({}, [], { initialize: (config) => void seen.push(config) });

    expect(seen).toEqual([AGENT]);
    expect(states('tick').map(({ timestampNs }) => timestampNs)).toEqual(
      Array.from({ length: 11 }, (_, i) => OPEN + i * SECOND),
    );
    expect(
      states('end').map(({ isMarketClosed, timeRemainingNs }) => [isMarketClosed, timeRemainingNs]),
    ).toEqual([[true, 0]]);
  });

  test('know nothing at first: no price, no book, and all of the cash', () => {
    const [first] = aDay({}).states('tick');

    expect(first).toEqual({
      timestampNs: OPEN,
      timeRemainingNs: CLOSE - OPEN,
      isMarketClosed: false,
      bestBid: null,
      bestAsk: null,
      midPrice: null,
      spread: null,
      lastTrade: null,
      bidDepth: [],
      askDepth: [],
      bidLiquidity: 0,
      askLiquidity: 0,
      inventory: 0,
      cash: 1_000_000,
      portfolioValue: 1_000_000,
      unrealizedPnl: 0,
      realizedPnl: 0,
      openOrders: [],
    });
  });
});

describe('the state is what was delivered', () => {
  const at = OPEN + 2 * SECOND;

  test('a quote is known when it has arrived, and not before', () => {
    const { states } = aDay({}, [sells(at - LATENCY / 2, 10, 10_010), buys(at - LATENCY / 2, 20, 9_990)]);
    const asks = states('tick').map(({ bestAsk }) => bestAsk);

    // At the third tick both orders rest, and the news of them is under way.
    expect(asks.slice(0, 4)).toEqual([null, null, null, 10_010]);
    const last = states('tick').at(-1)!;
    expect([last.bestBid, last.midPrice, last.spread, last.bidDepth, last.askDepth]).toEqual([
      9_990,
      10_000,
      20,
      [[9_990, 20]],
      [[10_010, 10]],
    ]);
  });

  test('liquidity is what is within half a percent of the touch', () => {
    const { states } = aDay({}, [
      sells(at, 10, 10_000),
      sells(at, 5, 10_050, 1001),
      sells(at, 3, 10_051, 1002),
    ]);

    expect(states('end')[0]!.askLiquidity).toBe(15);
  });

  test('a fill is known when it has arrived, and so are cash and shares', () => {
    const { calls, exchange } = aDay({ 2: () => [orderActions.buy(4, 10_010)] }, [sells(OPEN, 10, 10_010)]);
    const fill = calls.find((call) => call.call === 'update')!;

    expect(exchange.shares[STRATEGY]).toBe(4);
    expect(fill.state).toMatchObject({
      timestampNs: at + 2 * LATENCY,
      inventory: 4,
      cash: 1_000_000 - 40_040,
    });
    expect(
      calls
        .filter(({ state }) => state.timestampNs < at + 2 * LATENCY)
        .every(({ state }) => state.inventory === 0),
    ).toBe(true);
  });
});

describe('every action ends in an outcome that the strategy is told:', () => {
  const quote = [sells(OPEN, 10, 10_010), buys(OPEN, 10, 9_990)];
  const first = (state: MarketState): number => state.openOrders[0]!.orderId;

  test('a limit order that rests', () => {
    const { updates, states } = aDay({ 1: () => [orderActions.buy(5, 9_980, 'mine')] }, quote);

    expect(updates.map(brief)).toEqual([{ status: 'accepted', openQuantity: 5 }]);
    expect(states('end')[0]!.openOrders).toMatchObject([
      {
        id: 'mine',
        side: 'buy',
        orderType: 'limit',
        price: 9_980,
        openQuantity: 5,
        filledQuantity: 0,
        status: 'accepted',
      },
    ]);
  });

  test('a limit order that trades and rests with what is left', () => {
    const { updates } = aDay({ 1: () => [orderActions.buy(15, 10_010)] }, quote);

    expect(updates.map(brief)).toEqual([
      { status: 'partial', openQuantity: 5, fillPrice: 10_010, fillQuantity: 10 },
      { status: 'accepted', openQuantity: 5 },
    ]);
  });

  test('a market order of which the rest is dropped', () => {
    const { updates } = aDay({ 1: () => [orderActions.sellNow(15)] }, quote);

    expect(updates.map(brief)).toEqual([
      { status: 'partial', openQuantity: 5, fillPrice: 9_990, fillQuantity: 10 },
      { status: 'cancelled', openQuantity: 0, reason: 'not_filled' },
    ]);
  });

  test('a post-only order that would trade', () => {
    const action = { ...orderActions.buy(5, 10_010), isPostOnly: true };
    const { updates } = aDay({ 1: () => [action] }, quote);

    expect(updates.map(brief)).toEqual([
      { status: 'rejected', openQuantity: 0, reason: 'post_only_would_trade' },
    ]);
  });

  test('a cancel, and a second one that comes too late', () => {
    const { updates } = aDay(
      {
        1: () => [orderActions.buy(5, 9_980)],
        2: (state) => [orderActions.cancel(first(state)), orderActions.cancel(first(state))],
      },
      quote,
    );

    expect(updates.slice(1).map(brief)).toEqual([
      { status: 'cancelled', openQuantity: 0, reason: 'requested' },
      { status: 'request_refused', openQuantity: 0, reason: 'order_closed' },
    ]);
  });

  test.each([
    ['a cancel', orderActions.cancel],
    ['a modification', (order: number) => orderActions.modify(order, 7)],
    ['a partial cancel', (order: number) => orderActions.partialCancel(order, 2)],
  ])('%s of an order that was filled while it was under way', (_, action) => {
    const fillsAt = OPEN + 2 * SECOND + LATENCY / 2;
    const { updates } = aDay(
      { 1: () => [orderActions.buy(5, 9_995)], 2: (state) => [action(first(state))] },
      [...quote, sells(fillsAt, 5, 9_995, 1001)],
    );

    expect(updates.slice(1).map(brief)).toEqual([
      { status: 'filled', openQuantity: 0, fillPrice: 9_995, fillQuantity: 5 },
      { status: 'request_refused', openQuantity: 0, reason: 'order_closed' },
    ]);
    expect(updates.map(({ orderId }) => orderId)).toEqual([0, 0, 0]);
  });

  test('a replacement of an order that was filled while it was under way', () => {
    const fillsAt = OPEN + 2 * SECOND + LATENCY / 2;
    const { updates } = aDay(
      { 1: () => [orderActions.buy(5, 9_995)], 2: (state) => [orderActions.replace(first(state), 7, 9_990)] },
      [...quote, sells(fillsAt, 5, 9_995, 1001)],
    );

    expect(updates.slice(1).map(brief)).toEqual([
      { status: 'filled', openQuantity: 0, fillPrice: 9_995, fillQuantity: 5 },
      { status: 'rejected', openQuantity: 0, reason: 'order_closed' },
    ]);
  });

  test('a modification', () => {
    const { updates, states } = aDay(
      { 1: () => [orderActions.buy(5, 9_980)], 2: (state) => [orderActions.modify(first(state), 7, 9_985)] },
      quote,
    );

    expect(updates.slice(1).map(brief)).toEqual([{ status: 'modified', openQuantity: 7 }]);
    expect(states('end')[0]!.openOrders).toMatchObject([{ price: 9_985, openQuantity: 7 }]);
  });

  test('a partial cancel', () => {
    const { updates, exchange } = aDay(
      { 1: () => [orderActions.buy(5, 9_980)], 2: (state) => [orderActions.partialCancel(first(state), 2)] },
      quote,
    );

    expect(updates.slice(1).map(brief)).toEqual([
      { status: 'partial_cancelled', openQuantity: 3, reason: 'requested' },
    ]);
    expect(exchange.book.totalVisible(BUY)).toBe(13);
  });

  test('a replacement, and one that trades', () => {
    const { updates, states } = aDay(
      {
        1: () => [orderActions.buy(5, 9_980, 'mine')],
        2: (state) => [orderActions.replace(first(state), 6, 9_985)],
        3: (state) => [orderActions.replace(first(state), 6, 10_010)],
      },
      quote,
    );

    expect(updates.slice(1).map((update) => [brief(update), update.id])).toEqual([
      [{ status: 'replaced', openQuantity: 6 }, 'mine'],
      [{ status: 'filled', openQuantity: 0, fillPrice: 10_010, fillQuantity: 6 }, 'mine'],
      [{ status: 'replaced', openQuantity: 0 }, 'mine'],
    ]);
    expect(states('end')[0]!.openOrders).toEqual([]);
  });

  test('cancel all', () => {
    const { updates, states } = aDay(
      {
        1: () => [orderActions.buy(5, 9_980), orderActions.sell(5, 10_020)],
        2: () => [orderActions.cancelAll()],
      },
      quote,
    );

    expect(updates.slice(2).map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
    expect(states('end')[0]!.openOrders).toEqual([]);
  });

  test('an order after the close', () => {
    const late: Partial<Strategy> = {
      onTick: (state) => (state.timestampNs === CLOSE ? [orderActions.buy(1, 9_980)] : []),
    };

    expect(aDay({}, quote, late).updates.map(brief)).toEqual([
      { status: 'rejected', openQuantity: 0, reason: 'market_closed' },
    ]);
  });
});

describe('what makes no sense is refused at once, with what is wrong:', () => {
  test.each<[string, unknown, string]>([
    [
      'a limit order without a price',
      [{ actionType: 'place', side: 'buy', orderType: 'limit', quantity: 1 }],
      'action 0: price: a limit order must have a price',
    ],
    [
      'a market order with a price',
      [{ actionType: 'place', side: 'buy', orderType: 'market', quantity: 1, price: 5 }],
      'action 0: price: a market order must not have a price',
    ],
    [
      'a hidden market order',
      [{ actionType: 'place', side: 'buy', orderType: 'market', quantity: 1, isHidden: true }],
      'action 0: isHidden: is for limit orders',
    ],
    [
      'half a share',
      [{ ...orderActions.buy(1, 100), quantity: 0.5 }],
      'action 0: quantity: Invalid input: expected int, received number',
    ],
    ['no quantity', [orderActions.buy(0, 100)], 'action 0: quantity: Too small: expected number to be >0'],
    ['a change of an order that is not there', [orderActions.cancel(77)], 'there is no open order 77'],
    ['an action of no kind', [{ actionType: 'dance' }], 'action 0: actionType: '],
    ['no list', 'buy', 'the answer is no list of actions'],
    [
      'too many at once',
      Array.from({ length: 101 }, () => orderActions.cancelAll()),
      'more than 100 actions at once: 1 are not carried out',
    ],
  ])('%s', (_, actions, reason) => {
    const { updates, trader } = aDay({ 1: () => actions });

    expect(updates).toHaveLength(1);
    expect(updates[0]!.status).toBe('request_refused');
    expect(updates[0]!.reason).toContain(reason);
    expect(trader.invalidActions).toBe(1);
  });

  test('the good actions beside a bad one are carried out', () => {
    const { updates } = aDay({
      1: () => [orderActions.buy(1, 100), { actionType: 'dance' }, orderActions.buy(1, 101)],
    });

    expect(updates.map(({ status }) => status)).toEqual(['request_refused', 'accepted', 'accepted']);
  });
});

describe('code of somebody else', () => {
  test.each<[string, string, Partial<Strategy>]>([
    ['initialize', '00:00:00', { initialize: fails }],
    ['onTick', '00:01:40', { onTick: fails }],
    ['onMarketData', '00:01:40.501000000', { onMarketData: fails }],
    ['onSimulationEnd', '00:01:52', { onSimulationEnd: fails }],
  ])('that throws in %s ends the day, with its place and time', (name, time, own) => {
    const day = (): unknown => aDay({}, [buys(OPEN + SECOND / 2, 10, 9_990)], own);

    expect(day).toThrow(StrategyError);
    expect(day).toThrow(`The strategy threw in ${name} at ${time}: boom`);
  });

  test.each([
    ['a getter that throws', () => [Object.defineProperty({}, 'actionType', { get: fails })]],
    ['a proxy that throws', () => [new Proxy({}, { get: fails, ownKeys: fails })]],
    ['a list that throws', () => new Proxy([], { get: fails })],
  ])('that answers with %s is refused', (_, answer) => {
    const { updates, trader } = aDay({ 1: answer, 2: () => [orderActions.buy(1, 100)] });

    expect(updates.map(({ status }) => status)).toEqual(['request_refused', 'accepted']);
    expect(updates[0]!.reason).toContain('boom');
    expect(trader.invalidActions).toBe(1);
  });

  test('cannot change what it is given', () => {
    const spoil = (value: object): boolean =>
      Reflect.set(value, 0, 'spoilt') || Reflect.set(value, 'length', 0);
    const spoilt: boolean[] = [];
    const { states } = aDay(
      {
        2: ({ bidDepth }) => {
          spoilt.push(spoil(bidDepth), spoil(bidDepth[0]!));
          return [];
        },
      },
      [buys(OPEN + SECOND / 2, 10, 9_990)],
      { initialize: (agent) => void spoilt.push(Reflect.set(agent, 'marketOpenNs', 0)) },
    );

    expect(spoilt).toEqual([false, false, false]);
    expect(states('end')[0]!.bidDepth).toEqual([[9_990, 10]]);
  });

  test('that answers each of its updates is stopped after a thousand requests in a second', () => {
    let updates = 0;
    let sent = 0;
    const reasons = new Set<string | null>();
    const endless: Partial<Strategy> = {
      onTick: ({ timestampNs }) => (timestampNs === OPEN + SECOND ? [orderActions.buy(1, 100)] : []),
      onOrderUpdate: ({ status, orderId, reason }) => {
        updates += 1;
        reasons.add(reason);
        if (status !== 'accepted') return [];
        sent += 2;
        return [orderActions.cancel(orderId), orderActions.buy(1, 100), orderActions.buy(1, 100)];
      },
    };
    const { trader } = aDay({}, [], endless);

    expect(sent).toBeLessThan(30_000);
    expect(updates).toBeGreaterThan(1000);
    expect(trader.invalidActions).toBeGreaterThan(0);
    expect([...reasons].join()).toContain(
      'more than 1000 requests in one second: 3 actions are not carried out',
    );
  });
});

test('the end is the last that it hears, and an order of the last moment is answered before', () => {
  const late: Partial<Strategy> = {
    onTick: ({ timestampNs }) => (timestampNs === CLOSE ? [orderActions.buy(1, 9_980)] : []),
  };
  const { calls } = aDay({}, [], late);

  expect(calls.slice(-2).map(({ call }) => call)).toEqual(['update', 'end']);
});

test('its own account agrees with the ledger of the exchange, fees included', () => {
  const { trader, exchange } = aDay(
    { 1: () => [orderActions.buy(5, 10_010), orderActions.buy(5, 9_980)] },
    [sells(OPEN, 10, 10_010), [OPEN + 3 * SECOND, message.MARKET_ORDER, 1001, SELL, 5]],
    {},
    { makerFee: -20, takerFee: 30 },
  );

  expect(trader.portfolio.inventory).toBe(exchange.shares[STRATEGY]);
  expect(exchange.fees[STRATEGY]).toBe(5 * 30 - 5 * 20);
  expect(trader.portfolio.cashCents).toBe(
    exchange.cashCents[STRATEGY]! - Math.round((5 * 30 - 5 * 20) / 100),
  );
});
