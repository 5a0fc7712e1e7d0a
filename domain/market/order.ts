// What an order is, in the numbers that the hot core works with, and the words that everything else uses for them.
// Prices are whole cents, quantities whole shares.

export const BUY = 0;
export const SELL = 1;
/** `BUY` or `SELL`. */
export type SideCode = 0 | 1;

export const SIDES = ['buy', 'sell'] as const;
export type Side = (typeof SIDES)[number];

/** Good till cancelled; immediate or cancel; fill or kill; leaves at the close. */
export const TIMES_IN_FORCE = ['gtc', 'ioc', 'fok', 'day'] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];
export const GTC = 0;
export const IOC = 1;
export const FOK = 2;
export const DAY = 3;

/** An order's kind in one number: time in force in the lowest two bits, then these. */
export const TIME_IN_FORCE_MASK = 3;
/** In no feed; at its price it comes after all that are visible (M2). */
export const HIDDEN = 4;
/** Refused whole when it would trade (M34). */
export const POST_ONLY = 8;
/** Visible at its price, hidden one tick better (M33). */
export const PRICE_TO_COMPLY = 16;
/** Placed among the visible orders of its price by id (M5). */
export const INSERT_BY_ID = 32;

const FLAGS = ['hidden', 'post_only', 'price_to_comply', 'insert_by_id'] as const;
/** Words for every kind of limit order, by its number: time in force, and the flags after it. */
export const KIND_NAMES: readonly string[] = Array.from({ length: 64 }, (_, kind) =>
  [
    TIMES_IN_FORCE[kind & TIME_IN_FORCE_MASK]!,
    ...FLAGS.filter((_flag, i) => (kind & (HIDDEN << i)) !== 0),
  ].join(' '),
);

/** Why a request was refused. The position is the code; codes are stored, so new ones go to the end. */
export const REJECT_REASONS = [
  'invalid_quantity',
  'invalid_price',
  'invalid_id',
  'duplicate_id',
  'unknown_order',
  'order_closed',
  'not_owner',
  'post_only_would_trade',
  'fok_not_fillable',
  'market_not_open',
  'market_closed',
  'order_size_limit',
  'open_order_limit',
  'order_rate_limit',
  'position_limit',
  'short_limit',
  'buying_power',
  'invalid_kind',
  'drawdown_limit',
  'in_auction',
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];
export const rejectCode = (reason: RejectReason): number => REJECT_REASONS.indexOf(reason);

/** Why an order left without being filled. */
export const CANCEL_REASONS = ['requested', 'not_filled', 'self_trade', 'day_end', 'risk_limit'] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];
export const REQUESTED = 0;
export const NOT_FILLED = 1;
export const SELF_TRADE = 2;
export const DAY_END = 3;
export const RISK_LIMIT = 4;

/** What happens when an order meets one of the same owner (M13). */
export const SELF_TRADE_PREVENTIONS = [
  'off',
  'cancel_newest',
  'cancel_oldest',
  'cancel_both',
  'decrement',
] as const;
export type SelfTradePrevention = (typeof SELF_TRADE_PREVENTIONS)[number];

/** Prices and stop prices lie in [1, MAX_PRICE_CENTS]. */
export const MAX_PRICE_CENTS = 0x07ffffff;
/** Quantities lie in [1, MAX_QUANTITY]. */
export const MAX_QUANTITY = 1_000_000_000;
