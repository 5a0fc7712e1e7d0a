import type { LogEntry } from '@temporalio/worker';
import {
  offerCycleWorkflowId,
  shardDayWorkflowId,
  shoppingDayWorkflowId,
  simulationDayWorkflowId,
  simulationWorkflowId,
} from '../workflows/ids.ts';
import { logLine, subjectOf } from './log-lines.ts';

test.each([
  [simulationWorkflowId('first'), { simulation: 'first' }],
  [offerCycleWorkflowId('first', 12), { simulation: 'first' }],
  [simulationDayWorkflowId('first', '2026-01-05'), { simulation: 'first', date: '2026-01-05' }],
  [shardDayWorkflowId('first', '2026-01-05', 3), { simulation: 'first', date: '2026-01-05' }],
  [
    shoppingDayWorkflowId('first', '2026-01-05', 'a.b-c'),
    { simulation: 'first', date: '2026-01-05', agent: 'a.b-c' },
  ],
  ["somebody else's", {}],
  [undefined, {}],
])('the workflow id %s tells whom a line is about', (workflowId, subject) => {
  expect(subjectOf(workflowId)).toEqual(subject);
});

function anEntry(given: Partial<LogEntry> = {}): LogEntry {
  return {
    level: 'WARN',
    message: 'Something happened',
    timestampNanos: 1_767_600_000_123_456_789n,
    ...given,
  };
}

function parsed(entry: LogEntry, hasStacks = false): Record<string, unknown> {
  return JSON.parse(logLine(entry, hasStacks)) as Record<string, unknown>;
}

describe('a line', () => {
  test('is one line, whatever it says', () => {
    const line = logLine(anEntry({ message: 'one\ntwo', meta: { reason: 'three\nfour' } }));

    expect(line.indexOf('\n')).toBe(line.length - 1);
  });

  test('begins with time, level, message and whom it is about', () => {
    const meta = {
      sdkComponent: 'activity',
      workflowId: 'simulation/first/day/2026-01-05',
      day: 0,
      agent: 'a',
    };

    expect(logLine(anEntry({ meta }))).toMatch(
      '{"time":"2026-01-05T08:00:00.123Z","level":"warn","msg":"Something happened",' +
        '"simulation":"first","date":"2026-01-05","day":0,"agent":"a","sdkComponent":"activity"',
    );
  });

  test('leaves out what is the same on all lines or of use to nobody', () => {
    const meta = {
      namespace: 'default',
      taskQueue: 'simulation',
      taskToken: 'Q2hh',
      isLocal: false,
      activityId: '1',
    };

    expect(Object.keys(parsed(anEntry({ meta })))).toEqual(['time', 'level', 'msg']);
  });

  test('shows an error by its message, and its stack when asked for', () => {
    const error = new Error('broken');

    expect(parsed(anEntry({ meta: { error } })).error).toBe('broken');
    expect(parsed(anEntry({ meta: { error } }), true).error).toContain('log-lines.test.ts');
  });

  test('shows a reason instead of its error', () => {
    const meta = { error: new Error('broken\nin two'), reason: 'broken in two' };

    expect(parsed(anEntry({ meta }))).not.toHaveProperty('error');
  });

  test('may carry numbers that JSON does not know', () => {
    expect(parsed(anEntry({ meta: { tasks: 12n } })).tasks).toBe('12');
  });
});
