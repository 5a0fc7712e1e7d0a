// How fast the market's clock runs. News and traders come by the same clock, so that busy minutes are volatile ones and calm
// minutes are both: the mixture of distributions (P. K. Clark, Econometrica 41, 1973; Tauchen and Pitts, Econometrica 51, 1983).
// Its rate has the U of a day, and bursts that fade. It is a path on a grid, drawn from its key alone.
import { z } from 'zod';
import { exp, normalQuantile } from '../math.ts';
import type { RandomKey } from '../random.ts';
import { NS_PER_SECOND } from './session-time.ts';

export const ActivityConfig = z.strictObject({
  /** Rate at the open and at the close ÷ rate in the middle of the session; in between it is a parabola. 1: even. */
  edge: z.number().min(1).max(50).default(1),
  /** The rate's logarithm wanders by the sum of these: standard deviation, and after how many minutes half of a deviation is left. */
  bursts: z
    .array(
      z.strictObject({
        deviation: z.number().min(0).max(2),
        halfLifeMinutes: z.number().min(0.1).max(10_000),
      }),
    )
    .max(5)
    .default([]),
});
export type ActivityConfig = z.infer<typeof ActivityConfig>;

const STEP_NS = NS_PER_SECOND;

export class Activity {
  private readonly openNs: number;
  /** Market time, in nanoseconds, that has passed at each point of the grid. */
  private readonly passed: Float64Array;

  /** @param passed at the open and after each second, never falling */
  constructor(openNs: number, passed: Float64Array) {
    this.openNs = openNs;
    this.passed = passed;
  }

  /** Market time since the open, in nanoseconds; outside of the session it stands still. */
  passedAt(timeNs: number): number {
    const at = (timeNs - this.openNs) / STEP_NS;
    if (at <= 0) return 0;
    const last = this.passed.length - 1;
    if (at >= last) return this.passed[last]!;
    const below = Math.floor(at);
    return this.passed[below]! + (at - below) * (this.passed[below + 1]! - this.passed[below]!);
  }

  /** When so much market time will have passed after a time; Infinity when that is not before the close. */
  after(timeNs: number, marketNs: number): number {
    const { passed } = this;
    const target = this.passedAt(timeNs) + marketNs;
    if (target >= passed.at(-1)!) return Infinity;
    let low = Math.max(0, Math.floor((timeNs - this.openNs) / STEP_NS));
    let high = passed.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (passed[middle]! <= target) low = middle;
      else high = middle;
    }
    const share = (target - passed[low]!) / (passed[high]! - passed[low]!);
    return Math.max(timeNs, Math.ceil(this.openNs + (low + share) * STEP_NS));
  }
}

/** Its mean rate over many days is 1. @param key of the path alone */
export function createActivity(
  { edge, bursts }: ActivityConfig,
  key: RandomKey,
  openNs: number,
  closeNs: number,
): Activity {
  const steps = Math.ceil((closeNs - openNs) / STEP_NS);
  const logs = new Float64Array(steps);
  for (const [n, { deviation, halfLifeMinutes }] of bursts.entries())
    addWandering(logs, deviation, halfLifeMinutes * 60, key.at('burst', n));
  const middle = 1 / (1 + (edge - 1) / 3);
  const passed = new Float64Array(steps + 1);
  for (let i = 0; i < steps; i++) {
    const off = (2 * (i + 0.5)) / steps - 1;
    const rate = middle * (1 + (edge - 1) * off * off) * exp(logs[i]!);
    passed[i + 1] = passed[i]! + rate * STEP_NS;
  }
  return new Activity(openNs, passed);
}

/** Adds an Ornstein–Uhlenbeck path that begins in its stationary state, less what makes the mean of its exponential 1. */
function addWandering(logs: Float64Array, deviation: number, halfLifeSteps: number, key: RandomKey): void {
  const decay = exp(-Math.LN2 / halfLifeSteps);
  const shock = deviation * Math.sqrt(1 - decay * decay);
  const half = (deviation * deviation) / 2;
  let value = deviation * normalQuantile(key.uniformAt(0));
  for (let i = 0; i < logs.length; i++) {
    if (i > 0) value = decay * value + shock * normalQuantile(key.uniformAt(i));
    logs[i]! += value - half;
  }
}
