// A whole trading day once more, as plainly as possible, in the way in which one would write ABIDES in TypeScript: an
// object for each message and each trader, one heap, a kernel that puts what comes too early back into it, and the
// naive book. Slow, and shares no code with domain/market/ but what is drawn (`Draws`, `Latency`, `drawOrderSize`, the
// fundamental), the mathematics, and the numbers of the book's events. Knows what the presets use: limit, market and
// cancel, spread and volume, and the feed of the imbalance.
import { cubeRoot, exp, expMinusOne } from '../domain/math.ts';
import { RandomKey } from '../domain/random.ts';
import { AGGRESSION, Draws, OBSERVATION, OFFSET, SIDE, WAKE_INTERVAL } from '../domain/market/draws.ts';
import { createFundamental } from '../domain/market/fundamental.ts';
import type { Fundamental } from '../domain/market/fundamental.ts';
import { Latency } from '../domain/market/latency.ts';
import type { MarketConfig } from '../domain/market/market-config.ts';
import { ACCEPTED, CANCELLED, FILLED, REFUSED, REJECTED } from '../domain/market/order-book.ts';
import { BUY, MAX_PRICE_CENTS, SELL, rejectCode } from '../domain/market/order.ts';
import type { SideCode } from '../domain/market/order.ts';
import { NS_PER_SECOND, parseClockTime } from '../domain/market/session-time.ts';
import type { MarketCounts } from '../domain/market/simulate.ts';
import type { MarketMakerConfig } from '../domain/market/traders/market-maker.ts';
import type { MomentumConfig } from '../domain/market/traders/momentum.ts';
import type { NoiseConfig } from '../domain/market/traders/noise.ts';
import { drawOrderSize } from '../domain/market/traders/order-size.ts';
import type { OrderSize } from '../domain/market/traders/order-size.ts';
import type { PovConfig } from '../domain/market/traders/pov.ts';
import type { TraderGroup } from '../domain/market/traders/registry.ts';
import type { ValueConfig } from '../domain/market/traders/value.ts';
import { NaiveBook } from './naive-book.ts';
import type { EventNumbers } from './naive-book.ts';

/** A trade: who rested, and who came. */
export type Fill = {
  readonly timeNs: number;
  readonly maker: string;
  readonly taker: string;
  readonly priceCents: number;
  readonly quantity: number;
};

/** What happened to an order, as the book told it. An order is its owner's name and how many that one had before. */
export type OrderEvent = {
  readonly timeNs: number;
  readonly type: number;
  readonly order: string;
  /** The taker of a fill, else the reason. */
  readonly other: string | number;
  readonly priceCents: number;
  readonly quantity: number;
};

export type NaiveRun = MarketCounts & {
  readonly events: readonly OrderEvent[];
  readonly fillList: readonly Fill[];
};

/** A whole day, as `simulate` of domain/market/simulate.ts. */
export function simulateNaively(config: MarketConfig, seed: number | string): NaiveRun {
  const root = RandomKey.of(String(seed)).at('market');
  const openNs = parseClockTime(config.open);
  const closeNs = parseClockTime(config.close);
  const named = [{ name: 'exchange', type: 'exchange' }, ...namedTraders(config)];
  const latency = new Latency(config.latency, named, root);
  const delays = named.map((_, i) => (i === EXCHANGE ? config.exchangeDelayNs : config.computationDelayNs));
  const kernel = new NaiveKernel(latency, config.latency.type === 'cubic', delays);
  const exchange = new NaiveExchange(
    kernel,
    named.map(({ name }) => name),
    config,
  );
  kernel.participants.set(EXCHANGE, exchange);
  kernel.wakeAt(EXCHANGE, closeNs + 1);
  const fundamental = createFundamental(config.fundamental, root.at('fundamental'), openNs, closeNs);
  let id = 1;
  for (const group of config.traders)
    for (let n = 1; n <= group.count; n++) {
      const draws = new Draws([root.at('trader', named[id]!.name)]);
      const { tickSizeCents: tick, lotSize: lot } = config;
      const world = { kernel, id, draws, openNs, closeNs, fundamental, tick, lot };
      kernel.participants.set(id, createTrader(group, world));
      id += 1;
    }
  kernel.run(closeNs + config.afterCloseSeconds * NS_PER_SECOND);
  return {
    messages: kernel.delivered,
    abidesMessages: kernel.taken,
    orders: exchange.orders,
    cancels: exchange.cancels,
    takers: new Set(exchange.fills.map(({ takerOrder }) => takerOrder)).size,
    fills: exchange.fills.length,
    closingPriceCents: exchange.closingPriceCents,
    events: exchange.history,
    fillList: exchange.fills.map(({ fill }) => fill),
  };
}

