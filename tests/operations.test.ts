// What people do to simulations from outside, with the Temporal CLI or ours, and what becomes of it in Temporal and in
// the database. docs/runbook.md has the commands. Of single days and shards more is in isolation.test.ts, of messages in
// clock-messages.test.ts, of activities in operations-activities.test.ts.
import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { reconcileSimulations } from '../client/reconciliation.ts';
import type { Mended } from '../client/reconciliation.ts';
import { reviewSimulation } from '../client/report.ts';
import {
  advance,
  pauseSimulation,
  recoverSimulation,
  resumeSimulation,
  setScale,
  startSimulation,
  stopSimulation,
  viewSimulation,
  waitForSimulation,
} from '../client/simulations.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { digestSimulation } from '../prisma/digest-store.ts';
import { openCycle } from '../prisma/offer-store.ts';
import { createSimulation, loadSimulation } from '../prisma/simulation-store.ts';
import { keepReconciled } from '../workers/reconciliation.ts';
import { shardDayWorkflowId, simulationDayWorkflowId, simulationWorkflowId } from '../workflows/ids.ts';
import { advanceUpdate, clockQuery } from '../workflows/retail/messages.ts';
import {
  aRun,
  createHeldRig,
  eventsOf,
  expectUndisturbed,
  failedChecks,
  resetTo,
  taskAfter,
} from './held-days.ts';
import type { HeldRig } from './held-days.ts';
import { eventually, handleOf, runSimulation } from './simulation-rig.ts';

const { BatchOperationState } = temporal.api.enums.v1;

let rig: HeldRig;
/** Every execution of it is deleted; the server takes half a minute for that, so it begins with the file. */
const deleted = aRun({ execution: 'workflow' });
let beforeDeletion: unknown;

beforeAll(async () => {
  rig = await createHeldRig();
  await runSimulation(rig, deleted);
  beforeDeletion = await everythingOf(deleted.simulationId);
  await eventually(
    () => rig.temporal.workflow.count(executionsOf(deleted)),
    ({ count }) => count > 10,
  );
  await inBatch(executionsOf(deleted), { deletionOperation: {} });
});

afterAll(() => rig.close());

