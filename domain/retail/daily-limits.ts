import { groupBy } from '../group-by.ts';
import type { RandomKey } from '../random.ts';
import type { CatalogIndex } from './catalog-index.ts';
import { compareText } from './catalog-index.ts';
import { boundedCoupon, mostDiscountCents } from './coupon-depth.ts';
import type { Coupon } from './coupon.ts';
import { budgetOf } from './offer-policy.ts';
import type { OfferPolicy } from './offer-policy.ts';
import { withholdCoupons } from './redemption-limit.ts';
import type { LimitHolder } from './redemption-limit.ts';

/** A coupon that one of a day's shoppers holds at 00:00. */
export type HeldCoupon = LimitHolder & { readonly coupon: Coupon };

/** What all shoppers share, and what was used of it before the day. */
export type SharedLimits = {
  readonly policy: OfferPolicy;
  readonly catalog: CatalogIndex;
  /** Discount that a campaign may give in one simulation, by its code; without an entry it is unlimited. */
  readonly campaignBudgets: ReadonlyMap<string, number>;
  /** Redemptions by coupon code, and discount in cents by campaign code. */
  readonly redeemed: ReadonlyMap<string, number>;
  readonly spentCents: ReadonlyMap<string, number>;
};

/** Whether a budget pays for a coupon, so that what it takes off must be bounded. */
export function isBudgeted(
  coupon: Coupon,
  limits: Pick<SharedLimits, 'policy' | 'campaignBudgets'>,
): boolean {
  return budgetOf(limits.policy) !== null || limits.campaignBudgets.has(coupon.campaignCode);
}

/** A coupon as its holder can use it: with a bound, where a budget pays for it. */
export function offeredCoupon(
  coupon: Coupon,
  limits: Pick<SharedLimits, 'policy' | 'campaignBudgets' | 'catalog'>,
): Coupon {
  return isBudgeted(coupon, limits) ? boundedCoupon(coupon, limits.catalog) : coupon;
}

/**
 * The coupons that are withheld from their holders on a day, so that no limit and no budget can be passed whatever its
 * shoppers do: first by redemption limits, then by the budgets of campaigns, then by that of the policy. For each
 * holder the most that the coupon can take off is set aside, in an order that is drawn for the day. Nobody's luck
 * depends on who comes first within the day, and what was set aside and not used is there again on the next one.
 */
export function withheldOn(
  day: number,
  held: readonly HeldCoupon[],
  limits: SharedLimits,
  root: RandomKey,
): string[] {
  const withheld = new Set<string>();
  for (const [code, holders] of groupBy(held, ({ coupon }) => coupon.code)) {
    const { redemptionLimit } = holders[0]!.coupon;
    if (redemptionLimit === null) continue;
    const left = Math.max(0, redemptionLimit - (limits.redeemed.get(code) ?? 0));
    for (const id of withholdCoupons(code, left, holders, day, root)) withheld.add(id);
  }
  const withhold = (name: string, leftCents: number, holders: readonly HeldCoupon[]): void => {
    const open = holders.filter(({ userCouponId }) => !withheld.has(userCouponId));
    for (const id of withholdForBudget(name, leftCents, open, limits.catalog, day, root)) withheld.add(id);
  };
  for (const [campaign, holders] of groupBy(held, ({ coupon }) => coupon.campaignCode)) {
    const budget = limits.campaignBudgets.get(campaign);
    if (budget !== undefined)
      withhold(`campaign/${campaign}`, budget - (limits.spentCents.get(campaign) ?? 0), holders);
  }
  const budget = budgetOf(limits.policy);
  if (budget !== null) {
    const spent = [...limits.spentCents.values()].reduce((sum, cents) => sum + cents, 0);
    withhold('policy', budget - spent, held);
  }
  return [...withheld];
}

function withholdForBudget(
  name: string,
  leftCents: number,
  holders: readonly HeldCoupon[],
  catalog: CatalogIndex,
  day: number,
  root: RandomKey,
): string[] {
  const key = root.at('budget', name, day);
  const drawn = holders.map((holder) => ({
    ...holder,
    draw: key.at(holder.agentId, holder.coupon.code).uniform(),
  }));
  drawn.sort(
    (a, b) =>
      a.draw - b.draw || compareText(a.agentId, b.agentId) || compareText(a.userCouponId, b.userCouponId),
  );
  let left = leftCents;
  return drawn.flatMap(({ coupon, userCouponId }) => {
    const most = mostDiscountCents(coupon, catalog);
    if (most > left) return [userCouponId];
    left -= most;
    return [];
  });
}
