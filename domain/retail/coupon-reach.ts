import { matches } from './cart.ts';
import type { CatalogIndex, CategoryShelf } from './catalog-index.ts';
import type { DayContext } from './choice-context.ts';
import type { Coupon } from './coupon.ts';

/** What a coupon works on: in the catalogue, and in what one household usually buys. */

/** The price of one typical purchase a coupon acts on, and the weight of such purchases; null when nothing matches. */
export function typicalPurchase(
  context: DayContext,
  coupon: Coupon,
): { cents: number; weight: number } | null {
  if (coupon.scope === 'frontstore') return { cents: context.persona.avgCartValueCents, weight: 1 };
  let cents = 0;
  let weight = 0;
  for (const { shelf, share } of reachOf(context.catalog, coupon)) {
    const part = share * (context.profile.categoryWeights.get(shelf.name) ?? 0);
    cents += part * shelf.meanPriceCents;
    weight += part;
  }
  return weight > 0 ? { cents: Math.round(cents / weight), weight } : null;
}

type Reach = readonly { readonly shelf: CategoryShelf; readonly share: number }[];

const reaches = new WeakMap<CatalogIndex, WeakMap<Coupon, Reach>>();

/** Where a line coupon works: the shelves, and the popularity share of the products it matches. Worked out once. */
export function reachOf(catalog: CatalogIndex, coupon: Coupon): Reach {
  const known = reaches.get(catalog) ?? new WeakMap<Coupon, Reach>();
  reaches.set(catalog, known);
  const before = known.get(coupon);
  if (before !== undefined) return before;
  const reach = catalog.categories.flatMap((shelf) => {
    const total = shelf.products.reduce((sum, product) => sum + product.popularity, 0);
    const matching = shelf.products.filter((product) => matches(coupon, product));
    return matching.length === 0
      ? []
      : [{ shelf, share: matching.reduce((sum, product) => sum + product.popularity, 0) / total }];
  });
  known.set(coupon, reach);
  return reach;
}
