import fc from 'fast-check';
import { aCatalogIndex, aCoupon } from '../../tests/builders.ts';
import type { Coupon } from './coupon.ts';
import { decideCancellation, keptOf } from './order-cancellation.ts';
import type { OrderMoney, PlacedOrder } from './order-cancellation.ts';
import {
  assessCart,
  decideDirectRedemption,
  decideExpiry,
  decideRedemption,
  decideRelease,
  decideReservation,
} from './reservation.ts';
import type {
  Assessment,
  CartRequest,
  CouponChange,
  Decision,
  Redemption,
  Refused,
  ReservationRequest,
  StandingCoupon,
  StandingReservation,
} from './reservation.ts';
import { canBecome, isOpen } from './wallet.ts';

const CATALOG = aCatalogIndex({ categoryNames: ['Bread', 'Milk'], productsEach: 3 });
const NOON = Date.parse('2026-01-05T12:00:00Z');
const DAY_MS = 86_400_000;

describe('of two user coupons with one code', () => {
  const cart: CartRequest = {
    storeCode: 'north',
    channel: 'in_store',
    lines: [{ sku: 'milk-1', quantity: 1 }],
    codes: ['C1'],
  };

  test('the one that expires first is used', () => {
    const [late, soon] = [aStanding('late', { expiresMs: NOON + 2 * DAY_MS }), aStanding('soon')];

    const { coupons } = assessCart(anAssessment(cart, [late, soon]));

    expect(coupons).toMatchObject([{ type: 'accepted', userCouponId: 'soon' }]);
  });

  test('one that is used up does not hide the other', () => {
    const wallet = [aStanding('used', { status: 'redeemed', orderId: 'o1' }), aStanding('fresh')];

    const { coupons } = assessCart(anAssessment(cart, wallet));

    expect(coupons).toMatchObject([{ type: 'accepted', userCouponId: 'fresh' }]);
  });

  test('the reason that may pass is told', () => {
    const wallet = [
      aStanding('used', { status: 'redeemed', orderId: 'o1' }),
      aStanding('held', { status: 'reserved', reservation: { id: 'other', expiresMs: NOON + 1 } }),
    ];

    const { coupons } = assessCart(anAssessment(cart, wallet));

    expect(coupons).toMatchObject([{ type: 'refused', reason: 'already_reserved' }]);
  });
});

test.each([
  ['before it was dealt', { assignedMs: NOON + 1 }, 'not_yet_valid'],
  ['at its expiry', { expiresMs: NOON }, 'expired'],
  ['after it was removed', { status: 'removed' }, 'removed'],
] as const)('a coupon %s is refused', (_when, given, reason) => {
  const cart: CartRequest = {
    storeCode: 'north',
    channel: 'in_store',
    lines: [{ sku: 'milk-1', quantity: 1 }],
    codes: ['C1'],
  };

  const { coupons } = assessCart(anAssessment(cart, [aStanding('c', given)]));

  expect(coupons).toEqual([{ type: 'refused', code: 'C1', reason }]);
});

test('a coupon never changes in its own past, if a clock is behind', () => {
  const cart: CartRequest = {
    storeCode: 'north',
    channel: 'in_store',
    lines: [{ sku: 'milk-1', quantity: 1 }],
    codes: ['C1'],
  };

  const decision = decideDirectRedemption(anAssessment(cart, [aStanding('c', { statusMs: NOON + 5 })]));

  expect(decision).toMatchObject({ type: 'save', changes: [{ ms: NOON + 5 }] });
});

