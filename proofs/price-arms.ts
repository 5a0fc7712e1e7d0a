// Planted truth: the same shoppers with the same luck at prices 10 % lower, as they are, and 10 % higher, by price shocks of
// the event calendar. What they do is measured on the recorded sessions; what they should do is worked out from the laws in
// docs/choice-model.md, on what they saw at prices as they are. An agent over all its seeds is one unit.
import { mean } from '../domain/descriptive-statistics.ts';
import { exp, ln, power } from '../domain/math.ts';
import { pairedDifference } from '../domain/paired-difference.ts';
import { RandomKey } from '../domain/random.ts';
import { addDays } from '../domain/retail/calendar.ts';
import type { CatalogIndex, CategoryShelf } from '../domain/retail/catalog-index.ts';
import type { TripContext } from '../domain/retail/choice-context.ts';
import type { ChoiceParameters } from '../domain/retail/choice-parameters.ts';
import type { CalendarEvent, PriceShock } from '../domain/retail/event-calendar.ts';
import { householdProfile, unitsAtHome } from '../domain/retail/household.ts';
import { initialHousehold, usualTrips } from '../domain/retail/initial-household.ts';
import type { UsualEffects } from '../domain/retail/initial-household.ts';
import { INCOME_BRACKETS } from '../domain/retail/persona.ts';
import type { Persona } from '../domain/retail/persona.ts';
import { shelfOf } from '../domain/retail/product-choice.ts';
import type { ProductChoice, ShelfItem } from '../domain/retail/product-choice.ts';
import { agentKey } from '../domain/retail/shopping-day.ts';
import type { ShoppingSession } from '../domain/retail/shopping-session.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { simulateDirectly } from '../graphs/retail/direct-simulation.ts';
import type { DirectSession } from '../graphs/retail/direct-simulation.ts';

export type Market = { readonly catalog: CatalogIndex; readonly personas: readonly Persona[] };

/** An elasticity as it was planted and as it was measured, with the 95 % interval of the latter. */
export type PlantedElasticity = {
  readonly name: string;
  readonly planted: number;
  readonly measured: number;
  readonly interval: readonly [low: number, high: number];
  readonly agents: number;
  readonly holds: boolean;
};

const CHEAP = 0.9;
const DEAR = 1.1;
const LN_PRICE_RATIO = ln(DEAR / CHEAP);
const START_DATE = '2026-01-05';
const FIRST_TRIP_DAYS = 7;

type Arms<T> = { readonly cheap: T; readonly plain: T; readonly dear: T };

/** One first trip in the three arms: only prices differ, since nothing has happened before it. */
type FirstTrip = Arms<ShoppingSession> & {
  readonly persona: Persona;
  readonly parameters: ChoiceParameters;
  readonly seed: string;
  readonly day: number;
  readonly date: string;
};

/** What one first trip gives: counted in the dear and the cheap arm, and expected by the law in all three. */
type Count = { readonly cheap: number; readonly dear: number; readonly expected: Arms<number> };

/**
 * Elasticities on the first trip of each agent: of the choice of a product given its category, when one product of each
 * category is shocked; of category incidence and of units per line, when all prices are.
 */
export async function shortRunElasticities(
  market: Market,
  seeds: readonly string[],
): Promise<PlantedElasticity[]> {
  const products = market.catalog.categories.map(
    ({ products }) => [...products].sort((a, b) => b.popularity - a.popularity)[0]!.sku,
  );
  const single = await firstTrips(market, seeds, (price) => products.map((sku) => ({ sku, price })));
  const all = await firstTrips(market, seeds, (price) => [{ price }]);
  return [
    elasticityOf('product choice, given the category', market, single, (trip) =>
      choiceCount(trip, market.catalog, new Set(products)),
    ),
    elasticityOf('category incidence', market, all, (trip) => incidenceCount(trip, market.catalog)),
    elasticityOf('units per line', market, all, unitCount),
  ];
}

