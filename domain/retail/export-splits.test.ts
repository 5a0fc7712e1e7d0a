import { firstTestDay, householdFold, timeFold, windowFold } from './export-splits.ts';

const AGENTS = Array.from({ length: 4_000 }, (_, i) => `agent_${i}`);
const heldOut = (share: number): string[] => AGENTS.filter((agent) => householdFold(agent, share) === 'test');

test('about the share that was asked for is held out', () => {
  expect(heldOut(0.25).length / AGENTS.length).toBeCloseTo(0.25, 1);
});

test('a larger share holds out the same households and more', () => {
  const larger = new Set(heldOut(0.4));

  expect(heldOut(0.25).filter((agent) => !larger.has(agent))).toEqual([]);
});

test('folds stay what they were: other exports rest on them', () => {
  expect(heldOut(0.25).slice(0, 5)).toMatchInlineSnapshot(`
   [
     "agent_1",
     "agent_4",
     "agent_6",
     "agent_8",
     "agent_15",
   ]
  `);
});

test('the last quarter of the days is held out', () => {
  const from = firstTestDay([42], 0.25);

  expect([from, timeFold(from - 1, from), timeFold(from, from)]).toEqual([32, 'train', 'test']);
});

test('simulations that are exported together have one test period: none learns from another one’s', () => {
  expect(firstTestDay([84, 42], 0.25)).toBe(firstTestDay([42], 0.25));
});

test('a label that is settled in the test period is for neither', () => {
  expect([windowFold(20, 32, 32), windowFold(20, 32.5, 32), windowFold(32, 46, 32)]).toEqual([
    'train',
    'purged',
    'test',
  ]);
});
