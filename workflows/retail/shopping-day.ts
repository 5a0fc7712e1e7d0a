import { proxyActivities } from '@temporalio/workflow';
import type { RetailActivities } from '../../activities/index.ts';
import type { ShoppingDayInput } from '../../activities/retail/shopping-days.ts';
import type { DayTotals } from '../../domain/retail/statistics.ts';
import { shoppingDayRetries } from './activity-options.ts';

const { runShoppingDay } = proxyActivities<RetailActivities>(shoppingDayRetries);

/** One agent on one simulated date: an execution of its own, to be found, cancelled or reset by name in the Web UI. */
export async function shoppingDay(input: ShoppingDayInput): Promise<DayTotals> {
  return runShoppingDay(input);
}
