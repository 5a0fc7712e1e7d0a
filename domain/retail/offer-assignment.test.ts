import fc from 'fast-check';
import { aPool, aWalletEntry, someRules } from '../../tests/builders.ts';
import { RandomKey } from '../random.ts';
import { dealCoupons } from './offer-assignment.ts';
import type { OfferRules, PoolCoupon, Refresh } from './offer-assignment.ts';
import { close, expireDue, giveBack, isOpen, openEntries, redeem } from './wallet.ts';
import type { WalletEntry } from './wallet.ts';

const key = RandomKey.of('1').at('agent', 'agent_001');

type Input = {
  rules?: Partial<OfferRules>;
  cycleNumber?: number;
  pool?: readonly PoolCoupon[];
  entries?: readonly WalletEntry[];
  key?: RandomKey;
};

function deal(input: Input = {}): Refresh {
  return dealCoupons({
    rules: someRules(input.rules),
    cycleNumber: input.cycleNumber ?? 1,
    pool: input.pool ?? aPool(50, 200),
    entries: input.entries ?? [],
    key: input.key ?? key,
  });
}

/** The wallet after a refresh, as the store saves it. */
function refreshed(
  entries: readonly WalletEntry[],
  cycleNumber: number,
  { closings, deals }: Refresh,
): WalletEntry[] {
  const reasons = new Map(
    closings.map((closing) => [`${closing.cycleNumber}/${closing.code}`, closing.reason]),
  );
  const kept = entries.map((entry) => {
    const reason = reasons.get(`${entry.cycleNumber}/${entry.code}`);
    return reason === undefined ? entry : close(entry, reason === 'capacity' ? 'removed' : 'expired', reason);
  });
  const dealt = deals.map(({ code, scope, assignedHours, expiresHours }): WalletEntry => ({
    code,
    scope,
    cycleNumber,
    status: 'active',
    closedReason: null,
    assignedHours,
    expiresHours,
  }));
  return [...kept, ...dealt];
}

/** Refreshes a wallet at the start of each of `cycles` cycles; `meanwhile` is what happens to it after each. */
function playCycles(
  cycles: number,
  input: Omit<Input, 'entries' | 'cycleNumber'>,
  meanwhile: (entries: WalletEntry[], cycle: number) => WalletEntry[] = (entries) => entries,
): { refreshes: Refresh[]; wallets: WalletEntry[][] } {
  let entries: WalletEntry[] = [];
  const refreshes: Refresh[] = [];
  const wallets: WalletEntry[][] = [];
  for (let cycleNumber = 1; cycleNumber <= cycles; cycleNumber++) {
    const refresh = deal({ ...input, cycleNumber, entries });
    entries = refreshed(entries, cycleNumber, refresh);
    refreshes.push(refresh);
    wallets.push(entries);
    entries = meanwhile(entries, cycleNumber);
  }
  return { refreshes, wallets };
}

const codesOf = (refresh: Refresh): string[] => refresh.deals.map((dealt) => dealt.code).sort();
const lineCodesOf = (refresh: Refresh): string[] => codesOf(refresh).filter((code) => code.startsWith('L'));

describe('a first deal', () => {
  test('is 2 frontstore and 30 category or brand coupons that live 14 days', () => {
    const { deals } = deal();
    const frontstore = deals.filter((dealt) => dealt.scope === 'frontstore').length;
    expect([
      frontstore,
      deals.length - frontstore,
      new Set(deals.map((dealt) => dealt.expiresHours)),
    ]).toEqual([2, 30, new Set([336])]);
  });

  test('made twice is the same deal', () => {
    expect(deal()).toEqual(deal());
  });

  test('does not depend on the order of the pool', () => {
    const pool = aPool(50, 200);
    expect(deal({ pool: [...pool].reverse() }).deals).toEqual(deal({ pool }).deals);
  });

  test('differs between agents and between seeds', () => {
    const keys = ['1', '2'].flatMap((seed) =>
      ['a', 'b'].map((agent) => RandomKey.of(seed).at('agent', agent)),
    );
    expect(new Set(keys.map((each) => codesOf(deal({ key: each })).join())).size).toBe(4);
  });

  test('into a wallet too small for it keeps the frontstore coupons', () => {
    const { deals } = deal({ rules: { walletCapacity: 5 } });
    expect(deals.map((dealt) => dealt.scope === 'frontstore')).toEqual([true, true, false, false, false]);
  });

  test('from a pool too small for it deals the whole pool, and says so', () => {
    const refresh = deal({ pool: aPool(1, 10) });
    expect([refresh.deals.length, refresh.isPoolExhausted]).toEqual([11, true]);
  });
});

