// What a hostile strategy may try, as data. Each is run with the static rules off, so that what holds it is the heap; and it is
// said which rule refuses it before that. Code that got what it wanted throws ESCAPED, and nothing else may.
import type { LabResult } from './lab-job.ts';

export type Attack = {
  readonly name: string;
  readonly group: string;
  readonly source: string;
  /** That refuses the file; null: it is within the rules. */
  readonly rule: string | null;
  /** How the run may end: `ok`, or why it failed. */
  readonly ends: readonly string[];
  /** What must be true of a run besides; a text says what is not. */
  readonly check?: (result: LabResult) => string | null;
};

type Callback = 'initialize' | 'onTick' | 'onMarketData' | 'onOrderUpdate' | 'onSimulationEnd';
const CALLBACKS: readonly Callback[] = [
  'initialize',
  'onTick',
  'onMarketData',
  'onOrderUpdate',
  'onSimulationEnd',
];

/** A strategy that trades a little, so that every callback comes, and does this in one of them. */
function within(callback: Callback, code: string, outside = ''): string {
  const isTick = callback === 'onTick';
  const order = "{ actionType: 'place', side: 'buy', orderType: 'limit', quantity: 1, price: state.bestBid }";
  return `${outside}
export function createStrategy() {
  return {
    ${isTick ? '' : `onTick(state) { return state.bestBid === null ? [] : [${order}]; },`}
    ${callback}(state, other) {
${code}
      return [];
    },
  };
}
`;
}

const onTick = (code: string, outside = ''): string => within('onTick', code, outside);
/** What it returns at every tick. */
const returning = (value: string, outside = ''): string => onTick(`return ${value};`, outside);
const atLoad = (code: string): string => `${code}\n${onTick('')}`;

const OK = ['ok'];
const THREW = ['threw'];
const FUEL = ['fuel'];
const DEPTH = ['depth'];
const ORDER = "actionType: 'place', side: 'buy', orderType: 'limit', price: 1";

/** What must not be there: with it, it has escaped. */
function mustMiss(expression: string): string {
  return `{ let found; try { found = ${expression}; } catch { found = undefined; }
if (found !== undefined && found !== null) throw new Error('ESCAPED: there is ' + typeof found); }`;
}

/** What must not work. */
function mustThrow(statement: string): string {
  return `{ let hasWorked = false; try { ${statement}; hasWorked = true; } catch {}
if (hasWorked) throw new Error('ESCAPED: it worked'); }`;
}

type Row = readonly [name: string, rule: string | null, ends: readonly string[], source: string];
const group = (name: string, rows: readonly Row[]): Attack[] =>
  rows.map(([attack, rule, ends, source]) => ({ name: attack, group: name, rule, ends, source }));

const PROPERTY = 'no-forbidden-property';

