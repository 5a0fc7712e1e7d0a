import { HOURS_PER_DAY, addDays, instantAt } from '../domain/retail/calendar.ts';
import { isBudgeted, withheldOn } from '../domain/retail/daily-limits.ts';
import type { HeldCoupon } from '../domain/retail/daily-limits.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { RandomKey } from '../domain/random.ts';
import type { LoadedCatalog } from './catalog-store.ts';
import type { Database } from './client.ts';
import { insertRows } from './rows.ts';
import type { Transaction } from './rows.ts';

/**
 * Withholds coupons from those of a day's shoppers for whom no redemption and no money is left. Whatever the day has
 * done since its 00:00 is left out of account, so doing it again gives the same.
 */
export async function withholdLimitedCoupons(
  db: Database,
  config: SimulationConfig,
  catalog: LoadedCatalog,
  day: number,
): Promise<void> {
  const limits = { policy: config.offerPolicy, campaignBudgets: catalog.campaignBudgets };
  const ids = [...catalog.couponById].flatMap(([id, coupon]) =>
    coupon.redemptionLimit !== null || isBudgeted(coupon, limits) ? [id] : [],
  );
  if (ids.length === 0) return;
  const { simulationId } = config;
  const date = addDays(config.startDate, day);
  const midnight = instantAt(config.startDate, day * HOURS_PER_DAY);
  // What was closed at 00:00, by its date or by the cycle that begins, is held no more.
  const rows = await db.$queryRaw<(Omit<HeldCoupon, 'coupon'> & { couponId: number })[]>`
    SELECT u.coupon_id AS "couponId", u.id::text AS "userCouponId", a.agent_id AS "agentId"
    FROM shopping_days d
    JOIN agents a ON a.agent_id = d.agent_id
    JOIN user_coupons u ON u.user_id = a.user_id AND u.simulation_id = d.simulation_id
    WHERE d.simulation_id = ${simulationId} AND d.simulated_date = ${date}::date AND d.status NOT IN ('home', 'quarantined')
      AND u.coupon_id = ANY (${ids}::int[]) AND u.assigned_simulated_at <= ${midnight}::timestamptz
      AND (u.status = 'active' OR u.status_simulated_at > ${midnight}::timestamptz)`;
  const held = rows.map(({ couponId, ...holder }) => ({
    ...holder,
    coupon: catalog.couponById.get(couponId)!,
  }));
  const withheld = withheldOn(
    day,
    held,
    {
      ...limits,
      catalog: catalog.index,
      redeemed: await loadRedeemed(db, simulationId, midnight),
      spentCents: await loadSpent(db, simulationId, midnight),
    },
    RandomKey.of(config.seed),
  );
  if (withheld.length === 0) return;
  await insertRows(
    db,
    'withheld_coupons',
    withheld.map((userCouponId) => ({ user_coupon_id: userCouponId, simulated_date: date })),
    'nothing',
  );
}

/** Redemptions of coupons with a limit before an instant, by code. */
async function loadRedeemed(
  db: Database,
  simulationId: string,
  before: string,
): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ code: string; count: number }[]>`
    SELECT c.code, count(*)::int AS count FROM user_coupons u JOIN coupons c ON c.id = u.coupon_id
    WHERE u.simulation_id = ${simulationId} AND u.status = 'redeemed' AND c.redemption_limit IS NOT NULL
      AND u.status_simulated_at < ${before}::timestamptz
    GROUP BY c.code`;
  return new Map(rows.map(({ code, count }) => [code, count]));
}

/** Discount that campaigns gave before an instant, in cents, by campaign code. Cancelled orders gave nothing. */
export async function loadSpent(
  db: Transaction,
  simulationId: string,
  before: string,
): Promise<Map<string, number>> {
  const rows = await db.$queryRaw<{ code: string; cents: number }[]>`
    SELECT p.code, sum(d.amount_cents - d.returned_cents)::float8 AS cents
    FROM orders o
    JOIN order_discounts d ON d.order_id = o.id
    JOIN user_coupons u ON u.id = d.user_coupon_id
    JOIN coupons c ON c.id = u.coupon_id
    JOIN campaigns p ON p.id = c.campaign_id
    WHERE o.simulation_id = ${simulationId} AND o.status = 'completed' AND o.simulated_at < ${before}::timestamptz
    GROUP BY p.code`;
  return new Map(rows.map(({ code, cents }) => [code, cents]));
}
