import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type Program } from './process.ts';
import { SupervisedService } from './supervised-service.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function aProgram(script: string): Program {
  return {
    name: 'sample',
    command: process.execPath,
    args: ['-e', script],
    logFile: path.join(folder, 'sample.log'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5_000,
    startTimeoutMs: 10_000,
    isReady: (output) => output.includes('ready'),
  };
}

const RUNS = 'console.log("ready"); setInterval(() => {}, 1000)';

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('It did not happen within 10 s.');
    await sleep(20);
  }
}

test('a service that is killed is started again', async () => {
  const messages: string[] = [];
  const service = new SupervisedService(aProgram(RUNS), null, (message) => message && messages.push(message));
  await service.start();
  const first = service.state.process;

  process.kill(first?.pid ?? NaN, 'SIGKILL');
  await until(() => service.state.restarts === 1 && service.state.status === 'running');

  expect(service.state.process?.pid).not.toBe(first?.pid);
  expect(messages).toEqual([
    'sample was ended by SIGKILL; it is started again in 0.2 s.',
    'sample runs again.',
  ]);
  await service.stop();
});

test('a service that keeps ending waits longer each time', async () => {
  const messages: string[] = [];
  const endsSoon = aProgram('console.log("ready"); setTimeout(() => process.exit(1), 50)');
  const service = new SupervisedService(endsSoon, null, (message) => message && messages.push(message));
  await service.start();

  await until(() => messages.filter((message) => message.includes('started again in')).length === 3);

  const delays = messages.flatMap((message) => /again in ([\d.]+) s/.exec(message)?.[1] ?? []);
  expect(delays).toEqual(['0.2', '0.4', '0.8']);
  await service.stop();
});

test('a service that is stopped stays stopped', async () => {
  const service = new SupervisedService(aProgram(RUNS), null, () => undefined);
  await service.start();
  const { process } = service.state;

  await service.stop();
  await sleep(400);

  expect(process && isRunning(process)).toBe(false);
  expect(service.state.restarts).toBe(0);
});

test('a first start that fails is an error', async () => {
  const service = new SupervisedService(aProgram('process.exit(2)'), null, () => undefined);

  await expect(service.start()).rejects.toThrow('sample ended with exit code 2');
});