const WAYS_OUT = group('ways out', [
  ['constructor of a function', PROPERTY, OK, onTick(mustMiss('(() => 1).constructor'))],
  ['constructor of a list', PROPERTY, OK, onTick(mustMiss('[].constructor'))],
  ['constructor of a state', PROPERTY, OK, onTick(mustMiss('state.constructor'))],
  ['constructor of a number, twice', PROPERTY, OK, onTick(mustMiss('(1).constructor.constructor'))],
  ['constructor of an async function', 'no-async', OK, onTick(mustMiss('(async () => 1).constructor'))],
  ['constructor of a generator', 'no-generator', OK, onTick(mustMiss('(function* () {}).constructor'))],
  ['constructor of an iterator', PROPERTY, OK, onTick(mustMiss('[].values().constructor'))],
  ['constructor by a key put together', null, OK, onTick(mustMiss("(() => 1)['const' + 'ructor']"))],
  [
    'constructor by a key that changes when it is read again',
    null,
    OK,
    onTick(`let reads = 0;
const key = { toString() { reads += 1; return reads === 1 ? 'name' : 'constructor'; } };
${mustThrow("if (typeof (() => 1)[key] !== 'function') throw new Error()")}`),
  ],
  ['constructor by a list as key', null, OK, onTick(mustMiss("(() => 1)[['constructor']]"))],
  [
    'constructor by taking apart',
    PROPERTY,
    OK,
    onTick(`const { constructor: found } = () => 1; ${mustMiss('found')}`),
  ],
  [
    'constructor by taking apart with a computed key',
    null,
    THREW,
    onTick(`const key = 'const' + 'ructor'; const { [key]: found } = () => 1; ${mustMiss('found')}`),
  ],
  [
    'constructor of a class above',
    PROPERTY,
    OK,
    onTick(`class A { look() { return super.constructor; } } ${mustMiss('new A().look()')}`),
  ],
  ['prototype by __proto__', PROPERTY, OK, onTick(mustMiss('({}).__proto__'))],
  ['accessors by __lookupGetter__', PROPERTY, OK, onTick(mustMiss("({}).__lookupGetter__('__proto__')"))],
  ['Object.getPrototypeOf', null, OK, onTick(mustMiss('Object.getPrototypeOf([])'))],
  ['Object.setPrototypeOf', null, OK, onTick(mustThrow('Object.setPrototypeOf({}, null)'))],
  [
    'Object.getOwnPropertyDescriptor',
    null,
    OK,
    onTick(mustMiss("Object.getOwnPropertyDescriptor([], 'length')")),
  ],
  ['symbols of a prototype', null, OK, onTick(mustMiss('Object.getOwnPropertySymbols([])'))],
  ['Reflect', 'no-global', OK, onTick(mustMiss('Reflect'))],
  ['eval', 'no-global', OK, onTick(mustMiss("eval('1 + 1')"))],
  ['eval from elsewhere', 'no-global', OK, onTick(mustMiss("(0, eval)('1 + 1')"))],
  ['new Function', 'no-global', OK, onTick(mustMiss("new Function('return 1')()"))],
  ['a dynamic import', 'no-import', ['ok', 'threw'], onTick(mustMiss("import('node:fs').then"))],
  [
    'an import',
    'no-import',
    THREW,
    `import fs from 'node:fs';\n${onTick("fs.readFileSync('/etc/passwd');")}`,
  ],
  ['where it is', 'no-import', THREW, onTick(mustMiss('import.meta'))],
  [
    'names of the host',
    'no-global',
    OK,
    onTick(
      ['process', 'require', 'module', 'global', 'globalThis', 'console', 'fetch', 'mercatoHeap', 'ivm']
        .map((name) => mustMiss(name))
        .join('\n'),
    ),
  ],
  [
    'names of the engine',
    'no-global',
    OK,
    onTick(
      [
        'WebAssembly',
        'SharedArrayBuffer',
        'Atomics',
        'ArrayBuffer',
        'Float64Array',
        'DataView',
        'Intl',
        'Date',
      ]
        .concat([
          'WeakRef',
          'FinalizationRegistry',
          'Promise',
          'Symbol',
          'JSON',
          'InternalError',
          'gc',
          'std',
          'os',
        ])
        .map((name) => mustMiss(name))
        .join('\n'),
    ),
  ],
  ['`this` of a plain function', null, OK, onTick(mustMiss('(function () { return this; })()'))],
  ['who called', PROPERTY, OK, onTick(`function f() { ${mustMiss('f.caller')} } f();`)],
  [
    'callee of the arguments',
    'no-arguments',
    OK,
    onTick(`(function () { ${mustMiss('arguments.callee')} })();`),
  ],
  [
    'arguments of the module',
    'no-arguments',
    OK,
    atLoad("if (arguments.length > 0) throw new Error('ESCAPED: the tools');"),
  ],
  ['with', 'no-with', THREW, onTick('with ({}) { x = 1; }')],
  ['the counters by their name', 'reserved-name', [], onTick('$$loop = () => undefined; for (;;);')],
]);

const ERRORS = group('errors', [
  [
    'stack of an error',
    PROPERTY,
    OK,
    onTick(
      "const { stack = '' } = new Error('x'); if (stack.includes('/')) throw new Error('ESCAPED: ' + stack);",
    ),
  ],
  [
    'Error.prepareStackTrace',
    PROPERTY,
    OK,
    onTick(`let seen; try { Error.prepareStackTrace = (_, calls) => (seen = calls); new Error('x').stack; } catch {}
${mustMiss('seen')}`),
  ],
  ['Error.captureStackTrace', null, OK, onTick(mustMiss('Error.captureStackTrace({})'))],
  [
    'a thrown object that cannot be printed',
    null,
    THREW,
    onTick("throw { toString() { throw new Error('again'); } };"),
  ],
  [
    'a thrown error whose message is code',
    null,
    THREW,
    onTick('class Sly extends Error { get message() { for (;;); } } throw new Sly();'),
  ],
  ['a thrown null, as if there were no memory', null, ['memory'], onTick('throw null;')],
  [
    'a thrown text without end',
    null,
    ['threw', 'fuel'],
    onTick("let text = 'x'; for (;;) text += text; throw text;"),
  ],
]);

