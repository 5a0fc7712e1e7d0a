import { AgentFailure, DaySettledError } from '../domain/errors.ts';
import { HOURS_PER_DAY, addDays, instantAt, toMs } from '../domain/retail/calendar.ts';
import { visitDecision } from '../domain/retail/visit-choice.ts';
import type { BinaryDecision, DayContext, WalletCoupon } from '../domain/retail/choice-context.ts';
import { offeredCoupon } from '../domain/retail/daily-limits.ts';
import { effectsOn } from '../domain/retail/event-calendar.ts';
import { householdProfile } from '../domain/retail/household.ts';
import { initialHousehold } from '../domain/retail/initial-household.ts';
import type { HouseholdState } from '../domain/retail/household.ts';
import { Persona } from '../domain/retail/persona.ts';
import { agentKey } from '../domain/retail/shopping-day.ts';
import type { DayFailure, LivedDay, LivedSession } from '../domain/retail/shopping-day.ts';
import { EVENT_SCHEMA_VERSION } from '../domain/retail/shopping-event.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import { NO_TOTALS, addTotals, totalsOf } from '../domain/retail/statistics.ts';
import type { DayTotals } from '../domain/retail/statistics.ts';
import { RandomKey } from '../domain/random.ts';
import type { LoadedCatalog } from './catalog-store.ts';
import type { Database } from './client.ts';
import { idOf } from './ids.ts';
import { hoursAt } from './offer-store.ts';
import { loadQuarantined } from './quarantine-store.ts';
import { orderDiscountRows, orderLineRows, orderMoney } from './order-rows.ts';
import { insertRows, isRefusedByDatabase } from './rows.ts';
import type { Row } from './rows.ts';

/** What a shopping day starts from: the domain's context, and the ids that its rows refer to. */
export type LoadedDay = {
  readonly context: DayContext;
  readonly agentId: string;
  readonly userId: string;
};

/** An agent that cannot be read is reported by name, so that the others go on. */
export type DayCandidate = { readonly agentId: string; readonly stored: StoredDay | null } & (
  { type: 'ok'; day: LoadedDay } | { type: 'malformed'; reason: string }
);

/** What is stored of one agent's day. */
export type StoredDay =
  | { readonly status: 'home' | 'planned' }
  | { readonly status: 'completed'; readonly totals: DayTotals }
  | { readonly status: 'failed' | 'quarantined'; readonly reason: string };

/**
 * Loads what the days of some agents start from, and what is stored of them already. Agents whose persona does not
 * parse come back as malformed.
 * @param day number of the day from 0
 */
export async function loadDays(
  db: Database,
  config: SimulationConfig,
  catalog: LoadedCatalog,
  day: number,
  agentIds: readonly string[],
): Promise<DayCandidate[]> {
  const date = addDays(config.startDate, day);
  const agents = await db.agent.findMany({ where: { agentId: { in: [...agentIds] } } });
  const standings = await readStandings(db, config, date, agentIds);
  const standingOf = new Map(standings.map((standing) => [standing.agentId, standing]));
  const root = RandomKey.of(config.seed);
  return agents.map((row): DayCandidate => {
    const { agentId, userId } = row;
    const standing = standingOf.get(agentId)!;
    const stored = storedDayOf(standing);
    const parsed = Persona.safeParse(row);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      return { agentId, stored, type: 'malformed', reason: `${issue.path.join('.')}: ${issue.message}` };
    }
    const key = agentKey(root, agentId);
    const profile = householdProfile(parsed.data, catalog.index, config.choice, config.channel, key);
    const shopper = {
      persona: parsed.data,
      catalog: catalog.index,
      parameters: config.choice,
      channel: config.channel,
      profile,
      key,
    };
    const context: DayContext = {
      ...shopper,
      household: standing.stateBefore ?? initialHousehold(shopper),
      day,
      date,
      effects: effectsOn(config.events, date),
      wallet: (standing.wallet ?? []).map((entry) => walletCouponOf(entry, config, catalog)),
    };
    return { agentId, stored, type: 'ok', day: { context, agentId, userId } };
  });
}

/** How an agent stands at the start of a day. */
type Standing = {
  readonly agentId: string;
  /** Of the day itself, null when it was never planned. */
  readonly status: string | null;
  readonly result: unknown;
  readonly failure: unknown;
  readonly stateBefore: HouseholdState | null;
  /** Null when there are no open coupons. */
  readonly wallet: readonly WalletRow[] | null;
};

