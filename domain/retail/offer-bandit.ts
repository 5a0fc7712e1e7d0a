import type { CatalogIndex } from './catalog-index.ts';
import { compareText } from './catalog-index.ts';
import { typicalDepth } from './coupon-depth.ts';
import type { Coupon } from './coupon.ts';
import type { Preference, RefreshPolicy } from './offer-assignment.ts';
import { isPriorBuyer } from './shopper-history.ts';
import type { ShopperHistory } from './shopper-history.ts';

/**
 * A contextual bandit for deals: it predicts the reward of dealing a coupon to a user from what is known of both, by
 * ridge regression on all deals whose outcome is known, deals the most promising ones, and keeps a part of each deal
 * for even chances. So each coupon's probability is known and above 0, and what it learns from is never only its own
 * choice.
 */

/** What the model sees of a user and a coupon, in this order. */
export const BANDIT_FEATURES = [
  'constant',
  'priorBuyer',
  'depth',
  'isFrontstore',
  'shareOfLines',
  'redemptionRate',
  'depthByRedemptionRate',
  'basketValue',
] as const;

/** Sufficient statistics of the regression: sums of x xᵀ (row by row) and of x · reward. Plain JSON. */
export type BanditModel = {
  readonly deals: number;
  readonly products: readonly number[];
  readonly rewards: readonly number[];
};

export type BanditOutcome = {
  readonly features: readonly number[];
  readonly isRedeemed: boolean;
  /** Shelf value less unit cost of the lines that the redemption covers, in cents. */
  readonly coveredMarginCents: number;
  /** Discount less what the vendor pays back, plus the redemption's fee, in cents. */
  readonly costCents: number;
};

const SIZE = BANDIT_FEATURES.length;
/** Weight of the prior that nothing matters, in deals. */
const RIDGE = 5;

export const NOTHING_LEARNED: BanditModel = {
  deals: 0,
  products: new Array<number>(SIZE * SIZE).fill(0),
  rewards: new Array<number>(SIZE).fill(0),
};

/** What is known of a user and a coupon when it is dealt. */
export function banditFeatures(history: ShopperHistory, coupon: Coupon, catalog: CatalogIndex): number[] {
  const lines = history.bought.reduce((sum, bought) => sum + bought.lines, 0);
  const covered = history.bought.reduce(
    (sum, bought) => sum + (isPriorBuyer({ ...history, bought: [bought] }, coupon) ? bought.lines : 0),
    0,
  );
  const depth = typicalDepth(coupon, catalog);
  // Ten deals with a tenth of a redemption are believed before anything is known.
  const rate = (history.redeemed + 0.1) / (history.dealt + 10);
  return [
    1,
    covered > 0 ? 1 : 0,
    depth,
    coupon.scope === 'frontstore' ? 1 : 0,
    lines > 0 ? covered / lines : 0,
    rate,
    depth * rate,
    Math.min(1, history.meanBasketCents / 100_00),
  ];
}

/**
 * The reward of a deal: a redemption, or the margin that it brings, in units of 100 cents. Who bought the same in the
 * look-back would have bought it anyway: of such a redemption only its cost counts.
 */
export function rewardOf(reward: 'redemptions' | 'margin', outcome: BanditOutcome): number {
  if (!outcome.isRedeemed) return 0;
  if (reward === 'redemptions') return 1;
  const isPrior = outcome.features[BANDIT_FEATURES.indexOf('priorBuyer')] === 1;
  return ((isPrior ? 0 : outcome.coveredMarginCents) - outcome.costCents) / 100;
}

/** Cycle boundaries after which the outcome of a deal is known. */
export function cyclesOfLife({
  refreshPolicy,
  offerExpirationDays,
  offerCycleDays,
}: {
  readonly refreshPolicy: RefreshPolicy;
  readonly offerExpirationDays: number;
  readonly offerCycleDays: number;
}): number {
  return refreshPolicy === 'replace' ? 1 : Math.max(1, Math.ceil(offerExpirationDays / offerCycleDays));
}

/** The model after some more outcomes, which are added up in the order in which they come. */
export function learn(
  model: BanditModel,
  outcomes: readonly BanditOutcome[],
  reward: 'redemptions' | 'margin',
): BanditModel {
  const products = [...model.products];
  const rewards = [...model.rewards];
  for (const outcome of outcomes) {
    const x = outcome.features;
    const y = rewardOf(reward, outcome);
    for (let i = 0; i < SIZE; i++) {
      rewards[i]! += x[i]! * y;
      for (let j = 0; j < SIZE; j++) products[i * SIZE + j]! += x[i]! * x[j]!;
    }
  }
  return { deals: model.deals + outcomes.length, products, rewards };
}

/** Coefficients of the ridge regression: (Σ x xᵀ + ridge · I)⁻¹ Σ x · reward, by Cholesky's decomposition. */
export function coefficientsOf(model: BanditModel): number[] {
  const lower = new Array<number>(SIZE * SIZE).fill(0);
  for (let i = 0; i < SIZE; i++)
    for (let j = 0; j <= i; j++) {
      let sum = model.products[i * SIZE + j]! + (i === j ? RIDGE : 0);
      for (let k = 0; k < j; k++) sum -= lower[i * SIZE + k]! * lower[j * SIZE + k]!;
      lower[i * SIZE + j] = i === j ? Math.sqrt(sum) : sum / lower[j * SIZE + j]!;
    }
  const solution = [...model.rewards];
  for (let i = 0; i < SIZE; i++) {
    for (let k = 0; k < i; k++) solution[i]! -= lower[i * SIZE + k]! * solution[k]!;
    solution[i]! /= lower[i * SIZE + i]!;
  }
  for (let i = SIZE - 1; i >= 0; i--) {
    for (let k = i + 1; k < SIZE; k++) solution[i]! -= lower[k * SIZE + i]! * solution[k]!;
    solution[i]! /= lower[i * SIZE + i]!;
  }
  return solution;
}

/**
 * The most promising coupons with 1 − exploration more than an even chance, each other one with exploration times its
 * even chance. Before anything is learned, and among equals, chances are even.
 */
export function banditPreference(
  history: ShopperHistory,
  catalog: CatalogIndex,
  model: BanditModel | null,
  exploration: number,
): Preference<Coupon> {
  const coefficients = model === null || model.deals === 0 ? null : coefficientsOf(model);
  return (candidates) => {
    const features = candidates.map((coupon) => banditFeatures(history, coupon, catalog));
    const scores = features.map((x) =>
      coefficients === null ? 0 : x.reduce((sum, value, i) => sum + value * coefficients[i]!, 0),
    );
    const probabilities = (count: number): number[] => {
      const even = count / candidates.length;
      if (coefficients === null || even >= 1) return scores.map(() => Math.min(1, even));
      const order = scores
        .map((score, i) => ({ score, i }))
        .sort((a, b) => b.score - a.score || compareText(candidates[a.i]!.code, candidates[b.i]!.code));
      const greedy = new Set(order.slice(0, count).map(({ i }) => i));
      return scores.map((_, i) => exploration * even + (greedy.has(i) ? 1 - exploration : 0));
    };
    return [{ members: candidates, probabilities, features }];
  };
}
