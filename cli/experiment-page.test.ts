import os from 'node:os';
import path from 'node:path';
import { MEASURES, compareArms } from '../domain/retail/arm-comparison.ts';
import type { AgentOutcome } from '../domain/retail/arm-comparison.ts';
import { intervalsOf, requireFolderOf } from './experiment-page.ts';

test('a page needs a folder that is there', () => {
  const missing = path.join(os.tmpdir(), 'no', 'such', 'page.html');

  expect(() => requireFolderOf(path.join(os.tmpdir(), 'page.html'))).not.toThrow();
  expect(() => requireFolderOf(missing)).toThrow(
    `There is no folder ${path.dirname(missing)} for ${missing}.`,
  );
});

test('the chart of differences shows what is sold, on a scale of its own', () => {
  const agent = (agentId: string, each: number): AgentOutcome => ({
    agentId,
    ...(Object.fromEntries(MEASURES.map((measure) => [measure, each])) as Omit<AgentOutcome, 'agentId'>),
  });
  const comparison = compareArms(
    [
      [
        [agent('a', 100), agent('b', 200)],
        [agent('a', 101), agent('b', 202)],
      ],
    ],
    1,
  );

  const { values } = intervalsOf({ comparison }).data as {
    values: { name: string; difference: number }[];
  };
  expect(values.map(({ name, difference }) => [name, difference])).toEqual([
    ['orders', 1],
    ['units', 1],
    ['net revenue', 1],
    ['margin', 1],
  ]);
});