describe('a simulation that is reset', () => {
  test('while it runs meets the day that it left behind, waits for it, and changes nothing', async () => {
    const simulation = aRun({ offerCycleDays: 30, execution: 'workflow' });
    const undisturbed = aRun({ offerCycleDays: 30 });
    await runSimulation(rig, undisturbed);
    const { workflowId } = handleOf(rig, simulation.simulationId);
    await rig.whileHeld(simulation, async () => {
      // One child is the offer cycle.
      await resetTo(rig, workflowId, taskAfter(await eventsOf(rig, workflowId), 2));
      await eventually(
        () => eventsOf(rig, workflowId),
        (events) => events.some((event) => event.startChildWorkflowExecutionFailedEventAttributes != null),
      );
    });

    await waitForSimulation(rig, simulation.simulationId);

    await expectUndisturbed(rig, simulation.simulationId, undisturbed.simulationId);
  });

  test('to a point in the middle when it is completed lives the rest again, and changes nothing', async () => {
    const simulation = aRun();
    await runSimulation(rig, simulation);
    const before = await loadSimulation(rig.db, simulation.simulationId);
    const { workflowId } = handleOf(rig, simulation.simulationId);
    const { runId } = await handleOf(rig, simulation.simulationId).describe();

    await resetTo(rig, workflowId, taskAfter(await eventsOf(rig, workflowId), 2));

    const after = await handleOf(rig, simulation.simulationId).describe();
    expect(after.runId).not.toBe(runId);
    expect(await waitForSimulation(rig, simulation.simulationId)).toMatchObject({ totals: before.totals });
    expect(await loadSimulation(rig.db, simulation.simulationId)).toEqual(before);
    await expectUndisturbed(rig, simulation.simulationId);
  });

  test('to its very first run goes through all cycles again, and changes nothing', async () => {
    const simulation = aRun();
    await runSimulation(rig, simulation);
    const { workflowId } = handleOf(rig, simulation.simulationId);
    const { raw } = await handleOf(rig, simulation.simulationId).describe();
    const firstRunId = raw.workflowExecutionInfo!.firstRunId!;

    await resetTo(rig, workflowId, taskAfter(await eventsOf(rig, workflowId, firstRunId), 1), {
      runId: firstRunId,
    });

    expect(await waitForSimulation(rig, simulation.simulationId)).toMatchObject({ committedDays: 4 });
    await expectUndisturbed(rig, simulation.simulationId);
  });

  test('is told again what it was told after that point, and comes to the same', async () => {
    const simulationId = await livedThreeDays();
    const { workflowId } = handleOf(rig, simulationId);

    await resetTo(rig, workflowId, taskAfter(await eventsOf(rig, workflowId), 0));

    expect(await untilCommitted(simulationId, 3)).toMatchObject(AFTER_THREE_DAYS);
    expect(await loadSimulation(rig.db, simulationId)).toMatchObject({ committedDays: 3 });
  });

  test.each([0, 2])(
    'without what it was told, after %i children, is at its last committed day at once all the same',
    async (children) => {
      const simulationId = await livedThreeDays();
      const { workflowId } = handleOf(rig, simulationId);

      await resetTo(rig, workflowId, taskAfter(await eventsOf(rig, workflowId), children), { isDeaf: true });

      expect(await untilCommitted(simulationId, 3)).toMatchObject({ committedDays: 3 });
      expect(await loadSimulation(rig.db, simulationId)).toMatchObject({ committedDays: 3 });
    },
  );

  const AFTER_THREE_DAYS = {
    committedDays: 3,
    isPaused: true,
    simulatedHours: expect.closeTo(72, 1) as number,
  };

  /** At a pace at which a day takes a day; ended with the file. */
  async function livedThreeDays(): Promise<string> {
    const simulation = aRun({ timeScale: 1, offerCycleDays: 30 });
    const { simulationId } = simulation;
    await startSimulation(rig, simulation);
    await pauseSimulation(rig, simulationId);
    await advance(rig, simulationId, { days: 2 });
    await advance(rig, simulationId, { days: 1 });
    expect(await untilCommitted(simulationId, 3)).toMatchObject(AFTER_THREE_DAYS);
    return simulationId;
  }
});

test.each([
  ['in the middle of a cycle', 2],
  ['at the end of a cycle', 3],
])(
  'a simulation that was stopped %s stays as it is, also when it is reset and forgets that',
  async (_, offerCycleDays) => {
    const simulation = aRun({ offerCycleDays });
    const { simulationId } = simulation;
    await rig.whileHeld(simulation, () => stopSimulation(rig, simulationId));
    expect(await waitForSimulation(rig, simulationId)).toMatchObject({ status: 'stopped', committedDays: 3 });
    const before = await everythingOf(simulationId);
    const { workflowId } = handleOf(rig, simulationId);

    await resetTo(rig, workflowId, taskAfter(await eventsOf(rig, workflowId), 0), { isDeaf: true });

    await expect(waitForSimulation(rig, simulationId)).rejects.toThrow(WorkflowFailedError);
    expect(await everythingOf(simulationId)).toEqual(before);
  },
);

test('a simulated day that is reset is lived again, and changes nothing', async () => {
  const simulation = aRun();
  const workflowId = simulationDayWorkflowId(simulation.simulationId, rig.held.date);
  await rig.whileHeld(simulation, async () => {
    await resetTo(rig, workflowId, taskAfter(await eventsOf(rig, workflowId), 0));
  });

  await waitForSimulation(rig, simulation.simulationId);

  await expectUndisturbed(rig, simulation.simulationId);
});

