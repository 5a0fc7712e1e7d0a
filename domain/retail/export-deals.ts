// Deals as rows to learn from: what was known when a coupon was dealt, and what became of it within a horizon.
import type { Coupon } from './coupon.ts';
import type { ClosedReason, UserCouponStatus } from './wallet.ts';

const DAY_MS = 86_400_000;

/** One shopper's purchases and coupons in one simulation. Simulated times in milliseconds since 1970. */
export type ShopperHistory = {
  readonly agentId: string;
  readonly orders: readonly PlacedOrder[];
  readonly coupons: readonly DealtCoupon[];
};

export type PlacedOrder = {
  readonly atMs: number;
  readonly cancelledAtMs: number | null;
  readonly lines: readonly { readonly category: string; readonly brand: string; readonly quantity: number }[];
};

export type DealtCoupon = Pick<
  Coupon,
  'scope' | 'kind' | 'category' | 'brand' | 'percentOff' | 'amountOffCents' | 'minSpendCents'
> & {
  readonly code: string;
  readonly cycleNumber: number;
  readonly assignedMs: number;
  readonly expiresMs: number;
  /** Mean regular price of the products that it is for, weighted by popularity; null when there are none. */
  readonly referencePriceCents: number | null;
  readonly transitions: readonly Transition[];
};

export type Transition = {
  readonly toStatus: UserCouponStatus;
  readonly closedReason: ClosedReason | null;
  readonly atMs: number;
};

/** What was known of a shopper when a coupon was dealt: of nothing that happened at that instant or later. */
export type DealFeatures = {
  readonly pastOrders: number;
  readonly pastUnits: number;
  readonly pastUnitsCategory: number | null;
  readonly pastUnitsBrand: number | null;
  readonly pastDeals: number;
  readonly pastRedemptions: number;
  readonly daysSinceLastOrder: number | null;
};

export type DealLabel = {
  readonly redeemedWithin: boolean | null;
  readonly daysToRedemption: number | null;
  readonly daysObserved: number;
  readonly isCensored: boolean;
  readonly isWindowObserved: boolean;
  readonly closedReason: ClosedReason | null;
  /** When the label is settled, whatever happens. */
  readonly windowEndMs: number;
};

/** Features of each coupon of a history, in its order. */
export function dealFeatures({ orders, coupons }: ShopperHistory): DealFeatures[] {
  const known = new Map<number, Known>();
  return coupons.map(({ assignedMs, category, brand }) => {
    const before = known.get(assignedMs) ?? knownBefore(assignedMs, orders, coupons);
    known.set(assignedMs, before);
    return {
      pastOrders: before.orders,
      pastUnits: before.units,
      pastUnitsCategory: category === null ? null : (before.unitsByCategory.get(category) ?? 0),
      pastUnitsBrand: brand === null ? null : (before.unitsByBrand.get(brand) ?? 0),
      pastDeals: before.deals,
      pastRedemptions: before.redemptions,
      daysSinceLastOrder: before.lastOrderMs === null ? null : (assignedMs - before.lastOrderMs) / DAY_MS,
    };
  });
}

type Known = {
  readonly orders: number;
  readonly units: number;
  readonly unitsByCategory: ReadonlyMap<string, number>;
  readonly unitsByBrand: ReadonlyMap<string, number>;
  readonly deals: number;
  readonly redemptions: number;
  readonly lastOrderMs: number | null;
};

function knownBefore(
  instantMs: number,
  orders: readonly PlacedOrder[],
  coupons: readonly DealtCoupon[],
): Known {
  const placed = orders.filter(({ atMs }) => atMs < instantMs);
  const standing = placed.filter(({ cancelledAtMs }) => cancelledAtMs === null || cancelledAtMs >= instantMs);
  const lines = standing.flatMap((order) => order.lines);
  const redemptions = coupons.flatMap(({ transitions }) =>
    transitions.filter(({ toStatus, atMs }) => toStatus === 'redeemed' && atMs < instantMs),
  );
  return {
    orders: standing.length,
    units: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    unitsByCategory: unitsBy(lines, 'category'),
    unitsByBrand: unitsBy(lines, 'brand'),
    deals: coupons.filter(({ assignedMs }) => assignedMs < instantMs).length,
    redemptions: redemptions.length,
    lastOrderMs: placed.reduce<number | null>((last, { atMs }) => Math.max(last ?? atMs, atMs), null),
  };
}

function unitsBy(lines: PlacedOrder['lines'], name: 'category' | 'brand'): Map<string, number> {
  const units = new Map<string, number>();
  for (const line of lines) units.set(line[name], (units.get(line[name]) ?? 0) + line.quantity);
  return units;
}

/**
 * What became of a coupon within its horizon, as far as the simulation was observed. A redemption counts whatever
 * became of its order afterwards; a coupon that was closed cannot be redeemed any more, and is not censored.
 * @param horizonDays null for the coupon's life
 * @param observedUntilMs end of the last committed day
 */
export function dealLabel(
  { assignedMs, expiresMs, transitions }: Pick<DealtCoupon, 'assignedMs' | 'expiresMs' | 'transitions'>,
  horizonDays: number | null,
  observedUntilMs: number,
): DealLabel {
  const horizonMs = horizonDays === null ? expiresMs : assignedMs + horizonDays * DAY_MS;
  const windowEndMs = Math.min(expiresMs, horizonMs);
  const seen = transitions.filter(({ atMs }) => atMs < observedUntilMs);
  const redemption = seen.find(({ toStatus, atMs }) => toStatus === 'redeemed' && atMs < windowEndMs);
  const closing = seen.find(({ toStatus }) => toStatus === 'expired' || toStatus === 'removed');
  const daysFromDeal = (ms: number): number => (ms - assignedMs) / DAY_MS;
  const isCensored = redemption === undefined && closing === undefined && windowEndMs > observedUntilMs;
  const settledMs = redemption?.atMs ?? Math.min(windowEndMs, observedUntilMs, closing?.atMs ?? windowEndMs);
  return {
    redeemedWithin: redemption !== undefined ? true : isCensored ? null : false,
    daysToRedemption: redemption === undefined ? null : daysFromDeal(redemption.atMs),
    daysObserved: daysFromDeal(settledMs),
    isCensored,
    isWindowObserved: windowEndMs <= observedUntilMs,
    closedReason: closing?.closedReason ?? null,
    windowEndMs,
  };
}

/** What a coupon takes off a typical purchase, as a share of it; null where there is no price to compare with. */
export function couponDepth({
  scope,
  kind,
  percentOff,
  amountOffCents,
  minSpendCents,
  referencePriceCents,
}: Pick<
  DealtCoupon,
  'scope' | 'kind' | 'percentOff' | 'amountOffCents' | 'minSpendCents' | 'referencePriceCents'
>): number | null {
  if (kind === 'percent') return percentOff! / 100;
  if (kind === 'bogo') return 0.5;
  if (kind === 'free_shipping') return null;
  const price = scope === 'frontstore' ? minSpendCents : referencePriceCents;
  return price === null || price === 0 ? null : Math.min(1, amountOffCents! / price);
}
