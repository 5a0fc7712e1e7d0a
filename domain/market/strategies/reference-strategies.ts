// Strategies that are known well, to try the market with and to measure others against.
import type { Strategy } from '../strategy.ts';
import { followMomentum } from './follow-momentum.ts';
import { quoteBothSides } from './quote-both-sides.ts';

export type ReferenceStrategy = {
  readonly description: string;
  /** A new one for each day: it remembers. */
  readonly create: () => Strategy;
};

export const REFERENCE_STRATEGIES: Readonly<Record<string, ReferenceStrategy>> = {
  quote_both_sides: {
    description: 'a market maker of 10 shares at the touch, with at most 50 shares in hand',
    create: () => quoteBothSides({ quantity: 10, mostInventory: 50 }),
  },
  follow_momentum: {
    description: 'holds 50 shares while the mid is above its mean of 20 seconds, else is short of as many',
    create: () => followMomentum({ quantity: 50, window: 20 }),
  },
};