/** Elasticities of units with respect to a price cut that ends again. */
export type PullForward = Readonly<Record<'gross' | 'dip' | 'net', PlantedElasticity>>;

const BEFORE_DAYS = 14;
const CUT_DAYS = 14;
const AFTER_DAYS = 56;

/**
 * All prices are cut for two weeks. `gross` is what is bought more in these weeks, `dip` what is bought less in the eight
 * weeks after them, `net` both together; all over what is bought in the two weeks without a cut, and the change of the
 * logarithm of prices, so that a dip is positive.
 */
export async function pullForward(
  { catalog, personas }: Market,
  seeds: readonly string[],
  factor: number,
  choice: Partial<ChoiceParameters> = {},
): Promise<PullForward> {
  const from = addDays(START_DATE, BEFORE_DAYS);
  const cut: CalendarEvent = {
    name: 'cut',
    dates: [{ from, to: addDays(from, CUT_DAYS - 1) }],
    prices: [{ price: factor }],
  };
  const days = BEFORE_DAYS + CUT_DAYS + AFTER_DAYS;
  const units = { plain: new Map<string, UnitSums>(), cut: new Map<string, UnitSums>() };
  for (const seed of seeds)
    for (const arm of ['plain', 'cut'] as const) {
      const events = arm === 'cut' ? [cut] : [];
      const sessions = await simulateDirectly(
        armConfig({ seed, days, events, choice }),
        catalog,
        [],
        personas,
      );
      for (const { agentId, day, session } of sessions)
        if (session.outcome === 'completed') {
          const bought = session.priced.lines.reduce((sum, line) => sum + line.quantity, 0);
          units[arm].set(agentId, added(units[arm].get(agentId) ?? NO_UNITS, day, bought));
        }
    }
  const law = plannedUnits({ catalog, personas }, seeds, factor, choice);
  const agents = personas.map(({ agentId }) => agentId);
  const measure = (name: string, of: (sums: UnitSums) => number): PlantedElasticity => {
    const sums = (arm: 'plain' | 'cut') => agents.map((agentId) => of(units[arm].get(agentId) ?? NO_UNITS));
    const key = RandomKey.of('pull forward').at(name);
    const { difference, interval } = pairedDifference(sums('plain'), sums('cut'), key);
    const during = agents.map((agentId) => (units.plain.get(agentId) ?? NO_UNITS).during);
    const scale = mean(during) * ln(factor);
    const planted = (of(law.cut) - of(law.plain)) / (law.plain.during * ln(factor));
    // The logarithm of a cut is negative: the upper end becomes the lower one.
    const [low, high] = [interval[1] / scale, interval[0] / scale];
    const holds = low <= planted && planted <= high;
    return {
      name,
      planted,
      measured: difference / scale,
      interval: [low, high],
      agents: agents.length,
      holds,
    };
  };
  return {
    gross: measure('gross', ({ during }) => during),
    dip: measure('dip', ({ after }) => after),
    net: measure('net', ({ during, after }) => during + after),
  };
}

/** Times that the law is lived for each agent and seed: its own luck is then a tenth of what is measured. */
const LIVES = 40;

/**
 * Units that the laws of a trip alone expect, without and with the cut: how often, how much of which category given what
 * is at home, how many units. What the cut does to a category's purchases and to the units of a line is that of
 * `incidenceCount` and `unitCount`.
 */
