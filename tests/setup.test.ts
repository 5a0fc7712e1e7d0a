import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SETUP = path.join(__dirname, '..', 'scripts', 'setup.mjs');

test('a second set-up has nothing to do, and says nothing when it is to be quiet', async () => {
  await run(process.execPath, [SETUP]);

  const { stdout, stderr } = await run(process.execPath, [SETUP, '--quiet']);

  expect(stdout + stderr).toBe('');
}, 300_000);

test('a second set-up says of every step that it is up to date', async () => {
  await run(process.execPath, [SETUP]);

  const { stdout } = await run(process.execPath, [SETUP]);

  expect(stdout.match(/^.+ up to date +\d+\.\d s$/gm)).toHaveLength(4);
}, 300_000);
