// Starts the local services in order, keeps them running, and ends them in the opposite order. One supervisor owns a
// data folder; what an earlier one left behind when it was killed is ended first.
import path from 'node:path';
import type { Config } from '../config.ts';
import { applyMigrations } from '../prisma/migrate.ts';
import {
  type Addresses,
  createDataFolder,
  type DataFolder,
  lockDataFolder,
  readState,
  type ServiceState,
  writeState,
} from './data-folder.ts';
import { StackError } from './errors.ts';
import { freePort } from './ports.ts';
import { ensureDatabase, postgresProgram, postgresUrl } from './postgres.ts';
import { endProcess, identify, isRunning, type Program } from './process.ts';
import { SupervisedService } from './supervised-service.ts';
import { ensureTemporalCli } from './temporal-cli.ts';
import { registerSearchAttributes, type SearchAttribute, temporalProgram } from './temporal.ts';
import { workerPortNames, workerProgram } from './workers.ts';

const DATABASE = 'mercato';
const PREFERRED_PORTS = { temporal: 7233, temporalUi: 8233 };
const LEFTOVER_TIMEOUT_MS = 20_000;

export type SupervisorOptions = {
  config: Config;
  folder: DataFolder;
  searchAttributes: readonly SearchAttribute[];
  /** One line for people about each step and each restart. */
  onProgress: (message: string) => void;
  /** Stops a start half-way. */
  abort?: AbortSignal;
};

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #lock: { release(): void };
  readonly #services: SupervisedService[] = [];
  #ports: Record<string, number>;
  #addresses: Addresses | null = null;

  /** Returns when everything is ready; when anything fails, nothing is left running. */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    createDataFolder(options.folder);
    const supervisor = new Supervisor(options);
    try {
      await supervisor.#start();
      return supervisor;
    } catch (error) {
      // Why it did not start says more than why it could not be tidied up.
      await supervisor.stop().catch(() => undefined);
      throw error;
    }
  }

  private constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#lock = lockDataFolder(options.folder);
    this.#ports = readState(options.folder).ports;
  }

  get addresses(): Addresses {
    if (this.#addresses === null) throw new StackError('not_running', 'The local services are not ready.');
    return this.#addresses;
  }

  get services(): readonly ServiceState[] {
    return this.#services.map((service) => service.state);
  }

  /** Workers first, then Temporal, then Postgres. */
  async stop(): Promise<void> {
    this.#addresses = null;
    const isWorker = (service: SupervisedService) => service.state.name.startsWith('worker');
    await Promise.all(this.#services.filter(isWorker).map((service) => service.stop()));
    for (const service of this.#services.filter((one) => !isWorker(one)).reverse()) await service.stop();
    this.#services.length = 0;
    try {
      writeState(this.#options.folder, {
        supervisor: null,
        addresses: null,
        services: [],
        ports: this.#ports,
      });
    } finally {
      this.#lock.release();
    }
  }

  async #start(): Promise<void> {
    const { config, folder, searchAttributes, onProgress } = this.#options;
    await endLeftovers(folder, onProgress);
    const databaseUrl = config.database.url ?? (await this.#startPostgres());
    const migrations = await applyMigrations(databaseUrl);
    if (migrations.length > 0) onProgress(`Migrations applied: ${migrations.join(', ')}.`);
    const temporal = await this.#startTemporal();
    const { namespace } = config.temporal;
    await registerSearchAttributes(temporal.temporalAddress, namespace, searchAttributes);
    const addresses = { databaseUrl, namespace, ...temporal };
    await this.#startWorkers(addresses);
    this.#addresses = addresses;
    this.#save();
  }

  async #startPostgres(): Promise<string> {
    const { folder } = this.#options;
    const port = await this.#port('postgres');
    const program = await postgresProgram({ folder: folder.postgres, port, logFile: this.#log('postgres') });
    await this.#run(program, `127.0.0.1:${port}`);
    await ensureDatabase(postgresUrl(folder.postgres, port, 'postgres'), DATABASE);
    return postgresUrl(folder.postgres, port, DATABASE);
  }

  async #startTemporal(): Promise<Pick<Addresses, 'temporalAddress' | 'webUiUrl'>> {
    const { config, folder } = this.#options;
    if (config.temporal.address !== null) return { temporalAddress: config.temporal.address, webUiUrl: null };
    const { path: cliPath } = await ensureTemporalCli(process.env);
    const port = await this.#port('temporal', PREFERRED_PORTS.temporal);
    const uiPort = await this.#port('temporalUi', PREFERRED_PORTS.temporalUi);
    const { namespace } = config.temporal;
    const logFile = this.#log('temporal');
    const program = temporalProgram({
      cliPath,
      databaseFile: folder.temporalDatabase,
      namespace,
      port,
      uiPort,
      logFile,
    });
    await this.#run(program, `127.0.0.1:${port}`);
    return { temporalAddress: `127.0.0.1:${port}`, webUiUrl: `http://127.0.0.1:${uiPort}` };
  }

  async #startWorkers(addresses: Addresses): Promise<void> {
    const names = Array.from({ length: this.#options.config.workers }, (_, index) => `worker-${index + 1}`);
    await Promise.all(names.map((name) => this.#startWorker(name, addresses)));
  }

  async #startWorker(name: string, addresses: Addresses): Promise<void> {
    const { health, metrics } = workerPortNames(name);
    const ports = { health: await this.#port(health), metrics: await this.#port(metrics) };
    await this.#run(workerProgram(name, addresses, this.#log(name), ports), `127.0.0.1:${ports.health}`);
  }

  async #run(program: Program, address: string | null): Promise<void> {
    const { abort, onProgress } = this.#options;
    if (abort?.aborted) throw new StackError('service_failed', 'The start was stopped.');
    const start = performance.now();
    const service = new SupervisedService(program, address, (message) => {
      this.#save();
      if (message !== undefined) onProgress(message);
    });
    this.#services.push(service);
    const stop = () => void service.stop();
    abort?.addEventListener('abort', stop, { once: true });
    await service.start();
    abort?.removeEventListener('abort', stop);
    onProgress(`${program.name} is ready (${((performance.now() - start) / 1000).toFixed(1)} s).`);
  }

  /** The port of the last time, so that addresses people have copied stay right, unless somebody took it. */
  async #port(name: string, preferred?: number): Promise<number> {
    const wanted = this.#ports[name] ?? preferred;
    const port = await freePort(wanted);
    if (wanted !== undefined && port !== wanted) {
      this.#options.onProgress(`Port ${wanted} is taken by another program: ${name} uses ${port} instead.`);
    }
    this.#ports = { ...this.#ports, [name]: port };
    return port;
  }

  #log(name: string): string {
    return path.join(this.#options.folder.logs, `${name}.log`);
  }

  #save(): void {
    writeState(this.#options.folder, {
      supervisor: identify(process.pid),
      addresses: this.#addresses,
      services: [...this.services],
      ports: this.#ports,
    });
  }
}

/** Ends the services of a supervisor that was killed, in the order in which it would have ended them. */
export async function endLeftovers(folder: DataFolder, onProgress: (message: string) => void): Promise<void> {
  const state = readState(folder);
  for (const { name, process, stopSignal } of [...state.services].reverse()) {
    if (process === null || !isRunning(process)) continue;
    onProgress(`Ending ${name} (process ${process.pid}), which an earlier supervisor left behind.`);
    await endProcess(process, stopSignal, LEFTOVER_TIMEOUT_MS);
  }
  writeState(folder, { ...state, supervisor: null, addresses: null, services: [] });
}
