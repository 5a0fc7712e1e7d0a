import type { ActivityOptions } from '@temporalio/workflow';

/**
 * Activities that read and write the database: retried without limit, since a database that is away comes back;
 * domain errors arrive as non-retryable failures and end at once. All heartbeat, so that the death of a worker is
 * noticed within seconds.
 */
export const databaseRetries: ActivityOptions = {
  startToCloseTimeout: '60 seconds',
  heartbeatTimeout: '8 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '5 seconds' },
};

/** The same for work that grows with the number of agents. */
export const bulkRetries: ActivityOptions = { ...databaseRetries, startToCloseTimeout: '30 minutes' };

/**
 * One agent's day. What an agent's policy may take is bounded inside the activity (`agentTimeoutSeconds`, `agentTries`),
 * which tells it from a database that is away; this is the bound on one attempt as a whole.
 */
export const shoppingDayRetries: ActivityOptions = { ...databaseRetries, startToCloseTimeout: '10 minutes' };