const ACCESSORS = group('accessors and conversions', [
  ['Proxy', 'no-global', OK, onTick(mustMiss('new Proxy([], {})'))],
  [
    'an action that changes when it is read again',
    null,
    OK,
    returning(
      `[{ ${ORDER}, get quantity() { reads += 1; return reads % 2 === 1 ? 1 : 1e9; } }]`,
      'let reads = 0;',
    ),
  ],
  [
    'an action that never ends to be read',
    null,
    FUEL,
    returning(`[{ ${ORDER}, get quantity() { for (;;); } }]`),
  ],
  [
    'an action that throws when it is read',
    null,
    THREW,
    returning(`[{ ${ORDER}, get quantity() { throw new Error('no'); } }]`),
  ],
  ['valueOf instead of a number', null, OK, returning(`[{ ${ORDER}, quantity: { valueOf: () => 1 } }]`)],
  [
    'toJSON of the answer',
    null,
    OK,
    returning(`Object.assign({}, { toJSON: () => [{ ${ORDER}, quantity: 1 }] })`),
  ],
  ['a thenable', null, OK, returning("{ then(resolve) { throw new Error('ESCAPED: called'); } }")],
  [
    'an iterable instead of a list',
    'no-generator',
    OK,
    returning("{ length: 1, *values() { throw new Error('ESCAPED: called'); } }"),
  ],
  [
    'a list of a class of its own',
    null,
    OK,
    returning('new Sly()', 'class Sly extends Array { get length() { return 1e6; } map() { for (;;); } }'),
  ],
  [
    'a list with a hole of 4 billion',
    'no-length',
    OK,
    returning('list', 'const list = []; list.length = 4294967295;'),
  ],
  ['a list within itself', null, OK, returning('list', 'const list = []; list.push(list);')],
  ['a function', null, OK, returning("() => { throw new Error('ESCAPED: called'); }")],
]);

