import { setTimeout as sleep } from 'node:timers/promises';
import { activityInfo, log } from '@temporalio/activity';
import { AgentFailure, DaySettledError, TransientError } from '../../domain/errors.ts';
import type { SimulationConfig } from '../../domain/retail/simulation.ts';
import type { LivedDay } from '../../domain/retail/shopping-day.ts';
import type { DayTotals } from '../../domain/retail/statistics.ts';
import { liveShoppingDay } from '../../graphs/retail/shopping-day.ts';
import { createShoppingGraph } from '../../graphs/retail/shopping-graph.ts';
import type { RunTrip } from '../../graphs/retail/shopping-graph.ts';
import { beginAgain, loadDay, noteAnswer, saveDay } from '../../prisma/shopping-store.ts';
import type { LoadedDay } from '../../prisma/shopping-store.ts';
import type { Dependencies } from '../dependencies.ts';
import type { SimulationSetting } from './settings.ts';
import { oneAtATime } from './suspects.ts';

export type ShoppingDayInput = {
  readonly simulationId: string;
  readonly day: number;
  readonly agentId: string;
};

/** Attempts of one day in a row that may begin to live it, alone on their worker, and never answer. */
const MAX_UNANSWERED = 3;
const FIRST_PAUSE_MS = 100;

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
  const alone = oneAtATime();

  return {
    /** Lives one agent's day and saves it whole. Running twice is running once: a saved day is only read back. */
    async runShoppingDay({ simulationId, day, agentId }: ShoppingDayInput): Promise<DayTotals> {
      const setting = await settingOf(simulationId);
      const candidate = await loadDay(db, setting.config, setting.catalog, day, agentId);
      const { stored } = candidate;
      if (stored?.status === 'completed') return stored.totals;
      if (stored?.status === 'failed' || stored?.status === 'quarantined')
        throw new DaySettledError(stored.reason);
      if (candidate.type === 'malformed')
        throw new AgentFailure(`persona of agent "${agentId}": ${candidate.reason}`);
      const loaded = candidate.day;
      const live = (): Promise<DayTotals> => liveAndSave(setting, loaded);
      return activityInfo().attempt === 1 ? live() : alone(() => liveAsSuspect(setting.config, loaded, live));
    },
  };

  /**
   * A further attempt. That it begins is noted first, and that it answered afterwards: what never answers, again and
   * again, blocks its worker, and is this agent's failure.
   */
  async function liveAsSuspect(
    config: SimulationConfig,
    { agentId, context }: LoadedDay,
    live: () => Promise<DayTotals>,
  ): Promise<DayTotals> {
    const unanswered = await beginAgain(db, config, context.day, agentId);
    if (unanswered > MAX_UNANSWERED)
      throw new AgentFailure(
        `the policy of agent "${agentId}" never came to an end on ${context.date}: ${MAX_UNANSWERED + 1} attempts were lost with their worker`,
      );
    try {
      return await live();
    } catch (error) {
      // A database that is away cannot be told; one attempt too many is then held against the agent.
      await noteAnswer(db, config, context.day, agentId).catch(() => undefined);
      throw error;
    }
  }

  /** Asks a policy that fails again, up to the limit; what it answered in the end is saved or is its failure. */
  async function liveAndSave({ config, catalog }: SimulationSetting, loaded: LoadedDay): Promise<DayTotals> {
    for (let tries = 1; ; tries++) {
      try {
        return await saveDay(db, config, catalog, loaded, await live(loaded, config));
      } catch (error) {
        const isFailure = error instanceof AgentFailure && !(error instanceof DaySettledError);
        if (!isFailure || tries >= config.agentTries) throw error;
        const { agentId, context } = loaded;
        log.warn('An agent failed; it is asked again', {
          agent: agentId,
          day: context.day,
          tries,
          reason: error.message,
        });
        await sleep(FIRST_PAUSE_MS * 2 ** tries);
      }
    }
  }

  /** Whatever goes wrong in here is this agent's own failure, unless the policy says that it could not ask. */
  async function live({ context, agentId }: LoadedDay, config: SimulationConfig): Promise<LivedDay> {
    const metadata = {
      simulation_id: config.simulationId,
      agent_id: agentId,
      simulated_date: context.date,
    };
    try {
      return await within(config.agentTimeoutSeconds, (signal) =>
        liveShoppingDay(context, graphFor(config), { callbacks: trace.callbacks, metadata, signal }),
      );
    } catch (error) {
      if (error instanceof AgentFailure || error instanceof TransientError) throw error;
      throw new AgentFailure(
        `the policy of agent "${agentId}" failed on ${context.date}: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
    }
  }
}

/** The answer, or an error after some seconds, with a signal that says that nobody waits any more. */
async function within<T>(seconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${seconds} s`));
      abort.abort();
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work(abort.signal), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
