// The discrete-event loop: takes the next message, gives it to whoever it is for, and lets time jump there. Whoever works
// on a message is busy for its computation delay; what comes meanwhile waits until then.
import type { EventQueue } from './event-queue.ts';
import type { Latency } from './latency.ts';
import { ORDER_ANSWERS, OTHER_ANSWERS, REQUESTS } from './latency.ts';
import { MessagePool, RESUME, WAKE_UP, isAnswerAboutOrder } from './message.ts';

/** Participant 0 is the exchange; each other one is a trader, and speaks with the exchange only. */
export const EXCHANGE = 0;

export type Participant = {
  /** A wake-up that it asked for. @param what as it said when it asked */
  wake(participant: number, what: number): void;
  /** A message, by its row in the pool, which is valid until this returns. */
  receive(participant: number, row: number): void;
};

/** Is told what traders do, as they do it. */
export type ParticipantLog = {
  /** A message that a trader sends or is given, by its row in the pool. */
  onMessage(nowNs: number, trader: number, pool: MessagePool, row: number): void;
};

export type KernelOptions = {
  /** Makes the queue on the kernel's pool. */
  readonly queue: (pool: MessagePool) => EventQueue;
  readonly participants: number;
  readonly latency: Latency;
  readonly log?: ParticipantLog | null;
  /** Nanoseconds that a participant is busy with one message. */
  readonly computationDelayNs: number;
  readonly exchangeDelayNs: number;
};

export class Kernel {
  readonly pool = new MessagePool();
  /** Nanoseconds since midnight. */
  now = 0;
  /** Messages given to a participant, wake-ups included. */
  delivered = 0;
  /**
   * How often a message would have been put back, in a kernel that puts what comes too early back into its queue. With
   * `delivered` it makes up what ABIDES counts as messages.
   */
  deferrals = 0;

  private readonly queue: EventQueue;
  private readonly latency: Latency;
  private readonly log: ParticipantLog | null;
  private readonly handlers: Participant[];
  private readonly busyUntil: Float64Array;
  private readonly computation: Float64Array;
  // What waits for a busy participant, linked in the pool.
  private readonly waiting: Int32Array;
  private readonly firstWaiting: Int32Array;
  private readonly lastWaiting: Int32Array;
  private extra = 0;
  private orders = 0;

  constructor({ queue, participants, latency, log = null, ...delays }: KernelOptions) {
    this.queue = queue(this.pool);
    this.latency = latency;
    this.log = log;
    this.handlers = [];
    this.busyUntil = new Float64Array(participants);
    this.computation = new Float64Array(participants).fill(delays.computationDelayNs);
    this.computation[EXCHANGE] = delays.exchangeDelayNs;
    this.waiting = new Int32Array(participants);
    this.firstWaiting = new Int32Array(participants);
    this.lastWaiting = new Int32Array(participants);
  }

  /** Says who works for the participants from `first` on. Must be called for all before `run`. */
  register(first: number, count: number, handler: Participant): void {
    for (let participant = first; participant < first + count; participant++)
      this.handlers[participant] = handler;
  }

  /** Delivers all that comes until a time, which must be finite; can be called again for a later one. */
  run(untilNs: number): void {
    const { pool, queue, busyUntil, waiting } = this;
    for (;;) {
      const row = queue.pop();
      const time = pool.time[row]!;
      if (row === 0 || time > untilNs) {
        if (row !== 0) queue.putBack(row);
        this.now = Math.max(this.now, untilNs);
        return;
      }
      this.now = time;
      const to = pool.to[row]!;
      if (pool.type[row] === RESUME) {
        pool.release(row);
        this.deliver(to, this.nextWaiting(to));
        if (waiting[to]! > 0) {
          // A kernel that puts what has to wait back into its queue takes each of them out again now.
          if (busyUntil[to]! > time) this.deferrals += waiting[to]!;
          this.resumeLater(to);
        }
      } else if (waiting[to]! > 0 || busyUntil[to]! > time) this.wait(to, row);
      else this.deliver(to, row);
    }
  }