const BOMBS = group('bombs', [
  ['repeat', null, THREW, onTick("'x'.repeat(2 ** 28);")],
  [
    'repeat by a number that is none',
    null,
    [...THREW, 'ok'],
    onTick("'x'.repeat({ valueOf: () => 2 ** 28 });"),
  ],
  ['padStart', null, THREW, onTick("'x'.padStart(2 ** 28, 'abc');")],
  ['doubled text', null, THREW, onTick("let text = 'x'; for (;;) text = text + text;")],
  ['doubled text in a property', null, THREW, onTick("const o = { text: 'x' }; for (;;) o.text += o.text;")],
  ['doubled text in a template', null, THREW, onTick("let text = 'x'; for (;;) text = `${text}${text}`;")],
  ['joined lists', null, THREW, onTick("new Array(1000).fill('x'.repeat(1000)).join('');")],
  [
    'text of nested lists',
    null,
    ['threw', 'depth'],
    onTick('let list = []; for (let i = 0; i < 1e5; i++) list = [list]; `${list}`;'),
  ],
  ['a list of 4 billion', null, THREW, onTick('new Array(4294967295).fill(0);')],
  [
    'a list by its length',
    'no-length',
    ['fuel', 'memory'],
    onTick('const list = []; list.length = 4294967295; list.forEach(() => 0);'),
  ],
  ['a list from a length', null, THREW, onTick('Array.from({ length: 1e9 }, () => 0);')],
  ['doubled lists', null, THREW, onTick('let list = [0]; for (;;) list = [...list, ...list];')],
  ['doubled lists by concat', null, THREW, onTick('let list = [0]; for (;;) list = list.concat(list);')],
  [
    'a list that is pushed to itself',
    null,
    ['threw', 'fuel'],
    onTick('const list = [0]; for (;;) list.push(...list);'),
  ],
  [
    'flat lists',
    null,
    ['threw', 'fuel'],
    onTick('let list = [0]; for (let i = 0; i < 40; i++) list = [list, list]; list.flat(Infinity);'),
  ],
  ['a million arguments', null, THREW, onTick('Math.max(...new Array(100000).fill(1));')],
  [
    'memory by lists',
    null,
    ['memory', 'fuel'],
    onTick('const all = []; for (;;) all.push(new Array(10000).fill(1.5));'),
  ],
  [
    'memory by a map',
    null,
    THREW,
    onTick('const all = new Map(); for (let i = 0; ; i++) all.set(i, { i });'),
  ],
  [
    'memory by closures',
    null,
    ['memory', 'fuel'],
    onTick('let last = null; for (;;) { const before = last; last = () => before; }'),
  ],
  [
    'memory by texts, and catching that it is used up',
    null,
    ['memory', 'fuel'],
    onTick(
      "const all = []; for (let i = 0; ; i++) try { all.push(('' + i).repeat(100), new Array(9000).fill(i)); } catch {}",
    ),
  ],
  [
    'memory over many ticks',
    null,
    ['memory'],
    onTick('for (let i = 0; i < 100; i++) kept.push(new Array(9000).fill(0.5));', 'const kept = [];'),
  ],
  ['typed arrays', 'no-global', OK, onTick(mustMiss('new Float64Array(1e9)'))],
  ['array buffers', 'no-global', OK, onTick(mustMiss('new ArrayBuffer(2 ** 33)'))],
  [
    'a regular expression that goes back and back',
    'no-regex',
    ['ok', 'threw'],
    onTick(mustThrow("/^(a+)+$/.test('a'.repeat(40) + 'b')")),
  ],
  [
    'a regular expression given to a text',
    'no-regex',
    ['ok', 'threw'],
    onTick(mustThrow("'a'.repeat(40).split(/(a+)+b/)")),
  ],
  ['JSON', 'no-global', OK, onTick(mustMiss("JSON.parse('[1]')"))],
  [
    'sorting a long list',
    null,
    ['fuel', 'memory'],
    onTick('const list = new Array(100000).fill(0); for (;;) list.sort(() => 0);'),
  ],
  [
    'shifting a long list',
    null,
    ['fuel', 'memory'],
    onTick('const list = new Array(100000).fill(0); for (;;) { list.shift(); list.push(0); }'),
  ],
  [
    'searching a long list',
    null,
    FUEL,
    onTick('const list = new Array(100000).fill(0); for (;;) list.indexOf(1);'),
  ],
  [
    'bigints that grow',
    'no-bigint',
    ['ok', 'threw', 'fuel', 'memory', 'uncounted'],
    onTick('let large = 3n; for (let i = 0; i < 15; i++) large *= large;'),
  ],
  ['powers of bigints', 'no-bigint', THREW, onTick("if (2n ** 10n > 0n) throw new Error('no number');")],
]);

