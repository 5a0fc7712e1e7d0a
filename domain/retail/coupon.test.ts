import { aCoupon } from '../../tests/builders.ts';
import { Campaign, Coupon } from './coupon.ts';

/** Paths of what is wrong with a coupon. */
function complaints(given: object): string[] {
  const result = Coupon.safeParse({ ...aCoupon(), ...given });
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join('.'));
}

describe('a coupon', () => {
  test.each([
    ['ten percent off a category', {}],
    [
      'an amount off a brand',
      { scope: 'brand', brand: 'Acme', category: null, kind: 'fixed', percentOff: null, amountOffCents: 50 },
    ],
    ['a brand inside a category', { scope: 'brand', brand: 'Acme', category: 'Milk' }],
    ['buy one, get one', { kind: 'bogo', percentOff: null }],
    ['free shipping', { scope: 'frontstore', kind: 'free_shipping', category: null, percentOff: null }],
    ['paid by the vendor', { funding: 'vendor', vendorSharePercent: 100 }],
    ['shared', { funding: 'shared', vendorSharePercent: 37.5 }],
  ])('of %s is fine', (_, given) => {
    expect(complaints(given)).toEqual([]);
  });

  test.each([
    ['a percentage of nothing', { percentOff: null }, 'percentOff'],
    ['a percentage of 0', { percentOff: 0 }, 'percentOff'],
    ['more than everything', { percentOff: 100.5 }, 'percentOff'],
    ['a percentage and an amount', { amountOffCents: 100 }, 'amountOffCents'],
    ['an amount that is none', { kind: 'fixed', percentOff: null, amountOffCents: null }, 'amountOffCents'],
    [
      'an amount in fractions of a cent',
      { kind: 'fixed', percentOff: null, amountOffCents: 0.5 },
      'amountOffCents',
    ],
    [
      'bogo on the whole basket',
      { scope: 'frontstore', category: null, kind: 'bogo', percentOff: null },
      'kind',
    ],
    ['free shipping of a category', { kind: 'free_shipping', percentOff: null }, 'kind'],
    ['no category', { category: null }, 'category'],
    ['no brand', { scope: 'brand', category: null }, 'brand'],
    ['a brand on a category coupon', { brand: 'Acme' }, 'brand'],
    ['a category on a frontstore coupon', { scope: 'frontstore' }, 'category'],
    ['a vendor that pays for the retailer', { vendorSharePercent: 50 }, 'vendorSharePercent'],
    [
      'a vendor that pays half of its own',
      { funding: 'vendor', vendorSharePercent: 50 },
      'vendorSharePercent',
    ],
    ['a negative minimum', { minSpendCents: -1 }, 'minSpendCents'],
    ['a cap of 0', { maxDiscountCents: 0 }, 'maxDiscountCents'],
    ['a code that is a path', { code: '../x' }, 'code'],
    ['an unknown scope', { scope: 'store' }, 'scope'],
  ])('of %s is refused, by the name of the field', (_, given, field) => {
    expect(complaints(given)).toContain(field);
  });
});

test.each([
  [{ budgetCents: 0 }, false],
  [{ budgetCents: null }, true],
  [{ budgetCents: 100_00 }, true],
  [{ name: '' }, false],
])('a campaign with %j is accepted: %p', (given, isAccepted) => {
  expect(Campaign.safeParse({ code: 'spring', name: 'Spring', budgetCents: null, ...given }).success).toBe(
    isAccepted,
  );
});
