import type {
  ObservedBasket,
  ObservedDeal,
  ObservedHousehold,
  ObservedLine,
} from '../../domain/retail/realism-facts.ts';
import { dayOfWeek } from './days.ts';
import { hasCoupon, isPurchase, receivedAmount } from './panel.ts';
import type { CouponTarget, Panel } from './panel.ts';

// The households of a panel in the words in which simulated ones are measured too.

/** Of the category of what has none: fuel, deposits, stamps. */
const NO_MERCHANDISE = 'no merchandise';

/**
 * Every household of the panel, in its order, those without a purchase too. Days are whole days since 1970-01-01.
 * @param sold which products count, by position: all, or those that the simulated shop sells
 */
export function observedHouseholds(
  panel: Panel,
  sold: (product: number) => boolean = () => true,
): ObservedHousehold[] {
  const baskets = basketsOf(panel, sold);
  const deals = dealsOf(panel);
  return panel.households.map(({ id }, household) => ({
    id,
    knownFrom: panel.firstDay,
    baskets: baskets[household]!,
    deals: deals[household]!,
    cartDays: baskets[household]!.map(({ day }) => day),
  }));
}

function basketsOf(
  { lines, products, households }: Panel,
  sold: (product: number) => boolean,
): ObservedBasket[][] {
  type Growing = Omit<ObservedBasket, 'valueCents' | 'lines'> & { valueCents: number; lines: ObservedLine[] };
  const byHousehold = households.map((): Growing[] => []);
  const byBasket = new Map<number, Growing>();
  // The lines are in order of time.
  for (let i = 0; i < lines.count; i++) {
    const position = lines.product[i]!;
    if (!isPurchase(lines, i) || !sold(position)) continue;
    const day = lines.day[i]!;
    let basket = byBasket.get(lines.basket[i]!);
    if (basket === undefined) {
      basket = { day, weekday: dayOfWeek(day), hour: lines.hour[i]!, valueCents: 0, lines: [] };
      byBasket.set(lines.basket[i]!, basket);
      byHousehold[lines.household[i]!]!.push(basket);
    }
    const product = products[position]!;
    basket.valueCents += 100 * receivedAmount(lines, i);
    basket.lines.push({
      product: position,
      category: product.category ?? NO_MERCHANDISE,
      brand: product.brand,
      quantity: lines.quantity[i]!,
      isPromoted: lines.shelfDiscount[i]! > 0,
      hasCoupon: hasCoupon(lines, i),
    });
  }
  return byHousehold;
}

/** Coupons on products that are known to have been in a household's hands. */
function dealsOf({ issues, coupons, redemptions, products, households }: Panel): ObservedDeal[][] {
  const redeemed = new Set<string>();
  for (let i = 0; i < redemptions.count; i++)
    redeemed.add(`${redemptions.household[i]}/${redemptions.coupon[i]}`);
  const covers = coupons.map(({ target }) => coverOf(target, products));
  const byHousehold = households.map((): ObservedDeal[] => []);
  for (let i = 0; i < issues.count; i++) {
    const coupon = issues.coupon[i]!;
    if (coupon === -1 || coupons[coupon]!.target.type === 'frontstore') continue;
    byHousehold[issues.household[i]!]!.push({
      day: issues.day[i]!,
      covers: covers[coupon]!,
      isRedeemed: redeemed.has(`${issues.household[i]}/${coupon}`),
    });
  }
  return byHousehold;
}

function coverOf(target: CouponTarget, products: Panel['products']): (line: ObservedLine) => boolean {
  switch (target.type) {
    case 'frontstore':
      return () => true;
    case 'category':
      return ({ category }) => category === target.category;
    case 'brand':
      return ({ brand, category }) =>
        brand === target.brand && (target.category === null || category === target.category);
    case 'products': {
      const covered = new Uint8Array(products.length);
      for (const product of target.products) covered[product] = 1;
      return ({ product }) => covered[product as number] === 1;
    }
  }
}
