// The short version of `npm run proof:elasticity`: what was planted in prices is found again.
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import { pullForward, shortRunElasticities } from '../proofs/price-arms.ts';
import type { PlantedElasticity } from '../proofs/price-arms.ts';
import { aPersona } from './builders.ts';
import { SMALL_CATALOG } from './small-shop.ts';

describe('prices 10 % lower, as they are, and 10 % higher', () => {
  const { agents, ...dataset } = generateShippedDataset('mercato');
  let found: PlantedElasticity[];

  beforeAll(async () => {
    found = await shortRunElasticities({ catalog: indexCatalog(dataset), personas: agents }, ['1', '2']);
  }, 240_000);

  test.each(['product choice, given the category', 'category incidence', 'units per line'])(
    'give an elasticity of %s whose interval holds the planted one, and not 0',
    (name) => {
      const { planted, interval, agents } = found.find((each) => each.name === name)!;
      const holds = interval[0] <= planted && planted <= interval[1];
      expect({ planted, interval, holds, isBelowZero: interval[1] < 0 }).toEqual({
        planted,
        interval,
        holds: true,
        isBelowZero: true,
      });
      expect(agents).toBeGreaterThan(100);
    },
  );
});

describe('a price cut of two weeks', () => {
  const personas = Array.from({ length: 60 }, (_, i) =>
    aPersona({
      agentId: `agent_${i}`,
      shoppingFrequency: 'frequent',
      avgCartValueCents: 12_00,
      weeklyBudgetCents: 1_000_00,
    }),
  );
  const cut = (choice: { stockEffect?: number }) =>
    pullForward({ catalog: SMALL_CATALOG, personas }, ['1'], 0.9, choice);

  test('gives what the laws of a trip expect: during it, after it, and net of what was pulled forward', async () => {
    const { gross, dip, net } = await cut({});
    for (const { name, planted, interval } of [gross, dip, net])
      expect({ name, planted, interval, holds: interval[0] <= planted && planted <= interval[1] }).toEqual({
        name,
        planted,
        interval,
        holds: true,
      });
    expect([gross.interval[1] < 0, dip.interval[0] > 0]).toEqual([true, true]);
    expect(net.measured).toBeCloseTo(gross.measured + dip.measured, 10);
  }, 120_000);

  test('is followed by no dip when nobody minds what is at home', async () => {
    const { gross, dip } = await cut({ stockEffect: 0 });
    expect(gross.interval[1]).toBeLessThan(0);
    expect([Math.abs(dip.planted), dip.interval[0] <= 0 && dip.interval[1] >= 0]).toEqual([0, true]);
  }, 120_000);
});
