// How much of a gain is left at other costs, with other latency, and at other sizes.
import { mean } from '../domain/descriptive-statistics.ts';
import { comparePairs } from '../domain/lab/paired-comparison.ts';
import { primaryMeasure } from '../domain/lab/measures.ts';
import type { MarketConfig } from '../domain/market/market-config.ts';
import { RandomKey } from '../domain/random.ts';
import { runLabTasks } from '../sandbox/child-pool.ts';
import type { LabOptions } from '../sandbox/child-pool.ts';
import type { LabTask } from '../sandbox/lab-job.ts';
import { groundConfig } from './lab-evaluation.ts';
import type { EvaluationPlan } from './lab-evaluation.ts';

/** Times the fees and rebates of the market. */
export const FEE_FACTORS = [0, 1, 2] as const;
/** One way, in nanoseconds. */
export const LATENCIES_NS = [0, 100_000, 1_000_000, 10_000_000] as const;
/** Times the quantities of the strategy. */
export const SIZES = [0.5, 1, 2, 5] as const;

/** Mean over seeds of the mean over scenarios of the primary measure, with its 95 % interval; null when not all days ended well. */
export type Cell = { readonly value: number; readonly interval: readonly [number, number] } | null;

export type Capacity = {
  readonly seeds: number;
  readonly grid: readonly { readonly feeFactor: number; readonly latencyNs: number; readonly cell: Cell }[];
  readonly sizes: readonly { readonly size: number; readonly cell: Cell }[];
  /** By latency: times the fees at which nothing is left, by straight lines between cells; null when no two differ in sign. */
  readonly breakEven: readonly { readonly latencyNs: number; readonly feeFactor: number | null }[];
};

/** Runs that `capacityOf` makes. */
export function capacityRuns({ scenarios }: Pick<EvaluationPlan, 'scenarios'>, seeds: number): number {
  return (FEE_FACTORS.length * LATENCIES_NS.length + SIZES.length) * scenarios.length * seeds;
}

/** @param plan not of `no_edge`, whose fees are what makes it fair @param seeds of its seeds, the first so many; at least 2 */
export async function capacityOf(
  plan: EvaluationPlan,
  seeds: number,
  options: LabOptions,
): Promise<Capacity> {
  const days = plan.seeds.slice(0, seeds);
  const variants = [
    ...FEE_FACTORS.flatMap((feeFactor) =>
      LATENCIES_NS.map((latencyNs) => ({ feeFactor, latencyNs, size: 1 })),
    ),
    ...SIZES.map((size) => ({ feeFactor: 1, latencyNs: null, size })),
  ];
  const tasks = variants.flatMap(({ feeFactor, latencyNs, size }) =>
    days.flatMap((seed) =>
      plan.scenarios.map((scenario): LabTask => ({
        strategy: plan.strategy,
        config: atCost(groundConfig(plan, scenario, seed), feeFactor, latencyNs),
        seed,
        size,
      })),
    ),
  );
  const results = await runLabTasks(tasks, options);
  const { name } = primaryMeasure(plan.targetInventory);
  const perVariant = days.length * plan.scenarios.length;
  const cells = variants.map((_, v): Cell => {
    const values = results
      .slice(v * perVariant, (v + 1) * perVariant)
      .map(({ values }) => values?.[name] ?? null);
    if (values.includes(null)) return null;
    const byDay = days.map((_, d) =>
      mean(values.slice(d * plan.scenarios.length, (d + 1) * plan.scenarios.length) as number[]),
    );
    const nothing = byDay.map(() => 0);
    const { difference, interval } = comparePairs(byDay, nothing, 0.05, RandomKey.of('capacity').at(v));
    return { value: difference, interval };
  });
  const grid = variants.slice(0, -SIZES.length).map(({ feeFactor, latencyNs }, v) => ({
    feeFactor,
    latencyNs: latencyNs!,
    cell: cells[v]!,
  }));
  return {
    seeds: days.length,
    grid,
    sizes: SIZES.map((size, i) => ({ size, cell: cells[grid.length + i]! })),
    breakEven: LATENCIES_NS.map((latencyNs) => ({
      latencyNs,
      feeFactor: crossingOf(
        grid
          .filter((one) => one.latencyNs === latencyNs)
          .map(({ feeFactor, cell }) => [feeFactor, cell?.value ?? null]),
      ),
    })),
  };
}

/** Factors of fees that are no whole hundredths of a cent are rounded. */
function atCost(config: MarketConfig, feeFactor: number, latencyNs: number | null): MarketConfig {
  const { fees, strategy } = config;
  return {
    ...config,
    fees: { maker: Math.round(fees.maker * feeFactor), taker: Math.round(fees.taker * feeFactor) },
    strategy: { ...strategy, latencyNs: latencyNs ?? strategy.latencyNs },
  };
}

/** Where straight lines between points pass 0 for the first time. */
export function crossingOf(points: readonly (readonly [x: number, y: number | null])[]): number | null {
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1]!, points[i]!];
    if (y0 === null || y1 === null) continue;
    if (y0 === 0) return x0;
    if (y0 > 0 !== y1 > 0) return x0 + ((x1 - x0) * y0) / (y0 - y1);
  }
  return null;
}
