// Workers as they are shipped: processes of their own, from the built bundle.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { eventually } from './simulation-rig.ts';
import type { Rig } from './simulation-rig.ts';

const WORKER = path.join(__dirname, '..', 'dist', 'worker.cjs');

export type WorkerProcess = {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  /** What it has said so far, line by line. */
  lines: () => LogLine[];
  /** How it ended: its exit code, or the signal that ended it. */
  exit: Promise<number | NodeJS.Signals | null>;
};

export type LogLine = { time: string; level: string; msg: string } & Record<string, unknown>;

const running = new Set<ChildProcess>();

/** For afterAll: whatever a test has left. */
export function killWorkerProcesses(): void {
  for (const child of running) child.kill('SIGKILL');
}

export function startProcess(
  rig: Pick<Rig, 'databaseUrl' | 'temporalAddress' | 'namespace'>,
  settings: Record<string, string> = {},
): WorkerProcess {
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: rig.databaseUrl,
    TEMPORAL_ADDRESS: rig.temporalAddress,
    TEMPORAL_NAMESPACE: rig.namespace,
    ...settings,
  };
  const child = spawn(process.execPath, [WORKER], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (output.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output.stderr += text.toString()));
  const exit = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (exitCode, signal) => {
      running.delete(child);
      resolve(exitCode ?? signal);
    }),
  );
  return {
    child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    lines: () => wholeLines(output.stdout + output.stderr).map((line) => JSON.parse(line) as LogLine),
    exit,
  };
}

/** A worker that has said that it is ready. */
export async function startWorkerProcess(
  rig: Pick<Rig, 'databaseUrl' | 'temporalAddress' | 'namespace'>,
  settings: Record<string, string> = {},
): Promise<WorkerProcess> {
  const worker = startProcess(rig, settings);
  await eventually(
    async () => worker.stdout() + worker.stderr(),
    (output) => output.includes('"msg":"worker started"'),
  );
  return worker;
}

function wholeLines(output: string): string[] {
  return output
    .slice(0, output.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '');
}
