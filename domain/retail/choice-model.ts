import { exp, ln, logistic, logit, power } from '../math.ts';
import { poissonQuantile } from '../random.ts';
import type { RandomKey } from '../random.ts';
import { dayOfWeek, weekOfYear } from './calendar.ts';
import { eligibleCents, faceValue, matches } from './cart.ts';
import type { CartLine, PricedCart, UsableCoupon } from './cart.ts';
import { compareText, shelfPriceOf } from './catalog-index.ts';
import type { CatalogIndex, CategoryShelf, ShelfPrice } from './catalog-index.ts';
import type { Product } from './catalog.ts';
import type { ChoiceParameters } from './choice-parameters.ts';
import type { Coupon } from './coupon.ts';
import { brandShare, budgetWeek, unitsAtHome } from './household.ts';
import type { HouseholdProfile, HouseholdState } from './household.ts';
import { DEAL_SEEKING_BEHAVIORS, INCOME_BRACKETS } from './persona.ts';
import type { Persona } from './persona.ts';

/**
 * The probabilities behind the rules policy: visit, trip, categories, products, quantity, offers, checkout. Every
 * function is pure; every draw is keyed by what it is about. docs/choice-model.md derives the forms and their sources.
 */

/** All that a shopper's day depends on. */
export type DayContext = {
  readonly persona: Persona;
  readonly catalog: CatalogIndex;
  readonly parameters: ChoiceParameters;
  readonly channel: 'in_store' | 'online';
  readonly profile: HouseholdProfile;
  readonly household: HouseholdState;
  /** Number of the day from 0, and its date. */
  readonly day: number;
  readonly date: string;
  /** Open coupons at 00:00, with the hours since the simulation's start at which they were dealt. */
  readonly wallet: readonly WalletCoupon[];
  /** Key of (seed, agent). */
  readonly key: RandomKey;
};

export type WalletCoupon = UsableCoupon & {
  readonly assignedHours: number;
  readonly expiresHours: number;
  /** No redemption of a limited coupon is left for this shopper today: it is as if the shop did not show it. */
  readonly isWithheld?: boolean;
};

/** One trip of the day. */
export type TripContext = DayContext & { readonly trip: number };

/** A yes-or-no decision with what decided it. */
export type BinaryDecision = {
  readonly probability: number;
  readonly draw: number;
  readonly isYes: boolean;
  readonly terms: Readonly<Record<string, number>>;
};

// --- S0: whether, how often and when ------------------------------------------------------------------------

/** Whether the agent shops on this day. The day's plan and the graph's decide_shop node make this same draw. */
export function visitDecision(context: DayContext): BinaryDecision {
  const { persona, parameters, profile, household, day } = context;
  const terms = {
    propensity: logit(profile.visitRate),
    dayPreference: ln(Math.max(0.01, dayFactor(persona, context.date))),
    weeklyRhythm:
      household.lastShopDay !== null && day - household.lastShopDay === 7 ? parameters.visitWeeklyRhythm : 0,
    walletValue:
      parameters.visitWalletValue *
      persona.couponAffinity *
      Math.min(1, walletValueCents(context) / persona.weeklyBudgetCents),
  };
  return decide(terms, context.key.at('day', day, 'decide_shop'));
}

const MOST_TRIPS = 4;

/** Whether a shop day has a trip number `trip` (from 1) after the one before it: a geometric number, at most 4. */
export function extraTripDecision(context: DayContext, trip: number): BinaryDecision {
  const probability = trip < MOST_TRIPS ? context.parameters.extraTrip : 0;
  const draw = context.key.at('day', context.day, 'extra_trip', trip).uniform();
  return { probability, draw, isYes: draw < probability, terms: {} };
}

/** How many trips a shop day has. */
export function tripsOf(context: DayContext): number {
  let trips = 1;
  while (extraTripDecision(context, trips).isYes) trips += 1;
  return trips;
}

/** Hour shares 7..22 of the panel, in store-local time. */
const HOUR_SHARES = [1.4, 2.1, 3.0, 4.5, 6.0, 6.7, 6.8, 7.1, 7.7, 9.0, 10.0, 9.4, 7.9, 6.5, 4.8, 3.0];
const FIRST_HOUR = 7;

