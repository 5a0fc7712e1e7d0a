import type { ActivityOptions } from '@temporalio/workflow';

/**
 * Activities that read and write the database: retried without limit, since a database that is away comes back;
 * domain errors arrive as non-retryable failures and end at once.
 */
export const databaseRetries: ActivityOptions = {
  startToCloseTimeout: '60 seconds',
  retry: { initialInterval: '200 milliseconds', backoffCoefficient: 2, maximumInterval: '5 seconds' },
};

/** The same for work that grows with the number of agents. */
export const bulkRetries: ActivityOptions = {
  ...databaseRetries,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '60 seconds',
};

/** One agent's day: bounded as a whole, so that an agent that hangs cannot hold the day. */
export const shoppingDayRetries: ActivityOptions = {
  ...databaseRetries,
  startToCloseTimeout: '60 seconds',
  scheduleToCloseTimeout: '10 minutes',
};
