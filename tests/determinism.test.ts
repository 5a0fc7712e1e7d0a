// The same configuration and seed give the same digest, whatever happens to the machines that work on it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import {
  advance,
  pauseSimulation,
  resumeSimulation,
  setScale,
  startSimulation,
  waitForSimulation,
} from '../client/simulations.ts';
import { TransientError } from '../domain/errors.ts';
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import type { TripContext } from '../domain/retail/choice-context.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import type { ShoppingPolicy } from '../domain/retail/policy.ts';
import type { SimulationConfig, SimulationConfigInput } from '../domain/retail/simulation.ts';
import { instantAt } from '../domain/retail/calendar.ts';
import { loadDataset } from '../prisma/dataset-store.ts';
import { digestSimulation, firstDifference } from '../prisma/digest-store.ts';
import type { Digest } from '../prisma/digest-store.ts';
import { agentRows } from './agent-rows.ts';
import { aPersona } from './builders.ts';
import { simulateDirectly } from '../graphs/retail/direct-simulation.ts';
import { aSimulation, aSmallDataset, createRig, runSimulation } from './simulation-rig.ts';
import type { Rig, WorkerInput } from './simulation-rig.ts';

const AGENTS = 5;

let rig: Rig;
let reference: SimulationConfig;
let referenceDigest: Digest;

/** Four days of two cycles, online: many sessions, and many of them abandoned. */
function aRun(given: Partial<SimulationConfigInput> = {}): SimulationConfig {
  return aSimulation({
    days: 4,
    offerCycleDays: 2,
    agents: AGENTS,
    channel: 'online',
    execution: 'workflow',
    seed: 'determinism',
    ...given,
  });
}

beforeAll(async () => {
  rig = await createRig(aSmallDataset({ agents: AGENTS, areHunters: true }));
  reference = aRun();
  await withWorkers([{}], () => runSimulation(rig, reference));
  referenceDigest = await digestSimulation(rig.db, reference.simulationId);
}, 240_000);

afterAll(() => rig.close());

test('the reference has something to compare in every table', () => {
  const empty = referenceDigest.tables.filter((table) => table.rows === 0);

  expect(empty).toEqual([]);
});

describe('the digest does not depend on', () => {
  describe('how the simulation is run:', () => {
    const variants: Record<string, Partial<SimulationConfigInput>> = {
      'its id': {},
      'whether a shopping day is an execution or an activity': { execution: 'activity' },
      'the pace': { timeScale: 1_000_000 },
      'shards and windows of one': { shardSize: 1, shardsInFlight: 1, agentsInFlight: 1 },
      'wide windows': { shardSize: 4, shardsInFlight: 20, agentsInFlight: 50 },
      'what the clock does when it is late': { timeScale: 1_000_000, catchUp: 'catch_up' },
    };
    const digests = new Map<string, Digest>();

    beforeAll(async () => {
      await withWorkers([{}], () =>
        Promise.all(
          Object.entries(variants).map(async ([name, given]) => digests.set(name, await digestOf(given))),
        ),
      );
    }, 240_000);

    test.each(Object.keys(variants))('%s', (name) => {
      expectSame(digests.get(name)!);
    });
  });

  test('the number of workers', async () => {
    expectSame(await withWorkers([{}, {}, {}], () => digestOf({})));
  }, 180_000);

  test('pauses, advances and changes of pace', async () => {
    const config = aRun({ timeScale: 1 });
    await withWorkers([{}], async () => {
      await startSimulation(rig, config);
      await advance(rig, config.simulationId, { days: 1 });
      await pauseSimulation(rig, config.simulationId);
      await advance(rig, config.simulationId, { hours: 30 });
      await resumeSimulation(rig, config.simulationId);
      await setScale(rig, config.simulationId, 500_000);
      await waitForSimulation(rig, config.simulationId);
    });

    expectSame(await digestSimulation(rig.db, config.simulationId));
  }, 180_000);

  test('the order in which agents finish', async () => {
    const waits = (context: TripContext) =>
      sleep((context.persona.agentId.charCodeAt(8) * 37 + context.day * 11) % 60);

    const digest = await withWorkers([{ policy: policyAfter(waits) }], () =>
      digestOf({ agentsInFlight: 50 }),
    );

    expectSame(digest);
  }, 180_000);

  test('a policy that could not be asked at first', async () => {
    const asked = new Set<string>();
    const policy = policyAfter(async ({ persona, day, trip }) => {
      const question = `${persona.agentId}/${day}`;
      if (trip > 0 || asked.has(question)) return;
      asked.add(question);
      throw new TransientError('connection reset by a test');
    });

    const digest = await withWorkers([{ policy }], () => digestOf({}));

    expect(asked.size).toBeGreaterThan(0);
    expectSame(digest);
  }, 180_000);

  test('activities whose answer is lost after they have written', async () => {
    let lost = 0;
    const loses: ActivityInterceptorsFactory = ({ info }) => ({
      inbound: {
        async execute(input, next) {
          const result = await next(input);
          if (info.attempt > 1) return result;
          lost += 1;
          throw new Error('lost by a test');
        },
      },
    });

    const digest = await withWorkers([{ interceptors: { activity: [loses] } }], () =>
      digestOf({ execution: 'activity' }),
    );

    expect(lost).toBeGreaterThan(0);
    expectSame(digest);
  }, 180_000);

  test('a coupon at the end of the pool that is not active', async () => {
    const last = await rig.db.coupon.findFirstOrThrow({ orderBy: { code: 'desc' } });
    const { id: _, ...coupon } = last;
    const added = await rig.db.coupon.create({
      data: { ...coupon, code: `${coupon.code}-ZZ`, isActive: false },
    });

    const digest = await withWorkers([{}], () => digestOf({}));

    await rig.db.coupon.delete({ where: { id: added.id } });
    expectSame(digest);
  }, 180_000);
});

