import type { DealtCoupon, PlacedOrder } from '../domain/retail/export-deals.ts';
import type { Coupon } from '../domain/retail/coupon.ts';
import type { Database } from './client.ts';
import type { Transaction } from './rows.ts';

// What an export reads: one statement a table, by business keys, in their order, through a cursor, so that memory does
// not grow with the simulation. Surrogate ids and real times stay behind.

/** A simulation, as far as it is exported. */
export type ExportedSimulation = {
  readonly simulationId: string;
  readonly datasetId: string;
  readonly startDate: string;
  /** First day that is left out. */
  readonly untilDate: string;
};

export type ExportRow = Readonly<Record<string, unknown>>;

/** Tables that are read row by row; deals are put together from histories. */
export type ReadTable = keyof typeof READS;

/** 00:00 of the first day that is left out. */
const UNTIL = `($2::date::timestamp AT TIME ZONE 'UTC')`;

const DAY = (table: string): string =>
  `${table}.simulated_date::text AS simulated_date, (${table}.simulated_date - x.start_date)::int AS day_number`;

/** Sessions of the exported days; `x` is the simulation. */
const SESSIONS = `simulation_state x JOIN shopping_sessions s
    ON s.simulation_id = x.simulation_id AND s.simulated_date < $2::date`;
const SESSION = `s.agent_id, ${DAY('s')}, s.trip_number`;
const SESSION_KEY = 'agent_id COLLATE "C", simulated_date, trip_number';
const OF_SIMULATION = 'WHERE x.simulation_id = $1';

