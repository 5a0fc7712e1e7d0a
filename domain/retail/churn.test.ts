import { aDay, aWalletCoupon } from '../../tests/builders.ts';
import { inThreeSeeds, shopInMemory } from '../../tests/small-shop.ts';
import type { DirectSession } from '../../graphs/retail/direct-simulation.ts';
import { RandomKey } from '../random.ts';
import type { DayContext } from './choice-context.ts';
import { DEFAULT_CHOICE_PARAMETERS } from './choice-parameters.ts';
import { churnHazard, isLapsed } from './churn.ts';
import { visitDecision } from './visit-choice.ts';

const ON = { ...DEFAULT_CHOICE_PARAMETERS, churnPerWeek: 0.1 };

const first = aDay({ parameters: ON });

/** Households that were last here on `lastShopDay`, on another day. */
const households = (lastShopDay: number, day: number, satisfaction = 0): DayContext[] =>
  Array.from({ length: 2_000 }, (_, i) => {
    const key = RandomKey.of('1').at(i);
    return { ...first, key, day, household: { ...first.household, lastShopDay, satisfaction } };
  });
const lapsed = (contexts: readonly DayContext[]): number =>
  contexts.filter(isLapsed).length / contexts.length;

describe('a household', () => {
  test('has not lapsed in the week in which it was here', () => {
    expect(lapsed(households(7, 13))).toBe(0);
  });

  test('lapses with the probability of each week that has begun since', () => {
    expect(Math.abs(lapsed(households(7, 14)) - 0.1)).toBeLessThan(0.02);
    expect(Math.abs(lapsed(households(7, 29)) - (1 - 0.9 ** 3))).toBeLessThan(0.03);
  });

  test('does not come back by itself: who has lapsed has lapsed the week after', () => {
    const [early, late] = [households(7, 14), households(7, 21)];
    expect(early.every((context, i) => !isLapsed(context) || isLapsed(late[i]!))).toBe(true);
  });

  test('is found active on the first days, whenever it was here before', () => {
    expect(lapsed(households(-60, 0))).toBeLessThan(0.13);
  });

  test('lapses sooner when it is discontent', () => {
    expect(churnHazard(households(7, 14, -1)[0]!)).toBeCloseTo(0.1 * Math.exp(2), 10);
    expect(lapsed(households(7, 21, -0.5))).toBeGreaterThan(lapsed(households(7, 21, 0.5)));
  });

  test('that has lapsed hardly comes, more likely with a wallet that is worth it, and says so', () => {
    const gone = households(7, 70).find(isLapsed)!;
    const offers = [
      aWalletCoupon({ percentOff: 90 }),
      aWalletCoupon({ code: 'C2', percentOff: 90, category: 'Soap' }),
    ];
    const [without, with_] = [gone, { ...gone, wallet: offers }].map(visitDecision);
    const active = visitDecision({ ...gone, parameters: DEFAULT_CHOICE_PARAMETERS });
    expect([without!.terms['lapsed'], without!.terms['winBack'], with_!.terms['winBack']! > 0]).toEqual([
      -4,
      0,
      true,
    ]);
    expect([
      without!.probability < active.probability / 10,
      with_!.probability > without!.probability,
    ]).toEqual([true, true]);
    expect(active.terms).not.toHaveProperty('lapsed');
  });
});

describe('in simulated weeks', () => {
  /** Small baskets are quickly bought. */
  const short = { days: 56, persona: { avgCartValueCents: 5_00, shoppingFrequency: 'regular' } } as const;
  const silent = (sessions: readonly DirectSession[]): number =>
    40 - new Set(sessions.filter(({ day }) => day >= 28).map(({ agentId }) => agentId)).size;

  test('more households are silent in the last month when it is on, in every seed', async () => {
    const values = await inThreeSeeds(silent, short, { churnPerWeek: 0.1 });
    expect({ values, isMore: values.every(({ off, on }) => on > off) }).toEqual({ values, isMore: true });
  });

  test('offers bring some of them back, in every seed', async () => {
    const choice = { churnPerWeek: 0.3, lapsedWalletValue: 30 };
    for (const seed of ['1', '2', '3']) {
      const [none, random] = [
        await shopInMemory({ ...short, seed, choice, offerPolicy: 'none' }),
        await shopInMemory({ ...short, seed, choice }),
      ];
      expect(silent(random)).toBeLessThan(silent(none));
    }
  });

  test('nothing changes when it is off, whatever the other parameters', async () => {
    const choice = { churnBySatisfaction: 50, lapsedVisits: -50, lapsedWalletValue: 50 };
    expect(await shopInMemory({ choice })).toEqual(await shopInMemory());
  });
});
