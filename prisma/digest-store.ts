import { createHash } from 'node:crypto';
import type { Database } from './client.ts';

/**
 * The digest of a simulation: one hash over all it has decided, the same for the same configuration and seed whatever
 * the workers, the pace or the execution mode, and under any simulation id. Rows are written by business keys; surrogate
 * ids, real times, attempts and the simulation id are left out. Each table is hashed day by day (or cycle by cycle), so
 * that two digests that differ can be compared to the first day on which they do.
 */
export type Digest = {
  readonly digest: string;
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly digest: string }[];
  readonly parts: readonly DigestPart[];
};

export type DigestPart = {
  readonly table: string;
  readonly part: string;
  readonly rows: number;
  readonly digest: string;
};

/** For each table: the part a row belongs to, and the row as text, by business key. */
const QUERIES: Readonly<Record<string, string>> = {
  simulation_agents: `SELECT 'all' AS part, jsonb_build_array(agent_id) AS line FROM simulation_agents WHERE simulation_id = $1`,
  offer_cycles: `
    SELECT 'cycle ' || lpad(cycle_number::text, 4, '0') AS part,
           jsonb_build_array(cycle_number, simulated_start_date, simulated_end_date, is_simulation, ends_at IS NULL) AS line
    FROM offer_cycles WHERE simulation_id = $1`,
  offer_deals: `
    SELECT 'cycle ' || lpad(y.cycle_number::text, 4, '0') AS part,
           jsonb_build_array(a.agent_id, d.policy_version, d.refresh_policy, d.wallet_before, d.dealt_frontstore, d.dealt_category_brand,
             d.eligible_frontstore, d.eligible_category_brand, d.excluded_codes, d.pool_exhausted, d.simulated_at) AS line
    FROM offer_deals d JOIN agents a ON a.user_id = d.user_id JOIN offer_cycles y ON y.id = d.offer_cycle_id
    WHERE d.simulation_id = $1`,
  user_coupons: `
    SELECT 'cycle ' || lpad(y.cycle_number::text, 4, '0') AS part,
           jsonb_build_array(a.agent_id, c.code, u.status, u.closed_reason, u.assignment_probability, u.policy_version, u.assigned_simulated_at,
             u.expires_simulated_at, u.status_simulated_at, o.idempotency_key,
             (SELECT jsonb_agg(jsonb_build_array(t.sequence, t.from_status, t.to_status, t.closed_reason, t.simulated_at) ORDER BY t.sequence)
              FROM user_coupon_transitions t WHERE t.user_coupon_id = u.id)) AS line
    FROM user_coupons u JOIN agents a ON a.user_id = u.user_id JOIN coupons c ON c.id = u.coupon_id JOIN offer_cycles y ON y.id = u.offer_cycle_id
    LEFT JOIN orders o ON o.id = u.order_id
    WHERE u.simulation_id = $1`,
  shopping_days: `
    SELECT simulated_date::text AS part,
           jsonb_build_array(agent_id, status, visit_probability, visit_draw, visit_terms, result, state_after, failure) AS line
    FROM shopping_days WHERE simulation_id = $1`,
  simulation_days: `
    SELECT simulated_date::text AS part, jsonb_build_array(status, lived, failed, quarantined) AS line
    FROM simulation_days WHERE simulation_id = $1`,
  shopping_sessions: `
    SELECT s.simulated_date::text AS part,
           jsonb_build_array(s.agent_id, s.trip_number, t.code, s.channel, s.trip_type, s.outcome, s.abandon_reason, s.started_simulated_at, s.ended_simulated_at) AS line
    FROM shopping_sessions s JOIN stores t ON t.id = s.store_id WHERE s.simulation_id = $1`,
  shopping_session_events: `
    SELECT s.simulated_date::text AS part,
           jsonb_build_array(s.agent_id, s.trip_number, e.sequence, e.event_type, e.simulated_at, e.schema_version, e.payload - 'userCouponId') AS line
    FROM shopping_session_events e JOIN shopping_sessions s ON s.id = e.session_id WHERE s.simulation_id = $1`,
  choice_sets: `
    SELECT s.simulated_date::text AS part,
           jsonb_build_array(s.agent_id, s.trip_number, c.sequence, c.category, c.chosen_sku, c.shown_skus, c.shelf_price_cents, c.effective_price_cents,
             c.is_featured, c.is_displayed, c.utilities, c.noise, c.probabilities) AS line
    FROM choice_sets c JOIN shopping_sessions s ON s.id = c.session_id WHERE s.simulation_id = $1`,
  coupon_impressions: `
    SELECT s.simulated_date::text AS part,
           jsonb_build_array(s.agent_id, s.trip_number, c.code, i.rank, i.is_shown, i.is_noticed, i.is_opened, i.notice_probability) AS line
    FROM coupon_impressions i JOIN shopping_sessions s ON s.id = i.session_id
    JOIN user_coupons u ON u.id = i.user_coupon_id JOIN coupons c ON c.id = u.coupon_id WHERE s.simulation_id = $1`,
  cart_items: `
    SELECT s.simulated_date::text AS part,
           jsonb_build_array(s.agent_id, s.trip_number, i.line_number, p.sku, i.quantity, i.regular_price_cents, i.unit_price_cents, i.is_removed) AS line
    FROM cart_items i JOIN shopping_sessions s ON s.id = i.session_id JOIN products p ON p.id = i.product_id WHERE s.simulation_id = $1`,
  orders: `
    SELECT (simulated_at AT TIME ZONE 'UTC')::date::text AS part,
           jsonb_build_array(idempotency_key, status, currency, subtotal_cents, discount_cents, shipping_cents, total_cents, unit_cost_cents,
             vendor_funded_cents, redemption_fee_cents, simulated_at, cancelled_simulated_at) AS line
    FROM orders WHERE simulation_id = $1`,
  order_lines: `
    SELECT (o.simulated_at AT TIME ZONE 'UTC')::date::text AS part,
           jsonb_build_array(o.idempotency_key, l.line_number, p.sku, l.quantity, l.regular_price_cents, l.unit_price_cents, l.unit_cost_cents,
             l.line_discount_cents, l.order_discount_cents) AS line
    FROM order_lines l JOIN orders o ON o.id = l.order_id JOIN products p ON p.id = l.product_id WHERE o.simulation_id = $1`,
  order_discounts: `
    SELECT (o.simulated_at AT TIME ZONE 'UTC')::date::text AS part,
           jsonb_build_array(o.idempotency_key, c.code, d.target, d.amount_cents, d.vendor_funded_cents, d.redemption_fee_cents) AS line
    FROM order_discounts d JOIN orders o ON o.id = d.order_id JOIN user_coupons u ON u.id = d.user_coupon_id
    JOIN coupons c ON c.id = u.coupon_id WHERE o.simulation_id = $1`,
};

