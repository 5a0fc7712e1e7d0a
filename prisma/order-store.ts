import { z } from 'zod';
import { ConflictError, NotFoundError } from '../domain/errors.ts';
import type { PricedCart } from '../domain/retail/cart.ts';
import { compareText } from '../domain/retail/catalog-index.ts';
import { CancelLinesRequest, decideCancellation } from '../domain/retail/order-cancellation.ts';
import type {
  CancellationAnswer,
  CancellationRefusal,
  OrderMoney,
  PlacedDiscount,
  PlacedLine,
} from '../domain/retail/order-cancellation.ts';
import {
  CartRequest,
  IdempotencyKey,
  decideDirectRedemption,
  decideRedemption,
  refuse,
} from '../domain/retail/reservation.ts';
import type { Redemption, Refused } from '../domain/retail/reservation.ts';
import type { LoadedCatalog } from './catalog-store.ts';
import type { Database } from './client.ts';
import { idOf } from './ids.ts';
import { orderDiscountRows, orderLineRows, orderMoney } from './order-rows.ts';
import {
  assessmentOf,
  couponRows,
  digestOf,
  expectedOf,
  loadStanding,
  ownCouponOf,
  parseInput,
  reservationIdOf,
  reservationRow,
  saveCouponUse,
  untilSaved,
} from './reservation-store.ts';
import type { Caller, CouponRow, Standing, UseRows } from './reservation-store.ts';
import type { Row } from './rows.ts';

/** An order that was placed, its coupons by code. */
export type RedeemedOrder = {
  readonly type: 'redeemed';
  readonly orderId: string;
  readonly subtotalCents: number;
  readonly discountCents: number;
  readonly shippingCents: number;
  readonly totalCents: number;
  readonly coupons: readonly { code: string; userCouponId: string; amountCents: number }[];
};

/** What becomes an order: a reservation by its key, or a cart at the prices of now. */
export const OrderRequest = z.object({
  idempotencyKey: IdempotencyKey,
  from: z.discriminatedUnion('type', [
    z.object({ type: z.literal('reservation'), key: IdempotencyKey }),
    z.object({ type: z.literal('cart'), cart: CartRequest }),
  ]),
});
export type OrderRequest = z.infer<typeof OrderRequest>;

/**
 * Places an order and redeems its coupons, once: the same key with the same content gives the first answer again. What
 * a reservation holds is honoured; a cart is bought with all of its codes or not at all.
 * @param request an `OrderRequest`, as it came from outside
 * @throws InvalidInputError
 * @throws NotFoundError when there is no such user
 */
export async function redeem(
  db: Database,
  catalog: LoadedCatalog,
  caller: Caller,
  request: z.input<typeof OrderRequest>,
): Promise<RedeemedOrder | Refused> {
  const { idempotencyKey, from } = parseInput(OrderRequest, request, 'order');
  const orderId = idOf('order_by_key', caller.simulationId ?? '', idempotencyKey);
  const requestDigest = digestOf([caller.userId, from]);
  const reservationId = from.type === 'reservation' ? reservationIdOf(caller, from.key) : null;
  const codes = from.type === 'cart' ? from.cart.codes : [];
  return untilSaved(db, caller, async (exhausted) => {
    const standing = await loadStanding(db, caller, catalog, { reservationId, codes, orderId });
    if (standing.order !== null) return replay(standing.order, caller, requestDigest, orderId);
    const cart = from.type === 'cart' ? from.cart : standing.reservation?.request.cart;
    if (cart === undefined) return refuse('no_reservation');
    const assessment = assessmentOf(caller, catalog, cart, standing, reservationId, exhausted);
    const decision =
      reservationId === null
        ? decideDirectRedemption(assessment)
        : decideRedemption(caller.userId, standing.reservation, assessment);
    if (decision.type !== 'save') return decision.type === 'replayed' ? refuse('already_redeemed') : decision;
    return {
      type: 'save',
      answer: redeemedOrder(orderId, decision.answer),
      changes: decision.changes,
      expected:
        reservationId === null ? {} : { reservation: expectedOf(reservationId, standing.reservation) },
      rows: {
        ...orderRows(caller, catalog, orderId, idempotencyKey, requestDigest, decision.answer.cart),
        reservations: reservationRows(caller, standing, orderId),
        coupons: couponRows(decision.changes, { orderId }),
      },
    };
  });
}

