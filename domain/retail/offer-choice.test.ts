import { aCartLine, aTrip, aUsable, aWalletCoupon } from '../../tests/builders.ts';
import type { ContextInput } from '../../tests/builders.ts';
import type { TripContext } from './choice-context.ts';
import { DEFAULT_CHOICE_PARAMETERS } from './choice-parameters.ts';
import { returnNeeds, viewWallet, wantedCoupons } from './offer-choice.ts';
import type { Persona } from './persona.ts';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The same shopper on many trips: only the luck differs. */
const trips = (count: number, given: ContextInput = {}): TripContext[] => {
  const first = aTrip(given);
  return range(count).map((trip) => ({ ...first, trip }));
};

describe('the wallet on a trip', () => {
  const wallet = range(30).map((i) => aWalletCoupon({ code: `C${i}` }));
  const views = (persona: Partial<Persona>, given: ContextInput = {}) =>
    trips(1_000, { wallet, ...given, persona: { couponAffinity: 1, ...persona } }).map(viewWallet);
  const openShare = (persona: Partial<Persona>): number =>
    mean(views(persona).map((view) => (view.open.isYes ? 1 : 0)));

  test('is the same whenever it is looked at', () => {
    const trip = aTrip({ wallet });
    expect(viewWallet(trip)).toEqual(viewWallet(trip));
  });

  test('is opened more by the tech-savvy and by deal seekers', () => {
    expect([
      openShare({ techSavviness: 1 }) > openShare({ techSavviness: 0 }),
      openShare({ dealSeekingBehavior: 'extreme' }) > openShare({ dealSeekingBehavior: 'passive' }),
    ]).toEqual([true, true]);
  });

  test('that is closed shows nothing', () => {
    const closed = views({ dealSeekingBehavior: 'passive' }).filter((view) => !view.open.isYes);
    expect([
      closed.length > 0,
      closed.flatMap((view) => view.coupons).filter((c) => c.isNoticed || c.isOpened || c.isWanted),
    ]).toEqual([true, []]);
  });

  test('holds nothing wanted for those who never use coupons', () => {
    expect(
      views({ couponAffinity: 0 })
        .flatMap((view) => view.coupons)
        .filter((coupon) => coupon.isWanted),
    ).toEqual([]);
  });

  test('holds nothing wanted among coupons that fit no product', () => {
    const useless = [
      aWalletCoupon({ category: 'Furniture' }),
      aWalletCoupon({ code: 'B', scope: 'brand', brand: 'Nobody', category: null }),
    ];
    expect(
      views({}, { wallet: useless })
        .flatMap((view) => view.coupons)
        .filter((coupon) => coupon.isWanted),
    ).toEqual([]);
  });

  test('lists the newest first, and the old are noticed less', () => {
    const mixed = [aWalletCoupon({ code: 'OLD' }), aWalletCoupon({ code: 'NEW' }, { assignedHours: 168 })];
    const view = viewWallet(
      aTrip({ wallet: mixed, day: 7, persona: { dealSeekingBehavior: 'extreme', techSavviness: 1 } }),
    );
    expect([
      view.coupons.map((c) => c.code),
      view.coupons[0]!.noticeProbability >= view.coupons[1]!.noticeProbability,
    ]).toEqual([['NEW', 'OLD'], true]);
  });

  test('what is wanted was noticed and opened', () => {
    const coupons = views({ dealSeekingBehavior: 'extreme' }).flatMap((view) => view.coupons);
    expect(coupons.filter((c) => (c.isWanted && !c.isOpened) || (c.isOpened && !c.isNoticed))).toEqual([]);
  });

  test('one coupon more changes nothing about the others', () => {
    const persona = { couponAffinity: 1, dealSeekingBehavior: 'extreme' } as const;
    const [few, more] = [wallet, [...wallet, aWalletCoupon({ code: 'Z' })]].map((each) =>
      trips(50, { wallet: each, persona }).map((trip) =>
        wantedCoupons(each, viewWallet(trip))
          .map((c) => c.coupon.code)
          .filter((code) => code !== 'Z'),
      ),
    );
    expect(more).toEqual(few);
  });

  test('gives the same wanted coupons in the same order, in whatever order it was read', () => {
    const parameters = { ...DEFAULT_CHOICE_PARAMETERS, openWallet: 50, noticeCoupon: 1, useCoupon: 1 };
    const wanted = (entries: typeof wallet) => {
      const trip = aTrip({ wallet: entries, parameters, persona: { couponAffinity: 1 } });
      return wantedCoupons(trip.wallet, viewWallet(trip)).map(({ coupon }) => coupon.code);
    };
    expect(wanted(wallet).length).toBeGreaterThan(3);
    expect(wanted([...wallet].reverse())).toEqual(wanted(wallet));
  });
});

describe('the return to the shelves', () => {
  const needs = (cart: ReturnType<typeof aCartLine>[], wanted: ReturnType<typeof aUsable>[]) =>
    trips(400).flatMap((trip) => returnNeeds(trip, cart, wanted));

  test('is now and then for a wanted coupon that fits nothing in the cart', () => {
    const all = needs([aCartLine({ category: 'Soap' })], [aUsable()]);
    // 1 - e^-0.8 of the trips.
    expect([
      all.every((need) => need.category === 'Milk' && need.lines === 1),
      Math.abs(all.length / 400 - 0.55) < 0.08,
    ]).toEqual([true, true]);
  });

  test('is not for a coupon that fits the cart', () => {
    expect(needs([aCartLine({ category: 'Milk' })], [aUsable()])).toEqual([]);
  });

  test.each([
    [750, true],
    [699, false],
    [1_000, false],
  ])('with a cart of %d cents fills up to a minimum of 1000: %p', (unitPriceCents, isFilledUp) => {
    const basket = aUsable({ scope: 'frontstore', category: null, minSpendCents: 1_000 });
    expect(needs([aCartLine({ unitPriceCents })], [basket]).length > 0).toBe(isFilledUp);
  });

  test('does not count excluded brands towards the minimum', () => {
    const basket = aUsable({
      scope: 'frontstore',
      category: null,
      minSpendCents: 1_000,
      excludedBrands: ['Acme'],
    });
    expect(needs([aCartLine({ brand: 'Acme', unitPriceCents: 750 })], [basket])).toEqual([]);
  });
});
