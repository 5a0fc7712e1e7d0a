import { AgentFailure } from '../../domain/errors.ts';
import { rulesPolicy } from '../../domain/retail/policy.ts';
import type { ShoppingPolicy } from '../../domain/retail/policy.ts';
import type { BinaryDecision, TripContext } from '../../domain/retail/choice-context.ts';
import { DEFAULT_CHOICE_PARAMETERS } from '../../domain/retail/choice-parameters.ts';
import { ShoppingEvent } from '../../domain/retail/shopping-event.ts';
import type { ShoppingSession } from '../../domain/retail/shopping-session.ts';
import { aCatalogIndex, aTrip, aWalletCoupon } from '../../tests/builders.ts';
import type { ContextInput } from '../../tests/builders.ts';
import { walkTrips } from './direct-simulation.ts';
import { liveShoppingDay } from './shopping-day.ts';
import { createShoppingGraph } from './shopping-graph.ts';
import { startTrip } from './shopping-state.ts';
import type { ShoppingState } from './shopping-state.ts';

const NO_TRACE = { callbacks: [], metadata: {} };
const YES: BinaryDecision = { probability: 1, draw: 0.5, isYes: true, terms: {} };
const NO: BinaryDecision = { probability: 0, draw: 0.5, isYes: false, terms: {} };

const catalog = aCatalogIndex({ productsEach: 20 });
const wallet = [
  aWalletCoupon({ code: 'HALF', percentOff: 50 }),
  aWalletCoupon({ code: 'BOGO', kind: 'bogo', category: 'Soap' }),
  aWalletCoupon({ code: 'BASKET', scope: 'frontstore', minSpendCents: 2_000, percentOff: 20 }),
  aWalletCoupon({ code: 'BRAND', scope: 'brand', brand: 'Acme', percentOff: 30 }),
];

/** A shopper who likes coupons, on many days. */
function manyTrips(count: number, given: ContextInput = {}): TripContext[] {
  const persona = {
    couponAffinity: 1,
    dealSeekingBehavior: 'active_hunter',
    visitRate: 0.6,
    ...given.persona,
  } as const;
  const first = aTrip({ catalog, wallet, ...given, persona });
  return Array.from({ length: count }, (_, day) => ({ ...first, day }));
}

const yesMan: ShoppingPolicy = { ...rulesPolicy, decideShop: () => YES, decideCheckout: () => YES };

function aPolicy(given: Partial<ShoppingPolicy>): ShoppingPolicy {
  return { ...yesMan, ...given };
}

async function shop(
  given: {
    policy?: ShoppingPolicy;
    profile?: 'browse' | 'full';
    returnToShelves?: boolean;
    context?: TripContext;
  } = {},
): Promise<ShoppingState> {
  const {
    policy = yesMan,
    profile = 'full',
    returnToShelves = true,
    context = aTrip({ catalog, wallet }),
  } = given;
  return createShoppingGraph({ policy, profile, returnToShelves })(startTrip(context, 600), NO_TRACE);
}

const typesOf = (session: ShoppingSession): string[] => session.events.map((event) => event.type);

