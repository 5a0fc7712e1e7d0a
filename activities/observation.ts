import { metricMeter } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { AGENT_FAILURE } from '../domain/errors.ts';
import type { DayTotals } from '../domain/retail/statistics.ts';
import type { CycleResult } from './retail/offer-cycles.ts';

type Activities = Record<string, (input: never) => Promise<unknown>>;

/**
 * Wraps every activity so that what it has done is counted, at the address at which the SDK shows its own metrics. No
 * label names a simulation or an agent: each would be a time series for ever. What one simulation did is in the
 * database. The numbers are of work done: a day that is read back after a crash counts again.
 */
export function withObservation<T extends Activities>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (input: never) => {
      const startedAt = performance.now();
      try {
        const result = await activity(input);
        count(name, result, (performance.now() - startedAt) / 1000);
        return result;
      } catch (error) {
        if (error instanceof ApplicationFailure && error.type === AGENT_FAILURE)
          add('mercato_agent_failures_total', 'Attempts at a shopping day that its agent made fail.', 1);
        throw error;
      }
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

function count(name: string, result: unknown, seconds: number): void {
  switch (name) {
    case 'runShoppingDay':
      countDay(result as DayTotals, seconds);
      break;
    case 'settleDays':
      add(DAYS, DAYS_HELP, (result as DayTotals).failedDays, { status: 'failed' });
      break;
    case 'commitDay':
      add('mercato_days_committed_total', 'Simulated days that were committed.', 1);
      break;
    case 'runOfferCycle':
      add('mercato_coupons_dealt_total', 'Coupons put into wallets.', (result as CycleResult).dealt);
      break;
    default:
  }
}

const DAYS = 'mercato_shopping_days_total';
const DAYS_HELP = 'Days of single agents that ended, by status: completed, or settled as failed.';
const SESSIONS = 'mercato_sessions_total';
const SESSIONS_HELP = 'Shopping trips, by outcome.';

function countDay(totals: DayTotals, seconds: number): void {
  add(DAYS, DAYS_HELP, totals.shoppingDays, { status: 'completed' });
  add(SESSIONS, SESSIONS_HELP, totals.completed, { outcome: 'completed' });
  add(SESSIONS, SESSIONS_HELP, totals.abandoned, { outcome: 'abandoned' });
  add(SESSIONS, SESSIONS_HELP, totals.emptyCarts, { outcome: 'empty_cart' });
  add('mercato_orders_total', 'Orders placed.', totals.orders);
  metricMeter
    .createHistogram('mercato_shopping_day_seconds', 'float', '', 'Time that one day of one agent takes.')
    .record(seconds);
}

// A counter belongs to the activity that asks for it, with that activity's labels; asking takes microseconds.
function add(name: string, help: string, value: number, labels: Record<string, string> = {}): void {
  metricMeter.createCounter(name, '', help).add(value, labels);
}
