import { AgentFailure, TransientError } from '../../domain/errors.ts';
import type { SimulationConfig } from '../../domain/retail/simulation.ts';
import type { LivedDay } from '../../domain/retail/shopping-day.ts';
import type { DayTotals } from '../../domain/retail/statistics.ts';
import { liveShoppingDay } from '../../graphs/retail/shopping-day.ts';
import { createShoppingGraph } from '../../graphs/retail/shopping-graph.ts';
import type { RunTrip } from '../../graphs/retail/shopping-graph.ts';
import { loadDay, loadStoredDay, saveDay } from '../../prisma/shopping-store.ts';
import type { LoadedDay } from '../../prisma/shopping-store.ts';
import type { Dependencies } from '../dependencies.ts';
import type { SimulationSetting } from './settings.ts';

export type ShoppingDayInput = {
  readonly simulationId: string;
  readonly day: number;
  readonly agentId: string;
};

export function shoppingDayActivities(
  { db, policy, trace }: Dependencies,
  settingOf: (simulationId: string) => Promise<SimulationSetting>,
) {
  const graphs = new Map<string, RunTrip>();
  const graphFor = (config: SimulationConfig): RunTrip => {
    const profile = config.profile === 'browse' ? 'browse' : 'full';
    const name = `${profile}/${config.returnToShelves}`;
    const graph =
      graphs.get(name) ?? createShoppingGraph({ policy, profile, returnToShelves: config.returnToShelves });
    graphs.set(name, graph);
    return graph;
  };

  return {
    /** Lives one agent's day and saves it whole. Running twice is running once: a saved day is only read back. */
    async runShoppingDay({ simulationId, day, agentId }: ShoppingDayInput): Promise<DayTotals> {
      const { config, catalog } = await settingOf(simulationId);
      const stored = await loadStoredDay(db, config, day, agentId);
      if (stored?.status === 'completed') return stored.totals;
      if (stored?.status === 'failed' || stored?.status === 'quarantined')
        throw new AgentFailure(stored.reason);
      const loaded = await loadDay(db, config, catalog, day, agentId);
      const lived = await live(loaded, graphFor(config), simulationId);
      return saveDay(db, config, catalog, loaded, lived);
    },
  };

  /** Whatever goes wrong in here is this agent's own failure, unless the policy says that it could not ask. */
  async function live(loaded: LoadedDay, runTrip: RunTrip, simulationId: string): Promise<LivedDay> {
    const { context, agentId } = loaded;
    const metadata = { simulation_id: simulationId, agent_id: agentId, simulated_date: context.date };
    try {
      return await liveShoppingDay(context, runTrip, { callbacks: trace.callbacks, metadata });
    } catch (error) {
      if (error instanceof AgentFailure || error instanceof TransientError) throw error;
      throw new AgentFailure(
        `the policy of agent "${agentId}" failed on ${context.date}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }
}
