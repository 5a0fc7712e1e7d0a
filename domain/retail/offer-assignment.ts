import { groupBy } from '../group-by.ts';
import type { RandomKey } from '../random.ts';
import { HOURS_PER_DAY } from './calendar.ts';
import { compareText } from './catalog-index.ts';
import { systematicSample } from './sampling.ts';
import { byAge, close, expireDue, isOpen, openEntries } from './wallet.ts';
import type { ClosedReason, WalletEntry } from './wallet.ts';

/**
 * What one user is dealt at the start of one offer cycle (seed 000, "frontstore: 2/cycle, category-brand: 30/cycle",
 * capacity 32, 14 days). Pure: the same wallet, pool and key give the same deal, so doing it twice is doing it once.
 */

export type RefreshPolicy = 'replace' | 'top_up' | 'append' | 'staggered';

export type OfferRules = {
  readonly refreshPolicy: RefreshPolicy;
  readonly cycleDays: number;
  readonly expirationDays: number;
  readonly walletCapacity: number;
  readonly frontstorePerCycle: number;
  readonly categoryBrandPerCycle: number;
  readonly noRepeatCycles: number;
};

export type PoolCoupon = { readonly code: string; readonly scope: 'frontstore' | 'category' | 'brand' };

/**
 * How a policy chooses among coupons that may be dealt: groups of them, those of the first dealt first. Within a group
 * chances are even, or as it says.
 */
export type Preference<C extends PoolCoupon> = (candidates: readonly C[]) => readonly PreferenceGroup<C>[];

export type PreferenceGroup<C extends PoolCoupon> = {
  readonly members: readonly C[];
  /** For each member its probability of being among `count`, fewer than there are; they sum to it. */
  readonly probabilities?: (count: number) => readonly number[];
  /** For each member what the policy saw of it and of the user, to be learned from. */
  readonly features?: readonly (readonly number[])[];
};

export type Deal = {
  readonly code: string;
  readonly scope: PoolCoupon['scope'];
  /** Probability with which this user was dealt this coupon, given the pool and the user's history. */
  readonly probability: number;
  /** What the policy saw of the coupon and the user; null where it looks at nothing. */
  readonly features: readonly number[] | null;
  readonly assignedHours: number;
  readonly expiresHours: number;
};

export type Refresh = {
  readonly closings: readonly {
    readonly code: string;
    readonly cycleNumber: number;
    readonly reason: ClosedReason;
  }[];
  readonly deals: readonly Deal[];
  readonly walletBefore: number;
  readonly eligible: { readonly frontstore: number; readonly categoryBrand: number };
  /** Pool coupons that could not have been dealt: still in the wallet, or dealt inside the no-repeat window. */
  readonly excludedCodes: readonly string[];
  /** The no-repeat window had to be relaxed, or the pool was smaller than the deal. */
  readonly isPoolExhausted: boolean;
};

export type RefreshInput<C extends PoolCoupon = PoolCoupon> = {
  readonly rules: OfferRules;
  readonly cycleNumber: number;
  /** Active coupons of the pool. */
  readonly pool: readonly C[];
  /** Undefined: each coupon with the same chance. */
  readonly preference?: Preference<C> | undefined;
  /** All coupons this user ever got in this simulation. */
  readonly entries: readonly WalletEntry[];
  /** Key of (seed, agent). */
  readonly key: RandomKey;
};

