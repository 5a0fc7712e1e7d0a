import { BUY, SELL } from './order.ts';
import { presetConfig } from './presets.ts';
import { Recording } from './recording.ts';
import { Market } from './simulate.ts';
import { quoteBothSides } from './strategies/quote-both-sides.ts';
import { computeTraderMetrics } from './trader-metrics.ts';

const SECOND = 1e9;
const OPEN = 9 * 3600 * SECOND;
const CLOSE = OPEN + 3600 * SECOND;
const ME = 3;
const OTHER = 4;

type Quote = readonly [seconds: number, bid: number, ask: number];
type Trade = readonly [
  seconds: number,
  price: number,
  quantity: number,
  takerSide: number,
  maker: number,
  taker: number,
];

function metricsOf(quotes: readonly Quote[], trades: readonly Trade[], fees = { makerFee: 0, takerFee: 0 }) {
  const recorder = new Recording('quant');
  for (const [seconds, bid, ask] of quotes) recorder.quotes.push(OPEN + seconds * SECOND, bid, 10, ask, 10);
  for (const [seconds, ...columns] of trades) recorder.trades.push(OPEN + seconds * SECOND, ...columns);
  const account = { participant: ME, startingCashCents: 10_000, orders: 6, ...fees };
  return computeTraderMetrics(recorder.quotes, recorder.trades, account, OPEN, CLOSE);
}

const FLAT: Quote[] = [[0, 99, 101]];

test('of a participant that did not trade nothing is known but its zeros', () => {
  expect(metricsOf(FLAT, [[1, 100, 5, BUY, OTHER, OTHER]])).toMatchObject({
    fills: 0,
    volume: 0,
    makerShare: null,
    pnlCents: 0,
    realizedCents: 0,
    unrealizedCents: 0,
    feesCents: 0,
    finalInventory: 0,
    mostInventory: 0,
    inventoryDeviation: 0,
    maxDrawdownCents: 0,
    sharpe: null,
    turnover: 0,
    buyVwapCents: null,
    sellVwapCents: null,
    slippageBps: null,
    adverseSelectionCents: { 1: null, 10: null, 60: null },
  });
});

test('profit is what was earned and what is not yet, after fees', () => {
  const metrics = metricsOf(
    FLAT,
    [
      [1, 101, 10, BUY, OTHER, ME],
      [2, 103, 4, BUY, ME, OTHER],
    ],
    { makerFee: -50, takerFee: 100 },
  );

  // Bought 10 at 101, sold 4 at 103; fees 10 × 1 − 4 × 0.5 cents.
  expect(metrics).toMatchObject({
    realizedCents: 8 - 8,
    unrealizedCents: -6,
    feesCents: 8,
    pnlCents: 8 - 8 - 6,
  });
  expect(metrics).toMatchObject({
    makerShare: 4 / 14,
    finalInventory: 6,
    mostInventory: 10,
    turnover: (1010 + 412) / 10_000,
  });
  expect(metrics).toMatchObject({ buyVwapCents: 101, sellVwapCents: 103 });
});

test('orders are compared with fills, and its volume with the market’s', () => {
  const metrics = metricsOf(FLAT, [
    [1, 101, 10, BUY, OTHER, ME],
    [2, 103, 5, BUY, ME, OTHER],
    [3, 103, 45, BUY, OTHER, OTHER],
  ]);

  expect(metrics).toMatchObject({ orders: 6, orderToTrade: 3, participation: 0.25 });
  expect(metricsOf(FLAT, [])).toMatchObject({ orderToTrade: null, participation: null, hitRate: null });
});

test('shares without any price have no value: it is unknown', () => {
  expect(metricsOf([], [[1, 101, 10, BUY, OTHER, ME]])).toMatchObject({
    pnlCents: null,
    unrealizedCents: null,
    slippageBps: null,
  });
});

test('trading with oneself moves nothing', () => {
  expect(metricsOf(FLAT, [[1, 100, 5, BUY, ME, ME]])).toMatchObject({
    fills: 2,
    volume: 10,
    finalInventory: 0,
    pnlCents: 0,
  });
});

test('slippage is the distance from the mid before, of what was taken, by shares', () => {
  const metrics = metricsOf(
    [
      [0, 99, 101],
      [5, 109, 111],
    ],
    [
      [5, 101, 30, BUY, OTHER, ME],
      [6, 109, 10, SELL, OTHER, ME],
      [7, 150, 99, BUY, ME, OTHER],
    ],
  );

  // 1 of 100 at the first, whose trade moved the quote; 1 of 110 at the second.
  expect(metrics.slippageBps).toBeCloseTo((100 * 30 + (1 / 110) * 1e4 * 10) / 40, 9);
});

