import { percentageOf, splitByWeight } from '../money.ts';
import { compareText } from './catalog-index.ts';
import type { Coupon } from './coupon.ts';

/** Products chosen in a session, and what they cost with coupons. */

export type CartLine = {
  readonly lineNumber: number;
  readonly sku: string;
  readonly category: string;
  readonly brand: string;
  readonly quantity: number;
  readonly regularPriceCents: number;
  /** Shelf price: promotions of the price calendar included, coupons not. */
  readonly unitPriceCents: number;
  readonly unitCostCents: number;
};

/** A user coupon that could be used now. */
export type UsableCoupon = { readonly userCouponId: string; readonly coupon: Coupon };

export type Discount = {
  readonly userCouponId: string;
  readonly code: string;
  readonly target: 'lines' | 'basket' | 'shipping';
  readonly amountCents: number;
  readonly vendorFundedCents: number;
  readonly redemptionFeeCents: number;
};

export type PricedLine = CartLine & {
  readonly lineDiscountCents: number;
  readonly orderDiscountCents: number;
  /** Whose the line discount is; null without one. */
  readonly userCouponId: string | null;
};

export type PricedCart = {
  readonly lines: readonly PricedLine[];
  readonly discounts: readonly Discount[];
  readonly subtotalCents: number;
  readonly shippingCents: number;
  readonly discountCents: number;
  /** subtotal + shipping - discount, never negative. */
  readonly totalCents: number;
  readonly unitCostCents: number;
  readonly vendorFundedCents: number;
  readonly redemptionFeeCents: number;
};

export type Shipping = { readonly feeCents: number; readonly freeFromCents: number | null };

export const NO_SHIPPING: Shipping = { feeCents: 0, freeFromCents: null };

/**
 * Prices a cart with the coupons its shopper wants to use.
 *
 * Stacking: a line takes at most one category or brand coupon, and a coupon covers all the lines it matches that are
 * still uncovered, largest saving first; then at most one frontstore coupon acts on what remains. Minimum spends are
 * measured on shelf prices, before any coupon. A coupon that would save nothing is not used. Ties go to the smaller
 * code. Each discount is split to cents over its lines by largest remainder.
 */
export function priceCart(
  lines: readonly CartLine[],
  coupons: readonly UsableCoupon[],
  shipping: Shipping,
): PricedCart {
  const subtotalCents = sum(lines.map(grossCents));
  const isFree =
    lines.length === 0 || (shipping.freeFromCents !== null && subtotalCents >= shipping.freeFromCents);
  const shippingCents = isFree ? 0 : shipping.feeCents;
  const lineDiscounts = new Map<number, number>();
  const coveredBy = new Map<number, string>();
  const discounts: Discount[] = [];

  for (let open = coupons.filter(({ coupon }) => coupon.scope !== 'frontstore'); open.length > 0;) {
    const best = largest(open, (candidate) =>
      sum(savingsOnLines(candidate.coupon, lines, lineDiscounts).map(([, cents]) => cents)),
    );
    if (best === null) break;
    const savings = savingsOnLines(best.coupon, lines, lineDiscounts);
    for (const [lineNumber, cents] of savings) {
      lineDiscounts.set(lineNumber, cents);
      coveredBy.set(lineNumber, best.userCouponId);
    }
    discounts.push(discountOf(best, 'lines', sum(savings.map(([, cents]) => cents))));
    open = open.filter((candidate) => candidate !== best);
  }

  const net = lines.map((line) => grossCents(line) - (lineDiscounts.get(line.lineNumber) ?? 0));
  const frontstore = coupons.filter(({ coupon }) => coupon.scope === 'frontstore');
  const basket = largest(
    frontstore,
    ({ coupon }) => basketSaving(coupon, lines, net, shippingCents).amountCents,
  );
  let orderShares = lines.map(() => 0);
  if (basket !== null) {
    const saving = basketSaving(basket.coupon, lines, net, shippingCents);
    if (saving.target === 'basket') orderShares = splitByWeight(saving.amountCents, saving.weights);
    discounts.push(discountOf(basket, saving.target, saving.amountCents));
  }

  const discountCents = sum(discounts.map((discount) => discount.amountCents));
  return {
    lines: lines.map((line, i) => ({
      ...line,
      lineDiscountCents: lineDiscounts.get(line.lineNumber) ?? 0,
      orderDiscountCents: orderShares[i]!,
      userCouponId: coveredBy.get(line.lineNumber) ?? null,
    })),
    discounts,
    subtotalCents,
    shippingCents,
    discountCents,
    totalCents: subtotalCents + shippingCents - discountCents,
    unitCostCents: sum(lines.map((line) => line.quantity * line.unitCostCents)),
    vendorFundedCents: sum(discounts.map((discount) => discount.vendorFundedCents)),
    redemptionFeeCents: sum(discounts.map((discount) => discount.redemptionFeeCents)),
  };
}

