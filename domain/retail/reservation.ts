import { z } from 'zod';
import { weekOfYear } from './calendar.ts';
import { NO_SHIPPING, eligibleCents, matches, priceCart } from './cart.ts';
import type { CartLine, PricedCart, Shipping } from './cart.ts';
import { compareText, shelfPriceOf } from './catalog-index.ts';
import type { CatalogIndex } from './catalog-index.ts';
import type { Coupon } from './coupon.ts';
import { release } from './wallet.ts';
import type { UserCouponStatus, WalletEntry } from './wallet.ts';

/**
 * A cart with coupon codes is reserved for a time, then redeemed as an order or let go. The functions here decide what
 * one operation changes, from what is stored; they know neither the counts of limits and budgets, which the database
 * keeps and which may refuse a coupon, nor how to store anything. All times are milliseconds since 1970 in the time of
 * the place: simulated in a simulation, real in production.
 */

const code = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'letters, digits, _ . - only, at most 64');
export const IdempotencyKey = z.string().min(1).max(200);

/** What somebody wants to buy, and with which coupons. Prices are the catalogue's. */
export const CartRequest = z.object({
  storeCode: code,
  channel: z.enum(['in_store', 'online']),
  lines: z
    .array(z.object({ sku: code, quantity: z.int().min(1).max(1_000) }))
    .min(1)
    .max(500),
  codes: z
    .array(code)
    .max(32)
    .refine((codes) => new Set(codes).size === codes.length, 'a code is given twice'),
});
export type CartRequest = z.infer<typeof CartRequest>;

/** Version 1 reserves; each further one of the same key changes or extends what the one before it reserved. */
export const ReservationRequest = z.object({
  key: IdempotencyKey,
  version: z.int().min(1).max(1_000_000).default(1),
  cart: CartRequest,
  /** How long the coupons are held. */
  ttlSeconds: z
    .int()
    .min(1)
    .max(30 * 86_400),
});
export type ReservationRequest = z.infer<typeof ReservationRequest>;

/** Why a code cannot be used. */
export type CodeRefusal =
  | 'not_found'
  | 'not_yours'
  | 'not_yet_valid'
  | 'expired'
  | 'removed'
  | 'already_redeemed'
  | 'already_reserved'
  | 'limit_reached'
  | 'budget_exhausted'
  | 'excluded'
  | 'minimum_spend'
  | 'nothing_to_discount'
  | 'not_combinable';

/** What became of one code, in the order in which they were given. */
export type CodeResult =
  | {
      readonly type: 'accepted';
      readonly code: string;
      readonly userCouponId: string;
      readonly amountCents: number;
    }
  | {
      readonly type: 'refused';
      readonly code: string;
      readonly reason: CodeRefusal;
      /** What is missing to its minimum spend. */
      readonly missingCents?: number;
    };

export type ReservationAnswer = {
  readonly type: 'reserved';
  readonly key: string;
  readonly version: number;
  readonly expiresMs: number;
  readonly cart: PricedCart;
  readonly coupons: readonly CodeResult[];
};

/** Why a whole operation is refused. Nothing is changed by one that is. */
export type Refusal =
  /** The key was used before, with other content. */
  | 'different_content'
  /** The key is another user's. */
  | 'key_in_use'
  /** The stored version is neither this one nor the one before it. */
  | 'wrong_version'
  | 'no_reservation'
  | 'already_redeemed'
  | 'released'
  | 'reservation_expired'
  | 'coupons_refused';

export type Refused = {
  readonly type: 'refused';
  readonly reason: Refusal;
  readonly coupons: readonly CodeResult[];
};

export function refuse(reason: Refusal, coupons: readonly CodeResult[] = []): Refused {
  return { type: 'refused', reason, coupons };
}

/** One of a user's coupons, as stored. */
export type OwnCoupon = {
  readonly userCouponId: string;
  readonly coupon: Pick<Coupon, 'code' | 'scope'>;
  readonly status: UserCouponStatus;
  readonly assignedMs: number;
  readonly expiresMs: number;
  /** Of its last transition. */
  readonly statusMs: number;
  readonly orderId: string | null;
  readonly reservation: { readonly id: string; readonly expiresMs: number } | null;
};

/** One with what it takes to price it. */
export type StandingCoupon = OwnCoupon & { readonly coupon: Coupon };

export type StandingReservation = {
  readonly id: string;
  readonly userId: string;
  readonly version: number;
  readonly status: 'held' | 'redeemed' | 'released' | 'expired';
  readonly requestDigest: string;
  readonly request: ReservationRequest;
  readonly answer: ReservationAnswer;
  readonly expiresMs: number;
};

