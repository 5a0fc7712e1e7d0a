// What `mercato lab search` can look for. Without the parser of strategies, so that every command may load it.
import path from 'node:path';

export type SearchGoal = {
  readonly description: string;
  /** Where a search begins when no other strategy is given. */
  readonly library: string;
  /** Shares to be held at the close. */
  readonly targetInventory: number;
};

const EXAMPLES = path.join(__dirname, '..', 'examples');

export const SEARCH_GOALS = {
  'spread-capture': {
    description: 'earn by quoting both sides, after liquidation and fees',
    library: path.join(EXAMPLES, 'market-maker.ts'),
    targetInventory: 0,
  },
  execution: {
    description: 'buy 2,000 shares by the close at little cost against the price at the open',
    library: path.join(EXAMPLES, 'execution.ts'),
    targetInventory: 2000,
  },
} as const satisfies Readonly<Record<string, SearchGoal>>;
export type SearchGoalName = keyof typeof SEARCH_GOALS;
