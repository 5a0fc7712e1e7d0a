import { splitByWeight } from '../../domain/money.ts';
import type { ShoppingFrequency } from '../../domain/retail/persona.ts';
import { Draws } from '../draws.ts';
import { groupBy } from '../../domain/group-by.ts';
import { daysOf, hasCoupon, isPurchase, receivedAmount } from './panel.ts';
import type { Demographics, Lines, Panel } from './panel.ts';

// What each household of the panel did. Only lines of the catalogue's products count, and only baskets with at least
// one of them: the simulated shop sells nothing else, so its baskets can be compared with these and no others.

export type Basket = {
  day: number;
  hour: number;
  /** Lines of the catalogue's products, and what the shop received for them in units of the currency. */
  lines: number;
  value: number;
  couponLines: number;
};

export type Household = {
  id: string;
  demographics: Demographics;
  /** Days that the panel watched. */
  days: number;
  /** Baskets with something from the catalogue, in order of time. */
  baskets: Basket[];
  /** All its baskets, with all their lines. */
  allBaskets: Basket[];
  /** Lines by category of the catalogue. */
  linesByCategory: Map<string, number>;
  /** Over everything the household bought, in the catalogue or not: traits are seen better on more lines. */
  allLines: number;
  allDealLines: number;
  allCouponLines: number;
  /** Purchases in a category bought before, and how many of them were of the brand bought last time. */
  repeats: number;
  sameBrandRepeats: number;
  /** Lines of the catalogue of one unit, and lines below the regular price. */
  singleUnitLines: number;
  dealLines: number;
};

/**
 * Every household of the panel, in its order, those without a purchase too.
 * @param sold which products count as the catalogue's, by position; a product without a category never does
 */
export function householdsOf(panel: Panel, sold: (product: number) => boolean): Household[] {
  const { lines, products } = panel;
  const households = panel.households.map(({ id, demographics }) =>
    emptyHousehold(id, demographics, daysOf(panel)),
  );
  const baskets = new Map<number, { own: Basket; all: Basket }>();
  const isSold = products.map(({ category }, product) => category !== null && sold(product));
  const lastBrand = households.map(() => new Map<string, string>());
  // The lines are in order of time.
  for (let i = 0; i < lines.count; i++) {
    if (!isPurchase(lines, i)) continue;
    const household = households[lines.household[i]!]!;
    household.allLines += 1;
    const isOnDeal = lines.shelfDiscount[i]! > 0;
    if (isOnDeal) household.allDealLines += 1;
    if (hasCoupon(lines, i)) household.allCouponLines += 1;
    const basket = basketOf(baskets, household, lines, i);
    addLine(basket.all, lines, i);
    if (!isSold[lines.product[i]!]) continue;
    if (basket.own.lines === 0) household.baskets.push(basket.own);
    addLine(basket.own, lines, i);
    if (isOnDeal) household.dealLines += 1;
    if (lines.quantity[i] === 1) household.singleUnitLines += 1;
    const { category, brand } = products[lines.product[i]!]!;
    countRepeat(household, lastBrand[lines.household[i]!]!, category!, brand);
  }
  return households;
}

/** Shop days a week: 2 or more, 1 to 2, 1 to 4 a month, fewer. */
export function frequencyOf(household: Household): ShoppingFrequency {
  const perDay = shopDaysOf(household).length / household.days;
  if (7 * perDay >= 2) return 'frequent';
  if (7 * perDay >= 1) return 'regular';
  return 365 * perDay >= 12 ? 'occasional' : 'rare';
}

/** Days with a basket, ascending. */
export function shopDaysOf({ baskets }: Household): number[] {
  return [...new Set(baskets.map(({ day }) => day))];
}

/**
 * `count` of the households, each frequency class in its share, drawn by id within it; in order of id,
 * numbers by their value.
 */
export function sampleHouseholds(households: readonly Household[], count: number, seed: string): Household[] {
  if (count >= households.length) return inOrder(households);
  const classes = [...groupBy(households, frequencyOf)].sort(([a], [b]) => (a < b ? -1 : 1));
  const sizes = splitByWeight(
    count,
    classes.map(([, members]) => members.length),
  );
  const order = (household: Household) => new Draws(seed, 'sample', household.id).uniform();
  return inOrder(
    classes.flatMap(([, members], index) =>
      members
        .map((household) => ({ household, order: order(household) }))
        .sort((a, b) => a.order - b.order)
        .slice(0, sizes[index])
        .map(({ household }) => household),
    ),
  );
}

function inOrder(households: readonly Household[]): Household[] {
  const { compare } = new Intl.Collator('en', { numeric: true });
  return households.toSorted((a, b) => compare(a.id, b.id));
}

function emptyHousehold(id: string, demographics: Demographics, days: number): Household {
  return {
    id,
    demographics,
    days,
    baskets: [],
    allBaskets: [],
    linesByCategory: new Map(),
    allLines: 0,
    allDealLines: 0,
    allCouponLines: 0,
    repeats: 0,
    sameBrandRepeats: 0,
    singleUnitLines: 0,
    dealLines: 0,
  };
}

function basketOf(
  baskets: Map<number, { own: Basket; all: Basket }>,
  household: Household,
  lines: Lines,
  i: number,
): { own: Basket; all: Basket } {
  let basket = baskets.get(lines.basket[i]!);
  if (basket === undefined) {
    const empty = { day: lines.day[i]!, hour: lines.hour[i]!, lines: 0, value: 0, couponLines: 0 };
    basket = { own: empty, all: { ...empty } };
    baskets.set(lines.basket[i]!, basket);
    household.allBaskets.push(basket.all);
  }
  return basket;
}

function addLine(basket: Basket, lines: Lines, i: number): void {
  basket.lines += 1;
  basket.value += receivedAmount(lines, i);
  if (hasCoupon(lines, i)) basket.couponLines += 1;
}

function countRepeat(
  household: Household,
  lastBrand: Map<string, string>,
  category: string,
  brand: string,
): void {
  const last = lastBrand.get(category);
  if (last !== undefined) {
    household.repeats += 1;
    if (last === brand) household.sameBrandRepeats += 1;
  }
  lastBrand.set(category, brand);
  household.linesByCategory.set(category, (household.linesByCategory.get(category) ?? 0) + 1);
}
