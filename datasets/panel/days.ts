import { addDays, weekOfYear } from '../../domain/retail/calendar.ts';

// Days of a panel as whole days since 1970-01-01, and their place in the week and in the price calendar.

/** 0 = Sunday … 6 = Saturday. */
export function dayOfWeek(day: number): number {
  return (day + 4) % 7;
}

/** `2017-01-01` → 17167. */
export function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}

/** 17167 → `2017-01-01`. */
export function dateOf(day: number): string {
  return addDays('1970-01-01', day);
}

/** First day of the promotion week of a day, when such weeks begin on `weekStart` (0 = Sunday). */
export function promotionWeekStartOf(day: number, weekStart: number): number {
  return day - ((dayOfWeek(day) - weekStart + 7) % 7);
}

/**
 * The price calendar has weeks of the year, which begin on 1 January whatever weekday it is, and promotions run in
 * weeks of their own. They are laid over each other by the middle day of the promotion's week.
 * @param start first day of the promotion week
 */
export function calendarWeekOf(start: number): number {
  return weekOfYear(dateOf(start + 3));
}

/**
 * First days of the promotion weeks that stand for the weeks of the calendar, by week: of weeks that the panel saw
 * in several years, the latest.
 */
export function calendarWeeks(
  { firstDay, lastDay }: { firstDay: number; lastDay: number },
  weekStart: number,
): Map<number, number> {
  const weeks = new Map<number, number>();
  for (let start = promotionWeekStartOf(firstDay, weekStart); start <= lastDay; start += 7)
    if (start + 3 >= firstDay && start + 3 <= lastDay) weeks.set(calendarWeekOf(start), start);
  return weeks;
}
