import { WorkflowNotFoundError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import type { SimulationStatus } from '../domain/retail/simulation.ts';
import { finishSimulation, listOpenOrEnded, reopenSimulation } from '../prisma/simulation-store.ts';
import type { SimulationRecord } from '../prisma/simulation-store.ts';
import { simulationWorkflowId } from '../workflows/ids.ts';
import type { Services } from './simulations.ts';

/** A row that said something else than its execution. */
export type Mended = {
  readonly simulationId: string;
  readonly was: SimulationStatus;
  readonly is: SimulationStatus;
};

/** A row is stored a moment before its execution is started. */
const JUST_STARTED_MS = 60_000;
/** How long somebody may take to reset an execution that was ended, for its row to follow by itself. */
const ENDED_OF_LATE_MS = 24 * 3_600_000;

/**
 * Makes the rows of simulations say what their executions are. An execution that was terminated, or that timed out,
 * has no chance to say so itself; one that was reset afterwards runs again. Workers do this twice a minute.
 */
export async function reconcileSimulations({ db, temporal }: Services): Promise<Mended[]> {
  const mended: Mended[] = [];
  for (const record of await listOpenOrEnded(db, new Date(Date.now() - ENDED_OF_LATE_MS))) {
    const { simulationId, status: was } = record;
    const is = await statusOf(temporal, record);
    if (is === null || is === was || (is === 'running' && was === 'paused')) continue;
    if (is === 'running') await reopenSimulation(db, simulationId);
    // One that ended otherwise already keeps what it said first.
    else if (record.finishedAt === null) await finishSimulation(db, simulationId, is);
    else continue;
    mended.push({ simulationId, was, is });
  }
  return mended;
}

/** What a row should say by its execution; null when the execution is not to be asked yet. */
async function statusOf(
  temporal: Client,
  { simulationId, startedAt }: SimulationRecord,
): Promise<Exclude<SimulationStatus, 'paused'> | null> {
  const handle = temporal.workflow.getHandle(simulationWorkflowId(simulationId));
  try {
    const { status } = await handle.describe();
    switch (status.name) {
      case 'RUNNING':
      case 'PAUSED':
      case 'CONTINUED_AS_NEW':
        return 'running';
      case 'COMPLETED':
        return ((await handle.result()) as { status: 'completed' | 'stopped' }).status;
      case 'CANCELLED':
        return 'cancelled';
      case 'TERMINATED':
        return 'terminated';
      default:
        return 'failed';
    }
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return Date.now() - startedAt.getTime() < JUST_STARTED_MS ? null : 'terminated';
  }
}
