import { aCatalog, aCatalogIndex, aDay, aPrice, aProduct, aTrip, aUsable } from '../../tests/builders.ts';
import type { ContextInput } from '../../tests/builders.ts';
import { RandomKey } from '../random.ts';
import { indexCatalog } from './catalog-index.ts';
import type { CatalogIndex } from './catalog-index.ts';
import type { TripContext } from './choice-context.ts';
import type { Persona } from './persona.ts';
import { chooseProduct, shelfOf } from './product-choice.ts';
import type { ShelfItem } from './product-choice.ts';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The same shopper on many trips: only the luck differs. */
const trips = (count: number, given: ContextInput = {}): TripContext[] => {
  const first = aTrip(given);
  return range(count).map((trip) => ({ ...first, trip }));
};

const WEEK_OF_START = 1; // 5 January lies in week 1

const skus = (items: readonly ShelfItem[]): string[] => items.map((item) => item.product.sku);

describe('a shelf', () => {
  const large = { categoryNames: ['Milk'], productsEach: 40 };
  const milk = (catalog: CatalogIndex) => catalog.categoryByName.get('Milk')!;

  test('shows as many products as a shopper sees', () => {
    const catalog = aCatalogIndex(large);
    expect(new Set(skus(shelfOf(aTrip({ catalog }), milk(catalog), []))).size).toBe(12);
  });

  test('shows the same products at any prices and with any coupon', () => {
    const dear = indexCatalog({
      ...aCatalog(large),
      products: aCatalog(large).products.map((p) => ({
        ...p,
        regularPriceCents: 10_000 - p.regularPriceCents,
      })),
    });
    const catalog = aCatalogIndex(large);
    const plain = trips(50, { catalog }).map((trip) => skus(shelfOf(trip, milk(catalog), [])).join());
    const changed = trips(50, { catalog: dear }).map((trip) =>
      skus(shelfOf(trip, milk(dear), [aUsable({ percentOff: 90 })])).join(),
    );
    expect(changed).toEqual(plain);
  });

  test('shows featured and displayed products more often', () => {
    const catalog = aCatalogIndex({
      ...large,
      prices: [aPrice({ sku: 'milk-7', week: WEEK_OF_START, isFeatured: true, isDisplayed: true })],
    });
    const seen = (index: CatalogIndex) =>
      trips(600, { catalog: index }).filter((trip) => skus(shelfOf(trip, milk(index), [])).includes('milk-7'))
        .length;
    expect(seen(catalog)).toBeGreaterThan(1.5 * seen(aCatalogIndex(large)));
  });

  test('differs between trips', () => {
    const catalog = aCatalogIndex(large);
    expect(
      new Set(trips(20, { catalog }).map((trip) => skus(shelfOf(trip, milk(catalog), [])).join())).size,
    ).toBe(20);
  });
});

describe('the utility of a product', () => {
  const only = (given: object = {}) =>
    indexCatalog(aCatalog({ categoryNames: ['Milk'], products: [aProduct(given)] }));
  const item = (given: ContextInput, wanted = [] as ReturnType<typeof aUsable>[]): ShelfItem => {
    const context = aTrip({ catalog: only(), ...given });
    return shelfOf(context, context.catalog.categories[0]!, wanted)[0]!;
  };

  test('falls by the price coefficient, 2 + 4 × price sensitivity, per mean category price', () => {
    const promoted = indexCatalog(
      aCatalog({
        categoryNames: ['Milk'],
        products: [aProduct()],
        prices: [aPrice({ week: WEEK_OF_START, regularPriceCents: 200, promotionalPriceCents: 150 })],
      }),
    );
    const gains = [0, 0.5, 1].map((priceSensitivity) => {
      const { utility, regularUtility } = item({ catalog: promoted, persona: { priceSensitivity } });
      return utility - regularUtility;
    });
    expect(gains.map((gain) => gain.toFixed(9))).toEqual(['0.500000000', '1.000000000', '1.500000000']);
  });

  test('is not lowered by what the product costs at its regular price alone', () => {
    const { utility, regularUtility } = item({});
    expect(utility).toBe(regularUtility);
  });

  test('is finite for a product that is free', () => {
    const free = item({ catalog: only({ regularPriceCents: 1 }) }, [aUsable({ percentOff: 100 })]);
    expect([free.effectivePriceCents, Number.isFinite(free.utility)]).toEqual([0, true]);
  });

  test('counts the best wanted coupon, not the sum of all', () => {
    const coupons = [aUsable({ code: 'A', percentOff: 10 }), aUsable({ code: 'B', percentOff: 30 })];
    expect(item({}, coupons).effectivePriceCents).toBe(140);
  });

  test('does not count a coupon whose minimum spend takes more than three units', () => {
    const prices = [600, 601].map(
      (minSpendCents) => item({}, [aUsable({ percentOff: 50, minSpendCents })]).effectivePriceCents,
    );
    expect(prices).toEqual([100, 200]);
  });

  test('differs more between brands for a brand-loyal shopper', () => {
    const spread = (brandLoyalty: number): number => {
      const utilities = range(300).map(
        (i) => item({ persona: { brandLoyalty }, key: RandomKey.of('1').at(i) }).utility,
      );
      return mean(utilities.map((utility) => (utility - mean(utilities)) ** 2));
    };
    // Standard deviations 1.2 and 4.4.
    expect(Math.sqrt(spread(1) / spread(0))).toBeCloseTo(4.4 / 1.2, 6);
  });

  test('rises with what was bought before', () => {
    const { household } = aDay({ catalog: only() });
    const used = { ...household, categories: { Milk: { units: 0, day: 0, brands: { Acme: 0.5 } } } };
    expect(item({ household: used }).utility - item({}).utility).toBeCloseTo(1.5 * 0.5 * 0.5, 12);
  });

  test('of a dear product is higher for the affluent', () => {
    const catalog = aCatalogIndex({ categoryNames: ['Milk'] });
    const tilt = (incomeBracket: Persona['incomeBracket']): number => {
      const context = aTrip({ catalog, persona: { incomeBracket } });
      const items = shelfOf(context, catalog.categories[0]!, []);
      const of = (sku: string) => items.find((each) => each.product.sku === sku)!.utility;
      return of('milk-6') - of('milk-1');
    };
    expect(tilt('affluent')).toBeGreaterThan(tilt('low'));
  });
});

