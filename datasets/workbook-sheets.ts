import { z } from 'zod';
import { Category, Product, ProductPrice, Store } from '../domain/retail/catalog.ts';
import { Campaign, Coupon, COUPON_KINDS, COUPON_SCOPES, FUNDINGS } from '../domain/retail/coupon.ts';
import {
  AGE_GROUPS,
  DEAL_SEEKING_BEHAVIORS,
  GENDERS,
  INCOME_BRACKETS,
  Persona,
  SHOPPING_FREQUENCIES,
} from '../domain/retail/persona.ts';
import type { Column } from './cells.ts';
import {
  choice,
  flag,
  freeText,
  integer,
  list,
  money,
  optionalDate,
  optionalMoney,
  optionalPercent,
  optionalReal,
  optionalText,
  percent,
  real,
  text,
} from './cells.ts';
import { normaliseShares } from './shares.ts';

// The workbook, sheet by sheet: which columns, under which other names they are known, and what they hold. Reading
// and writing both go by this. Ranges are checked by the schemas of the domain; `allowed` repeats them in words.

/** One sheet whose rows are of type `Row`. */
export type Sheet<Row> = {
  name: string;
  aliases: string[];
  columns: { [Field in keyof Row]-?: Column<Row[Field]> };
  schema: z.ZodType<Row>;
  /** Applied to a row before the schema. */
  prepare?: (row: Row) => Row;
  /** What makes a row unique in the sheet. */
  keyOf: (row: Row) => string;
  keyField: keyof Row & string;
  /** Rules over several columns are reported at one of them; it is skipped when one of the others is unreadable. */
  involves: Partial<Record<keyof Row & string, (keyof Row & string)[]>>;
};

const CODE = 'letters, digits, _ . - only, at most 64';
const NAME = 'text of 1 to 200 characters';
const SHARE = 'a number from 0 to 1';
const PRICE = 'money from 0.01 to 100000.00 with at most two decimals';
const OPTIONAL_PRICE = `${PRICE}, or empty`;

export const AGENTS: Sheet<Persona> = {
  name: 'Agents',
  aliases: ['Agent', 'Personas', 'All Attributes'],
  schema: Persona,
  prepare: normaliseShares,
  keyOf: (persona) => persona.agentId,
  keyField: 'agentId',
  involves: {
    ageGroup: ['age'],
    prefDayWeekday: ['prefDaySaturday', 'prefDaySunday'],
    prefTimeMorning: ['prefTimeAfternoon', 'prefTimeEvening'],
  },
  columns: {
    agentId: text('agent_id', CODE),
    generationModel: text('generation_model', NAME),
    generatedAt: optionalDate('generated_at', { isOptional: true }),
    age: integer('age', 'a whole number from 18 to 100', 40),
    ageGroup: choice('age_group', AGE_GROUPS),
    gender: choice('gender', GENDERS),
    incomeBracket: choice('income_bracket', INCOME_BRACKETS, { aliases: ['income'] }),
    householdSize: integer('household_size', 'a whole number from 1 to 10', 1),
    hasChildren: flag('has_children'),
    locationRegion: text('location_region', 'text of 1 to 100 characters', {
      aliases: ['location', 'region'],
    }),
    priceSensitivity: real('price_sensitivity', SHARE, 0.5, { aliases: ['price_consciousness'] }),
    brandLoyalty: real('brand_loyalty', SHARE, 0.5, { aliases: ['brands'] }),
    impulsivity: real('impulsivity', SHARE, 0.5),
    techSavviness: real('tech_savviness', SHARE, 0.5),
    preferredCategories: list(
      'preferred_categories',
      [';', '|', '\n', ','],
      '1 to 8 categories of the dataset, between semicolons',
      ['filler'],
      { aliases: ['categories'] },
    ),
    weeklyBudgetCents: money('weekly_budget', PRICE, 50_00),
    shoppingFrequency: choice('shopping_frequency', SHOPPING_FREQUENCIES, { aliases: ['frequency'] }),
    avgCartValueCents: money('avg_cart_value', PRICE, 25_00, { aliases: ['basket_size'] }),
    prefDayWeekday: real('pref_day_weekday', SHARE, 1, { aliases: ['days_of_week_weekday', 'day_weekday'] }),
    prefDaySaturday: real('pref_day_saturday', SHARE, 0, {
      aliases: ['days_of_week_saturday', 'day_saturday'],
    }),
    prefDaySunday: real('pref_day_sunday', SHARE, 0, { aliases: ['days_of_week_sunday', 'day_sunday'] }),
    prefTimeMorning: real('pref_time_morning', SHARE, 1, {
      aliases: ['time_patterns_morning', 'time_morning'],
    }),
    prefTimeAfternoon: real('pref_time_afternoon', SHARE, 0, {
      aliases: ['time_patterns_afternoon', 'time_afternoon'],
    }),
    prefTimeEvening: real('pref_time_evening', SHARE, 0, {
      aliases: ['time_patterns_evening', 'time_evening'],
    }),
    couponAffinity: real('coupon_affinity', SHARE, 0, { aliases: ['discount_sensitivity'] }),
    dealSeekingBehavior: choice('deal_seeking_behavior', DEAL_SEEKING_BEHAVIORS, {
      aliases: ['deal_seeking'],
    }),
    backstory: freeText('backstory', 'text of at most 10000 characters'),
    sampleShoppingPatterns: list(
      'sample_shopping_patterns',
      ['|', '\n', ';'],
      'at most 50 texts, between |',
      [],
      { aliases: ['shopping_patterns'] },
    ),
    visitRate: optionalReal('visit_rate', 'shop days per day, above 0 and below 1, or empty', {
      isOptional: true,
    }),
    imputedAttributes: list('imputed_attributes', [';', '|'], 'names of columns, between semicolons', [], {
      isOptional: true,
    }),
  },
};

