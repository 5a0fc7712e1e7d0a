// Run cards: all that somebody else needs to run an evaluation again, and what came out, so that it can be compared.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { InvalidInputError } from '../domain/errors.ts';
import { Opening, SeedBlock, blockName, blockOf, isSealed, seedsOf } from '../domain/lab/sealed-seeds.ts';
import type { LabOptions } from '../sandbox/child-pool.ts';
import type { LabStrategy } from '../sandbox/lab-job.ts';
import { loadStrategy } from '../sandbox/load-strategy.ts';
import { CLOSED_KINDS, DEFAULT_LIMITS } from '../sandbox/sandbox.ts';
import { SIDES } from './lab-description.ts';
import type { EvaluatedRun } from './lab-description.ts';
import { evaluate, groundConfig } from './lab-evaluation.ts';
import type { Against, Evaluation, EvaluationPlan } from './lab-evaluation.ts';

const ROOT = path.join(__dirname, '..');
const Digest = z.string().regex(/^[0-9a-f]{16,64}$/);

const StrategyOfCard = z.strictObject({
  fileName: z.string().min(1).max(300),
  /** SHA-256 of the source. */
  hash: Digest,
  source: z.string(),
  parameters: z.record(z.string(), z.number()),
});

/** Of a reference that is neither cash nor luck. */
const AgainstOfCard = StrategyOfCard.extend({
  /** It was the best of those that had been tried on these days. */
  isBestSoFar: z.literal(true).optional(),
});

const RunOfCard = z.strictObject({
  side: z.enum(SIDES),
  scenario: z.string(),
  seed: z.int().min(0),
  /** Of the market's configuration, of the events of the book, and of all measures. */
  config: Digest,
  events: Digest.nullable(),
  measures: Digest,
});

export const RunCard = z.strictObject({
  format: z.literal('mercato run card'),
  version: z.literal(1),
  /** What ran it. The build is the program that holds kernel and sandbox; the lock file names every library. */
  made: z.strictObject({
    at: z.iso.datetime(),
    mercato: z.string(),
    build: Digest,
    lock: Digest,
    node: z.string(),
    architecture: z.string(),
  }),
  sandbox: z.strictObject({
    kind: z.enum(CLOSED_KINDS),
    fuelPerCallback: z.number(),
    fuelPerRun: z.number(),
    memoryMegabytes: z.number(),
  }),
  strategy: StrategyOfCard,
  /** Null: cash. */
  against: z.union([AgainstOfCard, z.literal('turnover_matched')]).nullable(),
  /** Of a model that wrote the strategy; null when nobody but a person did. */
  writer: z
    .strictObject({ model: z.string(), temperature: z.number(), prompt: Digest, call: Digest })
    .nullable(),
  ground: z.strictObject({
    scenarios: z.array(z.string()).min(1),
    minutes: z.int().positive().nullable(),
    targetInventory: z.int(),
  }),
  /** Null when the seeds are of no block. */
  block: SeedBlock.nullable(),
  openings: z.array(Opening),
  seeds: z.array(z.int().min(0)).min(2),
  stopRule: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('fixed'), seeds: z.int().min(2) }),
    z.strictObject({ type: z.literal('looks'), at: z.array(z.int().min(2)).min(1) }),
  ]),
  runs: z.array(RunOfCard),
  /** The digest is of all that is calculated from the runs: verdict, parts of the gain, measures, footprint, axes. */
  verdict: z.strictObject({ sentence: z.string(), luck: z.string().nullable(), digest: Digest }),
  /** Of `evaluation.json` beside it; null for the card of other days than those of the verdict. */
  evaluation: Digest.nullable(),
  /** SHA-256 of everything above. */
  checksum: Digest,
});
export type RunCard = z.infer<typeof RunCard>;

export type CardContext = {
  readonly kind: (typeof CLOSED_KINDS)[number];
  readonly sources: { readonly strategy: string; readonly against: string | null };
  readonly block: SeedBlock | null;
  readonly openings: readonly Opening[];
  readonly now: Date;
  /** What is kept beside the card; null: nothing. */
  readonly summary: unknown;
};

