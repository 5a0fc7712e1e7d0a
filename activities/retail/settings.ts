import type { SimulationConfig } from '../../domain/retail/simulation.ts';
import { loadCatalog } from '../../prisma/catalog-store.ts';
import type { LoadedCatalog } from '../../prisma/catalog-store.ts';
import type { Database } from '../../prisma/client.ts';
import { loadParticipants, loadSimulation } from '../../prisma/simulation-store.ts';
import type { Participant } from '../../prisma/offer-store.ts';

/** What never changes during a simulation: its configuration, its catalogue, its agents. */
export type SimulationSetting = {
  readonly config: SimulationConfig;
  readonly catalog: LoadedCatalog;
  readonly participants: readonly Participant[];
};

const KEPT = 4;

/**
 * Loads settings once per process and simulation. Only the last few are kept, and a load that failed is forgotten, so
 * that the next call tries again.
 */
export function settingsOf(db: Database): (simulationId: string) => Promise<SimulationSetting> {
  const kept = new Map<string, Promise<SimulationSetting>>();
  return (simulationId) => {
    const known = kept.get(simulationId);
    if (known !== undefined) return known;
    const loading = load(db, simulationId);
    kept.set(simulationId, loading);
    loading.catch(() => kept.delete(simulationId));
    for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - KEPT))) kept.delete(oldest);
    return loading;
  };
}

async function load(db: Database, simulationId: string): Promise<SimulationSetting> {
  const { config } = await loadSimulation(db, simulationId);
  const [catalog, participants] = await Promise.all([
    loadCatalog(db, config.datasetId),
    loadParticipants(db, simulationId),
  ]);
  return { config, catalog, participants };
}
