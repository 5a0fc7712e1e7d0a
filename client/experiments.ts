// Comparing simulations that differ in their offers.
import { ConflictError, InvalidInputError } from '../domain/errors.ts';
import { armConflictsOf, compareArms, conflictsOf } from '../domain/retail/arm-comparison.ts';
import type { ArmComparison } from '../domain/retail/arm-comparison.ts';
import { HOURS_PER_DAY, instantAt } from '../domain/retail/calendar.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { loadOutcomes } from '../prisma/experiment-store.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import type { Database } from '../prisma/client.ts';

const DAYS_PER_WEEK = 7;

/**
 * Compares completed simulations in pairs, A with B of the same seed.
 * @param burnInWeeks at the beginning that count nothing
 * @throws InvalidInputError when they are no pairs, ConflictError when one is not completed or a pair differs in more than offers
 */
export async function compareSimulations(
  db: Database,
  a: readonly string[],
  b: readonly string[],
  burnInWeeks: number,
): Promise<ArmComparison> {
  if (a.length !== b.length)
    throw new InvalidInputError(`${a.length} simulations against ${b.length}: they are compared in pairs.`);
  const records = await Promise.all([...a, ...b].map((id) => loadSimulation(db, id)));
  const unfinished = records.find(({ status }) => status !== 'completed');
  if (unfinished !== undefined)
    throw new ConflictError(
      `Simulation "${unfinished.config.simulationId}" is ${unfinished.status}: only completed ones are compared.`,
    );
  const configs = records.map(({ config }) => config);
  a.forEach((id, i) => {
    const conflicts = conflictsOf(configs[i]!, configs[a.length + i]!);
    if (conflicts.length > 0)
      throw new ConflictError(
        `Simulations "${id}" and "${b[i]!}" differ in ${conflicts.join(', ')}: a difference between them would not be that of their offers.`,
      );
  });
  requireOneArm(configs.slice(0, a.length));
  requireOneArm(configs.slice(a.length));
  const { days } = configs[0]!;
  const weeks = days / DAYS_PER_WEEK - burnInWeeks;
  if (!(weeks > 0))
    throw new InvalidInputError(`A burn-in of ${burnInWeeks} weeks leaves nothing of ${days} days.`);
  const outcomes = await Promise.all(
    configs.map(({ simulationId, startDate }) =>
      loadOutcomes(
        db,
        simulationId,
        new Date(instantAt(startDate, burnInWeeks * DAYS_PER_WEEK * HOURS_PER_DAY)),
      ),
    ),
  );
  const first = outcomes[0]!.map(({ agentId }) => agentId).join();
  const other = outcomes.findIndex((arm) => arm.map(({ agentId }) => agentId).join() !== first);
  if (other >= 0)
    throw new ConflictError(
      `Simulation "${configs[other]!.simulationId}" has other agents than "${configs[0]!.simulationId}".`,
    );
  return compareArms(
    a.map((_, i) => [outcomes[i]!, outcomes[a.length + i]!] as const),
    weeks,
  );
}

/** The same offers to the same shoppers, each time under another seed. */
function requireOneArm(configs: readonly SimulationConfig[]): void {
  const [first, ...others] = configs;
  for (const other of others) {
    const conflicts = armConflictsOf(first!, other);
    if (conflicts.length > 0)
      throw new ConflictError(
        `Simulations "${first!.simulationId}" and "${other.simulationId}" are named as one arm, and differ in ${conflicts.join(', ')}.`,
      );
  }
  const seeds = configs.map(({ seed }) => seed);
  const twice = configs.find(({ seed }, i) => seeds.indexOf(seed) !== i);
  if (twice !== undefined)
    throw new ConflictError(`Seed "${twice.seed}" is there twice: the same luck would count double.`);
}
