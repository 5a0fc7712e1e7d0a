import { ParentClosePolicy, executeChild, proxyActivities } from '@temporalio/workflow';
import type { RetailActivities } from '../../activities/index.ts';
import { NO_TOTALS, addTotals } from '../../domain/retail/statistics.ts';
import type { DayTotals } from '../../domain/retail/statistics.ts';
import { shardDayWorkflowId } from '../ids.ts';
import { SIMULATION_ID } from '../search-attributes.ts';
import { WORKFLOW_TASK_TIMEOUT } from '../task-queues.ts';
import { bulkRetries, databaseRetries } from './activity-options.ts';
import { shardDay } from './shard-day.ts';
import type { SimulationInput } from '../../domain/retail/simulation-input.ts';
import { dayFailureOf, inWindow, whenFree } from './windows.ts';

const { planDay } = proxyActivities<RetailActivities>(bulkRetries);
const { settleDays, commitDay } = proxyActivities<RetailActivities>(databaseRetries);

export type SimulationDayInput = Omit<SimulationInput, 'carried' | 'takenUpAt'> & {
  readonly day: number;
  readonly date: string;
  readonly totalsBefore: DayTotals;
};

/** What a day came to; and how many days are committed then, which executions of earlier versions did not say. */
export type LivedDay = DayTotals & { readonly committedDays?: number };

/**
 * One simulated day: decide who shops, have them live the day in shards of at most 100, commit at the 24:00 barrier.
 * A shard that ends without an answer costs only itself: its days are settled from what is stored.
 */
export async function simulationDay(input: SimulationDayInput): Promise<LivedDay> {
  const { simulationId, day, date } = input;
  const shoppers = input.isShopping ? await planDay({ simulationId, day }) : [];
  const shards = chunksOf(shoppers, input.shardSize);
  const results = await inWindow(shards, input.shardsInFlight, async (agentIds, shard) => {
    try {
      return await whenFree(() =>
        executeChild(shardDay, {
          args: [
            {
              simulationId,
              day,
              date,
              agentIds,
              execution: input.execution,
              agentsInFlight: input.agentsInFlight,
            },
          ],
          workflowId: shardDayWorkflowId(simulationId, date, shard),
          workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          staticSummary: `${agentIds.length} shoppers, shard ${shard + 1} of ${shards.length}`,
          typedSearchAttributes: [{ key: SIMULATION_ID, value: simulationId }],
        }),
      );
    } catch (error) {
      return settleDays({ simulationId, day, agentIds, ...dayFailureOf(error) });
    }
  });
  const totals = results.reduce(addTotals, NO_TOTALS);
  const committedDays = await commitDay({ simulationId, day, totals: addTotals(input.totalsBefore, totals) });
  return { ...totals, committedDays };
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
