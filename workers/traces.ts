// Spans of activities, and of each simulated day as a whole. They are made on the activities' side alone: interceptors
// inside workflows would be part of the bundle and of every history, for simulations that nobody traces too.
import { createHash, randomBytes } from 'node:crypto';
import type { Context } from '@temporalio/activity';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { activitySubject, beginningOf } from './activity-log.ts';
import type { ActivityInput } from './activity-log.ts';
import type { Span, SpanSink } from './otlp.ts';

/** Records a span for each attempt of an activity, and when a day is committed one for the day. */
export function traceActivities(sink: SpanSink): ActivityInterceptorsFactory {
  return (context) => ({
    inbound: {
      async execute(input, next) {
        const attributes = attributesOf(context, input.args[0] ?? {});
        const place = placeOf(context);
        const { activityType: name } = context.info;
        const startMs = nowMs();
        const end = (error: string | null): void =>
          sink.record({ ...place, spanId: hex(8), name, startMs, endMs: nowMs(), attributes, error });
        try {
          const result = await next(input);
          end(null);
          if (name === 'commitDay') await recordDay(context, attributes);
          return result;
        } catch (error) {
          end(error instanceof Error ? error.message : String(error));
          throw error;
        }
      },
    },
  });

  async function recordDay(context: Context, attributes: Span['attributes']): Promise<void> {
    const began = await beginningOf(context);
    const { traceId, parentSpanId } = placeOf(context);
    if (began === null || parentSpanId === null) return;
    const { attempt: _attempt, ...rest } = attributes;
    const times = { startMs: began.getTime(), endMs: nowMs() };
    const { workflowType: name = 'day' } = context.info;
    sink.record({
      traceId,
      spanId: parentSpanId,
      parentSpanId: null,
      name,
      ...times,
      attributes: rest,
      error: null,
    });
  }
}

function attributesOf({ info }: Context, input: ActivityInput): Span['attributes'] {
  return {
    ...activitySubject(info, input),
    attempt: info.attempt,
    queueMs: Math.max(0, Math.round(Date.now() - info.currentAttemptScheduledTimestampMs)),
    workflowType: info.workflowType ?? '',
    workflowId: info.workflowExecution?.workflowId ?? '',
    runId: info.workflowExecution?.runId ?? '',
  };
}

const DAY = /^simulation\/[^/]+\/day\/[\d-]+/;

/**
 * Every activity of a simulated day belongs to the trace of that day. Its ids are made from the day's workflow id, so
 * that all workers find the same ones without telling each other. Anything else is a trace of its own.
 */
function placeOf({ info }: Context): Pick<Span, 'traceId' | 'parentSpanId'> {
  const day = DAY.exec(info.workflowExecution?.workflowId ?? '')?.[0];
  if (day === undefined) return { traceId: hex(16), parentSpanId: null };
  const digest = createHash('sha256').update(`${info.namespace}/${day}`).digest('hex');
  return { traceId: digest.slice(0, 32), parentSpanId: digest.slice(32, 48) };
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** To the microsecond, in milliseconds since 1970. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
