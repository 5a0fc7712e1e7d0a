// Coupons that are reserved, redeemed, let go and given back: what callers are told, and that nothing is ever used above
// its limit or its budget, whoever calls at once.
import { randomUUID } from 'node:crypto';
import { InvalidInputError, NotFoundError } from '../domain/errors.ts';
import type { Coupon } from '../domain/retail/coupon.ts';
import type { CartRequest, CodeResult } from '../domain/retail/reservation.ts';
import { loadCatalog } from '../prisma/catalog-store.ts';
import type { LoadedCatalog } from '../prisma/catalog-store.ts';
import { createDatabase } from '../prisma/client.ts';
import type { Database } from '../prisma/client.ts';
import { loadDataset } from '../prisma/dataset-store.ts';
import { cancelLines, cancelOrder, redeem } from '../prisma/order-store.ts';
import type { RedeemedOrder } from '../prisma/order-store.ts';
import { loadReport } from '../prisma/report-store.ts';
import { expireReservations, releaseReservation, reserve } from '../prisma/reservation-store.ts';
import type { Caller } from '../prisma/reservation-store.ts';
import { createSimulation } from '../prisma/simulation-store.ts';
import { RandomKey } from '../domain/random.ts';
import { aCatalog, aCoupon } from './builders.ts';
import { createTestDatabase } from './environment.ts';
import type { TestDatabase } from './environment.ts';
import { aSimulation, aSmallDataset } from './simulation-rig.ts';

const MONDAY = new Date('2026-01-05');
const EXPIRY = new Date('2026-01-19');

/** Seconds after noon of the first day. */
const at = (seconds: number): Date => new Date(Date.parse('2026-01-05T12:00:00Z') + seconds * 1000);

let database: TestDatabase;
let db: Database;
let simulationId: string;
let catalog: LoadedCatalog;
let cycles: Map<string | null, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  db = createDatabase(database.databaseUrl, { poolSize: 20 });
  const shelves = aCatalog({ categoryNames: ['Bread', 'Milk'], productsEach: 4 });
  // Bread and milk for 1.50 to 3.00; the store ships for 4.95, and from 50.00 free.
  await loadDataset(db, {
    ...aSmallDataset({ agents: 1 }),
    ...shelves,
    stores: [...shelves.stores],
    categories: [...shelves.categories],
    products: [...shelves.products],
    prices: [],
    campaigns: [],
    coupons: [],
  });
  const simulation = aSimulation();
  await createSimulation(db, simulation);
  simulationId = simulation.simulationId;
  cycles = new Map([
    [null, await aCycle(null)],
    [simulationId, await aCycle(simulationId)],
  ]);
});

afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});

