// `npm run stack:full`: one simulation on what docker-compose.yml describes (Temporal on Postgres, two workers), and
// the same on the local development server, must have the same digest. Needs Go, and no Docker. Exit codes: 0 equal
// and all checks passed, 1 not so, 2 the server cannot be built, 130 interrupted.
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { reviewSimulation } from '../client/report.ts';
import type { SimulationReport } from '../client/report.ts';
import { seedAgents } from '../client/seeding.ts';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import type { Services } from '../client/simulations.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { ensureTemporalCli } from '../stack/temporal-cli.ts';
import { ensureTemporalServer } from '../stack/temporal-server.ts';
import { withComposedStack } from './composed-stack.ts';
import { withLocalStack } from './local-stack.ts';
import { runProof, say } from './run.ts';

const AGENTS = 40;
const WORKERS = 2;
const SIMULATION = SimulationConfig.parse({
  simulationId: 'stack-full',
  days: 14,
  timeScale: 'max',
  // Every agent's day is an execution of its own: the most that Temporal can have to do.
  execution: 'workflow',
});

export type StackFullResult = { readonly isPassed: boolean; readonly runs: readonly Run[] };

export type Run = {
  readonly place: string;
  /** From nothing to workers that wait for work. */
  readonly startSeconds: number;
  readonly simulationSeconds: number;
  readonly committedDays: number;
  readonly checks: number;
  readonly failedChecks: readonly string[];
  readonly digest: string;
};

/** @param serverFolder from `ensureTemporalServer` */
export async function stackFull(serverFolder: string, signal: AbortSignal): Promise<StackFullResult> {
  const { path: temporalCli } = await ensureTemporalCli(process.env);
  say('What docker-compose.yml describes:');
  const composed = { serverFolder, temporalCli, signal, onProgress: say };
  const first = await liveOn('compose by hand', (use) =>
    withComposedStack(composed, ({ services }) => use(services)),
  );
  say('The development server:');
  const second = await liveOn('development server', (use) =>
    withLocalStack({ workers: WORKERS, signal }, ({ services }) => use(services)),
  );
  const runs = [first, second];
  return { isPassed: first.digest === second.digest && runs.every(isSound), runs };
}

type Use = (services: Services) => Promise<{ seconds: number; report: SimulationReport }>;

/** @param withStack starts the services, and ends them when `use` is done */
async function liveOn(place: string, withStack: (use: Use) => ReturnType<Use>): Promise<Run> {
  const start = performance.now();
  let startSeconds = 0;
  const { seconds, report } = await withStack((services) => {
    startSeconds = secondsSince(start);
    return simulate(services);
  });
  return {
    place,
    startSeconds,
    simulationSeconds: seconds,
    committedDays: report.simulation.committedDays,
    checks: report.checks.length,
    failedChecks: report.checks.filter(({ isOk }) => !isOk).map(({ name }) => name),
    digest: report.digest,
  };
}

async function simulate(services: Services): ReturnType<Use> {
  const source = { type: 'shipped' } as const;
  await seedAgents(services.db, { source, datasetId: null, agents: AGENTS, skipBad: false, force: false });
  const start = performance.now();
  await startSimulation(services, SIMULATION);
  await waitForSimulation(services, SIMULATION.simulationId);
  const seconds = secondsSince(start);
  say(`${AGENTS} agents have lived ${SIMULATION.days} days (${seconds.toFixed(1)} s).`);
  return { seconds, report: await reviewSimulation(services.db, SIMULATION.simulationId) };
}

function isSound({ committedDays, failedChecks }: Run): boolean {
  return committedDays === SIMULATION.days && failedChecks.length === 0;
}

function render({ isPassed, runs }: StackFullResult): string {
  const table = new Table({ head: ['', ...runs.map(({ place }) => place)], style: { head: [], border: [] } });
  const row = (name: string, cell: (run: Run) => string) => table.push([name, ...runs.map(cell)]);
  row('start of all services', ({ startSeconds }) => `${startSeconds.toFixed(1)} s`);
  row(`${AGENTS} agents, ${SIMULATION.days} days`, (run) => `${run.simulationSeconds.toFixed(1)} s`);
  row('days committed', ({ committedDays }) => String(committedDays));
  row('checks failed', ({ checks, failedChecks }) =>
    [`${failedChecks.length} of ${checks}`, ...failedChecks].join('\n'),
  );
  row('digest', ({ digest }) => digest.slice(0, 16));
  const verdict = isPassed ? 'The same on both' : 'NOT the same, or a check failed';
  return `${table.toString()}\n${verdict}: ${[...new Set(runs.map(({ digest }) => digest))].join(' and ')}`;
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
  const serverFolder = await buildServer(signal);
  if (serverFolder === null) return 2;
  const result = await stackFull(serverFolder, signal);
  process.stdout.write(`${values.json ? JSON.stringify(result) : render(result)}\n`);
  return result.isPassed ? 0 : 1;
}

/** Null when it cannot be built, for want of Go for instance. */
async function buildServer(abort: AbortSignal): Promise<string | null> {
  try {
    return await ensureTemporalServer(process.env, { abort, onProgress: say });
  } catch (error) {
    if (abort.aborted || !(error instanceof Error)) throw error;
    say(error.message);
    return null;
  }
}

if (require.main === module) runProof(main);