/** Name and type of every trader, in the order of the configuration. */
export function namedTraders({ traders }: MarketConfig): { name: string; type: string }[] {
  return traders.flatMap(({ name, type, count }) =>
    Array.from({ length: count }, (_, n) => ({ name: `${name}-${n + 1}`, type })),
  );
}

// ------------------------------------------------------------------------------------------------------- messages

type Request =
  | { type: 'limit_order'; order: number; side: SideCode; quantity: number; priceCents: number }
  | { type: 'market_order'; order: number; side: SideCode; quantity: number }
  | { type: 'cancel_order'; order: number }
  | { type: 'query_spread' }
  | { type: 'query_volume'; lookBackMs: number }
  | { type: 'subscribe_imbalance'; least: number };

type Quote = { priceCents: number; quantity: number };

type Answer =
  | { type: 'order_accepted'; order: number; quantity: number; priceCents: number }
  | {
      type: 'order_executed';
      order: number;
      side: SideCode;
      quantity: number;
      priceCents: number;
      left: number;
    }
  | { type: 'order_cancelled'; order: number; quantity: number }
  | { type: 'order_rejected'; order: number }
  | { type: 'cancel_refused'; order: number }
  | { type: 'spread'; bid: Quote | null; ask: Quote | null }
  | { type: 'volume'; bought: number; sold: number }
  | { type: 'imbalance'; isStart: boolean; side: SideCode };

/** A wake-up has no body. */
type Message = {
  /** When it is to be delivered: later each time that it is put back. */
  time: number;
  /** When it came first. What waits is worked on in the order of its arrival. */
  readonly arrival: number;
  readonly sequence: number;
  readonly from: number;
  readonly to: number;
  readonly body: Request | Answer | null;
};

class MessageHeap {
  private readonly heap: Message[] = [];

  get first(): Message | undefined {
    return this.heap[0];
  }

  push(message: Message): void {
    const { heap } = this;
    let at = heap.push(message) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(heap[at]!, heap[parent]!)) break;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  pop(): Message | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return first;
    heap[0] = last;
    let at = 0;
    for (;;) {
      let earliest = at;
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && isBefore(heap[child]!, heap[earliest]!)) earliest = child;
      if (earliest === at) return first;
      [heap[at], heap[earliest]] = [heap[earliest]!, heap[at]!];
      at = earliest;
    }
  }
}

function isBefore(a: Message, b: Message): boolean {
  if (a.time !== b.time) return a.time < b.time;
  return a.arrival !== b.arrival ? a.arrival < b.arrival : a.sequence < b.sequence;
}

// --------------------------------------------------------------------------------------------------------- kernel

const EXCHANGE = 0;

type Participant = {
  wake(): void;
  receive(body: Request | Answer, from: number): void;
};

class NaiveKernel {
  readonly participants = new Map<number, Participant>();
  now = 0;
  /** Messages taken from the heap, those that were put back once more each time: what ABIDES counts. */
  taken = 0;
  delivered = 0;

  private readonly heap = new MessageHeap();
  private readonly busyUntil = new Map<number, number>();
  private sequence = 0;
  private orders = 0;
  private extraDelay = 0;
  private readonly latency: Latency;
  private readonly isJittered: boolean;
  private readonly lastArrivals = new Map<string, number>();
  private readonly delays: readonly number[];