describe('the rules on many trips', () => {
  const options = { policy: rulesPolicy, profile: 'full', returnToShelves: true } as const;
  const contexts = [
    ...manyTrips(250),
    ...manyTrips(150, { channel: 'online' }),
    ...manyTrips(100, { persona: { weeklyBudgetCents: 5_00, priceSensitivity: 1 } }),
  ];
  let walked: ShoppingState[];
  let run: ShoppingState[];

  beforeAll(async () => {
    const [walk, graph] = [walkTrips(options), createShoppingGraph(options)];
    walked = await Promise.all(contexts.map((context) => walk(startTrip(context, 600), NO_TRACE)));
    run = await Promise.all(contexts.map((context) => graph(startTrip(context, 600), NO_TRACE)));
  });

  test('the graph and the plain walk through its nodes give the same sessions', () => {
    expect(run.map((state) => state.session)).toEqual(walked.map((state) => state.session));
  });

  test('trips that run at the same time do not touch each other', async () => {
    const graph = createShoppingGraph(options);
    for (const i of [0, 3, 251, 420]) {
      const alone = await graph(startTrip(contexts[i]!, 600), NO_TRACE);
      expect(alone.session).toEqual(run[i]!.session);
    }
  });

  test('both exits of decide_shop occur', () => {
    expect(new Set(run.map((state) => state.session !== null))).toEqual(new Set([true, false]));
  });

  test('both outcomes of decide_checkout occur', () => {
    expect(new Set(run.flatMap((state) => (state.session === null ? [] : [state.session.outcome])))).toEqual(
      new Set(['completed', 'abandoned']),
    );
  });

  test('the return to the shelves occurs, and no trip takes it twice', () => {
    const browsed = run.flatMap((state) =>
      state.session === null
        ? []
        : [typesOf(state.session).filter((type) => type === 'browse_products').length],
    );
    expect(new Set(browsed)).toEqual(new Set([1, 2]));
  });

  test('the wallet is looked at before the shelves on some trips, after them on others, and once on each', () => {
    const views = run.flatMap((state) =>
      state.session === null ? [] : [state.session.events.filter((event) => event.type === 'view_coupons')],
    );
    expect([
      new Set(views.map((all) => all.length)),
      new Set(views.map((all) => all[0]!.isBeforeShelves)),
    ]).toEqual([new Set([1]), new Set([true, false])]);
  });

  test('every event is what its schema says', () => {
    const events = run.flatMap((state) => state.session?.events ?? []);
    expect(events.filter((event) => !ShoppingEvent.safeParse(event).success)).toEqual([]);
  });

  test('every session ends with its outcome, and nothing is left open', () => {
    const last = run.flatMap((state) =>
      state.session === null ? [] : [`${state.session.outcome} ${state.session.events.at(-1)!.type}`],
    );
    expect(new Set(last)).toEqual(new Set(['completed checkout_complete', 'abandoned cart_abandon']));
  });

  test('what is bought is what was added and not put back', () => {
    const wrong = run.filter(({ session }) => {
      if (session?.outcome !== 'completed') return false;
      const numbers = (type: 'cart_add_item' | 'cart_remove_item') =>
        session.events.flatMap((event) => (event.type === type ? [event.lineNumber] : []));
      const removed = new Set(numbers('cart_remove_item'));
      return (
        numbers('cart_add_item')
          .filter((number) => !removed.has(number))
          .join() !== session.priced.lines.map((line) => line.lineNumber).join()
      );
    });
    expect(wrong).toEqual([]);
  });

  test('coupons that are used were in the wallet and wanted', () => {
    const unwanted = run.flatMap(({ session }) => {
      const wanted = new Set(
        session?.walletView?.coupons.filter((coupon) => coupon.isWanted).map((coupon) => coupon.userCouponId),
      );
      return session?.priced.discounts.filter((discount) => !wanted.has(discount.userCouponId)) ?? [];
    });
    expect(unwanted).toEqual([]);
  });
});

describe('one trip', () => {
  test('visits the nodes in the order of the seed', async () => {
    const session = (await shop()).session!;
    const order = typesOf(session).filter(
      (type) =>
        !['view_product', 'cart_add_item', 'view_coupon', 'apply_coupon', 'session_started'].includes(type),
    );
    expect(order).toEqual([
      'decide_shop',
      'browse_products',
      'view_coupons',
      'decide_checkout',
      'checkout_complete',
    ]);
  });

  test('ends at once when the shopper does not want to shop', async () => {
    const state = await shop({ policy: aPolicy({ decideShop: () => NO }) });
    expect([state.session, state.isShopping]).toEqual([null, false]);
  });

  test('asks the policy about the trip once, and records that answer', async () => {
    let asked = 0;
    const decideShop = (): BinaryDecision => ({ ...YES, draw: (asked += 1) / 10 });
    const { session } = await shop({ policy: aPolicy({ decideShop }) });
    expect([asked, session!.events[0]]).toMatchObject([1, { type: 'decide_shop', decision: { draw: 0.1 } }]);
  });

  test('without anything wanted ends with an empty cart, and checkout is not asked', async () => {
    const policy = aPolicy({
      browse: (context) => ({
        ...(rulesPolicy.browse(context) as Awaited<ReturnType<ShoppingPolicy['browse']>>),
        needs: [],
      }),
      decideCheckout: () => {
        throw new Error('asked about an empty cart');
      },
    });
    const { session } = await shop({ policy, context: aTrip({ catalog }) });
    expect(session!.outcome).toBe('empty_cart');
  });

  test('goes back to the shelves once, even for a policy that always finds more to want', async () => {
    const more = { category: 'Milk', mean: 1, draw: 0.5, lines: 1, isPrimary: false };
    const policy = aPolicy({
      viewCoupons: (context, cart) => ({
        ...(rulesPolicy.viewCoupons(context, cart) as Awaited<ReturnType<ShoppingPolicy['viewCoupons']>>),
        needs: [more],
      }),
    });
    const reasons = (await shop({ policy })).session!.events.flatMap((event) =>
      event.type === 'browse_products' ? [event.reason] : [],
    );
    expect(reasons).toEqual(['planned', 'offers']);
  });

  test('does not go back where that is switched off', async () => {
    const sessions = await Promise.all(
      manyTrips(60).map((context) => shop({ context, returnToShelves: false })),
    );
    expect(
      sessions
        .flatMap(({ session }) => session!.events)
        .filter((event) => event.type === 'browse_products' && event.reason === 'offers'),
    ).toEqual([]);
  });
});

