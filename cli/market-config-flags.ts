// Which market a command is about: --preset or --config, and --end.
import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../domain/errors.ts';
import { parseMarketConfig } from '../domain/market/market-config.ts';
import type { MarketConfig } from '../domain/market/market-config.ts';
import { MODIFIER_NAMES, PRESET_NAMES, presetConfig } from '../domain/market/presets.ts';

export type MarketConfigFlags = { preset?: string; config?: string; end?: string };

export function marketConfigOf({ preset, config: file, end }: MarketConfigFlags): MarketConfig {
  if (preset !== undefined && file !== undefined)
    throw new InvalidInputError('Give --preset or --config, not both.');
  const named = file === undefined ? namedConfig(preset ?? 'rmsc04') : readConfig(file);
  return end === undefined ? named : parseMarketConfig({ ...named, close: end });
}

export function namedConfig(name: string): MarketConfig {
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
  return parseMarketConfig(isRun(value) ? value.config : value);
}

/** The `run.json` of a recorded day has its configuration in it. */
function isRun(value: unknown): value is { config: unknown } {
  return typeof value === 'object' && value !== null && 'config' in value && 'digest' in value;
}
