import {
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ConflictError, InvalidInputError, NotFoundError } from '../domain/errors.ts';
import { HOURS_PER_DAY, instantAt } from '../domain/retail/calendar.ts';
import { barrierHours } from '../domain/retail/clock.ts';
import { unknownNames } from '../domain/retail/event-calendar.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { loadCatalog } from '../prisma/catalog-store.ts';
import type { Database } from '../prisma/client.ts';
import { createSimulation, loadSimulation, reopenSimulation } from '../prisma/simulation-store.ts';
import type { SimulationRecord } from '../prisma/simulation-store.ts';
import { simulationWorkflowId } from '../workflows/ids.ts';
import {
  advanceUpdate,
  clockQuery,
  pauseUpdate,
  progressQuery,
  resumeUpdate,
  setScaleUpdate,
  stopUpdate,
} from '../workflows/retail/messages.ts';
import type { ClockView, ProgressView } from '../workflows/retail/messages.ts';
import { simulationInputOf } from '../domain/retail/simulation-input.ts';
import type { SimulationResult } from '../domain/retail/simulation-input.ts';
import type { simulation } from '../workflows/retail/simulation.ts';
import { RUN_STATUS, SIMULATION_ID } from '../workflows/search-attributes.ts';
import { SIMULATION_QUEUE, WORKFLOW_TASK_TIMEOUT } from '../workflows/task-queues.ts';

/** What the CLI and the API do with simulations, over Temporal and the store. */
export type Services = { readonly db: Database; readonly temporal: Client };

/**
 * Stores a simulation and starts its execution. Starting the same one twice is starting it once.
 * @throws ConflictError when the id belongs to a simulation with another configuration, or to a finished one;
 *   InvalidInputError when its events name what its dataset does not have
 */
export async function startSimulation(
  { db, temporal }: Services,
  config: SimulationConfig,
): Promise<SimulationRecord> {
  await requireKnownNames(db, config);
  const stored = await createSimulation(db, config);
  if (stored.finishedAt !== null)
    throw new ConflictError(
      `Simulation "${config.simulationId}" is ${stored.status}: ${hintFor(stored)}start another one under a new id, or \`mercato simulation reset ${config.simulationId}\`.`,
    );
  await startExecution(temporal, stored);
  return stored;
}

/** @throws InvalidInputError naming what the configuration's events speak of and the dataset does not have */
export async function requireKnownNames(
  db: Database,
  { events, datasetId }: SimulationConfig,
): Promise<void> {
  if (events.length === 0) return;
  const unknown = unknownNames(events, (await loadCatalog(db, datasetId)).index);
  if (unknown.length > 0)
    throw new InvalidInputError(
      `The simulation's events name what dataset "${datasetId}" does not have: ${unknown.join('; ')}.`,
    );
}

/**
 * Takes a simulation up again that was terminated or cancelled or has failed, from its last committed day. What its
 * current day has done so far is kept. One that runs is left alone.
 * @throws ConflictError when it ended as it should
 */
export async function recoverSimulation(
  { db, temporal }: Services,
  simulationId: string,
): Promise<SimulationRecord> {
  const reopened = await reopenSimulation(db, simulationId);
  await startExecution(temporal, reopened);
  return reopened;
}

function hintFor({ status, simulationId }: SimulationRecord): string {
  const isFinal = status === 'completed' || status === 'stopped';
  return isFinal ? '' : `take it up again with \`mercato simulation recover ${simulationId}\`, `;
}

/** Starts a simulation's execution, from where its row stands; one that runs is left alone. */
export async function startExecution(temporal: Client, record: SimulationRecord): Promise<void> {
  const { config, agents, committedDays } = record;
  await temporal.workflow.start<typeof simulation>('simulation', {
    args: [simulationInputOf(record)],
    taskQueue: SIMULATION_QUEUE,
    workflowId: simulationWorkflowId(config.simulationId),
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `${agents} agents, ${config.days} days, seed ${config.seed}${committedDays > 0 ? `, taken up after day ${committedDays}` : ''}`,
    typedSearchAttributes: [
      { key: SIMULATION_ID, value: config.simulationId },
      { key: RUN_STATUS, value: 'running' },
    ],
  });
}

/** Waits until a simulation has ended. @throws what ended it, when it failed */
export async function waitForSimulation(
  { temporal }: Services,
  simulationId: string,
): Promise<SimulationResult> {
  return handleOf(temporal, simulationId).result();
}

export async function pauseSimulation(services: Services, simulationId: string): Promise<ClockView> {
  return update(services, simulationId, (handle) => handle.executeUpdate(pauseUpdate, { args: [{}] }));
}

