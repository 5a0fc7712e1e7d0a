import { splitByWeight } from '../../domain/money.ts';
import type { ShoppingFrequency } from '../../domain/retail/persona.ts';
import { Draws } from '../draws.ts';
import { groupBy } from '../group-by.ts';
import { DAYS } from './calendar.ts';
import { isPurchase } from './catalogue.ts';
import type { Lines, PanelProduct } from './panel.ts';

// What each household of the panel did. Only lines of the catalogue's products count, and only baskets with at least
// one of them: the simulated shop sells nothing else, so its baskets can be compared with these and no others.

export type Basket = {
  household: number;
  day: number;
  hour: number;
  lines: number;
  value: number;
  couponLines: number;
};

export type Household = {
  id: number;
  /** Baskets with something from the catalogue. */
  baskets: Basket[];
  /** Lines by panel category. */
  linesByCategory: Map<string, number>;
  /** Over everything the household bought, in the catalogue or not: traits are seen better on more lines. */
  allLines: number;
  allDealLines: number;
  allCouponLines: number;
  /** Purchases in a category bought before, and how many of them were of the maker bought last time. */
  repeats: number;
  sameMakerRepeats: number;
};

export function householdsOf(
  lines: Lines,
  chosen: ReadonlyMap<number, PanelProduct>,
): Map<number, Household> {
  const households = new Map<number, Household>();
  const baskets = new Map<number, Basket>();
  const lastMaker = new Map<string, number>();
  // The lines are in order of time.
  for (let i = 0; i < lines.count; i++) {
    if (!isPurchase(lines, i)) continue;
    const household = householdOf(households, lines.household[i]!);
    const hasCoupon = lines.couponDiscount[i]! > 0;
    household.allLines += 1;
    if (lines.retailDiscount[i]! > 0) household.allDealLines += 1;
    if (hasCoupon) household.allCouponLines += 1;
    const product = chosen.get(lines.product[i]!);
    if (product === undefined) continue;
    addToBasket(baskets, household, lines, i, hasCoupon);
    countRepeat(lastMaker, household, product);
  }
  return households;
}

/** Shop days a week: 2 or more, 1 to 2, 1 to 4 a month, fewer. */
export function frequencyOf(shopDays: number): ShoppingFrequency {
  const perWeek = (7 * shopDays) / DAYS;
  if (perWeek >= 2) return 'frequent';
  if (perWeek >= 1) return 'regular';
  return perWeek >= 12 / (DAYS / 7) ? 'occasional' : 'rare';
}

export function shopDaysOf({ baskets }: Household): number {
  return new Set(baskets.map(({ day }) => day)).size;
}

/** `count` households that bought from the catalogue, each frequency class in its share, drawn by number within it. */
export function sampleHouseholds(households: Iterable<Household>, count: number, seed: string): Household[] {
  const candidates = [...households].filter(({ baskets }) => baskets.length > 0);
  const classes = [...groupBy(candidates, (household) => frequencyOf(shopDaysOf(household))).entries()].sort(
    ([a], [b]) => a.localeCompare(b),
  );
  const sizes = splitByWeight(
    Math.min(count, candidates.length),
    classes.map(([, members]) => members.length),
  );
  const order = (household: Household) => new Draws(seed, 'sample', household.id).uniform();
  return classes
    .flatMap(([, members], index) =>
      members
        .map((household) => ({ household, order: order(household) }))
        .sort((a, b) => a.order - b.order)
        .slice(0, sizes[index]),
    )
    .map(({ household }) => household)
    .sort((a, b) => a.id - b.id);
}

function householdOf(households: Map<number, Household>, id: number): Household {
  let household = households.get(id);
  if (household === undefined) {
    household = {
      id,
      baskets: [],
      linesByCategory: new Map(),
      allLines: 0,
      allDealLines: 0,
      allCouponLines: 0,
      repeats: 0,
      sameMakerRepeats: 0,
    };
    households.set(id, household);
  }
  return household;
}

function addToBasket(
  baskets: Map<number, Basket>,
  household: Household,
  lines: Lines,
  i: number,
  hasCoupon: boolean,
): void {
  let basket = baskets.get(lines.basket[i]!);
  if (basket === undefined) {
    basket = {
      household: household.id,
      day: lines.day[i]!,
      hour: lines.hour[i]!,
      lines: 0,
      value: 0,
      couponLines: 0,
    };
    baskets.set(lines.basket[i]!, basket);
    household.baskets.push(basket);
  }
  basket.lines += 1;
  basket.value += lines.sales[i]!;
  if (hasCoupon) basket.couponLines += 1;
}

function countRepeat(
  lastMaker: Map<string, number>,
  household: Household,
  { category, maker }: PanelProduct,
): void {
  const key = `${household.id}/${category}`;
  const last = lastMaker.get(key);
  if (last !== undefined) {
    household.repeats += 1;
    if (last === maker) household.sameMakerRepeats += 1;
  }
  lastMaker.set(key, maker);
  household.linesByCategory.set(category!, (household.linesByCategory.get(category!) ?? 0) + 1);
}
