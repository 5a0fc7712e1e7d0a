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
import { MOST_ACTIONS, OrderAction } from '../strategy.ts';
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
  /** When the strategy is told that the day is over: after the close, and after the last message. */
  readonly endNs: number;
};

const TICK = 0;
const END = 1;
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
};

export class StrategicTrader implements Participant {
  /** Actions that made no sense, with what was wrong; the strategy was told, too. */
  invalidActions = 0;
  readonly portfolio: Portfolio;

  readonly trader: number;

  private readonly kernel: Kernel;
  private readonly strategy: Strategy;
  private readonly options: StrategicOptions;
  /** Open orders by their number at the exchange, in the order in which they were entered. */
  private readonly orders = new Map<number, Known>();
  /** Closed orders with requests under way, so that the strategy hears what becomes of those too. */
  private readonly closed = new Map<number, Known>();
  private entered = 0;
  private bids: readonly PriceLevel[] = [];
  private asks: readonly PriceLevel[] = [];
  private lastTrade: number | null = null;

  constructor(kernel: Kernel, trader: number, strategy: Strategy, options: StrategicOptions) {
    this.kernel = kernel;
    this.trader = trader;
    this.strategy = strategy;
    this.options = options;
    this.portfolio = new Portfolio(options.agent.startingCash);
    strategy.initialize(options.agent);
    kernel.wakeAt(trader, options.agent.marketOpenNs, TICK);
    kernel.wakeAt(trader, options.endNs, END);
  }

  wake(_: number, what: number): void {
    const { kernel, options } = this;
    if (what === END) {
      this.strategy.onSimulationEnd(this.state());
      return;
    }
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
    if (next <= options.agent.marketCloseNs) kernel.wakeAt(this.trader, next, TICK);
    this.act(this.strategy.onTick(this.state()));
  }

  private get isClosed(): boolean {
    return this.kernel.now > this.options.agent.marketCloseNs;
  }

  receive(_: number, row: number): void {
    const { pool } = this.kernel;
    const type = pool.type[row]!;
    if (type === message.L2_DATA) {
      this.takeData(pool.rows[row]!, pool.e[row]!);
      if (!this.isClosed) this.act(this.strategy.onMarketData(this.state()));
      return;
    }
    const update = this.takeAnswer(type, row);
    if (update === null) return;
    const actions = this.strategy.onOrderUpdate(update, this.state());
    if (!this.isClosed) this.act(actions);
  }

  private takeData(rows: Int32Array, lastTrade: number): void {
    const levels: [PriceLevel[], PriceLevel[]] = [[], []];
    for (let at = 0; at < rows.length; at += 3) levels[rows[at]!]!.push([rows[at + 1]!, rows[at + 2]!]);
    [this.bids, this.asks] = levels;
    if (lastTrade > 0) this.lastTrade = lastTrade;
  }

  // ------------------------------------------------------------------------------------------- what the exchange says

