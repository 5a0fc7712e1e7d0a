import { z } from 'zod';

/**
 * The hyper-parameters of the choice model: everything in it that is a number and not a law. Defaults come from the
 * public panels summarised in docs/choice-model.md; each is a candidate for calibration.
 */

const number = z.number().min(-1_000).max(1_000);
const positive = z.number().positive().max(1_000);
const probability = z.number().min(0).max(1);

export const DEFAULT_CHOICE_PARAMETERS = {
  /** Shape of Beta(1, b), the spread of daily visit propensities over households. */
  visitShape: 6.07,
  /** Log-odds of a visit exactly 7 days after the last one: ln(5.0 / 3.8). */
  visitWeeklyRhythm: 0.27,
  /** Log-odds of a visit per unit of coupon affinity × (wallet value ÷ weekly budget, at most 1). */
  visitWalletValue: 0.25,
  /** Probability of another trip on a shop day: 1 / (1 - p) = 1.223 baskets a day. */
  extraTrip: 0.1823,
  /** Share of stock-up trips of an average household, and the mean lines of the two trip types. */
  stockUpShare: 0.4,
  fillInLines: 4.6,
  stockUpLines: 20,
  /** What the goods of an average cart cost at regular prices, in average cart values: those are what is paid. */
  cartAtRegularPrices: 1.1,
  /** Log-odds of a stock-up trip per unit of ln(basket scale), and on a weekend day. */
  stockUpByBasketScale: 0.5,
  stockUpOnWeekend: 0.25,
  /** Weight factor of a preferred category. */
  preferredCategory: 2.5,
  /** Log purchase rate of a category lost per unit at home. */
  stockEffect: 0.45,
  /** Effect of impulsivity (around 0.4) on the log of the number of lines. */
  impulseLines: 0.5,
  /** Response of a category's log purchase rate to its inclusive value. */
  categoryInclusiveValue: 0.35,
  /** Products a shopper sees of a category on one trip. */
  shelfSize: 12,
  /** Price coefficient: base + slope × price sensitivity, on price ÷ mean category price. */
  priceBase: 2,
  priceSlope: 4,
  /** Added to the price coefficient: low, medium, high, affluent. */
  priceByIncome: [0.4, 0, -0.4, -0.8] as number[],
  /** Price sensitivity at which choices at regular prices follow popularity, and how much of the price coefficient
   *  acts on price tiers (dear against cheap products) rather than on price changes. */
  priceReference: 0.5,
  priceTier: 0.25,
  feature: 0.9,
  display: 0.5,
  /** Standard deviation of household-brand intercepts: base + slope × brand loyalty. */
  brandSpreadBase: 1.2,
  brandSpreadSlope: 3.2,
  /** State dependence: weight × brand loyalty on an exponential smoothing with this carry-over. */
  brandCarryOverWeight: 1.5,
  brandCarryOver: 0.8,
  /** Mean extra units of a line, and how household size and discount depth raise it. */
  extraUnits: 0.215,
  extraUnitsByHouseholdSize: 0.4,
  extraUnitsByDiscount: 1,
  /** Log-odds of opening the wallet: base + by tech savviness + by deal seeking (passive … extreme). */
  openWallet: -2.2,
  openWalletByTech: 1.5,
  openWalletByStyle: [0, 0.8, 1.8, 2.8] as number[],
  /** Probability that the wallet is looked at before the shelves, given it is opened (passive … extreme). */
  walletFirst: [0.1, 0.35, 0.8, 0.95] as number[],
  /** Probability that a shopper with an open wallet notices one coupon in it. */
  noticeCoupon: 0.15,
  /** Probability of wanting to use a noticed coupon of typical value: affinity × this. */
  useCoupon: 0.9,
  /** Mean lines added per wanted coupon that fits nothing in the cart, when going back to the shelves. */
  returnLines: 0.8,
  /** Part of a frontstore minimum spend that may be missing for a shopper to fill up to it. */
  fillUpGap: 0.3,
  /** A week may cost (stretch - strictness × price sensitivity) times the weekly budget. */
  budgetStretch: 4,
  budgetStrictness: 1,
  /** Log-odds of completing checkout: by channel, then by traits. */
  checkoutInStore: 3.9,
  checkoutOnline: -0.3,
  checkoutSaving: 4,
  checkoutOverBudget: 2,
  checkoutImpulsivity: 1,
  /** Completion assumed when visits are derived from purchase days, online. */
  onlineCompletion: 0.43,
  /** Satisfaction: log-odds of a visit per unit of it (0 = off), and how much of it is left after the next visit. */
  satisfactionVisits: 0,
  satisfactionMemory: 0.8,
  /** What a visit adds: for being completed or not, per share saved, put back, or wanted of coupons in vain. */
  satisfactionCompleted: 0.1,
  satisfactionAbandoned: -0.5,
  satisfactionSaving: 1,
  satisfactionPutBack: -0.5,
  satisfactionUnmetWish: -0.2,
  /** What an ordinary visit adds up to, in the shipped population without offers; -0.2 online. */
  satisfactionUsual: 0.25,
  /** Offer fatigue: log probability of noticing a coupon lost per coupon shown and not used (0 = off), and the days
   *  after which such a coupon counts by 1/e. */
  offerFatigue: 0,
  offerFatigueDays: 14,
  /** Churn: probability of lapsing in a week at usual satisfaction (0 = off; 0.0005 has as many silent households as the
   *  panel), its log per unit of satisfaction lost, and the log-odds of a visit of a lapsed household: always, and
   *  × coupon affinity × wallet value ÷ weekly budget. */
  churnPerWeek: 0,
  churnBySatisfaction: 2,
  lapsedVisits: -4,
  lapsedWalletValue: 4,
};

