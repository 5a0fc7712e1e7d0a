import {
  START_DATE,
  aCartLine,
  aCatalog,
  aCatalogIndex,
  aDay,
  aPersona,
  aPrice,
  aProduct,
  aTrip,
  aUsable,
  aWalletCoupon,
} from '../../tests/builders.ts';
import type { ContextInput } from '../../tests/builders.ts';
import { RandomKey } from '../random.ts';
import { addDays } from './calendar.ts';
import { NO_SHIPPING, priceCart } from './cart.ts';
import { indexCatalog } from './catalog-index.ts';
import type { CatalogIndex } from './catalog-index.ts';
import {
  categoryNeeds,
  checkoutDecision,
  chooseProduct,
  extraTripDecision,
  linesToDrop,
  planTrip,
  returnNeeds,
  shelfOf,
  tripStartMinutes,
  tripsOf,
  viewWallet,
  visitDecision,
  wantedCoupons,
} from './choice-model.ts';
import type { ShelfItem, TripContext } from './choice-model.ts';
import { DEFAULT_CHOICE_PARAMETERS } from './choice-parameters.ts';
import { visitRateOf } from './household.ts';
import { SHOPPING_FREQUENCIES } from './persona.ts';
import type { Persona, ShoppingFrequency } from './persona.ts';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The same shopper on many trips: only the luck differs. */
const trips = (count: number, given: ContextInput = {}): TripContext[] => {
  const first = aTrip(given);
  return range(count).map((trip) => ({ ...first, trip }));
};

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

describe('the decision to shop', () => {
  const day = (given: ContextInput = {}) => {
    const context = aDay({ ...given, persona: { couponAffinity: 0, visitRate: 0.14, ...given.persona } });
    return { ...context, household: given.household ?? { ...context.household, lastShopDay: null } };
  };

  test('has the probability of the visit rate for a shopper without preferences', () => {
    expect(visitDecision(day()).probability).toBeCloseTo(0.14, 12);
  });

  test('is taken as often as its probability says', () => {
    const context = day();
    const yes = range(20_000).filter((number) => visitDecision({ ...context, day: number }).isYes).length;
    // Four standard deviations: 0.0098.
    expect(Math.abs(yes / 20_000 - 0.14)).toBeLessThan(0.0098);
  });

  test('depends on the day of the week as preferred', () => {
    const saturdays = { prefDayWeekday: 0.2, prefDaySaturday: 0.6, prefDaySunday: 0.2 };
    const odds = [5, 6, 7].map((number) => {
      const { probability } = visitDecision(
        day({ day: number, date: addDays(START_DATE, number), persona: saturdays }),
      );
      return probability / (1 - probability);
    });
    // Saturday, Sunday, Monday.
    const [saturday, sunday, monday] = odds;
    expect([saturday! / sunday!, sunday! / monday!].map((ratio) => ratio.toFixed(6))).toEqual([
      '3.000000',
      (1.4 / 0.28).toFixed(6),
    ]);
  });

  test('is more likely seven days after the last visit', () => {
    const probabilities = [6, 7, 8].map((number) => {
      const context = day({ day: number, date: START_DATE });
      return visitDecision({ ...context, household: { ...context.household, lastShopDay: 0 } }).probability;
    });
    expect([probabilities[1]! > probabilities[0]!, probabilities[0]]).toEqual([true, probabilities[2]]);
  });

  test('is more likely with a wallet worth something, for those who use coupons', () => {
    const wallet = [
      aWalletCoupon({ scope: 'frontstore', kind: 'fixed', category: null, amountOffCents: 1_000 }),
    ];
    const gain = (couponAffinity: number) =>
      visitDecision(day({ wallet, persona: { couponAffinity } })).probability -
      visitDecision(day({ persona: { couponAffinity } })).probability;
    expect([gain(0), gain(1) > gain(0.5), gain(0.5) > 0]).toEqual([0, true, true]);
  });

  test('does not change with a coupon that fits no product', () => {
    const persona = { couponAffinity: 1 };
    const wallet = [aWalletCoupon({ category: 'Furniture', percentOff: 100 })];
    expect(visitDecision(day({ wallet, persona }))).toEqual(visitDecision(day({ persona })));
  });

  test('with a preference of 0 for a day is rare on it, not impossible', () => {
    const persona = { prefDayWeekday: 0, prefDaySaturday: 0.5, prefDaySunday: 0.5 };
    const { probability } = visitDecision(day({ persona }));
    expect(probability > 0 && probability < 0.01).toBe(true);
  });
});

