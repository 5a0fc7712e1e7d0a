import type { AsyncBuffer } from 'hyparquet';
import type { Category, Product, ProductPrice } from '../../domain/retail/catalog.ts';
import { groupBy } from '../group-by.ts';
import { PROMOTION_WEEKS, promotionWeekOf, promotionWeekOfDay } from './calendar.ts';
import type { Lines, Panel, PanelProduct } from './panel.ts';
import { readWindows } from './parquet.ts';
import { mean, median } from '../../domain/descriptive-statistics.ts';

// What the panel's households bought, as a catalogue: the most bought categories and in each the most bought
// products, over all households. Prices are what was paid at the shelf; costs are not in the data and assumed.

export const CATEGORY_COUNT = 30;
export const MOST_PRODUCTS = 60;
const FEWEST_PRODUCTS = 10;
/** Gross margin at the regular price, the same everywhere: the panel has no costs. */
export const ASSUMED_MARGIN = 0.3;

const NOT_MERCHANDISE = /COUPON|FUEL|MISCELLANEOUS|CNTRL|POSTAL|PHOTO|RESTAURANT|TRAVEL/;
/** Below this a difference between shelf and regular price is rounding. */
const LEAST_DEPTH = 0.03;
/** Part of the shops that have to do it: mailers are for the whole chain, displays are each shop's own. */
const FEATURED_FROM = 0.5;
const DISPLAYED_FROM = 0.25;

export type PanelCatalogue = {
  categories: Category[];
  products: Product[];
  prices: ProductPrice[];
  /** Chosen panel products by id. */
  chosen: Map<number, PanelProduct>;
};

export async function panelCatalogue(panel: Panel, promotions: AsyncBuffer): Promise<PanelCatalogue> {
  const chosen = chooseProducts(panel);
  const linesOf = linesByProduct(panel.lines, chosen);
  const priced = [...chosen.values()].map((product) =>
    priceProduct(panel.lines, product, linesOf.get(product.id)!),
  );
  const support = await readSupport(promotions, chosen);
  const prices = priced.flatMap((product) => calendarOf(product, support));
  return {
    categories: categoriesOf(panel.lines, chosen),
    products: productsOf(priced, prices),
    prices,
    chosen,
  };
}

/** A line that counts: a product that was taken home. */
export function isPurchase(lines: Lines, index: number): boolean {
  return lines.quantity[index]! > 0;
}

export function categoryName(product: PanelProduct): string {
  return sentenceCase(product.category!);
}

export function brandName({ maker, isOwnLabel }: Pick<PanelProduct, 'maker' | 'isOwnLabel'>): string {
  return `${isOwnLabel ? 'Own label' : 'Maker'} ${maker}`;
}

function chooseProducts({ lines, products }: Panel): Map<number, PanelProduct> {
  const bought = new Map<number, number>();
  for (let i = 0; i < lines.count; i++)
    if (isPurchase(lines, i)) bought.set(lines.product[i]!, (bought.get(lines.product[i]!) ?? 0) + 1);
  const candidates = [...bought]
    .map(([id, count]) => ({ product: products.get(id), count }))
    .filter((entry): entry is { product: PanelProduct & { category: string }; count: number } =>
      isMerchandise(entry.product),
    );
  const ranked = [...groupBy(candidates, ({ product }) => product.category).values()]
    .map((members) => ({
      members: members.sort((a, b) => b.count - a.count || a.product.id - b.product.id),
      total: members.reduce((sum, { count }) => sum + count, 0),
    }))
    .filter(({ members }) => members.length >= FEWEST_PRODUCTS)
    .sort((a, b) => b.total - a.total)
    .slice(0, CATEGORY_COUNT);
  return new Map(
    ranked.flatMap(({ members }) =>
      members.slice(0, MOST_PRODUCTS).map(({ product }) => [product.id, product]),
    ),
  );
}

function isMerchandise(product: PanelProduct | undefined): boolean {
  return (
    product !== undefined &&
    product.category !== null &&
    !NOT_MERCHANDISE.test(product.category) &&
    !NOT_MERCHANDISE.test(product.department)
  );
}

function linesByProduct(lines: Lines, chosen: ReadonlyMap<number, unknown>): Map<number, number[]> {
  const linesOf = new Map<number, number[]>([...chosen.keys()].map((id) => [id, []]));
  for (let i = 0; i < lines.count; i++) if (isPurchase(lines, i)) linesOf.get(lines.product[i]!)?.push(i);
  return linesOf;
}

type PricedProduct = {
  product: PanelProduct;
  regularPriceCents: number;
  /** Promotion depth by week, where there was one. */ depths: Map<number, number>;
  linesByWeek: Map<number, number[]>;
};

/** Per unit, regular = received + loyalty discount + matched coupon; makers' coupons are in what the shop received. */
function priceProduct(lines: Lines, product: PanelProduct, own: readonly number[]): PricedProduct {
  const paid = (i: number) => lines.sales[i]! + lines.couponMatch[i]!;
  const regular = (i: number) => paid(i) + lines.retailDiscount[i]!;
  const linesByWeek = groupBy(own, (i) => promotionWeekOfDay(lines.day[i]!));
  const depths = new Map<number, number>();
  for (const [week, members] of linesByWeek) {
    // The median over the week's lines: goods sold by weight differ in price, not in depth.
    const depth = median(members.map((i) => (regular(i) > 0 ? lines.retailDiscount[i]! / regular(i) : 0)));
    if (depth >= LEAST_DEPTH) depths.set(week, depth);
  }
  const regularPriceCents = Math.max(
    1,
    Math.round(100 * median(own.map((i) => regular(i) / lines.quantity[i]!))),
  );
  return { product, regularPriceCents, depths, linesByWeek };
}

