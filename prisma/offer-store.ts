import { HOURS_PER_DAY, instantAt, toMs } from '../domain/retail/calendar.ts';
import { dealCoupons, RANDOM_POLICY_VERSION } from '../domain/retail/offer-assignment.ts';
import type { PoolCoupon, Refresh } from '../domain/retail/offer-assignment.ts';
import { cycleWindow } from '../domain/retail/offer-cycle.ts';
import { agentKey } from '../domain/retail/shopping-day.ts';
import { offerRulesOf } from '../domain/retail/simulation.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import type { WalletEntry } from '../domain/retail/wallet.ts';
import { RandomKey } from '../domain/random.ts';
import type { LoadedCatalog } from './catalog-store.ts';
import type { Database } from './client.ts';
import { idOf } from './ids.ts';
import { insertRows } from './rows.ts';
import type { Transaction } from './rows.ts';

export type Participant = { readonly agentId: string; readonly userId: string };

/** Closes the cycle before and opens cycle `cycleNumber`. Doing it again changes nothing. */
export async function openCycle(db: Database, config: SimulationConfig, cycleNumber: number): Promise<void> {
  const { simulationId } = config;
  const window = cycleWindow(config.startDate, cycleNumber, config.offerCycleDays);
  const now = new Date();
  await db.$transaction(async (tx) => {
    await tx.offerCycle.updateMany({
      where: { simulationId, cycleNumber: { lt: cycleNumber }, endsAt: null },
      data: { endsAt: now },
    });
    await tx.offerCycle.createMany({
      data: [
        {
          id: cycleId(simulationId, cycleNumber),
          simulationId,
          cycleNumber,
          startedAt: now,
          simulatedStartDate: new Date(toMs(window.start)),
          simulatedEndDate: new Date(toMs(window.end)),
        },
      ],
      skipDuplicates: true,
    });
    await tx.simulationState.updateMany({
      where: { simulationId, cycleNumber: { lt: cycleNumber } },
      data: { cycleNumber, updatedAt: now },
    });
  });
}

/**
 * Refreshes the wallets of some users at the start of a cycle, all in one transaction: closes what the refresh policy
 * closes, deals what fits. Users who were refreshed in this cycle before are left alone.
 * @returns how many users were refreshed now, and how many coupons they were dealt
 */
export async function refreshWallets(
  db: Database,
  config: SimulationConfig,
  catalog: LoadedCatalog,
  cycleNumber: number,
  participants: readonly Participant[],
): Promise<{ users: number; dealt: number; exhausted: number }> {
  const { simulationId } = config;
  return db.$transaction(async (tx) => {
    const cycle = cycleId(simulationId, cycleNumber);
    // One at a time: an attempt that was given up may still be at work.
    await tx.$queryRaw`SELECT 1 FROM offer_cycles WHERE id = ${cycle}::uuid FOR NO KEY UPDATE`;
    const done = await tx.offerDeal.findMany({
      where: { simulationId, offerCycleId: cycle, userId: { in: participants.map((p) => p.userId) } },
      select: { userId: true },
    });
    const isDone = new Set(done.map((deal) => deal.userId));
    const waiting = participants.filter((participant) => !isDone.has(participant.userId));
    if (waiting.length === 0) return { users: 0, dealt: 0, exhausted: 0 };
    const pool = await loadPool(tx, config, catalog);
    const entries = await loadEntries(tx, config, cycleNumber, waiting);
    const root = RandomKey.of(config.seed);
    const refreshes = waiting.map((participant) => ({
      participant,
      refresh: dealCoupons({
        rules: offerRulesOf(config),
        cycleNumber,
        pool,
        entries: entries.get(participant.userId) ?? [],
        key: agentKey(root, participant.agentId),
      }),
    }));
    await saveRefreshes(tx, config, catalog, cycleNumber, refreshes);
    return {
      users: refreshes.length,
      dealt: refreshes.reduce((sum, { refresh }) => sum + refresh.deals.length, 0),
      exhausted: refreshes.filter(({ refresh }) => refresh.isPoolExhausted).length,
    };
  });
}