describe('trips of a shop day', () => {
  const counts = range(20_000).map((number) => tripsOf(aDay({ key: RandomKey.of('1').at(number) })));

  test('are 1.22 on average, as in the panel', () => {
    expect(Math.abs(mean(counts) - 1.223)).toBeLessThan(0.02);
  });

  test('are at least 1 and at most 4', () => {
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([1, 4]);
  });

  test('end with the fourth, whatever the draw', () => {
    expect(extraTripDecision(aDay(), 4).isYes).toBe(false);
  });
});

describe('the time of a trip', () => {
  const hours = (persona: Partial<Persona>): number[] =>
    range(3_000).flatMap((number) =>
      tripStartMinutes(aDay({ persona, key: RandomKey.of('1').at(number) }), 1).map((minute) => minute / 60),
    );
  const part = (name: 'Morning' | 'Afternoon' | 'Evening'): Partial<Persona> => ({
    prefTimeMorning: 0,
    prefTimeAfternoon: 0,
    prefTimeEvening: 0,
    [`prefTime${name}`]: 1,
  });

  test.each([
    ['Morning', 7, 12],
    ['Afternoon', 12, 17],
    ['Evening', 17, 23],
  ] as const)('of a shopper who shops in the %s lies between %d and %d', (name, from, to) => {
    const all = hours(part(name));
    expect([Math.min(...all) >= from, Math.max(...all) < to]).toEqual([true, true]);
  });

  test('follows the shares of the parts of the day', () => {
    const all = hours({ prefTimeMorning: 0.5, prefTimeAfternoon: 0.3, prefTimeEvening: 0.2 });
    const shares = [
      all.filter((hour) => hour < 12),
      all.filter((hour) => hour >= 12 && hour < 17),
      all.filter((hour) => hour >= 17),
    ].map((hits) => hits.length / all.length);
    // Four standard deviations of 3,000 draws: 0.037.
    [0.5, 0.3, 0.2].forEach((share, i) => expect(Math.abs(shares[i]! - share)).toBeLessThan(0.037));
  });

  test('inside the evening is early rather than late, as in the panel', () => {
    const all = hours(part('Evening'));
    const share = (hour: number) => all.filter((each) => Math.floor(each) === hour).length / all.length;
    expect([share(17) > share(19), share(19) > share(22)]).toEqual([true, true]);
  });

  test('of several trips is in order', () => {
    const days = range(300).map((number) => tripStartMinutes(aDay({ key: RandomKey.of('1').at(number) }), 4));
    expect(days.filter((starts) => starts.some((start, i) => i > 0 && start < starts[i - 1]!))).toEqual([]);
  });
});

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
    // Standard deviations 0.5 and 2.0.
    expect(Math.sqrt(spread(1) / spread(0))).toBeCloseTo(4, 6);
  });

  test('rises with what was bought before', () => {
    const { household } = aDay({ catalog: only() });
    const used = { ...household, categories: { Milk: { units: 0, day: 0, brands: { Acme: 0.5 } } } };
    expect(item({ household: used }).utility - item({}).utility).toBeCloseTo(0.25, 12);
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

describe('the wallet on a trip', () => {
  const wallet = range(30).map((i) => aWalletCoupon({ code: `C${i}` }));
  const views = (persona: Partial<Persona>, given: ContextInput = {}) =>
    trips(1_000, { wallet, ...given, persona: { couponAffinity: 1, ...persona } }).map(viewWallet);
  const openShare = (persona: Partial<Persona>): number =>
    mean(views(persona).map((view) => (view.open.isYes ? 1 : 0)));

  test('is the same whenever it is looked at', () => {
    const trip = aTrip({ wallet });
    expect(viewWallet(trip)).toEqual(viewWallet(trip));
  });

  test('is opened more by the tech-savvy and by deal seekers', () => {
    expect([
      openShare({ techSavviness: 1 }) > openShare({ techSavviness: 0 }),
      openShare({ dealSeekingBehavior: 'extreme' }) > openShare({ dealSeekingBehavior: 'passive' }),
    ]).toEqual([true, true]);
  });

  test('that is closed shows nothing', () => {
    const closed = views({ dealSeekingBehavior: 'passive' }).filter((view) => !view.open.isYes);
    expect([
      closed.length > 0,
      closed.flatMap((view) => view.coupons).filter((c) => c.isNoticed || c.isOpened || c.isWanted),
    ]).toEqual([true, []]);
  });

  test('holds nothing wanted for those who never use coupons', () => {
    expect(
      views({ couponAffinity: 0 })
        .flatMap((view) => view.coupons)
        .filter((coupon) => coupon.isWanted),
    ).toEqual([]);
  });

  test('holds nothing wanted among coupons that fit no product', () => {
    const useless = [
      aWalletCoupon({ category: 'Furniture' }),
      aWalletCoupon({ code: 'B', scope: 'brand', brand: 'Nobody', category: null }),
    ];
    expect(
      views({}, { wallet: useless })
        .flatMap((view) => view.coupons)
        .filter((coupon) => coupon.isWanted),
    ).toEqual([]);
  });

  test('lists the newest first, and the old are noticed less', () => {
    const mixed = [aWalletCoupon({ code: 'OLD' }), aWalletCoupon({ code: 'NEW' }, { assignedHours: 168 })];
    const view = viewWallet(
      aTrip({ wallet: mixed, day: 7, persona: { dealSeekingBehavior: 'extreme', techSavviness: 1 } }),
    );
    expect([
      view.coupons.map((c) => c.code),
      view.coupons[0]!.noticeProbability >= view.coupons[1]!.noticeProbability,
    ]).toEqual([['NEW', 'OLD'], true]);
  });

  test('what is wanted was noticed and opened', () => {
    const coupons = views({ dealSeekingBehavior: 'extreme' }).flatMap((view) => view.coupons);
    expect(coupons.filter((c) => (c.isWanted && !c.isOpened) || (c.isOpened && !c.isNoticed))).toEqual([]);
  });

  test('one coupon more changes nothing about the others', () => {
    const persona = { couponAffinity: 1, dealSeekingBehavior: 'extreme' } as const;
    const [few, more] = [wallet, [...wallet, aWalletCoupon({ code: 'Z' })]].map((each) =>
      trips(50, { wallet: each, persona }).map((trip) =>
        wantedCoupons(each, viewWallet(trip))
          .map((c) => c.coupon.code)
          .filter((code) => code !== 'Z'),
      ),
    );
    expect(more).toEqual(few);
  });
});

describe('the return to the shelves', () => {
  const needs = (cart: ReturnType<typeof aCartLine>[], wanted: ReturnType<typeof aUsable>[]) =>
    trips(400).flatMap((trip) => returnNeeds(trip, cart, wanted));

  test('is now and then for a wanted coupon that fits nothing in the cart', () => {
    const all = needs([aCartLine({ category: 'Soap' })], [aUsable()]);
    // 1 - e^-0.25 of the trips.
    expect([
      all.every((need) => need.category === 'Milk' && need.lines === 1),
      Math.abs(all.length / 400 - 0.22) < 0.08,
    ]).toEqual([true, true]);
  });

  test('is not for a coupon that fits the cart', () => {
    expect(needs([aCartLine({ category: 'Milk' })], [aUsable()])).toEqual([]);
  });

  test.each([
    [750, true],
    [699, false],
    [1_000, false],
  ])('with a cart of %d cents fills up to a minimum of 1000: %p', (unitPriceCents, isFilledUp) => {
    const basket = aUsable({ scope: 'frontstore', category: null, minSpendCents: 1_000 });
    expect(needs([aCartLine({ unitPriceCents })], [basket]).length > 0).toBe(isFilledUp);
  });

  test('does not count excluded brands towards the minimum', () => {
    const basket = aUsable({
      scope: 'frontstore',
      category: null,
      minSpendCents: 1_000,
      excludedBrands: ['Acme'],
    });
    expect(needs([aCartLine({ brand: 'Acme', unitPriceCents: 750 })], [basket])).toEqual([]);
  });
});

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
