import { REJECT_REASONS, BUY, SELL } from './order.ts';
import { RiskGuard } from './risk.ts';
import type { RiskLimits } from './risk.ts';

/** A guard over an account that the test changes; an order is open with what was asked until it is said to be closed. */
function aGuard(limits: RiskLimits, { shares = 0, cashCents = 0, costOfOne = 100, feeCents = 0 } = {}) {
  const account = { shares, cashCents, priceCents: 100 };
  const open = new Map<number, number>();
  const guard = new RiskGuard(limits, {
    shares: () => account.shares,
    cashCents: () => account.cashCents,
    valueCents: () => account.cashCents + account.shares * account.priceCents,
    openQuantity: (order) => open.get(order) ?? 0,
    costOfTaking: (quantity) => quantity * costOfOne,
    feeCents,
  });
  const outcome = (code: number): string => REJECT_REASONS[code] ?? 'admitted';
  let order = 0;
  const admit = (
    side: number,
    quantity: number,
    priceCents: number,
    { nowNs = 0, instead = -1 } = {},
  ): string => {
    const code = guard.admit(order, side, quantity, priceCents, nowNs, instead);
    if (code < 0) open.set(order, quantity);
    order += 1;
    return outcome(code);
  };
  return {
    account,
    open,
    admit,
    change: (of: number, quantity: number, priceCents: number, nowNs = 0) => {
      const code = guard.admitChange(of, quantity, priceCents, nowNs);
      if (code < 0 && open.has(of)) {
        open.set(of, quantity);
        guard.changed(of, priceCents);
      }
      return outcome(code);
    },
    ask: (of: number, quantity: number, priceCents: number) => guard.admitChange(of, quantity, priceCents, 0),
    marks: (...prices: number[]) => {
      for (const price of prices) {
        account.priceCents = price;
        guard.mark();
      }
    },
  };
}

test('without limits all is admitted', () => {
  expect(aGuard({}).admit(BUY, 1e9, 1e6)).toBe('admitted');
});

test('an order is no larger than it may be', () => {
  const { admit } = aGuard({ maxOrderQuantity: 100 });

  expect([admit(BUY, 100, 10), admit(BUY, 101, 10)]).toEqual(['admitted', 'order_size_limit']);
});

test('no more orders are open than may be; one that is closed makes room', () => {
  const { admit, open } = aGuard({ maxOpenOrders: 2 });

  expect([admit(BUY, 1, 10), admit(SELL, 1, 10), admit(BUY, 1, 10)]).toEqual([
    'admitted',
    'admitted',
    'open_order_limit',
  ]);
  open.delete(0);
  expect(admit(BUY, 1, 10)).toBe('admitted');
});

test('a replacement needs no room of its own', () => {
  const { admit } = aGuard({ maxOpenOrders: 1, maxPosition: 10 });
  admit(BUY, 10, 10);

  expect(admit(BUY, 10, 11, { instead: 0 })).toBe('admitted');
});

test('no more orders come in a minute than may; a refused one does not count', () => {
  const { admit } = aGuard({ maxOrdersPerMinute: 2, maxOrderQuantity: 5 });

  expect([0, 1, 2].map((nowNs) => admit(BUY, 1, 10, { nowNs }))).toEqual([
    'admitted',
    'admitted',
    'order_rate_limit',
  ]);
  expect(admit(BUY, 9, 10, { nowNs: 60e9 })).toBe('order_size_limit');
  expect([admit(BUY, 1, 10, { nowNs: 60e9 }), admit(BUY, 1, 10, { nowNs: 60e9 })]).toEqual([
    'admitted',
    'order_rate_limit',
  ]);
});

test('the position counts what is held and all that is open on the side', () => {
  const { admit, open } = aGuard({ maxPosition: 100 }, { shares: 50 });

  expect([admit(BUY, 30, 10), admit(SELL, 500, 10), admit(BUY, 21, 10), admit(BUY, 20, 10)]).toEqual([
    'admitted',
    'admitted',
    'position_limit',
    'admitted',
  ]);
  open.set(0, 10);
  expect(admit(BUY, 20, 10)).toBe('admitted');
});

test.each([
  [0, 50, 'admitted'],
  [0, 51, 'short_limit'],
  [10, 60, 'admitted'],
  [10, 61, 'short_limit'],
])(
  'short selling has a limit of its own: with 50 allowed and %d open, a sale of %d of 10 held is %s',
  (held, quantity, outcome) => {
    expect(aGuard({ maxShort: 50 }, { shares: held }).admit(SELL, quantity, 10)).toBe(outcome);
  },
);

