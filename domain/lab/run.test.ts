import { MarketConfig } from '../market/market-config.ts';
import { presetConfig } from '../market/presets.ts';
import { orderActions } from '../market/strategy.ts';
import type { Strategy } from '../market/strategy.ts';
import { labRun } from './run.ts';

const config = MarketConfig.parse({
  ...presetConfig('rmsc04'),
  close: '09:40',
  fees: { maker: -20, taker: 30 },
});

const idle: Strategy = {
  initialize: () => undefined,
  onTick: () => [],
  onMarketData: () => [],
  onOrderUpdate: () => [],
  onSimulationEnd: () => undefined,
};

/** Buys once, at a given time after the open. */
function buyer(quantity: number): Strategy {
  let isDone = false;
  return {
    ...idle,
    onTick({ bestAsk }) {
      if (isDone || bestAsk === null) return [];
      isDone = true;
      return [orderActions.buyNow(quantity)];
    },
  };
}

test('a market without a strategy has a digest and no gain', () => {
  expect(labRun(config, 1, null)).toMatchObject({ ended: { type: 'ok' }, liquidatedPnlCents: null });
  expect(labRun(config, 1, null).digest).toMatch(/^[0-9a-f]{16}$/);
});

test('a strategy that does nothing gains nothing and changes nothing', () => {
  const { digest, ...run } = labRun(config, 1, idle);

  expect(digest).toBe(labRun(config, 1, null).digest);
  expect(run).toMatchObject({ liquidatedPnlCents: 0, markedPnlCents: 0, carriedShares: 0 });
});

test('what is held is sold into the book: half the spread and another fee below the mid', () => {
  const { liquidatedPnlCents, markedPnlCents, carriedShares, unsoldShares } = labRun(config, 1, buyer(10));

  expect([carriedShares, unsoldShares]).toEqual([10, 0]);
  expect(liquidatedPnlCents!).toBeLessThanOrEqual(markedPnlCents! - (10 * 30) / 100);
});

test('what the book does not take is told', () => {
  const greedy: Strategy = {
    ...idle,
    onTick: ({ bestAsk }) => (bestAsk === null ? [] : [orderActions.buyNow(5000)]),
  };
  const { carriedShares, unsoldShares } = labRun(config, 1, greedy);

  expect(unsoldShares).toBeGreaterThan(0);
  expect(unsoldShares).toBeLessThan(carriedShares);
});

test('a strategy that throws has failed, with where and why', () => {
  const run = labRun(config, 1, {
    ...idle,
    onTick: () => {
      throw new Error('no idea');
    },
  });

  expect(run.ended).toEqual({
    type: 'failed',
    reason: 'threw',
    message: 'The strategy threw in onTick at 09:30:00: no idea',
  });
  expect(run.liquidatedPnlCents).toBeNull();
});