/** Expires what has reached its expiry date at 00:00 of a day. Cycle boundaries do the same before they deal. */
export async function expireOffers(db: Database, config: SimulationConfig, day: number): Promise<number> {
  const now = instantAt(config.startDate, day * HOURS_PER_DAY);
  return db.$executeRaw`
    UPDATE user_coupons
    SET status = 'expired', closed_reason = 'expiry_date', status_simulated_at = expires_simulated_at
    WHERE simulation_id = ${config.simulationId} AND status = 'active' AND expires_simulated_at <= ${now}::timestamptz`;
}

export function cycleId(simulationId: string, cycleNumber: number): string {
  return idOf('offer_cycle', simulationId, cycleNumber);
}

/** Active coupons, without those of campaigns that have spent their budget in this simulation. */
async function loadPool(
  tx: Transaction,
  config: SimulationConfig,
  catalog: LoadedCatalog,
): Promise<PoolCoupon[]> {
  if (config.offerPolicy === 'none') return [];
  const spent = await tx.$queryRaw<{ code: string }[]>`
    SELECT p.code FROM campaigns p
    JOIN coupons c ON c.campaign_id = p.id
    JOIN user_coupons u ON u.coupon_id = c.id AND u.simulation_id = ${config.simulationId}
    JOIN order_discounts d ON d.user_coupon_id = u.id
    JOIN orders o ON o.id = d.order_id AND o.status = 'completed'
    WHERE p.dataset_id = ${config.datasetId} AND p.budget_cents IS NOT NULL
    GROUP BY p.id HAVING sum(d.amount_cents) >= p.budget_cents`;
  const exhausted = new Set(spent.map((campaign) => campaign.code));
  return [...catalog.couponById.values()].filter(
    (coupon) => coupon.isActive && !exhausted.has(coupon.campaignCode),
  );
}

async function loadEntries(
  tx: Transaction,
  config: SimulationConfig,
  cycleNumber: number,
  participants: readonly Participant[],
): Promise<Map<string, WalletEntry[]>> {
  type EntryRow = Omit<WalletEntry, 'assignedHours' | 'expiresHours'> & {
    userId: string;
    assignedAt: Date;
    expiresAt: Date;
  };
  const users = participants.map((participant) => participant.userId);
  const rows = await tx.$queryRaw<EntryRow[]>`
    SELECT u.user_id::text AS "userId", c.code, c.scope, y.cycle_number AS "cycleNumber", u.status, u.closed_reason AS "closedReason",
           u.assigned_simulated_at AS "assignedAt", u.expires_simulated_at AS "expiresAt"
    FROM user_coupons u
    JOIN coupons c ON c.id = u.coupon_id
    JOIN offer_cycles y ON y.id = u.offer_cycle_id
    WHERE u.simulation_id = ${config.simulationId} AND u.user_id = ANY (${users}::uuid[])
      AND (u.status IN ('active', 'reserved') OR y.cycle_number >= ${cycleNumber - config.noRepeatCycles})
    ORDER BY u.user_id, y.cycle_number, c.code COLLATE "C"`;
  const entries = new Map<string, WalletEntry[]>();
  for (const { userId, assignedAt, expiresAt, ...row } of rows) {
    const entry = {
      ...row,
      assignedHours: hoursAt(config, assignedAt),
      expiresHours: hoursAt(config, expiresAt),
    };
    const list = entries.get(userId);
    if (list === undefined) entries.set(userId, [entry]);
    else list.push(entry);
  }
  return entries;
}

