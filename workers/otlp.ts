// Sends spans to a collector by OTLP/HTTP in JSON, https://opentelemetry.io/docs/specs/otlp/. Written out, since the
// packages that do it come in three majors that fit neither each other, nor the SDK, nor the oldest Node that Mercato
// runs on, and all that is sent is one kind of message.
import type { Logger } from '@temporalio/worker';

export type Span = {
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Why it failed, null when it did not. */
  readonly error: string | null;
};

export type SpanSink = {
  record(span: Span): void;
  /** Sends what is still waiting; call before the process ends. */
  flush(): Promise<void>;
};

export type Collector = { readonly endpoint: string; readonly headers: Readonly<Record<string, string>> };

const EVERY_MS = 2_000;
const SPANS_PER_MESSAGE = 500;
const TIMEOUT_MS = 3_000;

/**
 * Sends spans in the background. A collector that is away costs spans, never a shopping day; those that wait are given up
 * with the first message that fails, so that they cannot pile up.
 */
export function sendSpans({ endpoint, headers }: Collector, logger: Logger): SpanSink {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  let waiting: Span[] = [];
  let timer: NodeJS.Timeout | null = null;
  let sending: Promise<void> = Promise.resolve();

  const send = async (): Promise<void> => {
    timer = null;
    while (waiting.length > 0) {
      const spans = waiting.splice(0, SPANS_PER_MESSAGE);
      try {
        await post(url, headers, messageOf(spans));
      } catch (error) {
        const lost = spans.length + waiting.length;
        waiting = [];
        logger.warn('Traces could not be sent', { url, lost, reason: reasonOf(error) });
      }
    }
  };
  // One message after another.
  const sendNext = (): Promise<void> => (sending = sending.then(send));

  return {
    record(span) {
      waiting.push(span);
      timer ??= setTimeout(() => void sendNext(), EVERY_MS).unref();
    },
    async flush() {
      if (timer !== null) clearTimeout(timer);
      await sendNext();
    },
  };
}

async function post(url: string, headers: Collector['headers'], message: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(message),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`the collector answered ${response.status}`);
  await response.arrayBuffer();
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

const KIND_INTERNAL = 1;
const STATUS_ERROR = 2;

/** An ExportTraceServiceRequest. */
export function messageOf(spans: readonly Span[]): object {
  const resource = {
    attributes: attributesOf({ 'service.name': 'mercato-worker', 'process.pid': process.pid }),
  };
  return {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'mercato' }, spans: spans.map(toJson) }] }],
  };
}

function toJson(span: Span): object {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId !== null && { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: KIND_INTERNAL,
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: attributesOf(span.attributes),
    status: span.error === null ? {} : { code: STATUS_ERROR, message: span.error },
  };
}

/** As text: such a number does not fit into one of JavaScript's. */
function nanoseconds(ms: number): string {
  return (BigInt(Math.round(ms * 1_000)) * 1_000n).toString();
}

function attributesOf(attributes: Span['attributes']): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }));
}

function valueOf(value: string | number | boolean): object {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
