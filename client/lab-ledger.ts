// The openings of sealed seeds, in a file of the data folder: of all sessions on this machine.
import { mkdirSync, readFileSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError, ConflictError, InvalidInputError } from '../domain/errors.ts';
import { EMPTY_LEDGER, OpeningLedger, nextSealedBlock, openBlock } from '../domain/lab/sealed-seeds.ts';
import type { Opening, SeedBlock, SeedPurpose } from '../domain/lab/sealed-seeds.ts';

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
 * Takes the next block that nobody has opened and writes that down before its seeds are looked at: all of the file or nothing. Of two
 * processes that ask at the same time each has a block of its own.
 * @throws ConflictError when another process does not end its own opening, InvalidInputError when it cannot be written
 */
export function openNextBlock(
  labFolder: string,
  purpose: SeedPurpose,
  look: Omit<Opening, 'block'>,
): { readonly block: SeedBlock; readonly ledger: OpeningLedger } {
  const file = fileOf(labFolder);
  try {
    mkdirSync(labFolder, { recursive: true });
    return alone(labFolder, () => {
      const before = readOpenings(labFolder);
      const block = nextSealedBlock(before, purpose);
      const ledger = openBlock(before, { ...look, block });
      const partial = `${file}.${process.pid}.partial`;
      writeFileSync(partial, `${JSON.stringify(ledger, null, 2)}\n`);
      renameSync(partial, file);
      return { block, ledger };
    });
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new InvalidInputError(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
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
