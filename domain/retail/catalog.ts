import { z } from 'zod';

/** What is sold where, and at which price in which week. */

const cents = z.int().positive().max(100_000_00);
const name = z.string().min(1).max(200);
const code = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'letters, digits, _ . - only, at most 64');

export const Store = z.object({
  code,
  name,
  region: z.string().min(1).max(100),
  shippingFeeCents: z.int().min(0).max(10_000_00),
  /** Orders of at least this subtotal ship free; null = never. */
  freeShippingThresholdCents: z.int().min(0).max(100_000_00).nullable(),
});
export type Store = z.infer<typeof Store>;

export const Category = z.object({
  name,
  /** Relative weight of the category in baskets; only ratios matter. */
  basketWeight: z.number().positive().max(1_000_000),
  /** Median days between two purchases of the category by one household. */
  repurchaseGapDays: z.int().min(1).max(365),
});
export type Category = z.infer<typeof Category>;

export const Product = z
  .object({
    sku: code,
    name,
    category: name,
    brand: name,
    isPrivateLabel: z.boolean(),
    regularPriceCents: cents,
    unitCostCents: z.int().min(0).max(100_000_00),
    /** Relative popularity inside the category when everything is at regular price. */
    popularity: z.number().positive().max(1_000_000),
  })
  .refine((product) => product.unitCostCents <= product.regularPriceCents, {
    path: ['unitCostCents'],
    message: 'unit cost above the regular price',
  });
export type Product = z.infer<typeof Product>;

/** One week of the price calendar. A week without an entry has the regular price and no promotion. */
export const ProductPrice = z
  .object({
    sku: code,
    /** Week of the year, 1 to 53 (see `weekOfYear` in calendar.ts). */
    week: z.int().min(1).max(53),
    regularPriceCents: cents,
    promotionalPriceCents: cents.nullable(),
    isFeatured: z.boolean(),
    isDisplayed: z.boolean(),
  })
  .refine(
    (price) => price.promotionalPriceCents === null || price.promotionalPriceCents <= price.regularPriceCents,
    {
      path: ['promotionalPriceCents'],
      message: 'promotional price above the regular price',
    },
  );
export type ProductPrice = z.infer<typeof ProductPrice>;