/** Plans a user's refresh at the start of a cycle: what is closed, then what is dealt, within capacity. */
export function dealCoupons<C extends PoolCoupon>(input: RefreshInput<C>): Refresh {
  const { rules, cycleNumber } = input;
  const hours = (cycleNumber - 1) * rules.cycleDays * HOURS_PER_DAY;
  const before = openEntries(input.entries).length;
  const afterExpiry = closeForRefresh(input.entries, rules.refreshPolicy, hours);
  const cohorts = cohortsOf(rules, cycleNumber);
  const wanted = {
    frontstore: cohorts.reduce((sum, cohort) => sum + cohort.frontstore, 0),
    categoryBrand: cohorts.reduce((sum, cohort) => sum + cohort.categoryBrand, 0),
  };
  const room = roomFor(wanted, afterExpiry, rules);
  const candidates = excludeOpen(input.pool, room.entries);
  const frontstore = drawFrom(
    input,
    candidates.filter((c) => c.scope === 'frontstore'),
    room.frontstore,
    'frontstore',
  );
  const line = drawFrom(
    input,
    candidates.filter((c) => c.scope !== 'frontstore'),
    room.categoryBrand,
    'category_brand',
  );
  const considered = new Set([...frontstore.considered, ...line.considered]);
  return {
    closings: closingsBetween(input.entries, room.entries),
    deals: withExpiry(frontstore.drawn, line.drawn, cohorts, hours),
    walletBefore: before,
    eligible: { frontstore: frontstore.fresh, categoryBrand: line.fresh },
    excludedCodes: input.pool
      .map((coupon) => coupon.code)
      .filter((code) => !considered.has(code))
      .sort(compareText),
    isPoolExhausted: frontstore.isExhausted || line.isExhausted,
  };
}

type Cohort = { frontstore: number; categoryBrand: number; lifeDays: number };

/**
 * One cohort a cycle, except under `staggered`: there a coupon lives through as many cycles as its expiration has
 * room for, each cycle deals that fraction of a full wallet, and the first cycle deals all cohorts at once.
 */
function cohortsOf(rules: OfferRules, cycleNumber: number): Cohort[] {
  const { frontstorePerCycle, categoryBrandPerCycle, expirationDays, cycleDays } = rules;
  if (rules.refreshPolicy !== 'staggered')
    return [
      { frontstore: frontstorePerCycle, categoryBrand: categoryBrandPerCycle, lifeDays: expirationDays },
    ];
  const count = Math.max(1, Math.floor(expirationDays / cycleDays));
  const part = (total: number, index: number): number =>
    Math.floor((total * (index + 1)) / count) - Math.floor((total * index) / count);
  const cohort = (index: number, lifeCycles: number): Cohort => ({
    frontstore: part(frontstorePerCycle, index),
    categoryBrand: part(categoryBrandPerCycle, index),
    lifeDays: Math.min(expirationDays, lifeCycles * cycleDays),
  });
  if (cycleNumber > 1) return [cohort((cycleNumber - 2) % count, count)];
  return Array.from({ length: count }, (_, index) => cohort(index, index + 1));
}

function closeForRefresh(
  entries: readonly WalletEntry[],
  policy: RefreshPolicy,
  hours: number,
): WalletEntry[] {
  const unexpired = expireDue(entries, hours);
  if (policy !== 'replace') return unexpired;
  return unexpired.map((entry) =>
    entry.status === 'active' ? close(entry, 'expired', 'cycle_boundary') : entry,
  );
}

/** How many coupons fit, frontstore first; `append` makes room by closing the oldest. */
function roomFor(
  wanted: { frontstore: number; categoryBrand: number },
  entries: readonly WalletEntry[],
  rules: OfferRules,
): { frontstore: number; categoryBrand: number; entries: readonly WalletEntry[] } {
  const open = openEntries(entries);
  const total = Math.min(wanted.frontstore + wanted.categoryBrand, rules.walletCapacity);
  const surplus = open.length + total - rules.walletCapacity;
  if (rules.refreshPolicy === 'append' && surplus > 0) {
    const evicted = new Set(
      open
        .filter((entry) => entry.status === 'active')
        .sort(byAge)
        .slice(0, surplus),
    );
    entries = entries.map((entry) => (evicted.has(entry) ? close(entry, 'removed', 'capacity') : entry));
  }
  const free = Math.max(0, rules.walletCapacity - openEntries(entries).length);
  const frontstore = Math.min(wanted.frontstore, free);
  return { frontstore, categoryBrand: Math.min(wanted.categoryBrand, free - frontstore), entries };
}

function excludeOpen<C extends PoolCoupon>(pool: readonly C[], entries: readonly WalletEntry[]): C[] {
  const held = new Set(entries.filter(isOpen).map((entry) => entry.code));
  return pool.filter((coupon) => !held.has(coupon.code));
}

