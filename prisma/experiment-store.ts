import { isDeepStrictEqual } from 'node:util';
import { ConflictError, NotFoundError } from '../domain/errors.ts';
import type { AgentOutcome } from '../domain/retail/arm-comparison.ts';
import { ExperimentConfig } from '../domain/retail/experiment.ts';
import type { ExperimentStatus } from '../domain/retail/experiment.ts';
import type { Purchase } from '../domain/retail/lift.ts';
import type { Database } from './client.ts';

/** The queries behind an experiment's figures; `$1` is a simulation's id, `$2` the first instant that counts. */
export const EXPERIMENT_SQL = {
  outcomes: `
    WITH bought AS (
      SELECT id, user_id, total_cents, discount_cents, total_cents - unit_cost_cents + vendor_funded_cents - redemption_fee_cents AS margin_cents,
             discount_cents - vendor_funded_cents + redemption_fee_cents AS offer_cost_cents
      FROM orders
      WHERE simulation_id = $1 AND status = 'completed' AND simulated_at >= $2::timestamptz
    ), sums AS (
      SELECT user_id, count(*) AS orders, sum(total_cents) AS net, sum(discount_cents) AS discount, sum(margin_cents) AS margin, sum(offer_cost_cents) AS offer_cost
      FROM bought GROUP BY user_id
    ), units AS (
      SELECT b.user_id, sum(l.quantity) AS units FROM bought b JOIN order_lines l ON l.order_id = b.id GROUP BY b.user_id
    ), redeemed AS (
      SELECT b.user_id, count(*) AS redemptions FROM bought b JOIN order_discounts d ON d.order_id = b.id GROUP BY b.user_id
    )
    SELECT s.agent_id AS "agentId", coalesce(orders, 0)::bigint AS "orders", coalesce(units, 0)::bigint AS "units",
           coalesce(net, 0)::bigint AS "netRevenue", coalesce(discount, 0)::bigint AS "discount",
           coalesce(margin, 0)::bigint AS "margin", coalesce(offer_cost, 0)::bigint AS "offerCost", coalesce(redemptions, 0)::bigint AS "redemptions"
    FROM simulation_agents s
    JOIN agents a ON a.agent_id = s.agent_id
    LEFT JOIN sums ON sums.user_id = a.user_id
    LEFT JOIN units ON units.user_id = a.user_id
    LEFT JOIN redeemed ON redeemed.user_id = a.user_id
    WHERE s.simulation_id = $1
    ORDER BY s.agent_id COLLATE "C"`,
  purchases: `
    SELECT a.agent_id AS "agentId", p.category, p.sku,
           floor(extract(epoch FROM o.simulated_at - $2::timestamptz) / 604800)::int AS week,
           sum(l.quantity)::int AS units,
           coalesce(sum(l.quantity) FILTER (WHERE l.line_discount_cents + l.order_discount_cents > 0), 0)::int AS "couponUnits",
           coalesce(sum(l.quantity * l.unit_price_cents) FILTER (WHERE l.line_discount_cents + l.order_discount_cents > 0), 0)::int AS "couponCents"
    FROM orders o
    JOIN agents a ON a.user_id = o.user_id
    JOIN order_lines l ON l.order_id = o.id
    JOIN products p ON p.id = l.product_id
    WHERE o.simulation_id = $1 AND o.status = 'completed' AND o.simulated_at >= $2::timestamptz
    GROUP BY 1, 2, 3, 4
    ORDER BY 1, 2, 3, 4`,
} as const;

/**
 * What each agent of a simulation did from an instant on, those who did nothing included; in order of agent id.
 * Cancelled orders count nothing.
 */
export async function loadOutcomes(db: Database, simulationId: string, from: Date): Promise<AgentOutcome[]> {
  type Row = { agentId: string } & Record<Exclude<keyof AgentOutcome, 'agentId'>, bigint>;
  const rows = await db.$queryRawUnsafe<Row[]>(EXPERIMENT_SQL.outcomes, simulationId, from);
  return rows.map(({ agentId, orders, units, netRevenue, discount, offerCost, margin, redemptions }) => ({
    agentId,
    orders: Number(orders),
    units: Number(units),
    netRevenue: Number(netRevenue),
    discount: Number(discount),
    offerCost: Number(offerCost),
    margin: Number(margin),
    redemptions: Number(redemptions),
  }));
}

export type ExperimentRecord = {
  readonly experimentId: string;
  readonly status: ExperimentStatus;
  readonly config: ExperimentConfig;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
};

/**
 * Stores an experiment. A second call with the same configuration sets one that has failed or was cancelled to running
 * again; with another one it is refused.
 * @throws ConflictError
 */
export async function createExperiment(db: Database, config: ExperimentConfig): Promise<ExperimentRecord> {
  const { experimentId } = config;
  const row: { experimentId: string; config: object } = { experimentId, config };
  await db.experiment.createMany({ data: [row], skipDuplicates: true });
  const stored = await loadExperiment(db, experimentId);
  if (!isDeepStrictEqual(stored.config, config))
    throw new ConflictError(
      `Experiment "${experimentId}" exists with another configuration: choose another id.`,
    );
  await db.experiment.updateMany({
    where: { experimentId, status: { in: ['failed', 'cancelled'] } },
    data: { status: 'running', finishedAt: null },
  });
  return loadExperiment(db, experimentId);
}

/** @throws NotFoundError */
export async function loadExperiment(db: Database, experimentId: string): Promise<ExperimentRecord> {
  const row = await db.experiment.findUnique({ where: { experimentId } });
  if (row === null) throw new NotFoundError(`There is no experiment "${experimentId}".`);
  return recordOf(row);
}

/** All experiments, newest first. */
export async function listExperiments(db: Database): Promise<ExperimentRecord[]> {
  const rows = await db.experiment.findMany({ orderBy: [{ createdAt: 'desc' }, { experimentId: 'asc' }] });
  return rows.map(recordOf);
}

/** Notes how an experiment ended. */
export async function finishExperiment(
  db: Database,
  experimentId: string,
  status: Exclude<ExperimentStatus, 'running'>,
): Promise<void> {
  await db.experiment.updateMany({
    where: { experimentId, status: 'running' },
    data: { status, finishedAt: new Date() },
  });
}

/** How far the simulations of an experiment are; those that have not begun are left out. */
export async function loadProgress(
  db: Database,
  simulationIds: readonly string[],
): Promise<{ simulationId: string; status: string; committedDays: number }[]> {
  return db.simulationState.findMany({
    where: { simulationId: { in: [...simulationIds] } },
    select: { simulationId: true, status: true, committedDays: true },
  });
}

function recordOf(row: {
  experimentId: string;
  status: string;
  config: unknown;
  createdAt: Date;
  finishedAt: Date | null;
}): ExperimentRecord {
  return {
    ...row,
    status: row.status as ExperimentStatus,
    config: ExperimentConfig.parse(row.config),
  };
}

/** What is bought in a simulation from an instant on, by agent, product and week; cancelled orders left out. */
export async function loadPurchases(db: Database, simulationId: string, from: Date): Promise<Purchase[]> {
  return db.$queryRawUnsafe<Purchase[]>(EXPERIMENT_SQL.purchases, simulationId, from);
}
