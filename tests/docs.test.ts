// What the documents name exists: tests by file and name, commands by their own help.
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureTemporalCli } from '../stack/temporal-cli.ts';

const run = promisify(execFile);
const ROOT = path.join(__dirname, '..');

/** A test file in backticks, with names of its tests in quotes after it; a name may have `%s` in it, as in the source. */
const REFERENCE = /`((?:[\w-]+\/)*[\w.-]+\.test\.ts)`((?: "[^"]+")*)/g;

describe.each(['docs/failures.md', 'docs/runbook.md', 'docs/exactly-once.md'])('%s', (document) => {
  const references = referencesIn(read(document));

  test('names tests', () => {
    expect(references.length).toBeGreaterThan(5);
  });

  test.each(references)('names a test that exists: %s "%s"', (file, name) => {
    expect(read(file)).toContain(name);
  });
});

test.each(['docs/failures.md', 'docs/runbook.md'])(
  'every row that has a column for a test has one: %s',
  (document) => {
    const rows = rowsIn(read(document)).filter(([last]) => /^(test|point)$/.test(last!));

    expect(rows.filter(([, ...cells]) => referencesIn(cells.at(-1)!).length === 0)).toEqual([]);
  },
);

test.each(['.', 'docs'].flatMap(documentsIn))('no merge was left half done: %s', (document) => {
  expect(read(document)).not.toMatch(/^(<{7}|={7}$|>{7})/m);
});

describe('commands of the documents exist, with their options:', () => {
  test.each(commandsIn('temporal'))('%s', async (command) => {
    const { path: cli } = await ensureTemporalCli(process.env);

    const { stdout } = await run(cli, [...wordsOf(command), '--help']);

    expect(stdout).toContain(`temporal ${wordsOf(command).join(' ')} [`);
    expect(optionsOf(command).filter((option) => !stdout.includes(option))).toEqual([]);
  });

  test.each(commandsIn('mercato'))('%s', async (command) => {
    const program = path.join(ROOT, 'dist', 'mercato.cjs');

    const { stdout } = await run(process.execPath, [program, ...wordsOf(command), '--help']);

    // Of the command itself, not of the group that it is missing from.
    expect(stdout).not.toContain('[command]');
    expect(optionsOf(command).filter((option) => !stdout.includes(option))).toEqual([]);
  });
});

function documentsIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join(folder, file));
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** Pairs of a file and a name; of a file alone when it has no name beside it. */
function referencesIn(text: string): [file: string, name: string][] {
  const found = text.replaceAll(/\s+/g, ' ').matchAll(REFERENCE);
  return [...found].flatMap(([, file = '', names = '']) => {
    const quoted = [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']): [string, string] => [file, name]);
    return quoted.length > 0 ? quoted : [[file, ''] as [string, string]];
  });
}

/** Every row of every table as [name of the table's last column, ...cells]. */
function rowsIn(text: string): string[][] {
  let last: string | undefined;
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('|')) {
      last = undefined;
      return [];
    }
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (last === undefined) {
      last = cells.at(-1)!;
      return [];
    }
    return cells[0]!.startsWith('---') ? [] : [[last, ...cells]];
  });
}

/** Lines of code blocks that begin with a program. */
function commandsIn(program: string): string[] {
  const lines = ['README.md', 'docs/runbook.md'].flatMap((document) => read(document).split('\n'));
  return [...new Set(lines.map((line) => line.trim()).filter((line) => line.startsWith(`${program} `)))];
}

/** What comes before the first option: the command, and for ours also its arguments. */
function wordsOf(command: string): string[] {
  return command
    .replace(/ --.*$/, '')
    .split(' ')
    .slice(1);
}

function optionsOf(command: string): string[] {
  return command.replaceAll(/'[^']*'/g, '').match(/--[a-z-]+/g) ?? [];
}