  constructor(latency: Latency, isJittered: boolean, delays: readonly number[]) {
    this.latency = latency;
    this.isJittered = isJittered;
    this.delays = delays;
  }

  run(untilNs: number): void {
    for (;;) {
      const { first } = this.heap;
      if (first === undefined || first.time > untilNs) return;
      this.heap.pop();
      this.taken += 1;
      this.now = first.time;
      const freeAt = this.busyUntil.get(first.to) ?? 0;
      if (freeAt > this.now) this.heap.push({ ...first, time: freeAt });
      else this.deliver(first);
    }
  }

  private deliver({ from, to, body }: Message): void {
    this.delivered += 1;
    this.extraDelay = 0;
    const participant = this.participants.get(to)!;
    if (body === null) participant.wake();
    else participant.receive(body, from);
    this.busyUntil.set(to, this.now + this.delays[to]! + this.extraDelay);
  }

  wakeAt(participant: number, time: number): void {
    this.put(participant, participant, time, null);
  }

  /** @param delay on top of the sender's own */
  send(from: number, to: number, body: Request | Answer, delay = 0): void {
    // The way between a trader and the exchange is the trader's, in both directions.
    const latency = this.latency.of(from === EXCHANGE ? to : from);
    if (latency < 0) return;
    const arrival = this.now + this.delays[from]! + this.extraDelay + delay + latency;
    const isAboutOrder = body.type.startsWith('order_') || body.type === 'cancel_refused';
    const way = `${from}, ${to}, ${from !== EXCHANGE || isAboutOrder}`;
    const time = Math.max(arrival, this.isJittered ? (this.lastArrivals.get(way) ?? 0) : 0);
    this.lastArrivals.set(way, time);
    this.put(from, to, time, body);
  }

  private put(from: number, to: number, time: number, body: Request | Answer | null): void {
    this.heap.push({ time, arrival: time, sequence: this.sequence++, from, to, body });
  }

  /** What the participant at work sends from now on leaves so much later, and it is busy so much longer. */
  delay(nanoseconds: number): void {
    this.extraDelay += nanoseconds;
  }

  newOrder(): number {
    return this.orders++;
  }
}

// ------------------------------------------------------------------------------------------------------- exchange

type Entry = { owner: number; label: string; side: SideCode; open: number };
type Feed = { to: number; least: number; side: SideCode | null };

class NaiveExchange implements Participant {
  orders = 0;
  cancels = 0;
  closingPriceCents: number | null = null;
  readonly history: OrderEvent[] = [];
  readonly fills: { fill: Fill; takerOrder: number; takerSide: SideCode }[] = [];

  private readonly book: NaiveBook;
  private readonly entries = new Map<number, Entry>();
  private readonly entered = new Map<number, number>();
  private feeds: Feed[] = [];
  private readonly openNs: number;
  private readonly closeNs: number;
  private readonly kernel: NaiveKernel;
  private readonly names: readonly string[];
  private readonly config: MarketConfig;

  constructor(kernel: NaiveKernel, names: readonly string[], config: MarketConfig) {
    this.kernel = kernel;
    this.names = names;
    this.config = config;
    this.book = new NaiveBook(config);
    this.openNs = parseClockTime(config.open);
    this.closeNs = parseClockTime(config.close);
  }

  /** The close. */
  wake(): void {
    this.closingPriceCents = this.book.lastTradeCents || null;
    this.book.endSession();
    this.settle();
  }

  receive(body: Request | Answer, from: number): void {
    switch (body.type) {
      case 'query_spread':
        this.answer(from, { type: 'spread', bid: this.quote(BUY), ask: this.quote(SELL) });
        return;
      case 'query_volume':
        this.answer(from, { type: 'volume', ...this.volumeSince(this.kernel.now - body.lookBackMs * 1e6) });
        return;
      case 'subscribe_imbalance':
        this.feeds = this.feeds.filter(({ to }) => to !== from);
        this.feeds.push({ to: from, least: body.least, side: null });
        return;
      case 'limit_order':
      case 'market_order':
      case 'cancel_order':
        this.takeRequest(body, from);
        return;
      default:
        throw new RangeError(`the exchange was sent "${body.type}"`);
    }
  }

