import type { LogEntry } from '@temporalio/worker';
import { RepeatFilter } from './log-repeats.ts';

const RETRY = 'gRPC call poll_workflow_task_queue retried 6 times';

function anEntry(second: number, given: Partial<LogEntry> = {}): LogEntry {
  return { level: 'WARN', message: RETRY, timestampNanos: BigInt(second) * 1_000_000_000n, ...given };
}

test('of warnings that differ in numbers alone one a minute goes through, with the number of the others', () => {
  const filter = new RepeatFilter();
  const retries = [0, 1, 2, 59, 60, 61].map((second) =>
    anEntry(second, { message: RETRY.replace('6', String(6 + second)) }),
  );

  const admitted = retries.map((entry) => filter.admit(entry));

  expect(admitted.map((entry) => (entry?.meta?.alikeSinceLast as unknown) ?? entry?.message)).toEqual([
    retries[0]!.message,
    undefined,
    undefined,
    undefined,
    3,
    undefined,
  ]);
});

test.each([
  ['another message', { message: 'gRPC call poll_activity_task_queue retried 6 times' }],
  ['another level', { level: 'ERROR' as const }],
  ['another execution', { meta: { runId: 'b' } }],
])('%s is another kind', (_what, given) => {
  const filter = new RepeatFilter();
  filter.admit(anEntry(0, { meta: { runId: 'a' } }));

  expect(filter.admit(anEntry(1, { meta: { runId: 'a' }, ...given }))).not.toBeNull();
});

test.each([
  ['what is about one workflow or activity', { meta: { workflowId: 'simulation/first' } }],
  ['what is no warning', { level: 'INFO' as const }],
])('%s always goes through', (_what, given) => {
  const filter = new RepeatFilter();
  filter.admit(anEntry(0, given));

  expect(filter.admit(anEntry(1, given))).toEqual(anEntry(1, given));
});
