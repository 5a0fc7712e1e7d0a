// What `lab evaluate` and `lab verify` do. With the parser of strategies, so loaded when it is wanted.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { readRunCard, verifyRunCard } from '../client/lab-card.ts';
import { judgeStrategy, mostRuns } from '../client/lab-judgement.ts';
import type { Days, Judgement, JudgementRequest, LoadedStrategy } from '../client/lab-judgement.ts';
import { InvalidInputError } from '../domain/errors.ts';
import type { StopRule } from '../domain/lab/question.ts';
import { requireNotSealed, seedsOf } from '../domain/lab/sealed-seeds.ts';
import type { SeedPurpose } from '../domain/lab/sealed-seeds.ts';
import { NewFolder } from '../recordings/new-folder.ts';
import { writeRuns } from '../recordings/write-runs.ts';
import type { LabOptions } from '../sandbox/child-pool.ts';
import { loadStrategy } from '../sandbox/load-strategy.ts';
import { CLOSED_KINDS } from '../sandbox/sandbox.ts';
import { isJson, print } from './context.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { untilInterrupted } from './interrupt.ts';
import { labFolder, readSource } from './lab-files.ts';
import { evaluationPage } from './lab-page.ts';
import { namesOf, oneOf, wholeNumber } from './options.ts';
import { progressLine } from './progress.ts';
import { renderEvaluation, renderVerification } from './render-lab.ts';
import { parseSeeds } from './commands/market-facts.ts';

export type EvaluateFlags = {
  against: string;
  scenarios: string;
  seeds: string;
  looks?: string;
  minutes?: string;
  target: string;
  sealed?: true | string;
  parameters: string;
  sandbox: string;
  capacity?: string;
  out?: string;
  processes?: string;
};

/** What `--against` may be beside the file of a strategy. */
const REFERENCES = ['cash', 'random', 'best'] as const;

/** What is held back, by what `--sealed` says. */
const SEALED = {
  seeds: ['sealed'],
  parameters: ['sealed_parameters'],
  mechanism: ['sealed_mechanism'],
  all: ['sealed', 'validation', 'sealed_parameters', 'sealed_mechanism'],
} as const satisfies Readonly<Record<string, readonly SeedPurpose[]>>;

export async function runEvaluate(file: string, flags: EvaluateFlags, command: Command): Promise<void> {
  if (flags.looks !== undefined && command.getOptionValueSource('seeds') === 'cli')
    throw new InvalidInputError('--looks says how many seeds there are: leave --seeds out.');
  const request = requestOf(file, flags);
  const folder = flags.out === undefined ? null : NewFolder.create(flags.out);
  try {
    const judgement = await untilInterrupted((signal) =>
      judgeStrategy(request, { ...runOptions(flags, mostRuns(request)), signal }),
    );
    if (folder !== null) await writeFolder(folder, judgement, request);
    const { summary, runs } = judgement;
    print({ isJson: isJson(command) }, { ...summary, runs }, renderEvaluation(summary));
  } catch (error) {
    throw folder === null ? error : folder.discard(error);
  }
}

function requestOf(file: string, flags: EvaluateFlags): JudgementRequest {
  const kind = oneOf('--sandbox', flags.sandbox, CLOSED_KINDS);
  const { days, knownSeeds } = daysOf(flags);
  const load = (from: string, given: Readonly<Record<string, number>>): LoadedStrategy => {
    const source = readSource(from);
    return { strategy: loadStrategy(source, path.basename(from), given), source };
  };
  return {
    own: load(file, parametersOf(flags.parameters)),
    against: REFERENCES.find((word) => word === flags.against) ?? load(flags.against, {}),
    ground: {
      scenarios: namesOf(flags.scenarios),
      minutes: flags.minutes === undefined ? null : wholeNumber('--minutes', flags.minutes, 1),
      targetInventory: targetOf(flags.target),
    },
    days,
    knownSeeds,
    capacitySeeds: flags.capacity === undefined ? 0 : wholeNumber('--capacity', flags.capacity, 2),
    kind,
    labFolder: labFolder(),
    now: new Date(),
  };
}

