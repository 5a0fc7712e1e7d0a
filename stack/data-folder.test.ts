import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  createDataFolder,
  type DataFolder,
  dataFolderAt,
  lockDataFolder,
  readRunningState,
  readState,
  removeDataFolder,
  type StackState,
  writeState,
} from './data-folder.ts';
import { identify } from './process.ts';

let home: string;
let folder: DataFolder;
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'mercato-unit-'));
  folder = dataFolderAt(path.join(home, 'data'));
  createDataFolder(folder);
});
afterEach(() => rmSync(home, { recursive: true }));

const NOBODY = { pid: 2 ** 22 + 1, startedAt: 'long ago' };

function aState(change: Partial<StackState> = {}): StackState {
  const addresses = {
    databaseUrl: 'postgresql://x',
    temporalAddress: '127.0.0.1:1',
    namespace: 'default',
    webUiUrl: null,
  };
  return { supervisor: identify(process.pid), addresses, services: [], ports: {}, ...change };
}

describe('the lock', () => {
  test('is held by one at a time', () => {
    const lock = lockDataFolder(folder);

    expect(() => lockDataFolder(folder)).toThrow(
      `Mercato already runs on ${folder.root} (process ${process.pid}).`,
    );
    lock.release();
  });

  test('can be taken again after its release', () => {
    lockDataFolder(folder).release();

    expect(() => lockDataFolder(folder).release()).not.toThrow();
  });

  test('of a process that is gone does not count', () => {
    writeFileSync(folder.lock, JSON.stringify(NOBODY));

    expect(() => lockDataFolder(folder).release()).not.toThrow();
  });

  test('of a process whose id was given to another does not count', () => {
    writeFileSync(folder.lock, JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));

    expect(() => lockDataFolder(folder).release()).not.toThrow();
  });
});

describe('the state', () => {
  test('is found again as it was written', () => {
    writeState(folder, aState());

    expect(readRunningState(folder)).toEqual(aState());
  });

  test('of a supervisor that is gone is not running', () => {
    writeState(folder, aState({ supervisor: NOBODY }));

    expect(readRunningState(folder)).toBeNull();
  });

  test('is empty where there is no folder', () => {
    expect(readState(dataFolderAt(path.join(home, 'nowhere'))).services).toEqual([]);
  });

  test('that somebody damaged is reported with its file', () => {
    writeFileSync(folder.state, '{');

    expect(() => readState(folder)).toThrow(`${folder.state} cannot be read: remove it.`);
  });
});

test('a folder below a file cannot be made, and the message says why', () => {
  writeFileSync(path.join(home, 'file'), '');

  expect(() => createDataFolder(dataFolderAt(path.join(home, 'file', 'data')))).toThrow(
    /Cannot write to the data folder .*file\/data: a part of the path is a file\. Set MERCATO_HOME/,
  );
});

describe('removeDataFolder', () => {
  test('removes what Mercato made', () => {
    writeState(folder, aState());

    removeDataFolder(folder);

    expect(existsSync(folder.root)).toBe(false);
  });

  test("leaves somebody else's file where it is", () => {
    const file = path.join(folder.root, 'thesis.tex');
    writeFileSync(file, '');

    removeDataFolder(folder);

    expect(existsSync(file)).toBe(true);
  });
});