function replay(
  { userId, requestDigest: stored, ...order }: NonNullable<Standing['order']>,
  caller: Caller,
  requestDigest: string,
  orderId: string,
): Refused | { type: 'replayed'; answer: RedeemedOrder } {
  if (userId !== caller.userId) return refuse('key_in_use');
  if (stored !== requestDigest) return refuse('different_content');
  return { type: 'replayed', answer: { type: 'redeemed', orderId, ...order } };
}

function redeemedOrder(orderId: string, { cart }: Redemption): RedeemedOrder {
  const { subtotalCents, discountCents, shippingCents, totalCents } = cart;
  const coupons = cart.discounts.map(({ code, userCouponId, amountCents }) => ({
    code,
    userCouponId,
    amountCents,
  }));
  coupons.sort((a, b) => compareText(a.code, b.code));
  return { type: 'redeemed', orderId, subtotalCents, discountCents, shippingCents, totalCents, coupons };
}

function reservationRows(caller: Caller, { reservation }: Standing, orderId: string): Row[] {
  if (reservation === null) return [];
  const { simulationId, userId, at } = caller;
  return [reservationRow(simulationId, userId, reservation, 'redeemed', at, orderId)];
}

function orderRows(
  { simulationId, userId, at }: Caller,
  catalog: LoadedCatalog,
  orderId: string,
  idempotencyKey: string,
  requestDigest: string,
  cart: PricedCart,
): UseRows {
  return {
    orders: [
      {
        id: orderId,
        simulation_id: simulationId,
        user_id: userId,
        idempotency_key: idempotencyKey,
        request_digest: requestDigest,
        status: 'completed',
        currency: catalog.currency,
        ...orderMoney(cart),
        is_simulated: simulationId !== null,
        simulated_at: simulationId === null ? null : at,
        created_at: new Date(),
      },
    ],
    order_lines: orderLineRows(orderId, cart, catalog),
    order_discounts: orderDiscountRows(orderId, cart).map((row) => ({ ...row, returned_cents: 0 })),
  };
}

export type { GivenBack } from '../domain/retail/order-cancellation.ts';

export type CancelledOrder = CancellationAnswer | { readonly type: 'already_cancelled' };

/**
 * Cancels what is left of an order: pays it back, and gives its coupons back: active again, unless they have expired by
 * `at` or the wallet has no room. Doing it again changes nothing; with the key of the first time it gives the first
 * answer again.
 * @param at simulated time in a simulation, real time in production
 * @throws NotFoundError
 * @throws ConflictError when the order was placed later than `at`
 */
export async function cancelOrder(
  db: Database,
  orderId: string,
  at: Date,
  idempotencyKey: string | null = null,
): Promise<CancelledOrder> {
  const key = idempotencyKey && parseInput(IdempotencyKey, idempotencyKey, 'idempotencyKey');
  const answer = await cancel(db, orderId, at, key, 'everything');
  if (answer.type !== 'refused') return answer;
  if (answer.reason === 'already_cancelled') return { type: 'already_cancelled' };
  throw new ConflictError(`Order ${orderId} cannot be cancelled under this key: ${answer.reason}.`);
}

export type CancelledLines =
  CancellationAnswer | { readonly type: 'refused'; readonly reason: CancellationRefusal };

