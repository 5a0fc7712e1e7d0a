import type { Database } from './client.ts';

/**
 * The numbers of a simulation's report, each counted from the rows by one query that a reader can run: `$1` is the
 * simulation id. Nothing here uses what the workflows have folded, so that the two can be compared.
 */
export type ReportFigures = Readonly<Record<ReportSection, Readonly<Record<string, number | null>>>>;

export type ReportSection = keyof typeof REPORT_SQL;

export const REPORT_SQL = {
  totals: `
    SELECT (SELECT count(*) FROM shopping_days WHERE simulation_id = $1 AND status = 'completed') AS "shoppingDays",
           (SELECT count(*) FROM shopping_days WHERE simulation_id = $1 AND status = 'failed') AS "failedDays",
           (SELECT count(*) FROM shopping_sessions WHERE simulation_id = $1) AS "sessions",
           (SELECT count(*) FROM shopping_sessions WHERE simulation_id = $1 AND outcome = 'completed') AS "completed",
           (SELECT count(*) FROM shopping_sessions WHERE simulation_id = $1 AND outcome = 'abandoned') AS "abandoned",
           (SELECT count(*) FROM shopping_sessions WHERE simulation_id = $1 AND outcome = 'empty_cart') AS "emptyCarts",
           (SELECT count(*) FROM shopping_session_events e JOIN shopping_sessions s ON s.id = e.session_id WHERE s.simulation_id = $1) AS "events",
           o.*, l.*,
           (SELECT count(*) FROM order_discounts d JOIN orders o ON o.id = d.order_id WHERE o.simulation_id = $1) AS "redemptions"
    FROM (SELECT count(*) AS "orders", coalesce(sum(subtotal_cents), 0) AS "subtotalCents", coalesce(sum(discount_cents), 0) AS "discountCents",
                 coalesce(sum(shipping_cents), 0) AS "shippingCents", coalesce(sum(total_cents), 0) AS "totalCents",
                 coalesce(sum(unit_cost_cents), 0) AS "unitCostCents"
          FROM orders WHERE simulation_id = $1) o,
         (SELECT count(*) AS "lines", coalesce(sum(l.quantity), 0) AS "units"
          FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.simulation_id = $1) l`,

  money: `
    SELECT coalesce(sum(subtotal_cents), 0) AS "grossCents", coalesce(sum(discount_cents), 0) AS "couponDiscountCents",
           coalesce(sum(total_cents), 0) AS "netRevenueCents", coalesce(sum(unit_cost_cents), 0) AS "unitCostCents",
           coalesce(sum(vendor_funded_cents), 0) AS "vendorFundedCents", coalesce(sum(redemption_fee_cents), 0) AS "redemptionFeeCents",
           coalesce(sum(total_cents - unit_cost_cents + vendor_funded_cents - redemption_fee_cents), 0) AS "marginCents"
    FROM (
      SELECT subtotal_cents, discount_cents, total_cents, unit_cost_cents, vendor_funded_cents, redemption_fee_cents
      FROM orders WHERE simulation_id = $1 AND status = 'completed'
      UNION ALL
      SELECT -k.subtotal_cents, -k.discount_cents, -k.total_cents, -k.unit_cost_cents, -k.vendor_funded_cents, -k.redemption_fee_cents
      FROM order_cancellations k JOIN orders o ON o.id = k.order_id WHERE o.simulation_id = $1 AND o.status = 'completed') kept`,

  funnel: `
    SELECT (SELECT count(*) FROM shopping_days WHERE simulation_id = $1) AS "agentDays",
           (SELECT count(*) FROM shopping_days WHERE simulation_id = $1 AND status <> 'home') AS "shopDays",
           (SELECT count(*) FROM shopping_sessions WHERE simulation_id = $1) AS "sessions",
           (SELECT count(*) FROM shopping_sessions s WHERE simulation_id = $1 AND outcome <> 'empty_cart') AS "carts",
           (SELECT count(*) FROM shopping_sessions WHERE simulation_id = $1 AND outcome = 'completed') AS "purchases",
           (SELECT count(*) FROM coupon_impressions i JOIN shopping_sessions s ON s.id = i.session_id WHERE s.simulation_id = $1 AND i.is_shown) AS "couponsShown",
           (SELECT count(*) FROM coupon_impressions i JOIN shopping_sessions s ON s.id = i.session_id WHERE s.simulation_id = $1 AND i.is_noticed) AS "couponsNoticed",
           (SELECT count(*) FROM coupon_impressions i JOIN shopping_sessions s ON s.id = i.session_id WHERE s.simulation_id = $1 AND i.is_opened) AS "couponsOpened",
           (SELECT count(*) FROM order_discounts d JOIN orders o ON o.id = d.order_id WHERE o.simulation_id = $1 AND o.status = 'completed' AND d.returned_cents < d.amount_cents) AS "redemptions"`,

  ledger: `
    SELECT count(*) FILTER (WHERE t.from_status IS NULL) AS "dealt",
           count(*) FILTER (WHERE t.to_status = 'redeemed') AS "redeemed",
           count(*) FILTER (WHERE t.from_status = 'redeemed') AS "givenBack",
           count(*) FILTER (WHERE t.to_status = 'expired') AS "expired",
           count(*) FILTER (WHERE t.to_status = 'removed') AS "removed",
           (SELECT count(*) FROM user_coupons WHERE simulation_id = $1 AND status IN ('active', 'reserved')) AS "open",
           count(*) FILTER (WHERE t.from_status IS NULL) - count(*) FILTER (WHERE t.to_status = 'redeemed') + count(*) FILTER (WHERE t.from_status = 'redeemed')
             - count(*) FILTER (WHERE t.to_status IN ('expired', 'removed'))
             - (SELECT count(*) FROM user_coupons WHERE simulation_id = $1 AND status IN ('active', 'reserved')) AS "error"
    FROM user_coupon_transitions t JOIN user_coupons u ON u.id = t.user_coupon_id WHERE u.simulation_id = $1`,

  integrity: `
    SELECT (SELECT count(*) FROM offer_cycles WHERE simulation_id = $1) AS "cycles",
           (SELECT committed_days - (SELECT count(DISTINCT d.simulated_date) FROM shopping_days d
                                     WHERE d.simulation_id = $1 AND d.simulated_date < s.simulated_date)
            FROM simulation_state s WHERE simulation_id = $1) AS "missedDays",
           (SELECT coalesce(max(open), 0) FROM (
              SELECT sum(CASE WHEN t.to_status IN ('active', 'reserved') THEN 1 ELSE 0 END - CASE WHEN t.from_status IN ('active', 'reserved') THEN 1 ELSE 0 END)
                       OVER (PARTITION BY u.user_id ORDER BY t.simulated_at, (t.to_status IN ('active', 'reserved')), u.id, t.sequence) AS open
              FROM user_coupon_transitions t JOIN user_coupons u ON u.id = t.user_coupon_id WHERE u.simulation_id = $1) w) AS "largestWallet",
           (SELECT count(*) FROM orders o WHERE o.simulation_id = $1 AND (
              o.subtotal_cents <> (SELECT sum(quantity * unit_price_cents) FROM order_lines WHERE order_id = o.id)
              OR o.discount_cents <> (SELECT coalesce(sum(amount_cents), 0) FROM order_discounts WHERE order_id = o.id)
              OR (SELECT coalesce(sum(amount_cents), 0) FROM order_discounts WHERE order_id = o.id AND target <> 'shipping')
                 <> (SELECT sum(line_discount_cents + order_discount_cents) FROM order_lines WHERE order_id = o.id))) AS "ordersNotAddingUp",
           (SELECT count(*) FROM (SELECT 1 FROM order_discounts d JOIN orders o ON o.id = d.order_id
              WHERE o.simulation_id = $1 AND o.status = 'completed' AND d.returned_cents < d.amount_cents
              GROUP BY d.user_coupon_id HAVING count(*) > 1) d) AS "redeemedTwice",
           (SELECT count(*) FROM user_coupons WHERE simulation_id = $1 AND (status = 'redeemed') <> (order_id IS NOT NULL)) AS "redeemedWithoutOrder",
           (SELECT count(*) FROM shopping_days WHERE simulation_id = $1 AND status = 'planned') AS "unfinishedDays",
           (SELECT count(*) FROM shopping_days WHERE simulation_id = $1 AND status = 'quarantined') AS "quarantinedDays",
           (SELECT count(*) FROM coupon_redemptions r JOIN coupons c ON c.id = r.coupon_id
            WHERE r.simulation_id = $1 AND r.redeemed > c.redemption_limit) AS "limitsExceeded"`,

  realism: `
    WITH baskets AS (
      SELECT o.id, o.total_cents, count(*) AS lines, sum(CASE WHEN l.line_discount_cents > 0 THEN 1 ELSE 0 END) AS coupon_lines
      FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.simulation_id = $1 GROUP BY o.id),
    size AS (
      SELECT (SELECT count(*) FROM simulation_agents WHERE simulation_id = $1)::float8 AS agents, committed_days::float8 AS days
      FROM simulation_state WHERE simulation_id = $1)
    SELECT (SELECT count(*) FROM shopping_sessions WHERE simulation_id = $1) / nullif(agents * days / 7, 0) AS "sessionsPerAgentWeek",
           (SELECT count(*) FROM shopping_days WHERE simulation_id = $1 AND status = 'completed') / nullif(agents * days, 0) AS "shopDaysPerDay",
           (SELECT avg(CASE WHEN outcome = 'completed' THEN 1.0 ELSE 0 END) FROM shopping_sessions WHERE simulation_id = $1 AND outcome <> 'empty_cart')::float8 AS "completedShare",
           (SELECT avg(lines) FROM baskets)::float8 AS "linesPerBasket",
           (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY lines) FROM baskets) AS "medianLines",
           (SELECT avg(CASE WHEN lines = 1 THEN 1.0 ELSE 0 END) FROM baskets)::float8 AS "oneLineShare",
           (SELECT avg(total_cents) FROM baskets)::float8 / 100 AS "basketValue",
           (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total_cents) FROM baskets) / 100 AS "medianBasketValue",
           (SELECT avg(CASE WHEN l.quantity = 1 THEN 1.0 ELSE 0 END) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.simulation_id = $1)::float8 AS "singleUnitShare",
           (SELECT avg(CASE WHEN l.unit_price_cents < l.regular_price_cents THEN 1.0 ELSE 0 END) FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE o.simulation_id = $1)::float8 AS "promotedLineShare",
           (SELECT sum(coupon_lines) FROM baskets)::float8 / nullif(agents * days / 7, 0) AS "couponLinesPerAgentWeek"
    FROM size`,

  profile: `
    SELECT ${['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
      .map(
        (day, index) =>
          `avg(CASE WHEN extract(dow FROM simulated_date) = ${index} THEN 1.0 ELSE 0 END)::float8 AS "${day}"`,
      )
      .join(', ')},
           ${Array.from({ length: 24 }, (_, hour) => `avg(CASE WHEN extract(hour FROM started_simulated_at AT TIME ZONE 'UTC') = ${hour} THEN 1.0 ELSE 0 END)::float8 AS "hour${hour}"`).join(', ')}
    FROM shopping_sessions WHERE simulation_id = $1`,
} as const;

/** Runs every query of the report. Counts are numbers, shares null when nothing was counted. */
export async function loadReport(db: Database, simulationId: string): Promise<ReportFigures> {
  const sections = await Promise.all(
    Object.entries(REPORT_SQL).map(async ([section, sql]) => {
      const [row] = await db.$queryRawUnsafe<Record<string, unknown>[]>(sql, simulationId);
      return [
        section,
        Object.fromEntries(
          Object.entries(row ?? {}).map(([name, value]) => [name, value === null ? null : Number(value)]),
        ),
      ];
    }),
  );
  return Object.fromEntries(sections) as ReportFigures;
}