/** $1 is the simulation, $2 the first date that is left out. */
const READS = {
  agents: {
    order: 'agent_id COLLATE "C"',
    sql: `SELECT a.agent_id, age, age_group, gender, income_bracket, household_size, has_children, location_region,
            price_sensitivity, brand_loyalty, impulsivity, tech_savviness, to_jsonb(preferred_categories) AS preferred_categories,
            weekly_budget_cents, shopping_frequency, avg_cart_value_cents, pref_day_weekday, pref_day_saturday, pref_day_sunday,
            pref_time_morning, pref_time_afternoon, pref_time_evening, coupon_affinity, deal_seeking_behavior, visit_rate,
            to_jsonb(imputed_attributes) AS imputed_attributes, generation_model, backstory,
            to_jsonb(sample_shopping_patterns) AS sample_shopping_patterns
          FROM simulation_agents x JOIN agents a ON a.agent_id = x.agent_id
          ${OF_SIMULATION} AND $2::date IS NOT NULL`,
  },
  shopping_days: {
    order: 'agent_id COLLATE "C", simulated_date',
    sql: `SELECT d.agent_id, ${DAY('d')}, d.status,
            (SELECT count(*) FROM shopping_sessions s WHERE s.simulation_id = d.simulation_id AND s.agent_id = d.agent_id
               AND s.simulated_date = d.simulated_date)::int AS trips,
            (SELECT count(*) FROM shopping_sessions s WHERE s.simulation_id = d.simulation_id AND s.agent_id = d.agent_id
               AND s.simulated_date = d.simulated_date AND s.outcome = 'completed')::int AS orders,
            d.visit_probability, d.visit_draw, d.visit_terms, d.state_after AS household_state
          FROM simulation_state x JOIN shopping_days d ON d.simulation_id = x.simulation_id AND d.simulated_date < $2::date
          ${OF_SIMULATION}`,
  },
  sessions: {
    order: SESSION_KEY,
    sql: `SELECT ${SESSION}, t.code AS store_code, s.channel, s.outcome, s.started_simulated_at AS started_at,
            s.ended_simulated_at AS ended_at, s.trip_type, s.abandon_reason
          FROM ${SESSIONS} JOIN stores t ON t.id = s.store_id
          ${OF_SIMULATION}`,
  },
  events: {
    order: `${SESSION_KEY}, sequence`,
    sql: `SELECT ${SESSION}, e.sequence, e.event_type, e.simulated_at, e.schema_version,
            CASE WHEN u.id IS NULL THEN e.payload
                 ELSE e.payload - 'userCouponId' || jsonb_build_object('cycleNumber', y.cycle_number) END AS payload
          FROM ${SESSIONS} JOIN shopping_session_events e ON e.session_id = s.id
          LEFT JOIN user_coupons u ON u.id = (e.payload ->> 'userCouponId')::uuid
          LEFT JOIN offer_cycles y ON y.id = u.offer_cycle_id
          ${OF_SIMULATION}`,
  },
  choice_sets: {
    order: `${SESSION_KEY}, choice_number, rank`,
    // Materialized, so that no plan adds a category up again for every row.
    sql: `WITH shelves AS MATERIALIZED (
            SELECT p.category, sum(p.popularity * p.regular_price_cents ORDER BY p.sku) / sum(p.popularity ORDER BY p.sku) AS mean_price_cents
            FROM simulation_state x JOIN products p ON p.dataset_id = x.dataset_id AND p.is_active ${OF_SIMULATION} GROUP BY p.category)
          SELECT ${SESSION}, c.sequence AS choice_number, shown.rank::int AS rank, c.category, shown.sku, p.brand, p.is_private_label,
            p.regular_price_cents, shown.shelf_price_cents, m.mean_price_cents AS mean_category_price_cents,
            shown.shelf_price_cents / m.mean_price_cents AS price_ratio, shown.is_featured, shown.is_displayed,
            shown.sku = c.chosen_sku AS is_chosen, shown.effective_price_cents,
            shown.effective_price_cents / m.mean_price_cents AS effective_price_ratio, p.popularity,
            shown.utility, shown.noise, shown.probability
          FROM ${SESSIONS} JOIN choice_sets c ON c.session_id = s.id
          CROSS JOIN LATERAL unnest(c.shown_skus, c.shelf_price_cents, c.effective_price_cents, c.is_featured, c.is_displayed,
              c.utilities, c.noise, c.probabilities) WITH ORDINALITY
            AS shown(sku, shelf_price_cents, effective_price_cents, is_featured, is_displayed, utility, noise, probability, rank)
          JOIN products p ON p.dataset_id = x.dataset_id AND p.sku = shown.sku
          JOIN shelves m ON m.category = c.category
          ${OF_SIMULATION}`,
  },
  impressions: {
    order: `${SESSION_KEY}, cycle_number, coupon_code COLLATE "C"`,
    sql: `SELECT ${SESSION}, y.cycle_number, c.code AS coupon_code, i.rank, i.is_shown, i.is_noticed, i.is_opened, i.notice_probability
          FROM ${SESSIONS} JOIN coupon_impressions i ON i.session_id = s.id
          JOIN user_coupons u ON u.id = i.user_coupon_id JOIN coupons c ON c.id = u.coupon_id JOIN offer_cycles y ON y.id = u.offer_cycle_id
          ${OF_SIMULATION}`,
  },
  orders: {
    order: SESSION_KEY,
    sql: `SELECT ${SESSION}, o.simulated_at AS placed_at,
            CASE WHEN o.cancelled_simulated_at < ${UNTIL} THEN 'cancelled' ELSE 'completed' END AS status,
            CASE WHEN o.cancelled_simulated_at < ${UNTIL} THEN o.cancelled_simulated_at END AS cancelled_at,
            o.currency, o.subtotal_cents, o.discount_cents, o.shipping_cents, o.total_cents, o.unit_cost_cents,
            o.vendor_funded_cents, o.redemption_fee_cents
          FROM ${SESSIONS} JOIN orders o ON o.session_id = s.id
          ${OF_SIMULATION}`,
  },
  order_lines: {
    order: `${SESSION_KEY}, line_number`,
    sql: `SELECT ${SESSION}, l.line_number, p.category, p.sku, p.brand, p.is_private_label, l.quantity, l.regular_price_cents,
            l.unit_price_cents, l.unit_cost_cents, l.line_discount_cents, l.order_discount_cents
          FROM ${SESSIONS} JOIN orders o ON o.session_id = s.id JOIN order_lines l ON l.order_id = o.id
          JOIN products p ON p.id = l.product_id
          ${OF_SIMULATION}`,
  },
  redemptions: {
    order: `${SESSION_KEY}, cycle_number, coupon_code COLLATE "C"`,
    sql: `SELECT ${SESSION}, y.cycle_number, c.code AS coupon_code, d.target, d.amount_cents, d.vendor_funded_cents, d.redemption_fee_cents
          FROM ${SESSIONS} JOIN orders o ON o.session_id = s.id JOIN order_discounts d ON d.order_id = o.id
          JOIN user_coupons u ON u.id = d.user_coupon_id JOIN coupons c ON c.id = u.coupon_id JOIN offer_cycles y ON y.id = u.offer_cycle_id
          ${OF_SIMULATION}`,
  },
} as const;

