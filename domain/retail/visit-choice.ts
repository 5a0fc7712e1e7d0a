import { ln, logit } from '../math.ts';
import { dayOfWeek } from './calendar.ts';
import { faceValue } from './cart.ts';
import { decide } from './choice-context.ts';
import type { BinaryDecision, DayContext } from './choice-context.ts';
import { churnTerms } from './churn.ts';
import { typicalPurchase } from './coupon-reach.ts';
import type { Persona } from './persona.ts';
import { satisfactionTerms } from './satisfaction.ts';

/** Whether, how often and when a shopper goes shopping on a day. */

/** Whether the agent shops on this day. The day's plan and the graph's decide_shop node make this same draw. */
export function visitDecision(context: DayContext): BinaryDecision {
  const { persona, parameters, profile, household, day } = context;
  const walletShare = Math.min(1, walletValueCents(context) / persona.weeklyBudgetCents);
  const terms = {
    propensity: logit(profile.visitRate),
    dayPreference: ln(Math.max(0.01, dayFactor(persona, context.date))),
    weeklyRhythm:
      household.lastShopDay !== null && day - household.lastShopDay === 7 ? parameters.visitWeeklyRhythm : 0,
    walletValue: parameters.visitWalletValue * persona.couponAffinity * walletShare,
    ...eventTerms(context),
    ...satisfactionTerms(household, parameters),
    ...churnTerms(context, persona.couponAffinity * walletShare),
  };
  return decide(terms, context.key.at('day', day, 'decide_shop'));
}

/** Log-odds at which nobody goes: the store is closed. */
const CLOSED = -1_000;

function eventTerms({ effects }: DayContext): Record<string, number> {
  if (effects === undefined || effects === null) return {};
  return { events: effects.visitLogOdds, ...(effects.isClosed ? { closed: CLOSED } : {}) };
}

const MOST_TRIPS = 4;

/** Whether a shop day has a trip number `trip` (from 1) after the one before it: a geometric number, at most 4. */
export function extraTripDecision(context: DayContext, trip: number): BinaryDecision {
  const probability = trip < MOST_TRIPS ? context.parameters.extraTrip : 0;
  const draw = context.key.at('day', context.day, 'extra_trip', trip).uniform();
  return { probability, draw, isYes: draw < probability, terms: {} };
}

/** How many trips a shop day has. */
export function tripsOf(context: DayContext): number {
  let trips = 1;
  while (extraTripDecision(context, trips).isYes) trips += 1;
  return trips;
}

/** Hour shares 7..22 of the panel, in store-local time. */
const HOUR_SHARES = [1.4, 2.1, 3.0, 4.5, 6.0, 6.7, 6.8, 7.1, 7.7, 9.0, 10.0, 9.4, 7.9, 6.5, 4.8, 3.0];
const FIRST_HOUR = 7;

/** Minutes after midnight at which the day's trips start, in order: first the part of the day, then the hour inside it. */
export function tripStartMinutes(context: DayContext, trips: number): number[] {
  const { persona } = context;
  const starts = Array.from({ length: trips }, (_, trip) => {
    const key = context.key.at('day', context.day, 'start', trip);
    const part = pick(
      [persona.prefTimeMorning, persona.prefTimeAfternoon, persona.prefTimeEvening],
      key.at('part').uniform(),
    );
    const [from, to] = [
      [7, 12],
      [12, 17],
      [17, 23],
    ][part]!;
    const shares = HOUR_SHARES.slice(from! - FIRST_HOUR, to! - FIRST_HOUR);
    const hour = from! + pick(shares, key.at('hour').uniform());
    return hour * 60 + Math.floor(key.at('minute').uniform() * 60);
  });
  return starts.sort((a, b) => a - b);
}

/** Share of the day's kind over its share of the week; 1 for a shopper without preferences. */
function dayFactor(persona: Persona, date: string): number {
  const weekday = dayOfWeek(date);
  if (weekday === 0) return persona.prefDaySunday * 7;
  if (weekday === 6) return persona.prefDaySaturday * 7;
  return (persona.prefDayWeekday * 7) / 5;
}

/** What the wallet is worth to this household: face values, each by the chance that the household can use it on a trip. */
function walletValueCents(context: DayContext): number {
  const lines =
    context.profile.stockUpShare * context.profile.stockUpLines +
    (1 - context.profile.stockUpShare) * context.profile.fillInLines;
  return context.wallet.reduce((sum, { coupon }) => {
    const reference = typicalPurchase(context, coupon);
    if (reference === null) return sum;
    return (
      sum + faceValue(coupon, reference.cents, reference.cents / 2) * Math.min(1, reference.weight * lines)
    );
  }, 0);
}

/** Index drawn from unnormalised weights by one uniform. */
function pick(weights: readonly number[], uniform: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let rest = uniform * total;
  for (let i = 0; i < weights.length; i++) {
    rest -= weights[i]!;
    if (rest < 0) return i;
  }
  return weights.length - 1;
}