test('a shard that is cancelled costs the days that had not begun', async () => {
  const simulation = aRun({ agentsInFlight: 1, execution: 'workflow' });
  await rig.whileHeld(simulation, async () => {
    const shard = rig.temporal.workflow.getHandle(
      shardDayWorkflowId(simulation.simulationId, rig.held.date, 0),
    );
    await shard.cancel();
    await eventually(
      async () => (await shard.fetchHistory()).events ?? [],
      (events) => events.some((event) => event.workflowExecutionCancelRequestedEventAttributes != null),
    );
  });

  expect(await waitForSimulation(rig, simulation.simulationId)).toMatchObject({ status: 'completed' });
  const days = await rig.db.shoppingDay.findMany({
    where: {
      simulationId: simulation.simulationId,
      simulatedDate: new Date(rig.held.date),
      status: { not: 'home' },
    },
    orderBy: { agentId: 'asc' },
  });
  expect(days.map((day) => day.status)).toEqual(['completed', ...days.slice(1).map(() => 'failed')]);
  expect(days.at(-1)!.failure).toEqual({ type: 'ended_from_outside', reason: 'cancelled from outside' });
  expect(await failedChecks(rig, simulation.simulationId)).toEqual(['shopping days that failed']);
});

describe('a simulation that is terminated', () => {
  const simulation = aRun({ execution: 'workflow' });
  const { simulationId } = simulation;
  let mended: Mended[];

  beforeAll(async () => {
    await rig.whileHeld(simulation, () => handleOf(rig, simulationId).terminate('by a test'));
    await untilNothingRuns(simulation);
  });

  test('cannot say so itself', async () => {
    expect(await loadSimulation(rig.db, simulationId)).toMatchObject({ status: 'running', finishedAt: null });
  });

  test('is terminated in the database after a reconciliation, its cycle closed', async () => {
    mended = await reconcileSimulations(rig);

    const open = await rig.db.offerCycle.count({ where: { simulationId, endsAt: null } });
    expect(mended).toContainEqual({ simulationId, was: 'running', is: 'terminated' });
    expect(await loadSimulation(rig.db, simulationId)).toMatchObject({
      status: 'terminated',
      finishedAt: expect.any(Date) as Date,
    });
    expect(open).toBe(0);
  });

  test('is not reconciled twice', async () => {
    expect(await reconcileSimulations(rig)).not.toContainEqual(expect.objectContaining({ simulationId }));
  });

  test('refuses to be started, and says what can be done', async () => {
    await expect(startSimulation(rig, simulation)).rejects.toThrow(
      `mercato simulation recover ${simulationId}`,
    );
  });

  test('is taken up after its last committed day, and ends as if nobody had done anything', async () => {
    const { committedDays } = await recoverSimulation(rig, simulationId);

    await waitForSimulation(rig, simulationId);

    expect(committedDays).toBe(rig.held.day);
    await expectUndisturbed(rig, simulationId);
  });
});

test('a simulation that is terminated and then reset is running again in the database', async () => {
  const simulation = aRun();
  const { simulationId } = simulation;
  const { workflowId } = handleOf(rig, simulationId);
  await rig.whileHeld(simulation, async () => {
    const point = taskAfter(await eventsOf(rig, workflowId), 1);
    await handleOf(rig, simulationId).terminate();
    await reconcileSimulations(rig);
    await resetTo(rig, workflowId, point);

    expect(await reconcileSimulations(rig)).toContainEqual({
      simulationId,
      was: 'terminated',
      is: 'running',
    });
    expect(await loadSimulation(rig.db, simulationId)).toMatchObject({ status: 'running', finishedAt: null });
  });

  await waitForSimulation(rig, simulationId);

  await expectUndisturbed(rig, simulationId);
});

test('a simulation that was ended while it opened a cycle opens it again', async () => {
  const simulation = aRun();
  const { simulationId } = simulation;
  await createSimulation(rig.db, simulation);
  // And nobody has been dealt anything.
  await openCycle(rig.db, simulation, 1);
  await startedLongAgo(simulationId);
  await reconcileSimulations(rig);

  await recoverSimulation(rig, simulationId);
  await waitForSimulation(rig, simulationId);

  await expectUndisturbed(rig, simulationId);
});

