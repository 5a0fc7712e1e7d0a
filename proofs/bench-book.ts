// `npm run bench:book`: the order book alone. A million operations (70 % limit orders near a drifting mid, 20 % cancels of
// live orders, 10 % market orders) by this book and by `nodejs-order-book`, the fastest one on npm, in turns and in one
// process; then the same mix with deep queues by this book. The result is ratios; all end with the same best prices.
import os from 'node:os';
import { parseArgs } from 'node:util';
import { OrderBook as OtherBook } from 'nodejs-order-book';
import { median } from '../domain/descriptive-statistics.ts';
import { RandomKey } from '../domain/random.ts';
import { Draws } from '../domain/market/draws.ts';
import { EVENT_STRIDE, FILLED, OrderBook } from '../domain/market/order-book.ts';
import { BUY, SELL } from '../domain/market/order.ts';
import type { SideCode } from '../domain/market/order.ts';
import { runProof, say } from './run.ts';

const LIMIT = 0;
const CANCEL = 1;
const MARKET = 2;
/** Numbers in one operation: type, order, side, quantity, price. */
const STRIDE = 5;
const START_CENTS = 100_000;
/** Chance that the mid goes a cent up, and as much that it goes down, before each operation. */
const DRIFT = 0.05;
/** Cents behind the mid: about 1,000 and about 231,000 orders rest at the end. */
const NEAR = 8;
const DEEP = 150;

export type Flow = { readonly operations: Int32Array; readonly count: number; readonly resting: number };

/**
 * @param depth how far behind the mid a limit order may be, in cents; before it, it is at most three
 * @returns operations whose cancels are of orders that rest then
 */
export function makeFlow(count: number, depth: number): Flow {
  const draws = new Draws([RandomKey.of('bench book').at(depth)]);
  const operations = new Int32Array(count * STRIDE);
  const book = new OrderBook();
  const live: number[] = [];
  let mid = START_CENTS;
  for (let n = 0; n < count; n++) {
    const draw = (purpose: number): number => draws.uniform(0, purpose, n);
    mid += draw(0) < DRIFT ? -1 : draw(0) > 1 - DRIFT ? 1 : 0;
    const side: SideCode = draw(1) < 0.5 ? BUY : SELL;
    const quantity = 1 + Math.floor(100 * draw(2));
    const offset = Math.floor((depth + 4) * draw(3)) - 3;
    const at = n * STRIDE;
    const kind = draw(4);
    let type = kind < 0.7 ? LIMIT : kind < 0.9 ? CANCEL : MARKET;
    let order = n;
    if (type === CANCEL) {
      const found = takeLive(live, book, draw(5));
      if (found === null) type = LIMIT;
      else order = found;
    }
    const price = side === BUY ? mid - offset : mid + offset;
    operations.set([type, order, side, quantity, price], at);
    if (type === LIMIT) {
      book.limit(order, 0, side, quantity, price);
      live.push(order);
    } else if (type === CANCEL) book.cancel(order);
    else book.market(order, 0, side, quantity);
  }
  const resting = [...book.orders(BUY)].length + [...book.orders(SELL)].length;
  return { operations, count, resting };
}

/** An order that rests, drawn from those that were entered; those that are found closed are dropped. */
function takeLive(live: number[], book: OrderBook, u: number): number | null {
  while (live.length > 0) {
    const at = Math.floor(u * live.length);
    const order = live[at]!;
    live[at] = live.at(-1)!;
    live.pop();
    if (book.openQuantity(order) > 0) return order;
  }
  return null;
}

type Result = {
  readonly seconds: number;
  readonly fills: number;
  readonly bid: number;
  readonly ask: number;
};

export function runOurs({ operations, count }: Flow): Result {
  const book = new OrderBook();
  let fills = 0;
  const start = performance.now();
  for (let at = 0; at < count * STRIDE; at += STRIDE) {
    const order = operations[at + 1]!;
    const side = operations[at + 2] as SideCode;
    const quantity = operations[at + 3]!;
    switch (operations[at]) {
      case LIMIT:
        book.limit(order, 0, side, quantity, operations[at + 4]!);
        break;
      case CANCEL:
        book.cancel(order);
        break;
      default:
        book.market(order, 0, side, quantity);
    }
    const { events, eventCount } = book;
    for (let event = 0; event < eventCount; event++) if (events[event * EVENT_STRIDE] === FILLED) fills += 1;
  }
  const seconds = (performance.now() - start) / 1000;
  return { seconds, fills, bid: book.bestVisiblePrice(BUY), ask: book.bestVisiblePrice(SELL) };
}