/** A coupon that was dealt, with what the shop knew of the deal. */
export type DealRecord = DealtCoupon &
  Pick<Coupon, 'maxDiscountCents' | 'vendorSharePercent' | 'campaignCode'> & {
    readonly policyVersion: string;
    readonly refreshPolicy: string;
    readonly assignmentProbability: number;
    readonly candidateCount: number;
    readonly isPoolExhausted: boolean;
    readonly walletBefore: number;
  };

export type HistoryRow = {
  readonly agentId: string;
  readonly orders: readonly PlacedOrder[];
  readonly coupons: readonly DealRecord[];
};

const MS = (instant: string): string => `(extract(epoch FROM ${instant}) * 1000)::float8`;

/** One row a shopper: all its purchases and coupons, with the coupons' transitions. $2 as above. */
const HISTORIES = `
  SELECT a.agent_id AS "agentId",
    coalesce((
      SELECT jsonb_agg(jsonb_build_object('atMs', ${MS('o.simulated_at')}, 'cancelledAtMs', ${MS('o.cancelled_simulated_at')},
        'lines', (SELECT coalesce(jsonb_agg(jsonb_build_object('category', p.category, 'brand', p.brand, 'quantity', l.quantity)), '[]')
                  FROM order_lines l JOIN products p ON p.id = l.product_id WHERE l.order_id = o.id)))
      FROM orders o WHERE o.user_id = a.user_id AND o.simulation_id = x.simulation_id AND o.simulated_at < ${UNTIL}), '[]') AS orders,
    coalesce((
      SELECT jsonb_agg(jsonb_build_object('code', c.code, 'cycleNumber', y.cycle_number, 'scope', c.scope, 'kind', c.kind,
        'category', c.category, 'brand', c.brand, 'percentOff', c.percent_off, 'amountOffCents', c.amount_off_cents,
        'maxDiscountCents', c.max_discount_cents, 'minSpendCents', c.min_spend_cents, 'vendorSharePercent', c.vendor_share_percent,
        'campaignCode', g.code,
        'assignedMs', ${MS('u.assigned_simulated_at')}, 'expiresMs', ${MS('u.expires_simulated_at')},
        'policyVersion', u.policy_version, 'refreshPolicy', d.refresh_policy, 'assignmentProbability', u.assignment_probability,
        'candidateCount', CASE WHEN c.scope = 'frontstore' THEN d.eligible_frontstore ELSE d.eligible_category_brand END,
        'isPoolExhausted', d.pool_exhausted, 'walletBefore', d.wallet_before,
        'transitions', (SELECT jsonb_agg(jsonb_build_object('toStatus', t.to_status, 'closedReason', t.closed_reason,
                          'atMs', ${MS('t.simulated_at')}) ORDER BY t.sequence)
                        FROM user_coupon_transitions t WHERE t.user_coupon_id = u.id))
        ORDER BY y.cycle_number, c.code COLLATE "C")
      FROM user_coupons u JOIN offer_cycles y ON y.id = u.offer_cycle_id
      JOIN offer_deals d ON d.simulation_id = u.simulation_id AND d.user_id = u.user_id AND d.offer_cycle_id = u.offer_cycle_id
      JOIN coupons c ON c.id = u.coupon_id JOIN campaigns g ON g.id = c.campaign_id
      WHERE u.user_id = a.user_id AND u.simulation_id = x.simulation_id AND u.assigned_simulated_at < ${UNTIL}), '[]') AS coupons
  FROM simulation_agents x JOIN agents a ON a.agent_id = x.agent_id
  WHERE x.simulation_id = $1
  ORDER BY a.agent_id COLLATE "C"`;

