import { groupBy } from '../group-by.ts';
import { compareText } from './catalog-index.ts';

/**
 * Where the purchases with a coupon came from. The same shopper with the same luck lived both arms, so what it bought in
 * the other one is what it would have done without these offers:
 *
 * - subsidised: it bought the same product in the same week in A too;
 * - switched: it bought another product of the category in A in that week, which it left in B;
 * - pulled forward: it bought more of the category in that week, and as much less in the weeks after;
 * - incremental: what is left, which the offers caused.
 *
 * The four add up to the units bought with a coupon in B. Shoppers who once differ may differ later by nothing but luck:
 * a fall in a later week counts as pulled forward, whatever made it, so that incremental is rather too small than too
 * large.
 */

export const LIFT_PARTS = ['incremental', 'switched', 'pulledForward', 'subsidised'] as const;
export type LiftPart = (typeof LIFT_PARTS)[number];

/** What one agent bought of one product in one week. Values in cents at shelf prices. */
export type Purchase = {
  readonly agentId: string;
  readonly category: string;
  readonly sku: string;
  /** Of the measured weeks, from 0. */
  readonly week: number;
  readonly units: number;
  /** Units on lines that a coupon took something off, and their value. */
  readonly couponUnits: number;
  readonly couponCents: number;
};

export type Lift = {
  readonly parts: Readonly<Record<LiftPart, { readonly units: number; readonly cents: number }>>;
  /** All units in B less all units in A, with and without coupons. */
  readonly netUnits: number;
};

/** Weeks in which less is bought when a purchase was pulled forward. */
export const PULL_FORWARD_WEEKS = 6;

export const NO_LIFT: Lift = {
  parts: {
    incremental: { units: 0, cents: 0 },
    switched: { units: 0, cents: 0 },
    pulledForward: { units: 0, cents: 0 },
    subsidised: { units: 0, cents: 0 },
  },
  netUnits: 0,
};

/** Sums over several seeds. */
export function addLift(a: Lift, b: Lift): Lift {
  const part = (name: LiftPart): { units: number; cents: number } => ({
    units: a.parts[name].units + b.parts[name].units,
    cents: a.parts[name].cents + b.parts[name].cents,
  });
  return {
    parts: {
      incremental: part('incremental'),
      switched: part('switched'),
      pulledForward: part('pulledForward'),
      subsidised: part('subsidised'),
    },
    netUnits: a.netUnits + b.netUnits,
  };
}

/**
 * What one unit of incremental value cost; null when B cost no more than A, or nothing of it is incremental.
 * @param extraCostCents cost of B's offers less that of A's
 */
export function costPerIncremental({ parts }: Lift, extraCostCents: number): number | null {
  const { cents } = parts.incremental;
  return cents > 0 && extraCostCents > 0 ? extraCostCents / cents : null;
}

/** Splits what was bought with coupons in B; A is what the same agents bought under the same seed. */
export function splitLift(a: readonly Purchase[], b: readonly Purchase[], weeks: number): Lift {
  const [ofA, ofB] = [byShopperAndCategory(a), byShopperAndCategory(b)];
  const unitsOf = (purchases: readonly Purchase[]): number =>
    purchases.reduce((sum, { units }) => sum + units, 0);
  let lift: Lift = { ...NO_LIFT, netUnits: unitsOf(b) - unitsOf(a) };
  for (const name of [...ofB.keys()].sort(compareText))
    lift = addLift(lift, splitCategory(ofA.get(name) ?? [], ofB.get(name)!, weeks));
  return lift;
}

/** One agent's purchases in one category. */
function splitCategory(a: readonly Purchase[], b: readonly Purchase[], weeks: number): Lift {
  const parts = { ...NO_LIFT.parts };
  const add = (part: LiftPart, units: number, centsOfOne: number): void => {
    parts[part] = { units: parts[part].units + units, cents: parts[part].cents + units * centsOfOne };
  };
  const inWeek = (purchases: readonly Purchase[], week: number): Purchase[] =>
    purchases.filter((purchase) => purchase.week === week);
  const total = (purchases: readonly Purchase[]): number =>
    purchases.reduce((sum, { units }) => sum + units, 0);
  // Units that B bought less of the category than A, by week; each stands for one that was pulled forward.
  const missing = Array.from({ length: weeks }, (_, week) =>
    Math.max(0, total(inWeek(a, week)) - total(inWeek(b, week))),
  );
  for (let week = 0; week < weeks; week++) {
    const [before, now] = [inWeek(a, week), inWeek(b, week)];
    const units = now.reduce((sum, { couponUnits }) => sum + couponUnits, 0);
    if (units === 0) continue;
    const centsOfOne = now.reduce((sum, { couponCents }) => sum + couponCents, 0) / units;
    const unitsOf = (purchases: readonly Purchase[], sku: string): number =>
      total(purchases.filter((purchase) => purchase.sku === sku));
    const same = now.reduce(
      (sum, { sku, couponUnits }) => sum + Math.min(couponUnits, unitsOf(before, sku)),
      0,
    );
    const left = before.reduce(
      (sum, purchase) => sum + Math.max(0, purchase.units - unitsOf(now, purchase.sku)),
      0,
    );
    const switched = Math.min(units - same, left);
    let extra = units - same - switched;
    let pulled = 0;
    for (let later = week + 1; later < Math.min(weeks, week + 1 + PULL_FORWARD_WEEKS); later++) {
      const taken = Math.min(extra, missing[later]!);
      missing[later]! -= taken;
      extra -= taken;
      pulled += taken;
    }
    add('subsidised', same, centsOfOne);
    add('switched', switched, centsOfOne);
    add('pulledForward', pulled, centsOfOne);
    add('incremental', extra, centsOfOne);
  }
  return { parts, netUnits: 0 };
}

function byShopperAndCategory(purchases: readonly Purchase[]): Map<string, Purchase[]> {
  return groupBy(purchases, ({ agentId, category }) => `${agentId}\n${category}`);
}