  private takeRequest(
    request: Extract<Request, { type: 'limit_order' | 'market_order' | 'cancel_order' }>,
    from: number,
  ): void {
    const { book, kernel } = this;
    const { order } = request;
    const isOpen = kernel.now >= this.openNs && kernel.now <= this.closeNs;
    if (request.type !== 'cancel_order') this.enter(order, from, request.side, request.quantity);
    if (!isOpen) {
      const type = request.type === 'cancel_order' ? 'cancel_refused' : 'order_rejected';
      this.answer(from, { type, order }, this.config.pipelineDelayNs);
      return;
    }
    if (request.type === 'cancel_order') this.cancels += 1;
    else this.orders += 1;
    switch (request.type) {
      case 'limit_order':
        book.limit(order, from, request.side, request.quantity, request.priceCents);
        break;
      case 'market_order':
        book.market(order, from, request.side, request.quantity);
        break;
      case 'cancel_order':
        book.cancel(order, from);
        break;
    }
    this.settle();
    this.publish();
  }

  private enter(order: number, owner: number, side: SideCode, quantity: number): void {
    const nth = this.entered.get(owner) ?? 0;
    this.entered.set(owner, nth + 1);
    this.entries.set(order, { owner, label: `${this.names[owner]}#${nth}`, side, open: quantity });
  }

  /** Tells the owners what the book has told; of a fill first the maker (M8). */
  private settle(): void {
    for (const event of this.book.events) {
      this.note(event);
      const [type, order, other, priceCents, quantity] = event;
      const entry = this.entries.get(order)!;
      const tell = (answer: Answer): void => this.answer(entry.owner, answer, this.config.pipelineDelayNs);
      switch (type) {
        case FILLED:
          this.execute(order, priceCents, quantity);
          this.execute(other, priceCents, quantity);
          break;
        case ACCEPTED:
          tell({ type: 'order_accepted', order, quantity, priceCents });
          break;
        case CANCELLED:
          tell({ type: 'order_cancelled', order, quantity });
          break;
        case REJECTED:
          tell({ type: 'order_rejected', order });
          break;
        case REFUSED:
          // No trader of these asks for an order that is not its own.
          if (other === rejectCode('not_owner')) throw new RangeError(`order ${order} is another's`);
          tell({ type: 'cancel_refused', order });
          break;
        default:
          throw new RangeError(`no event of type ${type} is known here`);
      }
    }
  }

  private execute(order: number, priceCents: number, quantity: number): void {
    const entry = this.entries.get(order)!;
    entry.open -= quantity;
    this.answer(
      entry.owner,
      { type: 'order_executed', order, side: entry.side, quantity, priceCents, left: entry.open },
      this.config.pipelineDelayNs,
    );
  }

  private note([type, order, other, priceCents, quantity]: EventNumbers): void {
    const timeNs = this.kernel.now;
    const { owner, label } = this.entries.get(order)!;
    const taker = type === FILLED ? this.entries.get(other)! : null;
    this.history.push({ timeNs, type, order: label, other: taker?.label ?? other, priceCents, quantity });
    if (taker === null) return;
    const [maker, takerName] = [this.names[owner]!, this.names[taker.owner]!];
    const fill = { timeNs, maker, taker: takerName, priceCents, quantity };
    this.fills.push({ fill, takerOrder: other, takerSide: taker.side });
  }

  /** Tells subscribers when an imbalance above their least begins and ends; a flip is an end and a beginning. */
  private publish(): void {
    for (const feed of this.feeds) {
      const { value, side } = this.book.imbalance();
      const now = value > feed.least ? side : null;
      if (now === feed.side) continue;
      if (feed.side !== null) this.answer(feed.to, { type: 'imbalance', isStart: false, side: feed.side });
      if (now !== null) this.answer(feed.to, { type: 'imbalance', isStart: true, side: now });
      feed.side = now;
    }
  }

