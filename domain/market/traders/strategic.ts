// The trader that a strategy is: turns what the exchange says into the strategy's callbacks, and what it asks for into
// requests. It knows nothing but what was delivered to it.
import type { Kernel, Participant } from '../kernel.ts';
import { L2 } from '../market-data.ts';
import * as message from '../message.ts';
import {
  BUY,
  CANCEL_REASONS,
  HIDDEN,
  POST_ONLY,
  REJECT_REASONS,
  REQUESTED,
  SELL,
  TIMES_IN_FORCE,
} from '../order.ts';
import type { Side } from '../order.ts';
import { Portfolio } from '../portfolio.ts';
import { NS_PER_SECOND, formatClockTime } from '../session-time.ts';
import { MOST_ACTIONS, MOST_REQUESTS_PER_SECOND, OrderAction, StrategyError } from '../strategy.ts';
import type {
  AgentConfig,
  MarketState,
  OpenOrder,
  OrderStatus,
  OrderUpdate,
  PriceLevel,
  Strategy,
} from '../strategy.ts';

export type StrategicOptions = {
  readonly agent: AgentConfig;
  readonly tickNs: number;
  /** Levels of market data. */
  readonly depth: number;
  /** Least time between two deliveries of market data. */
  readonly dataIntervalNs: number;
  /** In hundredths of a cent per share. */
  readonly makerFee: number;
  readonly takerFee: number;
};

/** Shares within this part of the best price are near the touch. */
const NEAR = 0.005;

type Known = {
  -readonly [K in keyof OpenOrder]: OpenOrder[K];
} & {
  /** Its number at the exchange. The strategy never sees it: it tells how many orders all others have sent. */
  readonly number: number;
  kind: number;
  /** Requests about it that are not answered yet; may be too many, never too few. */
  asked: number;
  /** The order as states have it; null when it has changed since. */
  view: OpenOrder | null;
};

export class StrategicTrader implements Participant {
  /** Actions that made no sense, with what was wrong; the strategy was told, too. */
  invalidActions = 0;
  readonly portfolio: Portfolio;

  readonly trader: number;

  private readonly kernel: Kernel;
  private readonly strategy: Strategy;
  private readonly options: StrategicOptions;
  /** As states have them; null when something has changed. */
  private openOrders: readonly OpenOrder[] | null = null;
  private readonly byOrderId = new Map<number, Known>();
  /** Open orders by their number at the exchange, in the order in which they were entered. */
  private readonly orders = new Map<number, Known>();
  /** Closed orders with requests under way, so that the strategy hears what becomes of those too. */
  private readonly closed = new Map<number, Known>();
  private entered = 0;
  /** Sent in the second of the day that it is. */
  private requests = 0;
  private second = -1;
  /** The last market data, when no state has shown them yet: rows of side, price and shares. */
  private delivered: Int32Array | null = null;
  private bids: readonly PriceLevel[] = [];
  private asks: readonly PriceLevel[] = [];
  private lastTrade: number | null = null;

  constructor(kernel: Kernel, trader: number, strategy: Strategy, options: StrategicOptions) {
    this.kernel = kernel;
    this.trader = trader;
    this.strategy = strategy;
    this.options = options;
    this.portfolio = new Portfolio(options.agent.startingCash);
    this.call('initialize', () => strategy.initialize(Object.freeze({ ...options.agent })));
    kernel.wakeAt(trader, options.agent.marketOpenNs);
  }

  /** After the last message. */
  end(): void {
    this.call('onSimulationEnd', () => this.strategy.onSimulationEnd(this.state()));
  }

  wake(): void {
    const { kernel, options } = this;
    if (kernel.now === options.agent.marketOpenNs)
      kernel.request(
        this.trader,
        message.SUBSCRIBE,
        L2,
        options.depth,
        0,
        Math.round(options.dataIntervalNs / 1000),
      );
    const next = kernel.now + options.tickNs;
    if (next <= options.agent.marketCloseNs) kernel.wakeAt(this.trader, next);
    this.act(this.call('onTick', () => this.strategy.onTick(this.state())));
  }

  private get isClosed(): boolean {
    return this.kernel.now > this.options.agent.marketCloseNs;
  }

  receive(_: number, row: number): void {
    const { pool } = this.kernel;
    const type = pool.type[row]!;
    if (type === message.L2_DATA) {
      this.delivered = pool.rows[row]!;
      if (pool.e[row]! > 0) this.lastTrade = pool.e[row]!;
      if (this.strategy.onMarketData !== undefined)
        this.act(this.call('onMarketData', () => this.strategy.onMarketData!(this.state())));
      return;
    }
    const update = this.takeAnswer(type, row);
    if (update === null) return;
    this.act(this.call('onOrderUpdate', () => this.strategy.onOrderUpdate(update, this.state())));
  }

