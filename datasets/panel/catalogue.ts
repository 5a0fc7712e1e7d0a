import { mean, median } from '../../domain/descriptive-statistics.ts';
import { InvalidInputError } from '../../domain/errors.ts';
import type { Category, Product, ProductPrice } from '../../domain/retail/catalog.ts';
import { groupBy } from '../../domain/group-by.ts';
import { calendarWeeks, promotionWeekStartOf } from './days.ts';
import { isPurchase, regularAmount } from './panel.ts';
import type { Lines, Panel, PanelPrices } from './panel.ts';

// What the panel's households bought, as a catalogue: the most bought categories and in each the most bought
// products, over all households. Prices are those of the price table, and otherwise what was paid at the shelf.

export const CATEGORY_COUNT = 30;
export const MOST_PRODUCTS = 60;
/** A shopper who wants something of a category has to have a choice. */
const FEWEST_PRODUCTS = 3;
/** Gross margin at the regular price of products whose cost is not known. */
export const ASSUMED_MARGIN = 0.3;
const MOST_CENTS = 100_000_00;

/** Below this a difference between shelf and regular price is rounding. */
const LEAST_DEPTH = 0.03;

export type PanelCatalogue = { categories: Category[]; products: Product[]; prices: ProductPrice[] };

/** @throws InvalidInputError when no category was bought that has enough products */
export function panelCatalogue(panel: Panel): PanelCatalogue {
  const chosen = chooseProducts(panel);
  if (chosen.length === 0)
    throw new InvalidInputError(
      `Nothing to sell: the transactions have no category of which at least ${FEWEST_PRODUCTS} products were bought.`,
    );
  const linesOf = linesByProduct(panel.lines, chosen);
  const weeks = calendarWeeks(panel, panel.promotionWeekStart);
  const rowsOf = pricesByProduct(panel.prices);
  const priced = chosen.map((position) =>
    priceProduct(panel, position, linesOf.get(position)!, rowsOf.get(position) ?? []),
  );
  const calendars = priced.map((product) => calendarOf(panel, product, weeks));
  return {
    categories: categoriesOf(panel, chosen),
    products: productsOf(panel, priced, calendars, weeks),
    prices: calendars.flat(),
  };
}

/** Positions of the products to sell. */
function chooseProducts({ lines, products }: Panel): number[] {
  const bought = new Map<number, number>();
  for (let i = 0; i < lines.count; i++)
    if (isPurchase(lines, i)) bought.set(lines.product[i]!, (bought.get(lines.product[i]!) ?? 0) + 1);
  const candidates = [...bought]
    .map(([position, count]) => ({ position, count, category: products[position]!.category }))
    .filter(({ category }) => category !== null);
  const ranked = [...groupBy(candidates, ({ category }) => category).values()]
    .map((members) => ({
      members: members.sort((a, b) => b.count - a.count || a.position - b.position),
      total: members.reduce((sum, { count }) => sum + count, 0),
    }))
    .filter(({ members }) => members.length >= FEWEST_PRODUCTS)
    .sort((a, b) => b.total - a.total)
    .slice(0, CATEGORY_COUNT);
  return ranked.flatMap(({ members }) => members.slice(0, MOST_PRODUCTS).map(({ position }) => position));
}

function linesByProduct(lines: Lines, chosen: readonly number[]): Map<number, number[]> {
  const linesOf = new Map<number, number[]>(chosen.map((position) => [position, []]));
  for (let i = 0; i < lines.count; i++) if (isPurchase(lines, i)) linesOf.get(lines.product[i]!)?.push(i);
  return linesOf;
}

function pricesByProduct(prices: PanelPrices | null): Map<number, number[]> {
  return groupBy(Array.from({ length: prices?.count ?? 0 }).keys(), (row) => prices!.product[row]!);
}

type PricedProduct = {
  position: number;
  regularPriceCents: number;
  /** Rows of the price table. */
  rows: readonly number[];
  /** By first day of the promotion week: the lines, and how deep the promotion was, where there was one. */
  linesByWeek: Map<number, number[]>;
  depths: Map<number, number>;
};

function priceProduct(
  { lines, prices, promotionWeekStart }: Panel,
  position: number,
  own: readonly number[],
  rows: readonly number[],
): PricedProduct {
  const linesByWeek = groupBy(own, (i) => promotionWeekStartOf(lines.day[i]!, promotionWeekStart));
  const depths = new Map<number, number>();
  for (const [week, members] of linesByWeek) {
    // The median over the week's lines: goods sold by weight differ in price, not in depth.
    const depth = median(
      members.map((i) => {
        const regular = regularAmount(lines, i);
        return regular > 0 ? lines.shelfDiscount[i]! / regular : 0;
      }),
    );
    if (depth >= LEAST_DEPTH) depths.set(week, depth);
  }
  const listed = rows.map((row) => prices!.regular[row]!).filter((price) => !Number.isNaN(price));
  const regular =
    listed.length > 0 ? median(listed) : median(own.map((i) => regularAmount(lines, i) / lines.quantity[i]!));
  return { position, regularPriceCents: toCents(regular), rows, linesByWeek, depths };
}

