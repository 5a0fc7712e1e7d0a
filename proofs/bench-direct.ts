// The baseline of `npm run bench:retail`: a process of its own that runs simulations by the same activities in the same
// order and the same windows, without Temporal. Its parent says what to run.
import { MockActivityEnvironment } from '@temporalio/testing';
import { createRetailActivities } from '../activities/index.ts';
import { cycleNumberOf, isCycleStart } from '../domain/retail/offer-cycle.ts';
import { rulesPolicy } from '../domain/retail/policy.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { NO_TOTALS, addTotals } from '../domain/retail/statistics.ts';
import { NO_TRACE } from '../graphs/tracing.ts';
import { createDatabase } from '../prisma/client.ts';
import type { Database } from '../prisma/client.ts';
import { createSimulation, finishSimulation } from '../prisma/simulation-store.ts';
import { inWindow } from '../workflows/retail/windows.ts';
import type { ToDirect, FromDirect } from './bench-processes.ts';

export async function simulateDirectly(db: Database, config: SimulationConfig): Promise<void> {
  const { simulationId } = config;
  const activities = createRetailActivities({ db, policy: rulesPolicy, trace: NO_TRACE });
  const environment = new MockActivityEnvironment();
  const run = <I, R>(activity: (input: I) => Promise<R>, input: I): Promise<R> =>
    environment.run<[I], R, typeof activity>(activity, input);
  let totals = NO_TOTALS;
  await createSimulation(db, config);
  for (let day = 0; day < config.days; day++) {
    if (isCycleStart(day, config.offerCycleDays)) {
      const cycleNumber = cycleNumberOf(day, config.offerCycleDays);
      await run((input) => activities.runOfferCycle(input), { simulationId, cycleNumber });
    }
    const shoppers = await run((input) => activities.planDay(input), { simulationId, day });
    const shards = chunksOf(shoppers, config.shardSize);
    const results = await inWindow(shards, config.shardsInFlight, (agentIds) =>
      inWindow(agentIds, config.agentsInFlight, (agentId) =>
        run((input) => activities.runShoppingDay(input), { simulationId, day, agentId }),
      ),
    );
    totals = results.flat().reduce(addTotals, totals);
    await run((input) => activities.commitDay(input), { simulationId, day, totals });
  }
  await finishSimulation(db, simulationId, 'completed');
}

function chunksOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

function main(): void {
  const db = createDatabase(process.env.DATABASE_URL!, {
    poolSize: Number(process.env.DATABASE_POOL_SIZE ?? 10),
  });
  const answer = (message: FromDirect): void => void process.send!(message);
  process.on('message', ({ config }: ToDirect) => {
    const start = performance.now();
    simulateDirectly(db, config).then(
      () => answer({ type: 'done', seconds: (performance.now() - start) / 1000 }),
      (error: unknown) => answer({ type: 'failed', reason: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
  answer({ type: 'ready' });
}

if (require.main === module) main();
