// What is asked of the court, fixed before the first run: than what, by which measure, and when runs end.

/** What is measured of a run, and how it is said. */
export type Measure = {
  readonly name: string;
  readonly isMoreBetter: boolean;
  /** A failed run counts as this, or as the worst run of its scenario, whichever is worse. */
  readonly worst: number;
  /** As in "+1.20 dollars a day": the unit, what a value is multiplied by for it, and digits after the point. */
  readonly unit: string;
  readonly scale: number;
  readonly digits: number;
};

/** Than what. `absent` is the market without a strategy, and fits measures of the market only. */
export type Reference =
  | { readonly type: 'absent' | 'cash' }
  | { readonly type: 'strategy' | 'best_so_far' | 'turnover_matched'; readonly name: string };

/**
 * When runs end. At `fixed` there is one look; with `looks` there may be a stop at each of them, by alpha spending
 * (alpha-spending.ts). Seeds are counted as planned, void ones too.
 */
export type StopRule =
  | { readonly type: 'fixed'; readonly seeds: number }
  | { readonly type: 'looks'; readonly at: readonly number[] };

/** Fixed at the start, never by what was seen. */
export type Question = {
  readonly reference: Reference;
  readonly primary: Measure;
  readonly secondary: readonly Measure[];
  readonly stopRule: StopRule;
  /** The smallest true difference that would matter, better or worse, in units of the primary measure; null: not said. */
  readonly relevantDifference: number | null;
};
