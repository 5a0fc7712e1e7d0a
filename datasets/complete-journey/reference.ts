import type { Distribution, PanelReference } from '../../domain/retail/dataset.ts';
import { DAYS, dayOfWeek, WEEKS } from './calendar.ts';
import type { Household } from './households.ts';
import { shopDaysOf } from './households.ts';
import { ascending, mean, quantileOfSorted } from '../../domain/descriptive-statistics.ts';
import { sharesOf } from './statistics.ts';

const MOST_LINES = 40;

/** What the sampled households did in the panel's year. */
export function referenceOf(sample: readonly Household[]): PanelReference {
  const baskets = sample.flatMap((household) => household.baskets);
  const lines = baskets.map((basket) => basket.lines);
  return {
    households: sample.length,
    days: DAYS,
    coveredLines:
      lines.reduce((sum, count) => sum + count, 0) / sample.reduce((sum, { allLines }) => sum + allLines, 0),
    sessionsPerHouseholdWeek: distributionOf(sample.map((household) => household.baskets.length / WEEKS)),
    shopDaysPerDay: distributionOf(sample.map((household) => shopDaysOf(household) / DAYS)),
    linesPerBasket: distributionOf(lines),
    linesPerBasketShares: sharesOf(
      countsOf(
        lines.map((count) => Math.min(count, MOST_LINES) - 1),
        MOST_LINES,
      ),
    ),
    basketValue: distributionOf(baskets.map(({ value }) => value)),
    dayOfWeekShares: sharesOf(
      countsOf(
        baskets.map(({ day }) => dayOfWeek(day)),
        7,
      ),
    ),
    hourShares: sharesOf(
      countsOf(
        baskets.map(({ hour }) => hour),
        24,
      ),
    ),
    couponLinesPerHouseholdWeek: distributionOf(
      sample.map(
        (household) => household.baskets.reduce((sum, { couponLines }) => sum + couponLines, 0) / WEEKS,
      ),
    ),
    basketsWithCoupon: mean(baskets.map(({ couponLines }) => (couponLines > 0 ? 1 : 0))),
  };
}

function distributionOf(values: readonly number[]): Distribution {
  const sorted = ascending(values);
  const percentiles = Array.from({ length: 101 }, (_, percent) => quantileOfSorted(sorted, percent / 100));
  return { count: values.length, mean: mean(values), median: percentiles[50]!, percentiles };
}

function countsOf(values: readonly number[], length: number): number[] {
  const counts = new Array<number>(length).fill(0);
  for (const value of values) counts[value]! += 1;
  return counts;
}