test('a simulation that is cancelled can be taken up again', async () => {
  const simulation = aRun();
  const { simulationId } = simulation;
  await rig.whileHeld(simulation, () => handleOf(rig, simulationId).cancel());
  await expect(waitForSimulation(rig, simulationId)).rejects.toThrow(WorkflowFailedError);
  expect((await loadSimulation(rig.db, simulationId)).status).toBe('cancelled');

  await recoverSimulation(rig, simulationId);
  await waitForSimulation(rig, simulationId);

  await expectUndisturbed(rig, simulationId);
});

describe('a row that says running', () => {
  test('for an execution that was deleted is terminated, and can be taken up again', async () => {
    const simulation = aRun();
    const { simulationId } = simulation;
    const { workflowId } = handleOf(rig, simulationId);
    await rig.whileHeld(simulation, async () => {
      await rig.temporal.workflowService.deleteWorkflowExecution({
        namespace: rig.namespace,
        workflowExecution: { workflowId },
      });
      await untilUnknown(simulationId);
    });
    await startedLongAgo(simulationId);

    expect(await reconcileSimulations(rig)).toContainEqual({
      simulationId,
      was: 'running',
      is: 'terminated',
    });
    await recoverSimulation(rig, simulationId);
    await waitForSimulation(rig, simulationId);
    await expectUndisturbed(rig, simulationId);
  });

  test('for an execution that never was is terminated, and can be taken up', async () => {
    const simulation = aRun();
    const { simulationId } = simulation;
    await createSimulation(rig.db, simulation);
    // It might be about to be started.
    expect(await reconcileSimulations(rig)).not.toContainEqual(expect.objectContaining({ simulationId }));
    await startedLongAgo(simulationId);

    expect(await reconcileSimulations(rig)).toContainEqual({
      simulationId,
      was: 'running',
      is: 'terminated',
    });
    await recoverSimulation(rig, simulationId);
    await waitForSimulation(rig, simulationId);
    await expectUndisturbed(rig, simulationId);
  });
});

test('a worker reconciles by itself', async () => {
  const simulation = aRun({ timeScale: 1 });
  const { simulationId } = simulation;
  const connection = await NativeConnection.connect({ address: rig.temporalAddress });
  const said: Mended[] = [];
  const loop = keepReconciled(
    { db: rig.db, connection, namespace: rig.namespace },
    (mended) => said.push(mended),
    100,
  );
  try {
    await startSimulation(rig, simulation);
    await handleOf(rig, simulationId).terminate();

    await eventually(
      () => loadSimulation(rig.db, simulationId),
      ({ status }) => status === 'terminated',
    );
    await eventually(
      async () => said,
      () => said.some((mended) => mended.simulationId === simulationId),
    );
  } finally {
    await loop.stop();
    await connection.close();
  }
});

describe('recover', () => {
  test('of a completed simulation is refused, and leaves it as it is', async () => {
    const { simulationId } = rig.undisturbed;
    const before = await loadSimulation(rig.db, simulationId);

    await expect(recoverSimulation(rig, simulationId)).rejects.toThrow(
      `Simulation "${simulationId}" is completed: there is nothing to take up again.`,
    );

    expect(await loadSimulation(rig.db, simulationId)).toEqual(before);
  });

  test('of a running simulation leaves it alone', async () => {
    const simulation = aRun({ timeScale: 1 });
    await startSimulation(rig, simulation);
    const { runId } = await handleOf(rig, simulation.simulationId).describe();

    await recoverSimulation(rig, simulation.simulationId);

    expect((await handleOf(rig, simulation.simulationId).describe()).runId).toBe(runId);
    await handleOf(rig, simulation.simulationId).terminate();
  });
});

