// Evaluations as the lab makes them, many at once: days of strategies in processes of their own, judged against cash. For proofs
// of what the court says where the truth is known.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { groundConfig } from '../client/lab-evaluation.ts';
import { cashRuns, judge } from '../domain/lab/judge.ts';
import { GAIN } from '../domain/lab/measures.ts';
import type { ScoredRun } from '../domain/lab/paired-runs.ts';
import type { Question, StopRule } from '../domain/lab/question.ts';
import type { LabRun, RunValues } from '../domain/lab/run.ts';
import type { Verdict } from '../domain/lab/verdict.ts';
import { runLabTasks } from '../sandbox/child-pool.ts';
import type { LabStrategy, LabTask } from '../sandbox/lab-job.ts';
import { loadStrategy } from '../sandbox/load-strategy.ts';

/** Our own code needs no sandbox; orders are the same. */
const KIND = 'direct';
const SCENARIO = 'no_edge';

/** @param file from the root of the project @param given parameters; the others are as the file has them */
export function strategyOfFile(file: string, given: Readonly<Record<string, number>> = {}): LabStrategy {
  return loadStrategy(readFileSync(path.join(__dirname, '..', file), 'utf8'), path.basename(file), given);
}

/**
 * The first minutes of a day in the scenario `no_edge`.
 * @param edgeHundredths paid for each share traded, beyond what makes it fair, in hundredths of a cent
 */
export function noEdgeTask(
  strategy: LabStrategy,
  seed: number,
  minutes: number,
  edgeHundredths = 0,
): LabTask {
  const config = groundConfig({ minutes, targetInventory: 0 }, SCENARIO, seed);
  const { maker, taker } = config.fees;
  return {
    strategy,
    seed,
    config: { ...config, fees: { maker: maker - edgeHundredths, taker: taker - edgeHundredths } },
  };
}

/** What a day came to; there is no other end here than a good one. */
export type Day = { readonly seed: number; readonly values: RunValues };

export type Progress = {
  /** Is told now and then how far it is. */
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
};

/** @throws Error for a run that failed: nothing can be said about luck then */
export async function runDays(tasks: readonly LabTask[], { say, signal }: Progress): Promise<Day[]> {
  const tenth = Math.ceil(tasks.length / 10);
  const number = (count: number): string => count.toLocaleString('en-US');
  const results = await runLabTasks(tasks, {
    kind: KIND,
    ...(signal === undefined ? {} : { signal }),
    onResult: (_result, _task, done) => {
      if (done % tenth === 0) say?.(`${number(done)} of ${number(tasks.length)} days`);
    },
  });
  return results.map(dayOf);
}

function dayOf({ seed, ended, values }: LabRun): Day {
  if (ended.type !== 'ok' || values === null)
    throw new Error(`the run of seed ${seed} did not end well: ${JSON.stringify(ended)}`);
  return { seed, values };
}

export function pnlOf({ values: { pnlCents } }: Day): number {
  if (pnlCents === null) throw new Error('a day without a gain or loss');
  return pnlCents;
}

/**
 * What the court says of these days against cash at 5 %; with looks, at the first one at which it is clear.
 * @param draws of each resampling, when not as many as the court takes
 */
export function judgeAgainstCash(days: readonly Day[], stopRule: StopRule, draws?: number): Verdict {
  const question: Question = {
    reference: { type: 'cash' },
    primary: GAIN,
    secondary: [],
    stopRule,
    relevantDifference: null,
  };
  const looks = stopRule.type === 'fixed' ? [stopRule.seeds] : stopRule.at;
  for (const [i, seeds] of looks.entries()) {
    const runs = days.slice(0, seeds).map((day): ScoredRun => ({
      scenario: SCENARIO,
      seed: day.seed,
      type: 'measured',
      values: { pnlCents: pnlOf(day) },
    }));
    const verdict = judge(question, runs, cashRuns(runs, [GAIN]), draws);
    if (verdict.stop.shouldStop || i === looks.length - 1) return verdict;
  }
  throw new Error('there is no look');
}

/** One piece after another of so many. */
export function inPieces<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.floor(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