describe('a coupon that joins the pool', () => {
  const pool = aPool(50, 200);
  const keys = Array.from({ length: 400 }, (_, i) => RandomKey.of('1').at('agent', `agent_${i}`));
  const deals = keys.map((each) => ({
    before: codesOf(deal({ pool, key: each })),
    after: codesOf(deal({ pool: [...pool, { code: 'L-new', scope: 'brand' }], key: each })),
  }));

  test('changes nothing for those who are not dealt it', () => {
    const unaffected = deals.filter(({ after }) => !after.includes('L-new'));
    expect([
      unaffected.length > 300,
      unaffected.every(({ before, after }) => before.join() === after.join()),
    ]).toEqual([true, true]);
  });

  test('takes the place of exactly one coupon for those who are', () => {
    const lost = deals
      .filter(({ after }) => after.includes('L-new'))
      .map(({ before, after }) => before.filter((code) => !after.includes(code)).length);
    expect(new Set(lost)).toEqual(new Set([1]));
  });
});

describe('the probability of a deal', () => {
  test('adds up over the candidates to the number that was dealt', () => {
    const { deals, eligible } = deal();
    const [frontstore, line] = [
      deals.filter((d) => d.scope === 'frontstore'),
      deals.filter((d) => d.scope !== 'frontstore'),
    ];
    expect([
      frontstore[0]!.probability * eligible.frontstore,
      line[0]!.probability * eligible.categoryBrand,
    ]).toEqual([2, 30]);
  });

  test('is how often a coupon is dealt', () => {
    const agents = 4_000;
    const counts = new Map<string, number>();
    for (let i = 0; i < agents; i++)
      for (const { code } of deal({ key: RandomKey.of('2').at('agent', `agent_${i}`) }).deals)
        counts.set(code, (counts.get(code) ?? 0) + 1);
    const isFar = ([code, count]: [string, number]): boolean => {
      const p = code.startsWith('F') ? 2 / 50 : 30 / 200;
      return Math.abs(count - agents * p) > 4.5 * Math.sqrt(agents * p * (1 - p));
    };
    expect([counts.size, [...counts].filter(isFar)]).toEqual([250, []]);
  });

  test('weighs deals so that they estimate the pool without bias (Horvitz–Thompson)', () => {
    // A value that differs between coupons; its pool total is known.
    const pool = aPool(0, 90);
    const value = (code: string): number => Number(code.slice(1));
    const total = pool.reduce((sum, coupon) => sum + value(coupon.code), 0);
    const estimates = Array.from({ length: 3_000 }, (_, i) => {
      const { deals } = deal({ pool, key: RandomKey.of('3').at('agent', i) });
      return deals.reduce((sum, dealt) => sum + value(dealt.code) / dealt.probability, 0);
    });
    const mean = estimates.reduce((a, b) => a + b, 0) / estimates.length;
    // Standard error of the mean: 0.16 % of the total.
    expect(Math.abs(mean / total - 1)).toBeLessThan(0.007);
  });

  test('is 1 for coupons of a tier that is dealt whole', () => {
    const entries = aPool(0, 12).map(({ code }) =>
      aWalletEntry({ code, status: 'expired', closedReason: 'cycle_boundary' }),
    );
    const { deals } = deal({ cycleNumber: 2, pool: aPool(0, 40), entries });
    const probabilities = (isFresh: boolean) =>
      new Set(deals.filter((d) => Number(d.code.slice(1)) > 12 === isFresh).map((d) => d.probability));
    expect([probabilities(true), probabilities(false)]).toEqual([new Set([1]), new Set([2 / 12])]);
  });

  test('is positive for every coupon of a relaxed tier, so none of them is listed as excluded', () => {
    // 40 coupons, 12 of them dealt in the last cycle: the 28 fresh ones do not fill a deal of 30.
    const pool = aPool(0, 40);
    const entries = aPool(0, 12).map(({ code }) =>
      aWalletEntry({ code, status: 'expired', closedReason: 'cycle_boundary' }),
    );
    const input = { cycleNumber: 2, pool, entries };
    const dealt = new Set(
      Array.from({ length: 200 }, (_, i) => codesOf(deal({ ...input, key: RandomKey.of('4').at(i) }))).flat(),
    );
    const excluded = new Set(
      Array.from(
        { length: 200 },
        (_, i) => deal({ ...input, key: RandomKey.of('4').at(i) }).excludedCodes,
      ).flat(),
    );
    expect([dealt.size, [...excluded]]).toEqual([40, []]);
  });
});

