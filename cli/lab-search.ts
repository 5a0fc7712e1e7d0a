// What `lab search` does. With the parser of strategies, so loaded when it is wanted.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { openNextBlock, readOpenings } from '../client/lab-ledger.ts';
import { searchLab } from '../client/lab-search.ts';
import type { SearchRecord } from '../client/lab-search.ts';
import { SEARCH_GOALS } from '../client/lab-search-goals.ts';
import type { SearchGoalName } from '../client/lab-search-goals.ts';
import { openingsSentence } from '../domain/lab/sealed-seeds.ts';
import { NewFolder } from '../recordings/new-folder.ts';
import { withDefaults } from '../sandbox/parameter-defaults.ts';
import { CLOSED_KINDS } from '../sandbox/sandbox.ts';
import { isJson, print } from './context.ts';
import { untilInterrupted } from './interrupt.ts';
import { labFolder, readSource } from './lab-files.ts';
import { searchPage } from './lab-search-page.ts';
import { namesOf, oneOf, wholeNumber } from './options.ts';
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
  // Unreadable, it is better found now than when the searches are done.
  readOpenings(labFolder());
  const folder = flags.out === undefined ? null : NewFolder.create(flags.out);
  try {
    const record = await searchAs(goal, file, source, flags);
    if (folder !== null) {
      const write = (name: string, text: string): void => writeFileSync(path.join(folder.path, name), text);
      write('winner.ts', withDefaults(source, record.methods.search.parameters));
      write('search.json', `${JSON.stringify(record, null, 2)}\n`);
      write('report.html', await searchPage(record));
      folder.publish();
    }
    print({ isJson: isJson(command) }, record, renderLabSearch(record));
  } catch (error) {
    throw folder === null ? error : folder.discard(error);
  }
}

async function searchAs(
  goal: SearchGoalName,
  file: string,
  source: string,
  flags: SearchFlags,
): Promise<SearchRecord> {
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
      open: (look) => openNextBlock(labFolder(), 'sealed', look).block,
      onProgress: (done, total, text) => progress.show(done, total, text),
    }),
  ).finally(() => progress.end());
  const openings = openingsSentence(readOpenings(labFolder()), result.sealed.block);
  return { format: 'mercato search', version: 1, ...result, openings };
}
