import { presetConfig } from '../market/presets.ts';
import { parseMarketConfig } from '../market/market-config.ts';
import type { MarketConfig } from '../market/market-config.ts';
import { simulate } from '../market/simulate.ts';
import { quoteBothSides } from '../market/strategies/quote-both-sides.ts';
import { orderActions } from '../market/strategy.ts';
import type { OrderAction, Strategy } from '../market/strategy.ts';
import { PNL_PARTS } from './pnl-anatomy.ts';
import { labRun } from './run.ts';
import type { RunMeasure } from './run.ts';

function aMarket(strategy: object = {}, given: object = {}): MarketConfig {
  const config = presetConfig('rmsc04')!;
  return parseMarketConfig({
    ...config,
    close: '09:40',
    fees: { maker: -20, taker: 30 },
    ...given,
    strategy: { ...config.strategy, ...strategy },
  });
}

/** Does the same at each tick of these numbers, from 0. */
function atTicks(ticks: Readonly<Record<number, OrderAction>>): Strategy {
  let tick = -1;
  return {
    initialize: () => undefined,
    onTick: () => {
      tick += 1;
      const action = ticks[tick];
      return action === undefined ? [] : [action];
    },
    onMarketData: () => [],
    onOrderUpdate: () => [],
    onSimulationEnd: () => undefined,
  };
}

const gainOf = (values: Readonly<Partial<Record<RunMeasure, number | null>>>): number =>
  PNL_PARTS.reduce((sum, part) => sum + values[`${part}Cents`]!, 0);

describe('a run', () => {
  const config = aMarket();
  const maker = () => quoteBothSides({ quantity: 10, mostInventory: 200 });
  const { values, digest, ended, byCounterparty } = labRun(config, 1, maker());

  test('is the same day as any other way of running it', () => {
    expect(ended).toEqual({ type: 'ok' });
    expect(digest).toBe(simulate(config, 1, { strategy: maker() }).digest);
    expect(labRun(config, 1, maker())).toEqual({ seed: 1, ended, digest, values, byCounterparty });
  });

  test('has a gain that is the account of the exchange, to a cent of rounding', () => {
    const { strategy } = simulate(config, 1, { strategy: maker() });
    expect(values!.fills).toBeGreaterThan(20);
    expect(Math.abs(values!.markedPnlCents! - strategy!.pnlCents!)).toBeLessThanOrEqual(1);
  });

  test('has parts that sum to the gain, and so do the counterparties', () => {
    expect(gainOf(values!)).toBeCloseTo(values!.pnlCents!, 6);
    const paid = Object.values(byCounterparty).reduce((sum, gained) => sum + gained, 0);
    expect(paid).toBeCloseTo(values!.pnlCents! - values!.liquidationCents! - values!.benchmarkCents!, 6);
  });

  test('without a strategy has measures of the market alone', () => {
    const absent = labRun(config, 1, null);
    expect(absent.digest).toBe(simulate(config, 1).digest);
    expect([absent.values!.pnlCents, absent.values!.fills]).toEqual([null, null]);
    expect(absent.values!.marketSpreadCents).toBeGreaterThan(0);
  });

  test('of a strategy that does nothing gains nothing and changes nothing', () => {
    const { digest, values } = labRun(config, 1, atTicks({}));
    expect(digest).toBe(labRun(config, 1, null).digest);
    expect(values).toMatchObject({ pnlCents: 0, markedPnlCents: 0, carriedShares: 0, pnlPerCapital: null });
  });

  test('sells what it holds at the close into the bids, and pays the fee for it', () => {
    const bought = labRun(config, 1, atTicks({ 120: orderActions.buyNow(50) })).values!;
    expect(bought).toMatchObject({
      carriedShares: 50,
      fills: expect.any(Number) as number,
      sharesBeyondBook: 0,
    });
    // At least half a cent below the mid, and 0.3 cents of fee, a share.
    expect(bought.liquidationCents).toBeLessThanOrEqual(-50 * 0.8);
    expect(bought.pnlCents).toBeCloseTo(bought.markedPnlCents! + bought.liquidationCents!, 9);
  });

  test('does not sell to its own orders', () => {
    const own = atTicks({ 120: orderActions.buyNow(50), 590: orderActions.buy(40, 1_000_000) });
    const low = atTicks({ 120: orderActions.buyNow(50), 590: orderActions.buy(40, 1) });
    expect(labRun(config, 1, low).values!.liquidationCents).toBe(
      labRun(config, 1, atTicks({ 120: orderActions.buyNow(50) })).values!.liquidationCents,
    );
    // It crosses and is filled: more is carried, and none of it is sold to itself.
    expect(labRun(config, 1, own).values!.carriedShares).toBe(90);
  });

  test('that throws has failed, with what it said', () => {
    const thrower: Strategy = {
      ...atTicks({}),
      onTick: () => {
        throw new Error('no idea');
      },
    };
    expect(labRun(config, 1, thrower)).toMatchObject({
      ended: { type: 'failed', reason: 'threw', message: expect.stringContaining('no idea') as string },
      digest: null,
      values: null,
    });
  });

  test('that throws does not get out of what it has lost', () => {
    const buyer = (): Strategy => atTicks({ 120: orderActions.buyNow(50) });
    const thrower: Strategy = {
      ...buyer(),
      onSimulationEnd: () => {
        throw new Error('rather not');
      },
    };
    const { ended } = labRun(config, 1, thrower);
    const { pnlCents, shortfallBps } = labRun(config, 1, buyer()).values!;
    expect(pnlCents).toBeLessThan(0);
    expect(ended).toMatchObject({ type: 'failed', account: { pnlCents, shortfallBps } });
  });

  test('that throws in the middle of the day has what it held sold at once', () => {
    const buyNow = orderActions.buyNow(50);
    const thrower: Strategy = {
      ...atTicks({ 120: buyNow }),
      onOrderUpdate: ({ status }) => {
        if (status === 'filled') throw new Error('that was dear');
        return [];
      },
    };
    const { ended } = labRun(config, 1, thrower);
    // Half a cent and the fee of 0.3 cents at least, there and back.
    expect((ended as { account: { pnlCents: number } }).account.pnlCents).toBeLessThanOrEqual(-50 * 1.6);
  });
});

describe('a run of somebody who is to buy', () => {
  const config = aMarket({ targetInventory: 50 });

  test('is told so, and has no shortfall left to buy when it did', () => {
    let told = 0;
    const buyer = atTicks({ 120: orderActions.buyNow(50) });
    const { values } = labRun(config, 1, {
      ...buyer,
      initialize: ({ targetInventory }) => {
        told = targetInventory;
      },
    });
    expect(told).toBe(50);
    expect(values).toMatchObject({ carriedShares: 0, liquidationCents: 0 });
    expect(gainOf(values!)).toBeCloseTo(values!.pnlCents!, 6);
  });

  test('buys all of it at the close when it did nothing', () => {
    const { values } = labRun(config, 1, atTicks({}));
    expect(values).toMatchObject({ carriedShares: -50, fills: 0 });
    expect(values!.liquidationCents).toBeLessThan(0);
    expect(values!.shortfallBps! * values!.pnlCents!).toBeLessThan(0);
    expect(gainOf(values!)).toBeCloseTo(values!.pnlCents!, 6);
  });
});
