import { z } from 'zod';
import type { RandomKey } from '../../random.ts';
import type { Activity } from '../activity.ts';
import type { Fundamental } from '../fundamental.ts';
import type { Kernel } from '../kernel.ts';
import { BUY } from '../order.ts';

/** What all groups of traders have in their configuration. */
export function groupOf<T extends string>(type: T) {
  return {
    type: z.literal(type),
    /** Its traders are called `name-1`, `name-2` and so on; all that is drawn for one belongs to that name. */
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/, 'must be lower-case letters, digits and _')
      .default(type),
    count: z.int().min(0).max(100_000),
    startingCashCents: z.int().min(0).max(1e13).default(10_000_000),
  };
}

export const Seconds = z.number().min(0.001).max(86_400);

/** What traders of one group are made with: as many as there are keys, numbered from `first` on. */
export type TraderContext = {
  readonly kernel: Kernel;
  readonly first: number;
  /** One for each trader, made from the seed and the trader's name. */
  readonly keys: readonly RandomKey[];
  readonly openNs: number;
  readonly closeNs: number;
  readonly fundamental: Fundamental;
  /** The market's clock; null: it runs as any other. */
  readonly activity: Activity | null;
  /** What the last trade is said to have been before the first one. */
  readonly openingPriceCents: number;
  /** Orders beside the grid of prices or of sizes would be refused. */
  readonly tickSizeCents: number;
  readonly lotSize: number;
};

/** The nearest price of the grid that is no better for the other side: down for a bid, up for an ask. */
export function toTick(priceCents: number, side: number, tickSizeCents: number): number {
  if (tickSizeCents === 1) return priceCents;
  const ticks = priceCents / tickSizeCents;
  return (side === BUY ? Math.floor(ticks) : Math.ceil(ticks)) * tickSizeCents;
}
