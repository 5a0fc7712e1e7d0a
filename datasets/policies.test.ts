import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import XLSX from 'xlsx';
import { readOffers } from '../cli/config-file.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { readPolicies } from './policies.ts';

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-policies-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const TABLE = [
  ['name', 'policy', 'policy.lookBackDays', 'policy.depthPercent', 'refreshPolicy', 'categoryBrandPerCycle'],
  ['spring', 'prior_buyers', '60', '[10, 40]', 'staggered', '20'],
  ['control', 'random', '', '', '', ''],
];
const SPRING = {
  offerPolicy: { type: 'prior_buyers', lookBackDays: 60, depthPercent: [10, 40] },
  refreshPolicy: 'staggered',
  categoryBrandPerCycle: 20,
};

function aFile(name: string, content: string | Buffer): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

function aCsv(name: string, rows: string[][]): string {
  return aFile(name, rows.map((row) => row.map((cell) => `"${cell}"`).join(',')).join('\n'));
}

function aWorkbook(name: string, sheets: Record<string, unknown[][]>): string {
  const workbook = XLSX.utils.book_new();
  for (const [sheet, rows] of Object.entries(sheets))
    XLSX.utils.book_append_sheet(workbook, XLSX.utils.aoa_to_sheet(rows), sheet);
  return aFile(name, XLSX.write(workbook, { type: 'buffer', bookType: 'xlsx' }) as Buffer);
}

test('a CSV file and a workbook say the same, and both make a configuration', () => {
  const csv = readPolicies(aCsv('arms.csv', TABLE));
  const typed = TABLE.map((row) => row.map((cell) => (/^\d+$/.test(cell) ? Number(cell) : cell || null)));
  const xlsx = readPolicies(aWorkbook('arms.xlsx', { Notes: [['anything']], Policies: typed }));

  expect([...csv]).toEqual([
    ['spring', SPRING],
    ['control', { offerPolicy: { type: 'random' } }],
  ]);
  expect([...xlsx]).toEqual([...csv]);
  for (const offers of csv.values())
    expect(SimulationConfig.safeParse({ simulationId: 'x', ...offers }).success).toBe(true);
});

test.each<[string, string[][], string]>([
  ['without names', [['policy'], ['random']], 'has no column "name"'],
  [
    'an empty name',
    [
      ['name', 'policy'],
      ['', 'random'],
    ],
    'row 2: name is empty',
  ],
  ['a name twice', [['name'], ['a'], ['b'], ['a']], 'row 4: "a" is there twice'],
  [
    'a list that is none',
    [
      ['name', 'policy.depthPercent'],
      ['a', '[1,'],
    ],
    'row 2, policy.depthPercent: "[1,"',
  ],
])('%s is refused with its place', (_name, rows, message) => {
  expect(() => readPolicies(aCsv('bad.csv', rows))).toThrow(message);
});

test('on the command line a row is named after the file', () => {
  const file = aCsv('named.csv', TABLE);

  expect(readOffers(`${file}#spring`)).toEqual({ name: 'spring', offers: SPRING });
  expect(() => readOffers(`${file}#autumn`)).toThrow('has no policy "autumn"');
  expect(() => readOffers(file)).toThrow('it has spring, control');
  expect(() => readOffers(path.join(folder, 'nowhere.csv#a'))).toThrow('cannot be read');
  expect(() => readOffers(aWorkbook('two.xlsx', { One: [['name']], Two: [['name']] }))).toThrow(
    'there is no sheet "Policies"',
  );
  expect(readOffers('prior_buyers')).toEqual({
    name: 'prior_buyers',
    offers: { offerPolicy: 'prior_buyers' },
  });
});
