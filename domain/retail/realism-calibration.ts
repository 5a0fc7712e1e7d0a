import type { Dimension } from '../random-search.ts';
import { METRICS } from './realism-samples.ts';
import type { NoiseFloor, RealismMetric } from './realism-samples.ts';

/**
 * What of the choice model is fitted to a panel, between which values, and what it is fitted to. Price coefficients are left
 * out: they come from panels with prices that varied (retail.md §4.3), and shares of promoted lines would not identify them.
 */
export const CALIBRATED = [
  { name: 'visitWeeklyRhythm', low: 0, high: 1 },
  { name: 'visitWalletValue', low: 0, high: 1 },
  { name: 'extraTrip', low: 0.01, high: 0.4 },
  { name: 'cartAtRegularPrices', low: 0.7, high: 1.6 },
  { name: 'stockUpShare', low: 0.1, high: 0.7 },
  { name: 'fillInLines', low: 1.5, high: 8 },
  { name: 'stockUpLines', low: 8, high: 40 },
  { name: 'stockUpByBasketScale', low: 0, high: 1.5 },
  { name: 'impulseLines', low: 0, high: 1.5 },
  { name: 'stockEffect', low: 0.05, high: 1.2 },
  { name: 'categoryInclusiveValue', low: 0, high: 0.8 },
  { name: 'feature', low: 0, high: 1.5 },
  { name: 'display', low: 0, high: 1.5 },
  { name: 'brandSpreadBase', low: 0, high: 3 },
  { name: 'brandSpreadSlope', low: 0, high: 5 },
  { name: 'brandCarryOverWeight', low: 0, high: 4 },
  { name: 'extraUnits', low: 0.02, high: 0.7 },
  { name: 'extraUnitsByDiscount', low: 0, high: 2.5 },
  { name: 'openWallet', low: -5, high: 0 },
  { name: 'noticeCoupon', low: 0.005, high: 0.6 },
  { name: 'useCoupon', low: 0.1, high: 1 },
  { name: 'returnLines', low: 0, high: 1.5 },
  { name: 'budgetStretch', low: 1.5, high: 8 },
] as const satisfies readonly Dimension[];

/** Nothing that is fitted moves when in the week and the day a household shops, and a panel knows no carts that were left. */
const WEIGHTS: Readonly<Record<RealismMetric, number>> = {
  shopDays: 1,
  gaps: 1,
  linesPerBasket: 1,
  basketValue: 1,
  weekday: 0,
  hour: 0,
  basketsPerShopDay: 0.5,
  repeatBrand: 0.5,
  singleUnitLines: 0.5,
  promotedLines: 0.5,
  couponLinesPerWeek: 0.5,
  /** Few coupons are redeemed at all: its value is mostly chance. */
  priorBuyerRatio: 0.05,
  completion: 0,
};
/** A metric that is off by more than its whole target is not worse for it: the others still count. */
const MOST = 1;

/**
 * Weighted mean of the distances that are known, each as far as it is more than chance: what is nearer than as many other
 * households of the panel would be is as good as equal, and to come nearer still would be to fit their luck. 0 is a perfect fit.
 */
export function calibrationScore(
  distances: Readonly<Record<RealismMetric, number | null>>,
  floors: Readonly<Record<RealismMetric, NoiseFloor | null>>,
): number {
  const known = METRICS.filter((metric) => WEIGHTS[metric] > 0 && distances[metric] !== null);
  const weight = known.reduce((sum, metric) => sum + WEIGHTS[metric], 0);
  const excess = (metric: RealismMetric): number =>
    Math.min(MOST, Math.max(0, distances[metric]! - (floors[metric]?.median ?? 0)));
  const total = known.reduce((sum, metric) => sum + WEIGHTS[metric] * excess(metric), 0);
  return weight === 0 ? MOST : total / weight;
}
