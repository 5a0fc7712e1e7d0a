// The worker as it is shipped: a process of its own, from the built bundle.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { reviewSimulation } from '../client/report.ts';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import { freePort } from '../stack/ports.ts';
import { aSimulation, aSmallDataset, createRig, eventually, runSimulation } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

const WORKER = path.join(__dirname, '..', 'dist', 'worker.cjs');

let rig: Rig;
const processes: ChildProcess[] = [];

beforeAll(async () => {
  rig = await createRig(aSmallDataset({ agents: 3 }));
});

afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await rig.close();
});

type WorkerProcess = {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  exit: Promise<number | null>;
};

function startProcess(settings: Record<string, string> = {}): WorkerProcess {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: rig.databaseUrl,
    TEMPORAL_ADDRESS: rig.temporalAddress,
    TEMPORAL_NAMESPACE: rig.namespace,
    ...settings,
  };
  const child = spawn(process.execPath, [WORKER], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  processes.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (output.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output.stderr += text.toString()));
  const exit = new Promise<number | null>((resolve) => child.once('close', (exitCode) => resolve(exitCode)));
  return { child, stdout: () => output.stdout, stderr: () => output.stderr, exit };
}

/** A worker that has said that it is ready. */
async function startWorkerProcess(): Promise<WorkerProcess> {
  const worker = startProcess();
  await eventually(
    async () => worker.stdout() + worker.stderr(),
    (output) => output.includes('"msg":"worker started"'),
  );
  return worker;
}

test('a worker process lives a simulation', async () => {
  const worker = await startWorkerProcess();

  const result = await runSimulation(rig, aSimulation({ days: 3, execution: 'workflow' }));

  expect([result.status, result.committedDays]).toEqual(['completed', 3]);
  worker.child.kill('SIGTERM');
  await worker.exit;
});

test('what a worker leaves behind when it is ended half-way, the next one finishes', async () => {
  const first = await startWorkerProcess();
  const simulation = aSimulation({ days: 6, execution: 'workflow' });
  await startSimulation(rig, simulation);
  await eventually(
    () => loadSimulation(rig.db, simulation.simulationId),
    ({ committedDays }) => committedDays > 0,
  );
  first.child.kill('SIGTERM');
  const exitCode = await first.exit;
  const { committedDays } = await loadSimulation(rig.db, simulation.simulationId);

  const second = await startWorkerProcess();
  const result = await waitForSimulation(rig, simulation.simulationId);

  second.child.kill('SIGTERM');
  await second.exit;
  const { checks } = await reviewSimulation(rig.db, simulation.simulationId);
  expect([exitCode, committedDays < 6, result.status]).toEqual([0, true, 'completed']);
  expect(checks.filter((check) => !check.isOk)).toEqual([]);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with exit code 0', async (signal) => {
  const worker = await startWorkerProcess();

  worker.child.kill(signal);

  expect(await worker.exit).toBe(0);
});

test('all that it says is JSON, one object a line', async () => {
  const worker = await startWorkerProcess();
  await runSimulation(rig, aSimulation({ days: 1 }));
  worker.child.kill('SIGTERM');
  await worker.exit;

  const lines = (worker.stdout() + worker.stderr()).trim().split('\n');

  expect(lines.filter((line) => !line.startsWith('{') || !isJson(line))).toEqual([]);
});

describe('a worker that cannot start says why in one line and ends with exit code 1:', () => {
  test.each([
    ['a wrong variable', { DATABASE_POOL_SIZE: 'many' }, 'DATABASE_POOL_SIZE is "many"'],
    ['no database', { DATABASE_URL: '' }, 'A worker needs DATABASE_URL.'],
    ['a namespace that does not exist', { TEMPORAL_NAMESPACE: 'nowhere' }, 'has no namespace "nowhere"'],
    ['no Temporal', { TEMPORAL_ADDRESS: '' }, 'A worker needs TEMPORAL_ADDRESS.'],
  ])('%s', async (_what, settings, message) => {
    const worker = startProcess(settings);

    expect(await worker.exit).toBe(1);
    expect(oneLine(worker.stderr())).toContain(message);
  });

  test('a Temporal that does not answer', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const worker = startProcess({ TEMPORAL_ADDRESS: address });

    expect(await worker.exit).toBe(1);
    expect(oneLine(worker.stderr())).toBe(`No Temporal server answers at ${address}.`);
  });
});

/** The message of the only line. */
function oneLine(stderr: string): string {
  const lines = stderr.trim().split('\n');
  if (lines.length !== 1) throw new Error(`Not one line but ${lines.length}:\n${stderr}`);
  return (JSON.parse(lines[0]!) as { msg: string }).msg;
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