  /** @throws StrategyError that says in which callback and when */
  private call<T>(name: string, callback: () => T): T {
    try {
      return callback();
    } catch (error) {
      const at = formatClockTime(this.kernel.now);
      throw new StrategyError(`The strategy threw in ${name} at ${at}: ${describe(error)}`, { cause: error });
    }
  }

  /** Only what is looked at is put together: most data are followed by others before the next callback. */
  private readDelivered(): void {
    const rows = this.delivered;
    if (rows === null) return;
    this.delivered = null;
    const levels: [PriceLevel[], PriceLevel[]] = [[], []];
    for (let at = 0; at < rows.length; at += 3)
      levels[rows[at]!]!.push(Object.freeze([rows[at + 1]!, rows[at + 2]!] as const));
    [this.bids, this.asks] = levels;
    Object.freeze(this.bids);
    Object.freeze(this.asks);
  }

  // ------------------------------------------------------------------------------------------- what the exchange says

  /** Takes an answer in. @returns what the strategy is told of it; null for what is none of its business */
  private takeAnswer(type: number, row: number): OrderUpdate | null {
    const { pool } = this.kernel;
    const number = pool.a[row]!;
    const quantity = pool.c[row]!;
    if (type === message.ORDER_REPLACED) return this.takeReplaced(number, pool.f[row]!, quantity);
    if (type === message.REQUEST_REFUSED) return this.takeRefused(number, REJECT_REASONS[pool.e[row]!]!);
    // Filled whole by its own change: the answer to it comes afterwards.
    const known =
      this.orders.get(number) ?? (type === message.ORDER_MODIFIED ? this.closed.get(number) : undefined);
    if (known === undefined) return null;
    this.touch(known);
    switch (type) {
      case message.ORDER_ACCEPTED:
      case message.ORDER_MODIFIED:
        known.status = known.filledQuantity > 0 ? 'partial' : 'accepted';
        known.openQuantity = quantity;
        known.price = pool.d[row]!;
        if (type === message.ORDER_MODIFIED) this.answered(known);
        return this.tell(known, type === message.ORDER_ACCEPTED ? 'accepted' : 'modified');
      case message.ORDER_EXECUTED: {
        const isMaker = pool.f[row] === 1;
        const { makerFee, takerFee } = this.options;
        this.portfolio.filled(
          pool.b[row]!,
          quantity,
          pool.d[row]!,
          (isMaker ? makerFee : takerFee) * quantity,
        );
        this.lastTrade = pool.d[row]!;
        known.filledQuantity += quantity;
        known.openQuantity = pool.e[row]!;
        known.status = 'partial';
        if (known.openQuantity === 0) this.close(known);
        return this.tell(known, known.openQuantity === 0 ? 'filled' : 'partial', {
          fillPrice: pool.d[row]!,
          fillQuantity: quantity,
          isMaker,
        });
      }
      case message.ORDER_CANCELLED:
        known.openQuantity = 0;
        if (pool.e[row] === REQUESTED) this.answered(known);
        this.close(known);
        return this.tell(known, 'cancelled', { reason: CANCEL_REASONS[pool.e[row]!]! });
      case message.ORDER_PARTIAL_CANCELLED:
        known.openQuantity = pool.e[row]!;
        if (pool.f[row] === REQUESTED) this.answered(known);
        return this.tell(known, 'partial_cancelled', { reason: CANCEL_REASONS[pool.f[row]!]! });
      case message.ORDER_REJECTED:
        known.openQuantity = 0;
        this.close(known);
        return this.tell(known, 'rejected', { reason: REJECT_REASONS[pool.e[row]!]! });
      case message.STOP_TRIGGERED:
        return this.tell(known, 'stop_triggered');
      default:
        return null;
    }
  }

  private takeRefused(number: number, reason: string): OrderUpdate | null {
    const known = this.orders.get(number) ?? this.closed.get(number);
    if (known === undefined) return null;
    this.answered(known);
    return this.tell(known, 'request_refused', { reason });
  }

  private answered(known: Known): void {
    known.asked -= 1;
    if (known.asked <= 0) this.closed.delete(known.number);
  }

  private close(known: Known): void {
    this.orders.delete(known.number);
    this.byOrderId.delete(known.orderId);
    this.openOrders = null;
    if (known.asked > 0) this.closed.set(known.number, known);
  }

