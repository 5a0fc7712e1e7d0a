// What docker-compose.yml describes, started by hand where there is no Docker: the same services in the same order,
// with its settings, its scripts and its initial SQL; on free ports of this machine, in a folder that is removed.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { withServices } from '../client/services.ts';
import type { Services } from '../client/simulations.ts';
import { createDatabase } from '../prisma/client.ts';
import type { Addresses } from '../stack/data-folder.ts';
import { freePort } from '../stack/ports.ts';
import { postgresProgram, postgresUrl } from '../stack/postgres.ts';
import { endProcess, type Program, type ProcessIdentity, startProgram } from '../stack/process.ts';
import { temporalServerProgram } from '../stack/temporal-server.ts';
import { workerProgram } from '../stack/workers.ts';
import { type ComposeService, mountedFile, readComposeFile } from './compose-file.ts';

const run = promisify(execFile);

const COMMAND_LINE = path.join(__dirname, '..', 'dist', 'mercato.cjs');
/** A one-shot service runs at every `docker compose up`: the second time it must change nothing. */
const RUNS_OF_A_ONE_SHOT = 2;
const ONE_SHOT_TIMEOUT_MS = 5 * 60_000;

export type ComposedStack = {
  readonly services: Services;
  readonly addresses: Addresses;
};

export type ComposedStackOptions = {
  /** Folder with `temporal-server` and `temporal-sql-tool`. */
  readonly serverFolder: string;
  readonly temporalCli: string;
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
};

/** Starts every service for as long as `use` runs. */
export async function withComposedStack<T>(
  options: ComposedStackOptions,
  use: (stack: ComposedStack) => Promise<T>,
): Promise<T> {
  const stack = new HandmadeStack(options);
  try {
    const addresses = await stack.start();
    return await withServices({ ...addresses, poolSize: 5 }, (services) =>
      Promise.race([use({ services, addresses }), interruption(options.signal)]),
    );
  } finally {
    await stack.stop();
  }
}