const ENDLESS = [
  ...group(
    'without end',
    CALLBACKS.map((name): Row => [`a loop in ${name}`, null, FUEL, within(name, 'for (;;);')]),
  ),
  ...group(
    'without end',
    CALLBACKS.map((name): Row => [
      `recursion in ${name}`,
      null,
      DEPTH,
      within(name, 'again();', 'function again() { again(); }'),
    ]),
  ),
  ...group('without end', [
    ['a loop while it is loaded', null, FUEL, atLoad('for (;;);')],
    ['a loop in createStrategy', null, FUEL, 'export function createStrategy() { while (true) {} }'],
    ['recursion while it is loaded', null, DEPTH, atLoad('const again = () => again(); again();')],
    ['recursion in a getter', null, DEPTH, onTick('const o = { get x() { return o.x; } }; o.x;')],
    ['recursion in toString', null, DEPTH, onTick('const o = { toString() { return `${o}`; } }; `${o}`;')],
    ['recursion in defaults', null, DEPTH, onTick('again();', 'function again(x = again()) { return x; }')],
    ['recursion in fields', null, DEPTH, onTick('new A();', 'class A { inner = new A(); }')],
    ['recursion in a comparison', null, DEPTH, onTick('const f = () => [2, 1].sort(f)[0]; f();')],
    ['recursion in map', null, DEPTH, onTick('const f = () => [1].map(f); f();')],
    [
      'recursion in a generator',
      'no-generator',
      DEPTH,
      onTick('again();', 'function again() { [...more()]; } function* more() { again(); }'),
    ],
    ['a comparison without end', null, FUEL, onTick('[2, 1].sort(() => { for (;;); });')],
    ['labels', null, FUEL, onTick('out: for (;;) { for (;;) continue out; }')],
    ['a do loop', null, FUEL, onTick('do ; while (true);')],
    [
      'a loop in its own condition',
      null,
      FUEL,
      onTick('for (let i = 0; [1].map(() => i).length === 1; i++);'),
    ],
    [
      'a map that grows while it is read',
      null,
      THREW,
      onTick('const all = new Map([[0, 0]]); for (const [key] of all) all.set(key + 1, 0);'),
    ],
    [
      'a set that grows while it is read',
      null,
      THREW,
      onTick('const all = new Set([0]); all.forEach((one) => all.add(one + 1));'),
    ],
    [
      'a list that grows while it is read',
      null,
      ['fuel', 'memory'],
      onTick('const list = [0]; for (const one of list) list.push(one);'),
    ],
    [
      'a generator',
      'no-generator',
      FUEL,
      onTick('for (const one of ones()) void one;', 'function* ones() { for (;;) yield 1; }'),
    ],
    [
      'a promise that calls itself',
      'no-async',
      ['fuel', 'depth', 'ok', 'threw'],
      onTick('again();', 'async function again() { await undefined; again(); }'),
    ],
    ['catching the end and going on', null, FUEL, onTick('for (;;) try { for (;;); } catch {}')],
    [
      'catching the end in a function and going on',
      null,
      FUEL,
      onTick('const f = () => { try { for (;;); } catch { return 1; } }; for (;;) f();'),
    ],
    ['returning from finally', null, FUEL, onTick('try { for (;;); } finally { return []; }')],
    ['a loop in finally', null, FUEL, onTick('try { for (;;); } finally { for (;;); }')],
    [
      'leaving a loop from finally',
      null,
      FUEL,
      onTick('for (;;) { try { for (;;); } finally { continue; } }'),
    ],
    [
      'catching that the stack has ended',
      null,
      DEPTH,
      onTick('f(); return [];', 'function f() { try { f(); } catch { return 1; } }'),
    ],
    ['a tagged template', 'no-tagged-template', FUEL, onTick('const tag = () => tag; for (;;) tag`x`;')],
    ['a loop that begins at the last tick', null, FUEL, onTick('if (state.timeRemainingNs < 2e9) for (;;);')],
  ]),
];

const TAMPERING = group('tampering', [
  ['Array.prototype.push', PROPERTY, OK, onTick(mustThrow('Array.prototype.push = () => 0'))],
  [
    'a setter on lists',
    PROPERTY,
    OK,
    onTick(mustThrow("Object.defineProperty(Array.prototype, '0', { set() {} })")),
  ],
  ['Object.prototype', PROPERTY, OK, onTick(mustThrow('Object.prototype.quantity = 1e9'))],
  ['Math', null, OK, onTick(mustThrow('Math.floor = () => 0'))],
  ['Math by another', null, OK, onTick(mustThrow('Math = {}'))],
  ['Array.isArray', null, OK, onTick(mustThrow('Array.isArray = () => true'))],
  ['Object.keys', null, OK, onTick(mustThrow('Object.keys = () => []'))],
  ['String.fromCharCode', null, OK, onTick(mustThrow("String.fromCharCode = () => 'x'"))],
  ['Map.prototype', PROPERTY, OK, onTick(mustThrow('Map.prototype.get = () => 0'))],
  [
    'the lists of a state',
    null,
    OK,
    onTick(
      mustThrow('state.openOrders.push(1)') +
        mustThrow('state.bidDepth[0] = [1, 1]; if (state.bidDepth.length === 0) throw new Error()'),
    ),
  ],
  [
    'names of orders that are no names',
    null,
    OK,
    returning(`['__proto__', 'constructor', 'toString', ''].map((id) => ({ ${ORDER}, quantity: 1, id }))`),
  ],
  ['names of orders without end', null, OK, returning(`[{ ${ORDER}, quantity: 1, id: 'x'.repeat(1000) }]`)],
  [
    'many names of orders',
    null,
    ['ok', 'memory', 'fuel'],
    returning(
      `Array.from({ length: 100 }, () => ({ ${ORDER}, quantity: 1, id: 'a' + count++ }))`,
      'let count = 0;',
    ),
  ],
]);

