import { aWalletEntry } from '../../tests/builders.ts';
import {
  USER_COUPON_STATUSES,
  byAge,
  canBecome,
  expireDue,
  giveBack,
  isOpen,
  redeem,
  release,
} from './wallet.ts';
import type { UserCouponStatus } from './wallet.ts';

describe('the life of a user coupon', () => {
  const allowed: [UserCouponStatus, UserCouponStatus[]][] = [
    ['active', ['reserved', 'redeemed', 'expired', 'removed']],
    ['reserved', ['active', 'redeemed', 'expired', 'removed']],
    ['redeemed', ['active', 'expired']],
    ['expired', []],
    ['removed', []],
  ];

  test.each(allowed)('from %s it can only become %j', (from, to) => {
    expect(USER_COUPON_STATUSES.filter((status) => canBecome(from, status)).sort()).toEqual([...to].sort());
  });
});

describe('redeeming', () => {
  test('marks the one coupon that was used', () => {
    const wallet = [aWalletEntry({ code: 'L1' }), aWalletEntry({ code: 'L2' })];
    expect(redeem(wallet, 'L2', 1).map((entry) => entry.status)).toEqual(['active', 'redeemed']);
  });

  test('tells two deals of the same coupon apart', () => {
    const wallet = [aWalletEntry({ cycleNumber: 1 }), aWalletEntry({ cycleNumber: 2 })];
    expect(redeem(wallet, 'L1', 2).map((entry) => entry.status)).toEqual(['active', 'redeemed']);
  });

  test('twice is once', () => {
    const once = redeem([aWalletEntry()], 'L1', 1);
    expect(redeem(once, 'L1', 1)).toEqual(once);
  });

  test.each(['expired', 'removed', 'redeemed'] as const)('leaves an %s coupon as it is', (status) => {
    const wallet = [aWalletEntry({ status })];
    expect(redeem(wallet, 'L1', 1)).toEqual(wallet);
  });
});

describe('expiring', () => {
  test('closes a coupon at its expiry date, not an hour before', () => {
    const wallet = [aWalletEntry({ expiresHours: 336 })];
    expect([expireDue(wallet, 335)[0]!.status, expireDue(wallet, 336)[0]!.status]).toEqual([
      'active',
      'expired',
    ]);
  });

  test('gives the expiry date as the reason', () => {
    expect(expireDue([aWalletEntry({ expiresHours: 1 })], 1)[0]!.closedReason).toBe('expiry_date');
  });

  test.each(['reserved', 'redeemed', 'removed'] as const)('leaves a %s coupon as it is', (status) => {
    expect(expireDue([aWalletEntry({ status, expiresHours: 1 })], 2)[0]!.status).toBe(status);
  });
});

describe('letting go of a reserved coupon', () => {
  const reserved = aWalletEntry({ status: 'reserved', expiresHours: 336 });

  test('makes it usable again', () => {
    expect(release(reserved, 335)).toEqual({ ...reserved, status: 'active' });
  });

  test('after its expiry date expires it', () => {
    expect(release(reserved, 336)).toMatchObject({ status: 'expired', closedReason: 'expiry_date' });
  });

  test('that was redeemed meanwhile changes nothing', () => {
    const redeemed = aWalletEntry({ status: 'redeemed' });
    expect(release(redeemed, 0)).toBe(redeemed);
  });
});

describe('giving back a coupon of a cancelled order', () => {
  const redeemed = aWalletEntry({ status: 'redeemed', expiresHours: 336 });

  test('makes it usable again', () => {
    expect(giveBack(redeemed, 31, 32, 335)).toEqual({ ...redeemed, status: 'active' });
  });

  test('after its expiry date expires it', () => {
    expect(giveBack(redeemed, 0, 32, 336)).toMatchObject({ status: 'expired', closedReason: 'expiry_date' });
  });

  test('into a full wallet closes it', () => {
    expect(giveBack(redeemed, 32, 32, 0)).toMatchObject({ status: 'expired', closedReason: 'capacity' });
  });

  test('that was not redeemed changes nothing', () => {
    const active = aWalletEntry();
    expect(giveBack(active, 0, 32, 0)).toBe(active);
  });

  test('ends in a status that its life allows', () => {
    const after = [
      giveBack(redeemed, 0, 32, 0),
      giveBack(redeemed, 32, 32, 0),
      giveBack(redeemed, 0, 32, 999),
    ];
    expect(after.every((entry) => canBecome('redeemed', entry.status))).toBe(true);
  });
});

test('only active and reserved coupons fill a wallet', () => {
  expect(USER_COUPON_STATUSES.filter((status) => isOpen(aWalletEntry({ status })))).toEqual([
    'active',
    'reserved',
  ]);
});

test('the oldest coupon comes first, ties by code', () => {
  const wallet = [
    aWalletEntry({ code: 'B', assignedHours: 0 }),
    aWalletEntry({ code: 'A', assignedHours: 168 }),
    aWalletEntry({ code: 'A', assignedHours: 0 }),
  ];
  expect(wallet.sort(byAge).map((entry) => `${entry.code}${entry.assignedHours}`)).toEqual([
    'A0',
    'B0',
    'A168',
  ]);
});