/** Weeks in which the product was discounted, in the mailer or on display in enough shops. */
function calendarOf({ product, regularPriceCents, depths }: PricedProduct, support: Support): ProductPrice[] {
  const prices: ProductPrice[] = [];
  for (let week = 1; week <= PROMOTION_WEEKS; week++) {
    const depth = depths.get(week) ?? 0;
    const promotional = Math.max(1, Math.round(regularPriceCents * (1 - depth)));
    const promotionalPriceCents = promotional < regularPriceCents ? promotional : null;
    const { isFeatured, isDisplayed } = support(product.id, week);
    if (promotionalPriceCents === null && !isFeatured && !isDisplayed) continue;
    prices.push({
      sku: String(product.id),
      week,
      regularPriceCents,
      promotionalPriceCents,
      isFeatured,
      isDisplayed,
    });
  }
  return prices;
}

function productsOf(priced: readonly PricedProduct[], prices: readonly ProductPrice[]): Product[] {
  const supported = groupBy(prices, ({ sku }) => sku);
  const rates = priced.map(({ product, linesByWeek }) => {
    const weeks = new Set((supported.get(String(product.id)) ?? []).map(({ week }) => week));
    const plainLines = [...linesByWeek]
      .filter(([week]) => !weeks.has(week))
      .reduce((sum, [, members]) => sum + members.length, 0);
    // Lines a week at the regular price; the added line and weeks keep products on permanent promotion finite.
    return (plainLines + 1) / (PROMOTION_WEEKS - weeks.size + 2);
  });
  const byCategory = groupBy(
    priced.map((entry, index) => ({ ...entry, rate: rates[index]! })),
    ({ product }) => product.category,
  );
  return [...byCategory.values()].flatMap((members) => {
    const average = mean(members.map(({ rate }) => rate));
    return members.map(({ product, regularPriceCents, rate }) => ({
      sku: String(product.id),
      name: productName(product),
      category: categoryName(product),
      brand: brandName(product),
      isPrivateLabel: product.isOwnLabel,
      regularPriceCents,
      unitCostCents: Math.round(regularPriceCents * (1 - ASSUMED_MARGIN)),
      popularity: rate / average,
    }));
  });
}

function categoriesOf(lines: Lines, chosen: ReadonlyMap<number, PanelProduct>): Category[] {
  const names = [...new Set([...chosen.values()].map(categoryName))];
  const counts = new Map<string, number>();
  const daysBought = new Map<string, Map<number, Set<number>>>(names.map((name) => [name, new Map()]));
  for (let i = 0; i < lines.count; i++) {
    const product = chosen.get(lines.product[i]!);
    if (product === undefined || !isPurchase(lines, i)) continue;
    const name = categoryName(product);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    const byHousehold = daysBought.get(name)!;
    const days = byHousehold.get(lines.household[i]!);
    if (days === undefined) byHousehold.set(lines.household[i]!, new Set([lines.day[i]!]));
    else days.add(lines.day[i]!);
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return names.map((name) => ({
    name,
    basketWeight: (100 * counts.get(name)!) / total,
    repurchaseGapDays: medianGap(daysBought.get(name)!.values()),
  }));
}

function medianGap(households: Iterable<ReadonlySet<number>>): number {
  const gaps: number[] = [];
  for (const days of households) {
    const sorted = [...days].sort((a, b) => a - b);
    for (let i = 1; i < sorted.length; i++) gaps.push(sorted[i]! - sorted[i - 1]!);
  }
  return gaps.length === 0 ? 365 : Math.max(1, Math.round(median(gaps)));
}

type Support = (product: number, week: number) => { isFeatured: boolean; isDisplayed: boolean };

/** From 21 million rows (product, shop, week) the share of shops with the product in the mailer and on display. */
async function readSupport(promotions: AsyncBuffer, chosen: ReadonlyMap<number, unknown>): Promise<Support> {
  const positions = new Map([...chosen.keys()].map((id, index) => [id, index]));
  const featured = new Uint16Array(positions.size * (PROMOTION_WEEKS + 1));
  const displayed = new Uint16Array(featured.length);
  const shops = await countShops(promotions);
  for await (const { rows, columns } of readWindows(promotions, [
    'product_id',
    'week',
    'mailer_location',
    'display_location',
  ])) {
    for (let i = 0; i < rows; i++) {
      const position = positions.get(Number(columns.product_id[i]));
      const week = promotionWeekOf(Number(columns.week[i]));
      if (position === undefined || week === null) continue;
      const cell = position * (PROMOTION_WEEKS + 1) + week;
      if (columns.mailer_location[i] !== '0') featured[cell]! += 1;
      if (columns.display_location[i] !== '0') displayed[cell]! += 1;
    }
  }
  return (product, week) => {
    const cell = positions.get(product)! * (PROMOTION_WEEKS + 1) + week;
    return {
      isFeatured: featured[cell]! >= FEATURED_FROM * shops,
      isDisplayed: displayed[cell]! >= DISPLAYED_FROM * shops,
    };
  };
}

/** In the first window, which has more than two weeks of every shop; reading all takes long and finds no other. */
async function countShops(promotions: AsyncBuffer): Promise<number> {
  for await (const { columns } of readWindows(promotions, ['store_id']))
    return new Set(columns.store_id).size;
  return 1;
}

function productName({ type, category, packageSize, maker, isOwnLabel }: PanelProduct): string {
  const words = sentenceCase(type ?? category!);
  return [
    words,
    ...(packageSize === null ? [] : [packageSize.toLowerCase()]),
    brandName({ maker, isOwnLabel }),
  ].join(', ');
}

/** `FLUID MILK PRODUCTS` → `Fluid milk products`. */
function sentenceCase(text: string): string {
  const lower = text.toLowerCase().replaceAll(/\s+/g, ' ');
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}
