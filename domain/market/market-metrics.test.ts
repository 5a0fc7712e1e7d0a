import { measure } from './recorded-metrics.ts';
import { BUY, SELL } from './order.ts';
import { Recording } from './recording.ts';

const SECOND = 1e9;
const MINUTE = 60 * SECOND;
const OPEN = 9 * 3600 * SECOND;
const CLOSE = OPEN + 100 * SECOND;

type Quote = readonly [seconds: number, bid: number, bidQuantity: number, ask: number, askQuantity: number];
type Trade = readonly [seconds: number, price: number, quantity: number, side: number];

function metricsOf(quotes: readonly Quote[], trades: readonly Trade[] = [], closeNs = CLOSE) {
  const recorder = new Recording('quant');
  for (const [seconds, ...columns] of quotes) recorder.quotes.push(OPEN + seconds * SECOND, ...columns);
  for (const [seconds, price, quantity, side] of trades)
    recorder.trades.push(OPEN + seconds * SECOND, price, quantity, side, 1, 2);
  return measure(recorder.quotes, recorder.trades, OPEN, closeNs).metrics();
}

test('of a day on which nothing happened nothing is known, and nothing is 0 but what was counted', () => {
  expect(metricsOf([])).toEqual({
    fills: 0,
    volume: 0,
    vwapCents: null,
    twoSidedShare: 0,
    meanSpreadCents: null,
    medianSpreadCents: null,
    meanSpreadBps: null,
    meanBidQuantity: null,
    meanAskQuantity: null,
    meanImbalance: null,
    imbalanceDeviation: null,
    minuteVolatilityBps: null,
    annualVolatility: null,
    effectiveSpreadCents: null,
    vpin: null,
    resilienceSeconds: null,
  });
});

describe('means are over time', () => {
  // 10 s with a bid alone, 30 s with a spread of 2, 60 s with a spread of 10.
  const quotes: Quote[] = [
    [0, 99, 5, 0, 0],
    [10, 99, 10, 101, 30],
    [40, 95, 30, 105, 10],
  ];
  const metrics = metricsOf(quotes);

  test('spreads, over the time with both sides', () => {
    expect(metrics.twoSidedShare).toBeCloseTo(0.9, 12);
    expect(metrics.meanSpreadCents).toBeCloseTo((2 * 30 + 10 * 60) / 90, 12);
    expect(metrics.medianSpreadCents).toBe(10);
    expect(metrics.meanSpreadBps).toBeCloseTo((200 * 30 + 1000 * 60) / 90, 9);
  });

  test('quantities at the touch, over the time in which there are any', () => {
    expect(metrics.meanBidQuantity).toBeCloseTo((5 * 10 + 10 * 30 + 30 * 60) / 100, 12);
    expect(metrics.meanAskQuantity).toBeCloseTo((30 * 30 + 10 * 60) / 90, 12);
  });

  test('the lean of the touch to one side', () => {
    expect(metrics.meanImbalance).toBeCloseTo((-0.5 * 30 + 0.5 * 60) / 90, 12);
    expect(metrics.imbalanceDeviation).toBeCloseTo(Math.sqrt((1 / 3) * (2 / 3)), 12);
  });

  test('are the same when a quote is told in more rows', () => {
    const more: Quote[] = [quotes[0]!, quotes[1]!, [20, 99, 10, 101, 30], [30, 99, 10, 101, 30], quotes[2]!];

    expect(metricsOf(more)).toEqual(metrics);
  });

  test('quotes before the open and after the close count nothing', () => {
    const around: Quote[] = [[-50, 99, 5, 0, 0], ...quotes.slice(1), [200, 1, 1, 1000, 1]];

    expect(metricsOf(around)).toEqual(metrics);
  });
});