export function runCardOf(plan: EvaluationPlan, evaluation: Evaluation, context: CardContext): RunCard {
  const { strategy, against, scenarios, minutes, targetInventory, seeds, stopRule } = plan;
  const { kind, sources, block, openings, now, summary } = context;
  const content = {
    format: 'mercato run card' as const,
    version: 1 as const,
    made: { at: now.toISOString(), ...thisBuild() },
    sandbox: { kind, ...DEFAULT_LIMITS },
    strategy: strategyOfCard(strategy, sources.strategy),
    against: againstOfCard(against, sources.against),
    writer: null,
    ground: { scenarios: [...scenarios], minutes, targetInventory },
    block,
    openings: [...openings],
    seeds: [...seeds],
    stopRule: stopRule.type === 'fixed' ? stopRule : { type: stopRule.type, at: [...stopRule.at] },
    runs: evaluation.runs.map((run) => runOfCard(plan, run)),
    verdict: verdictOf(evaluation),
    evaluation: summary === null ? null : digestOf(summary),
  };
  return { ...content, checksum: digestOf(content) };
}

/** @throws InvalidInputError when the file cannot be read, or is no card */
export function readRunCard(file: string): RunCard {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be read as JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const parsed = RunCard.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(`${file} is no run card: ${z.prettifyError(parsed.error)}`);
}

/** The first thing in which the card and what was run again differ. */
export type Divergence = { readonly what: string; readonly card: string; readonly here: string };

export type Verification = {
  /** Null when all of it is the same. */
  readonly divergence: Divergence | null;
  /** The card is as it was written. */
  readonly isWhole: boolean;
  /** What ran it then is not what runs it here; results must be the same all the same. */
  readonly differences: readonly Divergence[];
  readonly runs: number;
};

/** Runs everything on the card again, in the order source, seeds, configuration, events, measures, verdict. */
export async function verifyRunCard(card: RunCard, options: LabOptions = {}): Promise<Verification> {
  const { checksum, ...content } = card;
  const isWhole = checksum === digestOf(content);
  const here = thisBuild();
  const differences = (Object.keys(here) as (keyof typeof here)[]).flatMap((name) =>
    card.made[name] === here[name]
      ? []
      : [{ what: name, card: String(card.made[name]), here: String(here[name]) }],
  );
  const early = (divergence: Divergence): Verification => ({ divergence, isWhole, differences, runs: 0 });
  for (const [name, own] of [
    ['strategy', card.strategy],
    ['against', card.against],
  ] as const) {
    if (own === null || typeof own === 'string') continue;
    const hash = sha256(own.source);
    if (hash !== own.hash)
      return early({ what: `the source of ${name} (${own.fileName})`, card: own.hash, here: hash });
  }
  const seeds = seedsDivergence(card);
  if (seeds !== null) return early(seeds);
  const plan = planOf(card);
  for (const run of card.runs) {
    const config = digestOf(groundConfig(plan, run.scenario, run.seed));
    if (config !== run.config)
      return early({
        what: `the market of ${run.scenario}, seed ${run.seed}`,
        card: run.config,
        here: config,
      });
  }
  const evaluation = await evaluate(plan, { ...options, kind: card.sandbox.kind, limits: limitsOf(card) });
  const runs = evaluation.runs.map((run) => runOfCard(plan, run));
  const verdict = verdictOf(evaluation);
  const divergence =
    firstDifference(card.runs, runs) ??
    (card.verdict.digest === verdict.digest &&
    card.verdict.sentence === verdict.sentence &&
    card.verdict.luck === verdict.luck
      ? null
      : { what: 'the verdict', card: card.verdict.sentence, here: verdict.sentence });
  return { divergence, isWhole, differences, runs: runs.length };
}

/** Seeds must be those of the block that the card names, and sealed ones must have been opened: else known days could be called unseen. */
function seedsDivergence({ block, seeds, openings }: RunCard): Divergence | null {
  const named = block === null ? 'seeds of no block' : blockName(block);
  const expected = block === null ? [] : seedsOf(block, seeds.length);
  const other = seeds.find((seed, i) => {
    const own = blockOf(seed);
    return block === null ? own !== null && isSealed(own) : seed !== expected[i];
  });
  if (other !== undefined) {
    const own = blockOf(other);
    return {
      what: 'the seeds',
      card: named,
      here: `${other}, ${own === null ? 'of none' : `of ${blockName(own)}`}`,
    };
  }
  const isOpened = openings.some((one) => blockName(one.block) === named);
  return block === null || !isSealed(block) || isOpened
    ? null
    : { what: 'the openings', card: 'none', here: `${named} is sealed` };
}

