// A fork has the past of its original, to the row, and goes on as it would have, or otherwise.
import { compareSimulations } from '../client/experiments.ts';
import { forkSimulation } from '../client/fork.ts';
import { reviewSimulation } from '../client/report.ts';
import {
  advance,
  pauseSimulation,
  resumeSimulation,
  setScale,
  startSimulation,
  viewSimulation,
  waitForSimulation,
} from '../client/simulations.ts';
import { forkConfig } from '../domain/retail/fork.ts';
import { cycleNumberOf } from '../domain/retail/offer-cycle.ts';
import type { SimulationConfig, SimulationConfigInput } from '../domain/retail/simulation.ts';
import { digestSimulation, firstDifference } from '../prisma/digest-store.ts';
import type { Digest } from '../prisma/digest-store.ts';
import { createFork } from '../prisma/fork-store.ts';
import { idOf } from '../prisma/ids.ts';
import { cancelOrder } from '../prisma/order-store.ts';
import { createSimulation, loadSimulation } from '../prisma/simulation-store.ts';
import type { SimulationRecord } from '../prisma/simulation-store.ts';
import { goOnInDatabase, simulateInDatabase } from './activity-simulation.ts';
import { aSimulation, aSmallDataset, createRig, eventually } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

let rig: Rig;

beforeAll(async () => {
  const grocer = aSmallDataset({ agents: 6, areHunters: true });
  rig = await createRig({
    ...grocer,
    // What is withheld and counted has a past, too.
    campaigns: grocer.campaigns.map((campaign) => ({ ...campaign, budgetCents: 1_000 })),
    coupons: grocer.coupons.map((coupon, i) => (i % 2 === 0 ? { ...coupon, redemptionLimit: 2 } : coupon)),
  });
});

afterAll(() => rig.close());

/** A simulation that has lived some of its days, without an execution. */
async function lived(given: Partial<SimulationConfigInput>, days?: number): Promise<SimulationConfig> {
  const config = aSimulation({ days: 6, offerCycleDays: 2, ...given });
  await simulateInDatabase(rig.db, config, days ?? config.days);
  return config;
}

async function forkOf(
  original: SimulationConfig,
  atCycle: number,
  changes: Record<string, unknown> = {},
): Promise<SimulationRecord> {
  const { committedDays } = await loadSimulation(rig.db, original.simulationId);
  const { simulationId } = aSimulation();
  const config = forkConfig(original, committedDays, atCycle, changes, simulationId);
  return createFork(rig.db, original, atCycle, config);
}

async function digestOf({ simulationId }: { simulationId: string }): Promise<Digest> {
  return digestSimulation(rig.db, simulationId);
}

const KINDS: [string, Partial<SimulationConfigInput>, number, number?][] = [
  ['whose coupons are replaced, completed', {}, 3],
  [
    'with coupons that live on, running',
    { refreshPolicy: 'append', offerExpirationDays: 3, frontstorePerCycle: 1, categoryBrandPerCycle: 12 },
    3,
    5,
  ],
  [
    'with cohorts and a bandit, at its boundary',
    { refreshPolicy: 'staggered', offerExpirationDays: 4, offerPolicy: { type: 'bandit' } },
    3,
    4,
  ],
];