describe('no repeat', () => {
  test('a pool of 150 lasts five cycles of 30 with a window of four, and starts again with the first', () => {
    const { refreshes } = playCycles(6, { pool: aPool(50, 150) });
    const firstFive = refreshes.slice(0, 5).flatMap(lineCodesOf);
    expect([
      refreshes.map((r) => r.isPoolExhausted),
      new Set(firstFive).size,
      lineCodesOf(refreshes[5]!),
    ]).toEqual([[false, false, false, false, false, false], 150, lineCodesOf(refreshes[0]!)]);
  });

  test('a pool of 149 is exhausted in the fifth cycle, and the missing one was dealt in the first', () => {
    const { refreshes } = playCycles(5, { pool: aPool(50, 149) });
    const repeated = lineCodesOf(refreshes[4]!).filter((code) =>
      refreshes.slice(0, 4).some((r) => lineCodesOf(r).includes(code)),
    );
    expect([
      refreshes.map((r) => r.isPoolExhausted),
      repeated.length,
      lineCodesOf(refreshes[0]!).includes(repeated[0]!),
    ]).toEqual([[false, false, false, false, true], 1, true]);
  });

  test('without a window a coupon may come in every cycle', () => {
    const { refreshes } = playCycles(2, { pool: aPool(2, 30), rules: { noRepeatCycles: 0 } });
    expect([refreshes[1]!.isPoolExhausted, codesOf(refreshes[1]!)]).toEqual([false, codesOf(refreshes[0]!)]);
  });

  test('a redeemed coupon counts as dealt', () => {
    const entries = [aWalletEntry({ code: 'L1', status: 'redeemed' })];
    expect(
      codesOf(deal({ cycleNumber: 2, pool: aPool(0, 10), entries, rules: { categoryBrandPerCycle: 9 } })),
    ).not.toContain('L1');
  });

  test('coupons dealt inside the window are listed as excluded', () => {
    const entries = [aWalletEntry({ code: 'L1', status: 'expired', closedReason: 'cycle_boundary' })];
    expect(deal({ cycleNumber: 2, entries }).excludedCodes).toEqual(['L1']);
  });
});

describe('refresh policy replace', () => {
  test('closes everything at the boundary and deals a full wallet', () => {
    const { refreshes } = playCycles(2, {});
    expect([
      refreshes[1]!.closings.length,
      new Set(refreshes[1]!.closings.map((c) => c.reason)),
      refreshes[1]!.deals.length,
    ]).toEqual([32, new Set(['cycle_boundary']), 32]);
  });

  test('leaves a reserved coupon to its order, and deals one fewer', () => {
    const entries = [aWalletEntry({ status: 'reserved' })];
    const { closings, deals } = deal({ cycleNumber: 2, entries });
    expect([closings, deals.length]).toEqual([[], 31]);
  });
});

describe('refresh policy top_up', () => {
  const rules = { refreshPolicy: 'top_up' } as const;
  const redeemFour = (entries: WalletEntry[], cycle: number): WalletEntry[] =>
    openEntries(entries)
      .slice(0, 4)
      .reduce((all, entry) => redeem(all, entry.code, cycle), entries);

  test('deals as many as were used', () => {
    const { refreshes } = playCycles(2, { rules }, redeemFour);
    expect([refreshes[1]!.closings, refreshes[1]!.deals.length]).toEqual([[], 4]);
  });

  test('lets coupons live their 14 days', () => {
    const { refreshes } = playCycles(3, { rules });
    expect(refreshes.map((r) => [r.deals.length, r.closings.length])).toEqual([
      [32, 0],
      [0, 0],
      [32, 32],
    ]);
  });

  test('closes by expiry date, not by the boundary', () => {
    const { refreshes } = playCycles(3, { rules });
    expect(new Set(refreshes[2]!.closings.map((c) => c.reason))).toEqual(new Set(['expiry_date']));
  });

  test('deals nothing that is in the wallet, even without a no-repeat window', () => {
    const { wallets } = playCycles(
      2,
      { rules: { ...rules, noRepeatCycles: 0 }, pool: aPool(2, 34) },
      redeemFour,
    );
    const open = openEntries(wallets[1]!).map((entry) => entry.code);
    expect([open.length, new Set(open).size]).toEqual([32, 32]);
  });
});

