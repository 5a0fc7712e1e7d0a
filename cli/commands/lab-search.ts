// A search over the parameters of a strategy, and what it is worth on seeds that were held back.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { readOpenings, writeOpening } from '../../client/lab-ledger.ts';
import { SEARCH_GOALS, searchLab } from '../../client/lab-search.ts';
import type { LabSearchResult, SearchGoalName } from '../../client/lab-search.ts';
import { parseConfig } from '../../config.ts';
import { ConflictError, InvalidInputError } from '../../domain/errors.ts';
import { SCENARIO_NAMES } from '../../domain/lab/scenario.ts';
import { nextSealedBlock, openingsSentence } from '../../domain/lab/sealed-seeds.ts';
import { withDefaults } from '../../sandbox/parameter-defaults.ts';
import { CLOSED_KINDS } from '../../sandbox/sandbox.ts';
import { dataFolderAt } from '../../stack/data-folder.ts';
import { isJson, print } from '../context.ts';
import { namesOf, wholeNumber } from '../options.ts';
import { progressLine } from '../progress.ts';
import { renderLabSearch } from '../render-lab-search.ts';

const GOALS = Object.keys(SEARCH_GOALS) as SearchGoalName[];

export function registerLabSearch(group: Command): void {
  group
    .command('search')
    .requiredOption(
      '--goal <goal>',
      GOALS.map((goal) => `${goal}: ${SEARCH_GOALS[goal].description}`).join('; '),
    )
    .option('--strategy <file>', 'where it begins; left out: the example that belongs to the goal')
    .option('--scenarios <names>', `with commas: ${SCENARIO_NAMES.join(', ')}`, 'realistic')
    .requiredOption('--budget <runs>', 'runs of the search, and of each of its two rivals')
    .option('--seed <n>', 'decides all that is random in the searches', '1')
    .option('--sealed-seeds <n>', 'seeds of a block that nobody has seen, for the verdict', '100')
    .option('--minutes <n>', 'length of the session; left out: as the scenario has it')
    .option('--processes <n>', 'at the same time; left out: as many as there are processors')
    .option('--sandbox <kind>', `where strategies run: ${CLOSED_KINDS.join(', ')}`, 'quickjs')
    .option('--out <file>', 'write the winner here: the same source, with its parameters as defaults')
    .description(
      'change the parameters of a strategy for the better, and say whether that is better than luck: against the default, the best of N and random search at as many runs',
    )
    .action(search);
}

type Flags = {
  goal: string;
  strategy?: string;
  scenarios: string;
  budget: string;
  seed: string;
  sealedSeeds: string;
  minutes?: string;
  processes?: string;
  sandbox: string;
  out?: string;
};

async function search(flags: Flags, command: Command): Promise<void> {
  const goal = oneOf('--goal', flags.goal, GOALS);
  const file = flags.strategy ?? SEARCH_GOALS[goal].library;
  const source = readSource(file);
  if (flags.out !== undefined) requireFree(flags.out);
  const labFolder = path.join(dataFolderAt(parseConfig(process.env).home).root, 'lab');
  // Unreadable, it is better found now than when the searches are done.
  readOpenings(labFolder);
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, stop);
  const progress = progressLine();
  let result: LabSearchResult;
  try {
    result = await searchLab({
      goal,
      source,
      fileName: path.basename(file),
      scenarios: namesOf(flags.scenarios),
      budget: wholeNumber('--budget', flags.budget, 1),
      sessionSeed: wholeNumber('--seed', flags.seed, 1),
      sealedSeeds: wholeNumber('--sealed-seeds', flags.sealedSeeds, 2),
      minutes: flags.minutes === undefined ? null : wholeNumber('--minutes', flags.minutes, 1),
      kind: oneOf('--sandbox', flags.sandbox, CLOSED_KINDS),
      ...(flags.processes === undefined ? {} : { processes: wholeNumber('--processes', flags.processes, 1) }),
      signal: abort.signal,
      open: (opening) => {
        const block = nextSealedBlock(readOpenings(labFolder), 'sealed');
        writeOpening(labFolder, { ...opening, block });
        return block;
      },
      onProgress: (done, total, text) => progress.show(done, total, text),
    });
  } finally {
    progress.end();
    for (const signal of signals) process.off(signal, stop);
  }
  if (flags.out !== undefined)
    writeFileSync(flags.out, withDefaults(source, result.methods.search.parameters), { flag: 'wx' });
  const openings = openingsSentence(readOpenings(labFolder), result.sealed.block);
  print({ isJson: isJson(command) }, { ...result, openings }, renderLabSearch(result, openings));
}

function oneOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined)
    throw new InvalidInputError(`${option}: "${text}" is none of ${choices.join(', ')}.`);
  return found;
}

function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`--strategy ${file} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function requireFree(file: string): void {
  if (existsSync(file)) throw new ConflictError(`--out ${file} is there already.`);
  if (!existsSync(path.dirname(path.resolve(file))))
    throw new InvalidInputError(`--out ${file}: there is no such folder.`);
}
