import { exp } from '../math.ts';
import type { ChoiceParameters } from './choice-parameters.ts';
import type { HouseholdState } from './household.ts';

/**
 * Coupons that are shown again and again and not used make a household look away. Off by default (`offerFatigue` 0), and
 * then not kept at all.
 */

/** Coupons shown and not used, of which those of `offerFatigueDays` ago count by 1/e. */
export function unusedLately(household: HouseholdState, day: number, parameters: ChoiceParameters): number {
  const { fatigue } = household;
  if (fatigue === undefined) return 0;
  return fatigue.unused * exp(-(day - fatigue.day) / parameters.offerFatigueDays);
}

/** Factor on the probability of noticing a coupon, 0 to 1; 1 for a household that is not tired of offers. */
export function attention(household: HouseholdState, day: number, parameters: ChoiceParameters): number {
  if (parameters.offerFatigue === 0) return 1;
  return exp(-parameters.offerFatigue * unusedLately(household, day, parameters));
}

/** The household after a visit on `day`: what it saw in the wallet and did not use adds up. */
export function afterOffers(
  household: HouseholdState,
  unused: number,
  day: number,
  parameters: ChoiceParameters,
): HouseholdState {
  if (parameters.offerFatigue === 0 || unused === 0) return household;
  return { ...household, fatigue: { unused: unusedLately(household, day, parameters) + unused, day } };
}
