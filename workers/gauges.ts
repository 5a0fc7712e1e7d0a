import type { MetricMeter } from '@temporalio/common';
import type { Vitals } from './health.ts';

const EVERY_MS = 5_000;

/** Measures what a worker is short of: memory, a thread that is free, a connection to the database. */
export function startGauges(
  meter: MetricMeter,
  { askDatabase, longestBlockMs }: Pick<Vitals, 'askDatabase' | 'longestBlockMs'>,
): { stop(): void } {
  meter
    .createGauge('mercato_process_start_time_seconds', 'int', '', 'When the process began, since 1970.')
    .set(Math.round(performance.timeOrigin / 1000));
  const memory = meter.createGauge(
    'mercato_process_resident_memory_bytes',
    'int',
    '',
    'Memory of the process.',
  );
  const block = meter.createGauge(
    'mercato_main_thread_blocked_seconds',
    'float',
    '',
    'Longest time of the last minute for which the main thread was kept from its timers.',
  );
  const answer = meter.createGauge(
    'mercato_database_answer_seconds',
    'float',
    '',
    'Time that a trivial query takes, the wait for one of the connections of the pool included.',
  );
  // Also while the answer is still to come: of a database that is silent the wait grows.
  let askedAt: number | null = null;
  const noteWait = (since: number): void => answer.set((performance.now() - since) / 1000);
  const measure = async (): Promise<void> => {
    memory.set(process.memoryUsage.rss());
    block.set(longestBlockMs(60_000) / 1000);
    if (askedAt !== null) return noteWait(askedAt);
    askedAt = performance.now();
    await askDatabase().catch(() => undefined);
    noteWait(askedAt);
    askedAt = null;
  };
  void measure();
  const timer = setInterval(() => void measure(), EVERY_MS).unref();
  return { stop: () => clearInterval(timer) };
}
