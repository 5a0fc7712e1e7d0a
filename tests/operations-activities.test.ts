// What people do by hand to the activities of a running simulation, and what becomes of it in Temporal and in the
// database. docs/runbook.md has the commands.
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { createRetailActivities } from '../activities/index.ts';
import type { ShoppingDayInput } from '../activities/retail/shopping-days.ts';
import {
  pauseSimulation,
  recoverSimulation,
  resumeSimulation,
  startSimulation,
  waitForSimulation,
} from '../client/simulations.ts';
import { TransientError } from '../domain/errors.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { NO_TOTALS } from '../domain/retail/statistics.ts';
import { NO_TRACE } from '../graphs/tracing.ts';
import { createSimulation, loadSimulation } from '../prisma/simulation-store.ts';
import { shoppingDayWorkflowId, simulationDayWorkflowId } from '../workflows/ids.ts';
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
import { eventually, handleOf } from './simulation-rig.ts';

const { PendingActivityState } = temporal.api.enums.v1;

let rig: HeldRig;
/** What becomes of an attempt before it does anything; the tests set it. */
let beforeAttempt: (type: string, simulationId: string, day: number) => void = () => {};

/** Shopping days at which an attempt has come to its end, whatever became of it. */
const attempted = new Set<string>();

const watched: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      const { simulationId, day, agentId } = input.args[0] as ShoppingDayInput;
      beforeAttempt(info.activityType, simulationId, day);
      try {
        return await next(input);
      } finally {
        if (info.activityType === 'runShoppingDay') attempted.add(`${simulationId}/${day}/${agentId}`);
      }
    },
  },
});

beforeAll(async () => {
  rig = await createHeldRig({ activity: [watched] });
});

afterAll(() => rig.close());

function aRunWithExecutions(): SimulationConfig {
  return aRun({ execution: 'workflow' });
}

describe('an activity that is paused', () => {
  test('while it waits for its next attempt gets none until it is unpaused, and nothing changes', async () => {
    const simulation = aRunWithExecutions();
    await whileItFails(simulation, async (execution) => {
      await rig.temporal.workflowService.pauseActivity({ namespace: rig.namespace, execution, id: '1' });
      await eventually(
        () => activityOf(execution),
        (activity) => activity?.state === PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED,
      );
    });
    const execution = executionOf(simulation);

    // It would go through now.
    expect((await activityOf(execution))?.paused).toBe(true);
    expect(await statusOfHeldDay(simulation)).toBe('planned');
    await rig.temporal.workflowService.unpauseActivity({ namespace: rig.namespace, execution, id: '1' });

    await waitForSimulation(rig, simulation.simulationId);
    await expectUndisturbed(rig, simulation.simulationId);
  });

  test('while it is at work comes to its end all the same', async () => {
    const simulation = aRunWithExecutions();
    const execution = executionOf(simulation);
    await rig.whileHeld(simulation, async () => {
      await rig.temporal.workflowService.pauseActivity({ namespace: rig.namespace, execution, id: '1' });
      expect((await activityOf(execution))?.paused).toBe(true);
    });

    await waitForSimulation(rig, simulation.simulationId);
    await expectUndisturbed(rig, simulation.simulationId);
  });
});

test('an activity that is reset begins with its first attempt again, and nothing changes', async () => {
  const simulation = aRunWithExecutions();
  await whileItFails(simulation, async (execution) => {
    await untilAttempt(execution, (attempt) => attempt > 3);
    await rig.temporal.workflowService.resetActivity({ namespace: rig.namespace, execution, id: '1' });
    await untilAttempt(execution, (attempt) => attempt < 4);
  });

  await waitForSimulation(rig, simulation.simulationId);
  await expectUndisturbed(rig, simulation.simulationId);
});

test('a shopping day that is failed by hand has failed, and is not held against its agent', async () => {
  const simulation = aRunWithExecutions();
  await rig.whileHeld(simulation, async () => {
    const { workflowId } = executionOf(simulation);
    await rig.temporal.activity.fail(
      { workflowId, activityId: '1' },
      ApplicationFailure.nonRetryable('by hand'),
    );
    await eventually(
      () => statusOfHeldDay(simulation),
      (status) => status === 'failed',
    );
  });

  expect(await waitForSimulation(rig, simulation.simulationId)).toMatchObject({ status: 'completed' });
  expect((await heldDayOf(simulation)).failure).toEqual({ type: 'ended_from_outside', reason: 'by hand' });
  expect(await failedChecks(rig, simulation.simulationId)).toEqual(['shopping days that failed']);
});

