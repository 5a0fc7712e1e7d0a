import { matches } from './cart.ts';
import type { CatalogIndex, CategoryShelf } from './catalog-index.ts';
import type { DayContext } from './choice-context.ts';
import type { Coupon } from './coupon.ts';
import { oncePerCoupon } from './once-per-coupon.ts';

/** What a coupon works on: in the catalogue, and in what one household usually buys. */

/** The price of one typical purchase a coupon acts on, and the weight of such purchases; null when nothing matches. */
export function typicalPurchase(
  context: DayContext,
  coupon: Coupon,
): { cents: number; weight: number } | null {
  if (coupon.scope === 'frontstore') return { cents: context.persona.avgCartValueCents, weight: 1 };
  let cents = 0;
  let weight = 0;
  for (const { shelf, share } of reachOf(coupon, context.catalog)) {
    const part = share * (context.profile.categoryWeights.get(shelf.name) ?? 0);
    cents += part * shelf.meanPriceCents;
    weight += part;
  }
  return weight > 0 ? { cents: Math.round(cents / weight), weight } : null;
}

type Reach = readonly { readonly shelf: CategoryShelf; readonly share: number }[];

/** Where a line coupon works: the shelves, and the popularity share of the products it matches. Worked out once. */
export const reachOf = oncePerCoupon((coupon, catalog): Reach =>
  shelvesOf(coupon, catalog).flatMap((shelf) => {
    const matching = shelf.products.filter((product) => matches(coupon, product));
    if (matching.length === 0) return [];
    const total = shelf.products.reduce((sum, product) => sum + product.popularity, 0);
    return [{ shelf, share: matching.reduce((sum, product) => sum + product.popularity, 0) / total }];
  }),
);

/** Where a coupon can match products at all. */
export function shelvesOf({ scope, category }: Coupon, catalog: CatalogIndex): readonly CategoryShelf[] {
  if (scope === 'frontstore' || category === null) return catalog.categories;
  const shelf = catalog.categoryByName.get(category);
  return shelf === undefined ? [] : [shelf];
}
