// What strategies are judged by, and how a run is handed to the court.
import type { ScoredRun } from './paired-runs.ts';
import type { Measure } from './question.ts';
import type { LabRun, RunMeasure } from './run.ts';

type RunMeasureOf = Measure & { readonly name: RunMeasure };

/** A failed day counts as this loss at least: 1,000 dollars, an assumption. */
const FAILED_DAY_CENTS = -100_000;

/** For a strategy that trades for itself. */
export const GAIN: RunMeasureOf = {
  name: 'pnlCents',
  isMoreBetter: true,
  worst: FAILED_DAY_CENTS,
  unit: 'dollars a day',
  scale: 0.01,
  digits: 2,
};

/** For a strategy that has to buy or sell so many shares. */
export const SHORTFALL: RunMeasureOf = {
  name: 'shortfallBps',
  isMoreBetter: false,
  worst: 100,
  unit: 'basis points of the order',
  scale: 1,
  digits: 2,
};

export const SECONDARY: readonly RunMeasureOf[] = [
  {
    name: 'maxDrawdownCents',
    isMoreBetter: false,
    worst: -FAILED_DAY_CENTS,
    unit: 'dollars of drawdown',
    scale: 0.01,
    digits: 2,
  },
  {
    name: 'dayShortfallCents',
    isMoreBetter: false,
    worst: -FAILED_DAY_CENTS,
    unit: 'dollars lost in the worst minutes',
    scale: 0.01,
    digits: 2,
  },
];

/** @param targetInventory shares that it is to hold at the close */
export function primaryMeasure(targetInventory: number): RunMeasureOf {
  return targetInventory === 0 ? GAIN : SHORTFALL;
}

export function scoredRun(scenario: string, { seed, ended, values }: LabRun): ScoredRun {
  if (ended.type === 'failed') {
    const { type, reason, account } = ended;
    return { scenario, seed, type, reason, values: account ?? {} };
  }
  if (ended.type === 'void') return { scenario, seed, type: ended.type, reason: ended.message };
  return { scenario, seed, type: 'measured', values: values! };
}
