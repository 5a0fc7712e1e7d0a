// Days of the panel's year as whole days since 1970-01-01.

export const FIRST_DAY = Date.UTC(2017, 0, 1) / 86_400_000;
export const DAYS = 365;
/** Household-weeks are counted in these. */
export const WEEKS = DAYS / 7;
/** Of the price calendar; 31 December stands alone in week 53 and has none. */
export const PROMOTION_WEEKS = 52;

/**
 * The panel's promotions run from Monday to Sunday and 1 January 2017 is a Sunday: its second week begins a day after
 * week 1 of the price calendar does. They are laid over each other, and 1 January is counted to week 1.
 */
export function promotionWeekOfDay(day: number): number {
  return Math.max(1, Math.floor((day - FIRST_DAY - 1) / 7) + 1);
}

/** Same for the panel's own week numbers; null for the first, which is 1 January alone. */
export function promotionWeekOf(panelWeek: number): number | null {
  return panelWeek > 1 ? panelWeek - 1 : null;
}

/** 0 = Sunday … 6 = Saturday. */
export function dayOfWeek(day: number): number {
  return (day + 4) % 7;
}
