// A search over the parameters of a strategy, and what it is worth on seeds that were held back.
import type { Command } from 'commander';
import { SEARCH_GOALS } from '../../client/lab-search-goals.ts';
import type { SearchGoalName } from '../../client/lab-search-goals.ts';
import { SCENARIO_NAMES } from '../../domain/lab/scenario.ts';
import { CLOSED_KINDS } from '../../sandbox/sandbox.ts';
import type { SearchFlags } from '../lab-search.ts';

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
    .option(
      '--out <folder>',
      'a new folder for the winner (the same source, other defaults), all candidates, and a page',
    )
    .description(
      'change the parameters of a strategy for the better, and say whether that is better than luck: against the default, the best of N and random search at as many runs',
    )
    .action(async (flags: SearchFlags, command: Command) =>
      (await import('../lab-search.ts')).runSearch(flags, command),
    );
}
