import fc from 'fast-check';
import { RandomKey } from '../random.ts';
import { systematicSample } from './sampling.ts';

const KEY = RandomKey.of('sampling');

test('a sample has its size and no item twice, whatever the probabilities', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 40 }),
      fc.nat(),
      (w, seed) => {
        const total = w.reduce((a, b) => a + b, 0);
        const count = Math.max(1, Math.floor(total / Math.max(...w)));
        const items = w.map((weight, i) => ({ name: `c${i}`, probability: (count * weight) / total }));
        const sample = systematicSample(items, count, KEY.at(seed));
        expect([sample.length, new Set(sample).size]).toEqual([count, count]);
      },
    ),
  );
});

test('each item is in the sample as often as its probability says', () => {
  const items = [0.9, 0.05, 0.5, 0.25, 1, 0.3].map((probability, i) => ({ name: `c${i}`, probability }));
  const rounds = 20_000;
  const drawn = new Map<string, number>();
  for (let round = 0; round < rounds; round++)
    for (const { name } of systematicSample(items, 3, KEY.at('rounds', round)))
      drawn.set(name, (drawn.get(name) ?? 0) + 1);
  for (const { name, probability } of items) {
    const deviation = Math.sqrt((probability * (1 - probability)) / rounds);
    expect(Math.abs((drawn.get(name) ?? 0) / rounds - probability)).toBeLessThanOrEqual(4 * deviation);
  }
});
