// How one participant did in a day, from the recorded quotes and trades alone: the account of the exchange, not its own.
// What cannot be known is null, never 0. Returns are taken on a grid of minutes, so that a denser feed changes nothing.
import { ascending, mean, sampleDeviation } from '../descriptive-statistics.ts';
import { BASIS_POINTS, LEAST_RETURNS, TRADING_DAYS } from './market-metrics.ts';
import { BUY } from './order.ts';
import { Portfolio } from './portfolio.ts';
import type { Quotes, Trades } from './recording.ts';
import { NS_PER_MINUTE } from './session-time.ts';

/** After a fill, in seconds. */
export const HORIZONS_SECONDS = [1, 10, 60] as const;

export type TraderMetrics = {
  readonly fills: number;
  readonly volume: number;
  /** Share of its volume that rested when it was filled. */
  readonly makerShare: number | null;
  /** Value at the last mid of the session, minus what it started with: what was realized and what is not yet. */
  readonly pnlCents: number | null;
  readonly realizedCents: number;
  readonly unrealizedCents: number | null;
  readonly feesCents: number;
  readonly finalInventory: number;
  readonly mostInventory: number;
  /** Over time. */
  readonly inventoryDeviation: number;
  /** Largest fall of the value from its peak, on the grid of minutes. */
  readonly maxDrawdownCents: number | null;
  /** Mean ÷ standard deviation of changes of the value from minute to minute, a year of 252 such sessions; null under 30. */
  readonly sharpe: number | null;
  /** The same with the root of the mean square of losses below (F. Sortino 1991); null without any. */
  readonly sortino: number | null;
  /** Mean of the worst 5 % of those changes, as a loss; null under 30. */
  readonly shortfallCents: number | null;
  /** Share of the minutes with a change that brought a gain, and gains ÷ losses; null without any. */
  readonly hitRate: number | null;
  readonly profitFactor: number | null;
  /** Orders entered, also such as were refused, and ÷ fills. */
  readonly orders: number;
  readonly orderToTrade: number | null;
  /** Share of the market's volume that it was a side of. */
  readonly participation: number | null;
  /** Traded value ÷ what it started with. */
  readonly turnover: number | null;
  readonly buyVwapCents: number | null;
  readonly sellVwapCents: number | null;
  /** Of what it took: how much worse than the mid before, in basis points. */
  readonly slippageBps: number | null;
  /** Of what it gave: how far the mid then moved against it, in cents, after 1, 10 and 60 seconds. */
  readonly adverseSelectionCents: Readonly<Record<(typeof HORIZONS_SECONDS)[number], number | null>>;
};

export type TraderAccount = {
  readonly participant: number;
  readonly startingCashCents: number;
  /** Entered over the day. */
  readonly orders: number;
  /** Per share, in hundredths of a cent. */
  readonly makerFee: number;
  readonly takerFee: number;
};

/** Of changes from minute to minute that count as the tail. */
const TAIL_SHARE = 0.05;

/** One side of a trade. */
export type Fill = {
  readonly timeNs: number;
  readonly side: number;
  readonly priceCents: number;
  readonly quantity: number;
  readonly isMaker: boolean;
  /** Who was on the other side. */
  readonly counterparty: number;
};