test('another seed gives another digest', async () => {
  const digest = await withWorkers([{}], () => digestOf({ seed: 'another' }));

  expect(digest.digest).not.toBe(referenceDigest.digest);
}, 180_000);

test('the same sessions come out in memory, without Temporal and database', async () => {
  const { dataset } = rig;
  const direct = await simulateDirectly(reference, indexCatalog(dataset), dataset.coupons, dataset.agents);

  const stored = await rig.db.$queryRaw<unknown[]>`
    SELECT s.agent_id AS "agentId", s.simulated_date::text AS date, s.trip_number::int AS trip, s.outcome,
           to_char(s.started_simulated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "startedAt",
           (SELECT jsonb_agg(e.event_type ORDER BY e.sequence) FROM shopping_session_events e WHERE e.session_id = s.id) AS events,
           (SELECT jsonb_agg(jsonb_build_array(p.sku, l.quantity, l.unit_price_cents, l.line_discount_cents) ORDER BY l.line_number)
            FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id
            WHERE o.session_id = s.id) AS lines
    FROM shopping_sessions s WHERE s.simulation_id = ${reference.simulationId}
    ORDER BY s.agent_id COLLATE "C", s.simulated_date, s.trip_number`;
  const inMemory = direct.map(({ agentId, date, day, session, eventMs }) => ({
    agentId,
    date,
    trip: session.trip,
    outcome: session.outcome,
    startedAt: instantAt(reference.startDate, day * 24 + eventMs[0]! / 3_600_000),
    events: session.events.map((event) => event.type),
    lines:
      session.outcome === 'completed'
        ? session.priced.lines.map((line) => [
            line.sku,
            line.quantity,
            line.unitPriceCents,
            line.lineDiscountCents,
          ])
        : null,
  }));
  expect(inMemory).toEqual(stored);
});

test('one more agent leaves all others as they are', async () => {
  const { agents } = rig.dataset;
  // Comes first by id, so that whatever goes by position shifts.
  const newcomer = aPersona({
    agentId: 'agent_000',
    locationRegion: agents[0]!.locationRegion,
    shoppingFrequency: 'frequent',
  });
  await loadDataset(rig.db, { ...rig.dataset, agents: [newcomer, ...agents] }, { force: true });
  const config = aRun({ agents: AGENTS + 1 });

  await withWorkers([{}], () => runSimulation(rig, config));

  const others = agents.map((agent) => agent.agentId);
  expect(await agentRows(rig.db, config.simulationId, others)).toEqual(
    await agentRows(rig.db, reference.simulationId, others),
  );
}, 180_000);

async function digestOf(given: Partial<SimulationConfigInput>): Promise<Digest> {
  const config = aRun(given);
  await runSimulation(rig, config);
  return digestSimulation(rig.db, config.simulationId);
}

/** Compares to the first day on which two runs differ, which says more than two hashes. */
function expectSame(digest: Digest): void {
  expect([firstDifference(referenceDigest, digest), digest.digest]).toEqual([null, referenceDigest.digest]);
}

async function withWorkers<T>(inputs: readonly WorkerInput[], work: () => Promise<T>): Promise<T> {
  const stops: (() => Promise<void>)[] = [];
  try {
    for (const input of inputs) stops.push(await rig.startWorker(input));
    return await work();
  } finally {
    await Promise.all(stops.map((stop) => stop()));
  }
}

/** The rules, with something happening before each trip is decided. */
function policyAfter(wait: (context: TripContext) => Promise<void>): ShoppingPolicy {
  return {
    ...rulesPolicy,
    async decideShop(context) {
      await wait(context);
      return rulesPolicy.decideShop(context);
    },
  };
}