/**
 * Cancels some units of an order. Kept units keep their share of every discount; a coupon is given back when nothing of
 * its discount is left. Refunds of any steps add up to the cent. The same key with the same content gives the first
 * answer again.
 * @param request a `CancelLinesRequest`, as it came from outside
 * @throws InvalidInputError
 * @throws NotFoundError
 * @throws ConflictError when the order was placed later than `at`
 */
export async function cancelLines(
  db: Database,
  orderId: string,
  at: Date,
  request: z.input<typeof CancelLinesRequest>,
): Promise<CancelledLines> {
  const { idempotencyKey, lines } = parseInput(CancelLinesRequest, request, 'cancellation');
  return cancel(db, orderId, at, idempotencyKey, lines);
}

const MOST_ATTEMPTS = 100;

async function cancel(
  db: Database,
  orderId: string,
  at: Date,
  idempotencyKey: string | null,
  wanted: CancelLinesRequest['lines'] | 'everything',
): Promise<CancelledLines> {
  const requestDigest = digestOf(wanted);
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const order = await loadOrder(db, orderId, idempotencyKey);
    if (order.first !== null)
      return order.first.requestDigest === requestDigest
        ? order.first.answer
        : { type: 'refused', reason: 'different_content' };
    if (order.status === 'cancelled') return { type: 'refused', reason: 'already_cancelled' };
    if (order.simulatedAt !== null && at < order.simulatedAt)
      throw new ConflictError(
        `Order ${orderId} was placed at ${order.simulatedAt.toISOString()}; it cannot be cancelled before that.`,
      );
    const decision = decideCancellation(
      {
        order: { ...order, lines: order.lines ?? [], discounts: order.discounts ?? [] },
        keptUnits: new Map((order.lines ?? []).map((line) => [line.lineNumber, line.kept])),
        redeemed: (order.redeemed ?? []).map(ownCouponOf),
        openCount: order.openCount,
        capacity: order.capacity,
      },
      wanted,
      at.getTime(),
    );
    if (decision.type === 'refused') return decision;
    const { answer, changes, returned, lines } = decision;
    const expected = {
      order: { id: orderId, cancellations: order.cancellations },
      // Where nothing comes back to the wallet, nobody cares how full it is.
      ...(changes.length > 0 ? { open: order.openCount } : {}),
    };
    const sequence = order.cancellations + 1;
    const saved = await saveCouponUse(db, { ...order, at }, expected, {
      order_cancellations: [cancellationRow(orderId, sequence, idempotencyKey, requestDigest, answer, at)],
      order_cancellation_lines: lines.map((line) => ({
        order_id: orderId,
        sequence,
        line_number: line.lineNumber,
        quantity: line.quantity,
      })),
      returned: [...returned].map(([userCouponId, cents]) => ({
        order_id: orderId,
        user_coupon_id: userCouponId,
        returned_cents: cents,
      })),
      cancelled: answer.isWhole ? [orderId] : [],
      coupons: couponRows(changes, {}),
    });
    if (saved.type === 'saved') return answer;
  }
  throw new ConflictError(`Order ${orderId} changed ${MOST_ATTEMPTS} times while it was being cancelled.`);
}

function cancellationRow(
  orderId: string,
  sequence: number,
  idempotencyKey: string | null,
  requestDigest: string,
  answer: CancellationAnswer,
  at: Date,
): Row {
  const { refund } = answer;
  return {
    order_id: orderId,
    sequence,
    idempotency_key: idempotencyKey,
    request_digest: requestDigest,
    subtotal_cents: refund.subtotalCents,
    discount_cents: refund.discountCents,
    shipping_cents: refund.shippingCents,
    total_cents: refund.totalCents,
    unit_cost_cents: refund.unitCostCents,
    vendor_funded_cents: refund.vendorFundedCents,
    redemption_fee_cents: refund.redemptionFeeCents,
    answer,
    simulated_at: at,
    created_at: new Date(),
  };
}

