import { MarketConfig } from '../market/market-config.ts';
import { BUY } from '../market/order.ts';
import { NS_PER_MINUTE, formatClockTime, parseClockTime } from '../market/session-time.ts';
import { simulate } from '../market/simulate.ts';
import type { MarketState, OrderAction, Strategy } from '../market/strategy.ts';
import { orderActions } from '../market/strategy.ts';
import { RandomKey } from '../random.ts';
import { HELD_OUT_NUISANCES, NUISANCES, SCENARIOS, SCENARIO_NAMES, scenarioConfig } from './scenario.ts';
import { seedsOf } from './sealed-seeds.ts';

/** The first minutes of a day, from the same configuration. */
function shortened(config: MarketConfig, minutes: number): MarketConfig {
  return { ...config, close: formatClockTime(parseClockTime(config.open) + minutes * NS_PER_MINUTE) };
}

const SEEDS = Array.from({ length: 100 }, (_, seed) => seed + 1);

describe.each(SCENARIO_NAMES)('%s', (name) => {
  const configs = SEEDS.map((seed) => scenarioConfig(name, seed));

  test('is the same for the same seed, and goes out and comes in as JSON', () => {
    expect(scenarioConfig(name, 7)).toEqual(scenarioConfig(name, 7));
    expect(MarketConfig.parse(JSON.parse(JSON.stringify(configs[0])))).toEqual(configs[0]);
  });

  test('varies within its bounds, and uses all of them', () => {
    const [lowest, highest] = NUISANCES.openingPriceCents;
    const prices = configs.map(({ openingPriceCents }) => openingPriceCents);
    const starts = configs.map(({ open }) => parseClockTime(open) / 60e9 - 570);

    expect(Math.min(...prices)).toBeGreaterThanOrEqual(lowest);
    expect(Math.min(...prices)).toBeLessThan(lowest + 500);
    expect(Math.max(...prices)).toBeLessThanOrEqual(highest);
    expect(Math.max(...prices)).toBeGreaterThan(highest - 500);
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(-30);
    expect(Math.min(...starts)).toBeLessThan(-25);
    expect(Math.max(...starts)).toBeLessThanOrEqual(30);
    expect(Math.max(...starts)).toBeGreaterThan(25);
    for (const { open, close } of configs)
      expect(parseClockTime(close) - parseClockTime(open)).toBe(6.5 * 3600e9);
  });

  test('has as many traders, who come as often, as the bounds allow', () => {
    for (const [n, config] of configs.slice(0, 20).entries()) {
      const plain = MarketConfig.parse(SCENARIOS[name].make(config.openingPriceCents));
      for (const [i, group] of config.traders.entries()) {
        const before = plain.traders[i]!;
        expect(Math.abs(group.count - before.count)).toBeLessThanOrEqual(0.2 * before.count + 0.5);
        if (!('meanIntervalSeconds' in group) || !('meanIntervalSeconds' in before)) continue;
        const factor = before.meanIntervalSeconds / group.meanIntervalSeconds;
        expect(factor).toBeGreaterThanOrEqual(0.7);
        expect(factor).toBeLessThanOrEqual(1.3);
        if (n > 0) expect(group.meanIntervalSeconds).not.toBe(before.meanIntervalSeconds);
      }
    }
  });

  test('is a market in which there is something to trade with', () => {
    const config = configs[2]!;
    const { metrics } = simulate(shortened(config, 10), 3);

    expect(metrics.twoSidedShare).toBeGreaterThan(0.95);
    expect(config.strategy.latencyNs).toBeGreaterThan(0);
    if (name !== 'no_edge') expect(config.fees.taker).toBeGreaterThan(0);
  });
});

test('equal seeds have the same price and start in every scenario', () => {
  const levels = SCENARIO_NAMES.map((name) => {
    const { openingPriceCents, open } = scenarioConfig(name, 5);
    return `${openingPriceCents} ${open}`;
  });

  expect(new Set(levels).size).toBe(1);
});

describe('of a seed that is held back', () => {
  const seedsOfPurpose = (purpose: 'sealed' | 'sealed_parameters' | 'sealed_mechanism', count: number) =>
    seedsOf({ purpose, number: 1 }, count);

  test.each(SCENARIO_NAMES)(
    'with other parameters, %s is beyond what all other seeds have, on either side',
    (name) => {
      const prices = seedsOfPurpose('sealed_parameters', 40).map(
        (seed) => scenarioConfig(name, seed).openingPriceCents,
      );
      const [below, above] = HELD_OUT_NUISANCES.openingPriceCents;
      const isWithin = (price: number, [low, high]: readonly [number, number]) =>
        price >= low && price <= high;

      expect(prices.every((price) => isWithin(price, below) || isWithin(price, above))).toBe(true);
      expect(prices.some((price) => isWithin(price, below))).toBe(true);
      expect(prices.some((price) => isWithin(price, above))).toBe(true);
      const known = seedsOfPurpose('sealed', 40).map((seed) => scenarioConfig(name, seed).openingPriceCents);
      expect(known.every((price) => isWithin(price, NUISANCES.openingPriceCents))).toBe(true);
    },
  );

  test.each(SCENARIO_NAMES.filter((name) => name !== 'no_edge'))(
    'with another mechanism, %s has neither adaptive makers nor the informed of all others, and can be traded in',
    (name) => {
      const [seed] = seedsOfPurpose('sealed_mechanism', 1);
      const config = scenarioConfig(name, seed!);
      const types = config.traders.map(({ type }) => type);

      expect(types).toEqual(expect.arrayContaining(['market_maker', 'value']));
      expect(types).not.toContain('adaptive_maker');
      expect(types).not.toContain('informed');
      const { metrics } = simulate(shortened(config, 35), seed!);
      expect(metrics.twoSidedShare).toBeGreaterThan(0.9);
      expect(metrics.volume).toBeGreaterThan(0);
      // The price follows the value: it moves.
      expect(metrics.minuteVolatilityBps).toBeGreaterThan(0.5);
    },
  );

  test('with another mechanism there is no no_edge: it works in one way only', () => {
    const [seed] = seedsOfPurpose('sealed_mechanism', 1);
    expect(() => scenarioConfig('no_edge', seed!)).toThrow(/works in one way only/);
  });
});