export function runOther({ operations, count }: Flow): Result {
  const book = new OtherBook();
  // Ids are strings there; making them is not measured.
  const ids = Array.from({ length: count }, (_, order) => String(order));
  const sides = ['buy', 'sell'] as ('buy' | 'sell')[];
  let fills = 0;
  const start = performance.now();
  for (let at = 0; at < count * STRIDE; at += STRIDE) {
    const id = ids[operations[at + 1]!]!;
    const side = sides[operations[at + 2]!]! as never;
    const size = operations[at + 3]!;
    switch (operations[at]) {
      case LIMIT: {
        const { done, partial } = book.limit({ id, side, size, price: operations[at + 4]! });
        fills += done.length + (partial === null ? 0 : 1);
        break;
      }
      case CANCEL:
        book.cancel(id);
        break;
      default:
        book.market({ side, size });
    }
  }
  const seconds = (performance.now() - start) / 1000;
  const [asks, bids] = book.depth();
  return { seconds, fills, bid: bids[0]![0], ask: Math.min(...asks.map(([price]) => price)) };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      operations: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  });
  const [operations, rounds] = [values.operations, values.rounds].map(Number);
  if (![operations, rounds].every((value) => Number.isInteger(value) && value! > 0)) {
    process.stderr.write('bench:book [--operations N] [--rounds N] [--json]: whole numbers above 0.\n');
    return 2;
  }
  const near = makeFlow(operations!, NEAR);
  const deep = makeFlow(operations!, DEEP);
  say(`${near.resting} orders rest at the end of the first flow, ${deep.resting} at the end of the deep one`);
  for (const flow of [near, deep]) for (let i = 0; i < 3; i++) runOurs(flow);
  const rates = { ours: [] as number[], other: [] as number[], deep: [] as number[] };
  let isSame = true;
  for (let round = 1; round <= rounds!; round++) {
    const ours = runOurs(near);
    const other = runOther(near);
    const behind = runOurs(deep);
    isSame &&= ours.bid === other.bid && ours.ask === other.ask;
    rates.ours.push(operations! / ours.seconds);
    rates.other.push(operations! / other.seconds);
    rates.deep.push(operations! / behind.seconds);
    say(
      `round ${round}: ${millions(rates.ours.at(-1)!)}, npm ${millions(rates.other.at(-1)!)}, deep ${millions(rates.deep.at(-1)!)}`,
    );
  }
  const result = {
    sandbox: `Node ${process.version}, ${os.availableParallelism()} CPUs, ${process.platform} ${process.arch}`,
    operations,
    operationsPerSecond: median(rates.ours),
    otherOperationsPerSecond: median(rates.other),
    timesOther: median(rates.ours.map((rate, i) => rate / rates.other[i]!)),
    deepOperationsPerSecond: median(rates.deep),
    deepShare: median(rates.deep.map((rate, i) => rate / rates.ours[i]!)),
    isSame,
  };
  process.stdout.write(`${values.json ? JSON.stringify(result) : render(result)}\n`);
  return isSame ? 0 : 1;
}

type Summary = {
  sandbox: string;
  operationsPerSecond: number;
  otherOperationsPerSecond: number;
  timesOther: number;
  deepOperationsPerSecond: number;
  deepShare: number;
  isSame: boolean;
};

function render(result: Summary): string {
  return [
    result.sandbox,
    `this book            ${millions(result.operationsPerSecond)}`,
    `nodejs-order-book    ${millions(result.otherOperationsPerSecond)}`,
    `ratio                ${result.timesOther.toFixed(1)} ×`,
    `with deep queues     ${millions(result.deepOperationsPerSecond)}, ${result.deepShare.toFixed(2)} of it`,
    result.isSame ? 'Both end with the same best prices.' : 'They do NOT end with the same best prices.',
  ].join('\n');
}

function millions(rate: number): string {
  return `${(rate / 1e6).toFixed(2)} M operations/s`;
}

if (require.main === module) runProof(main);
