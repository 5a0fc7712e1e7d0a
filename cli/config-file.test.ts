import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { readConfigFile } from './config-file.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string): string {
  const file = path.join(folder, 'config.json');
  writeFileSync(file, content);
  return file;
}

test('a file that calibrate wrote is a configuration: what it says about its origin is left out', () => {
  const file = fileOf(
    JSON.stringify({ choice: { extraTrip: 0.1 }, calibration: { panel: 'Mine', trials: 3 } }),
  );
  const config = SimulationConfig.parse({ simulationId: 'fitted', ...readConfigFile(file) });
  expect(config.choice.extraTrip).toBe(0.1);
});

test.each([
  ['{"days": 7', 'is not JSON'],
  ['[7]', 'must hold one JSON object'],
])('%s is refused with file and reason', (content, reason) => {
  const file = fileOf(content);
  expect(() => readConfigFile(file)).toThrow(file);
  expect(() => readConfigFile(file)).toThrow(reason);
});
