import fc from 'fast-check';
import {
  blockOf,
  EMPTY_LEDGER,
  isSealed,
  looksSentence,
  nextSealedBlock,
  openBlock,
  openingsOf,
  openingsSentence,
  OpeningLedger,
  requireNotSealed,
  SEED_PURPOSES,
  seedsOf,
} from './sealed-seeds.ts';
import type { Opening, SeedBlock } from './sealed-seeds.ts';

const SEALED: SeedBlock = { purpose: 'sealed', number: 2 };

function anOpening(changes: Partial<Opening> = {}): Opening {
  return {
    block: SEALED,
    session: 'session-1',
    strategy: 'abc',
    reason: 'the winner is frozen',
    at: '2026-07-29T12:00:00Z',
    ...changes,
  };
}

const aBlock = fc.record({
  purpose: fc.constantFrom(...SEED_PURPOSES),
  number: fc.integer({ min: 1, max: 999_999 }),
});

test('a seed says what it is for', () => {
  expect(seedsOf(SEALED, 3)).toEqual([3000002000001, 3000002000002, 3000002000003]);
  expect(blockOf(3000002000003)).toEqual(SEALED);
});

test('every seed of every block is a safe number and belongs to that block alone', () => {
  fc.assert(
    fc.property(aBlock, fc.integer({ min: 1, max: 999_999 }), (block, at) => {
      const seed = seedsOf(block, at).at(-1)!;
      expect(Number.isSafeInteger(seed)).toBe(true);
      expect(blockOf(seed)).toEqual(block);
    }),
    { numRuns: 20 },
  );
});

test.each([0, 1, 1001, 999_999_999_999, 3000002000000, 1000000000001, 9e15, -5])(
  'seed %d belongs to no block',
  (seed) => {
    expect(blockOf(seed)).toBeNull();
  },
);

test.each([0, 1_000_000, 1.5])('a block has no %d seeds', (count) => {
  expect(() => seedsOf(SEALED, count)).toThrow('a block has up to 999999 seeds');
});

test('sealed seeds cannot slip into a search', () => {
  expect(() => requireNotSealed([1, 2, 1000001000001])).not.toThrow();
  expect(() => requireNotSealed([1, 3000002000003])).toThrow(
    'seed 3000002000003 is held back: it belongs to block 2 of sealed',
  );
});

describe('the ledger', () => {
  test('keeps every opening, and is not changed by the next one', () => {
    const once = openBlock(EMPTY_LEDGER, anOpening());
    const twice = openBlock(once, anOpening({ session: 'session-2', strategy: 'def' }));

    expect([EMPTY_LEDGER, once, twice].map((ledger) => openingsOf(ledger, SEALED).length)).toEqual([0, 1, 2]);
    expect(openingsOf(twice, { purpose: 'sealed', number: 1 })).toEqual([]);
    expect(OpeningLedger.parse(JSON.parse(JSON.stringify(twice)))).toEqual(twice);
  });

  test('the same look twice is one look', () => {
    const once = openBlock(EMPTY_LEDGER, anOpening());

    expect(openBlock(once, anOpening({ at: '2026-07-30T12:00:00Z' }))).toBe(once);
  });

  test('a session that has seen a block may not try another strategy on it', () => {
    const once = openBlock(EMPTY_LEDGER, anOpening());

    expect(() => openBlock(once, anOpening({ strategy: 'def' }))).toThrow(
      'session session-1 has opened block 2 of sealed for another strategy, on 2026-07-29T12:00:00Z',
    );
  });

  test('what is not sealed is not opened, and a reason is asked for', () => {
    expect(() => openBlock(EMPTY_LEDGER, anOpening({ block: { purpose: 'train', number: 1 } }))).toThrow(
      'is not sealed',
    );
    expect(() => openBlock(EMPTY_LEDGER, anOpening({ reason: '' }))).toThrow('reason');
  });

  test('the next question takes the next block', () => {
    const block = nextSealedBlock(EMPTY_LEDGER, 'sealed');
    const ledger = openBlock(EMPTY_LEDGER, anOpening({ block }));

    expect(block).toEqual({ purpose: 'sealed', number: 1 });
    expect(isSealed(block)).toBe(true);
    expect(nextSealedBlock(ledger, 'sealed')).toEqual({ purpose: 'sealed', number: 2 });
    expect(nextSealedBlock(ledger, 'sealed_mechanism')).toEqual({ purpose: 'sealed_mechanism', number: 1 });
  });

  test('a verdict says how often the block has been looked at', () => {
    const once = openBlock(EMPTY_LEDGER, anOpening());
    const twice = openBlock(once, anOpening({ session: 'session-2' }));

    expect([EMPTY_LEDGER, once, twice].map((ledger) => openingsSentence(ledger, SEALED))).toEqual([
      'Seeds: block 2 of sealed, not opened in the ledger.',
      'Seeds: block 2 of sealed, opened once.',
      'Seeds: block 2 of sealed, opened 2 times: it is no longer unseen.',
    ]);
  });
});

test('a verdict says how often such seeds have been looked at, with the strategy and on the machine', () => {
  const look = (purpose: 'sealed' | 'sealed_mechanism', number: number, strategy: string): Opening => ({
    block: { purpose, number },
    session: `session ${number}`,
    strategy,
    reason: 'test',
    at: '2026-01-05T09:30:00Z',
  });
  const looks = [
    look('sealed', 1, 'a'),
    look('sealed', 2, 'b'),
    look('sealed_mechanism', 1, 'a'),
    look('sealed', 3, 'a'),
  ] as const;
  const ledger = looks.reduce(openBlock, EMPTY_LEDGER);

  expect(looksSentence(ledger, looks[0])).toBe('Look 1 at such seeds with this strategy, 1 on this machine.');
  expect(looksSentence(ledger, looks[2])).toBe('Look 1 at such seeds with this strategy, 1 on this machine.');
  expect(looksSentence(ledger, looks[3])).toBe(
    'Look 2 at such seeds with this strategy, 3 on this machine: what is found in one of several looks says less than it seems.',
  );
});