describe('a coupon that nobody can use', () => {
  test('changes no basket of those who hold it', async () => {
    const useless = [
      aWalletCoupon({ code: 'AAA', category: 'Furniture', percentOff: 100 }, { assignedHours: 1 }),
      aWalletCoupon({ code: 'BBB', scope: 'brand', brand: 'Nobody', percentOff: 100 }, { assignedHours: 1 }),
    ];
    const contexts = manyTrips(150);
    const baskets = async (more: typeof useless): Promise<unknown[]> => {
      const trips = contexts.map((context) =>
        shop({ context: { ...context, wallet: [...more, ...context.wallet] }, policy: rulesPolicy }),
      );
      return (await Promise.all(trips)).map(({ session }) => session && [session.outcome, session.priced]);
    };
    expect(await baskets(useless)).toEqual(await baskets([]));
  });
});

describe('a policy that takes its time', () => {
  test('gives the same session as one that answers at once', async () => {
    const later: ShoppingPolicy = {
      decideShop: async (...question) => rulesPolicy.decideShop(...question),
      browse: async (...question) => rulesPolicy.browse(...question),
      chooseProducts: async (...question) => rulesPolicy.chooseProducts(...question),
      viewCoupons: async (...question) => rulesPolicy.viewCoupons(...question),
      putBack: async (...question) => rulesPolicy.putBack(...question),
      decideCheckout: async (...question) => rulesPolicy.decideCheckout(...question),
    };
    const contexts = manyTrips(30);
    const [slow, fast] = await Promise.all(
      [later, rulesPolicy].map((policy) => Promise.all(contexts.map((context) => shop({ policy, context })))),
    );
    expect(slow!.map((state) => state.session)).toEqual(fast!.map((state) => state.session));
  });
});

describe('a policy at fault', () => {
  test.each(['decideShop', 'browse', 'chooseProducts', 'viewCoupons', 'putBack', 'decideCheckout'] as const)(
    'that throws in %s fails the trip with its own error',
    async (question) => {
      const fail = (): never => {
        throw new AgentFailure(`cannot ${question}`);
      };
      await expect(shop({ policy: aPolicy({ [question]: fail }) })).rejects.toThrow(
        new AgentFailure(`cannot ${question}`),
      );
    },
  );

  test('that throws an AgentFailure is told apart from other failures', async () => {
    const failure = shop({ policy: aPolicy({ browse: () => Promise.reject(new AgentFailure('no idea')) }) });
    await expect(failure).rejects.toMatchObject({ code: 'agent_failure' });
  });

  const nonsense: [string, Partial<BinaryDecision>][] = [
    ['probability NaN', { probability: NaN }],
    ['probability -0.1', { probability: -0.1 }],
    ['probability 1.1', { probability: 1.1 }],
    ['probability Infinity', { probability: Infinity }],
    ['draw NaN', { draw: NaN }],
    ['draw 1', { draw: 1 }],
  ];

  test.each(nonsense)('that answers decide_shop with %s fails the trip', async (_, answer) => {
    await expect(
      shop({ policy: aPolicy({ decideShop: () => ({ ...YES, ...answer }) }) }),
    ).rejects.toBeInstanceOf(AgentFailure);
  });

  test.each(nonsense)('that answers decide_checkout with %s fails the trip', async (_, answer) => {
    await expect(
      shop({ policy: aPolicy({ decideCheckout: () => ({ ...YES, ...answer }) }) }),
    ).rejects.toBeInstanceOf(AgentFailure);
  });

  test('that wants a category which is not sold fails the trip', async () => {
    const needs = [{ category: 'Furniture', mean: 1, draw: 0.5, lines: 1, isPrimary: true }];
    const policy = aPolicy({
      browse: (context) => ({
        ...(rulesPolicy.browse(context) as Awaited<ReturnType<ShoppingPolicy['browse']>>),
        needs,
      }),
    });
    await expect(shop({ policy })).rejects.toThrow('category Furniture is not in the catalogue');
  });
});

