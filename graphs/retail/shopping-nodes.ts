import { AgentFailure } from '../../domain/errors.ts';
import { logistic } from '../../domain/math.ts';
import { homeStore } from '../../domain/retail/catalog-index.ts';
import { wantedCoupons } from '../../domain/retail/offer-choice.ts';
import type { BinaryDecision } from '../../domain/retail/choice-context.ts';
import type { ShoppingPolicy } from '../../domain/retail/policy.ts';
import {
  abandonSession,
  addToCart,
  applyCoupon,
  browseProducts,
  completeCheckout,
  createEvent,
  createSession,
  recordOf,
  removeFromCart,
  viewCoupon,
} from '../../domain/retail/shopping-session.ts';
import type { AbandonReason, ShoppingSession } from '../../domain/retail/shopping-session.ts';
import type { ShoppingState } from './shopping-state.ts';

export type ShoppingOptions = {
  readonly policy: ShoppingPolicy;
  /** browse stops before checkout. */
  readonly profile: 'browse' | 'full';
  /** Whether offers found after filling the cart may send the shopper back to the shelves, once. */
  readonly returnToShelves: boolean;
};

export type ShoppingNode = (state: ShoppingState) => Promise<Partial<ShoppingState>>;

/** The seven nodes of the shopping graph (seed 000). Each asks the policy, and returns only what it changes. */
export function shoppingNodes({ policy, profile, returnToShelves }: ShoppingOptions) {
  const decideShop: ShoppingNode = async ({ context }) => {
    const visit = checked(await policy.decideShop(context), 'decide_shop');
    return { visit, isShopping: visit.isYes };
  };

  const browse: ShoppingNode = async ({ context, startMinute, visit }) => {
    if (visit === null) throw new AgentFailure('the shopper browses before deciding to shop');
    const { plan, walletFirst, needs } = await policy.browse(context);
    const store = homeStore(context.catalog, context.persona.locationRegion, context.key);
    const entered = createSession(context, store, startMinute, plan, visit);
    const informed = walletFirst === null ? entered : viewCoupon(entered, walletFirst, true);
    const wanted = walletFirst === null ? [] : wantedCoupons(context.wallet, walletFirst);
    return { session: browseProducts(informed, needs, 'planned'), needs, wanted };
  };

  const fillCart: ShoppingNode = async (state) => {
    const session = sessionOf(state);
    const choices = await policy.chooseProducts(state.context, state.needs, session.cart, state.wanted);
    return { session: choices.reduce(addToCart, session), needs: [] };
  };

  const viewCoupons: ShoppingNode = async (state) => {
    const session = sessionOf(state);
    if (state.hasReturned) return { session: applyCoupon(session, state.wanted), needs: [] };
    const { view, needs } = await policy.viewCoupons(state.context, session.cart);
    const viewed = session.walletView === null ? viewCoupon(session, view, false) : session;
    const wanted = wantedCoupons(state.context.wallet, view);
    if (needs.length > 0 && returnToShelves)
      return { session: browseProducts(viewed, needs, 'offers'), needs, wanted, hasReturned: true };
    return { session: applyCoupon(viewed, wanted), wanted, needs: [] };
  };

  const decideCheckout: ShoppingNode = async (state) => {
    const session = sessionOf(state);
    if (session.cart.length === 0 || profile === 'browse') return { isBuying: false };
    const putBack = await policy.putBack(state.context, session.cart);
    const kept = putBack.reduce(removeFromCart, session);
    const priced = applyCoupon(kept, state.wanted);
    const decision = checked(await policy.decideCheckout(state.context, priced.priced), 'decide_checkout');
    const decided = createEvent(priced, {
      type: 'decide_checkout',
      decision: recordOf(decision, 'complete', 'abandon'),
    });
    return { session: decided, isBuying: decision.isYes };
  };

  const complete: ShoppingNode = async (state) => ({ session: completeCheckout(sessionOf(state)) });

  const abandon: ShoppingNode = async (state) => {
    const session = sessionOf(state);
    return { session: abandonSession(session, abandonReason(session, profile)) };
  };

  return {
    decide_shop: decideShop,
    browse_products: browse,
    add_to_cart: fillCart,
    view_coupons: viewCoupons,
    decide_checkout: decideCheckout,
    complete_checkout: complete,
    abandon_session: abandon,
  };
}

export type ShoppingNodeName = keyof ReturnType<typeof shoppingNodes>;

function sessionOf(state: ShoppingState): ShoppingSession {
  if (state.session === null) throw new AgentFailure('the shopper acts before entering the store');
  return state.session;
}

/** Why a session ends without a purchase: over budget when that term alone kept the shopper from buying. */
function abandonReason(session: ShoppingSession, profile: 'browse' | 'full'): AbandonReason {
  if (profile === 'browse') return 'browse_only';
  const last = session.events.at(-1);
  if (last?.type !== 'decide_checkout') return 'not_convinced';
  const { terms, draw } = last.decision;
  const withinBudget = Object.entries(terms).reduce(
    (sum, [name, term]) => (name === 'overBudget' ? sum : sum + term),
    0,
  );
  return (terms['overBudget'] ?? 0) < 0 && draw < logistic(withinBudget) ? 'over_budget' : 'not_convinced';
}

/** A policy that answers with something that is no probability is at fault, not the system. */
function checked(decision: BinaryDecision, node: string): BinaryDecision {
  if (!(decision.probability >= 0 && decision.probability <= 1) || !(decision.draw >= 0 && decision.draw < 1))
    throw new AgentFailure(
      `the policy answered ${node} with probability ${decision.probability} and draw ${decision.draw}`,
    );
  return decision;
}
