import { ln } from '../math.ts';
import { poissonQuantile } from '../random.ts';
import type { RandomKey } from '../random.ts';
import { purchaseRate, tripSize } from './category-choice.ts';
import { budgetLimitCents, putBackProbability } from './checkout-choice.ts';
import type { DayContext } from './choice-context.ts';
import { completionOf } from './household.ts';
import type { CategoryState, HouseholdState } from './household.ts';
import { usualExtraUnits } from './product-choice.ts';

type Shopper = Pick<DayContext, 'persona' | 'catalog' | 'parameters' | 'channel' | 'profile' | 'key'>;

/** Purchases after which it no longer matters what was at home before them. */
const PAST_TRIPS = 24;

/**
 * A household as it is found on the first day: as after a long time of living like this, so that a simulation has no
 * trend of its own. After a start from the stationary stock it lives its last purchases by `usualTrips`.
 */
export function initialHousehold(shopper: Shopper): HouseholdState {
  const { profile, key } = shopper;
  const { quantiles } = profile.stock;
  const stationary = new Map(
    [...profile.consumption.keys()].map((name) => {
      const quantile = Math.floor(key.at('initial_stock', name).uniform() * quantiles.length);
      return [name, quantiles[quantile]!];
    }),
  );
  const past = usualTrips(shopper, stationary, key.at('past'));
  for (let n = 1; n < PAST_TRIPS; n++) past.next();
  const { atHome } = past.next().value;
  const lastShopDay = -Math.min(61, daysToNext(profile.visitRate, key.at('initial_gap')));
  const categories: Record<string, CategoryState> = {};
  for (const [name, units] of atHome) categories[name] = { units, day: lastShopDay, brands: {} };
  return { lastShopDay, weekStartDay: 0, weekSpendCents: 0, categories };
}

/** A purchase of a household that lives as usual, its day counted from a first visit. */
export type UsualTrip = {
  readonly day: number;
  readonly units: number;
  /** Units at home after it, by category. */
  readonly atHome: ReadonlyMap<string, number>;
};

/** What a day does to the purchase rate of a category and to the mean units of a line beyond the first. */
export type UsualEffects = {
  readonly purchases: (category: string, day: number) => number;
  readonly extraUnits: (day: number) => number;
};
const NO_EFFECTS: UsualEffects = { purchases: () => 1, extraUnits: () => 1 };

/**
 * The purchases of a household, one after the other without end, by the laws of a trip alone: how often, how many lines
 * of which categories given what is at home, how many units, what the budget makes it put back. No shelves and no
 * offers: prices, promotions and days of the week are the usual ones, but for `effects`.
 */
export function* usualTrips(
  shopper: Shopper,
  atHome: ReadonlyMap<string, number>,
  key: RandomKey,
  effects: UsualEffects = NO_EFFECTS,
): Generator<UsualTrip, never> {
  const { persona, catalog, parameters, channel, profile } = shopper;
  const categories = catalog.categories.map(({ name, meanPriceCents }) => ({
    name,
    weight: profile.categoryWeights.get(name)!,
    perDay: profile.consumption.get(name)!,
    unitCents: meanPriceCents / parameters.cartAtRegularPrices,
    units: atHome.get(name) ?? 0,
  }));
  const extraUnits = usualExtraUnits(persona, parameters);
  const purchaseDays = profile.visitRate * completionOf(channel, parameters);
  const limitCents = budgetLimitCents(shopper);
  let [day, week, spentCents] = [0, 0, 0];
  for (let n = 0; ; n++) {
    const trip = key.at(n);
    const isSameDay = trip.at('same_day').uniform() < parameters.extraTrip;
    const days = isSameDay ? 0 : daysToNext(purchaseDays, trip.at('gap'));
    day += days;
    if (Math.floor(day / 7) > week) [week, spentCents] = [Math.floor(day / 7), 0];
    const rates = categories.map((category) => {
      category.units = Math.max(0, category.units - days * category.perDay);
      const rate = purchaseRate(profile, parameters, category.units);
      return category.weight * rate * effects.purchases(category.name, day);
    });
    const total = rates.reduce((sum, rate) => sum + rate, 0);
    const isStockUp = trip.at('trip_type').uniform() < profile.stockUpShare;
    const size = tripSize(shopper, isStockUp, trip);
    // Poisson numbers of all categories together are one Poisson number, dealt out by their means; one line is sure.
    const lines = 1 + poissonQuantile(trip.at('lines').uniform(), (size - 1) * total);
    const [which, quantity, keep] = [trip.at('category'), trip.at('quantity'), trip.at('keep')];
    let bought = 0;
    for (let line = 0; line < lines; line++) {
      const category = categories[indexOf(rates, which.uniformAt(line) * total)]!;
      const units = 1 + poissonQuantile(quantity.uniformAt(line), extraUnits * effects.extraUnits(day));
      const isTooMuch = line > 0 && spentCents + units * category.unitCents > limitCents;
      if (isTooMuch && keep.uniformAt(line) < putBackProbability(persona)) continue;
      category.units += units;
      spentCents += units * category.unitCents;
      bought += units;
    }
    yield { day, units: bought, atHome: new Map(categories.map(({ name, units }) => [name, units])) };
  }
}

/** The first index up to which the values add up to more than `sum`. */
function indexOf(values: readonly number[], sum: number): number {
  let rest = sum;
  for (const [i, value] of values.entries()) {
    rest -= value;
    if (rest < 0) return i;
  }
  return values.length - 1;
}

/** Days to the next of events that happen on a day with this probability, at least 1. */
function daysToNext(probability: number, key: RandomKey): number {
  return 1 + Math.floor(key.exponential() / -ln(1 - probability));
}
