// What `lab search` does. With the parser of strategies, so loaded when it is wanted.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { readOpenings, writeOpening } from '../client/lab-ledger.ts';
import { searchLab } from '../client/lab-search.ts';
import { SEARCH_GOALS } from '../client/lab-search-goals.ts';
import type { SearchGoalName } from '../client/lab-search-goals.ts';
import { parseConfig } from '../config.ts';
import { ConflictError, InvalidInputError } from '../domain/errors.ts';
import { nextSealedBlock, openingsSentence } from '../domain/lab/sealed-seeds.ts';
import { withDefaults } from '../sandbox/parameter-defaults.ts';
import { CLOSED_KINDS } from '../sandbox/sandbox.ts';
import { dataFolderAt } from '../stack/data-folder.ts';
import { isJson, print } from './context.ts';
import { untilInterrupted } from './interrupt.ts';
import { namesOf, wholeNumber } from './options.ts';
import { progressLine } from './progress.ts';
import { renderLabSearch } from './render-lab-search.ts';

const GOALS = Object.keys(SEARCH_GOALS) as SearchGoalName[];

export type SearchFlags = {
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

export async function runSearch(flags: SearchFlags, command: Command): Promise<void> {
  const goal = oneOf('--goal', flags.goal, GOALS);
  const file = flags.strategy ?? SEARCH_GOALS[goal].library;
  const source = readSource(file);
  if (flags.out !== undefined) requireFree(flags.out);
  const labFolder = path.join(dataFolderAt(parseConfig(process.env).home).root, 'lab');
  // Unreadable, it is better found now than when the searches are done.
  readOpenings(labFolder);
  const progress = progressLine();
  const result = await untilInterrupted((signal) =>
    searchLab({
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
      signal,
      open: (opening) => {
        const block = nextSealedBlock(readOpenings(labFolder), 'sealed');
        writeOpening(labFolder, { ...opening, block });
        return block;
      },
      onProgress: (done, total, text) => progress.show(done, total, text),
    }),
  ).finally(() => progress.end());
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