  private deliver(to: number, row: number): void {
    const { pool, now, busyUntil } = this;
    this.delivered += 1;
    this.extra = 0;
    const handler = this.handlers[to]!;
    if (this.log !== null && to !== EXCHANGE) this.log.onMessage(now, to, pool, row);
    if (pool.type[row] === WAKE_UP) {
      handler.wake(to, pool.a[row]!);
      busyUntil[to] = now + this.computation[to]! + this.extra;
    } else {
      busyUntil[to] = now + this.computation[to]!;
      handler.receive(to, row);
    }
    pool.release(row);
  }

  /** Behind all that waits for the same participant. */
  private wait(to: number, row: number): void {
    const { next } = this.pool;
    next[row] = 0;
    if (this.waiting[to] === 0) {
      this.firstWaiting[to] = row;
      this.resumeLater(to);
    } else next[this.lastWaiting[to]!] = row;
    this.lastWaiting[to] = row;
    this.waiting[to]! += 1;
    // What comes at the instant at which the others are looked at again is counted with them.
    if (this.busyUntil[to]! > this.now) this.deferrals += 1;
  }

  private nextWaiting(to: number): number {
    const row = this.firstWaiting[to]!;
    this.firstWaiting[to] = this.pool.next[row]!;
    this.waiting[to]! -= 1;
    return row;
  }

  private resumeLater(to: number): void {
    this.put(Math.max(this.now, this.busyUntil[to]!), RESUME, to);
  }

  /** @returns a new row in the queue, whose other columns are still to be filled */
  private put(timeNs: number, type: number, to: number): number {
    const { pool } = this;
    const row = pool.take();
    pool.time[row] = timeNs;
    pool.type[row] = type;
    pool.to[row] = to;
    this.queue.push(row);
    return row;
  }

  /** A number for a new order. */
  newOrder(): number {
    return this.orders++;
  }

  /** Lets all that the participant at work sends from now on leave later; at a wake-up it is busy for as long, too. */
  delay(nanoseconds: number): void {
    this.extra += nanoseconds;
  }

  /** Wakes a participant later. @throws RangeError for a time that has passed */
  wakeAt(participant: number, timeNs: number, what = 0): void {
    if (!(timeNs >= this.now))
      throw new RangeError(`a wake-up at ${timeNs} ns, which is before ${this.now} ns`);
    this.pool.a[this.put(timeNs, WAKE_UP, participant)] = what;
  }

  /** From a trader to the exchange. The columns mean what message.ts says of the type. */
  request(from: number, type: number, a: number, b = 0, c = 0, d = 0, e = 0, f = 0): void {
    const time = this.latency.arrival(from, REQUESTS, this.now + this.computation[from]! + this.extra);
    if (time < 0) return;
    const row = this.send(from, time, EXCHANGE, type, a, b, c, d, e, f);
    if (this.log !== null) this.log.onMessage(this.now, from, this.pool, row);
  }

  /** From the exchange to a trader. @param delay on top of its computation delay @param rows of market data */
  answer(
    to: number,
    delay: number,
    type: number,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
    rows: Int32Array | null = null,
  ): void {
    const way = isAnswerAboutOrder(type) ? ORDER_ANSWERS : OTHER_ANSWERS;
    const time = this.latency.arrival(to, way, this.now + this.computation[EXCHANGE]! + delay);
    if (time < 0) return;
    const row = this.send(EXCHANGE, time, to, type, a, b, c, d, e, f);
    if (rows !== null) this.pool.attach(row, rows);
  }

  private send(
    from: number,
    time: number,
    to: number,
    type: number,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
  ): number {
    const row = this.put(time, type, to);
    const { pool } = this;
    pool.from[row] = from;
    pool.a[row] = a;
    pool.b[row] = b;
    pool.c[row] = c;
    pool.d[row] = d;
    pool.e[row] = e;
    pool.f[row] = f;
    return row;
  }
}
