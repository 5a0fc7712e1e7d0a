import { z } from 'zod';

/**
 * Everything an agent does, as recorded for machine learning: one discriminated union, one version. docs/events.md is
 * the contract for readers. Decision events carry a decision record: the options, their probabilities, the uniform
 * number that was drawn, and the terms that made the probability.
 */
export const EVENT_SCHEMA_VERSION = 1;

const decision = z.object({
  options: z.array(z.string()),
  probabilities: z.array(z.number()),
  draw: z.number(),
  chosen: z.string(),
  terms: z.record(z.string(), z.number()),
});
export type DecisionRecord = z.infer<typeof decision>;

const cents = z.int();

export const ShoppingEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('decide_shop'), trip: z.int(), decision }),
  z.object({
    type: z.literal('session_started'),
    storeCode: z.string(),
    channel: z.string(),
    tripType: z.string(),
    decision,
  }),
  z.object({
    type: z.literal('browse_products'),
    reason: z.enum(['planned', 'offers']),
    /** Parallel arrays: for every category considered, the expected lines, the draw and the lines it led to. */
    categories: z.array(z.string()),
    means: z.array(z.number()),
    draws: z.array(z.number()),
    lines: z.array(z.int()),
    primary: z.string().nullable(),
  }),
  z.object({
    type: z.literal('view_product'),
    sku: z.string(),
    category: z.string(),
    rank: z.int(),
    unitPriceCents: cents,
    isFeatured: z.boolean(),
    isDisplayed: z.boolean(),
  }),
  z.object({
    type: z.literal('cart_add_item'),
    lineNumber: z.int(),
    sku: z.string(),
    category: z.string(),
    quantity: z.int().positive(),
    unitPriceCents: cents,
    regularPriceCents: cents,
    choiceSet: z.int(),
    quantityMean: z.number(),
    quantityDraw: z.number(),
  }),
  z.object({
    type: z.literal('cart_remove_item'),
    lineNumber: z.int(),
    sku: z.string(),
    quantity: z.int(),
    reason: z.literal('over_budget'),
  }),
  z.object({
    type: z.literal('view_coupons'),
    isBeforeShelves: z.boolean(),
    shown: z.int(),
    noticed: z.int(),
    decision,
  }),
  z.object({
    type: z.literal('view_coupon'),
    userCouponId: z.string(),
    code: z.string(),
    rank: z.int(),
    decision,
  }),
  z.object({
    type: z.literal('apply_coupon'),
    userCouponId: z.string(),
    code: z.string(),
    target: z.string(),
    amountCents: cents,
  }),
  z.object({ type: z.literal('remove_coupon'), userCouponId: z.string(), code: z.string() }),
  z.object({ type: z.literal('decide_checkout'), decision }),
  z.object({
    type: z.literal('checkout_complete'),
    lines: z.int(),
    units: z.int(),
    subtotalCents: cents,
    discountCents: cents,
    shippingCents: cents,
    totalCents: cents,
  }),
  z.object({
    type: z.literal('cart_abandon'),
    reason: z.enum(['not_convinced', 'over_budget', 'browse_only', 'empty_cart']),
    lines: z.int(),
    valueCents: cents,
  }),
]);
export type ShoppingEvent = z.infer<typeof ShoppingEvent>;

export type ShoppingEventType = ShoppingEvent['type'];
