import type { Category, Store } from '../domain/retail/catalog.ts';
import { splitByWeight } from '../domain/money.ts';
import {
  ageGroupOf,
  DEAL_SEEKING_BEHAVIORS,
  INCOME_BRACKETS,
  SHOPPING_FREQUENCIES,
} from '../domain/retail/persona.ts';
import type { Persona } from '../domain/retail/persona.ts';
import { betaQuantile, bracketOf, cholesky, normalCdf } from './distributions.ts';
import { Draws } from './draws.ts';
import { backstoryOf, shoppingPatternsOf } from './persona-text.ts';

// Invented shoppers with the marginals of a real grocery panel (The Complete Journey, 2,469 households): each
// trait is a normal score turned into its marginal, and the scores are correlated (a Gaussian copula).
// Shopper number n depends on the seed and n alone, so a larger population contains the smaller one.

const GENERATED_AT = new Date('2025-01-01T00:00:00Z');

const TRAITS = [
  'age',
  'income',
  'household',
  'price',
  'loyalty',
  'impulse',
  'tech',
  'coupon',
  'budget',
  'cart',
  'frequency',
] as const;
type Trait = (typeof TRAITS)[number];

/** Correlations of the scores; pairs that are not listed are independent. Panel: deals and coupons, trips and
 *  basket size, income. The others are assumed: technology falls with age, price sensitivity with income. */
const CORRELATIONS: readonly (readonly [Trait, Trait, number])[] = [
  ['age', 'household', -0.3],
  ['age', 'tech', -0.6],
  ['age', 'impulse', -0.2],
  ['age', 'loyalty', 0.15],
  ['income', 'price', -0.4],
  ['income', 'tech', 0.2],
  ['income', 'budget', 0.35],
  ['income', 'cart', 0.2],
  ['household', 'budget', 0.4],
  ['household', 'cart', 0.3],
  ['price', 'loyalty', -0.3],
  ['price', 'coupon', 0.27],
  ['coupon', 'frequency', 0.15],
  ['budget', 'cart', 0.5],
  ['budget', 'frequency', 0.4],
  ['cart', 'frequency', -0.1],
];
const FACTOR = cholesky(
  TRAITS.map((row) =>
    TRAITS.map((column) => {
      if (row === column) return 1;
      return (
        CORRELATIONS.find(([a, b]) => (a === row && b === column) || (a === column && b === row))?.[2] ?? 0
      );
    }),
  ),
);

/** Age groups from 18, with the shares of the panel. */
export const AGES = {
  shares: [0.057, 0.177, 0.242, 0.36, 0.074, 0.09],
  from: [18, 25, 35, 45, 55, 65],
  to: [24, 34, 44, 54, 64, 85],
};
export const INCOME_SHARES = [0.169, 0.551, 0.21, 0.071];
export const HOUSEHOLD_SHARES = [0.318, 0.397, 0.136, 0.066, 0.05, 0.024, 0.009];
/** Chance of children by household size; 36 % of all households. */
export const CHILDREN = [0, 0.27, 0.87, 0.92, 0.95, 0.97, 0.98];
/** Coupon use is highest in the upper middle: shift of the coupon score by income bracket. */
const COUPON_SHIFT = [-0.2, 0.03, 0.3, -0.35];
/** From rare to frequent. */
const FREQUENCY_SHARES = [0.165, 0.45, 0.26, 0.125];
const GENDER_SHARES = [0.56, 0.39, 0.02, 0.03];
const GENDERS = ['female', 'male', 'other', 'undisclosed'] as const;
const DEAL_SEEKING_SHARES = [0.38, 0.34, 0.2, 0.08];
const NEVER_USES_COUPONS = 0.37;
const FAMILY_CATEGORIES = new Set(['Baby Food', 'Cereal', 'Frozen Pizza', 'Ice Cream', 'Juice', 'Milk']);

export type PersonaGeneratorOptions = {
  seed: string;
  count: number;
  categories: readonly Pick<Category, 'name' | 'basketWeight'>[];
  stores: readonly Pick<Store, 'region'>[];
};

/** Shoppers `agent_001` to `agent_<count>`. */
export function generatePersonas(options: PersonaGeneratorOptions): Persona[] {
  return Array.from({ length: options.count }, (_, index) => generatePersona(options, index + 1));
}

