import type { DayFailure } from '../../domain/retail/shopping-day.ts';
import type { DayTotals } from '../../domain/retail/statistics.ts';
import { withholdLimitedCoupons } from '../../prisma/limit-store.ts';
import { expireOffers } from '../../prisma/offer-store.ts';
import { failDay, loadShoppers, planDays, sumDays } from '../../prisma/shopping-store.ts';
import { commitDay, finishSimulation, noteStatus, requireOpenDay } from '../../prisma/simulation-store.ts';
import type { Dependencies } from '../dependencies.ts';
import type { SimulationSetting } from './settings.ts';

export type DayInput = { readonly simulationId: string; readonly day: number };

const AGENTS_PER_PLAN = 500;

export function simulationActivities(
  { db }: Dependencies,
  settingOf: (simulationId: string) => Promise<SimulationSetting>,
) {
  return {
    /** Expires offers, then decides for every agent whether it shops; returns those who do, by agent id. */
    async planDay({ simulationId, day }: DayInput): Promise<string[]> {
      const { config, catalog, participants } = await settingOf(simulationId);
      await requireOpenDay(db, simulationId, day);
      await expireOffers(db, config, day);
      for (let from = 0; from < participants.length; from += AGENTS_PER_PLAN) {
        const part = participants.slice(from, from + AGENTS_PER_PLAN);
        await planDays(
          db,
          config,
          catalog,
          day,
          part.map((participant) => participant.agentId),
        );
      }
      await withholdLimitedCoupons(db, config, catalog, day);
      return loadShoppers(db, config, day);
    },

    /** Settles days whose execution ended without an answer: lived ones count, the others are recorded as failed. */
    async settleDays({
      simulationId,
      day,
      agentIds,
      type,
      reason,
    }: DayInput & { agentIds: readonly string[] } & DayFailure): Promise<DayTotals> {
      const { config } = await settingOf(simulationId);
      for (const agentId of agentIds) await failDay(db, config, day, agentId, { type, reason });
      return sumDays(db, config, day, agentIds);
    },

    /** Commits a day at its 24:00 barrier; returns how many days are committed. */
    async commitDay({ simulationId, day, totals }: DayInput & { totals: DayTotals }): Promise<number> {
      const { config } = await settingOf(simulationId);
      return commitDay(db, config, day, totals);
    },

    /** Notes how a simulation stands; returns how many days are committed. */
    async noteStatus({
      simulationId,
      status,
      timeScale,
    }: {
      simulationId: string;
      status: 'running' | 'paused';
      timeScale: string;
    }): Promise<number> {
      return noteStatus(db, simulationId, status, timeScale);
    },

    async finishSimulation({
      simulationId,
      status,
    }: {
      simulationId: string;
      status: 'completed' | 'stopped' | 'failed' | 'cancelled';
    }): Promise<void> {
      await finishSimulation(db, simulationId, status);
    },
  };
}
