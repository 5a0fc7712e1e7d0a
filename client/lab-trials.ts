// Every version that was tried on days that are known, in a file of the data folder: how good the best of many is depends on how many
// there were. Looks at sealed seeds are not among them: they feed nothing.
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { mean } from '../domain/descriptive-statistics.ts';
import { InvalidInputError } from '../domain/errors.ts';
import { primaryMeasure } from '../domain/lab/measures.ts';
import { luckOfTrials } from '../domain/lab/trial-luck.ts';
import type { TrialLuck, Version } from '../domain/lab/trial-luck.ts';
import { RandomKey } from '../domain/random.ts';
import { thisBuild } from './lab-card.ts';
import type { Evaluation, EvaluationPlan, Ground } from './lab-evaluation.ts';

export const Trial = z.strictObject({
  /** Real time, as an ISO date. */
  at: z.iso.datetime(),
  /** Values of another build of kernel and sandbox are of other days. */
  build: z.string(),
  ground: z.strictObject({
    scenarios: z.array(z.string()).min(1),
    minutes: z.int().positive().nullable(),
    targetInventory: z.int(),
  }),
  strategy: z.strictObject({
    fileName: z.string(),
    hash: z.string(),
    source: z.string(),
    parameters: z.record(z.string(), z.number()),
  }),
  /** The primary measure on each of the seeds. */
  seeds: z.array(z.int().min(0)).min(2),
  values: z.array(z.number()).min(2),
});
export type Trial = z.infer<typeof Trial>;

/**
 * All of them, oldest first. The end of a line that was being written when a process died is left out.
 * @throws InvalidInputError when the file cannot be read, or a line is of another kind
 */
export function readTrials(labFolder: string): Trial[] {
  const file = fileOf(labFolder);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new InvalidInputError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return text.split('\n').flatMap((line, i) => {
    const value = jsonOf(line);
    if (value === undefined) return [];
    const { success, data, error } = Trial.safeParse(value);
    if (!success)
      throw new InvalidInputError(
        `${file}, line ${i + 1} is no trial: ${z.prettifyError(error)}. Mend it, or move the file away and with it what it remembers.`,
      );
    return [data];
  });
}

/** One line, begun on a new one, so that what a process left unfinished spoils nothing else. */
export function addTrial(labFolder: string, trial: Trial): void {
  append(labFolder, `\n${JSON.stringify(trial)}\n`);
}

/**
 * What cannot be written is better found before the runs than after them.
 * @throws InvalidInputError
 */
export function requireWritableTrials(labFolder: string): void {
  append(labFolder, '');
}

function append(labFolder: string, text: string): void {
  const file = fileOf(labFolder);
  try {
    mkdirSync(labFolder, { recursive: true });
    appendFileSync(file, text);
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

export function trialOf(
  plan: EvaluationPlan,
  { values }: Pick<Evaluation, 'values'>,
  source: string,
  now: Date,
): Trial {
  const { scenarios, minutes, targetInventory } = plan;
  const { fileName, hash } = plan.strategy.compiled;
  return {
    at: now.toISOString(),
    build: thisBuild().build,
    ground: { scenarios: scenarios.toSorted(), minutes, targetInventory },
    strategy: { fileName, hash, source, parameters: { ...plan.strategy.parameters } },
    seeds: [...values.seeds],
    values: [...values.strategy],
  };
}

/** A version that was tried on a ground: its strategy, and what is known of it by seed from runs of this build. */
export type TriedVersion = {
  readonly strategy: Trial['strategy'];
  readonly values: ReadonlyMap<number, number>;
};

/** All of them, in the order in which they were tried first. */
export function versionsOn(ground: Ground, trials: readonly Trial[]): TriedVersion[] {
  const { build } = thisBuild();
  const key = groundKey(ground);
  const versions = new Map<string, { strategy: Trial['strategy']; values: Map<number, number> }>();
  for (const trial of trials) {
    if (groundKey(trial.ground) !== key) continue;
    const name = versionKey(trial.strategy);
    const version = versions.get(name) ?? { strategy: trial.strategy, values: new Map<number, number>() };
    versions.set(name, version);
    if (trial.build === build) trial.seeds.forEach((seed, i) => version.values.set(seed, trial.values[i]!));
  }
  return [...versions.values()];
}

/**
 * The version with the best mean over these seeds, of those that were run on all of them by this build.
 * @param except a version that is not asked for
 * @throws InvalidInputError when there is none
 */
export function bestSoFar(
  ground: Ground,
  seeds: readonly number[],
  trials: readonly Trial[],
  except: Pick<Trial['strategy'], 'hash' | 'parameters'>,
): Trial['strategy'] {
  const sign = primaryMeasure(ground.targetInventory).isMoreBetter ? 1 : -1;
  const [best] = versionsOn(ground, trials)
    .filter(({ strategy }) => versionKey(strategy) !== versionKey(except))
    .flatMap(({ strategy, values }) =>
      seeds.every((seed) => values.has(seed))
        ? [{ strategy, value: sign * mean(seeds.map((seed) => values.get(seed)!)) }]
        : [],
    )
    .toSorted((a, b) => b.value - a.value);
  if (best === undefined)
    throw new InvalidInputError(
      `No other version has been tried on these ${seeds.length} days of ${ground.scenarios.join(', ')} by this build: there is no best so far. An evaluation without --sealed is a trial.`,
    );
  return best.strategy;
}

/** What being the best of all versions that were tried on this ground is worth; the one in question is among the trials. */
export function luckAmong(
  trials: readonly Trial[],
  plan: EvaluationPlan,
  { values }: Pick<Evaluation, 'values'>,
): TrialLuck {
  const sign = primaryMeasure(plan.targetInventory).isMoreBetter ? 1 : -1;
  const versions = versionsOn(plan, trials);
  const { compiled, parameters } = plan.strategy;
  const own = versionKey({ hash: compiled.hash, parameters });
  const signed = (value: number | undefined): number | undefined =>
    value === undefined ? undefined : sign * value;
  return luckOfTrials(
    values.reference.map((value) => sign * value),
    versions.map((version): Version => values.seeds.map((seed) => signed(version.values.get(seed)))),
    versions.findIndex(({ strategy }) => versionKey(strategy) === own),
    RandomKey.of('trials'),
  );
}

function versionKey({ hash, parameters }: Pick<Trial['strategy'], 'hash' | 'parameters'>): string {
  return `${hash} ${JSON.stringify(Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1)))}`;
}

function groundKey({ scenarios, minutes, targetInventory }: Ground): string {
  return JSON.stringify([scenarios.toSorted(), minutes, targetInventory]);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function fileOf(labFolder: string): string {
  return path.join(labFolder, 'trials.jsonl');
}
