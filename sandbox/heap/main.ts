// What stands in a strategy's heap beside the strategy, built as a script of its own: makes the heap fit for foreign code,
// rebuilds what the strategy is shown out of the channel, calls it, and writes what it asks for back as numbers.
import type {
  AgentConfig,
  MarketState,
  OpenOrder,
  OrderUpdate,
  PriceLevel,
} from '../../domain/market/strategy.ts';
import {
  ABSENT,
  ACTION_FIELDS,
  ACTION_TYPES,
  CALLBACKS,
  Cursor,
  DONE,
  FIELD_KINDS,
  MOST_SENT,
  NAMELESS,
  NO_LIST,
  OPEN_STATUSES,
  ORDER_TYPES,
  SIDE_CODES,
  STATUSES,
  THREW,
  UNCHANGED,
  WRONG,
} from '../channel.ts';
import type { ActionField } from '../channel.ts';
import { createMath } from './mathematics.ts';
import * as meter from './meter.ts';
import { lockDown } from './surface.ts';

const { freeze, keys, create, hasOwn } = Object;
const { isArray } = Array;
const { apply } = Reflect;
const { ceil } = Math;

/** As `compileStrategy` makes it: takes the meter, runs the module and returns `createStrategy`. */
type Compiled = (tools: typeof TOOLS) => (parameters: unknown) => unknown;

const TOOLS = freeze([
  meter.enter,
  meter.leave,
  meter.loop,
  meter.entered,
  meter.text,
  meter.template,
  meter.key,
  meter.spread,
  meter.spreadArguments,
  meter.own,
  meter.raise,
  meter.caught,
] as const);

type Callable = (...given: unknown[]) => unknown;

let cursor: Cursor;
let strategy: Record<string, unknown> = {};
let callbacks: (Callable | null)[] = [];

let bids: readonly PriceLevel[] = freeze([]);
let asks: readonly PriceLevel[] = freeze([]);
let openOrders: readonly OpenOrder[] = freeze([]);

/** What it takes to show the strategy what it is shown, in about the time of a turn of a loop: how much is its own doing. */
const FUEL_PER_CALLBACK = 20;
const FUEL_PER_ORDER = 8;
const ORDERS_KEPT_PER_FUEL = 2;
let fuelOfShowing = 0;

/** Names of orders, each sent once, in the order in which they came up. */
const names: string[] = [];
const numberOfName = create(null) as Record<string, number>;

/**
 * Takes the heap over. What it returns loads a strategy, once; what that returns makes one callback, as the channel says.
 * @param buffer of the channel
 * @param seed of `Math.random`
 */
function open(
  buffer: ArrayBuffer,
  seed: string,
): (compiled: Compiled, parameters: unknown, fuel: number) => () => void {
  cursor = new Cursor(new Float64Array(buffer));
  const math = createMath(seed);
  // Its last steps use what it has metered.
  meter.grant(Infinity);
  lockDown(math);
  return (compiled, parameters, fuel) => {
    meter.grant(fuel);
    attempt(() => {
      const made = compiled(TOOLS)(parameters);
      if (typeof made !== 'object' || made === null) throw new TypeError('createStrategy returned no object');
      strategy = made as Record<string, unknown>;
      callbacks = [];
      for (const name of CALLBACKS) {
        const callback = strategy[name];
        if (callback !== undefined && typeof callback !== 'function')
          throw new TypeError(name + ' is no function');
        callbacks[callbacks.length] = (callback as Callable | undefined) ?? null;
      }
      return undefined;
    });
    for (const callback of callbacks) cursor.put(callback === null ? 0 : 1);
    return dispatch;
  };
}

/** One callback: which, and with what, is in the channel. */
function dispatch(): void {
  cursor.rewind();
  const number = cursor.take();
  meter.grant(cursor.take());
  const name = CALLBACKS[number];
  fuelOfShowing = FUEL_PER_CALLBACK;
  const given: unknown[] =
    name === 'initialize'
      ? [takeConfig()]
      : name === 'onOrderUpdate'
        ? [takeUpdate(), takeState()]
        : [takeState()];
  const isAnswered = name !== 'initialize' && name !== 'onSimulationEnd';
  attempt(() => {
    meter.charge(ceil(fuelOfShowing));
    return apply(callbacks[number]!, strategy, given);
  }, isAnswered);
}

/** Writes how it ended, what it used and, when it is asked for, what it returned. */
function attempt(call: () => unknown, isAnswered = false): void {
  const known = names.length;
  const actions: number[] = [];
  let length = 0;
  let status = DONE;
  let message = '';
  try {
    const answer = call();
    if (isAnswered) length = encode(answer, actions);
  } catch (thrown) {
    status = THREW;
    try {
      status = meter.verdictOn(thrown);
      if (status === THREW) message = messageOf(thrown);
    } catch {
      message = 'something that cannot be printed';
    }
  }
  // What was caught where nobody looks ended it all the same.
  if (status === DONE) status = meter.verdict();
  cursor.rewind();
  cursor.put(status);
  cursor.put(meter.used());
  cursor.putText(message);
  cursor.put(names.length - known);
  for (let i = known; i < names.length; i++) cursor.putText(names[i]!);
  cursor.put(length);
  for (let i = 0; i < actions.length; i++) cursor.put(actions[i]!);
}

function messageOf(thrown: unknown): string {
  return meter.entered(() => String(thrown instanceof Error ? thrown.message : thrown));
}

// ------------------------------------------------------------------------------------------------- what it is shown

function takeConfig(): AgentConfig {
  return freeze({
    startingCash: cursor.take(),
    symbol: cursor.takeText()!,
    latencyNs: cursor.take(),
    date: cursor.takeText()!,
    marketOpenNs: cursor.take(),
    marketCloseNs: cursor.take(),
    targetInventory: cursor.take(),
  });
}