type WalletRow = {
  readonly id: string;
  readonly coupon: number;
  readonly assigned: string;
  readonly expires: string;
  readonly isWithheld: boolean;
};

/** One statement for all of it: round trips are a large part of what a day costs. */
async function readStandings(
  db: Database,
  { simulationId }: SimulationConfig,
  date: string,
  agentIds: readonly string[],
): Promise<Standing[]> {
  return db.$queryRaw`
    SELECT a.agent_id AS "agentId", d.status, d.result, d.failure,
      (SELECT b.state_after FROM shopping_days b
       WHERE b.simulation_id = ${simulationId} AND b.agent_id = a.agent_id AND b.simulated_date < ${date}::date AND b.status = 'completed'
       ORDER BY b.simulated_date DESC LIMIT 1) AS "stateBefore",
      (SELECT jsonb_agg(jsonb_build_object(
                'id', u.id, 'coupon', u.coupon_id, 'assigned', u.assigned_simulated_at, 'expires', u.expires_simulated_at,
                'isWithheld', EXISTS (SELECT 1 FROM withheld_coupons w WHERE w.user_coupon_id = u.id AND w.simulated_date = ${date}::date))
              ORDER BY u.coupon_id)
       FROM user_coupons u
       WHERE u.user_id = a.user_id AND u.simulation_id = ${simulationId} AND u.status = 'active') AS wallet
    FROM agents a
    LEFT JOIN shopping_days d ON d.simulation_id = ${simulationId} AND d.agent_id = a.agent_id AND d.simulated_date = ${date}::date
    WHERE a.agent_id = ANY (${[...agentIds]}::text[])`;
}

function storedDayOf({ status, result, failure }: Standing): StoredDay | null {
  if (status === null) return null;
  if (status === 'completed') return { status, totals: result as DayTotals };
  if (status === 'failed' || status === 'quarantined')
    return { status, reason: (failure as { reason: string }).reason };
  return { status: status === 'home' ? 'home' : 'planned' };
}

function walletCouponOf(
  { id, coupon, assigned, expires, isWithheld }: WalletRow,
  config: SimulationConfig,
  catalog: LoadedCatalog,
): WalletCoupon {
  return {
    userCouponId: id,
    coupon: offeredCoupon(catalog.couponById.get(coupon)!, {
      policy: config.offerPolicy,
      campaignBudgets: catalog.campaignBudgets,
      catalog: catalog.index,
    }),
    assignedHours: hoursAt(config, new Date(assigned)),
    expiresHours: hoursAt(config, new Date(expires)),
    ...(isWithheld ? { isWithheld: true } : {}),
  };
}

/** Loads one agent's day. @throws AgentFailure when there is no such agent */
export async function loadDay(
  db: Database,
  config: SimulationConfig,
  catalog: LoadedCatalog,
  day: number,
  agentId: string,
): Promise<DayCandidate> {
  const [candidate] = await loadDays(db, config, catalog, day, [agentId]);
  if (candidate === undefined) throw new AgentFailure(`there is no agent "${agentId}"`);
  return candidate;
}

/**
 * Decides for some agents whether they shop on a day, and records each decision, also to stay at home. Days that are
 * decided already are left alone. A malformed agent is planned, so that its day fails where failures are handled; one
 * in quarantine is not.
 */
export async function planDays(
  db: Database,
  config: SimulationConfig,
  catalog: LoadedCatalog,
  day: number,
  agentIds: readonly string[],
): Promise<void> {
  const candidates = await loadDays(db, config, catalog, day, agentIds);
  const quarantined = await loadQuarantined(db, config, day);
  const rows = candidates.map((candidate): Row => {
    const visit: BinaryDecision =
      candidate.type === 'ok'
        ? visitDecision(candidate.day.context)
        : { probability: 1, draw: 0, isYes: true, terms: {} };
    const reason = quarantined.get(candidate.agentId);
    return {
      simulation_id: config.simulationId,
      agent_id: candidate.agentId,
      simulated_date: addDays(config.startDate, day),
      status: visit.isYes ? (reason === undefined ? 'planned' : 'quarantined') : 'home',
      failure: visit.isYes && reason !== undefined ? { type: 'agent', reason } : null,
      visit_probability: visit.probability,
      visit_draw: visit.draw,
      visit_terms: visit.terms,
      created_at: new Date().toISOString(),
    };
  });
  if (rows.length > 0) await insertRows(db, 'shopping_days', rows, 'nothing');
}