  /** The old order is gone, and the new one too when it was filled at once: then only the old one is still known. */
  private takeReplaced(number: number, oldNumber: number, quantity: number): OrderUpdate | null {
    const old = this.orders.get(oldNumber);
    const known = this.orders.get(number);
    if (old !== undefined) this.close({ ...old, openQuantity: 0 });
    if (known === undefined)
      return old === undefined ? null : this.tell({ ...old, openQuantity: 0 }, 'replaced');
    this.touch(known);
    known.status = known.filledQuantity > 0 ? 'partial' : 'accepted';
    known.openQuantity = quantity;
    return this.tell(known, 'replaced');
  }

  /** What a state says of it is made anew. */
  private touch(known: Known): void {
    known.view = null;
    this.openOrders = null;
  }

  private tell(
    { orderId, id, side, openQuantity }: Pick<OrderUpdate, 'orderId' | 'id' | 'side' | 'openQuantity'>,
    status: OrderStatus,
    more: Partial<OrderUpdate> = {},
  ): OrderUpdate {
    return {
      orderId,
      id,
      status,
      side,
      timestampNs: this.kernel.now,
      fillPrice: null,
      fillQuantity: 0,
      isMaker: false,
      openQuantity,
      reason: null,
      ...more,
    };
  }

  // --------------------------------------------------------------------------------------- what the strategy asks for

  private act(actions: readonly OrderAction[]): void {
    const read = this.read(actions);
    for (const [index, action] of read.entries()) {
      if (!this.hasRequestsLeft()) {
        // One answer for all of them: a refusal for each would let it go on for ever.
        this.refuse(
          `more than ${MOST_REQUESTS_PER_SECOND} requests in one second: ${read.length - index} actions are not carried out`,
        );
        return;
      }
      if (typeof action === 'string') this.refuse(action);
      else this.carryOut(action);
    }
  }

  /** It is somebody else's code: nothing is taken for granted. @returns actions, and what is wrong with the others */
  private read(actions: readonly OrderAction[]): (OrderAction | string)[] {
    const read: (OrderAction | string)[] = [];
    try {
      if (!Array.isArray(actions)) return ['the answer is no list of actions'];
      const { length } = actions;
      for (let index = 0; index < Math.min(length, MOST_ACTIONS); index++) {
        const parsed = OrderAction.safeParse(actions[index]);
        if (parsed.success) read.push(parsed.data);
        else {
          const issue = parsed.error.issues[0]!;
          read.push(`action ${index}: ${[...issue.path, issue.message].join(': ')}`);
        }
      }
      if (length > MOST_ACTIONS)
        read.push(`more than ${MOST_ACTIONS} actions at once: ${length - MOST_ACTIONS} are not carried out`);
    } catch (error) {
      read.push(`the answer cannot be read: ${describe(error)}`);
    }
    return read;
  }

  /** Without a limit a strategy that answers its own updates would never let time go on. */
  private hasRequestsLeft(): boolean {
    const second = Math.floor(this.kernel.now / NS_PER_SECOND);
    if (second !== this.second) {
      this.second = second;
      this.requests = 0;
    }
    return this.requests < MOST_REQUESTS_PER_SECOND;
  }

  private request(type: number, order: number, b = 0, c = 0, d = 0, e = 0, f = 0): void {
    this.requests += 1;
    this.kernel.request(this.trader, type, order, b, c, d, e, f);
  }

  private carryOut(action: OrderAction): void {
    switch (action.actionType) {
      case 'place': {
        const order = this.enter(
          action.side,
          action.orderType,
          action.quantity,
          action.price ?? null,
          action.id,
        );
        const side = action.side === 'buy' ? BUY : SELL;
        if (action.orderType === 'market') {
          this.request(message.MARKET_ORDER, order, side, action.quantity);
          return;
        }
        const kind =
          TIMES_IN_FORCE.indexOf(action.timeInForce ?? 'gtc') |
          (action.isHidden === true ? HIDDEN : 0) |
          (action.isPostOnly === true ? POST_ONLY : 0);
        this.orders.get(order)!.kind = kind;
        this.request(message.LIMIT_ORDER, order, side, action.quantity, action.price, kind);
        return;
      }
      case 'cancel_all':
        for (const known of this.orders.values()) {
          if (!this.hasRequestsLeft()) {
            this.refuse(
              `more than ${MOST_REQUESTS_PER_SECOND} requests in one second: not all orders are cancelled`,
            );
            return;
          }
          known.asked += 1;
          this.request(message.CANCEL_ORDER, known.number);
        }
        return;
      default:
        this.change(action);
    }
  }

