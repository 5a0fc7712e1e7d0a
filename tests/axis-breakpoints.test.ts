// The short version of `npm run axes:breakpoints`.
import { AXIS_NAMES } from '../domain/lab/axes.ts';
import { breakpointsOf, measureReferences, PLAYERS } from '../proofs/axis-breakpoints.ts';

test('reference strategies are measured on every axis, and breakpoints are the tenths between them', async () => {
  const [maker, random] = [PLAYERS[6]!, PLAYERS[28]!];
  const rows = await measureReferences([maker, random], { days: 1, minutes: 35 });
  const breakpoints = breakpointsOf(rows);

  expect(rows.map(({ file }) => file)).toEqual([
    'examples/market-maker.ts',
    'proofs/strategies/random-trader.ts',
  ]);
  expect(rows[0]!.values.execution).toBeGreaterThan(0);
  expect(rows[1]!.values.execution).toBeLessThan(0);
  for (const axis of AXIS_NAMES) {
    const [low, high] = rows.map(({ values }) => values[axis]).toSorted((a, b) => a - b) as [number, number];
    breakpoints[axis].forEach((value, i) => {
      expect(value).toBe(Number((low + (i / 10) * (high - low)).toPrecision(4)));
    });
    expect(breakpoints[axis]).toHaveLength(11);
  }
}, 120_000);

test('breakpoints that are not distinct are refused: nothing could be scored between them', () => {
  const values = { profitability: 1, risk: 1, volatility: 1, spread: 1, liquidity: 1, execution: 1 };
  const row = { ...PLAYERS[0]!, values };

  expect(() => breakpointsOf([row, row])).toThrow('breakpoints of the axis profitability are not distinct');
});
