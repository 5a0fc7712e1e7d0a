import { ConflictError, NotFoundError } from '../domain/errors.ts';
import { addDays } from '../domain/retail/calendar.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import type { Database } from './client.ts';
import type { Transaction } from './rows.ts';

/** An agent that is left alone, since too many of its shopping days failed one after the other. */
export type QuarantineRecord = {
  readonly simulationId: string;
  readonly agentId: string;
  readonly sinceDate: string;
  readonly failedDays: number;
  readonly reason: string;
  /** First date from which it may shop again; null while it is in quarantine. */
  readonly releasedDate: string | null;
};

/** Agents that are in quarantine on a day, with the reason. */
export async function loadQuarantined(
  db: Transaction,
  config: SimulationConfig,
  day: number,
): Promise<Map<string, string>> {
  const date = addDays(config.startDate, day);
  const rows = await db.$queryRaw<{ agentId: string; reason: string }[]>`
    SELECT agent_id AS "agentId", reason FROM quarantines
    WHERE simulation_id = ${config.simulationId} AND since_date <= ${date}::date
      AND (released_date IS NULL OR released_date > ${date}::date)`;
  return new Map(rows.map((row) => [row.agentId, row.reason]));
}

/**
 * Puts agents in quarantine whose last shopping days up to this one all failed by themselves. Days before a release
 * do not count; days that somebody ended from outside neither count nor interrupt.
 */
export async function quarantineAgents(
  tx: Transaction,
  { simulationId, startDate, quarantineAfterDays }: SimulationConfig,
  day: number,
): Promise<void> {
  const date = addDays(startDate, day);
  await tx.$executeRaw`
    INSERT INTO quarantines (simulation_id, agent_id, since_date, failed_days, reason)
    SELECT d.simulation_id, d.agent_id, ${addDays(startDate, day + 1)}::date, ${quarantineAfterDays}, d.failure ->> 'reason'
    FROM shopping_days d
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE last.status = 'failed') AS failures FROM (
        SELECT p.status FROM shopping_days p
        WHERE p.simulation_id = d.simulation_id AND p.agent_id = d.agent_id AND p.simulated_date <= d.simulated_date
          AND (p.status = 'completed' OR p.status = 'failed' AND p.failure ->> 'type' = 'agent')
          AND p.simulated_date >= coalesce(
            (SELECT max(q.released_date) FROM quarantines q WHERE q.simulation_id = d.simulation_id AND q.agent_id = d.agent_id), '-infinity')
        ORDER BY p.simulated_date DESC LIMIT ${quarantineAfterDays}) AS last) AS streak
    WHERE d.simulation_id = ${simulationId} AND d.simulated_date = ${date}::date
      AND d.status = 'failed' AND d.failure ->> 'type' = 'agent' AND streak.failures >= ${quarantineAfterDays}
    ON CONFLICT DO NOTHING`;
}

/** Open and past quarantines, newest first. */
export async function listQuarantines(
  db: Database,
  simulationId: string | null,
): Promise<QuarantineRecord[]> {
  const rows = await db.quarantine.findMany({
    ...(simulationId === null ? {} : { where: { simulationId } }),
    orderBy: [{ createdAt: 'desc' }, { simulationId: 'asc' }, { agentId: 'asc' }],
  });
  return rows.map((row) => ({
    simulationId: row.simulationId,
    agentId: row.agentId,
    sinceDate: dateText(row.sinceDate),
    failedDays: row.failedDays,
    reason: row.reason,
    releasedDate: row.releasedDate === null ? null : dateText(row.releasedDate),
  }));
}

/**
 * Lets an agent shop again from the first day that is not planned yet. Returns the date.
 * @throws NotFoundError when it is not in quarantine there
 */
export async function releaseAgent(db: Database, simulationId: string, agentId: string): Promise<string> {
  const simulation = await db.simulationState.findUnique({ where: { simulationId } });
  if (simulation === null) throw new NotFoundError(`There is no simulation "${simulationId}".`);
  if (simulation.finishedAt !== null)
    throw new ConflictError(`Simulation "${simulationId}" is ${simulation.status}.`);
  const rows = await db.$queryRaw<{ releasedDate: string }[]>`
    UPDATE quarantines q SET released_date = greatest(q.since_date, s.simulated_date
      + (CASE WHEN EXISTS (SELECT 1 FROM shopping_days d WHERE d.simulation_id = s.simulation_id AND d.simulated_date = s.simulated_date) THEN 1 ELSE 0 END))
    FROM simulation_state s
    WHERE s.simulation_id = q.simulation_id AND q.simulation_id = ${simulationId} AND q.agent_id = ${agentId} AND q.released_date IS NULL
    RETURNING q.released_date::text AS "releasedDate"`;
  const released = rows[0];
  if (released === undefined)
    throw new NotFoundError(`Agent "${agentId}" is not in quarantine in simulation "${simulationId}".`);
  return released.releasedDate;
}

function dateText(date: Date): string {
  return date.toISOString().slice(0, 10);
}