/** Weeks of the year in which the product had another price than usual, or was featured or on display. */
function calendarOf(
  panel: Panel,
  product: PricedProduct,
  weeks: ReadonlyMap<number, number>,
): ProductPrice[] {
  const { prices } = panel;
  return [...weeks].flatMap(([week, start]): ProductPrice[] => {
    // Of several rows for the middle day of the week the last one counts.
    const row = product.rows.findLast(
      (row) => prices!.firstDay[row]! <= start + 3 && prices!.lastDay[row]! >= start + 3,
    );
    const listed = row === undefined ? Number.NaN : prices!.regular[row]!;
    const regularPriceCents = Number.isNaN(listed) ? product.regularPriceCents : toCents(listed);
    const promotionalPriceCents = promotionalPrice(panel, product, start, row, regularPriceCents);
    const isFeatured = row !== undefined && prices!.isFeatured[row] === 1;
    const isDisplayed = row !== undefined && prices!.isDisplayed[row] === 1;
    const isUsual = regularPriceCents === product.regularPriceCents && promotionalPriceCents === null;
    if (isUsual && !isFeatured && !isDisplayed) return [];
    const sku = panel.products[product.position]!.id;
    return [{ sku, week, regularPriceCents, promotionalPriceCents, isFeatured, isDisplayed }];
  });
}

/** From the price table where it has promotions, otherwise from what was taken off at the shelf in that week. */
function promotionalPrice(
  { prices }: Panel,
  { depths }: PricedProduct,
  start: number,
  row: number | undefined,
  regularPriceCents: number,
): number | null {
  const fromTable = prices?.promotional ?? null;
  const listed = fromTable === null || row === undefined ? Number.NaN : fromTable[row]!;
  const price =
    fromTable === null
      ? Math.max(1, Math.round(regularPriceCents * (1 - (depths.get(start) ?? 0))))
      : Number.isNaN(listed)
        ? regularPriceCents
        : toCents(listed);
  return price < regularPriceCents ? price : null;
}

function productsOf(
  { products }: Panel,
  priced: readonly PricedProduct[],
  calendars: readonly ProductPrice[][],
  weeks: ReadonlyMap<number, number>,
): Product[] {
  const rated = priced.map((product, index) => {
    const promoted = new Set(calendars[index]!.map(({ week }) => weeks.get(week)!));
    const plainLines = [...product.linesByWeek]
      .filter(([start]) => !promoted.has(start))
      .reduce((sum, [, members]) => sum + members.length, 0);
    // Lines a week at the usual price; the added line and weeks keep products on permanent promotion finite.
    return { ...product, rate: (plainLines + 1) / (weeks.size - promoted.size + 2) };
  });
  const byCategory = groupBy(rated, ({ position }) => products[position]!.category);
  return [...byCategory.values()].flatMap((members) => {
    const average = mean(members.map(({ rate }) => rate));
    return members.map(({ position, regularPriceCents, rate }) => {
      const { id, name, category, brand, isPrivateLabel, unitCost } = products[position]!;
      const costCents =
        unitCost === null ? Math.round(regularPriceCents * (1 - ASSUMED_MARGIN)) : toCents(unitCost);
      return {
        sku: id,
        name,
        category: category!,
        brand,
        isPrivateLabel,
        regularPriceCents,
        // Nothing is sold at a loss all year round: a higher cost is that of another unit or another year.
        unitCostCents: Math.min(costCents, regularPriceCents),
        popularity: rate / average,
      };
    });
  });
}

function categoriesOf({ lines, products }: Panel, chosen: readonly number[]): Category[] {
  const isChosen = new Set(chosen);
  const names = [...new Set(chosen.map((position) => products[position]!.category!))];
  const counts = new Map<string, number>();
  const daysBought = new Map<string, Map<number, Set<number>>>(names.map((name) => [name, new Map()]));
  for (let i = 0; i < lines.count; i++) {
    if (!isChosen.has(lines.product[i]!) || !isPurchase(lines, i)) continue;
    const name = products[lines.product[i]!]!.category!;
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
  return gaps.length === 0 ? 365 : Math.min(365, Math.max(1, Math.round(median(gaps))));
}

function toCents(amount: number): number {
  return Math.min(MOST_CENTS, Math.max(1, Math.round(100 * amount)));
}
