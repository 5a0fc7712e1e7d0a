// One run of the lab: a trading day with or without a strategy, and what it came to. The account is the exchange's, never what
// the strategy says of itself.
import { BUY, SELL } from '../market/order.ts';
import type { MarketConfig } from '../market/market-config.ts';
import type { MarketMetrics } from '../market/market-metrics.ts';
import { parseClockTime } from '../market/session-time.ts';
import { Market } from '../market/simulate.ts';
import { StrategyError } from '../market/strategy.ts';
import type { Strategy } from '../market/strategy.ts';
import { fillsOf, midsOf } from '../market/trader-metrics.ts';
import type { Fill, TraderMetrics } from '../market/trader-metrics.ts';
import { liquidate } from './liquidation.ts';
import type { Level, Liquidation } from './liquidation.ts';
import { pnlAnatomy, pnlOf } from './pnl-anatomy.ts';
import type { PnlAnatomy } from './pnl-anatomy.ts';

/** `failed` is the strategy's own doing and scores as worst; `void` is a fault of the machine and scores nothing. */
export type RunEnd =
  | { readonly type: 'ok' }
  | {
      readonly type: 'failed';
      readonly reason: string;
      readonly message: string;
      /** What it had come to by then, the rest brought to its target at once: who fails does not get out of a loss. Null: nothing. */
      readonly account: FailedAccount | null;
    }
  | { readonly type: 'void'; readonly reason: string; readonly message: string };

export type FailedAccount = Pick<RunValues, 'pnlCents' | 'shortfallBps'>;

/** What is measured of a run, and what it means. Those of the strategy are null without one. */
export const RUN_MEASURES = {
  pnlCents: 'gain after fees, once what is held has been brought to its target through the book at the close',
  markedPnlCents: 'the same with what is held at the last mid',
  spreadCents: 'of the gain: price against the mid when it traded',
  after1sCents: 'of the gain: what the mid did in the second after each fill',
  after10sCents: 'of the gain: from 1 to 10 seconds after',
  after60sCents: 'of the gain: from 10 to 60 seconds after',
  holdingCents: 'of the gain: from 60 seconds after to the close',
  feesCents: 'of the gain: fees, below 0 when paid; those of the liquidation are not among them',
  liquidationCents: 'of the gain: what liquidation brought less than the mid, fees included',
  benchmarkCents: 'of the gain: what the price did to the target since the open',
  shortfallBps:
    'implementation shortfall against the mid at the open, over the value of the target; null without one',
  carriedShares: 'held at the close beyond the target',
  sharesBeyondBook: 'of those: shares for which nothing rested any more',
  fills: 'fills',
  volume: 'shares traded',
  makerShare: 'share of its volume that rested when it was filled',
  participation: 'share of the volume of the market that it was a side of',
  orders: 'orders entered',
  orderToTrade: 'orders ÷ fills',
  invalidActions: 'actions that made no sense and were not carried out',
  mostInventory: 'largest number of shares held, long or short',
  inventoryDeviation: 'deviation of the shares held, over time',
  peakCapitalCents: 'largest value of the shares held, long or short',
  pnlPerCapital: 'gain ÷ that',
  maxDrawdownCents: 'largest fall of its value from its peak, on a grid of minutes',
  dayShortfallCents: 'mean of the worst 5 % of changes of its value from minute to minute, as a loss',
  sharpe: 'mean ÷ deviation of these changes, a year of 252 such sessions',
  slippageBps: 'of what it took: how much worse than the mid before',
  adverse1sCents: 'of what it gave: how far the mid moved against it in a second, a share',
  adverse10sCents: 'in 10 seconds',
  adverse60sCents: 'in a minute',
  marketVolume: 'shares traded by all',
  marketSpreadCents: 'mean spread, over time',
  marketSpreadBps: 'the same in basis points',
  marketVolatilityBps: 'deviation of a return of a minute',
  marketDepth: 'shares at the best bid and ask together, over time',
  marketTwoSidedShare: 'share of the time with a bid and an ask',
  marketVpin: 'volume-synchronised probability of informed trading',
  marketResilienceSeconds: 'median time that a wide spread takes to come back',
} as const;
export type RunMeasure = keyof typeof RUN_MEASURES;
export type RunValues = Readonly<Record<RunMeasure, number | null>>;

