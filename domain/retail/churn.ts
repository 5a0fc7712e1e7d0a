import { exp } from '../math.ts';
import type { DayContext } from './choice-context.ts';
import { satisfactionOf } from './satisfaction.ts';

/**
 * Leaving the store: each week a household may lapse, the sooner the less content it is. A lapsed one hardly ever comes,
 * unless its wallet is worth it, and is back for good with its next visit. Off by default (`churnPerWeek` 0).
 *
 * Nothing is kept for it: whether a household has lapsed since its last visit follows from that visit's day, its
 * satisfaction and one draw a week.
 */

/** Probability of lapsing in a week. */
export function churnHazard({ household, parameters }: DayContext): number {
  const { churnPerWeek, churnBySatisfaction } = parameters;
  return Math.min(1, churnPerWeek * exp(-churnBySatisfaction * satisfactionOf(household)));
}

/** Whether the household has lapsed since it was last here. */
export function isLapsed(context: DayContext): boolean {
  const { household, day, key, parameters } = context;
  if (parameters.churnPerWeek === 0) return false;
  const hazard = churnHazard(context);
  const firstWeek = Math.max(0, Math.floor((household.lastShopDay ?? -1) / 7) + 1);
  for (let week = firstWeek; week <= Math.floor(day / 7); week++)
    if (key.at('lapse', week).uniform() < hazard) return true;
  return false;
}

/**
 * Terms of the decision to visit.
 * @param walletShare what the wallet is worth of the weekly budget, at most 1, × coupon affinity
 */
export function churnTerms(context: DayContext, walletShare: number): Record<string, number> {
  if (!isLapsed(context)) return {};
  const { lapsedVisits, lapsedWalletValue } = context.parameters;
  return { lapsed: lapsedVisits, winBack: lapsedWalletValue * walletShare };
}
