import fc from 'fast-check';
import { aCatalogIndex, aDay, aPersona } from '../../tests/builders.ts';
import { RandomKey } from '../random.ts';
import { DEFAULT_CHOICE_PARAMETERS } from './choice-parameters.ts';
import {
  afterPurchase,
  afterVisit,
  brandShare,
  budgetWeek,
  householdProfile,
  unitsAtHome,
  visitRateOf,
} from './household.ts';
import type { HouseholdState } from './household.ts';
import { SHOPPING_FREQUENCIES } from './persona.ts';
import type { ShoppingFrequency } from './persona.ts';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const catalog = aCatalogIndex();
const { profile } = aDay({ catalog });
const empty: HouseholdState = { lastShopDay: null, weekStartDay: 0, weekSpendCents: 0, categories: {} };

const buy = (
  state: HouseholdState,
  day: number,
  brand: string,
  quantity = 1,
  spentCents = 200,
): HouseholdState =>
  afterPurchase(state, profile, day, [{ category: 'Milk', brand, quantity }], spentCents, 0.8);

const UNITS_PER_LINE = 1 + DEFAULT_CHOICE_PARAMETERS.extraUnits;

function profileOf(given: Parameters<typeof aPersona>[0], visitRate = 0.2) {
  const persona = aPersona({ visitRate, ...given });
  return householdProfile(persona, catalog, DEFAULT_CHOICE_PARAMETERS, 'in_store', RandomKey.of('1'));
}

describe('visit rates', () => {
  const keys = range(20_000).map((i) => RandomKey.of('1').at('agent', i));
  const meanRate = (shoppingFrequency: ShoppingFrequency): number => {
    const persona = aPersona({ shoppingFrequency });
    return mean(keys.map((key) => visitRateOf(persona, 'in_store', DEFAULT_CHOICE_PARAMETERS, key)));
  };

  // Class means of Beta(1, 6.07) between its quantiles 0, 0.165, 0.615, 0.875, 1, by numerical integration.
  test.each([
    ['frequent', 0.3905],
    ['regular', 0.2067],
    ['occasional', 0.0812],
    ['rare', 0.0143],
  ] as const)('of %s shoppers have the mean of their part of Beta(1, 6.07): %d', (frequency, expected) => {
    expect(Math.abs(meanRate(frequency) / expected - 1)).toBeLessThan(0.02);
  });

  // The panel's classes are by days observed, so they lie a little further apart than classes of propensities.
  test.each([
    ['frequent', 0.3905],
    ['regular', 0.2067],
    ['occasional', 0.0812],
    ['rare', 0.0143],
  ] as const)('of %s shoppers are near the shop days of the panel: %d', (frequency, expected) => {
    expect(Math.abs(meanRate(frequency) - expected)).toBeLessThan(0.03);
  });

  test('are ordered by class without overlap', () => {
    const bounds = SHOPPING_FREQUENCIES.map((frequency) => {
      const rates = keys
        .slice(0, 2_000)
        .map((key) =>
          visitRateOf(aPersona({ shoppingFrequency: frequency }), 'in_store', DEFAULT_CHOICE_PARAMETERS, key),
        );
      return [Math.min(...rates), Math.max(...rates)] as const;
    });
    expect(bounds.slice(1).every(([, most], i) => most <= bounds[i]![0])).toBe(true);
  });

  test('are as observed where they were observed', () => {
    expect(visitRateOf(aPersona({ visitRate: 0.123 }), 'in_store', DEFAULT_CHOICE_PARAMETERS, keys[0]!)).toBe(
      0.123,
    );
  });

  test('online count the visits that do not end in a purchase too', () => {
    expect(
      visitRateOf(aPersona({ visitRate: 0.1 }), 'online', DEFAULT_CHOICE_PARAMETERS, keys[0]!),
    ).toBeCloseTo(0.1 / 0.43, 12);
  });
});

