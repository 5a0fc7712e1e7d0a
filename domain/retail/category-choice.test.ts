import { aCatalogIndex, aDay, aPrice, aTrip, aUsable } from '../../tests/builders.ts';
import type { ContextInput } from '../../tests/builders.ts';
import { categoryNeeds, planTrip } from './category-choice.ts';
import type { TripContext } from './choice-context.ts';
import { shelfOf } from './product-choice.ts';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The same shopper on many trips: only the luck differs. */
const trips = (count: number, given: ContextInput = {}): TripContext[] => {
  const first = aTrip(given);
  return range(count).map((trip) => ({ ...first, trip }));
};

describe('the size of a trip', () => {
  test('has the mean of its type: one line plus the rest', () => {
    const first = aTrip();
    const plans = trips(20_000).map(planTrip);
    const meanOf = (type: string) =>
      mean(plans.filter((plan) => plan.tripType === type).map((plan) => plan.size));
    expect(Math.abs(meanOf('fill_in') / first.profile.fillInLines - 1)).toBeLessThan(0.04);
    expect(Math.abs(meanOf('stock_up') / first.profile.stockUpLines - 1)).toBeLessThan(0.04);
  });

  test('is stocked up for on weekends more often', () => {
    const share = (date: string) =>
      mean(trips(1, { date }).map((trip) => planTrip(trip).stockUp.probability));
    expect(share('2026-01-10')).toBeGreaterThan(share('2026-01-07'));
  });

  test('grows with impulsivity on the same luck', () => {
    const sizes = [0, 0.5, 1].map((impulsivity) => planTrip(aTrip({ persona: { impulsivity } })).size);
    expect(sizes[0]! < sizes[1]! && sizes[1]! < sizes[2]!).toBe(true);
  });
});

/** The mean number of milk lines a trip wants. */
function milkNeed(given: ContextInput, wanted = [] as ReturnType<typeof aUsable>[]): number {
  const context = aTrip(given);
  const shelves = new Map(
    context.catalog.categories.map((shelf) => [shelf.name, shelfOf(context, shelf, wanted)]),
  );
  const plan = { ...planTrip(context), size: 11 };
  return categoryNeeds(context, plan, shelves).find((need) => need.category === 'Milk')!.mean;
}

const WEEK_OF_START = 1; // 5 January lies in week 1

describe('what a trip needs of a category', () => {
  const withMilkOffers = (given: object) =>
    aCatalogIndex({
      prices: range(6).map((i) =>
        aPrice({ sku: `milk-${i + 1}`, week: WEEK_OF_START, regularPriceCents: 150 + 50 * i, ...given }),
      ),
    });

  test('rises with a promotion of the category', () => {
    const cheap = withMilkOffers({ promotionalPriceCents: 100 });
    expect(milkNeed({ catalog: cheap })).toBeGreaterThan(milkNeed({}));
  });

  test('rises with features and displays', () => {
    const shown = withMilkOffers({ isFeatured: true, isDisplayed: true });
    expect(milkNeed({ catalog: shown })).toBeGreaterThan(milkNeed({}));
  });

  test('is not raised by a promotion in another week, which is part of what is usually bought', () => {
    const later = aCatalogIndex({
      prices: [aPrice({ week: WEEK_OF_START + 1, promotionalPriceCents: 10, isFeatured: true })],
    });
    const ratio = milkNeed({ catalog: later }) / milkNeed({});
    expect(ratio > 0.97 && ratio < 1).toBe(true);
  });

  test('rises with a wanted coupon, and does not change with one for another category', () => {
    const half = { percentOff: 50 };
    const needs = [[], [aUsable({ category: 'Soap', ...half })], [aUsable(half)]].map((wanted) =>
      milkNeed({}, wanted),
    );
    expect([needs[1], needs[2]! > needs[0]!]).toEqual([needs[0], true]);
  });

  test('falls with what is at home', () => {
    const needs = [0, 1, 3].map((units) => {
      const { household } = aDay();
      return milkNeed({
        household: {
          ...household,
          categories: { ...household.categories, Milk: { units, day: 0, brands: {} } },
        },
      });
    });
    expect(needs[0]! > needs[1]! && needs[1]! > needs[2]!).toBe(true);
  });

  test('is one line of the primary category at least, so no trip wants nothing', () => {
    const lines = trips(500).map((context) => {
      const shelves = new Map(
        context.catalog.categories.map((shelf) => [shelf.name, shelfOf(context, shelf, [])]),
      );
      const needs = categoryNeeds(context, { ...planTrip(context), size: 1 }, shelves);
      return [
        needs.filter((need) => need.isPrimary).length,
        needs.reduce((sum, need) => sum + need.lines, 0),
      ].join();
    });
    expect(new Set(lines)).toEqual(new Set(['1,1']));
  });
});
