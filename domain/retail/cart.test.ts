import fc from 'fast-check';
import { aCartLine, aUsable } from '../../tests/builders.ts';
import { NO_SHIPPING, faceValue, grossCents, priceCart } from './cart.ts';
import type { CartLine, PricedCart, Shipping, UsableCoupon } from './cart.ts';
import type { Coupon } from './coupon.ts';

const SHIPPING: Shipping = { feeCents: 500, freeFromCents: 5_000 };

const milk = aCartLine({ lineNumber: 1, category: 'Milk', brand: 'Acme', unitPriceCents: 200, quantity: 2 });
const bread = aCartLine({ lineNumber: 2, category: 'Bread', brand: 'Bravo', unitPriceCents: 350 });

const price = (lines: readonly CartLine[], ...coupons: UsableCoupon[]): PricedCart =>
  priceCart(lines, coupons, NO_SHIPPING);
const used = (cart: PricedCart): Record<string, number> =>
  Object.fromEntries(cart.discounts.map((d) => [d.code, d.amountCents]));

describe('a line coupon', () => {
  test('of a percentage takes it off the lines it matches', () => {
    expect(
      price([milk, bread], aUsable({ percentOff: 10 })).lines.map((line) => line.lineDiscountCents),
    ).toEqual([40, 0]);
  });

  test('of a fixed amount takes it off once, split over its lines', () => {
    const lines = [milk, aCartLine({ lineNumber: 2, unitPriceCents: 100 })];
    expect(
      price(lines, aUsable({ kind: 'fixed', amountOffCents: 101 })).lines.map(
        (line) => line.lineDiscountCents,
      ),
    ).toEqual([81, 20]);
  });

  test('of a fixed amount takes no more than its lines cost', () => {
    expect(price([milk, bread], aUsable({ kind: 'fixed', amountOffCents: 9_000 })).totalCents).toBe(350);
  });

  test.each([
    [1, 0],
    [2, 200],
    [3, 200],
    [4, 400],
  ])('of the bogo kind makes every second unit free: %d units save %d', (quantity, saved) => {
    expect(price([{ ...milk, quantity }], aUsable({ kind: 'bogo' })).discountCents).toBe(saved);
  });

  test('of the bogo kind does not count units of different products together', () => {
    const lines = [1, 2].map((lineNumber) => aCartLine({ lineNumber, quantity: 1 }));
    expect(price(lines, aUsable({ kind: 'bogo' })).discounts).toEqual([]);
  });

  test('takes no more than its cap', () => {
    expect(price([milk], aUsable({ percentOff: 50, maxDiscountCents: 150 })).discountCents).toBe(150);
  });

  test('of a brand works on that brand alone, and in its category alone if it names one', () => {
    const lines = [milk, bread, aCartLine({ lineNumber: 3, category: 'Bread', brand: 'Acme' })];
    const discounts = [null, 'Bread'].map((category) =>
      price(lines, aUsable({ scope: 'brand', brand: 'Acme', category })).lines.map(
        (line) => line.lineDiscountCents,
      ),
    );
    expect(discounts).toEqual([
      [40, 0, 20],
      [0, 0, 20],
    ]);
  });

  test('leaves excluded brands alone', () => {
    expect(price([milk], aUsable({ excludedBrands: ['Acme'] })).discounts).toEqual([]);
  });

  test('does not stack on a line that has one, but acts on the lines left over', () => {
    const lines = [milk, aCartLine({ lineNumber: 2, category: 'Milk', brand: 'Bravo', unitPriceCents: 300 })];
    const cart = price(
      lines,
      aUsable({ code: 'BRAND', scope: 'brand', percentOff: 90 }),
      aUsable({ code: 'CATEGORY', percentOff: 20 }),
    );
    expect([used(cart), cart.lines.map((line) => line.lineDiscountCents)]).toEqual([
      { BRAND: 360, CATEGORY: 60 },
      [360, 60],
    ]);
  });
});

