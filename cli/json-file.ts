import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { InvalidInputError } from '../domain/errors.ts';

/** The JSON object in a file. @throws InvalidInputError that says what is wrong with it */
export function readJsonObject(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`The file ${file} cannot be read.`, { cause: error });
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    throw new InvalidInputError(
      `The file ${file} is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    );
  }
  throw new InvalidInputError(`The file ${file} must hold one JSON object.`);
}

/** What is written for the name of a file of offers: a file, or the name of a policy with its defaults. */
export function readOffers(given: string): {
  readonly name: string;
  readonly offers: Record<string, unknown>;
} {
  if (!existsSync(given) && /^[a-z_]+$/.test(given)) return { name: given, offers: { offerPolicy: given } };
  return {
    name: path
      .parse(given)
      .name.replaceAll(/[^A-Za-z0-9_.-]/g, '-')
      .slice(0, 24),
    offers: readJsonObject(given),
  };
}