/** Agents whose day is to be lived or was, whatever has become of it, by agent id. */
export async function loadShoppers(db: Database, config: SimulationConfig, day: number): Promise<string[]> {
  const rows = await db.$queryRaw<{ agentId: string }[]>`
    SELECT agent_id AS "agentId" FROM shopping_days
    WHERE simulation_id = ${config.simulationId} AND simulated_date = ${addDays(config.startDate, day)}::date AND status NOT IN ('home', 'quarantined')
    ORDER BY agent_id COLLATE "C"`;
  return rows.map((row) => row.agentId);
}

/**
 * Saves all effects of a lived day in one transaction: sessions, events, choice sets, impressions, carts, purchases,
 * redeemed coupons, and the day itself. When the day was saved before, nothing is written and the stored totals are
 * returned: the first save wins. A coupon that is no longer active undoes the whole day, which is then lived anew.
 */
export async function saveDay(
  db: Database,
  config: SimulationConfig,
  catalog: LoadedCatalog,
  { context, agentId, userId }: LoadedDay,
  lived: LivedDay,
): Promise<DayTotals> {
  const totals = totalsOf(lived.sessions.map(({ session }) => session));
  const sessions = lived.sessions.map((session) =>
    sessionRows(config, catalog, context, agentId, userId, session),
  );
  const rows = Object.fromEntries(
    TABLES.map((table) => [table, sessions.flatMap((session) => session[table])]),
  );
  let isFirst: boolean;
  try {
    const [saved] = await db.$queryRaw<{ isFirst: boolean }[]>`
      SELECT save_shopping_day(${config.simulationId}, ${agentId}, ${context.date}::date, ${JSON.stringify(totals)}::jsonb,
        ${JSON.stringify(lived.household)}::jsonb, ${JSON.stringify(rows)}::jsonb) AS "isFirst"`;
    isFirst = saved!.isFirst;
  } catch (error) {
    if (!isRefusedByDatabase(error)) throw error;
    throw new AgentFailure(`what agent "${agentId}" did on ${context.date} cannot be stored`, {
      cause: error,
    });
  }
  if (isFirst) return totals;
  const { stored } = await loadDay(db, config, catalog, context.day, agentId);
  if (stored?.status !== 'completed')
    throw new DaySettledError(
      `the day ${context.date} of agent "${agentId}" was over before it was lived: ${stored?.status ?? 'never planned'}`,
    );
  return stored.totals;
}

/** Records that a planned day could not be lived. A day that was lived after all stays lived. */
export async function failDay(
  db: Database,
  config: SimulationConfig,
  day: number,
  agentId: string,
  { type, reason }: DayFailure,
): Promise<void> {
  await db.shoppingDay.updateMany({
    where: {
      simulationId: config.simulationId,
      agentId,
      simulatedDate: dateOf(config, day),
      status: 'planned',
    },
    data: {
      status: 'failed',
      failure: { type, reason: reason.slice(0, 2_000) },
      finishedAt: new Date(),
      unanswered: 0,
    },
  });
}

/** Notes that one more attempt begins to live a day; returns how many have begun and not answered. */
export async function beginAgain(
  db: Database,
  config: SimulationConfig,
  day: number,
  agentId: string,
): Promise<number> {
  const rows = await db.$queryRaw<{ unanswered: number }[]>`
    UPDATE shopping_days SET unanswered = unanswered + 1
    WHERE simulation_id = ${config.simulationId} AND agent_id = ${agentId}
      AND simulated_date = ${addDays(config.startDate, day)}::date AND status = 'planned'
    RETURNING unanswered`;
  return rows[0]?.unanswered ?? 0;
}

/** Notes that an attempt answered, if only with an error. */
export async function noteAnswer(
  db: Database,
  config: SimulationConfig,
  day: number,
  agentId: string,
): Promise<void> {
  await db.shoppingDay.updateMany({
    where: {
      simulationId: config.simulationId,
      agentId,
      simulatedDate: dateOf(config, day),
      status: 'planned',
    },
    data: { unanswered: 0 },
  });
}

/** The totals of some agents' days as they are stored, failures counted. */
export async function sumDays(
  db: Database,
  config: SimulationConfig,
  day: number,
  agentIds: readonly string[],
): Promise<DayTotals> {
  const rows = await db.shoppingDay.findMany({
    where: {
      simulationId: config.simulationId,
      simulatedDate: dateOf(config, day),
      agentId: { in: [...agentIds] },
    },
    select: { status: true, result: true },
  });
  return rows.reduce((sum, row) => {
    if (row.status === 'completed') return addTotals(sum, row.result as DayTotals);
    const isFailed = row.status !== 'home' && row.status !== 'quarantined';
    return isFailed ? addTotals(sum, { ...NO_TOTALS, failedDays: 1 }) : sum;
  }, NO_TOTALS);
}

