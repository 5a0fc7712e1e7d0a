import { aCatalogIndex, aDay } from '../../tests/builders.ts';
import { mean } from '../descriptive-statistics.ts';
import { RandomKey } from '../random.ts';
import type { HouseholdState } from './household.ts';
import { initialHousehold } from './initial-household.ts';
import type { Persona } from './persona.ts';

const catalog = aCatalogIndex();

/** Households of the same persona, as they are found. */
function households(count: number, persona: Partial<Persona> = {}): HouseholdState[] {
  const day = aDay({ catalog, persona });
  return Array.from({ length: count }, (_, i) => initialHousehold({ ...day, key: RandomKey.of('1').at(i) }));
}

const unitsOf = (found: readonly HouseholdState[]): number[] =>
  found.flatMap(({ categories }) => Object.values(categories).map(({ units }) => units));

describe('a household as it is found', () => {
  test('has shopped before the first day', () => {
    expect(households(500).every(({ lastShopDay }) => lastShopDay! < 0 && lastShopDay! >= -61)).toBe(true);
  });

  test('is the same each time that it is looked for', () => {
    expect(households(3)).toEqual(households(3));
  });

  test('has something of each category at home as of when it last shopped, and has not spent anything this week', () => {
    for (const { categories, lastShopDay, weekSpendCents } of households(50)) {
      expect(Object.keys(categories)).toEqual(catalog.categories.map(({ name }) => name));
      expect(Object.values(categories).every(({ day, units }) => day === lastShopDay && units >= 0)).toBe(
        true,
      );
      expect(weekSpendCents).toBe(0);
    }
  });

  test('shopped longer ago when it shops seldom', () => {
    const gap = (visitRate: number) =>
      mean(households(500, { visitRate }).map(({ lastShopDay }) => -lastShopDay!));
    expect(gap(0.02)).toBeGreaterThan(2 * gap(0.4));
  });

  test('has less at home when the budget makes it put things back', () => {
    const atHome = (weeklyBudgetCents: number) => mean(unitsOf(households(300, { weeklyBudgetCents })));
    expect(atHome(5_00)).toBeLessThan(0.8 * atHome(10_000_00));
  });
});
