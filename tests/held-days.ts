// A small simulation that can be held in the middle of a shopping day, for as long as a test does something to it.
import { randomUUID } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import { reviewSimulation } from '../client/report.ts';
import { startSimulation } from '../client/simulations.ts';
import type { TripContext } from '../domain/retail/choice-context.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import type { ShoppingPolicy } from '../domain/retail/policy.ts';
import type { SimulationConfig, SimulationConfigInput } from '../domain/retail/simulation.ts';
import { digestSimulation, firstDifference } from '../prisma/digest-store.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import { aSimulation, aSmallDataset, createRig, runSimulation } from './simulation-rig.ts';
import type { Rig, WorkerInput } from './simulation-rig.ts';

export type ShopDay = { readonly agentId: string; readonly day: number; readonly date: string };

export type HeldRig = Rig & {
  /** The simulation of `aRun` that nobody disturbed. */
  readonly undisturbed: SimulationConfig;
  /** A shopping day in the middle of the simulation, the first of several on its date. */
  readonly held: ShopDay;
  /** What the policy does when it is asked about the held day; it may throw. */
  beforeHeldDay: () => Promise<void>;
  /** Starts a simulation and does something while its held day is at work. */
  whileHeld(simulation: SimulationConfig, act: () => Promise<unknown>): Promise<void>;
};

/** Four days in two cycles. */
export function aRun(given: Partial<SimulationConfigInput> = {}): SimulationConfig {
  return aSimulation({ days: 4, offerCycleDays: 2, channel: 'online', execution: 'activity', ...given });
}

export async function createHeldRig(interceptors?: WorkerInput['interceptors']): Promise<HeldRig> {
  const rig = await createRig(aSmallDataset({ agents: 6 }));
  let isHeldDay = (_context: TripContext): boolean => false;
  const policy: ShoppingPolicy = {
    ...rulesPolicy,
    async decideShop(context) {
      if (isHeldDay(context)) await heldRig.beforeHeldDay();
      return rulesPolicy.decideShop(context);
    },
  };
  await rig.startWorker({ policy, ...(interceptors === undefined ? {} : { interceptors }) });
  const undisturbed = aRun();
  await runSimulation(rig, undisturbed);
  const held = await aShopDay(rig, undisturbed);
  isHeldDay = ({ persona, day }) => persona.agentId === held.agentId && day === held.day;

  const heldRig: HeldRig = {
    ...rig,
    undisturbed,
    held,
    beforeHeldDay: async () => {},
    async whileHeld(simulation, act) {
      let arrive = (): void => {};
      let release = (): void => {};
      const arrived = new Promise<void>((resolve) => (arrive = resolve));
      const released = new Promise<void>((resolve) => (release = resolve));
      heldRig.beforeHeldDay = () => {
        arrive();
        return released;
      };
      try {
        await startSimulation(rig, simulation);
        await arrived;
        await act();
      } finally {
        heldRig.beforeHeldDay = async () => {};
        release();
      }
    },
  };
  return heldRig;
}

/** The first shopper of the third day: there is a cycle before it, and a day after it. */
async function aShopDay({ db }: Rig, { simulationId }: SimulationConfig): Promise<ShopDay> {
  const date = '2026-01-07';
  const { agentId } = await db.shoppingDay.findFirstOrThrow({
    where: { simulationId, simulatedDate: new Date(date), status: 'completed' },
    orderBy: { agentId: 'asc' },
  });
  return { agentId, day: 2, date };
}

/** It ended as it should, and everything in the database is as if nobody had done anything. */
export async function expectUndisturbed(
  rig: HeldRig,
  simulationId: string,
  undisturbedId = rig.undisturbed.simulationId,
): Promise<void> {
  const [expected, found] = await Promise.all(
    [undisturbedId, simulationId].map((id) => digestSimulation(rig.db, id)),
  );
  expect(firstDifference(expected!, found!)).toBeNull();
  expect(await failedChecks(rig, simulationId)).toEqual([]);
  expect((await loadSimulation(rig.db, simulationId)).status).toBe('completed');
}

/** Names of the review's checks that do not hold. */
export async function failedChecks(rig: Rig, simulationId: string): Promise<string[]> {
  const { checks } = await reviewSimulation(rig.db, simulationId);
  return checks.filter((check) => !check.isOk).map((check) => check.name);
}

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** Every event of one run of an execution; of the last one when no run is named. */
export async function eventsOf(rig: Rig, workflowId: string, runId?: string): Promise<HistoryEvent[]> {
  const { events } = await rig.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
  return events ?? [];
}

/** The first workflow task, or the first after so many children have completed: a point to reset to. */
export function taskAfter(events: readonly HistoryEvent[], completedChildren: number): HistoryEvent {
  let completed = 0;
  for (const event of events) {
    if (event.childWorkflowExecutionCompletedEventAttributes != null) completed += 1;
    if (event.workflowTaskCompletedEventAttributes != null && completed >= completedChildren) return event;
  }
  throw new Error(`No workflow task after ${completedChildren} children.`);
}

/**
 * Resets an execution: what it did from that task on is forgotten and done again.
 * @param isDeaf whether it forgets what it was told, too
 */
export async function resetTo(
  rig: Rig,
  workflowId: string,
  { eventId }: HistoryEvent,
  { runId, isDeaf = false }: { runId?: string; isDeaf?: boolean } = {},
): Promise<void> {
  const { RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL: SIGNAL, RESET_REAPPLY_EXCLUDE_TYPE_UPDATE: UPDATE } =
    temporal.api.enums.v1.ResetReapplyExcludeType;
  await rig.temporal.workflowService.resetWorkflowExecution({
    namespace: rig.namespace,
    workflowExecution: { workflowId, ...(runId === undefined ? {} : { runId }) },
    workflowTaskFinishEventId: eventId!,
    requestId: randomUUID(),
    reason: 'by a test',
    resetReapplyExcludeTypes: isDeaf ? [SIGNAL, UPDATE] : [],
  });
}
