import type { Dependencies } from './dependencies.ts';
import { withFailures } from './failures.ts';
import { withHeartbeats } from './heartbeats.ts';
import { withObservation } from './observation.ts';
import { experimentActivities } from './retail/experiments.ts';
import { offerCycleActivities } from './retail/offer-cycles.ts';
import { settingsOf } from './retail/settings.ts';
import { shoppingDayActivities } from './retail/shopping-days.ts';
import { simulationActivities } from './retail/simulations.ts';

/** Every activity of the retail half, bound to its process. */
export function createRetailActivities(dependencies: Dependencies) {
  const settingOf = settingsOf(dependencies.db);
  return withHeartbeats(
    withObservation(
      withFailures({
        ...simulationActivities(dependencies, settingOf),
        ...offerCycleActivities(dependencies, settingOf),
        ...shoppingDayActivities(dependencies, settingOf),
        ...experimentActivities(dependencies),
      }),
    ),
  );
}

export type RetailActivities = ReturnType<typeof createRetailActivities>;
