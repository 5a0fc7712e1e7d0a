// What the matching rules mean together: laws that hold after any requests, and a million requests that the book and
// the naive book answer alike.
import fc from 'fast-check';
import { describeEvents, NaiveBook } from '../../tests/naive-book.ts';
import {
  ACCEPTED,
  CANCELLED,
  EVENT_STRIDE,
  FILLED,
  MODIFIED,
  OrderBook,
  PARTIAL_CANCELLED,
  REFUSED,
  REJECTED,
  REPLACED,
  STOP_TRIGGERED,
} from './order-book.ts';
import type { OrderBookOptions, RestingOrder } from './order-book.ts';
import {
  BUY,
  DAY,
  FOK,
  GTC,
  HIDDEN,
  INSERT_BY_ID,
  IOC,
  MAX_PRICE_CENTS,
  MAX_QUANTITY,
  POST_ONLY,
  PRICE_TO_COMPLY,
  SELF_TRADE_PREVENTIONS,
  SELL,
} from './order.ts';
import type { SelfTradePrevention, SideCode } from './order.ts';

type Entry = { owner: number; side: SideCode; quantity: number };
/** A request, except for the number of the order that it enters. */
type Request =
  | ({ type: 'limit'; price: number; kind: number; sortKey: number } & Entry)
  | ({ type: 'market' } & Entry)
  | ({ type: 'stop'; price: number } & Entry)
  | { type: 'cancel'; target: number; asker: number }
  | { type: 'partial_cancel'; target: number; asker: number; quantity: number }
  | { type: 'modify'; target: number; asker: number; quantity: number; price: number | undefined }
  | ({ type: 'replace'; target: number; asker: number; price: number; kind: number; sortKey: number } & Entry)
  | { type: 'end_session' };

function send(book: OrderBook | NaiveBook, request: Request, order: number): void {
  switch (request.type) {
    case 'limit': {
      const { owner, side, quantity, price, kind, sortKey } = request;
      return book.limit(order, owner, side, quantity, price, kind, sortKey);
    }
    case 'market':
      return book.market(order, request.owner, request.side, request.quantity);
    case 'stop':
      return book.stop(order, request.owner, request.side, request.quantity, request.price);
    case 'cancel':
      return book.cancel(request.target, request.asker);
    case 'partial_cancel':
      return book.partialCancel(request.target, request.quantity, request.asker);
    case 'modify':
      return book.modify(request.target, request.quantity, request.price, request.asker);
    case 'replace': {
      const { target, side, quantity, price, kind, asker, sortKey } = request;
      return book.replace(target, order, side, quantity, price, kind, asker, sortKey);
    }
    case 'end_session':
      return book.endSession();
  }
}

type BookEvent = { type: number; order: number; other: number; price: number; quantity: number };

function eventsOf({ events, eventCount }: OrderBook): BookEvent[] {
  return Array.from({ length: eventCount }, (_, i) => {
    const [type, order, other, price, quantity] = events.subarray(i * EVENT_STRIDE, (i + 1) * EVENT_STRIDE);
    return { type: type!, order: order!, other: other!, price: price!, quantity: quantity! };
  });
}

// ------------------------------------------------------------------------------------------ a book made of events

type Place = { order: number; price: number; isHidden: boolean };
type Known = { side: SideCode; kind: number; sortKey: number; isStop: boolean };

/** A book that knows nothing but what was entered and the events: they have to be enough to rebuild it. */
class Replica {
  readonly known = new Map<number, Known>();
  private readonly open = new Map<number, number>();
  private readonly waiting = new Map<number, number>();
  private places: Place[] = [];
  private readonly tick: number;

  constructor(tick: number) {
    this.tick = tick;
  }

  take({ type, order, other, price, quantity }: BookEvent): void {
    switch (type) {
      case ACCEPTED:
        if (this.known.get(order)!.isStop) this.waiting.set(order, quantity);
        else this.rest(order, price, quantity);
        break;
      case FILLED:
        this.reduce(order, quantity);
        // A taker that rests has been modified, and has left its place.
        this.drop(other);
        break;
      case CANCELLED:
      case STOP_TRIGGERED:
        this.drop(order);
        break;
      case PARTIAL_CANCELLED:
        // Without a price it is a taker's, which has left its place.
        if (price === 0) this.drop(order);
        else this.reduce(order, quantity);
        break;
      case MODIFIED:
        this.modify(order, price, quantity);
        break;
      case REPLACED:
        this.drop(order);
        if (quantity > 0) this.rest(other, price, quantity);
        break;
      default:
    }
  }

