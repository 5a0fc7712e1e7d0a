import { HOURS_PER_DAY, daysBetween, isSimulatedDate } from './calendar.ts';
import { parseTimeScale } from './clock.ts';
import type { TimeScale } from './clock.ts';
import { MAX_TIME_SCALE } from './clock.ts';

/**
 * What people send to a running simulation, parsed by hand: workflow code validates with these before anything is
 * written to history, and it cannot carry a schema library. Each function returns what to do or why not.
 */

export type Parsed<T> = { type: 'ok'; value: T } | { type: 'rejected'; reason: string };

/** `{}`, nothing, or `{ requestId }`. */
export function parseEmptyCommand(input: unknown): Parsed<{ requestId: string | null }> {
  const fields = fieldsOf(input ?? {}, ['requestId']);
  if (fields.type === 'rejected') return fields;
  const requestId = parseRequestId(fields.value['requestId']);
  return requestId.type === 'rejected' ? requestId : ok({ requestId: requestId.value });
}

/** `{ timeScale: 24 }` or `{ timeScale: 'max' }`. */
export function parseSetScale(input: unknown): Parsed<{ timeScale: TimeScale; requestId: string | null }> {
  const fields = fieldsOf(input, ['timeScale', 'requestId']);
  if (fields.type === 'rejected') return fields;
  const requestId = parseRequestId(fields.value['requestId']);
  if (requestId.type === 'rejected') return requestId;
  const raw = fields.value['timeScale'];
  const timeScale = typeof raw === 'string' && raw !== 'max' ? null : parseTimeScale(raw);
  if (timeScale === null)
    return rejected(
      `timeScale must be a number above 0 and at most ${MAX_TIME_SCALE}, or "max", not ${show(raw)}`,
    );
  return ok({ timeScale, requestId: requestId.value });
}

export type AdvanceContext = {
  readonly startDate: string;
  readonly totalDays: number;
  readonly cycleDays: number;
  /** Where the clock stands, or where an earlier advance will bring it, in hours. */
  readonly fromHours: number;
};

/**
 * Exactly one of `{ hours }`, `{ days }`, `{ cycles }`, `{ until: 'YYYY-MM-DD' }`, as an absolute target in hours.
 * `until` a date means to its 00:00; `cycles` counts boundaries crossed.
 */
export function parseAdvance(
  input: unknown,
  context: AdvanceContext,
): Parsed<{ targetHours: number; requestId: string | null }> {
  const fields = fieldsOf(input, ['hours', 'days', 'cycles', 'until', 'requestId']);
  if (fields.type === 'rejected') return fields;
  const requestId = parseRequestId(fields.value['requestId']);
  if (requestId.type === 'rejected') return requestId;
  const given = ['hours', 'days', 'cycles', 'until'].filter((name) => fields.value[name] !== undefined);
  if (given.length !== 1)
    return rejected(
      `give exactly one of hours, days, cycles, until, not ${given.length === 0 ? 'none' : given.join(' and ')}`,
    );
  const target = targetHours(given[0]!, fields.value[given[0]!], context);
  if (target.type === 'rejected') return target;
  const end = context.totalDays * HOURS_PER_DAY;
  if (target.value > end)
    return rejected(
      `the simulation ends after ${context.totalDays} days, and the target lies ${Math.ceil(target.value - end)} hours after that`,
    );
  if (target.value <= context.fromHours)
    return rejected(
      `the target lies ${Math.ceil(context.fromHours - target.value)} hours in the past: simulated time only moves forward`,
    );
  return ok({ targetHours: target.value, requestId: requestId.value });
}

function targetHours(unit: string, amount: unknown, context: AdvanceContext): Parsed<number> {
  if (unit === 'until') {
    if (!isSimulatedDate(amount))
      return rejected(`until must be a date like 2026-01-31, not ${show(amount)}`);
    return ok(daysBetween(context.startDate, amount) * HOURS_PER_DAY);
  }
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount <= 0)
    return rejected(`${unit} must be a whole number above 0, not ${show(amount)}`);
  switch (unit) {
    case 'hours':
      return ok(context.fromHours + amount);
    case 'days':
      return ok(context.fromHours + amount * HOURS_PER_DAY);
    default: {
      const cycleHours = context.cycleDays * HOURS_PER_DAY;
      return ok((Math.floor(context.fromHours / cycleHours) + amount) * cycleHours);
    }
  }
}

function fieldsOf(input: unknown, allowed: readonly string[]): Parsed<Record<string, unknown>> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return rejected(`expected one JSON object, not ${show(input)}`);
  const unknown = Object.keys(input).filter((name) => !allowed.includes(name));
  if (unknown.length > 0)
    return rejected(`unknown field ${unknown.map(show).join(', ')}; allowed: ${allowed.join(', ')}`);
  return ok(input as Record<string, unknown>);
}

function parseRequestId(value: unknown): Parsed<string | null> {
  if (value === undefined || value === null) return ok(null);
  if (typeof value === 'string' && value.length > 0 && value.length <= 100) return ok(value);
  return rejected(`requestId must be a text of 1 to 100 characters, not ${show(value)}`);
}

function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function ok<T>(value: T): Parsed<T> {
  return { type: 'ok', value };
}

function rejected(reason: string): { type: 'rejected'; reason: string } {
  return { type: 'rejected', reason };
}
