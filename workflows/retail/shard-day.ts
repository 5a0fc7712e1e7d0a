import { ParentClosePolicy, executeChild, proxyActivities } from '@temporalio/workflow';
import type { RetailActivities } from '../../activities/index.ts';
import { NO_TOTALS, addTotals } from '../../domain/retail/statistics.ts';
import type { DayTotals } from '../../domain/retail/statistics.ts';
import { shoppingDayWorkflowId } from '../ids.ts';
import { AGENT_ID, SIMULATION_ID } from '../search-attributes.ts';
import { databaseRetries, shoppingDayRetries } from './activity-options.ts';
import { shoppingDay } from './shopping-day.ts';
import { failureReason, inWindow, whenFree } from './windows.ts';

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

/** How long one agent's execution may take before the shard goes on without it. */
const LONGEST_SHOPPING_DAY = '15 minutes';

/**
 * At most 100 shoppers of one day, a window of them in flight: each as an execution of its own, or as an activity
 * alone where there are very many. Both call the same activity with the same key, so results are the same. One
 * agent's failure, cancellation or termination is settled here and stays one.
 */
export async function shardDay(input: ShardDayInput): Promise<DayTotals> {
  const { simulationId, day, date } = input;
  const results = await inWindow(input.agentIds, input.agentsInFlight, async (agentId) => {
    try {
      if (input.execution === 'activity')
        return await runShoppingDay.executeWithOptions({ summary: agentId }, [
          { simulationId, day, agentId },
        ]);
      return await whenFree(() =>
        executeChild(shoppingDay, {
          args: [{ simulationId, day, agentId }],
          workflowId: shoppingDayWorkflowId(simulationId, date, agentId),
          workflowRunTimeout: LONGEST_SHOPPING_DAY,
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          staticSummary: `${agentId} on ${date}`,
          typedSearchAttributes: [
            { key: SIMULATION_ID, value: simulationId },
            { key: AGENT_ID, value: agentId },
          ],
        }),
      );
    } catch (error) {
      return settleDays({ simulationId, day, agentIds: [agentId], reason: failureReason(error) });
    }
  });
  return results.reduce(addTotals, NO_TOTALS);
}