describe.each(['production', 'a simulation'] as const)('in %s', (place) => {
  const inPlace = () => (place === 'production' ? null : simulationId);
  const aShopper = (...codes: string[]) => aUser(inPlace(), codes);

  describe('reserving', () => {
    test('holds the coupons of a cart at what they take off', async () => {
      const [code] = await coupons({ percentOff: 10 });
      const caller = await aShopper(code);

      const answer = await reserve(db, catalog, caller, aReservation([code]));

      expect(answer).toMatchObject({
        type: 'reserved',
        version: 1,
        expiresMs: at(600).getTime(),
        cart: { subtotalCents: 400, discountCents: 40, totalCents: 360 },
        coupons: [{ type: 'accepted', code, amountCents: 40 }],
      });
      expect(await couponsOf(caller)).toEqual([{ code, status: 'reserved', reservedCents: 40 }]);
    });

    test('says of each code that cannot be used why', async () => {
      const [fine, foreign, over, spend, wrong, brand, better, worse] = await coupons(
        {},
        {},
        {},
        { minSpendCents: 1_000 },
        { category: 'Bread' },
        { scope: 'frontstore', excludedBrands: ['Bravo'] },
        { scope: 'brand', brand: 'Bravo', percentOff: 50 },
        { scope: 'brand', brand: 'Bravo', percentOff: 5 },
      );
      const caller = await aShopper(fine, spend, wrong, brand, better, worse);
      await deal(caller, [over], { expires: at(0) });
      const codes = [fine, 'NEVER-HEARD-OF', foreign, over, spend, wrong, brand, better, worse];

      const answer = await reserve(db, catalog, caller, aReservation(codes));

      expect(reasonsOf(answer)).toEqual([
        'not_combinable',
        'not_found',
        'not_yours',
        'expired',
        'minimum_spend',
        'nothing_to_discount',
        'excluded',
        null,
        'not_combinable',
      ]);
    });

    test('says how much is missing to a minimum spend', async () => {
      const [code] = await coupons({ minSpendCents: 1_000 });

      const answer = await reserve(db, catalog, await aShopper(code), aReservation([code]));

      expect(answer.coupons).toEqual([{ type: 'refused', code, reason: 'minimum_spend', missingCents: 600 }]);
    });

    test('uses up no coupon that takes nothing off', async () => {
      const [code] = await coupons({ kind: 'bogo', redemptionLimit: 1 });
      const [caller, other] = [await aShopper(code), await aShopper(code)];

      const single = await reserve(db, catalog, caller, aReservation([code], { quantity: 1 }));
      const pair = await reserve(db, catalog, other, aReservation([code], { quantity: 2 }));

      expect([reasonsOf(single), reasonsOf(pair)]).toEqual([['nothing_to_discount'], [null]]);
    });

    test('again under the same key gives the first answer', async () => {
      const [code] = await coupons({});
      const caller = await aShopper(code);
      const request = aReservation([code]);
      const first = await reserve(db, catalog, caller, request);
      const later = await reserve(db, catalog, { ...caller, at: at(60) }, request);

      expect(later).toEqual(first);
    });

    test('twenty times at once under one key is reserving once', async () => {
      const [code] = await coupons({ redemptionLimit: 5 });
      const caller = await aShopper(code);
      const request = aReservation([code]);

      const answers = await Promise.all(
        Array.from({ length: 20 }, () => reserve(db, catalog, caller, request)),
      );

      expect(answers).toEqual(Array(answers.length).fill(answers[0]));
      expect(await ledgerOf(caller)).toEqual(['active', 'reserved']);
    });

    test('something else under the same key is refused, and the next version changes what is held', async () => {
      const [first, second] = await coupons({}, { category: 'Bread' });
      const caller = await aShopper(first, second);
      const request = aReservation([first], { ttlSeconds: 60 });
      await reserve(db, catalog, caller, request);
      const other = { ...request, cart: aCart([second], [['bread-2', 1]]), ttlSeconds: 300 };

      const same = await reserve(db, catalog, caller, other);
      const skipped = await reserve(db, catalog, caller, { ...other, version: 3 });
      const next = await reserve(db, catalog, { ...caller, at: at(30) }, { ...other, version: 2 });

      expect([same, skipped]).toEqual([
        { type: 'refused', reason: 'different_content', coupons: [] },
        { type: 'refused', reason: 'wrong_version', coupons: [] },
      ]);
      expect(next).toMatchObject({ type: 'reserved', version: 2, expiresMs: at(330).getTime() });
      expect(await couponsOf(caller)).toEqual([
        { code: first, status: 'active', reservedCents: null },
        { code: second, status: 'reserved', reservedCents: 20 },
      ]);
    });

    test('what another cart of the user holds is refused until its time is over', async () => {
      const [code] = await coupons({});
      const caller = await aShopper(code);
      await reserve(db, catalog, caller, aReservation([code], { ttlSeconds: 60 }));

      const early = await reserve(db, catalog, { ...caller, at: at(59) }, aReservation([code]));
      const late = await reserve(db, catalog, { ...caller, at: at(60) }, aReservation([code]));

      expect([reasonsOf(early), reasonsOf(late)]).toEqual([['already_reserved'], [null]]);
      expect(await ledgerOf(caller)).toEqual(['active', 'reserved', 'active', 'reserved']);
    });

    test('never holds longer than its coupons live', async () => {
      const [code] = await coupons({});
      const caller = await aShopper();
      await deal(caller, [code], { expires: at(120) });

      const answer = await reserve(db, catalog, caller, aReservation([code], { ttlSeconds: 600 }));

      expect(answer).toMatchObject({ expiresMs: at(120).getTime() });
    });
  });

  describe('a limit', () => {
    test('counts what is reserved', async () => {
      const [code] = await coupons({ redemptionLimit: 1 });
      await reserve(db, catalog, await aShopper(code), aReservation([code]));

      const answer = await reserve(db, catalog, await aShopper(code), aReservation([code]));

      expect(reasonsOf(answer)).toEqual(['limit_reached']);
    });

    test('lets others in as soon as a reservation is over, and the ledger says since when', async () => {
      const [code] = await coupons({ redemptionLimit: 1 });
      const slow = await aShopper(code);
      const quick = await aShopper(code);
      await reserve(db, catalog, slow, aReservation([code], { ttlSeconds: 60 }));

      const early = await reserve(db, catalog, { ...quick, at: at(59) }, aReservation([code]));
      const late = await redeem(db, catalog, { ...quick, at: at(90) }, anOrder([code]));

      expect(reasonsOf(early)).toEqual(['limit_reached']);
      expect(late.type).toBe('redeemed');
      expect(await transitionsOf(slow)).toEqual([
        ['active', MONDAY],
        ['reserved', at(0)],
        ['active', at(60)],
      ]);
    });

    test('that is lowered meanwhile does not touch what was reserved', async () => {
      const [code] = await coupons({ redemptionLimit: 2 });
      const [first, second] = [await aShopper(code), await aShopper(code)];
      const reservations = [aReservation([code]), aReservation([code])];
      await reserve(db, catalog, first, reservations[0]!);
      await reserve(db, catalog, second, reservations[1]!);
      await db.coupon.updateMany({ where: { code }, data: { redemptionLimit: 1 } });

      const orders = [
        await redeem(db, catalog, first, ofReservation(reservations[0]!.key)),
        await redeem(db, catalog, second, ofReservation(reservations[1]!.key)),
      ];

      expect(orders.map(({ type }) => type)).toEqual(['redeemed', 'redeemed']);
    });
  });

  describe('a budget', () => {
    test('counts the cents that are reserved and redeemed', async () => {
      const [code] = await coupons({ percentOff: 10, budgetCents: 100 });
      await reserve(db, catalog, await aShopper(code), aReservation([code]));
      await redeem(db, catalog, await aShopper(code), anOrder([code]));

      const third = await reserve(db, catalog, await aShopper(code), aReservation([code]));
      const less = await reserve(db, catalog, await aShopper(code), aReservation([code], { quantity: 1 }));

      expect([reasonsOf(third), reasonsOf(less)]).toEqual([['budget_exhausted'], [null]]);
      expect(await spendingOf(inPlace(), code)).toEqual({ redeemedCents: 40, reservedCents: 60 });
    });

    test('is free again of what is let go, timed out, or cancelled', async () => {
      const [code] = await coupons({ percentOff: 10, budgetCents: 100 });
      const [first, second] = [await aShopper(code), await aShopper(code)];
      const { key } = await reserved(first, aReservation([code]));
      const order = await redeemed(second, anOrder([code]));
      await releaseReservation(db, first, key);
      await cancelOrder(db, order.orderId, at(10));

      expect(await spendingOf(inPlace(), code)).toEqual({ redeemedCents: 0, reservedCents: 0 });
    });

    test('refuses as many of those who come at once as it must', async () => {
      const [code] = await coupons({ percentOff: 10, budgetCents: 410 });
      const callers = await Promise.all(Array.from({ length: 30 }, () => aShopper(code)));

      const answers = await Promise.all(
        callers.map((caller) => redeem(db, catalog, caller, anOrder([code]))),
      );

      expect(answers.filter(({ type }) => type === 'redeemed')).toHaveLength(10);
    });

    test('holds for whoever writes', async () => {
      const [code] = await coupons({ percentOff: 10, budgetCents: 50 });
      const [buyer, other] = [await aShopper(code), await aShopper(code)];
      const { orderId } = await redeemed(buyer, anOrder([code]));
      const { id } = await db.userCoupon.findFirstOrThrow({ where: { userId: other.userId } });

      const written = db.orderDiscount.create({
        data: {
          orderId,
          userCouponId: id,
          target: 'lines',
          amountCents: 11,
          vendorFundedCents: 0,
          redemptionFeeCents: 0,
        },
      });

      await expect(written).rejects.toThrow('has a budget of 50 cents');
    });
  });

  describe('redeeming', () => {
    test('makes a reservation an order, with what was held', async () => {
      const [code] = await coupons({ percentOff: 10, redemptionLimit: 1, budgetCents: 40 });
      const caller = await aShopper(code);
      const { key } = await reserved(caller, aReservation([code]));

      const order = await redeem(db, catalog, { ...caller, at: at(30) }, ofReservation(key));

      expect(order).toMatchObject({
        type: 'redeemed',
        totalCents: 360,
        coupons: [{ code, amountCents: 40 }],
      });
      expect(await ledgerOf(caller)).toEqual(['active', 'reserved', 'redeemed']);
    });

    test('twenty times at once under one key is redeeming once', async () => {
      const [code] = await coupons({ redemptionLimit: 1 });
      const caller = await aShopper(code);
      const request = anOrder([code]);

      const answers = await Promise.all(
        Array.from({ length: 20 }, () => redeem(db, catalog, caller, request)),
      );

      expect(answers).toEqual(Array(answers.length).fill(answers[0]));
      expect(await db.order.count({ where: { userId: caller.userId } })).toBe(1);
    });

    test('something else under the same key, or by somebody else, is refused', async () => {
      const [code] = await coupons({});
      const caller = await aShopper(code);
      const request = anOrder([]);
      await redeemed(caller, request);

      const other = await redeem(db, catalog, caller, {
        ...anOrder([code]),
        idempotencyKey: request.idempotencyKey,
      });
      const stranger = await redeem(db, catalog, await aShopper(), request);

      expect([other, stranger]).toMatchObject([
        { type: 'refused', reason: 'different_content' },
        { type: 'refused', reason: 'key_in_use' },
      ]);
    });

    test('a reservation under a second key is refused', async () => {
      const caller = await aShopper();
      const { key } = await reserved(caller, aReservation([]));
      await redeemed(caller, ofReservation(key));

      const again = await redeem(db, catalog, caller, ofReservation(key));

      expect(again).toMatchObject({ type: 'refused', reason: 'already_redeemed' });
    });

    test('a cart of whose codes one cannot be used is refused as a whole', async () => {
      const [fine, foreign] = await coupons({}, {});
      const caller = await aShopper(fine);

      const answer = await redeem(db, catalog, caller, anOrder([fine, foreign]));

      expect(answer).toMatchObject({ type: 'refused', reason: 'coupons_refused' });
      expect(await ledgerOf(caller)).toEqual(['active']);
    });

    test('after its time takes a reservation anew where nobody else did', async () => {
      const [code] = await coupons({ redemptionLimit: 1 });
      const caller = await aShopper(code);
      const { key } = await reserved(caller, aReservation([code], { ttlSeconds: 60 }));
      await expireReservations(db, { simulationId: inPlace(), at: at(61) });

      const order = await redeem(db, catalog, { ...caller, at: at(62) }, ofReservation(key));

      expect(order.type).toBe('redeemed');
    });

    test('after its time is refused when somebody else took the last use', async () => {
      const [code] = await coupons({ redemptionLimit: 1 });
      const [slow, quick] = [await aShopper(code), await aShopper(code)];
      const { key } = await reserved(slow, aReservation([code], { ttlSeconds: 60 }));
      await redeemed({ ...quick, at: at(61) }, anOrder([code]));

      const answer = await redeem(db, catalog, { ...slow, at: at(62) }, ofReservation(key));

      expect(answer).toEqual({
        type: 'refused',
        reason: 'reservation_expired',
        coupons: [{ type: 'refused', code, reason: 'limit_reached' }],
      });
    });

    test('after its time is refused when prices have changed', async () => {
      const caller = await aShopper();
      const { key } = await reserved(caller, aReservation([], { ttlSeconds: 60 }));
      await db.product.updateMany({ where: { sku: 'milk-2' }, data: { regularPriceCents: 210 } });
      const dearer = await loadCatalog(db, 'default');
      await db.product.updateMany({ where: { sku: 'milk-2' }, data: { regularPriceCents: 200 } });

      const inTime = await reserved(caller, aReservation([], { ttlSeconds: 60 }));
      const answers = [
        await redeem(db, dearer, { ...caller, at: at(60) }, ofReservation(key)),
        await redeem(db, dearer, { ...caller, at: at(59) }, ofReservation(inTime.key)),
      ];

      expect(answers).toMatchObject([
        { type: 'refused', reason: 'reservation_expired' },
        { type: 'redeemed', totalCents: 400 },
      ]);
    });
  });

  describe('letting go', () => {
    test('frees the coupons once', async () => {
      const [code] = await coupons({ redemptionLimit: 1 });
      const caller = await aShopper(code);
      const { key } = await reserved(caller, aReservation([code]));

      const answers = await Promise.all([1, 2, 3].map(() => releaseReservation(db, caller, key)));

      expect(answers).toEqual(Array(3).fill({ type: 'released' }));
      expect(await ledgerOf(caller)).toEqual(['active', 'reserved', 'active']);
    });

    test('of what became an order, or never was, is refused', async () => {
      const caller = await aShopper();
      const { key } = await reserved(caller, aReservation([]));
      await redeemed(caller, ofReservation(key));

      const answers = [
        await releaseReservation(db, caller, key),
        await releaseReservation(db, caller, 'nothing'),
      ];

      expect(answers).toMatchObject([{ reason: 'already_redeemed' }, { reason: 'no_reservation' }]);
    });

    test('by the sweep ends what is over, and nothing else', async () => {
      const [first, second] = await coupons({}, {});
      const caller = await aShopper(first, second);
      await reserved(caller, aReservation([first], { ttlSeconds: 60 }));
      await reserved(caller, aReservation([second], { ttlSeconds: 61 }));

      await expireReservations(db, { simulationId: inPlace(), at: at(60) });

      expect(await couponsOf(caller)).toMatchObject([{ status: 'active' }, { status: 'reserved' }]);
    });

    test('of a coupon that lives no longer expires it', async () => {
      const [code] = await coupons({});
      const caller = await aShopper();
      await deal(caller, [code], { expires: at(60) });
      await reserved(caller, aReservation([code]));

      await expireReservations(db, { simulationId: inPlace(), at: at(61) });

      expect(await couponsOf(caller)).toMatchObject([{ status: 'expired' }]);
    });
  });

  describe('cancelling in part', () => {
    test('pays back what was paid for the units that go, and keeps the coupon', async () => {
      const [code] = await coupons({ percentOff: 10, budgetCents: 1_000 });
      const caller = await aShopper(code);
      const { orderId } = await redeemed(caller, anOrder([code], [['milk-2', 3]]));

      const answer = await cancelLines(db, orderId, at(10), aCancellation([[1, 2]]));

      expect(answer).toMatchObject({
        type: 'cancelled',
        isWhole: false,
        refund: { subtotalCents: 400, discountCents: 40, totalCents: 360 },
        coupons: [],
      });
      expect(await spendingOf(inPlace(), code)).toEqual({ redeemedCents: 20, reservedCents: 0 });
      expect(await couponsOf(caller)).toMatchObject([{ status: 'redeemed' }]);
    });

    test('gives back a coupon whose lines are gone, once, and lets it be used again', async () => {
      const [code] = await coupons({ percentOff: 10, redemptionLimit: 1, budgetCents: 40 });
      const caller = await aShopper(code);
      const cart: Lines = [
        ['milk-2', 2],
        ['bread-1', 1],
      ];
      const { orderId } = await redeemed(caller, anOrder([code], cart));

      const part = await cancelLines(db, orderId, at(10), aCancellation([[1, 2]]));
      const again = await redeem(db, catalog, { ...caller, at: at(20) }, anOrder([code], cart));
      const rest = await cancelOrder(db, orderId, at(30));

      expect([part, again, rest]).toMatchObject([
        { refund: { totalCents: 360 }, coupons: [{ code, status: 'active' }] },
        { type: 'redeemed', totalCents: 510 },
        { isWhole: true, refund: { totalCents: 150 }, coupons: [] },
      ]);
      expect(await ledgerOf(caller)).toEqual(['active', 'redeemed', 'active', 'redeemed']);
    });

    test('below a minimum spend leaves kept lines their discount', async () => {
      const [code] = await coupons({ kind: 'fixed', amountOffCents: 100, minSpendCents: 600 });
      const caller = await aShopper(code);
      const { orderId } = await redeemed(caller, anOrder([code], [['milk-2', 3]]));

      const answer = await cancelLines(db, orderId, at(10), aCancellation([[1, 2]]));

      // 100 over three units is 34, 33, 33, and the last units go first.
      expect(answer).toMatchObject({ refund: { discountCents: 66, totalCents: 334 }, coupons: [] });
    });

    test('pays the shipping back with the last unit', async () => {
      const caller = await aShopper();
      const request = anOrder([], [['milk-2', 2]], 'online');
      const { orderId, totalCents } = await redeemed(caller, request);

      const refunds = [
        await cancelLines(db, orderId, at(10), aCancellation([[1, 1]])),
        await cancelLines(db, orderId, at(20), aCancellation([[1, 1]])),
      ];

      expect(refunds).toMatchObject([
        { isWhole: false, refund: { shippingCents: 0, totalCents: 200 } },
        { isWhole: true, refund: { shippingCents: 495, totalCents: 695 } },
      ]);
      expect(totalCents).toBe(895);
    });

    test('under one key happens once, and something else under it is refused', async () => {
      const caller = await aShopper();
      const { orderId } = await redeemed(caller, anOrder([], [['milk-2', 3]]));
      const request = aCancellation([[1, 1]]);

      const answers = await Promise.all(
        Array.from({ length: 10 }, () => cancelLines(db, orderId, at(10), request)),
      );
      const other = await cancelLines(db, orderId, at(10), {
        ...request,
        lines: [{ lineNumber: 1, quantity: 2 }],
      });

      expect(answers).toEqual(Array(answers.length).fill(answers[0]));
      expect(await db.orderCancellation.count({ where: { orderId } })).toBe(1);
      expect(other).toEqual({ type: 'refused', reason: 'different_content' });
    });

    test('of more than there is, or of a line that is not there, is refused', async () => {
      const { orderId } = await redeemed(await aShopper(), anOrder([], [['milk-2', 3]]));

      const answers = [
        await cancelLines(db, orderId, at(10), aCancellation([[1, 4]])),
        await cancelLines(db, orderId, at(10), aCancellation([[2, 1]])),
      ];

      expect(answers).toEqual([
        { type: 'refused', reason: 'more_than_kept' },
        { type: 'refused', reason: 'no_such_line' },
      ]);
    });

    test('is counted in the revenue of a report', async () => {
      if (place === 'production') return expect(await db.orderCancellation.count()).toBeGreaterThan(0);
      const before = (await loadReport(db, simulationId)).money.netRevenueCents!;
      const { orderId } = await redeemed(await aShopper(), anOrder([], [['milk-2', 3]]));
      await cancelLines(db, orderId, at(10), aCancellation([[1, 1]]));

      expect((await loadReport(db, simulationId)).money.netRevenueCents! - before).toBe(400);
    });
  });

  test('a whole cancellation under its key gives its first answer again', async () => {
    const { orderId } = await redeemed(await aShopper(), anOrder([]));

    const first = await cancelOrder(db, orderId, at(10), 'mine');

    expect(await cancelOrder(db, orderId, at(20), 'mine')).toEqual(first);
    expect(await cancelOrder(db, orderId, at(20), 'another')).toEqual({ type: 'already_cancelled' });
  });

  test('the database pays nothing back twice, whoever writes', async () => {
    const { orderId } = await redeemed(await aShopper(), anOrder([]));
    await cancelOrder(db, orderId, at(10));

    const again = db.$executeRaw`
      INSERT INTO order_cancellations SELECT (jsonb_populate_record(c, '{"sequence": 2}')).* FROM order_cancellations c WHERE order_id = ${orderId}::uuid`;

    await expect(again).rejects.toThrow('would pay back more than it took');
  });
});

