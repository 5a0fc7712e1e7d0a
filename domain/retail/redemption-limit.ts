import type { RandomKey } from '../random.ts';
import { compareText } from './catalog-index.ts';

/** Somebody who shops on a day and holds a coupon whose redemptions are limited. */
export type LimitHolder = { readonly agentId: string; readonly userCouponId: string };

/**
 * Who may not use a coupon on a day, when more shoppers hold it than redemptions are left. What is left is shared out
 * at 00:00, by a draw for each holder and day: within a day nobody's luck depends on who comes first, and whatever is
 * not used is shared out again on the next day.
 * @param left redemptions left at 00:00, at least 0
 * @returns user coupons that are withheld on this day
 */
export function withholdCoupons(
  code: string,
  left: number,
  holders: readonly LimitHolder[],
  day: number,
  root: RandomKey,
): string[] {
  const draws = holders.map((holder) => ({
    ...holder,
    draw: root.at('redemption_limit', code, day, holder.agentId).uniform(),
  }));
  draws.sort(
    (a, b) =>
      a.draw - b.draw || compareText(a.agentId, b.agentId) || compareText(a.userCouponId, b.userCouponId),
  );
  return draws.slice(left).map((holder) => holder.userCouponId);
}
