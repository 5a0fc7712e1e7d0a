// The Sharpe ratio of a series, how sure it is, and what is left of it once it was the best of many that were tried.
import {
  areSame,
  correlation,
  excessKurtosis,
  mean,
  sampleDeviation,
  skewness,
} from '../descriptive-statistics.ts';
import { normalCdf, normalQuantile } from '../math.ts';

/** What the formulas need of a series; nothing is annualised. */
export type SharpeRatio = {
  /** Mean ÷ standard deviation (n − 1 below), per observation. */
  readonly ratio: number;
  readonly observations: number;
  /** Estimators G1 and G2 (Joanes and Gill 1998); 0 for normal values. */
  readonly skewness: number;
  readonly excessKurtosis: number;
  readonly standardError: number;
};

/** Null under four observations, or when they do not vary. */
export function sharpeRatio(values: readonly number[]): SharpeRatio | null {
  if (values.length < 4 || areSame(values)) return null;
  const moments = {
    ratio: mean(values) / sampleDeviation(values),
    observations: values.length,
    skewness: skewness(values)!,
    excessKurtosis: excessKurtosis(values)!,
  };
  return { ...moments, standardError: sharpeError(moments) };
}

/**
 * E. Mertens (2002), as in Bailey and López de Prado (2012): √((1 − γ₃ S + (γ₄ − 1)/4 S²) ÷ (n − 1)), γ₄ being 3 for normal
 * values. Short series with a large ratio and a long tail can make that negative: then it is what normal values would have.
 */
export function sharpeError(moments: Omit<SharpeRatio, 'standardError'>): number {
  const { ratio, observations, skewness: skew, excessKurtosis: excess } = moments;
  const variance = 1 - skew * ratio + ((excess + 2) / 4) * ratio * ratio;
  return Math.sqrt((variance > 0 ? variance : 1 + (ratio * ratio) / 2) / (observations - 1));
}

/** How sure it is that the true ratio is above a benchmark: the probabilistic Sharpe ratio (Bailey and López de Prado 2012). */
export function probabilisticSharpe({ ratio, standardError }: SharpeRatio, benchmark: number): number {
  return normalCdf((ratio - benchmark) / standardError);
}

const EULER_MASCHERONI = 0.5772156649015329;
const INVERSE_E = 0.36787944117144233;

/**
 * What the best of several trials without any skill is expected to have: the benchmark of the deflated Sharpe ratio (Bailey and
 * López de Prado 2014, equation 1); 0 for a single trial.
 * @param deviation of the ratios of all trials
 * @param trials effective number, at least 1
 */
export function expectedBestSharpe(deviation: number, trials: number): number {
  if (!(trials >= 1)) throw new RangeError(`${trials} trials: at least 1 is needed`);
  if (trials === 1) return 0;
  const usual = (1 - EULER_MASCHERONI) * normalQuantile(1 - 1 / trials);
  return deviation * (usual + EULER_MASCHERONI * normalQuantile(1 - INVERSE_E / trials));
}

/**
 * How many independent trials so many related ones are worth: ρ + (1 − ρ) M with the mean correlation ρ of M trials, negative
 * ones counted as 0 (Bailey and López de Prado 2014, appendix 3). Measures from eigenvalues would take the noise of few
 * observations for structure, and deflate too little; this one deflates too much when trials come in groups.
 * @param trials a series of each, over the same units; one that does not vary is like no other
 */
export function effectiveTrials(trials: readonly (readonly number[])[]): number {
  const count = trials.length;
  if (count < 2) return count;
  let sum = 0;
  for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) sum += correlation(trials[i]!, trials[j]!) ?? 0;
  const shared = Math.min(1, Math.max(0, sum / ((count * (count - 1)) / 2)));
  return shared + (1 - shared) * count;
}

export type DeflatedSharpe = {
  readonly sharpe: SharpeRatio;
  readonly trials: number;
  readonly effectiveTrials: number;
  /** What the best of so many trials without skill would have. */
  readonly benchmark: number;
  /** How sure it is that the chosen one is above it; below 0.95 the choice may be luck. */
  readonly probability: number;
};

/**
 * The deflated Sharpe ratio (Bailey and López de Prado 2014) of one of the trials.
 * @param trials series of all that were tried over the same seeds, differences to the reference; rejected ones too
 * @param chosen position of the one that is reported
 * @returns null when its ratio is not known
 */
export function deflatedSharpe(
  trials: readonly (readonly number[])[],
  chosen: number,
): DeflatedSharpe | null {
  const sharpe = sharpeRatio(trials[chosen] ?? []);
  if (sharpe === null) return null;
  const ratios = trials.flatMap((values) => sharpeRatio(values)?.ratio ?? []);
  const effective = effectiveTrials(trials);
  const benchmark = ratios.length < 2 ? 0 : expectedBestSharpe(sampleDeviation(ratios), effective);
  return {
    sharpe,
    trials: trials.length,
    effectiveTrials: effective,
    benchmark,
    probability: probabilisticSharpe(sharpe, benchmark),
  };
}