function plannedUnits(
  { catalog, personas }: Market,
  seeds: readonly string[],
  factor: number,
  choice: Partial<ChoiceParameters>,
): { plain: UnitSums; cut: UnitSums } {
  const sums = { plain: NO_UNITS, cut: NO_UNITS };
  for (const seed of seeds)
    for (const persona of personas) {
      const { choice: parameters } = armConfig({ seed, days: 1, events: [], choice });
      const context = tripOf(
        { persona, parameters, seed, day: BEFORE_DAYS, date: addDays(START_DATE, BEFORE_DAYS) },
        catalog,
      );
      const pull = new Map(
        catalog.categories.map((shelf) => [shelf.name, categoryPull(context, shelf, factor)]),
      );
      const extra = exp(parameters.extraUnitsByDiscount * (1 - factor));
      const isCut = (day: number) => day >= BEFORE_DAYS && day < BEFORE_DAYS + CUT_DAYS;
      const effects: UsualEffects = {
        purchases: (category, day) => (isCut(day) ? pull.get(category)! : 1),
        extraUnits: (day) => (isCut(day) ? extra : 1),
      };
      const atHome = new Map(
        catalog.categories.map(({ name }) => [
          name,
          unitsAtHome(context.household, context.profile, name, 0),
        ]),
      );
      for (let life = 0; life < LIVES; life++)
        for (const arm of ['plain', 'cut'] as const)
          for (const { day, units } of usualTrips(
            context,
            atHome,
            RandomKey.of(seed).at('law', persona.agentId, life),
            arm === 'cut' ? effects : undefined,
          )) {
            if (day >= BEFORE_DAYS + CUT_DAYS + AFTER_DAYS) break;
            sums[arm] = added(sums[arm], day, units);
          }
    }
  return sums;
}

type UnitSums = { readonly during: number; readonly after: number };
const NO_UNITS: UnitSums = { during: 0, after: 0 };

function added({ during, after }: UnitSums, day: number, units: number): UnitSums {
  const isDuring = day >= BEFORE_DAYS && day < BEFORE_DAYS + CUT_DAYS;
  const isAfter = day >= BEFORE_DAYS + CUT_DAYS;
  return { during: during + (isDuring ? units : 0), after: after + (isAfter ? units : 0) };
}

async function firstTrips(
  { catalog, personas }: Market,
  seeds: readonly string[],
  shocks: (factor: number) => PriceShock[],
): Promise<FirstTrip[]> {
  const trips: FirstTrip[] = [];
  for (const seed of seeds) {
    const run = async (factor: number): Promise<Map<string, DirectSession>> => {
      const events = factor === 1 ? [] : [always(shocks(factor))];
      const config = armConfig({ seed, days: FIRST_TRIP_DAYS, events });
      const sessions = await simulateDirectly(config, catalog, [], personas);
      // The first of an agent's sessions stays when the others are taken out of the way.
      return new Map([...sessions].reverse().map((session) => [session.agentId, session]));
    };
    const [cheap, plain, dear] = [await run(CHEAP), await run(1), await run(DEAR)];
    for (const persona of personas) {
      const { agentId } = persona;
      const first = plain.get(agentId);
      if (first === undefined) continue;
      const { day, date } = first;
      trips.push({
        persona,
        parameters: armConfig({ seed, days: 1, events: [] }).choice,
        seed,
        day,
        date,
        cheap: cheap.get(agentId)!.session,
        plain: first.session,
        dear: dear.get(agentId)!.session,
      });
    }
  }
  return trips;
}

function armConfig(given: {
  seed: string;
  days: number;
  events: CalendarEvent[];
  choice?: Partial<ChoiceParameters>;
}): SimulationConfig {
  return SimulationConfig.parse({
    simulationId: 'price-arm',
    startDate: START_DATE,
    offerPolicy: 'none',
    ...given,
  });
}

function always(prices: PriceShock[]): CalendarEvent {
  return { name: 'price arm', dates: [{ from: '01-01', to: '12-31' }], prices };
}

