import { exp, ln, power } from '../math.ts';
import { poissonQuantile } from '../random.ts';
import type { RandomKey } from '../random.ts';
import { weekOfYear } from './calendar.ts';
import { faceValue, matches } from './cart.ts';
import type { UsableCoupon } from './cart.ts';
import { compareText, shelfPriceOf } from './catalog-index.ts';
import type { CategoryShelf, ShelfPrice } from './catalog-index.ts';
import type { Product } from './catalog.ts';
import { tripKey } from './choice-context.ts';
import type { TripContext } from './choice-context.ts';
import type { ChoiceParameters } from './choice-parameters.ts';
import type { Coupon } from './coupon.ts';
import { shockedPrice } from './event-calendar.ts';
import type { DayEffects } from './event-calendar.ts';
import { brandShare } from './household.ts';
import { INCOME_BRACKETS } from './persona.ts';
import type { Persona } from './persona.ts';

/** What a shopper sees of a category, which product it takes, and how many. */

export type ShelfItem = {
  readonly product: Product;
  readonly price: ShelfPrice;
  /** Shelf price less the saving of the best coupon the shopper wants to use. */
  readonly effectivePriceCents: number;
  readonly utility: number;
  /** Utility at the regular price, without promotion or coupon. */
  readonly regularUtility: number;
};

/**
 * What a shopper sees of a category on a trip, in order of appearance: popular, promoted and familiar products more
 * often. Exposure is drawn once a trip and does not depend on prices or coupons.
 */
export function shelfOf(
  context: TripContext,
  shelf: CategoryShelf,
  wanted: readonly UsableCoupon[],
): ShelfItem[] {
  const key = tripKey(context).at('shelf', shelf.name);
  const bought = context.household.categories[shelf.name]?.brands ?? {};
  const scored = displayOf(shelf, weekOfYear(context.date), context.effects).map((display) => {
    const familiar = display.product.brand in bought ? 0.5 : 0;
    return { display, score: display.prominence + familiar + key.at(display.product.sku).gumbel() };
  });
  return scored
    .sort((a, b) => b.score - a.score || compareText(a.display.product.sku, b.display.product.sku))
    .slice(0, context.parameters.shelfSize)
    .map(({ display }) => valued(context, shelf, display, wanted));
}

/** A product on the shelf in one week, with what is the same for every shopper. */
type Display = {
  readonly product: Product;
  readonly price: ShelfPrice;
  readonly lnPopularity: number;
  readonly prominence: number;
};

const displays = new WeakMap<CategoryShelf, Map<string, readonly Display[]>>();

/** The shelf in a week of the year, under the price shocks of a day. Worked out once. */
export function displayOf(
  shelf: CategoryShelf,
  week: number,
  effects?: DayEffects | null,
): readonly Display[] {
  const known = displays.get(shelf) ?? new Map<string, readonly Display[]>();
  displays.set(shelf, known);
  const name = `${week}/${effects?.pricesKey ?? ''}`;
  const before = known.get(name);
  if (before !== undefined) return before;
  const display = shelf.products.map((product): Display => {
    const price = shockedPrice(shelfPriceOf(shelf, product, week), product, effects?.prices ?? []);
    const lnPopularity = ln(product.popularity);
    const promoted = (price.isFeatured ? 0.5 : 0) + (price.isDisplayed ? 0.5 : 0);
    return { product, price, lnPopularity, prominence: lnPopularity + promoted };
  });
  known.set(name, display);
  return display;
}

function valued(
  context: TripContext,
  shelf: CategoryShelf,
  { product, price, lnPopularity }: Display,
  wanted: readonly UsableCoupon[],
): ShelfItem {
  const { parameters, persona, household } = context;
  const saving = wanted.reduce(
    (best, { coupon }) => Math.max(best, unitSaving(coupon, product, price.unitPriceCents)),
    0,
  );
  const effectivePriceCents = price.unitPriceCents - saving;
  const sensitivity = priceCoefficient(persona, parameters);
  const reference = parameters.priceBase + parameters.priceSlope * parameters.priceReference;
  const spread = parameters.brandSpreadBase + parameters.brandSpreadSlope * persona.brandLoyalty;
  const own = spread * context.key.at('brand', shelf.name, product.brand).normal();
  const habit =
    parameters.brandCarryOverWeight * persona.brandLoyalty * brandShare(household, shelf.name, product.brand);
  const tier =
    (parameters.priceTier * (reference - sensitivity) * product.regularPriceCents) / shelf.meanPriceCents;
  const regularUtility = lnPopularity + tier + own + habit;
  const promotion = promotionUtility(price, parameters);
  const discount = discountUtility(product, effectivePriceCents, shelf, sensitivity);
  return {
    product,
    price,
    effectivePriceCents,
    regularUtility,
    utility: regularUtility + promotion + discount,
  };
}

