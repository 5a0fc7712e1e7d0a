// What people and programs may say to a running simulation, and what it does with it.
import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { reviewSimulation } from '../client/report.ts';
import {
  advance,
  pauseSimulation,
  resetSimulation,
  resumeSimulation,
  setScale,
  startSimulation,
  stopSimulation,
  viewSimulation,
  waitForSimulation,
} from '../client/simulations.ts';
import type { SimulationConfig, SimulationConfigInput } from '../domain/retail/simulation.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import { clockQuery, progressQuery } from '../workflows/retail/messages.ts';
import type { ClockView } from '../workflows/retail/messages.ts';
import {
  aSimulation,
  aSmallDataset,
  createRig,
  eventually,
  handleOf,
  runSimulation,
} from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await createRig(aSmallDataset({ agents: 3 }));
  await rig.startWorker();
}, 180_000);

afterAll(() => rig.close());

/** Real time for a clock: nothing happens in it unless it is told to. */
function aSlowSimulation(given: Partial<SimulationConfigInput> = {}): SimulationConfig {
  return aSimulation({ timeScale: 1, days: 28, execution: 'activity', ...given });
}

/** Starts a slow simulation and lets it come to rest: cycle 1 is open, day 1 is waited for. */
async function started(given: Partial<SimulationConfigInput> = {}): Promise<string> {
  const config = aSlowSimulation(given);
  await startSimulation(rig, config);
  await atRest(config.simulationId);
  return config.simulationId;
}

/** The number of events once nothing is under way. */
async function atRest(simulationId: string): Promise<number> {
  const { historyLength } = await eventually(
    () => handleOf(rig, simulationId).describe(),
    ({ raw, historyLength }) =>
      historyLength > 4 &&
      raw.pendingWorkflowTask == null &&
      !raw.pendingActivities?.length &&
      !raw.pendingChildren?.length,
  );
  return historyLength;
}

async function committed(simulationId: string, days: number): Promise<ClockView> {
  return eventually(
    () => handleOf(rig, simulationId).query(clockQuery),
    (clock) => clock.committedDays >= days && clock.advancingToHours === null,
  );
}

async function cyclesOf(simulationId: string): Promise<number[]> {
  const cycles = await rig.db.offerCycle.findMany({
    where: { simulationId },
    orderBy: { cycleNumber: 'asc' },
  });
  return cycles.map((cycle) => cycle.cycleNumber);
}

function send(simulationId: string, update: string, message: unknown): Promise<unknown> {
  return handleOf(rig, simulationId).executeUpdate(update, { args: [message] });
}

describe('an accepted update returns the clock:', () => {
  let simulationId: string;
  beforeAll(async () => {
    simulationId = await started();
  });

  test('pause stops it', async () => {
    expect(await pauseSimulation(rig, simulationId)).toMatchObject({ isPaused: true, committedDays: 0 });
  });

  test('resume lets it go on', async () => {
    await pauseSimulation(rig, simulationId);

    expect(await resumeSimulation(rig, simulationId)).toMatchObject({ isPaused: false });
  });

  test('setScale changes its pace', async () => {
    expect(await setScale(rig, simulationId, 2.5)).toMatchObject({ timeScale: 2.5 });
  });

  test('advance says where it is going', async () => {
    const { advancingToHours, simulatedHours } = await advance(rig, simulationId, { days: 1 });

    expect(advancingToHours! - simulatedHours).toBeCloseTo(24, 1);
  });

  test('an advance inside the day is reached at once', async () => {
    const id = await started();

    const clock = await advance(rig, id, { hours: 5 });

    expect([clock.advancingToHours, clock.committedDays, Math.floor(clock.simulatedHours)]).toEqual([
      null,
      0,
      5,
    ]);
  });

  test('until a date is that date at 00:00', async () => {
    const id = await started();

    const { advancingToHours } = await advance(rig, id, { until: '2026-01-08' });

    expect(advancingToHours).toBe(3 * 24);
  });
});