  openQuantity(order: number): number {
    return this.open.get(order) ?? this.waiting.get(order) ?? 0;
  }

  orders(side: SideCode): Omit<RestingOrder, 'owner'>[] {
    return this.places
      .filter(({ order }) => this.known.get(order)!.side === side)
      .sort(
        (a, b) =>
          (side === BUY ? b.price - a.price : a.price - b.price) || Number(a.isHidden) - Number(b.isHidden),
      )
      .map(({ order, price, isHidden }) => ({
        order,
        priceCents: price,
        quantity: this.open.get(order)!,
        isHidden,
      }));
  }

  bestVisible(side: SideCode): number | undefined {
    return this.orders(side).find((order) => !order.isHidden)?.priceCents;
  }

  private rest(order: number, price: number, quantity: number): void {
    const { side, kind, sortKey } = this.known.get(order)!;
    this.open.set(order, quantity);
    const place = { order, price, isHidden: (kind & HIDDEN) !== 0 };
    const isInserted = (kind & INSERT_BY_ID) !== 0 && !place.isHidden;
    const before = this.places.findIndex(
      (one) => one.price === price && !one.isHidden && this.known.get(one.order)!.sortKey > sortKey,
    );
    this.places.splice(isInserted && before >= 0 ? before : this.places.length, 0, place);
    const better = side === BUY ? price + this.tick : price - this.tick;
    if ((kind & PRICE_TO_COMPLY) !== 0) this.places.push({ order, price: better, isHidden: true });
  }

  private modify(order: number, price: number, quantity: number): void {
    // The first place is the order's own, a second one that of its hidden twin, a tick beside.
    const place = this.places.find((one) => one.order === order);
    if (this.waiting.has(order)) this.waiting.set(order, quantity);
    else if (place?.price === price && quantity <= this.open.get(order)!) this.open.set(order, quantity);
    else {
      this.drop(order);
      // It goes to the back, wherever its id would have put it.
      const { kind, ...known } = this.known.get(order)!;
      this.known.set(order, { ...known, kind: kind & ~INSERT_BY_ID });
      if (quantity > 0) this.rest(order, price, quantity);
    }
  }

  private reduce(order: number, quantity: number): void {
    const quantities = this.waiting.has(order) ? this.waiting : this.open;
    const left = quantities.get(order)! - quantity;
    if (left === 0) this.drop(order);
    else quantities.set(order, left);
  }

  private drop(order: number): void {
    this.open.delete(order);
    this.waiting.delete(order);
    this.places = this.places.filter((place) => place.order !== order);
  }
}

// ------------------------------------------------------------------------------------------------- any few requests

const sides = fc.constantFrom<SideCode[]>(BUY, SELL);
const owners = fc.nat({ max: 2 });
const quantities = fc.integer({ min: 1, max: 12 });
const prices = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 508, max: 516 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 2, 99_999, MAX_PRICE_CENTS) },
);
const kinds = fc.oneof(
  { weight: 3, arbitrary: fc.constant(GTC) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(GTC, IOC, FOK, DAY),
        fc.subarray([HIDDEN, POST_ONLY, PRICE_TO_COMPLY, INSERT_BY_ID]),
      )
      .map(([timeInForce, flags]) => flags.reduce((kind, flag) => kind | flag, timeInForce)),
  },
);
const sortKeys = fc.integer({ min: 1, max: 9 });
// Not more orders than a run has, so that most targets were entered at some time.
const targets = fc.integer({ min: 1, max: 40 });
const askers = fc.oneof({ weight: 5, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: owners });
const entry = { owner: owners, side: sides, quantity: quantities };
const change = { target: targets, asker: askers };
const type = <T extends string>(name: T) => ({ type: fc.constant(name) });

const requests: fc.Arbitrary<Request> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ ...type('limit'), ...entry, price: prices, kind: kinds, sortKey: sortKeys }),
  },
  { weight: 2, arbitrary: fc.record({ ...type('market'), ...entry }) },
  { weight: 2, arbitrary: fc.record({ ...type('stop'), ...entry, price: prices }) },
  { weight: 1, arbitrary: fc.record({ ...type('cancel'), ...change }) },
  { weight: 2, arbitrary: fc.record({ ...type('partial_cancel'), ...change, quantity: quantities }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...type('modify'),
      ...change,
      quantity: quantities,
      price: fc.option(prices, { nil: undefined }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      ...type('replace'),
      ...change,
      ...entry,
      price: prices,
      kind: kinds,
      sortKey: sortKeys,
    }),
  },
  { weight: 1, arbitrary: fc.record(type('end_session')) },
);
const options: fc.Arbitrary<OrderBookOptions> = fc.record({
  selfTradePrevention: fc.constantFrom(...SELF_TRADE_PREVENTIONS),
});