  private quote(side: SideCode): Quote | null {
    const [best] = this.book.levels(side);
    return best === undefined ? null : { priceCents: best[0], quantity: best[1] };
  }

  private volumeSince(time: number): { bought: number; sold: number } {
    const recent = this.fills.filter(({ fill }) => fill.timeNs > time);
    const sum = (side: SideCode): number =>
      recent.reduce((total, { fill, takerSide }) => total + (takerSide === side ? fill.quantity : 0), 0);
    return { bought: sum(BUY), sold: sum(SELL) };
  }

  private answer(to: number, answer: Answer, delay = 0): void {
    this.kernel.send(EXCHANGE, to, answer, delay);
  }
}

// -------------------------------------------------------------------------------------------------------- traders

/** What a trader is put into. */
type World = {
  readonly kernel: NaiveKernel;
  readonly id: number;
  /** Its own: trader 0. */
  readonly draws: Draws;
  readonly openNs: number;
  readonly closeNs: number;
  readonly fundamental: Fundamental;
  readonly tick: number;
  readonly lot: number;
};

function createTrader(group: TraderGroup, world: World): Participant {
  switch (group.type) {
    case 'noise':
      return new NaiveNoiseTrader(world, group);
    case 'value':
      return new NaiveValueTrader(world, group);
    case 'momentum':
      return new NaiveMomentumTrader(world, group);
    case 'market_maker':
      return new NaiveMarketMaker(world, group);
    case 'pov':
      return new NaivePovTrader(world, group);
    default:
      throw new RangeError(`there is no naive trader of type "${(group as { type: string }).type}"`);
  }
}

abstract class NaiveTrader implements Participant {
  /** Orders that it has entered and not yet been told to be over, the oldest first. */
  protected readonly open = new Set<number>();
  /** Number of wake-ups so far; draws are keyed by it. */
  protected wakes = 0;
  /** The first answer after a wake-up is worked on; one that was asked for before it is not. */
  private isAsking = false;
  protected readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  abstract wake(): void;
  abstract receive(body: Request | Answer): void;

  protected get now(): number {
    return this.world.kernel.now;
  }

  protected get isAfterClose(): boolean {
    return this.now > this.world.closeNs;
  }

  protected draw(purpose: number): number {
    return this.world.draws.uniform(0, purpose, this.wakes);
  }

  protected drawSize(model: OrderSize): number {
    return drawOrderSize(model, this.world.draws, 0, this.wakes, this.world.lot);
  }

  protected send(request: Request): void {
    this.world.kernel.send(this.world.id, EXCHANGE, request);
  }

  protected wakeAt(time: number, last = this.world.closeNs): void {
    if (time <= last) this.world.kernel.wakeAt(this.world.id, time);
  }

  /** After a time with an exponential distribution. */
  protected wakeAfter(from: number, meanSeconds: number): void {
    const { draws } = this.world;
    const interval = meanSeconds * NS_PER_SECOND * draws.exponential(0, WAKE_INTERVAL, this.wakes);
    this.wakeAt(from + Math.round(interval));
  }

  /** Prices are cut to the grid away from the other side, sizes filled up to whole lots. */
  protected enterLimit(side: SideCode, shares: number, wanted: number): void {
    const { tick, lot } = this.world;
    const beside = ((wanted % tick) + tick) % tick;
    const priceCents = side === BUY || beside === 0 ? wanted - beside : wanted - beside + tick;
    const quantity = shares + ((lot - (shares % lot)) % lot);
    if (quantity <= 0 || priceCents <= 0 || priceCents > MAX_PRICE_CENTS) return;
    const order = this.world.kernel.newOrder();
    this.open.add(order);
    this.send({ type: 'limit_order', order, side, quantity, priceCents });
  }

  protected askForSpread(): void {
    this.isAsking = true;
    this.send({ type: 'query_spread' });
  }

