import type { CatalogIndex } from './catalog-index.ts';
import type { Coupon } from './coupon.ts';

/** Worked out once for each coupon of a catalogue. */
export function oncePerCoupon<T>(
  work: (coupon: Coupon, catalog: CatalogIndex) => T,
): (coupon: Coupon, catalog: CatalogIndex) => T {
  const known = new WeakMap<CatalogIndex, WeakMap<Coupon, { readonly value: T }>>();
  return (coupon, catalog) => {
    const ofCatalog = known.get(catalog) ?? new WeakMap<Coupon, { readonly value: T }>();
    known.set(catalog, ofCatalog);
    const before = ofCatalog.get(coupon) ?? { value: work(coupon, catalog) };
    ofCatalog.set(coupon, before);
    return before.value;
  };
}
