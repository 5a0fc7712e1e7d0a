import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { parquetReadObjects } from 'hyparquet';
import { presetConfig } from '../domain/market/presets.ts';
import { Recorder } from '../domain/market/recording.ts';
import { simulate } from '../domain/market/simulate.ts';
import { columnName, writeRecording } from './write-recording.ts';

const recorder = new Recorder('full');
simulate({ ...presetConfig('rmsc04')!, close: '09:35' }, 1, { tape: recorder });

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-recording-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Rows of the trades as the recorder has them, with the names that the files have. */
function expectedTrades(): Record<string, number | bigint>[] {
  const { trades } = recorder;
  return Array.from({ length: trades.rows }, (_, row) =>
    Object.fromEntries(
      trades.names.map((name) => {
        const value = trades.column(name)[row]!;
        return [columnName(name), name === 'timeNs' ? BigInt(value) : value];
      }),
    ),
  );
}

test('as Parquet every value comes back, times as whole nanoseconds', async () => {
  const out = path.join(folder, 'day');

  const written = writeRecording(out, recorder, { seed: 1 }, 'parquet');
  const bytes = readFileSync(path.join(out, 'trades.parquet'));
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);

  expect(await parquetReadObjects({ file })).toEqual(expectedTrades());
  expect(Object.keys(written)).toEqual([
    'quotes.parquet',
    'trades.parquet',
    'depth.parquet',
    'events.parquet',
  ]);
  expect(recorder.trades.rows).toBeGreaterThan(10);
});

test('as Arrow too', () => {
  const out = path.join(folder, 'day');

  writeRecording(out, recorder, { seed: 1 }, 'arrow');
  const table = tableFromIPC(readFileSync(path.join(out, 'trades.arrow')));

  expect(table.toArray().map((row) => ({ ...(row as object) }))).toEqual(expectedTrades());
});

test('run.json says what was run, and how many rows there are', () => {
  const out = path.join(folder, 'day');

  const tables = writeRecording(out, recorder, { seed: 1, digest: 'abc' }, 'parquet');

  expect(JSON.parse(readFileSync(path.join(out, 'run.json'), 'utf8'))).toEqual({
    seed: 1,
    digest: 'abc',
    tables,
  });
});

test('what is there already is not touched', () => {
  const out = path.join(folder, 'day');
  mkdirSync(out);
  writeFileSync(path.join(out, 'mine.txt'), 'mine');

  expect(() => writeRecording(out, recorder, {}, 'parquet')).toThrow(
    `${out} cannot be written: it is there already`,
  );
  expect(readdirSync(folder)).toEqual(['day']);
  expect(readdirSync(out)).toEqual(['mine.txt']);
});

test('a folder that cannot be made is named, and leaves nothing behind', () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, '');

  expect(() => writeRecording(path.join(file, 'day'), recorder, {}, 'arrow')).toThrow('cannot be written');
  expect(existsSync(`${path.join(file, 'day')}.unfinished`)).toBe(false);
});
