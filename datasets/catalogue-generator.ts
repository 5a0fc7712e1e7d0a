import { roundHalfAway } from '../domain/money.ts';
import type { Category, Product, ProductPrice, Store } from '../domain/retail/catalog.ts';
import { Draws } from './draws.ts';
import { groupBy } from '../domain/group-by.ts';
import { CATEGORY_PLANS, MAKERS, OWN_LABELS, STORE_PLANS } from './grocer.ts';
import type { CategoryPlan } from './grocer.ts';

// An invented grocer with the price facts of a real panel: median shelf price near 2.20 (a tenth below 0.79, a
// tenth above 5.19), own labels 28 % of value, half of what is bought is bought below the shelf price, at a
// median of 24 % off.

const PRODUCTS_PER_CATEGORY = 54;
const WEEKS = 53;
const ZIPF_EXPONENT = 0.9;
/** Rounds in which each line finds its place in the year among all others. */
const PASSES = 3;
/** Promotions take a sixth off the average line; what is left after them is a grocer's usual gross margin. */
const PROMOTION_ALLOWANCE = 0.08;
/** Weeks on promotion of a line of average popularity; popular lines come more often. Fitted: see the test. */
const PROMOTED_SHARE = 0.37;

export type Catalogue = {
  stores: Store[];
  categories: Category[];
  products: Product[];
  prices: ProductPrice[];
};

export function generateCatalogue(seed: string): Catalogue {
  const products = CATEGORY_PLANS.flatMap((plan, index) => productsOf(seed, plan, index + 1));
  return {
    stores: STORE_PLANS,
    categories: CATEGORY_PLANS.map(({ name, basketWeight, repurchaseGapDays }) => ({
      name,
      basketWeight,
      repurchaseGapDays,
    })),
    products,
    prices: priceCalendar(seed, products),
  };
}

function productsOf(seed: string, plan: CategoryPlan, categoryNumber: number): Product[] {
  const draws = new Draws(seed, 'products', plan.name);
  const makers = draws.shuffle(MAKERS[plan.department]).slice(0, 5);
  const brands = [...OWN_LABELS, ...makers];
  const ranges = brands.map((brand) =>
    rangeOf(draws, plan, brand, Math.ceil(PRODUCTS_PER_CATEGORY / brands.length)),
  );
  const items = ranges.flat().slice(0, PRODUCTS_PER_CATEGORY);
  const ranks = draws.shuffle(items.map((_, index) => index + 1));
  const products = items.map(({ unitMargin, ...item }, index) => ({
    ...item,
    sku: `P${String(categoryNumber).padStart(2, '0')}${String(index + 1).padStart(3, '0')}`,
    unitCostCents: roundHalfAway(item.regularPriceCents * (1 - unitMargin)),
    popularity: ranks[index]! ** -ZIPF_EXPONENT,
  }));
  return withOwnLabelShare(products, plan.ownLabelShare);
}

/** What one brand sells in a category: variants in one or two sizes, priced around the brand's level. */
function rangeOf(draws: Draws, plan: CategoryPlan, brand: string, count: number) {
  const isPrivateLabel = (OWN_LABELS as readonly string[]).includes(brand);
  const level = plan.priceCents * priceLevel(draws, brand);
  const margin = plan.margin + PROMOTION_ALLOWANCE + (isPrivateLabel ? 0.07 : 0) + 0.03 * draws.normal();
  const choices = plan.sizes.flatMap((size, step) =>
    plan.variants.map((variant) => ({ variant, size, factor: 0.78 * 1.62 ** step })),
  );
  return draws
    .shuffle(choices)
    .slice(0, count)
    .map(({ variant, size, factor }) => ({
      name: `${brand} ${variant} ${plan.noun}, ${size}`,
      category: plan.name,
      brand,
      isPrivateLabel,
      regularPriceCents: shelfPrice(level * factor * Math.exp(0.16 * draws.normal())),
      unitMargin: Math.min(0.6, Math.max(0.08, margin + 0.02 * draws.normal())),
    }));
}

function priceLevel(draws: Draws, brand: string): number {
  if (brand === OWN_LABELS[0]) return 0.68;
  if (brand === OWN_LABELS[1]) return 0.86;
  return Math.exp(0.06 + 0.2 * draws.normal());
}

/** Scales popularity so that own labels take their share of value at regular prices, with mean 1 overall. */
function withOwnLabelShare(products: readonly Product[], share: number): Product[] {
  const value = (isPrivateLabel: boolean) =>
    sum(
      products
        .filter((product) => product.isPrivateLabel === isPrivateLabel)
        .map((product) => product.popularity * product.regularPriceCents),
    );
  const ownFactor = (share / (1 - share)) * (value(false) / value(true));
  const scaled = products.map((product) => product.popularity * (product.isPrivateLabel ? ownFactor : 1));
  const mean = sum(scaled) / products.length;
  return products.map((product, index) => ({ ...product, popularity: roundTo(scaled[index]! / mean, 4) }));
}

