// What happened in simulations, as tables to learn from.
import { ConflictError, InvalidInputError } from '../domain/errors.ts';
import { addDays, daysBetween, toMs } from '../domain/retail/calendar.ts';
import { couponDepth, dealFeatures, dealLabel } from '../domain/retail/export-deals.ts';
import { exportedTables } from '../domain/retail/export-dictionary.ts';
import type { ExportTable } from '../domain/retail/export-dictionary.ts';
import { splitPayload } from '../domain/retail/export-events.ts';
import { firstTestDay, householdFold, timeFold, windowFold } from '../domain/retail/export-splits.ts';
import type { SimulationConfig } from '../domain/retail/simulation.ts';
import type { Database } from '../prisma/client.ts';
import { withExportReader } from '../prisma/export-store.ts';
import type {
  DealRecord,
  ExportReader,
  ExportRow,
  ExportedSimulation,
  HistoryRow,
  ReadTable,
} from '../prisma/export-store.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import type { SimulationRecord } from '../prisma/simulation-store.ts';

export type ExportOptions = {
  readonly withLatent: boolean;
  /** Days within which a redemption counts; null for the coupon's life. */
  readonly horizonDays: number | null;
  /** Share of households, and of days at the end, that are held out. */
  readonly testShare: number;
};

/** Tables with their rows, and what is to be known about all of them. */
export type Export = {
  readonly tables: readonly { readonly table: ExportTable; readonly rows: AsyncIterable<ExportRow[]> }[];
  readonly description: ExportDescription;
};

export type ExportDescription = ExportOptions & {
  /** First day number of the test period. */
  readonly testFromDay: number;
  readonly simulations: readonly {
    readonly simulationId: string;
    readonly status: string;
    /** Days that are exported: those that were committed. */
    readonly days: number;
    readonly untilDate: string;
    /** What the publisher of the dataset says about it. */
    readonly notice: string | null;
    readonly config: SimulationConfig;
  }[];
};

/**
 * Reads simulations for `write`, all tables within one snapshot. One that goes on is exported up to its last committed day.
 * @throws NotFoundError, ConflictError when a simulation has no day yet, InvalidInputError
 */
export async function exportSimulations<T>(
  db: Database,
  simulationIds: readonly string[],
  options: ExportOptions,
  write: (exported: Export) => Promise<T>,
): Promise<T> {
  requireSensible(options);
  const records = await Promise.all(simulationIds.map((id) => loadSimulation(db, id)));
  const empty = records.find(({ committedDays }) => committedDays === 0);
  if (empty !== undefined)
    throw new ConflictError(
      `Simulation "${empty.config.simulationId}" is ${empty.status} and has no committed day yet: there is nothing to export.`,
    );
  const testFromDay = firstTestDay(
    records.map(({ committedDays }) => committedDays),
    options.testShare,
  );
  const plan = { ...options, testFromDay };
  const simulations = records.map(exportedSimulationOf);
  const datasets = await db.dataset.findMany({ select: { id: true, notice: true } });
  return withExportReader(db, (reader) =>
    write({
      tables: exportedTables(options.withLatent).map((table) => ({
        table,
        rows: rowsOf(reader, table, simulations, plan),
      })),
      description: {
        ...plan,
        simulations: records.map(({ config, status }, i) => ({
          simulationId: config.simulationId,
          status,
          days: records[i]!.committedDays,
          untilDate: simulations[i]!.untilDate,
          notice: datasets.find(({ id }) => id === config.datasetId)?.notice ?? null,
          config,
        })),
      },
    }),
  );
}

function requireSensible({ horizonDays, testShare }: ExportOptions): void {
  if (horizonDays !== null && !(Number.isInteger(horizonDays) && horizonDays >= 1 && horizonDays <= 3_660))
    throw new InvalidInputError(`A horizon is a whole number of days from 1 to 3660, not ${horizonDays}.`);
  if (!(testShare > 0 && testShare < 1))
    throw new InvalidInputError(`The share that is held out lies between 0 and 1, not at ${testShare}.`);
}

function exportedSimulationOf({ config, committedDays }: SimulationRecord): ExportedSimulation {
  const { simulationId, datasetId, startDate } = config;
  return { simulationId, datasetId, startDate, untilDate: addDays(startDate, committedDays) };
}

