// A Python with what `logit.py` needs: the one that PYTHON names, or one of our own that pip fills.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { say } from './run.ts';

const ROOT = path.join(__dirname, '..');
const SCRIPT = path.join(ROOT, 'proofs', 'logit.py');
const ENVIRONMENT = path.join(ROOT, '.mercato', 'logit-python');
const PACKAGES = ['xlogit==0.2.7', 'pandas', 'pyarrow'];
const TIMEOUT_MS = 1_800_000;
/** Exit code of the script when a package is not there. */
const ABSENT = 3;

/** What logit.py prints. */
export type Fit = {
  readonly library: string;
  readonly choices: number;
  readonly coefficients: Readonly<
    Record<string, { readonly estimate: number; readonly standardError: number }>
  >;
};

/** Fits the choice sets of an export. */
export function fitLogit(folder: string): Fit {
  const given = process.env.PYTHON ?? 'python3';
  let found = run(given, [SCRIPT, folder]);
  if (found.status === ABSENT) found = run(ownPython(given), [SCRIPT, folder]);
  if (found.status !== 0) throw new Error(`logit.py failed: ${found.error?.message ?? found.stderr}`);
  return JSON.parse(found.stdout.trimEnd().split('\n').at(-1)!) as Fit;
}

/** Made once; pip has nothing to do when everything is there. */
function ownPython(given: string): string {
  const python = path.join(ENVIRONMENT, 'bin', 'python');
  say(`pip: ${PACKAGES.join(', ')} in ${ENVIRONMENT}`);
  for (const [program, parameters] of [
    [given, ['-m', 'venv', ENVIRONMENT]],
    [python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]],
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
  return spawnSync(program, [...parameters], { encoding: 'utf8', timeout: TIMEOUT_MS, env });
}
