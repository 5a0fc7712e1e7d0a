// The fast market and the naive one (naive-market.ts), which shares only draws with it, have the same day.
import { MarketConfig } from '../domain/market/market-config.ts';
import type { MarketConfigInput } from '../domain/market/market-config.ts';
import { EVENT_STRIDE, FILLED } from '../domain/market/order-book.ts';
import { presetConfig } from '../domain/market/presets.ts';
import { simulate } from '../domain/market/simulate.ts';
import type { SimulateOptions } from '../domain/market/simulate.ts';
import { namedTraders, simulateNaively } from './naive-market.ts';
import type { Fill, NaiveRun, OrderEvent } from './naive-market.ts';

/** What no preset has: an exchange and answers that take time, and messages that overtake each other. */
const SLOW: Partial<MarketConfigInput> = {
  computationDelayNs: 100_000,
  exchangeDelayNs: 1000,
  pipelineDelayNs: 40_000,
  latency: { type: 'cubic' },
};

const GRID: Partial<MarketConfigInput> = { tickSizeCents: 4, lotSize: 10 };

describe.each<[name: string, seed: number, config: MarketConfig]>([
  ['rmsc04 until 10:30', 1, preset('rmsc04', '10:30')],
  ['rmsc04 until 10:30', 2, preset('rmsc04', '10:30')],
  ['rmsc04 until 10:30', 3, preset('rmsc04', '10:30')],
  ['rmsc04_poisson until 09:40', 1, preset('rmsc04_poisson', '09:40')],
  ['liquid_market until 11:00', 1, preset('liquid_market', '11:00')],
  ['thin_market until 11:00', 1, preset('thin_market', '11:00')],
  ['stress_test until 11:00', 1, preset('stress_test', '11:00')],
  ['rmsc03 until 09:40', 1, preset('rmsc03', '09:40')],
  ['rmsc04 with an execution until 11:00', 1, preset('rmsc04+with_execution', '11:00')],
  ['a slow market with jitter until 10:00', 1, preset('rmsc04', '10:00', SLOW)],
  ['traders that take no time until 10:00', 1, preset('rmsc04', '10:00', { computationDelayNs: 0 })],
  // Many messages of different traders at one instant.
  ['a market without latency until 10:00', 1, preset('rmsc04', '10:00', { latency: { type: 'none' } })],
  ['a market with ticks and lots until 10:00', 1, preset('rmsc04', '10:00', GRID)],
  ['an execution in lots until 10:30', 1, preset('rmsc04+with_execution', '10:30', { lotSize: 10 })],
  ['makers that lean against their inventory until 09:40', 1, leaning(preset('rmsc03', '09:40'))],
])('%s, seed %d', (_, seed, config) => {
  const [fast, naive] = [simulateFast(config, seed), simulateNaively(config, seed)];

  test('has the same fills, one after the other', () => {
    expect(naive.fillList.length).toBeGreaterThan(0);
    expect(fast.fillList).toEqual(naive.fillList);
  });

  test('does the same with every order', () => {
    expect(fast.events).toEqual(naive.events);
  });

  test('has as many messages, orders, cancels and trades', () => {
    expect(countsOf(fast)).toEqual(countsOf(naive));
  });
});

function preset(name: string, close: string, changes: Partial<MarketConfigInput> = {}): MarketConfig {
  return MarketConfig.parse({ ...presetConfig(name), close, ...changes });
}

function leaning(config: MarketConfig): MarketConfig {
  const traders = config.traders.map((group) =>
    group.type === 'market_maker' ? { ...group, inventorySkew: 0.001, priceSkewCents: 7 } : group,
  );
  return { ...config, traders };
}

function simulateFast(config: MarketConfig, seed: number): NaiveRun {
  const names = ['exchange', ...namedTraders(config).map(({ name }) => name)];
  const events: OrderEvent[] = [];
  const fillList: Fill[] = [];
  const options: SimulateOptions = {
    tape: {
      onEvents({ book, nowNs: timeNs, ownerOf, nthOf }) {
        const labelOf = (order: number): string => `${names[ownerOf.at(order)]}#${nthOf.at(order)}`;
        for (let at = 0; at < book.eventCount * EVENT_STRIDE; at += EVENT_STRIDE) {
          const [type, order, other, priceCents, quantity] = book.events.subarray(at, at + EVENT_STRIDE);
          const isFill = type === FILLED;
          events.push({
            timeNs,
            type: type!,
            order: labelOf(order!),
            other: isFill ? labelOf(other!) : other!,
            priceCents: priceCents!,
            quantity: quantity!,
          });
          const [maker, taker] = [names[ownerOf.at(order!)]!, names[ownerOf.at(other!)]!];
          if (isFill) fillList.push({ timeNs, maker, taker, priceCents: priceCents!, quantity: quantity! });
        }
      },
    },
  };
  return { ...simulate(config, seed, options), events, fillList };
}

/** All numbers of a run, without the lists. */
function countsOf(run: NaiveRun): Record<string, number | null> {
  const { messages, abidesMessages, orders, cancels, takers, fills, closingPriceCents } = run;
  return { messages, abidesMessages, orders, cancels, takers, fills, closingPriceCents };
}
