// `npm run chaos -- --seed 1,2,3 --kills 20`: the demo's simulation while workers, Temporal and Postgres are killed with
// -9 at moments drawn from a seed, each at least so often, while shopping days are at work. The supervisor starts them
// again; nothing else helps. Every simulation must end with the digest of one that nobody disturbed. When one is over
// before all kills are done, the next one begins.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { reviewSimulation } from '../client/report.ts';
import { seedAgents } from '../client/seeding.ts';
import { startSimulation } from '../client/simulations.ts';
import type { Services } from '../client/simulations.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { RandomKey } from '../domain/random.ts';
import { digestSimulation, firstDifference } from '../prisma/digest-store.ts';
import type { Digest } from '../prisma/digest-store.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import { simulationWorkflowId } from '../workflows/ids.ts';
import { checkHistories } from './histories.ts';
import type { HistoryCheck } from './histories.ts';
import { type LocalStack, withLocalStack } from './local-stack.ts';
import { runProof, say } from './run.ts';

const KINDS = ['worker', 'temporal', 'postgres'] as const;
type Kind = (typeof KINDS)[number];

const WORKERS = 2;
/** Milliseconds of undisturbed work between the recovery from one kill and the next one. */
const PAUSE_MS = { least: 5_000, most: 10_000 };
const LONGEST_RECOVERY_MS = 180_000;
const POLL_MS = 100;

export type ChaosOptions = {
  readonly seeds: readonly string[];
  /** Kills of each kind, for every seed. */
  readonly kills: number;
  readonly agents: number;
  readonly days: number;
};

export type Kill = {
  readonly kinds: readonly Kind[];
  /** Shopping days that were at work. */
  readonly inFlight: number;
  /** Until every one of them was lived. */
  readonly recoveryMs: number;
};

export type ChaosRun = {
  readonly seed: string;
  readonly simulationId: string;
  readonly kills: readonly Kill[];
  readonly isSameDigest: boolean;
  readonly firstDifference: string | null;
  readonly failedChecks: readonly string[];
  readonly duplicates: number;
  readonly rowsLeftOpen: number;
};

export type ChaosResult = {
  readonly digest: string;
  readonly undisturbedSeconds: number;
  readonly seconds: number;
  readonly runs: readonly ChaosRun[];
  readonly histories: HistoryCheck;
  readonly isPassed: boolean;
};

export async function chaos(options: ChaosOptions, signal?: AbortSignal): Promise<ChaosResult> {
  const start = Date.now();
  return withLocalStack({ workers: WORKERS, signal }, async (stack) => {
    const { services } = stack;
    await seedAgents(services.db, {
      source: { type: 'shipped' },
      datasetId: null,
      agents: options.agents,
      skipBad: false,
      force: false,
    });
    const reference = configOf('undisturbed', options);
    say('an undisturbed run first');
    await startSimulation(services, reference);
    await untilFinished(services, reference.simulationId);
    const expected = await digestSimulation(services.db, reference.simulationId);
    const undisturbedSeconds = Math.round((Date.now() - start) / 1000);
    say(`${expected.digest.slice(0, 16)}… after ${undisturbedSeconds} s`);

    const runs: ChaosRun[] = [];
    for (const seed of options.seeds) {
      const plan = planKills(seed, options.kills);
      for (let round = 1; plan.length > 0; round++)
        runs.push(
          await disturbedRun(stack, configOf(`chaos-${seed}-${round}`, options), seed, plan, expected),
        );
    }
    say('reading every history');
    const histories = await checkHistories(
      services.temporal,
      `WorkflowId STARTS_WITH '${simulationWorkflowId('')}'`,
    );
    return {
      digest: expected.digest,
      undisturbedSeconds,
      seconds: Math.round((Date.now() - start) / 1000),
      runs,
      histories,
      isPassed:
        histories.running + histories.failedWorkflowTasks + histories.notReplayable.length === 0 &&
        runs.every(
          (run) => run.isSameDigest && run.failedChecks.length + run.duplicates + run.rowsLeftOpen === 0,
        ),
    };
  });
}

type PlannedKill = { readonly kinds: readonly Kind[]; readonly pauseMs: number; readonly worker: number };

/** Half of the time one thing dies; else two at once, or all three, as when a machine goes. Each kind at least so often. */
export function planKills(seed: string, kills: number): PlannedKill[] {
  const root = RandomKey.of('chaos').at(seed);
  const left = new Map<Kind, number>(KINDS.map((kind) => [kind, kills]));
  const plan: PlannedKill[] = [];
  while ([...left.values()].some((count) => count > 0)) {
    const key = root.at(plan.length);
    const first = drawKind(KINDS, left, key.at('kind').uniform());
    const size = key.at('size').uniform();
    const others = KINDS.filter((kind) => kind !== first);
    const second = drawKind(others, left, key.at('other').uniform());
    const kinds = size < 0.5 ? [first] : size < 0.8 ? [first, second] : [...KINDS];
    for (const kind of kinds) left.set(kind, left.get(kind)! - 1);
    plan.push({
      kinds,
      pauseMs: PAUSE_MS.least + key.at('pause').uniform() * (PAUSE_MS.most - PAUSE_MS.least),
      worker: 1 + Math.floor(key.at('worker').uniform() * WORKERS),
    });
  }
  return plan;
}

