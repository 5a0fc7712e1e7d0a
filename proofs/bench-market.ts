// `npm run bench:market`: whole trading days of rmsc04 in one process, beside the naive market (tests/naive-market.ts: an
// object for each message, one heap, the same rules and draws), beside what ABIDES was measured at, and beside PAMS when it
// is installed. Memory is that of processes of their own: one with full days, one with short ones. At the end days of many
// seeds of every preset, none of which may be a storm of messages.
import { execFileSync } from 'node:child_process';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { median } from '../domain/descriptive-statistics.ts';
import { MarketConfig } from '../domain/market/market-config.ts';
import { presetConfig } from '../domain/market/presets.ts';
import { simulate } from '../domain/market/simulate.ts';
import type { MarketCounts, MarketRun } from '../domain/market/simulate.ts';
import { simulateNaively } from '../tests/naive-market.ts';
import { isCalm, measureStorms, renderStorms } from './message-storms.ts';
import type { Storms } from './message-storms.ts';
import { measurePams } from './pams.ts';
import type { Pams } from './pams.ts';
import { runProof, say } from './run.ts';

const FULL = '16:00';
const SHORT = '10:30';
const WARM_UP_DAYS = 3;
const RMSC03_DAYS = 3;
/** An hour takes this market some milliseconds: one alone says little beside other work. */
const NAIVE_DAYS = 9;

/**
 * One full day of rmsc04 (09:30 to 16:00) by jpmorganchase/abides-jpmc-public, commit f9cbe513 of December 2023, Python
 * 3.11, on a shared machine with 2 cores: the kernel's loop alone, and its own count of messages. `takers` are the trades
 * that it reports; its best half hour ran at `bestMessagesPerSecond`, its worst hour at `worstMessagesPerSecond`.
 */
const ABIDES = {
  messages: 588_287,
  orders: 38_972,
  takers: 15_145,
  seconds: 27.4,
  megabytes: 285,
  worstMessagesPerSecond: 17_000,
  bestMessagesPerSecond: 28_000,
};

type Timed<R extends MarketCounts> = R & { readonly seconds: number };

function timed<R extends MarketCounts>(run: () => R): Timed<R> {
  const start = performance.now();
  return { ...run(), seconds: (performance.now() - start) / 1000 };
}

function preset(name: string, close: string): MarketConfig {
  return MarketConfig.parse({ ...presetConfig(name), close });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      days: { type: 'string', default: '9' },
      // Days of every preset, in the search for storms of messages.
      seeds: { type: 'string', default: '100' },
      json: { type: 'boolean', default: false },
      // Of the processes that this one starts: the close of the days after which they print their memory.
      memory: { type: 'string' },
    },
  });
  const [days, seedCount] = [Number(values.days), Number(values.seeds)] as const;
  if (![days, seedCount].every((count) => Number.isInteger(count) && count > 0)) {
    process.stderr.write('bench:market [--days N] [--seeds N] [--json]: whole numbers above 0.\n');
    return 2;
  }
  if (values.memory !== undefined) {
    process.stdout.write(JSON.stringify(measureMemory(values.memory, days)));
    return 0;
  }
  const result = {
    sandbox: `Node ${process.version}, ${os.availableParallelism()} CPUs, ${process.platform} ${process.arch}`,
    days,
    ...measureDays(days),
    ...compareWithLarge(),
    ...compareWithNaive(),
    ...compareMemory(days),
    pams: measurePams(),
    seeds: seedCount,
    storms: measureStorms(seedCount),
  };
  process.stdout.write(`${values.json ? JSON.stringify({ ...result, abides: ABIDES }) : render(result)}\n`);
  return result.isSame && result.storms.every(isCalm) ? 0 : 1;
}

