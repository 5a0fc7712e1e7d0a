import { expireOffers, openCycle, refreshWallets } from '../../prisma/offer-store.ts';
import { requireOpenDay } from '../../prisma/simulation-store.ts';
import type { Dependencies } from '../dependencies.ts';
import type { SimulationSetting } from './settings.ts';

export type CycleInput = { readonly simulationId: string; readonly cycleNumber: number };
export type CycleResult = { readonly users: number; readonly dealt: number; readonly exhausted: number };

const USERS_PER_TRANSACTION = 200;

export function offerCycleActivities(
  { db }: Dependencies,
  settingOf: (simulationId: string) => Promise<SimulationSetting>,
) {
  return {
    /** Closes the cycle before, opens this one and refreshes every wallet. A second run finishes what the first began. */
    async runOfferCycle({ simulationId, cycleNumber }: CycleInput): Promise<CycleResult> {
      const { config, catalog, participants } = await settingOf(simulationId);
      const firstDay = (cycleNumber - 1) * config.offerCycleDays;
      await requireOpenDay(db, simulationId, firstDay);
      await expireOffers(db, config, firstDay);
      await openCycle(db, config, cycleNumber);
      let result: CycleResult = { users: 0, dealt: 0, exhausted: 0 };
      for (let from = 0; from < participants.length; from += USERS_PER_TRANSACTION) {
        const part = participants.slice(from, from + USERS_PER_TRANSACTION);
        const done = await refreshWallets(db, config, catalog, cycleNumber, part);
        result = {
          users: result.users + done.users,
          dealt: result.dealt + done.dealt,
          exhausted: result.exhausted + done.exhausted,
        };
      }
      return result;
    },
  };
}