/** Minutes after midnight at which the day's trips start, in order: first the part of the day, then the hour inside it. */
export function tripStartMinutes(context: DayContext, trips: number): number[] {
  const { persona } = context;
  const starts = Array.from({ length: trips }, (_, trip) => {
    const key = context.key.at('day', context.day, 'start', trip);
    const part = pick(
      [persona.prefTimeMorning, persona.prefTimeAfternoon, persona.prefTimeEvening],
      key.at('part').uniform(),
    );
    const [from, to] = [
      [7, 12],
      [12, 17],
      [17, 23],
    ][part]!;
    const shares = HOUR_SHARES.slice(from! - FIRST_HOUR, to! - FIRST_HOUR);
    const hour = from! + pick(shares, key.at('hour').uniform());
    return hour * 60 + Math.floor(key.at('minute').uniform() * 60);
  });
  return starts.sort((a, b) => a - b);
}

/** Share of the day's kind over its share of the week; 1 for a shopper without preferences. */
function dayFactor(persona: Persona, date: string): number {
  const weekday = dayOfWeek(date);
  if (weekday === 0) return persona.prefDaySunday * 7;
  if (weekday === 6) return persona.prefDaySaturday * 7;
  return (persona.prefDayWeekday * 7) / 5;
}

/** What the wallet is worth to this household: face values, each by the chance that the household can use it on a trip. */
function walletValueCents(context: DayContext): number {
  const lines =
    context.profile.stockUpShare * context.profile.stockUpLines +
    (1 - context.profile.stockUpShare) * context.profile.fillInLines;
  return context.wallet.reduce((sum, { coupon }) => {
    const reference = referenceOf(context, coupon);
    if (reference === null) return sum;
    return (
      sum + faceValue(coupon, reference.cents, reference.cents / 2) * Math.min(1, reference.weight * lines)
    );
  }, 0);
}

/** The price of one typical purchase a coupon acts on, and the weight of such purchases; null when nothing matches. */
function referenceOf(context: DayContext, coupon: Coupon): { cents: number; weight: number } | null {
  if (coupon.scope === 'frontstore') return { cents: context.persona.avgCartValueCents, weight: 1 };
  let cents = 0;
  let weight = 0;
  for (const { shelf, share } of reachOf(context.catalog, coupon)) {
    const part = share * (context.profile.categoryWeights.get(shelf.name) ?? 0);
    cents += part * shelf.meanPriceCents;
    weight += part;
  }
  return weight > 0 ? { cents: Math.round(cents / weight), weight } : null;
}

type Reach = readonly { readonly shelf: CategoryShelf; readonly share: number }[];

const reaches = new WeakMap<CatalogIndex, WeakMap<Coupon, Reach>>();

/** Where a line coupon works: the shelves, and the popularity share of the products it matches. Worked out once. */
function reachOf(catalog: CatalogIndex, coupon: Coupon): Reach {
  const known = reaches.get(catalog) ?? new WeakMap<Coupon, Reach>();
  reaches.set(catalog, known);
  const before = known.get(coupon);
  if (before !== undefined) return before;
  const reach = catalog.categories.flatMap((shelf) => {
    const total = shelf.products.reduce((sum, product) => sum + product.popularity, 0);
    const matching = shelf.products.filter((product) => matches(coupon, product));
    return matching.length === 0
      ? []
      : [{ shelf, share: matching.reduce((sum, product) => sum + product.popularity, 0) / total }];
  });
  known.set(coupon, reach);
  return reach;
}

// --- S1 and S2: what kind of trip, and which categories -------------------------------------------------------

export type TripPlan = {
  readonly tripType: 'fill_in' | 'stock_up';
  readonly stockUp: BinaryDecision;
  /** Expected number of lines of this trip. */
  readonly size: number;
};

/**
 * Trip size. Lines of a trip are one plus a Poisson number with a random mean: exponential for fill-in trips
 * (a geometric number of lines), Gamma(3) for stock-up trips (negative binomial, size 3), as in the panel.
 */