describe('the choice of a product', () => {
  const catalog = aCatalogIndex({ categoryNames: ['Milk'] });
  const first = aTrip({ catalog });
  const items = shelfOf(first, catalog.categories[0]!, []);
  const choose = (trip: TripContext, inCart: ReadonlySet<string> = new Set()) =>
    chooseProduct(trip, 'Milk', items, 0, inCart, []);

  test('is made as often as its probability says', () => {
    const count = 20_000;
    const chosen = trips(count, { catalog }).map((trip) => choose(trip)!);
    const { probabilities } = chosen[0]!;
    const statistic = items.reduce((sum, item, i) => {
      const hits = chosen.filter((choice) => choice.chosen === item).length;
      return sum + (hits - count * probabilities[i]!) ** 2 / (count * probabilities[i]!);
    }, 0);
    // 99.99 % of chi-square with 5 degrees of freedom lie below 25.7.
    expect(statistic).toBeLessThan(25.7);
  });

  test('has probabilities that are the logit of the utilities', () => {
    const weights = items.map((item) => Math.exp(item.utility));
    const total = weights.reduce((a, b) => a + b, 0);
    choose(first)!.probabilities.forEach((probability, i) =>
      expect(probability).toBeCloseTo(weights[i]! / total, 12),
    );
  });

  test('leaves out what is in the cart', () => {
    const inCart = new Set(skus(items).slice(0, 5));
    expect(choose(first, inCart)!.items).toEqual(items.slice(5));
  });

  test('is none when everything is in the cart', () => {
    expect(choose(first, new Set(skus(items)))).toBeNull();
  });

  test('does not change when another product leaves the shelf', () => {
    const { chosen } = choose(first)!;
    const other = items.find((item) => item !== chosen)!;
    expect(choose(first, new Set([other.product.sku]))!.chosen).toBe(chosen);
  });
});

describe('the quantity of a line', () => {
  const catalog = indexCatalog(aCatalog({ categoryNames: ['Milk'], products: [aProduct()] }));
  const quantities = (persona: Partial<Persona>, wanted = [] as ReturnType<typeof aUsable>[]): number[] =>
    trips(5_000, { catalog, persona }).map((trip) => {
      const shelf = shelfOf(trip, catalog.categories[0]!, wanted);
      return chooseProduct(trip, 'Milk', shelf, 0, new Set(), wanted)!.quantity;
    });

  test('is one unit in 78.8 % of lines of an average household, as in the panel', () => {
    const single = quantities({ householdSize: 2 }).filter((quantity) => quantity === 1).length / 5_000;
    expect(Math.abs(single - 0.788)).toBeLessThan(0.03);
  });

  test('grows with the household', () => {
    expect(mean(quantities({ householdSize: 6 }))).toBeGreaterThan(mean(quantities({ householdSize: 1 })));
  });

  test('is two at least with a wanted bogo coupon', () => {
    expect(Math.min(...quantities({}, [aUsable({ kind: 'bogo' })]))).toBe(2);
  });

  test('reaches the minimum spend of a wanted coupon', () => {
    expect(Math.min(...quantities({}, [aUsable({ minSpendCents: 600 })]))).toBe(3);
  });

  test('grows with the discount on the same luck', () => {
    const [plain, half] = [quantities({}), quantities({}, [aUsable({ percentOff: 50 })])];
    expect([half.every((quantity, i) => quantity >= plain[i]!), mean(half) > mean(plain)]).toEqual([
      true,
      true,
    ]);
  });
});
