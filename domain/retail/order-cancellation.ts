import { z } from 'zod';
import { splitByWeight } from '../money.ts';
import { IdempotencyKey, entryOf, hoursOf } from './reservation.ts';
import type { CouponChange, OwnCoupon } from './reservation.ts';
import { giveBack, isOpen } from './wallet.ts';
import type { WalletEntry } from './wallet.ts';

/**
 * Cancelling an order, whole or in part. Kept units keep their share of every discount, also below a minimum spend: a
 * refund is what was paid for the units that go. A coupon is given back when nothing of its discount is left on what is
 * kept. The shipping fee, and a coupon that pays it, go with the last unit.
 */

export const CancelLinesRequest = z.object({
  idempotencyKey: IdempotencyKey,
  lines: z
    .array(z.object({ lineNumber: z.int().min(1).max(500), quantity: z.int().min(1).max(1_000) }))
    .min(1)
    .refine(
      (lines) => new Set(lines.map((line) => line.lineNumber)).size === lines.length,
      'a line is given twice',
    ),
});
export type CancelLinesRequest = z.infer<typeof CancelLinesRequest>;

export type PlacedLine = {
  readonly lineNumber: number;
  readonly quantity: number;
  readonly unitPriceCents: number;
  readonly unitCostCents: number;
  readonly lineDiscountCents: number;
  readonly orderDiscountCents: number;
  /** Whose the line discount is; null without one, or when that is not known. */
  readonly userCouponId: string | null;
};

export type PlacedDiscount = {
  readonly userCouponId: string;
  readonly target: 'lines' | 'basket' | 'shipping';
  readonly amountCents: number;
  readonly vendorFundedCents: number;
  readonly redemptionFeeCents: number;
};

/** An order as it was placed; that never changes. */
export type PlacedOrder = {
  readonly lines: readonly PlacedLine[];
  readonly discounts: readonly PlacedDiscount[];
  readonly subtotalCents: number;
  readonly discountCents: number;
  readonly shippingCents: number;
  readonly totalCents: number;
  readonly unitCostCents: number;
  readonly vendorFundedCents: number;
  readonly redemptionFeeCents: number;
};

/** Money of an order, or of a part of it; total = subtotal + shipping − discount. */
export type OrderMoney = Omit<PlacedOrder, 'lines' | 'discounts'>;

export type KeptOrder = OrderMoney & {
  /** What is left of each discount, by user coupon. */
  readonly discountOf: ReadonlyMap<string, number>;
};

const MONEY = [
  'subtotalCents',
  'discountCents',
  'shippingCents',
  'totalCents',
  'unitCostCents',
  'vendorFundedCents',
  'redemptionFeeCents',
] as const;

/**
 * What is left of an order. It depends on what is kept alone, not on the steps that led there, so the refunds of any
 * steps add up to the cent. Discounts are spread over a line's units by largest remainder, and the last units go first.
 * @param keptUnits units kept of each line, by line number
 */
export function keptOf(order: PlacedOrder, keptUnits: ReadonlyMap<number, number>): KeptOrder {
  const units = (line: PlacedLine): number => keptUnits.get(line.lineNumber) ?? 0;
  if (order.lines.every((line) => units(line) === 0)) return { ...NOTHING, discountOf: new Map() };
  if (order.lines.every((line) => units(line) === line.quantity))
    return {
      ...moneyOf(order),
      discountOf: new Map(order.discounts.map((each) => [each.userCouponId, each.amountCents])),
    };
  const shares = order.lines.map((line) => ({ line, ...keptShares(line, units(line)) }));
  const discounts = order.discounts.map((each) => {
    const amountCents = ((): number => {
      switch (each.target) {
        case 'shipping':
          return each.amountCents;
        case 'basket':
          return sum(shares.map(({ orderCents }) => orderCents));
        case 'lines':
          return sum(
            shares.map(({ line, lineCents }) => (line.userCouponId === each.userCouponId ? lineCents : 0)),
          );
      }
    })();
    const parts = splitByWeight(each.vendorFundedCents, [amountCents, each.amountCents - amountCents]);
    return { ...each, keptCents: amountCents, keptVendorCents: amountCents === 0 ? 0 : parts[0]! };
  });
  const subtotalCents = sum(order.lines.map((line) => units(line) * line.unitPriceCents));
  const discountCents = sum(discounts.map(({ keptCents }) => keptCents));
  return {
    subtotalCents,
    discountCents,
    shippingCents: order.shippingCents,
    totalCents: subtotalCents + order.shippingCents - discountCents,
    unitCostCents: sum(order.lines.map((line) => units(line) * line.unitCostCents)),
    vendorFundedCents: sum(discounts.map(({ keptVendorCents }) => keptVendorCents)),
    redemptionFeeCents: sum(discounts.map((each) => (each.keptCents > 0 ? each.redemptionFeeCents : 0))),
    discountOf: new Map(discounts.map(({ userCouponId, keptCents }) => [userCouponId, keptCents])),
  };
}

/** What became of a coupon that had been redeemed on the order. */
export type GivenBack = Pick<WalletEntry, 'code' | 'status' | 'closedReason'>;

export type CancellationAnswer = {
  readonly type: 'cancelled';
  /** Whether nothing of the order is left. */
  readonly isWhole: boolean;
  readonly refund: OrderMoney;
  readonly coupons: readonly GivenBack[];
};

