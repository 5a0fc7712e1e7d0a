// The market kernel by itself: run a day, list what there is. Needs neither Temporal nor a database.
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { InvalidInputError } from '../../domain/errors.ts';
import { parseMarketConfig } from '../../domain/market/market-config.ts';
import type { MarketConfig } from '../../domain/market/market-config.ts';
import { MODIFIER_NAMES, PRESET_NAMES, describePreset, presetConfig } from '../../domain/market/presets.ts';
import { simulate } from '../../domain/market/simulate.ts';
import type { MarketRun } from '../../domain/market/simulate.ts';
import { TRADER_KINDS } from '../../domain/market/traders/registry.ts';

export function registerMarket(program: Command): void {
  const group = program.command('market').description('the market kernel: order book, exchange and traders');
  group
    .command('run')
    .description('run one trading day, or a part of it')
    .option('--preset <name>', `one of \`market presets\`, with +${MODIFIER_NAMES.join(' or +')} after it`)
    .option('--config <file>', 'a configuration as JSON, as `market presets NAME` prints one')
    .option('--seed <seed>', 'decides all that is random', '1')
    .option('--end <time>', 'close earlier, for instance at 10:30')
    .action(run);
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

type Flags = { preset?: string; config?: string; seed: string; end?: string };

function run({ preset, config: file, seed, end }: Flags, command: Command): void {
  if (preset !== undefined && file !== undefined)
    throw new InvalidInputError('Give --preset or --config, not both.');
  const config = file === undefined ? namedConfig(preset ?? 'rmsc04') : readConfig(file);
  const wanted = end === undefined ? config : parseMarketConfig({ ...config, close: end });
  const start = performance.now();
  const result = simulate(wanted, seed);
  const seconds = (performance.now() - start) / 1000;
  const { json: isJson } = command.optsWithGlobals<{ json?: boolean }>();
  const summary = { preset: wanted.name, seed, open: wanted.open, close: wanted.close, ...result };
  process.stdout.write(
    `${isJson ? JSON.stringify({ ...summary, seconds }) : render(wanted, seed, result, seconds)}\n`,
  );
}

function namedConfig(name: string): MarketConfig {
  const config = presetConfig(name);
  if (config === null)
    throw new InvalidInputError(
      `There is no preset "${name}". There are ${PRESET_NAMES.join(', ')}; with +${MODIFIER_NAMES.join(' or +')}.`,
    );
  return config;
}

function readConfig(file: string): MarketConfig {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be read as JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return parseMarketConfig(value);
}

function render(config: MarketConfig, seed: string, result: MarketRun, seconds: number): string {
  const traders = config.traders.reduce((sum, { count }) => sum + count, 0);
  const price = result.closingPriceCents;
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
    ['fills', count(result.fills)],
    [
      'messages',
      `${count(result.messages)} delivered (${count(result.abidesMessages)} as ABIDES counts them)`,
    ],
    ['digest', result.digest],
    ['took', `${seconds.toFixed(2)} s`],
  ];
  return rows.map(([name, value]) => `${name.padEnd(15)}${value}`).join('\n');
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
