import { SingleBar } from 'cli-progress';
import { setTimeout as sleep } from 'node:timers/promises';
import { viewSimulation } from '../client/simulations.ts';
import type { Services, SimulationView } from '../client/simulations.ts';
import { formatCents } from '../domain/money.ts';

const POLL_MS = 500;
const LINES = 6;

/**
 * Shows a simulation until it has ended, on stderr: a bar where there is a terminal, else about six lines.
 * A server that is away for a while only delays it.
 */
export async function showProgress(services: Services, simulationId: string): Promise<void> {
  const display = process.stderr.isTTY ? barDisplay() : lineDisplay();
  for (;;) {
    const view = await viewSimulation(services, simulationId).catch(() => null);
    if (view !== null) display.show(view);
    if (view?.record.finishedAt != null) break;
    await sleep(POLL_MS);
  }
  display.end();
}

/** Progress of anything that can be counted, on stderr: a bar where there is a terminal, else about six lines. */
export function progressLine(): { show(value: number, total: number, text: string): void; end(): void } {
  const bar = process.stderr.isTTY
    ? new SingleBar({
        format: '{bar} {percentage} % · {text}',
        barsize: 24,
        hideCursor: true,
        stream: process.stderr,
      })
    : null;
  let last = -1;
  return {
    show(value, total, text) {
      if (bar !== null) {
        if (last < 0) bar.start(total, 0, { text });
        bar.update(value, { text });
        last = value;
        return;
      }
      const step = Math.floor((LINES * value) / Math.max(1, total));
      if (step === last) return;
      last = step;
      process.stderr.write(`${Math.floor((100 * value) / Math.max(1, total))} % · ${text}\n`);
    },
    end: () => bar?.stop(),
  };
}

type Display = { show(view: SimulationView): void; end(): void };

function barDisplay(): Display {
  const bar = new SingleBar({
    format:
      '{bar} day {value}/{total} · cycle {cycle} · {sessions} sessions · {orders} purchases · {revenue} net · {redemptions} redeemed',
    barsize: 24,
    hideCursor: true,
    stream: process.stderr,
  });
  let isStarted = false;
  return {
    show(view) {
      if (!isStarted) bar.start(view.record.config.days, 0, textOf(view));
      isStarted = true;
      bar.update(daysOf(view), textOf(view));
    },
    end: () => bar.stop(),
  };
}

function lineDisplay(): Display {
  let last = -1;
  return {
    show(view) {
      const step = Math.floor(daysOf(view) / Math.max(1, Math.round(view.record.config.days / LINES)));
      if (step === last) return;
      last = step;
      const { cycle, sessions, orders, revenue, redemptions } = textOf(view);
      process.stderr.write(
        `day ${daysOf(view)}/${view.record.config.days} · cycle ${cycle} · ${sessions} sessions · ${orders} purchases · ${revenue} net · ${redemptions} redeemed\n`,
      );
    },
    end: () => {},
  };
}

function daysOf({ record, progress }: SimulationView): number {
  return Math.max(record.committedDays, progress?.committedDays ?? 0);
}

function textOf({ record, progress }: SimulationView): {
  cycle: number;
  sessions: number;
  orders: number;
  revenue: string;
  redemptions: number;
} {
  const totals = progress?.totals ?? record.totals;
  return {
    cycle: progress?.cycleNumber ?? record.cycleNumber,
    sessions: totals.sessions,
    orders: totals.orders,
    revenue: formatCents(totals.totalCents),
    redemptions: totals.redemptions,
  };
}