async function saveRefreshes(
  tx: Transaction,
  config: SimulationConfig,
  catalog: LoadedCatalog,
  cycleNumber: number,
  refreshes: readonly { participant: Participant; refresh: Refresh }[],
): Promise<void> {
  const { simulationId, startDate, offerCycleDays } = config;
  const cycle = cycleId(simulationId, cycleNumber);
  const hours = (cycleNumber - 1) * offerCycleDays * HOURS_PER_DAY;
  const now = instantAt(startDate, hours);
  const next = instantAt(startDate, hours + offerCycleDays * HOURS_PER_DAY);
  const couponId = (code: string): number => catalog.couponIdByCode.get(code)!;

  const closings = refreshes.flatMap(({ participant, refresh }) =>
    refresh.closings.map(({ code, cycleNumber: dealtIn, reason }) => ({
      id: userCouponId(simulationId, participant.userId, dealtIn, code),
      status: reason === 'capacity' ? 'removed' : 'expired',
      reason,
    })),
  );
  if (closings.length > 0)
    await tx.$executeRawUnsafe(
      `UPDATE user_coupons u SET status = c.status, closed_reason = c.reason, status_simulated_at = $2::timestamptz
       FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, status text, reason text)
       WHERE u.id = c.id AND u.status = 'active'`,
      JSON.stringify(closings),
      now,
    );

  const deals = refreshes.flatMap(({ participant, refresh }) =>
    refresh.deals.map((deal) => ({
      id: userCouponId(simulationId, participant.userId, cycleNumber, deal.code),
      simulation_id: simulationId,
      user_id: participant.userId,
      coupon_id: couponId(deal.code),
      offer_cycle_id: cycle,
      status: 'active',
      assignment_probability: deal.probability,
      policy_version: RANDOM_POLICY_VERSION,
      assigned_simulated_at: now,
      expires_simulated_at: instantAt(startDate, deal.expiresHours),
      status_simulated_at: now,
      is_simulation: true,
      created_at: new Date().toISOString(),
    })),
  );
  await insertRows(tx, 'user_coupons', deals, 'fail');

  await insertRows(
    tx,
    'offer_deals',
    refreshes.map(({ participant, refresh }) => ({
      id: idOf('offer_deal', simulationId, participant.userId, cycleNumber),
      simulation_id: simulationId,
      user_id: participant.userId,
      offer_cycle_id: cycle,
      policy_version: config.offerPolicy === 'none' ? 'none' : RANDOM_POLICY_VERSION,
      refresh_policy: config.refreshPolicy,
      wallet_before: refresh.walletBefore,
      dealt_frontstore: refresh.deals.filter((deal) => deal.scope === 'frontstore').length,
      dealt_category_brand: refresh.deals.filter((deal) => deal.scope !== 'frontstore').length,
      eligible_frontstore: refresh.eligible.frontstore,
      eligible_category_brand: refresh.eligible.categoryBrand,
      excluded_codes: refresh.excludedCodes,
      pool_exhausted: refresh.isPoolExhausted,
      simulated_at: now,
      created_at: new Date().toISOString(),
    })),
    'fail',
  );

  await tx.$executeRawUnsafe(
    `INSERT INTO user_offer_cycles (id, simulation_id, user_id, current_cycle_id, last_refresh_at, next_refresh_at, is_simulation)
     SELECT r.id, $2, r.user_id, $3::uuid, $4::timestamptz, $5::timestamptz, true
     FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, user_id uuid)
     ON CONFLICT (simulation_id, user_id) DO UPDATE
       SET current_cycle_id = excluded.current_cycle_id, last_refresh_at = excluded.last_refresh_at, next_refresh_at = excluded.next_refresh_at
       WHERE user_offer_cycles.last_refresh_at < excluded.last_refresh_at`,
    JSON.stringify(
      refreshes.map(({ participant }) => ({
        id: idOf('user_offer_cycle', simulationId, participant.userId),
        user_id: participant.userId,
      })),
    ),
    simulationId,
    cycle,
    now,
    next,
  );
}

function userCouponId(simulationId: string, userId: string, cycleNumber: number, code: string): string {
  return idOf('user_coupon', simulationId, userId, cycleNumber, code);
}

/** Hours since the simulation's start of a stored instant. */
export function hoursAt(config: SimulationConfig, instant: Date): number {
  return (instant.getTime() - toMs(config.startDate)) / 3_600_000;
}
