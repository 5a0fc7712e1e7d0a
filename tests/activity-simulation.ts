import { MockActivityEnvironment } from '@temporalio/testing';
import { createRetailActivities } from '../activities/index.ts';
import { cycleNumberOf, isCycleStart } from '../domain/retail/offer-cycle.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { addTotals } from '../domain/retail/statistics.ts';
import { NO_TRACE } from '../graphs/tracing.ts';
import type { Database } from '../prisma/client.ts';
import { createSimulation, finishSimulation, loadSimulation } from '../prisma/simulation-store.ts';

/**
 * A whole simulation through the database by the same activities in the same order, without Temporal.
 * @param days fewer than it has: it goes on running after them
 */
export async function simulateInDatabase(
  db: Database,
  config: SimulationConfig,
  days = config.days,
): Promise<void> {
  await createSimulation(db, config);
  await goOnInDatabase(db, config.simulationId, days);
}

/** Lives the days of a stored simulation from where it stands, in the same way. */
export async function goOnInDatabase(db: Database, simulationId: string, until?: number): Promise<void> {
  const { config, committedDays, totals: before } = await loadSimulation(db, simulationId);
  const days = until ?? config.days;
  const activities = createRetailActivities({ db, policy: rulesPolicy, trace: NO_TRACE });
  const environment = new MockActivityEnvironment();
  const run = <I, R>(activity: (input: I) => Promise<R>, input: I): Promise<R> =>
    environment.run<[I], R, typeof activity>(activity, input);
  let totals = before;
  for (let day = committedDays; day < days; day++) {
    if (isCycleStart(day, config.offerCycleDays)) {
      const cycleNumber = cycleNumberOf(day, config.offerCycleDays);
      await run((input) => activities.runOfferCycle(input), { simulationId, cycleNumber });
    }
    const shoppers = await run((input) => activities.planDay(input), { simulationId, day });
    for (const agentId of shoppers)
      totals = addTotals(
        totals,
        await run((input) => activities.runShoppingDay(input), { simulationId, day, agentId }),
      );
    await run((input) => activities.commitDay(input), { simulationId, day, totals });
  }
  if (days === config.days) await finishSimulation(db, simulationId, 'completed');
}
