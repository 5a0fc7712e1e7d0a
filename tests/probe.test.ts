import { digestSimulation } from '../prisma/digest-store.ts';
import { reviewSimulation } from '../client/report.ts';
import { aSimulation, aSmallDataset, createRig, runSimulation } from './simulation-rig.ts';
const time = async <T,>(name: string, f: () => Promise<T>): Promise<T> => { const t = performance.now(); try { return await f(); } finally { console.log(name, Math.round(performance.now() - t)); } };
test('probe', async () => {
  const rig = await time('rig', () => createRig(aSmallDataset()));
  await time('worker', () => rig.startWorker());
  for (const execution of ['workflow', 'activity'] as const) {
    const config = aSimulation({ execution });
    console.log(await time('run ' + execution, () => runSimulation(rig, config)));
    console.log((await time('digest', () => digestSimulation(rig.db, config.simulationId))).digest);
    console.log((await time('review', () => reviewSimulation(rig.db, config.simulationId))).checks);
  }
  await time('close', () => rig.close());
}, 120_000);
