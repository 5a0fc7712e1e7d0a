import { START_DATE, aDay, aWalletCoupon } from '../../tests/builders.ts';
import type { ContextInput } from '../../tests/builders.ts';
import { RandomKey } from '../random.ts';
import { addDays } from './calendar.ts';
import type { Persona } from './persona.ts';
import { extraTripDecision, tripStartMinutes, tripsOf, visitDecision } from './visit-choice.ts';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('the decision to shop', () => {
  const day = (given: ContextInput = {}) => {
    const context = aDay({ ...given, persona: { couponAffinity: 0, visitRate: 0.14, ...given.persona } });
    return { ...context, household: given.household ?? { ...context.household, lastShopDay: null } };
  };

  test('has the probability of the visit rate for a shopper without preferences', () => {
    expect(visitDecision(day()).probability).toBeCloseTo(0.14, 12);
  });

  test('is taken as often as its probability says', () => {
    const context = day();
    const yes = range(20_000).filter((number) => visitDecision({ ...context, day: number }).isYes).length;
    // Four standard deviations: 0.0098.
    expect(Math.abs(yes / 20_000 - 0.14)).toBeLessThan(0.0098);
  });

  test('depends on the day of the week as preferred', () => {
    const saturdays = { prefDayWeekday: 0.2, prefDaySaturday: 0.6, prefDaySunday: 0.2 };
    const odds = [5, 6, 7].map((number) => {
      const { probability } = visitDecision(
        day({ day: number, date: addDays(START_DATE, number), persona: saturdays }),
      );
      return probability / (1 - probability);
    });
    // Saturday, Sunday, Monday.
    const [saturday, sunday, monday] = odds;
    expect([saturday! / sunday!, sunday! / monday!].map((ratio) => ratio.toFixed(6))).toEqual([
      '3.000000',
      (1.4 / 0.28).toFixed(6),
    ]);
  });

  test('is more likely seven days after the last visit', () => {
    const probabilities = [6, 7, 8].map((number) => {
      const context = day({ day: number, date: START_DATE });
      return visitDecision({ ...context, household: { ...context.household, lastShopDay: 0 } }).probability;
    });
    expect([probabilities[1]! > probabilities[0]!, probabilities[0]]).toEqual([true, probabilities[2]]);
  });

  test('is more likely with a wallet worth something, for those who use coupons', () => {
    const wallet = [
      aWalletCoupon({ scope: 'frontstore', kind: 'fixed', category: null, amountOffCents: 1_000 }),
    ];
    const gain = (couponAffinity: number) =>
      visitDecision(day({ wallet, persona: { couponAffinity } })).probability -
      visitDecision(day({ persona: { couponAffinity } })).probability;
    expect([gain(0), gain(1) > gain(0.5), gain(0.5) > 0]).toEqual([0, true, true]);
  });

  test('does not change with a coupon that fits no product', () => {
    const persona = { couponAffinity: 1 };
    const wallet = [aWalletCoupon({ category: 'Furniture', percentOff: 100 })];
    expect(visitDecision(day({ wallet, persona }))).toEqual(visitDecision(day({ persona })));
  });

  test('with a preference of 0 for a day is rare on it, not impossible', () => {
    const persona = { prefDayWeekday: 0, prefDaySaturday: 0.5, prefDaySunday: 0.5 };
    const { probability } = visitDecision(day({ persona }));
    expect(probability > 0 && probability < 0.01).toBe(true);
  });
});

describe('trips of a shop day', () => {
  const counts = range(20_000).map((number) => tripsOf(aDay({ key: RandomKey.of('1').at(number) })));

  test('are 1.22 on average, as in the panel', () => {
    expect(Math.abs(mean(counts) - 1.223)).toBeLessThan(0.02);
  });

  test('are at least 1 and at most 4', () => {
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([1, 4]);
  });

  test('end with the fourth, whatever the draw', () => {
    expect(extraTripDecision(aDay(), 4).isYes).toBe(false);
  });
});

describe('the time of a trip', () => {
  const hours = (persona: Partial<Persona>): number[] =>
    range(3_000).flatMap((number) =>
      tripStartMinutes(aDay({ persona, key: RandomKey.of('1').at(number) }), 1).map((minute) => minute / 60),
    );
  const part = (name: 'Morning' | 'Afternoon' | 'Evening'): Partial<Persona> => ({
    prefTimeMorning: 0,
    prefTimeAfternoon: 0,
    prefTimeEvening: 0,
    [`prefTime${name}`]: 1,
  });

  test.each([
    ['Morning', 7, 12],
    ['Afternoon', 12, 17],
    ['Evening', 17, 23],
  ] as const)('of a shopper who shops in the %s lies between %d and %d', (name, from, to) => {
    const all = hours(part(name));
    expect([Math.min(...all) >= from, Math.max(...all) < to]).toEqual([true, true]);
  });

  test('follows the shares of the parts of the day', () => {
    const all = hours({ prefTimeMorning: 0.5, prefTimeAfternoon: 0.3, prefTimeEvening: 0.2 });
    const shares = [
      all.filter((hour) => hour < 12),
      all.filter((hour) => hour >= 12 && hour < 17),
      all.filter((hour) => hour >= 17),
    ].map((hits) => hits.length / all.length);
    // Four standard deviations of 3,000 draws: 0.037.
    [0.5, 0.3, 0.2].forEach((share, i) => expect(Math.abs(shares[i]! - share)).toBeLessThan(0.037));
  });

  test('inside the evening is early rather than late, as in the panel', () => {
    const all = hours(part('Evening'));
    const share = (hour: number) => all.filter((each) => Math.floor(each) === hour).length / all.length;
    expect([share(17) > share(19), share(19) > share(22)]).toEqual([true, true]);
  });

  test('of several trips is in order', () => {
    const days = range(300).map((number) => tripStartMinutes(aDay({ key: RandomKey.of('1').at(number) }), 4));
    expect(days.filter((starts) => starts.some((start, i) => i > 0 && start < starts[i - 1]!))).toEqual([]);
  });
});
