// The same day of a market wherever it runs: in this process, in another one, in a thread.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { presetConfig } from '../domain/market/presets.ts';
import { simulate } from '../domain/market/simulate.ts';

const ROOT = path.join(__dirname, '..');
const PRESET = 'rmsc04';
const END = '10:00';
const SEED = '7';
const expected = simulate({ ...presetConfig(PRESET)!, close: END }, SEED);

test('another process, from the built program, has the same digest', async () => {
  const command = [
    'dist/mercato.cjs',
    '--json',
    'market',
    'run',
    '--preset',
    PRESET,
    '--end',
    END,
    '--seed',
    SEED,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: ROOT });

  const { recording: _, ...measured } = expected;
  expect(JSON.parse(stdout)).toMatchObject({ ...measured, preset: PRESET });
}, 30_000);

test('two threads at the same time have the same digest', async () => {
  const stdin = {
    resolveDir: path.join(ROOT, 'domain', 'market'),
    contents: `
      import { parentPort } from 'node:worker_threads';
      import { presetConfig } from './presets.ts';
      import { simulate } from './simulate.ts';
      parentPort.postMessage(simulate({ ...presetConfig('${PRESET}'), close: '${END}' }, '${SEED}'));`,
  };
  const { outputFiles } = await build({ stdin, bundle: true, platform: 'node', format: 'cjs', write: false });
  const days = await Promise.all(
    [1, 2].map(
      () =>
        new Promise((resolve, reject) => {
          const worker = new Worker(outputFiles[0]!.text, { eval: true });
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    ),
  );

  expect(days).toEqual([expected, expected]);
}, 30_000);
