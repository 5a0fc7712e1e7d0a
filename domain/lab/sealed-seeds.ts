// Which seeds are for what, and who has looked at those that were held back. A seed says by itself what it is for, so that a
// sealed one cannot slip into a search; a block that has been opened is burnt for whoever saw it, so each opening is written
// down, and the next question takes the next block.
//
// Nothing here is secret: who has the simulator can run any seed. The ledger is for those who do not want to fool themselves.
import { z } from 'zod';
import { ConflictError, InvalidInputError } from '../errors.ts';

/** Only ever added to at the end: the place of a purpose decides its seeds. */
export const SEED_PURPOSES = [
  'train',
  'validation',
  'sealed',
  'sealed_parameters',
  'sealed_mechanism',
  'planted',
  'no_edge',
] as const;
export type SeedPurpose = (typeof SEED_PURPOSES)[number];

/** Those that may be looked at only once, on a frozen strategy. */
export const SEALED_PURPOSES: readonly SeedPurpose[] = ['sealed', 'sealed_parameters', 'sealed_mechanism'];

const SEEDS_OF_BLOCK = 1_000_000;
const BLOCKS = 1_000_000;
const SEEDS_OF_PURPOSE = SEEDS_OF_BLOCK * BLOCKS;

export const SeedBlock = z.strictObject({
  purpose: z.enum(SEED_PURPOSES),
  /** From 1. */
  number: z
    .int()
    .min(1)
    .max(BLOCKS - 1),
});
export type SeedBlock = z.infer<typeof SeedBlock>;

/**
 * The first seeds of a block: 3000002000001 is the first one of the second sealed block. None is in two blocks, and those that
 * people write themselves (below 10^12) are in none.
 */
export function seedsOf(block: SeedBlock, count: number): number[] {
  if (!Number.isInteger(count) || count < 1 || count >= SEEDS_OF_BLOCK)
    throw new InvalidInputError(`a block has up to ${SEEDS_OF_BLOCK - 1} seeds, not ${count}`);
  const before =
    (SEED_PURPOSES.indexOf(block.purpose) + 1) * SEEDS_OF_PURPOSE + block.number * SEEDS_OF_BLOCK;
  return Array.from({ length: count }, (_, i) => before + i + 1);
}

/** The block of a seed; null for one that is in none. */
export function blockOf(seed: number): SeedBlock | null {
  const purpose = SEED_PURPOSES[Math.floor(seed / SEEDS_OF_PURPOSE) - 1];
  const number = Math.floor((seed % SEEDS_OF_PURPOSE) / SEEDS_OF_BLOCK);
  return purpose === undefined || number < 1 || seed % SEEDS_OF_BLOCK === 0 ? null : { purpose, number };
}

export function isSealed({ purpose }: SeedBlock): boolean {
  return SEALED_PURPOSES.includes(purpose);
}

/** @throws InvalidInputError when one of the seeds is held back: for whoever lists seeds to train or search on */
export function requireNotSealed(seeds: readonly number[]): void {
  for (const seed of seeds) {
    const block = blockOf(seed);
    if (block !== null && isSealed(block))
      throw new InvalidInputError(`seed ${seed} is held back: it belongs to ${blockName(block)}`);
  }
}

export function blockName({ purpose, number }: SeedBlock): string {
  return `block ${number} of ${purpose}`;
}

/** One look at a sealed block. */
export const Opening = z.strictObject({
  block: SeedBlock.refine(isSealed, 'is not sealed: nothing is to be opened'),
  session: z.string().min(1).max(200),
  /** Hash of the frozen strategy that it was opened for. */
  strategy: z.string().min(1).max(200),
  reason: z.string().min(1).max(1000),
  /** Real time, as an ISO date. */
  at: z.iso.datetime(),
});
export type Opening = z.infer<typeof Opening>;

/** All openings ever, oldest first, across sessions. */
export const OpeningLedger = z.strictObject({ version: z.literal(1), openings: z.array(Opening) });
export type OpeningLedger = z.infer<typeof OpeningLedger>;

export const EMPTY_LEDGER: OpeningLedger = { version: 1, openings: [] };

/**
 * The ledger with one opening more. Opening a block again for the same session and strategy changes nothing: it is the same look.
 * @throws InvalidInputError for a block that is not sealed
 * @throws ConflictError when the session has opened the block for another strategy: it has seen it
 */
export function openBlock(ledger: OpeningLedger, opening: Opening): OpeningLedger {
  const { success, data, error } = Opening.safeParse(opening);
  if (!success) throw new InvalidInputError(`the opening is not valid: ${z.prettifyError(error)}`);
  const own = openingsOf(ledger, data.block).filter(({ session }) => session === data.session);
  if (own.some(({ strategy }) => strategy === data.strategy)) return ledger;
  if (own.length > 0)
    throw new ConflictError(
      `session ${data.session} has opened ${blockName(data.block)} for another strategy, on ${own[0]!.at}`,
    );
  return { ...ledger, openings: [...ledger.openings, data] };
}

export function openingsOf(ledger: OpeningLedger, block: SeedBlock): Opening[] {
  return ledger.openings.filter(
    (opening) => opening.block.purpose === block.purpose && opening.block.number === block.number,
  );
}

/** The first block of a sealed purpose that nobody has opened. */
export function nextSealedBlock(ledger: OpeningLedger, purpose: SeedPurpose): SeedBlock {
  let number = 1;
  while (openingsOf(ledger, { purpose, number }).length > 0) number += 1;
  return { purpose, number };
}

/** For a verdict: how often the block has been looked at, this time included. */
export function openingsSentence(ledger: OpeningLedger, block: SeedBlock): string {
  const count = openingsOf(ledger, block).length;
  const name = `Seeds: ${blockName(block)}`;
  if (count === 0) return `${name}, not opened in the ledger.`;
  return count === 1 ? `${name}, opened once.` : `${name}, opened ${count} times: it is no longer unseen.`;
}

/**
 * For a verdict: the how-manieth look at sealed seeds it is, of the strategy and on this machine. Each look has a block of its own, so
 * that none of them is spoiled; but who looks often enough will see what he hopes for once.
 * @param look one of the ledger
 */
export function looksSentence({ openings }: OpeningLedger, look: Opening): string {
  const position = openings.findIndex(
    ({ block }) => block.purpose === look.block.purpose && block.number === look.block.number,
  );
  const before = openings.slice(0, position + 1).filter(({ block }) => block.purpose === look.block.purpose);
  const own = before.filter(({ strategy }) => strategy === look.strategy).length;
  const said = `Look ${own} at such seeds with this strategy, ${before.length} on this machine`;
  return own === 1 ? `${said}.` : `${said}: what is found in one of several looks says less than it seems.`;
}
