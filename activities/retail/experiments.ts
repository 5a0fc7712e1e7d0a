import { ConflictError } from '../../domain/errors.ts';
import { simulationsOf } from '../../domain/retail/experiment.ts';
import type { ExperimentStatus } from '../../domain/retail/experiment.ts';
import { simulationInputOf } from '../../domain/retail/simulation-input.ts';
import type { SimulationInput } from '../../domain/retail/simulation-input.ts';
import { finishExperiment, loadExperiment } from '../../prisma/experiment-store.ts';
import { createSimulation, reopenSimulation } from '../../prisma/simulation-store.ts';
import type { Dependencies } from '../dependencies.ts';

export function experimentActivities({ db }: Dependencies) {
  return {
    /**
     * Stores one of an experiment's simulations, or takes up one that has ended before its time.
     * @returns how to start its execution; null when it was completed before
     */
    async prepareSimulation({
      experimentId,
      simulationId,
    }: {
      experimentId: string;
      simulationId: string;
    }): Promise<SimulationInput | null> {
      const { config } = await loadExperiment(db, experimentId);
      const own = simulationsOf(config).find((simulation) => simulation.simulationId === simulationId);
      if (own === undefined)
        throw new ConflictError(`Experiment "${experimentId}" has no simulation "${simulationId}".`);
      const stored = await createSimulation(db, own);
      if (stored.status === 'completed') return null;
      return simulationInputOf(
        stored.finishedAt === null ? stored : await reopenSimulation(db, simulationId),
      );
    },

    async finishExperiment({
      experimentId,
      status,
    }: {
      experimentId: string;
      status: Exclude<ExperimentStatus, 'running'>;
    }): Promise<void> {
      await finishExperiment(db, experimentId, status);
    },
  };
}