type Drawn = Pick<Deal, 'code' | 'scope' | 'probability' | 'features'>;

/**
 * A sample without repeats, as the policy prefers. When fresh coupons run short, the ones dealt longest ago come next,
 * whole cycles at a time, so that nobody is silently dealt fewer.
 */
function drawFrom<C extends PoolCoupon>(
  { rules, cycleNumber, entries, key, preference }: RefreshInput<C>,
  candidates: readonly C[],
  count: number,
  kind: 'frontstore' | 'category_brand',
): { drawn: Drawn[]; considered: string[]; fresh: number; isExhausted: boolean } {
  const lastCycle = new Map<string, number>();
  for (const entry of entries)
    lastCycle.set(entry.code, Math.max(entry.cycleNumber, lastCycle.get(entry.code) ?? 0));
  // Tier 0: not dealt inside the window. Then one tier a cycle, oldest first.
  const tierOf = (coupon: C): number => {
    const last = lastCycle.get(coupon.code);
    return last === undefined || last < cycleNumber - rules.noRepeatCycles ? 0 : last;
  };
  const tiers = groupBy(candidates, tierOf);
  const fresh = tiers.get(0)?.length ?? 0;
  const drawn: Drawn[] = [];
  const considered = (tiers.get(0) ?? []).map((coupon) => coupon.code);
  for (const tier of [...tiers.keys()].sort((a, b) => a - b)) {
    if (drawn.length >= count) break;
    const members = tiers.get(tier)!;
    if (tier > 0) considered.push(...members.map((coupon) => coupon.code));
    for (const group of preference?.(members) ?? [{ members }]) {
      const taken = Math.min(count - drawn.length, group.members.length);
      if (taken > 0) drawn.push(...drawFromGroup(group, taken, key.at('deal', cycleNumber, kind)));
    }
  }
  return { drawn, considered, fresh, isExhausted: count > fresh };
}

/** With even chances a coupon's rank depends on its own key alone: one more in the pool moves no other. */
function drawFromGroup<C extends PoolCoupon>(
  { members, probabilities, features }: PreferenceGroup<C>,
  taken: number,
  key: RandomKey,
): Drawn[] {
  const chances = taken < members.length ? probabilities?.(taken) : undefined;
  const ranked = members.map((coupon, i) => ({
    name: coupon.code,
    scope: coupon.scope,
    probability: chances?.[i] ?? taken / members.length,
    features: features?.[i] ?? null,
    rank: key.at(coupon.code).uniform(),
  }));
  const sample =
    chances === undefined
      ? ranked.sort((a, b) => a.rank - b.rank || compareText(a.name, b.name)).slice(0, taken)
      : systematicSample(ranked, taken, key.at('sample'));
  return sample.map(({ name, scope, probability, features: seen }) => ({
    code: name,
    scope,
    probability,
    features: seen,
  }));
}

function withExpiry(
  frontstore: readonly Drawn[],
  line: readonly Drawn[],
  cohorts: readonly Cohort[],
  hours: number,
): Deal[] {
  const spread = (drawn: readonly Drawn[], size: (cohort: Cohort) => number): Deal[] => {
    const lives = cohorts.flatMap((cohort) => Array.from({ length: size(cohort) }, () => cohort.lifeDays));
    return drawn.map((deal, i) => ({
      ...deal,
      assignedHours: hours,
      expiresHours: hours + (lives[i] ?? lives.at(-1) ?? 0) * HOURS_PER_DAY,
    }));
  };
  return [...spread(frontstore, (c) => c.frontstore), ...spread(line, (c) => c.categoryBrand)];
}

function closingsBetween(before: readonly WalletEntry[], after: readonly WalletEntry[]): Refresh['closings'] {
  return after.flatMap((entry, i) =>
    entry.closedReason !== null && before[i]!.closedReason === null
      ? [{ code: entry.code, cycleNumber: entry.cycleNumber, reason: entry.closedReason }]
      : [],
  );
}
