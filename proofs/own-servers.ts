// Servers and workers of a proof's or a test's own, without a supervisor that would start them again: they can be
// stopped, started and frozen at will.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { applyMigrations } from '../prisma/migrate.ts';
import { type Addresses, createDataFolder, type DataFolder, writeState } from '../stack/data-folder.ts';
import { freePort } from '../stack/ports.ts';
import { ensureDatabase, postgresProgram, postgresUrl } from '../stack/postgres.ts';
import { endProcess, type ProcessIdentity, type Program, startProgram } from '../stack/process.ts';
import { ensureTemporalCli } from '../stack/temporal-cli.ts';
import { registerSearchAttributes, temporalProgram } from '../stack/temporal.ts';
import { workerProgram } from '../stack/workers.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';

const DATABASE = 'mercato';
const NAMESPACE = 'default';

export type WorkerAddresses = Pick<Addresses, 'databaseUrl' | 'temporalAddress' | 'namespace'>;

export class OwnServers {
  readonly #folder: DataFolder;
  readonly #services: OwnService[] = [];

  constructor(folder: DataFolder) {
    this.#folder = folder;
    createDataFolder(folder);
  }

  /** With an empty database that has all migrations. */
  async startPostgres(): Promise<{ postgres: OwnService; databaseUrl: string }> {
    const port = await freePort();
    const { postgres: folder } = this.#folder;
    const postgres = await this.#start(
      await postgresProgram({ folder, port, logFile: this.#log('postgres') }),
    );
    await ensureDatabase(postgresUrl(folder, port, 'postgres'), DATABASE);
    const databaseUrl = postgresUrl(folder, port, DATABASE);
    await applyMigrations(databaseUrl);
    return { postgres, databaseUrl };
  }

  /** A development server that keeps what it knows in a file. */
  async startTemporal(): Promise<{ temporal: OwnService; temporalAddress: string; namespace: string }> {
    const { path: cliPath } = await ensureTemporalCli(process.env);
    const [port, uiPort] = [await freePort(), await freePort()];
    const { temporalDatabase: databaseFile } = this.#folder;
    const logFile = this.#log('temporal');
    const temporal = await this.#start(
      temporalProgram({ cliPath, databaseFile, namespace: NAMESPACE, port, uiPort, logFile }),
    );
    const temporalAddress = `127.0.0.1:${port}`;
    await registerSearchAttributes(temporalAddress, NAMESPACE, SEARCH_ATTRIBUTES);
    return { temporal, temporalAddress, namespace: NAMESPACE };
  }

  /** The worker as it is shipped. */
  async startWorker(
    name: string,
    addresses: WorkerAddresses,
    settings: Record<string, string> = {},
  ): Promise<OwnService> {
    const program = workerProgram(name, { ...addresses, webUiUrl: null }, this.#log(name));
    return this.#start({ ...program, env: { ...program.env, ...settings } });
  }

  /** Ends everything, what was started last first. */
  async close(): Promise<void> {
    for (const service of [...this.#services].reverse()) await service.stop();
  }

  async #start(program: Program): Promise<OwnService> {
    const service = new OwnService(program, () => this.#save());
    this.#services.push(service);
    await service.start();
    return service;
  }

  /** So that they are found, and ended, also after the death of this process (stack/supervisor.ts, `endLeftovers`). */
  #save(): void {
    const since = new Date().toISOString();
    const services = this.#services.map(({ name, process, stopSignal, logFile }) => ({
      ...{ name, process, stopSignal, logFile, since },
      ...{ status: 'running' as const, restarts: 0, address: null },
    }));
    writeState(this.#folder, { supervisor: null, addresses: null, services, ports: {} });
  }

  #log(name: string): string {
    return `${this.#folder.logs}/${name}.log`;
  }
}

/** A program that runs until it is stopped, and may be started again. */
export class OwnService {
  readonly #program: Program;
  readonly #onSpawn: () => void;
  /** The last one. */
  process: ProcessIdentity | null = null;
  /** Settles when the last process is gone, with how it ended in words. */
  ended: Promise<string> = Promise.resolve('was never started');

  constructor(program: Program, onSpawn: () => void) {
    this.#program = program;
    this.#onSpawn = onSpawn;
  }

  get name(): string {
    return this.#program.name;
  }

  get logFile(): string {
    return this.#program.logFile;
  }

  get stopSignal(): Program['stopSignal'] {
    return this.#program.stopSignal;
  }

  async start(): Promise<void> {
    const onSpawn = (process: ProcessIdentity): void => {
      this.process = process;
      this.#onSpawn();
    };
    ({ ended: this.ended } = await startProgram(this.#program, { onSpawn }));
  }

  async stop(): Promise<void> {
    if (this.process !== null) await endProcess(this.process, this.stopSignal, this.#program.stopTimeoutMs);
  }
}

const RUNNING_MS = 1_000;

export type Freeze = {
  readonly forMs: number;
  /** How long it is frozen at a time; between two times it runs for a second. */
  readonly stoppedMs?: number;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Freezes every process of a Postgres server, as a disk does that hangs: nobody is refused, and nobody gets an answer.
 * It runs when this returns, or throws.
 */
export async function freezePostgres(
  { process: postmaster }: OwnService,
  databaseUrl: string,
  { forMs, stoppedMs = forMs, signal }: Freeze,
): Promise<void> {
  // Connected before, since a frozen server accepts nobody.
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  try {
    for (const end = Date.now() + forMs; ;) {
      const thaw = await freeze(postmaster!.pid, admin);
      await sleep(stoppedMs, null, { signal }).finally(thaw);
      if (Date.now() >= end) return;
      await sleep(RUNNING_MS, null, { signal });
    }
  } finally {
    await admin.end();
  }
}

/** The same for a service that is one process. */
export async function freezeProcess(
  { process: one }: OwnService,
  { forMs, signal }: Omit<Freeze, 'stoppedMs'>,
): Promise<void> {
  send(one!.pid, 'SIGSTOP');
  await sleep(forMs, null, { signal }).finally(() => send(one!.pid, 'SIGCONT'));
}

/** Postgres puts each of its processes into a group of its own, so that they are frozen one by one; its parent first. */
async function freeze(postmaster: number, admin: pg.Client): Promise<() => void> {
  const frozen: number[] = [];
  const stop = (pid: number): void => {
    send(pid, 'SIGSTOP');
    frozen.unshift(pid);
  };
  const thaw = (): void => frozen.forEach((pid) => send(pid, 'SIGCONT'));
  try {
    stop(postmaster);
    const { rows } = await admin.query<{ pid: number }>('SELECT pid FROM pg_stat_activity');
    for (const { pid } of rows) stop(pid);
    return thaw;
  } catch (error) {
    thaw();
    throw error;
  }
}

function send(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // A connection was closed meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