/** One user coupon before and after an operation. */
export type CouponChange = {
  readonly coupon: OwnCoupon;
  readonly status: UserCouponStatus;
  readonly closedReason: WalletEntry['closedReason'];
  /** What is reserved or redeemed; null when it is let go. */
  readonly amountCents: number | null;
  readonly ms: number;
};

/** What is decided: an answer that changes nothing, or one with what changes for it. */
export type Decision<Answer> =
  | Refused
  | { readonly type: 'replayed'; readonly answer: Answer }
  /** These reservations of the user are over and hold what is wanted: they are to be ended first. */
  | { readonly type: 'overdue'; readonly reservationIds: readonly string[] }
  | { readonly type: 'save'; readonly answer: Answer; readonly changes: readonly CouponChange[] };

/** What a cart is assessed against. */
export type Assessment = {
  readonly cart: CartRequest;
  readonly catalog: CatalogIndex;
  /** Codes of coupons that exist. */
  readonly knownCodes: ReadonlySet<string>;
  readonly wallet: readonly StandingCoupon[];
  /** The reservation whose own holds count as free, if any. */
  readonly reservationId: string | null;
  /** Codes for which the database had no redemption or no budget left. */
  readonly exhausted: ReadonlyMap<string, 'limit_reached' | 'budget_exhausted'>;
  readonly ms: number;
};

/** The lines of a cart at the prices of a moment; null and the first that is not sold when there is one. */
export function cartLines(
  { lines }: CartRequest,
  catalog: CatalogIndex,
  ms: number,
): { lines: CartLine[]; unknownSku: string | null } {
  const week = weekOfYear(new Date(ms).toISOString().slice(0, 10));
  const priced: CartLine[] = [];
  for (const [i, { sku, quantity }] of lines.entries()) {
    const product = catalog.productBySku.get(sku);
    const shelf = product && catalog.categoryByName.get(product.category);
    if (product === undefined || shelf === undefined) return { lines: [], unknownSku: sku };
    const { regularPriceCents, unitPriceCents } = shelfPriceOf(shelf, product, week);
    const { category, brand, unitCostCents } = product;
    priced.push({
      lineNumber: i + 1,
      sku,
      category,
      brand,
      quantity,
      regularPriceCents,
      unitPriceCents,
      unitCostCents,
    });
  }
  return { lines: priced, unknownSku: null };
}

/** Prices a cart with those of its codes that can be used, and says of each other one why it cannot. */
export function assessCart(given: Assessment): { cart: PricedCart; coupons: CodeResult[] } {
  const { cart: request, catalog, ms } = given;
  const { lines } = cartLines(request, catalog, ms);
  const shipping = shippingOf(request, catalog);
  const held = request.codes.map((code) => ({ code, found: findCoupon(code, given) }));
  const usable = held.flatMap(({ found }) => (typeof found === 'string' ? [] : [found]));
  const cart = priceCart(lines, usable, shipping);
  const amountOf = new Map(
    cart.discounts.map(({ userCouponId, amountCents }) => [userCouponId, amountCents]),
  );
  const coupons = held.map(({ code, found }): CodeResult => {
    if (typeof found === 'string') return { type: 'refused', code, reason: found };
    const amountCents = amountOf.get(found.userCouponId);
    if (amountCents !== undefined)
      return { type: 'accepted', code, userCouponId: found.userCouponId, amountCents };
    return { type: 'refused', code, ...whyUnused(found, lines, shipping) };
  });
  return { cart, coupons };
}

/**
 * Decides what reserving changes. The coupons of an earlier version that the new one does not use are let go. No
 * reservation outlives one of its coupons.
 */
export function decideReservation(
  request: ReservationRequest,
  requestDigest: string,
  userId: string,
  stored: StandingReservation | null,
  given: Assessment,
): Decision<ReservationAnswer> {
  const { key, version } = request;
  if (stored !== null && stored.userId !== userId) return refuse('key_in_use');
  if (stored !== null && stored.version === version)
    return stored.requestDigest === requestDigest
      ? { type: 'replayed', answer: stored.answer }
      : refuse('different_content');
  if (version !== (stored?.version ?? 0) + 1) return refuse('wrong_version');
  if (stored?.status === 'redeemed') return refuse('already_redeemed');
  const overdue = overdueHolds(given);
  if (overdue.length > 0) return { type: 'overdue', reservationIds: overdue };

  const { ms, wallet } = given;
  const { cart, coupons } = assessCart(given);
  const taken = takenCoupons(coupons, wallet);
  const expiresMs = Math.min(ms + request.ttlSeconds * 1000, ...taken.map(({ coupon }) => coupon.expiresMs));
  const changes = [
    ...taken.map(({ coupon, amountCents }) => changeOf(coupon, 'reserved', amountCents, ms)),
    ...heldBy(stored?.id ?? null, wallet)
      .filter((coupon) => taken.every((other) => other.coupon !== coupon))
      .map((coupon) => letGo(coupon, ms)),
  ];
  return { type: 'save', changes, answer: { type: 'reserved', key, version, expiresMs, cart, coupons } };
}

