import { splitByWeight } from '../../domain/money.ts';
import type { Category } from '../../domain/retail/catalog.ts';
import { AGE_GROUPS, ageGroupOf, DEAL_SEEKING_BEHAVIORS } from '../../domain/retail/persona.ts';
import type { Persona } from '../../domain/retail/persona.ts';
import { betaQuantile, bracketOf } from '../distributions.ts';
import { Draws } from '../draws.ts';
import { backstoryOf, shoppingPatternsOf } from '../persona-text.ts';
import { DAYS, dayOfWeek } from './calendar.ts';
import { frequencyOf, shopDaysOf } from './households.ts';
import type { Household } from './households.ts';
import type { Demographics } from './panel.ts';
import { ascending, mean, quantileOfSorted } from '../../domain/descriptive-statistics.ts';
import { ranksOf, sharesOf } from './statistics.ts';

// From what a household did to the 28 attributes. What the panel does not know is drawn from the shares among the
// 801 households that it knows more of, by the household's number, and named in `imputedAttributes`.

/** Shop days of households follow Beta(1.00, 6.39): the prior that keeps a rate off 0 and 1. */
const VISIT_PRIOR = { a: 1, b: 6.39 };
/** Trips of an average household that are added to each one's day and time shares. */
const DAY_PRIOR = { shares: [0.675, 0.158, 0.167], trips: 14 };
const TIME_PRIOR = { shares: [0.197, 0.373, 0.43], trips: 6.5 };
const DEAL_PRIOR_LINES = 20;
const REPEAT_PRIOR = { share: 0.6, purchases: 10 };
const CATEGORY_PRIOR_LINES = 3;
const DEAL_SEEKING_SHARES = [0.38, 0.34, 0.2, 0.08];

export type PersonaSources = {
  /** All of the panel: traits are ranks among all households, whichever are sampled. */
  population: readonly Household[];
  demographics: ReadonlyMap<number, Demographics>;
  categories: readonly Category[];
  categoryNameOf: (panelCategory: string) => string;
  region: string;
  seed: string;
};

export function personasOf(sample: readonly Household[], sources: PersonaSources): Persona[] {
  const traits = traitsOf(sources.population);
  return sample.map((household) => personaOf(household, traits.get(household.id)!, sources));
}

type Traits = { priceSensitivity: number; brandLoyalty: number; couponAffinity: number; dealRank: number };

function traitsOf(population: readonly Household[]): Map<number, Traits> {
  const lines = population.reduce((sum, { allLines }) => sum + allLines, 0);
  const dealShare = population.reduce((sum, { allDealLines }) => sum + allDealLines, 0) / lines;
  const deals = population.map(
    (household) =>
      (household.allDealLines + DEAL_PRIOR_LINES * dealShare) / (household.allLines + DEAL_PRIOR_LINES),
  );
  const couponRates = population.map(
    (household) => household.allCouponLines / (household.allLines + DEAL_PRIOR_LINES),
  );
  const users = ascending(couponRates.filter((rate) => rate > 0));
  // The keenest fiftieth of the users is the top of the scale.
  const top = users.length === 0 ? 1 : quantileOfSorted(users, 0.98);
  const dealRanks = ranksOf(deals);
  const couponRanks = ranksOf(couponRates);
  const seekingRanks = ranksOf(dealRanks.map((rank, index) => 0.6 * couponRanks[index]! + 0.4 * rank));
  return new Map(
    population.map((household, index) => [
      household.id,
      {
        // The rank keeps the order of the panel and the spread that the choice model expects.
        priceSensitivity: toThousandth(betaQuantile(dealRanks[index]!, 4, 2)),
        brandLoyalty: toThousandth(
          (household.sameMakerRepeats + REPEAT_PRIOR.share * REPEAT_PRIOR.purchases) /
            (household.repeats + REPEAT_PRIOR.purchases),
        ),
        couponAffinity:
          couponRates[index]! === 0
            ? 0
            : Math.max(0.001, toThousandth(Math.min(1, couponRates[index]! / top))),
        dealRank: seekingRanks[index]!,
      },
    ]),
  );
}

function personaOf(household: Household, traits: Traits, sources: PersonaSources): Persona {
  const draws = new Draws(sources.seed, 'household', household.id);
  const { imputedAttributes, ...demographics } = demographicsOf(
    sources.demographics.get(household.id),
    draws,
  );
  const shopDays = shopDaysOf(household);
  const { baskets } = household;
  const weekly = weeklySpend(household);
  const [weekday, saturday, sunday] = smoothed(
    baskets.map(({ day }) => dayBlock(day)),
    DAY_PRIOR,
  );
  const [morning, afternoon, evening] = smoothed(
    baskets.map(({ hour }) => (hour < 12 ? 0 : hour < 17 ? 1 : 2)),
    TIME_PRIOR,
  );
  const facts = {
    agentId: `cj_${household.id}`,
    generationModel: 'panel',
    generatedAt: null,
    ...demographics,
    locationRegion: sources.region,
    priceSensitivity: traits.priceSensitivity,
    brandLoyalty: traits.brandLoyalty,
    impulsivity: toThousandth(betaQuantile(draws.uniform(), 2, 3)),
    techSavviness: toThousandth(betaQuantile(draws.uniform(), 3, 3)),
    preferredCategories: preferredCategories(household, sources),
    // What it is ready to spend: nine of ten of its weeks with shopping stay below.
    weeklyBudgetCents: toCents(quantileOfSorted(weekly, 0.9)),
    shoppingFrequency: frequencyOf(shopDays),
    avgCartValueCents: toCents(mean(baskets.map(({ value }) => value))),
    prefDayWeekday: weekday!,
    prefDaySaturday: saturday!,
    prefDaySunday: sunday!,
    prefTimeMorning: morning!,
    prefTimeAfternoon: afternoon!,
    prefTimeEvening: evening!,
    couponAffinity: traits.couponAffinity,
    dealSeekingBehavior: DEAL_SEEKING_BEHAVIORS[bracketOf(traits.dealRank, DEAL_SEEKING_SHARES)]!,
    visitRate: (shopDays + VISIT_PRIOR.a) / (DAYS + VISIT_PRIOR.a + VISIT_PRIOR.b),
    imputedAttributes: [...imputedAttributes, 'impulsivity', 'tech_savviness'],
  };
  return { ...facts, backstory: backstoryOf(facts), sampleShoppingPatterns: shoppingPatternsOf(facts) };
}

