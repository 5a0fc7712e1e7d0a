import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceState } from './data-folder.ts';
import {
  endProcess,
  type ProcessIdentity,
  type Program,
  type RunningProgram,
  startProgram,
} from './process.ts';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;
const HEALTHY_AFTER_MS = 30_000;

/** Keeps one program running: started again whenever it ends, after pauses that grow while it keeps ending. */
export class SupervisedService {
  readonly #program: Program;
  readonly #onChange: (message?: string) => void;
  readonly #abort = new AbortController();
  #state: ServiceState;
  #watching: Promise<void> | undefined;

  constructor(program: Program, address: string | null, onChange: (message?: string) => void) {
    const { name, stopSignal, logFile } = program;
    this.#program = program;
    this.#onChange = onChange;
    this.#state = {
      name,
      status: 'starting',
      process: null,
      stopSignal,
      since: now(),
      restarts: 0,
      address,
      logFile,
    };
  }

  get state(): ServiceState {
    return this.#state;
  }

  /** Fails when the first start fails: what never ran is misconfigured, not unlucky. */
  async start(): Promise<void> {
    this.#watching = this.#watch(await this.#startProgram());
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#endProcess();
    await this.#watching;
    // A restart may have been successful at the moment of the abort.
    await this.#endProcess();
  }

  async #watch(first: RunningProgram): Promise<void> {
    let running: RunningProgram | null = first;
    let delayMs = FIRST_DELAY_MS;
    while (running !== null) {
      const reason = await running.ended;
      if (this.#abort.signal.aborted) return;
      const ranMs = Date.now() - Date.parse(this.#state.since);
      if (ranMs > HEALTHY_AFTER_MS) delayMs = FIRST_DELAY_MS;
      ({ running, delayMs } = await this.#restart(reason, delayMs));
    }
  }

  /** Without a limit of tries, but with one on the pause: a service comes back when what it waits for does. */
  async #restart(
    firstReason: string,
    firstDelayMs: number,
  ): Promise<{ running: RunningProgram | null; delayMs: number }> {
    let [reason, delayMs] = [firstReason, firstDelayMs];
    for (;;) {
      this.#change(
        { status: 'restarting' },
        `${this.#program.name} ${reason}; it is started again in ${delayMs / 1000} s.`,
      );
      await sleep(delayMs, undefined, { signal: this.#abort.signal }).catch(() => undefined);
      delayMs = Math.min(2 * delayMs, LONGEST_DELAY_MS);
      if (this.#abort.signal.aborted) return { running: null, delayMs };
      try {
        const running = await this.#startProgram();
        this.#change({ restarts: this.#state.restarts + 1 }, `${this.#program.name} runs again.`);
        return { running, delayMs };
      } catch (error) {
        reason = `could not be started (${error instanceof Error ? error.message : String(error)})`;
      }
    }
  }

  async #startProgram(): Promise<RunningProgram> {
    const onSpawn = (process: ProcessIdentity) => this.#change({ process });
    const running = await startProgram(this.#program, { abort: this.#abort.signal, onSpawn });
    this.#change({ status: 'running', since: now() });
    return running;
  }

  async #endProcess(): Promise<void> {
    const { process } = this.#state;
    if (process) await endProcess(process, this.#program.stopSignal, this.#program.stopTimeoutMs);
  }

  #change(change: Partial<ServiceState>, message?: string): void {
    this.#state = { ...this.#state, ...change };
    this.#onChange(message);
  }
}

function now(): string {
  return new Date().toISOString();
}