/** Everything is there when the folder is. Of other days than those of the verdict there are cards of their own. */
async function writeFolder(
  folder: NewFolder,
  { summary, cards, runs }: Judgement,
  { days }: JudgementRequest,
): Promise<void> {
  const write = (name: string, text: string): void => writeFileSync(path.join(folder.path, name), text);
  cards.forEach((card, i) => {
    const name = i === 0 ? 'card' : `card-${days[i]!.block!.purpose.replaceAll('_', '-')}`;
    write(`${name}.json`, `${JSON.stringify(card, null, 2)}\n`);
  });
  write('evaluation.json', `${JSON.stringify(summary, null, 2)}\n`);
  write('report.html', await evaluationPage(summary, cards[0]!, null));
  writeRuns(path.join(folder.path, 'runs.parquet'), runs);
  folder.publish();
}

export async function runVerify(
  file: string,
  flags: { processes?: string },
  command: Command,
): Promise<void> {
  const card = readRunCard(file);
  const verification = await untilInterrupted((signal) =>
    verifyRunCard(card, { ...runOptions(flags, card.runs.length), signal }),
  );
  print({ isJson: isJson(command) }, verification, renderVerification(verification));
  if (verification.divergence !== null || !verification.isWhole) process.exitCode = EXIT_CODES.checkFailed;
}

function runOptions({ processes }: { processes?: string }, runs: number): LabOptions {
  const line = progressLine();
  let done = 0;
  return {
    ...(processes === undefined ? {} : { processes: wholeNumber('--processes', processes, 1) }),
    onResult: () => {
      done += 1;
      line.show(Math.min(done, runs), runs, `${done} runs`);
      if (done === runs) line.end();
    },
  };
}

function parametersOf(text: string): Record<string, number> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInputError(`--parameters is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isRecord || Object.values(value as object).some((one) => typeof one !== 'number'))
    throw new InvalidInputError(
      `--parameters is an object of numbers such as {"quantity":20}; ${text} is none.`,
    );
  return value as Record<string, number>;
}

function targetOf(text: string): number {
  if (!/^[-−]?\d{1,7}$/.test(text))
    throw new InvalidInputError(`--target is a whole number of shares, below 0 to sell; "${text}" is none.`);
  return Number(text.replace('−', '-'));
}

/** A count is of the first seeds of a block; a range is of seeds of one's own. */
function daysOf({ seeds, looks, sealed }: EvaluateFlags): Pick<JudgementRequest, 'days' | 'knownSeeds'> {
  const at = looks === undefined ? null : namesOf(looks).map((count) => wholeNumber('--looks', count, 2));
  const isCount = /^\d+$/.test(seeds);
  if (!isCount && (sealed !== undefined || at !== null))
    throw new InvalidInputError('--sealed and --looks take a number of seeds, not which ones.');
  const purposes: readonly SeedPurpose[] =
    sealed === undefined
      ? ['validation']
      : SEALED[
          oneOf(
            '--sealed',
            sealed === true ? 'seeds' : sealed,
            Object.keys(SEALED) as (keyof typeof SEALED)[],
          )
        ];
  if (!isCount) {
    const own = parseSeeds(seeds);
    requireNotSealed(own);
    const stopRule: StopRule = { type: 'fixed', seeds: own.length };
    return { days: [{ block: null, seeds: own, stopRule }], knownSeeds: own };
  }
  const count = at?.at(-1) ?? wholeNumber('--seeds', seeds, 2);
  const stopRule: StopRule = at === null ? { type: 'fixed', seeds: count } : { type: 'looks', at };
  const days = purposes.map((purpose): Days => {
    const block = { purpose, number: 1 };
    return { block, seeds: seedsOf(block, count), stopRule };
  });
  return {
    days: days as [Days, ...Days[]],
    knownSeeds: seedsOf({ purpose: 'validation', number: 1 }, at?.[0] ?? count),
  };
}
