import type { Category, Product, ProductPrice, Store } from './catalog.ts';
import type { Campaign, Coupon } from './coupon.ts';
import type { Persona } from './persona.ts';

/** Everything a simulation is set up from, under one name: who shops, what is sold, which offers exist. */
export type Dataset = {
  id: string;
  title: string;
  /** What its publisher says about its use; shown wherever results of it are. */
  notice: string | null;
  /** ISO 4217 code; amounts are in its hundredths. */
  currency: string;
  stores: Store[];
  categories: Category[];
  products: Product[];
  prices: ProductPrice[];
  campaigns: Campaign[];
  coupons: Coupon[];
  agents: Persona[];
  /** What the real shoppers did that the agents were made from; null for invented ones. */
  reference: PanelReference | null;
};

/** A distribution by its hundredths: `percentiles[p]` for p = 0 … 100. */
export type Distribution = { count: number; mean: number; median: number; percentiles: number[] };

/**
 * To hold a simulation against. Like with like: only products of the catalogue, only baskets with at least one of
 * them. Basket values are what the shop received, in units of the currency.
 */
export type PanelReference = {
  households: number;
  days: number;
  /** Part of these households' lines that the catalogue covers. */
  coveredLines: number;
  /** Over households: baskets a week, and days with a basket per day. */
  sessionsPerHouseholdWeek: Distribution;
  shopDaysPerDay: Distribution;
  /** Over all households' pairs of successive shop days: days between them. */
  gapDays: Distribution;
  /** Baskets ÷ days with a basket. */
  basketsPerShopDay: number;
  /** Over baskets. */
  linesPerBasket: Distribution;
  /** Shares of baskets with 1, 2, … 39, 40 or more lines. */
  linesPerBasketShares: number[];
  basketValue: Distribution;
  /** Over baskets; Sunday first. */
  dayOfWeekShares: number[];
  /** Over baskets; hours 0 to 23, local time. */
  hourShares: number[];
  /** Over purchases in a category bought before: part of them of the brand bought last time. */
  repeatBrandShare: number;
  /** Over lines: part of them of one unit, and below the regular price at the shelf. */
  singleUnitShare: number;
  promotedLineShare: number;
  /** Over households: lines a week on which a coupon was used. */
  couponLinesPerHouseholdWeek: Distribution;
  /** Part of the baskets in which a coupon was used. */
  basketsWithCoupon: number;
};