describe('a minimum spend', () => {
  test('is measured on the lines that the coupon matches', () => {
    const coupon = aUsable({ minSpendCents: 401 });
    expect([
      price([milk, bread], coupon).discounts,
      price([{ ...milk, quantity: 3 }, bread], coupon).discountCents,
    ]).toEqual([[], 60]);
  });

  test('is reached at exactly that spend', () => {
    expect(price([milk], aUsable({ minSpendCents: 400 })).discountCents).toBe(40);
  });

  test('is measured on shelf prices, before any coupon', () => {
    const basket = aUsable({ code: 'F', scope: 'frontstore', minSpendCents: 750 });
    const line = aUsable({ code: 'L', percentOff: 50 });
    expect(used(price([milk, bread], basket, line))).toEqual({ L: 200, F: 55 });
  });

  test('of a basket offer is not reached with the brands it excludes', () => {
    const basket = aUsable({ scope: 'frontstore', minSpendCents: 500, excludedBrands: ['Acme'] });
    expect(price([milk, bread], basket).discounts).toEqual([]);
  });
});

describe('a frontstore coupon', () => {
  test('acts on what the line coupons left', () => {
    const cart = price(
      [milk, bread],
      aUsable({ code: 'F', scope: 'frontstore', percentOff: 10 }),
      aUsable({ code: 'L', percentOff: 50 }),
    );
    expect(used(cart)).toEqual({ L: 200, F: 55 });
  });

  test('is the only one: the one that saves most', () => {
    const coupons = [10, 20, 15].map((percentOff) =>
      aUsable({ code: `F${percentOff}`, scope: 'frontstore', percentOff }),
    );
    expect(used(price([milk, bread], ...coupons))).toEqual({ F20: 150 });
  });

  test('leaves the lines of excluded brands at their price', () => {
    const cart = price([milk, bread], aUsable({ scope: 'frontstore', excludedBrands: ['Acme'] }));
    expect(cart.lines.map((line) => line.orderDiscountCents)).toEqual([0, 35]);
  });

  test('of free shipping takes the fee and nothing else', () => {
    const cart = priceCart([milk], [aUsable({ scope: 'frontstore', kind: 'free_shipping' })], SHIPPING);
    expect([cart.shippingCents, cart.discountCents, cart.totalCents, cart.discounts[0]!.target]).toEqual([
      500,
      500,
      400,
      'shipping',
    ]);
  });

  test('of free shipping is kept when shipping is free anyway', () => {
    const coupon = aUsable({ scope: 'frontstore', kind: 'free_shipping' });
    expect(priceCart([{ ...milk, quantity: 25 }], [coupon], SHIPPING).discounts).toEqual([]);
  });
});

describe('shipping', () => {
  test.each([
    [24, 500],
    [25, 0],
  ])('of %d units at 2.00 costs %d: free from 50.00', (quantity, fee) => {
    expect(priceCart([{ ...milk, quantity }], [], SHIPPING).shippingCents).toBe(fee);
  });

  test('is free from the shelf prices, not from what coupons leave', () => {
    expect(
      priceCart([{ ...milk, quantity: 25 }], [aUsable({ percentOff: 50 })], SHIPPING).shippingCents,
    ).toBe(0);
  });

  test('costs nothing for an empty cart', () => {
    expect(priceCart([], [], SHIPPING).totalCents).toBe(0);
  });
});

describe('choosing between coupons', () => {
  test('a coupon that saves nothing is not used', () => {
    const coupons = [
      aUsable({ code: 'OTHER', category: 'Soap' }),
      aUsable({ code: 'TINY', percentOff: 0.01 }),
      aUsable({ code: 'FAR', scope: 'frontstore', minSpendCents: 100_000 }),
    ];
    expect(price([milk, bread], ...coupons).discounts).toEqual([]);
  });

  test('ties go to the smaller code', () => {
    expect(used(price([milk], aUsable({ code: 'B' }), aUsable({ code: 'A' })))).toEqual({ A: 40 });
  });
});

