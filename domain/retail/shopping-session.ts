import type { RandomKey } from '../random.ts';
import { NO_SHIPPING, priceCart } from './cart.ts';
import type { CartLine, PricedCart, Shipping, UsableCoupon } from './cart.ts';
import { tripKey } from './choice-context.ts';
import type { CategoryNeed, TripPlan } from './category-choice.ts';
import type { BinaryDecision, TripContext } from './choice-context.ts';
import type { WalletView } from './offer-choice.ts';
import type { ProductChoice } from './product-choice.ts';
import type { Store } from './catalog.ts';
import type { Experience } from './satisfaction.ts';
import type { DecisionRecord, ShoppingEvent } from './shopping-event.ts';

/**
 * One visit, from entering to `completed`, `abandoned` or `empty_cart`, and the shopping actions that make it
 * (seed 000, "Shopping Actions"). Actions return the next session; nothing is written until the day is saved whole.
 */
export type ShoppingSession = {
  readonly trip: number;
  readonly store: Store;
  readonly channel: 'in_store' | 'online';
  readonly tripType: TripPlan['tripType'];
  /** Minutes after midnight. */
  readonly startMinute: number;
  readonly cart: readonly CartLine[];
  readonly removed: readonly CartLine[];
  readonly choices: readonly ProductChoice[];
  readonly walletView: WalletView | null;
  readonly priced: PricedCart;
  readonly outcome: 'open' | 'completed' | 'abandoned' | 'empty_cart';
  readonly abandonReason: AbandonReason | null;
  readonly events: readonly ShoppingEvent[];
};

export type AbandonReason = 'not_convinced' | 'over_budget' | 'browse_only' | 'empty_cart';

/** ACT-8: appends one event. */
export function createEvent(session: ShoppingSession, ...events: readonly ShoppingEvent[]): ShoppingSession {
  return { ...session, events: [...session.events, ...events] };
}

/** ACT-1: enters the store. */
export function createSession(
  context: TripContext,
  store: Store,
  startMinute: number,
  plan: TripPlan,
  visit: BinaryDecision,
): ShoppingSession {
  const session: ShoppingSession = {
    trip: context.trip,
    store,
    channel: context.channel,
    tripType: plan.tripType,
    startMinute,
    cart: [],
    removed: [],
    choices: [],
    walletView: null,
    priced: priceCart([], [], NO_SHIPPING),
    outcome: 'open',
    abandonReason: null,
    events: [],
  };
  return createEvent(
    session,
    { type: 'decide_shop', trip: context.trip, decision: recordOf(visit, 'shop', 'skip') },
    {
      type: 'session_started',
      storeCode: store.code,
      channel: context.channel,
      tripType: plan.tripType,
      decision: recordOf(plan.stockUp, 'stock_up', 'fill_in'),
    },
  );
}

/** ACT-2: walks past the categories and knows what it wants of each. */
export function browseProducts(
  session: ShoppingSession,
  needs: readonly CategoryNeed[],
  reason: 'planned' | 'offers',
): ShoppingSession {
  return createEvent(session, {
    type: 'browse_products',
    reason,
    categories: needs.map((need) => need.category),
    means: needs.map((need) => need.mean),
    draws: needs.map((need) => need.draw),
    lines: needs.map((need) => need.lines),
    primary: needs.find((need) => need.isPrimary)?.category ?? null,
  });
}

const LOOKED_AT = 3;

