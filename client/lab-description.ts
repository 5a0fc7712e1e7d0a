// What the runs of an evaluation were like: where a gain came from, how it was traded, and what the market was without it. Described,
// never judged.
import { mean, median } from '../domain/descriptive-statistics.ts';
import { comparePairs } from '../domain/lab/paired-comparison.ts';
import type { PairedComparison } from '../domain/lab/paired-comparison.ts';
import { PNL_PARTS, SIMULATOR_RENT, rentShare } from '../domain/lab/pnl-anatomy.ts';
import type { PnlPart } from '../domain/lab/pnl-anatomy.ts';
import { RUN_MEASURES } from '../domain/lab/run.ts';
import type { RunMeasure } from '../domain/lab/run.ts';
import { RandomKey } from '../domain/random.ts';
import type { EvaluatedRun, Side } from './lab-runs.ts';

export type ScenarioAnatomy = {
  readonly scenario: string;
  /** Runs that ended well. */
  readonly runs: number;
  /** Cents a day; they sum to the gain. */
  readonly parts: Readonly<Record<PnlPart, number>>;
  readonly byCounterparty: Readonly<Record<string, number>>;
  /** Part of what was gained that traders without intelligence paid; null when nothing was gained. */
  readonly rentShare: number | null;
  readonly isSimulatorRent: boolean;
};

/** Over the days of a scenario on which a measure is known; null when there is none. */
export type Spread = { readonly mean: number; readonly least: number; readonly most: number } | null;

export type ScenarioMeasures = {
  readonly scenario: string;
  /** Of the strategy: what it earned, risked and traded. */
  readonly own: Readonly<Partial<Record<RunMeasure, Spread>>>;
  /** Of the market without it, medians over days; null when not known on any. */
  readonly market: Readonly<Partial<Record<RunMeasure, number | null>>>;
};

/** What it did to the market. */
export type Footprint = readonly { readonly measure: RunMeasure; readonly comparison: PairedComparison }[];

/** Days that failed for the same reason, and the first of them. */
export type Failure = {
  readonly side: Side;
  readonly message: string;
  readonly days: number;
  readonly scenario: string;
  readonly seed: number;
};

const FOOTPRINT = [
  'marketSpreadBps',
  'marketVolatilityBps',
  'marketDepth',
  'marketVolume',
  'marketTwoSidedShare',
] as const satisfies readonly RunMeasure[];

const isOfMarket = (measure: RunMeasure): boolean => measure.startsWith('market');

export function anatomyOf(scenario: string, runs: readonly EvaluatedRun[]): ScenarioAnatomy {
  const own = runsOf(runs, 'strategy', scenario).filter((run) => run.values?.pnlCents != null);
  const meanOf = (of: (run: EvaluatedRun) => number): number => (own.length === 0 ? 0 : mean(own.map(of)));
  const parts = Object.fromEntries(
    PNL_PARTS.map((part) => [part, meanOf(({ values }) => values![`${part}Cents`]!)]),
  ) as Record<PnlPart, number>;
  const types = [...new Set(own.flatMap((run) => Object.keys(run.byCounterparty)))].toSorted();
  const byCounterparty = Object.fromEntries(
    types.map((type) => [type, meanOf((run) => run.byCounterparty[type] ?? 0)]),
  );
  const rent = rentShare(byCounterparty);
  return {
    scenario,
    runs: own.length,
    parts,
    byCounterparty,
    rentShare: rent,
    isSimulatorRent: rent !== null && rent > SIMULATOR_RENT,
  };
}

export function measuresOf(scenario: string, runs: readonly EvaluatedRun[]): ScenarioMeasures {
  const known = (side: Side, measure: RunMeasure): number[] =>
    runsOf(runs, side, scenario).flatMap(({ values }) => values?.[measure] ?? []);
  const measures = Object.keys(RUN_MEASURES) as RunMeasure[];
  const own = measures.filter((measure) => !isOfMarket(measure));
  return {
    scenario,
    own: Object.fromEntries(own.map((measure) => [measure, spreadOf(known('strategy', measure))])),
    market: Object.fromEntries(
      measures.filter(isOfMarket).map((measure) => {
        const values = known('absent', measure);
        return [measure, values.length === 0 ? null : median(values)];
      }),
    ),
  };
}

function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) return null;
  return { mean: mean(values), least: Math.min(...values), most: Math.max(...values) };
}

/** Strategy − absent, over days and scenarios on which both are known. */
export function footprintOf(runs: readonly EvaluatedRun[]): Footprint {
  const absent = new Map(
    runs.filter(({ side }) => side === 'absent').map((run) => [`${run.scenario} ${run.seed}`, run]),
  );
  const own = runs.filter(({ side }) => side === 'strategy');
  return FOOTPRINT.flatMap((measure) => {
    const bySeed = new Map<number, (readonly [number, number])[]>();
    for (const run of own) {
      const pair = [run.values?.[measure], absent.get(`${run.scenario} ${run.seed}`)?.values?.[measure]];
      const [withIt, without] = pair;
      if (withIt == null || without == null) continue;
      bySeed.set(run.seed, [...(bySeed.get(run.seed) ?? []), [withIt, without]]);
    }
    if (bySeed.size < 2) return [];
    const sideOf = (at: 0 | 1) => [...bySeed.values()].map((pairs) => mean(pairs.map((pair) => pair[at])));
    const key = RandomKey.of('footprint').at(measure);
    return [{ measure, comparison: comparePairs(sideOf(0), sideOf(1), 0.05, key) }];
  });
}

/** The most frequent reason first; the same one at another time of the day is no other. */
export function failuresOf(runs: readonly EvaluatedRun[]): Failure[] {
  const failures = new Map<string, Failure>();
  for (const { side, scenario, seed, ended } of runs) {
    if (ended.type !== 'failed') continue;
    const key = `${side} ${ended.message.replace(/ at \d\d:\d\d:\d\d/, '')}`;
    const known = failures.get(key) ?? { side, message: ended.message, days: 0, scenario, seed };
    failures.set(key, { ...known, days: known.days + 1 });
  }
  return [...failures.values()].toSorted((a, b) => b.days - a.days);
}

function runsOf(runs: readonly EvaluatedRun[], side: Side, scenario: string): EvaluatedRun[] {
  return runs.filter((run) => run.side === side && run.scenario === scenario);
}