/**
 * Makers promote a line at a time: one depth for the whole line, for one or two weeks, popular products more often. The
 * grocer spreads the lines over the year so that no part of it has more promotions than another: seasons belong into an
 * event calendar.
 */
function priceCalendar(seed: string, products: readonly Product[]): ProductPrice[] {
  const lines = [...groupBy(products, (product) => `${product.category}/${product.brand}`)].map(
    ([line, members]) => {
      const draws = new Draws(seed, 'promotions', line);
      const { basketWeight } = CATEGORY_PLANS.find(({ name }) => name === members[0]!.category)!;
      const weight = basketWeight * sum(members.map((product) => product.popularity));
      return { members, draws, weight, weeks: promotedWeeks(draws) };
    },
  );
  const shifts = evenShifts(lines);
  return lines.flatMap(({ members, draws, weeks }, i) =>
    weeks.flatMap(({ week, depth }) =>
      members
        .filter((product) => draws.chance(joining(product)))
        .flatMap((product) => promotion(draws, product, shifted(week, shifts[i]!), depth)),
    ),
  );
}

/** By how many weeks to move the promotions of each line, so that all weeks have about as much of them. */
function evenShifts(
  lines: readonly { weight: number; weeks: readonly { week: number; depth: number }[] }[],
): number[] {
  const load = new Array<number>(WEEKS + 1).fill(0);
  const shifts = lines.map(() => 0);
  const place = (i: number, sign: 1 | -1) => {
    const { weight, weeks } = lines[i]!;
    for (const { week, depth } of weeks) load[shifted(week, shifts[i]!)]! += sign * weight * lift(depth);
  };
  // What a shift adds to the sum of squares of the weeks' loads, up to what is the same for all of them.
  const cost = (i: number, shift: number) =>
    sum(lines[i]!.weeks.map(({ week, depth }) => lift(depth) * load[shifted(week, shift)]!));
  lines.forEach((_, i) => place(i, 1));
  for (let pass = 0; pass < PASSES; pass++)
    lines.forEach((_, i) => {
      place(i, -1);
      const costs = Array.from({ length: WEEKS }, (_, shift) => cost(i, shift));
      shifts[i] = costs.indexOf(Math.min(...costs));
      place(i, 1);
    });
  return shifts;
}

/** About how much more a line sells at a discount, some of it featured or displayed; 4 is an average price coefficient. */
function lift(depth: number): number {
  return Math.exp(4 * depth) - 0.9;
}

/** Weeks 1 to 53 in a circle. */
function shifted(week: number, by: number): number {
  return ((week - 1 + by) % WEEKS) + 1;
}

function promotedWeeks(draws: Draws): { week: number; depth: number }[] {
  const weeks: { week: number; depth: number }[] = [];
  const startChance = PROMOTED_SHARE / (1 - PROMOTED_SHARE) / 1.4;
  for (let week = 1; week <= WEEKS; week++) {
    if (!draws.chance(startChance)) continue;
    const depth = promotionDepth(draws);
    weeks.push({ week, depth });
    if (draws.chance(0.4) && week < WEEKS) weeks.push({ week: ++week, depth });
    week++; // At least one week at the regular price, which thins the starts a little.
  }
  return weeks;
}

/** Mean 20 %; since deep promotions sell more, the median over what is bought is 24 %. */
function promotionDepth(draws: Draws): number {
  const a = draws.gamma(1.8);
  return Math.min(0.6, Math.max(0.06, a / (a + draws.gamma(7.2))));
}

function joining(product: Product): number {
  return Math.min(1, 0.75 + 0.12 * Math.log(product.popularity + 0.3));
}

function promotion(draws: Draws, product: Product, week: number, depth: number): ProductPrice[] {
  const promotionalPriceCents = shelfPrice(product.regularPriceCents * (1 - depth));
  const isFeatured = draws.chance(0.15 + 0.7 * depth);
  const isDisplayed = draws.chance(0.1 + 0.4 * depth);
  if (promotionalPriceCents >= product.regularPriceCents) return [];
  return [
    {
      sku: product.sku,
      week,
      regularPriceCents: product.regularPriceCents,
      promotionalPriceCents,
      isFeatured,
      isDisplayed,
    },
  ];
}

/** Prices from 1.00 end in 9, lower ones in 0, 5 or 9. */
function shelfPrice(cents: number): number {
  if (cents >= 95) return Math.round(cents / 10) * 10 - 1;
  const step = Math.max(20, Math.round(cents / 5) * 5);
  return step % 50 === 0 && step > 20 ? step - 1 : step;
}

function roundTo(value: number, digits: number): number {
  return Math.max(10 ** -digits, Math.round(value * 10 ** digits) / 10 ** digits);
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
