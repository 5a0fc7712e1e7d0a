import { compareText } from './catalog-index.ts';

/**
 * A user's coupons in one simulation. Only `active` and `reserved` ones count towards the wallet's capacity.
 * The database enforces the same transitions by trigger (first migration).
 */

export const USER_COUPON_STATUSES = ['active', 'reserved', 'redeemed', 'expired', 'removed'] as const;
export type UserCouponStatus = (typeof USER_COUPON_STATUSES)[number];
export type ClosedReason = 'cycle_boundary' | 'expiry_date' | 'capacity' | 'reset';

const TRANSITIONS: Readonly<Record<UserCouponStatus, readonly UserCouponStatus[]>> = {
  active: ['reserved', 'redeemed', 'expired', 'removed'],
  reserved: ['active', 'redeemed', 'expired', 'removed'],
  /** Only by cancelling the order it was redeemed on, or all of what it was redeemed for. */
  redeemed: ['active', 'expired'],
  expired: [],
  removed: [],
};

export function canBecome(from: UserCouponStatus, to: UserCouponStatus): boolean {
  return TRANSITIONS[from].includes(to);
}

/** Times in hours since the simulation's start; the coupon can be used in [assigned, expires). */
export type WalletEntry = {
  readonly code: string;
  readonly scope: 'frontstore' | 'category' | 'brand';
  readonly cycleNumber: number;
  readonly status: UserCouponStatus;
  readonly closedReason: ClosedReason | null;
  readonly assignedHours: number;
  readonly expiresHours: number;
};

export function isOpen(entry: WalletEntry): boolean {
  return entry.status === 'active' || entry.status === 'reserved';
}

/** Open coupons: what the capacity limits. */
export function openEntries(entries: readonly WalletEntry[]): WalletEntry[] {
  return entries.filter(isOpen);
}

/** Closes what has passed its expiry date at `hours`. A reserved coupon stays until its order is settled. */
export function expireDue(entries: readonly WalletEntry[], hours: number): WalletEntry[] {
  return entries.map((entry) =>
    entry.status === 'active' && entry.expiresHours <= hours ? close(entry, 'expired', 'expiry_date') : entry,
  );
}

export function close(entry: WalletEntry, status: 'expired' | 'removed', reason: ClosedReason): WalletEntry {
  return { ...entry, status, closedReason: reason };
}

/** Redeems one open coupon; any other is left as it is, so that a second call changes nothing. */
export function redeem(entries: readonly WalletEntry[], code: string, cycleNumber: number): WalletEntry[] {
  return entries.map((entry) =>
    entry.code === code && entry.cycleNumber === cycleNumber && isOpen(entry)
      ? { ...entry, status: 'redeemed' }
      : entry,
  );
}

/** What becomes of a reserved coupon that is let go at `hours`: active again, unless it has expired. */
export function release(entry: WalletEntry, hours: number): WalletEntry {
  if (entry.status !== 'reserved') return entry;
  if (entry.expiresHours <= hours) return close(entry, 'expired', 'expiry_date');
  return { ...entry, status: 'active' };
}

/**
 * What becomes of a redeemed coupon when its order is cancelled at `hours`: active again, unless it has expired or
 * the wallet has no room for it.
 */
export function giveBack(
  entry: WalletEntry,
  openCount: number,
  capacity: number,
  hours: number,
): WalletEntry {
  if (entry.status !== 'redeemed') return entry;
  if (entry.expiresHours <= hours) return close(entry, 'expired', 'expiry_date');
  if (openCount >= capacity) return close(entry, 'expired', 'capacity');
  return { ...entry, status: 'active' };
}

/** Oldest first, then by code: the order in which a full wallet makes room. */
export function byAge(a: WalletEntry, b: WalletEntry): number {
  return a.assignedHours - b.assignedHours || compareText(a.code, b.code);
}
