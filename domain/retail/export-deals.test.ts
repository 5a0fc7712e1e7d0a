import fc from 'fast-check';
import { couponDepth, dealFeatures, dealLabel } from './export-deals.ts';
import type { DealtCoupon, PlacedOrder, ShopperHistory, Transition } from './export-deals.ts';

const DAY_MS = 86_400_000;
const days = (count: number): number => count * DAY_MS;

function aDeal(given: Partial<DealtCoupon> = {}): DealtCoupon {
  const assignedMs = given.assignedMs ?? days(10);
  return {
    code: 'C1',
    cycleNumber: 1,
    scope: 'category',
    kind: 'percent',
    category: 'Milk',
    brand: null,
    percentOff: 20,
    amountOffCents: null,
    minSpendCents: 0,
    referencePriceCents: 250,
    assignedMs,
    expiresMs: assignedMs + days(14),
    transitions: [{ toStatus: 'active', closedReason: null, atMs: assignedMs }],
    ...given,
  };
}

function anOrder(atMs: number, given: Partial<PlacedOrder> = {}): PlacedOrder {
  return { atMs, cancelledAtMs: null, lines: [{ category: 'Milk', brand: 'Acme', quantity: 2 }], ...given };
}

const redeemed = (atMs: number): Transition => ({ toStatus: 'redeemed', closedReason: null, atMs });
const expired = (atMs: number): Transition => ({
  toStatus: 'expired',
  closedReason: 'cycle_boundary',
  atMs,
});

const featuresOf = (history: Partial<ShopperHistory>) =>
  dealFeatures({ agentId: 'a', orders: [], coupons: [aDeal()], ...history });

describe('features', () => {
  test('count what was bought before the deal, in the coupon’s category and brand', () => {
    const orders = [
      anOrder(days(3)),
      anOrder(days(7.5), {
        lines: [
          { category: 'Milk', brand: 'Bravo', quantity: 1 },
          { category: 'Soap', brand: 'Acme', quantity: 4 },
        ],
      }),
    ];

    const [milk] = featuresOf({ orders, coupons: [aDeal({ brand: 'Acme' })] });

    expect(milk).toEqual({
      pastOrders: 2,
      pastUnits: 7,
      pastUnitsCategory: 3,
      pastUnitsBrand: 6,
      pastDeals: 0,
      pastRedemptions: 0,
      daysSinceLastOrder: 2.5,
    });
  });

  test('leave out orders that were cancelled by then, and know those that were not yet', () => {
    const orders = [
      anOrder(days(3), { cancelledAtMs: days(9) }),
      anOrder(days(4), { cancelledAtMs: days(10) }),
    ];

    expect(featuresOf({ orders })[0]).toMatchObject({ pastOrders: 1, pastUnits: 2 });
  });

  test('deals of the same moment are not known to each other', () => {
    const earlier = aDeal({ assignedMs: days(3), transitions: [redeemed(days(5))] });

    expect(featuresOf({ coupons: [earlier, aDeal(), aDeal({ code: 'C2' })] })).toMatchObject([
      { pastDeals: 0, pastRedemptions: 0 },
      { pastDeals: 1, pastRedemptions: 1 },
      { pastDeals: 1, pastRedemptions: 1 },
    ]);
  });

  test('a shopper without orders has no last one', () => {
    expect(featuresOf({})[0]).toMatchObject({ pastOrders: 0, daysSinceLastOrder: null });
  });
});