type Moment = {
  readonly book: OrderBook;
  readonly request: Request;
  /** The number that the request's order would get. */
  readonly order: number;
  readonly events: readonly BookEvent[];
  /** Open quantities before the request. */
  readonly openBefore: ReadonlyMap<number, number>;
};

/** An order is moved to the price at which its hidden twin stood. */
const ONTO_ITS_TWIN: Request[] = [
  { type: 'limit', owner: 0, side: BUY, quantity: 1, price: 510, kind: PRICE_TO_COMPLY, sortKey: 1 },
  { type: 'modify', target: 1, asker: -1, quantity: 1, price: 511 },
];

/** Sends any requests to a book, one by one, and looks at what comes of each. */
function forAnyRequests(startLooking: (options: OrderBookOptions) => (moment: Moment) => void): void {
  fc.assert(
    fc.property(options, fc.array(requests, { maxLength: 60, size: 'max' }), (given, all) => {
      const book = new OrderBook(given);
      const look = startLooking(given);
      all.forEach((request, i) => {
        const order = i + 1;
        const openBefore = new Map(all.map((_, j) => [j + 1, book.openQuantity(j + 1)]));
        send(book, request, order);
        look({ book, request, order, events: eventsOf(book), openBefore });
      });
    }),
    { numRuns: 150, examples: [[{ selfTradePrevention: 'off' }, ONTO_ITS_TWIN]] },
  );
}

function isEntry(request: Request): request is Extract<Request, Entry> {
  return 'side' in request;
}

function knownOf(request: Extract<Request, Entry>): Known {
  const { kind = GTC, sortKey = 0 } = 'kind' in request ? request : {};
  return { side: request.side, kind, sortKey, isStop: request.type === 'stop' };
}

