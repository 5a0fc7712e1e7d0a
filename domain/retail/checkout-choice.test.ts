import { aCartLine, aDay, aTrip, aUsable } from '../../tests/builders.ts';
import type { ContextInput } from '../../tests/builders.ts';
import { RandomKey } from '../random.ts';
import { NO_SHIPPING, priceCart } from './cart.ts';
import { checkoutDecision, linesToDrop } from './checkout-choice.ts';
import type { Persona } from './persona.ts';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('a cart over budget', () => {
  const cart = range(10).map((i) => aCartLine({ lineNumber: i + 1, sku: `s${i}`, unitPriceCents: 5_000 }));
  const dropped = (persona: Partial<Persona>, given: ContextInput = {}) =>
    linesToDrop(aTrip({ ...given, persona: { weeklyBudgetCents: 60_00, ...persona } }), cart);

  test('within the budget nothing is put back', () => {
    expect(dropped({ weeklyBudgetCents: 1_000_00 })).toEqual([]);
  });

  test('the price-sensitive put back until it fits, the last chosen first', () => {
    // 3 × 60.00 buy three lines of 50.00.
    expect(dropped({ priceSensitivity: 1 })).toEqual([10, 9, 8, 7, 6, 5, 4]);
  });

  test('others put back fewer', () => {
    const mostly = range(40).map(
      (i) => dropped({ priceSensitivity: 0 }, { key: RandomKey.of('1').at(i) }).length,
    );
    expect(mean(mostly)).toBeLessThan(5);
  });

  test('one line stays, however dear', () => {
    expect(dropped({ priceSensitivity: 1, weeklyBudgetCents: 1 })).toHaveLength(9);
  });

  test('what was spent in the week counts', () => {
    const { household } = aDay();
    const spent = { ...household, weekStartDay: 0, weekSpendCents: 150_00 };
    expect(dropped({ priceSensitivity: 1 }, { household: spent })).toHaveLength(9);
  });
});

describe('the decision to buy', () => {
  const decision = (given: ContextInput = {}, wanted: ReturnType<typeof aUsable>[] = [], quantity = 4) =>
    checkoutDecision(aTrip(given), priceCart([aCartLine({ quantity })], wanted, NO_SHIPPING));

  test.each([
    ['in_store', 0.98],
    ['online', 0.426],
  ] as const)('of an average shopper %s is yes with probability %d', (channel, expected) => {
    expect(decision({ channel }).probability).toBeCloseTo(expected, 2);
  });

  test('is more likely with a saving, as far as the shopper cares for coupons', () => {
    const gain = (couponAffinity: number) =>
      decision({ persona: { couponAffinity } }, [aUsable({ percentOff: 30 })]).probability -
      decision({ persona: { couponAffinity } }).probability;
    expect([gain(0), gain(1) > gain(0.5), gain(0.5) > 0]).toEqual([0, true, true]);
  });

  test('is less likely over budget, as far as the shopper minds prices', () => {
    const loss = (priceSensitivity: number) => {
      const persona = { priceSensitivity, weeklyBudgetCents: 5_00 };
      return decision({ persona }, [], 1).probability - decision({ persona }, [], 40).probability;
    };
    expect([loss(0), loss(1) > loss(0.5), loss(0.5) > 0]).toEqual([0, true, true]);
  });

  test('is more likely for the impulsive', () => {
    expect(decision({ persona: { impulsivity: 1 } }).probability).toBeGreaterThan(
      decision({ persona: { impulsivity: 0 } }).probability,
    );
  });

  test('records the terms that made its probability', () => {
    const { terms, probability } = decision({ channel: 'online' }, [aUsable({ percentOff: 30 })]);
    const total = Object.values(terms).reduce((a, b) => a + b, 0);
    expect(1 / (1 + Math.exp(-total))).toBeCloseTo(probability, 12);
  });
});