describe('a shopping day that is completed by hand', () => {
  const MADE_UP = { ...NO_TOTALS, shoppingDays: 1, sessions: 2, orders: 2, totalCents: 99_999 };
  const NOT_LIVED = { type: 'ended_from_outside', reason: 'its day was committed before it was lived' };

  test.each([
    ['with nothing', NO_TOTALS],
    ['with something made up', MADE_UP],
  ])('%s has failed, and the review says that the sums are wrong', async (_, totals) => {
    const simulation = aRunWithExecutions();
    await rig.whileHeld(simulation, async () => {
      await completeHeldDay(simulation, totals);
      await waitForSimulation(rig, simulation.simulationId);
    });
    await untilAttempted(simulation);

    expect((await heldDayOf(simulation)).failure).toEqual(NOT_LIVED);
    expect(await failedChecks(rig, simulation.simulationId)).toEqual([
      'totals folded by the workflows equal the rows',
      'shopping days that failed',
    ]);
  });

  test('with something made up is summed up by what is stored when the simulation is reset', async () => {
    const simulation = aRunWithExecutions();
    const { simulationId } = simulation;
    const { workflowId } = handleOf(rig, simulationId);
    await rig.whileHeld(simulation, async () => {
      await pauseSimulation(rig, simulationId);
      await completeHeldDay(simulation, MADE_UP);
      await eventually(
        () => loadSimulation(rig.db, simulationId),
        ({ committedDays }) => committedDays === rig.held.day + 1,
      );
    });

    await resetTo(rig, workflowId, taskAfter(await eventsOf(rig, workflowId), 0));
    await resumeSimulation(rig, simulationId);

    await waitForSimulation(rig, simulationId);
    expect(await failedChecks(rig, simulationId)).toEqual(['shopping days that failed']);
  });

  test.each(['null', '"done"', '{ "sessions": "many" }'])('with %s has failed', async (json) => {
    const simulation = aRunWithExecutions();
    await rig.whileHeld(simulation, async () => {
      await completeHeldDay(simulation, JSON.parse(json));
      await waitForSimulation(rig, simulation.simulationId);
    });

    expect((await heldDayOf(simulation)).failure).toEqual({
      type: 'ended_from_outside',
      reason: 'completed by hand, without totals',
    });
    expect(await failedChecks(rig, simulation.simulationId)).toEqual(['shopping days that failed']);
  });
});

test('a commit that is completed by hand stops the simulation at the next one, which can be taken up again', async () => {
  const simulation = aRun();
  const { simulationId } = simulation;
  await completeByHand(simulation, 'commitDay');

  await expect(waitForSimulation(rig, simulationId)).rejects.toThrow(WorkflowFailedError);
  expect(await loadSimulation(rig.db, simulationId)).toMatchObject({ status: 'failed', committedDays: 1 });

  await recoverSimulation(rig, simulationId);
  await waitForSimulation(rig, simulationId);
  await expectUndisturbed(rig, simulationId);
});

test('a plan that is completed by hand, with something else, holds its day up until that is reset', async () => {
  const simulation = aRun();
  const { simulationId } = simulation;
  const workflowId = await completeByHand(simulation, 'planDay');
  await eventually(
    () => rig.temporal.workflow.getHandle(workflowId).describe(),
    ({ raw }) => (raw.pendingWorkflowTask?.attempt ?? 0) > 1,
  );

  await resetTo(rig, workflowId, taskAfter(await eventsOf(rig, workflowId), 0));

  await waitForSimulation(rig, simulationId);
  await expectUndisturbed(rig, simulationId);
});

/** Starts a simulation, and answers `null` for an activity of its second day; returns the id of that day. */
async function completeByHand(simulation: SimulationConfig, activity: string): Promise<string> {
  const { simulationId } = simulation;
  const workflowId = simulationDayWorkflowId(simulationId, '2026-01-06');
  beforeAttempt = (type, id, day) => {
    if (type === activity && id === simulationId && day === 1) throw new Error('held by a test');
  };
  try {
    await startSimulation(rig, simulation);
    const pending = await eventually(
      () => activityOf({ workflowId }, activity).catch(() => undefined),
      (found) => found !== undefined,
    );
    await rig.temporal.activity.complete({ workflowId, activityId: pending!.activityId! }, null);
  } finally {
    beforeAttempt = () => {};
  }
  return workflowId;
}