describe('all simulations at once', () => {
  const simulations = [aRun({ timeScale: 1 }), aRun({ timeScale: 1 })];
  const query = `WorkflowType = 'simulation' AND ExecutionStatus = 'Running'`;

  beforeAll(async () => {
    for (const simulation of simulations) await startSimulation(rig, simulation);
    const ids = new Set(simulations.map(({ simulationId }) => simulationWorkflowId(simulationId)));
    await eventually(
      async () => {
        const found: string[] = [];
        for await (const { workflowId } of rig.temporal.workflow.list({ query })) found.push(workflowId);
        return found.filter((id) => ids.has(id)).length;
      },
      (count) => count === simulations.length,
    );
  });

  test.each([
    ['pause', 'paused'],
    ['resume', 'running'],
  ])('are signalled: %s', async (signal, status) => {
    await inBatch(query, { signalOperation: { signal } });

    await untilAll(status);
  });

  test('are terminated, taken up again, and end as if nobody had done anything', async () => {
    await inBatch(query, { terminationOperation: {} });
    for (const { simulationId } of simulations)
      await eventually(
        () => handleOf(rig, simulationId).describe(),
        ({ status }) => status.name === 'TERMINATED',
      );
    await reconcileSimulations(rig);
    await untilAll('terminated');

    for (const { simulationId } of simulations) {
      await recoverSimulation(rig, simulationId);
      await setScale(rig, simulationId, 'max');
    }

    for (const { simulationId } of simulations) {
      await waitForSimulation(rig, simulationId);
      await expectUndisturbed(rig, simulationId);
    }
  });

  async function untilAll(status: string): Promise<void> {
    for (const { simulationId } of simulations)
      await eventually(
        () => loadSimulation(rig.db, simulationId),
        (record) => record.status === status,
      );
  }
});

describe('a burst of updates across cycle boundaries', () => {
  const undisturbed = aRun({ days: 5, offerCycleDays: 1 });
  const simulation = aRun({ days: 5, offerCycleDays: 1, timeScale: 1 });
  const { simulationId } = simulation;
  let sent = 0;

  beforeAll(async () => {
    await runSimulation(rig, undisturbed);
    await startSimulation(rig, simulation);
    const send = (name: string, message: object) => {
      sent += 1;
      return handleOf(rig, simulationId).executeUpdate(name, { args: [message] });
    };
    const burst: Promise<unknown>[] = [];
    for (let i = 1; i <= 4; i++) {
      // Each advance is asked for twice, and counts once.
      for (let twice = 0; twice < 2; twice++) burst.push(send('advance', { days: 1, requestId: `day ${i}` }));
      burst.push(send('pause', {}), send('setScale', { timeScale: i }), send('resume', {}));
      burst.push(send('setScale', { timeScale: i }));
    }
    await Promise.all(burst);
    await untilCommitted(simulationId, 4);
  });

  test('is carried out to the letter: each advance once', async () => {
    const { committedDays, advancingToHours } = await handleOf(rig, simulationId).query(clockQuery);

    expect([committedDays, advancingToHours]).toEqual([4, null]);
  });

  test('loses none', async () => {
    const completed = (await chainOf(simulationId)).flatMap(
      (event) => event.workflowExecutionUpdateCompletedEventAttributes?.meta?.updateId ?? [],
    );

    // An update whose answer is lost at the end of a run is in the next one, too.
    expect(new Set(completed).size).toBe(sent);
  });

  test('crossed boundaries', async () => {
    const runs = (await chainOf(simulationId)).filter(
      (event) => event.workflowExecutionContinuedAsNewEventAttributes != null,
    );

    expect(runs).toHaveLength(4);
  });

  test('leaves a simulation that still does as it is told, and changes nothing', async () => {
    await pauseSimulation(rig, simulationId);
    expect(await setScale(rig, simulationId, 'max')).toMatchObject({ isPaused: true, timeScale: 'max' });
    await resumeSimulation(rig, simulationId);
    await waitForSimulation(rig, simulationId);

    await expectUndisturbed(rig, simulationId, undisturbed.simulationId);
  });
});

test('an update that the server hands on to the next run, since its answer was lost, is carried out once', async () => {
  const simulation = aRun({ timeScale: 1, offerCycleDays: 1 });
  const { simulationId } = simulation;
  await startSimulation(rig, simulation);
  const send = () =>
    handleOf(rig, simulationId).executeUpdate(advanceUpdate, { args: [{ days: 1 }], updateId: 'lost' });
  await send();
  await untilCommitted(simulationId, 1);

  await send();

  expect(await handleOf(rig, simulationId).query(clockQuery)).toMatchObject({
    committedDays: 1,
    advancingToHours: null,
  });
});

