import { Annotation } from '@langchain/langgraph';
import type { CategoryNeed } from '../../domain/retail/category-choice.ts';
import type { BinaryDecision, TripContext, WalletCoupon } from '../../domain/retail/choice-context.ts';
import type { ShoppingSession } from '../../domain/retail/shopping-session.ts';

/** State of one trip's graph. Every channel keeps its last value; the session carries the trip's events. */
export const ShoppingState = Annotation.Root({
  context: Annotation<TripContext>,
  /** Minutes after midnight at which the trip starts. */
  startMinute: Annotation<number>,
  /** Null until the shopper has entered the store. */
  session: Annotation<ShoppingSession | null>,
  /** What the shopper is after, for the next add_to_cart. */
  needs: Annotation<readonly CategoryNeed[]>,
  /** Coupons noticed and wanted so far. */
  wanted: Annotation<readonly WalletCoupon[]>,
  /** Whether the one return from view_coupons to add_to_cart has been taken. */
  hasReturned: Annotation<boolean>,
  /** Answer of decide_shop: null before it was asked. */
  visit: Annotation<BinaryDecision | null>,
  /** Whether there is a trip, by decide_shop, and a purchase, by decide_checkout. */
  isShopping: Annotation<boolean>,
  isBuying: Annotation<boolean>,
});
export type ShoppingState = typeof ShoppingState.State;

/** The state a trip starts in. */
export function startTrip(context: TripContext, startMinute: number): ShoppingState {
  return {
    context,
    startMinute,
    session: null,
    needs: [],
    wanted: [],
    hasReturned: false,
    visit: null,
    isShopping: false,
    isBuying: false,
  };
}
