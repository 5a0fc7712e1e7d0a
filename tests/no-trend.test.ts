// Without offers and events nothing gets more or less with time: a comparison over weeks would mistake a trend for an effect.
import { groupBy } from '../domain/group-by.ts';
import { generateShippedDataset } from '../datasets/shipped-dataset.ts';
import { mean } from '../domain/descriptive-statistics.ts';
import { exp } from '../domain/math.ts';
import { pairedDifference } from '../domain/paired-difference.ts';
import { RandomKey } from '../domain/random.ts';
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import { planTrip } from '../domain/retail/category-choice.ts';
import { DEFAULT_CHOICE_PARAMETERS as PARAMETERS } from '../domain/retail/choice-parameters.ts';
import type { Persona } from '../domain/retail/persona.ts';
import {
  discountUtility,
  displayOf,
  inclusiveValue,
  promotionUtility,
} from '../domain/retail/product-choice.ts';
import type { DirectSession } from '../graphs/retail/direct-simulation.ts';
import { aPersona, aTrip } from './builders.ts';
import { SMALL_CATALOG, shopInMemory } from './small-shop.ts';

const dataset = generateShippedDataset('mercato');
const catalog = indexCatalog(dataset);
const WEEKS = 26;

test('the shipped price calendar pulls no more in one part of the year than in another', () => {
  const sensitivity = PARAMETERS.priceBase + PARAMETERS.priceSlope * PARAMETERS.priceReference;
  const pulls = Array.from({ length: 52 }, (_, week) =>
    catalog.categories.reduce((sum, shelf) => {
      const now = displayOf(shelf, week + 1).map(
        ({ product, price, lnPopularity }) =>
          lnPopularity +
          promotionUtility(price, PARAMETERS) +
          discountUtility(product, price.unitPriceCents, shelf, sensitivity),
      );
      return sum + shelf.basketWeight * exp(PARAMETERS.categoryInclusiveValue * inclusiveValue(now));
    }, 0),
  );
  const slope = (values: readonly number[]): number => {
    const middle = (values.length - 1) / 2;
    const total = (of: (fromMiddle: number, i: number) => number) =>
      values.reduce((sum, _, i) => sum + of(i - middle, i), 0);
    const perWeek = total((x, i) => x * values[i]!) / total((x) => x * x);
    return (perWeek / mean(values)) * values.length;
  };
  // The first weeks of a simulation that starts in January, and both halves of the year.
  for (const weeks of [pulls.slice(0, 12), pulls.slice(0, WEEKS), pulls.slice(WEEKS)])
    expect(Math.abs(slope(weeks))).toBeLessThan(0.01);
});

test('households buy as much in the second quarter of a year as in the first', async () => {
  const persona = {
    shoppingFrequency: 'frequent',
    avgCartValueCents: 12_00,
    weeklyBudgetCents: 1_000_00,
  } as const;
  const differences = await Promise.all(
    ['1', '2', '3'].map(async (seed) => {
      const sessions = await shopInMemory({
        agents: 100,
        seed,
        days: 7 * WEEKS,
        offerPolicy: 'none',
        persona,
      });
      const byAgent = groupBy(sessions, ({ agentId }) => agentId);
      return [...byAgent].map(([agentId, own]) => {
        const wanted = wantedOfSize(
          aPersona({ ...persona, couponAffinity: 1, dealSeekingBehavior: 'extreme', agentId }),
          seed,
        );
        const quarter = (isFirst: boolean) =>
          mean(own.filter(({ day }) => day < (7 * WEEKS) / 2 === isFirst).map(wanted));
        return [quarter(true), quarter(false)] as const;
      });
    }),
  );
  const units = differences.flat();

  const { interval, meanA } = pairedDifference(
    units.map(([first]) => first),
    units.map(([, second]) => second),
    RandomKey.of('no trend'),
  );

  expect({ interval, holdsZero: interval[0] <= 0 && interval[1] >= 0 }).toEqual({
    interval,
    holdsZero: true,
  });
  // Narrow enough to have found the 8 % that a lopsided price calendar once made.
  expect((interval[1] - interval[0]) / meanA).toBeLessThan(0.1);
}, 240_000);

/** Mean lines that a trip wants of all categories, as part of the trip's size: without the luck of big and small trips. */
function wantedOfSize(persona: Persona, seed: string): (session: DirectSession) => number {
  const context = aTrip({ persona, catalog: SMALL_CATALOG, seed });
  return ({ day, date, session }) => {
    const { size } = planTrip({ ...context, day, date, trip: session.trip });
    const planned = session.events.find((event) => event.type === 'browse_products');
    if (planned?.type !== 'browse_products') throw new Error('A session without a plan.');
    return planned.means.reduce((sum, value) => sum + value, 0) / (size - 1);
  };
}
