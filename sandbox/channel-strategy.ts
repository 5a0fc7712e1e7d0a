// The market's side of the channel: a strategy that is asked by numbers. Everything that comes back is copied out once,
// checked, and put together anew; what an order may be is checked where it always is (domain/market/strategy.ts).
import type {
  AgentConfig,
  MarketState,
  OpenOrder,
  OrderAction,
  OrderUpdate,
  PriceLevel,
} from '../domain/market/strategy.ts';
import {
  ABSENT,
  ACTION_FIELDS,
  ACTION_TYPES,
  CALLBACKS,
  Cursor,
  FIELD_KINDS,
  MOST_SENT,
  NAMELESS,
  NO_LIST,
  OPEN_STATUSES,
  ORDER_TYPES,
  OUT_OF_FUEL,
  OUT_OF_MEMORY,
  SIDE_CODES,
  STATUSES,
  THREW,
  TOO_DEEP,
  UNCHANGED,
  isWhole,
} from './channel.ts';
import type { ActionField, Callback } from './channel.ts';
import { SandboxFailure } from './sandbox.ts';
import type { FailureReason, SandboxLimits, SandboxedStrategy } from './sandbox.ts';

/** What a kind of sandbox does: all the rest is the same for all of them. */
export type Heap = {
  /** The channel; a heap may move it. */
  readonly view: () => Float64Array;
  /** @throws SandboxFailure when the heap came to its end */
  readonly dispatch: () => void;
  readonly dispose: () => void;
};

const REASONS: Readonly<Record<number, FailureReason>> = {
  [THREW]: 'threw',
  [OUT_OF_FUEL]: 'fuel',
  [TOO_DEEP]: 'depth',
  [OUT_OF_MEMORY]: 'memory',
};
const NUMBERS_PER_ORDER = 8;
const MOST_LENGTH = 2 ** 32 - 1;

export class ChannelStrategy implements SandboxedStrategy {
  fuelUsed = 0;
  readonly onMarketData?: (state: MarketState) => readonly OrderAction[];
  private readonly heap: Heap;
  private readonly limits: SandboxLimits;
  private readonly cursor: Cursor;
  private readonly has: Readonly<Record<Callback, boolean>>;
  /** Of orders, in the order in which they came out of the heap. */
  private readonly names: string[] = [];
  private readonly numberOfName = new Map<string, number>();
  // What the heap has.
  private bids: readonly PriceLevel[] | null = null;
  private asks: readonly PriceLevel[] | null = null;
  private orders: readonly OpenOrder[] = [];

  /** @param heap that has just loaded the strategy, and has written how that went */
  constructor(heap: Heap, limits: SandboxLimits) {
    this.heap = heap;
    this.limits = limits;
    this.cursor = new Cursor(heap.view());
    this.takeAnswer();
    // Loading asks for nothing.
    this.takeActions();
    const has = CALLBACKS.map((name) => [name, this.cursor.take() === 1] as const);
    this.has = Object.fromEntries(has) as Record<Callback, boolean>;
    if (this.has.onMarketData) this.onMarketData = (state) => this.askAbout('onMarketData', null, state);
  }

  initialize(config: AgentConfig): void {
    if (!this.has.initialize) return;
    this.begin('initialize');
    const { cursor } = this;
    cursor.put(config.startingCash);
    cursor.putText(config.symbol);
    cursor.put(config.latencyNs);
    cursor.putText(config.date);
    cursor.put(config.marketOpenNs);
    cursor.put(config.marketCloseNs);
    cursor.put(config.targetInventory);
    this.ask();
  }

  onTick(state: MarketState): readonly OrderAction[] {
    return this.has.onTick ? this.askAbout('onTick', null, state) : [];
  }

  onOrderUpdate(update: OrderUpdate, state: MarketState): readonly OrderAction[] {
    return this.has.onOrderUpdate ? this.askAbout('onOrderUpdate', update, state) : [];
  }

  onSimulationEnd(state: MarketState): void {
    if (this.has.onSimulationEnd) this.askAbout('onSimulationEnd', null, state);
  }

  dispose(): void {
    this.heap.dispose();
  }

  private askAbout(name: Callback, update: OrderUpdate | null, state: MarketState): readonly OrderAction[] {
    this.begin(name);
    if (update !== null) this.putUpdate(update);
    this.putState(state);
    this.ask();
    return this.takeActions();
  }

  private begin(name: Callback): void {
    this.cursor.view = this.heap.view();
    this.cursor.rewind();
    this.cursor.put(CALLBACKS.indexOf(name));
    this.cursor.put(Math.min(this.limits.fuelPerCallback, this.limits.fuelPerRun - this.fuelUsed));
  }

  private ask(): void {
    this.heap.dispatch();
    this.cursor.view = this.heap.view();
    this.takeAnswer();
  }

  // ------------------------------------------------------------------------------------------------------------- in

  private putUpdate(update: OrderUpdate): void {
    const { cursor } = this;
    cursor.put(update.orderId);
    this.putName(update.id);
    cursor.put(STATUSES.indexOf(update.status));
    cursor.put(update.side === null ? NAMELESS : SIDE_CODES.indexOf(update.side));
    cursor.put(update.timestampNs);
    cursor.putNullable(update.fillPrice);
    cursor.put(update.fillQuantity);
    cursor.put(update.isMaker ? 1 : 0);
    cursor.put(update.openQuantity);
    cursor.put(update.reason === null ? 0 : 1);
    if (update.reason !== null) cursor.putText(update.reason);
  }

