// Replays a script of requests against the order book and says how it ends: the book, the executions, each order's
// fate. Meant for other programs and for trying the matching rules by hand, so ids are strings and the words short.
import { z } from 'zod';
import { InvalidInputError } from '../errors.ts';
import { CANCELLED, EVENT_STRIDE, FILLED, OrderBook, REJECTED, REPLACED } from './order-book.ts';
import type { RestingOrder } from './order-book.ts';
import {
  BUY,
  HIDDEN,
  INSERT_BY_ID,
  POST_ONLY,
  PRICE_TO_COMPLY,
  REJECT_REASONS,
  SELL,
  TIMES_IN_FORCE,
} from './order.ts';
import type { RejectReason, SideCode } from './order.ts';

const id = z.string();
const side = z.enum(['bid', 'ask']);
// Any number: what is no whole number above 0 is the order's fault, and the book's to refuse, not the script's.
const qty = z.number();
const price = z.number();

const LimitOrder = z.object({
  op: z.literal('limit'),
  id,
  side,
  qty,
  price,
  tif: z.string().toLowerCase().pipe(z.enum(TIMES_IN_FORCE)).default('gtc'),
  hidden: z.boolean().default(false),
  post_only: z.boolean().default(false),
  price_to_comply: z.boolean().default(false),
  insert_by_id: z.boolean().default(false),
  owner: z.union([z.number(), z.string()]).optional(),
});
type LimitOrder = z.infer<typeof LimitOrder>;

const Operation = z.discriminatedUnion('op', [
  LimitOrder,
  z.object({ op: z.literal('market'), id, side, qty }),
  z.object({ op: z.literal('cancel'), id }),
  z.object({ op: z.literal('partial_cancel'), id, qty }),
  z.object({ op: z.literal('modify'), id, qty, price: price.optional() }),
  z.object({ op: z.literal('replace'), oldId: id, newId: id, side, qty, price }),
  z.object({ op: z.literal('stop'), id, side, qty, stop: price }),
  /** The session ends: day orders leave. */
  z.object({ op: z.literal('close') }),
  /** One nanosecond past the close: from here on every request is refused. */
  z.object({ op: z.literal('after_close') }),
]);
type Operation = z.infer<typeof Operation>;

/** Keys that it does not name are left alone, so that a script may carry notes. */
export const BookScript = z.object({
  /** Entered first; what they trade among themselves is forgotten. */
  initial: z.array(LimitOrder.extend({ op: z.literal('limit').default('limit') })).default([]),
  ops: z.array(Operation),
  /** How many levels of each side are told. @default all */
  depth: z.int().nonnegative().optional(),
});
export type BookScript = z.infer<typeof BookScript>;

type Level = [price: number, qty: number];
type Execution = { maker: string; taker: string; price: number; qty: number };
type OrderFate = {
  status: 'open' | 'filled' | 'cancelled' | 'rejected';
  filled: number;
  open: number;
  reason?: RejectReason;
};

export type ReplayedBook = {
  bids: Level[];
  asks: Level[];
  executions: Execution[];
  bids_l3: [price: number, sizes: number[]][];
  asks_l3: [price: number, sizes: number[]][];
  hidden_bids: Level[];
  hidden_asks: Level[];
  orders: Record<string, OrderFate>;
  l1: { bid: Level | null; ask: Level | null };
  last_trade: number | null;
  imbalance: { value: number; side: 'bid' | 'ask' | null };
  traded_volume: { buy: number; sell: number };
};

/** @returns a script, or several, as it stands in a file. What does not fit is said with its place. */
export function parseBookScripts(text: string): BookScript | BookScript[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    throw new InvalidInputError(`Not JSON: ${(cause as Error).message}`, { cause });
  }
  const result = (Array.isArray(given) ? z.array(BookScript) : BookScript).safeParse(given);
  if (!result.success) throw new InvalidInputError(`Not a script:\n${z.prettifyError(result.error)}`);
  return result.data;
}

export function replayBook({ initial, ops, depth = Infinity }: BookScript): ReplayedBook {
  const replay = new Replay();
  for (const order of initial) replay.run(order);
  replay.forgetHistory();
  for (const operation of ops) replay.run(operation);
  return replay.result(depth);
}

/** What the book answers about an order that nobody entered. */
const UNKNOWN = -1;

class Replay {
  private readonly book = new OrderBook();
  private isClosed = false;
  private executions: Execution[] = [];
  // The book's numbers of orders and owners are positions in the order of their first appearance.
  private readonly numbers = new Map<string, number>();
  private readonly ids: string[] = [];
  private readonly fates: Omit<OrderFate, 'open'>[] = [];
  private readonly owners = new Map<number | string | undefined, number>();

  run(operation: Operation): void {
    switch (operation.op) {
      case 'limit':
        return this.enter(operation.id, (order) => this.limit(order, operation));
      case 'market':
        return this.enter(operation.id, (order) =>
          this.book.market(order, 0, sideCode(operation), operation.qty),
        );
      case 'stop':
        return this.enter(operation.id, (order) =>
          this.book.stop(order, 0, sideCode(operation), operation.qty, operation.stop),
        );
      case 'replace':
        return this.enter(operation.newId, (order) => {
          const { oldId, newId, qty, price } = operation;
          const old = this.numberOf(oldId);
          this.book.replace(old, order, sideCode(operation), qty, price, 0, -1, idNumber(newId));
        });
      case 'cancel':
        return this.change(() => this.book.cancel(this.numberOf(operation.id)));
      case 'partial_cancel':
        return this.change(() => this.book.partialCancel(this.numberOf(operation.id), operation.qty));
      case 'modify':
        return this.change(() =>
          this.book.modify(this.numberOf(operation.id), operation.qty, operation.price),
        );
      case 'close':
        return this.endSession();
      case 'after_close':
        // Whoever is past the close has seen it.
        this.endSession();
        this.isClosed = true;
    }
  }

