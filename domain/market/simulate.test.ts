import type { Tape } from './exchange.ts';
import { HeapQueue } from './event-queue.ts';
import { MarketConfig } from './market-config.ts';
import type { MarketConfigInput } from './market-config.ts';
import { EVENT_STRIDE, REJECTED } from './order-book.ts';
import { PRESET_NAMES, presetConfig } from './presets.ts';
import { parseClockTime } from './session-time.ts';
import { Market, simulate } from './simulate.ts';

/** An hour of rmsc04. */
const HOUR = preset('rmsc04', { close: '10:30' });
/** Never wakes up: its time is after the close. */
const IDLE: MarketConfigInput['traders'][number] = {
  type: 'noise',
  name: 'idle',
  count: 3,
  wake: { type: 'once', from: '18:00', until: '19:00' },
};

function preset(name: string, changes: Partial<MarketConfigInput> = {}): MarketConfig {
  return MarketConfig.parse({ ...presetConfig(name), ...changes });
}

describe('the same day', () => {
  const expected = simulate(HOUR, 1);

  test('comes out of the same configuration and seed', () => {
    expect(simulate(HOUR, 1)).toEqual(expected);
    expect(expected.orders).toBeGreaterThan(1000);
  });

  test('is another one with another seed', () => {
    expect(simulate(HOUR, 2).digest).not.toBe(expected.digest);
  });

  test('does not depend on the queue', () => {
    expect(simulate(HOUR, 1, { queue: (pool) => new HeapQueue(pool) })).toEqual(expected);
  });

  test('comes out of a configuration that went through JSON', () => {
    expect(simulate(MarketConfig.parse(JSON.parse(JSON.stringify(HOUR))), 1)).toEqual(expected);
  });

  test('comes out of two days that take turns in one thread', () => {
    const other = simulate(HOUR, 2);
    const days = [new Market(HOUR, 1), new Market(HOUR, 2)];
    for (let minute = 1; minute <= 60; minute++)
      for (const day of days) day.run(parseClockTime('09:30') + minute * 60e9);

    expect(days.map((day) => day.run().result())).toEqual([expected, other]);
  });

  test.each([0, 1, 2, 3, 4])('is not changed by traders that do nothing, at place %d', (place) => {
    const traders = HOUR.traders.toSpliced(
      place,
      0,
      MarketConfig.parse({ ...HOUR, traders: [IDLE] }).traders[0]!,
    );

    expect(simulate({ ...HOUR, traders }, 1)).toEqual(expected);
  });
});

describe('what has not happened yet', () => {
  const until = parseClockTime('10:15');
  const flat = (after: number): MarketConfig =>
    preset('rmsc04', {
      close: '10:30',
      fundamental: { type: 'series', times: ['09:00', '10:15'], valuesCents: [100_000, after] },
    });

  test('changes no order before', () => {
    const [calm, shocked] = [flat(100_000), flat(90_000)].map((config) => new Market(config, 1));

    expect(calm!.run(until - 1).result()).toEqual(shocked!.run(until - 1).result());
    expect(calm!.run().result().digest).not.toBe(shocked!.run().result().digest);
  });
});

describe('rmsc04 over a whole day, beside one published run of ABIDES', () => {
  // abides-jpmc-public f9cbe513, 09:30 to 16:00: kernel messages, orders, cancels, and orders that traded when they came.
  const ABIDES = { abidesMessages: 588_287, orders: 38_972, cancels: 18_303, takers: 15_145 };
  const days = Array.from({ length: 10 }, (_, seed) => simulate(preset('rmsc04'), seed));

  test.each(Object.entries(ABIDES))('has as many %s: %d, within 20 %%', (name, published) => {
    const counts = days.map((day) => day[name as keyof typeof ABIDES]).toSorted((a, b) => a - b);
    const median = (counts[4]! + counts[5]!) / 2;

    expect(median / published).toBeGreaterThan(0.8);
    expect(median / published).toBeLessThan(1.2);
  });
});

