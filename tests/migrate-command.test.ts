// `mercato migrate` as the one-shot service of docker-compose.yml runs it.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { migrationStatus } from '../prisma/migrate.ts';
import { createEmptyDatabase } from './environment.ts';

const COMMAND = path.join(__dirname, '..', 'dist', 'mercato.cjs');

// A command is a process of its own, which takes a while on a machine that is busy with other tests.
jest.setTimeout(180_000);

type Result = { exitCode: number; stdout: string; stderr: string };

let databaseUrl: string;
let drop: () => Promise<void>;
beforeEach(async () => {
  ({ databaseUrl, drop } = await createEmptyDatabase());
});
afterEach(() => drop());

function mercato(...args: string[]): Promise<Result> {
  const env = { PATH: process.env.PATH, DATABASE_URL: databaseUrl };
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { env }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

test('an empty database gets every migration, and the command names them', async () => {
  const { exitCode, stdout } = await mercato('migrate');

  const { applied, pending } = await migrationStatus(databaseUrl);
  expect([exitCode, pending]).toEqual([0, []]);
  expect(stdout).toBe(`Migrations applied: ${applied.join(', ')}.\n`);
});

test('a second time changes nothing and says so', async () => {
  await mercato('migrate');

  const [text, json] = [await mercato('migrate'), await mercato('migrate', '--json')];

  expect([text.stdout, json.stdout]).toEqual(['Every migration is applied already.\n', '{"applied":[]}\n']);
});

test('two at once apply each migration once', async () => {
  const results = await Promise.all([mercato('migrate', '--json'), mercato('migrate', '--json')]);

  const applied = results.flatMap(({ stdout }) => (JSON.parse(stdout) as { applied: string[] }).applied);
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(applied).toEqual((await migrationStatus(databaseUrl)).applied);
});

test('a database that does not answer is an error that a script can tell', async () => {
  databaseUrl = databaseUrl.replace(/:\d+\//, ':1/');

  const { exitCode, stderr } = await mercato('migrate');

  expect(exitCode).toBe(4);
  expect(stderr).toContain('The database does not answer');
});
