// What is kept of a day, in columns: one typed array for each, as Arrow and Parquet have them. Recording changes nothing:
// a day has the same digest with every profile.
import { NO_KIND } from './exchange.ts';
import type { Exchange, Tape } from './exchange.ts';
import type { Fundamental } from './fundamental.ts';
import { grown } from './grown.ts';
import type { ParticipantLog } from './kernel.ts';
import type { MarketMeasures } from './market-metrics.ts';
import { MESSAGE_NAMES, toldQuantity } from './message.ts';
import * as message from './message.ts';
import type { MessagePool } from './message.ts';
import {
  CANCELLED,
  PARTIAL_CANCELLED,
  EVENT_NAMES,
  EVENT_STRIDE,
  FILLED,
  REFUSED,
  REJECTED,
  REPLACED,
} from './order-book.ts';
import { BUY, CANCEL_REASONS, KIND_NAMES, REJECT_REASONS, SELL, SIDES } from './order.ts';

/** `summary`: measures of the whole; `quant`: also quotes, trades and the fundamental; `full`: also depth and every event. */
export const PROFILES = ['summary', 'quant', 'full'] as const;
export type Profile = (typeof PROFILES)[number];

/** What the numbers of a column are. */
export type Column = {
  /** `whole`: 32 bits; `long`: whole, below 2⁵³; `real`: any; `label`: the place of a word in `labels`. */
  readonly type: 'whole' | 'long' | 'real' | 'label';
  readonly labels?: readonly string[];
  /** The number that stands for "there is none". */
  readonly none?: number;
};

const NONE = -1;
/** Nanoseconds since midnight. */
const time: Column = { type: 'long' };
const whole: Column = { type: 'whole' };
const long: Column = { type: 'long' };
const real: Column = { type: 'real' };
/** Prices and quantities: 0 is none. */
const amount: Column = { type: 'whole', none: 0 };
const label = (labels: readonly string[]): Column => ({ type: 'label', labels, none: NONE });

type Values = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** Rows of equal length in columns that grow. */
export class Table<Name extends string> {
  readonly columns: Readonly<Record<Name, Column>>;
  readonly names: readonly Name[];
  rows = 0;
  private readonly values: Values[];

  constructor(columns: Readonly<Record<Name, Column>>) {
    this.columns = columns;
    this.names = Object.keys(columns) as Name[];
    this.values = this.names.map((name) =>
      ['long', 'real'].includes(columns[name].type) ? new Float64Array(0) : new Int32Array(0),
    );
  }

  /** @param row values in the order of the names */
  push(...row: readonly number[]): void {
    const { values, rows } = this;
    if (rows === values[0]!.length)
      for (let i = 0; i < values.length; i++) values[i] = grown(values[i]!, Math.max(256, 2 * rows));
    for (let i = 0; i < values.length; i++) values[i]![rows] = row[i]!;
    this.rows += 1;
  }

  /** As many numbers as there are rows; a view, not a copy. */
  column(name: Name): Float64Array | Int32Array {
    return this.values[this.names.indexOf(name)]!.subarray(0, this.rows);
  }

  last(name: Name): number | undefined {
    return this.rows === 0 ? undefined : this.column(name)[this.rows - 1];
  }
}

/** Best visible bid and ask after each change; 0: there is none. */
export type Quotes = Table<'timeNs' | 'bidCents' | 'bidQuantity' | 'askCents' | 'askQuantity'>;
/** Each fill. */
export type Trades = Table<'timeNs' | 'priceCents' | 'quantity' | 'takerSide' | 'maker' | 'taker'>;
/** The fundamental on its grid, in cents. */
export type Fundamentals = Table<'timeNs' | 'valueCents'>;
/** What everybody began and ended with, fees paid apart; the exchange is not among them. */
export type Accounts = Table<
  'participant' | 'type' | 'startingCashCents' | 'cashCents' | 'shares' | 'feesCents'
>;
/** Visible levels after each change: side, number of the level from 1, price, quantity. */
export type Depth = Table<'timeNs' | 'side' | 'level' | 'priceCents' | 'quantity'>;
/**
 * What happened to each order in the book: who entered it, its count among the owner's orders, its kind, and the other order
 * of a fill or of a replacement. What the exchange itself refuses is in the agent log.
 */
export type OrderEvents = Table<
  | 'timeNs'
  | 'event'
  | 'order'
  | 'owner'
  | 'nth'
  | 'side'
  | 'kind'
  | 'otherOrder'
  | 'reason'
  | 'priceCents'
  | 'quantity'