export function computeTraderMetrics(
  quotes: Quotes,
  trades: Trades,
  account: TraderAccount,
  openNs: number,
  closeNs: number,
): TraderMetrics {
  const fills = fillsOf(trades, account.participant);
  const mids = midsOf(quotes);
  const { portfolio, values, inventories, feeHundredths } = follow(fills, mids, account, openNs, closeNs);
  // At the close, not after it: DAY orders leave then.
  const lastMid = mids.before(closeNs + 1);
  const traded = fills.reduce((sum, { priceCents, quantity }) => sum + priceCents * quantity, 0);
  const volume = volumeOf(fills);
  const known = values.filter((value) => value !== null);
  const marketVolume = Array.from(trades.column('quantity')).reduce((sum, quantity) => sum + quantity, 0);
  return {
    fills: fills.length,
    volume,
    makerShare: volume === 0 ? null : volumeOf(fills.filter(({ isMaker }) => isMaker)) / volume,
    pnlCents:
      worth(portfolio, lastMid) === null ? null : worth(portfolio, lastMid)! - account.startingCashCents,
    realizedCents: portfolio.realizedCents,
    unrealizedCents:
      portfolio.inventory === 0 ? 0 : lastMid === null ? null : portfolio.unrealizedAt(lastMid),
    feesCents: feeHundredths / 100,
    finalInventory: portfolio.inventory,
    mostInventory: inventories.reduce((most, { shares }) => Math.max(most, Math.abs(shares)), 0),
    inventoryDeviation: deviationOverTime(inventories, closeNs),
    maxDrawdownCents: known.length === 0 ? null : drawdownOf(known),
    ...factsOfChanges(changesOf(values), (closeNs - openNs) / NS_PER_MINUTE),
    orders: account.orders,
    orderToTrade: fills.length === 0 ? null : account.orders / fills.length,
    participation: marketVolume === 0 ? null : volume / marketVolume,
    turnover: account.startingCashCents === 0 ? null : traded / account.startingCashCents,
    buyVwapCents: vwapOf(fills.filter(({ side }) => side === BUY)),
    sellVwapCents: vwapOf(fills.filter(({ side }) => side !== BUY)),
    slippageBps: slippageOf(fills, mids),
    adverseSelectionCents: {
      1: adverseSelectionOf(fills, mids, 1, closeNs),
      10: adverseSelectionOf(fills, mids, 10, closeNs),
      60: adverseSelectionOf(fills, mids, 60, closeNs),
    },
  };
}

/** Its side of each trade; both sides when it traded with itself. */
export function fillsOf(trades: Trades, participant: number): Fill[] {
  const [times, prices, quantities] = [
    trades.column('timeNs'),
    trades.column('priceCents'),
    trades.column('quantity'),
  ];
  const [sides, makers, takers] = [
    trades.column('takerSide'),
    trades.column('maker'),
    trades.column('taker'),
  ];
  const fills: Fill[] = [];
  for (let row = 0; row < trades.rows; row++) {
    const fill = { timeNs: times[row]!, priceCents: prices[row]!, quantity: quantities[row]! };
    const [maker, taker] = [makers[row]!, takers[row]!];
    if (maker === participant)
      fills.push({ ...fill, side: 1 - sides[row]!, isMaker: true, counterparty: taker });
    if (taker === participant)
      fills.push({ ...fill, side: sides[row]!, isMaker: false, counterparty: maker });
  }
  return fills;
}

export type Mids = {
  /** The last mid before a time; null when there was none yet. */
  readonly before: (timeNs: number) => number | null;
  /** The first mid at a time or after it; that which holds at the time, when there is one. */
  readonly after: (timeNs: number) => number | null;
};

export function midsOf(quotes: Quotes): Mids {
  const times: number[] = [];
  const mids: number[] = [];
  const [time, bid, ask] = [quotes.column('timeNs'), quotes.column('bidCents'), quotes.column('askCents')];
  for (let row = 0; row < quotes.rows; row++) {
    if (bid[row] === 0 || ask[row] === 0) continue;
    times.push(time[row]!);
    mids.push((bid[row]! + ask[row]!) / 2);
  }
  const countBefore = (timeNs: number): number => {
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (times[middle]! < timeNs) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    before: (timeNs) => mids[countBefore(timeNs) - 1] ?? null,
    after: (timeNs) => mids[Math.max(0, countBefore(timeNs + 1) - 1)] ?? null,
  };
}

/** Without shares no price is needed. */
function worth(portfolio: Portfolio, mid: number | null): number | null {
  return portfolio.inventory !== 0 && mid === null ? null : portfolio.valueAt(mid);
}

/** Goes through the day: the value at each full minute, and the inventory after each fill. */
function follow(
  fills: readonly Fill[],
  mids: Mids,
  { startingCashCents, makerFee, takerFee }: TraderAccount,
  openNs: number,
  closeNs: number,
) {
  const portfolio = new Portfolio(startingCashCents);
  const values: (number | null)[] = [];
  const inventories = [{ timeNs: openNs, shares: 0 }];
  let feeHundredths = 0;
  let next = 0;
  for (let at = openNs; at <= closeNs; at += NS_PER_MINUTE) {
    for (; next < fills.length && fills[next]!.timeNs <= at; next++) take(fills[next]!);
    values.push(worth(portfolio, mids.before(at)));
  }
  for (; next < fills.length; next++) take(fills[next]!);
  // The close, when it is no full minute after the open.
  if ((closeNs - openNs) % NS_PER_MINUTE !== 0) values.push(worth(portfolio, mids.before(closeNs + 1)));
  return { portfolio, values, inventories, feeHundredths };

  function take({ timeNs, side, quantity, priceCents, isMaker }: Fill): void {
    const fee = (isMaker ? makerFee : takerFee) * quantity;
    feeHundredths += fee;
    portfolio.filled(side, quantity, priceCents, fee);
    inventories.push({ timeNs, shares: portfolio.inventory });
  }
}

