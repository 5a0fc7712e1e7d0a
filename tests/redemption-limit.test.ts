// Coupons of which there are only so many redemptions: the database counts for whoever redeems, and simulations share
// out what is left in a way that does not depend on who comes first.
import { randomUUID } from 'node:crypto';
import { reviewSimulation } from '../client/report.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import type { SimulationConfig, SimulationConfigInput } from '../domain/retail/simulation.ts';
import { createDatabase } from '../prisma/client.ts';
import type { Database } from '../prisma/client.ts';
import { loadDataset } from '../prisma/dataset-store.ts';
import { digestSimulation, firstDifference } from '../prisma/digest-store.ts';
import type { Digest } from '../prisma/digest-store.ts';
import { cancelOrder } from '../prisma/order-store.ts';
import { insertRows, isRefusedByDatabase } from '../prisma/rows.ts';
import { createSimulation } from '../prisma/simulation-store.ts';
import { createTestDatabase } from './environment.ts';
import type { TestDatabase } from './environment.ts';
import { aSimulation, aSmallDataset, createRig, runSimulation } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

const MIDNIGHT = new Date('2026-01-05');
const NOON = new Date('2026-01-05T12:00:00Z');
const EVENING = new Date('2026-01-05T20:00:00Z');
const EXPIRY = new Date('2026-01-19');

