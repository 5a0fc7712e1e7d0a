// How the process of a strategy is started: with as few rights as this system can give.
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
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

/** A process that waits for messages; it ends when its parent does. */
export function startChild(kind: SandboxKind): ChildProcess {
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
  // The wrappers are looked for in the path; the program gets it as its only variable.
  const env = { PATH: process.env.PATH ?? '' };
  return spawn(command[0]!, command.slice(1), {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'json',
  });
}