function measureDays(days: number) {
  const rmsc04 = preset('rmsc04', FULL);
  for (let seed = 1; seed <= WARM_UP_DAYS; seed++) simulate(rmsc04, `warm-up ${seed}`);
  const runs = seeds(days).map((seed) => timed(() => simulate(rmsc04, seed)));
  const rates = runs.map(({ abidesMessages, seconds }) => abidesMessages / seconds);
  say(`${days} days of rmsc04, 09:30 to ${FULL}: ${rates.map(thousands).join(', ')} messages/s`);
  const messagesPerSecond = median(rates);
  const secondsPerDay = median(runs.map(({ seconds }) => seconds));
  return {
    messagesPerSecond,
    deliveredPerSecond: median(runs.map(({ messages, seconds }) => messages / seconds)),
    secondsPerDay,
    messages: median(runs.map(({ abidesMessages }) => abidesMessages)),
    delivered: median(runs.map(({ messages }) => messages)),
    orders: median(runs.map(({ orders }) => orders)),
    fills: median(runs.map(({ fills }) => fills)),
    takers: median(runs.map(({ takers }) => takers)),
    timesAbidesMessages: messagesPerSecond / (ABIDES.messages / ABIDES.seconds),
    timesAbidesBest: messagesPerSecond / ABIDES.bestMessagesPerSecond,
    timesAbidesWall: ABIDES.seconds / secondsPerDay,
  };
}

/** rmsc03, whose traders are 5,128 in place of 1,116, in turns with rmsc04. */
function compareWithLarge() {
  const [small, large] = [preset('rmsc04', FULL), preset('rmsc03', FULL)];
  const rateOf = ({ abidesMessages, seconds }: Timed<MarketRun>): number => abidesMessages / seconds;
  const pairs = seeds(RMSC03_DAYS).map((seed) => ({
    small: timed(() => simulate(small, seed)),
    large: timed(() => simulate(large, seed)),
  }));
  say(
    `${RMSC03_DAYS} days of rmsc03: ${pairs.map((pair) => thousands(rateOf(pair.large))).join(', ')} messages/s`,
  );
  return {
    rmsc03MessagesPerSecond: median(pairs.map((pair) => rateOf(pair.large))),
    rmsc03SecondsPerDay: median(pairs.map((pair) => pair.large.seconds)),
    rmsc03Share: median(pairs.map((pair) => rateOf(pair.large) / rateOf(pair.small))),
  };
}

/** The two in turns, at the same days. */
function compareWithNaive() {
  const config = preset('rmsc04', SHORT);
  for (let seed = 1; seed <= WARM_UP_DAYS; seed++) {
    simulateNaively(config, `warm-up ${seed}`);
    simulate(config, `warm-up ${seed}`);
  }
  const pairs = seeds(NAIVE_DAYS).map((seed) => ({
    fast: timed(() => simulate(config, seed)),
    naive: timed(() => simulateNaively(config, seed)),
  }));
  const naiveRates = pairs.map(({ naive }) => naive.abidesMessages / naive.seconds);
  say(
    `${NAIVE_DAYS} days until ${SHORT} by the naive market: ${naiveRates.map(thousands).join(', ')} messages/s`,
  );
  return {
    naiveMessagesPerSecond: median(naiveRates),
    fastMessagesPerSecond: median(pairs.map(({ fast }) => fast.abidesMessages / fast.seconds)),
    timesNaive: median(pairs.map(({ fast, naive }) => naive.seconds / fast.seconds)),
    isSame: pairs.every(
      ({ fast, naive }) =>
        fast.abidesMessages === naive.abidesMessages &&
        fast.fills === naive.fills &&
        fast.closingPriceCents === naive.closingPriceCents,
    ),
  };
}

type Memory = { readonly before: number; readonly after: number };

/** In MB, of this process. */
function measureMemory(close: string, days: number): Memory {
  const config = preset('rmsc04', close);
  const before = process.memoryUsage.rss() / 1e6;
  for (const seed of seeds(days)) simulate(config, seed);
  return { before, after: process.memoryUsage.rss() / 1e6 };
}

