/**
 * Simulated dates as `YYYY-MM-DD` strings and simulated instants as hours since the start of a simulation.
 * One zone (UTC), no daylight saving; every interval is half-open.
 */

const DAY_MS = 86_400_000;
export const HOURS_PER_DAY = 24;

/** True for a real calendar date between 1970-01-01 and 2199-12-31. */
export function isSimulatedDate(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const time = Date.parse(`${value}T00:00:00Z`);
  return Number.isFinite(time) && formatDate(time) === value && time >= 0 && time < Date.UTC(2200, 0, 1);
}

/** `date` plus a whole number of days. */
export function addDays(date: string, days: number): string {
  return formatDate(toMs(date) + days * DAY_MS);
}

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((toMs(to) - toMs(from)) / DAY_MS);
}

/** 0 = Sunday … 6 = Saturday. */
export function dayOfWeek(date: string): number {
  return new Date(toMs(date)).getUTCDay();
}

/** Week of the year, 1 to 53: the first seven days of January are week 1, whatever weekday they start on. */
export function weekOfYear(date: string): number {
  const newYear = `${date.slice(0, 4)}-01-01`;
  return Math.floor(daysBetween(newYear, date) / 7) + 1;
}

/** Milliseconds since 1970 of 00:00 of a date. */
export function toMs(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

/** `2026-01-05` and 30.5 → `2026-01-06T06:30:00.000Z`. */
export function instantAt(startDate: string, hours: number): string {
  return new Date(toMs(startDate) + Math.round(hours * 3_600_000)).toISOString();
}

function formatDate(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
