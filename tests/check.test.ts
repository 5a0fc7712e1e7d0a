// The gate itself: it must refuse what it is there to refuse, and cannot pass when it has looked at nothing.
import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.join(__dirname, '..');
const NOT_COPIED = ['node_modules', 'dist', '.git', '.mercato'];

type Result = { exitCode: number; output: string };

function check(root: string, ...names: string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [path.join(root, 'scripts/check.mjs'), ...names], (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-check-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('wrong imports', () => {
  const WRONG = {
    'domain/injected.ts': "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
    'workflows/injected.ts':
      "import { createDatabase } from '../prisma/client.ts';\nexport const open = createDatabase;\n",
    'client/injected.ts':
      "import { simulation } from '../workflows/retail/simulation.ts';\nexport const start = simulation;\n",
  };
  let result: Result;

  beforeAll(async () => {
    const copy = path.join(folder, 'copy');
    cpSync(ROOT, copy, { recursive: true, filter: (file) => !NOT_COPIED.includes(path.basename(file)) });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
    for (const [file, text] of Object.entries(WRONG)) writeFileSync(path.join(copy, file), text);
    result = await check(copy, 'imports');
  }, 180_000);

  test('make the check fail', () => {
    expect(result.exitCode).toBe(1);
  });

  test.each([
    ['Node in the domain', 'domain-uses-only-zod: domain/injected.ts → fs'],
    [
      'the database in a workflow',
      'workflows-may-import-domain-activities: workflows/injected.ts → prisma/client.ts',
    ],
    [
      'a workflow as a value in the client',
      'callers-see-only-workflow-names: client/injected.ts → workflows/retail/simulation.ts',
    ],
  ])('%s is named', (_what, line) => {
    expect(result.output).toContain(line);
  });
});

// A check of a whole clone takes a while on a busy machine.
jest.setTimeout(180_000);

describe('a clone without sources', () => {
  let root: string;

  beforeAll(() => {
    root = path.join(folder, 'empty');
    mkdirSync(path.join(root, 'scripts'), { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
    copyFileSync(path.join(ROOT, 'scripts/check.mjs'), path.join(root, 'scripts/check.mjs'));
  });

  test.each(['lint', 'types', 'imports', 'format'])('does not pass %s', async (name) => {
    const { exitCode, output } = await check(root, name);

    expect(output).toContain(`check failed: ${name}`);
    expect(exitCode).toBe(1);
  });
});
