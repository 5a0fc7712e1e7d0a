import { chaos, planKills } from './chaos.ts';
import type { ChaosResult } from './chaos.ts';

describe('the plan of kills', () => {
  const plan = planKills('a seed', 20);

  test.each(['worker', 'temporal', 'postgres'] as const)('kills %s as often as it is told to', (kind) => {
    expect(plan.filter(({ kinds }) => kinds.includes(kind)).length).toBeGreaterThanOrEqual(20);
  });

  test('kills after 5 to 15 seconds of work', () => {
    expect(plan.filter(({ pauseMs }) => pauseMs < 5_000 || pauseMs > 15_000)).toEqual([]);
  });

  test('is the same for the same seed, and another for another', () => {
    expect(planKills('a seed', 20)).toEqual(plan);
    expect(planKills('another seed', 20)).not.toEqual(plan);
  });
});

describe('two kills of each kind', () => {
  let result: ChaosResult;

  beforeAll(async () => {
    result = await chaos({ seeds: ['in-ci'], kills: 2, agents: 60, days: 10 });
  }, 600_000);

  test('were done while shopping days were in flight', () => {
    const kills = result.runs.flatMap((run) => run.kills);

    for (const kind of ['worker', 'temporal', 'postgres'] as const)
      expect(kills.filter(({ kinds }) => kinds.includes(kind)).length).toBeGreaterThanOrEqual(2);
    expect(kills.filter(({ inFlight }) => inFlight === 0)).toEqual([]);
  });

  test('change nothing', () => {
    expect(result.runs.map((run) => [run.simulationId, run.firstDifference, run.failedChecks])).toEqual(
      result.runs.map((run) => [run.simulationId, null, []]),
    );
  });

  test('leave nothing twice and nothing open', () => {
    expect(result.runs.map((run) => [run.duplicates, run.rowsLeftOpen])).toEqual(
      result.runs.map(() => [0, 0]),
    );
    expect(result.histories.running).toBe(0);
  });

  test('fail no workflow task, and every history replays', () => {
    expect([result.histories.failedWorkflowTasks, result.histories.notReplayable]).toEqual([0, []]);
    expect(result.histories.replayed).toBe(result.histories.executions);
  });
});