describe('refresh policy append', () => {
  test('makes room by closing the oldest', () => {
    const { refreshes, wallets } = playCycles(3, {
      rules: { refreshPolicy: 'append', walletCapacity: 48, expirationDays: 70 },
    });
    const cycles = [1, 2, 3].map(
      (cycle) => openEntries(wallets[2]!).filter((entry) => entry.cycleNumber === cycle).length,
    );
    expect([
      cycles,
      refreshes[2]!.closings.length,
      new Set(refreshes[2]!.closings.map((c) => c.reason)),
    ]).toEqual([[0, 16, 32], 32, new Set(['capacity'])]);
  });

  test('closes nothing while there is room', () => {
    const { refreshes } = playCycles(2, {
      rules: { refreshPolicy: 'append', walletCapacity: 64, expirationDays: 70 },
    });
    expect(refreshes[1]!.closings).toEqual([]);
  });

  test('never closes a reserved coupon to make room', () => {
    const entries = Array.from({ length: 32 }, (_, i) =>
      aWalletEntry({ code: `L${i + 1}`, status: 'reserved' }),
    );
    const { closings, deals } = deal({ cycleNumber: 2, entries, rules: { refreshPolicy: 'append' } });
    expect([closings, deals]).toEqual([[], []]);
  });
});

describe('refresh policy staggered', () => {
  const rules = { refreshPolicy: 'staggered' } as const;
  const { refreshes, wallets } = playCycles(5, { rules });

  test('deals half a wallet a cycle, and a whole one at first', () => {
    expect(refreshes.map((r) => r.deals.length)).toEqual([32, 16, 16, 16, 16]);
  });

  test('keeps the wallet full of two cohorts', () => {
    expect(wallets.map((entries) => openEntries(entries).length)).toEqual([32, 32, 32, 32, 32]);
  });

  test('lets every coupon live 14 days, except the first cohort', () => {
    const lives = refreshes.map((r) =>
      [...new Set(r.deals.map((d) => (d.expiresHours - d.assignedHours) / 24))].sort((a, b) => a - b),
    );
    expect(lives).toEqual([[7, 14], [14], [14], [14], [14]]);
  });

  test('lets no coupon live longer than it may, also where that is less than a cycle', () => {
    const { deals } = deal({ rules: { ...rules, expirationDays: 3 } });
    expect([deals.length, ...new Set(deals.map((d) => (d.expiresHours - d.assignedHours) / 24))]).toEqual([
      32, 3,
    ]);
  });

  test('keeps the wallet full when a deal does not halve', () => {
    const odd = playCycles(5, { rules: { ...rules, frontstorePerCycle: 3, categoryBrandPerCycle: 29 } });
    const open = odd.wallets.map((entries) => openEntries(entries));
    const frontstore = open.map((entries) => entries.filter((entry) => entry.scope === 'frontstore').length);
    expect([open.map((entries) => entries.length), frontstore]).toEqual([
      [32, 32, 32, 32, 32],
      [3, 3, 3, 3, 3],
    ]);
  });

  test('has one frontstore coupon in each cohort', () => {
    expect(refreshes.map((r) => r.deals.filter((d) => d.scope === 'frontstore').length)).toEqual([
      2, 1, 1, 1, 1,
    ]);
  });
});

// --- laws ------------------------------------------------------------------------------------------------------

type Step = { type: 'refresh' | 'redeem' | 'reserve' | 'give_back' | 'expire'; pick: number };

const rules: fc.Arbitrary<OfferRules> = fc.record({
  refreshPolicy: fc.constantFrom('replace', 'top_up', 'append', 'staggered'),
  cycleDays: fc.integer({ min: 1, max: 10 }),
  expirationDays: fc.integer({ min: 1, max: 30 }),
  walletCapacity: fc.integer({ min: 1, max: 40 }),
  frontstorePerCycle: fc.integer({ min: 0, max: 5 }),
  categoryBrandPerCycle: fc.integer({ min: 0, max: 35 }),
  noRepeatCycles: fc.integer({ min: 0, max: 5 }),
});
const pool = fc
  .tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 90 }))
  .map(([f, l]) => aPool(f, l));
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    type: fc.constantFrom('refresh', 'refresh', 'redeem', 'redeem', 'reserve', 'give_back', 'expire'),
    pick: fc.nat(1_000),
  }),
  { maxLength: 30 },
);

type Look = (
  entries: readonly WalletEntry[],
  refresh: Refresh | null,
  cycle: number,
  before: readonly WalletEntry[],
) => void;