test('adverse selection is how far the mid moved against what was given', () => {
  const metrics = metricsOf(
    [
      [0, 99, 101],
      [10.5, 97, 99],
      [15, 95, 97],
    ],
    [[10, 99, 10, SELL, ME, OTHER]],
  );

  expect(metrics.adverseSelectionCents).toEqual({ 1: 2, 10: 4, 60: 4 });
});

test('a horizon beyond the close is not known', () => {
  expect(metricsOf(FLAT, [[3595, 99, 10, SELL, ME, OTHER]]).adverseSelectionCents).toEqual({
    1: 0,
    10: null,
    60: null,
  });
});

test('inventory is measured over time', () => {
  const metrics = metricsOf(FLAT, [
    [900, 100, 10, BUY, OTHER, ME],
    [1800, 100, 10, SELL, OTHER, ME],
  ]);

  // Ten shares for a quarter of the session.
  expect(metrics.inventoryDeviation).toBeCloseTo(10 * Math.sqrt(0.25 * 0.75), 9);
});

describe('a holding of ten shares', () => {
  const rising = Array.from({ length: 60 }, (_, minute): Quote => {
    const mid = 100 + minute + (minute % 2);
    return [minute * 60 + 1, mid - 1, mid + 1];
  });
  const bought: Trade[] = [[2, 101, 10, BUY, OTHER, ME]];

  test('has a Sharpe ratio of its changes from minute to minute', () => {
    const metrics = metricsOf(rising, bought);
    // Bought a cent above the mid; then 59 minutes, of which every other one brings two cents for each share.
    const changes = [-10, ...Array.from({ length: 59 }, (_, i) => (i % 2 === 0 ? 20 : 0))];
    const mean = changes.reduce((sum, change) => sum + change, 0) / 60;
    const variance = changes.reduce((sum, change) => sum + (change - mean) ** 2, 0) / 59;

    expect(metrics.sharpe).toBeCloseTo((mean / Math.sqrt(variance)) * Math.sqrt(252 * 60), 9);
  });

  test('has measures of its gains and losses', () => {
    // A cent up and two down, in turns: 30 minutes of each.
    const swinging: Quote[] = Array.from({ length: 60 }, (_, minute) => {
      const mid = 1000 + (minute % 2) - Math.floor(minute / 2);
      return [minute * 60 + 1, mid - 1, mid + 1];
    });
    const metrics = metricsOf(swinging, [[2, 1001, 10, BUY, OTHER, ME]]);
    const changes = [-10, ...Array.from({ length: 59 }, (_, i) => (i % 2 === 0 ? 10 : -20))];
    const mean = changes.reduce((sum, change) => sum + change, 0) / 60;
    const squares = changes.reduce((sum, change) => sum + Math.min(0, change) ** 2, 0);

    expect(metrics.hitRate).toBe(0.5);
    expect(metrics.profitFactor).toBeCloseTo(300 / (10 + 29 * 20), 12);
    // The three worst of sixty.
    expect(metrics.shortfallCents).toBe(20);
    expect(metrics.sortino).toBeCloseTo((mean / Math.sqrt(squares / 60)) * Math.sqrt(252 * 60), 9);
  });

  test('has a drawdown from its peak, not from its start', () => {
    const falling: Quote[] = [...rising, [3599, 99, 101]];

    // The highest mid on a full minute is 158, the last one 100.
    expect(metricsOf(falling, bought).maxDrawdownCents).toBe(10 * 58);
  });

  test('has none under thirty returns', () => {
    expect(
      metricsOf(
        FLAT.map(([, bid, ask]): Quote => [2000, bid, ask]),
        bought,
      ).sharpe,
    ).toBeNull();
  });
});

test('of a strategy agrees with its own account', () => {
  const config = { ...presetConfig('rmsc04')!, close: '10:00', fees: { maker: -20, taker: 30 } };
  const strategy = quoteBothSides({ quantity: 10, mostInventory: 50 });
  const market = new Market(config, 1, { strategy }).run();
  const metrics = market.result().strategy!;
  const { portfolio, trader } = market.strategist!;

  expect(metrics.fills).toBeGreaterThan(20);
  expect(metrics.finalInventory).toBe(portfolio.inventory);
  expect(metrics.realizedCents).toBe(portfolio.realizedCents);
  expect(metrics.feesCents).toBe(market.exchange.fees[trader]! / 100);
});
