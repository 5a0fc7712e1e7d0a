import fc from 'fast-check';
import { aCartLine, aCoupon } from '../../tests/builders.ts';
import { priceCart } from './cart.ts';
import { decideCancellation, keptOf } from './order-cancellation.ts';
import type { PlacedLine, PlacedOrder, StandingOrder } from './order-cancellation.ts';

describe('what is kept of an order', () => {
  test('keeps its share of a discount, the first units the larger ones', () => {
    const order = anOrder([aLine({ quantity: 3, lineDiscountCents: 100 })]);

    const kept = [3, 2, 1].map((units) => keptOf(order, new Map([[1, units]])).discountCents);

    expect(kept).toEqual([100, 67, 34]);
  });

  test('gives no unit more than it costs', () => {
    // 1 + 2 cents off three units of a cent: spread each for itself, the first would get two.
    const order = anOrder([
      aLine({ quantity: 3, unitPriceCents: 1, lineDiscountCents: 1, orderDiscountCents: 2 }),
    ]);

    const kept = [3, 2, 1, 0].map((units) => keptOf(order, new Map([[1, units]])).totalCents);

    expect(kept).toEqual([0, 0, 0, 0]);
  });

  test('keeps the shipping until nothing is left', () => {
    const order = anOrder([aLine({ quantity: 2 })], { shippingCents: 495 });

    const kept = [2, 1, 0].map((units) => keptOf(order, new Map([[1, units]])).shippingCents);

    expect(kept).toEqual([495, 495, 0]);
  });

  test('keeps a redemption fee while something of the discount is left', () => {
    const order = anOrder([aLine({ quantity: 2, lineDiscountCents: 100 }), aLine({ lineNumber: 2 })], {
      redemptionFeeCents: 7,
    });

    const kept = [2, 1, 0].map(
      (units) =>
        keptOf(
          order,
          new Map([
            [1, units],
            [2, 1],
          ]),
        ).redemptionFeeCents,
    );

    expect(kept).toEqual([7, 7, 0]);
  });

  test('does not depend on the way there, never grows, and ends with nothing', () => {
    const line = fc.record({
      quantity: fc.integer({ min: 1, max: 6 }),
      unitPriceCents: fc.integer({ min: 1, max: 400 }),
      category: fc.constantFrom('Milk', 'Bread'),
    });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 0, max: 100 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 24 }),
        (given, fixedCents, vendorSharePercent, order) => {
          const lines = given.map((each, i) => aCartLine({ ...each, lineNumber: i + 1 }));
          const funding = vendorSharePercent === 0 ? ('retailer' as const) : ('shared' as const);
          const priced = priceCart(
            lines,
            [
              {
                userCouponId: 'a',
                coupon: aCoupon({
                  code: 'A',
                  kind: 'fixed',
                  amountOffCents: fixedCents,
                  vendorSharePercent,
                  funding,
                }),
              },
              {
                userCouponId: 'b',
                coupon: aCoupon({ code: 'B', scope: 'frontstore', percentOff: 13, feePerRedemptionCents: 3 }),
              },
            ],
            { feeCents: 495, freeFromCents: 1_000 },
          );
          const units = new Map(lines.map((each) => [each.lineNumber, each.quantity]));
          let before = keptOf(priced, units);
          expect(before.totalCents).toBe(priced.totalCents);
          for (const i of order) {
            const left = units.get(i + 1) ?? 0;
            if (left === 0) continue;
            units.set(i + 1, left - 1);
            const after = keptOf(priced, units);
            for (const name of [
              'subtotalCents',
              'discountCents',
              'totalCents',
              'vendorFundedCents',
              'unitCostCents',
            ] as const)
              expect([name, before[name] - after[name] >= 0]).toEqual([name, true]);
            expect(after.totalCents).toBe(after.subtotalCents + after.shippingCents - after.discountCents);
            before = after;
          }
        },
      ),
    );
  });
});

describe('an order of which it was not noted whose the line discounts are', () => {
  const lines = [aLine({ quantity: 2, lineDiscountCents: 50, userCouponId: null })];

  test('gives them to its only line coupon', () => {
    const decision = decideCancellation(standing(anOrder(lines)), [{ lineNumber: 1, quantity: 1 }], 0);

    expect(decision).toMatchObject({ type: 'save', answer: { refund: { discountCents: 25 } } });
  });

  test('of several is cancelled whole or not at all', () => {
    const [discount] = anOrder(lines).discounts;
    const order = anOrder(lines, {
      discounts: [
        { ...discount!, amountCents: 30 },
        { ...discount!, userCouponId: 'other', amountCents: 20 },
      ],
    });

    const part = decideCancellation(standing(order), [{ lineNumber: 1, quantity: 1 }], 0);
    const whole = decideCancellation(standing(order), 'everything', 0);

    expect(part).toEqual({ type: 'refused', reason: 'lines_not_known' });
    expect(whole).toMatchObject({ type: 'save', answer: { isWhole: true, refund: { totalCents: 350 } } });
  });
});

function aLine(given: Partial<PlacedLine> = {}): PlacedLine {
  return {
    lineNumber: 1,
    quantity: 1,
    unitPriceCents: 200,
    unitCostCents: 100,
    lineDiscountCents: 0,
    orderDiscountCents: 0,
    userCouponId: 'coupon',
    ...given,
  };
}

/** An order whose money follows from its lines; what they have off is one coupon's. */
function anOrder(lines: readonly PlacedLine[], given: Partial<PlacedOrder> = {}): PlacedOrder {
  const sum = (of: (line: PlacedLine) => number) => lines.reduce((total, line) => total + of(line), 0);
  const { shippingCents = 0, redemptionFeeCents = 0 } = given;
  const subtotalCents = sum((line) => line.quantity * line.unitPriceCents);
  const lineCents = sum((line) => line.lineDiscountCents);
  const orderCents = sum((line) => line.orderDiscountCents);
  const money = { vendorFundedCents: 0, redemptionFeeCents };
  return {
    lines,
    discounts: [
      { userCouponId: 'coupon', target: 'lines' as const, amountCents: lineCents, ...money },
      { userCouponId: 'basket', target: 'basket' as const, amountCents: orderCents, ...money },
    ].filter(({ amountCents }) => amountCents > 0),
    subtotalCents,
    discountCents: lineCents + orderCents,
    shippingCents,
    totalCents: subtotalCents + shippingCents - lineCents - orderCents,
    unitCostCents: sum((line) => line.quantity * line.unitCostCents),
    vendorFundedCents: 0,
    redemptionFeeCents,
    ...given,
  };
}

function standing(order: PlacedOrder): StandingOrder {
  const keptUnits = new Map(order.lines.map((line) => [line.lineNumber, line.quantity]));
  return { order, keptUnits, redeemed: [], openCount: 0, capacity: 32 };
}