function generatePersona({ seed, categories, stores }: PersonaGeneratorOptions, number: number): Persona {
  const draws = new Draws(seed, 'agent', number);
  const scores = drawScores(draws);
  const rank = (trait: Trait) => normalCdf(scores[trait]);

  const age = ageAt(rank('age'));
  const income = bracketOf(rank('income'), INCOME_SHARES);
  const householdSize = bracketOf(rank('household'), HOUSEHOLD_SHARES) + 1;
  const couponScore = (scores.coupon + COUPON_SHIFT[income]!) / Math.sqrt(1.04);
  const dealScore = (0.7 * couponScore + 0.5 * scores.price) / Math.sqrt(0.49 + 0.25 + 2 * 0.35 * 0.27);
  const hasChildren = draws.chance(CHILDREN[householdSize - 1]!);
  const [weekday, saturday, sunday] = thousandths(draws.dirichlet([0.675, 0.158, 0.167], 14));
  const [morning, afternoon, evening] = thousandths(draws.dirichlet([0.197, 0.373, 0.43], 6.5));

  const facts = {
    agentId: `agent_${String(number).padStart(3, '0')}`,
    generationModel: 'excel',
    generatedAt: GENERATED_AT,
    age,
    ageGroup: ageGroupOf(age),
    gender: GENDERS[bracketOf(draws.uniform(), GENDER_SHARES)]!,
    incomeBracket: INCOME_BRACKETS[income]!,
    householdSize,
    hasChildren,
    locationRegion: draws.pick(stores).region,
    // Mean 0.67: with 2 + 4 x sensitivity this centres on the price coefficients of five scanner panels.
    priceSensitivity: toThousandth(betaQuantile(rank('price'), 4, 2)),
    brandLoyalty: toThousandth(betaQuantile(rank('loyalty'), 3, 2)),
    impulsivity: toThousandth(betaQuantile(rank('impulse'), 2, 3)),
    techSavviness: toThousandth(betaQuantile(rank('tech'), 3, 3)),
    preferredCategories: preferredCategories(draws, categories, hasChildren),
    weeklyBudgetCents: toHalfUnit(47 * Math.exp(0.636 * scores.budget)),
    shoppingFrequency: SHOPPING_FREQUENCIES.toReversed()[bracketOf(rank('frequency'), FREQUENCY_SHARES)]!,
    avgCartValueCents: toHalfUnit(26.5 * Math.exp(0.61 * scores.cart)),
    prefDayWeekday: weekday!,
    prefDaySaturday: saturday!,
    prefDaySunday: sunday!,
    prefTimeMorning: morning!,
    prefTimeAfternoon: afternoon!,
    prefTimeEvening: evening!,
    couponAffinity: couponAffinityAt(normalCdf(couponScore)),
    dealSeekingBehavior: DEAL_SEEKING_BEHAVIORS[bracketOf(normalCdf(dealScore), DEAL_SEEKING_SHARES)]!,
    visitRate: null,
    imputedAttributes: [],
  };
  return { ...facts, backstory: backstoryOf(facts), sampleShoppingPatterns: shoppingPatternsOf(facts) };
}

function drawScores(draws: Draws): Record<Trait, number> {
  const independent = TRAITS.map(() => draws.normal());
  const scores = FACTOR.map((row) =>
    row.reduce((sum, weight, index) => sum + weight * independent[index]!, 0),
  );
  return Object.fromEntries(TRAITS.map((trait, index) => [trait, scores[index]!])) as Record<Trait, number>;
}

function ageAt(rank: number): number {
  const group = bracketOf(rank, AGES.shares);
  const below = AGES.shares.slice(0, group).reduce((a, b) => a + b, 0);
  const position = Math.min(0.999, Math.max(0, (rank - below) / AGES.shares[group]!));
  return AGES.from[group]! + Math.floor(position * (AGES.to[group]! - AGES.from[group]! + 1));
}

/** 37 % never use a coupon; with the sixth power the keenest tenth of all holds 70 % of the affinity. */
function couponAffinityAt(rank: number): number {
  if (rank < NEVER_USES_COUPONS) return 0;
  return Math.max(0.001, toThousandth(((rank - NEVER_USES_COUPONS) / (1 - NEVER_USES_COUPONS)) ** 6));
}

function preferredCategories(
  draws: Draws,
  categories: PersonaGeneratorOptions['categories'],
  hasChildren: boolean,
): string[] {
  const weights = categories.map(({ name, basketWeight }) => {
    if (!FAMILY_CATEGORIES.has(name)) return basketWeight;
    return basketWeight * (hasChildren ? 1.8 : 0.6);
  });
  const count = 2 + draws.pickWeighted([0.3, 0.45, 0.25]);
  return draws.sampleWeighted(categories, weights, count).map(({ name }) => name);
}

/** Shares in thousandths that sum to exactly 1. */
function thousandths(shares: readonly number[]): number[] {
  return splitByWeight(1000, shares).map((part) => part / 1000);
}

function toThousandth(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Cents, in steps of half a unit of money. */
function toHalfUnit(amount: number): number {
  return Math.max(1, Math.round(amount * 2)) * 50;
}
