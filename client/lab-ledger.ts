// The openings of sealed seeds, in a file of the data folder: of all sessions on this machine.
import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConflictError, InvalidInputError } from '../domain/errors.ts';
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
 * @throws ConflictError when the session has opened the block for another strategy, or another process does not end its own opening
 */
export function writeOpening(labFolder: string, opening: Opening): OpeningLedger {
  mkdirSync(labFolder, { recursive: true });
  return alone(labFolder, () => {
    const ledger = openBlock(readOpenings(labFolder), opening);
    const file = fileOf(labFolder);
    const partial = `${file}.${process.pid}.partial`;
    writeFileSync(partial, `${JSON.stringify(ledger, null, 2)}\n`);
    renameSync(partial, file);
    return ledger;
  });
}

const LOCK_TRIES = 100;
const LOCK_WAIT_MS = 50;

/** One process at a time: two that read the same ledger would each forget the other's opening. */
function alone<T>(labFolder: string, use: () => T): T {
  const lock = path.join(labFolder, 'openings.lock');
  for (let attempt = 1; ; attempt++) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (attempt === LOCK_TRIES)
        throw new ConflictError(
          `${lock} is there: another process writes an opening, or was ended while it did. Remove the folder when there is none.`,
          { cause: error },
        );
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_WAIT_MS);
    }
  }
  try {
    return use();
  } finally {
    rmdirSync(lock);
  }
}

function fileOf(labFolder: string): string {
  return path.join(labFolder, 'openings.json');
}