function takeUpdate(): OrderUpdate {
  return {
    orderId: cursor.take(),
    id: takeName(),
    status: STATUSES[cursor.take()]!,
    side: SIDE_CODES[cursor.take()] ?? null,
    timestampNs: cursor.take(),
    fillPrice: cursor.takeNullable(),
    fillQuantity: cursor.take(),
    isMaker: cursor.take() === 1,
    openQuantity: cursor.take(),
    reason: cursor.take() === 1 ? cursor.takeText() : null,
  };
}

function takeName(): string | null {
  return names[cursor.take()] ?? null;
}

function takeState(): MarketState {
  const state = {
    timestampNs: cursor.take(),
    timeRemainingNs: cursor.take(),
    isMarketClosed: cursor.take() === 1,
    bestBid: cursor.takeNullable(),
    bestAsk: cursor.takeNullable(),
    midPrice: cursor.takeNullable(),
    spread: cursor.takeNullable(),
    lastTrade: cursor.takeNullable(),
    bidLiquidity: cursor.take(),
    askLiquidity: cursor.take(),
    inventory: cursor.take(),
    cash: cursor.take(),
    portfolioValue: cursor.take(),
    unrealizedPnl: cursor.take(),
    realizedPnl: cursor.take(),
    bidDepth: (bids = takeLevels(bids)),
    askDepth: (asks = takeLevels(asks)),
    openOrders: (openOrders = takeOrders(openOrders)),
  };
  return state;
}

function takeLevels(before: readonly PriceLevel[]): readonly PriceLevel[] {
  const count = cursor.take();
  if (count === UNCHANGED) return before;
  fuelOfShowing += count;
  const levels: PriceLevel[] = [];
  for (let i = 0; i < count; i++) levels[i] = freeze([cursor.take(), cursor.take()] as const);
  return freeze(levels);
}

function takeOrders(before: readonly OpenOrder[]): readonly OpenOrder[] {
  const count = cursor.take();
  if (count === UNCHANGED) return before;
  // As many as before at both ends; only those between have changed.
  const first = cursor.take();
  const last = cursor.take();
  fuelOfShowing += (count - first - last) * FUEL_PER_ORDER + (first + last) / ORDERS_KEPT_PER_FUEL;
  const orders: OpenOrder[] = [];
  for (let i = 0; i < first; i++) orders[i] = before[i]!;
  for (let i = first; i < count - last; i++)
    orders[i] = freeze({
      orderId: cursor.take(),
      id: takeName(),
      side: SIDE_CODES[cursor.take()]!,
      orderType: ORDER_TYPES[cursor.take()]!,
      price: cursor.takeNullable(),
      openQuantity: cursor.take(),
      filledQuantity: cursor.take(),
      status: OPEN_STATUSES[cursor.take()]!,
    });
  const moved = before.length - count;
  for (let i = count - last; i < count; i++) orders[i] = before[i + moved]!;
  return freeze(orders);
}

// ----------------------------------------------------------------------------------------------- what it asks for

/** @returns the length of the list, of which no more than can be carried out is written */
function encode(answer: unknown, into: number[]): number {
  if (!isArray(answer)) return NO_LIST;
  const { length } = answer;
  for (let i = 0; i < length && i < MOST_SENT; i++) {
    meter.loop(1);
    encodeAction(answer[i], into);
  }
  return length;
}

function encodeAction(action: unknown, into: number[]): void {
  if (typeof action !== 'object' || action === null) {
    into[into.length] = WRONG;
    return;
  }
  const fields = action as Record<string, unknown>;
  const type = placeOf(fields.actionType, ACTION_TYPES);
  if (type < 0) {
    into[into.length] = WRONG;
    return;
  }
  const expected = ACTION_FIELDS[ACTION_TYPES[type]!] as readonly ActionField[];
  into[into.length] = type;
  into[into.length] = hasOthers(fields, expected) ? 1 : 0;
  for (let i = 0; i < expected.length; i++)
    into[into.length] = encodeField(fields[expected[i]!], expected[i]!);
}

function hasOthers(fields: Record<string, unknown>, expected: readonly string[]): boolean {
  const given = keys(fields);
  meter.charge(given.length);
  for (let i = 0; i < given.length; i++)
    if (given[i] !== 'actionType' && placeOf(given[i], expected) < 0) return true;
  return false;
}

function encodeField(value: unknown, field: ActionField): number {
  if (value === undefined) return ABSENT;
  const kind = FIELD_KINDS[field];
  if (kind === 'number') return typeof value === 'number' && value - value === 0 ? value : WRONG;
  if (kind === 'boolean') return typeof value === 'boolean' ? (value ? 1 : 0) : WRONG;
  if (kind === 'name') return numberOf(value);
  const code = placeOf(value, kind);
  return code < 0 ? WRONG : code;
}

/** Its place in a list; below 0 when it is not there. */
function placeOf(value: unknown, words: readonly string[]): number {
  for (let i = 0; i < words.length; i++) if (words[i] === value) return i;
  return -1;
}

/** Longer names than the market takes are not sent. */
const MOST_NAME = 64;

function numberOf(name: unknown): number {
  if (typeof name !== 'string' || name.length === 0 || name.length > MOST_NAME) return WRONG;
  if (!hasOwn(numberOfName, name)) {
    numberOfName[name] = names.length;
    names[names.length] = name;
  }
  return numberOfName[name] ?? NAMELESS;
}

(globalThis as unknown as { mercatoHeap: typeof open }).mercatoHeap = open;
