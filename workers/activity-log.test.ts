import { ApplicationFailure } from '@temporalio/common';
import { defaultActivityInfo } from '@temporalio/testing';
import { describeFailure } from './activity-log.ts';

type Info = Parameters<typeof describeFailure>[1];

const NOW_MS = 100_000;

/** Of an activity that may be tried again for ever. */
function anInfo(given: Partial<Info> = {}): Info {
  return { ...defaultActivityInfo, scheduledTimestampMs: 0, scheduleToCloseTimeoutMs: 0, ...given };
}

test('a reason is one line without the source code that Prisma shows', () => {
  const message = [
    '',
    'Invalid `db.coupon.findMany()` invocation in',
    '/app/worker.cjs:27:15',
    '',
    '  26 db.productPrice.findMany(),',
    '→ 27 db.coupon.findMany(',
    'The column does not exist.',
  ].join('\n');

  expect(describeFailure(new Error(message), anInfo(), NOW_MS).reason).toBe(
    'Invalid `db.coupon.findMany()` invocation in /app/worker.cjs:27:15 The column does not exist.',
  );
});

test.each([
  [new RangeError('x'), 'RangeError'],
  [ApplicationFailure.nonRetryable('x', 'AgentFailure'), 'AgentFailure'],
  ['thrown text', 'string'],
])('a failure has a type: %s', (error, type) => {
  expect(describeFailure(error, anInfo(), NOW_MS).type).toBe(type);
});

describe('whether an activity is tried again', () => {
  test.each([
    ['an error, without a limit', new Error('x'), {}, true],
    ['a final failure', ApplicationFailure.nonRetryable('x'), {}, false],
    [
      'a type that the policy calls final',
      new TypeError('x'),
      { retryPolicy: { nonRetryableErrorTypes: ['TypeError'] } },
      false,
    ],
    ['an attempt before the last', new Error('x'), { attempt: 2, retryPolicy: { maximumAttempts: 3 } }, true],
    ['the last attempt', new Error('x'), { attempt: 3, retryPolicy: { maximumAttempts: 3 } }, false],
    ['in time', new Error('x'), { scheduleToCloseTimeoutMs: NOW_MS + 1 }, true],
    ['out of time', new Error('x'), { scheduleToCloseTimeoutMs: NOW_MS }, false],
  ])('%s', (_what, error, info, expected) => {
    expect(describeFailure(error, anInfo(info), NOW_MS).willRetry).toBe(expected);
  });
});