>;
/** What each trader did and was told, when it did and was told it. */
export type AgentLog = Table<
  | 'timeNs'
  | 'agent'
  | 'event'
  | 'order'
  | 'side'
  | 'kind'
  | 'priceCents'
  | 'quantity'
  | 'otherOrder'
  | 'isMaker'
  | 'request'
  | 'reason'
>;

export type Named = { readonly name: string; readonly type: string; readonly cashCents: number };

const DEPTH = 10;
/** Reasons of cancels, then those of refusals. */
const REASONS = [...CANCEL_REASONS, ...REJECT_REASONS];

export class Recording implements Tape, ParticipantLog {
  readonly profile: Profile;
  /** By number; the exchange is 0. */
  readonly participants: readonly Named[];
  readonly quotes: Quotes = new Table({
    timeNs: time,
    bidCents: amount,
    bidQuantity: amount,
    askCents: amount,
    askQuantity: amount,
  });
  readonly trades: Trades;
  readonly fundamental: Fundamentals = new Table({ timeNs: time, valueCents: real });
  accounts: Accounts;
  readonly depth: Depth = new Table({
    timeNs: time,
    side: label(['bid', 'ask']),
    level: whole,
    priceCents: whole,
    quantity: whole,
  });
  readonly events: OrderEvents;
  readonly agentLog: AgentLog;
  private readonly isFull: boolean;
  private readonly levels: number[] = [];
  private readonly lastQuote: [number, number, number, number] = [-1, -1, -1, -1];

  private readonly measures: MarketMeasures | null;
  private readonly keepsRows: boolean;
  /** Of whoever it is. */
  private readonly name: Column;

  /**
   * @param participants all of them, by number
   * @param measures are told quotes and trades, too
   * @param keepsRows `summary` keeps none, unless somebody else reads quotes and trades
   */
  constructor(
    profile: Profile,
    participants: readonly Named[] = [],
    measures: MarketMeasures | null = null,
    keepsRows = profile !== 'summary',
  ) {
    this.profile = profile;
    this.measures = measures;
    this.keepsRows = keepsRows;
    this.isFull = profile === 'full';
    this.participants = participants;
    const name = label(participants.map(({ name: of }) => of));
    this.name = name;
    this.accounts = this.emptyAccounts();
    this.trades = new Table({
      timeNs: time,
      priceCents: whole,
      quantity: whole,
      takerSide: label(SIDES),
      maker: name,
      taker: name,
    });
    this.events = new Table({
      timeNs: time,
      event: label(EVENT_NAMES),
      order: whole,
      owner: name,
      nth: whole,
      side: label(SIDES),
      kind: { type: 'label', labels: KIND_NAMES, none: NO_KIND },
      otherOrder: { type: 'whole', none: NONE },
      reason: label(REASONS),
      priceCents: amount,
      quantity: amount,
    });
    this.agentLog = new Table({
      timeNs: time,
      agent: name,
      event: label(MESSAGE_NAMES),
      order: { type: 'whole', none: NONE },
      side: label(SIDES),
      kind: label(KIND_NAMES),
      priceCents: amount,
      quantity: amount,
      otherOrder: { type: 'whole', none: NONE },
      isMaker: { type: 'whole', none: NONE },
      request: label(MESSAGE_NAMES),
      reason: label(REASONS),
    });
  }

  /** All tables with their names: those of the profile. */
  get tables(): Readonly<Record<string, Table<string>>> {
    const { quotes, trades, fundamental, accounts, depth, events, agentLog } = this;
    if (this.profile === 'summary') return {};
    const quant = { quotes, trades, fundamental, accounts };
    return this.profile === 'quant' ? quant : { ...quant, depth, events, agentLog };
  }

  recordFundamental({ path: { fromNs, stepNs, valuesCents } }: Fundamental): void {
    valuesCents.forEach((value, i) => this.fundamental.push(fromNs + i * stepNs, value));
  }

  /** In place of what was recorded of them before. */
  recordAccounts({ cashCents, shares, fees }: Exchange): void {
    this.accounts = this.emptyAccounts();
    const { types } = this;
    for (let number = 1; number < this.participants.length; number++) {
      const starting = this.participants[number]!.cashCents;
      const feesCents = fees[number]! / 100;
      const type = types.indexOf(this.participants[number]!.type);
      this.accounts.push(number, type, starting, cashCents[number]!, shares[number]!, feesCents);
    }
  }

  private emptyAccounts(): Accounts {
    return new Table({
      participant: this.name,
      type: label(this.types),
      startingCashCents: long,
      cashCents: long,
      shares: long,
      feesCents: real,
    });
  }

  private get types(): readonly string[] {
    return [...new Set(this.participants.map(({ type }) => type))];
  }

