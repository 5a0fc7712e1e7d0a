import { RandomKey } from '../random.ts';
import { CalendarQueue, HeapQueue } from './event-queue.ts';
import type { EventQueue } from './event-queue.ts';
import { MessagePool } from './message.ts';

const QUEUES = { 'the calendar queue': CalendarQueue, 'the heap': HeapQueue };

/** Puts messages in at these times, numbered in column a. */
function put(queue: EventQueue, pool: MessagePool, times: readonly number[]): void {
  times.forEach((time, number) => {
    const row = pool.take();
    pool.time[row] = time;
    pool.a[row] = number;
    queue.push(row);
  });
}

function takeAll(queue: EventQueue, pool: MessagePool): number[] {
  const numbers: number[] = [];
  for (let row = queue.pop(); row !== 0; row = queue.pop()) numbers.push(pool.a[row]!);
  return numbers;
}

describe.each(Object.entries(QUEUES))('%s', (_, Queue) => {
  test('delivers by time, and equal times in the order in which they came', () => {
    const pool = new MessagePool();
    const queue = new Queue(pool);

    put(queue, pool, [5, 3, 5, 1, 3, 5]);

    expect(takeAll(queue, pool)).toEqual([3, 1, 4, 0, 2, 5]);
  });

  test('finds messages that are hours apart, and then some that are earlier than the last one waiting', () => {
    const pool = new MessagePool();
    const queue = new Queue(pool);
    put(queue, pool, [8.64e13, 0, 3.6e12]);
    const first = queue.pop();
    const second = queue.pop();

    put(queue, pool, [3.6e12, 7.2e12]);

    expect([pool.a[first], pool.a[second]]).toEqual([1, 2]);
    expect(takeAll(queue, pool)).toEqual([0, 1, 0]);
  });

  test('puts one back to the front of its equals', () => {
    const pool = new MessagePool();
    const queue = new Queue(pool);
    put(queue, pool, [7, 7, 7]);

    queue.putBack(queue.pop());

    expect(takeAll(queue, pool)).toEqual([0, 1, 2]);
    expect(queue.size).toBe(0);
  });

  test('holds nothing at first', () => {
    expect(new Queue(new MessagePool()).pop()).toBe(0);
  });
});

describe('both queues give the same order', () => {
  const gaps = {
    'steady arrivals': (key: RandomKey) => Math.round(1e7 * key.exponential()),
    'bursts at one instant': (key: RandomKey) =>
      key.at('burst').uniform() < 0.8 ? 0 : Math.round(1e9 * key.exponential()),
    'gaps from nanoseconds to hours': (key: RandomKey) => Math.round(10 ** (12 * key.uniform())),
    'fifty nanoseconds, again and again': (key: RandomKey) => 50 * Math.floor(3 * key.uniform()),
  };

  test.each(Object.entries(gaps))('for %s', (name, gap) => {
    const root = RandomKey.of('queue').at(name);
    const orders = [CalendarQueue, HeapQueue].map((Queue) => hold(Queue, root, gap));

    expect(orders[0]).toEqual(orders[1]);
    expect(orders[0]!.length).toBeGreaterThan(60_000);
  });
});

/** The hold model: take one, put one or two in some time later; grow to 3,000 at first and drain at the end. */
function hold(
  Queue: new (pool: MessagePool) => EventQueue,
  root: RandomKey,
  gap: (key: RandomKey) => number,
): number[] {
  const pool = new MessagePool();
  const queue = new Queue(pool);
  const order: number[] = [];
  let number = 0;
  const push = (time: number): void => {
    const row = pool.take();
    pool.time[row] = time;
    pool.a[row] = number;
    queue.push(row);
    number += 1;
  };
  push(0);
  for (let row = queue.pop(); row !== 0; row = queue.pop()) {
    order.push(pool.a[row]!);
    const now = pool.time[row]!;
    pool.release(row);
    const children = number > 60_000 ? 0 : queue.size < 3_000 ? 2 : 1;
    for (let child = 0; child < children; child++) push(now + gap(root.at(number)));
  }
  return order;
}
