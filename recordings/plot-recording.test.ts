import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { presetConfig } from '../domain/market/presets.ts';
import { parseClockTime } from '../domain/market/session-time.ts';
import { simulate } from '../domain/market/simulate.ts';
import { bucketsOf, plotRecording } from './plot-recording.ts';
import { readTable } from './read-recording.ts';
import { writeRecording } from './write-recording.ts';

const config = { ...presetConfig('rmsc04')!, close: '09:45' };
const recording = simulate(config, 1, { profile: 'quant' }).recording!;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-plot-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(['parquet', 'arrow'] as const)('a day written as %s is read back as it was', async (format) => {
  writeRecording(path.join(folder, 'day'), recording, { config, seed: '1' }, format);

  const quotes = await readTable(path.join(folder, 'day'), 'quotes');

  expect([...quotes.keys()]).toEqual(['time_ns', 'bid_cents', 'bid_quantity', 'ask_cents', 'ask_quantity']);
  expect([...quotes.get('time_ns')!]).toEqual([...recording.quotes.column('timeNs')]);
  expect(quotes.get('ask_cents')!.map((price) => price ?? 0)).toEqual([
    ...recording.quotes.column('askCents'),
  ]);
});

test('the stretches of a picture hold all that was traded, and the last quote of each', async () => {
  writeRecording(path.join(folder, 'day'), recording, { config, seed: '1' }, 'parquet');
  const [quotes, trades] = [
    await readTable(path.join(folder, 'day'), 'quotes'),
    await readTable(path.join(folder, 'day'), 'trades'),
  ];

  const buckets = bucketsOf(quotes, trades, parseClockTime('09:30'), parseClockTime('09:45'));
  const volume = buckets.reduce((sum, { bought, sold }) => sum + bought + sold, 0);

  expect(volume).toBe(Array.from(recording.trades.column('quantity')).reduce((sum, one) => sum + one, 0));
  expect(buckets.at(-1)!.midDollars).toBe(
    (recording.quotes.last('bidCents')! + recording.quotes.last('askCents')!) / 200,
  );
  expect(buckets[0]!.hours).toBe(9.5);
});

test('the picture is an SVG with four panels', async () => {
  writeRecording(path.join(folder, 'day'), recording, { config, seed: '1' }, 'parquet');

  const svg = await plotRecording(path.join(folder, 'day'));

  expect(svg).toMatch(/^<svg/);
  for (const title of [
    'mid, dollars',
    'spread, cents',
    'shares at the touch',
    'volume, shares',
    'rmsc04, 2021-02-05, seed 1',
  ])
    expect(svg).toContain(title);
});

test('a folder that is no recorded day is named', async () => {
  await expect(plotRecording(folder)).rejects.toThrow(`${folder} is no recorded day`);
});

test('a damaged file is named', async () => {
  const day = path.join(folder, 'day');
  writeRecording(day, recording, { config, seed: '1' }, 'parquet');
  truncateSync(path.join(day, 'trades.parquet'), 100);
  await expect(plotRecording(day)).rejects.toThrow('trades.parquet cannot be read');

  writeFileSync(path.join(day, 'run.json'), '{');
  await expect(plotRecording(day)).rejects.toThrow('run.json cannot be read');
});

test('a table that was not recorded is named, and how it would be', async () => {
  writeRecording(path.join(folder, 'day'), recording, { config, seed: '1' }, 'parquet');

  await expect(readTable(path.join(folder, 'day'), 'depth')).rejects.toThrow(
    'has no depth: record it with --profile full',
  );
});
