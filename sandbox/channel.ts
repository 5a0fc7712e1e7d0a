// The one channel between the market and a strategy's heap: a row of numbers that both sides see. What stands where is
// decided here, for both; this file knows no built-in that a heap may lack. Null is NaN; text is a length and its units.
import type { MOST_ACTIONS, OrderAction, OrderStatus } from '../domain/market/strategy.ts';

/** Numbers in the channel; enough for 1,000 levels of each side and some thousand open orders. */
export const CHANNEL_LENGTH = 65_536;
/** Longer text of a message or a reason is cut. */
export const MOST_TEXT = 200;

/** Actions of one callback that leave the heap: as many as are carried out. */
export const MOST_SENT: typeof MOST_ACTIONS = 100;

/** Callbacks by number, as they are written into the channel. */
export const CALLBACKS = [
  'initialize',
  'onTick',
  'onMarketData',
  'onOrderUpdate',
  'onSimulationEnd',
] as const;
export type Callback = (typeof CALLBACKS)[number];

/** How a callback ended. */
export const DONE = 0;
export const THREW = 1;
export const OUT_OF_FUEL = 2;
export const TOO_DEEP = 3;
export const OUT_OF_MEMORY = 4;

/** What a strategy returned was no list. */
export const NO_LIST = -1;
/** A list that the heap has from before. */
export const UNCHANGED = -1;
/** No name. */
export const NAMELESS = -1;
/** A field of an action that was not there, and one that is no value of its kind. Nothing may be compared with NaN. */
export const ABSENT = -Infinity;
export const WRONG = Infinity;

export const SIDE_CODES = ['buy', 'sell'] as const;
export const ORDER_TYPES = ['limit', 'market'] as const;
export const OPEN_STATUSES = ['new', 'accepted', 'partial'] as const;
export const TIME_IN_FORCE_CODES = ['gtc', 'ioc', 'fok', 'day'] as const;

/** Fields of each kind of action after its type, in the order of the channel, with what each may be. */
export const ACTION_FIELDS = {
  place: ['side', 'quantity', 'orderType', 'price', 'timeInForce', 'isHidden', 'isPostOnly', 'id'],
  cancel: ['orderId'],
  cancel_all: [],
  modify: ['orderId', 'quantity', 'price'],
  partial_cancel: ['orderId', 'quantity'],
  replace: ['orderId', 'quantity', 'price', 'id'],
} as const satisfies Record<OrderAction['actionType'], readonly string[]>;
export type ActionField = (typeof ACTION_FIELDS)[keyof typeof ACTION_FIELDS][number];

/** A number, one of some words by its place, a boolean as 0 or 1, or the number of a name. */
export const FIELD_KINDS: Readonly<Record<ActionField, 'number' | 'boolean' | 'name' | readonly string[]>> = {
  side: SIDE_CODES,
  quantity: 'number',
  orderType: ORDER_TYPES,
  price: 'number',
  timeInForce: TIME_IN_FORCE_CODES,
  isHidden: 'boolean',
  isPostOnly: 'boolean',
  id: 'name',
  orderId: 'number',
};

const STATUS_CODES: Readonly<Record<OrderStatus, number>> = {
  accepted: 0,
  new: 1,
  partial: 2,
  filled: 3,
  cancelled: 4,
  rejected: 5,
  modified: 6,
  partial_cancelled: 7,
  replaced: 8,
  stop_triggered: 9,
  request_refused: 10,
};
export const ACTION_TYPES = Object.keys(ACTION_FIELDS) as OrderAction['actionType'][];
export const STATUSES = Object.keys(STATUS_CODES) as OrderStatus[];

/** Whether it holds a whole number from `least` to `most`: nothing that comes out of a heap is believed. */
export function isWhole(value: number, least: number, most: number): boolean {
  return value >= least && value <= most && value % 1 === 0;
}

const { fromCharCode } = String;

/** Reads or writes one number after the other. */
export class Cursor {
  view: Float64Array;
  private at = 0;

  constructor(view: Float64Array) {
    this.view = view;
  }

  rewind(): void {
    this.at = 0;
  }

  /** Places left. */
  get room(): number {
    return this.view.length - this.at;
  }

  put(value: number): void {
    this.view[this.at++] = value;
  }

  putNullable(value: number | null): void {
    this.view[this.at++] = value === null ? NaN : value;
  }

  /** At most `MOST_TEXT` units of it. */
  putText(text: string): void {
    const length = text.length < MOST_TEXT ? text.length : MOST_TEXT;
    this.put(length);
    for (let i = 0; i < length; i++) this.put(text.charCodeAt(i));
  }

  /** NaN beyond the end. */
  take(): number {
    const value = this.view[this.at++];
    return value === undefined ? NaN : value;
  }

  takeNullable(): number | null {
    const value = this.take();
    return value !== value ? null : value;
  }

  /** Null when it is no text of at most `MOST_TEXT` units. */
  takeText(): string | null {
    const length = this.take();
    if (!isWhole(length, 0, MOST_TEXT)) return null;
    let text = '';
    for (let i = 0; i < length; i++) {
      const unit = this.take();
      if (!isWhole(unit, 0, 0xffff)) return null;
      text += fromCharCode(unit);
    }
    return text;
  }
}
