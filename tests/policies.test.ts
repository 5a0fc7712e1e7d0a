// Policies through the database: the same deals, purchases and probabilities as in memory, and budgets that hold.
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import type { Dataset } from '../domain/retail/dataset.ts';
import type { SimulationConfig, SimulationConfigInput } from '../domain/retail/simulation.ts';
import { simulateDirectly } from '../graphs/retail/direct-simulation.ts';
import { loadDataset } from '../prisma/dataset-store.ts';
import { digestSimulation } from '../prisma/digest-store.ts';
import { simulateInDatabase } from './activity-simulation.ts';
import { createTestDatabase } from './environment.ts';
import type { TestDatabase } from './environment.ts';
import { aSimulation, aSmallDataset } from './simulation-rig.ts';

jest.setTimeout(180_000);

let database: TestDatabase;
let dataset: Dataset;

beforeAll(async () => {
  database = await createTestDatabase();
  const grocer = aSmallDataset({ agents: 6, areHunters: true });
  dataset = {
    ...grocer,
    campaigns: grocer.campaigns.map((campaign) => ({
      ...campaign,
      budgetCents: campaign.code === 'PANTRY' ? 500 : null,
    })),
  };
  await loadDataset(database.db, dataset);
});

afterAll(() => database.drop());

async function run(given: Partial<SimulationConfigInput>): Promise<SimulationConfig> {
  const config = aSimulation({ days: 9, offerCycleDays: 3, offerExpirationDays: 6, agents: 6, ...given });
  await simulateInDatabase(database.db, config);
  return config;
}

/** Purchases by agent and instant, as sums. */
type Row = { agentId: string; day: number; totalCents: number; discountCents: number; codes: string[] };

async function stored({ simulationId, startDate }: SimulationConfig): Promise<Row[]> {
  return database.db.$queryRaw`
    SELECT s.agent_id AS "agentId", (s.simulated_date - ${startDate}::date)::int AS day,
           o.total_cents AS "totalCents", o.discount_cents AS "discountCents",
           coalesce((SELECT array_agg(c.code ORDER BY c.code COLLATE "C") FROM order_discounts d
             JOIN user_coupons u ON u.id = d.user_coupon_id JOIN coupons c ON c.id = u.coupon_id WHERE d.order_id = o.id), '{}') AS codes
    FROM orders o JOIN shopping_sessions s ON s.id = o.session_id
    WHERE o.simulation_id = ${simulationId}
    ORDER BY s.agent_id COLLATE "C", s.simulated_date, s.trip_number`;
}

async function inMemory(config: SimulationConfig): Promise<Row[]> {
  const budgets = new Map([['PANTRY', 500]]);
  const { agents, coupons } = dataset;
  const sessions = await simulateDirectly(config, indexCatalog(dataset), coupons, agents, budgets);
  return sessions
    .filter(({ session }) => session.outcome === 'completed')
    .map(({ agentId, day, session: { priced } }) => ({
      agentId,
      day,
      totalCents: priced.totalCents,
      discountCents: priced.discountCents,
      codes: priced.discounts.map(({ code }) => code).sort(),
    }));
}

const POLICIES: [string, SimulationConfigInput['offerPolicy']][] = [
  ['random with a budget and a hold-out', { type: 'random', budgetCents: 2500, holdOutPercent: 30 }],
  ['prior_buyers', { type: 'prior_buyers', lookBackDays: 10 }],
  ['threshold_builder', { type: 'threshold_builder', stretchPercent: 60 }],
  ['bandit for redemptions', { type: 'bandit', exploration: 0.3 }],
  ['bandit for margin', { type: 'bandit', reward: 'margin' }],
];

describe.each(POLICIES)('%s', (_name, offerPolicy) => {
  let config: SimulationConfig;
  beforeAll(async () => {
    config = await run({ offerPolicy });
  });

  test('the same purchases with the same coupons as in memory', async () => {
    const rows = await stored(config);
    expect(rows.some(({ codes }) => codes.length > 0)).toBe(true);
    expect(rows).toEqual(await inMemory(config));
  });

  test('no budget is passed, in the campaign or over all', async () => {
    const { simulationId } = config;
    const [{ campaign, all }] = await database.db.$queryRaw<[{ campaign: number; all: number }]>`
      SELECT coalesce(sum(d.amount_cents) FILTER (WHERE p.code = 'PANTRY'), 0)::int AS campaign, sum(d.amount_cents)::int AS all
      FROM order_discounts d JOIN orders o ON o.id = d.order_id JOIN user_coupons u ON u.id = d.user_coupon_id
      JOIN coupons c ON c.id = u.coupon_id JOIN campaigns p ON p.id = c.campaign_id WHERE o.simulation_id = ${simulationId}`;
    expect(campaign).toBeLessThanOrEqual(500);
    if (config.offerPolicy.type === 'random') expect(all).toBeLessThanOrEqual(2500);
  });

  test('probabilities of what was dealt add up to what was dealt', async () => {
    // Sums over many deals: each coupon dealt with probability p stands for 1 / p candidates.
    const [{ candidates, estimate }] = await database.db.$queryRaw<
      [{ candidates: number; estimate: number }]
    >`
      SELECT (SELECT sum(eligible_category_brand)::float8 FROM offer_deals WHERE simulation_id = ${config.simulationId} AND policy_version <> 'hold_out') AS candidates,
             (SELECT sum(1 / u.assignment_probability) FROM user_coupons u JOIN coupons c ON c.id = u.coupon_id
              WHERE u.simulation_id = ${config.simulationId} AND c.scope <> 'frontstore') AS estimate`;
    const ratio = estimate / candidates;
    // Who has bought much is dealt nothing else; a bandit's deal stands for the pool only on average.
    if (config.offerPolicy.type === 'prior_buyers') expect(ratio).toBeLessThan(1 + 1e-9);
    else if (config.offerPolicy.type === 'bandit') expect(Math.abs(ratio - 1)).toBeLessThan(0.35);
    else expect(ratio).toBeCloseTo(1, 9);
  });
});

test('the hold-out group is dealt nothing and still recorded', async () => {
  const config = await run({ offerPolicy: { type: 'random', holdOutPercent: 50 }, days: 3 });
  const deals = await database.db.offerDeal.findMany({ where: { simulationId: config.simulationId } });
  const held = deals.filter(({ policyVersion }) => policyVersion === 'hold_out');
  expect(held.length).toBeGreaterThan(0);
  expect(held.length).toBeLessThan(deals.length);
  const userIds = held.map(({ userId }) => userId);
  expect(
    await database.db.userCoupon.count({
      where: { simulationId: config.simulationId, userId: { in: userIds } },
    }),
  ).toBe(0);
});

test('what a bandit has learned is stored with the cycle, and the same again', async () => {
  const offerPolicy = { type: 'bandit' as const };
  const [one, two] = [await run({ offerPolicy }), await run({ offerPolicy })];
  const statesOf = async ({ simulationId }: SimulationConfig): Promise<unknown[]> =>
    (await database.db.offerCycle.findMany({ where: { simulationId }, orderBy: { cycleNumber: 'asc' } })).map(
      ({ policyState }) => policyState,
    );
  const states = await statesOf(one);
  expect((states as { deals: number }[]).map(({ deals }) => deals)).toEqual([0, 6 * 32, 2 * 6 * 32]);
  expect(await statesOf(two)).toEqual(states);
  expect((await digestSimulation(database.db, two.simulationId)).digest).toBe(
    (await digestSimulation(database.db, one.simulationId)).digest,
  );
});
