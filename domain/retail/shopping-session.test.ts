import fc from 'fast-check';
import { aCatalogIndex, aStore, aTrip, aUsable } from '../../tests/builders.ts';
import { planTrip } from './category-choice.ts';
import { unitsAtHome } from './household.ts';
import { viewWallet } from './offer-choice.ts';
import { chooseProduct, shelfOf } from './product-choice.ts';
import { visitDecision } from './visit-choice.ts';
import type { TripContext } from './choice-context.ts';
import type { ProductChoice } from './product-choice.ts';
import { householdAfter } from './shopping-day.ts';
import {
  abandonSession,
  addToCart,
  applyCoupon,
  browseProducts,
  completeCheckout,
  createSession,
  eventTimes,
  recordOf,
  removeFromCart,
  viewCoupon,
} from './shopping-session.ts';
import type { ShoppingSession } from './shopping-session.ts';
import { ShoppingEvent } from './shopping-event.ts';

const catalog = aCatalogIndex();
const trip = aTrip({ catalog });
const DAY_MS = 86_400_000;

function anEmptySession(context: TripContext = trip, startMinute = 600): ShoppingSession {
  return createSession(context, aStore(), startMinute, planTrip(context), visitDecision(context));
}

function aChoice(category = 'Milk', line = 0): ProductChoice {
  const shelf = catalog.categoryByName.get(category)!;
  return chooseProduct(trip, category, shelfOf(trip, shelf, []), line, new Set(), [])!;
}

/** A session with these categories in its cart. */
function aSession(...categories: string[]): ShoppingSession {
  return categories.map((category) => aChoice(category)).reduce(addToCart, anEmptySession());
}

const types = (session: ShoppingSession): string[] => session.events.map((event) => event.type);

describe('a session', () => {
  test('starts with the decision that led to it', () => {
    expect(types(anEmptySession())).toEqual(['decide_shop', 'session_started']);
  });

  test('looks at three products before it takes one, and it is one of the three', () => {
    const session = aSession('Milk');
    const seen = session.events.flatMap((event) => (event.type === 'view_product' ? [event.sku] : []));
    expect([seen.length, seen.includes(session.cart[0]!.sku)]).toEqual([3, true]);
  });

  test('records the choice set of every line, in order', () => {
    const session = aSession('Milk', 'Soap');
    const sets = session.events.flatMap((event) => (event.type === 'cart_add_item' ? [event.choiceSet] : []));
    expect([sets, session.choices.map((choice) => choice.category)]).toEqual([
      [1, 2],
      ['Milk', 'Soap'],
    ]);
  });

  test('never gives a line number twice, also after a line was put back', () => {
    const session = addToCart(removeFromCart(aSession('Milk', 'Soap'), 2), aChoice('Bread'));
    expect([...session.cart, ...session.removed].map((line) => line.lineNumber).sort()).toEqual([1, 2, 3]);
  });

  test('putting back a line that is not there changes nothing', () => {
    const session = aSession('Milk');
    expect(removeFromCart(session, 7)).toBe(session);
  });

  test('leaves the session before an action as it was', () => {
    const before = aSession('Milk');
    const copy = structuredClone(before.events);
    addToCart(before, aChoice('Soap'));
    expect(before.events).toEqual(copy);
  });
});

describe('coupons of a session', () => {
  test('are attached once, however often they are applied', () => {
    const wanted = [aUsable({ percentOff: 50 })];
    const once = applyCoupon(aSession('Milk'), wanted);
    expect(types(applyCoupon(once, wanted))).toEqual(types(once));
  });

  test('fall off, and that is said, when their line is put back', () => {
    const wanted = [aUsable({ percentOff: 50 })];
    const session = applyCoupon(removeFromCart(applyCoupon(aSession('Milk', 'Soap'), wanted), 1), wanted);
    expect([session.priced.discounts, session.events.at(-1)]).toEqual([
      [],
      { type: 'remove_coupon', userCouponId: 'user-coupon/C1', code: 'C1' },
    ]);
  });

  test('in a store pay no shipping, online the fee of the store', () => {
    const online = { ...aSession('Milk'), channel: 'online' as const };
    expect([
      applyCoupon(aSession('Milk'), []).priced.shippingCents,
      applyCoupon(online, []).priced.shippingCents,
    ]).toEqual([0, 495]);
  });
});

describe('the end of a session', () => {
  test('without a purchase is an abandoned cart, with the reason', () => {
    const { outcome, abandonReason } = abandonSession(aSession('Milk'), 'not_convinced');
    expect([outcome, abandonReason]).toEqual(['abandoned', 'not_convinced']);
  });

  test('with an empty cart is not an abandoned cart', () => {
    const { outcome, abandonReason, events } = abandonSession(anEmptySession(), 'not_convinced');
    expect([outcome, abandonReason, events.at(-1)]).toEqual([
      'empty_cart',
      'empty_cart',
      { type: 'cart_abandon', reason: 'empty_cart', lines: 0, valueCents: 0 },
    ]);
  });

  test('with a purchase says what it came to', () => {
    const session = completeCheckout(applyCoupon(aSession('Milk', 'Soap'), [aUsable({ percentOff: 50 })]));
    const { subtotalCents, discountCents, totalCents } = session.priced;
    expect(session.events.at(-1)).toMatchObject({
      type: 'checkout_complete',
      lines: 2,
      subtotalCents,
      discountCents,
      totalCents,
    });
  });

  test('without a purchase takes nothing home', () => {
    const household = householdAfter(trip, abandonSession(aSession('Milk'), 'not_convinced'));
    expect(household).toEqual({ ...trip.household, lastShopDay: 0 });
  });

  test('with a purchase takes every unit home', () => {
    const session = completeCheckout(applyCoupon(aSession('Milk'), []));
    const units = (household: typeof trip.household) => unitsAtHome(household, trip.profile, 'Milk', 0);
    expect(units(householdAfter(trip, session)) - units(trip.household)).toBeCloseTo(
      session.cart[0]!.quantity,
      12,
    );
  });
});