describe('in the database', () => {
  let database: TestDatabase;
  /** With as many connections as it takes for redemptions to meet each other. */
  let db: Database;
  let simulationId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    db = createDatabase(database.databaseUrl, { poolSize: 20 });
    await loadDataset(db, aSmallDataset({ agents: 1 }));
    const simulation = aSimulation();
    await createSimulation(db, simulation);
    simulationId = simulation.simulationId;
  });

  afterAll(async () => {
    await db.$disconnect();
    await database.drop();
  });

  describe.each(['a simulation', 'production'] as const)('in %s', (place) => {
    const inPlace = () => (place === 'production' ? null : simulationId);

    test('of 200 who redeem at once as many succeed as the limit says', async () => {
      const crowd = await aCrowd({ users: 200, limits: [20], simulationId: inPlace() });

      const outcomes = await redeemAtOnce(crowd);

      expect(countOf(outcomes, 'fulfilled')).toBe(20);
    });

    test('those who come too late are told that the limit is reached, and that it is final', async () => {
      const crowd = await aCrowd({ users: 10, limits: [3], simulationId: inPlace() });

      const refused = (await redeemAtOnce(crowd)).filter((outcome) => outcome.status === 'rejected');

      const said = `coupon ${crowd.codes[0]} may be redeemed 3 times`;
      expect(
        refused.map(({ reason }) => [String(reason).includes(said), isRefusedByDatabase(reason)]),
      ).toEqual(Array(7).fill([true, true]));
    });

    test('the count is that of the rows, and who was refused left nothing behind', async () => {
      const crowd = await aCrowd({ users: 30, limits: [4], simulationId: inPlace() });

      await redeemAtOnce(crowd);

      expect(await countsOf(crowd)).toEqual({ counted: 4, redeemed: 4, orders: 4 });
    });

    test('a redemption that is given back lets exactly one more through', async () => {
      const crowd = await aCrowd({ users: 30, limits: [5], simulationId: inPlace() });
      await redeemAtOnce(crowd);
      await cancelOrder(db, await anOrderOf(crowd), EVENING);

      await redeemAtOnce(crowd, await holdersLeft(crowd));

      expect(await countsOf(crowd)).toMatchObject({ counted: 5, redeemed: 5 });
    });

    test('a coupon without a limit costs no count', async () => {
      const crowd = await aCrowd({ users: 5, limits: [null], simulationId: inPlace() });

      await redeemAtOnce(crowd);

      expect(await countsOf(crowd)).toEqual({ counted: null, redeemed: 5, orders: 5 });
    });
  });

  test('simulations and production count for themselves', async () => {
    const real = await aCrowd({ users: 3, limits: [2], simulationId: null });
    const simulated = await aCrowd({ users: 3, coupons: real, simulationId });

    await Promise.all([redeemAtOnce(real), redeemAtOnce(simulated)]);

    expect([await countsOf(real), await countsOf(simulated)]).toEqual(
      Array(2).fill({ counted: 2, redeemed: 2, orders: 2 }),
    );
  });

  describe('a limit that is set on a coupon in use', () => {
    test('counts what was redeemed before', async () => {
      const crowd = await aCrowd({ users: 10, limits: [null] });
      await redeemAtOnce(crowd, crowd.holders.slice(0, 3));
      await setLimit(crowd, 4);

      await redeemAtOnce(crowd, crowd.holders.slice(3));

      expect(await countsOf(crowd)).toMatchObject({ counted: 4, redeemed: 4 });
    });

    test('counts what was redeemed while it was lifted', async () => {
      const crowd = await aCrowd({ users: 10, limits: [2] });
      await redeemAtOnce(crowd, crowd.holders.slice(0, 1));
      await setLimit(crowd, null);
      await redeemAtOnce(crowd, crowd.holders.slice(1, 5));
      await setLimit(crowd, 6);

      await redeemAtOnce(crowd, crowd.holders.slice(5));

      expect(await countsOf(crowd)).toMatchObject({ counted: 6, redeemed: 6 });
    });

    test('below what was redeemed lets nothing more through, and lets go what is given back', async () => {
      const crowd = await aCrowd({ users: 10, limits: [null] });
      await redeemAtOnce(crowd, crowd.holders.slice(0, 3));
      await setLimit(crowd, 2);
      await cancelOrder(db, await anOrderOf(crowd), EVENING);

      await redeemAtOnce(crowd, await holdersLeft(crowd));

      expect(await countsOf(crowd)).toMatchObject({ redeemed: 2 });
    });
  });

  test('who redeems two limited coupons in one order or the other never waits for another who does', async () => {
    const crowd = await aCrowd({ users: 60, limits: [100, 100] });

    const outcomes = await Promise.allSettled(
      crowd.holders.map(({ userId, userCouponIds }, i) =>
        redeem(crowd, userId, i % 2 === 0 ? userCouponIds : [...userCouponIds].reverse()),
      ),
    );

    expect(reasonsOf(outcomes)).toEqual([]);
  });

  test('nor does who gives two of them back', async () => {
    // An order's coupons are given back by code, while they are counted by id: here these are opposite orders.
    const crowd = await aCrowd({ users: 60, limits: [100, 100], codes: ['Z', 'A'] });
    const [buyers, others] = [crowd.holders.slice(0, 30), crowd.holders.slice(30)];
    const orders = await Promise.all(
      buyers.map(({ userId, userCouponIds }) => redeem(crowd, userId, userCouponIds)),
    );

    const outcomes = await Promise.allSettled([
      ...orders.map((order) => cancelOrder(db, order, EVENING)),
      ...others.map(({ userId, userCouponIds }) => redeem(crowd, userId, userCouponIds)),
    ]);

    expect(reasonsOf(outcomes)).toEqual([]);
  });

  type Holder = { readonly userId: string; readonly userCouponIds: readonly string[] };
  type Crowd = {
    readonly simulationId: string | null;
    readonly couponIds: readonly number[];
    readonly codes: readonly string[];
    readonly holders: readonly Holder[];
  };
  type CrowdInput = {
    users: number;
    simulationId?: string | null;
    /** The limit of each of the coupons, which are new. */
    limits?: readonly (number | null)[];
    /** What the codes of the coupons begin with. */
    codes?: readonly string[];
    /** Whose coupons they hold, instead of new ones. */
    coupons?: Pick<Crowd, 'couponIds' | 'codes'>;
  };

  /** Users who all hold the same coupons, in production unless a simulation is named. */
  async function aCrowd({
    users,
    limits = [],
    codes = [],
    simulationId: place = null,
    coupons,
  }: CrowdInput): Promise<Crowd> {
    const { couponIds, codes: names } = coupons ?? (await someCoupons(limits, codes));
    const cycleId = await aCycle(place);
    const holders = Array.from({ length: users }, (): Holder => ({
      userId: randomUUID(),
      userCouponIds: couponIds.map(() => randomUUID()),
    }));
    await db.user.createMany({
      data: holders.map(({ userId }) => ({ id: userId, email: `${userId}@example.com` })),
    });
    await db.userCoupon.createMany({
      data: holders.flatMap(({ userId, userCouponIds }) =>
        userCouponIds.map((id, i) => ({
          id,
          simulationId: place,
          userId,
          couponId: couponIds[i]!,
          offerCycleId: cycleId,
          assignmentProbability: 1,
          policyVersion: 'test',
          assignedSimulatedAt: MIDNIGHT,
          expiresSimulatedAt: EXPIRY,
          statusSimulatedAt: MIDNIGHT,
          isSimulation: place !== null,
        })),
      ),
    });
    return { simulationId: place, couponIds, codes: names, holders };
  }

  async function someCoupons(
    limits: readonly (number | null)[],
    prefixes: readonly string[],
  ): Promise<Pick<Crowd, 'couponIds' | 'codes'>> {
    const { id: _, ...like } = await db.coupon.findFirstOrThrow({ orderBy: { id: 'asc' } });
    const coupons: { id: number; code: string }[] = [];
    for (const [i, redemptionLimit] of limits.entries()) {
      const code = `${prefixes[i] ?? 'LIMIT'}-${randomUUID()}`;
      coupons.push(await db.coupon.create({ data: { ...like, code, redemptionLimit } }));
    }
    return { couponIds: coupons.map(({ id }) => id), codes: coupons.map(({ code }) => code) };
  }

  async function aCycle(place: string | null): Promise<string> {
    const last = await db.offerCycle.aggregate({
      where: { simulationId: place },
      _max: { cycleNumber: true },
    });
    const cycle = await db.offerCycle.create({
      data: {
        id: randomUUID(),
        simulationId: place,
        cycleNumber: (last._max.cycleNumber ?? 0) + 1,
        simulatedStartDate: MIDNIGHT,
        simulatedEndDate: EXPIRY,
        isSimulation: place !== null,
      },
    });
    return cycle.id;
  }

  function redeemAtOnce(
    crowd: Crowd,
    holders: readonly Holder[] = crowd.holders,
  ): Promise<PromiseSettledResult<string>[]> {
    return Promise.allSettled(
      holders.map(({ userId, userCouponIds }) => redeem(crowd, userId, userCouponIds)),
    );
  }

  /** What saving a day does of it (prisma/shopping-store.ts): an order, all its coupons in one statement, the discounts. */
  async function redeem(
    { simulationId: place }: Crowd,
    userId: string,
    userCouponIds: readonly string[],
  ): Promise<string> {
    const orderId = randomUUID();
    const discountCents = 100 * userCouponIds.length;
    return db.$transaction(async (tx) => {
      await tx.order.create({
        data: {
          id: orderId,
          simulationId: place,
          userId,
          idempotencyKey: orderId,
          currency: 'USD',
          subtotalCents: 1_000,
          discountCents,
          shippingCents: 0,
          totalCents: 1_000 - discountCents,
          unitCostCents: 500,
          vendorFundedCents: 0,
          redemptionFeeCents: 0,
          isSimulated: place !== null,
          simulatedAt: place === null ? null : NOON,
        },
      });
      await tx.$executeRawUnsafe(
        `UPDATE user_coupons u SET status = 'redeemed', order_id = r.order_id, status_simulated_at = r.at
         FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, order_id uuid, at timestamptz)
         WHERE u.id = r.id AND u.status IN ('active', 'reserved')`,
        JSON.stringify(userCouponIds.map((id) => ({ id, order_id: orderId, at: NOON }))),
      );
      const discounts = userCouponIds.map((id) => ({
        order_id: orderId,
        user_coupon_id: id,
        target: 'lines',
        amount_cents: 100,
        vendor_funded_cents: 0,
        redemption_fee_cents: 0,
      }));
      await insertRows(tx, 'order_discounts', discounts, 'fail');
      return orderId;
    });
  }

  async function setLimit({ couponIds }: Crowd, redemptionLimit: number | null): Promise<void> {
    await db.coupon.updateMany({ where: { id: { in: [...couponIds] } }, data: { redemptionLimit } });
  }

  /** What is stored about the first coupon of a crowd. */
  async function countsOf({ simulationId: place, couponIds, holders }: Crowd) {
    const couponId = couponIds[0]!;
    const [count, redeemed, orders] = await Promise.all([
      db.couponRedemption.findFirst({ where: { simulationId: place, couponId } }),
      db.userCoupon.count({ where: { simulationId: place, couponId, status: 'redeemed' } }),
      db.order.count({ where: { userId: { in: holders.map(({ userId }) => userId) } } }),
    ]);
    return { counted: count?.redeemed ?? null, redeemed, orders };
  }

  async function anOrderOf({ holders }: Crowd): Promise<string> {
    const userIds = holders.map(({ userId }) => userId);
    return (await db.order.findFirstOrThrow({ where: { userId: { in: userIds } } })).id;
  }

  async function holdersLeft({ holders }: Crowd): Promise<Holder[]> {
    const ids = holders.flatMap(({ userCouponIds }) => userCouponIds);
    const rows = await db.userCoupon.findMany({ where: { id: { in: ids }, status: 'active' } });
    const active = new Set(rows.map(({ id }) => id));
    return holders.filter(({ userCouponIds }) => userCouponIds.every((id) => active.has(id)));
  }
});

