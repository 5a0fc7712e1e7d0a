import { aDay, aTrip, aWalletCoupon } from '../../tests/builders.ts';
import { inThreeSeeds, shopInMemory } from '../../tests/small-shop.ts';
import type { DirectSession } from '../../graphs/retail/direct-simulation.ts';
import { DEFAULT_CHOICE_PARAMETERS } from './choice-parameters.ts';
import { afterOffers, attention, unusedLately } from './offer-fatigue.ts';
import { viewWallet } from './offer-choice.ts';

const ON = { ...DEFAULT_CHOICE_PARAMETERS, offerFatigue: 0.02 };
const { household } = aDay();
const tired = afterOffers(household, 30, 10, ON);

describe('a household', () => {
  test('that was shown coupons and did not use them notices fewer', () => {
    expect([attention(household, 10, ON), attention(tired, 10, ON)]).toEqual([
      1,
      expect.closeTo(Math.exp(-0.6), 12),
    ]);
  });

  test('gets more tired with each look', () => {
    expect(unusedLately(afterOffers(tired, 30, 11, ON), 11, ON)).toBeCloseTo(30 + 30 * Math.exp(-1 / 14), 10);
  });

  test('recovers by 1/e in offerFatigueDays, and in the end wholly', () => {
    expect(unusedLately(tired, 24, ON)).toBeCloseTo(30 / Math.E, 10);
    expect(attention(tired, 10 + 365, ON)).toBeCloseTo(1, 8);
  });

  test('sees its fatigue in the recorded probability of noticing a coupon', () => {
    const trip = aTrip({
      parameters: { ...ON, openWallet: 50 },
      wallet: [aWalletCoupon()],
      day: 10,
    });
    const [fresh, weary] = [household, tired].map(
      (each) => viewWallet({ ...trip, household: each }).coupons[0]!,
    );
    expect(weary!.noticeProbability / fresh!.noticeProbability).toBeCloseTo(Math.exp(-0.6), 10);
  });
});

describe('in simulated weeks', () => {
  const noticed = (sessions: readonly DirectSession[]): number =>
    sessions.reduce(
      (sum, { session }) => sum + session.walletView!.coupons.filter((coupon) => coupon.isNoticed).length,
      0,
    );
  const redeemed = (sessions: readonly DirectSession[]): number =>
    sessions.reduce((sum, { session }) => sum + session.priced.discounts.length, 0);

  test.each([
    ['noticed', noticed],
    ['redeemed', redeemed],
  ])('fewer coupons are %s when it is on, in every seed', async (_, metric) => {
    const values = await inThreeSeeds(metric, {}, { offerFatigue: 0.05 });
    expect({ values, isLess: values.every(({ off, on }) => on < off) }).toEqual({ values, isLess: true });
  });

  test('nothing is kept and nothing changes when it is off, however long fatigue would last', async () => {
    expect(await shopInMemory({ choice: { offerFatigueDays: 500 } })).toEqual(await shopInMemory());
    expect(afterOffers(household, 30, 10, DEFAULT_CHOICE_PARAMETERS)).toBe(household);
  });
});
