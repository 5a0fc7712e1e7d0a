// How much of what a search found is luck, by the runs that it was found on. For the researcher who reads it while the seeds that
// are held back are still sealed: the claim rests on those.
import { mean, sampleDeviation } from '../descriptive-statistics.ts';
import { power } from '../math.ts';
import type { RandomKey } from '../random.ts';
import { independentResample } from '../resampling.ts';
import { realityCheck } from './multiple-testing.ts';
import type { Candidate, SearchOutcome } from './search.ts';
import { effectiveTrials, expectedBestSharpe, probabilisticSharpe, sharpeRatio } from './sharpe-ratio.ts';

export type SearchLuck = {
  /** Candidates that were tried besides the default, those that were given up early too. */
  readonly trials: number;
  /** Of these, run on all seeds. */
  readonly completeTrials: number;
  /** How many independent trials all of them are worth; null when less than two are complete. */
  readonly effectiveTrials: number | null;
  /** Of the winner against the default; null when the winner is the default or its ratio is not known. */
  readonly deflatedSharpe: {
    readonly ratio: number;
    /** What the best of so many without skill would have. */
    readonly benchmark: number;
    readonly probability: number;
  } | null;
  /** Is any candidate better than the default, or is the best only the luckiest? One-sided p-value; null without candidates. */
  readonly realityCheck: number | null;
};

const DRAWS = 1999;

/**
 * Differences to the default, seed by seed. Candidates that were given up have no complete series, so that their likeness is taken
 * from those that are complete, and they count in two ways: in the effective number of trials, and in the p-value of the Reality Check,
 * which for the complete ones alone is p and for all of them 1 − (1 − p)^(all ÷ complete), both as effective numbers (Šidák).
 * A failed run counts as the worst that was seen.
 */
export function luckOf({ candidates, winner }: SearchOutcome, key: RandomKey): SearchLuck {
  const worst = Math.min(...candidates.flatMap(({ scores }) => scores.filter((score) => score != null)));
  const seeds = candidates[0]!.scores.length;
  const isComplete = ({ scores }: Candidate): boolean =>
    scores.length === seeds && !scores.includes(undefined);
  const valueAt = ({ scores }: Candidate, position: number): number => scores[position] ?? worst;
  const reference = candidates[0]!;
  const differences = (candidate: Candidate): number[] =>
    reference.scores.map((_, position) => valueAt(candidate, position) - valueAt(reference, position));
  const trials = candidates.length - 1;
  const complete = candidates.slice(1).filter(isComplete).map(differences);
  const none = { trials, completeTrials: complete.length, effectiveTrials: null };
  if (complete.length === 0 || !Number.isFinite(worst) || seeds < 2)
    return { ...none, deflatedSharpe: null, realityCheck: null };
  const ofComplete = effectiveTrials(complete);
  const ofAll = likeThese(ofComplete, complete.length, trials);
  const p = realityCheck(complete, independentResample(seeds, key.at('reality_check')), DRAWS);
  return {
    ...none,
    effectiveTrials: complete.length < 2 ? null : ofAll,
    deflatedSharpe: winner === 0 ? null : deflated(differences(candidates[winner]!), complete, ofAll),
    realityCheck: 1 - power(1 - p, ofAll / ofComplete),
  };
}

/** The effective number of `all` that are as like one another as the `complete` ones, which are worth `effective`. */
function likeThese(effective: number, complete: number, all: number): number {
  if (complete < 2) return all;
  const shared = (complete - effective) / (complete - 1);
  return shared + (1 - shared) * all;
}

function deflated(
  values: readonly number[],
  complete: readonly (readonly number[])[],
  trials: number,
): SearchLuck['deflatedSharpe'] {
  const sharpe = sharpeRatio(values);
  if (sharpe === null) return null;
  const ratios = complete.flatMap((series) => sharpeRatio(series)?.ratio ?? []);
  const benchmark = ratios.length < 2 ? 0 : expectedBestSharpe(sampleDeviation(ratios), trials);
  return { ratio: sharpe.ratio, benchmark, probability: probabilisticSharpe(sharpe, benchmark) };
}

/** Mean over the seeds it was run on, failed runs left out; null when none is left. */
export function meanOf({ scores }: Candidate): number | null {
  const known = scores.filter((score) => score != null);
  return known.length === 0 ? null : mean(known);
}
