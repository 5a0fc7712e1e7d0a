import { faceValue, matches } from './cart.ts';
import type { CatalogIndex } from './catalog-index.ts';
import { shelvesOf } from './coupon-reach.ts';
import type { Coupon } from './coupon.ts';
import { oncePerCoupon } from './once-per-coupon.ts';

/**
 * Part of a typical purchase that a coupon takes off, 0 to 1. Typical is one line of two units at the mean regular
 * price of what it covers, or its minimum spend where that is more; free shipping is counted as nothing.
 */
export const typicalDepth = oncePerCoupon((coupon, catalog): number => {
  const cents = typicalPurchaseCents(coupon, catalog);
  return cents > 0 ? faceValue(coupon, cents, Math.floor(cents / 2)) / cents : 0;
});

/** What a typical purchase that a coupon acts on costs; 0 when the shop sells nothing of it. */
function typicalPurchaseCents(coupon: Coupon, catalog: CatalogIndex): number {
  let cents = 0;
  let weight = 0;
  for (const shelf of shelvesOf(coupon, catalog))
    for (const product of shelf.products)
      if (matches(coupon, product)) {
        cents += product.popularity * product.regularPriceCents;
        weight += product.popularity;
      }
  if (weight === 0) return 0;
  return Math.max(coupon.minSpendCents, Math.round((2 * cents) / weight));
}

/** The most that one redemption of a bounded coupon takes off, in cents; at least 1. */
export const mostDiscountCents = oncePerCoupon((coupon, catalog): number => {
  const most = Math.min(coupon.maxDiscountCents ?? Infinity, coupon.amountOffCents ?? Infinity);
  if (most < Infinity) return most;
  if (coupon.kind === 'free_shipping')
    return Math.max(1, ...catalog.stores.map((store) => store.shippingFeeCents));
  const cents = 3 * typicalPurchaseCents(coupon, catalog);
  return Math.max(1, faceValue(coupon, cents, Math.floor(cents / 2)));
});

/**
 * The coupon as it is offered where a budget pays for it: what it may take off is bounded, so that the bound can be
 * set aside before it is used. One without a bound of its own gets that of three typical purchases. Always the same
 * object for a coupon, since others remember things about it.
 */
export const boundedCoupon = oncePerCoupon((coupon, catalog): Coupon => ({
  ...coupon,
  maxDiscountCents: mostDiscountCents(coupon, catalog),
}));
