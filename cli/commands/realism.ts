// Whether the shipped shoppers live like real ones. Needs neither Temporal nor a database.
import type { Command } from 'commander';
import { measureRealism } from '../../client/realism.ts';
import { readConfigFile } from '../config-file.ts';
import { isJson } from '../context.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { wholeNumber } from '../options.ts';
import { progressLine } from '../progress.ts';
import { REALISM_LEGEND, failingText, renderRealismTable } from '../render-realism.ts';
import { parseSeeds } from './market-facts.ts';

export function registerRealism(program: Command): void {
  program
    .command('realism')
    .description('the shipped shoppers beside real households: distributions, targets and what chance does')
    .option('--seeds <seeds>', 'one simulation for each: from-to, or one after another with commas', '1-5')
    .option('--channel <channel>', 'in_store or online')
    .option('--agents <n>', 'how many take part', '300')
    .option('--weeks <n>', 'weeks that count; the reference is of a year', '52')
    .option('--burn-in <n>', 'weeks before them that do not', '26')
    .option('--config <file>', 'JSON file with any field of a configuration, as `calibrate` writes one')
    .addHelpText('after', HELP)
    .action(realism);
}

const HELP = `
Simulations in memory, about one and a half minutes a seed. Exit code 7 when a row fails. The reference is The Complete
Journey by 84.51°, which its publisher calls simulated after real patterns and not meant for business decisions.`;

type Flags = {
  seeds: string;
  channel?: string;
  agents: string;
  weeks: string;
  burnIn: string;
  config?: string;
};

async function realism(flags: Flags, command: Command): Promise<void> {
  const { simulationId: _, ...config } = readConfigFile(flags.config);
  const given = { ...config, ...(flags.channel === undefined ? {} : { channel: flags.channel }) };
  const size = {
    seeds: parseSeeds(flags.seeds).map(String),
    agents: wholeNumber('--agents', flags.agents, 1),
    weeks: wholeNumber('--weeks', flags.weeks, 1),
    burnInWeeks: wholeNumber('--burn-in', flags.burnIn, 0),
  };
  const progress = progressLine();
  const run = await measureRealism(given, size, (part) => progress.show(100 * part, 100, 'simulating'));
  progress.end();
  const failing = run.rows.filter(({ verdict }) => verdict === 'fails');
  const title = `${run.agents} shipped agents, ${run.channel}, ${run.weeks} weeks after ${run.burnInWeeks}, ${run.seeds.length} seeds, against: ${run.source}`;
  const text = [
    title,
    renderRealismTable(run.rows),
    REALISM_LEGEND,
    failingText(run.rows),
    `${run.seconds.toFixed(0)} s.`,
  ];
  process.stdout.write(`${isJson(command) ? JSON.stringify(run) : text.join('\n')}\n`);
  if (failing.length > 0) process.exitCode = EXIT_CODES.checkFailed;
}