export type CancellationRefusal =
  | 'different_content'
  | 'already_cancelled'
  | 'no_such_line'
  | 'more_than_kept'
  /** It was stored before it was noted which coupon discounts which line: it can be cancelled whole. */
  | 'lines_not_known';

export type StandingOrder = {
  readonly order: PlacedOrder;
  /** Units that are still kept, by line number. */
  readonly keptUnits: ReadonlyMap<number, number>;
  /** Coupons that are redeemed on it, oldest first, then by code. */
  readonly redeemed: readonly OwnCoupon[];
  /** Open coupons of its user, and how many there may be. */
  readonly openCount: number;
  readonly capacity: number;
};

export type CancellationDecision =
  | { readonly type: 'refused'; readonly reason: CancellationRefusal }
  | {
      readonly type: 'save';
      readonly answer: CancellationAnswer;
      readonly changes: readonly CouponChange[];
      /** What is taken back of each discount by now, by user coupon. */
      readonly returned: ReadonlyMap<string, number>;
      readonly lines: CancelLinesRequest['lines'];
    };

/**
 * Decides what cancelling changes.
 * @param wanted units to cancel by line, or everything that is left
 * @param ms time of the place, milliseconds since 1970
 */
export function decideCancellation(
  { order, keptUnits, redeemed, openCount, capacity }: StandingOrder,
  wanted: CancelLinesRequest['lines'] | 'everything',
  ms: number,
): CancellationDecision {
  const lines =
    wanted === 'everything'
      ? [...keptUnits]
          .filter(([, quantity]) => quantity > 0)
          .map(([lineNumber, quantity]) => ({ lineNumber, quantity }))
      : wanted;
  const after = new Map(keptUnits);
  for (const { lineNumber, quantity } of lines) {
    const kept = after.get(lineNumber);
    if (kept === undefined) return { type: 'refused', reason: 'no_such_line' };
    if (kept < quantity) return { type: 'refused', reason: 'more_than_kept' };
    after.set(lineNumber, kept - quantity);
  }
  const isWhole = [...after.values()].every((quantity) => quantity === 0);
  const known = withKnownCoupons(order);
  if (known === null && !isWhole) return { type: 'refused', reason: 'lines_not_known' };

  const before = isWhole && known === null ? moneyOf(order) : keptOf(known!, keptUnits);
  const left = keptOf(known ?? order, after);
  const refund = Object.fromEntries(
    MONEY.map((name) => [name, before[name] - left[name]]),
  ) as unknown as OrderMoney;
  const discountLeft = (userCouponId: string): number => left.discountOf.get(userCouponId) ?? 0;
  const isGone = ({ userCouponId }: OwnCoupon): boolean =>
    isWhole ||
    (discountLeft(userCouponId) === 0 && order.discounts.some((each) => each.userCouponId === userCouponId));

  let open = openCount;
  const changes = redeemed.filter(isGone).map((coupon): CouponChange => {
    const at = Math.max(ms, coupon.statusMs);
    const entry = giveBack(entryOf(coupon), open, capacity, hoursOf(at));
    if (isOpen(entry)) open += 1;
    return { coupon, status: entry.status, closedReason: entry.closedReason, amountCents: null, ms: at };
  });
  const coupons = changes.map(({ coupon, status, closedReason }) => ({
    code: coupon.coupon.code,
    status,
    closedReason,
  }));
  const returned = new Map(
    order.discounts.map((each) => [each.userCouponId, each.amountCents - discountLeft(each.userCouponId)]),
  );
  return {
    type: 'save',
    answer: { type: 'cancelled', isWhole, refund, coupons },
    changes,
    returned,
    lines,
  };
}

const NOTHING: OrderMoney = {
  subtotalCents: 0,
  discountCents: 0,
  shippingCents: 0,
  totalCents: 0,
  unitCostCents: 0,
  vendorFundedCents: 0,
  redemptionFeeCents: 0,
};

function moneyOf(order: OrderMoney): OrderMoney {
  return Object.fromEntries(MONEY.map((name) => [name, order[name]])) as unknown as OrderMoney;
}

/**
 * The shares of a line's discounts that stay with its first `kept` units. The two discounts are spread together: spread
 * each for itself, one unit could be given more than it costs.
 */
function keptShares(line: PlacedLine, kept: number): { lineCents: number; orderCents: number } {
  const share = (cents: number): number =>
    sum(splitByWeight(cents, Array<number>(line.quantity).fill(1)).slice(0, kept));
  const lineCents = share(line.lineDiscountCents);
  return { lineCents, orderCents: share(line.lineDiscountCents + line.orderDiscountCents) - lineCents };
}

/** An order of which it is known whose each line discount is; null when it cannot be told. */
function withKnownCoupons(order: PlacedOrder): PlacedOrder | null {
  const isKnown = (line: PlacedLine): boolean => line.lineDiscountCents === 0 || line.userCouponId !== null;
  if (order.lines.length === 0) return null;
  if (order.lines.every(isKnown)) return order;
  const [only, ...others] = order.discounts.filter(({ target }) => target === 'lines');
  if (only === undefined || others.length > 0) return null;
  return { ...order, lines: order.lines.map((line) => ({ ...line, userCouponId: only.userCouponId })) };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
