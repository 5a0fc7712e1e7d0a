// Wallets, deals and redemptions in a real database: rules that hold whatever calls whatever, and however often.
import { randomUUID } from 'node:crypto';
import { reviewSimulation } from '../client/report.ts';
import { ConflictError, NotFoundError } from '../domain/errors.ts';
import { instantAt } from '../domain/retail/calendar.ts';
import type { SimulationConfig, SimulationConfigInput } from '../domain/retail/simulation.ts';
import { loadCatalog } from '../prisma/catalog-store.ts';
import type { LoadedCatalog } from '../prisma/catalog-store.ts';
import { loadDataset } from '../prisma/dataset-store.ts';
import { expireOffers, openCycle, refreshWallets } from '../prisma/offer-store.ts';
import type { Participant } from '../prisma/offer-store.ts';
import { cancelOrder } from '../prisma/order-store.ts';
import { loadReport } from '../prisma/report-store.ts';
import { createSimulation, finishSimulation, loadParticipants } from '../prisma/simulation-store.ts';
import { simulateInDatabase } from './activity-simulation.ts';
import { createTestDatabase } from './environment.ts';
import type { TestDatabase } from './environment.ts';
import { aSimulation, aSmallDataset } from './simulation-rig.ts';

let database: TestDatabase;
let catalog: LoadedCatalog;

beforeAll(async () => {
  database = await createTestDatabase();
  await loadDataset(database.db, aSmallDataset({ agents: 3, areHunters: true }));
  catalog = await loadCatalog(database.db, 'default');
});

afterAll(() => database.drop());

type Stage = { config: SimulationConfig; simulationId: string; participants: Participant[] };

/** A simulation without an execution, its first cycle not yet open. */
async function aStage(given: Partial<SimulationConfigInput> = {}): Promise<Stage> {
  const config = aSimulation(given);
  await createSimulation(database.db, config);
  const participants = await loadParticipants(database.db, config.simulationId);
  return { config, simulationId: config.simulationId, participants };
}

/** A simulation at the start of cycle `cycles`, every wallet dealt. */
async function aDealtStage(cycles = 1, given: Partial<SimulationConfigInput> = {}): Promise<Stage> {
  const stage = await aStage(given);
  for (let cycle = 1; cycle <= cycles; cycle++) await startCycle(stage, cycle);
  return stage;
}

async function startCycle({ config, participants }: Stage, cycleNumber: number) {
  await expireOffers(database.db, config, (cycleNumber - 1) * config.offerCycleDays);
  await openCycle(database.db, config, cycleNumber);
  return refreshWallets(database.db, config, catalog, cycleNumber, participants);
}

function rows<T>(sql: string, ...values: unknown[]): Promise<T[]> {
  return database.db.$queryRawUnsafe<T[]>(sql, ...values);
}

/** Everything that dealing writes. */
async function ledgerOf(simulationId: string) {
  const [coupons, deals, cycles, transitions] = await Promise.all([
    database.db.userCoupon.findMany({ where: { simulationId }, orderBy: { id: 'asc' } }),
    database.db.offerDeal.findMany({ where: { simulationId }, orderBy: { id: 'asc' } }),
    database.db.userOfferCycle.findMany({ where: { simulationId }, orderBy: { id: 'asc' } }),
    database.db.userCouponTransition.count({ where: { userCoupon: { simulationId } } }),
  ]);
  return { coupons, deals, cycles, transitions };
}

