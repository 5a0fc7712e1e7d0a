// Many runs over a few processes. A process is of one strategy and is ended with it, so that nothing can be carried from one
// to the next; what a run comes to does not depend on where and when it is done.
import os from 'node:os';
import { AppError } from '../domain/errors.ts';
import { unfinishedRun } from '../domain/lab/run.ts';
import { LabProcess } from './child-process.ts';
import type { FromChild, LabResult, LabStrategy, LabTask, ToChild } from './lab-job.ts';
import { requireSandbox } from './require-sandbox.ts';
import { DEFAULT_LIMITS } from './sandbox.ts';
import type { SandboxKind, SandboxLimits } from './sandbox.ts';

export type LabOptions = {
  /** @default 'quickjs' */
  readonly kind?: SandboxKind;
  readonly limits?: SandboxLimits;
  /** @default as many as there are processors */
  readonly processes?: number;
  /**
   * A run that takes longer is ended from outside and done once more, with four times as much; after that it is void.
   * @default 5 minutes
   */
  readonly timeoutMs?: number;
  readonly onResult?: (result: LabResult, task: LabTask, done: number) => void;
  /** Ends all processes at once. */
  readonly signal?: AbortSignal;
};

/** All the fuel of a run takes some two minutes in QuickJS. */
const TIMEOUT_MS = 300_000;
const MOST_ATTEMPTS = 2;
/** For the last attempt: a strategy that burns its fuel on days that it would like to lose must not be helped by a busy machine. */
const PATIENCE = 4;

/**
 * Does all runs. Tasks with the same strategy object share processes.
 * @returns a result for each task, in their order
 * @throws InvalidInputError when the sandbox is not installed, AppError `lab_interrupted` when the signal aborts, `lab_failed` when no process can be had
 */
export async function runLabTasks(tasks: readonly LabTask[], options: LabOptions = {}): Promise<LabResult[]> {
  const { processes = os.availableParallelism(), signal } = options;
  requireSandbox(options.kind ?? 'quickjs');
  const results = new Array<LabResult | undefined>(tasks.length).fill(undefined);
  const queue = new TaskQueue(tasks);
  const workers = Array.from(
    { length: Math.max(1, Math.min(processes, tasks.length)) },
    () => new Worker(options),
  );
  const stop = (): void => workers.forEach((worker) => worker.end());
  signal?.addEventListener('abort', stop);
  let done = 0;
  const work = async (worker: Worker): Promise<void> => {
    for (let index = queue.next(worker.strategy); index !== null; index = queue.next(worker.strategy)) {
      if (signal?.aborted) throw interrupted();
      const task = tasks[index]!;
      const result = await worker.run(task);
      results[index] = result;
      done += 1;
      options.onResult?.(result, task, done);
    }
  };
  try {
    await Promise.all(workers.map(work));
  } catch (error) {
    throw signal?.aborted ? interrupted() : error;
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
  return results as LabResult[];
}

function interrupted(): AppError {
  return new AppError('lab_interrupted', 'Interrupted: the runs that were under way are lost.');
}

/** Tasks by strategy: a worker stays with the one that it has for as long as it can. */
class TaskQueue {
  private readonly waiting = new Map<LabStrategy | null, number[]>();

  constructor(tasks: readonly LabTask[]) {
    tasks.forEach(({ strategy }, index) => {
      const own = this.waiting.get(strategy);
      if (own === undefined) this.waiting.set(strategy, [index]);
      else own.push(index);
    });
    for (const own of this.waiting.values()) own.reverse();
  }

  /** @param current what the worker has; undefined when it has none yet */
  next(current: LabStrategy | null | undefined): number | null {
    const own = current === undefined ? undefined : this.waiting.get(current);
    if (own !== undefined && own.length > 0) return own.pop()!;
    // The longest queue, so that workers spread over strategies before they share one.
    const [longest = []] = [...this.waiting.values()].sort((a, b) => b.length - a.length);
    return longest.pop() ?? null;
  }
}

/** One process at a time, for one strategy at a time. */
class Worker {
  /** Of the process that runs; undefined without one. */
  strategy: LabStrategy | null | undefined = undefined;
  private process: LabProcess | null = null;
  private hasEnded = false;
  private readonly kind: SandboxKind;
  private readonly limits: SandboxLimits;
  private readonly timeoutMs: number;

  constructor({ kind = 'quickjs', limits = DEFAULT_LIMITS, timeoutMs = TIMEOUT_MS }: LabOptions) {
    this.kind = kind;
    this.limits = limits;
    this.timeoutMs = timeoutMs;
  }

  /** A fault of the machine is tried once more; after that the run is void. */
  async run(task: LabTask): Promise<LabResult> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.attempt(
        task,
        attempt === MOST_ATTEMPTS ? PATIENCE * this.timeoutMs : this.timeoutMs,
      );
      if (answer.type === 'result') return answer.result;
      if (answer.type === 'inspection') throw new Error('Nobody asked for an inspection.');
      this.endProcess();
      if (this.hasEnded) throw interrupted();
      if (attempt === MOST_ATTEMPTS) {
        const ended = { type: 'void', reason: 'infrastructure', message: answer.message } as const;
        return { ...unfinishedRun(task.seed, ended), fuelUsed: null };
      }
    }
  }

  end(): void {
    this.hasEnded = true;
    this.endProcess();
  }

  private attempt({ strategy, ...task }: LabTask, timeoutMs: number): Promise<FromChild> {
    const { kind, limits } = this;
    const message: ToChild = { type: 'run', kind, limits, task };
    if (this.process !== null && this.strategy === strategy) return this.process.ask(message, timeoutMs);
    this.endProcess();
    this.process = new LabProcess(kind);
    this.strategy = strategy;
    return this.process.ask({ ...message, strategy }, timeoutMs);
  }

  private endProcess(): void {
    this.process?.end();
    this.process = null;
    this.strategy = undefined;
  }
}
