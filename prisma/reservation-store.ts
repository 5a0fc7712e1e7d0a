import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { ConflictError, InvalidInputError, NotFoundError } from '../domain/errors.ts';
import {
  ReservationRequest,
  cartLines,
  decideExpiry,
  decideRelease,
  decideReservation,
} from '../domain/retail/reservation.ts';
import type {
  Assessment,
  CartRequest,
  CouponChange,
  Decision,
  OwnCoupon,
  Refused,
  ReleaseAnswer,
  ReservationAnswer,
  StandingCoupon,
  StandingReservation,
} from '../domain/retail/reservation.ts';
import type { UserCouponStatus } from '../domain/retail/wallet.ts';
import type { LoadedCatalog } from './catalog-store.ts';
import type { Database } from './client.ts';
import { idOf } from './ids.ts';
import type { Row } from './rows.ts';

/**
 * Whose operation it is, where, and when. Production has no simulation. `at` is simulated time in a simulation and real
 * time in production: nothing here reads a clock.
 */
export type Caller = { readonly simulationId: string | null; readonly userId: string; readonly at: Date };

/**
 * Holds a cart's coupons for a time. The same key and version with the same content gives the first answer again; the
 * next version changes or extends what is held.
 * @param request a `ReservationRequest`, as it came from outside
 * @throws InvalidInputError
 * @throws NotFoundError when there is no such user
 */
export async function reserve(
  db: Database,
  catalog: LoadedCatalog,
  caller: Caller,
  request: z.input<typeof ReservationRequest>,
): Promise<ReservationAnswer | Refused> {
  const wanted = parseInput(ReservationRequest, request, 'reservation');
  const reservationId = reservationIdOf(caller, wanted.key);
  const requestDigest = digestOf([caller.userId, wanted]);
  return untilSaved(db, caller, async (exhausted) => {
    const standing = await loadStanding(db, caller, catalog, { reservationId, codes: wanted.cart.codes });
    const decision = decideReservation(
      wanted,
      requestDigest,
      caller.userId,
      standing.reservation,
      assessmentOf(caller, catalog, wanted.cart, standing, reservationId, exhausted),
    );
    if (decision.type !== 'save') return decision;
    const row = {
      id: reservationId,
      simulation_id: caller.simulationId,
      user_id: caller.userId,
      idempotency_key: wanted.key,
      version: wanted.version,
      status: 'held',
      request: wanted,
      request_digest: requestDigest,
      answer: decision.answer,
      expires_simulated_at: new Date(decision.answer.expiresMs),
      status_simulated_at: caller.at,
      created_at: new Date(),
    };
    return {
      ...decision,
      expected: { reservation: expectedOf(reservationId, standing.reservation) },
      rows: { reservations: [row], coupons: couponRows(decision.changes, { reservationId }) },
    };
  });
}

/** Lets go of a reservation before its time is over. Doing it again changes nothing. */
export async function releaseReservation(
  db: Database,
  caller: Caller,
  key: string,
): Promise<ReleaseAnswer | Refused> {
  const reservationId = reservationIdOf(caller, key);
  return untilSaved(db, caller, async () => {
    const { reservation, wallet } = await loadStanding(db, caller, null, { reservationId, codes: [] });
    const decision = decideRelease(caller.userId, reservation, wallet, caller.at.getTime());
    if (decision.type !== 'save') return decision;
    return { ...decision, ...endOf(caller, reservation!, 'released', caller.at, decision.changes) };
  });
}

const SWEEP_SIZE = 500;

/**
 * Ends reservations of one place whose time is over at `at`, the oldest first, at most 500 a call: their coupons are
 * free again and the ledger says since when. Nobody has to wait for it: who needs a use that is held beyond its time
 * ends that reservation first.
 * @returns how many were ended
 */
export async function expireReservations(
  db: Database,
  place: { readonly simulationId: string | null; readonly at: Date },
): Promise<number> {
  const { simulationId, at } = place;
  const rows = await db.$queryRaw<Overdue[]>`
    SELECT id::text, user_id::text AS "userId" FROM reservations
    WHERE status = 'held' AND expires_simulated_at <= ${at} AND simulation_id IS NOT DISTINCT FROM ${simulationId}::text
    ORDER BY expires_simulated_at, id LIMIT ${SWEEP_SIZE}`;
  let ended = 0;
  for (const { id, userId } of rows)
    if (await expireReservation(db, { simulationId, userId, at }, id)) ended += 1;
  return ended;
}

