// The worker as it is shipped: a process of its own, from the built bundle.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { reviewSimulation } from '../client/report.ts';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import { freePort } from '../stack/ports.ts';
import { aSimulation, aSmallDataset, createRig, eventually, runSimulation } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';
import { killWorkerProcesses, startProcess, startWorkerProcess } from './worker-processes.ts';

let rig: Rig;

beforeAll(async () => {
  rig = await createRig(aSmallDataset({ agents: 3 }));
});

afterAll(async () => {
  killWorkerProcesses();
  await rig.close();
});

test('a worker process lives a simulation', async () => {
  const worker = await startWorkerProcess(rig);

  const result = await runSimulation(rig, aSimulation({ days: 3, execution: 'workflow' }));

  expect([result.status, result.committedDays]).toEqual(['completed', 3]);
  worker.child.kill('SIGTERM');
  await worker.exit;
});

test('what a worker leaves behind when it is ended half-way, the next one finishes', async () => {
  const first = await startWorkerProcess(rig);
  const simulation = aSimulation({ days: 6, execution: 'workflow' });
  await startSimulation(rig, simulation);
  await eventually(
    () => loadSimulation(rig.db, simulation.simulationId),
    ({ committedDays }) => committedDays > 0,
  );
  first.child.kill('SIGTERM');
  const exitCode = await first.exit;
  const { committedDays } = await loadSimulation(rig.db, simulation.simulationId);

  const second = await startWorkerProcess(rig);
  const result = await waitForSimulation(rig, simulation.simulationId);

  second.child.kill('SIGTERM');
  await second.exit;
  const { checks } = await reviewSimulation(rig.db, simulation.simulationId);
  expect([exitCode, committedDays < 6, result.status]).toEqual([0, true, 'completed']);
  expect(checks.filter((check) => !check.isOk)).toEqual([]);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it with exit code 0', async (signal) => {
  const worker = await startWorkerProcess(rig);

  worker.child.kill(signal);

  expect(await worker.exit).toBe(0);
});

test('what Node warns of and what nobody caught is JSON too; the latter ends it with exit code 1', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-worker-'));
  const preload = path.join(folder, 'preload.cjs');
  const onSignal =
    "process.emitWarning('mind the gap'); setTimeout(() => { throw new Error('nobody caught it'); }, 10)";
  writeFileSync(preload, `process.on('SIGHUP', () => { ${onSignal}; });`);
  const worker = await startWorkerProcess(rig, { NODE_OPTIONS: `--require ${preload}` });

  worker.child.kill('SIGHUP');

  const exitCode = await worker.exit;
  rmSync(folder, { recursive: true });
  expect(exitCode).toBe(1);
  expect(worker.lines()).toContainEqual(
    expect.objectContaining({ level: 'warn', msg: 'Warning: mind the gap' }),
  );
  expect(worker.lines().at(-1)).toMatchObject({
    level: 'error',
    msg: expect.stringContaining('nobody caught it') as string,
  });
});

describe('a worker that cannot start says why in one line and ends with exit code 1:', () => {
  test.each([
    ['a wrong variable', { DATABASE_POOL_SIZE: 'many' }, 'DATABASE_POOL_SIZE is "many"'],
    ['no database', { DATABASE_URL: '' }, 'A worker needs DATABASE_URL.'],
    ['a namespace that does not exist', { TEMPORAL_NAMESPACE: 'nowhere' }, 'has no namespace "nowhere"'],
    ['no Temporal', { TEMPORAL_ADDRESS: '' }, 'A worker needs TEMPORAL_ADDRESS.'],
  ])('%s', async (_what, settings, message) => {
    const worker = startProcess(rig, settings);

    expect(await worker.exit).toBe(1);
    expect(oneLine(worker.stderr())).toContain(message);
  });

  test('a Temporal that does not answer', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const worker = startProcess(rig, { TEMPORAL_ADDRESS: address });

    expect(await worker.exit).toBe(1);
    expect(oneLine(worker.stderr())).toBe(`No Temporal server answers at ${address}.`);
  });

  test.each([
    ['MERCATO_HEALTH_PORT', 'Health checks cannot be served on port'],
    ['MERCATO_METRICS_PORT', 'Metrics cannot be served on port'],
  ])('a port that is taken: %s', async (variable, message) => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
    const { port } = occupant.address() as AddressInfo;
    const worker = startProcess(rig, { [variable]: String(port) });

    const exitCode = await worker.exit;

    occupant.close();
    expect(exitCode).toBe(1);
    expect(oneLine(worker.stderr())).toContain(`${message} ${port} of 127.0.0.1`);
  });
});

/** The message of the only line. */
function oneLine(stderr: string): string {
  const lines = stderr.trim().split('\n');
  if (lines.length !== 1) throw new Error(`Not one line but ${lines.length}:\n${stderr}`);
  return (JSON.parse(lines[0]!) as { msg: string }).msg;
}