/** Sheets of the public original that hold more attributes of the agents, joined by agent_id. */
export const AGENT_SIDE_SHEETS = ['Backstories', 'Behavioral Profile', 'Shopping Patterns'];

export const STORES: Sheet<Store> = {
  name: 'Stores',
  aliases: ['Store'],
  schema: Store,
  keyOf: (store) => store.code,
  keyField: 'code',
  involves: {},
  columns: {
    code: text('store_code', CODE, { aliases: ['code', 'store_id'] }),
    name: text('name', NAME, { aliases: ['store_name'] }),
    region: text('region', 'text of 1 to 100 characters', { aliases: ['location_region'] }),
    shippingFeeCents: money('shipping_fee', 'money from 0.00 to 10000.00 with at most two decimals', 0),
    freeShippingThresholdCents: optionalMoney(
      'free_shipping_threshold',
      'money from 0.00, or empty for never',
    ),
  },
};

export const CATEGORIES: Sheet<Category> = {
  name: 'Categories',
  aliases: ['Category'],
  schema: Category,
  keyOf: (category) => category.name,
  keyField: 'name',
  involves: {},
  columns: {
    name: text('category', NAME, { aliases: ['name', 'category_name'] }),
    basketWeight: real('basket_weight', 'a number above 0', 1),
    repurchaseGapDays: integer('repurchase_gap_days', 'a whole number from 1 to 365', 14),
  },
};

export const PRODUCTS: Sheet<Product> = {
  name: 'Products',
  aliases: ['Product'],
  schema: Product,
  keyOf: (product) => product.sku,
  keyField: 'sku',
  involves: { unitCostCents: ['regularPriceCents'] },
  columns: {
    sku: text('sku', CODE, { aliases: ['product_id'] }),
    name: text('name', NAME, { aliases: ['product_name'] }),
    category: text('category', 'a category of the dataset', { aliases: ['category_name'] }),
    brand: text('brand', NAME),
    isPrivateLabel: flag('is_private_label', { aliases: ['private_label'] }),
    regularPriceCents: money('regular_price', PRICE, 100_000_00, { aliases: ['price'] }),
    unitCostCents: money('unit_cost', 'money from 0.00 up to the regular price', 0, { aliases: ['cost'] }),
    popularity: real('popularity', 'a number above 0', 1),
  },
};

export const PRICES: Sheet<ProductPrice> = {
  name: 'Prices',
  aliases: ['Price', 'Price Calendar'],
  schema: ProductPrice,
  keyOf: (price) => `${price.sku}, week ${price.week}`,
  keyField: 'sku',
  involves: { promotionalPriceCents: ['regularPriceCents'] },
  columns: {
    sku: text('sku', 'a product of the dataset', { aliases: ['product_id'] }),
    week: integer('week', 'a whole number from 1 to 53', 1),
    regularPriceCents: money('regular_price', PRICE, 100_000_00),
    promotionalPriceCents: optionalMoney(
      'promotional_price',
      `${OPTIONAL_PRICE}, at most the regular price`,
      { aliases: ['promo_price'] },
    ),
    isFeatured: flag('is_featured', { aliases: ['feature'] }),
    isDisplayed: flag('is_displayed', { aliases: ['display'] }),
  },
};

