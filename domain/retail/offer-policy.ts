import { z } from 'zod';
import { groupBy } from '../group-by.ts';
import type { RandomKey } from '../random.ts';
import type { CatalogIndex } from './catalog-index.ts';
import { typicalDepth } from './coupon-depth.ts';
import type { Coupon } from './coupon.ts';
import type { Preference, PreferenceGroup } from './offer-assignment.ts';
import { banditPreference } from './offer-bandit.ts';
import type { BanditModel } from './offer-bandit.ts';
import { isPriorBuyer } from './shopper-history.ts';
import type { ShopperHistory } from './shopper-history.ts';

/**
 * Who is dealt which coupons. How many, how often and for how long is the rest of the offer settings
 * (`frontstorePerCycle`, `categoryBrandPerCycle`, `refreshPolicy` …); a policy chooses among what may be dealt.
 */

const limits = {
  /** Percentage of the users who are never dealt anything: the group to compare the others with. Drawn by user. */
  holdOutPercent: z.number().min(0).max(90).default(0),
  /** Only coupons that take off this much of a typical purchase, in whole percent, are dealt. */
  depthPercent: z
    .tuple([z.number().min(0).max(100), z.number().min(0).max(100)])
    .refine(([least, most]) => least <= most, 'the smaller one first')
    .default([0, 100]),
  /** Discount that all coupons together may give in one simulation; null = unlimited. */
  budgetCents: z.int().positive().nullable().default(null),
};
/** Purchases of this many days count as prior ones. */
const lookBackDays = z.int().min(1).max(730).default(90);

const Settings = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  /** Each coupon with the same chance (seed 000). */
  z.strictObject({ type: z.literal('random'), ...limits }),
  /** Category and brand coupons first for what the user has bought. */
  z.strictObject({ type: z.literal('prior_buyers'), lookBackDays, ...limits }),
  /** Basket coupons whose minimum spend lies a little above the user's usual basket. */
  z.strictObject({
    type: z.literal('threshold_builder'),
    lookBackDays,
    /** How far above the usual basket a minimum spend may lie, in percent. */
    stretchPercent: z.number().gt(0).max(300).default(30),
    ...limits,
  }),
  /** Learns from each cycle what to deal to whom (domain/retail/offer-bandit.ts). */
  z.strictObject({
    type: z.literal('bandit'),
    lookBackDays,
    /** What it learns to raise: redemptions, or the margin that redemptions bring. */
    reward: z.enum(['redemptions', 'margin']).default('redemptions'),
    /** Part of the deal that is dealt with even chances, so that there is always something to learn from. */
    exploration: z.number().min(0.01).max(1).default(0.2),
    ...limits,
  }),
]);

/** A name alone is the policy with its defaults. */
export const OfferPolicy = z.preprocess(
  (given) => (typeof given === 'string' ? { type: given } : given),
  Settings,
);
export type OfferPolicy = z.output<typeof Settings>;
export type OfferPolicyType = OfferPolicy['type'];

/** Recorded with each deal; the number changes with the rule. */
export function policyVersion(policy: OfferPolicy): string {
  return policy.type === 'none' ? 'none' : `${policy.type}/1`;
}

/** Recorded with the deals of users in the hold-out group, who get nothing. */
export const HOLD_OUT_VERSION = 'hold_out';

/** Whether a user is in the hold-out group. It depends on nothing but the key of (seed, agent): two arms hold out the same. */
export function isHeldOut(policy: OfferPolicy, key: RandomKey): boolean {
  return policy.type !== 'none' && key.at('hold_out').uniform() * 100 < policy.holdOutPercent;
}

/** How many days of purchases a policy looks at; null when it looks at none. */
export function lookBackOf(policy: OfferPolicy): number | null {
  return 'lookBackDays' in policy ? policy.lookBackDays : null;
}

/** The budget of a policy over all campaigns. */
export function budgetOf(policy: OfferPolicy): number | null {
  return policy.type === 'none' ? null : policy.budgetCents;
}

/** Whether a policy would ever deal a coupon. */
export function isInDepth(policy: OfferPolicy, coupon: Coupon, catalog: CatalogIndex): boolean {
  if (policy.type === 'none') return false;
  const [least, most] = policy.depthPercent;
  const percent = Math.round(100 * typicalDepth(coupon, catalog));
  return percent >= least && percent <= most;
}

/** How a policy chooses for one user; undefined = evenly. */
export function preferenceOf(
  policy: OfferPolicy,
  history: ShopperHistory,
  catalog: CatalogIndex,
  model: BanditModel | null,
): Preference<Coupon> | undefined {
  switch (policy.type) {
    case 'none':
    case 'random':
      return undefined;
    case 'prior_buyers':
      return (candidates) => inOrder(candidates, (coupon) => (isPriorBuyer(history, coupon) ? 0 : 1));
    case 'threshold_builder': {
      const usual = history.meanBasketCents;
      if (history.orders === 0) return undefined;
      const most = usual * (1 + policy.stretchPercent / 100);
      return (candidates) =>
        inOrder(candidates, ({ scope, minSpendCents }) => {
          if (scope !== 'frontstore') return 0;
          if (minSpendCents <= usual) return 2;
          return minSpendCents <= most ? 0 : 1;
        });
    }
    case 'bandit':
      return banditPreference(history, catalog, model, policy.exploration);
  }
}

/** Groups of candidates by rank, the smallest first. */
function inOrder(
  candidates: readonly Coupon[],
  rankOf: (coupon: Coupon) => number,
): PreferenceGroup<Coupon>[] {
  return [...groupBy(candidates, rankOf)].sort(([a], [b]) => a - b).map(([, members]) => ({ members }));
}