// A shop with one user's and another's coupons, whose database is a few maps: every decision is carried out as the store
// does it, and after every step all must add up.
describe('whatever is done, in any order', () => {
  const COUPONS: Coupon[] = [
    aCoupon({ code: 'TEN', percentOff: 10, redemptionLimit: 2, campaignCode: 'P', vendorSharePercent: 0 }),
    aCoupon({ code: 'FIX', kind: 'fixed', amountOffCents: 133, category: 'Bread', campaignCode: 'Q' }),
    aCoupon({
      code: 'ALL',
      scope: 'frontstore',
      percentOff: 7,
      redemptionLimit: 3,
      campaignCode: 'P',
      funding: 'shared',
      vendorSharePercent: 33,
      feePerRedemptionCents: 5,
    }),
    aCoupon({
      code: 'SHIP',
      scope: 'frontstore',
      kind: 'free_shipping',
      minSpendCents: 300,
      campaignCode: 'Q',
    }),
    aCoupon({ code: 'BOGO', kind: 'bogo', category: 'Milk', redemptionLimit: 1, campaignCode: 'Q' }),
  ];
  const BUDGETS: Record<string, number> = { P: 180, Q: 1_200 };
  const USERS = ['ann', 'bob', 'cid'];

  const small = (max: number) => fc.integer({ min: 0, max });
  const cart = fc.record({
    storeCode: fc.constant('north'),
    channel: fc.constantFrom<CartRequest['channel']>('in_store', 'online'),
    lines: fc.array(
      fc.record({
        sku: fc.constantFrom('milk-1', 'milk-2', 'bread-1', 'bread-3'),
        quantity: fc.integer({ min: 1, max: 5 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    codes: fc.uniqueArray(fc.constantFrom(...COUPONS.map(({ code }) => code)), { maxLength: 3 }),
  });
  const who = { user: fc.constantFrom(...USERS), waitMs: fc.constantFrom(0, 1_000, 40_000, 3 * DAY_MS) };
  const step = fc.oneof(
    fc.record({
      type: fc.constant('reserve' as const),
      ...who,
      key: small(1),
      isNext: fc.boolean(),
      cart,
    }),
    fc.record({ type: fc.constant('redeem' as const), ...who, key: small(1) }),
    fc.record({ type: fc.constant('buy' as const), ...who, cart }),
    fc.record({ type: fc.constant('release' as const), ...who, key: small(1) }),
    fc.record({ type: fc.constant('sweep' as const), ...who }),
    fc.record({ type: fc.constant('cancel' as const), ...who, order: small(5) }),
    fc.record({
      type: fc.constant('cancel_part' as const),
      ...who,
      order: small(5),
      line: small(2),
      quantity: fc.integer({ min: 1, max: 3 }),
    }),
  );

  test('limits and budgets hold, nothing is given back twice, and money adds up to the cent', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        const shop = new Shop();
        for (const each of steps) {
          shop.now += each.waitMs;
          shop.carryOut(each);
          shop.check();
        }
        shop.cancelEverything();
        shop.check();
        expect(shop.refunds()).toEqual(shop.takings());
      }),
      { numRuns: 300 },
    );
  });

  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
  type Sale = {
    order: PlacedOrder;
    user: string;
    kept: Map<number, number>;
    returned: Map<string, number>;
    refunds: OrderMoney[];
    isCancelled: boolean;
  };

  class Shop {
    now = NOON;
    readonly coupons = new Map<string, StandingCoupon>();
    readonly amounts = new Map<string, number>();
    readonly reservations = new Map<string, StandingReservation>();
    readonly sales: Sale[] = [];

    constructor() {
      for (const user of USERS)
        for (const coupon of COUPONS) {
          const userCouponId = `${user}/${coupon.code}`;
          const expiresMs = NOON + (coupon.code === 'ALL' ? 5 : 30) * DAY_MS;
          this.coupons.set(userCouponId, { ...aStanding(userCouponId, { expiresMs }), coupon });
        }
    }

    carryOut(each: Step): void {
      switch (each.type) {
        case 'reserve':
          return this.reserve(each.user, {
            key: `${each.user}/${each.key}`,
            version: Math.max(
              1,
              (this.reservations.get(`${each.user}/${each.key}`)?.version ?? 0) + (each.isNext ? 1 : 0),
            ),
            cart: each.cart,
            ttlSeconds: 60,
          });
        case 'redeem':
          return this.redeem(each.user, `${each.user}/${each.key}`);
        case 'buy': {
          const bought = this.settle(each.cart, each.user, null, decideDirectRedemption);
          if (bought.type === 'save') this.sell(each.user, bought);
          return;
        }
        case 'release': {
          const stored = this.reservations.get(`${each.user}/${each.key}`) ?? null;
          const decision = decideRelease(each.user, stored, this.walletOf(each.user), this.now);
          if (decision.type === 'save') this.end(stored!, 'released', decision.changes);
          return;
        }
        case 'sweep':
          for (const stored of [...this.reservations.values()]) this.expire(stored);
          return;
        case 'cancel':
        case 'cancel_part': {
          const sale = this.sales[each.order];
          const lines =
            each.type === 'cancel' ? 'everything' : [{ lineNumber: each.line + 1, quantity: each.quantity }];
          if (sale !== undefined && !sale.isCancelled) this.cancel(sale, lines);
        }
      }
    }

    reserve(user: string, request: ReservationRequest): void {
      const digest = JSON.stringify(request);
      const stored = this.reservations.get(request.key) ?? null;
      const decision = this.settle(request.cart, user, request.key, (given) =>
        decideReservation(request, digest, user, this.reservations.get(request.key) ?? null, given),
      );
      if (decision.type === 'replayed') expect(decision.answer).toBe(stored!.answer);
      if (decision.type !== 'save') return;
      const { answer } = decision;
      this.reservations.set(request.key, {
        id: request.key,
        userId: user,
        version: request.version,
        status: 'held',
        requestDigest: digest,
        request,
        answer,
        expiresMs: answer.expiresMs,
      });
      this.apply(decision.changes, { reservation: { id: request.key, expiresMs: answer.expiresMs } });
    }

    redeem(user: string, key: string): void {
      const stored = this.reservations.get(key) ?? null;
      if (stored === null) return;
      const isInTime = stored.status === 'held' && this.now < stored.expiresMs;
      const decision = this.settle(stored.request.cart, user, key, (given) =>
        decideRedemption(user, this.reservations.get(key)!, given),
      );
      // What is held is honoured, at what was told.
      if (isInTime) expect(decision).toMatchObject({ type: 'save', answer: { cart: stored.answer.cart } });
      if (decision.type !== 'save') return;
      this.sell(user, decision);
      this.reservations.set(key, { ...stored, status: 'redeemed' });
    }

    sell(user: string, { answer, changes }: { answer: Redemption; changes: readonly CouponChange[] }): void {
      const { cart: priced } = answer;
      this.sales.push({
        order: priced,
        user,
        kept: new Map(priced.lines.map((line) => [line.lineNumber, line.quantity])),
        returned: new Map(priced.discounts.map(({ userCouponId }) => [userCouponId, 0])),
        refunds: [],
        isCancelled: false,
      });
      this.apply(changes, { orderId: String(this.sales.length - 1) });
    }

    cancel(sale: Sale, lines: Parameters<typeof decideCancellation>[1]): void {
      const wallet = this.walletOf(sale.user);
      const orderId = String(this.sales.indexOf(sale));
      const decision = decideCancellation(
        {
          order: sale.order,
          keptUnits: sale.kept,
          redeemed: wallet.filter((coupon) => coupon.status === 'redeemed' && coupon.orderId === orderId),
          openCount: wallet.filter((coupon) => isOpen({ ...ENTRY, status: coupon.status })).length,
          capacity: 5,
        },
        lines,
        this.now,
      );
      if (decision.type === 'refused') return;
      for (const { lineNumber, quantity } of decision.lines)
        sale.kept.set(lineNumber, sale.kept.get(lineNumber)! - quantity);
      for (const [userCouponId, cents] of decision.returned) {
        expect(cents).toBeGreaterThanOrEqual(sale.returned.get(userCouponId)!);
        sale.returned.set(userCouponId, cents);
      }
      sale.refunds.push(decision.answer.refund);
      sale.isCancelled = decision.answer.isWhole;
      this.apply(decision.changes, {});
    }

    cancelEverything(): void {
      for (const sale of this.sales) if (!sale.isCancelled) this.cancel(sale, 'everything');
    }

    /** What the store does: decide, ask the counts, and decide again without what they refuse. */
    settle<Answer>(
      wanted: CartRequest,
      user: string,
      reservationId: string | null,
      decide: (given: Assessment) => Decision<Answer>,
    ): Refused | Exclude<Decision<Answer>, { type: 'overdue' }> {
      const exhausted = new Map<string, 'limit_reached' | 'budget_exhausted'>();
      for (let attempt = 0; attempt < 50; attempt++) {
        const decision = decide({
          ...anAssessment(wanted, this.walletOf(user)),
          reservationId,
          exhausted,
          ms: this.now,
        });
        if (decision.type === 'overdue')
          for (const id of decision.reservationIds) this.expire(this.reservations.get(id)!);
        else if (decision.type !== 'save') return decision;
        else {
          const refused = this.refusedOf(decision.changes);
          if (refused === null) return decision;
          const overdue = [...this.reservations.values()].filter((stored) => this.isOverdue(stored));
          if (overdue.length > 0) overdue.forEach((stored) => this.expire(stored));
          else exhausted.set(refused.code, refused.reason);
        }
      }
      throw new Error('never settled');
    }

    /** The first coupon for which there is no use or no budget left: counted anew from all rows. */
    refusedOf(changes: readonly CouponChange[]) {
      const after = new Map(this.coupons);
      const amounts = new Map(this.amounts);
      for (const { coupon, status, amountCents } of changes) {
        const wasUsed = isUsed(coupon.status);
        const before = this.amounts.get(coupon.userCouponId) ?? 0;
        after.set(coupon.userCouponId, { ...after.get(coupon.userCouponId)!, status });
        amounts.set(coupon.userCouponId, amountCents ?? 0);
        const { code, redemptionLimit, campaignCode } = after.get(coupon.userCouponId)!.coupon;
        if (isUsed(status) && !wasUsed && usesOf(after, code) > (redemptionLimit ?? Infinity))
          return { code, reason: 'limit_reached' as const };
        const spent = this.spentOf(campaignCode, amounts);
        if ((amountCents ?? 0) > before && spent > BUDGETS[campaignCode]!)
          return { code, reason: 'budget_exhausted' as const };
      }
      return null;
    }

    apply(
      changes: readonly CouponChange[],
      to: { reservation?: StandingCoupon['reservation']; orderId?: string },
    ): void {
      for (const { coupon, status, amountCents, ms } of changes) {
        const stored = this.coupons.get(coupon.userCouponId)!;
        expect(stored.status).toBe(coupon.status);
        expect(status === stored.status || canBecome(stored.status, status)).toBe(true);
        expect(ms).toBeGreaterThanOrEqual(stored.statusMs);
        this.amounts.set(coupon.userCouponId, amountCents ?? 0);
        this.coupons.set(coupon.userCouponId, {
          ...stored,
          status,
          statusMs: ms,
          reservation: status === 'reserved' ? to.reservation! : null,
          orderId: status === 'redeemed' ? to.orderId! : null,
        });
      }
    }

    isOverdue(stored: StandingReservation): boolean {
      return stored.status === 'held' && stored.expiresMs <= this.now;
    }

    expire(stored: StandingReservation): void {
      const changes = decideExpiry(stored, this.walletOf(stored.userId), this.now);
      expect(changes !== null).toBe(this.isOverdue(stored));
      if (changes !== null) this.end(stored, 'expired', changes);
    }

    end(stored: StandingReservation, status: 'released' | 'expired', changes: readonly CouponChange[]): void {
      this.reservations.set(stored.id, { ...stored, status });
      this.apply(changes, {});
    }

    walletOf(user: string): StandingCoupon[] {
      return [...this.coupons.values()].filter(({ userCouponId }) => userCouponId.startsWith(`${user}/`));
    }

    /** Cents of a campaign: reserved, and redeemed less what was returned of it. */
    spentOf(campaignCode: string, amounts: ReadonlyMap<string, number>): number {
      let spent = 0;
      for (const { userCouponId, coupon, orderId } of this.coupons.values())
        if (coupon.campaignCode === campaignCode) {
          const sale = orderId === null ? undefined : this.sales[Number(orderId)];
          spent += (amounts.get(userCouponId) ?? 0) - (sale?.returned.get(userCouponId) ?? 0);
        }
      return spent;
    }

    check(): void {
      for (const { code, redemptionLimit, campaignCode } of COUPONS) {
        expect(usesOf(this.coupons, code)).toBeLessThanOrEqual(redemptionLimit ?? Infinity);
        expect(this.spentOf(campaignCode, this.amounts)).toBeLessThanOrEqual(BUDGETS[campaignCode]!);
      }
      // A coupon is redeemed for as long as something of its discount stands, on one order.
      const standing = this.sales.flatMap(({ order, returned }) =>
        order.discounts
          .filter((each) => returned.get(each.userCouponId)! < each.amountCents)
          .map(({ userCouponId }) => userCouponId),
      );
      const redeemed = [...this.coupons.values()].filter(({ status }) => status === 'redeemed');
      expect(standing.sort()).toEqual(redeemed.map(({ userCouponId }) => userCouponId).sort());
      // What is reserved is exactly what a reservation that is held has told.
      const told = [...this.reservations.values()].flatMap(({ status, answer }) =>
        status === 'held' ? answer.cart.discounts.map(({ userCouponId }) => userCouponId) : [],
      );
      const reserved = [...this.coupons.values()].filter(({ status }) => status === 'reserved');
      expect(told.sort()).toEqual(reserved.map(({ userCouponId }) => userCouponId).sort());
      for (const sale of this.sales) {
        const kept = keptOf(sale.order, sale.kept);
        expect(sumOf(sale.refunds) + kept.totalCents).toBe(sale.order.totalCents);
        expect(sale.refunds.every((refund) => Object.values(refund).every((cents) => cents >= 0))).toBe(true);
        const left = [...sale.returned].map(([id, cents]) => amountOf(sale.order, id) - cents);
        expect(left.reduce((a, b) => a + b, 0)).toBe(kept.discountCents);
      }
    }

    refunds(): number {
      return sumOf(this.sales.flatMap(({ refunds }) => refunds));
    }

    takings(): number {
      return sumOf(this.sales.map(({ order }) => order));
    }
  }

  const ENTRY = {
    code: '',
    scope: 'category' as const,
    cycleNumber: 1,
    closedReason: null,
    assignedHours: 0,
    expiresHours: 1,
  };

  function isUsed(status: StandingCoupon['status']): boolean {
    return status === 'reserved' || status === 'redeemed';
  }

  function usesOf(coupons: ReadonlyMap<string, StandingCoupon>, code: string): number {
    return [...coupons.values()].filter(({ coupon, status }) => coupon.code === code && isUsed(status))
      .length;
  }

  function amountOf(order: PlacedOrder, userCouponId: string): number {
    return order.discounts.find((each) => each.userCouponId === userCouponId)!.amountCents;
  }

  function sumOf(money: readonly { totalCents: number }[]): number {
    return money.reduce((sum, { totalCents }) => sum + totalCents, 0);
  }
});

/** A user's ten percent off milk, for a day. */
function aStanding(userCouponId: string, given: Partial<StandingCoupon> = {}): StandingCoupon {
  return {
    userCouponId,
    coupon: aCoupon(),
    status: 'active',
    assignedMs: NOON - DAY_MS,
    expiresMs: NOON + DAY_MS,
    statusMs: NOON - DAY_MS,
    orderId: null,
    reservation: null,
    ...given,
  };
}

function anAssessment(cart: CartRequest, wallet: readonly StandingCoupon[]): Assessment {
  return {
    cart,
    catalog: CATALOG,
    knownCodes: new Set(cart.codes),
    wallet,
    reservationId: null,
    exhausted: new Map(),
    ms: NOON,
  };
}