export const CAMPAIGNS: Sheet<Campaign> = {
  name: 'Campaigns',
  aliases: ['Campaign'],
  schema: Campaign,
  keyOf: (campaign) => campaign.code,
  keyField: 'code',
  involves: {},
  columns: {
    code: text('campaign_code', CODE, { aliases: ['code', 'campaign_id'] }),
    name: text('name', NAME, { aliases: ['campaign_name'] }),
    budgetCents: optionalMoney('budget', 'money from 0.01, or empty for unlimited'),
  },
};

export const COUPONS: Sheet<Coupon> = {
  name: 'Coupons',
  aliases: ['Coupon', 'Offers'],
  schema: Coupon,
  keyOf: (coupon) => coupon.code,
  keyField: 'code',
  involves: {
    percentOff: ['kind'],
    amountOffCents: ['kind'],
    kind: ['scope'],
    category: ['scope'],
    brand: ['scope'],
    vendorSharePercent: ['funding'],
  },
  columns: {
    code: text('coupon_code', CODE, { aliases: ['code', 'coupon_id'] }),
    campaignCode: text('campaign_code', 'a campaign of the dataset', {
      aliases: ['campaign', 'campaign_id'],
    }),
    scope: choice('scope', COUPON_SCOPES),
    kind: choice('kind', COUPON_KINDS, { aliases: ['type', 'coupon_type'] }),
    category: optionalText('category', 'a category of the dataset, or empty'),
    brand: optionalText('brand', 'a brand of the dataset, or empty'),
    percentOff: optionalPercent('percent_off', 'above 0, at most 100, for percent coupons only'),
    amountOffCents: optionalMoney('amount_off', 'money from 0.01, for fixed coupons only'),
    maxDiscountCents: optionalMoney('max_discount', 'money from 0.01, or empty'),
    minSpendCents: money('min_spend', 'money from 0.00', 0),
    funding: choice('funding', FUNDINGS),
    vendorSharePercent: percent(
      'vendor_share_percent',
      '0 to 100: 0 when the retailer pays, 100 when the vendor pays',
      { aliases: ['vendor_share'] },
    ),
    feePerRedemptionCents: money('fee_per_redemption', 'money from 0.00 to 100.00', 0, {
      aliases: ['redemption_fee'],
    }),
    excludedBrands: list(
      'excluded_brands',
      [';', '|'],
      'brands of the dataset, between semicolons, or empty',
      [],
    ),
    redemptionLimit: optionalReal('redemption_limit', 'a whole number from 1, or empty for unlimited', {
      isOptional: true,
    }),
    isActive: flag('is_active'),
  },
};

const DatasetHead = z.object({
  title: z.string().min(1).max(200),
  notice: z.string().max(2_000).nullable(),
  currency: z.string().regex(/^[A-Z]{3}$/),
});
export type DatasetHead = z.infer<typeof DatasetHead>;

/** Optional, one row: what the dataset is called and what its publisher says about it. */
export const DATASET: Sheet<DatasetHead> = {
  name: 'Dataset',
  aliases: [],
  schema: DatasetHead,
  keyOf: (head) => head.title,
  keyField: 'title',
  involves: {},
  columns: {
    title: text('title', NAME),
    notice: optionalText('notice', 'text of at most 2000 characters, or empty'),
    currency: text('currency', 'three capital letters, like USD'),
  },
};

/** Every sheet that holds rows, in the order in which they refer to each other. */
export const SHEETS = {
  stores: STORES,
  categories: CATEGORIES,
  products: PRODUCTS,
  prices: PRICES,
  campaigns: CAMPAIGNS,
  coupons: COUPONS,
  agents: AGENTS,
};

/** Sheets that people read and the import does not. */
export const IGNORED_SHEETS = ['ReadMe', 'Summary'];

export function normalisedName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, '_');
}

/** What a sheet is found by; a CSV file is a sheet of its name. */
export function sheetKey(name: string): string {
  return normalisedName(name.replace(/\.csv$/i, ''));
}

/** True for the name of a sheet or CSV file that holds rows, or says what the dataset is called. */
export function isSheet(name: string): boolean {
  return [DATASET, ...Object.values(SHEETS)].some((sheet) =>
    [sheet.name, ...sheet.aliases].some((known) => sheetKey(known) === sheetKey(name)),
  );
}