/** By how many kills of each are still to come, so that no kind is left over at the end. */
function drawKind(kinds: readonly Kind[], left: ReadonlyMap<Kind, number>, u: number): Kind {
  const total = kinds.reduce((sum, kind) => sum + Math.max(0, left.get(kind)!), 0);
  let rest = u * total;
  for (const kind of kinds) {
    rest -= Math.max(0, left.get(kind)!);
    if (rest < 0) return kind;
  }
  return kinds[0]!;
}

/** One simulation, with as many of the planned kills as fit into it; those are taken off the plan. */
async function disturbedRun(
  stack: LocalStack,
  config: SimulationConfig,
  seed: string,
  plan: PlannedKill[],
  expected: Digest,
): Promise<ChaosRun> {
  const { services, signal } = stack;
  const { simulationId } = config;
  await startSimulation(services, config);
  const kills: Kill[] = [];
  while (plan.length > 0) {
    await sleep(plan[0]!.pauseMs, undefined, { signal });
    const atWork = await untilAtWork(services, simulationId);
    if (atWork === null) break;
    const { kinds, worker } = plan.shift()!;
    const recoveryMs = await killAndWait(stack, kinds, worker, atWork);
    kills.push({ kinds, inFlight: atWork.agentIds.length, recoveryMs });
    say(
      `${simulationId} ${atWork.date}: killed ${kinds.join(' + ')} with ${atWork.agentIds.length} shopping days in flight, all lived after ${(recoveryMs / 1000).toFixed(1)} s; ${plan.length} to go`,
    );
  }
  await untilFinished(services, simulationId);
  const digest = await digestSimulation(services.db, simulationId);
  const { checks } = await reviewSimulation(services.db, simulationId);
  const difference = firstDifference(expected, digest);
  say(`${simulationId} ended: ${difference === null ? 'the same digest' : 'ANOTHER DIGEST'}`);
  return {
    seed,
    simulationId,
    kills,
    isSameDigest: digest.digest === expected.digest,
    firstDifference: difference === null ? null : `${difference.table}, ${difference.part}`,
    failedChecks: checks.filter((check) => !check.isOk).map((check) => check.name),
    ...(await countLeftovers(services, simulationId)),
  };
}

type AtWork = { readonly simulationId: string; readonly date: string; readonly agentIds: readonly string[] };

/** The shopping days that are at work, as soon as there are any; null when the simulation has ended. */
async function untilAtWork(services: Services, simulationId: string): Promise<AtWork | null> {
  for (;;) {
    const rows = await services.db.$queryRaw<{ date: string; agentId: string }[]>`
      SELECT simulated_date::text AS date, agent_id AS "agentId" FROM shopping_days
      WHERE simulation_id = ${simulationId} AND status = 'planned'`;
    // Planned, and some of the same day are lived: the window is moving.
    if (rows.length > 0 && (await hasLived(services, simulationId, rows[0]!.date)))
      return { simulationId, date: rows[0]!.date, agentIds: rows.map((row) => row.agentId) };
    const { finishedAt } = await loadSimulation(services.db, simulationId);
    if (finishedAt !== null) return null;
    await sleep(POLL_MS / 5);
  }
}

async function hasLived({ db }: Services, simulationId: string, date: string): Promise<boolean> {
  const simulatedDate = new Date(date);
  return (await db.shoppingDay.count({ where: { simulationId, simulatedDate, status: 'completed' } })) > 0;
}

/** Kills, and returns how long it took until every day that was at work was lived. */
async function killAndWait(
  { supervisor, services, signal }: LocalStack,
  kinds: readonly Kind[],
  worker: number,
  { simulationId, date, agentIds }: AtWork,
): Promise<number> {
  const names = kinds.map((kind) => (kind === 'worker' ? `worker-${worker}` : kind));
  const start = Date.now();
  for (const service of supervisor.services) {
    if (!names.includes(service.name)) continue;
    if (service.process === null) throw new Error(`${service.name} has no process to kill.`);
    process.kill(service.process.pid, 'SIGKILL');
  }
  for (;;) {
    await sleep(POLL_MS, undefined, { signal });
    const isUp = supervisor.services.every((service) => service.status === 'running');
    const left = isUp ? await countPlanned(services, simulationId, date, agentIds) : null;
    const ms = Date.now() - start;
    if (left === 0) return ms;
    if (ms > LONGEST_RECOVERY_MS)
      throw new Error(`${left ?? 'All'} shopping days of ${date} were not lived within ${ms / 1000} s.`);
  }
}

/** Null while the database does not answer. */
async function countPlanned(
  { db }: Services,
  simulationId: string,
  date: string,
  agentIds: readonly string[],
): Promise<number | null> {
  const where = {
    simulationId,
    simulatedDate: new Date(date),
    status: 'planned',
    agentId: { in: [...agentIds] },
  };
  return db.shoppingDay.count({ where }).catch(() => null);
}

