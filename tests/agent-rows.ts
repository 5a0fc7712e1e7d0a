import type { Database } from '../prisma/client.ts';

/**
 * All that a simulation has recorded of some agents, by business keys and as text: for comparing agents across
 * simulations that are not the same as a whole.
 */
export async function agentRows(
  db: Database,
  simulationId: string,
  agentIds: readonly string[],
): Promise<string[]> {
  const rows: string[] = [];
  for (const [table, query] of Object.entries(QUERIES)) {
    const found = await db.$queryRawUnsafe<{ line: string }[]>(
      `SELECT line::text AS line FROM (${query}) AS lines ORDER BY line::text COLLATE "C"`,
      simulationId,
      [...agentIds],
    );
    if (found.length === 0) throw new Error(`Nothing to compare in ${table}.`);
    rows.push(...found.map(({ line }) => `${table} ${line}`));
  }
  return rows;
}

const SESSIONS = `shopping_sessions s WHERE s.simulation_id = $1 AND s.agent_id = ANY ($2)`;
const OF_SESSION = `JOIN shopping_sessions s ON s.id = x.session_id WHERE s.simulation_id = $1 AND s.agent_id = ANY ($2)`;

const QUERIES: Readonly<Record<string, string>> = {
  offer_deals: `
    SELECT jsonb_build_array(a.agent_id, to_jsonb(d) - '{id,simulation_id,user_id,offer_cycle_id,created_at}'::text[]) AS line
    FROM offer_deals d JOIN agents a ON a.user_id = d.user_id WHERE d.simulation_id = $1 AND a.agent_id = ANY ($2)`,
  user_coupons: `
    SELECT jsonb_build_array(a.agent_id, c.code, to_jsonb(u) - '{id,simulation_id,user_id,coupon_id,offer_cycle_id,order_id,created_at}'::text[]) AS line
    FROM user_coupons u JOIN agents a ON a.user_id = u.user_id JOIN coupons c ON c.id = u.coupon_id
    WHERE u.simulation_id = $1 AND a.agent_id = ANY ($2)`,
  shopping_days: `
    SELECT to_jsonb(d) - '{simulation_id,created_at,finished_at,unanswered}'::text[] AS line
    FROM shopping_days d WHERE d.simulation_id = $1 AND d.agent_id = ANY ($2)`,
  shopping_sessions: `
    SELECT to_jsonb(s) - '{id,simulation_id,user_id,created_at}'::text[] AS line FROM ${SESSIONS}`,
  shopping_session_events: `
    SELECT jsonb_build_array(s.agent_id, s.simulated_date, s.trip_number, x.sequence, x.event_type, x.simulated_at, x.payload - 'userCouponId') AS line
    FROM shopping_session_events x ${OF_SESSION}`,
  choice_sets: `
    SELECT jsonb_build_array(s.agent_id, s.simulated_date, s.trip_number, to_jsonb(x) - 'session_id') AS line
    FROM choice_sets x ${OF_SESSION}`,
  orders: `
    SELECT jsonb_build_array(s.agent_id, to_jsonb(x) - '{id,simulation_id,user_id,session_id,created_at}'::text[]) AS line
    FROM orders x ${OF_SESSION}`,
};
