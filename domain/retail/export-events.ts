import type { ShoppingEventType } from './shopping-event.ts';

/**
 * What a shop could see of each kind of event. Every other field of a payload is latent: a new one is hidden until it
 * is named here.
 */
export const OBSERVABLE_EVENT_FIELDS: Readonly<Record<ShoppingEventType, readonly string[]>> = {
  decide_shop: ['trip'],
  session_started: ['storeCode', 'channel'],
  browse_products: [],
  view_product: ['sku', 'category', 'rank', 'unitPriceCents', 'isFeatured', 'isDisplayed'],
  cart_add_item: [
    'lineNumber',
    'sku',
    'category',
    'quantity',
    'unitPriceCents',
    'regularPriceCents',
    'choiceSet',
  ],
  cart_remove_item: ['lineNumber', 'sku', 'quantity'],
  view_coupons: ['isBeforeShelves', 'shown', 'noticed'],
  view_coupon: ['code', 'cycleNumber', 'rank'],
  apply_coupon: ['code', 'cycleNumber', 'target', 'amountCents'],
  remove_coupon: ['code', 'cycleNumber'],
  decide_checkout: [],
  checkout_complete: ['lines', 'units', 'subtotalCents', 'discountCents', 'shippingCents', 'totalCents'],
  cart_abandon: ['lines', 'valueCents'],
};

export type SplitPayload = {
  readonly payload: Readonly<Record<string, unknown>>;
  readonly latentPayload: Readonly<Record<string, unknown>>;
};

/** A stored payload in two: what a shop could see, and the rest. Events of an unknown type are latent as a whole. */
export function splitPayload(type: string, stored: Readonly<Record<string, unknown>>): SplitPayload {
  const observable = (OBSERVABLE_EVENT_FIELDS as Readonly<Record<string, readonly string[]>>)[type] ?? [];
  const entries = Object.entries(stored);
  return {
    payload: Object.fromEntries(entries.filter(([field]) => observable.includes(field))),
    latentPayload: Object.fromEntries(entries.filter(([field]) => !observable.includes(field))),
  };
}
