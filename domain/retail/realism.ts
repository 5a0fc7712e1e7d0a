/**
 * What real shoppers do, to hold a simulation against: figures of the Complete Journey panel (2,469 households, one
 * year), computed from its published data. They are targets of the default population; a dataset made from a panel
 * brings the figures of its own households.
 */
export type RealismTargets = {
  readonly source: string;
  readonly sessionsPerAgentWeek: number;
  readonly shopDaysPerDay: number;
  readonly linesPerBasket: number;
  readonly medianLines: number;
  readonly oneLineShare: number;
  readonly basketValue: number;
  readonly medianBasketValue: number;
  readonly singleUnitShare?: number;
  readonly promotedLineShare?: number;
  readonly couponLinesPerAgentWeek: number;
  /** Sunday to Saturday, and 0:00 to 23:00, in shares of sessions. */
  readonly dayShares: readonly number[];
  readonly hourShares: readonly number[];
};

export const PANEL_TARGETS: RealismTargets = {
  source: 'Complete Journey panel, all 2,469 households',
  sessionsPerAgentWeek: 1.213, // 63.1 baskets a household-year
  shopDaysPerDay: 0.1414,
  linesPerBasket: 9.43,
  medianLines: 5,
  oneLineShare: 0.215,
  basketValue: 29.49,
  medianBasketValue: 17.5,
  singleUnitShare: 0.788,
  promotedLineShare: 0.501,
  couponLinesPerAgentWeek: 0.17,
  dayShares: [0.163, 0.141, 0.134, 0.132, 0.134, 0.138, 0.159],
  hourShares: [
    0, 0, 0, 0, 0, 0, 0, 1.4, 2.1, 3.0, 4.5, 6.0, 6.7, 6.8, 7.1, 7.7, 9.0, 10.0, 9.4, 7.9, 6.5, 4.8, 3.0, 0,
  ].map((share) => share / 95.9),
};

export type RealismRow = {
  readonly metric: string;
  readonly ours: number | null;
  readonly target: number;
  readonly relativeError: number | null;
};

/** Ours beside the target, the worst first. */
export function compareRealism(
  ours: Readonly<Record<string, number | null>>,
  targets: RealismTargets,
): RealismRow[] {
  const rows = Object.entries(targets).flatMap(([metric, target]): RealismRow[] => {
    if (typeof target !== 'number' || !(metric in ours)) return [];
    const value = ours[metric] ?? null;
    return [{ metric, ours: value, target, relativeError: value === null ? null : value / target - 1 }];
  });
  return rows.sort((a, b) => Math.abs(b.relativeError ?? Infinity) - Math.abs(a.relativeError ?? Infinity));
}

/** Largest difference of the cumulated shares of two profiles: their Kolmogorov-Smirnov distance. */
export function profileDistance(ours: readonly number[], target: readonly number[]): number {
  const total = (shares: readonly number[]): number => shares.reduce((a, b) => a + b, 0) || 1;
  const [ourTotal, targetTotal] = [total(ours), total(target)];
  let [a, b, distance] = [0, 0, 0];
  for (let i = 0; i < target.length; i++) {
    a += (ours[i] ?? 0) / ourTotal;
    b += target[i]! / targetTotal;
    distance = Math.max(distance, Math.abs(a - b));
  }
  return distance;
}