describe.each(KINDS)('a fork without changes, of one %s', (_kind, given, atCycle, days) => {
  const shared = (atCycle - 1) * 2;
  let original: SimulationConfig;
  let twin: SimulationConfig;
  let before: Digest;
  let fork: SimulationRecord;

  beforeAll(async () => {
    original = await lived(given, days);
    // The same, at 00:00 of the first day that is not shared.
    twin = await lived(given, shared);
    before = await digestOf(original);
    fork = await forkOf(original, atCycle);
  });

  test('is what the original was at 00:00 of the cycle', async () => {
    expect(firstDifference(await digestOf(fork.config), await digestOf(twin))).toBeNull();
    expect(fork).toEqual({
      ...(await loadSimulation(rig.db, twin.simulationId)),
      config: { ...twin, simulationId: fork.config.simulationId },
      simulationId: fork.simulationId,
      forkedFrom: { simulationId: original.simulationId, atCycle },
      startedAt: expect.any(Date) as Date,
    });
    for (const [table, sql] of Object.entries(BESIDE_THE_DIGEST)) {
      const rows = await rig.db.$queryRawUnsafe<unknown[]>(sql, fork.simulationId);
      expect([table, rows.length]).not.toEqual([table, 0]);
      expect([table, rows]).toEqual([table, await rig.db.$queryRawUnsafe(sql, twin.simulationId)]);
    }
  });

  test('has the ids that the stores give', async () => {
    for (const [table, { sql, kind }] of Object.entries(KEYS)) {
      const rows = await rig.db.$queryRawUnsafe<{ id: string; key: (string | number)[] }[]>(
        sql,
        fork.simulationId,
      );
      expect(rows.length).toBeGreaterThan(0);
      for (const { id, key } of rows)
        expect([table, key, id]).toEqual([table, key, idOf(kind, fork.simulationId, ...key)]);
    }
  });

  test('names none of the rows of the original', async () => {
    const [{ count }] = await rig.db.$queryRaw<[{ count: number }]>`
      SELECT count(*)::int AS count FROM shopping_session_events e JOIN shopping_sessions s ON s.id = e.session_id
      LEFT JOIN user_coupons u ON u.id = (e.payload ->> 'userCouponId')::uuid AND u.simulation_id = s.simulation_id
      WHERE s.simulation_id = ${fork.simulationId} AND e.payload ? 'userCouponId' AND u.id IS NULL`;
    expect(count).toBe(0);
  });

  test('ends as the original, which nothing has happened to', async () => {
    expect((await digestOf(original)).digest).toBe(before.digest);

    await goOnInDatabase(rig.db, fork.simulationId);
    await goOnInDatabase(rig.db, original.simulationId);

    expect(firstDifference(await digestOf(fork.config), await digestOf(original))).toBeNull();
    expect(await failedChecks(fork)).toEqual([]);
  });
});

/** What a digest leaves out, by business keys. */
const BESIDE_THE_DIGEST = {
  withheld: `SELECT a.agent_id, c.code, w.simulated_date FROM withheld_coupons w JOIN user_coupons u ON u.id = w.user_coupon_id
    JOIN agents a ON a.user_id = u.user_id JOIN coupons c ON c.id = u.coupon_id WHERE u.simulation_id = $1 ORDER BY 1, 2, 3`,
  redemptions: `SELECT c.code, r.redeemed, r.reserved FROM coupon_redemptions r JOIN coupons c ON c.id = r.coupon_id WHERE r.simulation_id = $1 ORDER BY 1`,
  spending: `SELECT campaign_id, redeemed_cents, reserved_cents FROM campaign_spending WHERE simulation_id = $1 ORDER BY 1`,
  windows: `SELECT w.user_id::text, y.cycle_number, w.last_refresh_at, w.next_refresh_at FROM user_offer_cycles w
    JOIN offer_cycles y ON y.id = w.current_cycle_id AND y.simulation_id = w.simulation_id WHERE w.simulation_id = $1 ORDER BY 1`,
  learned: `SELECT cycle_number, policy_state FROM offer_cycles WHERE simulation_id = $1 ORDER BY 1`,
  features: `SELECT a.agent_id, c.code, u.assigned_simulated_at, u.features FROM user_coupons u JOIN agents a ON a.user_id = u.user_id
    JOIN coupons c ON c.id = u.coupon_id WHERE u.simulation_id = $1 ORDER BY 1, 2, 3`,
  covered: `SELECT o.idempotency_key, l.line_number, c.code FROM orders o JOIN order_lines l ON l.order_id = o.id
    JOIN user_coupons u ON u.id = l.user_coupon_id AND u.simulation_id = o.simulation_id JOIN coupons c ON c.id = u.coupon_id WHERE o.simulation_id = $1 ORDER BY 1, 2`,
};

