import { addDays } from './calendar.ts';

/**
 * Offer cycles tile simulated time: cycle n (from 1) is the half-open window of `cycleDays` days that starts
 * (n - 1) * cycleDays days after the simulation (seed 000, "7-day offer cycles").
 */

/** The cycle that day number `day` (from 0) lies in. */
export function cycleNumberOf(day: number, cycleDays: number): number {
  return Math.floor(day / cycleDays) + 1;
}

/** True when a cycle begins with day number `day`. */
export function isCycleStart(day: number, cycleDays: number): boolean {
  return day % cycleDays === 0;
}

/** How many cycles a simulation of `days` days opens: 42 days of 7 make 6. */
export function cyclesIn(days: number, cycleDays: number): number {
  return Math.ceil(days / cycleDays);
}

/** First day inside and first day after the cycle. */
export function cycleWindow(
  startDate: string,
  cycleNumber: number,
  cycleDays: number,
): { start: string; end: string } {
  return {
    start: addDays(startDate, (cycleNumber - 1) * cycleDays),
    end: addDays(startDate, cycleNumber * cycleDays),
  };
}
