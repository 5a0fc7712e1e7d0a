// Simulations that differ in their offers, compared agent by agent from what the database has of them.
import { compareSimulations } from '../client/experiments.ts';
import { startSimulation } from '../client/simulations.ts';
import type { SimulationConfig, SimulationConfigInput } from '../domain/retail/simulation.ts';
import { aSimulation, aSmallDataset, createRig, runSimulation } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

const AGENTS = 6;
const WEEKS = 2;

let rig: Rig;
let none: SimulationConfig;
let random: SimulationConfig;
let again: SimulationConfig;

const anArm = (given: Partial<SimulationConfigInput> = {}): SimulationConfig =>
  aSimulation({ agents: AGENTS, execution: 'activity', seed: 'experiment', ...given });

beforeAll(async () => {
  rig = await createRig(aSmallDataset({ agents: AGENTS, areHunters: true }));
  await rig.startWorker();
  [none, random, again] = [anArm({ offerPolicy: 'none' }), anArm(), anArm()];
  for (const config of [none, random, again]) await runSimulation(rig, config);
}, 240_000);

afterAll(() => rig.close());

async function marginOf({ simulationId }: SimulationConfig): Promise<number> {
  const { _sum: sum } = await rig.db.order.aggregate({
    where: { simulationId },
    _sum: { totalCents: true, unitCostCents: true, vendorFundedCents: true, redemptionFeeCents: true },
  });
  return sum.totalCents! - sum.unitCostCents! + sum.vendorFundedCents! - sum.redemptionFeeCents!;
}

test('the same arm twice differs by exactly 0 in everything', async () => {
  const { measures } = await compareSimulations(rig.db, [random.simulationId], [again.simulationId], 0);

  for (const { difference, interval, pValue } of Object.values(measures))
    expect([difference, ...interval, pValue]).toEqual([0, 0, 0, 1]);
  expect(measures.orders.meanA).toBeGreaterThan(0);
});

test('offers against none: the sums are those of all orders, agent by agent and week by week', async () => {
  const { measures, agents, weeks } = await compareSimulations(
    rig.db,
    [none.simulationId],
    [random.simulationId],
    0,
  );
  const redeemed = await rig.db.orderDiscount.count({
    where: { order: { simulationId: random.simulationId } },
  });

  expect([agents, weeks]).toEqual([AGENTS, WEEKS]);
  expect(measures.margin.meanA * AGENTS * WEEKS).toBeCloseTo(await marginOf(none), 6);
  expect(measures.margin.meanB * AGENTS * WEEKS).toBeCloseTo(await marginOf(random), 6);
  expect(measures.redemptions.meanA).toBe(0);
  expect(measures.redemptions.meanB * AGENTS * WEEKS).toBeCloseTo(redeemed, 9);
  expect(redeemed).toBeGreaterThan(0);
});

test('a burn-in leaves out what was bought in its weeks', async () => {
  const whole = await compareSimulations(rig.db, [none.simulationId], [random.simulationId], 0);
  const second = await compareSimulations(rig.db, [none.simulationId], [random.simulationId], 1);
  const from = new Date(`${random.startDate}T00:00:00Z`);
  from.setUTCDate(from.getUTCDate() + 7);
  const orders = await rig.db.order.count({
    where: { simulationId: random.simulationId, simulatedAt: { gte: from } },
  });

  expect(second.weeks).toBe(1);
  expect(second.measures.orders.meanB * AGENTS).toBeCloseTo(orders, 9);
  expect(second.measures.orders.meanB).not.toBe(whole.measures.orders.meanB);
});

test('what is no comparison is refused, and says why', async () => {
  const other = anArm({ seed: 'another' });
  await runSimulation(rig, other);
  const id = random.simulationId;

  const slow = anArm({ timeScale: 1 });
  await startSimulation(rig, slow);

  await expect(compareSimulations(rig.db, [id], [slow.simulationId], 0)).rejects.toThrow('is running: only');
  await expect(compareSimulations(rig.db, [id], [other.simulationId], 0)).rejects.toThrow('differ in seed');
  const arms = [none.simulationId, other.simulationId];
  await expect(compareSimulations(rig.db, arms, [id, other.simulationId], 0)).rejects.toThrow(
    'are named as one arm, and differ in offerPolicy',
  );
  await expect(
    compareSimulations(rig.db, [id, again.simulationId], [again.simulationId, id], 0),
  ).rejects.toThrow('Seed "experiment" is there twice');
  await expect(compareSimulations(rig.db, [id], ['nowhere'], 0)).rejects.toThrow('no simulation "nowhere"');
  await expect(compareSimulations(rig.db, [id], [], 0)).rejects.toThrow('they are compared in pairs');
  await expect(compareSimulations(rig.db, [id], [none.simulationId], 2)).rejects.toThrow(
    'leaves nothing of 14 days',
  );
});
