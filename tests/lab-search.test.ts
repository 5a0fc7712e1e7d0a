// `mercato lab search` with a budget that is just enough, on sessions of two minutes.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { LabSearchResult } from '../client/lab-search.ts';
import { OpeningLedger } from '../domain/lab/sealed-seeds.ts';
import { compileStrategy } from '../sandbox/strategy-source.ts';

const COMMAND = path.join(__dirname, '..', 'dist', 'mercato.cjs');

jest.setTimeout(180_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-lab-search-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Result = { exitCode: number | null; stdout: string; stderr: string };

/** @param isStopped by Ctrl-C at the first sign of progress */
function search(args: readonly string[], isStopped = false): Promise<Result> {
  const env = { PATH: process.env.PATH, MERCATO_HOME: folder };
  const flags = ['--minutes', '2', '--budget', '16', '--sealed-seeds', '2', '--json'];
  const child = spawn(process.execPath, [COMMAND, 'lab', 'search', ...flags, ...args], { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  if (isStopped) child.stderr.once('data', () => child.kill('SIGINT'));
  return new Promise((resolve) => child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr })));
}

const ledger = (): OpeningLedger =>
  OpeningLedger.parse(JSON.parse(readFileSync(path.join(folder, 'lab', 'openings.json'), 'utf8')));

test('finds the same again, is judged on another sealed block each time, and writes the winner down', async () => {
  const out = path.join(folder, 'found');
  const first = await search(['--goal', 'execution', '--seed', '7', '--out', out]);
  const second = await search(['--goal', 'execution', '--seed', '7', '--processes', '1']);

  expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
  const [one, two] = [first, second].map(({ stdout }) => JSON.parse(stdout) as LabSearchResult);
  expect(two!.methods).toEqual(one!.methods);
  expect(Object.values(one!.methods).map(({ runs }) => runs)).toEqual([16, 16, 16]);
  expect([one, two].map((result) => result!.sealed.block.number)).toEqual([1, 2]);
  expect(ledger().openings.map(({ block }) => block)).toEqual([one!.sealed.block, two!.sealed.block]);
  for (const { comparison, plannedSeeds } of Object.values(one!.verdicts)) {
    expect(plannedSeeds).toBe(2);
    expect(comparison.meanStrategy).toBe(one!.verdicts.default.comparison.meanStrategy);
  }
  const { parameters } = compileStrategy(readFileSync(path.join(out, 'winner.ts'), 'utf8'), 'winner.ts');
  const defaults = Object.entries(parameters).map(([name, { default: usual }]) => [name, usual]);
  expect(Object.fromEntries(defaults)).toEqual(one!.methods.search.parameters);
  expect(JSON.parse(readFileSync(path.join(out, 'search.json'), 'utf8'))).toMatchObject(one!);
  const page = readFileSync(path.join(out, 'report.html'), 'utf8');
  for (const { sentence } of Object.values(one!.verdicts)) expect(page).toContain(sentence);
  const candidates = Object.values(one!.methods).flatMap((method) => method.candidates);
  expect(page.match(/<tr><td>\d+<\/td>/g)).toHaveLength(candidates.length);
});

test('a strategy of one’s own that fails on every run still gets its verdict', async () => {
  const file = path.join(folder, 'own.ts');
  writeFileSync(
    file,
    `export const parameters = { a: { default: 1, low: 0, high: 9 } };
     export function createStrategy() { return { onTick() { throw new Error('always'); } }; }`,
  );

  const { exitCode, stdout } = await search(['--goal', 'execution', '--strategy', file]);

  expect(exitCode).toBe(0);
  const { methods, verdicts } = JSON.parse(stdout) as LabSearchResult;
  expect(methods.search.parameters).toEqual({ a: 1 });
  expect(methods.search.train).toEqual({ winner: null, default: null });
  expect(verdicts.default).toMatchObject({
    failedRuns: { strategy: 2, reference: 2 },
    answer: 'not_distinguishable',
  });
});

test('Ctrl-C ends it, opens nothing and writes nothing', async () => {
  const before = ledger();
  const out = path.join(folder, 'interrupted');

  const { exitCode } = await search(['--goal', 'execution', '--out', out], true);

  expect(exitCode).toBe(130);
  expect(ledger()).toEqual(before);
  expect([existsSync(out), existsSync(`${out}.unfinished`)]).toEqual([false, false]);
});

test.each([
  [['--goal', 'fame'], '--goal is spread-capture, execution; "fame" is none of them'],
  [
    ['--goal', 'execution', '--sandbox', 'direct'],
    '--sandbox is quickjs, isolated_vm; "direct" is none of them',
  ],
  [['--goal', 'execution', '--budget', '8'], 'a budget of 8 runs is too small'],
  [['--goal', 'execution', '--out', COMMAND], 'is there already'],
] as const)('%j is refused', async (args, message) => {
  const { exitCode, stderr } = await search(args);

  expect([2, 6]).toContain(exitCode);
  expect(stderr).toContain(message);
});
