import { messageOf } from './otlp.ts';
import type { Span } from './otlp.ts';

function aSpan(given: Partial<Span> = {}): Span {
  return {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: null,
    name: 'planDay',
    startMs: 1_767_600_000_000.25,
    endMs: 1_767_600_000_010,
    attributes: {},
    error: null,
    ...given,
  };
}

type Message = { resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[] };

function sent(span: Span): Record<string, unknown> {
  return (messageOf([span]) as Message).resourceSpans[0]!.scopeSpans[0]!.spans[0]!;
}

test('times are nanoseconds, as text', () => {
  expect(sent(aSpan())).toMatchObject({
    startTimeUnixNano: '1767600000000250000',
    endTimeUnixNano: '1767600000010000000',
  });
});

test('a span without a parent names none', () => {
  expect(sent(aSpan())).not.toHaveProperty('parentSpanId');
  expect(sent(aSpan({ parentSpanId: '00f067aa0ba902b7' })).parentSpanId).toBe('00f067aa0ba902b7');
});

test('attributes carry their types', () => {
  expect(sent(aSpan({ attributes: { agent: 'a', day: 3, share: 0.5, isLast: true } })).attributes).toEqual([
    { key: 'agent', value: { stringValue: 'a' } },
    { key: 'day', value: { intValue: '3' } },
    { key: 'share', value: { doubleValue: 0.5 } },
    { key: 'isLast', value: { boolValue: true } },
  ]);
});

test('a failure is a status with a message', () => {
  expect(sent(aSpan({ error: 'broken' })).status).toEqual({ code: 2, message: 'broken' });
});