/** An order to be placed: what it costs, and with which coupons. */
export type Redemption = { readonly cart: PricedCart; readonly coupons: readonly CodeResult[] };

/**
 * Decides what redeeming a reservation changes. Within its time all it holds is honoured. Afterwards it is taken anew:
 * the same cart, assessed now, must come to the same prices and discounts.
 */
export function decideRedemption(
  userId: string,
  stored: StandingReservation | null,
  given: Assessment,
): Decision<Redemption> {
  if (stored === null) return refuse('no_reservation');
  if (stored.userId !== userId) return refuse('key_in_use');
  if (stored.status === 'redeemed') return refuse('already_redeemed');
  if (stored.status === 'released') return refuse('released');
  const { cart, coupons } = stored.answer;
  const { ms, wallet } = given;
  const held = heldBy(stored.id, wallet);
  const isWhole = held.length === cart.discounts.length;
  if (stored.status === 'held' && ms < stored.expiresMs && isWhole) {
    const taken = takenCoupons(coupons, wallet);
    return {
      type: 'save',
      answer: { cart, coupons },
      changes: taken.map(({ coupon, amountCents }) => changeOf(coupon, 'redeemed', amountCents, ms)),
    };
  }
  const overdue = overdueHolds(given);
  if (overdue.length > 0) return { type: 'overdue', reservationIds: overdue };
  const now = assessCart(given);
  if (JSON.stringify(amountsOf(now.cart)) !== JSON.stringify(amountsOf(cart)))
    return refuse('reservation_expired', now.coupons);
  const taken = takenCoupons(now.coupons, wallet);
  return {
    type: 'save',
    answer: { cart: now.cart, coupons: now.coupons },
    changes: taken.map(({ coupon, amountCents }) => changeOf(coupon, 'redeemed', amountCents, ms)),
  };
}

/** Decides what redeeming a cart without a reservation changes: with all of its codes, or not at all. */
export function decideDirectRedemption(given: Assessment): Decision<Redemption> {
  const overdue = overdueHolds(given);
  if (overdue.length > 0) return { type: 'overdue', reservationIds: overdue };
  const { cart, coupons } = assessCart(given);
  if (coupons.some(({ type }) => type === 'refused')) return refuse('coupons_refused', coupons);
  const changes = takenCoupons(coupons, given.wallet).map(({ coupon, amountCents }) =>
    changeOf(coupon, 'redeemed', amountCents, given.ms),
  );
  return { type: 'save', answer: { cart, coupons }, changes };
}

export type ReleaseAnswer = { readonly type: 'released' };

/** Decides what letting go of a reservation changes. One that is over already stays as it is. */
export function decideRelease(
  userId: string,
  stored: StandingReservation | null,
  wallet: readonly OwnCoupon[],
  ms: number,
): Decision<ReleaseAnswer> {
  if (stored === null) return refuse('no_reservation');
  if (stored.userId !== userId) return refuse('key_in_use');
  if (stored.status === 'redeemed') return refuse('already_redeemed');
  if (stored.status !== 'held') return { type: 'replayed', answer: { type: 'released' } };
  const changes = heldBy(stored.id, wallet).map((coupon) => letGo(coupon, ms));
  return { type: 'save', answer: { type: 'released' }, changes };
}

/** What the end of a reservation's time changes; null when its time is not over. The ledger says when that was. */
export function decideExpiry(
  stored: StandingReservation,
  wallet: readonly OwnCoupon[],
  ms: number,
): CouponChange[] | null {
  if (stored.status !== 'held' || ms < stored.expiresMs) return null;
  return heldBy(stored.id, wallet).map((coupon) => letGo(coupon, stored.expiresMs));
}

/** In store nothing is shipped. */
function shippingOf({ storeCode, channel }: CartRequest, catalog: CatalogIndex): Shipping {
  const store = catalog.stores.find((candidate) => candidate.code === storeCode);
  if (channel === 'in_store' || store === undefined) return NO_SHIPPING;
  return { feeCents: store.shippingFeeCents, freeFromCents: store.freeShippingThresholdCents };
}

