// What a worker logs of its activities: whom each line is about, why one failed, and what each committed day was.
import { ApplicationFailure } from '@temporalio/common';
import type { Context, Info } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { DayTotals } from '../domain/retail/statistics.ts';
import type { Database } from '../prisma/client.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import { subjectOf } from './log-lines.ts';

/** The fields by which activities say whom they are about. */
export type ActivityInput = {
  readonly simulationId?: string;
  readonly day?: number;
  readonly agentId?: string;
  readonly totals?: DayTotals;
};

/**
 * The SDK itself logs each failed activity once, with its attempt and duration; this adds whom it was about, the reason
 * and whether it will be tried again. Metrics keep the labels of the worker alone.
 */
export function logActivities(db: Database): ActivityInterceptorsFactory {
  return (context) => {
    let details: Record<string, unknown> = {};
    return {
      inbound: {
        async execute(input, next) {
          const given = (input.args[0] ?? {}) as ActivityInput;
          details = activitySubject(context.info, given);
          try {
            if (context.info.activityType !== 'commitDay') return await next(input);
            return await reportDay(db, context, given, () => next(input));
          } catch (error) {
            details = { ...details, ...describeFailure(error, context.info, Date.now()) };
            throw error;
          }
        },
      },
      outbound: {
        getLogAttributes: (attributes, next) => next({ ...attributes, ...details }),
        getMetricTags: (_labels, next) => next({}),
      },
    };
  };
}

/** An activity knows the number of its day and its agent; the id of its workflow knows the date. */
export function activitySubject(
  { workflowExecution }: Info,
  { simulationId, day, agentId }: ActivityInput,
): Record<string, string | number> {
  return {
    ...subjectOf(workflowExecution?.workflowId),
    ...(simulationId !== undefined && { simulation: simulationId }),
    ...(day !== undefined && { day }),
    ...(agentId !== undefined && { agent: agentId }),
  };
}

type Failure = { readonly reason: string; readonly type: string; readonly willRetry: boolean };

const LONGEST_REASON = 1_000;

export function describeFailure(error: unknown, info: Info, nowMs: number): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const type = (error instanceof ApplicationFailure && error.type) || (error as Error)?.name || typeof error;
  return { reason: inOneLine(message), type, willRetry: willRetry(error, type, info, nowMs) };
}

/** Without the lines of source code that Prisma puts into its messages. */
function inOneLine(message: string): string {
  const lines = message.split('\n').filter((line) => !/^(→ | +)\d+ /.test(line));
  return lines.join(' ').replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST_REASON);
}

/** As the server will decide. */
function willRetry(error: unknown, type: string, info: Info, nowMs: number): boolean {
  if (error instanceof ApplicationFailure && error.nonRetryable === true) return false;
  const { retryPolicy = {}, attempt, scheduledTimestampMs, scheduleToCloseTimeoutMs } = info;
  const { maximumAttempts = 0, nonRetryableErrorTypes = [] } = retryPolicy;
  if (maximumAttempts > 0 && attempt >= maximumAttempts) return false;
  if (nonRetryableErrorTypes.includes(type)) return false;
  return scheduleToCloseTimeoutMs === 0 || nowMs < scheduledTimestampMs + scheduleToCloseTimeoutMs;
}

/** Commits a day and logs it, unless it was committed before. Nothing in here may keep a day from being committed. */
async function reportDay(
  db: Database,
  context: Context,
  { simulationId = '', day = 0, totals }: ActivityInput,
  commit: () => Promise<unknown>,
): Promise<unknown> {
  const before = await loadSimulation(db, simulationId).catch(() => null);
  const result = await commit();
  if (totals === undefined || before === null || before.committedDays > day) return result;
  const of = (count: keyof DayTotals): number => totals[count] - before.totals[count];
  const began = await beginningOf(context);
  context.log.info('Day committed', {
    shoppers: of('shoppingDays') + of('failedDays'),
    sessions: of('sessions'),
    orders: of('orders'),
    failed: of('failedDays'),
    durationMs: began === null ? null : Date.now() - began.getTime(),
  });
  return result;
}

/** When the execution that the activity belongs to began; it may have begun with another worker. */
export async function beginningOf({ client, info }: Context): Promise<Date | null> {
  const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
  try {
    return (await client.workflow.getHandle(workflowId, runId).describe()).startTime;
  } catch {
    return null;
  }
}
