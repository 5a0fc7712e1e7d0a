import { autocorrelation, excessKurtosis } from '../descriptive-statistics.ts';
import { RandomKey } from '../random.ts';
import { measure } from './recorded-metrics.ts';
import { BUY, SELL } from './order.ts';
import { presetConfig } from './presets.ts';
import { Recording } from './recording.ts';
import { parseClockTime } from './session-time.ts';
import { simulate } from './simulate.ts';
import { computeStylisedFacts } from './stylised-facts.ts';

const SECOND = 1e9;
const MINUTE = 60 * SECOND;
const OPEN = 9.5 * 3600 * SECOND;
const DAY = 390 * MINUTE;
const key = RandomKey.of('stylised facts');
const normals = (name: string, count: number): number[] =>
  Array.from({ length: count }, (_, i) => key.at(name, i).normal());

type Quote = readonly [seconds: number, bid: number, ask: number];
type Trade = readonly [seconds: number, quantity: number, takerSide: number, taker?: number];

function factsOf(quotes: readonly Quote[], trades: readonly Trade[] = [], lengthNs = DAY) {
  const recording = new Recording('quant');
  for (const [seconds, bid, ask] of quotes) recording.quotes.push(OPEN + seconds * SECOND, bid, 10, ask, 10);
  for (const [seconds, quantity, side, taker = 2] of trades)
    recording.trades.push(OPEN + seconds * SECOND, 100, quantity, side, 1, taker);
  return computeStylisedFacts(recording.quotes, recording.trades, OPEN, OPEN + lengthNs);
}

/** A mid at the open and after each minute's return; prices so large that cents are no matter. */
function quotesOf(returns: readonly number[]): Quote[] {
  let mid = 1e7;
  const mids = [mid, ...returns.map((value) => (mid *= Math.exp(value)))];
  return mids.map((at, minute) => [minute * 60, Math.round(at) - 1, Math.round(at) + 1]);
}

test('of a day on which nothing happened nothing is known, and nothing is 0 but what was counted', () => {
  const facts = factsOf([]);

  const { twoSidedShare, trades, fills, ...rest } = facts;
  expect([twoSidedShare, trades, fills]).toEqual([0, 0, 0]);
  expect(new Set(Object.values(rest))).toEqual(new Set([null]));
});

test('a price that never moves has no correlation, no kurtosis, no tail, and no deviation but 0', () => {
  const facts = factsOf([[0, 99, 101]]);

  expect(facts).toMatchObject({
    excessKurtosis1Minute: null,
    returnAcf1: null,
    largestReturnAcf2To10: null,
    absoluteReturnAcf1: null,
    volumeVolatility: null,
    returnVolatility: null,
    hillIndex: null,
    spreadSkewness: null,
    minuteVolatilityBps: 0,
    meanSpreadCents: 2,
    twoSidedShare: 1,
  });
});

test('no fact of a real day, however short, is NaN', () => {
  for (const close of ['09:31', '09:35', '10:20']) {
    const config = { ...presetConfig('rmsc04')!, close };
    const { quotes, trades } = simulate(config, 1, { profile: 'quant' }).recording!;
    const facts = computeStylisedFacts(quotes, trades, OPEN, parseClockTime(close));

    expect(Object.values(facts).filter((value) => value !== null && !Number.isFinite(value))).toEqual([]);
  }
});

