// Stylised facts of a market over many seeds, one day each.
import type { Command } from 'commander';
import { InvalidInputError } from '../../domain/errors.ts';
import { summariseFacts } from '../../domain/market/facts-over-seeds.ts';
import type { FactRange, FactsOverSeeds } from '../../domain/market/facts-over-seeds.ts';
import type { MarketConfig } from '../../domain/market/market-config.ts';
import { MODIFIER_NAMES } from '../../domain/market/presets.ts';
import { parseClockTime } from '../../domain/market/session-time.ts';
import { simulate } from '../../domain/market/simulate.ts';
import { judgeRealism, measureGateDay } from '../../domain/market/realism-gate.ts';
import type { GateDay, JudgedPart, JudgedRow } from '../../domain/market/realism-gate.ts';
import type { StylisedFacts } from '../../domain/market/stylised-facts.ts';
import { isJson } from '../context.ts';
import { marketConfigOf } from '../market-config-flags.ts';
import type { MarketConfigFlags } from '../market-config-flags.ts';

const MOST_SEEDS = 1000;

export function registerMarketFacts(group: Command): void {
  group
    .command('facts')
    .description(
      'stylised facts of a market: median and range over seeds, and the gate for realistic markets',
    )
    .option('--preset <name>', `one of \`market presets\`, with +${MODIFIER_NAMES.join(' or +')} after it`)
    .option('--config <file>', 'a configuration as JSON, as `market presets NAME` prints one')
    .option('--seeds <seeds>', 'one day for each: from-to, or one after another with commas', '1-10')
    .option('--end <time>', 'close earlier, for instance at 10:30')
    .action(facts);
}

function facts(flags: MarketConfigFlags & { seeds: string }, command: Command): void {
  const seeds = parseSeeds(flags.seeds);
  const config = marketConfigOf(flags);
  const days = seeds.map((seed) => measureDay(config, seed));
  const summary = summariseFacts(days.map((day) => day.facts));
  const gate = judgeRealism(days);
  const { name: preset, open, close } = config;
  const value = {
    preset,
    open,
    close,
    ...summary,
    gate,
    days: days.map((day, i) => ({ seed: seeds[i], ...day.facts })),
  };
  const text = isJson(command)
    ? JSON.stringify(value)
    : [render(config, flags.seeds, seeds.length, summary), '', ...renderGate(gate)].join('\n');
  process.stdout.write(`${text}\n`);
}

function measureDay(config: MarketConfig, seed: number): GateDay {
  const recording = simulate(config, seed, { profile: 'quant' }).recording!;
  return measureGateDay(recording, parseClockTime(config.open), parseClockTime(config.close));
}

/** `1-10`, `1,2,5` or both: `1-3,7`. */
export function parseSeeds(text: string): number[] {
  const seeds: number[] = [];
  for (const part of text.split(',')) {
    const found = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(part.trim());
    if (found === null)
      throw new InvalidInputError(
        `--seeds is a range such as 1-10, or whole numbers such as 1,2,5; "${part}" in "${text}" is neither.`,
      );
    const from = Number(found[1]);
    const to = Number(found[2] ?? from);
    if (to < from)
      throw new InvalidInputError(`--seeds: the range "${part}" ends before it begins; write ${to}-${from}.`);
    if (seeds.length + to - from + 1 > MOST_SEEDS)
      throw new InvalidInputError(`--seeds "${text}" are more than ${MOST_SEEDS} seeds.`);
    for (let seed = from; seed <= to; seed++) seeds.push(seed);
  }
  const twice = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (twice !== undefined)
    throw new InvalidInputError(`--seeds "${text}" has ${twice} twice: the same day would count double.`);
  return seeds;
}

