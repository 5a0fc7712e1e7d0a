import { MarketConfig } from '../market/market-config.ts';
import { presetConfig } from '../market/presets.ts';
import { simulate } from '../market/simulate.ts';
import { randomTrader } from '../market/strategies/random-trader.ts';
import { REFERENCE_STRATEGIES } from '../market/strategies/reference-strategies.ts';
import { turnoverMatched } from './turnover-matched.ts';

const MARKET = MarketConfig.parse({ ...presetConfig('rmsc04'), close: '10:00' });

function day(strategy: ReturnType<typeof randomTrader>) {
  return simulate(MARKET, 1, { strategy }).strategy!;
}

test('hand-computed', () => {
  // 100 shares traded in 8 fills, 60 bought and 40 sold: 8 orders of 13 shares, of which 5 buy.
  expect(turnoverMatched({ fills: 8, volume: 100, finalInventory: 20, mostInventory: 30 }, 'luck')).toEqual({
    seed: 'luck',
    orders: 8,
    quantity: 13,
    buys: 5,
    mostInventory: 30,
  });
});

test('who did not trade has no luck', () => {
  expect(turnoverMatched({ fills: 0, volume: 0, finalInventory: 0, mostInventory: 0 }, 'luck')).toBeNull();
});

describe.each(Object.entries(REFERENCE_STRATEGIES))('of %s', (_, { create }) => {
  const own = day(create());
  const options = turnoverMatched(own, 'luck')!;
  const luck = day(randomTrader(options));

  test('luck trades as much, and holds hardly more', () => {
    expect(luck.invalidActions).toBe(0);
    expect(luck.orders).toBe(options.orders);
    expect(Math.abs(luck.volume / own.volume - 1)).toBeLessThan(0.1);
    // Its last orders may all be of one side.
    expect(luck.mostInventory).toBeLessThanOrEqual(options.mostInventory + options.quantity);
    expect(Math.abs(luck.finalInventory - own.finalInventory)).toBeLessThanOrEqual(2 * options.quantity);
  });

  test('luck is the same for the same seed, and another one for another', () => {
    expect(day(randomTrader(options))).toEqual(luck);
    expect(day(randomTrader({ ...options, seed: 'other' })).pnlCents).not.toBe(luck.pnlCents);
  });
});