  onEvents(exchange: Exchange): void {
    const { book, nowNs, ownerOf, sideOf } = exchange;
    const { events } = book;
    for (let at = 0; at < book.eventCount * EVENT_STRIDE; at += EVENT_STRIDE) {
      const type = events[at]!;
      const order = events[at + 1]!;
      const other = events[at + 2]!;
      const price = events[at + 3]!;
      const quantity = events[at + 4]!;
      if (type === FILLED) {
        const takerSide = sideOf.at(other);
        this.measures?.trade(nowNs, price, quantity, takerSide);
        if (this.keepsRows)
          this.trades.push(nowNs, price, quantity, takerSide, ownerOf.at(order), ownerOf.at(other));
      }
      if (!this.isFull) continue;
      const hasOther = type === FILLED || type === REPLACED;
      this.events.push(
        nowNs,
        type,
        order,
        ownerOf.at(order),
        exchange.nthOf.at(order),
        sideOf.at(order),
        exchange.kindOf.at(order),
        hasOther ? other : NONE,
        reasonOf(
          type === CANCELLED || type === PARTIAL_CANCELLED,
          type === REJECTED || type === REFUSED,
          other,
        ),
        price,
        quantity,
      );
    }
    this.recordQuote(exchange);
  }

  private recordQuote({ book, nowNs }: Exchange): void {
    const { lastQuote } = this;
    const bid = book.bestVisiblePrice(BUY);
    const bidQuantity = toldQuantity(book.bestVisibleQuantity(BUY));
    const ask = book.bestVisiblePrice(SELL);
    const askQuantity = toldQuantity(book.bestVisibleQuantity(SELL));
    const isSame =
      lastQuote[0] === bid &&
      lastQuote[1] === bidQuantity &&
      lastQuote[2] === ask &&
      lastQuote[3] === askQuantity;
    if (!isSame) {
      lastQuote[0] = bid;
      lastQuote[1] = bidQuantity;
      lastQuote[2] = ask;
      lastQuote[3] = askQuantity;
      this.measures?.quote(nowNs, bid, bidQuantity, ask, askQuantity);
      if (this.keepsRows) this.quotes.push(nowNs, bid, bidQuantity, ask, askQuantity);
    }
    if (!this.isFull) return;
    for (const side of [BUY, SELL] as const) {
      const count = book.readLevels(side, DEPTH, this.levels);
      for (let level = 0; level < count; level++)
        this.depth.push(
          nowNs,
          side,
          level + 1,
          this.levels[2 * level]!,
          toldQuantity(this.levels[2 * level + 1]!),
        );
    }
  }

  /** A message that a trader sends or is given: columns mean what message.ts says of the type. */
  onMessage(nowNs: number, trader: number, pool: MessagePool, row: number): void {
    const type = pool.type[row]!;
    const isAboutOrder = message.isRequestAboutOrder(type) || message.isAnswerAboutOrder(type);
    if (!isAboutOrder) {
      this.agentLog.push(nowNs, trader, type, NONE, NONE, NONE, 0, 0, NONE, NONE, NONE, NONE);
      return;
    }
    // A request to cancel, and the answer that it is refused, have no side.
    const hasSide =
      type !== message.CANCEL_ORDER &&
      type !== message.PARTIAL_CANCEL_ORDER &&
      type !== message.MODIFY_ORDER &&
      type !== message.REQUEST_REFUSED;
    const isLimit = type === message.LIMIT_ORDER || type === message.REPLACE_ORDER;
    const isReplacement = type === message.REPLACE_ORDER || type === message.ORDER_REPLACED;
    this.agentLog.push(
      nowNs,
      trader,
      type,
      pool.a[row]!,
      hasSide ? pool.b[row]! : NONE,
      isLimit ? pool.e[row]! : NONE,
      pool.d[row]!,
      pool.c[row]!,
      isReplacement ? pool.f[row]! : NONE,
      type === message.ORDER_EXECUTED ? pool.f[row]! : NONE,
      type === message.REQUEST_REFUSED ? pool.f[row]! : NONE,
      reasonOf(
        type === message.ORDER_CANCELLED || type === message.ORDER_PARTIAL_CANCELLED,
        type === message.ORDER_REJECTED || type === message.REQUEST_REFUSED,
        type === message.ORDER_PARTIAL_CANCELLED ? pool.f[row]! : pool.e[row]!,
      ),
    );
  }
}

function reasonOf(isCancel: boolean, isRefusal: boolean, code: number): number {
  if (isCancel) return code;
  return isRefusal ? CANCEL_REASONS.length + code : NONE;
}
