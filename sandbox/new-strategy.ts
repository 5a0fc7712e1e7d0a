// What `mercato lab new` writes: a strategy to begin with, and the types that it is written against.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConflictError, InvalidInputError } from '../domain/errors.ts';

const TEMPLATE = path.join(__dirname, '..', 'sandbox', 'template');
const TYPES = 'strategy-types.d.ts';

/**
 * Writes `NAME.ts` and the types beside it; types that are there and the same stay.
 * @returns the files that are there now
 * @throws ConflictError when a file would be overwritten
 */
export function writeNewStrategy(name: string, folder: string): { strategy: string; types: string } {
  if (!/^[\w-]{1,64}$/.test(name))
    throw new InvalidInputError(`"${name}" is no name for a strategy: letters, digits, - and _ only.`);
  const files = { strategy: path.join(folder, `${name}.ts`), types: path.join(folder, TYPES) };
  const types = readFileSync(path.join(TEMPLATE, TYPES), 'utf8');
  if (existsSync(files.strategy)) throw new ConflictError(`${files.strategy} is there already.`);
  if (existsSync(files.types) && readFileSync(files.types, 'utf8') !== types)
    throw new ConflictError(`${files.types} is there already, and is of another version.`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(files.types, types);
    writeFileSync(files.strategy, readFileSync(path.join(TEMPLATE, 'strategy.ts'), 'utf8'), { flag: 'wx' });
  } catch (error) {
    throw new InvalidInputError(`${folder} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  return files;
}
