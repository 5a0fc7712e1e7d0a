import fc from 'fast-check';
import { aCatalogIndex, aCoupon } from '../../tests/builders.ts';
import { RandomKey } from '../random.ts';
import { isBudgeted, offeredCoupon, withheldOn } from './daily-limits.ts';
import type { HeldCoupon, SharedLimits } from './daily-limits.ts';
import { mostDiscountCents } from './coupon-depth.ts';
import { OfferPolicy } from './offer-policy.ts';

const catalog = aCatalogIndex();
const ROOT = RandomKey.of('limits');

function limitsOf(given: Partial<SharedLimits> = {}): SharedLimits {
  return {
    policy: OfferPolicy.parse('random'),
    catalog,
    campaignBudgets: new Map(),
    redeemed: new Map(),
    spentCents: new Map(),
    ...given,
  };
}

function holders(count: number, coupon = aCoupon({ maxDiscountCents: 100 })): HeldCoupon[] {
  return Array.from({ length: count }, (_, i) => ({
    agentId: `a${i}`,
    userCouponId: `a${i}/${coupon.code}`,
    coupon,
  }));
}

test('without limits and budgets nothing is withheld', () => {
  expect(withheldOn(0, holders(5), limitsOf(), ROOT)).toEqual([]);
});

test('what is set aside never exceeds what is left of the campaign and of the policy', () => {
  fc.assert(
    fc.property(
      fc.nat(3000),
      fc.nat(3000),
      fc.nat(2000),
      fc.integer({ min: 0, max: 40 }),
      (campaign, policy, spent, count) => {
        const limits = limitsOf({
          policy: OfferPolicy.parse({ type: 'random', budgetCents: policy + 1 }),
          campaignBudgets: new Map([['PANTRY', campaign]]),
          spentCents: new Map([['PANTRY', spent]]),
        });
        const all = [
          ...holders(count, aCoupon({ code: 'A', campaignCode: 'PANTRY', maxDiscountCents: 130 })),
          ...holders(count, aCoupon({ code: 'B', campaignCode: 'OTHER', maxDiscountCents: 70 })),
        ];
        const withheld = new Set(withheldOn(3, all, limits, ROOT));
        const aside = (code: string): number =>
          all
            .filter(({ coupon, userCouponId }) => coupon.code === code && !withheld.has(userCouponId))
            .reduce((sum, { coupon }) => sum + mostDiscountCents(coupon, catalog), 0);
        expect(aside('A')).toBeLessThanOrEqual(Math.max(0, campaign - spent));
        expect(aside('A') + aside('B')).toBeLessThanOrEqual(Math.max(0, policy + 1 - spent));
      },
    ),
  );
});

test('all that fits is given: one more holder would pass the budget', () => {
  const limits = limitsOf({ policy: OfferPolicy.parse({ type: 'random', budgetCents: 1050 }) });
  expect(withheldOn(0, holders(25), limits, ROOT)).toHaveLength(15);
});

test('who is lucky changes from day to day, and does not depend on the order of the holders', () => {
  const limits = limitsOf({ policy: OfferPolicy.parse({ type: 'random', budgetCents: 500 }) });
  const all = holders(20);
  const on = (day: number, held = all): string[] => withheldOn(day, held, limits, ROOT).sort();
  expect(on(0, [...all].reverse())).toEqual(on(0));
  expect(on(1)).not.toEqual(on(0));
});

test('a coupon that a budget pays for cannot take off more than what is set aside', () => {
  const open = aCoupon({ kind: 'percent', percentOff: 50, maxDiscountCents: null, campaignCode: 'PANTRY' });
  const limits = limitsOf({ campaignBudgets: new Map([['PANTRY', 1000]]) });
  expect(isBudgeted(open, limits)).toBe(true);
  expect(offeredCoupon(open, limits).maxDiscountCents).toBe(mostDiscountCents(open, catalog));
  expect(offeredCoupon(open, limitsOf())).toBe(open);
});
