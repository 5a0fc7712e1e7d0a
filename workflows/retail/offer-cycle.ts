import { proxyActivities } from '@temporalio/workflow';
import type { RetailActivities } from '../../activities/index.ts';
import type { CycleInput, CycleResult } from '../../activities/retail/offer-cycles.ts';
import { bulkRetries } from './activity-options.ts';

const { runOfferCycle } = proxyActivities<RetailActivities>(bulkRetries);

/** One cycle boundary: expire, close the cycle before, open this one, deal to every wallet. Short, so that nothing outlives it. */
export async function offerCycle(input: CycleInput): Promise<CycleResult> {
  return runOfferCycle(input);
}