const KEYS = {
  cycles: {
    kind: 'offer_cycle',
    sql: `SELECT id::text, jsonb_build_array(cycle_number) AS key FROM offer_cycles WHERE simulation_id = $1`,
  },
  windows: {
    kind: 'user_offer_cycle',
    sql: `SELECT id::text, jsonb_build_array(user_id) AS key FROM user_offer_cycles WHERE simulation_id = $1`,
  },
  deals: {
    kind: 'offer_deal',
    sql: `SELECT d.id::text, jsonb_build_array(user_id, cycle_number) AS key FROM offer_deals d JOIN offer_cycles y ON y.id = d.offer_cycle_id WHERE d.simulation_id = $1`,
  },
  coupons: {
    kind: 'user_coupon',
    sql: `SELECT u.id::text, jsonb_build_array(user_id, cycle_number, code) AS key FROM user_coupons u JOIN offer_cycles y ON y.id = u.offer_cycle_id
      JOIN coupons c ON c.id = u.coupon_id WHERE u.simulation_id = $1`,
  },
  sessions: {
    kind: 'shopping_session',
    sql: `SELECT id::text, jsonb_build_array(agent_id, simulated_date, trip_number) AS key FROM shopping_sessions WHERE simulation_id = $1`,
  },
  orders: {
    kind: 'order',
    sql: `SELECT o.id::text, jsonb_build_array(agent_id, simulated_date, trip_number) AS key FROM orders o JOIN shopping_sessions s ON s.id = o.session_id
      WHERE o.simulation_id = $1`,
  },
};

test.each([
  [['plain', 1]],
  [['quotes " and \\ back/slashes', -7]],
  [['tab\t line\n bell\u0007 del\u007f', 0]],
  [['naïve Größe 漢字 😀', 2_000_000_000]],
])('the database makes the id of %j as we do', async (key) => {
  const [{ id }] = await rig.db.$queryRaw<[{ id: string }]>`
    SELECT id_of('a kind', to_json(${key[0] as string}::text), to_json(${key[1] as number}::int))::text AS id`;
  expect(id).toBe(idOf('a kind', ...key));
});

describe('a fork with changes', () => {
  let original: SimulationConfig;
  beforeAll(async () => {
    original = await lived({});
  });

  test.each([
    ['other offers', { offerPolicy: 'prior_buyers', categoryBrandPerCycle: 10 }],
    ['no offers and more days', { offerPolicy: 'none', days: 7 }],
    ['other luck', { seed: 'another' }],
  ])('differs after it and not before: %s', async (_what, changes) => {
    const fork = await forkOf(original, 3, changes);
    await goOnInDatabase(rig.db, fork.simulationId);

    const [ours, theirs] = [await digestOf(fork.config), await digestOf(original)];
    expect(pastOf(ours, original, 3)).toEqual(pastOf(theirs, original, 3));
    expect(pastOf(ours, original, 3).length).toBeGreaterThan(20);
    expect(firstDifference(ours, theirs)).not.toBeNull();
    expect(await failedChecks(fork)).toEqual([]);
  });

  test('can be forked itself', async () => {
    const first = await forkOf(original, 2);
    await goOnInDatabase(rig.db, first.simulationId, 4);
    const second = await forkOf(first.config, 3);
    await goOnInDatabase(rig.db, second.simulationId);

    expect(firstDifference(await digestOf(second.config), await digestOf(original))).toBeNull();
  });

  test('is one that goes on when the original is over and it has more days', async () => {
    const fork = await forkOf(original, 4, { days: 8 });
    await goOnInDatabase(rig.db, fork.simulationId);
    const longer = await lived({ days: 8 });

    expect(firstDifference(await digestOf(fork.config), await digestOf(longer))).toBeNull();
  });

  test('forgets what a bandit has learned for another reward, and keeps it otherwise', async () => {
    const learner = await lived({ offerPolicy: { type: 'bandit' } }, 4);
    const statesOf = async ({ simulationId }: SimulationRecord): Promise<unknown[]> =>
      (await rig.db.offerCycle.findMany({ where: { simulationId } })).map(({ policyState }) => policyState);

    expect(
      await statesOf(await forkOf(learner, 3, { offerPolicy: { type: 'bandit', reward: 'margin' } })),
    ).toEqual([null, null]);
    expect(
      await statesOf(await forkOf(learner, 3, { offerPolicy: { type: 'bandit', exploration: 0.5 } })),
    ).not.toContain(null);
  });
});

