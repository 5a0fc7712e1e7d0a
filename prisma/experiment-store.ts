import type { AgentOutcome } from '../domain/retail/arm-comparison.ts';
import type { Database } from './client.ts';

/**
 * What each agent of a simulation did from an instant on, those who did nothing included; in order of agent id.
 * Cancelled orders count nothing.
 */
export async function loadOutcomes(db: Database, simulationId: string, from: Date): Promise<AgentOutcome[]> {
  type Row = { agentId: string } & Record<Exclude<keyof AgentOutcome, 'agentId'>, bigint>;
  const rows = await db.$queryRaw<Row[]>`
    WITH bought AS (
      SELECT id, user_id, total_cents, discount_cents, total_cents - unit_cost_cents + vendor_funded_cents - redemption_fee_cents AS margin_cents
      FROM orders
      WHERE simulation_id = ${simulationId} AND status = 'completed' AND simulated_at >= ${from}
    ), sums AS (
      SELECT user_id, count(*) AS orders, sum(total_cents) AS net, sum(discount_cents) AS discount, sum(margin_cents) AS margin
      FROM bought GROUP BY user_id
    ), units AS (
      SELECT b.user_id, sum(l.quantity) AS units FROM bought b JOIN order_lines l ON l.order_id = b.id GROUP BY b.user_id
    ), redeemed AS (
      SELECT b.user_id, count(*) AS redemptions FROM bought b JOIN order_discounts d ON d.order_id = b.id GROUP BY b.user_id
    )
    SELECT s.agent_id AS "agentId", coalesce(orders, 0)::bigint AS "orders", coalesce(units, 0)::bigint AS "units",
           coalesce(net, 0)::bigint AS "netRevenue", coalesce(discount, 0)::bigint AS "discount",
           coalesce(margin, 0)::bigint AS "margin", coalesce(redemptions, 0)::bigint AS "redemptions"
    FROM simulation_agents s
    JOIN agents a ON a.agent_id = s.agent_id
    LEFT JOIN sums ON sums.user_id = a.user_id
    LEFT JOIN units ON units.user_id = a.user_id
    LEFT JOIN redeemed ON redeemed.user_id = a.user_id
    WHERE s.simulation_id = ${simulationId}
    ORDER BY s.agent_id COLLATE "C"`;
  return rows.map(({ agentId, orders, units, netRevenue, discount, margin, redemptions }) => ({
    agentId,
    orders: Number(orders),
    units: Number(units),
    netRevenue: Number(netRevenue),
    discount: Number(discount),
    margin: Number(margin),
    redemptions: Number(redemptions),
  }));
}
