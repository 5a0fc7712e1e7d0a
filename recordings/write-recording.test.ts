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
import { simulate } from '../domain/market/simulate.ts';
import { columnName, writeRecording } from './write-recording.ts';

const { recording: kept } = simulate({ ...presetConfig('rmsc04')!, close: '09:35' }, 1, { profile: 'full' });
const recording = kept!;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-recording-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Value = number | bigint | string | null;

/** Rows of a table with the names and words that the files have. */
function expectedRows(
  name: 'quotes' | 'trades' | 'events' | 'agentLog' | 'fundamental',
): Record<string, Value>[] {
  const table = recording.tables[name]!;
  return Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(
      table.names.map((column): [string, Value] => {
        const { type, labels, none } = table.columns[column]!;
        const value = table.column(column)[row]!;
        const found = value === none ? null : type === 'long' ? BigInt(value) : (labels?.[value] ?? value);
        return [columnName(column), found];
      }),
    ),
  );
}

const TABLES = ['quotes', 'trades', 'fundamental', 'accounts', 'depth', 'events', 'agent_log'];

describe.each(['quotes', 'trades', 'events', 'agentLog', 'fundamental'] as const)('%s', (name) => {
  const expected = expectedRows(name);

  test('come back from Parquet: words for codes, whole nanoseconds, null for what is not there', async () => {
    const out = path.join(folder, 'day');
    writeRecording(out, recording, {}, 'parquet');
    const bytes = readFileSync(path.join(out, `${columnName(name)}.parquet`));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);

    expect(expected.length).toBeGreaterThan(10);
    expect(await parquetReadObjects({ file })).toEqual(expected);
  });

  test('come back from Arrow', () => {
    const out = path.join(folder, 'day');
    writeRecording(out, recording, {}, 'arrow');
    const table = tableFromIPC(readFileSync(path.join(out, `${columnName(name)}.arrow`)));

    expect(table.toArray().map((row) => ({ ...(row as object) }))).toEqual(expected);
  });
});

test('the words and the gaps are there to be read', () => {
  const [quote, trade] = [expectedRows('quotes')[0]!, expectedRows('trades')[0]!];

  // The first quote has one side only.
  expect([quote['bid_cents'], quote['ask_cents']].filter((price) => price === null)).toHaveLength(1);
  expect(['buy', 'sell']).toContain(trade['taker_side']);
  expect(trade['maker']).toMatch(/^(noise|value|momentum|market_maker)-\d+$/);
});

test('a table each, as many as the profile has', () => {
  const written = writeRecording(path.join(folder, 'day'), recording, {}, 'parquet');

  expect(Object.keys(written)).toEqual(TABLES.map((name) => `${name}.parquet`));
});

test('run.json says what was run, and how many rows there are', () => {
  const out = path.join(folder, 'day');

  const tables = writeRecording(out, recording, { seed: 1, digest: 'abc' }, 'parquet');

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

  expect(() => writeRecording(out, recording, {}, 'parquet')).toThrow(
    `${out} cannot be written: it is there already.`,
  );
  expect(readdirSync(folder)).toEqual(['day']);
  expect(readdirSync(out)).toEqual(['mine.txt']);
});

test('a name may end with a slash', () => {
  writeRecording(`${path.join(folder, 'day')}/`, recording, {}, 'parquet');

  expect(readdirSync(folder)).toEqual(['day']);
  expect(readdirSync(path.join(folder, 'day'))).toContain('run.json');
});

test('a folder that cannot be made is named, and leaves nothing behind', () => {
  const file = path.join(folder, 'file');
  writeFileSync(file, '');

  expect(() => writeRecording(path.join(file, 'day'), recording, {}, 'arrow')).toThrow('cannot be written');
  expect(existsSync(`${path.join(file, 'day')}.unfinished`)).toBe(false);
});
