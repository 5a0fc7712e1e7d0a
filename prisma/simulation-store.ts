import { ConflictError, InvalidInputError, NotFoundError } from '../domain/errors.ts';
import { addDays, toMs } from '../domain/retail/calendar.ts';
import type { DayFailure } from '../domain/retail/shopping-day.ts';
import type { ForkPoint } from '../domain/retail/fork.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import type { SimulationStatus } from '../domain/retail/simulation.ts';
import { NO_TOTALS } from '../domain/retail/statistics.ts';
import type { DayTotals } from '../domain/retail/statistics.ts';
import type { Database } from './client.ts';
import { quarantineAgents } from './quarantine-store.ts';
import type { Transaction } from './rows.ts';

/** A simulation's row, as people and programs see it. */
export type SimulationRecord = {
  readonly simulationId: string;
  readonly status: SimulationStatus;
  readonly config: SimulationConfig;
  readonly agents: number;
  readonly simulatedDate: string;
  readonly committedDays: number;
  readonly cycleNumber: number;
  readonly timeScale: string;
  readonly totals: DayTotals;
  /** Where its first days were copied from; null when it has lived them itself. */
  readonly forkedFrom: ForkPoint | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
};

/**
 * Stores a simulation with its whole configuration and its agents. A second call with the same configuration
 * changes nothing; with another one it is refused.
 */
export async function createSimulation(db: Database, config: SimulationConfig): Promise<SimulationRecord> {
  await requireDataset(db, config);
  await db.$transaction(async (tx) => {
    const created = await tx.simulationState.createMany({
      data: [
        {
          simulationId: config.simulationId,
          datasetId: config.datasetId,
          seed: config.seed,
          config,
          startDate: new Date(toMs(config.startDate)),
          simulatedDate: new Date(toMs(config.startDate)),
          timeScale: String(config.timeScale),
          totals: NO_TOTALS,
        },
      ],
      skipDuplicates: true,
    });
    if (created.count === 0) return;
    const agents = await participantsOf(tx, config);
    await tx.simulationAgent.createMany({
      data: agents.map(({ agentId }) => ({ simulationId: config.simulationId, agentId })),
    });
  });
  const stored = await loadSimulation(db, config.simulationId);
  if (JSON.stringify(stored.config) !== JSON.stringify(config))
    throw new ConflictError(
      `Simulation "${config.simulationId}" exists with another configuration: choose another id.`,
    );
  if (stored.forkedFrom !== null)
    throw new ConflictError(
      `Simulation "${config.simulationId}" exists as a fork of "${stored.forkedFrom.simulationId}": choose another id.`,
    );
  return stored;
}

/** @throws NotFoundError when it was never loaded */
async function requireDataset(db: Transaction, config: SimulationConfig): Promise<void> {
  if ((await db.dataset.findUnique({ where: { id: config.datasetId } })) === null)
    throw new NotFoundError(
      `There is no dataset "${config.datasetId}": load one with \`mercato seed agents --dataset ${config.datasetId}\`.`,
    );
}

/**
 * The agents that would take part in a simulation, first by id.
 * @throws NotFoundError, ConflictError or InvalidInputError when its dataset does not have them
 */
export async function participantsOf(
  db: Transaction,
  config: SimulationConfig,
): Promise<{ readonly agentId: string }[]> {
  await requireDataset(db, config);
  const agents = await db.agent.findMany({
    where: { datasetId: config.datasetId, isActive: true },
    orderBy: { agentId: 'asc' },
    select: { agentId: true },
    ...(config.agents === null ? {} : { take: config.agents }),
  });
  if (agents.length === 0)
    throw new ConflictError(
      `Dataset "${config.datasetId}" has no active agents: load some with \`mercato seed agents\`.`,
    );
  if (config.agents !== null && agents.length < config.agents)
    throw new InvalidInputError(
      `Dataset "${config.datasetId}" has ${agents.length} active agents, not ${config.agents}: load more with \`mercato seed agents --count ${config.agents}\`.`,
    );
  return agents;
}

