import type { RandomKey } from '../random.ts';
import type { CatalogIndex } from './catalog-index.ts';
import type { Coupon } from './coupon.ts';
import { dealCoupons } from './offer-assignment.ts';
import type { Refresh } from './offer-assignment.ts';
import type { BanditModel } from './offer-bandit.ts';
import { HOLD_OUT_VERSION, isHeldOut, isInDepth, policyVersion, preferenceOf } from './offer-policy.ts';
import type { ShopperHistory } from './shopper-history.ts';
import { offerRulesOf } from './simulation.ts';
import type { SimulationConfig } from './simulation.ts';
import type { WalletEntry } from './wallet.ts';

export type WalletRefresh = Refresh & { readonly policyVersion: string };

/** Plans one user's refresh at the start of a cycle under a simulation's policy; see `dealCoupons`. */
export function refreshWallet(input: {
  readonly config: SimulationConfig;
  readonly catalog: CatalogIndex;
  /** What may be dealt to anybody in this cycle. */
  readonly pool: readonly Coupon[];
  readonly cycleNumber: number;
  readonly entries: readonly WalletEntry[];
  readonly history: ShopperHistory;
  readonly model: BanditModel | null;
  /** Key of (seed, agent). */
  readonly key: RandomKey;
}): WalletRefresh {
  const { config, catalog, pool, cycleNumber, entries, history, model, key } = input;
  const policy = config.offerPolicy;
  const heldOut = isHeldOut(policy, key);
  const refresh = dealCoupons({
    rules: offerRulesOf(config),
    cycleNumber,
    pool: heldOut ? [] : pool.filter((coupon) => isInDepth(policy, coupon, catalog)),
    preference: preferenceOf(policy, history, catalog, model),
    entries,
    key,
  });
  return { ...refresh, policyVersion: heldOut ? HOLD_OUT_VERSION : policyVersion(policy) };
}

/** Coupons of the pool that may still be dealt: active ones, of campaigns and under a policy that have money left. */
export function dealablePool(
  coupons: Iterable<Coupon>,
  campaignBudgets: ReadonlyMap<string, number>,
  spentCents: ReadonlyMap<string, number>,
  policyBudgetCents: number | null,
): Coupon[] {
  const spent = [...spentCents.values()].reduce((sum, cents) => sum + cents, 0);
  if (policyBudgetCents !== null && spent >= policyBudgetCents) return [];
  return [...coupons].filter(
    ({ isActive, campaignCode }) =>
      isActive && (spentCents.get(campaignCode) ?? 0) < (campaignBudgets.get(campaignCode) ?? Infinity),
  );
}