  forgetHistory(): void {
    this.book.forgetHistory();
    this.executions = [];
  }

  result(depth: number): ReplayedBook {
    const { book } = this;
    const bids = levelsOf(book, BUY);
    const asks = levelsOf(book, SELL);
    const { value, side } = book.imbalance();
    const [buy, sell] = book.tradedVolume;
    return {
      bids: bids.slice(0, depth),
      asks: asks.slice(0, depth),
      executions: this.executions,
      bids_l3: queuesOf(book, BUY, false),
      asks_l3: queuesOf(book, SELL, false),
      hidden_bids: queuesOf(book, BUY, true).map(([price, sizes]) => [price, sum(sizes)]),
      hidden_asks: queuesOf(book, SELL, true).map(([price, sizes]) => [price, sum(sizes)]),
      orders: Object.fromEntries(this.ids.map((one, order) => [one, this.fateOf(order)])),
      l1: { bid: bids[0] ?? null, ask: asks[0] ?? null },
      last_trade: book.lastTradeCents === 0 ? null : book.lastTradeCents,
      imbalance: { value, side: side === null ? null : side === BUY ? 'bid' : 'ask' },
      traded_volume: { buy, sell },
    };
  }

  /** A new order. One whose id was used already is not entered: there is no place to tell of it but the first one's. */
  private enter(id: string, send: (order: number) => void): void {
    if (this.numbers.has(id)) return;
    const order = this.ids.length;
    this.numbers.set(id, order);
    this.ids.push(id);
    this.fates.push({ status: 'open', filled: 0 });
    if (this.isClosed) this.reject(order, 'market_closed');
    else this.change(() => send(order));
  }

  private change(send: () => void): void {
    if (this.isClosed) return;
    send();
    this.readEvents();
  }

  private endSession(): void {
    this.book.endSession();
    this.readEvents();
  }

  private limit(order: number, { id, side, qty, price, tif, owner, ...flags }: LimitOrder): void {
    if (!this.owners.has(owner)) this.owners.set(owner, this.owners.size);
    const kind =
      TIMES_IN_FORCE.indexOf(tif) |
      (flags.hidden ? HIDDEN : 0) |
      (flags.post_only ? POST_ONLY : 0) |
      (flags.price_to_comply ? PRICE_TO_COMPLY : 0) |
      (flags.insert_by_id ? INSERT_BY_ID : 0);
    this.book.limit(order, this.owners.get(owner)!, sideCode({ side }), qty, price, kind, idNumber(id));
  }

  private readEvents(): void {
    const { events, eventCount } = this.book;
    for (let at = 0; at < eventCount * EVENT_STRIDE; at += EVENT_STRIDE) {
      const [type, order, other, price, qty] = events.subarray(at, at + EVENT_STRIDE) as unknown as number[];
      if (type === FILLED) this.fill(order!, other!, price!, qty!);
      if (type === CANCELLED || type === REPLACED) this.fates[order!]!.status = 'cancelled';
      if (type === REJECTED) this.reject(order!, REJECT_REASONS[other!]!);
    }
  }

  private fill(maker: number, taker: number, price: number, qty: number): void {
    this.executions.push({ maker: this.ids[maker]!, taker: this.ids[taker]!, price, qty });
    this.fates[maker]!.filled += qty;
    this.fates[taker]!.filled += qty;
  }

  private reject(order: number, reason: RejectReason): void {
    this.fates[order] = { status: 'rejected', filled: 0, reason };
  }

  /** What was neither cancelled nor rejected, and is not open any more, has been filled. */
  private fateOf(order: number): OrderFate {
    const { status, filled, ...rest } = this.fates[order]!;
    const open = this.book.openQuantity(order);
    return { status: status === 'open' && open === 0 ? 'filled' : status, filled, open, ...rest };
  }

  private numberOf(id: string): number {
    return this.numbers.get(id) ?? UNKNOWN;
  }
}

function sideCode({ side }: { side: 'bid' | 'ask' }): SideCode {
  return side === 'bid' ? BUY : SELL;
}

/** What insert-by-id compares; NaN when the id is no number. */
function idNumber(id: string): number {
  const number = id.trim() === '' ? NaN : Number(id);
  return Number.isFinite(number) ? number : NaN;
}

function levelsOf(book: OrderBook, side: SideCode): Level[] {
  const numbers: number[] = [];
  const count = book.readLevels(side, Infinity, numbers);
  return Array.from({ length: count }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!]);
}

/** Sizes at each price in the order of the queue, of visible or of hidden orders. */
function queuesOf(book: OrderBook, side: SideCode, hidden: boolean): [price: number, sizes: number[]][] {
  const queues = new Map<number, number[]>();
  for (const { priceCents, quantity, isHidden } of book.orders(side) as Iterable<RestingOrder>) {
    if (isHidden !== hidden) continue;
    const sizes = queues.get(priceCents) ?? [];
    sizes.push(quantity);
    queues.set(priceCents, sizes);
  }
  return [...queues];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
