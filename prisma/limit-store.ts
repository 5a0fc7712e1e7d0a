import { HOURS_PER_DAY, addDays, instantAt } from '../domain/retail/calendar.ts';
import { withholdCoupons } from '../domain/retail/redemption-limit.ts';
import type { LimitHolder } from '../domain/retail/redemption-limit.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { RandomKey } from '../domain/random.ts';
import type { LoadedCatalog } from './catalog-store.ts';
import type { Database } from './client.ts';
import { insertRows } from './rows.ts';

type Held = LimitHolder & { readonly couponId: number };

/**
 * Withholds coupons with a limit from those of a day's shoppers for whom no redemption is left. Whatever the day has
 * done since its 00:00 is left out of account, so doing it again gives the same.
 */
export async function withholdLimitedCoupons(
  db: Database,
  config: SimulationConfig,
  catalog: LoadedCatalog,
  day: number,
): Promise<void> {
  const limited = [...catalog.couponById].filter(([, coupon]) => coupon.redemptionLimit !== null);
  if (limited.length === 0) return;
  const { simulationId } = config;
  const date = addDays(config.startDate, day);
  const midnight = instantAt(config.startDate, day * HOURS_PER_DAY);
  const ids = limited.map(([id]) => id);
  // What was closed at 00:00, by its date or by the cycle that begins, is held no more.
  const held = await db.$queryRaw<Held[]>`
    SELECT u.coupon_id AS "couponId", u.id::text AS "userCouponId", a.agent_id AS "agentId"
    FROM shopping_days d
    JOIN agents a ON a.agent_id = d.agent_id
    JOIN user_coupons u ON u.user_id = a.user_id AND u.simulation_id = d.simulation_id
    WHERE d.simulation_id = ${simulationId} AND d.simulated_date = ${date}::date AND d.status NOT IN ('home', 'quarantined')
      AND u.coupon_id = ANY (${ids}::int[]) AND u.assigned_simulated_at <= ${midnight}::timestamptz
      AND (u.status = 'active' OR u.status_simulated_at > ${midnight}::timestamptz)`;
  const redeemed = await db.$queryRaw<{ couponId: number; count: number }[]>`
    SELECT coupon_id AS "couponId", count(*)::int AS count FROM user_coupons
    WHERE simulation_id = ${simulationId} AND coupon_id = ANY (${ids}::int[]) AND status = 'redeemed'
      AND status_simulated_at < ${midnight}::timestamptz
    GROUP BY coupon_id`;
  const usedOf = new Map(redeemed.map((row) => [row.couponId, row.count]));
  const root = RandomKey.of(config.seed);
  const withheld = limited.flatMap(([id, coupon]) =>
    withholdCoupons(
      coupon.code,
      Math.max(0, coupon.redemptionLimit! - (usedOf.get(id) ?? 0)),
      held.filter((holder) => holder.couponId === id),
      day,
      root,
    ),
  );
  if (withheld.length === 0) return;
  const rows = withheld.map((userCouponId) => ({ user_coupon_id: userCouponId, simulated_date: date }));
  await insertRows(db, 'withheld_coupons', rows, 'nothing');
}
