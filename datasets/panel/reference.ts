import { ascending, mean, quantileOfSorted } from '../../domain/descriptive-statistics.ts';
import type { Distribution, PanelReference } from '../../domain/retail/dataset.ts';
import { dayOfWeek } from './days.ts';
import { householdsOf, shopDaysOf } from './households.ts';
import type { Household } from './households.ts';
import { daysOf, windowOf } from './panel.ts';
import type { Panel, PanelWindow } from './panel.ts';
import { sharesOf } from '../ranks.ts';

// What the households of a panel did, as samples and as the figures that a simulation is held against.

const MOST_LINES = 40;

/** One value for each household, each basket or each gap; see `PanelReference` for what they are. */
export type PanelSamples = {
  days: number;
  /** Over households. */
  sessionsPerHouseholdWeek: number[];
  shopDaysPerDay: number[];
  couponLinesPerHouseholdWeek: number[];
  /** Days from one shop day of a household to its next one. */
  gapDays: number[];
  /** Over baskets. */
  linesPerBasket: number[];
  basketValue: number[];
  daysOfWeek: number[];
  hours: number[];
  basketsWithCoupon: number;
  /** Over lines of the catalogue's products. */
  repeats: number;
  sameBrandRepeats: number;
  singleUnitLines: number;
  dealLines: number;
  /** Lines of any product. */
  allLines: number;
};

/**
 * Reference figures of some households on some days, against which a simulation of just these can be held.
 * @param skus the catalogue's products; nothing else counts
 */
export function panelReference(
  panel: Panel,
  skus: ReadonlySet<string>,
  window: PanelWindow = {},
): PanelReference {
  return referenceOf(panelSamples(panel, skus, window));
}

/** The same as single values. Households of the window that bought nothing count as what they are: 0 days. */
export function panelSamples(
  panel: Panel,
  skus: ReadonlySet<string>,
  window: PanelWindow = {},
): PanelSamples {
  const part = windowOf(panel, window);
  const households = householdsOf(part, (product) => skus.has(part.products[product]!.id));
  return samplesOf(households, daysOf(part));
}

export function samplesOf(households: readonly Household[], days: number): PanelSamples {
  const baskets = households.flatMap((household) => household.baskets);
  const weeks = days / 7;
  const sum = (value: (household: Household) => number) =>
    households.reduce((total, household) => total + value(household), 0);
  return {
    days,
    sessionsPerHouseholdWeek: households.map((household) => household.baskets.length / weeks),
    shopDaysPerDay: households.map((household) => shopDaysOf(household).length / days),
    couponLinesPerHouseholdWeek: households.map(
      (household) => household.baskets.reduce((total, { couponLines }) => total + couponLines, 0) / weeks,
    ),
    gapDays: households.flatMap((household) => gapsOf(shopDaysOf(household))),
    linesPerBasket: baskets.map(({ lines }) => lines),
    basketValue: baskets.map(({ value }) => value),
    daysOfWeek: baskets.map(({ day }) => dayOfWeek(day)),
    hours: baskets.map(({ hour }) => hour),
    basketsWithCoupon: baskets.filter(({ couponLines }) => couponLines > 0).length,
    repeats: sum((household) => household.repeats),
    sameBrandRepeats: sum((household) => household.sameBrandRepeats),
    singleUnitLines: sum((household) => household.singleUnitLines),
    dealLines: sum((household) => household.dealLines),
    allLines: sum((household) => household.allLines),
  };
}

export function referenceOf(samples: PanelSamples): PanelReference {
  const { days, linesPerBasket } = samples;
  const households = samples.shopDaysPerDay.length;
  const baskets = linesPerBasket.length;
  const lines = linesPerBasket.reduce((sum, count) => sum + count, 0);
  const shopDays = days * samples.shopDaysPerDay.reduce((sum, share) => sum + share, 0);
  return {
    households,
    days,
    coveredLines: share(lines, samples.allLines),
    sessionsPerHouseholdWeek: distributionOf(samples.sessionsPerHouseholdWeek),
    shopDaysPerDay: distributionOf(samples.shopDaysPerDay),
    gapDays: distributionOf(samples.gapDays),
    basketsPerShopDay: share(baskets, shopDays),
    linesPerBasket: distributionOf(linesPerBasket),
    linesPerBasketShares: sharesOf(
      countsOf(
        linesPerBasket.map((count) => Math.min(count, MOST_LINES) - 1),
        MOST_LINES,
      ),
    ),
    basketValue: distributionOf(samples.basketValue),
    dayOfWeekShares: sharesOf(countsOf(samples.daysOfWeek, 7)),
    hourShares: sharesOf(countsOf(samples.hours, 24)),
    repeatBrandShare: share(samples.sameBrandRepeats, samples.repeats),
    singleUnitShare: share(samples.singleUnitLines, lines),
    promotedLineShare: share(samples.dealLines, lines),
    couponLinesPerHouseholdWeek: distributionOf(samples.couponLinesPerHouseholdWeek),
    basketsWithCoupon: share(samples.basketsWithCoupon, baskets),
  };
}

function gapsOf(days: readonly number[]): number[] {
  return days.slice(1).map((day, index) => day - days[index]!);
}

/** Of nothing all figures are 0. */
function distributionOf(values: readonly number[]): Distribution {
  const sorted = ascending(values);
  const percentiles = Array.from({ length: 101 }, (_, percent) =>
    sorted.length === 0 ? 0 : quantileOfSorted(sorted, percent / 100),
  );
  return { count: values.length, mean: mean(values), median: percentiles[50]!, percentiles };
}

function countsOf(values: readonly number[], length: number): number[] {
  const counts = new Array<number>(length).fill(0);
  for (const value of values) counts[value]! += 1;
  return counts;
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
