import type { RandomKey } from '../random.ts';
import { afterPurchase, afterVisit } from './household.ts';
import type { HouseholdState } from './household.ts';
import type { TripContext } from './choice-context.ts';
import { afterOffers } from './offer-fatigue.ts';
import { afterExperience } from './satisfaction.ts';
import { experienceOf, unusedCoupons } from './shopping-session.ts';
import type { ShoppingSession } from './shopping-session.ts';

/** One agent on one simulated date: what it did, and the household that is left. */
export type LivedDay = {
  readonly sessions: readonly LivedSession[];
  readonly household: HouseholdState;
};

/** A session and, for each of its events, the milliseconds after midnight at which it happened. */
export type LivedSession = { readonly session: ShoppingSession; readonly eventMs: readonly number[] };

/**
 * Why a shopping day failed. `agent`: it could not be lived, whoever tried, and that is held against the agent;
 * `ended_from_outside`: somebody cancelled or terminated its execution.
 */
export type DayFailure = {
  readonly type: 'agent' | 'ended_from_outside';
  readonly reason: string;
};

/** The household after a session: what was bought comes home, the day counts as a shop day, and it has been an experience. */
export function householdAfter(context: TripContext, session: ShoppingSession): HouseholdState {
  const { household, day, parameters } = context;
  const experienced = afterExperience(household, experienceOf(session), parameters);
  const visited = afterVisit(afterOffers(experienced, unusedCoupons(session), day, parameters), day);
  if (session.outcome !== 'completed') return visited;
  return afterPurchase(
    visited,
    context.profile,
    day,
    session.priced.lines,
    session.priced.totalCents,
    parameters.brandCarryOver,
  );
}

/** Key of all of an agent's draws in a simulation: by the agent's stable name, never by a database id. */
export function agentKey(root: RandomKey, agentId: string): RandomKey {
  return root.at('agent', agentId);
}
