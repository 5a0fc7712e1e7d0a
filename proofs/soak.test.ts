import { soak } from './soak.ts';

const FIVE_MINUTES = 300_000;

test('five minutes of two agents: memory is flat, everything adds up', async () => {
  const result = await soak(FIVE_MINUTES);

  expect(result).toMatchObject({
    failedChecks: [],
    restarts: 0,
    histories: { running: 0, failedWorkflowTasks: 0, notReplayable: [] },
  });
  expect(result.memory.filter((row) => !row.isFlat)).toEqual([]);
}, 420_000);