describe('a bad update', () => {
  const NO_OBJECT = [1, 'now', [], true];
  const REQUEST_IDS = [{ requestId: '' }, { requestId: 5 }, { requestId: 'x'.repeat(101) }];
  const BAD: Record<string, readonly unknown[]> = {
    pause: [...NO_OBJECT, ...REQUEST_IDS, { now: true }],
    resume: [...NO_OBJECT, ...REQUEST_IDS, { scale: 1 }],
    stop: [...NO_OBJECT, ...REQUEST_IDS, { force: true }],
    setScale: [
      ...NO_OBJECT,
      null,
      {},
      ...[0, -1, NaN, Infinity, 1e300, '24', 'fast', [24], true, null].map((timeScale) => ({ timeScale })),
      { timeScale: 24, unit: 'hours' },
      { timeScale: 24, requestId: 7 },
    ],
    advance: [
      ...NO_OBJECT,
      null,
      {},
      ...[0, -1, 1.5, NaN, 1e300, '7', [1], true, null].flatMap((amount) => [
        { hours: amount },
        { days: amount },
        { cycles: amount },
      ]),
      { days: 1, hours: 1 },
      { days: 1, until: '2026-01-08' },
      { fortnights: 1 },
      { days: 29 },
      { cycles: 5 },
      { until: '2026-01-05' },
      { until: '2025-12-31' },
      { until: '2026-02-30' },
      { until: '2026-03-01' },
      { until: 'tomorrow' },
      { until: 20260108 },
      { days: 1, requestId: {} },
    ],
    dance: [{}],
  };
  let simulationId: string;

  beforeAll(async () => {
    simulationId = await started();
  });

  test.each(Object.keys(BAD))('%s is refused, and leaves no trace in history', async (update) => {
    const before = await atRest(simulationId);

    const accepted: unknown[] = [];
    for (const message of BAD[update]!) {
      try {
        await send(simulationId, update, message);
        accepted.push(message);
      } catch (error) {
        if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      }
    }

    expect(accepted).toEqual([]);
    expect(await atRest(simulationId)).toBe(before);
  });

  test('without any argument is refused where one is needed', async () => {
    const before = await atRest(simulationId);

    await expect(handleOf(rig, simulationId).executeUpdate('advance')).rejects.toThrow(
      WorkflowUpdateFailedError,
    );

    expect(await atRest(simulationId)).toBe(before);
  });

  test('says why', async () => {
    await expect(advance(rig, simulationId, { days: 1, hours: 1 })).rejects.toThrow(
      'give exactly one of hours, days, cycles, until, not hours and days',
    );
  });

  test('would have been written, had it been good', async () => {
    const before = await atRest(simulationId);

    await send(simulationId, 'pause', {});

    expect(await atRest(simulationId)).toBeGreaterThan(before);
  });
});

describe('a repeated request', () => {
  test('changes nothing', async () => {
    const simulationId = await started();
    const first = await advance(rig, simulationId, { days: 2, requestId: 'once' });

    const second = await advance(rig, simulationId, { days: 2, requestId: 'once' });

    expect(second.advancingToHours ?? first.advancingToHours).toBe(first.advancingToHours);
    expect((await committed(simulationId, 2)).committedDays).toBe(2);
  });

  test('is recognised when it comes as a signal', async () => {
    const simulationId = await started();
    await pauseSimulation(rig, simulationId);
    await send(simulationId, 'resume', { requestId: 'r1' });
    await pauseSimulation(rig, simulationId);

    await handleOf(rig, simulationId).signal('resume', { requestId: 'r1' });

    expect((await handleOf(rig, simulationId).query(clockQuery)).isPaused).toBe(true);
  });

  test('is recognised after continue-as-new', async () => {
    const simulationId = await started();
    await advance(rig, simulationId, { cycles: 1, requestId: 'c1' });
    await committed(simulationId, 7);

    await advance(rig, simulationId, { cycles: 1, requestId: 'c1' });

    expect((await handleOf(rig, simulationId).query(clockQuery)).advancingToHours).toBeNull();
  });
});

describe('signals', () => {
  let simulationId: string;
  beforeEach(async () => {
    simulationId = await started();
  });

  test('do what the updates of the same names do', async () => {
    const handle = handleOf(rig, simulationId);

    await handle.signal('setScale', { timeScale: 3 });
    await handle.signal('advance', { days: 1 });
    await handle.signal('pause', {});

    expect(await committed(simulationId, 1)).toMatchObject({
      isPaused: true,
      timeScale: 3,
      committedDays: 1,
    });
  });

  test('with garbage are counted and ignored', async () => {
    const handle = handleOf(rig, simulationId);
    const before = await handle.query(clockQuery);

    for (const garbage of [null, 'x', -1, [], {}, { days: -1 }, { timeScale: '9' }]) {
      await handle.signal('advance', garbage);
      await handle.signal('setScale', garbage);
    }

    const { ignoredMessages, status } = await handle.query(progressQuery);
    const after = await handle.query(clockQuery);
    expect([ignoredMessages, status, after.timeScale, after.advancingToHours]).toEqual([
      14,
      'running',
      before.timeScale,
      null,
    ]);
  });

  test('of unknown names are counted and ignored', async () => {
    await handleOf(rig, simulationId).signal('dance', { fast: true });

    expect((await handleOf(rig, simulationId).query(progressQuery)).ignoredMessages).toBe(1);
  });

  test('that are bad do not end the simulation', async () => {
    await handleOf(rig, simulationId).signal('advance', { days: NaN });

    await advance(rig, simulationId, { days: 1 });

    expect((await committed(simulationId, 1)).committedDays).toBe(1);
  });

  test('that were ignored stay counted after continue-as-new', async () => {
    await handleOf(rig, simulationId).signal('dance');
    await advance(rig, simulationId, { cycles: 1 });
    await committed(simulationId, 7);

    expect((await handleOf(rig, simulationId).query(progressQuery)).ignoredMessages).toBe(1);
  });
});

