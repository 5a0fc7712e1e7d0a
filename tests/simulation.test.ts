// Whole simulations on a real Temporal server and a real database: what must hold of every run.
import { reviewSimulation } from '../client/report.ts';
import type { SimulationReport } from '../client/report.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import { ShoppingEvent } from '../domain/retail/shopping-event.ts';
import { NO_TOTALS } from '../domain/retail/statistics.ts';
import type { SimulationResult } from '../domain/retail/simulation-input.ts';
import { aSimulation, aSmallDataset, createRig, handleOf, runSimulation } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

let rig: Rig;
let result: SimulationResult;
let report: SimulationReport;
const simulation = aSimulation({ days: 14, execution: 'workflow', channel: 'online' });
/** What decide_shop was answered, day plans left out. */
const answers: boolean[] = [];

beforeAll(async () => {
  rig = await createRig(aSmallDataset({ agents: 8 }));
  await rig.startWorker({
    policy: {
      ...rulesPolicy,
      decideShop: async (context) => {
        const decision = await rulesPolicy.decideShop(context);
        answers.push(decision.isYes);
        return decision;
      },
    },
  });
  result = await runSimulation(rig, simulation);
  report = await reviewSimulation(rig.db, simulation.simulationId);
}, 120_000);

afterAll(() => rig.close());

describe('two weeks', () => {
  test('are completed to the last day', () => {
    expect([result.status, result.committedDays]).toEqual(['completed', 14]);
  });

  test('leave a row that says so', () => {
    expect(report.simulation).toMatchObject({
      status: 'completed',
      committedDays: 14,
      simulatedDate: '2026-01-19',
      finishedAt: expect.any(Date) as Date,
    });
  });

  test('add up to what independent queries count', () => {
    const counted = Object.keys(NO_TOTALS).map((name) => [name, report.figures.totals[name]]);

    expect(result.totals).toEqual(Object.fromEntries(counted));
  });

  test('pass every check of the review', () => {
    expect(report.checks.filter((check) => !check.isOk)).toEqual([]);
  });

  test('have two offer cycles that tile them, both closed', async () => {
    const cycles = await rows<{ number: number; from: string; to: string; isClosed: boolean }>(`
      SELECT cycle_number AS number, simulated_start_date::text AS "from", simulated_end_date::text AS "to",
             ends_at IS NOT NULL AS "isClosed"
      FROM offer_cycles WHERE simulation_id = $1 ORDER BY cycle_number`);

    expect(cycles).toEqual([
      { number: 1, from: '2026-01-05', to: '2026-01-12', isClosed: true },
      { number: 2, from: '2026-01-12', to: '2026-01-19', isClosed: true },
    ]);
  });

  test('leave the coupons of the last cycle open: their end was not observed', async () => {
    const found = await rows<{ status: string }>(`
      SELECT DISTINCT u.status FROM user_coupons u JOIN offer_cycles c ON c.id = u.offer_cycle_id
      WHERE u.simulation_id = $1 AND c.cycle_number = 2 ORDER BY u.status`);

    expect(found.map(({ status }) => status)).toEqual(['active', 'redeemed']);
  });

  test('close what is left of the first cycle at its end, and say why', async () => {
    const found = await rows<{ status: string; reason: string; at: Date }>(`
      SELECT DISTINCT u.status, u.closed_reason AS reason, u.status_simulated_at AS at
      FROM user_coupons u JOIN offer_cycles c ON c.id = u.offer_cycle_id
      WHERE u.simulation_id = $1 AND c.cycle_number = 1 AND u.status <> 'redeemed'`);

    expect(found).toEqual([
      { status: 'expired', reason: 'cycle_boundary', at: new Date('2026-01-12T00:00:00Z') },
    ]);
  });

  test('take both exits of decide_shop', () => {
    expect(new Set(answers)).toEqual(new Set([true, false]));
  });

  test('take both exits of decide_checkout', async () => {
    const ends = await rows<{ type: string }>(`
      SELECT DISTINCT e.event_type AS type FROM shopping_session_events e JOIN shopping_sessions s ON s.id = e.session_id
      WHERE s.simulation_id = $1 AND e.event_type IN ('checkout_complete', 'cart_abandon') ORDER BY type`);

    expect(ends.map(({ type }) => type)).toEqual(['cart_abandon', 'checkout_complete']);
  });

  test('have an execution of its own for every shopping day', async () => {
    const query = `SimulationId = '${simulation.simulationId}' AND WorkflowType = 'shoppingDay'`;
    const executions = new Set<string>();
    for await (const execution of rig.temporal.workflow.list({ query })) executions.add(execution.workflowId);

    const days = await rows<{ id: string }>(`
      SELECT 'simulation/' || simulation_id || '/day/' || simulated_date || '/agent/' || agent_id AS id
      FROM shopping_days WHERE simulation_id = $1 AND status = 'completed'`);
    expect(executions).toEqual(new Set(days.map(({ id }) => id)));
  });

  test('decide every day for every agent, also to stay at home', async () => {
    const [found] = await rows<{ days: number }>(
      'SELECT count(*)::int AS days FROM shopping_days WHERE simulation_id = $1',
    );

    expect(found).toEqual({ days: 8 * 14 });
  });
});

