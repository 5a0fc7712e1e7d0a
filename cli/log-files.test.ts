import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { dataFolderAt } from '../stack/data-folder.ts';
import { printLogs } from './log-files.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'mercato-logs-'));
  mkdirSync(dataFolderAt(root).logs, { recursive: true });
  writeFileSync(path.join(dataFolderAt(root).logs, 'postgres.log'), 'one\ntwo\n\nthree\n');
  writeFileSync(path.join(dataFolderAt(root).logs, 'worker-1.log'), '');
});

afterEach(() => rmSync(root, { recursive: true }));

async function printed(options: { service?: string; lines?: number; isJson?: boolean }): Promise<unknown[]> {
  const { service = null, lines = 20, isJson = false } = options;
  const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await printLogs(dataFolderAt(root), service, { lines, isFollowing: false, isJson });
    return log.mock.calls.flat() as unknown[];
  } finally {
    log.mockRestore();
  }
}

test('the last lines of all services are named by service, those of one are not', async () => {
  expect(await printed({ lines: 1 })).toEqual(['postgres   | three']);
  expect(await printed({ service: 'postgres', lines: 1 })).toEqual(['three']);
  expect(await printed({ lines: 0 })).toEqual([]);
});

test('as JSON they are one value', async () => {
  expect(await printed({ lines: 3, isJson: true })).toEqual([
    '[{"service":"postgres","line":"two"},{"service":"postgres","line":"three"}]',
  ]);
  expect(await printed({ service: 'worker-1', isJson: true })).toEqual(['[]']);
});