class HandmadeStack {
  readonly #options: ComposedStackOptions;
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-composed-'));
  readonly #variables = {
    TEMPORAL_DB_PASSWORD: randomBytes(12).toString('hex'),
    MERCATO_DB_PASSWORD: randomBytes(12).toString('hex'),
  };
  readonly #compose = readComposeFile(this.#variables);
  readonly #started: { program: Program; identity: ProcessIdentity }[] = [];

  constructor(options: ComposedStackOptions) {
    this.#options = options;
    // As root, Postgres runs as another user, who must be able to enter.
    chmodSync(this.#folder, 0o755);
    // Scripts call programs by the names that they have in the images.
    mkdirSync(this.#inFolder('bin'));
    symlinkSync(options.temporalCli, this.#inFolder('bin', 'temporal'));
  }

  async start(): Promise<Addresses> {
    const postgresPort = await freePort();
    await this.#startPostgres(postgresPort);
    const database = { SQL_HOST: '127.0.0.1', SQL_PORT: String(postgresPort) };
    await this.#runScript('temporal-schema', database);
    const temporalAddress = await this.#startTemporal(postgresPort);
    await this.#runScript('temporal-namespace', { TEMPORAL_ADDRESS: temporalAddress });

    const { DATABASE_URL = '', TEMPORAL_NAMESPACE = '' } = this.#service('worker').environment;
    const databaseUrl = DATABASE_URL.replace('@postgres:5432/', `@127.0.0.1:${postgresPort}/`);
    const addresses = { databaseUrl, temporalAddress, namespace: TEMPORAL_NAMESPACE, webUiUrl: null };
    await this.#migrate(databaseUrl);
    await this.#startWorkers(addresses);
    return addresses;
  }

  /** In the opposite order of the start. */
  async stop(): Promise<void> {
    for (const { program, identity } of this.#started.reverse())
      await endProcess(identity, program.stopSignal, program.stopTimeoutMs);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startPostgres(port: number): Promise<void> {
    const { command, environment, volumes } = this.#service('postgres');
    const folder = this.#inFolder('postgres');
    const settings = command.filter((word) => word.includes('=')).map((word) => word.split('='));
    await this.#start(
      await postgresProgram({
        folder,
        port,
        logFile: this.#log('postgres'),
        settings: Object.fromEntries(settings) as Record<string, string>,
      }),
    );
    const initialSql = volumes.map((text) => text.split(':')[1]!).find((file) => file.endsWith('.sql'))!;
    const sql = readFileSync(mountedFile(this.#service('postgres'), initialSql), 'utf8');
    await initialise(postgresUrl(folder, port, 'postgres'), statementsOf(sql, environment));
  }

  async #startTemporal(postgresPort: number): Promise<string> {
    const { environment } = this.#service('temporal');
    const { DYNAMIC_CONFIG_FILE_PATH = '' } = environment;
    const settings = {
      ...environment,
      POSTGRES_SEEDS: '127.0.0.1',
      DB_PORT: String(postgresPort),
      // The image takes DB_PORT for both.
      VISIBILITY_DB_PORT: String(postgresPort),
      DYNAMIC_CONFIG_FILE_PATH: mountedFile(this.#service('temporal'), DYNAMIC_CONFIG_FILE_PATH),
    };
    const { serverFolder: folder } = this.#options;
    const logFile = this.#log('temporal');
    const { program, address } = await temporalServerProgram({ folder, settings, logFile });
    await this.#start(program);
    return address;
  }

  async #migrate(databaseUrl: string): Promise<void> {
    const { command, environment } = this.#service('migrate');
    const args = [COMMAND_LINE, ...command.slice(1)];
    await this.#runOnce('migrate', process.execPath, args, { ...environment, DATABASE_URL: databaseUrl });
  }

  async #startWorkers(addresses: Addresses): Promise<void> {
    const { deploy, environment, healthcheck } = this.#service('worker');
    for (let number = 1; number <= (deploy?.replicas ?? 1); number++) {
      const program = workerProgram(`worker-${number}`, addresses, this.#log(`worker-${number}`));
      const healthPort = String(await freePort());
      const places = {
        MERCATO_LISTEN_HOST: '127.0.0.1',
        MERCATO_HEALTH_PORT: healthPort,
        MERCATO_METRICS_PORT: String(await freePort()),
      };
      const [, , ...check] = healthcheck!.test;
      const healthCheck = check.map((word) =>
        word.replace(`:${environment.MERCATO_HEALTH_PORT}/`, `:${healthPort}/`),
      );
      await this.#start({
        ...program,
        env: { ...environment, ...program.env, ...places },
        isReady: async (output) => (await program.isReady(output)) && succeeds(process.execPath, healthCheck),
      });
    }
  }

  async #start(program: Program): Promise<void> {
    const { onProgress, signal } = this.#options;
    const start = performance.now();
    const onSpawn = (identity: ProcessIdentity) => void this.#started.push({ program, identity });
    await startProgram(program, { abort: signal, onSpawn });
    onProgress(`${program.name} is ready (${secondsSince(start)}).`);
  }

  #runScript(name: string, places: Record<string, string>): Promise<void> {
    const service = this.#service(name);
    const [shell = 'sh', script = ''] = service.entrypoint;
    return this.#runOnce(name, shell, [mountedFile(service, script)], { ...service.environment, ...places });
  }

  async #runOnce(
    name: string,
    command: string,
    args: string[],
    settings: Record<string, string>,
  ): Promise<void> {
    const { onProgress, serverFolder, signal } = this.#options;
    const PATH = [this.#inFolder('bin'), serverFolder, process.env.PATH].join(path.delimiter);
    const env = { ...process.env, ...settings, PATH };
    for (let time = 1; time <= RUNS_OF_A_ONE_SHOT; time++) {
      const start = performance.now();
      await run(command, args, { env, signal, timeout: ONE_SHOT_TIMEOUT_MS });
      onProgress(`${name} has run${time === 1 ? '' : ' again'} (${secondsSince(start)}).`);
    }
  }

  #service(name: string): ComposeService {
    const service = this.#compose[name];
    if (service === undefined) throw new Error(`docker-compose.yml has no service ${name}.`);
    return service;
  }

  #inFolder(...names: string[]): string {
    return path.join(this.#folder, ...names);
  }

  #log(name: string): string {
    return this.#inFolder(`${name}.log`);
  }
}

/** Statements of a file for psql; of psql's own commands it may use \getenv. */
function statementsOf(sql: string, environment: Record<string, string>): string[] {
  const variables = new Map(
    [...sql.matchAll(/^\\getenv (\w+) (\w+)$/gm)].map(([, variable, name]) => [variable, environment[name!]]),
  );
  return sql
    .replaceAll(/^(--|\\).*$/gm, '')
    .replaceAll(/:'(\w+)'/g, (_, variable: string) => `'${variables.get(variable)}'`)
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** The embedded server's own user is called mercato; here that name is another's, as in the image. */
async function initialise(serverUrl: string, statements: readonly string[]): Promise<void> {
  const url = new URL(serverUrl);
  await execute(url.href, [`CREATE ROLE postgres SUPERUSER LOGIN PASSWORD '${url.password}'`]);
  const { username } = url;
  url.username = 'postgres';
  await execute(url.href, [`ALTER ROLE ${username} RENAME TO installer`, ...statements]);
}

function succeeds(command: string, args: string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}

async function execute(databaseUrl: string, statements: readonly string[]): Promise<void> {
  const db = createDatabase(databaseUrl, { poolSize: 1 });
  try {
    for (const statement of statements) await db.$executeRawUnsafe(statement);
  } finally {
    await db.$disconnect();
  }
}

async function interruption(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  await once(signal, 'abort');
  throw new Error('Interrupted.');
}

function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
