import type { CatalogIndex, CategoryShelf } from './catalog-index.ts';
import type { ChoiceParameters } from './choice-parameters.ts';
import type { Persona } from './persona.ts';
import { power } from '../math.ts';
import type { RandomKey } from '../random.ts';

/**
 * What a household carries from one shopping day to the next: what is at home, which brands it has bought, when it
 * last shopped, what it spent this week. Plain JSON; a new value is returned for every change.
 */
export type HouseholdState = {
  readonly lastShopDay: number | null;
  readonly weekStartDay: number;
  readonly weekSpendCents: number;
  readonly categories: Readonly<Record<string, CategoryState>>;
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
  readonly visitRate: number;
  readonly stockUpShare: number;
  readonly fillInLines: number;
  readonly stockUpLines: number;
};

const MEAN_UNITS_PER_LINE = 1.3; // retail panel: 78.8 % of lines are single units

/**
 * Sizes trips so that the mean basket at regular prices is the persona's average cart value, split between more
 * stock-up trips and larger trips.
 */
export function householdProfile(
  persona: Persona,
  catalog: CatalogIndex,
  parameters: ChoiceParameters,
  visitRate: number,
): HouseholdProfile {
  const raw = catalog.categories.map((shelf): [CategoryShelf, number] => {
    const factor = persona.preferredCategories.includes(shelf.name) ? parameters.preferredCategory : 1;
    return [shelf, shelf.basketWeight * factor];
  });
  const total = raw.reduce((sum, [, weight]) => sum + weight, 0);
  const meanLines = persona.avgCartValueCents / (catalog.meanLinePriceCents * MEAN_UNITS_PER_LINE);
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
  const unitsPerDay = (visitRate * meanLines * MEAN_UNITS_PER_LINE) / (1 - parameters.extraTrip);
  const turnover = raw.map(([shelf, weight]) => weight / total / shelf.repurchaseGapDays);
  const totalTurnover = turnover.reduce((sum, value) => sum + value, 0);
  return {
    categoryWeights: new Map(raw.map(([shelf, weight]) => [shelf.name, weight / total])),
    consumption: new Map(
      raw.map(([shelf, weight], i) => {
        // Half by what the household buys, half by how fast the category turns over.
        const bought = weight / total;
        return [shelf.name, (unitsPerDay * (bought + turnover[i]! / totalTurnover)) / 2];
      }),
    ),
    visitRate,
    stockUpShare,
    fillInLines,
    stockUpLines,
  };
}

/** A household as it is found on the first day: it has shopped before, so cupboards are partly full. */
export function initialHousehold(profile: HouseholdProfile, key: RandomKey): HouseholdState {
  const categories: Record<string, CategoryState> = {};
  for (const name of profile.consumption.keys())
    categories[name] = { units: 2 * key.at('initial_stock', name).uniform(), day: 0, brands: {} };
  const daysSince = Math.min(60, Math.floor(key.at('initial_gap').exponential() / profile.visitRate));
  return { lastShopDay: -1 - daysSince, weekStartDay: 0, weekSpendCents: 0, categories };
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
