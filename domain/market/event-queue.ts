// The order in which messages are delivered: by time, and among equal times in the order in which they were put in.
// Two queues do the same. The calendar queue is the fast one (R. Brown, Communications of the ACM 31(10), 1988): a ring of
// buckets, each a short stretch of time with a sorted list. The binary heap is short enough to be seen to be right, and
// stands behind it in the tests.
import type { MessagePool } from './message.ts';

export type EventQueue = {
  readonly size: number;
  /** Puts a row of the pool in, at its time. */
  push(row: number): void;
  /** Takes the first one out; 0 when there is none. */
  pop(): number;
  /** Puts the one that was taken out last back to the front. */
  putBack(row: number): void;
};

const MIN_BUCKETS = 64;
/** A bucket should hold a few messages that are far apart; those of one burst share one anyway. */
const GAPS_PER_BUCKET = 2;
/** After so many messages the width of a bucket is looked at again. */
const TUNE_EVERY = 1 << 14;

export class CalendarQueue implements EventQueue {
  size = 0;
  private readonly pool: MessagePool;
  private buckets = MIN_BUCKETS;
  private width = 1e6;
  private head = new Int32Array(MIN_BUCKETS);
  private tail = new Int32Array(MIN_BUCKETS);
  /** Where the next message is looked for: bucket and the time at which its stretch ends. */
  private at = 0;
  private ends = 1e6;
  private popped = 0;
  private tunedAt = 0;

  constructor(pool: MessagePool) {
    this.pool = pool;
  }

  push(row: number): void {
    if (this.size === 2 * this.buckets) this.rebuild(2 * this.buckets, this.width);
    this.insert(row);
    this.size += 1;
    // Earlier than all that is looked for: only before the first pop, or at the time of the last one.
    const time = this.pool.time[row]!;
    if (time < this.ends - this.width) this.turnTo(time);
  }

  pop(): number {
    if (this.size === 0) return 0;
    const { time, next } = this.pool;
    for (let tries = 0; tries < this.buckets; tries++) {
      const row = this.head[this.at]!;
      if (row !== 0 && time[row]! < this.ends) {
        this.head[this.at] = next[row]!;
        if (next[row] === 0) this.tail[this.at] = 0;
        this.size -= 1;
        this.popped += 1;
        if (this.popped === TUNE_EVERY) this.tune(time[row]!);
        return row;
      }
      this.at = (this.at + 1) & (this.buckets - 1);
      this.ends += this.width;
    }
    // A whole turn without one: the next is far away.
    this.turnTo(this.earliest());
    return this.pop();
  }

  putBack(row: number): void {
    const { time, next } = this.pool;
    const bucket = Math.floor(time[row]! / this.width) & (this.buckets - 1);
    next[row] = this.head[bucket]!;
    this.head[bucket] = row;
    if (next[row] === 0) this.tail[bucket] = row;
    this.size += 1;
    this.turnTo(time[row]!);
  }

  private insert(row: number): void {
    const { time, next } = this.pool;
    const when = time[row]!;
    const bucket = Math.floor(when / this.width) & (this.buckets - 1);
    const last = this.tail[bucket]!;
    if (last === 0) {
      this.head[bucket] = row;
      this.tail[bucket] = row;
      next[row] = 0;
    } else if (time[last]! <= when) {
      next[last] = row;
      next[row] = 0;
      this.tail[bucket] = row;
    } else {
      // Before the first that is later, and so behind its equals.
      let before = 0;
      let after = this.head[bucket]!;
      while (time[after]! <= when) {
        before = after;
        after = next[after]!;
      }
      next[row] = after;
      if (before === 0) this.head[bucket] = row;
      else next[before] = row;
    }
  }

  private turnTo(time: number): void {
    const stretch = Math.floor(time / this.width);
    this.at = stretch & (this.buckets - 1);
    this.ends = (stretch + 1) * this.width;
  }

  private earliest(): number {
    let earliest = Infinity;
    for (let bucket = 0; bucket < this.buckets; bucket++) {
      const row = this.head[bucket]!;
      if (row !== 0 && this.pool.time[row]! < earliest) earliest = this.pool.time[row]!;
    }
    return earliest;
  }

  /** Fits the buckets to the mean gap between messages. The order of delivery does not depend on it. */
  private tune(now: number): void {
    const gap = (now - this.tunedAt) / this.popped;
    this.popped = 0;
    this.tunedAt = now;
    const width = Math.max(1, Math.round(gap * GAPS_PER_BUCKET));
    if (width > 2 * this.width || 2 * width < this.width) this.rebuild(this.buckets, width);
  }

  private rebuild(buckets: number, width: number): void {
    const { next } = this.pool;
    const now = this.ends - this.width;
    const rows: number[] = [];
    // Each list is in order, and equal times are in one list: their order stays.
    for (let bucket = 0; bucket < this.buckets; bucket++)
      for (let row = this.head[bucket]!; row !== 0; row = next[row]!) rows.push(row);
    this.buckets = buckets;
    this.width = width;
    this.head = new Int32Array(buckets);
    this.tail = new Int32Array(buckets);
    this.turnTo(now);
    for (const row of rows) this.insert(row);
  }
}

export class HeapQueue implements EventQueue {
  private readonly pool: MessagePool;
  private readonly heap: { time: number; sequence: number; row: number }[] = [];
  private pushed = 0;
  private returned = 0;

  constructor(pool: MessagePool) {
    this.pool = pool;
  }

  get size(): number {
    return this.heap.length;
  }

  push(row: number): void {
    this.add(row, this.pushed++);
  }

  putBack(row: number): void {
    this.add(row, -++this.returned);
  }

  private add(row: number, sequence: number): void {
    let at = this.heap.push({ time: this.pool.time[row]!, sequence, row }) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(at, parent)) break;
      this.swap(at, parent);
      at = parent;
    }
  }

  pop(): number {
    const first = this.heap[0];
    if (first === undefined) return 0;
    const last = this.heap.pop()!;
    if (this.heap.length > 0) {
      this.heap[0] = last;
      let at = 0;
      for (;;) {
        let smallest = at;
        for (const child of [2 * at + 1, 2 * at + 2])
          if (child < this.heap.length && this.isBefore(child, smallest)) smallest = child;
        if (smallest === at) break;
        this.swap(at, smallest);
        at = smallest;
      }
    }
    return first.row;
  }

  private isBefore(one: number, other: number): boolean {
    const [a, b] = [this.heap[one]!, this.heap[other]!];
    return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
  }

  private swap(one: number, other: number): void {
    [this.heap[one], this.heap[other]] = [this.heap[other]!, this.heap[one]!];
  }
}