describe('dealing', () => {
  test('fills every wallet to its capacity', async () => {
    const stage = await aStage();

    expect(await startCycle(stage, 1)).toEqual({ users: 3, dealt: 3 * 32, exhausted: 0 });
  });

  test('twice is dealing once', async () => {
    const stage = await aDealtStage();
    const before = await ledgerOf(stage.simulationId);

    const again = await startCycle(stage, 1);

    expect([again, await ledgerOf(stage.simulationId)]).toEqual([
      { users: 0, dealt: 0, exhausted: 0 },
      before,
    ]);
  });

  test('twice at once is dealing once', async () => {
    const stage = await aStage();
    await openCycle(database.db, stage.config, 1);
    const { db } = database;

    const results = await Promise.all(
      [1, 2, 3].map(() => refreshWallets(db, stage.config, catalog, 1, stage.participants)),
    );

    expect(results.map(({ users }) => users).sort()).toEqual([0, 0, 3]);
    expect((await ledgerOf(stage.simulationId)).coupons).toHaveLength(3 * 32);
  });

  test('finishes what an attempt before it began', async () => {
    const stage = await aStage();
    await openCycle(database.db, stage.config, 1);
    await refreshWallets(database.db, stage.config, catalog, 1, stage.participants.slice(0, 1));

    expect((await startCycle(stage, 1)).users).toBe(2);
  });

  test('stores with which probability each coupon was dealt', async () => {
    const { simulationId } = await aDealtStage();

    const found = await rows<{ isFrontstore: boolean; probability: number }>(
      `SELECT DISTINCT c.scope = 'frontstore' AS "isFrontstore", u.assignment_probability AS probability
       FROM user_coupons u JOIN coupons c ON c.id = u.coupon_id WHERE u.simulation_id = $1 ORDER BY 1`,
      simulationId,
    );
    expect(found).toEqual([
      { isFrontstore: false, probability: 30 / 420 },
      { isFrontstore: true, probability: 2 / 120 },
    ]);
  });

  test('stores how many candidates there were, and who was none', async () => {
    const { simulationId } = await aDealtStage(2);

    const deals = await database.db.offerDeal.findMany({
      where: { simulationId, cycle: { cycleNumber: 2 } },
    });
    expect(
      deals.map((deal) => [deal.eligibleFrontstore, deal.eligibleCategoryBrand, deal.excludedCodes.length]),
    ).toEqual(Array(3).fill([118, 390, 32]));
  });

  test('reports that the pool is exhausted, and deals all the same', async () => {
    const stage = await aDealtStage(2, { categoryBrandPerCycle: 200, walletCapacity: 202 });

    expect(await startCycle(stage, 3)).toEqual({ users: 3, dealt: 3 * 202, exhausted: 3 });
    const deals = await database.db.offerDeal.findMany({
      where: { simulationId: stage.simulationId, poolExhausted: true },
    });
    expect(deals).toHaveLength(3);
  });

  test('opens the cycle once, and closes the one before', async () => {
    const stage = await aDealtStage(2);

    await openCycle(database.db, stage.config, 2);

    const cycles = await database.db.offerCycle.findMany({
      where: { simulationId: stage.simulationId },
      orderBy: { cycleNumber: 'asc' },
    });
    expect(cycles.map((cycle) => [cycle.cycleNumber, cycle.endsAt !== null])).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  test('nothing under the policy none still says so for every user', async () => {
    const stage = await aStage({ offerPolicy: 'none' });

    const result = await startCycle(stage, 1);

    const policies = await database.db.offerDeal.findMany({
      where: { simulationId: stage.simulationId },
      select: { policyVersion: true },
    });
    expect([result.dealt, policies]).toEqual([0, Array(3).fill({ policyVersion: 'none' })]);
  });
});

describe('a campaign', () => {
  const budgetOf = async (code: string, budgetCents: number | null) => {
    await database.db.campaign.updateMany({ where: { code }, data: { budgetCents } });
    catalog = await loadCatalog(database.db, 'default');
  };
  const dealtOf = (simulationId: string, cycleNumber: number, code: string) =>
    database.db.userCoupon.count({
      where: { simulationId, cycle: { cycleNumber }, coupon: { campaign: { code } } },
    });

  afterEach(() => budgetOf('PANTRY', null));

  test('that has spent its budget is dealt no more', async () => {
    await budgetOf('PANTRY', 100);
    const stage = await aDealtStage();
    const coupon = await openCoupon(stage, { campaign: { code: 'PANTRY' } });
    await placeOrder(stage, [coupon], 10);

    await startCycle(stage, 2);

    expect(await dealtOf(stage.simulationId, 2, 'PANTRY')).toBe(0);
  });

  test('that has not is dealt', async () => {
    await budgetOf('PANTRY', 101);
    const stage = await aDealtStage();
    const coupon = await openCoupon(stage, { campaign: { code: 'PANTRY' } });
    await placeOrder(stage, [coupon], 10);

    await startCycle(stage, 2);

    expect(await dealtOf(stage.simulationId, 2, 'PANTRY')).toBeGreaterThan(0);
  });

  test('gets its budget back from a cancelled order', async () => {
    await budgetOf('PANTRY', 100);
    const stage = await aDealtStage();
    const coupon = await openCoupon(stage, { campaign: { code: 'PANTRY' } });
    const orderId = await placeOrder(stage, [coupon], 10);
    await cancelOrder(database.db, orderId, at(stage, 20));

    await startCycle(stage, 2);

    expect(await dealtOf(stage.simulationId, 2, 'PANTRY')).toBeGreaterThan(0);
  });

  test('of another simulation has a budget of its own', async () => {
    await budgetOf('PANTRY', 100);
    const other = await aDealtStage();
    await placeOrder(other, [await openCoupon(other, { campaign: { code: 'PANTRY' } })], 10);

    const stage = await aDealtStage();

    expect(await dealtOf(stage.simulationId, 1, 'PANTRY')).toBeGreaterThan(0);
  });
});

describe.each(['replace', 'top_up', 'append', 'staggered'] as const)(
  'six weeks under %s',
  (refreshPolicy) => {
    const config = aSimulation({ days: 42, refreshPolicy });

    beforeAll(() => simulateInDatabase(database.db, config), 120_000);

    test('pass every check of the review: capacity at any instant, the ledger, redemptions with orders', async () => {
      const { checks } = await reviewSimulation(database.db, config.simulationId);

      expect(checks.filter((check) => !check.isOk)).toEqual([]);
    });

    test('see coupons redeemed and expired', async () => {
      const { ledger } = await loadReport(database.db, config.simulationId);

      expect([ledger.redeemed! > 0, ledger.expired! > 0 || ledger.removed! > 0]).toEqual([true, true]);
    });

    test('deal no coupon again inside the no-repeat window, unless the pool is exhausted', async () => {
      const repeated = await rows(
        `SELECT a.user_id, a.coupon_id, x.cycle_number, y.cycle_number
       FROM user_coupons a JOIN offer_cycles x ON x.id = a.offer_cycle_id
       JOIN user_coupons b ON b.simulation_id = a.simulation_id AND b.user_id = a.user_id AND b.coupon_id = a.coupon_id
       JOIN offer_cycles y ON y.id = b.offer_cycle_id
       JOIN offer_deals d ON d.offer_cycle_id = y.id AND d.user_id = b.user_id
       WHERE a.simulation_id = $1 AND y.cycle_number - x.cycle_number BETWEEN 1 AND 4 AND NOT d.pool_exhausted`,
        config.simulationId,
      );

      expect(repeated).toEqual([]);
    });

    test('leave no coupon open beyond its expiry', async () => {
      const late = await rows(
        `SELECT id FROM user_coupons WHERE simulation_id = $1 AND status = 'active' AND expires_simulated_at < '2026-02-15'`,
        config.simulationId,
      );

      expect(late).toEqual([]);
    });

    test('close coupons for the reasons that belong to the policy', async () => {
      const found = await rows<{ reason: string }>(
        `SELECT DISTINCT closed_reason AS reason FROM user_coupons WHERE simulation_id = $1 AND closed_reason IS NOT NULL`,
        config.simulationId,
      );

      const reasons = {
        replace: 'cycle_boundary',
        top_up: 'expiry_date',
        append: 'capacity',
        staggered: 'expiry_date',
      };
      expect(found.map(({ reason }) => reason)).toEqual([reasons[refreshPolicy]]);
    });

    test('redeem no coupon outside its life', async () => {
      const wrong = await rows(
        `SELECT u.id FROM user_coupons u JOIN order_discounts d ON d.user_coupon_id = u.id JOIN orders o ON o.id = d.order_id
       WHERE u.simulation_id = $1 AND NOT (o.simulated_at >= u.assigned_simulated_at AND o.simulated_at < u.expires_simulated_at)`,
        config.simulationId,
      );

      expect(wrong).toEqual([]);
    });
  },
);

describe('the database refuses', () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await aDealtStage();
  });

  const CLOSED = { expired: 'cycle_boundary', removed: 'capacity' } as const;

  test.each([
    ['expired', 'active'],
    ['expired', 'redeemed'],
    ['expired', 'removed'],
    ['removed', 'active'],
    ['removed', 'redeemed'],
    ['removed', 'expired'],
  ] as const)('a coupon that goes from %s to %s', async (from, to) => {
    const coupon = await openCoupon(stage);
    const orderId = await placeOrder(stage, [await openCoupon(stage, { id: { not: coupon.id } })], 1);
    await change(coupon.id, { status: from, closedReason: CLOSED[from] });

    const changed = change(coupon.id, {
      status: to,
      closedReason: to === 'active' || to === 'redeemed' ? null : CLOSED[to],
      ...(to === 'redeemed' ? { orderId } : {}),
    });

    await expect(changed).rejects.toThrow(`cannot go from ${from} to ${to}`);
  });

  test.each(['active', 'reserved', 'removed', 'expired'] as const)(
    'a coupon that goes from redeemed to %s while its order stands',
    async (to) => {
      const coupon = await openCoupon(stage);
      await placeOrder(stage, [coupon], 1);

      const changed = change(coupon.id, {
        status: to,
        closedReason: to === 'removed' || to === 'expired' ? CLOSED[to] : null,
      });

      await expect(changed).rejects.toThrow(`cannot go from redeemed to ${to}`);
    },
  );

  test('a redeemed coupon without an order', async () => {
    const coupon = await openCoupon(stage);

    await expect(change(coupon.id, { status: 'redeemed', orderId: null })).rejects.toThrow(
      'user_coupons_order_check',
    );
  });

  test('a coupon that is closed without a reason', async () => {
    const coupon = await openCoupon(stage);

    await expect(change(coupon.id, { status: 'expired', closedReason: null })).rejects.toThrow(
      'user_coupons_closed_reason_check',
    );
  });

  test('a coupon that changes in its own past', async () => {
    const coupon = await openCoupon(stage);
    await change(coupon.id, { status: 'reserved', statusSimulatedAt: at(stage, 10) });

    await expect(change(coupon.id, { status: 'active', statusSimulatedAt: at(stage, 9) })).rejects.toThrow(
      'cannot change in its own past',
    );
  });

  test('a line of the ledger that is changed afterwards', async () => {
    const changed = database.db.userCouponTransition.updateMany({
      where: { userCoupon: { simulationId: stage.simulationId } },
      data: { toStatus: 'expired' },
    });

    await expect(changed).rejects.toThrow('user_coupon_transitions is append-only');
  });

  test('the coupon that is one too many for a wallet', async () => {
    const { userId } = stage.participants[0]!;
    const held = await database.db.userCoupon.findMany({
      where: { simulationId: stage.simulationId, userId },
    });
    const other = [...catalog.couponById.keys()].find((id) => held.every((one) => one.couponId !== id))!;

    const added = database.db.userCoupon.create({ data: { ...held[0]!, id: randomUUID(), couponId: other } });

    await expect(added).rejects.toThrow('would hold 33 coupons, capacity is 32');
  });

  test('a second redemption while the first stands', async () => {
    const coupon = await openCoupon(stage);
    await placeOrder(stage, [coupon], 1);
    const second = await placeOrder(stage, [], 2);

    const redeemed = rows(
      `INSERT INTO order_discounts (order_id, user_coupon_id, target, amount_cents, vendor_funded_cents, redemption_fee_cents)
       VALUES ($1::uuid, $2::uuid, 'lines', 100, 0, 0)`,
      second,
      coupon.id,
    );

    await expect(redeemed).rejects.toThrow(`user coupon ${coupon.id} is already redeemed`);
  });

  test('simulated time that goes back', async () => {
    const { simulationId } = stage;
    await rows(
      `UPDATE simulation_state SET committed_days = 3, simulated_date = start_date + 3 WHERE simulation_id = $1`,
      simulationId,
    );

    const back = rows(
      `UPDATE simulation_state SET committed_days = 2, simulated_date = start_date + 2 WHERE simulation_id = $1`,
      simulationId,
    );

    await expect(back).rejects.toThrow('cannot go back from day 3 to day 2');
  });

  test('a cycle number that goes back', async () => {
    const back = database.db.simulationState.update({
      where: { simulationId: stage.simulationId },
      data: { cycleNumber: 0 },
    });

    await expect(back).rejects.toThrow('cannot go back');
  });

  test('another configuration for a simulation that exists', async () => {
    const changed = database.db.simulationState.update({
      where: { simulationId: stage.simulationId },
      data: { config: { ...stage.config, walletCapacity: 64 } },
    });

    await expect(changed).rejects.toThrow('the configuration of simulation');
  });

  test('a change to a day that was lived', async () => {
    const config = aSimulation({ days: 3 });
    await simulateInDatabase(database.db, config);

    const changed = database.db.shoppingDay.updateMany({
      where: { simulationId: config.simulationId, status: 'completed' },
      data: { finishedAt: new Date() },
    });

    await expect(changed).rejects.toThrow('is completed');
  });
});

