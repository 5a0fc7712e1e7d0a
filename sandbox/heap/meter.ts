// Counted fuel: one unit for each turn of a loop and each call, more for what works on size. Only this count decides that a
// strategy took too long, so it must be the same in every engine: nothing here may depend on time, stack or memory.
// No templates with values in the code of the heap: QuickJS makes them by a method that is taken away (surface.ts).
import { power } from '../../domain/math.ts';
import { OUT_OF_FUEL, OUT_OF_MEMORY, THREW, TOO_DEEP } from '../channel.ts';

/** Calls within calls. Engines run out of stack at different depths, all of them beyond this one. */
export const MOST_DEPTH = 128;
/** Units of a string, elements of a list that a built-in makes, and arguments of one call. */
export const MOST_UNITS = 1024;
export const MOST_ELEMENTS = 100_000;
export const MOST_ARGUMENTS = 1000;

const { isArray } = Array;
const { keys } = Object;

let left = 0;
let granted = 0;
let depth = 0;
/** Why it may not go on; 0 while it may, and never again. */
let isOver = 0;

/** Thrown to end a callback; has no properties that anybody could read. */
const END = Object.freeze(Object.create(null)) as Error;

function end(reason: number): never {
  isOver = reason;
  left = -1;
  throw END;
}

/** Begins a callback with so much fuel. */
export function grant(fuel: number): void {
  if (isOver === 0) left = fuel;
  granted = fuel;
  depth = 0;
}

/** 0 while it may go on. */
export function verdict(): number {
  return isOver;
}

/** What the callback has used of what was granted. */
export function used(): number {
  return left < 0 ? granted : granted - left;
}

/** Takes fuel for work on so many elements. */
export function charge(fuel: number): void {
  // NaN is more than there is.
  if (!((left -= fuel) >= 0)) end(isOver === 0 ? OUT_OF_FUEL : isOver);
}

/** At the head of each turn of a loop. */
export function loop(fuel: number): void {
  if ((left -= fuel) < 0) end(isOver === 0 ? OUT_OF_FUEL : isOver);
}

/** At the head of each function; `leave` at its end, however it ends. */
export function enter(fuel: number): void {
  depth += 1;
  if (depth > MOST_DEPTH) end(isOver === 0 ? TOO_DEEP : isOver);
  if ((left -= fuel) < 0) end(isOver === 0 ? OUT_OF_FUEL : isOver);
}

export function leave(): void {
  depth -= 1;
}

/** What is worked out where no function begins: a default of a parameter, a field of a class. */
export function entered<T>(compute: () => T): T {
  enter(1);
  try {
    return compute();
  } finally {
    leave();
  }
}

/** A string that has just been made. */
export function text<T>(value: T): T {
  if (typeof value === 'string' && value.length > 32) {
    charge(value.length >>> 5);
    if (value.length > MOST_UNITS) throw tooLongText();
  }
  return value;
}

/** What a template comes to. */
export function template(...parts: readonly unknown[]): string {
  let made = '';
  for (let i = 0; i < parts.length; i++) made = text(made + String(parts[i]));
  return made;
}

const FORBIDDEN_KEYS = Object.freeze(
  Object.assign(Object.create(null) as Record<string, true>, {
    constructor: true,
    prototype: true,
    __proto__: true,
    stack: true,
    caller: true,
    callee: true,
    arguments: true,
    __defineGetter__: true,
    __defineSetter__: true,
    __lookupGetter__: true,
    __lookupSetter__: true,
  }),
);

/** Whether nobody may ask any object for it. */
export function isForbiddenKey(name: string): boolean {
  return FORBIDDEN_KEYS[name] === true;
}

/** A computed key that is no number: made a string once, so that what is checked is what is used. */
export function key(value: unknown): PropertyKey {
  if (typeof value === 'symbol') throw new TypeError('a symbol is no key here');
  const name = String(value);
  if (isForbiddenKey(name)) throw forbidden(name);
  return name;
}

/** What `...` is written before in a list. */
export function spread(value: unknown): unknown {
  return gathered(value, MOST_ELEMENTS);
}

/** What `...` is written before in a call. */
export function spreadArguments(value: unknown): unknown {
  return gathered(value, MOST_ARGUMENTS);
}

/** As a list, since how long an iterator is shows only at its end. */
export function gathered(value: unknown, most: number): unknown[] {
  if (isArray(value) && value.length > most) throw tooLong(most);
  const list: unknown[] = [];
  let count = 0;
  for (const element of value as Iterable<unknown>) {
    loop(1);
    if (count === most) throw tooLong(most);
    list[count++] = element;
  }
  return list;
}

export function forbidden(name: string): TypeError {
  return new TypeError('the key ' + name + ' is not there for strategies');
}

export function tooLongText(): RangeError {
  return new RangeError('a string of more than ' + String(MOST_UNITS) + ' units');
}

export function tooLong(most: number): RangeError {
  return new RangeError('more than ' + String(most) + ' elements');
}

/** What `...` is written before in an object, or what `for (… in …)` goes through. */
export function own<T>(value: T): T {
  if (typeof value === 'object' && value !== null) charge(keys(value).length);
  return value;
}

/** `a ** b`, which engines do not agree on in the last digit. */
export function raise(base: unknown, exponent: unknown): number {
  return raiseNumbers(Number(base), Number(exponent));
}

const { floor, abs } = Math;
const INFINITE = Infinity;

export function raiseNumbers(base: number, exponent: number): number {
  if (exponent !== exponent) return exponent;
  if (exponent === 0) return 1;
  if (base !== base) return base;
  if (floor(exponent) === exponent && abs(exponent) <= 1024) {
    // Exact where the result is a whole number that can be.
    let result = 1;
    for (let n = abs(exponent), square = base; n > 0; n = floor(n / 2), square *= square)
      if (n % 2 === 1) result *= square;
    return exponent < 0 ? 1 / result : result;
  }
  if (base > 0) return abs(exponent) === INFINITE && base === 1 ? NaN : power(base, exponent);
  // −0 and below: only whole exponents have a value, and those beyond 1024 are odd or even by their last bit.
  const isWhole = floor(exponent) === exponent;
  const size = base === 0 ? (exponent > 0 ? 0 : INFINITE) : power(-base, exponent);
  if (base !== 0 && base !== -INFINITE && !isWhole) return NaN;
  return isWhole && exponent % 2 !== 0 && (base < 0 || 1 / base < 0) ? -size : size;
}

/** At the head of each `catch`: what may not be caught goes on. @returns what was thrown */
export function caught<T>(thrown: T): T {
  const reason = verdictOn(thrown);
  if (reason !== THREW) end(reason);
  // Catching costs, or a loop of errors would be free.
  loop(1);
  return thrown;
}

// QuickJS has a class of its own for what the engine cannot do.
const InternalError = (globalThis as { InternalError?: ErrorConstructor }).InternalError;

/** Why a callback ended that threw this. */
export function verdictOn(thrown: unknown): number {
  if (isOver !== 0) return isOver;
  if (thrown === END) return OUT_OF_FUEL;
  // An engine that has no memory left for an error throws this.
  if (thrown === null) return OUT_OF_MEMORY;
  if (InternalError !== undefined && thrown instanceof InternalError)
    return isAbout(thrown, 'stack overflow') ? TOO_DEEP : OUT_OF_MEMORY;
  if (thrown instanceof RangeError && isAbout(thrown, 'Maximum call stack size exceeded')) return TOO_DEEP;
  return THREW;
}

function isAbout(error: Error, message: string): boolean {
  return error.message === message;
}
