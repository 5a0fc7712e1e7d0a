import { readFileSync } from 'node:fs';
import { InvalidInputError } from '../domain/errors.ts';

/**
 * The fields of a simulation's configuration that a user wrote, or that `calibrate` did: what it says about where they
 * come from is for readers and left out. Nothing for no file.
 * @throws InvalidInputError when it cannot be read or is no JSON object
 */
export function readConfigFile(file: string | undefined): Record<string, unknown> {
  if (file === undefined) return {};
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`The configuration file ${file} cannot be read.`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError(
      `The configuration file ${file} is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidInputError(`The configuration file ${file} must hold one JSON object.`);
  const { calibration: _, ...fields } = value as Record<string, unknown>;
  return fields;
}
