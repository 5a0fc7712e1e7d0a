import type { PanelReference } from '../domain/retail/dataset.ts';
import { cyclesIn } from '../domain/retail/offer-cycle.ts';
import { PANEL_TARGETS, compareRealism, profileDistance } from '../domain/retail/realism.ts';
import type { RealismRow, RealismTargets } from '../domain/retail/realism.ts';
import type { DayTotals } from '../domain/retail/statistics.ts';
import type { Database } from '../prisma/client.ts';
import { digestSimulation } from '../prisma/digest-store.ts';
import { listQuarantines } from '../prisma/quarantine-store.ts';
import type { QuarantineRecord } from '../prisma/quarantine-store.ts';
import { REPORT_SQL, loadReport } from '../prisma/report-store.ts';
import type { ReportFigures } from '../prisma/report-store.ts';
import { loadSimulation } from '../prisma/simulation-store.ts';
import type { SimulationRecord } from '../prisma/simulation-store.ts';

/** What a simulation has shown, and whether it can be trusted: the content of the demo's last screen and of `review`. */
export type SimulationReport = {
  readonly simulation: SimulationRecord;
  readonly dataset: {
    readonly id: string;
    readonly title: string;
    readonly notice: string | null;
    readonly currency: string;
  };
  readonly digest: string;
  readonly figures: ReportFigures;
  readonly realism: {
    readonly source: string;
    readonly rows: readonly RealismRow[];
    readonly day: Profile;
    readonly hour: Profile;
  };
  readonly checks: readonly Check[];
  /** Agents that were left alone since their days kept failing, with the reason. */
  readonly quarantines: readonly QuarantineRecord[];
  readonly speed: {
    readonly seconds: number;
    readonly simulatedPerReal: number;
    readonly shoppingDaysPerSecond: number;
  } | null;
  readonly limits: readonly string[];
  /** The query behind each section of `figures`; `$1` is the simulation id. */
  readonly sql: typeof REPORT_SQL;
};

/** Shares of sessions by day of the week or hour of the day, and their Kolmogorov-Smirnov distance. */
export type Profile = {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly distance: number;
};

export type Check = { readonly name: string; readonly isOk: boolean; readonly found: string };

/** What no simulation knows of. */
export const LIMITS = [
  'Not modelled: leaving for another store, out-of-stock, assortment zones, returns, fraud.',
  'Off unless configured: holidays and other events, satisfaction, offer fatigue, churn.',
];

export async function reviewSimulation(db: Database, simulationId: string): Promise<SimulationReport> {
  const simulation = await loadSimulation(db, simulationId);
  const dataset = await db.dataset.findUniqueOrThrow({ where: { id: simulation.config.datasetId } });
  const [figures, { digest }, quarantines] = await Promise.all([
    loadReport(db, simulationId),
    digestSimulation(db, simulationId),
    listQuarantines(db, simulationId),
  ]);
  const targets =
    dataset.reference === null
      ? PANEL_TARGETS
      : targetsOf(dataset.title, dataset.reference as unknown as PanelReference);
  const profile = Object.values(figures.profile).map((share) => share ?? 0);
  return {
    simulation,
    dataset: { id: dataset.id, title: dataset.title, notice: dataset.notice, currency: dataset.currency },
    digest,
    figures,
    realism: {
      source: targets.source,
      rows: compareRealism(figures.realism, targets),
      day: profileOf(profile.slice(0, 7), targets.dayShares),
      hour: profileOf(profile.slice(7), targets.hourShares),
    },
    checks: checksOf(simulation, figures),
    quarantines,
    speed: speedOf(simulation, figures),
    limits: LIMITS,
    sql: REPORT_SQL,
  };
}

function profileOf(ours: readonly number[], theirs: readonly number[]): Profile {
  return { ours, theirs, distance: profileDistance(ours, theirs) };
}

/** Everything that must hold whatever happened. */
function checksOf(
  { config, status, committedDays, cycleNumber, totals, finishedAt }: SimulationRecord,
  figures: ReportFigures,
): Check[] {
  const { integrity, ledger } = figures;
  // One that ends early may have opened the cycle of the day that it did not come to live.
  const expectedCycles =
    status === 'completed' ? cyclesIn(committedDays, config.offerCycleDays) : cycleNumber;
  const different = Object.entries(totals).filter(([name, value]) => figures.totals[name] !== value);
  const zero = (name: string, value: number | null | undefined): Check => ({
    name,
    isOk: value === 0,
    found: String(value),
  });
  const isOffersOnly = config.profile === 'offers_only';
  return [
    {
      name: 'totals folded by the workflows equal the rows',
      isOk: different.length === 0,
      found:
        different.length === 0
          ? `${Object.keys(totals).length} totals`
          : different.map(([name, value]) => foldedDifference(name, value, figures)).join(', '),
    },
    {
      name: `offer cycles in ${committedDays} days of ${config.offerCycleDays}-day cycles`,
      isOk: integrity['cycles'] === expectedCycles,
      found: String(integrity['cycles']),
    },
    {
      name: `largest wallet at any instant, at most ${config.walletCapacity}`,
      isOk: (integrity['largestWallet'] ?? 0) <= config.walletCapacity,
      found: String(integrity['largestWallet']),
    },
    zero('coupon ledger: dealt − redeemed + given back − expired − removed − open', ledger['error']),
    zero('orders whose lines and discounts do not add up', integrity['ordersNotAddingUp']),
    zero('coupons redeemed twice', integrity['redeemedTwice']),
    zero('redeemed coupons without an order', integrity['redeemedWithoutOrder']),
    zero('coupons redeemed more often than their limit', integrity['limitsExceeded']),
    zero('days that were missed', isOffersOnly ? 0 : integrity['missedDays']),
    zero('shopping days that failed', figures.totals['failedDays']),
    zero('shopping days of agents in quarantine', integrity['quarantinedDays']),
    ...(finishedAt === null ? [] : [zero('shopping days left unfinished', integrity['unfinishedDays'])]),
  ];
}

function foldedDifference(name: string, folded: number, figures: ReportFigures): string {
  return `${name} ${folded} against ${figures.totals[name as keyof DayTotals]} in the rows`;
}

function speedOf(
  { startedAt, finishedAt, committedDays, forkedFrom }: SimulationRecord,
  figures: ReportFigures,
): SimulationReport['speed'] {
  // A fork has not lived all of its days.
  if (finishedAt === null || forkedFrom !== null) return null;
  const seconds = (finishedAt.getTime() - startedAt.getTime()) / 1000;
  return {
    seconds,
    simulatedPerReal: (committedDays * 86_400) / seconds,
    shoppingDaysPerSecond: (figures.totals['shoppingDays'] ?? 0) / seconds,
  };
}

/** The figures of the very households that the agents were made from, restricted to what the catalogue sells. */
function targetsOf(title: string, reference: PanelReference): RealismTargets {
  return {
    source: `${title}, the same ${reference.households} households, products of the catalogue`,
    sessionsPerAgentWeek: reference.sessionsPerHouseholdWeek.mean,
    shopDaysPerDay: reference.shopDaysPerDay.mean,
    linesPerBasket: reference.linesPerBasket.mean,
    medianLines: reference.linesPerBasket.median,
    oneLineShare: reference.linesPerBasketShares[0] ?? 0,
    basketValue: reference.basketValue.mean,
    medianBasketValue: reference.basketValue.median,
    couponLinesPerAgentWeek: reference.couponLinesPerHouseholdWeek.mean,
    dayShares: reference.dayOfWeekShares,
    hourShares: reference.hourShares,
  };
}
