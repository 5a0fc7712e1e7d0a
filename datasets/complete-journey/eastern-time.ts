// The panel's times are written as UTC, which puts its busiest hour at 22:00; in the shops' own time it is 17:00.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CLOCK = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York',
  hourCycle: 'h23',
  day: 'numeric',
  hour: 'numeric',
});
/** By UTC hour: asking the calendar for each of a million lines would take a minute. */
const offsets = new Map<number, number>();

/** Day since 1970 and hour of the day in US Eastern time. */
export function toEasternTime(utc: Date): { day: number; hour: number } {
  const utcHour = Math.floor(utc.getTime() / HOUR_MS);
  let offset = offsets.get(utcHour);
  if (offset === undefined) offsets.set(utcHour, (offset = easternOffsetHours(utcHour)));
  const localMs = utc.getTime() + offset * HOUR_MS;
  const day = Math.floor(localMs / DAY_MS);
  return { day, hour: Math.floor((localMs - day * DAY_MS) / HOUR_MS) };
}

/** −5 in winter, −4 in summer. */
function easternOffsetHours(utcHour: number): number {
  const parts = CLOCK.formatToParts(new Date(utcHour * HOUR_MS));
  const localHour = Number(parts.find(({ type }) => type === 'hour')!.value);
  const difference = localHour - (utcHour % 24);
  return difference > 0 ? difference - 24 : difference;
}