function volumeOf(fills: readonly Fill[]): number {
  return fills.reduce((sum, { quantity }) => sum + quantity, 0);
}

function vwapOf(fills: readonly Fill[]): number | null {
  if (fills.length === 0) return null;
  return fills.reduce((sum, { priceCents, quantity }) => sum + priceCents * quantity, 0) / volumeOf(fills);
}

function deviationOverTime(
  inventories: readonly { timeNs: number; shares: number }[],
  closeNs: number,
): number {
  let [time, sum, squares] = [0, 0, 0];
  inventories.forEach(({ timeNs, shares }, i) => {
    const lasts = Math.max(0, (inventories[i + 1]?.timeNs ?? closeNs) - timeNs);
    time += lasts;
    sum += shares * lasts;
    squares += shares * shares * lasts;
  });
  if (time === 0) return 0;
  const mean = sum / time;
  return Math.sqrt(Math.max(0, squares / time - mean * mean));
}

function drawdownOf(values: readonly number[]): number {
  let peak = -Infinity;
  let largest = 0;
  for (const value of values) {
    peak = Math.max(peak, value);
    largest = Math.max(largest, peak - value);
  }
  return largest;
}

/** From minute to minute; none where a value is not known. */
function changesOf(values: readonly (number | null)[]): number[] {
  const changes: number[] = [];
  for (let i = 1; i < values.length; i++) {
    const [before, after] = [values[i - 1], values[i]];
    if (before != null && after != null) changes.push(after - before);
  }
  return changes;
}

function factsOfChanges(changes: readonly number[], minutes: number) {
  if (changes.length < LEAST_RETURNS)
    return { sharpe: null, sortino: null, shortfallCents: null, hitRate: null, profitFactor: null };
  const year = Math.sqrt(TRADING_DAYS * minutes);
  const deviation = sampleDeviation(changes);
  const losses = changes.filter((change) => change < 0);
  const gains = changes.filter((change) => change > 0);
  const lost = -losses.reduce((sum, change) => sum + change, 0);
  const downside = Math.sqrt(losses.reduce((sum, change) => sum + change * change, 0) / changes.length);
  const worst = ascending(changes).slice(0, Math.ceil(TAIL_SHARE * changes.length));
  const moved = gains.length + losses.length;
  return {
    sharpe: deviation === 0 ? null : (mean(changes) / deviation) * year,
    sortino: downside === 0 ? null : (mean(changes) / downside) * year,
    shortfallCents: -mean(worst),
    hitRate: moved === 0 ? null : gains.length / moved,
    profitFactor: lost === 0 ? null : gains.reduce((sum, change) => sum + change, 0) / lost,
  };
}

/** By shares, over fills that it took while there was a mid. */
function slippageOf(fills: readonly Fill[], mids: Mids): number | null {
  let [sum, shares] = [0, 0];
  for (const { timeNs, side, priceCents, quantity, isMaker } of fills) {
    const mid = mids.before(timeNs);
    if (isMaker || mid === null) continue;
    sum += ((side === BUY ? priceCents - mid : mid - priceCents) / mid) * BASIS_POINTS * quantity;
    shares += quantity;
  }
  return shares === 0 ? null : sum / shares;
}

/** By shares, over fills that it gave, of which the horizon ends within the session. */
function adverseSelectionOf(
  fills: readonly Fill[],
  mids: Mids,
  seconds: number,
  closeNs: number,
): number | null {
  let [sum, shares] = [0, 0];
  for (const { timeNs, side, quantity, isMaker } of fills) {
    const endNs = timeNs + seconds * 1e9;
    const [before, after] = [mids.before(timeNs), mids.before(endNs)];
    if (!isMaker || endNs > closeNs || before === null || after === null) continue;
    sum += (side === BUY ? before - after : after - before) * quantity;
    shares += quantity;
  }
  return shares === 0 ? null : sum / shares;
}