/** @throws NotFoundError */
export async function loadSimulation(db: Database, simulationId: string): Promise<SimulationRecord> {
  const row = await db.simulationState.findUnique({
    where: { simulationId },
    include: { _count: { select: { agents: true } } },
  });
  if (row === null) throw new NotFoundError(`There is no simulation "${simulationId}".`);
  return recordOf(row, row._count.agents);
}

/** All simulations, newest first. */
export async function listSimulations(db: Database): Promise<SimulationRecord[]> {
  const rows = await db.simulationState.findMany({
    orderBy: [{ realStartTime: 'desc' }, { simulationId: 'asc' }],
    include: { _count: { select: { agents: true } } },
  });
  return rows.map((row) => recordOf(row, row._count.agents));
}

/** Ids of the agents that take part, with their users, by agent id. */
export async function loadParticipants(
  db: Database,
  simulationId: string,
): Promise<{ agentId: string; userId: string }[]> {
  return db.$queryRaw`
    SELECT a.agent_id AS "agentId", a.user_id::text AS "userId"
    FROM simulation_agents s JOIN agents a ON a.agent_id = s.agent_id
    WHERE s.simulation_id = ${simulationId} ORDER BY a.agent_id COLLATE "C"`;
}

/** A row follows its execution: what was ended from outside, or failed, is running again when its execution is. */
const RUNNING_AGAIN = { status: 'running', finishedAt: null };
const ENDED_OTHERWISE: SimulationStatus[] = ['failed', 'cancelled', 'terminated'];

/**
 * Commits day number `day` (from 0): after it, simulated time is day + 1. With it goes what became of its shoppers,
 * and who of them is left alone from the next day on. Doing it again changes nothing.
 * @param totals of all days up to and with this one, as the workflows folded them
 * @returns how many days are committed
 */
export async function commitDay(
  db: Database,
  config: SimulationConfig,
  day: number,
  totals: DayTotals,
): Promise<number> {
  const { simulationId } = config;
  const date = addDays(config.startDate, day);
  return db.$transaction(async (tx) => {
    const committed = await tx.simulationState.updateMany({
      where: { simulationId, committedDays: day, status: { notIn: ['completed', 'stopped'] } },
      data: {
        committedDays: day + 1,
        simulatedDate: new Date(toMs(addDays(config.startDate, day + 1))),
        totals,
        updatedAt: new Date(),
      },
    });
    if (committed.count === 0) return requireCommitted(tx, simulationId, day);
    // Nobody is at a day any more when it closes: one that was answered for by hand was never lived.
    await tx.shoppingDay.updateMany({
      where: { simulationId, simulatedDate: new Date(toMs(date)), status: 'planned' },
      data: { status: 'failed', failure: NEVER_LIVED, finishedAt: new Date(), unanswered: 0 },
    });
    await tx.simulationState.updateMany({
      where: { simulationId, status: { in: ENDED_OTHERWISE } },
      data: RUNNING_AGAIN,
    });
    await tx.$executeRaw`
      INSERT INTO simulation_days (simulation_id, simulated_date, status, lived, failed, quarantined)
      SELECT ${simulationId}, ${date}::date,
             CASE WHEN failed + quarantined = 0 THEN 'ok' WHEN lived = 0 THEN 'failed' ELSE 'degraded' END, lived, failed, quarantined
      FROM (SELECT count(*) FILTER (WHERE status = 'completed') AS lived, count(*) FILTER (WHERE status = 'failed') AS failed,
                   count(*) FILTER (WHERE status = 'quarantined') AS quarantined
            FROM shopping_days WHERE simulation_id = ${simulationId} AND simulated_date = ${date}::date) AS counted
      ON CONFLICT DO NOTHING`;
    await quarantineAgents(tx, config, day);
    return day + 1;
  });
}

const NEVER_LIVED: DayFailure = {
  type: 'ended_from_outside',
  reason: 'its day was committed before it was lived',
};

