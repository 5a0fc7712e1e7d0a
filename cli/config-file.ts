import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readPolicies } from '../datasets/policies.ts';
import { InvalidInputError } from '../domain/errors.ts';

/**
 * The fields of a simulation's configuration that a user wrote, or that `calibrate` did: what it says about where they
 * come from is for readers and left out. Nothing for no file.
 * @throws InvalidInputError when it cannot be read or is no JSON object
 */
export function readConfigFile(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  const { calibration: _, ...fields } = readJsonFile('configuration', file);
  return fields;
}

/**
 * The object in a JSON file.
 * @param kind of file, for the message when it is none
 */
export function readJsonFile(kind: string, file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`The ${kind} file ${file} cannot be read.`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError(
      `The ${kind} file ${file} is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidInputError(`The ${kind} file ${file} must hold one JSON object.`);
  return value as Record<string, unknown>;
}

/**
 * What is written for offers: the name of a policy with its defaults, a JSON file with fields of offers, or a row of a
 * table, as `FILE.csv#NAME` or `FILE.xlsx#NAME`.
 */
export function readOffers(given: string): {
  readonly name: string;
  readonly offers: Record<string, unknown>;
} {
  const row = /^(.+\.(?:csv|xlsx))(?:#(.*))?$/i.exec(given);
  if (row !== null) return offersInTable(row[1]!, row[2] ?? '');
  if (!existsSync(given) && /^[a-z_]+$/.test(given)) return { name: given, offers: { offerPolicy: given } };
  return { name: nameOf(path.parse(given).name), offers: readJsonFile('offers', given) };
}

function offersInTable(
  file: string,
  name: string,
): { readonly name: string; readonly offers: Record<string, unknown> } {
  const policies = readPolicies(file);
  const offers = policies.get(name);
  if (offers === undefined)
    throw new InvalidInputError(
      `${file} has no policy "${name}": name one as ${file}#${[...policies.keys()][0] ?? 'NAME'}; it has ${[...policies.keys()].join(', ') || 'none'}.`,
    );
  return { name: nameOf(name), offers };
}

function nameOf(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_.-]/g, '-').slice(0, 24);
}
