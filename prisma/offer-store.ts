import { HOURS_PER_DAY, instantAt, toMs } from '../domain/retail/calendar.ts';
import type { Coupon } from '../domain/retail/coupon.ts';
import type { BanditModel } from '../domain/retail/offer-bandit.ts';
import { cycleWindow } from '../domain/retail/offer-cycle.ts';
import { budgetOf, lookBackOf } from '../domain/retail/offer-policy.ts';
import { dealablePool, refreshWallet } from '../domain/retail/offer-refresh.ts';
import type { WalletRefresh } from '../domain/retail/offer-refresh.ts';
import { agentKey } from '../domain/retail/shopping-day.ts';
import { NO_HISTORY } from '../domain/retail/shopper-history.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import type { WalletEntry } from '../domain/retail/wallet.ts';
import { RandomKey } from '../domain/random.ts';
import type { LoadedCatalog } from './catalog-store.ts';
import type { Database } from './client.ts';
import { learnUntil } from './bandit-store.ts';
import { loadHistories } from './history-store.ts';
import { idOf } from './ids.ts';
import { loadSpent } from './limit-store.ts';
import { insertRows } from './rows.ts';
import type { Transaction } from './rows.ts';

export type Participant = { readonly agentId: string; readonly userId: string };

/** Closes the cycle before and opens cycle `cycleNumber`, with what the policy has learned. Doing it again changes nothing. */
export async function openCycle(db: Database, config: SimulationConfig, cycleNumber: number): Promise<void> {
  const { simulationId } = config;
  const window = cycleWindow(config.startDate, cycleNumber, config.offerCycleDays);
  const now = new Date();
  const learned = await learnUntil(db, config, cycleNumber);
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
          ...(learned === null ? {} : { policyState: learned }),
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
    const pool = await loadPool(tx, config, catalog, cycleNumber);
    const entries = await loadEntries(tx, config, cycleNumber, waiting);
    const { model, histories } = await loadKnowledge(tx, config, cycleNumber, waiting);
    const root = RandomKey.of(config.seed);
    const refreshes = waiting.map((participant) => ({
      participant,
      refresh: refreshWallet({
        config,
        catalog: catalog.index,
        pool,
        cycleNumber,
        entries: entries.get(participant.userId) ?? [],
        history: histories.get(participant.userId) ?? NO_HISTORY,
        model,
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

/** What may be dealt in a cycle: nothing of campaigns that have spent their budget before it. */
async function loadPool(
  tx: Transaction,
  config: SimulationConfig,
  catalog: LoadedCatalog,
  cycleNumber: number,
): Promise<Coupon[]> {
  const budget = budgetOf(config.offerPolicy);
  const isLimited = budget !== null || catalog.campaignBudgets.size > 0;
  const spent = isLimited
    ? await loadSpent(tx, config.simulationId, cycleStart(config, cycleNumber))
    : new Map<string, number>();
  return dealablePool(catalog.couponById.values(), catalog.campaignBudgets, spent, budget);
}

/** What the policy looks at: the users' purchases before the cycle, and what it has learned until then. */
async function loadKnowledge(
  tx: Transaction,
  config: SimulationConfig,
  cycleNumber: number,
  participants: readonly Participant[],
): Promise<{ model: BanditModel | null; histories: Awaited<ReturnType<typeof loadHistories>> }> {
  const lookBackDays = lookBackOf(config.offerPolicy);
  if (lookBackDays === null) return { model: null, histories: new Map() };
  const cycle = await tx.offerCycle.findUniqueOrThrow({
    where: { id: cycleId(config.simulationId, cycleNumber) },
  });
  return {
    model: cycle.policyState as BanditModel | null,
    histories: await loadHistories(
      tx,
      config.simulationId,
      participants.map(({ userId }) => userId),
      cycleStart(config, cycleNumber),
      lookBackDays,
    ),
  };
}

/** 00:00 of the first day of a cycle. */
export function cycleStart(config: SimulationConfig, cycleNumber: number): string {
  return instantAt(config.startDate, (cycleNumber - 1) * config.offerCycleDays * HOURS_PER_DAY);
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
  refreshes: readonly { participant: Participant; refresh: WalletRefresh }[],
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
      policy_version: refresh.policyVersion,
      features: deal.features ?? [],
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
      policy_version: refresh.policyVersion,
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