describe('who pays', () => {
  test('the vendor pays its share of the discount, the retailer the fee of each redemption', () => {
    const coupon = aUsable({
      percentOff: 10,
      funding: 'shared',
      vendorSharePercent: 37.5,
      feePerRedemptionCents: 8,
    });
    const cart = price([milk], coupon);
    expect([cart.discountCents, cart.vendorFundedCents, cart.redemptionFeeCents]).toEqual([40, 15, 8]);
  });
});

test('a free product is no reason for a negative price', () => {
  expect(price([milk], aUsable({ percentOff: 100 })).totalCents).toBe(0);
});

describe('a face value', () => {
  test('is never more than the goods are worth', () => {
    expect(faceValue(aUsable({ kind: 'fixed', amountOffCents: 500 }).coupon, 120, 0)).toBe(120);
  });
});

// --- laws ------------------------------------------------------------------------------------------------------

const CATEGORIES = ['Milk', 'Bread', 'Soap'];
const CART_BRANDS = ['Acme', 'Bravo', 'Own'];

const line: fc.Arbitrary<CartLine> = fc
  .record({
    category: fc.constantFrom(...CATEGORIES),
    brand: fc.constantFrom(...CART_BRANDS),
    quantity: fc.integer({ min: 1, max: 12 }),
    unitPriceCents: fc.integer({ min: 1, max: 5_000 }),
  })
  .map((given) => aCartLine(given));
const lines = fc
  .array(line, { maxLength: 12 })
  .map((all) => all.map((each, i) => ({ ...each, lineNumber: i + 1, sku: `sku-${i + 1}` })));

const coupon: fc.Arbitrary<Coupon> = fc
  .record({
    scope: fc.constantFrom('frontstore', 'category', 'brand'),
    kind: fc.constantFrom('percent', 'fixed', 'bogo', 'free_shipping'),
    category: fc.constantFrom(...CATEGORIES),
    brand: fc.constantFrom(...CART_BRANDS),
    inCategory: fc.boolean(),
    percentOff: fc.integer({ min: 1, max: 10_000 }),
    amountOffCents: fc.integer({ min: 1, max: 3_000 }),
    maxDiscountCents: fc.option(fc.integer({ min: 1, max: 2_000 })),
    minSpendCents: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10_000 })),
    excludedBrands: fc.subarray(CART_BRANDS),
    vendorSharePercent: fc.integer({ min: 0, max: 100 }),
  })
  .filter(
    ({ scope, kind }) =>
      !(kind === 'bogo' && scope === 'frontstore') && !(kind === 'free_shipping' && scope !== 'frontstore'),
  )
  .map(
    ({ inCategory, percentOff, amountOffCents, scope, kind, category, brand, ...rest }) =>
      aUsable({
        ...rest,
        scope,
        kind,
        category: scope === 'category' || (scope === 'brand' && inCategory) ? category : null,
        brand: scope === 'brand' ? brand : null,
        percentOff: kind === 'percent' ? percentOff / 100 : null,
        amountOffCents: kind === 'fixed' ? amountOffCents : null,
        funding: 'shared',
      }).coupon,
  );
const coupons = fc
  .array(coupon, { maxLength: 10 })
  .map((all): UsableCoupon[] =>
    all.map((each, i) => ({ userCouponId: `uc-${i}`, coupon: { ...each, code: `C${i}` } })),
  );
const shipping = fc.constantFrom(NO_SHIPPING, SHIPPING, { feeCents: 500, freeFromCents: null });

