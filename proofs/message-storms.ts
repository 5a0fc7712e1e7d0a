// Whether any day of any preset is a storm of messages: whole days of many seeds, the largest beside the median.
import { median } from '../domain/descriptive-statistics.ts';
import { PRESET_NAMES, presetConfig } from '../domain/market/presets.ts';
import { simulate } from '../domain/market/simulate.ts';
import { say } from './run.ts';

/** No day may have more messages than so many times the median. */
const MOST = 2;

type Peak = {
  readonly median: number;
  readonly largest: number;
  readonly ratio: number;
  readonly seed: number;
};

export type Storms = {
  readonly preset: string;
  /** As ABIDES counts them, and those that are handed to somebody. */
  readonly messages: Peak;
  readonly delivered: Peak;
  readonly ordersPerSecond: number;
};

/** Days from the open of a preset to its close, with seeds from 1 on. */
export function measureStorms(seeds: number): Storms[] {
  return PRESET_NAMES.map((preset) => {
    const start = performance.now();
    const config = presetConfig(preset)!;
    const runs = Array.from({ length: seeds }, (_, day) => simulate(config, day + 1));
    const typical = median(runs.map(({ orders }) => orders));
    // Where the market has a clock of its own some days are busier than others: what counts there is messages for each order.
    const busy = ({ orders }: { orders: number }): number =>
      config.activity === null ? 1 : orders / typical;
    const seconds = (performance.now() - start) / 1000;
    say(`${seeds} days of ${preset} in ${seconds.toFixed(1)} s`);
    return {
      preset,
      messages: peakOf(runs.map((run) => run.abidesMessages / busy(run))),
      delivered: peakOf(runs.map((run) => run.messages / busy(run))),
      ordersPerSecond: runs.reduce((sum, { orders }) => sum + orders, 0) / seconds,
    };
  });
}

export function isCalm({ messages, delivered }: Storms): boolean {
  return messages.ratio <= MOST && delivered.ratio <= MOST;
}

export function renderStorms(storms: readonly Storms[], seeds: number): string {
  const loud = storms.filter((one) => !isCalm(one)).map(({ preset }) => preset);
  return [
    `messages a day, ${seeds} seeds, 09:30 to 16:00    as ABIDES counts: median, largest (seed), ratio    delivered`,
    ...storms.map(
      ({ preset, messages, delivered }) =>
        `  ${preset.padEnd(16)} ${renderPeak(messages)}  ${renderPeak(delivered)}`,
    ),
    loud.length === 0
      ? `No day has more than ${MOST} × the median of its preset.`
      : `Days with more than ${MOST} × the median: ${loud.join(', ')}.`,
  ].join('\n');
}

function peakOf(counts: readonly number[]): Peak {
  const largest = Math.max(...counts);
  const middle = median(counts);
  return { median: middle, largest, ratio: largest / middle, seed: counts.indexOf(largest) + 1 };
}

function renderPeak({ median: middle, largest, ratio, seed }: Peak): string {
  const [typical, most] = [middle, largest].map((count) => Math.round(count).toString().padStart(9));
  return `${typical} ${most} ${`(${seed})`.padStart(5)} ${ratio.toFixed(2).padStart(5)}`;
}
