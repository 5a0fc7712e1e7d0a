// What a strategy finds in its heap: an allow-list. Everything else is taken away before its code is there; what works on size
// takes fuel by size, and all that is left is frozen. The same list in every engine, so that no strategy sees which it is in.
import {
  MOST_ELEMENTS,
  MOST_UNITS,
  charge,
  enter,
  forbidden,
  gathered,
  isForbiddenKey,
  leave,
  loop,
  tooLong,
  tooLongText,
} from './meter.ts';

type Native = (this: unknown, ...given: unknown[]) => unknown;
type Holder = Record<PropertyKey, unknown>;

const { apply, construct, ownKeys, deleteProperty, getPrototypeOf, getOwnPropertyDescriptor } = Reflect;
const { defineProperty, freeze, keys, create } = Object;
const { isArray } = Array;
const iterator: typeof Symbol.iterator = Symbol.iterator;
const { min, max, ceil, trunc } = Math;
const functions = Function.prototype as unknown as Record<PropertyKey, unknown>;

/** Names that stay, by object. Of functions, `length`, `name` and `prototype` stay as well. */
const GLOBALS: Readonly<Record<string, readonly string[]>> = {
  Object: ['keys', 'values', 'entries', 'assign', 'freeze', 'fromEntries', 'hasOwn', 'is', 'create'],
  Array: ['isArray', 'from', 'of'],
  Number: [
    ...[
      'isFinite',
      'isInteger',
      'isNaN',
      'isSafeInteger',
      'parseFloat',
      'parseInt',
      'EPSILON',
      'MAX_SAFE_INTEGER',
    ],
    ...['MIN_SAFE_INTEGER', 'MAX_VALUE', 'MIN_VALUE', 'NaN', 'POSITIVE_INFINITY', 'NEGATIVE_INFINITY'],
  ],
  String: ['fromCharCode'],
  Boolean: [],
  Map: [],
  Set: [],
  Error: [],
  TypeError: [],
  RangeError: [],
  isNaN: [],
  isFinite: [],
  parseInt: [],
  parseFloat: [],
};
const VALUES = ['undefined', 'NaN', 'Infinity', 'Math'];

/** For the rules: what a strategy may name that it has not declared. */
export const GLOBAL_NAMES: readonly string[] = [...keys(GLOBALS), ...VALUES];

const PROTOTYPES: Readonly<Record<string, readonly string[]>> = {
  Object: ['hasOwnProperty', 'toString', 'valueOf'],
  Array: [
    ...[
      'at',
      'concat',
      'entries',
      'every',
      'fill',
      'filter',
      'find',
      'findIndex',
      'findLast',
      'findLastIndex',
    ],
    ...[
      'flat',
      'flatMap',
      'forEach',
      'includes',
      'indexOf',
      'join',
      'keys',
      'lastIndexOf',
      'map',
      'pop',
      'push',
    ],
    ...[
      'reduce',
      'reduceRight',
      'reverse',
      'shift',
      'slice',
      'some',
      'sort',
      'splice',
      'toReversed',
      'toSorted',
    ],
    ...['length', 'toString', 'unshift', 'values'],
  ],
  Number: ['toFixed', 'toPrecision', 'toString', 'valueOf'],
  String: [
    ...[
      'at',
      'charAt',
      'charCodeAt',
      'codePointAt',
      'endsWith',
      'includes',
      'indexOf',
      'lastIndexOf',
      'padEnd',
    ],
    ...[
      'padStart',
      'repeat',
      'slice',
      'split',
      'startsWith',
      'substring',
      'toLowerCase',
      'toUpperCase',
      'toString',
    ],
    ...['trim', 'trimEnd', 'trimStart', 'valueOf'],
  ],
  Boolean: ['toString', 'valueOf'],
  Map: ['clear', 'delete', 'entries', 'forEach', 'get', 'has', 'keys', 'set', 'size', 'values'],
  Set: ['add', 'clear', 'delete', 'entries', 'forEach', 'has', 'keys', 'size', 'values'],
  Error: ['message', 'name', 'toString'],
  TypeError: ['message', 'name'],
  RangeError: ['message', 'name'],
};