describe('every event', () => {
  test('fits the published schema', async () => {
    const events = await rows<{ type: string; payload: object }>(`
      SELECT e.event_type AS type, e.payload FROM shopping_session_events e JOIN shopping_sessions s ON s.id = e.session_id
      WHERE s.simulation_id = $1`);

    const wrong = events.filter(
      ({ type, payload }) => !ShoppingEvent.safeParse({ type, ...payload }).success,
    );
    expect([events.length > 0, wrong]).toEqual([true, []]);
  });

  test('happens after the one before it, and on the day of its session', async () => {
    const wrong = await rows(`
      SELECT * FROM (
        SELECT e.session_id, e.sequence, e.simulated_at, s.simulated_date,
               lag(e.simulated_at) OVER (PARTITION BY e.session_id ORDER BY e.sequence) AS before
        FROM shopping_session_events e JOIN shopping_sessions s ON s.id = e.session_id WHERE s.simulation_id = $1) e
      WHERE simulated_at <= before OR (simulated_at AT TIME ZONE 'UTC')::date <> simulated_date`);

    expect(wrong).toEqual([]);
  });

  test('lies between the start and the end of its session', async () => {
    const wrong = await rows(`
      SELECT s.id, min(e.simulated_at), max(e.simulated_at)
      FROM shopping_sessions s LEFT JOIN shopping_session_events e ON e.session_id = s.id WHERE s.simulation_id = $1
      GROUP BY s.id HAVING (min(e.simulated_at), max(e.simulated_at)) IS DISTINCT FROM (s.started_simulated_at, s.ended_simulated_at)`);

    expect(wrong).toEqual([]);
  });
});

test('the trips of a day follow each other', async () => {
  const [found] = await rows<{ followers: number; overlaps: number }>(`
    SELECT count(before)::int AS followers, count(*) FILTER (WHERE started_simulated_at <= before)::int AS overlaps
    FROM (SELECT started_simulated_at,
                 lag(ended_simulated_at) OVER (PARTITION BY agent_id, simulated_date ORDER BY trip_number) AS before
          FROM shopping_sessions WHERE simulation_id = $1) trips`);

  expect(found).toEqual({ followers: expect.any(Number) as number, overlaps: 0 });
  expect(found!.followers).toBeGreaterThan(0);
});

test('hours of the day follow the personas, not the machine', async () => {
  const found = await rows<{ hour: number }>(`
    SELECT DISTINCT extract(hour FROM started_simulated_at AT TIME ZONE 'UTC')::int AS hour
    FROM shopping_sessions WHERE simulation_id = $1`);

  expect(found.length).toBeGreaterThan(4);
});

describe('six weeks', () => {
  const sixWeeks = aSimulation({ days: 42, agents: 2, execution: 'activity' });

  beforeAll(async () => {
    await runSimulation(rig, sixWeeks);
  }, 120_000);

  test('have exactly six cycles', async () => {
    const cycles = await rig.db.offerCycle.findMany({
      where: { simulationId: sixWeeks.simulationId },
      orderBy: { cycleNumber: 'asc' },
    });

    expect(cycles.map((cycle) => cycle.cycleNumber)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('pass every check of the review', async () => {
    const { checks } = await reviewSimulation(rig.db, sixWeeks.simulationId);

    expect(checks.filter((check) => !check.isOk)).toEqual([]);
  });

  test('are a chain of six short executions', async () => {
    const query = `WorkflowId = 'simulation/${sixWeeks.simulationId}'`;
    const runs: string[] = [];
    for await (const run of rig.temporal.workflow.list({ query })) runs.push(run.status.name);

    expect(runs.sort()).toEqual(['COMPLETED', ...Array<string>(5).fill('CONTINUED_AS_NEW')]);
  });

  test('need no execution for a shopping day when it is an activity', async () => {
    const query = `SimulationId = '${sixWeeks.simulationId}' AND WorkflowType = 'shoppingDay'`;

    expect((await rig.temporal.workflow.count(query)).count).toBe(0);
  });
});

test('a simulation of offers alone rotates coupons, and nobody shops', async () => {
  const offersOnly = aSimulation({ profile: 'offers_only', days: 14 });

  const { totals } = await runSimulation(rig, offersOnly);

  const { checks, figures } = await reviewSimulation(rig.db, offersOnly.simulationId);
  expect([totals, figures.ledger.dealt, checks.filter((check) => !check.isOk)]).toEqual([
    NO_TOTALS,
    8 * 2 * 32,
    [],
  ]);
}, 60_000);

test('a shopper who only browses buys nothing', async () => {
  const browsing = aSimulation({ profile: 'browse', days: 3 });

  const { totals } = await runSimulation(rig, browsing);

  expect([totals.sessions > 0, totals.orders, totals.completed]).toEqual([true, 0, 0]);
}, 60_000);

test('the execution can be found by what it is about', async () => {
  const { searchAttributes } = await handleOf(rig, simulation.simulationId).describe();

  expect(searchAttributes).toMatchObject({
    SimulationId: [simulation.simulationId],
    RunStatus: ['completed'],
    SimulationDay: [14],
    OfferCycle: [2],
  });
});

function rows<T>(sql: string): Promise<T[]> {
  return rig.db.$queryRawUnsafe<T[]>(sql, simulation.simulationId);
}