/** A wallet's life: refreshes at cycle starts, and what users and orders do in between. */
function live(given: { rules: OfferRules; pool: PoolCoupon[]; steps: Step[] }, look: Look): void {
  let entries: WalletEntry[] = [];
  let cycle = 0;
  for (const { type, pick } of given.steps) {
    const hours = Math.max(
      0,
      (cycle - 1) * given.rules.cycleDays * 24 + (pick % (given.rules.cycleDays * 24)),
    );
    const before = entries;
    let refresh: Refresh | null = null;
    const choose = (candidates: WalletEntry[]): WalletEntry | undefined =>
      candidates[pick % Math.max(1, candidates.length)];
    const change = (
      chosen: WalletEntry | undefined,
      to: (entry: WalletEntry) => WalletEntry,
    ): WalletEntry[] => entries.map((entry) => (entry === chosen ? to(entry) : entry));
    switch (type) {
      case 'refresh':
        cycle += 1;
        refresh = deal({ rules: given.rules, pool: given.pool, cycleNumber: cycle, entries });
        entries = refreshed(entries, cycle, refresh);
        break;
      case 'redeem': {
        const chosen = choose(entries.filter(isOpen));
        if (chosen !== undefined) entries = redeem(entries, chosen.code, chosen.cycleNumber);
        break;
      }
      case 'reserve':
        entries = change(choose(entries.filter((entry) => entry.status === 'active')), (entry) => ({
          ...entry,
          status: 'reserved',
        }));
        break;
      case 'give_back':
        entries = change(choose(entries.filter((entry) => entry.status === 'redeemed')), (entry) =>
          giveBack(entry, openEntries(entries).length, given.rules.walletCapacity, hours),
        );
        break;
      case 'expire':
        entries = expireDue(entries, hours);
        break;
    }
    look(entries, refresh, cycle, before);
  }
}

function check(look: (given: { rules: OfferRules; pool: PoolCoupon[] }) => Look): void {
  fc.assert(
    fc.property(fc.record({ rules, pool, steps }), (given) => live(given, look(given))),
    { numRuns: 600 },
  );
}

describe('whatever users and orders do', () => {
  test('a wallet never holds more than its capacity', () => {
    check((given) => (entries) => {
      expect(openEntries(entries).length).toBeLessThanOrEqual(given.rules.walletCapacity);
    });
  });

  test('nothing is dealt that the wallet holds', () => {
    check(() => (entries, refresh, cycle) => {
      if (refresh === null) return;
      const kept = new Set(
        openEntries(entries)
          .filter((entry) => entry.cycleNumber < cycle)
          .map((entry) => entry.code),
      );
      expect(codesOf(refresh).filter((code) => kept.has(code))).toEqual([]);
    });
  });

  test('nothing is dealt again inside the window, unless the pool is exhausted and that is said', () => {
    check((given) => (_, refresh, cycle, before) => {
      if (refresh === null || refresh.isPoolExhausted) return;
      const recent = new Set(
        before
          .filter((entry) => entry.cycleNumber >= cycle - given.rules.noRepeatCycles)
          .map((entry) => entry.code),
      );
      expect(codesOf(refresh).filter((code) => recent.has(code))).toEqual([]);
    });
  });

  test('a user is dealt fewer than the rules say only for want of room or of coupons, and the latter is said', () => {
    check((given) => (entries, refresh) => {
      if (refresh === null || given.rules.refreshPolicy === 'staggered') return;
      const wanted = given.rules.frontstorePerCycle + given.rules.categoryBrandPerCycle;
      const isFull = openEntries(entries).length === given.rules.walletCapacity;
      expect(refresh.deals.length === wanted || isFull || refresh.isPoolExhausted).toBe(true);
    });
  });

  test('what is closed was open, and what was used stays used', () => {
    check(() => (entries, refresh, _, before) => {
      if (refresh === null) return;
      const closed = refresh.closings.map(({ code, cycleNumber }) =>
        before.find((entry) => entry.code === code && entry.cycleNumber === cycleNumber),
      );
      const used = (all: readonly WalletEntry[]) => all.filter((entry) => entry.status === 'redeemed').length;
      expect([closed.every((entry) => entry?.status === 'active'), used(entries)]).toEqual([
        true,
        used(before),
      ]);
    });
  });

  test('every deal has a probability above 0', () => {
    check(() => (_, refresh) => {
      expect(
        refresh?.deals.filter((dealt) => !(dealt.probability > 0 && dealt.probability <= 1)) ?? [],
      ).toEqual([]);
    });
  });

  test('nothing is dealt that is listed as excluded', () => {
    check(() => (_, refresh) => {
      const excluded = new Set(refresh?.excludedCodes);
      expect(refresh?.deals.filter((dealt) => excluded.has(dealt.code)) ?? []).toEqual([]);
    });
  });
});
