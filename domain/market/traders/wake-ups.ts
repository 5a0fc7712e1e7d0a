import type { Activity } from '../activity.ts';
import { WAKE_INTERVAL } from '../draws.ts';
import type { Draws } from '../draws.ts';
import type { Kernel } from '../kernel.ts';
import { NS_PER_SECOND } from '../session-time.ts';
import type { TraderContext } from './trader-group.ts';

/** When the traders of a group wake up, and how often each has: what they draw is keyed by that number. */
export class WakeUps {
  private readonly kernel: Kernel;
  private readonly draws: Draws;
  private readonly first: number;
  private readonly closeNs: number;
  private readonly activity: Activity | null;
  private readonly counts: Int32Array;

  /** @param draws of the group */
  constructor({ kernel, first, keys, closeNs, activity }: TraderContext, draws: Draws) {
    this.kernel = kernel;
    this.draws = draws;
    this.first = first;
    this.closeNs = closeNs;
    this.activity = activity;
    this.counts = new Int32Array(keys.length);
  }

  /** The number of the last wake-up of a trader of the group, from 1; 0 before the first. */
  count(i: number): number {
    return this.counts[i]!;
  }

  wokeUp(i: number): void {
    this.counts[i]! += 1;
  }

  /** Wakes it at a time, unless the market is closed then. */
  at(i: number, timeNs: number): void {
    if (timeNs <= this.closeNs) this.kernel.wakeAt(this.first + i, timeNs);
  }

  /** Wakes it after an exponential time, by the market's clock where it has one. */
  later(i: number, fromNs: number, meanSeconds: number): void {
    const mean = meanSeconds * NS_PER_SECOND;
    const wait = Math.round(mean * this.draws.exponential(i, WAKE_INTERVAL, this.counts[i]!));
    this.at(i, this.activity === null ? fromNs + wait : this.activity.after(fromNs, wait));
  }
}