type Overdue = { readonly id: string; readonly userId: string };

/** @returns whether it was ended now: not when somebody else was quicker, or took it up again */
async function expireReservation(db: Database, owner: Caller, reservationId: string): Promise<boolean> {
  const { reservation, wallet } = await loadStanding(db, owner, null, { reservationId, codes: [] });
  if (reservation === null) return false;
  const changes = decideExpiry(reservation, wallet, owner.at.getTime());
  if (changes === null) return false;
  const { expected, rows } = endOf(owner, reservation, 'expired', new Date(reservation.expiresMs), changes);
  return (await saveCouponUse(db, owner, expected, rows)).type === 'saved';
}

function endOf(
  { simulationId, userId }: Caller,
  reservation: StandingReservation,
  status: 'released' | 'expired' | 'redeemed',
  at: Date,
  changes: readonly CouponChange[],
): { expected: Expected; rows: UseRows } {
  return {
    expected: { reservation: expectedOf(reservation.id, reservation) },
    rows: {
      reservations: [reservationRow(simulationId, userId, reservation, status, at, null)],
      coupons: couponRows(changes, {}),
    },
  };
}

/** A stored reservation in another status. */
export function reservationRow(
  simulationId: string | null,
  userId: string,
  { id, version, request, requestDigest, answer, expiresMs }: StandingReservation,
  status: 'released' | 'expired' | 'redeemed',
  at: Date,
  orderId: string | null,
): Row {
  return {
    id,
    simulation_id: simulationId,
    user_id: userId,
    idempotency_key: request.key,
    version,
    status,
    request,
    request_digest: requestDigest,
    answer,
    order_id: orderId,
    expires_simulated_at: new Date(expiresMs),
    status_simulated_at: at,
    created_at: new Date(),
  };
}

/** What one operation starts from. */
export type Standing = {
  readonly reservation: StandingReservation | null;
  readonly wallet: readonly OwnCoupon[];
  /** The order of the wanted key. */
  readonly order: StoredOrder | null;
};

/** An order as its caller was told of it; its discounts by code. */
export type StoredOrder = {
  readonly userId: string;
  readonly requestDigest: string | null;
  readonly subtotalCents: number;
  readonly discountCents: number;
  readonly shippingCents: number;
  readonly totalCents: number;
  readonly coupons: readonly { code: string; userCouponId: string; amountCents: number }[];
};

type StandingRow = {
  readonly isUser: boolean;
  readonly reservation: (Omit<StandingReservation, 'expiresMs'> & { expiresAt: string }) | null;
  readonly order: StoredOrder | null;
  readonly coupons: readonly CouponRow[] | null;
};

