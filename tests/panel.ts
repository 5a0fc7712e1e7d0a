// A panel of the shape of The Complete Journey, small and invented, as parquet in memory.
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { BasicType } from 'hyparquet-writer';
import type { PackageFiles, PackageTable } from '../datasets/complete-journey/package-files.ts';

export type PanelLine = {
  household: number;
  basket: number;
  product: number;
  /** UTC. */
  time: string;
  quantity?: number;
  sales?: number;
  retailDiscount?: number;
  couponDiscount?: number;
};

type Value = string | number | null;
type Rows = Record<string, Value>[];

export const DRINKS = Array.from({ length: 12 }, (_, index) => 101 + index);
export const YOGURTS = Array.from({ length: 12 }, (_, index) => 201 + index);
/** Of these there are too few for a category. */
export const SPICES = [301, 302];
export const FUEL = 401;

/** The makers of a category's products: 1, 2, 3 in turn. */
export function makerOf(product: number): number {
  return 1 + (product % 3);
}

/** Every household buys every drink and yogurt once, at two dollars, in a basket of its own. */
export function aPanelYear(households = 6): PanelLine[] {
  const products = [...DRINKS, ...YOGURTS];
  return Array.from({ length: households }, (_, index) => index + 1).flatMap((household) =>
    products.map((product, number) => ({
      household,
      basket: 1_000 * household + number,
      product,
      time: `2017-0${1 + (number % 9)}-10T20:30:00Z`,
    })),
  );
}

export type PanelContent = {
  lines: PanelLine[];
  /** Where a product was in the mailer or on display: panel week and shop. */
  promotions?: { product: number; shop: number; week: number; mailer?: string; display?: string }[];
  demographics?: { household: number; age: string | null; income: string; size: string; kids: string }[];
  coupons?: { upc: number; product: number; campaign: number }[];
  /** Households of campaigns: 1 is of type A, 2 of type B; both run from 1 to 31 March. */
  campaigns?: { campaign: number; household: number }[];
  redemptions?: { household: number; upc: number; campaign: number; day: string }[];
};

export function panelFiles({
  lines,
  promotions = [{ product: 101, shop: 1, week: 2 }],
  demographics = [],
  coupons = [],
  campaigns = [],
  redemptions = [],
}: PanelContent): PackageFiles {
  const sorted = [...lines].sort((a, b) => a.time.localeCompare(b.time));
  const tables: Record<PackageTable, Rows> = {
    transactions: sorted.map(
      ({
        household,
        basket,
        product,
        time,
        quantity = 1,
        sales = 2,
        retailDiscount = 0,
        couponDiscount = 0,
      }) => ({
        household_id: household,
        basket_id: basket,
        product_id: product,
        quantity,
        sales_value: sales,
        retail_disc: retailDiscount,
        coupon_disc: couponDiscount,
        coupon_match_disc: 0,
        transaction_timestamp: time,
      }),
    ),
    products: [
      ...DRINKS.map((id) => productRow(id, 'SOFT DRINKS', 'GROCERY')),
      ...YOGURTS.map((id) => productRow(id, 'YOGURT', 'GROCERY')),
      ...SPICES.map((id) => productRow(id, 'SPICES', 'GROCERY')),
      productRow(FUEL, 'FUEL', 'FUEL'),
    ],
    promotions: promotions.map(({ product, shop, week, mailer = '0', display = '0' }) => ({
      product_id: product,
      store_id: shop,
      week,
      mailer_location: mailer,
      display_location: display,
    })),
    demographics: demographics.map(({ household, age, income, size, kids }) => ({
      household_id: household,
      age,
      income,
      household_size: size,
      kids_count: kids,
    })),
    campaigns: campaigns.map(({ campaign, household }) => ({
      campaign_id: campaign,
      household_id: household,
    })),
    campaign_descriptions: ['Type A', 'Type B'].map((type, index) => ({
      campaign_id: index + 1,
      campaign_type: type,
      start_date: '2017-03-01',
      end_date: '2017-03-31',
    })),
    coupons: coupons.map(({ upc, product, campaign }) => ({
      coupon_upc: upc,
      product_id: product,
      campaign_id: campaign,
    })),
    coupon_redemptions: redemptions.map(({ household, upc, campaign, day }) => ({
      household_id: household,
      coupon_upc: upc,
      campaign_id: campaign,
      redemption_date: day,
    })),
  };
  return Object.fromEntries(
    Object.entries(tables).map(([table, rows]) => [table, parquetOf(table as PackageTable, rows)]),
  ) as PackageFiles;
}

function productRow(id: number, category: string, department: string) {
  return {
    product_id: id,
    manufacturer_id: makerOf(id),
    department,
    brand: makerOf(id) === 3 ? 'Private' : 'National',
    product_category: category,
    product_type: `${category} SINGLE`,
    package_size: '12 OZ',
  };
}

const COLUMNS: Record<PackageTable, Record<string, BasicType>> = {
  transactions: {
    household_id: 'INT64',
    basket_id: 'INT64',
    product_id: 'INT64',
    quantity: 'INT64',
    sales_value: 'DOUBLE',
    retail_disc: 'DOUBLE',
    coupon_disc: 'DOUBLE',
    coupon_match_disc: 'DOUBLE',
    transaction_timestamp: 'TIMESTAMP',
  },
  products: {
    product_id: 'INT64',
    manufacturer_id: 'INT64',
    department: 'STRING',
    brand: 'STRING',
    product_category: 'STRING',
    product_type: 'STRING',
    package_size: 'STRING',
  },
  promotions: {
    product_id: 'INT64',
    store_id: 'INT64',
    week: 'INT64',
    mailer_location: 'STRING',
    display_location: 'STRING',
  },
  demographics: {
    household_id: 'INT64',
    age: 'STRING',
    income: 'STRING',
    household_size: 'STRING',
    kids_count: 'STRING',
  },
  campaigns: { campaign_id: 'INT64', household_id: 'INT64' },
  campaign_descriptions: {
    campaign_id: 'INT64',
    campaign_type: 'STRING',
    start_date: 'TIMESTAMP',
    end_date: 'TIMESTAMP',
  },
  coupons: { coupon_upc: 'INT64', product_id: 'INT64', campaign_id: 'INT64' },
  coupon_redemptions: {
    household_id: 'INT64',
    coupon_upc: 'INT64',
    campaign_id: 'INT64',
    redemption_date: 'TIMESTAMP',
  },
};

function parquetOf(table: PackageTable, rows: Rows) {
  const columnData = Object.entries(COLUMNS[table]).map(([name, type]) => ({
    name,
    type,
    nullable: true,
    data: rows.map((row) => converted(row[name] ?? null, type)),
  }));
  const bytes = parquetWriteBuffer({ columnData });
  return { byteLength: bytes.byteLength, slice: (start: number, end?: number) => bytes.slice(start, end) };
}

function converted(value: Value, type: BasicType): unknown {
  if (value === null) return null;
  if (type === 'INT64') return BigInt(value);
  return type === 'TIMESTAMP' ? new Date(value) : value;
}
