// The worst an agent can do to the others: a policy in an endless loop blocks its whole worker. The watchdog ends that
// worker, whoever keeps it running starts it again, and in the end only that agent's day is lost.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { agentRows } from './agent-rows.ts';
import { aSimulation, aSmallDataset, createRig, runSimulation } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

const ROOT = path.join(__dirname, '..');
const DATASET = aSmallDataset({ agents: 8 });

let rig: Rig;
let reference: SimulationConfig;
let disturbed: SimulationConfig;
let blocking: string;
let healthy: string[];
let workers = 0;
let isOver = false;
let current: ChildProcess | null = null;

/** One day on which several shop, so that others are at work beside the one that blocks. */
const aDay = (): SimulationConfig => aSimulation({ days: 1, agentsInFlight: 8, execution: 'activity' });

beforeAll(async () => {
  rig = await createRig(DATASET);
  reference = aDay();
  const stop = await rig.startWorker();
  await runSimulation(rig, reference);
  await stop();
  const days = await rig.db.shoppingDay.findMany({
    where: { simulationId: reference.simulationId, status: 'completed' },
    orderBy: { agentId: 'asc' },
  });
  blocking = days[Math.floor(days.length / 2)]!.agentId;
  healthy = DATASET.agents.map((agent) => agent.agentId).filter((agentId) => agentId !== blocking);

  disturbed = aDay();
  keepRunning();
  await startSimulation(rig, disturbed);
  await waitForSimulation(rig, disturbed.simulationId);
}, 300_000);

afterAll(async () => {
  isOver = true;
  current?.kill('SIGKILL');
  await rig.close();
});

/** What a supervisor does: a worker that ends is started again. */
function keepRunning(): void {
  if (isOver) return;
  workers += 1;
  current = spawn(
    process.execPath,
    // Not by the command `tsx`, which starts a process of its own that would outlive it.
    ['--import', 'tsx', 'tests/blocking-worker.ts'],
    {
      cwd: ROOT,
      stdio: 'ignore',
      env: {
        ...process.env,
        DATABASE_URL: rig.databaseUrl,
        TEMPORAL_ADDRESS: rig.temporalAddress,
        TEMPORAL_NAMESPACE: rig.namespace,
        BLOCKING_AGENT: blocking,
      },
    },
  );
  current.once('exit', keepRunning);
}

test('several shopped beside it', () => {
  expect(healthy.length).toBe(7);
});

test('the worker was ended and started again, but not for ever', () => {
  // The first attempt, and three more that are lived alone; the next one is refused before it begins.
  expect(workers).toBe(5);
});

test('its day is failed, with the reason', async () => {
  const day = await rig.db.shoppingDay.findFirstOrThrow({
    where: { simulationId: disturbed.simulationId, agentId: blocking },
  });

  expect([day.status, day.failure]).toEqual([
    'failed',
    { type: 'agent', reason: expect.stringContaining('never came to an end') as string },
  ]);
});

test('all others lived exactly the day that they would have lived', async () => {
  expect(await agentRows(rig.db, disturbed.simulationId, healthy)).toEqual(
    await agentRows(rig.db, reference.simulationId, healthy),
  );
});
