import { RandomKey } from '../random.ts';
import { CalendarQueue } from './event-queue.ts';
import { EXCHANGE, Kernel } from './kernel.ts';
import type { Participant } from './kernel.ts';
import { DISCONNECTED, Latency } from './latency.ts';
import * as message from './message.ts';

const TRADERS = 3;

type Seen = { readonly to: number; readonly at: number; readonly type: number; readonly a: number };

/** A kernel with an exchange and two traders, 1,000 ns apart, that write down what they are given. */
function aKernel({ computationDelayNs = 50, exchangeDelayNs = 0 } = {}) {
  const named = ['exchange', 'one', 'two'].map((name) => ({ name, type: 'test' }));
  const latency = new Latency({ type: 'none' }, named, RandomKey.of('kernel'));
  for (const trader of [1, 2]) latency.set(trader, 1000);
  const kernel = new Kernel({
    queue: (pool) => new CalendarQueue(pool),
    participants: TRADERS,
    latency,
    computationDelayNs,
    exchangeDelayNs,
  });
  const seen: Seen[] = [];
  const handler: Participant = {
    wake: (to, a) => void seen.push({ to, at: kernel.now, type: message.WAKE_UP, a }),
    receive: (to, row) =>
      void seen.push({ to, at: kernel.now, type: kernel.pool.type[row]!, a: kernel.pool.a[row]! }),
  };
  const on = (trader: number, own: Partial<Participant>): void =>
    kernel.register(trader, 1, { ...handler, ...own });
  kernel.register(0, TRADERS, handler);
  return { kernel, latency, seen, on, handler };
}

test('a wake-up comes when it was asked for, with what it was asked for', () => {
  const { kernel, seen } = aKernel();

  kernel.wakeAt(1, 500, 7);
  kernel.run(1e9);

  expect(seen).toEqual([{ to: 1, at: 500, type: message.WAKE_UP, a: 7 }]);
});

test('a wake-up in the past is refused with both times', () => {
  const { kernel, on } = aKernel();
  on(1, { wake: () => kernel.wakeAt(1, 499) });
  kernel.wakeAt(1, 500);

  expect(() => kernel.run(1e9)).toThrow('a wake-up at 499 ns, which is before 500 ns');
});

test('a request leaves when its sender has finished thinking, and arrives after the latency', () => {
  const { kernel, seen, on } = aKernel();
  on(1, { wake: () => kernel.request(1, message.QUERY_HOURS, 0) });
  kernel.wakeAt(1, 500);

  kernel.run(1e9);

  expect(seen).toEqual([{ to: EXCHANGE, at: 500 + 50 + 1000, type: message.QUERY_HOURS, a: 0 }]);
});

test('a delay holds up what is sent after it, and keeps the sender busy', () => {
  const { kernel, seen, on } = aKernel();
  on(1, {
    wake(to, what) {
      if (what === 1) return void seen.push({ to, at: kernel.now, type: message.WAKE_UP, a: what });
      kernel.request(1, message.CANCEL_ORDER, 1);
      kernel.delay(200);
      kernel.request(1, message.CANCEL_ORDER, 2);
    },
  });
  kernel.wakeAt(1, 0, 0);
  kernel.wakeAt(1, 10, 1);

  kernel.run(1e9);

  expect(seen.map(({ to, at, a }) => [to, at, a])).toEqual([
    [1, 250, 1],
    [EXCHANGE, 1050, 1],
    [EXCHANGE, 1250, 2],
  ]);
});

test('messages that come while a trader is busy wait, and are worked on one after the other in the order of their arrival', () => {
  const { kernel, seen } = aKernel();
  for (const what of [1, 2, 3]) kernel.wakeAt(1, 100, what);
  kernel.wakeAt(1, 120, 4);
  kernel.wakeAt(2, 100, 5);

  kernel.run(1e9);

  expect(seen.map(({ to, at, a }) => [to, at, a])).toEqual([
    [1, 100, 1],
    [2, 100, 5],
    [1, 150, 2],
    [1, 200, 3],
    [1, 250, 4],
  ]);
});

test('what waits is counted as a kernel counts that puts it back each time', () => {
  const { kernel } = aKernel();
  for (const what of [1, 2, 3]) kernel.wakeAt(1, 100, what);

  kernel.run(1e9);

  // Three are taken at 100, of which two are put back; two at 150, of which one is put back; one at 200.
  expect([kernel.delivered, kernel.delivered + kernel.deferrals]).toEqual([3, 3 + 2 + 1]);
});

test('what comes when another one stops waiting is counted once, and works after all that came before', () => {
  const { kernel, seen } = aKernel();
  // Put in before those that wait, and so taken out before them.
  kernel.wakeAt(1, 150, 4);
  for (const what of [1, 2, 3]) kernel.wakeAt(1, 100, what);

  kernel.run(1e9);

  expect(seen.map(({ at, a }) => [at, a])).toEqual([
    [100, 1],
    [150, 2],
    [200, 3],
    [250, 4],
  ]);
  // Three are taken at 100, of which two are put back; three at 150, two at 200, one at 250.
  expect(kernel.delivered + kernel.deferrals).toBe(3 + 3 + 2 + 1);
});

test('a participant without computation delay works on all that comes at one instant', () => {
  const { kernel, seen } = aKernel({ computationDelayNs: 0 });
  for (const what of [1, 2]) kernel.wakeAt(1, 100, what);

  kernel.run(1e9);

  expect(seen.map(({ at }) => at)).toEqual([100, 100]);
  expect(kernel.deferrals).toBe(0);
});

test('what waited for a participant without computation delay is put back only until it is free', () => {
  const { kernel, on, seen, handler } = aKernel({ computationDelayNs: 0 });
  on(1, {
    wake(to, what) {
      handler.wake(to, what);
      if (what === 1) kernel.delay(50);
    },
  });
  for (const what of [1, 2, 3]) kernel.wakeAt(1, 100, what);

  kernel.run(1e9);

  expect(seen.map(({ at }) => at)).toEqual([100, 150, 150]);
  expect(kernel.deferrals).toBe(2);
});

test('nobody hears of what a disconnected trader sends, nor it of anything', () => {
  const { kernel, latency, seen, on } = aKernel();
  latency.set(1, DISCONNECTED);
  on(1, { wake: () => kernel.request(1, message.QUERY_HOURS, 0) });
  on(EXCHANGE, { wake: () => kernel.answer(1, 0, message.HOURS, 0, 0, 0, 0, 0, 0) });
  kernel.wakeAt(1, 0);
  kernel.wakeAt(EXCHANGE, 0);

  kernel.run(1e9);

  expect(seen).toEqual([]);
});

test('a run in steps delivers what a run at once delivers', () => {
  const steps = aKernel();
  const once = aKernel();
  for (const { kernel } of [steps, once]) for (const at of [10, 10, 20, 30, 30, 40]) kernel.wakeAt(1, at, at);

  once.kernel.run(1e9);
  for (const until of [0, 10, 15, 29, 30, 1e9]) steps.kernel.run(until);

  expect(steps.seen).toEqual(once.seen);
  expect(once.seen).toHaveLength(6);
});