export function planTrip(context: TripContext): TripPlan {
  const { parameters, profile, persona } = context;
  const key = tripKey(context);
  const weekend = [0, 6].includes(dayOfWeek(context.date)) ? parameters.stockUpOnWeekend : 0;
  const stockUp = decide(
    {
      share: logit(profile.stockUpShare),
      weekend: weekend * (5 / 7),
      weekday: weekend === 0 ? -parameters.stockUpOnWeekend * (2 / 7) : 0,
    },
    key.at('trip_type'),
  );
  const impulse = exp(parameters.impulseLines * (persona.impulsivity - 0.4));
  const mean = (stockUp.isYes ? profile.stockUpLines : profile.fillInLines) * impulse;
  const gamma = stockUp.isYes
    ? [0, 1, 2].reduce((sum, i) => sum + key.at('trip_size', i).exponential(), 0) / 3
    : key.at('trip_size', 0).exponential();
  return {
    tripType: stockUp.isYes ? 'stock_up' : 'fill_in',
    stockUp,
    size: 1 + Math.max(0.1, mean - 1) * gamma,
  };
}

/** How much of one category a trip wants: a Poisson number of lines, with what made its mean. */
export type CategoryNeed = {
  readonly category: string;
  readonly mean: number;
  readonly draw: number;
  readonly lines: number;
  /** The category the trip is for: it gets one line whatever its draw. */
  readonly isPrimary: boolean;
};

const MAX_LINES_PER_CATEGORY = 8;

/**
 * Category purchases. The mean number of lines of a category is
 *   size · weight · exp(offset − stockEffect · units at home) · exp(γ · (inclusive value now − at regular prices)) ÷ lift,
 * so a promotion or a noticed coupon raises it, and a full cupboard lowers it.
 */
export function categoryNeeds(
  context: TripContext,
  plan: TripPlan,
  shelves: ReadonlyMap<string, readonly ShelfItem[]>,
): CategoryNeed[] {
  const { parameters, profile, household, day } = context;
  const key = tripKey(context);
  const rates = context.catalog.categories.map((shelf) => {
    const units = Math.min(6, unitsAtHome(household, profile, shelf.name, day));
    const items = shelves.get(shelf.name) ?? [];
    const pull =
      parameters.categoryInclusiveValue *
      (inclusiveValue(items.map((i) => i.utility)) - inclusiveValue(items.map((i) => i.regularUtility)));
    const weight =
      ((profile.categoryWeights.get(shelf.name) ?? 0) *
        exp(profile.stock.offset - parameters.stockEffect * units + pull)) /
      promotionLift(context.catalog, shelf, parameters);
    return { category: shelf.name, weight };
  });
  let primary = { category: '', score: -Infinity };
  for (const { category, weight } of rates) {
    const score = ln(weight) + key.at('primary', category).gumbel();
    if (score > primary.score) primary = { category, score };
  }
  return rates.map(({ category, weight }) => {
    const mean = (plan.size - 1) * weight;
    const draw = key.at('needs', category).uniform();
    const isPrimary = category === primary.category;
    const lines = Math.min(MAX_LINES_PER_CATEGORY, poissonQuantile(draw, mean) + (isPrimary ? 1 : 0));
    return { category, mean, draw, lines, isPrimary };
  });
}

const lifts = new WeakMap<CatalogIndex, WeakMap<ChoiceParameters, Map<string, number>>>();

/**
 * What the price calendar alone does to a category's purchases, averaged over its weeks at reference sensitivity: the
 * usual amount of promotion is part of what households usually buy. Worked out once.
 */
function promotionLift(catalog: CatalogIndex, shelf: CategoryShelf, parameters: ChoiceParameters): number {
  const byParameters = lifts.get(catalog) ?? new WeakMap<ChoiceParameters, Map<string, number>>();
  lifts.set(catalog, byParameters);
  const byCategory = byParameters.get(parameters) ?? new Map<string, number>();
  byParameters.set(parameters, byCategory);
  const before = byCategory.get(shelf.name);
  if (before !== undefined) return before;
  const sensitivity = parameters.priceBase + parameters.priceSlope * parameters.priceReference;
  const regular = inclusiveValue(shelf.products.map((product) => ln(product.popularity)));
  const weeks = Array.from({ length: 52 }, (_, week) => {
    const utilities = displayOf(shelf, week + 1).map(
      ({ product, price, lnPopularity }) =>
        lnPopularity +
        promotionUtility(price, parameters) +
        discountUtility(product, price.unitPriceCents, shelf, sensitivity),
    );
    return exp(parameters.categoryInclusiveValue * (inclusiveValue(utilities) - regular));
  });
  const lift = weeks.reduce((sum, value) => sum + value, 0) / weeks.length;
  byCategory.set(shelf.name, lift);
  return lift;
}

