import Table from 'cli-table3';
import type { SimulationView } from '../client/simulations.ts';
import { formatCents } from '../domain/money.ts';
import { daysBefore } from '../domain/retail/fork.ts';
import type { SimulationRecord } from '../prisma/simulation-store.ts';
import { simulationWorkflowId } from '../workflows/ids.ts';
import type { ClockView } from '../workflows/retail/messages.ts';

export function renderClock(clock: ClockView): string {
  const advancing =
    clock.advancingToHours === null
      ? ''
      : `, advancing to hour ${Math.round(clock.advancingToHours * 10) / 10}`;
  const state = clock.isPaused ? 'paused' : 'running';
  return `${state}, simulated time ${clock.simulatedAt}, ${clock.committedDays} days committed, time scale ${clock.timeScale}${advancing}`;
}

export function renderView({ record, clock, progress }: SimulationView, webUiUrl: string | null): string {
  const totals = progress?.totals ?? record.totals;
  const lines = [
    `Simulation "${record.simulationId}": ${statusOf(record, progress?.status)}, ${record.agents} agents, seed ${record.config.seed}, dataset ${record.config.datasetId}`,
    `  day ${progress?.committedDays ?? record.committedDays} of ${record.config.days}, offer cycle ${progress?.cycleNumber ?? record.cycleNumber}, simulated date ${progress?.simulatedDate ?? record.simulatedDate}`,
    `  ${totals.sessions} sessions, ${totals.orders} purchases, ${formatCents(totals.totalCents)} net revenue, ${totals.redemptions} coupons redeemed, ${totals.failedDays} failed days`,
  ];
  if (record.forkedFrom !== null) lines.push(`  ${renderFork(record)}`);
  if (clock !== null) lines.push(`  clock: ${renderClock(clock)}`);
  if (webUiUrl !== null)
    lines.push(
      `  ${webUiUrl}/namespaces/default/workflows/${encodeURIComponent(simulationWorkflowId(record.simulationId))}`,
    );
  return lines.join('\n');
}

/** Where a fork's past is from; empty for what is no fork. */
export function renderFork({ forkedFrom, config }: SimulationRecord): string {
  if (forkedFrom === null) return '';
  const { simulationId, atCycle } = forkedFrom;
  return `forked from "${simulationId}" at offer cycle ${atCycle}: the first ${daysBefore(atCycle, config)} days are shared`;
}

export function renderList(records: readonly SimulationRecord[]): string {
  if (records.length === 0) return 'No simulation yet: `mercato simulation start`.';
  const table = new Table({
    head: ['id', 'status', 'agents', 'days', 'simulated date', 'cycle', 'seed', 'sessions', 'purchases'],
    style: { head: [], border: [] },
  });
  for (const record of records)
    table.push([
      record.simulationId,
      statusOf(record),
      record.agents,
      `${record.committedDays}/${record.config.days}`,
      record.simulatedDate,
      record.cycleNumber,
      record.config.seed,
      record.totals.sessions,
      record.totals.orders,
    ]);
  return table.toString();
}

/** A simulation some of whose shopping days failed goes on, degraded. */
function statusOf({ status, totals }: SimulationRecord, shown: string = status): string {
  return totals.failedDays > 0 ? `${shown}, degraded` : shown;
}
