import { ApplicationFailure, ParentClosePolicy, executeChild, proxyActivities } from '@temporalio/workflow';
import type { RetailActivities } from '../../activities/index.ts';
import { NO_TOTALS, addTotals, isTotals } from '../../domain/retail/statistics.ts';
import type { DayTotals } from '../../domain/retail/statistics.ts';
import { shoppingDayWorkflowId } from '../ids.ts';
import { AGENT_ID, SIMULATION_ID } from '../search-attributes.ts';
import { WORKFLOW_TASK_TIMEOUT } from '../task-queues.ts';
import { databaseRetries, shoppingDayRetries } from './activity-options.ts';
import { shoppingDay } from './shopping-day.ts';
import { dayFailureOf, inWindow, whenFree } from './windows.ts';

const { runShoppingDay } = proxyActivities<RetailActivities>(shoppingDayRetries);
const { settleDays } = proxyActivities<RetailActivities>(databaseRetries);

export type ShardDayInput = {
  readonly simulationId: string;
  readonly day: number;
  readonly date: string;
  readonly agentIds: readonly string[];
  readonly execution: 'workflow' | 'activity';
  readonly agentsInFlight: number;
};

/**
 * Agents are bounded in seconds inside their activity, and a database may be away for hours: this is the last resort
 * against an execution that can never end.
 */
const LONGEST_SHOPPING_DAY = '24 hours';

/**
 * At most 100 shoppers of one day, a window of them in flight: each as an execution of its own, or as an activity
 * alone where there are very many. Both call the same activity with the same key, so results are the same. One
 * agent's failure, cancellation or termination is settled here and stays one.
 */
export async function shardDay(input: ShardDayInput): Promise<DayTotals> {
  const { simulationId, day } = input;
  const results = await inWindow(input.agentIds, input.agentsInFlight, async (agentId) => {
    try {
      const totals: unknown = await liveDay(input, agentId);
      if (isTotals(totals)) return totals;
      throw new ApplicationFailure('completed by hand, without totals');
    } catch (error) {
      return settleDays({ simulationId, day, agentIds: [agentId], ...dayFailureOf(error) });
    }
  });
  return results.reduce(addTotals, NO_TOTALS);
}

async function liveDay(
  { simulationId, day, date, execution }: ShardDayInput,
  agentId: string,
): Promise<DayTotals> {
  if (execution === 'activity')
    return runShoppingDay.executeWithOptions({ summary: agentId }, [{ simulationId, day, agentId }]);
  return whenFree(() =>
    executeChild(shoppingDay, {
      args: [{ simulationId, day, agentId }],
      workflowId: shoppingDayWorkflowId(simulationId, date, agentId),
      workflowRunTimeout: LONGEST_SHOPPING_DAY,
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `${agentId} on ${date}`,
      typedSearchAttributes: [
        { key: SIMULATION_ID, value: simulationId },
        { key: AGENT_ID, value: agentId },
      ],
    }),
  );
}