describe('returns', () => {
  test('have the kurtosis of their sample at each interval, beginning at the open', () => {
    const returns = normals('kurtosis', 390).map((x) => 1e-3 * x * x * x);
    const facts = factsOf(quotesOf(returns));
    const summed = (minutes: number) =>
      Array.from({ length: 390 / minutes }, (_, i) =>
        returns.slice(i * minutes, (i + 1) * minutes).reduce((sum, x) => sum + x, 0),
      );

    expect(facts.excessKurtosis1Minute).toBeCloseTo(excessKurtosis(returns)!, 2);
    expect(facts.excessKurtosis5Minutes).toBeCloseTo(excessKurtosis(summed(5))!, 2);
    expect(facts.excessKurtosis10Minutes).toBeCloseTo(excessKurtosis(summed(10))!, 2);
  });

  test('have the memory that was planted', () => {
    let last = 0;
    const returns = normals('memory', 390).map((shock) => (last = -0.4 * last + 1e-3 * shock));
    const { returnAcf1, largestReturnAcf2To10, absoluteReturnAcf5 } = factsOf(quotesOf(returns));
    const others = [2, 3, 4, 5, 6, 7, 8, 9, 10].map((lag) => Math.abs(autocorrelation(returns, lag)!));

    expect(Math.abs(returnAcf1! + 0.4)).toBeLessThan(0.1);
    expect(returnAcf1).toBeCloseTo(autocorrelation(returns, 1)!, 3);
    expect(largestReturnAcf2To10).toBeCloseTo(Math.max(...others), 3);
    expect(absoluteReturnAcf5).toBeCloseTo(autocorrelation(returns.map(Math.abs), 5)!, 3);
  });

  test('cluster when calm and wild hours follow each other', () => {
    const returns = normals('cluster', 389).map((x, i) => x * (Math.floor(i / 60) % 2 === 0 ? 1e-4 : 1e-3));
    const { absoluteReturnAcf1, absoluteReturnAcf10, returnAcf1 } = factsOf(quotesOf(returns));

    expect(absoluteReturnAcf1).toBeGreaterThan(0.3);
    expect(absoluteReturnAcf10).toBeGreaterThan(0.1);
    expect(Math.abs(returnAcf1!)).toBeLessThan(0.15);
  });

  test('have the tail of a Pareto distribution', () => {
    const indices = Array.from({ length: 200 }, (_, day) => {
      const returns = Array.from({ length: 389 }, (_, i) => {
        const size = 1e-5 * key.at('tail', day, i).uniform() ** (-1 / 3);
        return i % 2 === 0 ? size : -size;
      });
      return factsOf(quotesOf(returns)).hillIndex!;
    });

    const mean = indices.reduce((sum, index) => sum + index, 0) / indices.length;
    // Of k values the estimator is too large by k ÷ (k − 1).
    expect(Math.abs(mean - (3 * 19) / 18)).toBeLessThan(0.2);
  });

  test('fall before large moves: leverage is below 0, and above 0 the other way round', () => {
    let before = 1;
    const returns = normals('leverage', 389).map(
      (x) => (before = Math.abs(x) * (before < 0 ? 3 : 1) * Math.sign(x)),
    );
    const scaled = returns.map((x) => 1e-4 * Math.max(-20, Math.min(20, x)));

    expect(factsOf(quotesOf(scaled)).returnVolatility).toBeLessThan(-0.2);
    expect(factsOf(quotesOf(scaled.map((x) => -x))).returnVolatility).toBeGreaterThan(0.2);
  });

  test('are not made up where a side is missing, nor paired across it', () => {
    // No ask in every third minute: one return of three is known, and none is beside another.
    const holes = quotesOf(normals('holes', 389).map((x) => 1e-3 * x)).map(([at, bid, ask], i): Quote => [
      at,
      bid,
      i % 3 === 2 ? 0 : ask,
    ]);
    const facts = factsOf(holes);

    expect(facts.returnAcf1).toBeNull();
    expect(facts.returnVolatility).toBeNull();
    expect(facts.minuteVolatilityBps).toBeCloseTo(10, -1);
    expect(facts.twoSidedShare).toBeCloseTo(2 / 3, 12);
  });

  test('are too few under thirty', () => {
    const returns = normals('few', 30).map((x) => 1e-3 * x);

    expect(factsOf(quotesOf(returns), [], 29 * MINUTE).excessKurtosis1Minute).toBeNull();
    expect(factsOf(quotesOf(returns), [], 30 * MINUTE).excessKurtosis1Minute).not.toBeNull();
  });

  test('deviate as the measures of a day say', () => {
    const quotes = quotesOf(normals('deviation', 389).map((x) => 1e-3 * x));
    const recording = new Recording('quant');
    for (const [seconds, bid, ask] of quotes)
      recording.quotes.push(OPEN + seconds * SECOND, bid, 10, ask, 10);
    const { minuteVolatilityBps } = measure(recording.quotes, recording.trades, OPEN, OPEN + DAY).metrics();

    expect(factsOf(quotes).minuteVolatilityBps).toBe(minuteVolatilityBps);
  });
});