type RunOfCard = RunCard['runs'][number];

function firstDifference(card: readonly RunOfCard[], here: readonly RunOfCard[]): Divergence | null {
  for (let i = 0; i < Math.max(card.length, here.length); i++) {
    const [one, other] = [card[i], here[i]];
    if (one === undefined || other === undefined || nameOf(one) !== nameOf(other))
      return { what: `run ${i + 1}`, card: nameOf(one), here: nameOf(other) };
    for (const part of ['events', 'measures'] as const)
      if (one[part] !== other[part])
        return { what: `the ${part} of ${nameOf(one)}`, card: String(one[part]), here: String(other[part]) };
  }
  return null;
}

function nameOf(run: RunOfCard | undefined): string {
  return run === undefined ? 'none' : `${run.side} in ${run.scenario}, seed ${run.seed}`;
}

function planOf({ strategy, against, ground, seeds, stopRule }: RunCard): EvaluationPlan {
  return {
    ...ground,
    strategy: labStrategyOf(strategy),
    against: againstOf(against),
    seeds,
    stopRule,
  };
}

function againstOf(against: RunCard['against']): Against {
  if (against === null) return { type: 'cash' };
  if (typeof against === 'string') return { type: against };
  return { type: against.isBestSoFar ? 'best_so_far' : 'strategy', strategy: labStrategyOf(against) };
}

function againstOfCard(against: Against, source: string | null): RunCard['against'] {
  if (!('strategy' in against)) return against.type === 'cash' ? null : 'turnover_matched';
  const own = strategyOfCard(against.strategy, source!);
  return against.type === 'best_so_far' ? { ...own, isBestSoFar: true } : own;
}

function labStrategyOf({ source, fileName, parameters }: RunCard['strategy']): LabStrategy {
  return loadStrategy(source, fileName, parameters);
}

function strategyOfCard({ compiled, parameters }: LabStrategy, source: string): RunCard['strategy'] {
  return { fileName: compiled.fileName, hash: compiled.hash, source, parameters: { ...parameters } };
}

function limitsOf({ sandbox: { kind: _, ...limits } }: RunCard) {
  return limits;
}

function runOfCard(plan: EvaluationPlan, run: EvaluatedRun): RunOfCard {
  const { side, scenario, seed, digest, ended, values, byCounterparty, fuelUsed } = run;
  return {
    side,
    scenario,
    seed,
    config: digestOf(groundConfig(plan, scenario, seed)),
    events: digest,
    measures: digestOf({ ended, values, byCounterparty, fuelUsed }),
  };
}

function verdictOf(evaluation: Evaluation): RunCard['verdict'] {
  const { verdict, luck } = evaluation;
  return { sentence: verdict.sentence, luck: luck?.sentence ?? null, digest: digestOfResults(evaluation) };
}

/** Of all that follows from the runs, which `verify` calculates again. */
export function digestOfResults(evaluation: Omit<Evaluation, 'runs'>): string {
  const { verdict, luck, values, anatomy, measures, footprint, axes, failures } = evaluation;
  return digestOf({ verdict, luck, values, anatomy, measures, footprint, axes, failures });
}

/** What runs here: the build is the program that holds kernel and sandbox. */
export function thisBuild(): Omit<RunCard['made'], 'at'> {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    mercato: version,
    build: sha256(readFileSync(path.join(ROOT, 'dist', 'lab-child.cjs'))),
    lock: sha256(readFileSync(path.join(ROOT, 'package-lock.json'))),
    node: process.version,
    architecture: `${process.platform} ${process.arch}`,
  };
}

/** Of a value as JSON, with the keys of every object in order. */
export function digestOf(value: unknown): string {
  return sha256(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'object' && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
        : part,
    ),
  );
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}
