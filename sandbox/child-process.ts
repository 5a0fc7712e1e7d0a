// How the process of a strategy is started: with as few rights as this system can give.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import type { FromChild, ToChild } from './lab-job.ts';
import type { SandboxKind } from './sandbox.ts';

const ROOT = path.join(__dirname, '..');
const PROGRAM = path.join(ROOT, 'dist', 'lab-child.cjs');

const OLD_SPACE_MEGABYTES = 1024;
const GIGABYTE = 2 ** 30;
/** Over all runs of one process; for one whose parent is gone. */
const MOST_CPU_SECONDS = 4 * 3600;

/** Linux programs that start another one with less: no network, the end with the parent, limits of the system. */
const WRAPPERS: readonly (readonly string[])[] = [
  ['unshare', '--map-root-user', '--net'],
  ['setpriv', '--pdeathsig', 'KILL'],
  ['prlimit', `--data=${4 * GIGABYTE}`, `--cpu=${MOST_CPU_SECONDS}`, '--fsize=0', '--core=0', '--nofile=64'],
];

let found: readonly string[] | null = null;

/** Those that work here: a container may refuse some. */
function wrappers(): readonly string[] {
  found ??= WRAPPERS.filter(
    ([program, ...flags]) => spawnSync(program!, [...flags, 'true'], { stdio: 'ignore' }).status === 0,
  ).flat();
  return found;
}

/** What Node itself refuses: files but its code, child processes, threads. */
function permissions(kind: SandboxKind): string[] {
  const flag = ['--permission', '--experimental-permission'].find((one) =>
    process.allowedNodeEnvironmentFlags.has(one),
  );
  if (flag === undefined) return [];
  const readable = ['dist', 'node_modules', 'package.json'].map((name) => path.join(ROOT, name));
  return [
    flag,
    ...readable.map((name) => `--allow-fs-read=${name}`),
    ...(kind === 'isolated_vm' ? ['--allow-addons'] : []),
  ];
}

/** A process that does what it is asked, one thing at a time; it ends when its parent does. */
export class LabProcess {
  private readonly child: ChildProcess;

  constructor(kind: SandboxKind) {
    const command = [
      ...wrappers(),
      process.execPath,
      ...permissions(kind),
      '--no-warnings',
      `--max-old-space-size=${OLD_SPACE_MEGABYTES}`,
      // isolated-vm asks for it from Node 20 on.
      ...(kind === 'isolated_vm' ? ['--no-node-snapshot'] : []),
      PROGRAM,
    ];
    this.child = spawn(command[0]!, command.slice(1), {
      cwd: ROOT,
      // The wrappers are looked for in the path; nothing else of the environment is given on.
      env: { PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }

  /** @returns `broken` when it takes too long, ends or cannot be reached: then it is of no use any more */
  ask(message: ToChild, timeoutMs: number): Promise<FromChild> {
    const { child } = this;
    return new Promise((resolve) => {
      const settle = (answer: FromChild): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        // One that is killed while a message is on its way says so once more.
        child.on('error', () => undefined);
        resolve(answer);
      };
      const broken = (reason: string): void => settle({ type: 'broken', message: reason });
      const timer = setTimeout(
        () => broken(`it took longer than ${timeoutMs / 1000} s and was ended`),
        timeoutMs,
      );
      child.once('message', (answer: FromChild) => settle(answer));
      child.once('error', (error) => broken(`its process failed: ${error.message}`));
      child.once('exit', (code, signal) => broken(`its process ended (${signal ?? `exit code ${code}`})`));
      child.send(message, (error) => {
        if (error !== null) broken(`its process cannot be reached: ${error.message}`);
      });
    });
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}
