// Where the commands of the lab find things.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseConfig } from '../config.ts';
import { InvalidInputError } from '../domain/errors.ts';
import { dataFolderAt } from '../stack/data-folder.ts';

/** What the lab remembers on this machine: openings of sealed seeds, and what was tried. */
export function labFolder(): string {
  return path.join(dataFolderAt(parseConfig(process.env).home).root, 'lab');
}

/** @throws InvalidInputError that names the file */
export function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
