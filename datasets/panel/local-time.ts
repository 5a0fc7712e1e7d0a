/** Day since 1970, hour of the day and minute of the hour, as the clock on the wall shows them. */
export type LocalTime = { day: number; hour: number; minute: number };

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** Of minutes since 1970 by the clock on the wall. */
export function localTimeOf(minutes: number): LocalTime {
  const day = Math.floor(minutes / DAY_MINUTES);
  const rest = minutes - day * DAY_MINUTES;
  return { day, hour: Math.floor(rest / 60), minute: Math.floor(rest % 60) };
}

/**
 * From an instant to the clock on the wall of a place.
 * @param zone name of the tz database, like America/New_York
 * @throws RangeError for a zone that does not exist
 */
export function clockIn(zone: string): (instant: Date) => LocalTime {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  /** By quarter of an hour: asking the calendar for each of a million lines would take a minute. */
  const offsets = new Map<number, number>();
  const offsetAt = (quarter: number): number => {
    const instant = quarter * 15;
    const parts = format.formatToParts(new Date(instant * MINUTE_MS));
    const part = (name: string) => Number(parts.find(({ type }) => type === name)!.value);
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'));
    return local / MINUTE_MS - instant;
  };
  return (instant) => {
    const minutes = instant.getTime() / MINUTE_MS;
    const quarter = Math.floor(minutes / 15);
    let offset = offsets.get(quarter);
    if (offset === undefined) offsets.set(quarter, (offset = offsetAt(quarter)));
    return localTimeOf(minutes + offset);
  };
}
