/**
 * What one household was seen to do: baskets of a simulation or of a panel, in the same words, so that both are measured
 * by the same definitions. The distributions made of it are in realism-samples.ts.
 */

export type ObservedLine = {
  readonly product: string | number;
  readonly category: string;
  /** Brand, or maker where a panel knows no more. */
  readonly brand: string;
  readonly quantity: number;
  readonly isPromoted: boolean;
  readonly hasCoupon: boolean;
};

/** One completed purchase. */
export type ObservedBasket = {
  /** A whole number of days from wherever the observer counts. */
  readonly day: number;
  /** 0 = Sunday … 6 = Saturday. */
  readonly weekday: number;
  /** 0 to 23, local time. */
  readonly hour: number;
  /** What the shop received for the goods: after promotions and what it discounts itself, vendors' coupons included. */
  readonly valueCents: number;
  readonly lines: readonly ObservedLine[];
};

/** A line coupon that was given to the household, on a day of the same count. */
export type ObservedDeal = {
  readonly day: number;
  readonly covers: (line: ObservedLine) => boolean;
  readonly isRedeemed: boolean;
};

export type ObservedHousehold = {
  readonly id: string;
  /** First day of which all is known: purchases before it cannot count. */
  readonly knownFrom: number;
  /** In order of time. */
  readonly baskets: readonly ObservedBasket[];
  readonly deals: readonly ObservedDeal[];
  /** Carts with something in them, by day: bought or not. Where only purchases are known, the baskets. */
  readonly cartDays: readonly number[];
};

/** Days from `from` to before `to` are measured. What lies before them is memory: brands bought, prior purchases. */
export type Window = { readonly from: number; readonly to: number };

export type HouseholdFacts = {
  readonly id: string;
  readonly days: number;
  readonly shopDays: number;
  /** Days between a shop day and the next one, both inside the window. */
  readonly gaps: readonly number[];
  /** One entry a basket. */
  readonly linesPerBasket: readonly number[];
  readonly basketValueCents: readonly number[];
  /** Baskets by day of the week and by hour. */
  readonly weekdays: readonly number[];
  readonly hours: readonly number[];
  readonly carts: number;
  readonly singleUnitLines: number;
  readonly promotedLines: number;
  readonly couponLines: number;
  /** Purchases in a category that was bought in an earlier basket, and the expected number of them of the same brand. */
  readonly repeats: number;
  readonly sameBrandRepeats: number;
  /** Line coupons dealt inside the window and redeemed at any time, by whether a covered product was bought before. */
  readonly priorBuyer: OfferCounts;
  readonly otherBuyer: OfferCounts;
};

export type OfferCounts = { readonly dealt: number; readonly redeemed: number };

/** A covered product bought within so many days before a coupon was dealt makes a prior buyer (retail.md §4.4). */
export const PRIOR_DAYS = 90;

/** Coupons dealt in the window count only where the days before them are known too. */
export function factsOf(household: ObservedHousehold, window: Window): HouseholdFacts {
  const isMeasured = ({ day }: { day: number }): boolean => day >= window.from && day < window.to;
  const baskets = household.baskets.filter(isMeasured);
  const shopDays = [...new Set(baskets.map(({ day }) => day))];
  const lines = baskets.flatMap((basket) => basket.lines);
  return {
    id: household.id,
    days: window.to - window.from,
    shopDays: shopDays.length,
    gaps: shopDays.slice(1).map((day, i) => day - shopDays[i]!),
    linesPerBasket: baskets.map((basket) => basket.lines.length),
    basketValueCents: baskets.map(({ valueCents }) => valueCents),
    weekdays: countsOf(
      baskets.map(({ weekday }) => weekday),
      7,
    ),
    hours: countsOf(
      baskets.map(({ hour }) => hour),
      24,
    ),
    carts: household.cartDays.filter((day) => isMeasured({ day })).length,
    singleUnitLines: lines.filter(({ quantity }) => quantity === 1).length,
    promotedLines: lines.filter(({ isPromoted }) => isPromoted).length,
    couponLines: lines.filter(({ hasCoupon }) => hasCoupon).length,
    ...repeatsOf(household.baskets, isMeasured),
    ...offersOf(
      household,
      household.deals.filter((deal) => isMeasured(deal) && deal.day >= household.knownFrom + PRIOR_DAYS),
    ),
  };
}

function countsOf(values: readonly number[], length: number): number[] {
  const counts = new Array<number>(length).fill(0);
  for (const value of values) counts[value]! += 1;
  return counts;
}

/**
 * For each basket and category in it that was bought before: the chance that a line of it drawn at random is of the same
 * brand as one drawn at random from the last basket with that category. So the order of lines in a basket does not count.
 */
function repeatsOf(
  baskets: readonly ObservedBasket[],
  isMeasured: (basket: ObservedBasket) => boolean,
): Pick<HouseholdFacts, 'repeats' | 'sameBrandRepeats'> {
  const last = new Map<string, readonly string[]>();
  let [repeats, sameBrandRepeats] = [0, 0];
  for (const basket of baskets) {
    const now = new Map<string, string[]>();
    for (const { category, brand } of basket.lines) {
      const brands = now.get(category);
      if (brands === undefined) now.set(category, [brand]);
      else brands.push(brand);
    }
    for (const [category, brands] of now) {
      const before = last.get(category);
      last.set(category, brands);
      if (before === undefined || !isMeasured(basket)) continue;
      const same = brands.flatMap((brand) => before.filter((other) => other === brand)).length;
      repeats += 1;
      sameBrandRepeats += same / (brands.length * before.length);
    }
  }
  return { repeats, sameBrandRepeats };
}

function offersOf(
  { baskets }: ObservedHousehold,
  deals: readonly ObservedDeal[],
): Pick<HouseholdFacts, 'priorBuyer' | 'otherBuyer'> {
  const prior = { dealt: 0, redeemed: 0 };
  const other = { dealt: 0, redeemed: 0 };
  for (const { day, covers, isRedeemed } of deals) {
    const isPrior = baskets.some(
      (basket) => basket.day >= day - PRIOR_DAYS && basket.day < day && basket.lines.some(covers),
    );
    const counts = isPrior ? prior : other;
    counts.dealt += 1;
    if (isRedeemed) counts.redeemed += 1;
  }
  return { priorBuyer: prior, otherBuyer: other };
}