describe('volume', () => {
  const returns = normals('volume', 389).map((x) => 1e-3 * x);
  const tradesOf = (volume: (minute: number) => number, seconds: number): Trade[] =>
    returns.map((_, minute) => [minute * 60 + seconds, volume(minute), BUY]);
  const like = (minute: number) => Math.round(1e6 * Math.abs(returns[minute]!));

  test.each([1, 30, 60])(
    'as large as the move of the same minute goes with it, %s s into the minute',
    (seconds) => {
      expect(factsOf(quotesOf(returns), tradesOf(like, seconds)).volumeVolatility).toBeGreaterThan(0.999);
    },
  );

  test('as large as the move of the minute before does not', () => {
    const late = tradesOf((minute) => like(Math.max(0, minute - 1)), 30);

    expect(Math.abs(factsOf(quotesOf(returns), late).volumeVolatility!)).toBeLessThan(0.2);
  });

  test('that comes at both ends of the day is a U', () => {
    const third = (minute: number) => [300, 100, 200][Math.floor(minute / 130)]!;
    const trades = tradesOf(third, 30);

    // The last third has 129 trades of 200 here: one minute has none.
    expect(factsOf([], trades).outerToMiddleVolume).toBeCloseTo(
      (130 * 300 + 129 * 200) / 2 / (130 * 100),
      12,
    );
    expect(
      factsOf(
        [],
        tradesOf(() => 7, 30),
      ).outerToMiddleVolume,
    ).toBeCloseTo(1, 2);
  });

  test('has no shape with nothing in the middle, or under thirty orders', () => {
    expect(factsOf([], tradesOf(() => 1, 30).slice(0, 130)).outerToMiddleVolume).toBeNull();
    expect(
      factsOf(
        [],
        tradesOf(() => 1, 30).filter((_, i) => i % 15 === 0),
      ).outerToMiddleVolume,
    ).toBeNull();
  });

  test('outside of the session does not count', () => {
    const facts = factsOf(
      [],
      [
        [-1, 5, BUY],
        [1, 7, BUY],
        [390 * 60 + 1, 9, BUY],
      ],
    );

    expect([facts.trades, facts.fills, facts.medianTradeSize]).toEqual([1, 1, 7]);
  });
});

describe('orders that traded', () => {
  test('are one for all fills at a time of one taker on one side', () => {
    const facts = factsOf(
      [],
      [
        [1, 10, BUY, 2],
        [1, 20, BUY, 2],
        [1, 5, SELL, 2],
        [1, 7, SELL, 3],
        [2, 8, SELL, 3],
      ],
    );

    expect(facts).toMatchObject({ trades: 4, fills: 5, medianTradeSize: 7.5, medianFillSize: 8 });
  });

  /** Each sign is that before it with a probability that gives this correlation. */
  function markov(correlation: number, count: number): Trade[] {
    let side: number = BUY;
    return Array.from({ length: count }, (_, i) => {
      if (key.at('markov', i).uniform() > (1 + correlation) / 2) side = side === BUY ? SELL : BUY;
      return [1 + i, 10, side];
    });
  }

  test.each([-0.3, 0, 0.3])('have the memory of signs that was planted: %s', (correlation) => {
    expect(Math.abs(factsOf([], markov(correlation, 20_000)).signAcf1! - correlation)).toBeLessThan(0.025);
  });

  test('do not have memory because they sweep', () => {
    const swept = markov(0, 20_000).flatMap((trade) => [trade, trade, trade]);

    expect(factsOf([], swept)).toMatchObject({ trades: 20_000, fills: 60_000, medianTradeSize: 30 });
    expect(factsOf([], swept).signAcf1).toBe(factsOf([], markov(0, 20_000)).signAcf1);
  });

  test('without memory have an exponent of 0.5; under 1,000 of them it is not known, nor when all have one sign', () => {
    expect(Math.abs(factsOf([], markov(0, 20_000)).signHurst! - 0.5)).toBeLessThan(0.03);
    expect(factsOf([], markov(0, 999)).signHurst).toBeNull();
    expect(factsOf([], markov(1, 2000))).toMatchObject({ signHurst: null, signAcf1: null });
  });
});

describe('the spread', () => {
  // 10 s with a bid alone, 30 s with a spread of 2, 60 s with a spread of 10.
  const quotes: Quote[] = [
    [0, 99, 0],
    [10, 99, 101],
    [40, 95, 105],
  ];

  test('counts as long as it lasts', () => {
    const facts = factsOf(quotes, [], 100 * SECOND);

    expect(facts).toMatchObject({ medianSpreadCents: 10, p99SpreadCents: 10, twoSidedShare: 0.9 });
    expect(facts.meanSpreadCents).toBeCloseTo((2 * 30 + 10 * 60) / 90, 12);
    // A coin with 2 in 3: (1 − 2p) ÷ √(p(1 − p)).
    expect(facts.spreadSkewness).toBeCloseTo(-Math.SQRT1_2, 12);
  });

  test('is the same when a quote is told in more rows', () => {
    const more: Quote[] = [quotes[0]!, quotes[1]!, [20, 99, 101], quotes[2]!];
    const { spreadSkewness, ...facts } = factsOf(more, [], 100 * SECOND);

    expect(factsOf(quotes, [], 100 * SECOND)).toMatchObject(facts);
    expect(spreadSkewness).toBeCloseTo(-Math.SQRT1_2, 12);
  });
});