/** What `save_shopping_day` writes: rows by table, and the coupons that become redeemed. */
const TABLES = [
  'shopping_sessions',
  'shopping_session_events',
  'choice_sets',
  'coupon_impressions',
  'cart_items',
  'orders',
  'order_lines',
  'redemptions',
  'order_discounts',
] as const;

type SessionRows = Record<(typeof TABLES)[number], Row[]>;

function sessionRows(
  config: SimulationConfig,
  catalog: LoadedCatalog,
  context: DayContext,
  agentId: string,
  userId: string,
  { session, eventMs }: LivedSession,
): SessionRows {
  const { simulationId } = config;
  const createdAt = new Date().toISOString();
  const sessionId = idOf('shopping_session', simulationId, agentId, context.date, session.trip);
  const orderId = idOf('order', simulationId, agentId, context.date, session.trip);
  const at = (ms: number): string =>
    instantAt(config.startDate, context.day * HOURS_PER_DAY + ms / 3_600_000);
  const productId = (sku: string): number => catalog.productIds.get(sku)!;
  const endedAt = at(eventMs.at(-1) ?? 0);
  const { priced } = session;
  const isBought = session.outcome === 'completed';
  return {
    shopping_sessions: [
      {
        id: sessionId,
        simulation_id: simulationId,
        user_id: userId,
        agent_id: agentId,
        store_id: catalog.storeIds.get(session.store.code)!,
        simulated_date: context.date,
        trip_number: session.trip,
        channel: session.channel,
        trip_type: session.tripType,
        outcome: session.outcome,
        abandon_reason: session.abandonReason,
        started_simulated_at: at(eventMs[0] ?? 0),
        ended_simulated_at: endedAt,
        is_simulation: true,
        created_at: createdAt,
      },
    ],
    shopping_session_events: session.events.map(({ type, ...payload }, i) => ({
      session_id: sessionId,
      sequence: i + 1,
      event_type: type,
      simulated_at: at(eventMs[i]!),
      schema_version: EVENT_SCHEMA_VERSION,
      payload,
      created_at: createdAt,
    })),
    choice_sets: session.choices.map((choice, i) => ({
      session_id: sessionId,
      sequence: i + 1,
      category: choice.category,
      chosen_sku: choice.chosen.product.sku,
      shown_skus: choice.items.map((item) => item.product.sku),
      shelf_price_cents: choice.items.map((item) => item.price.unitPriceCents),
      effective_price_cents: choice.items.map((item) => item.effectivePriceCents),
      is_featured: choice.items.map((item) => item.price.isFeatured),
      is_displayed: choice.items.map((item) => item.price.isDisplayed),
      utilities: choice.items.map((item) => item.utility),
      noise: choice.noise,
      probabilities: choice.probabilities,
    })),
    coupon_impressions: (session.walletView?.coupons ?? []).map((view) => ({
      session_id: sessionId,
      user_coupon_id: view.userCouponId,
      rank: view.rank,
      is_shown: session.walletView!.open.isYes,
      is_noticed: view.isNoticed,
      is_opened: view.isOpened,
      notice_probability: view.noticeProbability,
    })),
    cart_items: [...session.cart, ...session.removed].map((line) => ({
      session_id: sessionId,
      line_number: line.lineNumber,
      product_id: productId(line.sku),
      quantity: line.quantity,
      regular_price_cents: line.regularPriceCents,
      unit_price_cents: line.unitPriceCents,
      is_removed: session.removed.includes(line),
    })),
    orders: isBought
      ? [
          {
            id: orderId,
            simulation_id: simulationId,
            user_id: userId,
            session_id: sessionId,
            idempotency_key: `${agentId}/${context.date}/${session.trip}`,
            status: 'completed',
            currency: catalog.currency,
            ...orderMoney(priced),
            is_simulated: true,
            simulated_at: endedAt,
            created_at: createdAt,
          },
        ]
      : [],
    order_lines: isBought ? orderLineRows(orderId, priced, catalog) : [],
    order_discounts: isBought ? orderDiscountRows(orderId, priced) : [],
    redemptions: isBought
      ? priced.discounts.map((discount) => ({ id: discount.userCouponId, order_id: orderId, at: endedAt }))
      : [],
  };
}

function dateOf(config: SimulationConfig, day: number): Date {
  return new Date(toMs(addDays(config.startDate, day)));
}
