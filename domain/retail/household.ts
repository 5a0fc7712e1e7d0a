import type { CatalogIndex, CategoryShelf } from './catalog-index.ts';
import type { ChoiceParameters } from './choice-parameters.ts';
import type { Persona } from './persona.ts';
import { power } from '../math.ts';
import type { RandomKey } from '../random.ts';
import { stationaryStock } from './stationary-stock.ts';
import type { StationaryStock } from './stationary-stock.ts';

/**
 * What a household carries from one shopping day to the next: what is at home, which brands it has bought, when it
 * last shopped, what it spent this week. Plain JSON; a new value is returned for every change.
 */
export type HouseholdState = {
  readonly lastShopDay: number | null;
  readonly weekStartDay: number;
  readonly weekSpendCents: number;
  readonly categories: Readonly<Record<string, CategoryState>>;
  /** -1 to 1; absent as long as nothing depends on it (satisfaction.ts). */
  readonly satisfaction?: number;
  /** Coupons shown and not used, as they counted on a day; absent without offer fatigue (offer-fatigue.ts). */
  readonly fatigue?: { readonly unused: number; readonly day: number };
};

export type CategoryState = {
  /** Units at home on `day`; they are consumed at a constant rate. */
  readonly units: number;
  readonly day: number;
  /** Smoothed shares of the brands bought, and the purchase count they rest on. */
  readonly brands: Readonly<Record<string, number>>;
};

/** What a household is, derived once from persona and catalogue: category weights, trip sizes, consumption. */
export type HouseholdProfile = {
  /** Basket weights by category, summing to 1. */
  readonly categoryWeights: ReadonlyMap<string, number>;
  /** Units consumed a day, by category. */
  readonly consumption: ReadonlyMap<string, number>;
  readonly stock: StationaryStock;
  readonly visitRate: number;
  readonly stockUpShare: number;
  readonly fillInLines: number;
  readonly stockUpLines: number;
};

/** Bounds of the frequency classes as quantiles of the population: 16.5, 45.0, 26.0 and 12.5 % of households. */
const CLASS_BOUNDS = {
  rare: [0, 0.165],
  occasional: [0.165, 0.615],
  regular: [0.615, 0.875],
  frequent: [0.875, 1],
} as const;

/**
 * Mean visit days per day of a persona: as observed, else its own quantile inside its class of Beta(1, b), the
 * distribution of daily shop propensities over households; its mean 1 / (1 + b) is the panel's 0.1414. Shop days are
 * completed purchases, so a channel with few completions sees more visits.
 */
export function visitRateOf(
  persona: Persona,
  channel: 'in_store' | 'online',
  parameters: ChoiceParameters,
  key: RandomKey,
): number {
  const [low, high] = CLASS_BOUNDS[persona.shoppingFrequency];
  const quantile = low + (high - low) * key.at('visit_rate').uniform();
  const observed = persona.visitRate ?? 1 - power(1 - quantile, 1 / parameters.visitShape);
  return Math.min(0.95, Math.max(0.0005, observed / completionOf(channel, parameters)));
}

/** Part of the visits that end with a purchase, as far as sizing a household goes. */
export function completionOf(channel: 'in_store' | 'online', parameters: ChoiceParameters): number {
  return channel === 'online' ? parameters.onlineCompletion : 1;
}

/**
 * Sizes trips so that the mean basket costs the persona's average cart value at usual promotions, split between more
 * stock-up trips and larger trips.
 */
