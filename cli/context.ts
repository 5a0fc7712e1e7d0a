import { withServices } from '../client/services.ts';
import type { Services } from '../client/simulations.ts';
import { type Config, parseConfig } from '../config.ts';
import { type DataFolder, dataFolderAt, readRunningState } from '../stack/data-folder.ts';
import { StackError } from '../stack/errors.ts';
import type { Command } from 'commander';

export type CliContext = {
  config: Config;
  /** The global option `--json`: one JSON value on stdout, nothing else. */
  isJson: boolean;
  folder: DataFolder;
  databaseUrl: string;
  temporalAddress: string;
  namespace: string;
  /** Null when the Temporal server is not ours. */
  webUiUrl: string | null;
};

/** For commands that need the database and Temporal: of the running stack, or those that the environment names. */
export function openContext(command: Command): CliContext {
  const { databaseUrl, ...rest } = openDatabaseContext(command);
  const { config, folder } = rest;
  const running = readRunningState(folder);
  const temporalAddress = config.temporal.address ?? running?.addresses.temporalAddress;
  if (temporalAddress === undefined) throw notRunning();
  const webUiUrl = config.temporal.address === null ? (running?.addresses.webUiUrl ?? null) : null;
  return { ...rest, databaseUrl, temporalAddress, namespace: config.temporal.namespace, webUiUrl };
}

/** For commands that need only the database. */
export function openDatabaseContext(
  command: Command,
): Pick<CliContext, 'config' | 'isJson' | 'folder' | 'databaseUrl'> {
  // The local database is there for simulating; in one of yours, SIMULATION_MODE has to say so.
  if (!process.env.DATABASE_URL) allowSimulation();
  const config = parseConfig(process.env);
  const folder = dataFolderAt(config.home);
  const databaseUrl = config.database.url ?? readRunningState(folder)?.addresses.databaseUrl;
  if (databaseUrl === undefined) throw notRunning();
  return { config, isJson: isJson(command), folder, databaseUrl };
}

export function isJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true;
}

/** Connects to the database and to Temporal for as long as `use` runs. */
export function connected<T>(context: CliContext, use: (services: Services) => Promise<T>): Promise<T> {
  return withServices({ ...context, poolSize: context.config.database.poolSize }, use);
}

/** The result of a command: with `--json` the value, else the text. */
export function print({ isJson }: Pick<CliContext, 'isJson'>, value: unknown, text: string): void {
  process.stdout.write(`${isJson ? JSON.stringify(value) : text}\n`);
}

/** `up` and `demo` are for simulating, so they allow it unless the environment says otherwise. */
export function allowSimulation(): void {
  process.env.SIMULATION_MODE ||= 'true';
}

function notRunning(): StackError {
  return new StackError('not_running', 'Mercato is not running: start it with `mercato up`.');
}
