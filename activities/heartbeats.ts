import { activityInfo, heartbeat } from '@temporalio/activity';

const BEATS_PER_TIMEOUT = 4;

/**
 * Wraps every activity so that it heartbeats from its first moment to its last: a worker that is gone is noticed
 * after the heartbeat timeout, and its work handed on, however long the work itself may take.
 */
export function withHeartbeats<T extends Record<string, (input: never) => Promise<unknown>>>(
  activities: T,
): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (input: never) => {
      const { heartbeatTimeoutMs } = activityInfo();
      if (heartbeatTimeoutMs === undefined) return activity(input);
      // The first one is not due at once: most activities are over long before, and each beat is a call.
      const timer = setInterval(heartbeat, heartbeatTimeoutMs / BEATS_PER_TIMEOUT);
      try {
        return await activity(input);
      } finally {
        clearInterval(timer);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}