  private change(action: Exclude<OrderAction, { actionType: 'place' | 'cancel_all' }>): void {
    const known = this.byOrderId.get(action.orderId);
    if (known === undefined) {
      this.refuse(`there is no open order ${action.orderId}`, action.orderId);
      return;
    }
    // A replacement is answered under its own number.
    if (action.actionType !== 'replace') known.asked += 1;
    switch (action.actionType) {
      case 'cancel':
        this.request(message.CANCEL_ORDER, known.number);
        return;
      case 'partial_cancel':
        this.request(message.PARTIAL_CANCEL_ORDER, known.number, 0, action.quantity);
        return;
      case 'modify':
        this.request(message.MODIFY_ORDER, known.number, 0, action.quantity, action.price ?? 0);
        return;
      case 'replace': {
        const order = this.enter(
          known.side,
          'limit',
          action.quantity,
          action.price,
          action.id ?? known.id ?? undefined,
        );
        const side = known.side === 'buy' ? BUY : SELL;
        this.orders.get(order)!.kind = known.kind;
        this.request(
          message.REPLACE_ORDER,
          order,
          side,
          action.quantity,
          action.price,
          known.kind,
          known.number,
        );
      }
    }
  }

  private enter(
    side: Side,
    orderType: 'limit' | 'market',
    quantity: number,
    price: number | null,
    id: string | undefined,
  ): number {
    const number = this.kernel.newOrder();
    const known: Known = {
      number,
      orderId: this.entered++,
      id: id ?? null,
      side,
      orderType,
      price,
      openQuantity: quantity,
      filledQuantity: 0,
      status: 'new',
      kind: 0,
      asked: 0,
      view: null,
    };
    this.orders.set(number, known);
    this.byOrderId.set(known.orderId, known);
    this.openOrders = null;
    return number;
  }

  /** What cannot be sent is answered at once: the strategy's own side refuses it. */
  private refuse(reason: string, orderId = -1): void {
    this.invalidActions += 1;
    this.requests += 1;
    const nobody = { orderId, id: null, side: null, openQuantity: 0 } as const;
    const update = this.tell(nobody, 'request_refused', { reason });
    // Not carried out what it answers to that: it could refuse for ever.
    this.call('onOrderUpdate', () => this.strategy.onOrderUpdate(update, this.state()));
  }

  // ----------------------------------------------------------------------------------------------- what it may know

  /** Each order is copied when it has changed, and not at each callback. */
  private viewOfOrders(): readonly OpenOrder[] {
    this.openOrders ??= Object.freeze(
      Array.from(this.orders.values(), (known) => (known.view ??= viewOf(known))),
    );
    return this.openOrders;
  }

  private state(): MarketState {
    this.readDelivered();
    const { bids, asks, lastTrade, portfolio } = this;
    const { now } = this.kernel;
    const bestBid = bids[0]?.[0] ?? null;
    const bestAsk = asks[0]?.[0] ?? null;
    const isTwoSided = bestBid !== null && bestAsk !== null;
    const midPrice = isTwoSided ? (bestBid + bestAsk) / 2 : null;
    const mark = midPrice ?? lastTrade;
    return {
      timestampNs: now,
      timeRemainingNs: Math.max(0, this.options.agent.marketCloseNs - now),
      isMarketClosed: this.isClosed,
      bestBid,
      bestAsk,
      midPrice,
      spread: isTwoSided ? bestAsk - bestBid : null,
      lastTrade,
      bidDepth: bids,
      askDepth: asks,
      bidLiquidity: nearTouch(bids),
      askLiquidity: nearTouch(asks),
      inventory: portfolio.inventory,
      cash: portfolio.cashCents,
      portfolioValue: portfolio.valueAt(mark),
      unrealizedPnl: portfolio.unrealizedAt(mark),
      realizedPnl: portfolio.realizedCents,
      openOrders: this.viewOfOrders(),
    };
  }
}

function viewOf({
  orderId,
  id,
  side,
  orderType,
  price,
  openQuantity,
  filledQuantity,
  status,
}: Known): OpenOrder {
  return Object.freeze({ orderId, id, side, orderType, price, openQuantity, filledQuantity, status });
}

/** Whatever was thrown: it need not be an Error, nor anything that can be printed. */
function describe(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.message}` : String(thrown);
  } catch {
    return 'something that cannot be printed';
  }
}

function nearTouch(levels: readonly PriceLevel[]): number {
  const best = levels[0]?.[0] ?? 0;
  return levels.reduce(
    (sum, [price, quantity]) => sum + (Math.abs(price - best) <= NEAR * best ? quantity : 0),
    0,
  );
}
