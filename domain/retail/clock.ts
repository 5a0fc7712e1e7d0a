import { HOURS_PER_DAY } from './calendar.ts';

/**
 * Maps real time to simulated time and back (seed 000, "Time Service": 1 hour = 168 hours).
 * The clock is piecewise linear: since its anchor, simulated time runs `timeScale` times as fast as real time.
 * Simulated time is measured in hours since the simulation's start. It only *paces*: what has happened is the
 * number of committed days, and the clock never runs past the end of the day that is being worked on.
 */
export type SimulationClock = {
  readonly anchorRealMs: number;
  readonly anchorHours: number;
  readonly timeScale: TimeScale;
  readonly isPaused: boolean;
};

/** Simulated seconds per real second, or as fast as the machine allows. */
export type TimeScale = number | 'max';

export const MAX_TIME_SCALE = 1_000_000;
const MS_PER_HOUR = 3_600_000;

export function startClock(realMs: number, timeScale: TimeScale): SimulationClock {
  return { anchorRealMs: realMs, anchorHours: 0, timeScale, isPaused: false };
}

/** Simulated hours at a real time. A paused clock stands; at `max` the clock stands between jumps. */
export function simulatedHoursAt(clock: SimulationClock, realMs: number): number {
  if (clock.isPaused || clock.timeScale === 'max') return clock.anchorHours;
  return clock.anchorHours + ((realMs - clock.anchorRealMs) * clock.timeScale) / MS_PER_HOUR;
}

/** Real time at which a clock shows `hours`; null when it never will: paused, or at `max`. */
export function realMsAt(clock: SimulationClock, hours: number): number | null {
  if (clock.isPaused || clock.timeScale === 'max') return null;
  return clock.anchorRealMs + ((hours - clock.anchorHours) * MS_PER_HOUR) / clock.timeScale;
}

/** The same instant with another anchor: what every change of pace starts from. */
export function reanchor(clock: SimulationClock, realMs: number, limitHours: number): SimulationClock {
  return {
    ...clock,
    anchorRealMs: realMs,
    anchorHours: Math.min(simulatedHoursAt(clock, realMs), limitHours),
  };
}

/** The clock standing at `hours` now. */
export function jumpTo(clock: SimulationClock, realMs: number, hours: number): SimulationClock {
  return { ...clock, anchorRealMs: realMs, anchorHours: hours };
}

/** Hours at which day number `day` (from 0) ends: its 24:00 barrier. */
export function barrierHours(day: number): number {
  return (day + 1) * HOURS_PER_DAY;
}

/** Reads a time scale: a number above 0 and at most `MAX_TIME_SCALE`, or `max`. Null when it is neither. */
export function parseTimeScale(value: unknown): TimeScale | null {
  if (value === 'max') return 'max';
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && number > 0 && number <= MAX_TIME_SCALE ? number : null;
}