/** One statement for all of it. The coupons are those of the codes, and those of the reservation. */
export async function loadStanding(
  db: Database,
  { simulationId, userId }: Omit<Caller, 'at'>,
  catalog: LoadedCatalog | null,
  wanted: { reservationId: string | null; codes: readonly string[]; orderId?: string },
): Promise<Standing> {
  const couponIds = wanted.codes.flatMap((code) => catalog?.couponIdByCode.get(code) ?? []);
  const [row] = await db.$queryRaw<StandingRow[]>`
    SELECT EXISTS (SELECT 1 FROM users WHERE id = ${userId}::uuid) AS "isUser",
      (SELECT jsonb_build_object('id', r.id, 'userId', r.user_id, 'version', r.version, 'status', r.status, 'requestDigest', r.request_digest,
         'request', r.request, 'answer', r.answer, 'expiresAt', r.expires_simulated_at)
       FROM reservations r WHERE r.id = ${wanted.reservationId}::uuid) AS reservation,
      (SELECT jsonb_build_object('userId', o.user_id, 'requestDigest', o.request_digest, 'subtotalCents', o.subtotal_cents,
         'discountCents', o.discount_cents, 'shippingCents', o.shipping_cents, 'totalCents', o.total_cents, 'coupons', coalesce((
           SELECT jsonb_agg(jsonb_build_object('code', c.code, 'userCouponId', d.user_coupon_id, 'amountCents', d.amount_cents) ORDER BY c.code COLLATE "C")
           FROM order_discounts d JOIN user_coupons u ON u.id = d.user_coupon_id JOIN coupons c ON c.id = u.coupon_id WHERE d.order_id = o.id), '[]'))
       FROM orders o WHERE o.id = ${wanted.orderId ?? null}::uuid) AS "order",
      (SELECT jsonb_agg(jsonb_build_object('id', u.id, 'couponId', u.coupon_id, 'code', c.code, 'scope', c.scope, 'status', u.status,
         'assignedAt', u.assigned_simulated_at, 'expiresAt', u.expires_simulated_at, 'statusAt', u.status_simulated_at, 'orderId', u.order_id,
         'reservationId', h.id, 'reservedUntil', h.expires_simulated_at))
       FROM user_coupons u JOIN coupons c ON c.id = u.coupon_id LEFT JOIN reservations h ON h.id = u.reservation_id
       WHERE u.user_id = ${userId}::uuid AND u.simulation_id IS NOT DISTINCT FROM ${simulationId}::text
         AND (u.coupon_id = ANY (${couponIds}::int[]) OR u.reservation_id = ${wanted.reservationId}::uuid
              OR c.code IN (SELECT jsonb_array_elements_text(r.request -> 'cart' -> 'codes') FROM reservations r WHERE r.id = ${wanted.reservationId}::uuid))) AS coupons`;
  const { isUser, reservation, order, coupons } = row!;
  if (!isUser) throw new NotFoundError(`There is no user ${userId}.`);
  return {
    reservation: reservation && { ...reservation, expiresMs: Date.parse(reservation.expiresAt) },
    order,
    wallet: (coupons ?? []).map(ownCouponOf),
  };
}

/** A user coupon as the queries here and in order-store.ts build it. */
export type CouponRow = {
  readonly id: string;
  readonly code: string;
  readonly scope: OwnCoupon['coupon']['scope'];
  readonly status: UserCouponStatus;
  readonly assignedAt: string;
  readonly expiresAt: string;
  readonly statusAt: string;
  readonly orderId: string | null;
  readonly reservationId: string | null;
  readonly reservedUntil: string | null;
};

export function ownCouponOf(row: CouponRow): OwnCoupon {
  return {
    userCouponId: row.id,
    coupon: { code: row.code, scope: row.scope },
    status: row.status,
    assignedMs: Date.parse(row.assignedAt),
    expiresMs: Date.parse(row.expiresAt),
    statusMs: Date.parse(row.statusAt),
    orderId: row.orderId,
    reservation:
      row.reservationId === null
        ? null
        : { id: row.reservationId, expiresMs: Date.parse(row.reservedUntil!) },
  };
}

export type Exhausted = Map<string, 'limit_reached' | 'budget_exhausted'>;

/** @throws InvalidInputError when the cart names a store or a product that is not there */
export function assessmentOf(
  { at }: Caller,
  catalog: LoadedCatalog,
  cart: CartRequest,
  { wallet }: Standing,
  reservationId: string | null,
  exhausted: Exhausted,
): Assessment {
  if (!catalog.storeIds.has(cart.storeCode))
    throw new InvalidInputError(`cart.storeCode: there is no store "${cart.storeCode}"`);
  const { unknownSku } = cartLines(cart, catalog.index, at.getTime());
  if (unknownSku !== null) throw new InvalidInputError(`cart.lines: no product "${unknownSku}" is sold`);
  return {
    cart,
    catalog: catalog.index,
    knownCodes: new Set(cart.codes.filter((code) => catalog.couponIdByCode.has(code))),
    wallet: wallet.flatMap((own): StandingCoupon[] => {
      const id = catalog.couponIdByCode.get(own.coupon.code);
      return id === undefined ? [] : [{ ...own, coupon: catalog.couponById.get(id)! }];
    }),
    reservationId,
    exhausted,
    ms: at.getTime(),
  };
}

/** What must still be as it was read. */
export type Expected = {
  readonly reservation?: { readonly id: string; readonly version: number; readonly status: string | null };
  readonly order?: { readonly id: string; readonly cancellations: number };
  /** Open coupons of the user. */
  readonly open?: number;
};

export function expectedOf(
  id: string,
  stored: StandingReservation | null,
): NonNullable<Expected['reservation']> {
  return { id, version: stored?.version ?? 0, status: stored?.status ?? null };
}