export type LabRun = {
  readonly seed: number;
  readonly ended: RunEnd;
  /** Of the events of the book; null unless it ended well. */
  readonly digest: string | null;
  /** Null unless it ended well. */
  readonly values: RunValues | null;
  /** Gain in cents by type of who was on the other side, before liquidation. */
  readonly byCounterparty: Readonly<Record<string, number>>;
};

/** @param strategy a new one for each run; null: the market without it */
export function labRun(config: MarketConfig, seed: number, strategy: Strategy | null): LabRun {
  const ended = { type: 'ok' } as const;
  if (strategy === null) {
    const { digest, metrics } = new Market(config, seed).run().result();
    return {
      seed,
      ended,
      digest,
      values: { ...NOTHING_TRADED, ...marketValues(metrics) },
      byCounterparty: {},
    };
  }
  let market: Market | null = null;
  let book: BookOfOthers | null = null;
  try {
    market = new Market(config, seed, { strategy, profile: 'quant' });
    market.run(parseClockTime(config.close) - 1);
    // Orders for the day leave at the close, so the book that is sold into is the one just before it.
    book = bookOfOthers(market);
    return { seed, ended, ...outcomeOf(config, market.run(), book) };
  } catch (error) {
    if (!(error instanceof StrategyError)) throw error;
    const { reason } = (error.cause ?? {}) as { reason?: unknown };
    const account = market === null ? null : accountOf(config, market, book ?? bookOfOthers(market));
    return unfinishedRun(seed, {
      type: 'failed',
      reason: typeof reason === 'string' ? reason : 'threw',
      message: error.message,
      account,
    });
  }
}

function accountOf(config: MarketConfig, market: Market, book: BookOfOthers): FailedAccount {
  const { pnlCents, shortfallBps } = outcomeOf(config, market, book).values;
  return { pnlCents, shortfallBps };
}

/** What can be sold into or bought from, best first. */
type BookOfOthers = {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly lastTradeCents: number;
};

function bookOfOthers({ exchange: { book }, strategist }: Market): BookOfOthers {
  const { trader } = strategist!;
  const [bids, asks] = ([BUY, SELL] as const).map((side) => levelsOfOthers(book.orders(side), trader));
  return { bids: bids!, asks: asks!, lastTradeCents: book.lastTradeCents };
}

/** Of the day as far as it has been run. */
function outcomeOf(config: MarketConfig, market: Market, { bids, asks, lastTradeCents }: BookOfOthers) {
  const { trader } = market.strategist!;
  const { digest, metrics, strategy: own, recording } = market.result();
  const { quotes, trades } = recording!;
  const closeNs = parseClockTime(config.close);
  const target = config.strategy.targetInventory;
  const mids = midsOf(quotes);
  const last = mids.before(closeNs + 1);
  const fallback = last ?? (lastTradeCents || config.openingPriceCents);
  const carried = own!.finalInventory - target;
  const liquidation = liquidate(carried, bids, asks, fallback);
  const arrivalCents = mids.after(parseClockTime(config.open)) ?? config.openingPriceCents;
  const anatomy = pnlAnatomy({
    quotes,
    trades,
    participant: trader,
    types: market.types,
    fees: config.fees,
    closeNs,
    liquidationHundredths:
      100 * (liquidation.proceedsCents - carried * (last ?? 0)) - config.fees.taker * Math.abs(carried),
    target: { shares: target, arrivalCents },
  });
  const capital = peakCapitalOf(fillsOf(trades, trader));
  const values: RunValues = {
    ...NOTHING_TRADED,
    ...strategyValues(own!, capital),
    ...(anatomy === null ? {} : gainValues(anatomy, liquidation, target * arrivalCents, capital)),
    ...marketValues(metrics),
  };
  return { digest, values, byCounterparty: anatomy === null ? {} : inCents(anatomy.byCounterparty) };
}

