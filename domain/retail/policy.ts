import { AgentFailure } from '../errors.ts';
import { categoryNeeds, planTrip } from './category-choice.ts';
import { checkoutDecision, linesToDrop } from './checkout-choice.ts';
import { returnNeeds, viewWallet, wantedCoupons } from './offer-choice.ts';
import { chooseProduct, shelfOf } from './product-choice.ts';
import { extraTripDecision, visitDecision } from './visit-choice.ts';
import type { CategoryNeed, TripPlan } from './category-choice.ts';
import type { BinaryDecision, TripContext, WalletCoupon } from './choice-context.ts';
import type { WalletView } from './offer-choice.ts';
import type { ProductChoice } from './product-choice.ts';
import type { CartLine, PricedCart } from './cart.ts';

/** How an agent answers the five questions of a trip. Rules answer at once; a model may take its time. */
export interface ShoppingPolicy {
  /** decide_shop: is there a (further) trip? */
  decideShop(context: TripContext): Answer<BinaryDecision>;
  /** browse_products: what kind of trip, and what of each category. */
  browse(context: TripContext): Answer<BrowseDecision>;
  /** add_to_cart: which products, given what is already in the cart. */
  chooseProducts(
    context: TripContext,
    needs: readonly CategoryNeed[],
    cart: readonly CartLine[],
    wanted: readonly WalletCoupon[],
  ): Answer<ProductChoice[]>;
  /** view_coupons: what is noticed and wanted, and what that sends the shopper back for. */
  viewCoupons(context: TripContext, cart: readonly CartLine[]): Answer<CouponDecision>;
  /** decide_checkout: what is put back, and whether the rest is bought. */
  putBack(context: TripContext, cart: readonly CartLine[]): Answer<number[]>;
  decideCheckout(context: TripContext, cart: PricedCart): Answer<BinaryDecision>;
}

type Answer<T> = T | Promise<T>;

export type BrowseDecision = {
  readonly plan: TripPlan;
  /** The wallet, when it is looked at before the shelves. */
  readonly walletFirst: WalletView | null;
  readonly needs: readonly CategoryNeed[];
};

export type CouponDecision = { readonly view: WalletView; readonly needs: readonly CategoryNeed[] };

/** The choice model as a policy. */
export const rulesPolicy: ShoppingPolicy = {
  decideShop: (context) =>
    context.trip === 0 ? visitDecision(context) : extraTripDecision(context, context.trip),

  browse(context) {
    const plan = planTrip(context);
    const view = viewWallet(context);
    const walletFirst = view.isFirst ? view : null;
    const wanted = walletFirst === null ? [] : wantedCoupons(context.wallet, walletFirst);
    const shelves = new Map(
      context.catalog.categories.map((shelf) => [shelf.name, shelfOf(context, shelf, wanted)]),
    );
    return { plan, walletFirst, needs: categoryNeeds(context, plan, shelves) };
  },

  chooseProducts(context, needs, cart, wanted) {
    const choices: ProductChoice[] = [];
    const taken = new Set(cart.map((line) => line.sku));
    for (const { category, lines } of needs) {
      if (lines === 0) continue;
      const shelf = context.catalog.categoryByName.get(category);
      if (shelf === undefined) throw new AgentFailure(`category ${category} is not in the catalogue`);
      const items = shelfOf(context, shelf, wanted);
      const inCategory =
        cart.filter((line) => line.category === category).length +
        choices.filter((choice) => choice.category === category).length;
      for (let line = inCategory; line < inCategory + lines; line++) {
        const choice = chooseProduct(context, category, items, line, taken, wanted);
        if (choice === null) break;
        choices.push(choice);
        taken.add(choice.chosen.product.sku);
      }
    }
    return choices;
  },

  viewCoupons(context, cart) {
    const view = viewWallet(context);
    return { view, needs: returnNeeds(context, cart, wantedCoupons(context.wallet, view)) };
  },

  putBack: linesToDrop,

  decideCheckout: checkoutDecision,
};
