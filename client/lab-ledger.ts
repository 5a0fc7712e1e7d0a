// The openings of sealed seeds, in a file of the data folder: of all sessions on this machine.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { InvalidInputError } from '../domain/errors.ts';
import { EMPTY_LEDGER, OpeningLedger, openBlock } from '../domain/lab/sealed-seeds.ts';
import type { Opening } from '../domain/lab/sealed-seeds.ts';

/** @throws InvalidInputError when the file is there and is no ledger: openings must not be forgotten */
export function readOpenings(labFolder: string): OpeningLedger {
  const file = fileOf(labFolder);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY_LEDGER;
    throw new InvalidInputError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    return OpeningLedger.parse(JSON.parse(text));
  } catch (error) {
    throw new InvalidInputError(
      `${file} is no ledger of openings. Mend it, or move it away and with it what it remembers.`,
      { cause: error },
    );
  }
}

/**
 * Writes an opening down before its seeds are looked at: all of the file or nothing.
 * @throws ConflictError when the session has opened the block for another strategy
 */
export function writeOpening(labFolder: string, opening: Opening): OpeningLedger {
  const ledger = openBlock(readOpenings(labFolder), opening);
  const file = fileOf(labFolder);
  const partial = `${file}.${process.pid}.partial`;
  mkdirSync(labFolder, { recursive: true });
  writeFileSync(partial, `${JSON.stringify(ledger, null, 2)}\n`);
  renameSync(partial, file);
  return ledger;
}

function fileOf(labFolder: string): string {
  return path.join(labFolder, 'openings.json');
}