export async function digestSimulation(db: Database, simulationId: string): Promise<Digest> {
  const parts: DigestPart[] = [];
  for (const [table, query] of Object.entries(QUERIES)) {
    const rows = await db.$queryRawUnsafe<{ part: string; rows: bigint; digest: string }[]>(
      `SELECT part, count(*) AS rows, encode(sha256(convert_to(string_agg(line::text, E'\\n' ORDER BY line::text COLLATE "C"), 'UTF8')), 'hex') AS digest
       FROM (${query}) AS lines GROUP BY part ORDER BY part COLLATE "C"`,
      simulationId,
    );
    parts.push(...rows.map((row) => ({ table, part: row.part, rows: Number(row.rows), digest: row.digest })));
  }
  const tables = Object.keys(QUERIES).map((table) => {
    const own = parts.filter((part) => part.table === table);
    return {
      table,
      rows: own.reduce((sum, part) => sum + part.rows, 0),
      digest: hashOf(own.map((part) => `${part.part} ${part.digest}`)),
    };
  });
  return { digest: hashOf(tables.map(({ table, digest }) => `${table} ${digest}`)), tables, parts };
}

/** The first part, by date, in which two digests differ; null when they are the same. */
export function firstDifference(a: Digest, b: Digest): { table: string; part: string } | null {
  const of = (digest: Digest): Map<string, DigestPart> =>
    new Map(digest.parts.map((part) => [`${part.part}\n${part.table}`, part]));
  const [left, right] = [of(a), of(b)];
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  const different = names.find((name) => left.get(name)?.digest !== right.get(name)?.digest);
  if (different === undefined) return null;
  const [part, table] = different.split('\n');
  return { table: table!, part: part! };
}

function hashOf(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