/** Whether a coupon can act on a product at all. */
export function matches(coupon: Coupon, product: { category: string; brand: string }): boolean {
  if (coupon.excludedBrands.includes(product.brand)) return false;
  switch (coupon.scope) {
    case 'frontstore':
      return true;
    case 'category':
      return product.category === coupon.category;
    case 'brand':
      return (
        product.brand === coupon.brand && (coupon.category === null || product.category === coupon.category)
      );
  }
}

/** What a cart spends on the lines a coupon matches, at shelf prices: what its minimum spend is measured on. */
export function eligibleCents(coupon: Coupon, lines: readonly CartLine[]): number {
  return sum(lines.filter((line) => matches(coupon, line)).map(grossCents));
}

/** What a coupon takes off goods worth `cents` at shelf prices, of which `freeUnitsCents` would be free by bogo. */
export function faceValue(coupon: Coupon, cents: number, freeUnitsCents: number): number {
  const uncapped = ((): number => {
    switch (coupon.kind) {
      case 'percent':
        return percentageOf(cents, coupon.percentOff ?? 0);
      case 'fixed':
        return coupon.amountOffCents ?? 0;
      case 'bogo':
        return freeUnitsCents;
      case 'free_shipping':
        return 0;
    }
  })();
  return Math.min(uncapped, cents, coupon.maxDiscountCents ?? Infinity);
}

function savingsOnLines(
  coupon: Coupon,
  lines: readonly CartLine[],
  covered: ReadonlyMap<number, number>,
): [number, number][] {
  if (eligibleCents(coupon, lines) < coupon.minSpendCents) return [];
  const eligible = lines.filter((line) => matches(coupon, line) && !covered.has(line.lineNumber));
  if (eligible.length === 0) return [];
  const freeUnits = eligible.map((line) => Math.floor(line.quantity / 2) * line.unitPriceCents);
  const amount = faceValue(coupon, sum(eligible.map(grossCents)), sum(freeUnits));
  if (amount === 0) return [];
  const parts = splitByWeight(amount, coupon.kind === 'bogo' ? freeUnits : eligible.map(grossCents));
  return eligible
    .map((line, i): [number, number] => [line.lineNumber, parts[i]!])
    .filter(([, cents]) => cents > 0);
}

function basketSaving(
  coupon: Coupon,
  lines: readonly CartLine[],
  net: readonly number[],
  shippingCents: number,
): { target: 'basket' | 'shipping'; amountCents: number; weights: number[] } {
  if (eligibleCents(coupon, lines) < coupon.minSpendCents)
    return { target: 'basket', amountCents: 0, weights: [] };
  if (coupon.kind === 'free_shipping')
    return {
      target: 'shipping',
      amountCents: Math.min(shippingCents, coupon.maxDiscountCents ?? Infinity),
      weights: [],
    };
  const weights = lines.map((line, i) => (matches(coupon, line) ? net[i]! : 0));
  return { target: 'basket', amountCents: faceValue(coupon, sum(weights), 0), weights };
}

function discountOf(
  { userCouponId, coupon }: UsableCoupon,
  target: Discount['target'],
  amountCents: number,
): Discount {
  return {
    userCouponId,
    code: coupon.code,
    target,
    amountCents,
    vendorFundedCents: percentageOf(amountCents, coupon.vendorSharePercent),
    redemptionFeeCents: coupon.feePerRedemptionCents,
  };
}

function largest(
  candidates: readonly UsableCoupon[],
  saving: (candidate: UsableCoupon) => number,
): UsableCoupon | null {
  let best: { candidate: UsableCoupon; saving: number } | null = null;
  for (const candidate of candidates) {
    const value = saving(candidate);
    if (value <= 0) continue;
    const isBetter =
      best === null ||
      value > best.saving ||
      (value === best.saving && compareCoupons(candidate, best.candidate) < 0);
    if (isBetter) best = { candidate, saving: value };
  }
  return best?.candidate ?? null;
}

/** By code; a code that a wallet holds twice by its user coupon. */
function compareCoupons(a: UsableCoupon, b: UsableCoupon): number {
  return compareText(a.coupon.code, b.coupon.code) || compareText(a.userCouponId, b.userCouponId);
}

export function grossCents(line: { quantity: number; unitPriceCents: number }): number {
  return line.quantity * line.unitPriceCents;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
