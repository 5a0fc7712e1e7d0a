import { matches } from './cart.ts';
import type { Coupon } from './coupon.ts';

/** What is known of a user when offers are dealt, all of it from before that moment. */
export type ShopperHistory = {
  /** Lines bought in the look-back, by category and brand. */
  readonly bought: readonly { readonly category: string; readonly brand: string; readonly lines: number }[];
  /** Orders in the look-back, and their mean value at shelf prices. */
  readonly orders: number;
  readonly meanBasketCents: number;
  /** Coupons dealt and redeemed in all earlier cycles. */
  readonly dealt: number;
  readonly redeemed: number;
};

export const NO_HISTORY: ShopperHistory = {
  bought: [],
  orders: 0,
  meanBasketCents: 0,
  dealt: 0,
  redeemed: 0,
};

/** Whether a user bought in the look-back what a category or brand coupon covers. */
export function isPriorBuyer(history: ShopperHistory, coupon: Coupon): boolean {
  return coupon.scope !== 'frontstore' && history.bought.some((bought) => matches(coupon, bought));
}
