import { ascending, mean, quantileOfSorted } from '../../domain/descriptive-statistics.ts';
import { splitByWeight } from '../../domain/money.ts';
import type { Category } from '../../domain/retail/catalog.ts';
import { DEAL_SEEKING_BEHAVIORS } from '../../domain/retail/persona.ts';
import type { Persona } from '../../domain/retail/persona.ts';
import { betaQuantile, bracketOf } from '../distributions.ts';
import { Draws } from '../draws.ts';
import { backstoryOf, shoppingPatternsOf } from '../persona-text.ts';
import { ranksOf, sharesOf } from '../ranks.ts';
import { dayOfWeek } from './days.ts';
import { demographicsDrawnFrom } from './demographics.ts';
import type { DrawDemographics } from './demographics.ts';
import { frequencyOf, shopDaysOf } from './households.ts';
import type { Basket, Household } from './households.ts';
import type { Panel } from './panel.ts';

// From what a household did to the 28 attributes. What it did seldom is smoothed by what the average household of
// the panel does; what the panel does not know is drawn by the household's id and named in `imputedAttributes`.

/** How much of the average household is added to each one's own: days, trips, lines or purchases. */
const PRIOR = { days: 7, tripsByDay: 14, tripsByTime: 6.5, dealLines: 20, repeats: 10, categoryLines: 3 };
const DEAL_SEEKING_SHARES = [0.38, 0.34, 0.2, 0.08];

/**
 * Personas of some households of a panel.
 * @param population all of the panel's: traits are ranks among them, whichever become agents
 */
export function personasOf(
  sample: readonly Household[],
  {
    panel,
    population,
    categories,
    seed,
  }: { panel: Panel; population: readonly Household[]; categories: readonly Category[]; seed: string },
): Persona[] {
  const sources: Sources = {
    panel,
    categories,
    seed,
    average: averageOf(population),
    traits: traitsOf(population),
    drawDemographics: demographicsDrawnFrom(population),
  };
  return sample.map((household) => personaOf(household, sources));
}

type Sources = {
  panel: Panel;
  categories: readonly Category[];
  seed: string;
  average: Average;
  traits: ReadonlyMap<string, Traits>;
  drawDemographics: DrawDemographics;
};

/** Of all baskets of the panel. */
type Average = { visitRate: number; dayShares: number[]; timeShares: number[] };

function averageOf(population: readonly Household[]): Average {
  const shopDays = population.reduce((sum, household) => sum + shopDaysOf(household).length, 0);
  const days = population.reduce((sum, household) => sum + household.days, 0);
  const baskets = population.flatMap((household) => household.baskets);
  return {
    visitRate: shopDays / days,
    dayShares: sharesOf(countsOf(baskets.map(({ day }) => dayBlock(day)))),
    timeShares: sharesOf(countsOf(baskets.map(({ hour }) => timeBlock(hour)))),
  };
}

type Traits = { priceSensitivity: number; brandLoyalty: number; couponAffinity: number; dealRank: number };

