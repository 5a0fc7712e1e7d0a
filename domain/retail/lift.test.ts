import fc from 'fast-check';
import { LIFT_PARTS, splitLift } from './lift.ts';
import type { Lift, Purchase } from './lift.ts';

function bought(sku: string, week: number, units: number, couponUnits = 0): Purchase {
  return { agentId: 'a1', category: 'Milk', sku, week, units, couponUnits, couponCents: 150 * couponUnits };
}

const unitsOf = ({ parts }: Lift): Record<string, number> =>
  Object.fromEntries(
    LIFT_PARTS.flatMap((part) => (parts[part].units === 0 ? [] : [[part, parts[part].units]])),
  );

test.each<[string, Purchase[], Purchase[], Record<string, number>]>([
  ['the same product in the same week', [bought('m1', 0, 2)], [bought('m1', 0, 2, 2)], { subsidised: 2 }],
  ['another product of the category', [bought('m1', 0, 2)], [bought('m2', 0, 2, 2)], { switched: 2 }],
  [
    'one more now, one less two weeks later',
    [bought('m1', 2, 1)],
    [bought('m1', 0, 1, 1)],
    { pulledForward: 1 },
  ],
  ['one more, and nothing less', [], [bought('m1', 0, 1, 1)], { incremental: 1 }],
  ['one less long after', [bought('m1', 9, 1)], [bought('m1', 0, 1, 1)], { incremental: 1 }],
  ['one less before', [bought('m1', 0, 1)], [bought('m1', 2, 1, 1)], { incremental: 1 }],
  [
    'two with a coupon instead of one of another kind',
    [bought('m2', 0, 1)],
    [bought('m1', 0, 2, 2)],
    { switched: 1, incremental: 1 },
  ],
  [
    'the other product is bought as well as before',
    [bought('m2', 0, 1)],
    [bought('m2', 0, 1), bought('m1', 0, 1, 1)],
    { incremental: 1 },
  ],
  [
    'one that is missing stands for one purchase only',
    [bought('m1', 3, 1)],
    [bought('m1', 0, 1, 1), bought('m1', 1, 1, 1)],
    { pulledForward: 1, incremental: 1 },
  ],
  ['without a coupon nothing is split', [], [bought('m1', 0, 3)], {}],
])('%s', (_name, a, b, expected) => {
  expect(unitsOf(splitLift(a, b, 12))).toEqual(expected);
});

const purchases = fc.array(
  fc.record({
    agentId: fc.constantFrom('a1', 'a2'),
    category: fc.constantFrom('Milk', 'Bread'),
    sku: fc.constantFrom('x', 'y', 'z'),
    week: fc.nat(5),
    units: fc.integer({ min: 1, max: 4 }),
    couponUnits: fc.nat(4),
    couponCents: fc.nat(900),
  }),
  { maxLength: 25 },
);

test('the parts add up to what was bought with coupons, in units and in money, and none is negative', () => {
  fc.assert(
    fc.property(purchases, purchases, (a, given) => {
      const b = given.map((purchase) => {
        const couponUnits = Math.min(purchase.units, purchase.couponUnits);
        return { ...purchase, couponUnits, couponCents: couponUnits === 0 ? 0 : purchase.couponCents };
      });
      const { parts, netUnits } = splitLift(a, b, 6);
      const sum = (of: 'units' | 'cents'): number =>
        LIFT_PARTS.reduce((total, part) => total + parts[part][of], 0);
      expect(sum('units')).toBe(b.reduce((total, { couponUnits }) => total + couponUnits, 0));
      expect(sum('cents')).toBeCloseTo(
        b.reduce((total, { couponCents }) => total + couponCents, 0),
        6,
      );
      expect(Math.min(...LIFT_PARTS.map((part) => parts[part].units))).toBeGreaterThanOrEqual(0);
      const units = (of: readonly Purchase[]): number => of.reduce((total, p) => total + p.units, 0);
      expect(netUnits).toBe(units(b) - units(a));
    }),
  );
});

test('equal arms: everything with a coupon is subsidised', () => {
  fc.assert(
    fc.property(purchases, (given) => {
      const arm = given.map((purchase) => ({
        ...purchase,
        couponUnits: Math.min(purchase.units, purchase.couponUnits),
      }));
      const { parts } = splitLift(arm, arm, 6);
      expect([parts.incremental.units, parts.switched.units, parts.pulledForward.units]).toEqual([0, 0, 0]);
    }),
  );
});
