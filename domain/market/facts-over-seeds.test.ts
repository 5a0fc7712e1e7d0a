import { summariseFacts } from './facts-over-seeds.ts';
import { Recording } from './recording.ts';
import { computeStylisedFacts } from './stylised-facts.ts';
import type { StylisedFacts } from './stylised-facts.ts';

const { quotes, trades } = new Recording('quant');
const empty = computeStylisedFacts(quotes, trades, 0, 60e9);
const aDay = (facts: Partial<StylisedFacts>): StylisedFacts => ({ ...empty, ...facts });

test('of few days the range is from the least to the largest', () => {
  const { range, facts } = summariseFacts([5, 1, 3].map((fills) => aDay({ fills })));

  expect(range).toBe('least_to_largest');
  expect(facts.fills).toEqual({ median: 3, low: 1, high: 5, days: 3 });
});

test('from twenty days on it is from 5 % to 95 %', () => {
  const { range, facts } = summariseFacts(Array.from({ length: 21 }, (_, fills) => aDay({ fills })));

  expect(range).toBe('percentiles_5_to_95');
  expect(facts.fills).toEqual({ median: 10, low: 1, high: 19, days: 21 });
});

test('days on which a fact is not known do not count for it', () => {
  const days = [0.2, null, 0.4].map((returnAcf1) => aDay({ returnAcf1 }));
  const { facts } = summariseFacts(days);

  expect(facts.returnAcf1).toMatchObject({ low: 0.2, high: 0.4, days: 2 });
  expect(facts.signHurst).toEqual({ median: null, low: null, high: null, days: 0 });
});