export function unfinishedRun(seed: number, ended: RunEnd): LabRun {
  return { seed, ended, digest: null, values: null, byCounterparty: {} };
}

const NOTHING_TRADED = Object.fromEntries(Object.keys(RUN_MEASURES).map((name) => [name, null])) as RunValues;

/** Visible and hidden orders of others by price, best first. */
function levelsOfOthers(
  orders: Iterable<{ owner: number; priceCents: number; quantity: number }>,
  trader: number,
): Level[] {
  const levels: { priceCents: number; quantity: number }[] = [];
  for (const { owner, priceCents, quantity } of orders) {
    if (owner === trader) continue;
    const last = levels.at(-1);
    if (last?.priceCents === priceCents) last.quantity += quantity;
    else levels.push({ priceCents, quantity });
  }
  return levels;
}

/** Largest value of what was held, at the prices it was traded at, in cents. */
function peakCapitalOf(fills: readonly Fill[]): number {
  let [shares, peak] = [0, 0];
  for (const { side, quantity, priceCents } of fills) {
    shares += side === BUY ? quantity : -quantity;
    peak = Math.max(peak, Math.abs(shares) * priceCents);
  }
  return peak;
}

function strategyValues(own: TraderMetrics & { invalidActions: number }, peakCapitalCents: number) {
  return {
    fills: own.fills,
    volume: own.volume,
    makerShare: own.makerShare,
    participation: own.participation,
    orders: own.orders,
    orderToTrade: own.orderToTrade,
    invalidActions: own.invalidActions,
    mostInventory: own.mostInventory,
    inventoryDeviation: own.inventoryDeviation,
    peakCapitalCents,
    maxDrawdownCents: own.maxDrawdownCents,
    dayShortfallCents: own.shortfallCents,
    sharpe: own.sharpe,
    slippageBps: own.slippageBps,
    adverse1sCents: own.adverseSelectionCents[1],
    adverse10sCents: own.adverseSelectionCents[10],
    adverse60sCents: own.adverseSelectionCents[60],
  } satisfies Partial<RunValues>;
}

function gainValues(
  anatomy: PnlAnatomy,
  { shares, sharesBeyondBook }: Liquidation,
  targetCents: number,
  capital: number,
) {
  const { parts } = anatomy;
  const pnlCents = pnlOf(anatomy) / 100;
  return {
    pnlCents,
    markedPnlCents: (pnlOf(anatomy) - parts.liquidation) / 100,
    spreadCents: parts.spread / 100,
    after1sCents: parts.after1s / 100,
    after10sCents: parts.after10s / 100,
    after60sCents: parts.after60s / 100,
    holdingCents: parts.holding / 100,
    feesCents: parts.fees / 100,
    liquidationCents: parts.liquidation / 100,
    benchmarkCents: parts.benchmark / 100,
    shortfallBps: targetCents === 0 ? null : (-1e4 * pnlCents) / Math.abs(targetCents),
    carriedShares: shares,
    sharesBeyondBook,
    pnlPerCapital: capital === 0 ? null : pnlCents / capital,
  } satisfies Partial<RunValues>;
}

function marketValues(metrics: MarketMetrics) {
  const { meanBidQuantity, meanAskQuantity } = metrics;
  return {
    marketVolume: metrics.volume,
    marketSpreadCents: metrics.meanSpreadCents,
    marketSpreadBps: metrics.meanSpreadBps,
    marketVolatilityBps: metrics.minuteVolatilityBps,
    marketDepth:
      meanBidQuantity === null || meanAskQuantity === null ? null : meanBidQuantity + meanAskQuantity,
    marketTwoSidedShare: metrics.twoSidedShare,
    marketVpin: metrics.vpin,
    marketResilienceSeconds: metrics.resilienceSeconds,
  } satisfies Partial<RunValues>;
}

function inCents(hundredths: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(hundredths).map(([type, value]) => [type, value / 100]));
}
