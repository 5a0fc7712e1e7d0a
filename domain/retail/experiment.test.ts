import { ExperimentConfig, simulationsOf } from './experiment.ts';
import type { ExperimentConfigInput } from './experiment.ts';

function anExperiment(given: Partial<ExperimentConfigInput> = {}): ExperimentConfigInput {
  return {
    experimentId: 'e',
    arms: [
      { name: 'a', offers: {} },
      { name: 'b', offers: { walletCapacity: 7 } },
    ],
    seeds: ['1'],
    weeks: 1,
    burnInWeeks: 0,
    simulation: {},
    ...given,
  };
}

test('names of simulations that would be too long are refused as such', () => {
  const [experimentId, seed] = ['e'.repeat(24), 's'.repeat(24)];
  const given = anExperiment({ experimentId, seeds: ['1', seed] });

  expect(ExperimentConfig.safeParse({ ...given, seeds: ['1'] }).success).toBe(true);
  given.arms[1].name = 'b'.repeat(24);
  expect(ExperimentConfig.safeParse(given).error?.issues).toMatchObject([
    { message: expect.stringContaining(`${given.arms[1].name}-${seed}", more than 64 characters`) as string },
  ]);
});

test.each([
  ['a field of an arm', { arms: armsWith({ walletCapacity: 0 }) }, 'Arm "b" is wrong: walletCapacity: '],
  [
    'a field of all',
    { simulation: { channel: 'mail' } },
    'What the simulations have in common is wrong: channel: ',
  ],
  [
    'a field that there is not',
    { simulation: { foo: 1 } },
    'What the simulations have in common is wrong: Unrecognized key: "foo".',
  ],
])('%s that is wrong is looked for where it was written', (_what, given, message) => {
  expect(() => simulationsOf(ExperimentConfig.parse(anExperiment(given)))).toThrow(message);
});

function armsWith(offers: Record<string, unknown>): ExperimentConfigInput['arms'] {
  return [
    { name: 'a', offers: {} },
    { name: 'b', offers },
  ];
}
