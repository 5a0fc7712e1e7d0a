const TICK_MS = 250;
const REMEMBERED_MS = 60_000;

/** Notices for how long the main thread was kept from its timers, by a policy that computes or a machine that is busy. */
export class EventLoop {
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #tickedAt: number;
  #blocks: { endedAt: number; ms: number }[] = [];

  /** @param now milliseconds of a clock that nobody sets */
  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#tickedAt = now();
    this.#timer = setInterval(() => this.#note(), TICK_MS).unref();
  }

  /** The longest block that ended within the last milliseconds, or goes on; at most a minute is remembered. */
  longestBlockMs(withinMs: number): number {
    this.#note();
    const since = this.#tickedAt - withinMs;
    return Math.round(Math.max(0, ...this.#blocks.filter((b) => b.endedAt >= since).map((b) => b.ms)));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #note(): void {
    const now = this.#now();
    const late = now - this.#tickedAt - TICK_MS;
    this.#tickedAt = now;
    this.#blocks = this.#blocks.filter(({ endedAt }) => endedAt > now - REMEMBERED_MS);
    // Every timer is a little late.
    if (late > TICK_MS) this.#blocks.push({ endedAt: now, ms: late });
  }
}