function traitsOf(population: readonly Household[]): Map<string, Traits> {
  const sum = (value: (household: Household) => number) =>
    population.reduce((total, household) => total + value(household), 0);
  const dealShare = sum(({ allDealLines }) => allDealLines) / sum(({ allLines }) => allLines);
  const repeats = sum((household) => household.repeats);
  const repeatShare = repeats === 0 ? 0.5 : sum((household) => household.sameBrandRepeats) / repeats;
  const deals = population.map(
    (household) =>
      (household.allDealLines + PRIOR.dealLines * dealShare) / (household.allLines + PRIOR.dealLines),
  );
  const couponRates = population.map(
    (household) => household.allCouponLines / (household.allLines + PRIOR.dealLines),
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
          (household.sameBrandRepeats + repeatShare * PRIOR.repeats) / (household.repeats + PRIOR.repeats),
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

function personaOf(
  household: Household,
  { panel, categories, seed, average, traits: allTraits, drawDemographics }: Sources,
): Persona {
  const draws = new Draws(seed, 'household', household.id);
  const { imputedAttributes, ...demographics } = drawDemographics(household, draws);
  const traits = allTraits.get(household.id)!;
  // Who bought nothing that the catalogue has is known by all else that it bought.
  const baskets = household.baskets.length > 0 ? household.baskets : household.allBaskets;
  const [weekday, saturday, sunday] = smoothed(
    baskets.map(({ day }) => dayBlock(day)),
    average.dayShares,
    PRIOR.tripsByDay,
  );
  const [morning, afternoon, evening] = smoothed(
    baskets.map(({ hour }) => timeBlock(hour)),
    average.timeShares,
    PRIOR.tripsByTime,
  );
  const facts = {
    agentId: `${panel.agentPrefix}_${household.id}`,
    generationModel: 'panel',
    generatedAt: null,
    ...demographics,
    locationRegion: household.demographics.region ?? panel.region,
    priceSensitivity: traits.priceSensitivity,
    brandLoyalty: traits.brandLoyalty,
    impulsivity: toThousandth(betaQuantile(draws.uniform(), 2, 3)),
    techSavviness: toThousandth(betaQuantile(draws.uniform(), 3, 3)),
    preferredCategories: preferredCategories(household, categories),
    // What it is ready to spend: nine of ten of its weeks with shopping stay below.
    weeklyBudgetCents: toCents(quantileOfSorted(weeklySpend(baskets), 0.9)),
    shoppingFrequency: frequencyOf(household),
    avgCartValueCents: toCents(mean(baskets.map(({ value }) => value))),
    prefDayWeekday: weekday!,
    prefDaySaturday: saturday!,
    prefDaySunday: sunday!,
    prefTimeMorning: morning!,
    prefTimeAfternoon: afternoon!,
    prefTimeEvening: evening!,
    couponAffinity: traits.couponAffinity,
    dealSeekingBehavior: DEAL_SEEKING_BEHAVIORS[bracketOf(traits.dealRank, DEAL_SEEKING_SHARES)]!,
    visitRate:
      (shopDaysOf(household).length + PRIOR.days * average.visitRate) / (household.days + PRIOR.days),
    imputedAttributes: [
      ...imputedAttributes,
      'impulsivity',
      'tech_savviness',
      ...(household.baskets.length === 0 ? ['preferred_categories'] : []),
    ],
  };
  return { ...facts, backstory: backstoryOf(facts), sampleShoppingPatterns: shoppingPatternsOf(facts) };
}

/** Two to four categories that the household buys more of than others do, as far as its lines can tell. */
function preferredCategories({ linesByCategory }: Household, categories: readonly Category[]): string[] {
  const total = [...linesByCategory.values()].reduce((sum, count) => sum + count, 0);
  const weight = categories.reduce((sum, { basketWeight }) => sum + basketWeight, 0);
  const ranked = categories
    .map(({ name, basketWeight }) => {
      const expected = (total * basketWeight) / weight;
      return {
        name,
        lift: ((linesByCategory.get(name) ?? 0) + PRIOR.categoryLines) / (expected + PRIOR.categoryLines),
      };
    })
    .sort((a, b) => b.lift - a.lift || (a.name < b.name ? -1 : 1));
  const clear = ranked.slice(0, 4).filter(({ lift }) => lift > 1.25).length;
  return ranked.slice(0, Math.max(2, clear)).map(({ name }) => name);
}

/** Spend in each week with shopping, ascending. */
function weeklySpend(baskets: readonly Basket[]): number[] {
  const weeks = new Map<number, number>();
  for (const { day, value } of baskets)
    weeks.set(Math.floor(day / 7), (weeks.get(Math.floor(day / 7)) ?? 0) + value);
  return ascending([...weeks.values()]);
}

/** Monday to Friday, Saturday, Sunday. */
function dayBlock(day: number): number {
  const weekday = dayOfWeek(day);
  if (weekday === 6) return 1;
  return weekday === 0 ? 2 : 0;
}

/** Before noon, until 17:00, later. */
function timeBlock(hour: number): number {
  return hour < 12 ? 0 : hour < 17 ? 1 : 2;
}

function countsOf(blocks: readonly number[]): number[] {
  const counts = [0, 0, 0];
  for (const block of blocks) counts[block]! += 1;
  return counts;
}

/** Shares of three blocks, with some trips of the average household added, in thousandths that sum to 1. */
function smoothed(blocks: readonly number[], averageShares: readonly number[], trips: number): number[] {
  const own = countsOf(blocks);
  return splitByWeight(
    1000,
    averageShares.map((share, block) => share * trips + own[block]!),
  ).map((part) => part / 1000);
}

function toThousandth(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function toCents(amount: number): number {
  return Math.min(100_000_00, Math.max(1, Math.round(amount * 100)));
}
