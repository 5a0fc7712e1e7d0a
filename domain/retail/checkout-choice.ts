import type { CartLine, PricedCart } from './cart.ts';
import { decide, tripKey } from './choice-context.ts';
import type { BinaryDecision, DayContext, TripContext } from './choice-context.ts';
import { budgetWeek } from './household.ts';
import type { Persona } from './persona.ts';

/** What is put back at the checkout, and whether the rest is bought. */

/**
 * Lines a shopper over budget puts back, the last chosen first: the more price sensitive, the stricter. One line
 * always stays.
 */
export function linesToDrop(context: TripContext, cart: readonly CartLine[]): number[] {
  const { persona } = context;
  const key = tripKey(context).at('put_back');
  const limit = budgetLimitCents(context);
  let total =
    budgetWeek(context.household, context.day).spendCents +
    cart.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0);
  const dropped: number[] = [];
  for (const line of [...cart].reverse()) {
    if (total <= limit || dropped.length === cart.length - 1) break;
    if (key.at(line.category, line.sku).uniform() >= putBackProbability(persona)) continue;
    dropped.push(line.lineNumber);
    total -= line.quantity * line.unitPriceCents;
  }
  return dropped;
}

/** How likely a shopper over budget puts a line back. */
export function putBackProbability(persona: Persona): number {
  return 0.4 + 0.6 * persona.priceSensitivity;
}

/** What a shopper lets a week cost: the usual budget, stretched in a big week, less by a price-sensitive shopper. */
export function budgetLimitCents({
  persona,
  parameters,
}: Pick<DayContext, 'persona' | 'parameters'>): number {
  return (
    persona.weeklyBudgetCents *
    (parameters.budgetStretch - parameters.budgetStrictness * persona.priceSensitivity)
  );
}

/** Whether the cart is bought (seed 000, "complete or abandon based on discount sensitivity"). */
export function checkoutDecision(context: TripContext, cart: PricedCart): BinaryDecision {
  const { persona, parameters } = context;
  const spent = budgetWeek(context.household, context.day).spendCents + cart.totalCents;
  const overBudget = Math.max(0, spent / budgetLimitCents(context) - 1);
  const saving = cart.subtotalCents > 0 ? cart.discountCents / (cart.subtotalCents + cart.shippingCents) : 0;
  const terms = {
    channel: context.channel === 'online' ? parameters.checkoutOnline : parameters.checkoutInStore,
    saving: parameters.checkoutSaving * saving * persona.couponAffinity,
    overBudget: -parameters.checkoutOverBudget * Math.min(1, overBudget) * persona.priceSensitivity,
    impulsivity: parameters.checkoutImpulsivity * (persona.impulsivity - 0.4),
  };
  return decide(terms, tripKey(context).at('checkout'));
}