describe('no feature knows the future:', () => {
  const instant = fc.integer({ min: 0, max: 40 }).map((half) => days(half / 2));
  const line = fc.record({
    category: fc.constantFrom('Milk', 'Soap'),
    brand: fc.constantFrom('Acme', 'Own'),
    quantity: fc.integer({ min: 1, max: 5 }),
  });
  const order = fc.record({
    atMs: instant,
    cancelledAtMs: fc.option(instant),
    lines: fc.array(line, { maxLength: 3 }),
  });
  const coupon = fc
    .record({
      assignedMs: instant,
      daysToRedemption: fc.option(fc.integer({ min: 0, max: 14 })),
      brand: fc.constantFrom('Acme', null),
    })
    .map(({ assignedMs, daysToRedemption, brand }) => {
      const transitions = daysToRedemption === null ? [] : [redeemed(assignedMs + days(daysToRedemption))];
      return aDeal({ assignedMs, brand, transitions });
    });
  const history = fc.record({
    agentId: fc.constant('a'),
    orders: fc.array(order, { maxLength: 8 }),
    coupons: fc.array(coupon, { maxLength: 8 }),
  });

  /** What a history holds of the time before an instant, with another future. */
  function withFuture(past: ShopperHistory, future: ShopperHistory, ms: number): ShopperHistory {
    const before = <T>(items: readonly T[], atMs: (item: T) => number) =>
      items.filter((item) => atMs(item) < ms);
    const later = <T>(items: readonly T[], atMs: (item: T) => number) =>
      items.filter((item) => atMs(item) >= ms);
    return {
      agentId: 'a',
      orders: [
        ...before(past.orders, ({ atMs }) => atMs).map((one) => ({
          ...one,
          // A cancellation that is still to come is future, too.
          cancelledAtMs: one.cancelledAtMs !== null && one.cancelledAtMs >= ms ? null : one.cancelledAtMs,
        })),
        ...later(future.orders, ({ atMs }) => atMs),
      ],
      coupons: [
        ...before(past.coupons, ({ assignedMs }) => assignedMs).map((one) => ({
          ...one,
          transitions: before(one.transitions, ({ atMs }) => atMs),
        })),
        ...later(future.coupons, ({ assignedMs }) => assignedMs),
      ],
    };
  }

  test('another one leaves the features of every deal as they were', () => {
    fc.assert(
      fc.property(history, history, instant, (past, future, ms) => {
        const deal = aDeal({ code: 'the deal', assignedMs: ms });
        const changed = withFuture(past, future, ms);
        const found = dealFeatures({ ...past, coupons: [...past.coupons, deal] }).at(-1);
        const other = dealFeatures({ ...changed, coupons: [...changed.coupons, deal] }).at(-1);
        expect(other).toEqual(found);
      }),
      { numRuns: 300 },
    );
  });
});

describe('labels', () => {
  const until = days(100);

  test('a redemption in the coupon’s life, with its day', () => {
    const label = dealLabel(aDeal({ transitions: [redeemed(days(13.25))] }), null, until);

    expect(label).toMatchObject({ redeemedWithin: true, daysToRedemption: 3.25, daysObserved: 3.25 });
    expect(label).toMatchObject({ isCensored: false, isWindowObserved: true, closedReason: null });
  });

  test('a redemption after a shorter horizon is none within it', () => {
    const label = dealLabel(aDeal({ transitions: [redeemed(days(13.25))] }), 3, until);

    expect(label).toMatchObject({ redeemedWithin: false, daysToRedemption: null, daysObserved: 3 });
  });

  test('a horizon beyond the coupon’s life ends with it', () => {
    expect(dealLabel(aDeal(), 60, until).windowEndMs).toBe(days(24));
  });

  test('a coupon that was still open when the simulation ended is censored, and has no label', () => {
    expect(dealLabel(aDeal(), null, days(12))).toEqual({
      redeemedWithin: null,
      daysToRedemption: null,
      daysObserved: 2,
      isCensored: true,
      isWindowObserved: false,
      closedReason: null,
      windowEndMs: days(24),
    });
  });

  test('one that was closed before is known not to be redeemed', () => {
    const label = dealLabel(aDeal({ transitions: [expired(days(11))] }), null, days(12));

    expect(label).toMatchObject({ redeemedWithin: false, daysObserved: 1, isCensored: false });
    expect(label.closedReason).toBe('cycle_boundary');
  });

  test('what happens when the last day is over is not seen', () => {
    const transitions = [redeemed(days(12)), expired(days(12))];

    expect(dealLabel(aDeal({ transitions }), null, days(12))).toMatchObject({
      redeemedWithin: null,
      isCensored: true,
      closedReason: null,
    });
  });

  test('a redemption that was given back is one', () => {
    const transitions: Transition[] = [redeemed(days(11)), { ...expired(days(12)) }];

    expect(dealLabel(aDeal({ transitions }), null, until).redeemedWithin).toBe(true);
  });
});

test.each([
  [{ kind: 'percent' as const, percentOff: 35 }, 0.35],
  [{ kind: 'bogo' as const, percentOff: null }, 0.5],
  [{ kind: 'fixed' as const, percentOff: null, amountOffCents: 100 }, 0.4],
  [{ kind: 'fixed' as const, percentOff: null, amountOffCents: 900 }, 1],
  [{ kind: 'fixed' as const, scope: 'frontstore' as const, amountOffCents: 500, minSpendCents: 2_500 }, 0.2],
  [{ kind: 'fixed' as const, scope: 'frontstore' as const, amountOffCents: 500 }, null],
  [{ kind: 'free_shipping' as const, scope: 'frontstore' as const }, null],
])('the depth of %j is %p', (given, depth) => {
  expect(couponDepth(aDeal(given))).toBe(depth);
});