/** Mean regular price of the products that each coupon is for. */
const COUPON_PRICES = `
  SELECT c.code, sum(p.popularity * p.regular_price_cents ORDER BY p.sku) / sum(p.popularity ORDER BY p.sku) AS cents
  FROM simulation_state s JOIN coupons c ON c.dataset_id = s.dataset_id
  JOIN products p ON p.dataset_id = c.dataset_id AND p.is_active AND (c.category IS NULL OR p.category = c.category)
    AND (c.brand IS NULL OR p.brand = c.brand) AND p.brand <> ALL (c.excluded_brands)
  WHERE s.simulation_id = $1 GROUP BY c.code`;

const ROWS_PER_FETCH = 5_000;
const HISTORIES_PER_FETCH = 20;
/** Of one export; a transaction of Prisma's has to have some limit. */
const LONGEST_MS = 24 * 3_600_000;

/** Reads within one snapshot: what a simulation that goes on does meanwhile is not seen. */
export async function withExportReader<T>(
  db: Database,
  use: (reader: ExportReader) => Promise<T>,
): Promise<T> {
  return db.$transaction((tx) => use(new ExportReader(tx)), {
    isolationLevel: 'RepeatableRead',
    timeout: LONGEST_MS,
  });
}

export class ExportReader {
  readonly #tx: Transaction;
  #cursors = 0;

  constructor(tx: Transaction) {
    this.#tx = tx;
  }

  /** Rows of a table in batches, in order of its key. @param columns of those that the table has */
  rows(
    table: ReadTable,
    columns: readonly string[],
    { simulationId, untilDate }: ExportedSimulation,
  ): AsyncIterable<ExportRow[]> {
    const { sql, order } = READS[table];
    return this.#read(
      `SELECT ${columns.join(', ')} FROM (${sql}) AS t ORDER BY ${order}`,
      [simulationId, untilDate],
      ROWS_PER_FETCH,
    );
  }

  /** Histories of all shoppers in batches, by agent id; of the exported days, but for transitions and cancellations. */
  async *histories({ simulationId, untilDate }: ExportedSimulation): AsyncGenerator<HistoryRow[]> {
    const prices = await this.#tx.$queryRawUnsafe<{ code: string; cents: number }[]>(
      COUPON_PRICES,
      simulationId,
    );
    const priceOf = new Map(prices.map(({ code, cents }) => [code, cents]));
    const batches = this.#read<HistoryRow>(HISTORIES, [simulationId, untilDate], HISTORIES_PER_FETCH);
    for await (const rows of batches)
      yield rows.map((row) => ({
        ...row,
        coupons: row.coupons.map((coupon) => ({
          ...coupon,
          referencePriceCents: priceOf.get(coupon.code) ?? null,
        })),
      }));
  }

  async *#read<R>(sql: string, parameters: readonly string[], batch: number): AsyncGenerator<R[]> {
    const cursor = `export_${(this.#cursors += 1)}`;
    await this.#tx.$executeRawUnsafe(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${sql}`, ...parameters);
    for (;;) {
      const rows = await this.#tx.$queryRawUnsafe<R[]>(`FETCH ${batch} FROM ${cursor}`);
      if (rows.length > 0) yield rows;
      if (rows.length < batch) break;
    }
    await this.#tx.$executeRawUnsafe(`CLOSE ${cursor}`);
  }
}
