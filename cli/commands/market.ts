// The market kernel by itself: run a day, list what there is. Needs neither Temporal nor a database.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { ConflictError, InvalidInputError } from '../../domain/errors.ts';
import type { MarketConfig } from '../../domain/market/market-config.ts';
import { MODIFIER_NAMES, PRESET_NAMES, describePreset } from '../../domain/market/presets.ts';
import { PROFILES } from '../../domain/market/recording.ts';
import type { Recording } from '../../domain/market/recording.ts';
import { simulate } from '../../domain/market/simulate.ts';
import type { MarketRun } from '../../domain/market/simulate.ts';
import { REFERENCE_STRATEGIES } from '../../domain/market/strategies/reference-strategies.ts';
import type { ReferenceStrategy } from '../../domain/market/strategies/reference-strategies.ts';
import type { TraderMetrics } from '../../domain/market/trader-metrics.ts';
import { TRADER_KINDS } from '../../domain/market/traders/registry.ts';
import { FORMATS } from '../../recordings/formats.ts';
import type { Format, WrittenTables } from '../../recordings/formats.ts';
import { marketConfigOf, namedConfig } from '../market-config-flags.ts';
import type { MarketConfigFlags } from '../market-config-flags.ts';
import { oneOf } from '../options.ts';
import { registerMarketFacts } from './market-facts.ts';

export function registerMarket(program: Command): void {
  const group = program.command('market').description('the market kernel: order book, exchange and traders');
  group
    .command('run')
    .description('run one trading day, or a part of it')
    .option('--preset <name>', `one of \`market presets\`, with +${MODIFIER_NAMES.join(' or +')} after it`)
    .option('--config <file>', 'a configuration as JSON, as `market presets NAME` prints one')
    .option('--seed <seed>', 'decides all that is random', '1')
    .option('--end <time>', 'close earlier, for instance at 10:30')
    .option(
      '--strategy <name>',
      `let a reference strategy take part: ${Object.keys(REFERENCE_STRATEGIES).join(', ')}`,
    )
    .option('--profile <profile>', `what is kept: ${PROFILES.join(', ')}`, 'quant')
    .option('--out <folder>', 'write what is kept into a new folder')
    .option('--format <format>', `of the files: ${FORMATS.join(', ')}`, 'parquet')
    .action(run);
  registerMarketFacts(group);
  group
    .command('plot')
    .argument('<run>', 'a folder that `market run --out` wrote')
    .option('--out <file>', 'where the picture goes; left out: plot.svg in the folder')
    .description('price, spread, shares at the touch and volume of a recorded day, as SVG')
    .action(plot);
  group
    .command('presets')
    .argument('[name]', 'print this one as JSON, to be changed and run with --config')
    .description('the markets that have a name')
    .action(presets);
  group
    .command('traders')
    .description('the kinds of traders with their parameters, as JSON schemas')
    .action(traders);
}

type Flags = MarketConfigFlags & {
  seed: string;
  strategy?: string;
  profile: string;
  out?: string;
  format: string;
};

async function run(flags: Flags, command: Command): Promise<void> {
  const { seed, out } = flags;
  const profile = oneOf('--profile', flags.profile, PROFILES);
  const format = oneOf('--format', flags.format, FORMATS);
  if (out !== undefined && profile === 'summary')
    throw new InvalidInputError(
      'With --profile summary nothing is kept that --out could write: use quant or full.',
    );
  if (seed === '') throw new InvalidInputError('--seed must not be empty.');
  // What is found here is found again when it is written: this only spares the run.
  if (out !== undefined && existsSync(out))
    throw new ConflictError(`${out} cannot be written: it is there already.`);
  const config = marketConfigOf(flags);
  const strategy = flags.strategy === undefined ? undefined : strategyOf(flags.strategy);
  const start = performance.now();
  const { recording, ...result } = simulate(config, seed, {
    profile,
    ...(strategy === undefined ? {} : { strategy: strategy.create() }),
  });
  const seconds = (performance.now() - start) / 1000;
  const summary = { seed, ...result };
  const record = { config, strategyName: flags.strategy ?? null, ...summary };
  const tables = out === undefined || recording === null ? null : await write(out, recording, record, format);
  const day: Day = { config, seed, result, seconds, tables };
  const { json } = command.optsWithGlobals<{ json?: boolean }>();
  const value = { preset: config.name, open: config.open, close: config.close, ...summary, seconds, tables };
  process.stdout.write(`${json ? JSON.stringify(value) : render(day)}\n`);
}

