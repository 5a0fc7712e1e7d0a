import { isDeepStrictEqual } from 'node:util';
import { ConflictError } from '../domain/errors.ts';
import { HOURS_PER_DAY, instantAt } from '../domain/retail/calendar.ts';
import { daysBefore, keepsLearned } from '../domain/retail/fork.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { NO_TOTALS, addTotals } from '../domain/retail/statistics.ts';
import type { DayTotals } from '../domain/retail/statistics.ts';
import type { Database } from './client.ts';
import { loadSimulation } from './simulation-store.ts';
import type { SimulationRecord } from './simulation-store.ts';

/**
 * Stores a simulation that has the past of another one: everything that was there before a cycle of it began, under ids
 * of its own. It is there whole or not at all. Doing it again changes nothing.
 * @param config of the fork, as `forkConfig` makes it
 * @throws ConflictError when its id belongs to something else, or when others than the shoppers changed the past
 */
export async function createFork(
  db: Database,
  original: SimulationConfig,
  atCycle: number,
  config: SimulationConfig,
): Promise<SimulationRecord> {
  const { simulationId } = config;
  const isThere = await db.simulationState.findUnique({ where: { simulationId } });
  if (isThere === null) {
    const before = instantAt(original.startDate, daysBefore(atCycle, original) * HOURS_PER_DAY);
    await requireOwnPast(db, original.simulationId, before);
    const totals = await sumBefore(db, original.simulationId, before);
    await db.$queryRaw`
      SELECT fork_simulation(${original.simulationId}, ${atCycle}::int, ${JSON.stringify(config)}::jsonb,
        ${JSON.stringify(totals)}::jsonb, ${keepsLearned(original, config)})`;
  }
  const stored = await loadSimulation(db, simulationId);
  if (!isDeepStrictEqual(stored.forkedFrom, { simulationId: original.simulationId, atCycle }))
    throw new ConflictError(
      `Simulation "${simulationId}" exists, ${describePast(stored)}: choose another id with --id.`,
    );
  if (!isDeepStrictEqual(stored.config, config))
    throw new ConflictError(
      `The fork "${simulationId}" exists with another configuration: choose another id with --id.`,
    );
  return stored;
}

function describePast({ forkedFrom }: SimulationRecord): string {
  return forkedFrom === null
    ? 'and is no fork'
    : `forked from "${forkedFrom.simulationId}" at cycle ${forkedFrom.atCycle}`;
}

/** Carts, orders and cancellations by key come from outside: they are somebody else's doing, and are not copied. */
async function requireOwnPast(db: Database, simulationId: string, before: string): Promise<void> {
  const [found] = await db.$queryRaw<{ orders: number; cancellations: number; reserved: number }[]>`
    SELECT (SELECT count(*) FROM orders o WHERE o.simulation_id = ${simulationId} AND o.session_id IS NULL
              AND o.simulated_at < ${before}::timestamptz)::int AS orders,
           (SELECT count(*) FROM order_cancellations k JOIN orders o ON o.id = k.order_id
            WHERE o.simulation_id = ${simulationId} AND k.simulated_at < ${before}::timestamptz)::int AS cancellations,
           (SELECT count(*) FROM user_coupon_transitions t JOIN user_coupons u ON u.id = t.user_coupon_id
            WHERE u.simulation_id = ${simulationId} AND t.to_status = 'reserved' AND t.simulated_at < ${before}::timestamptz)::int AS reserved`;
  const { orders, cancellations, reserved } = found!;
  if (orders + cancellations + reserved > 0)
    throw new ConflictError(
      `Simulation "${simulationId}" cannot be forked there: others than its shoppers placed ${orders} orders, cancelled ${cancellations} and reserved ${reserved} coupons before ${before}.`,
    );
}

/** The totals of all days before an instant, as the workflows had folded them by then. */
async function sumBefore(db: Database, simulationId: string, before: string): Promise<DayTotals> {
  const rows = await db.$queryRaw<{ name: string; total: number }[]>`
    SELECT r.key AS name, sum(r.value::bigint)::float8 AS total
    FROM shopping_days d, jsonb_each_text(
      CASE WHEN d.status = 'completed' THEN d.result WHEN d.status = 'failed' THEN '{"failedDays": 1}' ELSE '{}' END) r
    WHERE d.simulation_id = ${simulationId} AND d.simulated_date < ${before.slice(0, 10)}::date
    GROUP BY r.key`;
  const found = Object.fromEntries(rows.map(({ name, total }) => [name, total]));
  return addTotals(NO_TOTALS, { ...NO_TOTALS, ...found });
}