test('quarantines are as they stood', async () => {
  const original = await lived({}, 4);
  const { simulationId } = original;
  const agents = await rig.db.simulationAgent.findMany({
    where: { simulationId },
    orderBy: { agentId: 'asc' },
  });
  const dates = (days: (number | null)[]): (Date | null)[] =>
    days.map((day) => (day === null ? null : new Date(Date.UTC(2026, 0, 5 + day))));
  const quarantine = (agent: number, since: number, released: number | null): object => {
    const [sinceDate, releasedDate] = dates([since, released]);
    return {
      simulationId,
      agentId: agents[agent]!.agentId,
      sinceDate,
      releasedDate,
      failedDays: 3,
      reason: 'a test',
    };
  };
  await rig.db.quarantine.createMany({
    data: [quarantine(0, 1, 2), quarantine(1, 2, null), quarantine(2, 1, 3), quarantine(3, 3, null)] as never,
  });

  const fork = await forkOf(original, 2);

  const stored = await rig.db.quarantine.findMany({
    where: { simulationId: fork.simulationId },
    orderBy: { agentId: 'asc' },
  });
  expect(stored.map(({ agentId, releasedDate }) => [agentId, releasedDate])).toEqual([
    [agents[0]!.agentId, ...dates([2])],
    [agents[1]!.agentId, null],
    [agents[2]!.agentId, null],
  ]);
});

test('an order that was cancelled later stands in the fork', async () => {
  const original = await lived({}, 4);
  const { simulationId } = original;
  const twin = await lived({}, 2);
  const order = await rig.db.order.findFirstOrThrow({
    where: { simulationId, simulatedAt: { lt: new Date('2026-01-07') }, discounts: { some: {} } },
  });
  await cancelOrder(rig.db, order.id, new Date('2026-01-08'));

  const fork = await forkOf(original, 2);
  expect(firstDifference(await digestOf(fork.config), await digestOf(twin))).toBeNull();
  expect(
    await rig.db.orderDiscount.count({
      where: { order: { simulationId: fork.simulationId }, returnedCents: { gt: 0 } },
    }),
  ).toBe(0);

  await expect(forkOf(original, 3)).rejects.toThrow('placed 0 orders, cancelled 1 and reserved 0 coupons');
});

describe('a fork is refused, and nothing is stored,', () => {
  let original: SimulationConfig;
  beforeAll(async () => {
    original = await lived({ days: 8 }, 3);
  });

  test.each([
    ['at the first cycle', 1, {}, 'at a cycle from 2 to 2, not at 1'],
    [
      'at a cycle that is still to come',
      3,
      {},
      'has 3 days in cycles of 2: it can be forked at a cycle from 2 to 2, not at 3',
    ],
    ['between cycles', 2.5, {}, 'not at 2.5'],
    [
      'with other shoppers',
      2,
      { agents: 3, datasetId: 'other' },
      'cannot change datasetId (its shoppers have lived with this dataset), agents',
    ],
    ['with cycles of another length', 2, { offerCycleDays: 3 }, 'cannot change offerCycleDays'],
    [
      'on another channel',
      2,
      { channel: 'online', profile: 'browse', startDate: '2026-02-02' },
      'cannot change startDate',
    ],
    ['with its id among the changes', 2, { simulationId: 'mine' }, 'cannot change simulationId'],
    ['with an unknown field', 2, { ofers: 1 }, 'ofers'],
    ['with a wrong value', 2, { days: 'many' }, 'days: '],
    ['with fewer days than are shared', 2, { days: 1 }, 'shares 2 days: it cannot have 1'],
    ['with smaller wallets', 2, { walletCapacity: 8 }, 'walletCapacity 8'],
    [
      'with events that name nothing',
      2,
      {
        events: [
          {
            name: 'a shock',
            dates: [{ from: '2026-01-20' }],
            prices: [{ category: 'NO SUCH CATEGORY', price: 2 }],
          },
        ],
      },
      'NO SUCH CATEGORY',
    ],
  ])('%s', async (_what, atCycle, changes, message) => {
    const before = await rig.db.simulationState.count();

    await expect(
      forkSimulation(rig, original.simulationId, { atCycle, changes, forkId: null }),
    ).rejects.toThrow(message);

    expect(await rig.db.simulationState.count()).toBe(before);
  });

  test('under the id of something else', async () => {
    const other = await forkOf(original, 2, { days: 7 });
    const as = (forkId: string, changes = {}): Promise<unknown> =>
      forkSimulation(rig, original.simulationId, { atCycle: 2, changes, forkId });

    await expect(as(original.simulationId)).rejects.toThrow('exists, and is no fork');
    await expect(as(other.simulationId)).rejects.toThrow('exists with another configuration');
    await expect(createSimulation(rig.db, other.config)).rejects.toThrow(
      `exists as a fork of "${original.simulationId}"`,
    );
  });

  test('when the database refuses a part of it', async () => {
    const config = { ...original, ...aSimulation({ days: 8, offerCycleDays: 2, walletCapacity: 1 }) };

    await expect(createFork(rig.db, original, 2, config)).rejects.toThrow('capacity is 1');

    expect(await rig.db.simulationState.count({ where: { simulationId: config.simulationId } })).toBe(0);
  });
});

