import { logistic } from '../math.ts';
import type { RandomKey } from '../random.ts';
import type { UsableCoupon } from './cart.ts';
import type { CatalogIndex } from './catalog-index.ts';
import type { ChoiceParameters } from './choice-parameters.ts';
import type { DayEffects } from './event-calendar.ts';
import type { HouseholdProfile, HouseholdState } from './household.ts';
import type { Persona } from './persona.ts';

/**
 * What every stage of the choice model shares: what a day and a trip depend on, and what a decision is. The stages are
 * visit-choice.ts, category-choice.ts, product-choice.ts, offer-choice.ts and checkout-choice.ts. Their functions are
 * pure; every draw is keyed by what it is about. docs/choice-model.md derives the forms and their sources.
 */

/** All that a shopper's day depends on. */
export type DayContext = {
  readonly persona: Persona;
  readonly catalog: CatalogIndex;
  readonly parameters: ChoiceParameters;
  readonly channel: 'in_store' | 'online';
  readonly profile: HouseholdProfile;
  readonly household: HouseholdState;
  /** Number of the day from 0, and its date. */
  readonly day: number;
  readonly date: string;
  /** What is special about the day; null or absent on an ordinary one. */
  readonly effects?: DayEffects | null;
  /** Open coupons at 00:00, with the hours since the simulation's start at which they were dealt. */
  readonly wallet: readonly WalletCoupon[];
  /** Key of (seed, agent). */
  readonly key: RandomKey;
};

export type WalletCoupon = UsableCoupon & {
  readonly assignedHours: number;
  readonly expiresHours: number;
  /** No redemption of a limited coupon is left for this shopper today: it is as if the shop did not show it. */
  readonly isWithheld?: boolean;
};

/** One trip of the day. */
export type TripContext = DayContext & { readonly trip: number };

/** A yes-or-no decision with what decided it. */
export type BinaryDecision = {
  readonly probability: number;
  readonly draw: number;
  readonly isYes: boolean;
  readonly terms: Readonly<Record<string, number>>;
};

/** Key of all draws of a trip. */
export function tripKey(context: TripContext): RandomKey {
  return context.key.at('day', context.day, 'trip', context.trip);
}

/** A yes or no whose log-odds are the sum of its terms. */
export function decide(terms: Readonly<Record<string, number>>, key: RandomKey): BinaryDecision {
  const probability = logistic(Object.values(terms).reduce((sum, term) => sum + term, 0));
  const draw = key.uniform();
  return { probability, draw, isYes: draw < probability, terms };
}
