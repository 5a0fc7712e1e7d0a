// Better, worse, or not distinguishable, and all that it rests on; said in one sentence.
import type { PairedComparison } from './paired-comparison.ts';
import type { PairCounts } from './paired-runs.ts';
import type { Measure, Reference, StopRule } from './question.ts';

export type SecondaryResult = PairCounts & {
  readonly measure: string;
  /** Null when less than two seeds have it. */
  readonly comparison: PairedComparison | null;
  /** By Holm over all secondary measures; null without a comparison. */
  readonly adjustedPValue: number | null;
  readonly answer: Answer;
};

export type Answer = 'better' | 'worse' | 'not_distinguishable';

export type Verdict = PairCounts & {
  readonly answer: Answer;
  readonly reference: Reference;
  readonly measure: string;
  readonly estimand: string;
  /** At the level of this look. */
  readonly comparison: PairedComparison;
  readonly stop: {
    readonly rule: StopRule;
    /** From 1. */
    readonly look: number;
    readonly looks: number;
    /** False alarms of all looks together, and what this one may spend of them. */
    readonly level: number;
    readonly levelOfLook: number;
    /** Nothing is gained by running on: it is clear, or it was the last look. */
    readonly shouldStop: boolean;
  };
  /** How often the relevant difference would be found with the planned seeds; null when it was not said. */
  readonly power: number | null;
  /** What 8 of 10 such comparisons would find with the seeds so far. */
  readonly minimumDetectable: number;
  /** Seeds that would find the observed difference in 8 of 10 cases; null when it is 0. */
  readonly seedsNeeded: number | null;
  readonly secondary: readonly SecondaryResult[];
  /** The primary measure, scenario by scenario: described, not judged. */
  readonly scenarios: readonly { readonly scenario: string; readonly comparison: PairedComparison }[];
  /** The answer as one plain sentence. */
  readonly sentence: string;
};

/** Beyond it a number of seeds only says that it is out of reach. */
const MANY_SEEDS = 1_000_000;

/** "Not distinguishable from cash: +1.20 dollars a day (−3.10 … 5.40), 40 seeds; 180 seeds would be needed to see this difference." */
export function verdictSentence(verdict: Omit<Verdict, 'sentence'>, measure: Measure): string {
  const { answer, comparison, reference } = verdict;
  const name = referenceName(reference);
  const seeds = `${comparison.seeds} seeds${lookOf(verdict)}${exceptionsOf(verdict)}`;
  if (comparison.isEqual) return `Equal to ${name}: the difference is 0 in all of ${seeds}.`;
  const [low, high] = comparison.interval;
  const number = (value: number): string => formatNumber(value * measure.scale, measure.digits);
  const sign = number(comparison.difference).startsWith('−') ? '' : '+';
  const said = `${sign}${number(comparison.difference)} ${measure.unit} (${number(low)} … ${number(high)}), ${seeds}`;
  if (answer === 'better') return `Better than ${name}: ${said}.`;
  if (answer === 'worse') return `Worse than ${name}: ${said}.`;
  return `Not distinguishable from ${name}: ${said}${neededOf(verdict)}.`;
}

export function referenceName(reference: Reference): string {
  switch (reference.type) {
    case 'absent':
      return 'the market without it';
    case 'cash':
      return 'cash';
    case 'strategy':
      return reference.name;
    case 'best_so_far':
      return `the best so far (${reference.name})`;
    case 'turnover_matched':
      return `random trading with the turnover of ${reference.name}`;
  }
}

function lookOf({ stop: { look, looks } }: Omit<Verdict, 'sentence'>): string {
  return looks === 1 ? '' : ` (look ${look} of ${looks})`;
}

function exceptionsOf({ voidSeeds, failedRuns }: Omit<Verdict, 'sentence'>): string {
  const failed = failedRuns.strategy + failedRuns.reference;
  const parts = [
    ...(failed === 0 ? [] : [`${plural(failed, 'failed run')} counted as the worst`]),
    ...(voidSeeds === 0 ? [] : [`${plural(voidSeeds, 'void seed')} left out`]),
  ];
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}

function neededOf({ seedsNeeded, comparison }: Omit<Verdict, 'sentence'>): string {
  if (seedsNeeded === null || seedsNeeded <= comparison.seeds) return '';
  return seedsNeeded > MANY_SEEDS
    ? '; more than a million seeds would be needed to see this difference'
    : `; ${seedsNeeded.toLocaleString('en-US')} seeds would be needed to see this difference`;
}

function plural(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** With a minus sign that cannot be taken for a dash; −0.00 is 0.00. */
function formatNumber(value: number, digits: number): string {
  const text = Number.isFinite(value) ? Math.abs(value).toFixed(digits) : '∞';
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}