/** A day that is not the next one was committed before; else one before it never was, and nothing would add up. */
async function requireCommitted(tx: Transaction, simulationId: string, day: number): Promise<number> {
  const { committedDays, status } = await tx.simulationState.findUniqueOrThrow({ where: { simulationId } });
  if (committedDays <= day)
    throw new ConflictError(
      `Day ${day + 1} of simulation "${simulationId}" cannot be committed: it is ${status}, with ${committedDays} days committed.`,
    );
  return committedDays;
}

/**
 * Refuses what would be done on a day after a simulation's end: one that was stopped stays as it is, also when its
 * execution is reset to before the stop.
 * @throws ConflictError
 */
export async function requireOpenDay(db: Database, simulationId: string, day: number): Promise<void> {
  const { status, committedDays } = await db.simulationState.findUniqueOrThrow({ where: { simulationId } });
  if (status === 'stopped' && committedDays <= day)
    throw new ConflictError(`Simulation "${simulationId}" was stopped after ${committedDays} days.`);
}

/**
 * Notes what the workflow says of itself; a simulation that ended as it should is left as it is.
 * @returns how many days are committed
 */
export async function noteStatus(
  db: Database,
  simulationId: string,
  status: 'running' | 'paused',
  timeScale: string,
): Promise<number> {
  await db.simulationState.updateMany({
    where: { simulationId, status: { notIn: ['completed', 'stopped'] } },
    data: { status, timeScale, finishedAt: null, updatedAt: new Date() },
  });
  const { committedDays } = await db.simulationState.findUniqueOrThrow({ where: { simulationId } });
  return committedDays;
}

/** Ends a simulation and closes its open cycle; open coupons stay open, as what was not observed to its end. */
export async function finishSimulation(
  db: Database,
  simulationId: string,
  status: Exclude<SimulationStatus, 'running' | 'paused'>,
): Promise<void> {
  const now = new Date();
  await db.$transaction([
    db.offerCycle.updateMany({ where: { simulationId, endsAt: null }, data: { endsAt: now } }),
    db.simulationState.updateMany({
      where: { simulationId, finishedAt: null },
      data: { status, finishedAt: now, updatedAt: now },
    }),
  ]);
}

/**
 * Sets a simulation that was ended from outside, or failed, to running.
 * @throws ConflictError when it ended as it should
 */
export async function reopenSimulation(db: Database, simulationId: string): Promise<SimulationRecord> {
  const { status } = await loadSimulation(db, simulationId);
  if (status === 'completed' || status === 'stopped')
    throw new ConflictError(`Simulation "${simulationId}" is ${status}: there is nothing to take up again.`);
  await db.simulationState.updateMany({
    where: { simulationId, status: { in: ENDED_OTHERWISE } },
    data: { ...RUNNING_AGAIN, updatedAt: new Date() },
  });
  return loadSimulation(db, simulationId);
}

/** Simulations whose row and execution may disagree: those that run, and those that were ended of late. */
export async function listOpenOrEnded(db: Database, endedSince: Date): Promise<SimulationRecord[]> {
  const rows = await db.simulationState.findMany({
    where: {
      OR: [{ finishedAt: null }, { status: { in: ENDED_OTHERWISE }, finishedAt: { gte: endedSince } }],
    },
    orderBy: { simulationId: 'asc' },
    include: { _count: { select: { agents: true } } },
  });
  return rows.map((row) => recordOf(row, row._count.agents));
}

type StateRow = NonNullable<Awaited<ReturnType<Database['simulationState']['findUnique']>>>;

function recordOf(row: StateRow, agents: number): SimulationRecord {
  return {
    simulationId: row.simulationId,
    status: row.status as SimulationStatus,
    config: SimulationConfig.parse(row.config),
    agents,
    simulatedDate: row.simulatedDate.toISOString().slice(0, 10),
    committedDays: row.committedDays,
    cycleNumber: row.cycleNumber,
    timeScale: row.timeScale,
    totals: (row.totals ?? NO_TOTALS) as DayTotals,
    forkedFrom:
      row.forkedFrom === null ? null : { simulationId: row.forkedFrom, atCycle: row.forkedAtCycle! },
    startedAt: row.realStartTime,
    finishedAt: row.finishedAt,
  };
}
