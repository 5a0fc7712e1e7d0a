// A Python with the packages that a script needs: the one that PYTHON names, or one of our own that pip fills.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { say } from './run.ts';

const ROOT = path.join(__dirname, '..');
const TIMEOUT_MS = 1_800_000;
/** Exit code of a script when a package is not there. */
const ABSENT = 3;

export type PythonScript = {
  /** File in proofs/. */
  readonly script: string;
  readonly packages: readonly string[];
  /** Of the environment, below the data folder of this clone. */
  readonly environment: string;
};

/** Runs the script and parses the last line that it prints. */
export function runPython({ script, packages, environment }: PythonScript, argument: string): unknown {
  const parameters = [path.join(ROOT, 'proofs', script), argument];
  const folder = path.join(ROOT, '.mercato', environment);
  const given = process.env.PYTHON ?? 'python3';
  let found = run(given, parameters);
  if (found.status === ABSENT) found = run(ownPython(given, folder, packages), parameters);
  if (found.status !== 0) throw new Error(`${script} failed: ${found.error?.message ?? found.stderr}`);
  return JSON.parse(found.stdout.trimEnd().split('\n').at(-1)!);
}

/** Made once; pip has nothing to do when everything is there. */
function ownPython(given: string, folder: string, packages: readonly string[]): string {
  const python = path.join(folder, 'bin', 'python');
  say(`pip: ${packages.join(', ')} in ${folder}`);
  for (const [program, parameters] of [
    [given, ['-m', 'venv', folder]],
    [python, ['-m', 'pip', 'install', '--quiet', ...packages]],
  ] as const) {
    const { status, error, stderr } = run(program, parameters);
    if (status !== 0)
      throw new Error(`${program} ${parameters.join(' ')} failed: ${error?.message ?? stderr}`);
  }
  return python;
}

function run(program: string, parameters: readonly string[]) {
  // One thread: more of them wait for each other, with matrices as small as these.
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const maxBuffer = 256 * 1024 * 1024;
  return spawnSync(program, [...parameters], { encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer, env });
}