/** The user coupon behind a code that can be used now, the one that expires first of several; or why there is none. */
function findCoupon(code: string, given: Assessment): StandingCoupon | CodeRefusal {
  const own = given.wallet.filter(({ coupon }) => coupon.code === code);
  if (own.length === 0) return given.knownCodes.has(code) ? 'not_yours' : 'not_found';
  const exhausted = given.exhausted.get(code);
  if (exhausted !== undefined) return exhausted;
  const usable = own.filter((coupon) => whyUnusable(coupon, given) === null);
  usable.sort((a, b) => a.expiresMs - b.expiresMs || compareText(a.userCouponId, b.userCouponId));
  return usable[0] ?? firstOf(own.map((coupon) => whyUnusable(coupon, given)!));
}

function whyUnusable(coupon: StandingCoupon, { ms, reservationId }: Assessment): CodeRefusal | null {
  const { status, reservation } = coupon;
  if (status === 'redeemed') return 'already_redeemed';
  if (status === 'expired' || status === 'removed') return status;
  if (status === 'reserved' && (reservation === null || reservation.id !== reservationId))
    return 'already_reserved';
  if (coupon.expiresMs <= ms) return 'expired';
  return ms < coupon.assignedMs ? 'not_yet_valid' : null;
}

/** Of several user coupons with the same code the reason that can pass. */
function firstOf(reasons: readonly CodeRefusal[]): CodeRefusal {
  const order: CodeRefusal[] = [
    'already_reserved',
    'not_yet_valid',
    'already_redeemed',
    'expired',
    'removed',
  ];
  return order.find((reason) => reasons.includes(reason))!;
}

/** Why a coupon that could be used takes nothing off a cart. */
function whyUnused(
  usable: StandingCoupon,
  lines: readonly CartLine[],
  shipping: Shipping,
): { reason: CodeRefusal; missingCents?: number } {
  const { coupon } = usable;
  if (!lines.some((line) => matches(coupon, line))) {
    const isExcluded = lines.some((line) => matches({ ...coupon, excludedBrands: [] }, line));
    return { reason: isExcluded ? 'excluded' : 'nothing_to_discount' };
  }
  const missingCents = coupon.minSpendCents - eligibleCents(coupon, lines);
  if (missingCents > 0) return { reason: 'minimum_spend', missingCents };
  const alone = priceCart(lines, [usable], shipping);
  return { reason: alone.discounts.length === 0 ? 'nothing_to_discount' : 'not_combinable' };
}

/** Reservations that are over and hold coupons of the wanted codes. */
function overdueHolds({ cart, wallet, reservationId, ms }: Assessment): string[] {
  const ids = wallet.flatMap(({ coupon, reservation }) =>
    reservation !== null &&
    reservation.id !== reservationId &&
    reservation.expiresMs <= ms &&
    cart.codes.includes(coupon.code)
      ? [reservation.id]
      : [],
  );
  return [...new Set(ids)];
}

function heldBy(reservationId: string | null, wallet: readonly OwnCoupon[]): OwnCoupon[] {
  return wallet.filter(({ reservation }) => reservation !== null && reservation.id === reservationId);
}

function takenCoupons(
  coupons: readonly CodeResult[],
  wallet: readonly StandingCoupon[],
): { coupon: StandingCoupon; amountCents: number }[] {
  return coupons.flatMap((result) => {
    if (result.type === 'refused') return [];
    const coupon = wallet.find(({ userCouponId }) => userCouponId === result.userCouponId)!;
    return [{ coupon, amountCents: result.amountCents }];
  });
}

/** Callers' clocks differ a little; a coupon never changes in its own past. */
function changeOf(
  coupon: OwnCoupon,
  status: UserCouponStatus,
  amountCents: number,
  ms: number,
): CouponChange {
  return { coupon, status, closedReason: null, amountCents, ms: Math.max(ms, coupon.statusMs) };
}

function letGo(coupon: OwnCoupon, ms: number): CouponChange {
  const at = Math.max(ms, coupon.statusMs);
  const { status, closedReason } = release(entryOf(coupon), hoursOf(at));
  return { coupon, status, closedReason, amountCents: null, ms: at };
}

/** A stored coupon as an entry of a wallet whose hours count from 1970. */
export function entryOf({ coupon, status, assignedMs, expiresMs }: OwnCoupon): WalletEntry {
  return {
    code: coupon.code,
    scope: coupon.scope,
    // Of no account for letting go and giving back.
    cycleNumber: 0,
    status,
    closedReason: null,
    assignedHours: hoursOf(assignedMs),
    expiresHours: hoursOf(expiresMs),
  };
}

export function hoursOf(ms: number): number {
  return ms / 3_600_000;
}

/** What a shopper sees of a cart: to be asked again when it changes. */
function amountsOf({ lines, discounts, totalCents }: PricedCart): unknown {
  return [
    lines.map((line) => [line.unitPriceCents, line.lineDiscountCents, line.orderDiscountCents]),
    discounts.map(({ code, amountCents }) => [code, amountCents]),
    totalCents,
  ];
}
