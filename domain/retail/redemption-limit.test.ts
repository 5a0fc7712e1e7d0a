import fc from 'fast-check';
import { RandomKey } from '../random.ts';
import { withholdCoupons } from './redemption-limit.ts';
import type { LimitHolder } from './redemption-limit.ts';

const ROOT = RandomKey.of('1');
const DAY = 3;

/** Holders of one coupon each, named after their agents. */
function someHolders(...agentIds: readonly string[]): LimitHolder[] {
  return agentIds.map((agentId) => ({ agentId, userCouponId: `coupon of ${agentId}` }));
}

function manyHolders(count: number): LimitHolder[] {
  return someHolders(...Array.from({ length: count }, (_, i) => `agent_${i + 1}`));
}

/** User coupons that may be used. */
function allowedOf(left: number, holders: readonly LimitHolder[], day = DAY, code = 'C1'): string[] {
  const withheld = new Set(withholdCoupons(code, left, holders, day, ROOT));
  return holders.map((holder) => holder.userCouponId).filter((id) => !withheld.has(id));
}

const holders = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 40 })
  .map((agentIds) => someHolders(...agentIds));
const left = fc.nat({ max: 50 });
const day = fc.nat({ max: 3_660 });

describe('for any holders, on any day,', () => {
  test('as many may use the coupon as redemptions are left, or all when there are fewer holders', () => {
    fc.assert(
      fc.property(left, holders, day, (redemptions, all, date) => {
        expect(allowedOf(redemptions, all, date)).toHaveLength(Math.min(redemptions, all.length));
      }),
    );
  });

  test('only what somebody holds is withheld, and nothing twice', () => {
    fc.assert(
      fc.property(left, holders, day, (redemptions, all, date) => {
        const withheld = withholdCoupons('C1', redemptions, all, date, ROOT);

        const held = new Set(all.map((holder) => holder.userCouponId));
        expect([new Set(withheld).size, withheld.every((id) => held.has(id))]).toEqual([
          withheld.length,
          true,
        ]);
      }),
    );
  });

  test('the order in which holders are listed does not matter', () => {
    const shuffled = holders.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
    );
    fc.assert(
      fc.property(left, shuffled, day, (redemptions, [all, others], date) => {
        expect(withholdCoupons('C1', redemptions, others, date, ROOT)).toEqual(
          withholdCoupons('C1', redemptions, all, date, ROOT),
        );
      }),
    );
  });

  test('doing it again gives the same', () => {
    fc.assert(
      fc.property(left, holders, day, (redemptions, all, date) => {
        expect(withholdCoupons('C1', redemptions, all, date, ROOT)).toEqual(
          withholdCoupons('C1', redemptions, all, date, ROOT),
        );
      }),
    );
  });

  test('one redemption more lets the same holders use it, and at most one more', () => {
    fc.assert(
      fc.property(left, holders, day, (redemptions, all, date) => {
        const more = new Set(allowedOf(redemptions + 1, all, date));

        expect(allowedOf(redemptions, all, date).filter((id) => !more.has(id))).toEqual([]);
      }),
    );
  });

  test('one holder more takes the coupon from nobody but at most one, and gives it to none of the others', () => {
    fc.assert(
      fc.property(left, holders, day, (redemptions, all, date) => {
        const some = all.slice(1);
        const before = allowedOf(redemptions, some, date);
        const after = new Set(allowedOf(redemptions, all, date));

        const lost = before.filter((id) => !after.has(id)).length;
        const gained = some.filter(({ userCouponId: id }) => after.has(id) && !before.includes(id)).length;
        expect([lost <= 1, gained]).toEqual([true, 0]);
      }),
    );
  });
});

test('with nothing left everybody goes without', () => {
  expect(allowedOf(0, manyHolders(5))).toEqual([]);
});

test('without a holder nothing is withheld', () => {
  expect(withholdCoupons('C1', 0, [], DAY, ROOT)).toEqual([]);
});

test('another day draws anew', () => {
  const all = manyHolders(100);
  const days = Array.from({ length: 10 }, (_, i) => allowedOf(10, all, i).join());

  expect(new Set(days).size).toBe(10);
});

test('another coupon draws anew', () => {
  const all = manyHolders(100);

  expect(allowedOf(10, all, DAY, 'C1')).not.toEqual(allowedOf(10, all, DAY, 'C2'));
});

test('another seed draws anew', () => {
  const all = manyHolders(100);

  expect(withholdCoupons('C1', 10, all, DAY, RandomKey.of('2'))).not.toEqual(
    withholdCoupons('C1', 10, all, DAY, ROOT),
  );
});

test('over many days everybody is as lucky as the others', () => {
  const all = manyHolders(20);
  const days = 2_000;
  const lucky = new Map(all.map((holder) => [holder.userCouponId, 0]));
  for (let date = 0; date < days; date++)
    for (const id of allowedOf(5, all, date)) lucky.set(id, lucky.get(id)! + 1);

  // Binomial with p = 1/4: 500 days, standard deviation 19.4.
  const far = [...lucky.values()].filter((count) => Math.abs(count - days / 4) > 4.5 * 19.4);
  expect(far).toEqual([]);
});

test('two of the same coupon in one wallet are two holders', () => {
  const twice = ['one', 'other'].map((userCouponId) => ({ agentId: 'agent_001', userCouponId }));

  expect([0, 1, 2].map((redemptions) => allowedOf(redemptions, twice).length)).toEqual([0, 1, 2]);
});
