import fc from 'fast-check';
import { BUY, SELL } from './order.ts';
import { Portfolio } from './portfolio.ts';

test('what is bought is held at its cost, and moves with the price', () => {
  const portfolio = new Portfolio(10_000);

  portfolio.filled(BUY, 10, 100);

  expect([portfolio.cashCents, portfolio.inventory, portfolio.realizedCents]).toEqual([9_000, 10, 0]);
  expect([portfolio.valueAt(110), portfolio.unrealizedAt(110)]).toEqual([10_100, 100]);
});

test('a sale earns the difference to the average cost', () => {
  const portfolio = new Portfolio(0);
  portfolio.filled(BUY, 10, 100);
  portfolio.filled(BUY, 10, 120);

  portfolio.filled(SELL, 5, 130);

  expect([portfolio.realizedCents, portfolio.unrealizedAt(110)]).toEqual([100, 0]);
});

test('a short earns when the price falls', () => {
  const portfolio = new Portfolio(0);
  portfolio.filled(SELL, 10, 100);

  portfolio.filled(BUY, 4, 90);

  expect([portfolio.realizedCents, portfolio.inventory, portfolio.unrealizedAt(95)]).toEqual([40, -6, 30]);
});

test('a fill through zero closes what was there, and opens the rest at its own price', () => {
  const portfolio = new Portfolio(0);
  portfolio.filled(BUY, 10, 100);

  portfolio.filled(SELL, 15, 110);

  expect([portfolio.realizedCents, portfolio.inventory, portfolio.unrealizedAt(110)]).toEqual([100, -5, 0]);
});

test('fees are taken in whole cents when they add up to some', () => {
  const portfolio = new Portfolio(1000);

  portfolio.filled(BUY, 1, 100, 30);
  expect(portfolio.cashCents).toBe(900);
  portfolio.filled(SELL, 1, 100, 30);

  expect([portfolio.cashCents, portfolio.realizedCents]).toEqual([999, -1]);
});

test('without a price shares count nothing', () => {
  const portfolio = new Portfolio(1000);
  portfolio.filled(BUY, 1, 100);

  expect([portfolio.valueAt(null), portfolio.unrealizedAt(null)]).toEqual([900, 0]);
});

test('whatever was traded, value at a price is what was started with, plus what was earned and is not yet', () => {
  const fill = fc.record({
    side: fc.constantFrom(BUY, SELL),
    quantity: fc.integer({ min: 1, max: 1000 }),
    price: fc.integer({ min: 1, max: 10_000 }),
  });
  fc.assert(
    fc.property(fc.array(fill, { maxLength: 50 }), fc.integer({ min: 1, max: 10_000 }), (fills, price) => {
      const portfolio = new Portfolio(5000);
      for (const { side, quantity, price: at } of fills) portfolio.filled(side, quantity, at);
      const earned = portfolio.realizedCents + portfolio.unrealizedAt(price);

      // Realised is rounded to a cent.
      expect(Math.abs(portfolio.valueAt(price) - 5000 - earned)).toBeLessThanOrEqual(0.5 + 1e-6);
    }),
  );
});
