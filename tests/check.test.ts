// The gate itself: it must refuse what it is there to refuse, and cannot pass when it has looked at nothing.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '..');

type Result = { exitCode: number; output: string };

function check(root: string, ...names: string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [path.join(root, 'scripts/check.mjs'), ...names], (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

describe('wrong imports', () => {
  const WRONG = {
    'domain/injected-by-a-test.ts':
      "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
    'workflows/injected-by-a-test.ts':
      "import { createDatabase } from '../prisma/client.ts';\nexport const open = createDatabase;\n",
    'client/injected-by-a-test.ts':
      "import { simulation } from '../workflows/retail/simulation.ts';\nexport const start = simulation;\n",
  };
  let result: Result;

  beforeAll(async () => {
    for (const [file, text] of Object.entries(WRONG)) writeFileSync(path.join(ROOT, file), text);
    result = await check(ROOT, 'imports');
  }, 60_000);
  afterAll(() => {
    for (const file of Object.keys(WRONG)) rmSync(path.join(ROOT, file), { force: true });
  });

  test('make the check fail', () => {
    expect(result.exitCode).toBe(1);
  });

  test.each([
    ['Node in the domain', 'domain-uses-only-zod: domain/injected-by-a-test.ts → fs'],
    [
      'the database in a workflow',
      'workflows-may-import-domain-activities: workflows/injected-by-a-test.ts → prisma/client.ts',
    ],
    [
      'a workflow as a value in the client',
      'callers-see-only-workflow-names: client/injected-by-a-test.ts → workflows/retail/simulation.ts',
    ],
  ])('%s is named', (_what, line) => {
    expect(result.output).toContain(line);
  });
});

describe('a clone without sources', () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'mercato-check-'));
    mkdirSync(path.join(root, 'scripts'));
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
    copyFileSync(path.join(ROOT, 'scripts/check.mjs'), path.join(root, 'scripts/check.mjs'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test.each(['lint', 'types', 'imports', 'format'])('does not pass %s', async (name) => {
    const { exitCode, output } = await check(root, name);

    expect(output).toContain(`check failed: ${name}`);
    expect(exitCode).toBe(1);
  });
});