/** What it is called, and how many digits after the point. */
const LABELS: Readonly<Record<keyof StylisedFacts, readonly [label: string, digits: number]>> = {
  excessKurtosis1Minute: ['excess kurtosis, 1 min', 2],
  excessKurtosis5Minutes: ['excess kurtosis, 5 min', 2],
  excessKurtosis10Minutes: ['excess kurtosis, 10 min', 2],
  returnAcf1: ['ACF of returns, lag 1', 3],
  largestReturnAcf2To10: ['largest |ACF| of returns, lags 2–10', 3],
  absoluteReturnAcf1: ['ACF of |returns|, lag 1', 3],
  absoluteReturnAcf5: ['ACF of |returns|, lag 5', 3],
  absoluteReturnAcf10: ['ACF of |returns|, lag 10', 3],
  absoluteReturnAcf1WithoutDay: ['… without time of day, lag 1', 3],
  absoluteReturnAcf10WithoutDay: ['… without time of day, lag 10', 3],
  volumeVolatility: ['volume with |return|', 3],
  returnVolatility: ['return with next |return|', 3],
  hillIndex: ['Hill index of |returns|', 2],
  meanSpreadCents: ['spread, mean, cents', 2],
  medianSpreadCents: ['spread, median, cents', 1],
  p99SpreadCents: ['spread, 99 %, cents', 1],
  spreadSkewness: ['spread, skewness', 2],
  twoSidedShare: ['share of time with both sides', 4],
  signAcf1: ['ACF of order signs, lag 1', 3],
  signHurst: ['Hurst exponent of order signs', 3],
  shuffledSignHurst: ['… in a drawn order', 3],
  trades: ['orders that traded', 0],
  fills: ['fills', 0],
  medianTradeSize: ['shares of such an order, median', 1],
  medianFillSize: ['shares of a fill, median', 1],
  outerToMiddleVolume: ['volume, outer ÷ middle third', 2],
  minuteVolatilityBps: ['deviation of a 1-min return, bps', 2],
};

function render(
  { name, open, close }: MarketConfig,
  seeds: string,
  days: number,
  summary: FactsOverSeeds,
): string {
  const range = summary.range === 'least_to_largest' ? 'least and largest' : '5 % and 95 %';
  const title = `${name}, ${open} to ${close}, seeds ${seeds}: median, ${range} of ${days} ${days === 1 ? 'day' : 'days'}`;
  const rows = (Object.keys(LABELS) as (keyof StylisedFacts)[]).map((fact) =>
    renderFact(fact, summary.facts[fact], days),
  );
  return [title, ...rows].join('\n');
}

/** What is not known is a dash. */
function renderFact(
  fact: keyof StylisedFacts,
  { median, low, high, days: known }: FactRange,
  days: number,
): string {
  const [label, digits] = LABELS[fact];
  const [middle, ...ends] = [median, low, high].map((value) => decimal(value, digits).padStart(10));
  const note = known === days ? '' : `   known on ${known} of ${days}`;
  return `${label.padEnd(36)}${middle}${ends.join('')}${note}`;
}

/** A row is in when all its parts are. */
function renderGate(rows: readonly JudgedRow[]): string[] {
  const count = rows.filter(({ isIn }) => isIn).length;
  return [
    `gate for realistic markets: ${count} of ${rows.length} rows in their bands (value, 90 % interval by seeds, band)`,
    ...rows.flatMap(({ name, isIn, parts }) => [
      `${isIn ? 'in ' : 'out'} ${name}`,
      ...parts.map((part) => `    ${renderPart(part)}`),
    ]),
  ];
}

function renderPart({ label, value, interval, low, high, digits, isIn }: JudgedPart): string {
  const ends = interval === null ? '–' : interval.map((end) => decimal(end, digits)).join(' to ');
  const [least, most] = [low, high].map((end) => (end === null ? null : String(end)));
  const band = least === null ? `below ${most}` : most === null ? `above ${least}` : `${least} to ${most}`;
  const mark = isIn ? '' : value === null ? '   not known' : '   out';
  return `${label.padEnd(42)}${decimal(value, digits).padStart(10)}   ${ends.padEnd(20)} ${band}${mark}`;
}

function decimal(value: number | null, digits: number): string {
  if (value === null) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