export function promotionUtility(price: ShelfPrice, parameters: ChoiceParameters): number {
  return (price.isFeatured ? parameters.feature : 0) + (price.isDisplayed ? parameters.display : 0);
}

/**
 * Utility of paying another price than the product's own regular one, at which its popularity holds. A week that
 * raises the regular price lowers it; a week that only claims a higher regular price changes nothing.
 */
export function discountUtility(
  product: Product,
  cents: number,
  shelf: CategoryShelf,
  sensitivity: number,
): number {
  return (sensitivity * (product.regularPriceCents - cents)) / shelf.meanPriceCents;
}

/** Price coefficient on price ÷ mean category price: −2 … −6, as in five scanner panels (−3.4 … −5.7). */
function priceCoefficient(persona: Persona, parameters: ChoiceParameters): number {
  const income = parameters.priceByIncome[INCOME_BRACKETS.indexOf(persona.incomeBracket)] ?? 0;
  return Math.max(0.2, parameters.priceBase + parameters.priceSlope * persona.priceSensitivity + income);
}

/** What a wanted coupon takes off one unit, as far as one purchase can tell: bogo halves the price of two. */
function unitSaving(coupon: Coupon, product: Product, unitPriceCents: number): number {
  if (coupon.scope === 'frontstore' || !matches(coupon, product)) return 0;
  if (coupon.minSpendCents > 3 * unitPriceCents) return 0;
  if (coupon.kind === 'bogo') return Math.floor(unitPriceCents / 2);
  return faceValue(coupon, unitPriceCents, 0);
}

export type ProductChoice = {
  readonly category: string;
  readonly items: readonly ShelfItem[];
  readonly noise: readonly number[];
  readonly probabilities: readonly number[];
  readonly chosen: ShelfItem;
  readonly quantity: number;
  readonly quantityMean: number;
  readonly quantityDraw: number;
};

/**
 * Picks line number `line` of a category: a multinomial logit over what is on the shelf and not yet in the cart,
 * sampled by keyed Gumbel noise. Null when nothing is left.
 */
export function chooseProduct(
  context: TripContext,
  category: string,
  items: readonly ShelfItem[],
  line: number,
  inCart: ReadonlySet<string>,
  wanted: readonly UsableCoupon[],
): ProductChoice | null {
  const open = items.filter((item) => !inCart.has(item.product.sku));
  if (open.length === 0) return null;
  const key = tripKey(context).at('product', category, line);
  const noise = open.map((item) => key.at(item.product.sku).gumbel());
  let best = 0;
  for (let i = 1; i < open.length; i++)
    if (open[i]!.utility + noise[i]! > open[best]!.utility + noise[best]!) best = i;
  const chosen = open[best]!;
  const quantity = quantityOf(context, chosen, key.at('quantity'), wanted);
  return {
    category,
    items: open,
    noise,
    probabilities: shares(open.map((item) => item.utility)),
    chosen,
    ...quantity,
  };
}

/** One unit plus a Poisson number that grows with household size and discount; offers that need more get more. */
function quantityOf(
  context: TripContext,
  item: ShelfItem,
  key: RandomKey,
  wanted: readonly UsableCoupon[],
): { quantity: number; quantityMean: number; quantityDraw: number } {
  const { parameters, persona } = context;
  const depth = 1 - item.effectivePriceCents / item.product.regularPriceCents;
  const quantityMean =
    usualExtraUnits(persona, parameters) * exp(parameters.extraUnitsByDiscount * Math.max(0, depth));
  const quantityDraw = key.uniform();
  const natural = 1 + poissonQuantile(quantityDraw, quantityMean);
  const needed = wanted.reduce((units, { coupon }) => Math.max(units, unitsFor(coupon, item)), 1);
  return { quantity: Math.min(12, Math.max(natural, needed)), quantityMean, quantityDraw };
}

/** Mean units of a line beyond the first, at regular prices. */
export function usualExtraUnits(persona: Persona, parameters: ChoiceParameters): number {
  return parameters.extraUnits * power(persona.householdSize / 2.4, parameters.extraUnitsByHouseholdSize);
}

function unitsFor(coupon: Coupon, item: ShelfItem): number {
  if (unitSaving(coupon, item.product, item.price.unitPriceCents) === 0) return 1;
  const forSpend = Math.ceil(coupon.minSpendCents / item.price.unitPriceCents);
  return Math.max(coupon.kind === 'bogo' ? 2 : 1, forSpend);
}

/** ln Σ exp(u), 0 for an empty list. */
export function inclusiveValue(utilities: readonly number[]): number {
  if (utilities.length === 0) return 0;
  const largest = Math.max(...utilities);
  return largest + ln(utilities.reduce((sum, utility) => sum + exp(utility - largest), 0));
}

function shares(utilities: readonly number[]): number[] {
  const largest = Math.max(...utilities);
  const weights = utilities.map((utility) => exp(utility - largest));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}