  /** Takes an answer in. @returns what the strategy is told of it; null for what is none of its business */
  private takeAnswer(type: number, row: number): OrderUpdate | null {
    const { pool } = this.kernel;
    const number = pool.a[row]!;
    const quantity = pool.c[row]!;
    if (type === message.ORDER_REPLACED) return this.takeReplaced(number, pool.f[row]!, quantity);
    if (type === message.REQUEST_REFUSED) return this.takeRefused(number, REJECT_REASONS[pool.e[row]!]!);
    const known = this.orders.get(number);
    if (known === undefined) return null;
    switch (type) {
      case message.ORDER_ACCEPTED:
      case message.ORDER_MODIFIED:
        known.status = known.filledQuantity > 0 ? 'partial' : 'accepted';
        known.openQuantity = quantity;
        known.price = pool.d[row]!;
        if (type === message.ORDER_MODIFIED) known.asked -= 1;
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
        if (pool.e[row] === REQUESTED) known.asked -= 1;
        this.close(known);
        return this.tell(known, 'cancelled', { reason: CANCEL_REASONS[pool.e[row]!]! });
      case message.ORDER_PARTIAL_CANCELLED:
        known.openQuantity = pool.e[row]!;
        known.asked -= 1;
        return this.tell(known, 'partial_cancelled');
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
    known.asked -= 1;
    if (known.asked <= 0) this.closed.delete(number);
    return this.tell(known, 'request_refused', { reason });
  }

  private close(known: Known): void {
    this.orders.delete(known.number);
    if (known.asked > 0) this.closed.set(known.number, known);
  }

  /** The old order is gone, and the new one too when it was filled at once: then only the old one is still known. */
  private takeReplaced(number: number, oldNumber: number, quantity: number): OrderUpdate | null {
    const old = this.orders.get(oldNumber);
    const known = this.orders.get(number);
    if (old !== undefined) this.close({ ...old, openQuantity: 0 });
    if (known === undefined)
      return old === undefined ? null : this.tell({ ...old, openQuantity: 0 }, 'replaced');
    known.status = known.filledQuantity > 0 ? 'partial' : 'accepted';
    known.openQuantity = quantity;
    return this.tell(known, 'replaced');
  }

  private tell(
    { orderId, id, side, openQuantity }: Pick<Known, 'orderId' | 'id' | 'side' | 'openQuantity'>,
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
    // It is somebody else's code: nothing is taken for granted.
    if (!Array.isArray(actions)) {
      this.refuse('the answer is no list of actions');
      return;
    }
    for (const [index, action] of actions.entries()) {
      if (index === MOST_ACTIONS) {
        this.refuse(
          `more than ${MOST_ACTIONS} actions at once: ${actions.length - MOST_ACTIONS} are not carried out`,
        );
        return;
      }
      const parsed = OrderAction.safeParse(action);
      if (parsed.success) this.carryOut(parsed.data);
      else {
        const issue = parsed.error.issues[0]!;
        this.refuse(`action ${index}: ${[...issue.path, issue.message].join(': ')}`);
      }
    }
  }

  private carryOut(action: OrderAction): void {
    const { kernel, trader } = this;
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
          kernel.request(trader, message.MARKET_ORDER, order, side, action.quantity);
          return;
        }
        const kind =
          TIMES_IN_FORCE.indexOf(action.timeInForce ?? 'gtc') |
          (action.isHidden === true ? HIDDEN : 0) |
          (action.isPostOnly === true ? POST_ONLY : 0);
        this.orders.get(order)!.kind = kind;
        kernel.request(trader, message.LIMIT_ORDER, order, side, action.quantity, action.price, kind);
        return;
      }
      case 'cancel_all':
        for (const known of this.orders.values()) {
          known.asked += 1;
          kernel.request(trader, message.CANCEL_ORDER, known.number);
        }
        return;
      default:
        this.change(action);
    }
  }

  private change(action: Exclude<OrderAction, { actionType: 'place' | 'cancel_all' }>): void {
    const { kernel, trader } = this;
    const known = [...this.orders.values()].find(({ orderId }) => orderId === action.orderId);
    if (known === undefined) {
      this.refuse(`there is no open order ${action.orderId}`, action.orderId);
      return;
    }
    // A replacement is answered under its own number.
    if (action.actionType !== 'replace') known.asked += 1;
    switch (action.actionType) {
      case 'cancel':
        kernel.request(trader, message.CANCEL_ORDER, known.number);
        return;
      case 'partial_cancel':
        kernel.request(trader, message.PARTIAL_CANCEL_ORDER, known.number, 0, action.quantity);
        return;
      case 'modify':
        kernel.request(trader, message.MODIFY_ORDER, known.number, 0, action.quantity, action.price ?? 0);
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
        kernel.request(
          trader,
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
    this.orders.set(number, {
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
    });
    return number;
  }

  /** What cannot be sent is answered at once: the strategy's own side refuses it. */
  private refuse(reason: string, orderId = -1): void {
    this.invalidActions += 1;
    const nobody = { orderId, id: null, side: 'buy', openQuantity: 0 } as const;
    const update = this.tell(nobody, 'request_refused', { reason });
    // Not carried out what it answers to that: it could refuse for ever.
    this.strategy.onOrderUpdate(update, this.state());
  }

  // ----------------------------------------------------------------------------------------------- what it may know

  private state(): MarketState {
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
      openOrders: [...this.orders.values()].map(
        ({ kind: _kind, number: _number, asked: _asked, ...order }) => order,
      ),
    };
  }
}

function nearTouch(levels: readonly PriceLevel[]): number {
  const best = levels[0]?.[0] ?? 0;
  return levels.reduce(
    (sum, [price, quantity]) => sum + (Math.abs(price - best) <= NEAR * best ? quantity : 0),
    0,
  );
}