async function untilFinished(services: Services, simulationId: string): Promise<void> {
  for (;;) {
    const record = await loadSimulation(services.db, simulationId).catch(() => null);
    if (record?.finishedAt != null) {
      if (record.status !== 'completed') throw new Error(`Simulation ${simulationId} is ${record.status}.`);
      return;
    }
    await sleep(POLL_MS);
  }
}

/** Rows that exist twice under one business key, whatever the constraints say, and rows that say that work is open. */
async function countLeftovers(
  { db }: Services,
  simulationId: string,
): Promise<Pick<ChaosRun, 'duplicates' | 'rowsLeftOpen'>> {
  const [row] = await db.$queryRaw<{ duplicates: number; open: number }[]>`
    SELECT ((SELECT count(*) - count(DISTINCT idempotency_key) FROM orders WHERE simulation_id = ${simulationId})
          + (SELECT count(*) - count(DISTINCT (agent_id, simulated_date, trip_number)) FROM shopping_sessions WHERE simulation_id = ${simulationId})
          + (SELECT count(*) - count(DISTINCT (user_id, offer_cycle_id, coupon_id)) FROM user_coupons WHERE simulation_id = ${simulationId})
          + (SELECT count(*) - count(DISTINCT (user_id, offer_cycle_id)) FROM offer_deals WHERE simulation_id = ${simulationId})
          + (SELECT count(*) - count(DISTINCT cycle_number) FROM offer_cycles WHERE simulation_id = ${simulationId}))::int AS duplicates,
           ((SELECT count(*) FROM simulation_state WHERE simulation_id = ${simulationId} AND finished_at IS NULL)
          + (SELECT count(*) FROM shopping_days WHERE simulation_id = ${simulationId} AND status = 'planned')
          + (SELECT count(*) FROM offer_cycles WHERE simulation_id = ${simulationId} AND ends_at IS NULL))::int AS open`;
  return { duplicates: row!.duplicates, rowsLeftOpen: row!.open };
}

function configOf(simulationId: string, { agents, days }: ChaosOptions): SimulationConfig {
  return SimulationConfig.parse({ simulationId, agents, days, timeScale: 'max' });
}

export function renderChaos({
  digest,
  undisturbedSeconds,
  seconds,
  runs,
  histories,
  isPassed,
}: ChaosResult): string {
  const kills = runs.flatMap((run) => run.kills);
  const seeds = [...new Set(runs.map((run) => run.seed))];
  return [
    `undisturbed: digest ${digest}, ${undisturbedSeconds} s`,
    ...runs.map(
      (run) =>
        `${run.simulationId}: ${run.kills.length} moments of killing, ${run.isSameDigest ? 'the same digest' : `ANOTHER DIGEST from ${run.firstDifference}`}, ${run.duplicates} duplicates, ${run.rowsLeftOpen} rows left open, checks ${run.failedChecks.length === 0 ? 'ok' : run.failedChecks.join(', ')}`,
    ),
    ...seeds.map((seed) => {
      const own = runs.filter((run) => run.seed === seed).flatMap((run) => run.kills);
      return `seed ${seed}: ${KINDS.map((kind) => `${own.filter((kill) => kill.kinds.includes(kind)).length} × ${kind}`).join(', ')}`;
    }),
    ...KINDS.map((kind) => {
      const alone = kills.filter((kill) => kill.kinds.length === 1 && kill.kinds[0] === kind);
      return `recovery from ${kind}: ${recovery(alone)}`;
    }),
    `recovery from several at once: ${recovery(kills.filter((kill) => kill.kinds.length > 1))}`,
    `recovery from any: ${recovery(kills)}; shopping days in flight at a kill: median ${median(kills.map((kill) => kill.inFlight))}`,
    `${histories.executions} executions, ${histories.running} running, ${histories.failedWorkflowTasks} failed workflow tasks, ${histories.replayed} replayed, ${histories.notReplayable.length} not replayable`,
    `${seconds} s in all`,
    isPassed ? 'chaos passed' : 'chaos failed',
  ].join('\n');
}

function recovery(kills: readonly Kill[]): string {
  if (kills.length === 0) return 'none';
  const all = kills.map((kill) => kill.recoveryMs);
  return `median ${(median(all) / 1000).toFixed(1)} s, worst ${(Math.max(...all) / 1000).toFixed(1)} s (${kills.length})`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      kills: { type: 'string', default: '20' },
      agents: { type: 'string', default: '300' },
      days: { type: 'string', default: '42' },
      json: { type: 'boolean', default: false },
    },
  });
  const [kills, agents, days] = [values.kills, values.agents, values.days].map(Number);
  if (![kills, agents, days].every((value) => Number.isInteger(value) && value! > 0)) {
    process.stderr.write('chaos [--seed A,B,C] [--kills N] [--agents N] [--days N] [--json]\n');
    return 2;
  }
  const seeds = values.seed.split(',');
  const result = await chaos({ seeds, kills: kills!, agents: agents!, days: days! }, signal);
  process.stdout.write(`${values.json ? JSON.stringify(result) : renderChaos(result)}\n`);
  return result.isPassed ? 0 : 1;
}

if (require.main === module) runProof(main);