type Plan = ExportOptions & { readonly testFromDay: number };

async function* rowsOf(
  reader: ExportReader,
  table: ExportTable,
  simulations: readonly ExportedSimulation[],
  plan: Plan,
): AsyncGenerator<ExportRow[]> {
  for (const simulation of simulations) {
    if (table.name === 'deals') {
      for await (const histories of reader.histories(simulation))
        yield histories.flatMap((history) => dealRows(history, simulation, plan));
      continue;
    }
    for await (const rows of reader.rows(table.name as ReadTable, storedColumns(table), simulation))
      yield rows.map((row) => completed(row, table, simulation, plan));
  }
}

/** Columns that are made here and not read. */
const MADE = ['simulation_id', 'split_household', 'split_time', 'latent_payload'];

function storedColumns({ columns }: ExportTable): string[] {
  return columns.map(({ name }) => name).filter((name) => !MADE.includes(name));
}

function completed(
  row: ExportRow,
  table: ExportTable,
  { simulationId }: ExportedSimulation,
  { testShare, testFromDay }: Plan,
): ExportRow {
  const { agent_id: agentId, day_number: dayNumber } = row as { agent_id: string; day_number: number };
  return {
    ...row,
    ...(table.name === 'events' ? payloadsOf(row) : {}),
    simulation_id: simulationId,
    split_household: householdFold(agentId, testShare),
    split_time: timeFold(dayNumber, testFromDay),
  };
}

function payloadsOf({ event_type: type, payload: stored }: ExportRow): ExportRow {
  const { payload, latentPayload } = splitPayload(type as string, stored as Record<string, unknown>);
  return { payload, latent_payload: latentPayload };
}

/** Rows of one shopper's deals, by the names of their columns. */
function dealRows(history: HistoryRow, simulation: ExportedSimulation, plan: Plan): ExportRow[] {
  const features = dealFeatures(history);
  const fold = householdFold(history.agentId, plan.testShare);
  return history.coupons.map((coupon, i): ExportRow => {
    const date = new Date(coupon.assignedMs).toISOString().slice(0, 10);
    const dayNumber = daysBetween(simulation.startDate, date);
    const label = dealLabel(coupon, plan.horizonDays, toMs(simulation.untilDate));
    const windowEndDay = (label.windowEndMs - toMs(simulation.startDate)) / 86_400_000;
    const known = features[i]!;
    return {
      simulation_id: simulation.simulationId,
      agent_id: history.agentId,
      ...couponColumns(coupon),
      simulated_date: date,
      day_number: dayNumber,
      split_household: fold,
      split_time: windowFold(dayNumber, windowEndDay, plan.testFromDay),
      past_orders: known.pastOrders,
      past_units: known.pastUnits,
      past_units_category: known.pastUnitsCategory,
      past_units_brand: known.pastUnitsBrand,
      past_deals: known.pastDeals,
      past_redemptions: known.pastRedemptions,
      days_since_last_order: known.daysSinceLastOrder,
      redeemed_within: label.redeemedWithin,
      days_to_redemption: label.daysToRedemption,
      days_observed: label.daysObserved,
      is_censored: label.isCensored,
      is_window_observed: label.isWindowObserved,
      closed_reason: label.closedReason,
    };
  });
}

/** What the shop knows of a deal when it makes it. */
function couponColumns(coupon: DealRecord): ExportRow {
  return {
    cycle_number: coupon.cycleNumber,
    coupon_code: coupon.code,
    assigned_at: new Date(coupon.assignedMs),
    expires_at: new Date(coupon.expiresMs),
    policy_version: coupon.policyVersion,
    refresh_policy: coupon.refreshPolicy,
    assignment_probability: coupon.assignmentProbability,
    candidate_count: coupon.candidateCount,
    is_pool_exhausted: coupon.isPoolExhausted,
    wallet_before: coupon.walletBefore,
    campaign_code: coupon.campaignCode,
    scope: coupon.scope,
    kind: coupon.kind,
    category: coupon.category,
    brand: coupon.brand,
    percent_off: coupon.percentOff,
    amount_off_cents: coupon.amountOffCents,
    max_discount_cents: coupon.maxDiscountCents,
    min_spend_cents: coupon.minSpendCents,
    vendor_share_percent: coupon.vendorSharePercent,
    depth: couponDepth(coupon),
  };
}