/** Leaves nothing to be found but what is listed. @param math takes the place of the engine's */
export function lockDown(math: Partial<Math>): void {
  const world = globalThis as unknown as Holder;
  const hidden = hiddenPrototypes();
  const natives: Record<string, Holder> = {};
  for (const name of keys(GLOBALS)) natives[name] = world[name] as Holder;
  for (const name of keys(GLOBALS)) prune(natives[name]!, [...GLOBALS[name]!, 'length', 'name', 'prototype']);
  for (const name of keys(PROTOTYPES)) prune(natives[name]!.prototype as Holder, PROTOTYPES[name]!);
  for (const prototype of hidden) prune(prototype, ['next']);
  prune(functions, ['length', 'name']);
  meterArrays();
  meterStrings();
  meterNumbers();
  meterObjects();
  const replaced: Holder = {
    Array: meteredArray(),
    Map: meteredCollection(Map, 'set'),
    Set: meteredCollection(Set, 'add'),
    Math: math,
  };
  for (const name of ownKeys(world)) {
    if (typeof name !== 'string' || !GLOBAL_NAMES.includes(name)) remove(world, name);
    else if (replaced[name] !== undefined) hide(world, name, replaced[name]);
  }
  const seen = new Set<unknown>();
  for (const prototype of hidden) freezeAll(prototype, seen);
  freezeAll(functions, seen);
  for (const name of GLOBAL_NAMES) freezeAll(world[name], seen);
  for (const name of keys(PROTOTYPES)) freezeAll(natives[name]!.prototype, seen);
  freezeAll(world, seen);
}

/** Prototypes that no name leads to, but syntax does. */
function hiddenPrototypes(): Holder[] {
  const found: unknown[] = [
    [].values(),
    ''[iterator](),
    new Map().entries(),
    new Set().entries(),
    iterator,
    BigInt(1),
    (function* () {})(),
    function* () {},
    async function () {},
    async function* () {},
    (async function* () {})(),
  ];
  const prototypes: Holder[] = [];
  for (const value of found)
    for (
      let at = getPrototypeOf(Object(value) as object);
      at !== null && at !== Object.prototype && at !== functions;
      at = getPrototypeOf(at)
    )
      if (!prototypes.includes(at as Holder)) prototypes.push(at as Holder);
  // Engines without them have no syntax for them either, or one that throws.
  for (const name of ['Promise', 'RegExp']) {
    const native = (globalThis as unknown as Record<string, { prototype: Holder } | undefined>)[name];
    if (native !== undefined) prototypes.push(native.prototype);
  }
  return prototypes;
}

function prune(holder: Holder, allowed: readonly string[]): void {
  for (const name of ownKeys(holder))
    if (name !== iterator && !(typeof name === 'string' && allowed.includes(name))) remove(holder, name);
}

/** What cannot be taken away is made worthless, or is harmless: flags of a function, and how `instanceof` works. */
function remove(holder: Holder, name: PropertyKey): void {
  if (deleteProperty(holder, name)) return;
  const descriptor = getOwnPropertyDescriptor(holder, name);
  if (descriptor?.writable === true) holder[name] = undefined;
}

function hide(holder: Holder, name: PropertyKey, value: unknown): void {
  defineProperty(holder, name, { value, writable: true, enumerable: false, configurable: true });
}

function freezeAll(value: unknown, seen: Set<unknown>): void {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return;
  seen.add(value);
  freeze(value);
  freezeAll(getPrototypeOf(value), seen);
  for (const name of ownKeys(value)) {
    const descriptor = getOwnPropertyDescriptor(value, name)!;
    freezeAll(descriptor.value, seen);
    freezeAll(descriptor.get, seen);
    freezeAll(descriptor.set, seen);
  }
}

/** Puts another function in the place of a native one, under its name. */
function meter(
  holder: Holder,
  names: readonly string[],
  wrap: (native: Native, name: string) => Native,
): void {
  for (const name of names) {
    const native = holder[name];
    // Node 18 and QuickJS of old lack some.
    if (typeof native === 'function') hide(holder, name, named(name, wrap(native as Native, name)));
  }
}

