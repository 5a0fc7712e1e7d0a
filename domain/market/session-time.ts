// Times of a trading day: text in configurations, integer nanoseconds since midnight everywhere else.
import { z } from 'zod';

export const NS_PER_SECOND = 1e9;
export const NS_PER_MINUTE = 60 * NS_PER_SECOND;
export const NS_PER_DAY = 86_400 * NS_PER_SECOND;

const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?$/;

/** `09:30`, `09:30:15` or `09:30:15.000000001`. */
export const ClockTime = z.string().regex(CLOCK, {
  error: 'must be a time of day, such as 09:30 or 09:30:15.250',
  // Checks of the whole rely on it.
  abort: true,
});

/** @param time that `ClockTime` accepts */
export function parseClockTime(time: string): number {
  const [, hours, minutes, seconds = '0', fraction = ''] = CLOCK.exec(time)!;
  const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return whole * NS_PER_SECOND + Number(fraction.padEnd(9, '0'));
}

/** `09:30:15.250000000`, without the fraction when it is 0. */
export function formatClockTime(ns: number): string {
  const whole = Math.floor(ns / NS_PER_SECOND);
  const fraction = ns - whole * NS_PER_SECOND;
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(9, '0')}`;
}
