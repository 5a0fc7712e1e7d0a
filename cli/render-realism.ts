import Table from 'cli-table3';
import type { Calibration } from '../client/calibration.ts';
import { DEFAULT_CHOICE_PARAMETERS } from '../domain/retail/choice-parameters.ts';
import type { ChoiceParameters } from '../domain/retail/choice-parameters.ts';
import type { RealismMetric, NoiseFloor } from '../domain/retail/realism-samples.ts';
import type { RealismTableRow } from '../domain/retail/realism-table.ts';

export const METRIC_LABELS: Readonly<Record<RealismMetric, string>> = {
  shopDays: 'shop days per household and day',
  gaps: 'days between shop days',
  linesPerBasket: 'lines per basket',
  basketValue: 'basket value',
  weekday: 'day of the week',
  hour: 'hour of the day',
  basketsPerShopDay: 'baskets per shop day',
  repeatBrand: 'same brand as last time',
  singleUnitLines: 'lines of one unit',
  promotedLines: 'lines on promotion',
  couponLinesPerWeek: 'coupon lines per household-week',
  priorBuyerRatio: 'redeemed by prior buyers ÷ by others',
  completion: 'carts that are bought',
};

const VERDICTS: Readonly<Record<RealismTableRow['verdict'], string>> = {
  fails: 'FAILS',
  by_chance: 'by chance',
  must: 'must',
  wanted: 'wanted',
  unknown: 'unknown',
};

/** One line a metric, failing rows first. */
export function renderRealismTable(rows: readonly RealismTableRow[]): string {
  const table = new Table({
    head: ['', 'ours', 'target', 'distance', 'over seeds', 'by chance: median, 95 %', ''],
    style: { head: [], border: [] },
  });
  for (const row of rows)
    table.push([
      labelOf(row),
      figure(row.ours),
      figure(row.target),
      figure(row.distance),
      row.leastDistance === null ? '–' : `${figure(row.leastDistance)} … ${figure(row.largestDistance)}`,
      floorText(row.floor),
      VERDICTS[row.verdict],
    ]);
  return table.toString();
}

/** How to read the table. */
export const REALISM_LEGEND =
  'Distance: Kolmogorov-Smirnov (KS), or |ours ÷ target − 1| of a number; median over the seeds. At most 0.07 is wanted, 0.10 a must.\n' +
  '"by chance": more than that, but not more than samples of the reference itself differ from all of it in 95 of 100 cases.';

export function failingText(rows: readonly RealismTableRow[]): string {
  const failing = rows.filter(({ verdict }) => verdict === 'fails');
  if (failing.length === 0) return 'No row fails.';
  return `Failing: ${failing.map(({ metric }) => METRIC_LABELS[metric]).join(', ')}.`;
}

function labelOf({ metric, kind }: RealismTableRow): string {
  return `${METRIC_LABELS[metric]}${kind === 'number' ? '' : ' (KS)'}`;
}

function floorText(floor: NoiseFloor | null): string {
  return floor === null ? '–' : `${figure(floor.median)}, ${figure(floor.p95)}`;
}

function figure(value: number | null): string {
  return value === null ? '–' : value.toFixed(Math.abs(value) < 10 ? 3 : 2);
}

/** What was fitted, and what it is worth on households and weeks that the search has not seen. */
export function renderCalibration(found: Calibration, file: string): string {
  const { households, days, score, rows, choice } = found;
  const table = new Table({
    head: ['held out', 'target', 'fitted', 'distance', 'of defaults', 'by chance: median, 95 %', ''],
    style: { head: [], border: [] },
  });
  for (const row of rows)
    table.push([
      labelOf(row),
      figure(row.target),
      figure(row.ours),
      figure(row.distance),
      figure(row.defaultDistance),
      floorText(row.floor),
      VERDICTS[row.verdict],
    ]);
  const parameters = Object.entries(choice).map(
    ([name, value]) =>
      `${name} ${value} (${figure(DEFAULT_CHOICE_PARAMETERS[name as keyof ChoiceParameters] as number)})`,
  );
  return [
    `${found.panel}: seed ${found.seed}, ${found.trials} trials, ${found.seconds.toFixed(0)} s`,
    `Training: ${households.training} households, ${days.training.join(' to ')}; held out: ${households.heldOut} other households, ${days.heldOut.join(' to ')}`,
    `Score (weighted mean distance beyond chance): training ${figure(score.training.default)} → ${figure(score.training.fitted)}, held out ${figure(score.heldOut.default)} → ${figure(score.heldOut.fitted)}`,
    table.toString(),
    REALISM_LEGEND,
    failingText(rows),
    `Fitted (defaults): ${parameters.join(', ')}`,
    ...(found.notice === null ? [] : [found.notice]),
    `Written to ${file}: mercato simulation start --config ${file}`,
  ].join('\n');
}