function named(name: string, wrapped: Native): Native {
  defineProperty(wrapped, 'name', { value: name });
  return wrapped;
}

/** Methods are borrowed easily: they work on nothing but a list. */
function list(value: unknown): unknown[] {
  if (!isArray(value)) throw new TypeError('this is a method of lists');
  return value;
}

/** Calls a native function that may call back; `fuel` is taken first. */
function within(fuel: number, native: Native, self: unknown, given: readonly unknown[]): unknown {
  enter(1 + fuel);
  try {
    return apply(native, self, given);
  } finally {
    leave();
  }
}

/** Moving an element costs less than a call for it. */
const MOVES_PER_FUEL = 4;

function meterArrays(): void {
  const prototype = Array.prototype as unknown as Holder;
  const calling = [
    'every',
    'filter',
    'find',
    'findIndex',
    'findLast',
    'findLastIndex',
    'forEach',
    'map',
    'some',
  ];
  const searching = ['reduce', 'reduceRight', 'includes', 'indexOf', 'lastIndexOf'];
  meter(prototype, [...calling, ...searching], (native) => {
    return function (...given) {
      return within(list(this).length, native, this, given);
    };
  });
  meter(prototype, ['reverse', 'shift', 'slice', 'fill', 'toReversed'], (native) => {
    return function (...given) {
      const { length } = list(this);
      if (native !== shiftNative && length > MOST_ELEMENTS) throw tooLong(MOST_ELEMENTS);
      return within(ceil(length / MOVES_PER_FUEL), native, this, given);
    };
  });
  meter(prototype, ['unshift', 'splice', 'concat'], (native) => {
    return function (...given) {
      let length = list(this).length;
      for (const one of given) length += isArray(one) ? one.length : 1;
      if (length > MOST_ELEMENTS) throw tooLong(MOST_ELEMENTS);
      return within(ceil(length / MOVES_PER_FUEL), native, this, given);
    };
  });
  meter(prototype, ['join', 'toString'], (native) => {
    return function (...given) {
      const { length } = list(this);
      if (length > MOST_UNITS) throw tooLong(MOST_UNITS);
      const joined = within(length, native, this, given) as string;
      return ofBoundedLength(joined);
    };
  });
  meter(prototype, ['sort', 'toSorted'], (_, name) => {
    return function (compare) {
      if (compare !== undefined && typeof compare !== 'function')
        throw new TypeError('compare is a function');
      const sorted = sort(list(this), (compare as Compare | undefined) ?? inOrderOfText);
      if (name === 'toSorted') return sorted;
      const self = this as unknown[];
      for (let i = 0; i < sorted.length; i++) self[i] = sorted[i];
      return self;
    };
  });
  meter(prototype, ['flat'], () => {
    return function (depth = 1) {
      return flatten(list(this), [], Number(depth));
    };
  });
  const { map } = Array.prototype;
  meter(prototype, ['flatMap'], () => {
    return function (...given) {
      return flatten(apply(map, list(this), given as Parameters<typeof map>), [], 1);
    };
  });
  const statics = Array as unknown as Holder;
  meter(statics, ['from'], () => {
    return (source: unknown, compute?: unknown) => arrayFrom(source, compute as Compute | undefined);
  });
  meter(statics, ['of'], () => {
    return (...given: unknown[]) => given;
  });
}

const shiftNative = Array.prototype.shift as unknown as Native;

type Compute = (value: unknown, index: number) => unknown;
type Compare = (a: unknown, b: unknown) => number;

function arrayFrom(source: unknown, compute: Compute | undefined): unknown[] {
  if (compute !== undefined && typeof compute !== 'function') throw new TypeError('not a function');
  const isIterable = typeof source === 'string' || typeof (source as Holder)?.[iterator] === 'function';
  const made = isIterable ? gathered(source, MOST_ELEMENTS) : [];
  const length = isIterable ? made.length : lengthOf(source);
  for (let i = 0; i < length; i++) {
    loop(1);
    const value = isIterable ? made[i] : (source as Holder)[i];
    made[i] = compute === undefined ? value : compute(value, i);
  }
  return made;
}