describe('for any requests,', () => {
  test('the visible book is not crossed after any event', () => {
    forAnyRequests(() => {
      const replica = new Replica(1);
      return ({ request, order, events }) => {
        if (isEntry(request)) replica.known.set(order, knownOf(request));
        for (const event of events) {
          replica.take(event);
          const bid = replica.bestVisible(BUY) ?? 0;
          const ask = replica.bestVisible(SELL) ?? Infinity;
          expect(bid).toBeLessThan(ask);
        }
      };
    });
  });

  test('replaying the events rebuilds the book', () => {
    forAnyRequests(() => {
      const replica = new Replica(1);
      return ({ book, request, order, events }) => {
        if (isEntry(request)) replica.known.set(order, knownOf(request));
        events.forEach((event) => replica.take(event));
        for (const side of [BUY, SELL] as const) {
          const resting = Array.from(book.orders(side), ({ owner: _, ...rest }) => rest);
          expect(resting).toEqual(replica.orders(side));
        }
        const orders = Array.from({ length: order }, (_, i) => i + 1);
        expect(orders.map((one) => book.openQuantity(one))).toEqual(
          orders.map((one) => replica.openQuantity(one)),
        );
      };
    });
  });

  test('as much is bought as is sold, and counted as the taker’s', () => {
    forAnyRequests(() => {
      const sideOf = new Map<number, SideCode>();
      const filled = new Map<number, number>();
      const taken = [0, 0] as [number, number];
      const add = (order: number, quantity: number): void => {
        filled.set(order, (filled.get(order) ?? 0) + quantity);
      };
      return ({ book, request, order, events }) => {
        if (isEntry(request)) sideOf.set(order, request.side);
        for (const { order: maker, other: taker, quantity } of events.filter(({ type }) => type === FILLED)) {
          expect(quantity).toBeGreaterThan(0);
          add(maker, quantity);
          add(taker, quantity);
          taken[sideOf.get(taker)!] += quantity;
        }
        const of = (side: SideCode): number =>
          [...filled].reduce((sum, [one, quantity]) => sum + (sideOf.get(one) === side ? quantity : 0), 0);
        expect(of(BUY)).toBe(of(SELL));
        expect(book.tradedVolume).toEqual(taken);
      };
    });
  });

  test('what is open of an order is what was entered less what was filled and cancelled, and never negative', () => {
    forAnyRequests(() => {
      const expected = new Map<number, number>();
      const add = (order: number, quantity: number): void => {
        expected.set(order, (expected.get(order) ?? 0) + quantity);
      };
      return ({ book, request, order, events, openBefore }) => {
        const isRefused = events.some(({ type }) => type === REFUSED || type === REJECTED);
        if (isEntry(request) && !isRefused) add(order, request.quantity);
        // A modified quantity is entered anew.
        if (request.type === 'modify' && !isRefused)
          add(request.target, request.quantity - openBefore.get(request.target)!);
        for (const { type, order: one, other, quantity } of events) {
          if (type === FILLED || type === CANCELLED || type === PARTIAL_CANCELLED) add(one, -quantity);
          if (type === FILLED) add(other, -quantity);
          if (type === REPLACED) add(one, -openBefore.get(one)!);
        }
        const orders = Array.from({ length: order }, (_, i) => i + 1);
        const open = orders.map((one) => book.openQuantity(one));
        expect(open).toEqual(orders.map((one) => expected.get(one) ?? 0));
        expect(open.filter((quantity) => quantity < 0)).toEqual([]);
      };
    });
  });

  test('an order is in one place, or in the two of a price-to-comply order', () => {
    forAnyRequests(() => {
      const kindOf = new Map<number, number>();
      return ({ book, request, order }) => {
        if (isEntry(request)) kindOf.set(order, knownOf(request).kind);
        const places = ([BUY, SELL] as const).flatMap((side) =>
          Array.from(book.orders(side), (place) => ({ side, ...place })),
        );
        for (const one of new Set(places.map((place) => place.order))) {
          const own = places.filter((place) => place.order === one);
          const quantity = book.openQuantity(one);
          expect(own.map((place) => place.quantity)).toEqual(own.map(() => quantity));
          const isPriceToComply = (kindOf.get(one)! & PRICE_TO_COMPLY) !== 0;
          const isHidden = (kindOf.get(one)! & HIDDEN) !== 0;
          const [{ side, priceCents }] = own as [(typeof places)[0]];
          const expected = isPriceToComply
            ? [
                { side, isHidden: true, priceCents },
                { side, isHidden: false, priceCents: side === BUY ? priceCents - 1 : priceCents + 1 },
              ]
            : [{ side, isHidden, priceCents }];
          expect(own).toMatchObject(expected);
          expect(own).toHaveLength(expected.length);
        }
      };
    });
  });

  test('an order that was taken is open or has ended once, and is not heard of after its end', () => {
    forAnyRequests(() => {
      const ended = new Map<number, 'rejected' | 'cancelled' | 'replaced' | 'filled'>();
      return ({ book, request, order, events }) => {
        const named = new Set<number>();
        for (const { type, order: one, other } of events) {
          if (type === REFUSED) continue;
          for (const each of type === FILLED ? [one, other] : [one]) {
            named.add(each);
            if (ended.has(each)) throw new Error(`Order ${each} was ${ended.get(each)} already.`);
          }
          if (type === REJECTED) ended.set(one, 'rejected');
          if (type === CANCELLED) ended.set(one, 'cancelled');
          if (type === REPLACED) ended.set(one, 'replaced');
        }
        if (isEntry(request)) named.add(order);
        // Who was named, is not open, and has not ended otherwise, was filled.
        for (const one of named)
          if (book.openQuantity(one) === 0 && !ended.has(one)) ended.set(one, 'filled');
        const open = [...named].filter((one) => book.openQuantity(one) > 0);
        expect(open.filter((one) => ended.has(one))).toEqual([]);
      };
    });
  });

  test('shares and cash pass from owner to owner and none is lost', () => {
    forAnyRequests(() => {
      const ownerOf = new Map<number, number>();
      const sideOf = new Map<number, SideCode>();
      const shares = [0, 0, 0];
      const cash = [0, 0, 0];
      return ({ book, request, order, events }) => {
        if (isEntry(request)) {
          // A replacing order belongs to whom the old one belonged.
          ownerOf.set(order, request.type === 'replace' ? (ownerOf.get(request.target) ?? 0) : request.owner);
          sideOf.set(order, request.side);
        }
        for (const { type, order: maker, other: taker, price, quantity } of events)
          if (type === FILLED)
            for (const one of [maker, taker]) {
              const sign = sideOf.get(one) === BUY ? 1 : -1;
              shares[ownerOf.get(one)!]! += sign * quantity;
              cash[ownerOf.get(one)!]! -= sign * quantity * price;
            }
        const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b);
        expect([sum(shares), sum(cash)]).toEqual([0, 0]);
        for (const side of [BUY, SELL] as const)
          for (const resting of book.orders(side)) expect(resting.owner).toBe(ownerOf.get(resting.order));
      };
    });
  });

  test('the naive book answers with the same events', () => {
    forAnyRequests((given) => {
      const naive = new NaiveBook(given);
      return ({ book, request, order }) => {
        send(naive, request, order);
        expect(Array.from(book.events.subarray(0, book.eventCount * EVENT_STRIDE))).toEqual(
          naive.events.flat(),
        );
        expectAlike(book, naive);
      };
    });
  });
});

