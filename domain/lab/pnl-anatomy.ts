// Where a day's profit comes from, in parts that sum to it exactly: everything is counted in hundredths of a cent, which are whole
// numbers, since mids are halves of cents and fees are hundredths.
//
// A fill of q shares (bought: above 0) at price p, while the mid was m, ends at the mid M of the close:
//   q · (M − p) = q · (m − p)             half the spread, earned by who gave and paid by who took
//               + q · (m after 1 s − m) + q · (m after 10 s − m after 1 s) + q · (m after 60 s − m after 10 s)
//                                         what the price did next: against who gave, it is adverse selection
//               + q · (M − m after 60 s)  what holding it brought.
// Fees, what liquidation at the close brings less than the mid, and for a strategy that was to buy or sell what the price did
// since it was told to (`benchmark`) are the rest of it.
import { BUY } from '../market/order.ts';
import type { Quotes, Trades } from '../market/recording.ts';
import { HORIZONS_SECONDS, fillsOf, midsOf } from '../market/trader-metrics.ts';

export const PNL_PARTS = [
  'spread',
  'after1s',
  'after10s',
  'after60s',
  'holding',
  'fees',
  'liquidation',
  'benchmark',
] as const;
export type PnlPart = (typeof PNL_PARTS)[number];

/** In hundredths of a cent; `fees` are below 0 when they were paid. */
export type PnlAnatomy = {
  readonly parts: Readonly<Record<PnlPart, number>>;
  /** By type of who was on the other side; sums to all parts but `liquidation` and `benchmark`. */
  readonly byCounterparty: Readonly<Record<string, number>>;
};

export type AnatomyInput = {
  readonly quotes: Quotes;
  readonly trades: Trades;
  readonly participant: number;
  /** Type of each participant. */
  readonly types: readonly string[];
  /** Per share, in hundredths of a cent. */
  readonly fees: { readonly maker: number; readonly taker: number };
  readonly closeNs: number;
  /** Proceeds of the liquidation less what its shares were worth at the last mid, fees included, in hundredths of a cent. */
  readonly liquidationHundredths: number;
  /** Shares that were to be held, and the mid when that was said. */
  readonly target: { readonly shares: number; readonly arrivalCents: number };
};

/** @returns null when there is no mid at the close, and so nothing that shares are worth */
export function pnlAnatomy(input: AnatomyInput): PnlAnatomy | null {
  const { quotes, trades, participant, types, fees, closeNs, target } = input;
  const mids = midsOf(quotes);
  const last = mids.before(closeNs + 1);
  const fills = fillsOf(trades, participant);
  if (last === null && (fills.length > 0 || target.shares !== 0)) return null;
  const parts = { spread: 0, after1s: 0, after10s: 0, after60s: 0, holding: 0, fees: 0 };
  const byCounterparty: Record<string, number> = {};
  for (const { timeNs, side, priceCents, quantity, isMaker, counterparty } of fills) {
    const shares = side === BUY ? quantity : -quantity;
    const fee = (isMaker ? fees.maker : fees.taker) * quantity;
    const after = HORIZONS_SECONDS.map((seconds) =>
      mids.before(Math.min(closeNs, timeNs + seconds * 1e9) + 1),
    );
    // While there was no mid yet, a trade is at what it is worth.
    const path = [priceCents, mids.before(timeNs), ...after, last].reduce<number[]>(
      (known, price) => [...known, price ?? known.at(-1)!],
      [],
    );
    const step = (i: number): number => 100 * shares * (path[i + 1]! - path[i]!);
    parts.spread += step(0);
    parts.after1s += step(1);
    parts.after10s += step(2);
    parts.after60s += step(3);
    parts.holding += step(4);
    parts.fees -= fee;
    const type = types[counterparty]!;
    byCounterparty[type] = (byCounterparty[type] ?? 0) + 100 * shares * (last! - priceCents) - fee;
  }
  const { shares, arrivalCents } = target;
  const benchmark = shares === 0 ? 0 : 100 * shares * (arrivalCents - last!);
  return { parts: { ...parts, liquidation: input.liquidationHundredths, benchmark }, byCounterparty };
}

/** In hundredths of a cent. */
export function pnlOf({ parts }: PnlAnatomy): number {
  return PNL_PARTS.reduce((sum, part) => sum + parts[part], 0);
}

/** Traders that follow no price and no value: whoever earns from them alone lives off the simulator. */
export const ZERO_INTELLIGENCE = ['noise', 'zero_intelligence'] as const;
export const SIMULATOR_RENT = 0.8;

/**
 * Part of what was gained from others that came from traders without intelligence, 0 to 1; null when nothing was gained. Above
 * `SIMULATOR_RENT` it is a rent of the simulator.
 */
export function rentShare(byCounterparty: PnlAnatomy['byCounterparty']): number | null {
  let [all, rent] = [0, 0];
  for (const [type, gained] of Object.entries(byCounterparty)) {
    if (gained <= 0) continue;
    all += gained;
    if ((ZERO_INTELLIGENCE as readonly string[]).includes(type)) rent += gained;
  }
  return all === 0 ? null : rent / all;
}
