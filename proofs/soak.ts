// `npm run soak -- --hours 2`: the seed's test run (two agents at 24 ×, one change of pace to 168 × half-way), with
// the memory of every process read once a minute; then the review and the histories. `--minutes 5` lives the same
// simulated days in less time, by a faster clock.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { reviewSimulation } from '../client/report.ts';
import { seedAgents } from '../client/seeding.ts';
import { setScale, startSimulation, viewSimulation, waitForSimulation } from '../client/simulations.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { simulationWorkflowId } from '../workflows/ids.ts';
import { checkHistories } from './histories.ts';
import type { HistoryCheck } from './histories.ts';
import { type LocalStack, withLocalStack } from './local-stack.ts';
import { memoryOfTree } from './memory.ts';
import { runProof, say } from './run.ts';

const SIMULATION_ID = 'soak';
const AGENTS = 2;
/** Simulated days: one at 24 ×, then seven at 168 ×, an hour each when the run takes two hours. */
const DAYS = 8;
const FULL_HOURS = 2;
const PACES = [24, 168] as const;
const SAMPLES = 120;
/** What memory may grow by from the third quarter of the run to the last one, which have the same pace. */
const ALLOWED_GROWTH = { share: 0.1, megabytes: 10 };

export type SoakResult = {
  readonly seconds: number;
  readonly timeScales: readonly number[];
  readonly memory: readonly MemoryRow[];
  readonly failedChecks: readonly string[];
  readonly histories: HistoryCheck;
  readonly restarts: number;
  readonly isPassed: boolean;
};

export type MemoryRow = {
  readonly process: string;
  /** Means in MB of the third and the last quarter, and the highest sample. */
  readonly early: number;
  readonly late: number;
  readonly peak: number;
  readonly isFlat: boolean;
};

export async function soak(realMs: number, signal?: AbortSignal): Promise<SoakResult> {
  // A shorter run has a faster clock, and lives the same days.
  const speedUp = (FULL_HOURS * 3_600_000) / realMs;
  const timeScales = PACES.map((pace) => pace * speedUp);
  return withLocalStack({ signal }, async (stack) => {
    const { services } = stack;
    await seedAgents(services.db, {
      source: { type: 'shipped' },
      datasetId: null,
      agents: AGENTS,
      skipBad: false,
      force: false,
    });
    const startedAt = Date.now();
    await startSimulation(
      services,
      SimulationConfig.parse({ simulationId: SIMULATION_ID, days: DAYS, timeScale: timeScales[0] }),
    );
    const samples = await sampleMemory(stack, realMs, {
      at: realMs / 2,
      act: async () => {
        await setScale(services, SIMULATION_ID, timeScales[1]);
        say(`time scale ${timeScales[1]}`);
      },
    });
    await waitForSimulation(services, SIMULATION_ID);
    const review = await reviewSimulation(services.db, SIMULATION_ID);
    const histories = await checkHistories(
      services.temporal,
      `WorkflowId STARTS_WITH '${simulationWorkflowId(SIMULATION_ID)}'`,
    );
    const memory = [...samples].map(([name, sizes]) => rowOf(name, sizes));
    const failedChecks = review.checks.filter((check) => !check.isOk).map((check) => check.name);
    const restarts = stack.supervisor.services.reduce((sum, service) => sum + service.restarts, 0);
    return {
      seconds: Math.round((Date.now() - startedAt) / 1000),
      timeScales,
      memory,
      failedChecks,
      histories,
      restarts,
      isPassed:
        failedChecks.length === 0 &&
        restarts === 0 &&
        histories.running + histories.failedWorkflowTasks + histories.notReplayable.length === 0 &&
        memory.every((row) => row.isFlat),
    };
  });
}

/** Samples for the whole run, with one act in its middle. */
async function sampleMemory(
  { supervisor, services, signal }: LocalStack,
  realMs: number,
  middle: { at: number; act: () => Promise<void> },
): Promise<Map<string, number[]>> {
  const samples = new Map<string, number[]>();
  const start = Date.now();
  let hasActed = false;
  for (let sample = 0; sample < SAMPLES; sample++) {
    await sleep(start + (sample * realMs) / SAMPLES - Date.now(), undefined, { signal });
    if (!hasActed && Date.now() - start >= middle.at) {
      hasActed = true;
      await middle.act();
    }
    for (const { name, process: running } of supervisor.services) {
      const size = running === null ? null : memoryOfTree(running.pid);
      if (size !== null) samples.set(name, [...(samples.get(name) ?? []), size]);
    }
    if (sample % (SAMPLES / 8) === 0) {
      const { clock } = await viewSimulation(services, SIMULATION_ID);
      const sizes = [...samples].map(([name, all]) => `${name} ${all.at(-1)} MB`).join(', ');
      say(`simulated ${clock?.simulatedAt ?? 'ended'}; ${sizes}`);
    }
  }
  return samples;
}

function rowOf(name: string, sizes: readonly number[]): MemoryRow {
  const quarter = Math.floor(sizes.length / 4);
  const early = mean(sizes.slice(2 * quarter, 3 * quarter));
  const late = mean(sizes.slice(-quarter));
  const isFlat = late <= early * (1 + ALLOWED_GROWTH.share) + ALLOWED_GROWTH.megabytes;
  return { process: name, early, late, peak: Math.max(...sizes), isFlat };
}

function mean(values: readonly number[]): number {
  return Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 10) / 10;
}

function render({
  seconds,
  timeScales,
  memory,
  failedChecks,
  histories,
  restarts,
  isPassed,
}: SoakResult): string {
  return [
    `soak of ${seconds} s: ${AGENTS} agents, ${DAYS} simulated days at ${timeScales.join(' × and ')} ×`,
    ...memory.map(
      (row) =>
        `  ${row.process.padEnd(10)} ${row.early} MB in the third quarter, ${row.late} MB in the last, peak ${row.peak} MB: ${row.isFlat ? 'flat' : 'GROWS'}`,
    ),
    `  restarts ${restarts}; review: ${failedChecks.length === 0 ? 'all checks ok' : failedChecks.join(', ')}`,
    `  ${histories.executions} executions, ${histories.running} running, ${histories.failedWorkflowTasks} failed workflow tasks, ${histories.replayed} replayed, ${histories.notReplayable.length} not replayable`,
    isPassed ? 'soak passed' : 'soak failed',
  ].join('\n');
}

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    options: { hours: { type: 'string' }, minutes: { type: 'string' }, json: { type: 'boolean' } },
  });
  const minutes =
    values.minutes === undefined ? Number(values.hours ?? FULL_HOURS) * 60 : Number(values.minutes);
  if (!(minutes >= 1 && minutes <= 24 * 60)) {
    process.stderr.write('soak [--hours N | --minutes N] [--json]: from one minute to a day.\n');
    return 2;
  }
  const result = await soak(minutes * 60_000, signal);
  process.stdout.write(`${values.json === true ? JSON.stringify(result) : render(result)}\n`);
  return result.isPassed ? 0 : 1;
}

if (require.main === module) runProof(main);
