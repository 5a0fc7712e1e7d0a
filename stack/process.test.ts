import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { endProcess, identify, isRunning, type Program, startProgram } from './process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function aProgram(script: string, change: Partial<Program> = {}): Program {
  return {
    name: 'sample',
    command: process.execPath,
    args: ['-e', script],
    logFile: path.join(folder, 'sample.log'),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5_000,
    startTimeoutMs: 10_000,
    isReady: (output) => output.includes('ready'),
    ...change,
  };
}

const RUNS = 'console.log("ready"); setInterval(() => {}, 1000)';

describe('startProgram', () => {
  test('returns when the program says that it is ready', async () => {
    const { identity } = await startProgram(aProgram(RUNS));

    expect(isRunning(identity)).toBe(true);
    await endProcess(identity, 'SIGTERM', 5_000);
  });

  test('a program that ends at once is reported with its last words', async () => {
    const start = startProgram(aProgram('console.error("no such table"); process.exit(3)'));

    await expect(start).rejects.toThrow('sample ended with exit code 3; its last words: no such table.');
  });

  test('a program that cannot be found is reported', async () => {
    const start = startProgram(aProgram('', { command: path.join(folder, 'missing') }));

    await expect(start).rejects.toThrow(/sample could not be started \(.*ENOENT\)/);
  });

  test('a program that is never ready is ended', async () => {
    const program = aProgram('setInterval(() => {}, 1000)', { startTimeoutMs: 300 });
    const started: number[] = [];

    await expect(startProgram(program, { onSpawn: ({ pid }) => started.push(pid) })).rejects.toThrow(
      'sample was not ready after 0.3 s.',
    );

    expect(started.map(identify)).toEqual([null]);
  });

  test('a failure that passes by itself is tried again', async () => {
    const script = `
      const marker = ${JSON.stringify(path.join(folder, 'marker'))};
      const fs = require('node:fs');
      if (!fs.existsSync(marker)) { fs.writeFileSync(marker, ''); console.log('still in use'); process.exit(1); }
      ${RUNS}`;

    const { identity } = await startProgram(aProgram(script, { passingFailure: /still in use/ }));

    await endProcess(identity, 'SIGTERM', 5_000);
  });

  test('what an earlier run wrote does not make the next one ready', async () => {
    const { identity } = await startProgram(aProgram(RUNS));
    await endProcess(identity, 'SIGTERM', 5_000);

    const second = startProgram(aProgram('process.exit(1)'));

    await expect(second).rejects.toThrow('ended with exit code 1');
  });
});

describe('endProcess', () => {
  test('kills a process that does not listen', async () => {
    const { identity, ended } = await startProgram(aProgram(`process.on('SIGTERM', () => {}); ${RUNS}`));

    await endProcess(identity, 'SIGTERM', 200);

    expect(await ended).toBe('was ended by SIGKILL');
  });

  test('leaves a process alone that only has the same id', async () => {
    const { identity } = await startProgram(aProgram(RUNS));

    await endProcess({ ...identity, startedAt: 'another time' }, 'SIGTERM', 200);

    expect(isRunning(identity)).toBe(true);
    await endProcess(identity, 'SIGTERM', 5_000);
  });
});

test('a process id that nobody has identifies nothing', () => {
  expect(identify(2 ** 22 + 1)).toBeNull();
});
