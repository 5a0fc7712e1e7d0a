// Child processes that outlive whoever started them: each writes to its own log file and leads its own process
// group, so that Ctrl-C in a terminal reaches the supervisor alone, which then ends them in order.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from './errors.ts';

/** Process ids are reused; together with its start time one names a single process. */
export type ProcessIdentity = { pid: number; startedAt: string };

export type Program = {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  user?: { uid: number; gid: number };
  logFile: string;
  stopSignal: 'SIGINT' | 'SIGTERM';
  stopTimeoutMs: number;
  startTimeoutMs: number;
  /** A failed start whose output matches passes by itself: it is tried again until the time limit. */
  passingFailure?: RegExp;
  /** `output` is what the program wrote since it was started. */
  isReady(output: string): boolean | Promise<boolean>;
};

export type RunningProgram = {
  identity: ProcessIdentity;
  /** Settles when the process is gone, with how it ended in words. */
  ended: Promise<string>;
};

const POLL_MS = 25;
const RETRY_MS = 300;

export type StartOptions = {
  /** Ends the program again. */
  abort?: AbortSignal;
  /** Called as soon as there is a process, long before it is ready. */
  onSpawn?: (identity: ProcessIdentity) => void;
};

/** Starts the program and waits until it is ready. */
export async function startProgram(program: Program, options: StartOptions = {}): Promise<RunningProgram> {
  const deadline = Date.now() + program.startTimeoutMs;
  for (;;) {
    const outcome = await tryToStart(program, deadline, options);
    if (outcome.type === 'ready') return outcome.running;
    if (!program.passingFailure?.test(outcome.output) || Date.now() > deadline || options.abort?.aborted) {
      throw new StackError(
        'service_failed',
        `${program.name} ${outcome.reason}${lastWords(outcome.output)}.`,
      );
    }
    await sleep(RETRY_MS);
  }
}

type Outcome =
  { type: 'ready'; running: RunningProgram } | { type: 'failed'; reason: string; output: string };

async function tryToStart(
  program: Program,
  deadline: number,
  { abort, onSpawn }: StartOptions,
): Promise<Outcome> {
  const from = statSync(program.logFile, { throwIfNoEntry: false })?.size ?? 0;
  const child = spawnLogged(program);
  const ended = endOf(child);
  const identity = await spawned(child);
  if (identity === null)
    return { type: 'failed', reason: await ended, output: await readLog(program.logFile, from) };
  onSpawn?.(identity);

  let end: string | null = null;
  void ended.then((words) => (end = words));
  for (;;) {
    const output = await readLog(program.logFile, from);
    if (end !== null) return { type: 'failed', reason: end, output };
    if (await program.isReady(output)) return { type: 'ready', running: { identity, ended } };
    if (Date.now() > deadline || abort?.aborted) {
      await endProcess(identity, program.stopSignal, program.stopTimeoutMs);
      const reason = abort?.aborted
        ? 'was told to stop'
        : `was not ready after ${program.startTimeoutMs / 1000} s`;
      return { type: 'failed', reason, output };
    }
    await sleep(POLL_MS);
  }
}

function spawnLogged({ command, args, env, user, logFile }: Program): ChildProcess {
  const log = openSync(logFile, 'a');
  try {
    const environment = { ...process.env, ...env };
    return spawn(command, args, { env: environment, stdio: ['ignore', log, log], detached: true, ...user });
  } finally {
    closeSync(log);
  }
}

function spawned(child: ChildProcess): Promise<ProcessIdentity | null> {
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(child.pid === undefined ? null : identify(child.pid)));
    child.once('error', () => resolve(null));
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started (${error.message})`));
    child.once('exit', (code, signal) => {
      resolve(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
    });
  });
}

/** Asks the process to end, and kills it when it has not done so in time. */
export async function endProcess(
  identity: ProcessIdentity,
  signal: 'SIGINT' | 'SIGTERM',
  timeoutMs: number,
): Promise<void> {
  sendSignal(identity, signal);
  if (await isGoneWithin(identity, timeoutMs)) return;
  sendSignal(identity, 'SIGKILL');
  if (await isGoneWithin(identity, 5_000)) return;
  throw new StackError('service_failed', `Process ${identity.pid} could not be ended.`);
}

async function isGoneWithin(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isRunning(identity)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    // It went between the question and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startedAt === identity.startedAt;
}

/** Resident memory of a process in MB, now and at its highest; null where the system does not tell. */
export function memoryOf(pid: number): { nowMb: number; peakMb: number } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (field: string): number =>
      Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024);
    return { nowMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') };
  } catch {
    return null;
  }
}

/** Null when there is no such process, or only what its parent has not yet collected. */
export function identify(pid: number): ProcessIdentity | null {
  const startedAt = process.platform === 'linux' ? startedAtFromProc(pid) : startedAtFromPs(pid);
  return startedAt === null ? null : { pid, startedAt };
}

function startedAtFromProc(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The second field, the name in brackets, may contain anything; the third is the state, the 22nd the start.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isZombie = fields[0] === 'Z' || fields[0] === 'X';
  return isZombie ? null : (fields[19] ?? null);
}

function startedAtFromPs(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? null : line.slice(line.indexOf(' ')).trim();
  } catch {
    return null;
  }
}

async function readLog(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(Math.max(0, size - from)),
      0,
      size - from,
      from,
    );
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function lastWords(output: string): string {
  const lines = output.trim().split('\n').slice(-5);
  return lines[0] === '' ? '' : `; its last words: ${lines.join(' | ')}`;
}