/** Actions that make no sense are refused one by one, and the day goes on. */
const ORDERS = group(
  'orders',
  (
    [
      ['NaN shares', '{ quantity: NaN }'],
      ['1e308 shares', '{ quantity: 1e308 }'],
      ['infinite shares', '{ quantity: Infinity }'],
      ['shares below 0', '{ quantity: -5 }'],
      ['half a share', '{ quantity: 0.5 }'],
      ['0 shares', '{ quantity: 0 }'],
      ['more shares than are safe', '{ quantity: 2 ** 53 + 2 }'],
      ['a text of shares', "{ quantity: '5' }"],
      ['a price of NaN', '{ quantity: 1, price: NaN }'],
      ['a price below 0', '{ quantity: 1, price: -100 }'],
      ['a price of 1e308', '{ quantity: 1, price: 1e308 }'],
      ['a side that is none', "{ quantity: 1, side: 'both' }"],
      ['a field that nobody knows', '{ quantity: 1, isFree: true }'],
      ['an order of somebody else', "{ actionType: 'cancel', orderId: 7 }"],
      ['an order that is none', "{ actionType: 'modify', orderId: -1, quantity: 1 }"],
      ['an action that is none', "{ actionType: 'give_me_money' }"],
    ] as const
  ).map(([name, fields]): Row => [name, null, OK, returning(`[{ ${ORDER}, ...${fields} }]`)]),
);

const STORMS = group('orders', [
  [
    'a million actions',
    null,
    ['ok', 'fuel', 'memory', 'threw'],
    returning(
      `list`,
      `const list = []; for (let i = 0; i < 1e5; i++) list[i] = { ${ORDER}, quantity: 1 }; for (let i = 0; i < 9; i++) list.push(...list.slice(0, 1000));`,
    ),
  ],
  [
    'a million actions that are one',
    'no-length',
    OK,
    returning('list', `const list = [{ ${ORDER}, quantity: 1 }]; list.length = 1e6;`),
  ],
  ['an order for every answer', null, OK, within('onOrderUpdate', `return [{ ${ORDER}, quantity: 1 }];`)],
  [
    'a refused action for every refusal',
    null,
    OK,
    within('onOrderUpdate', "return [{ actionType: 'cancel', orderId: 99999 }];"),
  ],
  [
    'a hundred orders at every tick',
    null,
    ['ok', 'too_many_orders'],
    returning(`Array.from({ length: 100 }, () => ({ ${ORDER}, quantity: 1 }))`),
  ],
]);

/** The mixing of domain/random.ts: whether the seed of the market is in what the strategy is given. */
const RANDOM_KEY = `
const rotate = (word, bits) => (word << bits) | (word >>> (32 - bits));
const scramble = (word) => Math.imul(rotate(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
const low = (lane, word) => (Math.imul(rotate(lane ^ scramble(word), 13), 5) + 0xe6546b64) | 0;
const high = (lane, word, other) => (Math.imul(rotate(lane ^ scramble(word ^ 0x5bd1e995), 17), 9) + (other >>> 3)) | 0;
function at([a, b], text) {
  a = low(a, 2); b = high(b, 2, a); a = low(a, text.length); b = high(b, text.length, a);
  for (let i = 0; i < text.length; i++) { a = low(a, text.charCodeAt(i)); b = high(b, text.charCodeAt(i), a); }
  return [a, b];
}
function finalize(word) {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b); h ^= h >>> 13; h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
function uniform([a, b]) {
  const first = finalize(a ^ Math.imul(b, 0x85ebca6b));
  return ((finalize(b ^ first) >>> 6) * 67108864 + (first >>> 6) + 0.5) / 4503599627370496;
}
function first([a, b]) { return uniform([a ^ Math.imul(1, 0x9e3779b1), (b + Math.imul(1, 0xc2b2ae3d)) | 0]); }
const own = Math.random();
let isFound = false;
for (let seed = 0; seed < 300; seed++) {
  const root = at([0x9747b28c | 0, 0x3c6ef372], '' + seed);
  for (const key of [root, at(root, 'market'), at(root, 'strategy'), at(at(root, 'market'), 'strategy')])
    if (first(key) === own || uniform(key) === own) isFound = true;
}
`;

