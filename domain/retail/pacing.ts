import { HOURS_PER_DAY } from './calendar.ts';
import { barrierHours, jumpTo, realMsAt, reanchor, simulatedHoursAt } from './clock.ts';
import type { SimulationClock, TimeScale } from './clock.ts';

/**
 * The simulation's clock together with what has been committed and where an advance is bringing it: everything that
 * says when the next day may be worked on, and nothing that says what happens in it.
 */
export type Pacing = {
  readonly clock: SimulationClock;
  readonly committedDays: number;
  /** Target of an advance in hours; days before it run at full speed, also while paused. */
  readonly advancingToHours: number | null;
  readonly lagMs: number;
  readonly catchUp: 'freeze' | 'catch_up';
};

/** A clock that is behind by more than this has been down; one that is behind by less catches up. */
export const DOWNTIME_TOLERANCE_MS = 60_000;

/** @param committedDays more than 0 for a simulation that is taken up again where it had ended */
export function startPacing(clock: SimulationClock, catchUp: Pacing['catchUp'], committedDays = 0): Pacing {
  const at = jumpTo(clock, clock.anchorRealMs, committedDays * HOURS_PER_DAY);
  return { clock: at, committedDays, advancingToHours: null, lagMs: 0, catchUp };
}

/** Milliseconds until the next day may be worked on: 0 = now, null = not before a message comes. */
export function waitMs(pacing: Pacing, realMs: number): number | null {
  const barrier = barrierHours(pacing.committedDays);
  if (pacing.advancingToHours !== null && pacing.advancingToHours >= barrier) return 0;
  if (pacing.clock.isPaused) return null;
  if (pacing.clock.timeScale === 'max') return 0;
  return Math.max(0, Math.ceil(realMsAt(pacing.clock, barrier)! - realMs));
}

/** Simulated hours to show: the clock, held at the barrier of the day that is not committed yet. */
export function shownHours(pacing: Pacing, realMs: number): number {
  const hours = simulatedHoursAt(pacing.clock, realMs);
  return Math.max(pacing.committedDays * HOURS_PER_DAY, Math.min(hours, barrierHours(pacing.committedDays)));
}

export function pause(pacing: Pacing, realMs: number): Pacing {
  if (pacing.clock.isPaused) return pacing;
  return { ...pacing, clock: { ...settle(pacing, realMs), isPaused: true } };
}

export function resume(pacing: Pacing, realMs: number): Pacing {
  if (!pacing.clock.isPaused) return pacing;
  return { ...pacing, clock: { ...pacing.clock, anchorRealMs: realMs, isPaused: false } };
}

export function setTimeScale(pacing: Pacing, realMs: number, timeScale: TimeScale): Pacing {
  return { ...pacing, clock: { ...settle(pacing, realMs), timeScale } };
}

/** Where an advance counts from: the clock, or the target of an advance that is still under way. */
export function advanceFromHours(pacing: Pacing, realMs: number): number {
  return Math.max(shownHours(pacing, realMs), pacing.advancingToHours ?? 0);
}

/** Heads for an absolute target. A target inside the current day is reached at once. */
export function advanceTo(pacing: Pacing, realMs: number, targetHours: number): Pacing {
  const clock = settle(pacing, realMs);
  const target = Math.max(targetHours, pacing.advancingToHours ?? 0);
  if (target < barrierHours(pacing.committedDays))
    return {
      ...pacing,
      clock: jumpTo(clock, realMs, Math.max(target, clock.anchorHours)),
      advancingToHours: null,
    };
  return { ...pacing, clock, advancingToHours: target };
}

/**
 * The day's work is done: simulated time is at its barrier, at the target of an advance that ends before the next
 * one, or past both. A clock that fell behind by more than the tolerance goes on from there (`freeze`), or keeps its
 * anchor and so hurries through what it owes (`catch_up`).
 */
export function commit(pacing: Pacing, realMs: number): Pacing {
  const { clock, advancingToHours, catchUp } = pacing;
  const barrier = barrierHours(pacing.committedDays);
  const committedDays = pacing.committedDays + 1;
  const isReached = advancingToHours !== null && advancingToHours < barrierHours(committedDays);
  const least = isReached ? Math.max(barrier, advancingToHours) : barrier;
  const due = advancingToHours === null ? realMsAt(clock, barrier) : null;
  const late = due === null ? 0 : Math.max(0, realMs - due);
  // A clock that was at `max` when the day began and has a scale now may not have come to the barrier by itself.
  const isPast = simulatedHoursAt(clock, realMs) >= least;
  const isKept = isPast && (catchUp === 'catch_up' || (due !== null && late <= DOWNTIME_TOLERANCE_MS));
  return {
    ...pacing,
    committedDays,
    clock: isKept ? clock : jumpTo(clock, realMs, least),
    advancingToHours: isReached ? null : advancingToHours,
    lagMs: pacing.lagMs + late,
  };
}

/** The clock anchored at now; one that freezes does not run past the barrier while the day is worked on. */
function settle(pacing: Pacing, realMs: number): SimulationClock {
  return reanchor(
    pacing.clock,
    realMs,
    pacing.catchUp === 'freeze' ? barrierHours(pacing.committedDays) : Infinity,
  );
}
