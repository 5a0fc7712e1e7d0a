import type { Category, Product, ProductPrice, Store } from './catalog.ts';
import type { RandomKey } from '../random.ts';

/** The catalogue arranged for shopping: built once per dataset, then only read. */
export type CatalogIndex = {
  readonly stores: readonly Store[];
  readonly categories: readonly CategoryShelf[];
  readonly categoryByName: ReadonlyMap<string, CategoryShelf>;
  readonly productBySku: ReadonlyMap<string, Product>;
  /** Mean regular price of a line over all categories, weighted by basket weight and popularity, in cents. */
  readonly meanLinePriceCents: number;
};

export type CategoryShelf = {
  readonly name: string;
  readonly basketWeight: number;
  readonly repurchaseGapDays: number;
  /** Sorted by SKU. */
  readonly products: readonly Product[];
  /** Popularity-weighted mean regular price: the unit in which the choice model measures prices. */
  readonly meanPriceCents: number;
  /** The price calendar: by week of the year, then by SKU. */
  readonly prices: ReadonlyMap<number, ReadonlyMap<string, ProductPrice>>;
};

export type ShelfPrice = {
  readonly regularPriceCents: number;
  readonly unitPriceCents: number;
  readonly unitCostCents: number;
  readonly isFeatured: boolean;
  readonly isDisplayed: boolean;
};

export type Catalog = {
  stores: readonly Store[];
  categories: readonly Category[];
  products: readonly Product[];
  prices: readonly ProductPrice[];
};

/** Categories without products are left out: nobody can buy there. */
export function indexCatalog(catalog: Catalog): CatalogIndex {
  const prices = new Map<number, Map<string, ProductPrice>>();
  for (const price of catalog.prices) {
    const week = prices.get(price.week) ?? new Map<string, ProductPrice>();
    prices.set(price.week, week.set(price.sku, price));
  }
  const byCategory = new Map<string, Product[]>();
  for (const product of [...catalog.products].sort((a, b) => compareText(a.sku, b.sku)))
    byCategory.set(product.category, [...(byCategory.get(product.category) ?? []), product]);
  const shelves = [...catalog.categories]
    .sort((a, b) => compareText(a.name, b.name))
    .flatMap((category): CategoryShelf[] => {
      const products = byCategory.get(category.name);
      if (products === undefined) return [];
      const weight = products.reduce((sum, p) => sum + p.popularity, 0);
      const meanPriceCents =
        products.reduce((sum, p) => sum + p.popularity * p.regularPriceCents, 0) / weight;
      return [{ ...category, products, meanPriceCents, prices }];
    });
  const totalWeight = shelves.reduce((sum, shelf) => sum + shelf.basketWeight, 0);
  return {
    stores: [...catalog.stores].sort((a, b) => compareText(a.code, b.code)),
    categories: shelves,
    categoryByName: new Map(shelves.map((shelf) => [shelf.name, shelf])),
    productBySku: new Map(catalog.products.map((product) => [product.sku, product])),
    meanLinePriceCents: shelves.reduce((sum, s) => sum + s.basketWeight * s.meanPriceCents, 0) / totalWeight,
  };
}

/** What a product costs in a week of the year, and how it is promoted. */
export function shelfPriceOf(shelf: CategoryShelf, product: Product, week: number): ShelfPrice {
  const price = shelf.prices.get(week)?.get(product.sku);
  const regularPriceCents = price?.regularPriceCents ?? product.regularPriceCents;
  return {
    regularPriceCents,
    unitPriceCents: price?.promotionalPriceCents ?? regularPriceCents,
    unitCostCents: product.unitCostCents,
    isFeatured: price?.isFeatured ?? false,
    isDisplayed: price?.isDisplayed ?? false,
  };
}

/** The store an agent goes to: one of its region, else any; always the same one. */
export function homeStore(catalog: CatalogIndex, region: string, key: RandomKey): Store {
  const near = catalog.stores.filter((store) => store.region === region);
  const candidates = near.length > 0 ? near : catalog.stores;
  return candidates[Math.floor(key.at('home_store').uniform() * candidates.length)]!;
}

/** Order by UTF-16 code unit, the same in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