/** The mean change from cheap to dear, over the level in between and the change of the logarithm of the price. */
function elasticityOf(
  name: string,
  { personas }: Market,
  trips: readonly FirstTrip[],
  count: (trip: FirstTrip) => Count[],
): PlantedElasticity {
  const byAgent = new Map<string, Count[]>();
  for (const trip of trips) {
    const { agentId } = trip.persona;
    byAgent.set(agentId, [...(byAgent.get(agentId) ?? []), ...count(trip)]);
  }
  const units = personas.flatMap(({ agentId }) => {
    const counts = byAgent.get(agentId) ?? [];
    const total = (of: (count: Count) => number) => counts.reduce((sum, each) => sum + of(each), 0);
    if (counts.length === 0) return [];
    return [
      {
        cheap: total((each) => each.cheap),
        dear: total((each) => each.dear),
        plain: total((each) => each.expected.plain),
        change: total((each) => each.expected.dear - each.expected.cheap),
      },
    ];
  });
  const { difference, interval } = pairedDifference(
    units.map(({ cheap }) => cheap),
    units.map(({ dear }) => dear),
    RandomKey.of('price arms').at(name),
  );
  const scale = mean(units.map(({ plain }) => plain)) * LN_PRICE_RATIO;
  const planted = mean(units.map(({ change }) => change)) / scale;
  const scaled = [interval[0] / scale, interval[1] / scale] as const;
  return {
    name,
    planted,
    measured: difference / scale,
    interval: scaled,
    agents: units.length,
    holds: scaled[0] <= planted && planted <= scaled[1],
  };
}

/**
 * Of the first lines of categories that were bought in all arms: how often the shocked product was taken. The law is the
 * logit, with utility falling by β ÷ mean category price per cent; its own elasticity at a price p is −β · (1 − P) · p ÷ mean.
 */
function choiceCount(trip: FirstTrip, catalog: CatalogIndex, shocked: ReadonlySet<string>): Count[] {
  const [cheap, plain, dear] = [trip.cheap, trip.plain, trip.dear].map(firstChoices);
  return [...plain!].flatMap(([category, choice]): Count[] => {
    const [low, high] = [cheap!.get(category), dear!.get(category)];
    const own = choice.items.findIndex((item) => shocked.has(item.product.sku));
    if (low === undefined || high === undefined || own < 0) return [];
    const probability = choice.probabilities[own]!;
    const { sku } = choice.items[own]!.product;
    const expected = (factor: number): number => {
      const odds =
        (probability / (1 - probability)) *
        exp(-utilityLost(trip, catalog, category, choice.items[own]!, factor));
      return odds / (1 + odds);
    };
    return [
      {
        cheap: low.chosen.product.sku === sku ? 1 : 0,
        dear: high.chosen.product.sku === sku ? 1 : 0,
        expected: { cheap: expected(CHEAP), plain: probability, dear: expected(DEAR) },
      },
    ];
  });
}

/** The first line of each category, before anything of it was in the cart. */
function firstChoices({ choices }: ShoppingSession): Map<string, ProductChoice> {
  return new Map([...choices].reverse().map((choice) => [choice.category, choice]));
}

function utilityLost(
  { persona, parameters }: Pick<FirstTrip, 'persona' | 'parameters'>,
  catalog: CatalogIndex,
  category: string,
  { price }: ShelfItem,
  factor: number,
): number {
  const income = parameters.priceByIncome[INCOME_BRACKETS.indexOf(persona.incomeBracket)]!;
  const beta = Math.max(
    0.2,
    parameters.priceBase + parameters.priceSlope * persona.priceSensitivity + income,
  );
  const change = Math.max(1, Math.round(price.unitPriceCents * factor)) - price.unitPriceCents;
  return (beta * change) / catalog.categoryByName.get(category)!.meanPriceCents;
}

/**
 * How many categories were drawn at least once, beside the one that the trip was for. The law: 1 − exp(−mean), the mean
 * times exp(γ · change of the inclusive value), which is ln Σ P · exp(−β · change of price ÷ mean category price).
 */