describe('a household profile', () => {
  test('weighs the categories, and the weights sum to 1', () => {
    expect([...profile.categoryWeights.values()].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  test('weighs a preferred category 2.5 times as much', () => {
    const weights = profileOf({ preferredCategories: ['Soap'] }).categoryWeights;
    expect(weights.get('Soap')! / weights.get('Milk')!).toBeCloseTo(2.5, 12);
  });

  test('sizes trips so that the mean basket costs the average cart value at usual promotions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5_00, max: 300_00 }), (avgCartValueCents) => {
        const { stockUpShare, stockUpLines, fillInLines } = profileOf({ avgCartValueCents });
        const lines = stockUpShare * stockUpLines + (1 - stockUpShare) * fillInLines;
        const atRegularPrices = lines * catalog.meanLinePriceCents * UNITS_PER_LINE;
        const paid = atRegularPrices / DEFAULT_CHOICE_PARAMETERS.cartAtRegularPrices;
        expect(paid).toBeCloseTo(avgCartValueCents, 6);
      }),
    );
  });

  test('never makes stock-up trips smaller than fill-in trips, however small the baskets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300_00 }), (avgCartValueCents) => {
        const { stockUpLines, fillInLines } = profileOf({ avgCartValueCents });
        expect([fillInLines > 0, stockUpLines >= fillInLines * (1 - 1e-12)]).toEqual([true, true]);
      }),
    );
  });

  test('gives larger baskets more stock-up trips', () => {
    expect(profileOf({ avgCartValueCents: 60_00 }).stockUpShare).toBeGreaterThan(
      profileOf({ avgCartValueCents: 20_00 }).stockUpShare,
    );
  });

  test('consumes what it buys', () => {
    const { consumption, stockUpShare, stockUpLines, fillInLines } = profileOf({}, 0.2);
    const used = [...consumption.values()].reduce((a, b) => a + b, 0);
    const lines = stockUpShare * stockUpLines + (1 - stockUpShare) * fillInLines;
    const trips = 0.2 / (1 - DEFAULT_CHOICE_PARAMETERS.extraTrip);
    expect(used).toBeCloseTo(trips * lines * UNITS_PER_LINE, 9);
  });

  test('consumes in the long run what it buys, also online where most visits buy nothing', () => {
    const persona = aPersona({ visitRate: 0.1 });
    const total = (channel: 'in_store' | 'online'): number =>
      [
        ...householdProfile(
          persona,
          catalog,
          DEFAULT_CHOICE_PARAMETERS,
          channel,
          RandomKey.of('1'),
        ).consumption.values(),
      ].reduce((a, b) => a + b, 0);
    expect(total('online')).toBeCloseTo(total('in_store'), 12);
  });
});

describe('what is at home', () => {
  test('grows by what is bought', () => {
    expect(unitsAtHome(buy(empty, 3, 'Acme', 4), profile, 'Milk', 3)).toBe(4);
  });

  test('falls at the rate of consumption, and not below nothing', () => {
    const rate = profile.consumption.get('Milk')!;
    const stocked = buy(empty, 0, 'Acme', 4);
    expect([unitsAtHome(stocked, profile, 'Milk', 2), unitsAtHome(stocked, profile, 'Milk', 1_000)]).toEqual([
      4 - 2 * rate,
      0,
    ]);
  });

  test('is nothing for a category that the household does not know', () => {
    expect(unitsAtHome(empty, profile, 'Milk', 5)).toBe(0);
  });

  test('of other categories does not change with a purchase', () => {
    const before = aDay({ catalog }).household;
    const after = afterPurchase(
      before,
      profile,
      5,
      [{ category: 'Milk', brand: 'Acme', quantity: 1 }],
      200,
      0.8,
    );
    expect(unitsAtHome(after, profile, 'Soap', 9)).toBe(unitsAtHome(before, profile, 'Soap', 9));
  });
});

describe('brand shares', () => {
  test('grow with every purchase of the brand and tend to 1', () => {
    let household = empty;
    const shares = Array.from({ length: 30 }, (_, day) =>
      brandShare((household = buy(household, day, 'Acme')), 'Milk', 'Acme'),
    );
    expect([
      shares[0]!.toFixed(2),
      shares.every((share, i) => i === 0 || share > shares[i - 1]!),
      shares.at(-1)! > 0.99,
    ]).toEqual(['0.20', true, true]);
  });

  test('of the other brands fade, and are forgotten below a hundredth', () => {
    let household = buy(empty, 0, 'Bravo');
    for (let day = 1; day <= 20; day++) household = buy(household, day, 'Acme');
    expect(brandShare(household, 'Milk', 'Bravo')).toBe(0);
  });

  test('of a category never sum to more than 1', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('Acme', 'Bravo', 'Own'), { minLength: 1, maxLength: 60 }),
        (brands) => {
          const household = brands.reduce((state, brand, day) => buy(state, day, brand), empty);
          expect(
            Object.values(household.categories['Milk']!.brands).reduce((a, b) => a + b, 0),
          ).toBeLessThanOrEqual(1 + 1e-12);
        },
      ),
    );
  });
});

describe('the budget week', () => {
  test('adds up what is spent in it', () => {
    expect(budgetWeek(buy(buy(empty, 8, 'Acme', 1, 300), 13, 'Acme', 1, 500), 13)).toEqual({
      startDay: 7,
      spendCents: 800,
    });
  });

  test('starts with nothing spent', () => {
    expect(budgetWeek(buy(empty, 6, 'Acme', 1, 300), 7)).toEqual({ startDay: 7, spendCents: 0 });
  });
});

test('a visit is remembered whether or not anything was bought', () => {
  expect(afterVisit(empty, 12)).toEqual({ ...empty, lastShopDay: 12 });
});

test('a purchase leaves the household before it as it was', () => {
  const before = aDay({ catalog }).household;
  const copy = structuredClone(before);
  buy(before, 3, 'Acme');
  expect(before).toEqual(copy);
});