/** Of something like a list. */
function lengthOf(source: unknown): number {
  const length = max(0, trunc(Number((source as { length?: unknown } | null)?.length)) || 0);
  if (length > MOST_ELEMENTS) throw tooLong(MOST_ELEMENTS);
  return length;
}

function flatten(from: readonly unknown[], into: unknown[], depth: number): unknown[] {
  enter(1);
  try {
    for (let i = 0; i < from.length; i++) {
      loop(1);
      const value = from[i];
      if (depth >= 1 && isArray(value)) flatten(value, into, depth - 1);
      else if (i in from) {
        if (into.length === MOST_ELEMENTS) throw tooLong(MOST_ELEMENTS);
        into[into.length] = value;
      }
    }
    return into;
  } finally {
    leave();
  }
}

/** Merges ever longer runs: as many comparisons in every engine. Undefined comes last, as the language has it. */
function sort(values: readonly unknown[], compare: Compare): unknown[] {
  const { length } = values;
  if (length > MOST_ELEMENTS) throw tooLong(MOST_ELEMENTS);
  let from: unknown[] = [];
  let count = 0;
  for (let i = 0; i < length; i++) {
    loop(1);
    if (values[i] !== undefined) from[count++] = values[i];
  }
  let into: unknown[] = [];
  for (let run = 1; run < count; run *= 2) {
    for (let low = 0; low < count; low += 2 * run) {
      const middle = min(low + run, count);
      const high = min(low + 2 * run, count);
      let left = low;
      let right = middle;
      for (let at = low; at < high; at++) {
        loop(1);
        const isLeft = left < middle && (right >= high || !(compare(from[left], from[right]) > 0));
        into[at] = isLeft ? from[left++] : from[right++];
      }
    }
    [from, into] = [into, from];
  }
  for (let i = count; i < length; i++) from[i] = undefined;
  return from;
}