describe('in no_edge', () => {
  /** Does at random all that it may do: takes, rests at and beyond the touch, crosses, changes, replaces and cancels. */
  function anything(seed: string): Strategy {
    const key = RandomKey.of(seed);
    let n = 0;
    const act = ({ bestBid, bestAsk, openOrders }: MarketState): OrderAction[] => {
      if (bestBid === null || bestAsk === null) return [];
      const own = key.at((n += 1));
      const [what, size, where, which] = [0, 1, 2, 3].map((i) => own.uniformAt(i)) as [
        number,
        number,
        number,
        number,
      ];
      const quantity = 1 + Math.floor(100 * size);
      const price = bestBid + Math.floor(8 * where) - 3;
      const order = openOrders[Math.floor(which * openOrders.length)]?.orderId;
      if (what < 0.15) return [orderActions.buyNow(quantity)];
      if (what < 0.3) return [orderActions.sellNow(quantity)];
      if (what < 0.5) return [orderActions.buy(quantity, price)];
      if (what < 0.7) return [orderActions.sell(quantity, price)];
      if (order === undefined) return [];
      if (what < 0.8) return [orderActions.modify(order, quantity, price)];
      if (what < 0.9) return [orderActions.replace(order, quantity, price)];
      return [orderActions.cancel(order)];
    };
    return {
      initialize: () => undefined,
      onTick: act,
      onMarketData: act,
      onOrderUpdate: () => [],
      onSimulationEnd: () => undefined,
    };
  }

  const days = [1, 2].map((seed) => {
    const config = shortened(scenarioConfig('no_edge', seed), 60);
    const strategy = anything(`no edge ${seed}`);
    return { config, ...simulate(config, seed, { profile: 'quant', strategy }) };
  });

  test('every fill is half a tick beside the price that holds when its instant is over, and that is paid back', () => {
    for (const { config, recording } of days) {
      const { trades, quotes, participants } = recording!;
      const [times, prices] = [trades.column('timeNs'), trades.column('priceCents')];
      const [sides, makers] = [trades.column('takerSide'), trades.column('maker')];
      const [at, bids, asks] = [
        quotes.column('timeNs'),
        quotes.column('bidCents'),
        quotes.column('askCents'),
      ];
      const dealer = participants.findIndex(({ type }) => type === 'martingale_dealer');
      const wrong: string[] = [];
      let [row, rested] = [0, 0];
      for (let i = 0; i < trades.rows; i++) {
        while (row + 1 < quotes.rows && at[row + 1]! <= times[i]!) row += 1;
        const hasRested = makers[i] !== dealer;
        if (hasRested) rested += 1;
        const isStrategyBuying = (sides[i] === BUY) !== hasRested;
        const fair = isStrategyBuying ? asks[row] : bids[row];
        if (prices[i] !== fair || asks[row]! - bids[row]! !== 1) wrong.push(`fill ${i} at ${times[i]}`);
      }

      expect(wrong).toEqual([]);
      expect(rested).toBeGreaterThan(30);
      expect(trades.rows - rested).toBeGreaterThan(300);
      expect([config.fees.maker, config.fees.taker]).toEqual([-50, -50]);
    }
  });

  test('nobody trades with itself, which would be paid back twice', () => {
    for (const { recording } of days) {
      const [makers, takers] = [recording!.trades.column('maker'), recording!.trades.column('taker')];
      expect(makers.every((maker, i) => maker !== takers[i])).toBe(true);
    }
  });

  test('the price goes up as often as down, whatever it did before', () => {
    const steps: number[] = [];
    for (const seed of SEEDS.slice(0, 8)) {
      const bids = simulate(scenarioConfig('no_edge', seed), seed, {
        profile: 'quant',
      }).recording!.quotes.column('bidCents');
      for (let i = 2; i < bids.length; i++) if (bids[i] !== bids[i - 1]) steps.push(bids[i]! - bids[i - 1]!);
    }
    const again = steps.filter((step, i) => i > 0 && step === steps[i - 1]).length / (steps.length - 1);
    const up = steps.filter((step) => step > 0).length / steps.length;
    const deviation = 0.5 / Math.sqrt(steps.length);

    expect(new Set(steps)).toEqual(new Set([1, -1]));
    expect(Math.abs(up - 0.5)).toBeLessThan(4 * deviation);
    expect(Math.abs(again - 0.5)).toBeLessThan(4 * deviation);
  });
});
