// The short versions of `npm run proof:no-edge` and `npm run proof:planted-edge`: what the court says where the truth is known.
import { binomialBounds } from '../proofs/binomial.ts';
import { measureNoEdge } from '../proofs/no-edge.ts';
import { measurePlantedEdge } from '../proofs/planted-edge.ts';

test('where nobody can gain, strategies are called different from cash as often as chance gives', async () => {
  const { rows, whole } = await measureNoEdge({
    evaluations: 160,
    seeds: 12,
    minutes: 8,
    block: 1000,
    draws: 1999,
  });

  expect(whole.evaluations).toBe(160);
  expect(whole.better + whole.worse).toBeGreaterThanOrEqual(whole.bounds[0]);
  expect(whole.better + whole.worse).toBeLessThanOrEqual(whole.bounds[1]);
  for (const { name, days, meanCents, errorCents, mostLiquidationCents, meanVolume } of rows) {
    const isFair = Math.abs(meanCents) <= 3.5 * errorCents;
    expect({ name, days, meanCents, isFair, mostLiquidationCents }).toEqual({
      name,
      days: 240,
      meanCents,
      isFair: true,
      mostLiquidationCents: 0,
    });
    expect(meanVolume).toBeGreaterThan(100);
  }
}, 240_000);

test('a known edge, and a known cost, are found as often as the power calculation says', async () => {
  const plant = {
    name: 'random buyer',
    file: 'proofs/strategies/random-trader.ts',
    parameters: { buys: 1 },
    powers: [0.5, -0.8],
  };
  const size = { evaluations: 100, looks: [8, 16], minutes: 5, pilotDays: 500, block: 1000, draws: 1999 };
  const { rows } = await measurePlantedEdge(size, [plant]);

  expect(rows.map(({ edgeHundredths }) => Math.sign(edgeHundredths))).toEqual([1, -1]);
  for (const { plantedCents, meanCents, errorCents, fixed, looks } of rows) {
    expect(Math.abs(meanCents - plantedCents)).toBeLessThan(3.5 * errorCents);
    for (const { predicted, found, opposite } of [fixed, looks]) {
      // Ten points as in the long version, and what chance does to so few.
      const [low, high] = binomialBounds(size.evaluations, predicted);
      expect(found).toBeGreaterThanOrEqual(low / size.evaluations - 0.1);
      expect(found).toBeLessThanOrEqual(high / size.evaluations + 0.1);
      expect(opposite).toBe(0);
    }
  }
  expect(rows[0]!.fixed.predicted).toBeCloseTo(0.5, 1);
  expect(rows[1]!.looks.meanSeeds).toBeLessThan(16);
}, 240_000);