test('two simulations at once are each as if it were alone', async () => {
  const otherAlone = aRun({ seed: 'another' });
  await runSimulation(rig, otherAlone);
  const [one, other] = [aRun(), aRun({ seed: 'another' })];

  await Promise.all([runSimulation(rig, one), runSimulation(rig, other)]);

  await expectUndisturbed(rig, one.simulationId);
  await expectUndisturbed(rig, other.simulationId, otherAlone.simulationId);
});

describe('all executions of a finished simulation deleted', () => {
  const { simulationId } = deleted;

  beforeAll(async () => {
    await eventually(
      () => rig.temporal.workflow.count(executionsOf(deleted)),
      ({ count }) => count === 0,
    );
  });

  test('leave the database and the review as they were', async () => {
    await reconcileSimulations(rig);

    expect(await everythingOf(simulationId)).toEqual(beforeDeletion);
  });

  test('leave nothing to wait for', async () => {
    await expect(waitForSimulation(rig, simulationId)).rejects.toThrow(WorkflowNotFoundError);
    expect(await viewSimulation(rig, simulationId)).toMatchObject({ clock: null, progress: null });
  });

  test('do not let it be started again', async () => {
    await expect(startSimulation(rig, deleted)).rejects.toThrow('is completed');
  });
});

async function untilCommitted(simulationId: string, days: number) {
  return eventually(
    () => handleOf(rig, simulationId).query(clockQuery),
    (clock) => clock.committedDays >= days && clock.advancingToHours === null,
  );
}

function executionsOf({ simulationId }: SimulationConfig): string {
  return `SimulationId = '${simulationId}'`;
}

async function untilNothingRuns(simulation: SimulationConfig): Promise<void> {
  await eventually(
    () => rig.temporal.workflow.count(`${executionsOf(simulation)} AND ExecutionStatus = 'Running'`),
    ({ count }) => count === 0,
  );
}

async function untilUnknown(simulationId: string): Promise<void> {
  await eventually(
    () =>
      handleOf(rig, simulationId)
        .describe()
        .catch((error: unknown) => error),
    (answer) => answer instanceof WorkflowNotFoundError,
  );
}

/** A row is given a minute before its execution is missed. */
async function startedLongAgo(simulationId: string): Promise<void> {
  await rig.db.simulationState.update({
    where: { simulationId },
    data: { realStartTime: new Date(Date.now() - 120_000) },
  });
}

async function everythingOf(simulationId: string) {
  return [
    await loadSimulation(rig.db, simulationId),
    await digestSimulation(rig.db, simulationId),
    await reviewSimulation(rig.db, simulationId),
  ];
}

type BatchOperation = Pick<
  temporal.api.workflowservice.v1.IStartBatchOperationRequest,
  'signalOperation' | 'terminationOperation' | 'deletionOperation'
>;

/** Does the same to everything that a query finds, and waits until that is done. */
async function inBatch(visibilityQuery: string, operation: BatchOperation): Promise<void> {
  const job = { namespace: rig.namespace, jobId: randomUUID() };
  await rig.temporal.workflowService.startBatchOperation({
    ...job,
    reason: 'by a test',
    visibilityQuery,
    ...operation,
  });
  await eventually(
    () => rig.temporal.workflowService.describeBatchOperation(job),
    ({ state }) => state === BatchOperationState.BATCH_OPERATION_STATE_COMPLETED,
  );
}

/** Every event of every run of a simulation, from the last run to the first. */
async function chainOf(simulationId: string): Promise<temporal.api.history.v1.IHistoryEvent[]> {
  const all: temporal.api.history.v1.IHistoryEvent[] = [];
  for (let runId: string | undefined; ;) {
    const events = await eventsOf(rig, simulationWorkflowId(simulationId), runId);
    all.push(...events);
    runId = events[0]!.workflowExecutionStartedEventAttributes!.continuedExecutionRunId || undefined;
    if (runId === undefined) return all;
  }
}