describe('advance', () => {
  test('over several boundaries opens every cycle', async () => {
    const simulationId = await started();

    await advance(rig, simulationId, { days: 22 });

    await committed(simulationId, 22);
    expect(await cyclesOf(simulationId)).toEqual([1, 2, 3, 4]);
  }, 180_000);

  test('over several boundaries deals to every user in every cycle', async () => {
    const simulationId = await started();

    await advance(rig, simulationId, { cycles: 2 });

    await committed(simulationId, 14);
    await eventually(
      () => cyclesOf(simulationId),
      (cycles) => cycles.length === 3,
    );
    await atRest(simulationId);
    expect(await rig.db.offerDeal.count({ where: { simulationId } })).toBe(3 * 3);
  }, 180_000);

  test('is carried out while the clock is paused, and leaves it paused', async () => {
    const simulationId = await started();
    await pauseSimulation(rig, simulationId);

    await advance(rig, simulationId, { days: 2 });

    expect(await committed(simulationId, 2)).toMatchObject({
      isPaused: true,
      simulatedHours: expect.closeTo(48, 1) as number,
    });
  });

  test('to the end completes the simulation', async () => {
    const simulationId = await started({ days: 3 });

    await advance(rig, simulationId, { until: '2026-01-08' });

    expect(await waitForSimulation(rig, simulationId)).toMatchObject({
      status: 'completed',
      committedDays: 3,
    });
  });

  test('adds to an advance that is under way', async () => {
    const simulationId = await started();
    await pauseSimulation(rig, simulationId);

    await Promise.all([1, 2, 3].map(() => advance(rig, simulationId, { days: 1 })));

    const clock = await committed(simulationId, 3);
    expect([clock.committedDays, Math.floor(clock.simulatedHours)]).toEqual([3, 72]);
  });
});

describe('continue-as-new at a cycle boundary', () => {
  let simulationId: string;
  let firstRunId: string;

  beforeAll(async () => {
    simulationId = await started();
    firstRunId = (await handleOf(rig, simulationId).describe()).runId;
    await setScale(rig, simulationId, 2);
    await advance(rig, simulationId, { hours: 7 * 24 + 3 });
    await pauseSimulation(rig, simulationId);
    await committed(simulationId, 7);
    await atRest(simulationId);
  }, 180_000);

  test('happens', async () => {
    expect((await handleOf(rig, simulationId).describe()).runId).not.toBe(firstRunId);
  });

  test('keeps the clock', async () => {
    const { simulatedHours, ...clock } = await handleOf(rig, simulationId).query(clockQuery);

    expect([clock, simulatedHours]).toEqual([
      expect.objectContaining({ committedDays: 7, timeScale: 2, isPaused: true, advancingToHours: null }),
      expect.closeTo(7 * 24 + 3, 1),
    ]);
  });

  test('keeps the totals', async () => {
    const { totals } = await handleOf(rig, simulationId).query(progressQuery);

    expect(totals).toEqual((await loadSimulation(rig.db, simulationId)).totals);
    expect(totals.sessions).toBeGreaterThan(0);
  });

  test('keeps what it can be found by', async () => {
    const { searchAttributes } = await handleOf(rig, simulationId).describe();

    expect(searchAttributes).toMatchObject({
      SimulationId: [simulationId],
      RunStatus: ['paused'],
      SimulationDay: [7],
      OfferCycle: [2],
    });
  });
});

describe('what a simulation says of itself:', () => {
  test('its progress', async () => {
    const simulationId = await started();

    expect(await handleOf(rig, simulationId).query(progressQuery)).toMatchObject({
      simulationId,
      status: 'running',
      committedDays: 0,
      totalDays: 28,
      simulatedDate: '2026-01-05',
      cycleNumber: 1,
    });
  });

  test('a clock that goes on between messages', async () => {
    const simulationId = await started({ timeScale: 60 });
    const { simulatedHours } = (await viewSimulation(rig, simulationId)).clock!;

    const later = await eventually(
      async () => (await viewSimulation(rig, simulationId)).clock!,
      (clock) => clock.simulatedHours > simulatedHours,
    );

    expect(later.committedDays).toBe(0);
  });

  test('a table at the top of its page', async () => {
    const simulationId = await started();

    const metadata = await handleOf(rig, simulationId).query<{ currentDetails?: string }>(
      '__temporal_workflow_metadata',
    );

    expect(metadata.currentDetails).toContain('**running**, day 0 of 28, offer cycle 1');
  });

  test('its status in the database', async () => {
    const simulationId = await started();

    await pauseSimulation(rig, simulationId);

    await eventually(
      () => loadSimulation(rig.db, simulationId),
      ({ status }) => status === 'paused',
    );
    await resumeSimulation(rig, simulationId);
    await eventually(
      () => loadSimulation(rig.db, simulationId),
      ({ status }) => status === 'running',
    );
  });
});

