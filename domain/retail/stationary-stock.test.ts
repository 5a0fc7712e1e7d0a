import { RandomKey, poissonQuantile } from '../random.ts';
import { stationaryStock } from './stationary-stock.ts';

describe('the stationary stock', () => {
  const effect = 0.45;
  const extraUnits = 0.215;
  const { offset, quantiles } = stationaryStock(effect, extraUnits);

  test('has quantiles that ascend from an empty cupboard', () => {
    expect(quantiles[0]).toBe(0);
    expect(quantiles.every((units, i) => i === 0 || units >= quantiles[i - 1]!)).toBe(true);
  });

  test('keeps the mean purchase rate at the usual one, from the first day on', () => {
    const purchases = [0, 0];
    for (let household = 0; household < 4_000; household++) {
      const key = RandomKey.of('check').at(household);
      let units = quantiles[Math.floor(key.at('start').uniform() * quantiles.length)]!;
      for (let step = 0; step < 200; step++) {
        units = Math.max(0, units - 0.1 * (1 + extraUnits));
        if (key.at(step, 0).uniform() >= 1 - Math.exp(-0.1 * Math.exp(offset - effect * units))) continue;
        purchases[step < 100 ? 0 : 1]! += 1;
        units += 1 + poissonQuantile(key.at(step, 1).uniform(), extraUnits);
      }
    }
    // Ten mean times between purchases in each half: 40,000 purchases expected.
    expect(purchases[0]! / 40_000).toBeCloseTo(1, 1);
    expect(Math.abs(purchases[0]! / purchases[1]! - 1)).toBeLessThan(0.02);
  });

  test('needs no offset when stock has no effect', () => {
    expect(Math.abs(stationaryStock(0, extraUnits).offset)).toBeLessThan(0.05);
  });
});