const USE_TABLES = [
  'orders',
  'order_lines',
  'order_discounts',
  'reservations',
  'order_cancellations',
  'order_cancellation_lines',
  'returned',
  'cancelled',
  'coupons',
] as const;
export type UseRows = Partial<Record<(typeof USE_TABLES)[number], readonly (Row | string)[]>>;

/** What `save_coupon_use` has to know of each coupon that changes. */
export function couponRows(
  changes: readonly CouponChange[],
  to: { reservationId?: string; orderId?: string },
): Row[] {
  return changes.map(({ coupon, status, closedReason, amountCents, ms }) => ({
    id: coupon.userCouponId,
    from_status: coupon.status,
    from_reservation: coupon.reservation?.id ?? null,
    from_order: coupon.orderId,
    status,
    closed_reason: closedReason,
    order_id: status === 'redeemed' ? to.orderId : null,
    reservation_id: status === 'reserved' ? to.reservationId : null,
    amount_cents: amountCents,
    at: new Date(ms),
  }));
}

export type SavedUse =
  | { readonly type: 'saved' | 'changed' }
  | {
      readonly type: 'refused';
      readonly coupons: readonly { id: string; reason: 'limit_reached' | 'budget_exhausted' }[];
      /** Reservations beyond their time that hold some of what is missing. */
      readonly overdue: readonly Overdue[];
    };

/** Writes what one operation changes by one call, in one transaction (`save_coupon_use` in migration 0004). */
export async function saveCouponUse(
  db: Database,
  { simulationId, userId, at }: Caller,
  expected: Expected,
  rows: UseRows,
): Promise<SavedUse> {
  const all = Object.fromEntries(USE_TABLES.map((table) => [table, rows[table] ?? []]));
  const [row] = await db.$queryRaw<{ saved: SavedUse }[]>`
    SELECT save_coupon_use(${simulationId}::text, ${userId}::uuid, ${at}, ${JSON.stringify(expected)}::jsonb, ${JSON.stringify(all)}::jsonb) AS saved`;
  return row!.saved;
}

type Step<Answer> =
  | Exclude<Decision<Answer>, { type: 'save' }>
  | {
      readonly type: 'save';
      readonly answer: Answer;
      readonly changes: readonly CouponChange[];
      readonly expected: Expected;
      readonly rows: UseRows;
    };

/** More than there are codes in a cart, and users at one wallet. */
const MOST_ATTEMPTS = 100;

/** Reads, decides and saves, until nothing came in between. @throws ConflictError when something always does */
export async function untilSaved<Answer>(
  db: Database,
  caller: Caller,
  decide: (exhausted: Exhausted) => Promise<Step<Answer>>,
): Promise<Answer | Refused> {
  const exhausted: Exhausted = new Map();
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const step = await decide(exhausted);
    if (step.type === 'refused') return step;
    if (step.type === 'replayed') return step.answer;
    let overdue: readonly Overdue[] = [];
    if (step.type === 'overdue') overdue = step.reservationIds.map((id) => ({ id, userId: caller.userId }));
    else {
      const saved = await saveCouponUse(db, caller, step.expected, step.rows);
      if (saved.type === 'saved') return step.answer;
      if (saved.type === 'refused') {
        overdue = saved.overdue;
        if (overdue.length === 0)
          for (const { id, reason } of saved.coupons) exhausted.set(codeOf(step.changes, id), reason);
      }
    }
    for (const { id, userId } of overdue) await expireReservation(db, { ...caller, userId }, id);
  }
  throw new ConflictError(
    `The coupons of user ${caller.userId} changed ${MOST_ATTEMPTS} times while they were asked for.`,
  );
}

function codeOf(changes: readonly CouponChange[], userCouponId: string): string {
  return changes.find(({ coupon }) => coupon.userCouponId === userCouponId)!.coupon.coupon.code;
}

export function reservationIdOf({ simulationId }: Pick<Caller, 'simulationId'>, key: string): string {
  return idOf('reservation', simulationId ?? '', key);
}

/** Tells a repeated request from another one under the same key. */
export function digestOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

/** @throws InvalidInputError that says where the input does not fit */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  name: string,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new InvalidInputError(`${[name, ...issue!.path.map(String)].join('.')}: ${issue!.message}`);
}