test.each([
  ['a quantity of 0', { lines: [{ sku: 'milk-1', quantity: 0 }] }, 'reservation.cart.lines.0.quantity'],
  ['an unknown product', { lines: [{ sku: 'beer', quantity: 1 }] }, 'no product "beer" is sold'],
  ['an unknown store', { storeCode: 'moon' }, 'there is no store "moon"'],
  ['a code given twice', { codes: ['A', 'A'] }, 'a code is given twice'],
])('%s is refused with its place', async (_name, cart, message) => {
  const caller = await aUser(null, []);
  const request = { ...aReservation([]), cart: { ...aCart([]), ...cart } };

  const answer = reserve(db, catalog, caller, request);

  await expect(answer).rejects.toThrow(InvalidInputError);
  await expect(answer).rejects.toThrow(message);
});

test('an unknown user is named', async () => {
  const caller = { simulationId: null, userId: randomUUID(), at: at(0) };

  await expect(reserve(db, catalog, caller, aReservation([]))).rejects.toThrow(NotFoundError);
});

describe('10,000 operations at once on limited coupons, in production and in a simulation', () => {
  const OPERATIONS = 10_000;
  const COUPONS = 20;
  const USERS = 300;
  const IN_FLIGHT = 40;
  const key = RandomKey.of('storm');
  const draw = (...about: (string | number)[]) => key.at(...about).uniform();
  const pick = <T>(items: readonly T[], ...about: (string | number)[]): T =>
    items[Math.floor(draw(...about) * items.length)]!;

  /** A call that can be made again, and what it first answered. */
  type Call = { readonly run: () => Promise<Answer>; answer: Answer };
  type Answer = { readonly type: string; readonly reason?: string; readonly orderId?: string };

  let codes: string[];
  const calls: Call[] = [];
  const orderIds: string[] = [];
  const answers = new Map<string, number>();
  const changedAnswers: unknown[] = [];
  const seen: { spent: number; budget: number; counted: number; summed: number }[] = [];

  beforeAll(async () => {
    codes = await coupons(
      ...Array.from({ length: COUPONS }, (_, i): CouponGiven => ({
        category: i % 2 === 0 ? 'Milk' : 'Bread',
        redemptionLimit: 10 + 4 * i,
        ...(i % 4 === 0 ? { budgetCents: 500 + 50 * i } : {}),
      })),
    );
    const places = [null, simulationId];
    const callers = await crowd(USERS, places);
    let isOver = false;
    const watching = watch(() => isOver);
    let next = 0;
    const worker = async () => {
      while (made() < OPERATIONS) await operate(next++, callers);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    isOver = true;
    await watching;
    for (const place of places)
      while ((await expireReservations(db, { simulationId: place, at: at(OPERATIONS + 3_600) })) > 0);
  }, 600_000);

  test('are all answered, most kinds of answers among them', () => {
    expect(made()).toBeGreaterThanOrEqual(OPERATIONS);
    expect([...answers.keys()]).toEqual(
      expect.arrayContaining([
        'reserved',
        'redeemed',
        'cancelled',
        'released',
        'swept',
        'already_cancelled',
        'refused: coupons_refused',
        'refused: more_than_kept',
      ]),
    );
  });

  test('never use a coupon above its limit, at any line of the ledger', async () => {
    const most = await db.$queryRawUnsafe<{ code: string; most: number; limit: number }[]>(
      `SELECT code, max(used)::int AS most, redemption_limit AS "limit" FROM (
         SELECT c.code, c.redemption_limit, u.simulation_id,
           sum((t.to_status IN ('reserved', 'redeemed'))::int - coalesce(t.from_status IN ('reserved', 'redeemed'), false)::int)
             OVER (PARTITION BY u.simulation_id, c.id ORDER BY t.position) AS used
         FROM user_coupon_transitions t JOIN user_coupons u ON u.id = t.user_coupon_id JOIN coupons c ON c.id = u.coupon_id
         WHERE c.code = ANY ($1)) l
       GROUP BY code, redemption_limit, simulation_id`,
      codes,
    );

    expect(most.filter((row) => row.most > row.limit)).toEqual([]);
    expect(most.filter((row) => row.most === row.limit).length).toBeGreaterThan(COUPONS / 4);
  });

  test('never spend a budget twice, at any moment that somebody looked', () => {
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.filter(({ spent, budget }) => spent > budget)).toEqual([]);
    expect(seen.filter(({ counted, summed }) => counted !== summed)).toEqual([]);
  });

  test('are stored when they were accepted, and only then', async () => {
    const accepted = new Set(orderIds);
    const stored = await db.order.findMany({
      where: { discounts: { some: { userCoupon: { coupon: { code: { in: codes } } } } } },
    });

    expect(new Set(stored.map(({ id }) => id))).toEqual(accepted);
  });

  test('give the first answer again when they are made again', () => {
    expect(changedAnswers).toEqual([]);
  });

  test('pay back exactly what was paid for what is gone', async () => {
    const rows = await db.$queryRawUnsafe<{ total: number; refunded: number; kept: number }[]>(
      `SELECT o.total_cents AS total, coalesce((SELECT sum(k.total_cents) FROM order_cancellations k WHERE k.order_id = o.id), 0)::int AS refunded,
         (SELECT sum((l.quantity - coalesce(g.gone, 0)) * l.unit_price_cents)::int FROM order_lines l
          LEFT JOIN LATERAL (SELECT sum(k.quantity) AS gone FROM order_cancellation_lines k WHERE k.order_id = l.order_id AND k.line_number = l.line_number) g ON true
          WHERE l.order_id = o.id)
         - coalesce((SELECT sum(d.amount_cents - d.returned_cents) FROM order_discounts d WHERE d.order_id = o.id), 0)::int AS kept
       FROM orders o WHERE o.id = ANY ($1::uuid[])`,
      orderIds,
    );

    expect(rows.filter(({ total, refunded, kept }) => total !== refunded + kept)).toEqual([]);
    expect(rows.filter(({ refunded, total }) => refunded > 0 && refunded < total).length).toBeGreaterThan(50);
  });

  test('leave every count as the rows have it', async () => {
    const different = await db.$queryRawUnsafe(
      `SELECT * FROM (
         SELECT r.redeemed, r.reserved,
           (SELECT count(*) FROM user_coupons u WHERE u.coupon_id = r.coupon_id AND u.simulation_id IS NOT DISTINCT FROM r.simulation_id AND u.status = 'redeemed') AS rows
         FROM coupon_redemptions r JOIN coupons c ON c.id = r.coupon_id WHERE c.code = ANY ($1)) counts
       WHERE redeemed <> rows OR reserved <> 0`,
      codes,
    );

    expect(different).toEqual([]);
  });

  test('leave a ledger without error', async () => {
    const { ledger, integrity } = await loadReport(db, simulationId);

    expect(ledger).toMatchObject({ error: 0 });
    expect(integrity).toMatchObject({
      redeemedTwice: 0,
      redeemedWithoutOrder: 0,
      ordersNotAddingUp: 0,
    });
  });

  function made(): number {
    return [...answers.values()].reduce((a, b) => a + b, 0);
  }

  async function crowd(users: number, places: readonly (string | null)[]): Promise<Caller[]> {
    const callers = Array.from({ length: users }, (_, i): Caller => ({
      simulationId: places[i % places.length]!,
      userId: randomUUID(),
      at: at(0),
    }));
    await db.user.createMany({
      data: callers.map(({ userId }) => ({ id: userId, email: `${userId}@example.com` })),
    });
    await deal(callers, codes, { expires: EXPIRY });
    return callers;
  }

  /** One operation; the clock goes a second further with each. */
  async function operate(i: number, callers: readonly Caller[]): Promise<void> {
    const caller = { ...pick(callers, i, 'who'), at: at(i) };
    const first = Math.floor(draw(i, 'code') * COUPONS);
    const wanted = draw(i, 'two') < 0.3 ? [codes[first]!, codes[(first + 1) % COUPONS]!] : [codes[first]!];
    const lines: Lines = [
      ['milk-2', 1 + Math.floor(draw(i, 'milk') * 4)],
      ['bread-2', 1 + Math.floor(draw(i, 'bread') * 4)],
    ];
    const kind = draw(i, 'kind');
    if (kind < 0.35) {
      const request = anOrder(wanted, lines);
      await call(() => redeem(db, catalog, caller, request));
    } else if (kind < 0.5 && calls.length > 0) await again(pick(calls, i, 'again'));
    else if (kind < 0.63) {
      const request = { ...aReservation(wanted), cart: aCart(wanted, lines) };
      const answer = await call(() => reserve(db, catalog, caller, request));
      const isHeld = answer.type === 'reserved' && answer.cart.discounts.length > 0;
      if (isHeld && draw(i, 'leave') < 0.2) await call(() => releaseReservation(db, caller, request.key));
      else if (isHeld) {
        const redemption = ofReservation(request.key);
        await call(() => redeem(db, catalog, caller, redemption));
      }
    } else if (kind < 0.75) {
      const request = { ...aReservation(wanted, { ttlSeconds: 60 }), cart: aCart(wanted, lines) };
      await call(() => reserve(db, catalog, caller, request));
    } else if (kind > 0.98) {
      await expireReservations(db, caller);
      note({ type: 'swept' });
    } else if (orderIds.length > 0) {
      const orderId = pick(orderIds, i, 'order');
      const line = 1 + Math.floor(draw(i, 'line') * 2);
      const request = aCancellation([[line, 1 + Math.floor(draw(i, 'units') * 2)]]);
      const { idempotencyKey } = request;
      if (kind < 0.88) await call(() => cancelOrder(db, orderId, caller.at, idempotencyKey));
      else await call(() => cancelLines(db, orderId, caller.at, request));
    }
  }

  async function call<T extends Answer>(run: () => Promise<T>): Promise<T> {
    const answer = await run();
    note(answer);
    calls.push({ run, answer });
    return answer;
  }

  /** What was accepted is answered the same; what was refused may be accepted by now. */
  async function again(earlier: Call): Promise<void> {
    const { answer: first } = earlier;
    const answer = await earlier.run();
    note(answer);
    if (first.type === 'refused') earlier.answer = answer;
    else if (JSON.stringify(sorted(answer)) !== JSON.stringify(sorted(first)))
      changedAnswers.push([first, answer]);
  }

  function note(answer: Answer): void {
    const name = answer.reason === undefined ? answer.type : `${answer.type}: ${answer.reason}`;
    answers.set(name, (answers.get(name) ?? 0) + 1);
    if (answer.type === 'redeemed' && answer.orderId !== undefined) orderIds.push(answer.orderId);
  }

  /** Looks at budgets and what their rows add up to, in one statement each time. */
  async function watch(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      seen.push(
        ...(await db.$queryRawUnsafe<typeof seen>(
          `SELECT s.redeemed_cents + s.reserved_cents AS spent, p.budget_cents AS budget, s.redeemed_cents + s.reserved_cents AS counted,
             (SELECT coalesce(sum(u.reserved_cents), 0) FROM user_coupons u WHERE u.coupon_id = c.id AND u.simulation_id IS NOT DISTINCT FROM s.simulation_id)::int
             + (SELECT coalesce(sum(d.amount_cents - d.returned_cents), 0) FROM order_discounts d JOIN user_coupons u ON u.id = d.user_coupon_id
                WHERE u.coupon_id = c.id AND u.simulation_id IS NOT DISTINCT FROM s.simulation_id)::int AS summed
           FROM campaign_spending s JOIN campaigns p ON p.id = s.campaign_id JOIN coupons c ON c.campaign_id = p.id WHERE c.code = ANY ($1)`,
          codes,
        )),
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
});

/** The same with its fields in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, field]) => [name, sorted(field)]),
  );
}

type CouponGiven = Partial<Coupon> & { budgetCents?: number };

/** New coupons, each of a campaign of its own; 10 % off milk unless something else is said. */
async function coupons<Given extends CouponGiven[]>(
  ...given: Given
): Promise<{ [K in keyof Given]: string }> {
  const codes: string[] = [];
  for (const { budgetCents = null, ...rest } of given) {
    const code = `C-${randomUUID()}`;
    const { campaignCode, ...coupon } = aCoupon({ ...rest, code, campaignCode: `P-${randomUUID()}` });
    const campaign = await db.campaign.create({
      data: { datasetId: 'default', code: campaignCode, name: campaignCode, budgetCents },
    });
    await db.coupon.create({ data: { ...coupon, datasetId: 'default', campaignId: campaign.id } });
    codes.push(code);
  }
  catalog = await loadCatalog(db, 'default');
  return codes as { [K in keyof Given]: string };
}

/** A user of a place whose wallet holds these coupons. */
async function aUser(place: string | null, codes: readonly string[]): Promise<Caller> {
  catalog ??= await loadCatalog(db, 'default');
  const userId = randomUUID();
  await db.user.create({ data: { id: userId, email: `${userId}@example.com` } });
  const caller = { simulationId: place, userId, at: at(0) };
  await deal(caller, codes, { expires: EXPIRY });
  return caller;
}

async function deal(
  callers: Omit<Caller, 'at'> | readonly Omit<Caller, 'at'>[],
  codes: readonly string[],
  { expires }: { expires: Date },
): Promise<void> {
  const rows = [callers].flat().flatMap(({ simulationId: place, userId }) =>
    codes.map((code) => ({
      id: randomUUID(),
      simulationId: place,
      userId,
      couponId: catalog.couponIdByCode.get(code)!,
      offerCycleId: cycles.get(place)!,
      assignmentProbability: 1,
      policyVersion: 'test',
      assignedSimulatedAt: MONDAY,
      expiresSimulatedAt: expires,
      statusSimulatedAt: MONDAY,
      isSimulation: place !== null,
    })),
  );
  for (let from = 0; from < rows.length; from += 1_000)
    await db.userCoupon.createMany({ data: rows.slice(from, from + 1_000) });
}

async function aCycle(place: string | null): Promise<string> {
  const cycle = await db.offerCycle.create({
    data: {
      id: randomUUID(),
      simulationId: place,
      cycleNumber: 1,
      simulatedStartDate: MONDAY,
      simulatedEndDate: EXPIRY,
      isSimulation: place !== null,
    },
  });
  return cycle.id;
}

type Lines = [sku: string, quantity: number][];

function aCart(
  codes: readonly string[],
  lines: Lines = [['milk-2', 2]],
  channel: CartRequest['channel'] = 'in_store',
): CartRequest {
  return {
    storeCode: 'north',
    channel,
    lines: lines.map(([sku, quantity]) => ({ sku, quantity })),
    codes: [...codes],
  };
}

/** Two bottles of milk for 2.00 each, for ten minutes. */
function aReservation(codes: readonly string[], { quantity = 2, ttlSeconds = 600 } = {}) {
  return { key: randomUUID(), version: 1, cart: aCart(codes, [['milk-2', quantity]]), ttlSeconds };
}

function anOrder(codes: readonly string[], lines?: Lines, channel?: CartRequest['channel']) {
  return {
    idempotencyKey: randomUUID(),
    from: { type: 'cart' as const, cart: aCart(codes, lines, channel) },
  };
}

function ofReservation(key: string) {
  return { idempotencyKey: randomUUID(), from: { type: 'reservation' as const, key } };
}

function aCancellation(lines: [lineNumber: number, quantity: number][]) {
  return {
    idempotencyKey: randomUUID(),
    lines: lines.map(([lineNumber, quantity]) => ({ lineNumber, quantity })),
  };
}

async function reserved(caller: Caller, request: ReturnType<typeof aReservation>) {
  const answer = await reserve(db, catalog, caller, request);
  if (answer.type === 'refused') throw new Error(`The reservation was refused: ${answer.reason}`);
  return answer;
}

async function redeemed(caller: Caller, request: Parameters<typeof redeem>[3]): Promise<RedeemedOrder> {
  const answer = await redeem(db, catalog, caller, request);
  if (answer.type === 'refused') throw new Error(`The order was refused: ${answer.reason}`);
  return answer;
}

function reasonsOf({ coupons: rows }: { coupons: readonly CodeResult[] }): (string | null)[] {
  return rows.map((row) => (row.type === 'accepted' ? null : row.reason));
}

async function couponsOf({ userId, simulationId: place }: Caller) {
  const rows = await db.userCoupon.findMany({
    where: { userId, simulationId: place },
    include: { coupon: true },
    orderBy: { couponId: 'asc' },
  });
  return rows.map(({ coupon, status, reservedCents }) => ({ code: coupon.code, status, reservedCents }));
}

/** Every status of a user's one coupon, and since when. */
async function transitionsOf({ userId }: Caller): Promise<[string, Date][]> {
  const rows = await db.userCouponTransition.findMany({
    where: { userCoupon: { userId } },
    orderBy: { position: 'asc' },
  });
  return rows.map((row) => [row.toStatus, row.simulatedAt]);
}

async function ledgerOf(caller: Caller): Promise<string[]> {
  return (await transitionsOf(caller)).map(([status]) => status);
}

async function spendingOf(place: string | null, code: string) {
  return db.campaignSpending.findFirst({
    where: { simulationId: place, campaign: { coupons: { some: { code } } } },
    select: { redeemedCents: true, reservedCents: true },
  });
}
