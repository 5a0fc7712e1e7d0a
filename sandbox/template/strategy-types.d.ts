// Mercato: what a strategy is. Published with every strategy that `mercato lab new` makes; types only, nothing of it runs.
// Prices and cash are whole cents, quantities whole shares, times whole nanoseconds since midnight.

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

export type Side = 'buy' | 'sell';
export type PriceLevel = readonly [price: number, quantity: number];

/** An order that the exchange has, or will have. */
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

/** The market as it was delivered, not as it is: with latency it is older than now. Null is unknown, or not there. */
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
  /** Shares held; below 0 when sold short. */
  readonly inventory: number;
  readonly cash: number;
  /** Cash and inventory at the mid, or at the last trade where there is no mid. */
  readonly portfolioValue: number;
  readonly unrealizedPnl: number;
  readonly realizedPnl: number;
  readonly openOrders: readonly OpenOrder[];
};

export type OrderStatus =
  | 'accepted'
  | 'new'
  | 'partial'
  | 'filled'
  | 'cancelled'
  | 'rejected'
  | 'modified'
  | 'partial_cancelled'
  | 'replaced'
  | 'stop_triggered'
  | 'request_refused';

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

/** At most 100 of them from one callback, and 1,000 in a second. */
export type OrderAction =
  | {
      actionType: 'place';
      side: Side;
      quantity: number;
      orderType: 'limit' | 'market';
      /** A limit order has one, a market order has none. */
      price?: number | undefined;
      /** Of limit orders: good till cancelled, immediate or cancel, fill or kill, leaves at the close. */
      timeInForce?: 'gtc' | 'ioc' | 'fok' | 'day' | undefined;
      isHidden?: boolean | undefined;
      /** Refused whole when it would trade at once. */
      isPostOnly?: boolean | undefined;
      /** A name of the strategy's own, to find the order again; at most 64 characters. */
      id?: string | undefined;
    }
  | { actionType: 'cancel'; orderId: number }
  | { actionType: 'cancel_all' }
  /** The quantity is what shall rest. */
  | { actionType: 'modify'; orderId: number; quantity: number; price?: number | undefined }
  | { actionType: 'partial_cancel'; orderId: number; quantity: number }
  /** Cancels one order and enters another limit order of the same kind. */
  | { actionType: 'replace'; orderId: number; quantity: number; price: number; id?: string | undefined };

/** What `createStrategy` returns, a new one for each day. Callbacks that are left out do nothing, and cost nothing. */
export type Strategy = {
  initialize?(config: AgentConfig): void;
  /** At every tick of the strategy's clock, a second apart unless the market says otherwise. */
  onTick?(state: MarketState): readonly OrderAction[];
  /** Whenever market data arrive, at most every 100 milliseconds: the callback that takes the most time. */
  onMarketData?(state: MarketState): readonly OrderAction[];
  onOrderUpdate?(update: OrderUpdate, state: MarketState): readonly OrderAction[];
  onSimulationEnd?(state: MarketState): void;
};