/** ACT-3: looks at the most attractive products of a choice and takes one. */
export function addToCart(session: ShoppingSession, choice: ProductChoice): ShoppingSession {
  const { product, price } = choice.chosen;
  const line: CartLine = {
    lineNumber: session.cart.length + session.removed.length + 1,
    sku: product.sku,
    category: product.category,
    brand: product.brand,
    quantity: choice.quantity,
    regularPriceCents: price.regularPriceCents,
    unitPriceCents: price.unitPriceCents,
    unitCostCents: price.unitCostCents,
  };
  const scores = choice.items.map((item, i) => item.utility + choice.noise[i]!);
  const lookedAt = scores
    .map((score, index) => ({ score, index }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, LOOKED_AT)
    .sort((a, b) => a.index - b.index);
  const views = lookedAt.map(({ index }): ShoppingEvent => {
    const item = choice.items[index]!;
    return {
      type: 'view_product',
      sku: item.product.sku,
      category: choice.category,
      rank: index + 1,
      unitPriceCents: item.price.unitPriceCents,
      isFeatured: item.price.isFeatured,
      isDisplayed: item.price.isDisplayed,
    };
  });
  const added: ShoppingEvent = {
    type: 'cart_add_item',
    lineNumber: line.lineNumber,
    sku: line.sku,
    category: line.category,
    quantity: line.quantity,
    unitPriceCents: line.unitPriceCents,
    regularPriceCents: line.regularPriceCents,
    choiceSet: session.choices.length + 1,
    quantityMean: choice.quantityMean,
    quantityDraw: choice.quantityDraw,
  };
  return createEvent(
    { ...session, cart: [...session.cart, line], choices: [...session.choices, choice] },
    ...views,
    added,
  );
}

/** Puts a line back on the shelf. */
export function removeFromCart(session: ShoppingSession, lineNumber: number): ShoppingSession {
  const line = session.cart.find((candidate) => candidate.lineNumber === lineNumber);
  if (line === undefined) return session;
  const cart = session.cart.filter((candidate) => candidate !== line);
  return createEvent(
    { ...session, cart, removed: [...session.removed, line] },
    { type: 'cart_remove_item', lineNumber, sku: line.sku, quantity: line.quantity, reason: 'over_budget' },
  );
}

/** ACT-5: opens the wallet and looks at single coupons. */
export function viewCoupon(
  session: ShoppingSession,
  view: WalletView,
  isBeforeShelves: boolean,
): ShoppingSession {
  const noticed = view.coupons.filter((coupon) => coupon.isNoticed).length;
  const overview: ShoppingEvent = {
    type: 'view_coupons',
    isBeforeShelves,
    shown: view.open.isYes ? view.coupons.length : 0,
    noticed,
    decision: recordOf(view.open, 'open', 'ignore'),
  };
  const single = view.coupons
    .filter((coupon) => coupon.isOpened)
    .map((coupon): ShoppingEvent => ({
      type: 'view_coupon',
      userCouponId: coupon.userCouponId,
      code: coupon.code,
      rank: coupon.rank,
      decision: {
        options: ['use', 'leave'],
        probabilities: [coupon.useProbability, 1 - coupon.useProbability],
        draw: coupon.useDraw,
        chosen: coupon.isWanted ? 'use' : 'leave',
        terms: {},
      },
    }));
  return createEvent({ ...session, walletView: view }, overview, ...single);
}

/** ACT-4: prices the cart with the wanted coupons; says which are attached now and which fell off. */
export function applyCoupon(session: ShoppingSession, wanted: readonly UsableCoupon[]): ShoppingSession {
  const priced = priceCart(session.cart, wanted, shippingOf(session));
  const before = new Map(session.priced.discounts.map((discount) => [discount.userCouponId, discount]));
  const after = new Map(priced.discounts.map((discount) => [discount.userCouponId, discount]));
  const fellOff = [...before.values()]
    .filter((discount) => !after.has(discount.userCouponId))
    .map((discount): ShoppingEvent => ({
      type: 'remove_coupon',
      userCouponId: discount.userCouponId,
      code: discount.code,
    }));
  const attached = [...after.values()]
    .filter((discount) => before.get(discount.userCouponId)?.amountCents !== discount.amountCents)
    .map((discount): ShoppingEvent => ({
      type: 'apply_coupon',
      userCouponId: discount.userCouponId,
      code: discount.code,
      target: discount.target,
      amountCents: discount.amountCents,
    }));
  return createEvent({ ...session, priced }, ...fellOff, ...attached);
}

/** ACT-6: buys the cart. Coupons attached to it are redeemed with the order, in one transaction. */
export function completeCheckout(session: ShoppingSession): ShoppingSession {
  const { priced } = session;
  return createEvent(
    { ...session, outcome: 'completed' },
    {
      type: 'checkout_complete',
      lines: priced.lines.length,
      units: priced.lines.reduce((sum, line) => sum + line.quantity, 0),
      subtotalCents: priced.subtotalCents,
      discountCents: priced.discountCents,
      shippingCents: priced.shippingCents,
      totalCents: priced.totalCents,
    },
  );
}

/** ACT-7: leaves without buying. An empty cart is its own outcome, not an abandoned one. */
export function abandonSession(session: ShoppingSession, reason: AbandonReason): ShoppingSession {
  const isEmpty = session.cart.length === 0;
  const abandonReason = isEmpty ? 'empty_cart' : reason;
  return createEvent(
    { ...session, outcome: isEmpty ? 'empty_cart' : 'abandoned', abandonReason },
    {
      type: 'cart_abandon',
      reason: abandonReason,
      lines: session.cart.length,
      valueCents: session.priced.subtotalCents,
    },
  );
}

/** A yes-or-no decision as it is recorded. */
export function recordOf(decision: BinaryDecision, yes: string, no: string): DecisionRecord {
  return {
    options: [yes, no],
    probabilities: [decision.probability, 1 - decision.probability],
    draw: decision.draw,
    chosen: decision.isYes ? yes : no,
    terms: { ...decision.terms },
  };
}

/** What the visit was like for the household. */
export function experienceOf(session: ShoppingSession): Experience {
  const { priced, cart, removed, walletView } = session;
  const regularCents = priced.lines.reduce((sum, line) => sum + line.quantity * line.regularPriceCents, 0);
  const used = usedCoupons(session);
  const wanted = walletView?.coupons.filter((coupon) => coupon.isWanted) ?? [];
  const isBought = session.outcome === 'completed';
  return {
    isBought,
    savedShare: isBought ? share(regularCents - (priced.totalCents - priced.shippingCents), regularCents) : 0,
    putBackShare: share(removed.length, cart.length + removed.length),
    unmetShare: share(wanted.filter((coupon) => !used.has(coupon.userCouponId)).length, wanted.length),
  };
}

/** How many coupons were shown and not used. */
export function unusedCoupons(session: ShoppingSession): number {
  const { walletView } = session;
  if (walletView === null || !walletView.open.isYes) return 0;
  return walletView.coupons.length - usedCoupons(session).size;
}

function usedCoupons({ priced, outcome }: ShoppingSession): Set<string> {
  return new Set(outcome === 'completed' ? priced.discounts.map((discount) => discount.userCouponId) : []);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

const MEAN_SECONDS_BETWEEN_EVENTS = 25;
const LONGEST_VISIT_SECONDS = 90 * 60;
const SECONDS_PER_DAY = 86_400;

/**
 * Milliseconds after midnight of each event of a session: strictly increasing, and before 24:00, since every
 * shopping day ends before its day closes.
 */
export function eventTimes(context: TripContext, session: ShoppingSession): number[] {
  const key: RandomKey = tripKey(context).at('pace');
  const gaps = session.events.map((_, i) =>
    i === 0 ? 0 : 2 + (MEAN_SECONDS_BETWEEN_EVENTS - 2) * key.at(i).exponential(),
  );
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  const start = session.startMinute * 60;
  const available = Math.min(LONGEST_VISIT_SECONDS, SECONDS_PER_DAY - 1 - start);
  const scale = total > available ? available / total : 1;
  let elapsed = 0;
  let last = -1;
  return gaps.map((gap) => {
    elapsed += gap * scale;
    last = Math.max(last + 1, Math.floor((start + elapsed) * 1000));
    return last;
  });
}

function shippingOf(session: ShoppingSession): Shipping {
  if (session.channel === 'in_store') return NO_SHIPPING;
  return {
    feeCents: session.store.shippingFeeCents,
    freeFromCents: session.store.freeShippingThresholdCents,
  };
}