/** A session with `count` events, of which only the number matters. */
function withEvents(count: number, startMinute: number): ShoppingSession {
  const session = anEmptySession(trip, startMinute);
  return { ...session, events: Array.from({ length: count }, () => session.events[0]!) };
}

describe('the times of events', () => {
  test('rise strictly and stay inside the day, however many events and however late the start', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.integer({ min: 0, max: 23 * 60 + 59 }),
        fc.nat(1_000),
        (count, startMinute, day) => {
          const times = eventTimes({ ...trip, day }, withEvents(count, startMinute));
          expect([times.length, times.every((time, i) => i === 0 || time > times[i - 1]!)]).toEqual([
            count,
            true,
          ]);
          expect([
            times[0]! >= startMinute * 60_000,
            times.at(-1)! < DAY_MS,
            times.every(Number.isInteger),
          ]).toEqual([true, true, true]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('rise strictly also where a minute has more events than there is room for', () => {
    const times = eventTimes(trip, withEvents(30_000, 23 * 60 + 59));
    expect([times.every((time, i) => i === 0 || time > times[i - 1]!), times.at(-1)! < DAY_MS]).toEqual([
      true,
      true,
    ]);
  });

  test('begin with the start of the session', () => {
    expect(eventTimes(trip, withEvents(5, 600))[0]).toBe(600 * 60_000);
  });

  test('of a long session end within 90 minutes', () => {
    const times = eventTimes(trip, withEvents(2_000, 600));
    expect(times.at(-1)! - times[0]!).toBeLessThanOrEqual(90 * 60_000);
  });

  test('are 25 seconds apart on average', () => {
    const gaps = Array.from({ length: 300 }, (_, day) =>
      eventTimes({ ...trip, day }, withEvents(20, 600)),
    ).map((times) => (times.at(-1)! - times[0]!) / 19);
    expect(Math.abs(gaps.reduce((a, b) => a + b, 0) / gaps.length / 1_000 - 25)).toBeLessThan(2);
  });

  test('do not depend on the trip before', () => {
    expect(eventTimes({ ...trip, trip: 1 }, withEvents(20, 600))).not.toEqual(
      eventTimes(trip, withEvents(20, 600)),
    );
  });
});

describe('events', () => {
  const wallet = [{ ...aUsable(), assignedHours: 0, expiresHours: 336 }];
  const context = aTrip({
    catalog,
    wallet,
    persona: { couponAffinity: 1, techSavviness: 1, dealSeekingBehavior: 'extreme' },
  });
  const coupons = [aUsable({ percentOff: 50 })];
  const need = { category: 'Milk', mean: 0.4, draw: 0.9, lines: 1, isPrimary: true };
  const start = browseProducts(
    viewCoupon(anEmptySession(context), viewWallet(context), true),
    [need],
    'planned',
  );
  const filled = applyCoupon(
    ['Milk', 'Soap'].map((category) => aChoice(category)).reduce(addToCart, start),
    coupons,
  );
  const bought = completeCheckout(applyCoupon(removeFromCart(filled, 1), coupons));
  const left = abandonSession(filled, 'over_budget');

  test.each([...bought.events, ...left.events].map((event) => [event.type, event] as const))(
    'of type %s are what their schema says',
    (_, event) => {
      expect(ShoppingEvent.parse(event)).toEqual(event);
    },
  );

  test('survive JSON', () => {
    expect(JSON.parse(JSON.stringify(bought.events))).toEqual(bought.events);
  });

  test.each([
    ['of an unknown type', { type: 'cart_emptied' }],
    [
      'with a part of a cent',
      { type: 'apply_coupon', userCouponId: 'a', code: 'b', target: 'lines', amountCents: 0.5 },
    ],
    [
      'with a quantity of nothing',
      { ...bought.events.find((event) => event.type === 'cart_add_item'), quantity: 0 },
    ],
    ['with an unknown reason', { type: 'cart_abandon', reason: 'bored', lines: 1, valueCents: 1 }],
  ])('%s are refused', (_, event) => {
    expect(ShoppingEvent.safeParse(event).success).toBe(false);
  });

  test('a decision records both options, their probabilities, the draw, and what was chosen by it', () => {
    const record = recordOf(
      { probability: 0.3, draw: 0.5, isYes: false, terms: { base: 1 } },
      'open',
      'ignore',
    );
    expect(record).toEqual({
      options: ['open', 'ignore'],
      probabilities: [0.3, 0.7],
      draw: 0.5,
      chosen: 'ignore',
      terms: { base: 1 },
    });
  });
});
