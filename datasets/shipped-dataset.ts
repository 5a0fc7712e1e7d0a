import type { Dataset } from '../domain/retail/dataset.ts';
import type { Persona } from '../domain/retail/persona.ts';
import { generateCatalogue } from './catalogue-generator.ts';
import { generateOffers } from './offer-generator.ts';
import { generatePersonas } from './persona-generator.ts';

export const DEFAULT_DATASET_ID = 'default';
export const DEFAULT_SEED = 'mercato';
export const SHIPPED_AGENTS = 300;

/** The dataset of `data/mercato.xlsx`. */
export function generateShippedDataset(seed: string): Dataset {
  const catalogue = generateCatalogue(seed);
  const { categories, products, stores } = catalogue;
  return {
    id: DEFAULT_DATASET_ID,
    title: 'Mercato, an invented grocer',
    notice:
      'Invented shoppers, products, prices and offers. Their distributions follow published figures of a real grocery panel; no row describes a real person, product or shop.',
    currency: 'USD',
    ...catalogue,
    ...generateOffers({ seed, categories, products, frontstore: 120, category: 180, brand: 240 }),
    agents: generatePersonas({ seed, count: SHIPPED_AGENTS, categories, stores }),
    reference: null,
  };
}

/** The shipped agents and more of their kind; the first 300 are those of the workbook. */
export function moreShippedAgents(dataset: Pick<Dataset, 'categories' | 'stores'>, count: number): Persona[] {
  return generatePersonas({
    seed: DEFAULT_SEED,
    count,
    categories: dataset.categories,
    stores: dataset.stores,
  });
}

export const README_LINES = [
  'Mercato workbook: who shops, what is sold at which price in which week, and which offers can be dealt.',
  'Load it with:  mercato seed agents --from FILE.xlsx   (every error is listed with sheet, row and column; nothing is stored unless all is good)',
  '',
  'Everything here is invented and reproducible: scripts/generate-workbook.ts, seed "mercato".',
  'Money is in units of the currency with at most two decimals. Shares and traits go from 0 to 1. Percentages go from 0 to 100.',
  'Lists in one cell: preferred_categories, excluded_brands between semicolons; sample_shopping_patterns between |.',
  '',
  'Dataset      one row: title, notice of the publisher, currency (ISO 4217)',
  'Agents       one row per shopper, 28 attributes. pref_day_* sum to 1, pref_time_* sum to 1 (morning until 12, afternoon until 17, evening after).',
  '             shopping_frequency: frequent = 2 or more shop days a week, regular = 1 to 2, occasional = 1 to 4 a month, rare = fewer.',
  '             weekly_budget: money a week with shopping. avg_cart_value: money a basket. coupon_affinity 0 = never uses a coupon.',
  'Stores       shipping fee and the subtotal from which shipping is free; empty = never free',
  'Categories   basket_weight: how often the category is in baskets, only ratios matter. repurchase_gap_days: median days between two purchases.',
  'Products     regular_price and unit_cost per unit, without tax. popularity: relative demand inside the category at regular prices.',
  'Prices       only weeks with a promotion. week = 1 to 53, counted from 1 January in steps of seven days; all other weeks have the regular price.',
  'Campaigns    budget: discount the campaign may grant in one simulation; empty = unlimited',
  'Coupons      scope: frontstore = whole basket, category or brand = matching lines. kind: percent, fixed, bogo (every second unit free), free_shipping.',
  '             min_spend: spend on eligible lines from which it works. max_discount: cap of one redemption.',
  '             funding and vendor_share_percent: who pays the discount. fee_per_redemption: what each redemption costs the retailer.',
  '             redemption_limit: redemptions that all shoppers together may have in a simulation; empty = unlimited.',
  '',
  'Facts used: prices, promotion depth, own-label share, repurchase gaps, visit classes, coupon use and demographic shares of the',
  '2017 grocery panel The Complete Journey (84.51°). Basket weights, margins, other repurchase gaps and all names are assumed.',
];
