// A fork is a simulation with the past of another one: it shares all that was done before an offer cycle, and goes on
// from there under a configuration of its own.
import { describeProblems } from '../describe-problems.ts';
import { InvalidInputError } from '../errors.ts';
import { OFFER_FIELDS, RUN_FIELDS, differencesOf } from './arm-comparison.ts';
import { cyclesOfLife } from './offer-bandit.ts';
import { SimulationConfig } from './simulation.ts';

/** A simulation's past: all that it did before an offer cycle. */
export type ForkPoint = { readonly simulationId: string; readonly atCycle: number };

type Field = keyof SimulationConfig;

/** Fields whose change would belie the past, each with the reason. */
const FIXED_FIELDS: Partial<Record<Field, string>> = {
  simulationId: 'the id of the fork is given by itself',
  datasetId: 'its shoppers have lived with this dataset',
  agents: 'they are the shoppers of the past',
  startDate: 'the days that are shared have their dates',
  offerCycleDays: 'the cycles that are shared have their length',
  channel: 'the days that are shared were lived there',
  profile: 'the days that are shared were lived so',
};

/** What a fork may change: its offers, its luck, its rules of behaviour, its events, its length, and how it is run. */
export const FORK_FIELDS: readonly Field[] = [
  ...OFFER_FIELDS,
  ...RUN_FIELDS,
  'days',
  'seed',
  'choice',
  'events',
  'returnToShelves',
  'quarantineAfterDays',
].filter((field): field is Field => FIXED_FIELDS[field as Field] === undefined);

/** Days before the first day of an offer cycle. */
export function daysBefore(cycleNumber: number, { offerCycleDays }: SimulationConfig): number {
  return (cycleNumber - 1) * offerCycleDays;
}

type Lineage = { readonly config: SimulationConfig; readonly forkedFrom: ForkPoint | null };

/** First days that two simulations have in common, one being a fork of the other or both of a third. */
export function sharedDays(a: Lineage, b: Lineage): number {
  const [pastA, pastB] = [a, b].map(({ forkedFrom }) => forkedFrom);
  const cycles = [
    ...(pastA && pastA.simulationId === b.config.simulationId ? [pastA.atCycle] : []),
    ...(pastB && pastB.simulationId === a.config.simulationId ? [pastB.atCycle] : []),
    ...(pastA && pastB && pastA.simulationId === pastB.simulationId
      ? [Math.min(pastA.atCycle, pastB.atCycle)]
      : []),
  ];
  return Math.max(0, ...cycles.map((cycle) => daysBefore(cycle, a.config)));
}

/**
 * The configuration of a fork: the original's, with what is changed.
 * @param committedDays of the original
 * @param changes fields of the configuration, as they came from outside
 * @throws InvalidInputError naming every field that is wrong or may not change, or the cycles that there are
 */
export function forkConfig(
  original: SimulationConfig,
  committedDays: number,
  atCycle: number,
  changes: Readonly<Record<string, unknown>>,
  simulationId: string,
): SimulationConfig {
  requireSharedCycle(original, committedDays, atCycle);
  if (changes['simulationId'] !== undefined)
    throw new InvalidInputError(`A fork cannot change simulationId: ${FIXED_FIELDS.simulationId}.`);
  const parsed = SimulationConfig.safeParse({ ...original, ...changes, simulationId });
  if (!parsed.success)
    throw new InvalidInputError(`The fork's configuration is wrong: ${describeProblems(parsed.error)}.`);
  const config = parsed.data;
  const fixed = differencesOf(original, config).filter(
    (field) => field !== 'simulationId' && !FORK_FIELDS.includes(field),
  );
  if (fixed.length > 0)
    throw new InvalidInputError(
      `A fork cannot change ${fixed.map((field) => `${field} (${FIXED_FIELDS[field] ?? 'it belongs to the past'})`).join(', ')}.`,
    );
  const shared = daysBefore(atCycle, config);
  if (config.days < shared)
    throw new InvalidInputError(
      `A fork at cycle ${atCycle} shares ${shared} days: it cannot have ${config.days}.`,
    );
  if (config.walletCapacity < original.walletCapacity)
    throw new InvalidInputError(
      `A fork cannot have walletCapacity ${config.walletCapacity}: wallets of the past hold up to ${original.walletCapacity} coupons. Deal fewer a cycle instead.`,
    );
  return config;
}

function requireSharedCycle(config: SimulationConfig, committedDays: number, atCycle: number): void {
  const { simulationId, offerCycleDays } = config;
  const last = Math.floor(committedDays / offerCycleDays) + 1;
  if (last < 2)
    throw new InvalidInputError(
      `Simulation "${simulationId}" cannot be forked yet: its first cycle of ${offerCycleDays} days is not over after ${committedDays}.`,
    );
  if (!Number.isInteger(atCycle) || atCycle < 2 || atCycle > last)
    throw new InvalidInputError(
      `Simulation "${simulationId}" has ${committedDays} days in cycles of ${offerCycleDays}: it can be forked at a cycle from 2 to ${last}, not at ${atCycle}.`,
    );
}

/**
 * Whether what a bandit had learned is of use to the fork's: another reward would be another sum, and another life of
 * coupons would count some deals twice or never. The fork's then begins with nothing.
 */
export function keepsLearned(original: SimulationConfig, fork: SimulationConfig): boolean {
  const [a, b] = [original.offerPolicy, fork.offerPolicy];
  return (
    a.type === 'bandit' &&
    b.type === 'bandit' &&
    a.reward === b.reward &&
    cyclesOfLife(original) === cyclesOfLife(fork)
  );
}
