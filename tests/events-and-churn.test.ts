// What is off by default, switched on: the stored simulation is the one in memory, whose parts have tests of their own.
import { startSimulation } from '../client/simulations.ts';
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { simulateDirectly } from '../graphs/retail/direct-simulation.ts';
import { aSimulation, aSmallDataset, createRig, runSimulation } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

const AGENTS = 6;

let rig: Rig;
let config: SimulationConfig;

beforeAll(async () => {
  rig = await createRig(aSmallDataset({ agents: AGENTS, areHunters: true }));
  await rig.startWorker();
  config = aSimulation({
    execution: 'activity',
    seed: 'events',
    events: [
      { name: 'stocktaking', dates: [{ from: '2026-01-08' }], isClosed: true },
      { name: 'fair', dates: [{ from: '2026-01-12', to: '2026-01-14' }], visits: 3, basketSize: 1.5 },
      {
        name: 'cheap fruit',
        dates: [{ from: '01-05', to: '01-18' }],
        demand: [{ category: 'Fruit', factor: 3 }],
        prices: [{ category: 'Fruit', price: 0.8, cost: 0.5 }],
      },
    ],
    choice: { satisfactionVisits: 2, offerFatigue: 0.05, churnPerWeek: 0.3, lapsedVisits: -1 },
  });
  await runSimulation(rig, config);
}, 240_000);

afterAll(() => rig.close());

const daysOf = (simulationId: string) =>
  rig.db.shoppingDay.findMany({
    where: { simulationId },
    orderBy: [{ agentId: 'asc' }, { simulatedDate: 'asc' }],
  });

test('a stored simulation with events, satisfaction, fatigue and churn is the same as the one in memory', async () => {
  const { dataset, db } = rig;
  const direct = await simulateDirectly(config, indexCatalog(dataset), dataset.coupons, dataset.agents);
  const orders = await db.order.findMany({
    where: { simulationId: config.simulationId },
    include: { lines: { orderBy: { lineNumber: 'asc' } } },
    orderBy: { idempotencyKey: 'asc' },
  });
  const bought = direct
    .filter(({ session }) => session.outcome === 'completed')
    .map(({ agentId, date, session }) => ({
      key: `${agentId}/${date}/${session.trip}`,
      lines: session.priced.lines.map((line) => [line.quantity, line.unitPriceCents, line.unitCostCents]),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));

  expect(
    orders.map((order) => ({
      key: order.idempotencyKey,
      lines: order.lines.map((line) => [line.quantity, line.unitPriceCents, line.unitCostCents]),
    })),
  ).toEqual(bought);
  expect(bought.length).toBeGreaterThan(AGENTS);
});

test('nobody shops on the day on which the store is closed, and each day says why', async () => {
  const closed = (await daysOf(config.simulationId)).filter(
    ({ simulatedDate }) => simulatedDate.toISOString().slice(0, 10) === '2026-01-08',
  );
  expect(closed.map(({ status, visitProbability }) => [status, visitProbability])).toEqual(
    Array.from({ length: AGENTS }, () => ['home', 0]),
  );
  expect(closed.every(({ visitTerms }) => (visitTerms as Record<string, number>)['closed']! < 0)).toBe(true);
});

test('days have their terms, and households what is kept for them', async () => {
  const days = await daysOf(config.simulationId);
  const terms = new Set(days.flatMap(({ visitTerms }) => Object.keys(visitTerms as object)));
  const kept = new Set(days.flatMap(({ stateAfter }) => Object.keys((stateAfter ?? {}) as object)));

  expect([...terms]).toEqual(expect.arrayContaining(['events', 'satisfaction', 'lapsed', 'winBack']));
  expect([...kept]).toEqual(expect.arrayContaining(['satisfaction', 'fatigue']));
});

test('with all of it off, neither is there', async () => {
  const plain = aSimulation({ days: 4, execution: 'activity', seed: 'events' });
  await runSimulation(rig, plain);
  const days = await daysOf(plain.simulationId);

  expect(new Set(days.flatMap(({ visitTerms }) => Object.keys(visitTerms as object)))).toEqual(
    new Set(['propensity', 'dayPreference', 'weeklyRhythm', 'walletValue']),
  );
  expect(new Set(days.flatMap(({ stateAfter }) => Object.keys((stateAfter ?? {}) as object)))).toEqual(
    new Set(['lastShopDay', 'weekStartDay', 'weekSpendCents', 'categories']),
  );
});

test('events that name what the dataset does not have are refused at the start, and nothing is stored', async () => {
  const wrong = aSimulation({
    events: [{ name: 'fair', dates: [{ from: '07-04' }], prices: [{ category: 'Fireworks', price: 2 }] }],
  });

  await expect(startSimulation(rig, wrong)).rejects.toThrow(
    'events.0.prices.0.category (fair): category "Fireworks"',
  );
  expect(await rig.db.simulationState.count({ where: { simulationId: wrong.simulationId } })).toBe(0);
});
