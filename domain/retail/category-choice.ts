import { exp, ln, logit } from '../math.ts';
import { poissonQuantile } from '../random.ts';
import type { RandomKey } from '../random.ts';
import { dayOfWeek } from './calendar.ts';
import type { CatalogIndex, CategoryShelf } from './catalog-index.ts';
import { decide, tripKey } from './choice-context.ts';
import type { BinaryDecision, TripContext } from './choice-context.ts';
import type { ChoiceParameters } from './choice-parameters.ts';
import { unitsAtHome } from './household.ts';
import type { HouseholdProfile } from './household.ts';
import { discountUtility, displayOf, inclusiveValue, promotionUtility } from './product-choice.ts';
import type { ShelfItem } from './product-choice.ts';

/** What kind of trip it is, and how much it wants of which category. */

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
  const { parameters, profile } = context;
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
  return {
    tripType: stockUp.isYes ? 'stock_up' : 'fill_in',
    stockUp,
    size: tripSize(context, stockUp.isYes, key, context.effects?.basketSize),
  };
}

/** Expected number of lines of a trip of a kind, drawn by `key`. */
export function tripSize(
  { parameters, profile, persona }: Pick<TripContext, 'parameters' | 'profile' | 'persona'>,
  isStockUp: boolean,
  key: RandomKey,
  effect = 1,
): number {
  const impulse = exp(parameters.impulseLines * (persona.impulsivity - 0.4));
  const mean = (isStockUp ? profile.stockUpLines : profile.fillInLines) * impulse * effect;
  const gamma = isStockUp
    ? [0, 1, 2].reduce((sum, i) => sum + key.at('trip_size', i).exponential(), 0) / 3
    : key.at('trip_size', 0).exponential();
  return 1 + Math.max(0.1, mean - 1) * gamma;
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
 *   size · weight · demand of the day · exp(offset − stockEffect · units at home) · exp(γ · (inclusive value now − at regular prices)) ÷ lift,
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
    const units = unitsAtHome(household, profile, shelf.name, day);
    const items = shelves.get(shelf.name) ?? [];
    const pull =
      parameters.categoryInclusiveValue *
      (inclusiveValue(items.map((i) => i.utility)) - inclusiveValue(items.map((i) => i.regularUtility)));
    const weight =
      ((profile.categoryWeights.get(shelf.name) ?? 0) *
        (context.effects?.demand.get(shelf.name) ?? 1) *
        purchaseRate(profile, parameters, units) *
        exp(pull)) /
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

/** How much more or less of a category than usual is bought with so many units at home. */
export function purchaseRate(profile: HouseholdProfile, parameters: ChoiceParameters, units: number): number {
  return exp(profile.stock.offset - parameters.stockEffect * Math.min(6, units));
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
