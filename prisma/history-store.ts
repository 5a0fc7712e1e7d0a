import type { ShopperHistory } from '../domain/retail/shopper-history.ts';
import type { Transaction } from './rows.ts';

/**
 * What users did before an instant, as a policy may know it: purchases in a look-back, deals and redemptions ever.
 * Users who did nothing are left out.
 * @param before ISO instant; `lookBackDays` count back from it
 */
export async function loadHistories(
  tx: Transaction,
  simulationId: string,
  userIds: readonly string[],
  before: string,
  lookBackDays: number,
): Promise<Map<string, ShopperHistory>> {
  const rows = await tx.$queryRaw<({ userId: string } & ShopperHistory)[]>`
    WITH users AS (SELECT unnest(${[...userIds]}::uuid[]) AS user_id),
    recent AS (
      SELECT id, user_id, subtotal_cents FROM orders
      WHERE simulation_id = ${simulationId} AND status = 'completed' AND user_id = ANY (${[...userIds]}::uuid[])
        AND simulated_at < ${before}::timestamptz AND simulated_at >= ${before}::timestamptz - make_interval(days => ${lookBackDays}::int)
    ), lines AS (
      SELECT r.user_id, p.category, p.brand, count(*)::int AS lines
      FROM recent r JOIN order_lines l ON l.order_id = r.id JOIN products p ON p.id = l.product_id
      GROUP BY 1, 2, 3
    ), bought AS (
      SELECT user_id, jsonb_agg(jsonb_build_object('category', category, 'brand', brand, 'lines', lines)
                                ORDER BY category COLLATE "C", brand COLLATE "C") AS bought
      FROM lines GROUP BY 1
    ), baskets AS (
      SELECT user_id, count(*)::int AS orders, sum(subtotal_cents)::float8 / count(*) AS mean FROM recent GROUP BY 1
    ), dealt AS (
      SELECT user_id, count(*)::int AS dealt, (count(*) FILTER (WHERE status = 'redeemed'))::int AS redeemed
      FROM user_coupons
      WHERE simulation_id = ${simulationId} AND user_id = ANY (${[...userIds]}::uuid[]) AND assigned_simulated_at < ${before}::timestamptz
      GROUP BY 1
    )
    SELECT u.user_id::text AS "userId", coalesce(b.bought, '[]') AS bought, coalesce(k.orders, 0) AS orders,
           coalesce(k.mean, 0) AS "meanBasketCents", coalesce(d.dealt, 0) AS dealt, coalesce(d.redeemed, 0) AS redeemed
    FROM users u
    LEFT JOIN bought b USING (user_id) LEFT JOIN baskets k USING (user_id) LEFT JOIN dealt d USING (user_id)`;
  return new Map(rows.map(({ userId, ...history }) => [userId, history]));
}
