import type { ShoppingSession } from './shopping-session.ts';

/** What the workflows add up. All counts and cents; adding two in any order gives the same. */
export type DayTotals = {
  readonly shoppingDays: number;
  readonly failedDays: number;
  readonly sessions: number;
  readonly completed: number;
  readonly abandoned: number;
  readonly emptyCarts: number;
  readonly events: number;
  readonly orders: number;
  readonly lines: number;
  readonly units: number;
  readonly subtotalCents: number;
  readonly discountCents: number;
  readonly shippingCents: number;
  readonly totalCents: number;
  readonly unitCostCents: number;
  readonly redemptions: number;
};

export const NO_TOTALS: DayTotals = {
  shoppingDays: 0,
  failedDays: 0,
  sessions: 0,
  completed: 0,
  abandoned: 0,
  emptyCarts: 0,
  events: 0,
  orders: 0,
  lines: 0,
  units: 0,
  subtotalCents: 0,
  discountCents: 0,
  shippingCents: 0,
  totalCents: 0,
  unitCostCents: 0,
  redemptions: 0,
};

export function addTotals(a: DayTotals, b: DayTotals): DayTotals {
  return Object.fromEntries(
    Object.keys(NO_TOTALS).map((name) => [name, a[name as keyof DayTotals] + b[name as keyof DayTotals]]),
  ) as DayTotals;
}

/** Whether an answer is totals: an activity that somebody completes by hand may answer anything. */
export function isTotals(answer: unknown): answer is DayTotals {
  return Object.keys(NO_TOTALS).every((name) =>
    Number.isInteger((answer as Record<string, unknown> | null)?.[name]),
  );
}

/** The totals of one lived day. */
export function totalsOf(sessions: readonly ShoppingSession[]): DayTotals {
  const bought = sessions.filter((session) => session.outcome === 'completed');
  const total = (value: (session: ShoppingSession) => number): number =>
    bought.reduce((sum, session) => sum + value(session), 0);
  return {
    shoppingDays: 1,
    failedDays: 0,
    sessions: sessions.length,
    completed: bought.length,
    abandoned: sessions.filter((session) => session.outcome === 'abandoned').length,
    emptyCarts: sessions.filter((session) => session.outcome === 'empty_cart').length,
    events: sessions.reduce((sum, session) => sum + session.events.length, 0),
    orders: bought.length,
    lines: total((session) => session.priced.lines.length),
    units: total((session) => session.priced.lines.reduce((sum, line) => sum + line.quantity, 0)),
    subtotalCents: total((session) => session.priced.subtotalCents),
    discountCents: total((session) => session.priced.discountCents),
    shippingCents: total((session) => session.priced.shippingCents),
    totalCents: total((session) => session.priced.totalCents),
    unitCostCents: total((session) => session.priced.unitCostCents),
    redemptions: total((session) => session.priced.discounts.length),
  };
}