  /** Whether the spread that has just come is to be worked on; the next one is not, until it is asked for again. */
  protected takesSpread(): boolean {
    if (!this.isAsking || this.isAfterClose) return false;
    this.isAsking = false;
    return true;
  }

  protected cancelAll(): void {
    for (const order of this.open) this.send({ type: 'cancel_order', order });
  }

  protected told(answer: Request | Answer): void {
    switch (answer.type) {
      case 'order_executed':
        if (answer.left === 0) this.open.delete(answer.order);
        break;
      case 'order_cancelled':
      case 'order_rejected':
      case 'cancel_refused':
        this.open.delete(answer.order);
        break;
      default:
    }
  }
}

class NaiveNoiseTrader extends NaiveTrader {
  private readonly config: NoiseConfig;

  constructor(world: World, config: NoiseConfig) {
    super(world);
    this.config = config;
    const { wake } = config;
    const window = wake.type === 'once' ? wake : wake.begins;
    if (window !== undefined)
      this.wakeAt(this.firstTime(parseClockTime(window.from), parseClockTime(window.until)));
    else if (wake.type === 'poisson') this.wakeAfter(world.openNs, wake.meanIntervalSeconds);
  }

  /** U-quadratic between two hours; who would come before the open comes in the first 100 ns. */
  private firstTime(from: number, until: number): number {
    const share = cubeRoot(this.draw(WAKE_INTERVAL) / 4 - 1 / 8) + 1 / 2;
    const time = Math.round(from + (until - from) * share);
    return time > this.world.openNs ? time : this.world.openNs + Math.floor(100 * this.draw(OFFSET));
  }

  wake(): void {
    this.wakes += 1;
    if (this.config.wake.type === 'poisson') this.wakeAfter(this.now, this.config.wake.meanIntervalSeconds);
    this.askForSpread();
  }

  receive(answer: Request | Answer): void {
    if (answer.type !== 'spread') return this.told(answer);
    if (!this.takesSpread()) return;
    const side = this.draw(SIDE) < 0.5 ? BUY : SELL;
    const far = side === BUY ? answer.ask : answer.bid;
    if (far !== null) this.enterLimit(side, this.drawSize(this.config.orderSize), far.priceCents);
  }
}

class NaiveValueTrader extends NaiveTrader {
  private belief: { value: number; variance: number; time: number };
  private readonly config: ValueConfig;

  constructor(world: World, config: ValueConfig) {
    super(world);
    this.config = config;
    this.belief = { value: config.meanCents, variance: 0, time: world.openNs };
    this.wakeAfter(world.openNs, config.meanIntervalSeconds);
  }

  wake(): void {
    this.wakes += 1;
    this.wakeAfter(this.now, this.config.meanIntervalSeconds);
    this.cancelAll();
    this.askForSpread();
  }

  receive(answer: Request | Answer): void {
    if (answer.type !== 'spread') return this.told(answer);
    if (!this.takesSpread()) return;
    this.observe();
    const expected = Math.round(this.expectedAt(this.world.closeNs));
    const quantity = this.drawSize(this.config.orderSize);
    const { bid, ask } = answer;
    if (bid === null || ask === null) {
      this.enterLimit(this.draw(SIDE) < 0.5 ? BUY : SELL, quantity, expected);
      return;
    }
    const spread = ask.priceCents - bid.priceCents;
    // One in ten at the touch, the others up to two spreads behind it.
    const offset = this.draw(AGGRESSION) < 0.1 ? 0 : Math.floor(this.draw(OFFSET) * 2 * spread);
    const isSell = expected < Math.floor((bid.priceCents + ask.priceCents) / 2);
    if (isSell) this.enterLimit(SELL, quantity, bid.priceCents + offset);
    else this.enterLimit(BUY, quantity, ask.priceCents - offset);
  }