describe('volatility', () => {
  const alternating = (minutes: number): Quote[] =>
    Array.from({ length: minutes }, (_, i) => [
      i * 60,
      i % 2 === 0 ? 9_990 : 10_000,
      1,
      i % 2 === 0 ? 10_010 : 10_020,
      1,
    ]);

  test('is that of returns from minute to minute', () => {
    const { minuteVolatilityBps, annualVolatility } = metricsOf(alternating(61), [], OPEN + 60 * MINUTE);
    const step = Math.log(10_010 / 10_000);

    expect(minuteVolatilityBps! / (step * 1e4)).toBeCloseTo(Math.sqrt(60 / 59), 6);
    expect(annualVolatility! / ((minuteVolatilityBps! / 1e4) * Math.sqrt(252 * 60))).toBeCloseTo(1, 9);
  });

  test('is unknown under thirty returns', () => {
    expect(metricsOf(alternating(30), [], OPEN + 29 * MINUTE).minuteVolatilityBps).toBeNull();
  });

  test('is not filled up where there was no mid', () => {
    // One side is missing at every other minute: no return is known.
    const holes = alternating(61).map(([at, bid, b, ask, a], i): Quote => [
      at,
      bid,
      b,
      i % 2 === 0 ? 0 : ask,
      a,
    ]);

    expect(metricsOf(holes, [], OPEN + 60 * MINUTE).minuteVolatilityBps).toBeNull();
  });
});

describe('trades', () => {
  test('have a mean price by volume', () => {
    const { fills, volume, vwapCents } = metricsOf(
      [],
      [
        [1, 100, 30, BUY],
        [2, 110, 10, SELL],
      ],
    );

    expect([fills, volume, vwapCents]).toEqual([2, 40, 102.5]);
  });

  test('are compared with the mid before them, not with the one they made', () => {
    const quotes: Quote[] = [
      [0, 98, 1, 102, 1],
      [5, 98, 1, 110, 1],
    ];

    expect(metricsOf(quotes, [[5, 102, 1, BUY]]).effectiveSpreadCents).toBe(4);
    expect(metricsOf(quotes, [[0, 102, 1, BUY]]).effectiveSpreadCents).toBeNull();
  });
});

describe('VPIN', () => {
  const trades = (
    sides: (i: number) => number,
    quantity: (i: number) => number = () => 10,
    count = 100,
  ): Trade[] => Array.from({ length: count }, (_, i) => [i / 2, 100, quantity(i), sides(i)]);

  test('is 1 when all is bought, and 0 when each bucket is bought and sold alike', () => {
    expect(
      metricsOf(
        [],
        trades(() => BUY),
      ).vpin,
    ).toBeCloseTo(1, 9);
    expect(
      metricsOf(
        [],
        trades((i) => (i % 2 === 0 ? BUY : SELL)),
      ).vpin,
    ).toBeCloseTo(0, 9);
  });

  test('counts every share once: a fill that is larger than a bucket is cut', () => {
    // 99 sales of 1 share, then one purchase of 4,901: buckets of 100 shares, of which the first holds 99 and 1.
    const large = trades(
      (i) => (i === 99 ? BUY : SELL),
      (i) => (i === 99 ? 4901 : 1),
    );

    expect(metricsOf([], large).vpin).toBeCloseTo((98 + 49 * 100) / 5000, 9);
  });

  test('is unknown under twenty fills', () => {
    expect(
      metricsOf(
        [],
        trades(
          () => BUY,
          () => 10,
          19,
        ),
      ).vpin,
    ).toBeNull();
  });
});

describe('resilience', () => {
  test('is the time that a wide spread takes to come back', () => {
    // A spread of 2, but 20 for a second at 50 s and for two at 80 s: mean 2.54, σ 3.1.
    const quotes: Quote[] = [
      [0, 99, 1, 101, 1],
      [50, 90, 1, 110, 1],
      [51, 99, 1, 101, 1],
      [80, 90, 1, 110, 1],
      [82, 99, 1, 101, 1],
    ];

    expect(metricsOf(quotes).resilienceSeconds).toBe(1.5);
  });

  test('is unknown when the spread was never wide', () => {
    expect(metricsOf([[0, 99, 1, 101, 1]]).resilienceSeconds).toBeNull();
  });
});