function inOrderOfText(a: unknown, b: unknown): number {
  const [one, other] = [String(a), String(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** With and without `new`, and with a length that is bounded. */
function meteredArray(): unknown {
  const native = Array;
  function metered(...given: unknown[]): unknown[] {
    if (given.length === 1 && typeof given[0] === 'number') {
      if (!(given[0] >= 0 && given[0] % 1 === 0)) throw new RangeError('a length is a whole number');
      if (given[0] > MOST_ELEMENTS) throw tooLong(MOST_ELEMENTS);
      charge(ceil(given[0] / MOVES_PER_FUEL));
    }
    // For classes that extend it, their prototype.
    return construct(native, given, new.target ?? native) as unknown[];
  }
  defineProperty(metered, 'prototype', { value: native.prototype, writable: false });
  defineProperty(metered, 'name', { value: 'Array' });
  const statics = native as unknown as Holder;
  for (const name of GLOBALS.Array!) hide(metered as unknown as Holder, name, statics[name]);
  return metered;
}

function meteredCollection(native: MapConstructor | SetConstructor, add: 'set' | 'add'): unknown {
  const insert = (native.prototype as unknown as Record<string, Native>)[add]!;
  function metered(source?: unknown): unknown {
    if (new.target === undefined) throw new TypeError('it needs new');
    const made: unknown = construct(native, [], new.target);
    if (source === undefined || source === null) return made;
    for (const entry of gathered(source, MOST_ELEMENTS)) {
      loop(1);
      if (add === 'add') apply(insert, made, [entry]);
      else apply(insert, made, [(entry as unknown[])[0], (entry as unknown[])[1]]);
    }
    return made;
  }
  defineProperty(metered, 'prototype', { value: native.prototype, writable: false });
  defineProperty(metered, 'name', { value: native.name });
  const prototype = native.prototype as unknown as Holder & { readonly size: number };
  const sizeOf = getOwnPropertyDescriptor(prototype, 'size')!.get as Native;
  meter(prototype, [add], (method) => {
    return function (...given) {
      // Engines make room for twice as many at once: those that are larger would end the process instead.
      if ((apply(sizeOf, this, []) as number) >= MOST_ELEMENTS) throw tooLong(MOST_ELEMENTS);
      charge(1);
      return apply(method, this, given);
    };
  });
  meter(prototype, ['forEach', 'clear'], (method) => {
    return function (...given) {
      return within(apply(sizeOf, this, []) as number, method, this, given);
    };
  });
  return metered;
}

function ofBoundedLength(made: string): string {
  charge(made.length >>> 5);
  if (made.length > MOST_UNITS) throw tooLongText();
  return made;
}

function meterStrings(): void {
  const prototype = String.prototype as unknown as Holder;
  const wanted = (value: unknown): number => {
    const units = Number(value);
    if (units > MOST_UNITS) throw tooLongText();
    return units;
  };
  meter(prototype, ['padEnd', 'padStart'], (native) => {
    return function (units, filler) {
      const text = string(this);
      return within(MOST_UNITS >>> 5, native, text, [
        wanted(units),
        filler === undefined ? ' ' : string(filler),
      ]);
    };
  });
  meter(prototype, ['repeat'], (native) => {
    return function (times) {
      const text = string(this);
      const count = Number(times);
      wanted(text.length * count);
      return within(MOST_UNITS >>> 5, native, text, [text.length === 0 ? 0 : count]);
    };
  });
  meter(prototype, ['split'], (native) => {
    return function (separator) {
      const text = string(this);
      return within(text.length, native, text, separator === undefined ? [] : [string(separator)]);
    };
  });
  const plain = ['endsWith', 'includes', 'indexOf', 'lastIndexOf', 'slice', 'startsWith', 'substring'];
  const changing = ['toLowerCase', 'toUpperCase', 'trim', 'trimEnd', 'trimStart'];
  meter(prototype, [...plain, ...changing], (native) => {
    return function (...given) {
      const text = string(this);
      return within(1 + (text.length >>> 5), native, text, given);
    };
  });
}

function string(value: unknown): string {
  if (typeof value === 'string') return value;
  // String objects are strings; anything else would run its own code here.
  throw new TypeError('a string is needed');
}

function meterNumbers(): void {
  const prototype = Number.prototype as unknown as Holder;
  meter(prototype, ['toString'], (native) => {
    return function (radix) {
      if (radix !== undefined && radix !== 10) throw new RangeError('numbers are written in decimal');
      return apply(native, this, []);
    };
  });
  const { fromCharCode } = String as unknown as { fromCharCode: Native };
  meter(String as unknown as Holder, ['fromCharCode'], () => {
    return (...given: unknown[]) => {
      if (given.length > MOST_UNITS) throw tooLong(MOST_UNITS);
      charge(given.length);
      return apply(fromCharCode, undefined, given);
    };
  });
}

function meterObjects(): void {
  const holder = Object as unknown as Holder;
  const count = (value: unknown): number =>
    typeof value === 'object' && value !== null ? keys(value).length : 0;
  meter(holder, ['keys', 'values', 'entries'], (native) => {
    return (value: unknown) => within(count(value), native, undefined, [value]);
  });
  meter(holder, ['freeze'], (native) => {
    return (value: unknown) => within(count(value), native, undefined, [value]);
  });
  meter(holder, ['assign'], (native) => {
    return (...given: unknown[]) => {
      let fuel = 0;
      for (const one of given) fuel += count(one);
      // A list would be given a length that nobody counts.
      if (isArray(given[0])) throw new TypeError('Object.assign is not for lists');
      return within(fuel, native, undefined, given);
    };
  });
  meter(holder, ['fromEntries'], () => {
    return (entries: unknown) => {
      const made: Holder = {};
      for (const entry of gathered(entries, MOST_ELEMENTS)) {
        loop(1);
        const [name, value] = [String((entry as unknown[])[0]), (entry as unknown[])[1]];
        if (isForbiddenKey(name)) throw forbidden(name);
        defineProperty(made, name, { value, writable: true, enumerable: true, configurable: true });
      }
      return made;
    };
  });
  meter(holder, ['create'], () => {
    return (prototype: unknown) => create(prototype as object | null) as unknown;
  });
}
