import { readFileSync } from 'node:fs';
import path from 'node:path';
import { withDefaults } from './parameter-defaults.ts';
import { compileStrategy } from './strategy-source.ts';

const SOURCE = readFileSync(path.join(__dirname, '..', 'examples', 'execution.ts'), 'utf8');

test('other defaults, and not a character else', () => {
  const changed = withDefaults(SOURCE, { slices: 7, urgency: 0.125 });

  expect(changed).toBe(
    SOURCE.replace('slices: { default: 12', 'slices: { default: 7').replace(
      'urgency: { default: 0.25',
      'urgency: { default: 0.125',
    ),
  );
  expect(compileStrategy(changed, 'changed.ts').parameters).toMatchObject({
    slices: { default: 7, low: 1, high: 60 },
    urgency: { default: 0.125 },
    patienceSeconds: { default: 10 },
  });
});

test('names in quotes, type assertions and numbers below 0', () => {
  const source = "export const parameters = ({ 'a': { default: -3, low: -5, high: 5 } } as const);";

  expect(withDefaults(source, { a: -4.5 })).toBe(source.replace('-3', '-4.5'));
});

test('a parameter that is not there is refused', () => {
  expect(() => withDefaults(SOURCE, { slice: 7 })).toThrow('"slice" is no parameter of the strategy');
  expect(() => withDefaults('export function createStrategy() {}', { a: 1 })).toThrow('"a" is no parameter');
});
