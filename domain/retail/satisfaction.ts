import type { ChoiceParameters } from './choice-parameters.ts';
import type { HouseholdState } from './household.ts';

/**
 * How content a household is with the store, from -1 to 1; 0 is as usual. It moves with what each visit was like and
 * acts on the odds of the next ones (`satisfactionVisits`) and on leaving for good (churn.ts). Off by default, and then
 * not kept at all.
 */

/** What a visit was like; shares from 0 to 1. */
export type Experience = {
  readonly isBought: boolean;
  /** Saved of the regular prices of what was bought, by promotions and coupons. */
  readonly savedShare: number;
  /** Put back of the lines that were in the cart. */
  readonly putBackShare: number;
  /** Of the wanted coupons, those that came to nothing. */
  readonly unmetShare: number;
};

/** Whether anything depends on satisfaction. */
export function isSatisfactionKept(parameters: ChoiceParameters): boolean {
  return parameters.satisfactionVisits !== 0 || parameters.churnPerWeek > 0;
}

export function satisfactionOf(household: HouseholdState): number {
  return household.satisfaction ?? 0;
}

/** Terms of the decision to visit. */
export function satisfactionTerms(
  household: HouseholdState,
  parameters: ChoiceParameters,
): Record<string, number> {
  if (parameters.satisfactionVisits === 0) return {};
  return { satisfaction: parameters.satisfactionVisits * satisfactionOf(household) };
}

/** The household after a visit: satisfaction is an exponential smoothing of visits, each against a usual one. */
export function afterExperience(
  household: HouseholdState,
  experience: Experience,
  parameters: ChoiceParameters,
): HouseholdState {
  if (!isSatisfactionKept(parameters)) return household;
  const memory = parameters.satisfactionMemory;
  const worth = worthOf(experience, parameters) - parameters.satisfactionUsual;
  const satisfaction = memory * satisfactionOf(household) + (1 - memory) * worth;
  return { ...household, satisfaction: Math.min(1, Math.max(-1, satisfaction)) };
}

/** What a visit adds, before what is usual is taken off. */
export function worthOf(experience: Experience, parameters: ChoiceParameters): number {
  const { isBought, savedShare, putBackShare, unmetShare } = experience;
  return (
    (isBought ? parameters.satisfactionCompleted : parameters.satisfactionAbandoned) +
    parameters.satisfactionSaving * savedShare +
    parameters.satisfactionPutBack * putBackShare +
    parameters.satisfactionUnmetWish * unmetShare
  );
}
