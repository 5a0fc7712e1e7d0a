// What a strategy is: five callbacks, what they are given and what they may ask for. The only interface between code that
// somebody else wrote and the market. Prices and cash are whole cents, quantities whole shares, times whole nanoseconds
// since midnight: nanoseconds since 1970 are no safe numbers.
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { MAX_PRICE_CENTS, SIDES, TIMES_IN_FORCE } from './order.ts';
import type { Side } from './order.ts';

/** Given once, before the first event. */
export type AgentConfig = {
  readonly startingCash: number;
  readonly symbol: string;
  /** One way, between the strategy and the exchange, without jitter. */
  readonly latencyNs: number;
  /** `YYYY-MM-DD`; all times are since its midnight. */
  readonly date: string;
  readonly marketOpenNs: number;
  readonly marketCloseNs: number;
  /** Shares that it is to hold at the close: what is missing is bought then, and what is too much is sold. */
  readonly targetInventory: number;
};

export type PriceLevel = readonly [price: number, quantity: number];

export type OpenOrder = {
  readonly orderId: number;
  /** As the strategy named it; null when it did not. */
  readonly id: string | null;
  readonly side: Side;
  readonly orderType: 'limit' | 'market';
  /** Null for a market order. */
  readonly price: number | null;
  readonly openQuantity: number;
  readonly filledQuantity: number;
  /** `new` until the exchange has answered. */
  readonly status: 'new' | 'accepted' | 'partial';
};

/** The market as the strategy knows it: what has been delivered, not what is. Null is unknown, or not there. */
export type MarketState = {
  readonly timestampNs: number;
  readonly timeRemainingNs: number;
  readonly isMarketClosed: boolean;
  readonly bestBid: number | null;
  readonly bestAsk: number | null;
  readonly midPrice: number | null;
  readonly spread: number | null;
  readonly lastTrade: number | null;
  /** Visible levels, best first. */
  readonly bidDepth: readonly PriceLevel[];
  readonly askDepth: readonly PriceLevel[];
  /** Visible shares within 0.5 % of the best price. */
  readonly bidLiquidity: number;
  readonly askLiquidity: number;
  readonly inventory: number;
  readonly cash: number;
  /** Cash and inventory at the mid, or at the last trade where there is no mid. */
  readonly portfolioValue: number;
  readonly unrealizedPnl: number;
  readonly realizedPnl: number;
  readonly openOrders: readonly OpenOrder[];
};

export const ORDER_STATUSES = [
  'accepted',
  'new',
  'partial',
  'filled',
  'cancelled',
  'rejected',
  'modified',
  'partial_cancelled',
  'replaced',
  'stop_triggered',
  'request_refused',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** What has become of an order or of a request about it. */
export type OrderUpdate = {
  readonly orderId: number;
  readonly id: string | null;
  readonly status: OrderStatus;
  /** Null when the request was about an order that is not open. */
  readonly side: Side | null;
  readonly timestampNs: number;
  /** Of a fill; null for anything else. */
  readonly fillPrice: number | null;
  readonly fillQuantity: number;
  /** True when the fill was of a resting order. */
  readonly isMaker: boolean;
  readonly openQuantity: number;
  /** Why it was rejected, refused or cancelled, also in part; null for anything else. */
  readonly reason: string | null;
};

/** The value of a larger order might not be a whole number any more. */
const Quantity = z.int().positive().max(10_000_000);
const Price = z.int().positive().max(MAX_PRICE_CENTS);
const Name = z.string().min(1).max(64);

const Place = z
  .strictObject({
    actionType: z.literal('place'),
    side: z.enum(SIDES),
    quantity: Quantity,
    orderType: z.enum(['limit', 'market']),
    price: Price.optional(),
    timeInForce: z.enum(TIMES_IN_FORCE).optional(),
    isHidden: z.boolean().optional(),
    isPostOnly: z.boolean().optional(),
    /** A name of the strategy's own, to find the order again. */
    id: Name.optional(),
  })
  .superRefine((action, context) => {
    const issue = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (action.orderType === 'limit') {
      if (action.price === undefined) issue('price', 'a limit order must have a price');
      return;
    }
    if (action.price !== undefined) issue('price', 'a market order must not have a price');
    if (action.timeInForce !== undefined) issue('timeInForce', 'is for limit orders');
    if (action.isHidden === true) issue('isHidden', 'is for limit orders');
    if (action.isPostOnly === true) issue('isPostOnly', 'is for limit orders');
  });

export const OrderAction = z.discriminatedUnion('actionType', [
  Place,
  z.strictObject({ actionType: z.literal('cancel'), orderId: z.int().min(0) }),
  z.strictObject({ actionType: z.literal('cancel_all') }),
  /** The quantity is what shall rest. */
  z.strictObject({
    actionType: z.literal('modify'),
    orderId: z.int().min(0),
    quantity: Quantity,
    price: Price.optional(),
  }),
  z.strictObject({ actionType: z.literal('partial_cancel'), orderId: z.int().min(0), quantity: Quantity }),
  /** Cancels one order and enters another limit order of the same kind. */
  z.strictObject({
    actionType: z.literal('replace'),
    orderId: z.int().min(0),
    quantity: Quantity,
    price: Price,
    id: Name.optional(),
  }),
]);
export type OrderAction = z.infer<typeof OrderAction>;

/** At most so many actions are taken from one callback, and so many requests sent in one second; those beyond are refused. */
export const MOST_ACTIONS = 100;
export const MOST_REQUESTS_PER_SECOND = 1000;

/** A strategy threw: the day cannot go on. */
export class StrategyError extends AppError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('strategy_failed', message, options);
    this.name = 'StrategyError';
  }
}

export type Strategy = {
  initialize(config: AgentConfig): void;
  /** At every tick of the strategy's clock. */
  onTick(state: MarketState): readonly OrderAction[];
  /** Whenever market data arrive. Left out, nothing has to be put together for each of them. */
  onMarketData?(state: MarketState): readonly OrderAction[];
  onOrderUpdate(update: OrderUpdate, state: MarketState): readonly OrderAction[];
  onSimulationEnd(state: MarketState): void;
};

/** Makers of actions, for strategies that are easier to read. */
export const orderActions = {
  buy: (quantity: number, price: number, id?: string): OrderAction => place('buy', quantity, price, id),
  sell: (quantity: number, price: number, id?: string): OrderAction => place('sell', quantity, price, id),
  buyNow: (quantity: number): OrderAction => ({
    actionType: 'place',
    side: 'buy',
    orderType: 'market',
    quantity,
  }),
  sellNow: (quantity: number): OrderAction => ({
    actionType: 'place',
    side: 'sell',
    orderType: 'market',
    quantity,
  }),
  cancel: (orderId: number): OrderAction => ({ actionType: 'cancel', orderId }),
  cancelAll: (): OrderAction => ({ actionType: 'cancel_all' }),
  modify: (orderId: number, quantity: number, price?: number): OrderAction => ({
    actionType: 'modify',
    orderId,
    quantity,
    ...(price === undefined ? {} : { price }),
  }),
  partialCancel: (orderId: number, quantity: number): OrderAction => ({
    actionType: 'partial_cancel',
    orderId,
    quantity,
  }),
  replace: (orderId: number, quantity: number, price: number): OrderAction => ({
    actionType: 'replace',
    orderId,
    quantity,
    price,
  }),
};

function place(side: Side, quantity: number, price: number, id: string | undefined): OrderAction {
  return {
    actionType: 'place',
    side,
    orderType: 'limit',
    quantity,
    price,
    ...(id === undefined ? {} : { id }),
  };
}