  /** A look at the fundamental through noise, weighed against what was believed. */
  private observe(): void {
    const { observationVariance, shockVariance, kappaPerNs } = this.config;
    const seen = this.world.fundamental.at(this.now);
    const error = Math.sqrt(observationVariance) * this.world.draws.normal(0, OBSERVATION, this.wakes);
    const observed = observationVariance === 0 ? seen : Math.round(seen + error);
    const elapsed = this.now - this.belief.time;
    const keeps = exp(-kappaPerNs * elapsed);
    const value = this.expectedAt(this.now);
    const steps =
      kappaPerNs === 0 ? elapsed : expMinusOne(-2 * kappaPerNs * elapsed) / expMinusOne(-2 * kappaPerNs);
    const variance = keeps * keeps * this.belief.variance + shockVariance * steps;
    const sum = variance + observationVariance;
    const trust = sum === 0 ? 0 : variance / sum;
    this.belief = {
      value: value + trust * (observed - value),
      variance: variance * (1 - trust),
      time: this.now,
    };
  }

  private expectedAt(time: number): number {
    const { meanCents, kappaPerNs } = this.config;
    const keeps = exp(-kappaPerNs * Math.max(0, time - this.belief.time));
    return meanCents + (this.belief.value - meanCents) * keeps;
  }
}

class NaiveMomentumTrader extends NaiveTrader {
  private readonly mids: number[] = [];
  private readonly config: MomentumConfig;

  constructor(world: World, config: MomentumConfig) {
    super(world);
    this.config = config;
    this.wakeAfter(world.openNs, config.meanIntervalSeconds);
  }

  wake(): void {
    this.wakes += 1;
    this.askForSpread();
  }

  receive(answer: Request | Answer): void {
    if (answer.type !== 'spread') return this.told(answer);
    if (!this.takesSpread()) return;
    if (answer.bid !== null && answer.ask !== null) {
      this.mids.push((answer.bid.priceCents + answer.ask.priceCents) / 2);
      // As ABIDES: only when there are more than 50.
      if (this.mids.length > 50) {
        const quantity = this.drawSize(this.config.orderSize);
        if (this.meanOfLast(20) >= this.meanOfLast(50)) this.enterLimit(BUY, quantity, answer.ask.priceCents);
        else this.enterLimit(SELL, quantity, answer.bid.priceCents);
      }
    }
    this.wakeAfter(this.now, this.config.meanIntervalSeconds);
  }

  /** In hundredths of a cent. */
  private meanOfLast(count: number): number {
    const sum = this.mids.slice(-count).reduce((total, mid) => total + mid, 0);
    return Math.round((100 * sum) / count);
  }
}

class NaiveMarketMaker extends NaiveTrader {
  private spread = 50;
  private mid: number | null = null;
  private volume = { bought: 0, sold: 0 };
  private quantity: number;
  private inventory = 0;
  private readonly awaited = new Set<'spread' | 'volume'>();
  private hasReacted = false;
  private readonly config: MarketMakerConfig;

  constructor(world: World, config: MarketMakerConfig) {
    super(world);
    this.config = config;
    this.quantity = config.leastQuantity;
    this.wakeAfter(world.openNs, config.meanIntervalSeconds);
  }

  wake(): void {
    const { config } = this;
    this.wakes += 1;
    if (this.wakes === 1) this.send({ type: 'subscribe_imbalance', least: config.leastImbalance });
    this.hasReacted = false;
    this.cancelAll();
    this.world.kernel.delay(config.cancelDelayNs);
    this.send({ type: 'query_spread' });
    this.send({ type: 'query_volume', lookBackMs: Math.round(config.meanIntervalSeconds * 1000) });
    this.awaited.add('spread').add('volume');
  }

  receive(answer: Request | Answer): void {
    const { config } = this;
    if (answer.type === 'spread') {
      const { bid, ask } = answer;
      if (bid !== null && ask !== null) {
        this.mid = Math.floor((bid.priceCents + ask.priceCents) / 2);
        const spread = ask.priceCents - bid.priceCents;
        const mean = config.spreadAlpha * spread + (1 - config.spreadAlpha) * this.spread;
        this.spread = mean > config.mostSpreadCents ? config.mostSpreadCents : mean;
      }
    } else if (answer.type === 'volume') {
      this.volume = { bought: answer.bought, sold: answer.sold };
      this.quantity = Math.round(config.share * (answer.bought + answer.sold));
    } else {
      this.hear(answer);
      return;
    }
    this.awaited.delete(answer.type);
    if (this.awaited.size > 0 || this.isAfterClose) return;
    this.placeLadder();
    this.wakeAfter(this.now, config.meanIntervalSeconds);
  }

