import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findTemporalCli } from './temporal-cli.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function anExecutable(name: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '');
  chmodSync(file, 0o755);
  return file;
}

test('TEMPORAL_CLI_PATH goes before everything else', () => {
  const named = anExecutable('own/temporal');
  anExecutable('bin/temporal');

  const found = findTemporalCli({ TEMPORAL_CLI_PATH: named, PATH: path.join(folder, 'bin') });

  expect(found).toEqual({ path: named, source: 'TEMPORAL_CLI_PATH' });
});

test('a TEMPORAL_CLI_PATH that names nothing is an error, not passed over', () => {
  expect(() => findTemporalCli({ TEMPORAL_CLI_PATH: path.join(folder, 'nothing') })).toThrow(
    'which is not an executable file',
  );
});

test('a program on PATH goes before the kept copy', () => {
  const onPath = anExecutable('bin/temporal');
  anExecutable('mercato/temporal-1.5.1');

  const found = findTemporalCli({ PATH: path.join(folder, 'bin'), XDG_CACHE_HOME: folder });

  expect(found).toEqual({ path: onPath, source: 'PATH' });
});

test('the kept copy is found without a network', () => {
  const kept = anExecutable('mercato/temporal-1.5.1');

  expect(findTemporalCli({ PATH: '', XDG_CACHE_HOME: folder })).toEqual({ path: kept, source: 'kept copy' });
});

test('where there is none, none is found', () => {
  expect(findTemporalCli({ PATH: folder, XDG_CACHE_HOME: folder })).toBeNull();
});
