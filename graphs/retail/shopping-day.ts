import { tripStartMinutes, tripsOf } from '../../domain/retail/visit-choice.ts';
import type { DayContext } from '../../domain/retail/choice-context.ts';
import { householdAfter } from '../../domain/retail/shopping-day.ts';
import type { LivedDay, LivedSession } from '../../domain/retail/shopping-day.ts';
import { eventTimes } from '../../domain/retail/shopping-session.ts';
import { startTrip } from './shopping-state.ts';
import type { RunTrip, TripTrace } from './shopping-graph.ts';

const MINUTES_BETWEEN_TRIPS = 10;
const LAST_START_MINUTE = 23 * 60 + 30;

/**
 * Lives one agent's day: trip after trip until decide_shop says no, each starting from the household and the wallet
 * that the one before left behind.
 */
export async function liveShoppingDay(
  day: DayContext,
  runTrip: RunTrip,
  trace: TripTrace,
): Promise<LivedDay> {
  const starts = tripStartMinutes(day, tripsOf(day));
  const sessions: LivedSession[] = [];
  let { household, wallet } = day;
  let earliest = 0;
  for (let trip = 0; trip <= starts.length; trip++) {
    const context = { ...day, household, wallet, trip };
    const startMinute = Math.max(starts[trip] ?? 0, earliest);
    if (startMinute > LAST_START_MINUTE) break;
    const { session } = await runTrip(startTrip(context, startMinute), trace);
    if (session === null) break;
    const eventMs = eventTimes(context, session);
    sessions.push({ session, eventMs });
    household = householdAfter(context, session);
    const used =
      session.outcome === 'completed'
        ? session.priced.discounts.map((discount) => discount.userCouponId)
        : [];
    wallet = wallet.filter((entry) => !used.includes(entry.userCouponId));
    earliest = Math.ceil((eventMs.at(-1) ?? 0) / 60_000) + MINUTES_BETWEEN_TRIPS;
  }
  return { sessions, household };
}
