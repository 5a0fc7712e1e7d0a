// The ledger of openings of sealed blocks, in the data folder: across sessions, so that each takes a block that nobody has seen.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ConflictError } from '../domain/errors.ts';
import { EMPTY_LEDGER, nextSealedBlock, openBlock, OpeningLedger } from '../domain/lab/sealed-seeds.ts';
import type { Opening, SeedBlock, SeedPurpose } from '../domain/lab/sealed-seeds.ts';

/** @param root of the data folder */
function fileIn(root: string): string {
  return path.join(root, 'lab', 'openings.json');
}

/**
 * @param root of the data folder
 * @throws ConflictError when the file is not a ledger: it is not replaced by an empty one
 */
export function readLedger(root: string): OpeningLedger {
  const file = fileIn(root);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY_LEDGER;
    throw error;
  }
  try {
    return OpeningLedger.parse(JSON.parse(text));
  } catch (error) {
    throw new ConflictError(`${file} is no ledger of openings: repair it, or move it away.`, {
      cause: error,
    });
  }
}

/** Writes one opening down; the file is whole at any time. */
export function recordOpening(root: string, opening: Opening): void {
  const file = fileIn(root);
  const ledger = openBlock(readLedger(root), opening);
  mkdirSync(path.dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, `${JSON.stringify(ledger, null, 2)}\n`);
  renameSync(partial, file);
}

/** Opens the first block of a purpose that nobody has opened, and writes that down. */
export function openNextBlock(
  root: string,
  purpose: SeedPurpose,
  opening: Omit<Opening, 'block'>,
): SeedBlock {
  const block = nextSealedBlock(readLedger(root), purpose);
  recordOpening(root, { ...opening, block });
  return block;
}
