import { ApplicationFailure } from '@temporalio/common';
import { AGENT_FAILURE, AgentFailure, AppError } from '../domain/errors.ts';

/**
 * What Temporal is told about an error. Domain errors are final: trying again gives the same. Everything else, a lost
 * connection, a timeout, a transaction conflict, is retried by the activity's policy.
 */
export function toFailure(error: unknown): unknown {
  if (error instanceof AppError)
    return ApplicationFailure.nonRetryable(error.message, failureType(error), { code: error.code });
  return error;
}

function failureType(error: AppError): string {
  return error instanceof AgentFailure ? AGENT_FAILURE : 'AppError';
}

/** Wraps every activity so that its errors leave as failures Temporal understands. */
export function withFailures<T extends Record<string, (input: never) => Promise<unknown>>>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (input: never) => {
      try {
        return await activity(input);
      } catch (error) {
        throw toFailure(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}