/** Known brackets of the panel, with the shares among the households for which they are known. */
const AGE_SHARES = [0.057, 0.177, 0.242, 0.36, 0.074, 0.09];
const AGE_FROM = [18, 25, 35, 45, 55, 65];
const AGE_TO = [24, 34, 44, 54, 64, 84];
const INCOMES = {
  low: ['Under 15K', '15-24K'],
  medium: ['25-34K', '35-49K', '50-74K'],
  high: ['75-99K', '100-124K', '125-149K'],
  affluent: ['150-174K', '175-199K', '200-249K', '250K+'],
};
const INCOME_SHARES = [0.169, 0.551, 0.21, 0.071];
const SIZE_SHARES = [0.318, 0.397, 0.136, 0.066, 0.082];
const CHILDREN = [0, 0.27, 0.87, 0.92, 0.95];

type DemographicAttributes = Pick<
  Persona,
  'age' | 'ageGroup' | 'gender' | 'incomeBracket' | 'householdSize' | 'hasChildren' | 'imputedAttributes'
>;

function demographicsOf(known: Demographics | undefined, draws: Draws): DemographicAttributes {
  const imputed: string[] = ['age'];
  const or = <T>(value: T | undefined, attribute: string, draw: () => T): T => {
    const drawn = draw(); // Always, so that the household's later draws do not depend on what is known of it.
    if (value !== undefined) return value;
    imputed.push(attribute);
    return drawn;
  };
  const knownGroup = AGE_GROUPS.indexOf(
    (known?.age === '19-24' ? '18-24' : known?.age) as (typeof AGE_GROUPS)[number],
  );
  const group = or(knownGroup === -1 ? undefined : knownGroup, 'age_group', () =>
    draws.pickWeighted(AGE_SHARES),
  );
  const age = draws.integer(AGE_FROM[group]!, AGE_TO[group]!);
  const brackets = Object.keys(INCOMES) as (keyof typeof INCOMES)[];
  const knownBracket = brackets.find((bracket) => INCOMES[bracket].includes(known?.income ?? ''));
  const knownSize = /^[1-5]/.exec(known?.householdSize ?? '')?.[0];
  const householdSize = or(
    knownSize === undefined ? undefined : Number(knownSize),
    'household_size',
    () => draws.pickWeighted(SIZE_SHARES) + 1,
  );
  const knownChildren =
    known?.kidsCount === undefined || known.kidsCount === null || known.kidsCount === 'Unknown'
      ? undefined
      : known.kidsCount !== '0';
  return {
    age,
    ageGroup: ageGroupOf(age),
    // The panel does not know it.
    gender: 'undisclosed',
    incomeBracket: or(knownBracket, 'income_bracket', () => brackets[draws.pickWeighted(INCOME_SHARES)]!),
    householdSize,
    hasChildren: or(knownChildren, 'has_children', () => draws.chance(CHILDREN[householdSize - 1]!)),
    imputedAttributes: imputed,
  };
}

/** Two to four categories that the household buys more of than others do, as far as its lines can tell. */
function preferredCategories(
  { linesByCategory }: Household,
  { categories, categoryNameOf }: PersonaSources,
): string[] {
  const own = new Map([...linesByCategory].map(([category, count]) => [categoryNameOf(category), count]));
  const total = [...own.values()].reduce((sum, count) => sum + count, 0);
  const weight = categories.reduce((sum, { basketWeight }) => sum + basketWeight, 0);
  const ranked = categories
    .map(({ name, basketWeight }) => {
      const expected = (total * basketWeight) / weight;
      return {
        name,
        lift: ((own.get(name) ?? 0) + CATEGORY_PRIOR_LINES) / (expected + CATEGORY_PRIOR_LINES),
      };
    })
    .sort((a, b) => b.lift - a.lift || a.name.localeCompare(b.name));
  const clear = ranked.slice(0, 4).filter(({ lift }) => lift > 1.25).length;
  return ranked.slice(0, Math.max(2, clear)).map(({ name }) => name);
}

/** Spend in each week with shopping, ascending. */
function weeklySpend({ baskets }: Household): number[] {
  const weeks = new Map<number, number>();
  for (const { day, value } of baskets)
    weeks.set(Math.floor(day / 7), (weeks.get(Math.floor(day / 7)) ?? 0) + value);
  return ascending([...weeks.values()]);
}

function dayBlock(day: number): number {
  const weekday = dayOfWeek(day);
  if (weekday === 6) return 1;
  return weekday === 0 ? 2 : 0;
}

/** Shares of three blocks, with some trips of the average household added, in thousandths that sum to 1. */
function smoothed(blocks: readonly number[], prior: { shares: number[]; trips: number }): number[] {
  const counts = prior.shares.map(
    (share, block) => share * prior.trips + blocks.filter((value) => value === block).length,
  );
  return splitByWeight(1000, sharesOf(counts)).map((part) => part / 1000);
}

function toThousandth(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function toCents(amount: number): number {
  return Math.max(1, Math.round(amount * 100));
}
