import { armConflictsOf, compareArms, conflictsOf } from './arm-comparison.ts';
import type { AgentOutcome } from './arm-comparison.ts';
import { OfferPolicy } from './offer-policy.ts';
import { SimulationConfig } from './simulation.ts';

const NOTHING = {
  orders: 0,
  units: 0,
  netRevenue: 0,
  discount: 0,
  offerCost: 0,
  margin: 0,
  redemptions: 0,
};
const anArm = (values: readonly Partial<Omit<AgentOutcome, 'agentId'>>[]): AgentOutcome[] =>
  values.map((given, i) => ({ agentId: `agent-${i}`, ...NOTHING, ...given }));
const margins = (...cents: number[]): AgentOutcome[] => anArm(cents.map((margin) => ({ margin })));

test('arms that are equal differ by exactly 0', () => {
  const arm = margins(100, 200, 0, -50);

  const { measures, verdict } = compareArms([[arm, arm]], 4);

  expect(measures.margin).toMatchObject({ difference: 0, interval: [0, 0], pValue: 1 });
  expect(verdict).toBe('B and A are the same: every agent has the same margin in both.');
});

test('sums are per agent and week', () => {
  const { measures, agents, weeks } = compareArms([[margins(80, 160), margins(120, 200)]], 4);

  expect([agents, weeks]).toEqual([2, 4]);
  expect([measures.margin.meanA, measures.margin.meanB, measures.margin.difference]).toEqual([30, 40, 10]);
});

test('several seeds of an agent are one mean: the agent is the unit', () => {
  const { measures, seeds } = compareArms(
    [
      [margins(0, 100), margins(10, 110)],
      [margins(40, 100), margins(70, 110)],
    ],
    1,
  );

  expect([seeds, measures.margin.pairs]).toEqual([2, 2]);
  expect([measures.margin.meanA, measures.margin.difference]).toEqual([60, 15]);
});

test('what was gained for each unit of discount, when more was given', () => {
  const a = anArm([
    { margin: 100, discount: 10 },
    { margin: 100, discount: 10 },
  ]);
  const b = anArm([
    { margin: 90, discount: 30 },
    { margin: 100, discount: 30 },
  ]);

  expect(compareArms([[a, b]], 1).marginPerDiscount).toBe(-0.25);
  expect(compareArms([[b, a]], 1).marginPerDiscount).toBeNull();
});

describe('the verdict', () => {
  const luck = Array.from({ length: 60 }, (_, i) => (i * 37) % 61);

  test('says who earns more, and between what', () => {
    const better = compareArms(
      [[margins(...luck), margins(...luck.map((value, i) => value + 100 + (i % 7)))]],
      1,
    );
    const worse = compareArms(
      [[margins(...luck), margins(...luck.map((value, i) => value - 100 - (i % 7)))]],
      1,
    );

    expect(better.verdict).toMatch(
      /^B earns 1\.0\d\d margin per agent-week more than A \(95 %: 1\.0\d\d to 1\.0\d\d\)\.$/,
    );
    expect(worse.verdict).toMatch(/^B loses 1\.0\d\d margin per agent-week against A \(95 %: 1\.0/);
  });

  test('says that nothing can be told, and how many agents it would take', () => {
    const { verdict } = compareArms([[margins(...luck), margins(...luck.toReversed())]], 1);

    expect(verdict).toMatch(
      /^Not distinguishable in margin with 60 agents \(p [\d.]+\): a difference of 1 % would take [\d,]+ of them\.$/,
    );
  });
});

test('arms of other agents are refused', () => {
  expect(() => compareArms([[margins(1, 2), margins(1, 2, 3)]], 1)).toThrow('do not have the same agents');
});

test('two simulations may differ in offers and in how they run, and in nothing else', () => {
  const one = SimulationConfig.parse({ simulationId: 'one', offerPolicy: 'none', execution: 'activity' });
  const other = SimulationConfig.parse({ simulationId: 'other', timeScale: 'max', walletCapacity: 10 });

  expect(conflictsOf(one, other)).toEqual([]);
  expect(conflictsOf(one, { ...other, seed: '2', channel: 'online' })).toEqual(['seed', 'channel']);
});

test('two simulations of one arm may differ in seed and in how they run, and in nothing else', () => {
  const one = SimulationConfig.parse({ simulationId: 'one', seed: '1', offerPolicy: 'none' });

  expect(armConflictsOf(one, { ...one, simulationId: 'two', seed: '2', timeScale: 'max' })).toEqual([]);
  expect(
    armConflictsOf(one, { ...one, offerPolicy: OfferPolicy.parse('random'), startDate: '2026-02-02' }),
  ).toEqual(['startDate', 'offerPolicy']);
});

test('without margin in A nothing can be said in percent of it', () => {
  const { verdict } = compareArms([[margins(0, 0, 0), margins(0, 10, -10)]], 1);

  expect(verdict).toContain('there is no margin in A to compare with');
});

test('a policy that is redeemed more often and earns less is told so', () => {
  const a = anArm(Array.from({ length: 50 }, (_, i) => ({ margin: 1000 + i, redemptions: i % 3 })));
  const b = a.map((outcome) => ({
    ...outcome,
    margin: outcome.margin - 50,
    redemptions: outcome.redemptions + 2,
  }));

  expect(compareArms([[a, b]], 1).verdict).toMatch(
    /^B loses 0\.500 .* It is redeemed more often all the same/,
  );
  expect(compareArms([[b, a]], 1).verdict).toMatch(
    /^B earns 0\.500 .* It is redeemed less often all the same/,
  );
});