/** The writers are loaded when they are wanted: every other command starts without them. */
async function write(
  folder: string,
  recording: Recording,
  run: Readonly<Record<string, unknown>>,
  format: Format,
): Promise<WrittenTables> {
  const { writeRecording } = await import('../../recordings/write-recording.ts');
  return writeRecording(folder, recording, run, format);
}

async function plot(folder: string, { out }: { out?: string }, command: Command): Promise<void> {
  const file = out ?? path.join(folder, 'plot.svg');
  // Loaded when it is wanted: every other command starts without it.
  const { plotRecording } = await import('../../recordings/plot-recording.ts');
  const svg = await plotRecording(folder);
  try {
    writeFileSync(file, svg);
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  const { json } = command.optsWithGlobals<{ json?: boolean }>();
  process.stdout.write(`${json ? JSON.stringify({ file }) : file}\n`);
}

function strategyOf(name: string): ReferenceStrategy {
  const names = Object.keys(REFERENCE_STRATEGIES);
  return REFERENCE_STRATEGIES[oneOf('--strategy', name, names)]!;
}

type Day = {
  readonly config: MarketConfig;
  readonly seed: string;
  readonly result: Omit<MarketRun, 'recording'>;
  readonly seconds: number;
  readonly tables: WrittenTables | null;
};

function render({ config, seed, result, seconds, tables }: Day): string {
  const { metrics, strategy } = result;
  const traders = config.traders.reduce((sum, { count: of }) => sum + of, 0);
  const price = result.closingPriceCents;
  const quantity = (value: number | null): string => (value === null ? '–' : value.toFixed(0));
  const rows: [string, string][] = [
    [
      'market',
      `${config.name}, ${config.date}, ${config.open} to ${config.close}, ${count(traders)} traders, seed ${seed}`,
    ],
    ['closing price', price === null ? 'none: nothing was traded' : `$${(price / 100).toFixed(2)}`],
    [
      'orders',
      `${count(result.orders)}, of which ${count(result.takers)} traded when they came; ${count(result.cancels)} requests to cancel`,
    ],
    [
      'fills',
      `${count(result.fills)} of ${count(metrics.volume)} shares, at ${cents(metrics.vwapCents)} cents on average`,
    ],
    [
      'spread',
      `${cents(metrics.meanSpreadCents)} cents (median ${cents(metrics.medianSpreadCents)}), paid ${cents(metrics.effectiveSpreadCents)}; both sides there ${(100 * metrics.twoSidedShare).toFixed(1)} % of the time`,
    ],
    [
      'at the touch',
      `${quantity(metrics.meanBidQuantity)} shares bid, ${quantity(metrics.meanAskQuantity)} asked`,
    ],
    ['volatility', `${cents(metrics.minuteVolatilityBps)} basis points a minute`],
    [
      'messages',
      `${count(result.messages)} delivered (${count(result.abidesMessages)} as ABIDES counts them)`,
    ],
    ...(strategy === null ? [] : [['strategy', renderStrategy(strategy)] as [string, string]]),
    ['digest', result.digest],
    ['took', `${seconds.toFixed(2)} s`],
  ];
  for (const [file, rowCount] of Object.entries(tables ?? {})) rows.push([file, `${count(rowCount)} rows`]);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${name.padEnd(width)}${value}`).join('\n');
}

function renderStrategy({
  fills,
  volume,
  pnlCents,
  feesCents,
  finalInventory,
  orders,
}: TraderMetrics): string {
  const pnl = pnlCents === null ? 'unknown' : `$${(pnlCents / 100).toFixed(2)}`;
  const fees = `$${(feesCents / 100).toFixed(2)}`;
  return `profit ${pnl} after fees of ${fees}; ${count(orders)} orders, ${count(fills)} fills of ${count(volume)} shares, ${count(finalInventory)} shares left`;
}

/** What is not known is a dash. */
function cents(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}

function presets(name: string | undefined, _flags: unknown, command: Command): void {
  const { json } = command.optsWithGlobals<{ json?: boolean }>();
  if (name !== undefined) process.stdout.write(`${JSON.stringify(namedConfig(name), null, json ? 0 : 2)}\n`);
  else if (json)
    process.stdout.write(
      `${JSON.stringify(PRESET_NAMES.map((one) => ({ name: one, description: describePreset(one) })))}\n`,
    );
  else
    process.stdout.write(
      `${PRESET_NAMES.map((one) => `${one.padEnd(16)}${describePreset(one)}`).join('\n')}\n`,
    );
}

function traders(): void {
  const kinds = Object.entries(TRADER_KINDS).map(([type, { description, needs, schema }]) => ({
    type,
    description,
    needs,
    parameters: z.toJSONSchema(schema, { io: 'input' }),
  }));
  process.stdout.write(`${JSON.stringify(kinds, null, 2)}\n`);
}