function countOf(
  outcomes: readonly PromiseSettledResult<unknown>[],
  status: 'fulfilled' | 'rejected',
): number {
  return outcomes.filter((outcome) => outcome.status === status).length;
}

function reasonsOf(outcomes: readonly PromiseSettledResult<unknown>[]): string[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
}

describe('in a simulation of coupon hunters', () => {
  const AGENTS = 8;
  const POOL = { frontstore: 4, line: 44 };
  let rig: Rig;
  let limited: SimulationConfig;
  let digest: Digest;
  const digests = new Map<string, Digest>();
  const variants: Record<string, Partial<SimulationConfigInput>> = {
    'its id': {},
    'whether a shopping day is an execution or an activity': { execution: 'activity' },
    'windows of one': { shardSize: 1, shardsInFlight: 1, agentsInFlight: 1 },
    'wide windows': { shardSize: 2, shardsInFlight: 20, agentsInFlight: 50 },
  };

  /** Six days of three cycles whose few coupons go round: a coupon is closed and dealt again at the same boundary. */
  const aRun = (given: Partial<SimulationConfigInput> = {}) =>
    aSimulation({ days: 6, offerCycleDays: 2, seed: 'limits', ...given });

  beforeAll(async () => {
    rig = await createRig(aScarceDataset());
    await rig.startWorker();
    limited = aRun();
    const runs = Object.entries(variants).map(async ([name, given]) =>
      digests.set(name, await digestOf(aRun(given))),
    );
    [digest] = await Promise.all([digestOf(limited), ...runs]);
  }, 180_000);

  afterAll(() => rig.close());

  test('limits are reached, and shoppers go without', async () => {
    const reached = await rig.db.$queryRaw<unknown[]>`
      SELECT 1 FROM coupon_redemptions r JOIN coupons c ON c.id = r.coupon_id
      WHERE r.simulation_id = ${limited.simulationId} AND r.redeemed = c.redemption_limit`;

    expect([reached.length > 0, (await withheldOf(limited)).length > 0]).toEqual([true, true]);
  });

  test('no limit is exceeded', async () => {
    const exceeded = await rig.db.$queryRaw`
      SELECT c.code, c.redemption_limit, count(*) FROM user_coupons u JOIN coupons c ON c.id = u.coupon_id
      WHERE u.simulation_id = ${limited.simulationId} AND u.status = 'redeemed'
      GROUP BY c.id HAVING count(*) > c.redemption_limit`;

    expect(exceeded).toEqual([]);
  });

  test('the counts are those of the rows', async () => {
    const wrong = await rig.db.$queryRaw`
      SELECT r.coupon_id, r.redeemed FROM coupon_redemptions r
      WHERE r.simulation_id = ${limited.simulationId} AND r.redeemed <> (
        SELECT count(*) FROM user_coupons u
        WHERE u.simulation_id = r.simulation_id AND u.coupon_id = r.coupon_id AND u.status = 'redeemed')`;

    expect(wrong).toEqual([]);
  });

  test('every check of the review passes: nobody was refused at checkout', async () => {
    const { checks } = await reviewSimulation(rig.db, limited.simulationId);

    expect(checks.filter((check) => !check.isOk)).toEqual([]);
  });

  test('nobody sees, let alone uses, a coupon on a day for which it was withheld', async () => {
    const used = await rig.db.$queryRaw`
      SELECT w.user_coupon_id FROM withheld_coupons w JOIN user_coupons u ON u.id = w.user_coupon_id
      WHERE u.simulation_id = ${limited.simulationId} AND (
        (u.status = 'redeemed' AND (u.status_simulated_at AT TIME ZONE 'UTC')::date = w.simulated_date)
        OR EXISTS (SELECT 1 FROM coupon_impressions i JOIN shopping_sessions s ON s.id = i.session_id
                   WHERE i.user_coupon_id = u.id AND s.simulated_date = w.simulated_date))`;

    expect(used).toEqual([]);
  });

  test('as many may use a coupon as redemptions are left, when more hold it', async () => {
    // At 00:00 of each day, for each coupon of which somebody goes without.
    const wrong = await rig.db.$queryRaw`
      WITH shared AS (
        SELECT w.simulated_date, u.coupon_id, count(*) AS withheld FROM withheld_coupons w
        JOIN user_coupons u ON u.id = w.user_coupon_id
        WHERE u.simulation_id = ${limited.simulationId} GROUP BY 1, 2),
      counted AS (
        SELECT s.*, c.redemption_limit - (
            SELECT count(*) FROM user_coupons u WHERE u.simulation_id = ${limited.simulationId} AND u.coupon_id = s.coupon_id
              AND u.status = 'redeemed' AND (u.status_simulated_at AT TIME ZONE 'UTC')::date < s.simulated_date) AS "left",
          (SELECT count(*) FROM user_coupons u JOIN agents a ON a.user_id = u.user_id
             JOIN shopping_days d ON d.agent_id = a.agent_id AND d.simulation_id = u.simulation_id AND d.simulated_date = s.simulated_date
           WHERE u.simulation_id = ${limited.simulationId} AND u.coupon_id = s.coupon_id AND d.status <> 'home'
             AND (u.assigned_simulated_at AT TIME ZONE 'UTC')::date <= s.simulated_date
             AND (u.status = 'active' OR (u.status_simulated_at AT TIME ZONE 'UTC') > s.simulated_date)) AS holders
        FROM shared s JOIN coupons c ON c.id = s.coupon_id)
      SELECT * FROM counted WHERE holders - withheld <> "left"`;

    expect(wrong).toEqual([]);
  });

  test.each(Object.keys(variants))('who goes without does not depend on %s', (name) => {
    const other = digests.get(name)!;

    expect([firstDifference(digest, other), other.digest]).toEqual([null, digest.digest]);
  });

  describe('with other limits', () => {
    let unlimited: Digest;
    let unreached: Digest;

    beforeAll(async () => {
      const limits = await rig.db.coupon.findMany({ where: { redemptionLimit: { not: null } } });
      const ids = limits.map(({ id }) => id);
      try {
        await rig.db.coupon.updateMany({ where: { id: { in: ids } }, data: { redemptionLimit: null } });
        unlimited = await digestOf(aRun());
        await rig.db.coupon.updateMany({ where: { id: { in: ids } }, data: { redemptionLimit: 10_000 } });
        unreached = await digestOf(aRun());
      } finally {
        for (const { id, redemptionLimit } of limits)
          await rig.db.coupon.update({ where: { id }, data: { redemptionLimit } });
      }
    }, 120_000);

    test('one that is never reached changes nothing', () => {
      expect([firstDifference(unlimited, unreached), unreached.digest]).toEqual([null, unlimited.digest]);
    });

    test('one that is reached changes nothing before the first day on which somebody goes without', async () => {
      const [first] = await withheldOf(limited);

      expect(daysOf(digest, (date) => date < first!)).toEqual(daysOf(unlimited, (date) => date < first!));
    });

    test('one that is reached changes something', () => {
      expect(digest.digest).not.toBe(unlimited.digest);
    });
  });

  /** Forty-eight coupons for eight hunters, most of them for one or two of them only. */
  function aScarceDataset(): Dataset {
    const dataset = aSmallDataset({ agents: AGENTS, areHunters: true });
    const isFrontstore = (coupon: Dataset['coupons'][number]) => coupon.scope === 'frontstore';
    const frontstore = dataset.coupons.filter(isFrontstore).slice(0, POOL.frontstore);
    const line = dataset.coupons.filter((coupon) => !isFrontstore(coupon)).slice(0, POOL.line);
    const limitOf = (i: number) => [1, 2, null][i % 3]!;
    return {
      ...dataset,
      coupons: [...frontstore, ...line].map((coupon, i) => ({ ...coupon, redemptionLimit: limitOf(i) })),
    };
  }

  async function digestOf(config: SimulationConfig): Promise<Digest> {
    await runSimulation(rig, config);
    return digestSimulation(rig.db, config.simulationId);
  }

  /** Dates on which coupons were withheld, one for each. */
  async function withheldOf({ simulationId }: SimulationConfig): Promise<string[]> {
    const rows = await rig.db.$queryRaw<{ date: string }[]>`
      SELECT w.simulated_date::text AS date FROM withheld_coupons w JOIN user_coupons u ON u.id = w.user_coupon_id
      WHERE u.simulation_id = ${simulationId} ORDER BY w.simulated_date`;
    return rows.map(({ date }) => date);
  }

  /** The parts of a digest that are days, as far as they are wanted. */
  function daysOf({ parts }: Digest, isWanted: (date: string) => boolean): Digest['parts'] {
    return parts.filter(({ part }) => /^\d{4}-/.test(part) && isWanted(part));
  }
});
