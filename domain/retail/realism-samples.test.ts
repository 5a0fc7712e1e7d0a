import fc from 'fast-check';
import { RandomKey } from '../random.ts';
import { factsOf } from './realism-facts.ts';
import type { ObservedBasket, ObservedHousehold, ObservedLine } from './realism-facts.ts';
import { distancesOf, kolmogorovSmirnov, noiseFloors, quantilesOf, samplesOf } from './realism-samples.ts';

const aLine = (given: Partial<ObservedLine> = {}): ObservedLine => ({
  product: 'milk-1',
  category: 'Milk',
  brand: 'Alder',
  quantity: 1,
  isPromoted: false,
  hasCoupon: false,
  ...given,
});
const aBasket = (day: number, lines: ObservedLine[] = [aLine()]): ObservedBasket => ({
  day,
  weekday: day % 7,
  hour: 17,
  valueCents: 250 * lines.length,
  lines,
});
const aHousehold = (
  baskets: ObservedBasket[],
  given: Partial<ObservedHousehold> = {},
): ObservedHousehold => ({
  id: 'h',
  knownFrom: 0,
  baskets,
  deals: [],
  cartDays: baskets.map(({ day }) => day),
  ...given,
});
const facts = (household: ObservedHousehold, from = 0, to = 200) => factsOf(household, { from, to });

describe('what a household did', () => {
  test('counts days, gaps and baskets inside the window alone', () => {
    const household = aHousehold([2, 10, 10, 14, 21].map((day) => aBasket(day)));
    const found = facts(household, 7, 21);
    expect([found.days, found.shopDays, found.gaps, found.linesPerBasket]).toEqual([14, 2, [4], [1, 1, 1]]);
  });

  test('a repeat is the chance that lines drawn from the last and from this basket are of one brand', () => {
    const alder = aLine();
    const birch = aLine({ brand: 'Birch' });
    const bread = aLine({ category: 'Bread', brand: 'Birch' });
    const household = aHousehold([
      aBasket(1, [alder, bread]),
      aBasket(2, [alder, birch]),
      aBasket(3, [alder]),
    ]);
    const { repeats, sameBrandRepeats } = facts(household);
    // Day 2: a half of its milk is Alder; day 3: a half of the milk before was. Bread was bought once.
    expect([repeats, sameBrandRepeats]).toEqual([2, 1]);
  });

  test('what was bought before the window is remembered and not counted', () => {
    const { repeats, sameBrandRepeats } = facts(aHousehold([aBasket(1), aBasket(8)]), 7);
    expect([repeats, sameBrandRepeats]).toEqual([1, 1]);
  });

  test('a prior buyer bought a covered product in the 90 days before the coupon was dealt', () => {
    const dealt = [91, 92, 190].map((day) => ({ day, covers: () => true, isRedeemed: day === 91 }));
    const { priorBuyer, otherBuyer } = facts(aHousehold([aBasket(1), aBasket(150)], { deals: dealt }));
    expect([priorBuyer, otherBuyer]).toEqual([
      { dealt: 2, redeemed: 1 },
      { dealt: 1, redeemed: 0 },
    ]);
  });

  test('a coupon counts only where the 90 days before it are known', () => {
    const deals = [{ day: 89, covers: () => true, isRedeemed: true }];
    expect(facts(aHousehold([aBasket(80)], { deals })).priorBuyer.dealt).toBe(0);
  });
});

describe('distances', () => {
  const someValues = fc
    .array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 40 })
    .map((values) => values.sort((a, b) => a - b));

  test('the Kolmogorov-Smirnov distance is the largest difference of the distribution functions', () => {
    fc.assert(
      fc.property(someValues, someValues, (a, b) => {
        const below = (values: number[], limit: number) =>
          values.filter((value) => value <= limit).length / values.length;
        const largest = Math.max(
          ...Array.from({ length: 21 }, (_, x) => Math.abs(below(a, x) - below(b, x))),
        );
        expect(kolmogorovSmirnov(a, b)).toBeCloseTo(largest, 12);
      }),
    );
  });

  test('quantiles stand for a sample up to half of their step', () => {
    const values = Array.from({ length: 5_000 }, (_, i) => i * i);
    expect(kolmogorovSmirnov(values, quantilesOf(values, 200))!).toBeLessThanOrEqual(0.5 / 200 + 1e-9);
  });

  test('of a set from itself are 0, and nothing is known where nothing was seen', () => {
    const set = samplesOf([facts(aHousehold([aBasket(1), aBasket(3)]))]);
    const distances = distancesOf(set, set);
    expect([distances.gaps, distances.linesPerBasket, distances.hour, distances.completion]).toEqual([
      0, 0, 0, 0,
    ]);
    expect([distances.priorBuyerRatio, kolmogorovSmirnov([], [1])]).toEqual([null, null]);
  });

  test('chance puts fewer households further off', () => {
    const households = Array.from({ length: 200 }, (_, i) =>
      facts(aHousehold(Array.from({ length: 1 + (i % 40) }, (_, n) => aBasket(2 * n)))),
    );
    const floor = (count: number) => noiseFloors(households, count, RandomKey.of('floor')).shopDays!;
    expect(floor(20).median).toBeGreaterThan(1.5 * floor(100).median);
    expect(floor(20).p95).toBeGreaterThan(floor(20).median);
  });
});
