import { ConflictError, InvalidInputError, NotFoundError } from '../domain/errors.ts';
import { addDays, toMs } from '../domain/retail/calendar.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import type { SimulationStatus } from '../domain/retail/simulation.ts';
import { NO_TOTALS } from '../domain/retail/statistics.ts';
import type { DayTotals } from '../domain/retail/statistics.ts';
import type { Database } from './client.ts';

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
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
};

/**
 * Stores a simulation with its whole configuration and its agents. A second call with the same configuration
 * changes nothing; with another one it is refused.
 */
export async function createSimulation(db: Database, config: SimulationConfig): Promise<SimulationRecord> {
  if ((await db.dataset.findUnique({ where: { id: config.datasetId } })) === null)
    throw new NotFoundError(
      `There is no dataset "${config.datasetId}": load one with \`mercato seed agents --dataset ${config.datasetId}\`.`,
    );
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
    const agents = await tx.agent.findMany({
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
    await tx.simulationAgent.createMany({
      data: agents.map(({ agentId }) => ({ simulationId: config.simulationId, agentId })),
    });
  });
  const stored = await loadSimulation(db, config.simulationId);
  if (JSON.stringify(stored.config) !== JSON.stringify(config))
    throw new ConflictError(
      `Simulation "${config.simulationId}" exists with another configuration: choose another id.`,
    );
  return stored;
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

/**
 * Commits day number `day` (from 0): after it, simulated time is day + 1. Doing it again changes nothing.
 * @param totals of all days up to and with this one, as the workflows folded them
 */
export async function commitDay(
  db: Database,
  simulationId: string,
  day: number,
  totals: DayTotals,
): Promise<void> {
  const { config } = await loadSimulation(db, simulationId);
  await db.simulationState.updateMany({
    where: { simulationId, committedDays: day },
    data: {
      committedDays: day + 1,
      simulatedDate: new Date(toMs(addDays(config.startDate, day + 1))),
      totals,
      updatedAt: new Date(),
    },
  });
}

/** Notes what the workflow says of itself; a finished simulation is left as it is. */
export async function noteStatus(
  db: Database,
  simulationId: string,
  status: 'running' | 'paused',
  timeScale: string,
): Promise<void> {
  await db.simulationState.updateMany({
    where: { simulationId, status: { in: ['running', 'paused'] } },
    data: { status, timeScale, updatedAt: new Date() },
  });
}

/** Ends a simulation and closes its open cycle; open coupons stay open, as what was not observed to its end. */
export async function finishSimulation(
  db: Database,
  simulationId: string,
  status: 'completed' | 'stopped' | 'failed' | 'cancelled',
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
    startedAt: row.realStartTime,
    finishedAt: row.finishedAt,
  };
}
