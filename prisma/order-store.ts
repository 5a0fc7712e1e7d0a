import { ConflictError, NotFoundError } from '../domain/errors.ts';
import { HOURS_PER_DAY } from '../domain/retail/calendar.ts';
import { giveBack } from '../domain/retail/wallet.ts';
import type { WalletEntry } from '../domain/retail/wallet.ts';
import type { Database } from './client.ts';
import type { Transaction } from './rows.ts';

export type CancelledOrder =
  | { readonly type: 'cancelled'; readonly coupons: readonly GivenBack[] }
  | { readonly type: 'already_cancelled' };

/** What became of a coupon that had been redeemed on the order. */
export type GivenBack = {
  readonly code: string;
  readonly status: WalletEntry['status'];
  readonly closedReason: WalletEntry['closedReason'];
};

/** Capacity of a wallet outside simulations; the database refuses more (first migration). */
const PRODUCTION_CAPACITY = 32;

/**
 * Cancels an order and gives its coupons back, in one transaction: active again, unless they have expired by
 * `simulatedAt` or the wallet has no room. Doing it again changes nothing.
 * @throws NotFoundError
 * @throws ConflictError when the order was placed later than `simulatedAt`
 */
export async function cancelOrder(db: Database, orderId: string, simulatedAt: Date): Promise<CancelledOrder> {
  return db.$transaction(async (tx) => {
    const order = await lockOrder(tx, orderId);
    if (order.status === 'cancelled') return { type: 'already_cancelled' };
    if (order.simulatedAt !== null && simulatedAt < order.simulatedAt)
      throw new ConflictError(
        `Order ${orderId} was placed at ${order.simulatedAt.toISOString()}; it cannot be cancelled before that.`,
      );
    // Before the coupons: the database lets a redeemed one go only when its order no longer stands.
    await tx.order.update({
      where: { id: orderId },
      data: { status: 'cancelled', cancelledSimulatedAt: simulatedAt },
    });
    return { type: 'cancelled', coupons: await giveBackCoupons(tx, order, simulatedAt) };
  });
}

type LockedOrder = {
  readonly id: string;
  readonly simulationId: string | null;
  readonly userId: string;
  readonly status: string;
  readonly simulatedAt: Date | null;
};

/**
 * Locks the order, and its user: nobody else fills the wallet while its free places are counted. Dealing refers to the
 * user and so waits as well.
 */
async function lockOrder(tx: Transaction, orderId: string): Promise<LockedOrder> {
  await tx.$queryRaw`SELECT 1 FROM users WHERE id = (SELECT user_id FROM orders WHERE id = ${orderId}::uuid) FOR UPDATE`;
  const [order] = await tx.$queryRaw<LockedOrder[]>`
    SELECT id::text, simulation_id AS "simulationId", user_id::text AS "userId", status, simulated_at AS "simulatedAt"
    FROM orders WHERE id = ${orderId}::uuid FOR UPDATE`;
  if (order === undefined) throw new NotFoundError(`There is no order ${orderId}.`);
  return order;
}

async function giveBackCoupons(tx: Transaction, order: LockedOrder, simulatedAt: Date): Promise<GivenBack[]> {
  const { simulationId, userId } = order;
  const redeemed = await tx.userCoupon.findMany({
    where: { orderId: order.id, status: 'redeemed' },
    include: { coupon: true, cycle: true },
    orderBy: [{ assignedSimulatedAt: 'asc' }, { coupon: { code: 'asc' } }],
  });
  if (redeemed.length === 0) return [];
  // Counts of limited coupons are taken by coupon, as the database takes them: two who wait never wait for each other.
  await tx.$queryRaw`
    SELECT 1 FROM coupon_redemptions r
    JOIN user_coupons u ON u.coupon_id = r.coupon_id AND u.simulation_id IS NOT DISTINCT FROM r.simulation_id
    WHERE u.order_id = ${order.id}::uuid ORDER BY r.coupon_id FOR NO KEY UPDATE OF r`;
  let open = await tx.userCoupon.count({
    where: { simulationId, userId, status: { in: ['active', 'reserved'] } },
  });
  const capacity = await capacityOf(tx, simulationId);
  const start = redeemed[0]!.assignedSimulatedAt;
  const given: GivenBack[] = [];
  for (const row of redeemed) {
    const entry: WalletEntry = {
      code: row.coupon.code,
      scope: row.coupon.scope as WalletEntry['scope'],
      cycleNumber: row.cycle.cycleNumber,
      status: 'redeemed',
      closedReason: null,
      assignedHours: hoursBetween(start, row.assignedSimulatedAt),
      expiresHours: hoursBetween(start, row.expiresSimulatedAt),
    };
    const { status, closedReason } = giveBack(entry, open, capacity, hoursBetween(start, simulatedAt));
    if (status === 'active') open += 1;
    await tx.userCoupon.update({
      where: { id: row.id },
      data: { status, closedReason, orderId: null, statusSimulatedAt: simulatedAt },
    });
    given.push({ code: entry.code, status, closedReason });
  }
  return given;
}

async function capacityOf(tx: Transaction, simulationId: string | null): Promise<number> {
  if (simulationId === null) return PRODUCTION_CAPACITY;
  const { config } = await tx.simulationState.findUniqueOrThrow({ where: { simulationId } });
  return (config as { walletCapacity: number }).walletCapacity;
}

function hoursBetween(from: Date, to: Date): number {
  return ((to.getTime() - from.getTime()) * HOURS_PER_DAY) / 86_400_000;
}
