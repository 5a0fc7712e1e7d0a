import { RandomKey } from '../random.ts';
import { Latency, LatencyModel } from './latency.ts';

const KEY = RandomKey.of('latency');
const some = (...names: string[]) => names.map((name) => ({ name, type: name.split('-')[0]! }));
/** Light from New York to Seattle. */
const LONGEST_NS = 12_897_790;

test('without a model messages arrive when they are sent', () => {
  expect(new Latency({ type: 'none' }, some('a-1'), KEY).of(0)).toBe(0);
});

test('a deterministic latency is light over a distance, the same for every message', () => {
  const names = some(...Array.from({ length: 500 }, (_, i) => `a-${i}`));
  const latency = new Latency({ type: 'deterministic' }, names, KEY);
  const all = names.map((_, trader) => latency.of(trader));

  expect(Math.max(...all)).toBeLessThanOrEqual(LONGEST_NS);
  expect(Math.max(...all)).toBeGreaterThan(0.99 * LONGEST_NS);
  expect(Math.min(...all)).toBeLessThan(0.01 * LONGEST_NS);
  expect(names.map((_, trader) => latency.of(trader))).toEqual(all);
});

test('a latency belongs to the name, wherever it stands', () => {
  const few = new Latency({ type: 'deterministic' }, some('a-1', 'b-1'), KEY);
  const more = new Latency({ type: 'deterministic' }, some('c-1', 'b-1', 'a-1'), KEY);

  expect([more.of(2), more.of(1)]).toEqual([few.of(0), few.of(1)]);
});

test('a cubic jitter is never below the deterministic latency, mostly small and seldom large', () => {
  const model = LatencyModel.parse({ type: 'cubic' });
  const base = new Latency({ type: 'deterministic' }, some('a-1'), KEY).of(0);
  const latency = new Latency(model, some('a-1'), KEY);
  const ratios = Array.from({ length: 10_000 }, () => latency.of(0) / base).toSorted((a, b) => a - b);

  // (a ÷ x³) ÷ unit with a = 0.5, unit = 10, x in (0.1, 1]: from 0.05 up to 50; half are below x = 0.55.
  expect(ratios[0]).toBeGreaterThanOrEqual(1.05 - 1e-6);
  expect(ratios[5000]).toBeCloseTo(1 + 0.05 / 0.55 ** 3, 1);
  expect(ratios.at(-1)).toBeLessThan(51);
  expect(ratios.at(-1)).toBeGreaterThan(20);
});

test('a jitter of one trader does not depend on how much another one sends', () => {
  const model = LatencyModel.parse({ type: 'cubic' });
  const [quiet, busy] = [1, 2].map(() => new Latency(model, some('a-1', 'b-1'), KEY));
  for (let i = 0; i < 5; i++) busy!.of(1);

  expect([busy!.of(0), busy!.of(0)]).toEqual([quiet!.of(0), quiet!.of(0)]);
});

test('bands give each type its own limits', () => {
  const model = LatencyModel.parse({ type: 'bands', default: [1000, 2000], byType: { fast: [5, 5] } });
  const latency = new Latency(model, some('fast-1', 'slow-1'), KEY);

  expect(latency.of(0)).toBe(5);
  expect(latency.of(1)).toBeGreaterThanOrEqual(1000);
  expect(latency.of(1)).toBeLessThanOrEqual(2000);
});

test('a type of traders can be disconnected', () => {
  const byType = { fast: 'disconnected' as const };
  const latency = new Latency({ type: 'bands', default: [7, 7], byType }, some('fast-1', 'slow-1'), KEY);

  expect([latency.of(0), latency.of(1)]).toEqual([-1, 7]);
});

test('messages with jitter do not overtake each other on their way', () => {
  const latency = new Latency(LatencyModel.parse({ type: 'cubic' }), some('a-1'), KEY);
  const arrivals = Array.from({ length: 1000 }, (_, i) => latency.arrival(0, 0, i * 1000));

  expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
  // Another way is not held up by what is late on this one.
  expect(latency.arrival(0, 1, 0)).toBeLessThan(arrivals.at(-1)!);
});
