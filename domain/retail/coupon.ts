import { z } from 'zod';

/**
 * An offer in the pool. `frontstore` offers act on the whole basket, at most one an order; `category` and
 * `brand` offers act on the lines they match (seed 000, "frontstore: 2/cycle, category-brand: 30/cycle").
 */

export const COUPON_SCOPES = ['frontstore', 'category', 'brand'] as const;
export const COUPON_KINDS = ['percent', 'fixed', 'bogo', 'free_shipping'] as const;
export const FUNDINGS = ['retailer', 'vendor', 'shared'] as const;

const code = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'letters, digits, _ . - only, at most 64');
const optionalCents = z.int().positive().max(100_000_00).nullable();

export const Coupon = z
  .object({
    code,
    campaignCode: code,
    scope: z.enum(COUPON_SCOPES),
    /** percent: `percentOff`; fixed: `amountOffCents`; bogo: every second unit free; free_shipping: the fee. */
    kind: z.enum(COUPON_KINDS),
    category: z.string().min(1).nullable(),
    brand: z.string().min(1).nullable(),
    percentOff: z.number().gt(0).max(100).nullable(),
    amountOffCents: optionalCents,
    /** Cap of the discount of one redemption. */
    maxDiscountCents: optionalCents,
    /** Spend on eligible lines, at shelf prices, from which the coupon works. */
    minSpendCents: z.int().min(0).max(100_000_00),
    funding: z.enum(FUNDINGS),
    /** Part of the discount that the vendor pays back: 0 for retailer, 100 for vendor. */
    vendorSharePercent: z.number().min(0).max(100),
    feePerRedemptionCents: z.int().min(0).max(10_000),
    /** Redemptions that all users together may have, in each simulation; null = unlimited. */
    redemptionLimit: z.int().positive().max(1_000_000_000).nullable(),
    excludedBrands: z.array(z.string().min(1)),
    /** Inactive coupons are never dealt. */
    isActive: z.boolean(),
  })
  .superRefine((coupon, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if ((coupon.kind === 'percent') !== (coupon.percentOff !== null))
      wrong('percentOff', 'given for percent coupons, and only for them');
    if ((coupon.kind === 'fixed') !== (coupon.amountOffCents !== null))
      wrong('amountOffCents', 'given for fixed coupons, and only for them');
    if (coupon.kind === 'bogo' && coupon.scope === 'frontstore')
      wrong('kind', 'bogo needs a category or a brand');
    if (coupon.kind === 'free_shipping' && coupon.scope !== 'frontstore')
      wrong('kind', 'free_shipping is for frontstore coupons');
    if (coupon.scope === 'category' && coupon.category === null)
      wrong('category', 'a category coupon names its category');
    if (coupon.scope === 'brand' && coupon.brand === null) wrong('brand', 'a brand coupon names its brand');
    if (coupon.scope !== 'brand' && coupon.brand !== null) wrong('brand', 'only for brand coupons');
    if (coupon.scope === 'frontstore' && coupon.category !== null)
      wrong('category', 'not for frontstore coupons');
    if (coupon.funding === 'retailer' && coupon.vendorSharePercent !== 0)
      wrong('vendorSharePercent', '0 when the retailer pays');
    if (coupon.funding === 'vendor' && coupon.vendorSharePercent !== 100)
      wrong('vendorSharePercent', '100 when the vendor pays');
  });
export type Coupon = z.infer<typeof Coupon>;

export const Campaign = z.object({
  code,
  name: z.string().min(1).max(200),
  /** Discount it may grant in one simulation; null = unlimited. */
  budgetCents: z.int().positive().nullable(),
});
export type Campaign = z.infer<typeof Campaign>;
