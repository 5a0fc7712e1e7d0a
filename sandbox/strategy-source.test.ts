import { readFileSync } from 'node:fs';
import path from 'node:path';
import { GLOBAL_NAMES } from './heap/surface.ts';
import { ALLOWED_GLOBALS } from './source-rules.ts';
import { StrategyValidationError, compileStrategy } from './strategy-source.ts';
import type { Problem } from './strategy-source.ts';

const ROOT = path.join(__dirname, '..');

function problemsOf(source: string, fileName = 'a.ts'): readonly Problem[] {
  try {
    compileStrategy(source, fileName);
    return [];
  } catch (error) {
    if (error instanceof StrategyValidationError) return error.problems;
    throw error;
  }
}

/** A strategy with this in a callback, on the third line. */
function within(code: string): string {
  return `export function createStrategy() {\n  return { onTick(state) {\n${code}\nreturn []; } };\n}\n`;
}

test.each(['examples/market-maker.ts', 'examples/momentum.ts', 'sandbox/template/strategy.ts'])(
  '%s is a strategy',
  (file) => {
    expect(problemsOf(readFileSync(path.join(ROOT, file), 'utf8'))).toEqual([]);
  },
);

test.each([
  ['no-import', "const fs = import('node:fs');", 'a strategy is one file'],
  ['no-import', 'return import.meta.url;', 'does not know where it is'],
  ['no-global', "eval('1');", '`eval` is not there: code is what stands in the file'],
  ['no-global', "new Function('return 1')();", '`Function` is not there'],
  ['no-global', 'Date.now();', 'there is no clock'],
  ['no-global', 'globalThis.x = 1;', '`globalThis` is not there'],
  ['no-global', 'process.exit();', '`process` is not there'],
  ['no-async', 'const later = async () => 1;', 'answers at once'],
  ['no-generator', 'function* all() {}', 'write a loop'],
  ['no-forbidden-property', "(() => 1).constructor('return 1')();", '`constructor`'],
  ['no-forbidden-property', "[]['__proto__'];", '`__proto__`'],
  ['no-forbidden-property', 'const { constructor: make } = state;', '`constructor`'],
  ['no-forbidden-property', 'const object = { __proto__: null };', '`__proto__`'],
  ['no-regex', '/a+/.test("a");', 'regular expression'],
  ['no-bigint', 'const large = 1n;', 'bigint'],
  ['no-tagged-template', 'Math.max`1`;', 'call the function'],
  ['no-arguments', 'return arguments[0];', 'given'],
  ['no-catch-binding', 'try { x(); } catch (error) {} function x() {}', 'write `catch'],
  ['no-nested-rest', 'const f = ([first, ...rest]) => first;', 'slice'],
  ['no-length', '[].length = 1e9;', 'length'],
  ['no-length', "[1]['length']++;", 'length'],
  ['no-length', 'const list = []; [list.length] = [1e9];', 'length'],
  ['no-exponent-assignment', 'state.a **= 2;', 'a.b ** c'],
])('%s: %s', (rule, code, message) => {
  const [problem] = problemsOf(within(code));

  expect(problem).toMatchObject({ rule, line: 3 });
  expect(problem!.message).toContain(message);
});

test.each([
  ['with', 'with ({}) {}', 'syntax'],
  ['an unclosed brace', 'if (', 'syntax'],
  ['a name declared twice', 'let a; let a;', 'syntax'],
])('what the language refuses is refused: %s', (_, code, rule) => {
  const rules = problemsOf(within(code)).map((problem) => problem.rule);

  expect(rules.some((found) => found === rule || found === 'no-with')).toBe(true);
});

test.each([
  ['a length set to 0', 'const list = [1]; list.length = 0;'],
  ['a rest in a declaration', 'const [first, ...rest] = [1, 2]; const { timestampNs, ...others } = state;'],
  [
    'classes, getters, labels and optional chains',
    'class A { #x = 1; get x() { return this.#x; } } out: for (;;) break out; new A()?.x;',
  ],
  [
    'properties that are named like globals',
    'const object = { Date: 1, eval: 2 }; object.Date + object.eval;',
  ],
])('%s may be', (_, code) => {
  expect(problemsOf(within(code))).toEqual([]);
});

test('all problems are told at once, by line', () => {
  const rules = problemsOf(within('Date.now();\nconst big = 1n;\n/x/;')).map(({ line, rule }) => [
    line,
    rule,
  ]);

  expect(rules).toEqual([
    [3, 'no-global'],
    [4, 'no-bigint'],
    [5, 'no-regex'],
  ]);
});

test.each([
  ['types', "import type { Strategy } from './strategy-types.d.ts';", []],
  ['types one by one', "import { type Strategy } from './strategy-types.d.ts';", []],
  ['a value', "import { readFileSync } from 'node:fs';", ['no-import']],
  ['effects', "import './other.ts';", ['no-import']],
])('of imports, %s', (_, line, rules) => {
  expect(problemsOf(`${line}\n${within('')}`).map(({ rule }) => rule)).toEqual(rules);
});

test('a file without createStrategy, or with a default export, is told what is missing', () => {
  expect(problemsOf('const a = 1;').map(({ rule }) => rule)).toEqual(['create-strategy']);
  expect(problemsOf('export default function createStrategy() {}').map(({ rule }) => rule)).toContain(
    'no-export',
  );
});

test('names of the counters cannot be used, with or without rules', () => {
  const source = within('$$loop = () => 1;');

  expect(problemsOf(source).map(({ rule }) => rule)).toEqual(['reserved-name']);
  expect(() => compileStrategy(source, 'a.ts', { hasRules: false })).toThrow('are not to be used');
});

test('a file that is too large or too deep is refused, and harms nobody', () => {
  expect(problemsOf(`const a = ${'('.repeat(40_000)}1${')'.repeat(40_000)};`)[0]).toMatchObject({
    rule: 'size',
  });
  expect(problemsOf('/'.repeat(200_000))[0]!.message).toContain('200000 characters');
});

describe('parameters', () => {
  test('are read from the source', () => {
    const source = `export const parameters = { size: { default: 2, low: -1, high: 3 } };\n${within('')}`;

    expect(compileStrategy(source, 'a.js').parameters).toEqual({ size: { default: 2, low: -1, high: 3 } });
  });

  test.each([
    ['computed', '{ size: { default: 1 + 1, low: 0, high: 3 } }'],
    ['out of range', '{ size: { default: 9, low: 0, high: 3 } }'],
    ['spread', '{ ...{} }'],
  ])('that are %s are refused', (_, value) => {
    const [problem] = problemsOf(`export const parameters = ${value};\n${within('')}`);

    expect(problem).toMatchObject({ rule: 'parameters', line: 1 });
  });
});

test.each([
  ['the fundamental', '99_800', true],
  ['the opening price', '100000', true],
  ['a quantity', '100', false],
  ['a second in nanoseconds', '1e9', false],
])('literals near %s', (_, literal, isTelling) => {
  const { warnings } = compileStrategy(within(`const a = ${literal};`), 'a.ts');

  expect(warnings.map(({ rule, line }) => [rule, line])).toEqual(
    isTelling ? [['simulator-constant', 3]] : [],
  );
});

test('the rules allow what the heap has', () => {
  expect([...ALLOWED_GLOBALS].sort()).toEqual([...GLOBAL_NAMES].sort());
});