describe('rmsc04_poisson, beside one published run of its template in abides-hasufel', () => {
  // 5 and 30 minutes of abides-hasufel 5098145: kernel messages, and orders that traded when they came.
  test.each([
    ['09:35', 'abidesMessages', 21_483],
    ['10:00', 'abidesMessages', 128_106],
    ['10:00', 'takers', 15_588],
  ] as const)('until %s has as many %s: %d, within 20 %%', (close, name, published) => {
    const counts = [1, 2, 3, 4, 5]
      .map((seed) => simulate(preset('rmsc04_poisson', { close }), seed)[name])
      .toSorted((a, b) => a - b);

    expect(counts[2]! / published).toBeGreaterThan(0.8);
    expect(counts[2]! / published).toBeLessThan(1.2);
  });
});

describe.each(PRESET_NAMES)('%s', (name) => {
  test('is a market in which orders trade', () => {
    const day = simulate(preset(name, { close: '10:00' }), 1);

    expect(day.fills).toBeGreaterThan(0);
    expect(day.closingPriceCents).not.toBeNull();
  });

  test('trades near its fundamental for a whole day', () => {
    const { fundamental } = preset(name);
    const mean = fundamental.type === 'series' ? NaN : fundamental.meanCents;
    const farthest = [1, 2].map((seed) => {
      const { trades } = simulate(preset(name), seed, { profile: 'quant' }).recording!;
      const prices = trades.column('priceCents');
      return Array.from(prices).reduce((most, price) => Math.max(most, Math.abs(price / mean - 1)), 0);
    });

    // In two of them the fundamental itself jumps, by 3,000 or 5,000 cents at a time.
    expect(Math.max(...farthest)).toBeLessThan(0.3);
  });

  test('has no storm of messages in any of 20 seeds', () => {
    const counts = Array.from(
      { length: 20 },
      (_, seed) => simulate(preset(name, { close: '10:00' }), seed).messages,
    ).toSorted((a, b) => a - b);

    expect(counts.at(-1)! / counts[10]!).toBeLessThan(2);
  });
});

test.each(['rmsc04+with_execution', 'rmsc03'])('%s with ticks and lots has no order beside them', (name) => {
  let rejected = 0;
  const tape: Tape = {
    onEvents({ book }) {
      for (let at = 0; at < book.eventCount * EVENT_STRIDE; at += EVENT_STRIDE)
        if (book.events[at] === REJECTED) rejected += 1;
    },
  };
  const day = simulate(preset(name, { close: '10:30', tickSizeCents: 5, lotSize: 10 }), 1, { tape });

  expect(rejected).toBe(0);
  expect(day.fills).toBeGreaterThan(500);
  expect(Math.abs(day.closingPriceCents! / 100_000 - 1)).toBeLessThan(0.1);
});

describe('a day with auctions and halts', () => {
  const config = preset('realistic', {
    close: '10:30',
    auctions: { openingSeconds: 120, closingSeconds: 120 },
    halt: { bandBps: 10, haltSeconds: 30, referenceSeconds: 60 },
  });
  const day = simulate(config, 1, { profile: 'quant' });
  const { trades } = day.recording!;
  const times = Array.from(trades.column('timeNs'));

  test('trades at one price when an auction is over, and not before', () => {
    const openNs = parseClockTime('09:30');
    const closeNs = parseClockTime('10:30');
    const pricesAt = (at: number): Set<number> =>
      new Set(Array.from(trades.column('priceCents')).filter((_, i) => times[i] === at));

    expect(times[0]).toBe(openNs + 120e9);
    expect(pricesAt(openNs + 120e9).size).toBe(1);
    expect(times.filter((at) => at > closeNs - 120e9 && at < closeNs)).toEqual([]);
    expect(pricesAt(closeNs).size).toBe(1);
    expect(day.closingPriceCents).toBe([...pricesAt(closeNs)][0]);
  });

  test('is halted, goes on, and is the same again', () => {
    expect(day.halts).toBeGreaterThan(0);
    expect(day.fills).toBeGreaterThan(1000);
    expect(simulate(config, 1).digest).toBe(day.digest);
    expect(simulate(config, 1, { queue: (pool) => new HeapQueue(pool) }).digest).toBe(day.digest);
  });

  test('conserves shares', () => {
    expect(new Market(config, 1).run().exchange.shares.reduce((sum, shares) => sum + shares, 0)).toBe(0);
  });
});

test('conserves shares and cash over all participants', () => {
  const { exchange } = new Market(HOUR, 1).run();
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

  expect(sum(exchange.shares)).toBe(0);
  expect(sum(exchange.cashCents)).toBe(1116 * 10_000_000);
  expect(exchange.shares.some((shares) => shares !== 0)).toBe(true);
});
