import { addDays } from '../domain/retail/calendar.ts';
import { NOTHING_LEARNED, cyclesOfLife, learn } from '../domain/retail/offer-bandit.ts';
import type { BanditModel, BanditOutcome } from '../domain/retail/offer-bandit.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import type { Database } from './client.ts';

/**
 * What a bandit knows at the start of a cycle: all deals whose time is over by then. Null for other policies.
 * Everything before the cycle is committed, so that it is the same whenever it is worked out.
 */
export async function learnUntil(
  db: Database,
  config: SimulationConfig,
  cycleNumber: number,
): Promise<BanditModel | null> {
  const policy = config.offerPolicy;
  if (policy.type !== 'bandit') return null;
  const { simulationId } = config;
  const before = await db.offerCycle.findFirst({ where: { simulationId, cycleNumber: cycleNumber - 1 } });
  const known = (before?.policyState as BanditModel | null | undefined) ?? NOTHING_LEARNED;
  const outcomes = await loadOutcomesOf(db, config, cycleNumber - cyclesOfLife(config));
  return learn(known, outcomes, policy.reward);
}

/** Outcomes of the deals of one cycle, in order of agent and code. */
async function loadOutcomesOf(
  db: Database,
  { simulationId, startDate, offerCycleDays }: SimulationConfig,
  cycleNumber: number,
): Promise<BanditOutcome[]> {
  if (cycleNumber < 1) return [];
  const start = addDays(startDate, (cycleNumber - 1) * offerCycleDays);
  return db.$queryRaw`
    SELECT u.features, u.status = 'redeemed' AS "isRedeemed",
           coalesce(d.amount_cents - d.vendor_funded_cents + d.redemption_fee_cents, 0)::int AS "costCents",
           coalesce((
             SELECT sum(l.quantity * (l.unit_price_cents - l.unit_cost_cents)) FROM order_lines l JOIN products p ON p.id = l.product_id
             WHERE l.order_id = d.order_id AND (d.target = 'basket' OR (l.line_discount_cents > 0
               AND (c.category IS NULL OR p.category = c.category) AND (c.brand IS NULL OR p.brand = c.brand)))), 0)::int AS "coveredMarginCents"
    FROM user_coupons u
    JOIN offer_cycles y ON y.id = u.offer_cycle_id
    JOIN coupons c ON c.id = u.coupon_id
    JOIN agents a ON a.user_id = u.user_id
    LEFT JOIN order_discounts d ON d.user_coupon_id = u.id AND d.order_id = u.order_id
    WHERE u.simulation_id = ${simulationId} AND y.simulated_start_date = ${start}::date AND cardinality(u.features) > 0
    ORDER BY a.agent_id COLLATE "C", c.code COLLATE "C"`;
}
