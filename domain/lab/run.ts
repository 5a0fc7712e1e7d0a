// One run of the lab: a trading day with or without a strategy, and what it came to. The account is the exchange's, never what
// the strategy says of itself.
import { BUY, SELL } from '../market/order.ts';
import type { SideCode } from '../market/order.ts';
import type { MarketConfig } from '../market/market-config.ts';
import { Market } from '../market/simulate.ts';
import { StrategyError } from '../market/strategy.ts';
import type { Strategy } from '../market/strategy.ts';

/** `failed` is the strategy's own doing and scores as worst; `void` is a fault of the machine and scores nothing. */
export type RunEnd =
  | { readonly type: 'ok' }
  | { readonly type: 'failed' | 'void'; readonly reason: string; readonly message: string };

export type LabRun = {
  readonly seed: number;
  readonly ended: RunEnd;
  /** Of the events of the book; null unless it ended well. */
  readonly digest: string | null;
  /** Gain once what is held has been sold into the book that is left, fees paid; null without a strategy or a good end. */
  readonly liquidatedPnlCents: number | null;
  /** Gain with what is held at the last mid; null also when there is none. */
  readonly markedPnlCents: number | null;
  /** Held at the end, below 0 when sold short, and how much of it the book did not take. */
  readonly carriedShares: number;
  readonly unsoldShares: number;
};

/** @param strategy a new one for each run; null: the market without it */
export function labRun(config: MarketConfig, seed: number, strategy: Strategy | null): LabRun {
  try {
    const market = new Market(config, seed, strategy === null ? {} : { strategy }).run();
    const { digest, strategy: metrics } = market.result();
    const ended = { type: 'ok' } as const;
    return { seed, ended, digest, markedPnlCents: metrics?.pnlCents ?? null, ...liquidate(market, config) };
  } catch (error) {
    if (!(error instanceof StrategyError)) throw error;
    const { reason } = (error.cause ?? {}) as { reason?: unknown };
    const word = typeof reason === 'string' ? reason : 'threw';
    return unfinishedRun(seed, { type: 'failed', reason: word, message: error.message });
  }
}

export function unfinishedRun(seed: number, ended: RunEnd): LabRun {
  return {
    seed,
    ended,
    digest: null,
    liquidatedPnlCents: null,
    markedPnlCents: null,
    carriedShares: 0,
    unsoldShares: 0,
  };
}

/** What the book does not take counts at the worst price that it has, or at the last trade without any. */
function liquidate(
  { exchange, strategist }: Market,
  { fees, strategy, openingPriceCents }: MarketConfig,
): Pick<LabRun, 'liquidatedPnlCents' | 'carriedShares' | 'unsoldShares'> {
  if (strategist === null) return { liquidatedPnlCents: null, carriedShares: 0, unsoldShares: 0 };
  const { trader } = strategist;
  const carriedShares = exchange.shares[trader]!;
  const side: SideCode = carriedShares > 0 ? BUY : SELL;
  let price = exchange.book.lastTradeCents || openingPriceCents;
  let left = Math.abs(carriedShares);
  let value = 0;
  for (const { owner, priceCents, quantity } of exchange.book.orders(side)) {
    if (left === 0) break;
    if (owner === trader) continue;
    price = priceCents;
    const taken = Math.min(left, quantity);
    value += taken * price;
    left -= taken;
  }
  value += left * price;
  const gained = exchange.cashCents[trader]! - strategy.startingCashCents + Math.sign(carriedShares) * value;
  const paid = (exchange.fees[trader]! + Math.abs(carriedShares) * fees.taker) / 100;
  return { liquidatedPnlCents: gained - paid, carriedShares, unsoldShares: left };
}