export function householdProfile(
  persona: Persona,
  catalog: CatalogIndex,
  parameters: ChoiceParameters,
  channel: 'in_store' | 'online',
  key: RandomKey,
): HouseholdProfile {
  const visitRate = visitRateOf(persona, channel, parameters, key);
  const raw = catalog.categories.map((shelf): [CategoryShelf, number] => {
    const factor = persona.preferredCategories.includes(shelf.name) ? parameters.preferredCategory : 1;
    return [shelf, shelf.basketWeight * factor];
  });
  const total = raw.reduce((sum, [, weight]) => sum + weight, 0);
  const unitsPerLine = 1 + parameters.extraUnits;
  const cartCents = persona.avgCartValueCents * parameters.cartAtRegularPrices;
  const meanLines = cartCents / (catalog.meanLinePriceCents * unitsPerLine);
  const typicalLines =
    parameters.stockUpShare * parameters.stockUpLines +
    (1 - parameters.stockUpShare) * parameters.fillInLines;
  const scale = meanLines / typicalLines;
  const odds =
    (parameters.stockUpShare / (1 - parameters.stockUpShare)) * power(scale, parameters.stockUpByBasketScale);
  const stockUpShare = odds / (1 + odds);
  // Quick trips differ less between households than big ones: they scale by a square root, big ones take the rest.
  const size =
    meanLines / (stockUpShare * parameters.stockUpLines + (1 - stockUpShare) * parameters.fillInLines);
  const fillInLines = Math.min(meanLines, parameters.fillInLines * Math.sqrt(size));
  const stockUpLines = (meanLines - (1 - stockUpShare) * fillInLines) / stockUpShare;
  const trips = (visitRate * completionOf(channel, parameters)) / (1 - parameters.extraTrip);
  const unitsPerDay = trips * meanLines * unitsPerLine;
  return {
    categoryWeights: new Map(raw.map(([shelf, weight]) => [shelf.name, weight / total])),
    // What is bought in the long run: cupboards neither fill nor empty.
    consumption: new Map(raw.map(([shelf, weight]) => [shelf.name, (unitsPerDay * weight) / total])),
    stock: stationaryStock(parameters.stockEffect, parameters.extraUnits),
    visitRate,
    stockUpShare,
    fillInLines,
    stockUpLines,
  };
}

/** Units at home at the start of a day. */
export function unitsAtHome(
  state: HouseholdState,
  profile: HouseholdProfile,
  category: string,
  day: number,
): number {
  const entry = state.categories[category];
  if (entry === undefined) return 0;
  return Math.max(0, entry.units - (day - entry.day) * (profile.consumption.get(category) ?? 0));
}

/** Smoothed share of a brand among a household's purchases in a category, 0 to 1. */
export function brandShare(state: HouseholdState, category: string, brand: string): number {
  return state.categories[category]?.brands[brand] ?? 0;
}

export type Bought = { category: string; brand: string; quantity: number };

/** The household after a purchase on `day`. */
export function afterPurchase(
  state: HouseholdState,
  profile: HouseholdProfile,
  day: number,
  bought: readonly Bought[],
  spentCents: number,
  carryOver: number,
): HouseholdState {
  const categories: Record<string, CategoryState> = { ...state.categories };
  for (const { category, brand, quantity } of bought) {
    const before = categories[category];
    const units = unitsAtHome({ ...state, categories }, profile, category, day) + quantity;
    const brands: Record<string, number> = {};
    for (const [name, share] of Object.entries(before?.brands ?? {}))
      if (share * carryOver > 0.01) brands[name] = share * carryOver;
    brands[brand] = (brands[brand] ?? 0) + (1 - carryOver);
    categories[category] = { units, day, brands };
  }
  const week = budgetWeek(state, day);
  return { ...state, weekStartDay: week.startDay, weekSpendCents: week.spendCents + spentCents, categories };
}

/** Marks a day as a shop day, bought or not. */
export function afterVisit(state: HouseholdState, day: number): HouseholdState {
  return { ...state, lastShopDay: day };
}

/** The budget week that `day` lies in, and what was spent in it before. */
export function budgetWeek(state: HouseholdState, day: number): { startDay: number; spendCents: number } {
  const startDay = Math.floor(day / 7) * 7;
  return { startDay, spendCents: startDay === state.weekStartDay ? state.weekSpendCents : 0 };
}