  private putName(name: string | null): void {
    this.cursor.put(name === null ? NAMELESS : (this.numberOfName.get(name) ?? NAMELESS));
  }

  private putState(state: MarketState): void {
    const { cursor } = this;
    cursor.put(state.timestampNs);
    cursor.put(state.timeRemainingNs);
    cursor.put(state.isMarketClosed ? 1 : 0);
    cursor.putNullable(state.bestBid);
    cursor.putNullable(state.bestAsk);
    cursor.putNullable(state.midPrice);
    cursor.putNullable(state.spread);
    cursor.putNullable(state.lastTrade);
    cursor.put(state.bidLiquidity);
    cursor.put(state.askLiquidity);
    cursor.put(state.inventory);
    cursor.put(state.cash);
    cursor.put(state.portfolioValue);
    cursor.put(state.unrealizedPnl);
    cursor.put(state.realizedPnl);
    // The market hands out the same list until something in it changes.
    this.putLevels(state.bidDepth === this.bids ? null : (this.bids = state.bidDepth));
    this.putLevels(state.askDepth === this.asks ? null : (this.asks = state.askDepth));
    this.putOrders(state.openOrders);
  }

  private putLevels(levels: readonly PriceLevel[] | null): void {
    const { cursor } = this;
    cursor.put(levels === null ? UNCHANGED : levels.length);
    for (const [price, quantity] of levels ?? []) {
      cursor.put(price);
      cursor.put(quantity);
    }
  }

  /** Only those that are not the same as before: the market makes a changed order anew. */
  private putOrders(orders: readonly OpenOrder[]): void {
    const { cursor, orders: before } = this;
    if (orders === before) {
      cursor.put(UNCHANGED);
      return;
    }
    const most = Math.min(orders.length, before.length);
    let first = 0;
    while (first < most && orders[first] === before[first]) first += 1;
    let last = 0;
    while (last < most - first && orders.at(-1 - last) === before.at(-1 - last)) last += 1;
    if ((orders.length - first - last + 1) * NUMBERS_PER_ORDER > cursor.room)
      throw new SandboxFailure('too_many_orders');
    cursor.put(orders.length);
    cursor.put(first);
    cursor.put(last);
    for (const order of orders.slice(first, orders.length - last)) this.putOrder(order);
    this.orders = orders;
  }

  private putOrder(order: OpenOrder): void {
    const { cursor } = this;
    cursor.put(order.orderId);
    this.putName(order.id);
    cursor.put(SIDE_CODES.indexOf(order.side));
    cursor.put(ORDER_TYPES.indexOf(order.orderType));
    cursor.putNullable(order.price);
    cursor.put(order.openQuantity);
    cursor.put(order.filledQuantity);
    cursor.put(OPEN_STATUSES.indexOf(order.status));
  }

  // ------------------------------------------------------------------------------------------------------------ out

  /** How it ended, what it used, and names that are new. */
  private takeAnswer(): void {
    const { cursor } = this;
    cursor.rewind();
    const status = cursor.take();
    const used = cursor.take();
    const message = cursor.takeText();
    const added = cursor.take();
    if (!isWhole(used, 0, this.limits.fuelPerCallback) || message === null || !isWhole(added, 0, MOST_SENT))
      throw new SandboxFailure('broken_channel');
    this.fuelUsed += used;
    if (status !== 0) throw new SandboxFailure(REASONS[status] ?? 'broken_channel', message);
    for (let i = 0; i < added; i++) {
      const name = cursor.takeText();
      if (name === null || this.numberOfName.has(name)) throw new SandboxFailure('broken_channel');
      this.numberOfName.set(name, this.names.length);
      this.names.push(name);
    }
  }

  /** What was asked for; what it may be, and how many, is for the market to say. */
  private takeActions(): readonly OrderAction[] {
    const length = this.cursor.take();
    if (length === NO_LIST) return null as unknown as readonly OrderAction[];
    if (!isWhole(length, 0, MOST_LENGTH)) throw new SandboxFailure('broken_channel');
    const actions: unknown[] = [];
    for (let i = 0; i < length && i < MOST_SENT; i++) actions.push(this.takeAction());
    // Those beyond are refused by their number: a list with holes says it.
    actions.length = length;
    return actions as OrderAction[];
  }

  private takeAction(): unknown {
    const type = ACTION_TYPES[this.cursor.take()];
    if (type === undefined) return {};
    const action: Record<string, unknown> = { actionType: type };
    if (this.cursor.take() !== 0) action['another field'] = true;
    for (const field of ACTION_FIELDS[type]) {
      const value = this.cursor.take();
      if (value !== ABSENT) action[field] = this.valueOf(field, value);
    }
    return action;
  }

  /** Null for what is no value of the field: the market refuses it. */
  private valueOf(field: ActionField, value: number): unknown {
    const kind = FIELD_KINDS[field];
    if (kind === 'number') return Number.isFinite(value) ? value : null;
    if (kind === 'boolean') return value === 0 ? false : value === 1 ? true : null;
    if (kind === 'name') return this.names[value] ?? null;
    return kind[value] ?? null;
  }
}
