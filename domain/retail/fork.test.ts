import { FORK_FIELDS, forkConfig, keepsLearned, sharedDays } from './fork.ts';
import type { ForkPoint } from './fork.ts';
import { SimulationConfig } from './simulation.ts';
import type { SimulationConfigInput } from './simulation.ts';

function aConfig(given: Partial<SimulationConfigInput> = {}): SimulationConfig {
  return SimulationConfig.parse({ simulationId: 'a', ...given });
}

test('every field of a configuration may be changed, or is refused with a reason', () => {
  const changed: Record<string, unknown> = {
    datasetId: 'other',
    agents: 5,
    startDate: '2026-02-02',
    offerCycleDays: 6,
    channel: 'online',
    profile: 'browse',
  };
  const fixed = Object.keys(aConfig()).filter((field) => !FORK_FIELDS.includes(field as never));

  expect(fixed.sort()).toEqual([...Object.keys(changed), 'simulationId'].sort());
  for (const [field, value] of Object.entries(changed))
    expect(() => forkConfig(aConfig(), 42, 3, { [field]: value }, 'b')).toThrow(
      new RegExp(`cannot change ${field} \\((?!it belongs)`),
    );
});

test('a fork keeps what is not changed, and fixed fields may be repeated', () => {
  const original = aConfig({ seed: 'x', offerPolicy: 'prior_buyers', agents: 7 });

  expect(forkConfig(original, 14, 3, { days: 50, agents: 7 }, 'b')).toEqual({
    ...original,
    simulationId: 'b',
    days: 50,
  });
});

test('a wrong id is named', () => {
  expect(() => forkConfig(aConfig(), 14, 2, {}, 'b c')).toThrow('simulationId: letters');
});

test.each([
  ['another policy', {}, { offerPolicy: 'random' as const }, false],
  ['another reward', {}, { offerPolicy: { type: 'bandit' as const, reward: 'margin' as const } }, false],
  ['more chance', {}, { offerPolicy: { type: 'bandit' as const, exploration: 0.5 } }, true],
  ['coupons that live longer', { refreshPolicy: 'append' as const }, { offerExpirationDays: 21 }, false],
  ['coupons that are replaced all the same', {}, { offerExpirationDays: 21 }, true],
])('what a bandit has learned, with %s', (_what, given, changes, isKept) => {
  const original = aConfig({ offerPolicy: { type: 'bandit' }, ...given });

  expect(keepsLearned(original, SimulationConfig.parse({ ...original, ...changes }))).toBe(isKept);
});

test('days are shared with the original, and with another fork of it', () => {
  const of = (simulationId: string, forkedFrom: ForkPoint | null = null) => ({
    config: aConfig({ simulationId }),
    forkedFrom,
  });
  const [early, late] = [
    of('early', { simulationId: 'a', atCycle: 2 }),
    of('late', { simulationId: 'a', atCycle: 4 }),
  ];

  expect(sharedDays(of('a'), late)).toBe(21);
  expect(sharedDays(late, of('a'))).toBe(21);
  expect(sharedDays(late, early)).toBe(7);
  expect(sharedDays(late, of('b'))).toBe(0);
  expect(sharedDays(of('a'), of('b'))).toBe(0);
});