export const ChoiceParameters = z
  .strictObject({
    visitShape: positive,
    visitWeeklyRhythm: number,
    visitWalletValue: number,
    extraTrip: z.number().min(0).max(0.8),
    stockUpShare: z.number().gt(0).lt(1),
    fillInLines: z.number().min(1).max(100),
    stockUpLines: z.number().min(1).max(200),
    cartAtRegularPrices: positive,
    stockUpByBasketScale: number,
    stockUpOnWeekend: number,
    preferredCategory: positive,
    stockEffect: z.number().min(0).max(10),
    impulseLines: number,
    categoryInclusiveValue: z.number().min(0).max(5),
    shelfSize: z.int().min(2).max(100),
    priceBase: z.number().min(0).max(50),
    priceSlope: z.number().min(0).max(50),
    priceByIncome: z.array(number).length(4),
    priceReference: probability,
    priceTier: probability,
    feature: number,
    display: number,
    brandSpreadBase: z.number().min(0).max(10),
    brandSpreadSlope: z.number().min(0).max(10),
    brandCarryOverWeight: number,
    brandCarryOver: z.number().min(0).max(0.999),
    extraUnits: z.number().min(0).max(10),
    extraUnitsByHouseholdSize: number,
    extraUnitsByDiscount: number,
    openWallet: number,
    openWalletByTech: number,
    openWalletByStyle: z.array(number).length(4),
    walletFirst: z.array(probability).length(4),
    noticeCoupon: probability,
    useCoupon: probability,
    returnLines: z.number().min(0).max(5),
    fillUpGap: probability,
    budgetStretch: z.number().min(1).max(20),
    budgetStrictness: z.number().min(0).max(1),
    checkoutInStore: number,
    checkoutOnline: number,
    checkoutSaving: number,
    checkoutOverBudget: number,
    checkoutImpulsivity: number,
    onlineCompletion: z.number().gt(0).max(1),
    satisfactionVisits: number,
    satisfactionMemory: z.number().min(0).max(0.999),
    satisfactionCompleted: number,
    satisfactionAbandoned: number,
    satisfactionSaving: number,
    satisfactionPutBack: number,
    satisfactionUnmetWish: number,
    satisfactionUsual: number,
    offerFatigue: z.number().min(0).max(10),
    offerFatigueDays: positive,
    churnPerWeek: probability,
    churnBySatisfaction: number,
    lapsedVisits: number,
    lapsedWalletValue: number,
  })
  .partial()
  .transform((given) => ({ ...DEFAULT_CHOICE_PARAMETERS, ...withoutUndefined(given) }));
export type ChoiceParameters = typeof DEFAULT_CHOICE_PARAMETERS;

/** A field that is spelled out as undefined counts as not given. */
function withoutUndefined(given: object): Partial<ChoiceParameters> {
  const entries = Object.entries(given as Record<string, unknown>);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