type OrderRow = OrderMoney & {
  readonly simulationId: string | null;
  readonly userId: string;
  readonly status: string;
  readonly simulatedAt: Date | null;
  readonly lines: readonly (PlacedLine & { kept: number })[] | null;
  readonly discounts: readonly PlacedDiscount[] | null;
  readonly redeemed: readonly CouponRow[] | null;
  readonly cancellations: number;
  /** What was answered under the key before. */
  readonly first: { requestDigest: string; answer: CancellationAnswer } | null;
  readonly openCount: number;
  readonly capacity: number;
};

/** Capacity of a wallet outside simulations; the database refuses more (first migration). */
const PRODUCTION_CAPACITY = 32;

async function loadOrder(db: Database, orderId: string, idempotencyKey: string | null): Promise<OrderRow> {
  const [order] = await db.$queryRaw<OrderRow[]>`
    SELECT o.simulation_id AS "simulationId", o.user_id::text AS "userId", o.status, o.simulated_at AS "simulatedAt",
      o.subtotal_cents AS "subtotalCents", o.discount_cents AS "discountCents", o.shipping_cents AS "shippingCents", o.total_cents AS "totalCents",
      o.unit_cost_cents AS "unitCostCents", o.vendor_funded_cents AS "vendorFundedCents", o.redemption_fee_cents AS "redemptionFeeCents",
      (SELECT jsonb_agg(jsonb_build_object('lineNumber', l.line_number, 'quantity', l.quantity, 'unitPriceCents', l.unit_price_cents,
         'unitCostCents', l.unit_cost_cents, 'lineDiscountCents', l.line_discount_cents, 'orderDiscountCents', l.order_discount_cents,
         'userCouponId', l.user_coupon_id, 'kept', l.quantity - coalesce((
           SELECT sum(k.quantity) FROM order_cancellation_lines k WHERE k.order_id = o.id AND k.line_number = l.line_number), 0)) ORDER BY l.line_number)
       FROM order_lines l WHERE l.order_id = o.id) AS lines,
      (SELECT jsonb_agg(jsonb_build_object('userCouponId', d.user_coupon_id, 'target', d.target, 'amountCents', d.amount_cents,
         'vendorFundedCents', d.vendor_funded_cents, 'redemptionFeeCents', d.redemption_fee_cents))
       FROM order_discounts d WHERE d.order_id = o.id) AS discounts,
      (SELECT jsonb_agg(jsonb_build_object('id', u.id, 'code', c.code, 'scope', c.scope, 'status', u.status, 'assignedAt', u.assigned_simulated_at,
         'expiresAt', u.expires_simulated_at, 'statusAt', u.status_simulated_at, 'orderId', u.order_id, 'reservationId', null, 'reservedUntil', null)
         ORDER BY u.assigned_simulated_at, c.code COLLATE "C")
       FROM user_coupons u JOIN coupons c ON c.id = u.coupon_id WHERE u.order_id = o.id AND u.status = 'redeemed') AS redeemed,
      (SELECT count(*)::int FROM order_cancellations k WHERE k.order_id = o.id) AS cancellations,
      (SELECT jsonb_build_object('requestDigest', k.request_digest, 'answer', k.answer) FROM order_cancellations k
       WHERE k.order_id = o.id AND k.idempotency_key = ${idempotencyKey}::text) AS first,
      (SELECT count(*)::int FROM user_coupons u WHERE u.user_id = o.user_id AND u.simulation_id IS NOT DISTINCT FROM o.simulation_id
         AND u.status IN ('active', 'reserved')) AS "openCount",
      coalesce((SELECT (s.config ->> 'walletCapacity')::int FROM simulation_state s WHERE s.simulation_id = o.simulation_id), ${PRODUCTION_CAPACITY}) AS capacity
    FROM orders o WHERE o.id = ${orderId}::uuid`;
  if (order === undefined) throw new NotFoundError(`There is no order ${orderId}.`);
  return order;
}
