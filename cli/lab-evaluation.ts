// What `lab evaluate` and `lab verify` do. With the parser of strategies, so loaded when it is wanted.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { capacityOf, capacityRuns } from '../client/lab-capacity.ts';
import { readRunCard, runCardOf, verifyRunCard } from '../client/lab-card.ts';
import { SIDES, evaluate } from '../client/lab-evaluation.ts';
import type { EvaluationPlan } from '../client/lab-evaluation.ts';
import { readOpenings, writeOpening } from '../client/lab-ledger.ts';
import { parseConfig } from '../config.ts';
import { InvalidInputError } from '../domain/errors.ts';
import type { StopRule } from '../domain/lab/question.ts';
import {
  nextSealedBlock,
  openingsOf,
  openingsSentence,
  requireNotSealed,
  seedsOf,
} from '../domain/lab/sealed-seeds.ts';
import type { Opening, SeedBlock } from '../domain/lab/sealed-seeds.ts';
import { NewFolder } from '../recordings/new-folder.ts';
import { writeRuns } from '../recordings/write-runs.ts';
import type { LabOptions } from '../sandbox/child-pool.ts';
import type { LabStrategy } from '../sandbox/lab-job.ts';
import { CLOSED_KINDS } from '../sandbox/sandbox.ts';
import { chooseParameters } from '../sandbox/strategy-parameters.ts';
import { compileStrategy, describeProblems } from '../sandbox/strategy-source.ts';
import { dataFolderAt } from '../stack/data-folder.ts';
import { isJson, print } from './context.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { untilInterrupted } from './interrupt.ts';
import { evaluationPage } from './lab-page.ts';
import { namesOf, wholeNumber } from './options.ts';
import { progressLine } from './progress.ts';
import { renderEvaluation, renderVerification } from './render-lab.ts';
import type { EvaluationSummary } from './render-lab.ts';
import { parseSeeds } from './commands/market-facts.ts';

export type EvaluateFlags = {
  against: string;
  scenarios: string;
  seeds: string;
  looks?: string;
  minutes?: string;
  target: string;
  sealed?: true;
  parameters: string;
  sandbox: string;
  capacity?: string;
  out?: string;
  processes?: string;
};