test('a pause that comes while a simulation is being noted as running is noted after that', async () => {
  const simulation = aRun({ timeScale: 1 });
  const { simulationId } = simulation;
  beforeAttempt = (type, id) => {
    if (type === 'noteStatus' && id === simulationId) throw new Error('held by a test');
  };
  try {
    await startSimulation(rig, simulation);
    await eventually(
      () => activityOf(handleOf(rig, simulationId), 'noteStatus'),
      (found) => found !== undefined,
    );
    await pauseSimulation(rig, simulationId);
  } finally {
    beforeAttempt = () => {};
  }

  await eventually(
    () => loadSimulation(rig.db, simulationId),
    ({ status }) => status === 'paused',
  );
});

test('three attempts at one shopping day at the same time live it once', async () => {
  const simulation = aRun();
  const { simulationId } = simulation;
  await createSimulation(rig.db, simulation);
  const activities = createRetailActivities({ db: rig.db, policy: rulesPolicy, trace: NO_TRACE });
  const run = <I, R>(activity: (input: I) => Promise<R>, input: I): Promise<R> =>
    new MockActivityEnvironment().run<[I], R, typeof activity>(activity, input);
  await run((input) => activities.runOfferCycle(input), { simulationId, cycleNumber: 1 });
  const [agentId] = await run((input) => activities.planDay(input), { simulationId, day: 0 });

  const answers = await Promise.all(
    [1, 2, 3].map(() =>
      run((input) => activities.runShoppingDay(input), { simulationId, day: 0, agentId: agentId! }),
    ),
  );

  const sessions = await rig.db.shoppingSession.count({ where: { simulationId } });
  expect(answers).toEqual([answers[0], answers[0], answers[0]]);
  expect(sessions).toBe(answers[0]!.sessions);
});

type Execution = { readonly workflowId: string };

/** The execution of the held shopping day. */
function executionOf({ simulationId }: SimulationConfig): Execution {
  return { workflowId: shoppingDayWorkflowId(simulationId, rig.held.date, rig.held.agentId) };
}

/** An activity that is at work or waits for its next attempt. */
async function activityOf(
  { workflowId }: Execution,
  type = 'runShoppingDay',
): Promise<temporal.api.workflow.v1.IPendingActivityInfo | undefined> {
  const { raw } = await rig.temporal.workflow.getHandle(workflowId).describe();
  return raw.pendingActivities?.find((activity) => activity.activityType?.name === type);
}

/** Starts a simulation whose held day fails for now, again and again, and does something then. */
async function whileItFails(
  simulation: SimulationConfig,
  act: (execution: Execution) => Promise<unknown>,
): Promise<void> {
  const execution = executionOf(simulation);
  rig.beforeHeldDay = async () => {
    throw new TransientError('not now');
  };
  try {
    await startSimulation(rig, simulation);
    await untilAttempt(execution, (attempt) => attempt > 1);
    await act(execution);
  } finally {
    rig.beforeHeldDay = async () => {};
  }
}

async function untilAttempt(execution: Execution, isGood: (attempt: number) => boolean): Promise<void> {
  await eventually(
    () => activityOf(execution).catch(() => undefined),
    (activity) => activity !== undefined && isGood(activity.attempt!),
  );
}

/** Until the policy has answered after all. */
async function untilAttempted({ simulationId }: SimulationConfig): Promise<void> {
  const { day, agentId } = rig.held;
  await eventually(
    async () => [...attempted],
    () => attempted.has(`${simulationId}/${day}/${agentId}`),
  );
}

async function completeHeldDay(simulation: SimulationConfig, result: unknown): Promise<void> {
  const { workflowId } = executionOf(simulation);
  await rig.temporal.activity.complete({ workflowId, activityId: '1' }, result);
}

function heldDayOf({ simulationId }: SimulationConfig) {
  const { agentId, date } = rig.held;
  return rig.db.shoppingDay.findUniqueOrThrow({
    where: { simulationId_agentId_simulatedDate: { simulationId, agentId, simulatedDate: new Date(date) } },
  });
}

async function statusOfHeldDay(simulation: SimulationConfig): Promise<string> {
  return (await heldDayOf(simulation)).status;
}
