import type { AsyncBuffer } from 'hyparquet';
import { toEasternTime } from './eastern-time.ts';
import type { PanelFiles } from './panel-files.ts';
import { readTable, readWindows } from './parquet.ts';

// The panel's tables in memory: the 1.5 million lines as columns, the rest as objects.

/** One line a row. Money in units of the currency; days and hours in US Eastern time. */
export type Lines = {
  count: number;
  household: Int32Array;
  basket: Float64Array;
  product: Int32Array;
  quantity: Int32Array;
  /** What the shop received: after the loyalty-card discount, makers' coupons included. */
  sales: Float64Array;
  retailDiscount: Float64Array;
  couponDiscount: Float64Array;
  couponMatch: Float64Array;
  /** Whole days since 1970-01-01. */
  day: Int32Array;
  hour: Uint8Array;
};

export type PanelProduct = {
  id: number;
  maker: number;
  department: string;
  isOwnLabel: boolean;
  category: string | null;
  type: string | null;
  packageSize: string | null;
};

export type Demographics = {
  household: number;
  age: string | null;
  income: string | null;
  householdSize: string | null;
  kidsCount: string | null;
};

export type Panel = {
  lines: Lines;
  products: Map<number, PanelProduct>;
  demographics: Map<number, Demographics>;
  campaigns: { id: number; type: string }[];
  coupons: { upc: number; product: number; campaign: number }[];
};

export async function readPanel(files: PanelFiles): Promise<Panel> {
  const products = await readTable(files.products, [
    'product_id',
    'manufacturer_id',
    'department',
    'brand',
    'product_category',
    'product_type',
    'package_size',
  ]);
  const demographics = await readTable(files.demographics, [
    'household_id',
    'age',
    'income',
    'household_size',
    'kids_count',
  ]);
  const campaigns = await readTable(files.campaign_descriptions, ['campaign_id', 'campaign_type']);
  const coupons = await readTable(files.coupons, ['coupon_upc', 'product_id', 'campaign_id']);
  return {
    lines: await readLines(files.transactions),
    products: new Map(products.map((row) => [Number(row.product_id), productOf(row)])),
    demographics: new Map(demographics.map((row) => [Number(row.household_id), demographicsOf(row)])),
    campaigns: campaigns.map((row) => ({ id: Number(row.campaign_id), type: String(row.campaign_type) })),
    coupons: coupons.map((row) => ({
      upc: Number(row.coupon_upc),
      product: Number(row.product_id),
      campaign: Number(row.campaign_id),
    })),
  };
}

const LINE_COLUMNS = [
  'household_id',
  'basket_id',
  'product_id',
  'quantity',
  'sales_value',
  'retail_disc',
  'coupon_disc',
  'coupon_match_disc',
  'transaction_timestamp',
] as const;

async function readLines(file: AsyncBuffer): Promise<Lines> {
  const windows: Lines[] = [];
  for await (const { rows, columns } of readWindows(file, LINE_COLUMNS)) {
    const lines = emptyLines(rows);
    for (let i = 0; i < rows; i++) {
      const time = toEasternTime(columns.transaction_timestamp[i] as Date);
      lines.household[i] = Number(columns.household_id[i]);
      lines.basket[i] = Number(columns.basket_id[i]);
      lines.product[i] = Number(columns.product_id[i]);
      lines.quantity[i] = Number(columns.quantity[i]);
      lines.sales[i] = Number(columns.sales_value[i]);
      lines.retailDiscount[i] = Number(columns.retail_disc[i]);
      lines.couponDiscount[i] = Number(columns.coupon_disc[i]);
      lines.couponMatch[i] = Number(columns.coupon_match_disc[i]);
      lines.day[i] = time.day;
      lines.hour[i] = time.hour;
    }
    windows.push(lines);
  }
  return concatenate(windows);
}

function concatenate(windows: readonly Lines[]): Lines {
  const all = emptyLines(windows.reduce((sum, { count }) => sum + count, 0));
  let offset = 0;
  for (const window of windows) {
    for (const [name, column] of Object.entries(window))
      if (typeof column !== 'number') (all[name as keyof Lines] as Float64Array).set(column, offset);
    offset += window.count;
  }
  return all;
}

function emptyLines(count: number): Lines {
  return {
    count,
    household: new Int32Array(count),
    basket: new Float64Array(count),
    product: new Int32Array(count),
    quantity: new Int32Array(count),
    sales: new Float64Array(count),
    retailDiscount: new Float64Array(count),
    couponDiscount: new Float64Array(count),
    couponMatch: new Float64Array(count),
    day: new Int32Array(count),
    hour: new Uint8Array(count),
  };
}

function productOf(row: Record<string, unknown>): PanelProduct {
  return {
    id: Number(row.product_id),
    maker: Number(row.manufacturer_id),
    department: String(row.department),
    isOwnLabel: row.brand === 'Private',
    category: textOf(row.product_category),
    type: textOf(row.product_type),
    packageSize: textOf(row.package_size),
  };
}

function demographicsOf(row: Record<string, unknown>): Demographics {
  return {
    household: Number(row.household_id),
    age: textOf(row.age),
    income: textOf(row.income),
    householdSize: textOf(row.household_size),
    kidsCount: textOf(row.kids_count),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}
