// A shop in memory that is small enough for weeks of many seeds in a test: five categories, frequent shoppers, a few coupons.
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import type { ChoiceParameters } from '../domain/retail/choice-parameters.ts';
import type { Coupon } from '../domain/retail/coupon.ts';
import type { Persona } from '../domain/retail/persona.ts';
import type { SimulationConfigInput } from '../domain/retail/simulation.ts';
import { simulateDirectly } from '../graphs/retail/direct-simulation.ts';
import type { DirectSession } from '../graphs/retail/direct-simulation.ts';
import { aCatalog, aConfig, aCoupon, aPersona } from './builders.ts';

export const SMALL_CATALOG = indexCatalog(aCatalog({ productsEach: 12 }));

const CATEGORIES = SMALL_CATALOG.categories.map(({ name }) => name);
const POOL: Coupon[] = Array.from({ length: 40 }, (_, i) =>
  aCoupon({ code: `C${i}`, category: CATEGORIES[i % CATEGORIES.length]!, percentOff: 10 + (i % 4) * 10 }),
);

/** Four weeks of 40 shoppers who like coupons, each with ten in the wallet. */
export function shopInMemory(
  given: Partial<SimulationConfigInput> & { agents?: number; persona?: Partial<Persona> } = {},
): Promise<DirectSession[]> {
  const { agents = 40, persona = {}, ...config } = given;
  const personas = Array.from({ length: agents }, (_, i) =>
    aPersona({
      agentId: `agent_${i}`,
      shoppingFrequency: 'frequent',
      couponAffinity: 1,
      dealSeekingBehavior: 'extreme',
      ...persona,
    }),
  );
  const offers = { frontstorePerCycle: 0, categoryBrandPerCycle: 10, walletCapacity: 10, noRepeatCycles: 0 };
  return simulateDirectly(aConfig({ days: 28, ...offers, ...config }), SMALL_CATALOG, POOL, personas);
}

/** A metric under parameters and under the defaults, in three seeds. */
export async function inThreeSeeds(
  metric: (sessions: readonly DirectSession[]) => number,
  given: Parameters<typeof shopInMemory>[0],
  choice: Partial<ChoiceParameters>,
): Promise<{ off: number; on: number }[]> {
  const values: { off: number; on: number }[] = [];
  for (const seed of ['1', '2', '3'])
    values.push({
      off: metric(await shopInMemory({ ...given, seed })),
      on: metric(await shopInMemory({ ...given, seed, choice: { ...given?.choice, ...choice } })),
    });
  return values;
}
