// The processes that `npm run bench:retail` measures, each started afresh: the baseline, a worker as `mercato up` starts
// it, and a worker whose activities do nothing.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { Services } from '../client/simulations.ts';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import type { Addresses } from '../stack/data-folder.ts';
import { endProcess, startProgram } from '../stack/process.ts';
import { workerProgram } from '../stack/workers.ts';

export const VARIANTS = ['direct', 'activity', 'workflow', 'no-op activity', 'no-op workflow'] as const;
export type Variant = (typeof VARIANTS)[number];

/** Agents that shop, by the number of the day. */
export type Shoppers = Readonly<Record<number, readonly string[]>>;

export type ToDirect = { readonly config: SimulationConfig };
export type FromDirect =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly seconds: number }
  | { readonly type: 'failed'; readonly reason: string };
export type ToNoopWorker = {
  readonly address: string;
  readonly namespace: string;
  readonly databaseUrl: string;
  readonly shoppers: Shoppers;
};
export type FromNoopWorker =
  { readonly type: 'ready' } | { readonly type: 'failed'; readonly reason: string };

/** Something that runs simulations. */
export type Runner = {
  readonly pid: number;
  /** Returns the seconds from the start to the end of the simulation. */
  run(config: SimulationConfig): Promise<number>;
  stop(): Promise<void>;
};

export type Bench = {
  readonly addresses: Addresses;
  readonly services: Services;
  readonly shoppers: Shoppers;
  readonly logFile: string;
};

export function startRunner(variant: Variant, bench: Bench): Promise<Runner> {
  switch (variant) {
    case 'direct':
      return startDirect(bench);
    case 'activity':
    case 'workflow':
      return startWorker(bench);
    case 'no-op activity':
    case 'no-op workflow':
      return startNoopWorker(bench);
  }
}

async function startDirect({ addresses }: Bench): Promise<Runner> {
  const child = forkFile('bench-direct.ts', addresses);
  await answerOf<FromDirect>(child);
  return {
    pid: child.pid!,
    async run(config) {
      child.send({ config } satisfies ToDirect);
      const answer = await answerOf<FromDirect>(child);
      return answer.type === 'done' ? answer.seconds : NaN;
    },
    stop: () => endFork(child),
  };
}

async function startWorker({ addresses, services, logFile }: Bench): Promise<Runner> {
  const program = workerProgram('worker', addresses, logFile);
  const { identity } = await startProgram(program);
  return {
    pid: identity.pid,
    run: (config) => runDurably(services, config),
    stop: () => endProcess(identity, program.stopSignal, program.stopTimeoutMs),
  };
}

async function startNoopWorker({ addresses, services, shoppers }: Bench): Promise<Runner> {
  const { temporalAddress: address, namespace, databaseUrl } = addresses;
  const child = forkFile('bench-noop-worker.ts', addresses);
  child.send({ address, namespace, databaseUrl, shoppers } satisfies ToNoopWorker);
  await answerOf<FromNoopWorker>(child);
  return {
    pid: child.pid!,
    run: (config) => runDurably(services, config),
    stop: () => endFork(child),
  };
}

async function runDurably(services: Services, config: SimulationConfig): Promise<number> {
  const start = performance.now();
  await startSimulation(services, config);
  await waitForSimulation(services, config.simulationId);
  return (performance.now() - start) / 1000;
}

function forkFile(file: string, { databaseUrl }: Addresses): ChildProcess {
  // The loader for TypeScript comes with the arguments of this process.
  return fork(path.join(__dirname, file), [], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** What a child says next. @throws when it failed, or ended without a word */
function answerOf<T extends { type: string }>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`${child.spawnfile} ended without an answer.`));
    child.once('exit', ended);
    child.once('message', (message: T | { type: 'failed'; reason: string }) => {
      child.off('exit', ended);
      if (message.type === 'failed' && 'reason' in message) reject(new Error(message.reason));
      else resolve(message as T);
    });
  });
}

async function endFork(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.disconnect();
  await gone;
}