test('a simulation that has ended stays as it ended', async () => {
  const { simulationId } = await aStage();
  await finishSimulation(database.db, simulationId, 'stopped');

  await finishSimulation(database.db, simulationId, 'completed');

  const { status } = await database.db.simulationState.findUniqueOrThrow({ where: { simulationId } });
  expect(status).toBe('stopped');
});

describe('a cancelled order', () => {
  const ACTIVE = { status: 'active', closedReason: null };

  test('gives its coupons back to the wallet', async () => {
    const stage = await aDealtStage();
    const coupon = await openCoupon(stage);
    const orderId = await placeOrder(stage, [coupon], 10);

    const result = await cancelOrder(database.db, orderId, at(stage, 20));

    expect(result).toMatchObject({ type: 'cancelled', coupons: [{ code: coupon.code, ...ACTIVE }] });
    expect(await couponRow(coupon.id)).toMatchObject({
      ...ACTIVE,
      orderId: null,
      statusSimulatedAt: at(stage, 20),
    });
  });

  test('says when it was cancelled', async () => {
    const stage = await aDealtStage();
    const orderId = await placeOrder(stage, [], 10);

    await cancelOrder(database.db, orderId, at(stage, 20));

    const order = await database.db.order.findUniqueOrThrow({ where: { id: orderId } });
    expect([order.status, order.cancelledSimulatedAt]).toEqual(['cancelled', at(stage, 20)]);
  });

  test('expires a coupon that is past its date', async () => {
    const stage = await aDealtStage();
    const coupon = await openCoupon(stage);
    const orderId = await placeOrder(stage, [coupon], 10);

    await cancelOrder(database.db, orderId, at(stage, 14 * 24));

    expect(await couponRow(coupon.id)).toMatchObject({ status: 'expired', closedReason: 'expiry_date' });
  });

  test('expires a coupon for which the wallet has no room', async () => {
    const stage = await aDealtStage();
    const coupon = await openCoupon(stage);
    const orderId = await placeOrder(stage, [coupon], 10);
    await startCycle(stage, 2);

    await cancelOrder(database.db, orderId, at(stage, 8 * 24));

    expect(await couponRow(coupon.id)).toMatchObject({ status: 'expired', closedReason: 'capacity' });
  });

  test('gives back what fits, oldest first, when there is room for some', async () => {
    const stage = await aDealtStage();
    const coupons = await openCoupons(stage, 2);
    const orderId = await placeOrder(stage, coupons, 10);
    await startCycle(stage, 2);
    const fresh = await openCoupon(stage, { cycle: { cycleNumber: 2 } });
    await placeOrder(stage, [fresh], 8 * 24);

    const result = await cancelOrder(database.db, orderId, at(stage, 9 * 24));

    const statuses = result.type === 'cancelled' ? result.coupons.map(({ status }) => status) : [];
    expect(statuses).toEqual(['active', 'expired']);
  });

  test('twice is cancelled once', async () => {
    const stage = await aDealtStage();
    const orderId = await placeOrder(stage, [await openCoupon(stage)], 10);
    await cancelOrder(database.db, orderId, at(stage, 20));
    const before = await ledgerOf(stage.simulationId);

    const again = await cancelOrder(database.db, orderId, at(stage, 30));

    expect([again, await ledgerOf(stage.simulationId)]).toEqual([{ type: 'already_cancelled' }, before]);
  });

  test('twice at once is cancelled once', async () => {
    const stage = await aDealtStage();
    const orderId = await placeOrder(stage, [await openCoupon(stage)], 10);

    const results = await Promise.all([1, 2, 3].map(() => cancelOrder(database.db, orderId, at(stage, 20))));

    expect(results.map(({ type }) => type).sort()).toEqual([
      'already_cancelled',
      'already_cancelled',
      'cancelled',
    ]);
  });

  test('and another one at once do not overfill the wallet', async () => {
    const stage = await aDealtStage();
    const orders: string[] = [];
    for (const coupon of await openCoupons(stage, 4)) orders.push(await placeOrder(stage, [coupon], 10));
    await startCycle(stage, 2);
    // One place is free in a wallet that four coupons want to come back to.
    await placeOrder(stage, [await openCoupon(stage, { cycle: { cycleNumber: 2 } })], 8 * 24);

    const results = await Promise.all(orders.map((id) => cancelOrder(database.db, id, at(stage, 9 * 24))));

    const statuses = results.flatMap((result) => (result.type === 'cancelled' ? result.coupons : []));
    expect(statuses.map(({ status }) => status).sort()).toEqual(['active', 'expired', 'expired', 'expired']);
  });

  test('frees its coupon for another order', async () => {
    const stage = await aDealtStage();
    const coupon = await openCoupon(stage);
    const first = await placeOrder(stage, [coupon], 10);
    await cancelOrder(database.db, first, at(stage, 20));

    const second = await placeOrder(stage, [coupon], 30);

    expect(await couponRow(coupon.id)).toMatchObject({ status: 'redeemed', orderId: second });
  });

  test('leaves a ledger without error', async () => {
    const stage = await aDealtStage();
    const [kept, given] = await openCoupons(stage, 2);
    await placeOrder(stage, [kept!], 10);
    await cancelOrder(database.db, await placeOrder(stage, [given!], 10), at(stage, 20));

    const { ledger, integrity } = await loadReport(database.db, stage.simulationId);

    expect([ledger.redeemed, ledger.givenBack, ledger.error, integrity.redeemedWithoutOrder]).toEqual([
      2, 1, 0, 0,
    ]);
  });

  test('that does not exist is named', async () => {
    await expect(cancelOrder(database.db, randomUUID(), new Date())).rejects.toThrow(NotFoundError);
  });

  test('cannot be cancelled before it was placed', async () => {
    const stage = await aDealtStage();
    const orderId = await placeOrder(stage, [await openCoupon(stage)], 10);

    await expect(cancelOrder(database.db, orderId, at(stage, 9))).rejects.toThrow(ConflictError);

    expect(await database.db.order.findUniqueOrThrow({ where: { id: orderId } })).toMatchObject({
      status: 'completed',
    });
  });
});