function incidenceCount(trip: FirstTrip, catalog: CatalogIndex): Count[] {
  const [cheap, plain, dear] = [trip.cheap, trip.plain, trip.dear].map(plannedNeeds);
  const context = tripOf(trip, catalog);
  return catalog.categories.map((shelf, i): Count => {
    const expected = (factor: number): number =>
      1 - exp(-plain!.means[i]! * (factor === 1 ? 1 : categoryPull(context, shelf, factor)));
    return {
      cheap: cheap!.drawn[i]!,
      dear: dear!.drawn[i]!,
      expected: { cheap: expected(CHEAP), plain: expected(1), dear: expected(DEAR) },
    };
  });
}

type TripOf = Pick<FirstTrip, 'persona' | 'parameters' | 'seed' | 'day' | 'date'>;

/** The trip of a household that has just been found. */
function tripOf({ persona, parameters, seed, day, date }: TripOf, catalog: CatalogIndex): TripContext {
  const key = agentKey(RandomKey.of(seed), persona.agentId);
  const profile = householdProfile(persona, catalog, parameters, 'in_store', key);
  const shopper = { persona, catalog, parameters, channel: 'in_store' as const, profile, key };
  return { ...shopper, household: initialHousehold(shopper), day, date, wallet: [], trip: 0 };
}

/** exp(γ · change of the inclusive value) of what is on the shelf when all its prices change by a factor. */
function categoryPull(context: TripContext, shelf: CategoryShelf, factor: number): number {
  const items = shelfOf(context, shelf, []);
  const weights = items.map((item) => exp(item.utility));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const kept = items.reduce(
    (sum, item, k) =>
      sum + (weights[k]! / total) * exp(-utilityLost(context, context.catalog, shelf.name, item, factor)),
    0,
  );
  return power(kept, context.parameters.categoryInclusiveValue);
}

/** In the order of the catalogue's categories. */
function plannedNeeds({ events }: ShoppingSession): { means: readonly number[]; drawn: readonly number[] } {
  const planned = events.find((event) => event.type === 'browse_products');
  if (planned?.type !== 'browse_products') throw new Error('A session without a plan.');
  const { means, lines, categories, primary } = planned;
  const drawn = lines.map((count, i) => (count > (categories[i] === primary ? 1 : 0) ? 1 : 0));
  return { means, drawn };
}

/**
 * Units of first lines that took the same product in all arms. The law: one and a Poisson number with the mean
 * extra · (household ÷ 2.4)^a · exp(b · discount), 12 at most; a price above the regular one is no discount.
 */
function unitCount({ persona, parameters, ...trip }: FirstTrip): Count[] {
  const [cheap, plain, dear] = [trip.cheap, trip.plain, trip.dear].map(firstChoices);
  return [...plain!].flatMap(([category, { chosen }]): Count[] => {
    const [low, high] = [cheap!.get(category), dear!.get(category)];
    const { sku, regularPriceCents } = chosen.product;
    if (low?.chosen.product.sku !== sku || high?.chosen.product.sku !== sku) return [];
    const expected = (factor: number): number => {
      const cents = Math.max(1, Math.round(chosen.price.unitPriceCents * factor));
      const lambda =
        parameters.extraUnits *
        power(persona.householdSize / 2.4, parameters.extraUnitsByHouseholdSize) *
        exp(parameters.extraUnitsByDiscount * Math.max(0, 1 - cents / regularPriceCents));
      return 1 + meanUpTo(lambda, 11);
    };
    return [
      {
        cheap: low.quantity,
        dear: high.quantity,
        expected: { cheap: expected(CHEAP), plain: expected(1), dear: expected(DEAR) },
      },
    ];
  });
}

/** Mean of a Poisson number that is cut off at `most`. */
function meanUpTo(lambda: number, most: number): number {
  let [probability, below, sum] = [exp(-lambda), 0, 0];
  for (let count = 0; count < most; count++) {
    sum += count * probability;
    below += probability;
    probability *= lambda / (count + 1);
  }
  return sum + most * (1 - below);
}