test('what is bought can be paid for, with what is open beside it', () => {
  const { admit, account } = aGuard({ creditCents: 0 }, { cashCents: 1000 });

  expect([admit(BUY, 6, 100), admit(BUY, 5, 100), admit(BUY, 4, 100)]).toEqual([
    'admitted',
    'buying_power',
    'admitted',
  ]);
  account.cashCents = 1500;
  expect(admit(BUY, 5, 100)).toBe('admitted');
});

test('credit is lent up to its limit', () => {
  expect(aGuard({ creditCents: 500 }, { cashCents: 1000 }).admit(BUY, 15, 100)).toBe('admitted');
  expect(aGuard({ creditCents: 499 }, { cashCents: 1000 }).admit(BUY, 15, 100)).toBe('buying_power');
});

test('a market order is judged by what the book asks for', () => {
  const { admit } = aGuard({ creditCents: 0 }, { cashCents: 1000, costOfOne: 101 });

  expect([admit(BUY, 10, 0), admit(BUY, 9, 0)]).toEqual(['buying_power', 'admitted']);
});

test('an order that is changed is judged in its own place', () => {
  const { admit, change } = aGuard(
    { maxPosition: 100, creditCents: 0, maxOrderQuantity: 90 },
    { cashCents: 10_000 },
  );
  admit(BUY, 80, 100);

  expect(change(0, 91, 0)).toBe('order_size_limit');
  expect(change(0, 90, 0)).toBe('admitted');
  expect(change(0, 90, 112)).toBe('buying_power');
  expect(change(7, 1000, 0)).toBe('admitted');
});

test('a change counts as one more in its minute', () => {
  const { admit, change } = aGuard({ maxOrdersPerMinute: 2 });
  admit(BUY, 10, 10);

  expect([change(0, 10, 11), change(0, 10, 12), change(0, 10, 12, 60e9)]).toEqual([
    'admitted',
    'order_rate_limit',
    'admitted',
  ]);
});

test('a change that the book refuses leaves what is counted as it was', () => {
  const guarded = aGuard({ creditCents: 0 }, { cashCents: 1000 });
  guarded.admit(BUY, 9, 100);
  // Asked for, and refused by the book: `changed` was not called.
  guarded.ask(0, 9, 1);

  expect(guarded.admit(BUY, 2, 100)).toBe('buying_power');
});

test('less at the same price is always admitted', () => {
  const { admit, change, marks } = aGuard({ maxDrawdownCents: 500 }, { shares: 100 });
  admit(BUY, 50, 10);
  marks(94);

  expect([change(0, 51, 0), change(0, 10, 0), change(0, 10, 11)]).toEqual([
    'drawdown_limit',
    'admitted',
    'drawdown_limit',
  ]);
});

test('fees are paid for too', () => {
  expect(aGuard({ creditCents: 0 }, { cashCents: 1000, feeCents: 1 }).admit(BUY, 10, 100)).toBe(
    'buying_power',
  );
  expect(aGuard({ creditCents: 0 }, { cashCents: 1010, feeCents: 1 }).admit(BUY, 10, 100)).toBe('admitted');
});

describe('a fall in value', () => {
  const LIMIT = { maxDrawdownCents: 500 };

  test('counts from the peak, not from the start', () => {
    const { admit, marks } = aGuard(LIMIT, { shares: 100, cashCents: 0 });

    marks(110, 106);
    expect(admit(BUY, 1, 10)).toBe('admitted');
    // Worth more than at the start, and 6 a share less than at the peak.
    marks(104);
    expect(admit(BUY, 1, 10)).toBe('drawdown_limit');
  });

  test('is remembered when the price comes back', () => {
    const { admit, marks } = aGuard(LIMIT, { shares: 100 });
    marks(94, 120);

    expect(admit(BUY, 1, 10)).toBe('drawdown_limit');
  });

  test.each([
    ['long', 100, SELL, BUY, 94],
    ['short', -100, BUY, SELL, 106],
  ])('leaves who is %s what closes the position, and no share more', (_, shares, closing, opening, price) => {
    const { admit, marks } = aGuard(LIMIT, { shares });
    marks(price);

    expect([admit(closing, 60, 10), admit(closing, 41, 10), admit(closing, 40, 10)]).toEqual([
      'admitted',
      'drawdown_limit',
      'admitted',
    ]);
    expect(admit(opening, 1, 10)).toBe('drawdown_limit');
  });
});