function check(
  law: (cart: PricedCart, given: { lines: CartLine[]; coupons: UsableCoupon[]; shipping: Shipping }) => void,
): void {
  fc.assert(
    fc.property(fc.record({ lines, coupons, shipping }), (given) =>
      law(priceCart(given.lines, given.coupons, given.shipping), given),
    ),
    { numRuns: 1_500 },
  );
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe('for every cart and every wallet', () => {
  test('the total is lines plus shipping minus discounts, in whole cents, and not negative', () => {
    check((cart) => {
      expect(cart.totalCents).toBe(cart.subtotalCents + cart.shippingCents - cart.discountCents);
      expect(cart.totalCents >= 0 && Number.isSafeInteger(cart.totalCents)).toBe(true);
    });
  });

  test('the discounts on the lines add up to the discounts of the coupons, to the cent', () => {
    check((cart) => {
      const of = (target: string) =>
        sum(cart.discounts.filter((d) => d.target === target).map((d) => d.amountCents));
      const [onLines, onBasket] = [
        sum(cart.lines.map((l) => l.lineDiscountCents)),
        sum(cart.lines.map((l) => l.orderDiscountCents)),
      ];
      expect([onLines, onBasket, sum(cart.discounts.map((d) => d.amountCents))]).toEqual([
        of('lines'),
        of('basket'),
        cart.discountCents,
      ]);
    });
  });

  test('no line costs less than nothing', () => {
    check((cart) => {
      expect(cart.lines.filter((l) => l.lineDiscountCents < 0 || l.orderDiscountCents < 0)).toEqual([]);
      expect(
        cart.lines.filter((l) => l.quantity * l.unitPriceCents < l.lineDiscountCents + l.orderDiscountCents),
      ).toEqual([]);
    });
  });

  test('every discount is real, used once, and at most one is a frontstore coupon', () => {
    check((cart, { coupons }) => {
      const scopes = cart.discounts.map(
        (d) => coupons.find((c) => c.userCouponId === d.userCouponId)!.coupon.scope,
      );
      expect([
        cart.discounts.every((d) => d.amountCents > 0),
        new Set(cart.discounts.map((d) => d.userCouponId)).size,
        scopes.filter((scope) => scope === 'frontstore').length <= 1,
      ]).toEqual([true, cart.discounts.length, true]);
    });
  });

  test('a line takes one line coupon at most: the most any single one could take off it', () => {
    check((cart, { lines, coupons }) => {
      const most = (line: CartLine): number =>
        Math.max(0, ...coupons.map(({ coupon }) => (coupon.kind === 'percent' ? coupon.percentOff! : 100))) *
        grossCents(line);
      const percentOnly = coupons.every(({ coupon }) => coupon.kind === 'percent');
      if (!percentOnly) return;
      // A cent of rounding: the discount is rounded on the sum of its lines, then split.
      expect(cart.lines.filter((line, i) => line.lineDiscountCents > most(lines[i]!) / 100 + 1)).toEqual([]);
    });
  });

  test('no coupon takes more than its cap, and vendors pay no more than was taken', () => {
    check((cart, { coupons }) => {
      const over = cart.discounts.filter((d) => {
        const { coupon } = coupons.find((c) => c.userCouponId === d.userCouponId)!;
        return (
          d.amountCents > (coupon.maxDiscountCents ?? Infinity) ||
          (coupon.kind === 'fixed' && d.amountCents > coupon.amountOffCents!)
        );
      });
      expect([over, cart.vendorFundedCents <= cart.discountCents]).toEqual([[], true]);
    });
  });

  test('the order in which coupons are given does not matter', () => {
    check((cart, given) => {
      expect(priceCart(given.lines, [...given.coupons].reverse(), given.shipping)).toEqual(cart);
    });
  });

  test('a single coupon never makes the cart dearer', () => {
    check((_, { lines, coupons, shipping }) => {
      const without = priceCart(lines, [], shipping).totalCents;
      for (const each of coupons)
        expect(priceCart(lines, [each], shipping).totalCents).toBeLessThanOrEqual(without);
    });
  });
});