// ------------------------------------------------------------------------------------------- a million requests

/** Whole numbers below a bound. Xorshift32: quick, and good enough to stir a book. */
type Dice = (below: number) => number;

function dice(seed: number): Dice {
  let state = (seed + 1) * 0x9e3779b1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const FAR_APART = [1, 31, 511, 1_023, 16_383, 99_990, 2 ** 20, 2 ** 26 - 3, MAX_PRICE_CENTS - 512];

/** Where the prices of a run lie: in ticks, so that each is a price for any tick size. */
const GROUNDS: Record<string, (roll: Dice) => number> = {
  'close together': (roll) => 1_000 + roll(16),
  'at the borders of words and pages': (roll) => 512 * (31 + roll(3)) - 2 + roll(4),
  'at the bottom': (roll) => 1 + roll(12),
  'far apart': (roll) => FAR_APART[roll(FAR_APART.length)]! + roll(4),
  'at the top': (roll) => MAX_PRICE_CENTS - roll(12),
  'close together, but for some': (roll) =>
    roll(20) === 0 ? 1 + roll(MAX_PRICE_CENTS) : 50_000 + roll(12) + roll(12),
};

function expectAlike(book: OrderBook, naive: NaiveBook): void {
  for (const side of [BUY, SELL] as const) {
    const levels: number[] = [];
    const count = book.readLevels(side, Infinity, levels);
    expect(levels.slice(0, 2 * count)).toEqual(naive.levels(side).flat());
    expect([...book.orders(side)]).toEqual(naive.orders(side));
    expect(book.totalVisible(side)).toBe(naive.totalVisible(side));
    const [best = [0, 0]] = naive.levels(side);
    expect([book.bestVisiblePrice(side), book.bestVisibleQuantity(side)]).toEqual(best);
  }
  expect(book.imbalance()).toEqual(naive.imbalance());
  expect(book.lastTradeCents).toBe(naive.lastTradeCents);
  expect(book.tradedVolume).toEqual(naive.tradedVolume);
  for (const order of naive.openOrders()) expect(book.openQuantity(order)).toBe(naive.openQuantity(order));
}

/** Where a run is, and what its requests are made of. */
type Run = {
  readonly roll: Dice;
  readonly tick: number;
  readonly lot: number;
  readonly priceAt: () => number;
  /** Orders that are open, or were a moment ago. */
  readonly open: readonly number[];
  /** While a book fills, orders stay away from the other side; while it drains, they do not. */
  readonly isFilling: boolean;
};

/** How many in a hundred requests are of a type, up to and including it; the rest are cancels. */
const FILLING = { limit: 75, market: 77, stop: 81, partial_cancel: 85, modify: 92, replace: 96 };
const DRAINING = { limit: 25, market: 40, stop: 42, partial_cancel: 52, modify: 66, replace: 76 };

function anyRequest(run: Run, order: number): Request {
  const { roll, lot, open, isFilling } = run;
  const side = roll(2) as SideCode;
  const owner = roll(4);
  const asker = roll(10) === 0 ? roll(4) : -1;
  const quantity = anyQuantity(roll) * lot;
  const price = anyPrice(run, side);
  const kind = roll(2) === 0 ? GTC : anyKind(roll);
  const sortKey = roll(60) === 0 ? NaN : roll(1_000);
  // Mostly something that is open; now and then what was, or never was.
  const target = open.length > 0 && roll(12) > 0 ? open[roll(open.length)]! : roll(order + 10);
  const die = roll(100);
  const shares = isFilling ? FILLING : DRAINING;
  if (roll(1_500) === 0) return { type: 'end_session' };
  if (die < shares.limit) return { type: 'limit', owner, side, quantity, price, kind, sortKey };
  if (die < shares.market) return { type: 'market', owner, side, quantity };
  if (die < shares.stop) return { type: 'stop', owner, side, quantity, price };
  if (die < shares.partial_cancel) return { type: 'partial_cancel', target, asker, quantity };
  if (die < shares.modify)
    return { type: 'modify', target, asker, quantity, price: roll(3) === 0 ? undefined : price };
  if (die < shares.replace)
    return { type: 'replace', target, asker, owner, side, quantity, price, kind, sortKey };
  return { type: 'cancel', target, asker };
}

function anyPrice({ roll, priceAt, tick, isFilling }: Run, side: SideCode): number {
  if (roll(50) === 0) return [0, -1, 1.5, 1, MAX_PRICE_CENTS + 1][roll(5)]!;
  if (!isFilling || roll(10) === 0) return priceAt() * tick;
  const draws = [priceAt(), priceAt(), priceAt(), priceAt()];
  return (side === BUY ? Math.min(...draws) : Math.max(...draws)) * tick;
}

function anyQuantity(roll: Dice): number {
  if (roll(60) === 0) return [0, -1, 0.5, MAX_QUANTITY, MAX_QUANTITY + 1][roll(5)]!;
  return roll(8) === 0 ? 1 + roll(300) : 1 + roll(20);
}

function anyKind(roll: Dice): number {
  const flags = [HIDDEN, POST_ONLY, PRICE_TO_COMPLY, INSERT_BY_ID].filter(() => roll(3) === 0);
  return flags.reduce((kind, flag) => kind | flag, roll(2) === 0 ? GTC : roll(4));
}

type Comparison = {
  ground: string;
  selfTradePrevention: SelfTradePrevention;
  seed: number;
  requests: number;
  /** How many open orders make a book drain, and how few make it fill again. */
  full: number;
  drained: number;
};

function compareAnswers({ ground, selfTradePrevention, seed, requests, full, drained }: Comparison): void {
  const hasRoom = !['at the top', 'far apart', 'close together, but for some'].includes(ground);
  const tick = seed % 3 === 0 && hasRoom ? 5 : 1;
  const lot = seed % 4 === 0 ? 10 : 1;
  const options = { selfTradePrevention, tickSizeCents: tick, lotSize: lot };
  const [book, naive] = [new OrderBook(options), new NaiveBook(options)];
  const roll = dice(seed);
  const priceAt = (): number => GROUNDS[ground]!(roll);
  let isFilling = true;
  for (let order = 1; order <= requests; order++) {
    const open = naive.openOrders();
    isFilling = isFilling ? open.length < full : open.length < drained;
    const request = anyRequest({ roll, priceAt, tick, lot, open, isFilling }, order);
    // Now and then a number that was used already.
    const number = roll(200) === 0 ? 1 + roll(order) : order;
    send(book, request, number);
    send(naive, request, number);
    if (!isSame(book, naive.events)) throw new Error(differenceOf(book, naive, request, number));
    if (order % 2_000 === 0) expectAlike(book, naive);
  }
  expectAlike(book, naive);
}

describe('the book and the naive book answer alike', () => {
  // A million requests in all.
  const runs = Object.keys(GROUNDS).flatMap((ground) =>
    SELF_TRADE_PREVENTIONS.map((selfTradePrevention) => ({ ground, selfTradePrevention })),
  );

  test.each(runs.map((run, seed) => ({ ...run, seed })))(
    'prices $ground, self-trade prevention $selfTradePrevention (seed $seed)',
    (run) => compareAnswers({ ...run, requests: 33_334, full: 250, drained: 30 }),
    60_000,
  );

  test('when there are thousands of open orders', () => {
    const ground = 'close together, but for some';
    const size = { requests: 15_000, full: 4_000, drained: 3_000 };
    compareAnswers({ ground, selfTradePrevention: 'off', seed: 30, ...size });
  }, 60_000);
});

function isSame({ events, eventCount }: OrderBook, expected: NaiveBook['events']): boolean {
  return (
    eventCount === expected.length &&
    expected.every((event, i) => event.every((field, j) => events[i * EVENT_STRIDE + j] === field))
  );
}

function differenceOf(book: OrderBook, naive: NaiveBook, request: Request, order: number): string {
  const told = describeEvents(book.events, book.eventCount).join('\n  ');
  const expected = describeEvents(naive.events.flat(), naive.events.length).join('\n  ');
  return `${JSON.stringify(request)} as order ${order}\nbook:\n  ${told}\nnaive book:\n  ${expected}`;
}
