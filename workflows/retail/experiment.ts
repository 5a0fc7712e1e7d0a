import {
  CancellationScope,
  ParentClosePolicy,
  TemporalFailure,
  executeChild,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { RetailActivities } from '../../activities/index.ts';
import { simulationWorkflowId } from '../ids.ts';
import { RUN_STATUS, SIMULATION_ID } from '../search-attributes.ts';
import { WORKFLOW_TASK_TIMEOUT } from '../task-queues.ts';
import { databaseRetries } from './activity-options.ts';
import { simulation } from './simulation.ts';
import { cancelledWithUs, failureReason, inWindow, withAnotherTry } from './windows.ts';

const { prepareSimulation, finishExperiment } = proxyActivities<RetailActivities>(databaseRetries);

export type ExperimentInput = {
  readonly experimentId: string;
  /** In the order in which they are to run. */
  readonly simulationIds: readonly string[];
  readonly inFlight: number;
};

export type ExperimentResult = {
  readonly status: 'completed' | 'failed';
  /** Simulations that did not come to their end, with the reason. */
  readonly failed: readonly { readonly simulationId: string; readonly reason: string }[];
};

/**
 * All simulations of an experiment, a few at a time, each as an execution of its own. What has been lived is stored:
 * an experiment that is started again goes on where it was, and one simulation's failure leaves the others alone.
 */
export async function experiment(input: ExperimentInput): Promise<ExperimentResult> {
  const { experimentId, simulationIds, inFlight } = input;
  let done = 0;
  try {
    const reasons = await inWindow(simulationIds, inFlight, async (simulationId) => {
      const reason = await liveSimulation(experimentId, simulationId);
      done += 1;
      setCurrentDetails(`${done} of ${simulationIds.length} simulations have ended`);
      return reason;
    });
    const failed = simulationIds.flatMap((simulationId, i) =>
      reasons[i] === null ? [] : [{ simulationId, reason: reasons[i]! }],
    );
    const status = failed.length === 0 ? 'completed' : 'failed';
    await finishExperiment({ experimentId, status });
    return { status, failed };
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    const isCancelled = isCancellation(error) && CancellationScope.current().consideredCancelled;
    const status = isCancelled ? 'cancelled' : 'failed';
    await CancellationScope.nonCancellable(() => finishExperiment({ experimentId, status }));
    throw error;
  }
}

/** Has one simulation lived to its end; returns why it was not, or null. */
async function liveSimulation(experimentId: string, simulationId: string): Promise<string | null> {
  try {
    return await withAnotherTry(async () => {
      // Null when it was completed before.
      const prepared = await prepareSimulation({ experimentId, simulationId });
      if (prepared === null) return null;
      const workflowId = simulationWorkflowId(simulationId);
      const { status } = await cancelledWithUs(workflowId, () =>
        executeChild(simulation, {
          args: [prepared],
          workflowId,
          workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          staticSummary: `of experiment ${experimentId}`,
          typedSearchAttributes: [
            { key: SIMULATION_ID, value: simulationId },
            { key: RUN_STATUS, value: 'running' },
          ],
        }),
      );
      return status === 'completed' ? null : 'it was stopped';
    });
  } catch (error) {
    return failureReason(error);
  }
}