export async function runEvaluate(file: string, flags: EvaluateFlags, command: Command): Promise<void> {
  const kind = CLOSED_KINDS.find((one) => one === flags.sandbox);
  if (kind === undefined)
    throw new InvalidInputError(`--sandbox is ${CLOSED_KINDS.join(' or ')}; "${flags.sandbox}" is neither.`);
  const own = readStrategy(file, parametersOf(flags.parameters));
  const other = flags.against === 'cash' ? null : readStrategy(flags.against, {});
  const { seeds, stopRule, block } = seedsOfFlags(flags);
  const plan: EvaluationPlan = {
    strategy: own.strategy,
    against: other === null ? { type: 'cash' } : { type: 'strategy', strategy: other.strategy },
    scenarios: namesOf(flags.scenarios),
    minutes: flags.minutes === undefined ? null : wholeNumber('--minutes', flags.minutes, 1),
    targetInventory: targetOf(flags.target),
    seeds,
    stopRule,
  };
  const capacitySeeds = flags.capacity === undefined ? 0 : wholeNumber('--capacity', flags.capacity, 2);
  if (capacitySeeds > 0 && plan.scenarios.includes('no_edge'))
    throw new InvalidInputError('--capacity does not go with no_edge: its fees are what makes it fair.');
  if (capacitySeeds > seeds.length)
    throw new InvalidInputError(
      `--capacity ${capacitySeeds} is more than the ${seeds.length} days there are.`,
    );
  const folder = flags.out === undefined ? null : NewFolder.create(flags.out);
  try {
    const openings = block !== null && flags.sealed ? open(block, own.strategy) : [];
    const started = Date.now();
    const sides = other === null ? SIDES.length - 1 : SIDES.length;
    const days = plan.seeds.length * plan.scenarios.length;
    const most = days * (plan.targetInventory === 0 ? sides : sides - 1) + capacityRuns(plan, capacitySeeds);
    const [evaluation, capacity] = await untilInterrupted(async (signal) => {
      const options = { ...runOptions(flags, most), kind, signal };
      const done = await evaluate(plan, options);
      return [done, capacitySeeds === 0 ? null : await capacityOf(plan, capacitySeeds, options)] as const;
    });
    const { runs, ...rest } = evaluation;
    const sources = { strategy: own.source, against: other?.source ?? null };
    const card = runCardOf(plan, evaluation, { kind, sources, block, openings, now: new Date(started) });
    const { fileName, hash, warnings } = own.strategy.compiled;
    const summary: EvaluationSummary = {
      ...rest,
      strategy: { fileName, hash },
      ground: { scenarios: plan.scenarios, minutes: plan.minutes, targetInventory: plan.targetInventory },
      sandbox: kind,
      seeds:
        block === null
          ? `seeds ${flags.seeds}`
          : flags.sealed
            ? openingsSentence({ version: 1, openings: [...openings] }, block)
            : `${seeds.length} seeds of block ${block.number} of ${block.purpose}`,
      capacity,
      warnings: warnings.map((problem) => describeProblems(fileName, [problem]).trim()),
      seconds: (Date.now() - started) / 1000,
    };
    if (folder !== null) {
      const write = (name: string, text: string): void => writeFileSync(path.join(folder.path, name), text);
      write('card.json', `${JSON.stringify(card, null, 2)}\n`);
      write('evaluation.json', `${JSON.stringify(summary, null, 2)}\n`);
      write('report.html', await evaluationPage(summary, card));
      writeRuns(path.join(folder.path, 'runs.parquet'), runs);
      folder.publish();
    }
    print({ isJson: isJson(command) }, { ...summary, runs }, renderEvaluation(summary));
  } catch (error) {
    throw folder === null ? error : folder.discard(error);
  }
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

function readStrategy(
  file: string,
  given: Readonly<Record<string, number>>,
): { strategy: LabStrategy; source: string } {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const compiled = compileStrategy(source, path.basename(file));
  return { strategy: { compiled, parameters: chooseParameters(compiled.parameters, given) }, source };
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
function seedsOfFlags({ seeds, looks, sealed }: EvaluateFlags): {
  seeds: number[];
  stopRule: StopRule;
  block: SeedBlock | null;
} {
  const at = looks === undefined ? null : namesOf(looks).map((count) => wholeNumber('--looks', count, 2));
  const isCount = /^\d+$/.test(seeds);
  if (!isCount && (sealed === true || at !== null))
    throw new InvalidInputError('--sealed and --looks take a number of seeds, not which ones.');
  const count = at?.at(-1) ?? (isCount ? wholeNumber('--seeds', seeds, 2) : 0);
  const stopRule = (own: readonly number[]): StopRule =>
    at === null ? { type: 'fixed', seeds: own.length } : { type: 'looks', at };
  if (!isCount) {
    const own = parseSeeds(seeds);
    requireNotSealed(own);
    return { seeds: own, stopRule: stopRule(own), block: null };
  }
  const block: SeedBlock =
    sealed === true
      ? nextSealedBlock(readOpenings(labFolder()), 'sealed')
      : { purpose: 'validation', number: 1 };
  const own = seedsOf(block, count);
  return { seeds: own, stopRule: stopRule(own), block };
}

/** Written down before the first run: whoever interrupts has seen it all the same. */
function open(block: SeedBlock, { compiled, parameters }: LabStrategy): readonly Opening[] {
  const at = new Date().toISOString();
  const ledger = writeOpening(labFolder(), {
    block,
    session: `evaluate ${at}`,
    strategy: `${compiled.hash} ${JSON.stringify(parameters)}`.slice(0, 200),
    reason: `lab evaluate ${compiled.fileName} --sealed`,
    at,
  });
  return openingsOf(ledger, block);
}

function labFolder(): string {
  return path.join(dataFolderAt(parseConfig(process.env).home).root, 'lab');
}