export async function resumeSimulation(services: Services, simulationId: string): Promise<ClockView> {
  return update(services, simulationId, (handle) => handle.executeUpdate(resumeUpdate, { args: [{}] }));
}

/** Ends a simulation after the day that is being lived. */
export async function stopSimulation(services: Services, simulationId: string): Promise<ClockView> {
  return update(services, simulationId, (handle) => handle.executeUpdate(stopUpdate, { args: [{}] }));
}

export async function setScale(
  services: Services,
  simulationId: string,
  timeScale: unknown,
): Promise<ClockView> {
  return update(services, simulationId, (handle) =>
    handle.executeUpdate(setScaleUpdate, { args: [{ timeScale }] }),
  );
}

/** @param target exactly one of hours, days, cycles, until */
export async function advance(
  services: Services,
  simulationId: string,
  target: Record<string, unknown>,
): Promise<ClockView> {
  return update(services, simulationId, (handle) => handle.executeUpdate(advanceUpdate, { args: [target] }));
}

export type SimulationView = {
  readonly record: SimulationRecord;
  readonly clock: ClockView | null;
  readonly progress: ProgressView | null;
};

/** A simulation as the database has it, and, while it runs, as its execution says. */
export async function viewSimulation(
  { db, temporal }: Services,
  simulationId: string,
): Promise<SimulationView> {
  const record = await loadSimulation(db, simulationId);
  if (record.finishedAt !== null) return { record, clock: null, progress: null };
  const handle = handleOf(temporal, simulationId);
  try {
    const [clock, progress] = await Promise.all([handle.query(clockQuery), handle.query(progressQuery)]);
    return { record, clock: clockAt(clock, record.config, Date.now()), progress };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { record, clock: null, progress: null };
    throw error;
  }
}

/** A clock that was read off earlier, as it stands at `realMs`: at most at the barrier of the day that is not committed. */
function clockAt(clock: ClockView, { startDate, days }: SimulationConfig, realMs: number): ClockView {
  if (clock.isPaused || clock.timeScale === 'max') return clock;
  const passedHours = (Math.max(0, realMs - clock.asOfMs) * clock.timeScale) / 3_600_000;
  const limitHours = Math.min(barrierHours(clock.committedDays), days * HOURS_PER_DAY);
  const simulatedHours = Math.min(clock.simulatedHours + passedHours, limitHours);
  return { ...clock, simulatedHours, simulatedAt: instantAt(startDate, simulatedHours), asOfMs: realMs };
}

/**
 * Ends a simulation for good and starts it anew from its first day, under a new id: nothing is deleted.
 * @returns the new simulation
 */
export async function resetSimulation(
  services: Services,
  simulationId: string,
  newId: string | null,
): Promise<SimulationRecord> {
  const { config, finishedAt } = await loadSimulation(services.db, simulationId);
  // The new one is checked before the old one is touched.
  const renamed = SimulationConfig.safeParse({ ...config, simulationId: newId ?? nextId(simulationId) });
  if (!renamed.success)
    throw new InvalidInputError(`The new id is wrong: ${renamed.error.issues[0]?.message ?? 'unreadable'}.`);
  const taken = await services.db.simulationState.findUnique({
    where: { simulationId: renamed.data.simulationId },
  });
  if (taken !== null)
    throw new ConflictError(`Simulation "${taken.simulationId}" exists already: choose another id.`);
  if (finishedAt === null) {
    await stopSimulation(services, simulationId);
    await waitForSimulation(services, simulationId);
  }
  return startSimulation(services, renamed.data);
}

/** `demo` → `demo-2` → `demo-3`. */
function nextId(simulationId: string): string {
  const match = /^(.*)-(\d+)$/.exec(simulationId);
  return match === null ? `${simulationId}-2` : `${match[1]}-${Number(match[2]) + 1}`;
}

function handleOf(temporal: Client, simulationId: string): WorkflowHandle<typeof simulation> {
  return temporal.workflow.getHandle<typeof simulation>(simulationWorkflowId(simulationId));
}

async function update(
  services: Services,
  simulationId: string,
  send: (handle: WorkflowHandle<typeof simulation>) => Promise<ClockView>,
): Promise<ClockView> {
  const record = await loadSimulation(services.db, simulationId);
  if (record.finishedAt !== null)
    throw new ConflictError(`Simulation "${simulationId}" is ${record.status}.`);
  try {
    return await send(handleOf(services.temporal, simulationId));
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      throw new InvalidInputError(error.cause?.message ?? error.message, { cause: error });
    if (error instanceof WorkflowNotFoundError)
      throw new NotFoundError(`Simulation "${simulationId}" has no running execution.`, { cause: error });
    throw error;
  }
}
