// PAMS beside this market, when it is installed. Another model: its agents send orders in steps, without latency, queries
// or answers, so that what can be compared is how many orders a second a market of about as many agents takes.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { say } from './run.ts';

/** What bench-pams.py prints. */
export type Pams = { version: string; agents: number; orders: number; seconds: number };

const SCRIPT = path.join(__dirname, '..', 'proofs', 'bench-pams.py');
const TIMEOUT_MS = 300_000;
/** Exit code of the script when the package is not there. */
const ABSENT = 3;

/** Null when there is no PAMS for the Python that `PYTHON` names, else `python3`. */
export function measurePams(): Pams | null {
  const python = process.env.PYTHON ?? 'python3';
  const { status, stdout, stderr, error } = spawnSync(python, ['-W', 'ignore', SCRIPT], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  const isAbsent = status === ABSENT || (error !== undefined && 'code' in error && error.code === 'ENOENT');
  if (isAbsent) return null;
  if (status !== 0) throw new Error(`${python} ${SCRIPT} failed: ${error?.message ?? stderr}`);
  const pams = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Pams;
  say(`PAMS: ${pams.orders} orders in ${pams.seconds.toFixed(1)} s`);
  return pams;
}
