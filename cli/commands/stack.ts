// The local services as a whole: `up`, `down`, `status`, `logs`, `purge`.
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { parseConfig } from '../../config.ts';
import { ConflictError, InvalidInputError } from '../../domain/errors.ts';
import {
  dataFolderAt,
  readRunningState,
  removeDataFolder,
  type StackState,
} from '../../stack/data-folder.ts';
import { allowSimulation, isJson } from '../context.ts';
import { startDetached, stopStack, superviseUntilSignal } from '../detached-supervisor.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { printLogs } from '../log-files.ts';
import { printStatus, readStatus } from '../stack-status.ts';

export function registerStack(program: Command): void {
  program
    .command('up')
    .description('start Postgres, Temporal and the workers in the background, and wait until they are ready')
    .option('--workers <n>', 'number of worker processes (default: MERCATO_WORKERS)')
    .action(up);
  program.command('down').description('stop what `up` has started; data stays').action(down);
  program
    .command('status')
    .description('show processes, addresses and the Web UI; exit code 3 when Mercato does not run')
    .action(status);
  program
    .command('logs')
    .argument('[service]', 'supervisor, postgres, temporal, worker-1 … (default: all)')
    .description('show what the services have logged')
    .option('-f, --follow', 'go on until Ctrl-C')
    .option('-n, --lines <n>', 'number of last lines', '20')
    .action(logs);
  program
    .command('purge')
    .description('stop Mercato and delete its data folder')
    .option('--yes', 'really delete')
    .action(purge);
  program.command('supervise', { hidden: true }).action(superviseUntilSignal);
}

async function up({ workers }: { workers?: string }, command: Command): Promise<void> {
  if (workers !== undefined) process.env.MERCATO_WORKERS = workers;
  allowSimulation();
  const folder = dataFolderAt(parseConfig(process.env).home);
  const running = readRunningState(folder);
  if (running !== null) refuseOtherNumber(running, workers);
  else await startDetached(folder, (line) => process.stderr.write(`${line}\n`));
  printStatus(readStatus(folder), isJson(command));
}

function refuseOtherNumber({ services }: StackState, workers: string | undefined): void {
  const number = services.filter(({ name }) => name.startsWith('worker')).length;
  if (workers === undefined || Number(workers) === number) return;
  throw new ConflictError(`Mercato already runs, with --workers ${number}: \`mercato down\` first.`);
}

async function down(_options: object, command: Command): Promise<void> {
  const folder = dataFolderAt(parseConfig(process.env).home);
  const wasRunning = await stopStack(folder, (line) => process.stderr.write(`${line}\n`));
  if (isJson(command)) console.log(JSON.stringify({ wasRunning }));
  else console.log(wasRunning ? 'Mercato is stopped.' : 'Mercato was not running.');
}

function status(_options: object, command: Command): void {
  const found = readStatus(dataFolderAt(parseConfig(process.env).home));
  printStatus(found, isJson(command));
  if (!found.isRunning) process.exitCode = EXIT_CODES.notRunning;
}

async function logs(
  service: string | undefined,
  options: { follow?: boolean; lines: string },
  command: Command,
): Promise<void> {
  const lines = Number(options.lines);
  if (!Number.isInteger(lines) || lines < 0)
    throw new InvalidInputError(`--lines ${options.lines}: a whole number, please.`);
  await printLogs(dataFolderAt(parseConfig(process.env).home), service ?? null, {
    lines,
    isFollowing: options.follow === true,
    isJson: isJson(command),
  });
}

async function purge({ yes }: { yes?: boolean }, command: Command): Promise<void> {
  const folder = dataFolderAt(parseConfig(process.env).home);
  if (yes !== true) {
    throw new InvalidInputError(
      `This deletes all simulations in ${folder.root}: say \`mercato purge --yes\` if you mean it.`,
    );
  }
  const wasThere = existsSync(folder.root);
  await stopStack(folder, (line) => process.stderr.write(`${line}\n`));
  removeDataFolder(folder);
  if (isJson(command)) console.log(JSON.stringify({ deleted: wasThere ? folder.root : null }));
  else console.log(wasThere ? `Deleted ${folder.root}.` : `There is no ${folder.root}: nothing to delete.`);
}