  private hear(answer: Request | Answer): void {
    this.told(answer);
    if (answer.type === 'order_executed')
      this.inventory += answer.side === BUY ? answer.quantity : -answer.quantity;
    // One ladder more, once until the next wake-up.
    if (answer.type !== 'imbalance' || !answer.isStart || this.isAfterClose) return;
    if (this.hasReacted || this.mid === null) return;
    this.hasReacted = true;
    this.placeLadder();
  }

  /** From the lowest bid up to the highest ask. */
  private placeLadder(): void {
    if (this.mid === null) return;
    const { levels, spacing, backstopQuantity } = this.config;
    const step = Math.max(1, Math.round(spacing * this.spread));
    const mid = this.skewed(this.mid);
    const [bid, ask] = [mid - Math.floor(this.spread / 2), mid + Math.ceil(this.spread / 2)];
    const { buy, sell } = this.quantities();
    const rungs = Array.from({ length: levels }, (_, level) => ({
      away: level * step,
      backstop: level === levels - 1 ? backstopQuantity : 0,
    }));
    for (const { away, backstop } of rungs.toReversed()) this.enterLimit(BUY, backstop || buy, bid - away);
    for (const { away, backstop } of rungs) this.enterLimit(SELL, backstop || sell, ask + away);
  }

  private skewed(mid: number): number {
    const { bought, sold } = this.volume;
    if (bought + sold === 0) return mid;
    return Math.trunc(mid + ((2 * bought) / (bought + sold) - 1) * this.config.priceSkewCents);
  }

  private quantities(): { buy: number; sell: number } {
    const { inventorySkew, leastQuantity } = this.config;
    if (inventorySkew === 0) {
      const both = Math.max(leastQuantity, this.quantity);
      return { buy: both, sell: both };
    }
    const sellShare = 1 / (1 + exp(-inventorySkew * this.inventory));
    return {
      buy: Math.max(leastQuantity, Math.floor((1 - sellShare) * this.quantity)),
      sell: Math.max(leastQuantity, Math.ceil(sellShare * this.quantity)),
    };
  }
}

class NaivePovTrader extends NaiveTrader {
  private left: number;
  private readonly endNs: number;
  private readonly config: PovConfig;

  constructor(world: World, config: PovConfig) {
    super(world);
    this.config = config;
    this.left = config.quantity;
    this.endNs = world.closeNs - config.endBeforeCloseSeconds * NS_PER_SECOND;
    this.wakeAt(Math.round(world.openNs + config.startAfterOpenSeconds * NS_PER_SECOND), this.endNs);
  }

  wake(): void {
    if (this.left === 0) return;
    const { intervalSeconds } = this.config;
    this.wakeAt(Math.round(this.now + intervalSeconds * NS_PER_SECOND), this.endNs);
    this.send({ type: 'query_volume', lookBackMs: Math.round(intervalSeconds * 1000) });
  }

  receive(answer: Request | Answer): void {
    // What was asked for and not filled is wanted again.
    if (answer.type === 'order_cancelled') this.left += answer.quantity;
    if (answer.type !== 'volume' || this.now > this.endNs) return;
    const wanted = Math.round(this.config.share * (answer.bought + answer.sold));
    const shares = Math.min(this.left, wanted);
    const quantity = shares - (shares % this.world.lot);
    if (quantity <= 0) return;
    const side = this.config.side === 'buy' ? BUY : SELL;
    this.left -= quantity;
    this.send({ type: 'market_order', order: this.world.kernel.newOrder(), side, quantity });
  }
}