describe('why a cart is left', () => {
  const left = async (terms: Record<string, number>, probability: number): Promise<string | null> => {
    const answer: BinaryDecision = { probability, draw: 0.5, isYes: false, terms };
    return (await shop({ policy: aPolicy({ decideCheckout: () => answer }) })).session!.abandonReason;
  };

  test('is the budget when the shopper would have bought within it', async () => {
    expect(await left({ channel: 2, overBudget: -3 }, 0.27)).toBe('over_budget');
  });

  test('is not the budget when the shopper would not have bought anyway', async () => {
    expect(await left({ channel: -1, overBudget: -0.1 }, 0.25)).toBe('not_convinced');
  });

  test('is something else when the budget was kept', async () => {
    expect(await left({ channel: -1, overBudget: 0 }, 0.27)).toBe('not_convinced');
  });
});

describe('the profile browse', () => {
  test('never buys, and every cart is left for that reason', async () => {
    const sessions = (
      await Promise.all(manyTrips(80).map((context) => shop({ context, profile: 'browse' })))
    ).map((state) => state.session!);
    expect(new Set(sessions.map(({ outcome, abandonReason }) => `${outcome} ${abandonReason}`))).toEqual(
      new Set(['abandoned browse_only']),
    );
  });

  test('never asks about checkout', async () => {
    const sessions = await Promise.all(manyTrips(40).map((context) => shop({ context, profile: 'browse' })));
    expect(
      sessions
        .flatMap(({ session }) => typesOf(session!))
        .filter((type) => type === 'decide_checkout' || type === 'checkout_complete'),
    ).toEqual([]);
  });
});

describe('a shopping day', () => {
  const runTrip = walkTrips({ policy: yesManUntil(3), profile: 'full', returnToShelves: true });

  /** Shops on `trips` trips of a day. */
  function yesManUntil(trips: number): ShoppingPolicy {
    return { ...yesMan, decideShop: (context) => (context.trip < trips ? YES : NO) };
  }

  test('ends with the first trip the shopper does not want', async () => {
    const { sessions } = await liveShoppingDay(
      aTrip({ catalog }),
      walkTrips({ policy: aPolicy({ decideShop: () => NO }), profile: 'full', returnToShelves: true }),
      NO_TRACE,
    );
    expect(sessions).toEqual([]);
  });

  test('has its trips one after the other, and all before midnight', async () => {
    for (const day of manyTrips(60, {
      persona: { prefTimeMorning: 0, prefTimeAfternoon: 0, prefTimeEvening: 1 },
    })) {
      const times = (await liveShoppingDay(day, runTrip, NO_TRACE)).sessions.flatMap((session) => [
        ...session.eventMs,
      ]);
      expect([
        times.every((time, i) => i === 0 || time > times[i - 1]!),
        times.every((time) => time < 86_400_000),
      ]).toEqual([true, true]);
    }
  });

  test('uses a coupon on one trip only', async () => {
    // Everybody notices and wants everything, so that the second trip would use the coupons of the first again.
    const parameters = { ...DEFAULT_CHOICE_PARAMETERS, openWallet: 50, noticeCoupon: 1, useCoupon: 1 };
    const used: string[][] = [];
    for (const day of manyTrips(20, { parameters })) {
      const { sessions } = await liveShoppingDay(day, runTrip, NO_TRACE);
      used.push(
        sessions.flatMap(({ session }) => session.priced.discounts.map((discount) => discount.userCouponId)),
      );
    }
    const twice = used.filter((ids) => new Set(ids).size < ids.length);
    expect([used.flat().length > 20, twice]).toEqual([true, []]);
  });

  test('keeps a coupon of a cart that was left for the next trip', async () => {
    const refuse = walkTrips({
      policy: { ...yesManUntil(2), decideCheckout: () => NO },
      profile: 'full',
      returnToShelves: true,
    });
    const offered: number[] = [];
    await liveShoppingDay(
      manyTrips(1)[0]!,
      (start, trace) => (offered.push(start.context.wallet.length), refuse(start, trace)),
      NO_TRACE,
    );
    expect(new Set(offered)).toEqual(new Set([wallet.length]));
  });

  test('brings home what earlier trips of the day bought', async () => {
    const day = manyTrips(40).find((each) => each.day > 0)!;
    const seen: unknown[] = [];
    await liveShoppingDay(
      day,
      (start, trace) => (seen.push(start.context.household), runTrip(start, trace)),
      NO_TRACE,
    );
    expect([seen.length > 1, new Set(seen).size]).toEqual([true, seen.length]);
  });
});
