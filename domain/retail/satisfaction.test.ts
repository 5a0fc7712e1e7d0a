import { inThreeSeeds, shopInMemory } from '../../tests/small-shop.ts';
import { aDay } from '../../tests/builders.ts';
import { DEFAULT_CHOICE_PARAMETERS } from './choice-parameters.ts';
import { afterExperience, satisfactionOf, worthOf } from './satisfaction.ts';
import type { Experience } from './satisfaction.ts';
import { visitDecision } from './visit-choice.ts';

const ON = { ...DEFAULT_CHOICE_PARAMETERS, satisfactionVisits: 1 };
const anExperience = (given: Partial<Experience> = {}): Experience => ({
  isBought: true,
  savedShare: 0.15,
  putBackShare: 0,
  unmetShare: 0,
  ...given,
});

describe('what a visit is worth', () => {
  const worth = (given: Partial<Experience>) => worthOf(anExperience(given), ON);

  test.each([
    ['rises with what was saved', { savedShare: 0.3 }, { savedShare: 0.1 }],
    ['is more when the cart was bought', { isBought: true }, { isBought: false }],
    ['falls with what was put back', { putBackShare: 0 }, { putBackShare: 0.5 }],
    ['falls with coupons that came to nothing', { unmetShare: 0 }, { unmetShare: 1 }],
  ])('%s', (_, more, less) => {
    expect(worth(more)).toBeGreaterThan(worth(less));
  });

  test('is what is usual for a completed visit with the savings of the price calendar', () => {
    expect(worth({})).toBeCloseTo(DEFAULT_CHOICE_PARAMETERS.satisfactionUsual, 12);
  });
});

describe('satisfaction', () => {
  const { household } = aDay();
  const after = (experiences: readonly Experience[]) =>
    experiences.reduce((state, experience) => afterExperience(state, experience, ON), household);

  test('stays as usual when visits are as usual', () => {
    expect(satisfactionOf(after([anExperience(), anExperience()]))).toBeCloseTo(0, 12);
  });

  test('forgets: what was long ago weighs less', () => {
    const bad = anExperience({ isBought: false });
    expect(satisfactionOf(after([bad, anExperience()]))).toBeGreaterThan(
      satisfactionOf(after([anExperience(), bad])),
    );
  });

  test('stays between -1 and 1', () => {
    const extreme = { ...ON, satisfactionMemory: 0, satisfactionSaving: 100, satisfactionAbandoned: -100 };
    const of = (given: Partial<Experience>) =>
      satisfactionOf(afterExperience(household, anExperience(given), extreme));
    expect([of({ savedShare: 1 }), of({ isBought: false, savedShare: 0 })]).toEqual([1, -1]);
  });

  test('is a term of the next visit', () => {
    const content = { ...household, satisfaction: 0.5 };
    const [usual, more] = [household, content].map((each) =>
      visitDecision(aDay({ household: each, parameters: ON })),
    );
    expect([usual!.terms['satisfaction'], more!.terms['satisfaction']]).toEqual([0, 0.5]);
    expect(more!.probability).toBeGreaterThan(usual!.probability);
  });
});

describe('in simulated weeks', () => {
  const visits = (sessions: readonly unknown[]): number => sessions.length;

  test('shoppers who leave their carts come less when it is on, in every seed', async () => {
    const choice = { checkoutInStore: -2 };
    const values = await inThreeSeeds(visits, { choice }, { satisfactionVisits: 2 });
    expect({ values, isLess: values.every(({ off, on }) => on < off) }).toEqual({ values, isLess: true });
  });

  test('shoppers who save come more when it is on, in every seed', async () => {
    const values = await inThreeSeeds(
      visits,
      {},
      { satisfactionVisits: 2, satisfactionSaving: 5, satisfactionUsual: 0 },
    );
    expect({ values, isMore: values.every(({ off, on }) => on > off) }).toEqual({ values, isMore: true });
  });

  test('nothing is kept and nothing changes when it is off, whatever the other parameters', async () => {
    const choice = { satisfactionMemory: 0, satisfactionUsual: 9, satisfactionAbandoned: -9 };
    expect(await shopInMemory({ choice })).toEqual(await shopInMemory());
    const { household, parameters } = aDay();
    expect(afterExperience(household, anExperience(), { ...parameters, ...choice })).toBe(household);
  });
});