function compareMemory(days: number) {
  const [full, short] = [FULL, SHORT].map((close): Memory => {
    const options = ['--memory', close, '--days', String(days)];
    return JSON.parse(
      execFileSync(process.execPath, [process.argv[1]!, ...options], { encoding: 'utf8' }),
    ) as Memory;
  }) as [Memory, Memory];
  say(
    `memory after ${days} full days ${full.after.toFixed(0)} MB, after short ones ${short.after.toFixed(0)} MB`,
  );
  return {
    megabytes: full.after,
    megabytesAdded: full.after - full.before,
    shortMegabytes: short.after,
    memoryRatio: full.after / short.after,
  };
}

type Summary = {
  sandbox: string;
  isSame: boolean;
  pams: Pams | null;
  seeds: number;
  storms: readonly Storms[];
} & ReturnType<typeof measureDays> &
  ReturnType<typeof compareWithLarge> &
  ReturnType<typeof compareWithNaive> &
  ReturnType<typeof compareMemory>;

function render(result: Summary): string {
  const { orders, fills, takers } = result;
  const abidesRate = thousands(ABIDES.messages / ABIDES.seconds);
  return [
    result.sandbox,
    `rmsc04, a full day   ${thousands(result.messagesPerSecond)} messages/s as ABIDES counts, ${thousands(result.deliveredPerSecond)} delivered/s, ${result.secondsPerDay.toFixed(2)} s`,
    `                     ${thousands(result.messages)} messages, ${thousands(result.delivered)} delivered, ${orders} orders, ${takers} of them traded, ${fills} fills`,
    `ABIDES, published    ${abidesRate} messages/s, ${ABIDES.seconds} s, ${ABIDES.orders} orders, ${ABIDES.takers} of them traded`,
    `ratio                ${result.timesAbidesMessages.toFixed(0)} × in messages/s (${result.timesAbidesBest.toFixed(0)} × its best half hour), ${result.timesAbidesWall.toFixed(0)} × in time`,
    `naive, until ${SHORT}   ${thousands(result.naiveMessagesPerSecond)} messages/s; this one ${thousands(result.fastMessagesPerSecond)}`,
    `ratio                ${result.timesNaive.toFixed(0)} ×`,
    `rmsc03, a full day   ${thousands(result.rmsc03MessagesPerSecond)} messages/s, ${result.rmsc03Share.toFixed(2)} of rmsc04's, ${result.rmsc03SecondsPerDay.toFixed(2)} s`,
    `memory               ${result.megabytes.toFixed(0)} MB, of which ${result.megabytesAdded.toFixed(0)} for the days (ABIDES ${ABIDES.megabytes} at most); ${result.memoryRatio.toFixed(2)} of days until ${SHORT}`,
    ...renderPams(result),
    renderStorms(result.storms, result.seeds),
    result.isSame ? 'Both markets have the same days.' : 'The two markets do NOT have the same days.',
  ].join('\n');
}

function renderPams({ pams, orders, secondsPerDay, storms }: Summary): string[] {
  if (pams === null)
    return ['PAMS                 not measured: `pip install pams`, and PYTHON for another than python3'];
  const perSecond = (count: number): string => `${count.toFixed(0)} orders/s`;
  const poisson = storms.find(({ preset }) => preset === 'rmsc04_poisson')!;
  return [
    `PAMS ${pams.version}           ${perSecond(pams.orders / pams.seconds)}, ${pams.agents} agents: another model, with steps in place of time, without latency and messages`,
    `with 1,116 traders   ${perSecond(orders / secondsPerDay)} (rmsc04), ${perSecond(poisson.ordersPerSecond)} (rmsc04_poisson)`,
  ];
}

function seeds(days: number): number[] {
  return Array.from({ length: days }, (_, day) => day + 1);
}

function thousands(value: number): string {
  return `${(value / 1000).toFixed(0)} k`;
}

if (require.main === module) runProof(main);
