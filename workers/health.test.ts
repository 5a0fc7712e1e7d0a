import { patiently, reasonAgainst } from './health.ts';

const GOOD = { isOk: true, ms: 1 };
const BAD = { isOk: false, ms: 2_000 };

test.each([
  ['all is well', 'RUNNING', GOOD, 0, null],
  ['a short block', 'RUNNING', GOOD, 5_000, null],
  ['a long block', 'RUNNING', GOOD, 7_400, 'the main thread was blocked for 7 s'],
  ['no database', 'RUNNING', BAD, 0, 'the database does not answer within 2 s'],
  ['not begun', 'INITIALIZED', GOOD, 0, 'the worker is initialized'],
  ['ending', 'DRAINING', GOOD, 0, 'the worker is draining'],
  ['failed', 'FAILED', GOOD, 0, 'the worker is failed'],
])('%s', (_what, state, database, longestBlockMs, reason) => {
  expect(reasonAgainst(state, database, longestBlockMs)).toBe(reason);
});

test('while an answer is still to come nobody asks again', async () => {
  let answer: () => void = () => undefined;
  const ask = jest.fn(() => new Promise<void>((resolve) => (answer = resolve)));
  const asking = patiently(ask);

  const both = [asking(), asking()];
  answer();
  await Promise.all(both);
  const third = asking();
  answer();
  await third;

  expect(ask).toHaveBeenCalledTimes(2);
});

test('an answer that is an error is none', async () => {
  expect(await patiently(() => Promise.reject(new Error('away')))()).toMatchObject({ isOk: false });
});