const MARKET: readonly Attack[] = [
  {
    name: 'its own cash',
    group: 'the market',
    rule: null,
    ends: OK,
    source: onTick(
      'state.cash = 1e12; state.inventory = -5; state.portfolioValue = 1e12; state.realizedPnl = 1e12;',
    ),
    check: ({ values }) => (values?.pnlCents === 0 ? null : 'it was believed'),
  },
  {
    name: 'marking the close',
    group: 'the market',
    rule: null,
    ends: OK,
    source: onTick(`if (state.bestAsk === null) return [];
if (state.timeRemainingNs < 3e9) return [{ actionType: 'place', side: 'buy', orderType: 'market', quantity: 300 }];
return state.inventory < 50 ? [{ actionType: 'place', side: 'buy', orderType: 'market', quantity: 10 }] : [];`),
    // What it gained by the price that it made itself is gone when it has to sell at it.
    check: ({ values }) =>
      values?.pnlCents != null && values.pnlCents < (values.markedPnlCents ?? Infinity)
        ? null
        : 'it keeps what it made of its own price',
  },
  {
    name: 'the seed in its own luck',
    group: 'the market',
    rule: null,
    ends: OK,
    source: onTick("if (isFound) throw new Error('ESCAPED: the seed');", RANDOM_KEY),
  },
  {
    name: 'others by the numbers of its orders',
    group: 'the market',
    rule: null,
    ends: OK,
    source: onTick(
      `for (const { orderId } of state.openOrders) if (orderId >= sent) throw new Error('ESCAPED: others are counted');
sent += 1;
return [{ ${ORDER}, quantity: 1 }];`,
      'let sent = 0;',
    ),
  },
  {
    name: 'the future in a state',
    group: 'the market',
    rule: null,
    ends: OK,
    source:
      onTick(`const known = 'timestampNs timeRemainingNs isMarketClosed bestBid bestAsk midPrice spread lastTrade bidLiquidity'
  .split(' ').concat('askLiquidity inventory cash portfolioValue unrealizedPnl realizedPnl bidDepth askDepth openOrders'.split(' '));
for (const key of Object.keys(state)) if (!known.includes(key)) throw new Error('ESCAPED: ' + key);
for (const order of state.openOrders) if (Object.keys(order).length !== 8) throw new Error('ESCAPED: an order');`),
  },
  {
    name: 'the book beside the channel',
    group: 'the market',
    rule: null,
    ends: OK,
    // A state that is kept is of its time: it does not move on with the market.
    source: onTick(
      `if (kept !== null && (kept.timestampNs !== time || kept.bidDepth.length !== levels)) throw new Error('ESCAPED: alive');
kept = state; time = state.timestampNs; levels = state.bidDepth.length;`,
      'let kept = null; let time = 0; let levels = 0;',
    ),
  },
  {
    name: 'the engine by what differs between engines',
    group: 'the market',
    rule: null,
    ends: OK,
    // Compared between kinds by fuel and digest: whatever it sees decides what it does.
    source: onTick(`let calls = 0;
const list = Array.from({ length: 50 }, (_, i) => (i * 37) % 50);
list.sort((a, b) => { calls += 1; return a - b; });
const text = '' + Math.exp(0.1) + Math.log(3) + Math.pow(1.1, 2.2) + 1.1 ** 2.2 + Math.tanh(0.3) + (0.1).toFixed(20) + calls;
let sum = 0;
for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i);
return state.bestBid === null ? [] : [{ ${ORDER}, quantity: 1 + (sum % 7) }];`),
  },
];

export const ATTACKS: readonly Attack[] = [
  ...WAYS_OUT,
  ...ERRORS,
  ...ACCESSORS,
  ...BOMBS,
  ...ENDLESS,
  ...TAMPERING,
  ...ORDERS,
  ...STORMS,
  ...MARKET,
];
