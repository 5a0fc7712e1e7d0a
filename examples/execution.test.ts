import { readFileSync } from 'node:fs';
import path from 'node:path';
import { groundConfig } from '../client/lab-evaluation.ts';
import { createSandbox } from '../sandbox/create-sandbox.ts';
import { runLabTask } from '../sandbox/lab-task.ts';
import { DEFAULT_LIMITS } from '../sandbox/sandbox.ts';
import { chooseParameters } from '../sandbox/strategy-parameters.ts';
import { compileStrategy } from '../sandbox/strategy-source.ts';

const FILE = path.join(__dirname, 'execution.ts');
const compiled = compileStrategy(readFileSync(FILE, 'utf8'), FILE);

async function executed(targetInventory: number, given: Readonly<Record<string, number>>) {
  const config = groundConfig({ minutes: 8, targetInventory }, 'realistic', 3);
  const strategy = { compiled, parameters: chooseParameters(compiled.parameters, given) };
  const sandbox = await createSandbox('direct', DEFAULT_LIMITS);
  const { values, ended } = runLabTask(sandbox, { strategy, config, seed: 3 });
  expect(ended).toEqual({ type: 'ok' });
  return values!;
}

test.each([
  {},
  { slices: 1, patienceSeconds: 0, urgency: 0 },
  { slices: 60, patienceSeconds: 300, urgency: 1, improvementCents: 3 },
])('holds the target at the close with %j', async (parameters) => {
  const { carriedShares, volume, invalidActions } = await executed(2000, parameters);

  expect({ carriedShares, volume, invalidActions }).toEqual({
    carriedShares: 0,
    volume: 2000,
    invalidActions: 0,
  });
});

test('patience trades at the touch, haste across it', async () => {
  const [patient, hasty] = [
    await executed(500, { patienceSeconds: 120 }),
    await executed(500, { patienceSeconds: 0 }),
  ];

  expect(hasty.makerShare).toBe(0);
  expect(patient.makerShare).toBeGreaterThan(0.5);
});

test('without a target nothing is bought', async () => {
  expect((await executed(0, {})).volume).toBe(0);
});