describe('start', () => {
  test('twice runs once', async () => {
    const config = aSlowSimulation();

    await Promise.all([startSimulation(rig, config), startSimulation(rig, config)]);

    await atRest(config.simulationId);
    const query = `WorkflowId = 'simulation/${config.simulationId}'`;
    await eventually(
      () => rig.temporal.workflow.count(query),
      ({ count }) => count > 0,
    );
    expect((await rig.temporal.workflow.count(query)).count).toBe(1);
  });

  test('with the same id and another configuration is refused', async () => {
    const config = aSlowSimulation();
    await startSimulation(rig, config);

    await expect(startSimulation(rig, { ...config, seed: 'another' })).rejects.toThrow(
      'with another configuration',
    );
  });

  test('of a finished simulation is refused', async () => {
    const config = aSimulation({ days: 1, profile: 'offers_only' });
    await runSimulation(rig, config);

    await expect(startSimulation(rig, config)).rejects.toThrow(
      'is completed: start another one under a new id',
    );
  });

  test('of a finished simulation leaves it finished', async () => {
    const config = aSimulation({ days: 1, profile: 'offers_only' });
    await runSimulation(rig, config);
    const before = await loadSimulation(rig.db, config.simulationId);

    await startSimulation(rig, config).catch(() => undefined);

    expect(await loadSimulation(rig.db, config.simulationId)).toEqual(before);
  });
});

describe('stop', () => {
  let simulationId: string;
  beforeAll(async () => {
    simulationId = await started();
    await advance(rig, simulationId, { days: 7 });
    await committed(simulationId, 7);
    await eventually(
      () => cyclesOf(simulationId),
      (cycles) => cycles.length === 2,
    );
    await stopSimulation(rig, simulationId);
    await waitForSimulation(rig, simulationId);
  }, 180_000);

  test('ends the simulation as stopped', async () => {
    expect(await loadSimulation(rig.db, simulationId)).toMatchObject({ status: 'stopped', committedDays: 7 });
  });

  test('closes the open cycle', async () => {
    expect(await rig.db.offerCycle.count({ where: { simulationId, endsAt: null } })).toBe(0);
  });

  test('leaves a simulation that passes every check', async () => {
    const { checks } = await reviewSimulation(rig.db, simulationId);

    expect(checks.filter((check) => !check.isOk)).toEqual([]);
  });

  test('leaves nobody to talk to', async () => {
    await expect(pauseSimulation(rig, simulationId)).rejects.toThrow(
      `Simulation "${simulationId}" is stopped.`,
    );
  });

  test('ends a paused simulation', async () => {
    const id = await started();
    await pauseSimulation(rig, id);

    await stopSimulation(rig, id);

    expect(await waitForSimulation(rig, id)).toMatchObject({ status: 'stopped', committedDays: 0 });
  });

  test('on the first day passes every check', async () => {
    const id = await started();
    await stopSimulation(rig, id);
    await waitForSimulation(rig, id);

    const { checks } = await reviewSimulation(rig.db, id);

    expect(checks.filter((check) => !check.isOk)).toEqual([]);
  });
});

describe('reset', () => {
  test('starts the same simulation anew under another id', async () => {
    const simulationId = await started({ simulationId: `r-${randomUUID().slice(0, 8)}x` });

    const fresh = await resetSimulation(rig, simulationId, null);

    const { config } = await loadSimulation(rig.db, simulationId);
    expect(fresh).toMatchObject({
      simulationId: `${simulationId}-2`,
      committedDays: 0,
      config: { ...config, simulationId: `${simulationId}-2` },
    });
  });

  test('deletes nothing of the old one', async () => {
    const simulationId = await started();
    await advance(rig, simulationId, { days: 3 });
    await committed(simulationId, 3);
    const rows = () =>
      Promise.all([
        rig.db.shoppingDay.count({ where: { simulationId } }),
        rig.db.shoppingSession.count({ where: { simulationId } }),
        rig.db.userCoupon.count({ where: { simulationId } }),
      ]);
    const before = await rows();

    await resetSimulation(rig, simulationId, `${simulationId}-new`);

    expect([await rows(), (await loadSimulation(rig.db, simulationId)).status]).toEqual([before, 'stopped']);
  });
});
