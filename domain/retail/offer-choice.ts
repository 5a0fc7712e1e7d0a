import { ln } from '../math.ts';
import { poissonQuantile } from '../random.ts';
import type { RandomKey } from '../random.ts';
import { eligibleCents, faceValue, matches } from './cart.ts';
import type { CartLine, UsableCoupon } from './cart.ts';
import { compareText } from './catalog-index.ts';
import type { CategoryShelf } from './catalog-index.ts';
import type { CategoryNeed } from './category-choice.ts';
import { decide, tripKey } from './choice-context.ts';
import type { BinaryDecision, TripContext, WalletCoupon } from './choice-context.ts';
import type { Coupon } from './coupon.ts';
import { reachOf, typicalPurchase } from './coupon-reach.ts';
import { attention } from './offer-fatigue.ts';
import { DEAL_SEEKING_BEHAVIORS } from './persona.ts';

/** What a shopper notices in the wallet, wants to use, and goes back to the shelves for. */

export type CouponView = {
  readonly userCouponId: string;
  readonly code: string;
  readonly rank: number;
  readonly isNoticed: boolean;
  /** Looked at in detail. */
  readonly isOpened: boolean;
  readonly isWanted: boolean;
  readonly noticeProbability: number;
  readonly useProbability: number;
  readonly useDraw: number;
};

export type WalletView = {
  readonly open: BinaryDecision;
  /** Whether the wallet is looked at before the shelves. */
  readonly isFirst: boolean;
  readonly coupons: readonly CouponView[];
};

/**
 * What a shopper notices in the wallet on a trip, and wants to use. Coupons are listed newest first; older ones are
 * noticed less. The saving acts only through coupons that are wanted.
 */
export function viewWallet(context: TripContext): WalletView {
  const { persona, parameters } = context;
  const key = tripKey(context);
  const style = DEAL_SEEKING_BEHAVIORS.indexOf(persona.dealSeekingBehavior);
  const open = decide(
    {
      constant: parameters.openWallet,
      tech: parameters.openWalletByTech * persona.techSavviness,
      style: parameters.openWalletByStyle[style] ?? 0,
    },
    key.at('open_wallet'),
  );
  const isFirst = open.isYes && key.at('wallet_first').uniform() < (parameters.walletFirst[style] ?? 0);
  const usable = context.wallet.filter((entry) => entry.isWithheld !== true);
  const listed = usable.sort(
    (a, b) => b.assignedHours - a.assignedHours || compareText(a.coupon.code, b.coupon.code),
  );
  const now = context.day * 24;
  const notice = parameters.noticeCoupon * attention(context.household, context.day, parameters);
  const coupons = listed.map((entry, index): CouponView => {
    const code = entry.coupon.code;
    const isFresh = now - entry.assignedHours < 7 * 24;
    const noticeProbability = open.isYes ? notice * (isFresh ? 1 : 0.7) : 0;
    const isNoticed = key.at('notice', code).uniform() < noticeProbability;
    const useProbability = useProbabilityOf(context, entry.coupon);
    const useDraw = key.at('use', code).uniform();
    const isWanted = isNoticed && useDraw < useProbability;
    const isOpened = isWanted || (isNoticed && key.at('look', code).uniform() < 0.3);
    return {
      userCouponId: entry.userCouponId,
      code,
      rank: index + 1,
      isNoticed,
      isOpened,
      isWanted,
      noticeProbability,
      useProbability,
      useDraw,
    };
  });
  return { open, isFirst, coupons };
}

/** Discount share of a typical coupon of the panel: 34 % of the price. */
const TYPICAL_SAVING = 0.34;

/** Whether a noticed coupon is wanted: by affinity, and by the square root of what it saves of a typical purchase. */
function useProbabilityOf(context: TripContext, coupon: Coupon): number {
  const reference = typicalPurchase(context, coupon);
  if (reference === null) return 0;
  const isShipping = coupon.kind === 'free_shipping';
  const saving = isShipping
    ? context.channel === 'online'
      ? TYPICAL_SAVING / 2
      : 0
    : faceValue(coupon, reference.cents, reference.cents / 2) / reference.cents;
  const appeal = Math.min(1.25, Math.sqrt(saving / TYPICAL_SAVING));
  return Math.min(1, context.persona.couponAffinity * context.parameters.useCoupon * appeal);
}

/** The coupons of a wallet that its view found wanted, as they are listed: in whatever order the wallet was read. */
export function wantedCoupons(wallet: readonly WalletCoupon[], view: WalletView): WalletCoupon[] {
  const byId = new Map(wallet.map((entry) => [entry.userCouponId, entry]));
  return view.coupons
    .filter((coupon) => coupon.isWanted)
    .flatMap(({ userCouponId }) => byId.get(userCouponId) ?? []);
}

/**
 * What a shopper who finds wanted offers after filling the cart goes back for: now and then a line for a coupon that
 * fits nothing in the cart, and, when a little is missing to the minimum of a basket offer, lines to fill it up.
 */
export function returnNeeds(
  context: TripContext,
  cart: readonly CartLine[],
  wanted: readonly UsableCoupon[],
): CategoryNeed[] {
  const key = tripKey(context).at('return');
  const needs: CategoryNeed[] = [];
  for (const { coupon } of wanted) {
    if (coupon.scope === 'frontstore' || cart.some((line) => matches(coupon, line))) continue;
    const candidates = reachOf(coupon, context.catalog).map(({ shelf }) => shelf);
    const category = heaviest(context, candidates, key.at(coupon.code));
    if (category === null) continue;
    const draw = key.at(coupon.code).uniform();
    const lines = Math.min(1, poissonQuantile(draw, context.parameters.returnLines));
    if (lines > 0)
      needs.push({ category, mean: context.parameters.returnLines, draw, lines, isPrimary: false });
  }
  return [...needs, ...fillUpNeeds(context, cart, wanted, key)];
}

function fillUpNeeds(
  context: TripContext,
  cart: readonly CartLine[],
  wanted: readonly UsableCoupon[],
  key: RandomKey,
): CategoryNeed[] {
  const gaps = wanted
    .filter(({ coupon }) => coupon.scope === 'frontstore' && coupon.kind !== 'free_shipping')
    .map(({ coupon }) => ({
      missing: coupon.minSpendCents - eligibleCents(coupon, cart),
      most: coupon.minSpendCents * context.parameters.fillUpGap,
    }))
    .filter(({ missing, most }) => missing > 0 && missing <= most)
    .sort((a, b) => a.missing - b.missing);
  const gap = gaps[0];
  if (gap === undefined) return [];
  const lines = Math.min(5, Math.ceil(gap.missing / context.catalog.meanLinePriceCents));
  const needs: CategoryNeed[] = [];
  for (let i = 0; i < lines; i++) {
    const category = heaviest(context, context.catalog.categories, key.at('fill_up', i));
    if (category !== null)
      needs.push({ category, mean: 1, draw: key.at('fill_up', i).uniform(), lines: 1, isPrimary: false });
  }
  return needs;
}

function heaviest(context: TripContext, shelves: readonly CategoryShelf[], key: RandomKey): string | null {
  let best: { name: string; score: number } | null = null;
  for (const shelf of shelves) {
    const score =
      ln(context.profile.categoryWeights.get(shelf.name) ?? 1e-9) + key.at('category', shelf.name).gumbel();
    if (best === null || score > best.score) best = { name: shelf.name, score };
  }
  return best?.name ?? null;
}
