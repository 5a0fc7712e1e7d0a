import { forkConfig } from '../domain/retail/fork.ts';
import { createFork } from '../prisma/fork-store.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import type { SimulationRecord } from '../prisma/simulation-store.ts';
import { requireKnownNames, startExecution } from './simulations.ts';
import type { Services } from './simulations.ts';

/** Where a simulation is forked, what is changed there, and the name of the fork (null: `<id>-fork`). */
export type ForkRequest = {
  readonly atCycle: number;
  /** Fields of the configuration, as they came from outside. */
  readonly changes: Readonly<Record<string, unknown>>;
  readonly forkId: string | null;
};

/**
 * Makes a simulation that shares another one's days before an offer cycle, and starts its execution from there. The
 * original may be running or have ended; it is left as it is. The same fork twice is made once; one that has ended is
 * left alone.
 * @throws InvalidInputError when the cycle or a change is refused, ConflictError when the id belongs to something else
 */
export async function forkSimulation(
  { db, temporal }: Services,
  simulationId: string,
  { atCycle, changes, forkId }: ForkRequest,
): Promise<SimulationRecord> {
  const { config: original, committedDays } = await loadSimulation(db, simulationId);
  const config = forkConfig(original, committedDays, atCycle, changes, forkId ?? `${simulationId}-fork`);
  await requireKnownNames(db, config);
  const fork = await createFork(db, original, atCycle, config);
  if (fork.finishedAt === null) await startExecution(temporal, fork);
  return fork;
}