// --- S3: which product ---------------------------------------------------------------------------------------

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
  const scored = displayOf(shelf, weekOfYear(context.date)).map((display) => {
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

const displays = new WeakMap<CategoryShelf, Map<number, readonly Display[]>>();

/** The shelf in a week of the year. Worked out once. */
function displayOf(shelf: CategoryShelf, week: number): readonly Display[] {
  const known = displays.get(shelf) ?? new Map<number, readonly Display[]>();
  displays.set(shelf, known);
  const before = known.get(week);
  if (before !== undefined) return before;
  const display = shelf.products.map((product): Display => {
    const price = shelfPriceOf(shelf, product, week);
    const lnPopularity = ln(product.popularity);
    const promoted = (price.isFeatured ? 0.5 : 0) + (price.isDisplayed ? 0.5 : 0);
    return { product, price, lnPopularity, prominence: lnPopularity + promoted };
  });
  known.set(week, display);
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

function promotionUtility(price: ShelfPrice, parameters: ChoiceParameters): number {
  return (price.isFeatured ? parameters.feature : 0) + (price.isDisplayed ? parameters.display : 0);
}

/**
 * Utility of paying another price than the product's own regular one, at which its popularity holds. A week that
 * raises the regular price lowers it; a week that only claims a higher regular price changes nothing.
 */
function discountUtility(product: Product, cents: number, shelf: CategoryShelf, sensitivity: number): number {
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

// --- S4: how many ----------------------------------------------------------------------------------------------

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
    parameters.extraUnits *
    power(persona.householdSize / 2.4, parameters.extraUnitsByHouseholdSize) *
    exp(parameters.extraUnitsByDiscount * Math.max(0, depth));
  const quantityDraw = key.uniform();
  const natural = 1 + poissonQuantile(quantityDraw, quantityMean);
  const needed = wanted.reduce((units, { coupon }) => Math.max(units, unitsFor(coupon, item)), 1);
  return { quantity: Math.min(12, Math.max(natural, needed)), quantityMean, quantityDraw };
}

function unitsFor(coupon: Coupon, item: ShelfItem): number {
  if (unitSaving(coupon, item.product, item.price.unitPriceCents) === 0) return 1;
  const forSpend = Math.ceil(coupon.minSpendCents / item.price.unitPriceCents);
  return Math.max(coupon.kind === 'bogo' ? 2 : 1, forSpend);
}

// --- S5: offers ------------------------------------------------------------------------------------------------

export type CouponView = {
  readonly userCouponId: string;
  readonly code: string;
  readonly rank: number;
  readonly isNoticed: boolean;
  /** Looked at in detail. */
  readonly isOpened: boolean;
  readonly isWanted: boolean;
  readonly noticeProbability: number;
  readonly useProbability: number;
  readonly useDraw: number;
};

export type WalletView = {
  readonly open: BinaryDecision;
  /** Whether the wallet is looked at before the shelves. */
  readonly isFirst: boolean;
  readonly coupons: readonly CouponView[];
};

/**
 * What a shopper notices in the wallet on a trip, and wants to use. Coupons are listed newest first; older ones are
 * noticed less. The saving acts only through coupons that are wanted.
 */
export function viewWallet(context: TripContext): WalletView {
  const { persona, parameters } = context;
  const key = tripKey(context);
  const style = DEAL_SEEKING_BEHAVIORS.indexOf(persona.dealSeekingBehavior);
  const open = decide(
    {
      constant: parameters.openWallet,
      tech: parameters.openWalletByTech * persona.techSavviness,
      style: parameters.openWalletByStyle[style] ?? 0,
    },
    key.at('open_wallet'),
  );
  const isFirst = open.isYes && key.at('wallet_first').uniform() < (parameters.walletFirst[style] ?? 0);
  const usable = context.wallet.filter((entry) => entry.isWithheld !== true);
  const listed = usable.sort(
    (a, b) => b.assignedHours - a.assignedHours || compareText(a.coupon.code, b.coupon.code),
  );
  const now = context.day * 24;
  const coupons = listed.map((entry, index): CouponView => {
    const code = entry.coupon.code;
    const isFresh = now - entry.assignedHours < 7 * 24;
    const noticeProbability = open.isYes ? parameters.noticeCoupon * (isFresh ? 1 : 0.7) : 0;
    const isNoticed = key.at('notice', code).uniform() < noticeProbability;
    const useProbability = useProbabilityOf(context, entry.coupon);
    const useDraw = key.at('use', code).uniform();
    const isWanted = isNoticed && useDraw < useProbability;
    const isOpened = isWanted || (isNoticed && key.at('look', code).uniform() < 0.3);
    return {
      userCouponId: entry.userCouponId,
      code,
      rank: index + 1,
      isNoticed,
      isOpened,
      isWanted,
      noticeProbability,
      useProbability,
      useDraw,
    };
  });
  return { open, isFirst, coupons };
}

/** Discount share of a typical coupon of the panel: 34 % of the price. */
const TYPICAL_SAVING = 0.34;

/** Whether a noticed coupon is wanted: by affinity, and by the square root of what it saves of a typical purchase. */
function useProbabilityOf(context: TripContext, coupon: Coupon): number {
  const reference = referenceOf(context, coupon);
  if (reference === null) return 0;
  const isShipping = coupon.kind === 'free_shipping';
  const saving = isShipping
    ? context.channel === 'online'
      ? TYPICAL_SAVING / 2
      : 0
    : faceValue(coupon, reference.cents, reference.cents / 2) / reference.cents;
  const appeal = Math.min(1.25, Math.sqrt(saving / TYPICAL_SAVING));
  return Math.min(1, context.persona.couponAffinity * context.parameters.useCoupon * appeal);
}

/** The coupons of a wallet that its view found wanted. */
export function wantedCoupons(wallet: readonly WalletCoupon[], view: WalletView): WalletCoupon[] {
  const wanted = new Set(
    view.coupons.filter((coupon) => coupon.isWanted).map((coupon) => coupon.userCouponId),
  );
  return wallet.filter((entry) => wanted.has(entry.userCouponId));
}

/**
 * What a shopper who finds wanted offers after filling the cart goes back for: now and then a line for a coupon that
 * fits nothing in the cart, and, when a little is missing to the minimum of a basket offer, lines to fill it up.
 */
export function returnNeeds(
  context: TripContext,
  cart: readonly CartLine[],
  wanted: readonly UsableCoupon[],
): CategoryNeed[] {
  const key = tripKey(context).at('return');
  const needs: CategoryNeed[] = [];
  for (const { coupon } of wanted) {
    if (coupon.scope === 'frontstore' || cart.some((line) => matches(coupon, line))) continue;
    const candidates = reachOf(context.catalog, coupon).map(({ shelf }) => shelf);
    const category = heaviest(context, candidates, key.at(coupon.code));
    if (category === null) continue;
    const draw = key.at(coupon.code).uniform();
    const lines = Math.min(1, poissonQuantile(draw, context.parameters.returnLines));
    if (lines > 0)
      needs.push({ category, mean: context.parameters.returnLines, draw, lines, isPrimary: false });
  }
  return [...needs, ...fillUpNeeds(context, cart, wanted, key)];
}

function fillUpNeeds(
  context: TripContext,
  cart: readonly CartLine[],
  wanted: readonly UsableCoupon[],
  key: RandomKey,
): CategoryNeed[] {
  const gaps = wanted
    .filter(({ coupon }) => coupon.scope === 'frontstore' && coupon.kind !== 'free_shipping')
    .map(({ coupon }) => ({
      missing: coupon.minSpendCents - eligibleCents(coupon, cart),
      most: coupon.minSpendCents * context.parameters.fillUpGap,
    }))
    .filter(({ missing, most }) => missing > 0 && missing <= most)
    .sort((a, b) => a.missing - b.missing);
  const gap = gaps[0];
  if (gap === undefined) return [];
  const lines = Math.min(5, Math.ceil(gap.missing / context.catalog.meanLinePriceCents));
  const needs: CategoryNeed[] = [];
  for (let i = 0; i < lines; i++) {
    const category = heaviest(context, context.catalog.categories, key.at('fill_up', i));
    if (category !== null)
      needs.push({ category, mean: 1, draw: key.at('fill_up', i).uniform(), lines: 1, isPrimary: false });
  }
  return needs;
}

function heaviest(context: TripContext, shelves: readonly CategoryShelf[], key: RandomKey): string | null {
  let best: { name: string; score: number } | null = null;
  for (const shelf of shelves) {
    const score =
      ln(context.profile.categoryWeights.get(shelf.name) ?? 1e-9) + key.at('category', shelf.name).gumbel();
    if (best === null || score > best.score) best = { name: shelf.name, score };
  }
  return best?.name ?? null;
}

// --- S6: checkout ----------------------------------------------------------------------------------------------

/**
 * Lines a shopper over budget puts back, the last chosen first: the more price sensitive, the stricter. One line
 * always stays.
 */
export function linesToDrop(context: TripContext, cart: readonly CartLine[]): number[] {
  const { persona } = context;
  const key = tripKey(context).at('put_back');
  const limit = budgetLimitCents(context);
  let total =
    budgetWeek(context.household, context.day).spendCents +
    cart.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0);
  const dropped: number[] = [];
  for (const line of [...cart].reverse()) {
    if (total <= limit || dropped.length === cart.length - 1) break;
    if (key.at(line.category, line.sku).uniform() >= 0.4 + 0.6 * persona.priceSensitivity) continue;
    dropped.push(line.lineNumber);
    total -= line.quantity * line.unitPriceCents;
  }
  return dropped;
}

/** What a shopper lets a week cost: the usual budget, stretched in a big week, less by a price-sensitive shopper. */
function budgetLimitCents({ persona, parameters }: DayContext): number {
  return (
    persona.weeklyBudgetCents *
    (parameters.budgetStretch - parameters.budgetStrictness * persona.priceSensitivity)
  );
}

/** Whether the cart is bought (seed 000, "complete or abandon based on discount sensitivity"). */
export function checkoutDecision(context: TripContext, cart: PricedCart): BinaryDecision {
  const { persona, parameters } = context;
  const spent = budgetWeek(context.household, context.day).spendCents + cart.totalCents;
  const overBudget = Math.max(0, spent / budgetLimitCents(context) - 1);
  const saving = cart.subtotalCents > 0 ? cart.discountCents / (cart.subtotalCents + cart.shippingCents) : 0;
  const terms = {
    channel: context.channel === 'online' ? parameters.checkoutOnline : parameters.checkoutInStore,
    saving: parameters.checkoutSaving * saving * persona.couponAffinity,
    overBudget: -parameters.checkoutOverBudget * Math.min(1, overBudget) * persona.priceSensitivity,
    impulsivity: parameters.checkoutImpulsivity * (persona.impulsivity - 0.4),
  };
  return decide(terms, tripKey(context).at('checkout'));
}

// --- shared ----------------------------------------------------------------------------------------------------

export function tripKey(context: TripContext): RandomKey {
  return context.key.at('day', context.day, 'trip', context.trip);
}

function decide(terms: Readonly<Record<string, number>>, key: RandomKey): BinaryDecision {
  const probability = logistic(Object.values(terms).reduce((sum, term) => sum + term, 0));
  const draw = key.uniform();
  return { probability, draw, isYes: draw < probability, terms };
}

/** Index drawn from unnormalised weights by one uniform. */
function pick(weights: readonly number[], uniform: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let rest = uniform * total;
  for (let i = 0; i < weights.length; i++) {
    rest -= weights[i]!;
    if (rest < 0) return i;
  }
  return weights.length - 1;
}

/** ln Σ exp(u), 0 for an empty list. */
function inclusiveValue(utilities: readonly number[]): number {
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