type OpenCoupon = { readonly id: string; readonly userId: string; readonly code: string };
type CouponFilter = NonNullable<Parameters<typeof database.db.userCoupon.findMany>[0]>['where'];

/** An open coupon of the first participant. */
async function openCoupon(
  stage: Stage,
  where: CouponFilter | { campaign: { code: string } } = {},
): Promise<OpenCoupon> {
  const filter = 'campaign' in where ? { coupon: where } : (where as CouponFilter);
  const [coupon] = await openCoupons(stage, 1, filter);
  if (coupon === undefined) throw new Error('The wallet has no such coupon.');
  return coupon;
}

async function openCoupons(stage: Stage, take: number, where: CouponFilter = {}): Promise<OpenCoupon[]> {
  const { userId } = stage.participants[0]!;
  const found = await database.db.userCoupon.findMany({
    where: { simulationId: stage.simulationId, userId, status: 'active', ...where },
    include: { coupon: true },
    orderBy: { coupon: { code: 'asc' } },
    take,
  });
  return found.map((row) => ({ id: row.id, userId: row.userId, code: row.coupon.code }));
}

/** The first participant buys something for 10.00 with these coupons, of 1.00 each. */
async function placeOrder(stage: Stage, coupons: readonly OpenCoupon[], hours: number): Promise<string> {
  const id = randomUUID();
  const discountCents = 100 * coupons.length;
  await database.db.order.create({
    data: {
      id,
      simulationId: stage.simulationId,
      userId: stage.participants[0]!.userId,
      idempotencyKey: id,
      currency: 'USD',
      subtotalCents: 1_000,
      discountCents,
      shippingCents: 0,
      totalCents: 1_000 - discountCents,
      unitCostCents: 500,
      vendorFundedCents: 0,
      redemptionFeeCents: 0,
      isSimulated: true,
      simulatedAt: at(stage, hours),
    },
  });
  for (const coupon of coupons) {
    await change(coupon.id, { status: 'redeemed', orderId: id, statusSimulatedAt: at(stage, hours) });
    await database.db.orderDiscount.create({ data: discountOf(id, coupon.id) });
  }
  return id;
}

function discountOf(orderId: string, userCouponId: string) {
  return {
    orderId,
    userCouponId,
    target: 'lines',
    amountCents: 100,
    vendorFundedCents: 0,
    redemptionFeeCents: 0,
  };
}

type CouponChange = {
  status: string;
  closedReason?: string | null;
  orderId?: string | null;
  statusSimulatedAt?: Date;
};

async function change(id: string, data: CouponChange): Promise<void> {
  await database.db.userCoupon.update({ where: { id }, data });
}

function couponRow(id: string) {
  return database.db.userCoupon.findUniqueOrThrow({ where: { id } });
}

/** An instant of a simulation, by hours since its start. */
function at({ config }: Stage, hours: number): Date {
  return new Date(instantAt(config.startDate, hours));
}
