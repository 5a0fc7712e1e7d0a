import fc from 'fast-check';
import { aPersona } from '../../tests/builders.ts';
import { AGE_GROUPS, Persona, ageGroupOf } from './persona.ts';

/** Paths of what is wrong with a persona. */
function complaints(given: object): string[] {
  const result = Persona.safeParse({ ...aPersona(), ...given });
  return result.success ? [] : result.error.issues.map((issue) => issue.path.join('.'));
}

describe('a persona', () => {
  test('has the 28 attributes, what is known of its visits, and what was imputed', () => {
    expect(Object.keys(aPersona())).toHaveLength(30);
  });

  test.each([
    ['priceSensitivity', -0.01],
    ['priceSensitivity', 1.01],
    ['priceSensitivity', NaN],
    ['couponAffinity', '0.5'],
    ['householdSize', 0],
    ['householdSize', 11],
    ['householdSize', 2.5],
    ['weeklyBudgetCents', 0],
    ['weeklyBudgetCents', 12.5],
    ['avgCartValueCents', -1],
    ['avgCartValueCents', Infinity],
    ['preferredCategories', []],
    ['preferredCategories', ['']],
    ['shoppingFrequency', 'often'],
    ['dealSeekingBehavior', ''],
    ['incomeBracket', 'rich'],
    ['agentId', ''],
    ['agentId', 'a/b'],
    ['agentId', 'a'.repeat(65)],
    ['agentId', 'agent 1'],
    ['visitRate', 0],
    ['visitRate', 1],
    ['locationRegion', ''],
    ['backstory', null],
  ])('is refused with %s = %j', (attribute, value) => {
    expect(complaints({ [attribute]: value })).toContain(
      Array.isArray(value) && value.length > 0 ? `${attribute}.0` : attribute,
    );
  });

  test('is refused when its day shares do not sum to 1', () => {
    expect(complaints({ prefDayWeekday: 0.6, prefDaySaturday: 0.2, prefDaySunday: 0.1 })).toEqual([
      'prefDayWeekday',
    ]);
  });

  test('is refused when its time shares do not sum to 1', () => {
    expect(complaints({ prefTimeMorning: 0.5, prefTimeAfternoon: 0.5, prefTimeEvening: 0.001 })).toEqual([
      'prefTimeMorning',
    ]);
  });

  test('may miss 1 by what binary fractions lose', () => {
    expect(complaints({ prefDayWeekday: 0.7, prefDaySaturday: 0.1, prefDaySunday: 0.2 })).toEqual([]);
  });

  test('is refused when age and age group differ', () => {
    expect(complaints({ age: 40, ageGroup: '45-54' })).toEqual(['ageGroup']);
  });
});

describe('age groups', () => {
  test('hold the ages they are named after', () => {
    fc.assert(
      fc.property(fc.integer({ min: 18, max: 100 }), (age) => {
        const [from, to] = ageGroupOf(age).split(/[-+]/).map(Number);
        expect(age >= from! && age <= (to || Infinity)).toBe(true);
      }),
    );
  });

  test('are all reached', () => {
    const ages = Array.from({ length: 83 }, (_, i) => i + 18);
    expect([...new Set(ages.map(ageGroupOf))]).toEqual([...AGE_GROUPS]);
  });
});