test('two who make the same fork at once make one', async () => {
  const original = await lived({}, 2);
  const { simulationId } = aSimulation();
  const config = { ...original, simulationId };

  const [one, two] = await Promise.all([
    createFork(rig.db, original, 2, config),
    createFork(rig.db, original, 2, config),
  ]);

  expect(two).toEqual(one);
});

test('one that is paused is forked, and both end alike by their own executions', async () => {
  await rig.startWorker();
  const original = aSimulation({
    days: 6,
    offerCycleDays: 2,
    agents: 3,
    timeScale: 1,
    execution: 'activity',
  });
  const { simulationId } = original;
  await startSimulation(rig, original);
  await pauseSimulation(rig, simulationId);
  await advance(rig, simulationId, { days: 3 });
  await eventually(
    () => loadSimulation(rig.db, simulationId),
    ({ committedDays }) => committedDays === 3,
  );
  const request = { atCycle: 2, changes: { timeScale: 'max', offerCycleDays: 2 }, forkId: null };

  const fork = await forkSimulation(rig, simulationId, request);
  await waitForSimulation(rig, fork.simulationId);
  const { record } = await viewSimulation(rig, fork.simulationId);

  expect(fork.simulationId).toBe(`${simulationId}-fork`);
  expect(record).toMatchObject({
    status: 'completed',
    committedDays: 6,
    forkedFrom: { simulationId, atCycle: 2 },
  });
  expect(await forkSimulation(rig, simulationId, request)).toEqual(record);
  expect((await loadSimulation(rig.db, simulationId)).committedDays).toBe(3);

  await setScale(rig, simulationId, 'max');
  await resumeSimulation(rig, simulationId);
  await waitForSimulation(rig, simulationId);
  expect(firstDifference(await digestOf(fork.config), await digestOf(original))).toBeNull();
  expect(await failedChecks(fork)).toEqual([]);
  await expect(compareSimulations(rig.db, [simulationId], [fork.simulationId], 0)).rejects.toThrow(
    'share their first 2 days: compare them with --burn-in 1',
  );
});

/** The parts of a digest before a cycle, of the tables that have such. */
function pastOf(
  { parts }: Digest,
  { startDate, offerCycleDays }: SimulationConfig,
  atCycle: number,
): Digest['parts'] {
  const cycleOf = (part: string): number => {
    if (part === 'all') return 0;
    if (part.startsWith('cycle ')) return Number(part.slice('cycle '.length));
    return cycleNumberOf((Date.parse(part) - Date.parse(startDate)) / 86_400_000, offerCycleDays);
  };
  return parts.filter(({ part }) => cycleOf(part) < atCycle);
}

async function failedChecks({ simulationId }: SimulationRecord): Promise<unknown[]> {
  const { checks } = await reviewSimulation(rig.db, simulationId);
  return checks.filter(({ isOk }) => !isOk);
}
