import type { LogEntry } from '@temporalio/worker';

const WORKFLOW_ID =
  /^simulation\/(?<simulation>[^/]+)(\/cycle\/\d+|\/day\/(?<date>[\d-]+)(\/shard\/\d+|\/agent\/(?<agent>[^/]+))?)?$/;

/** Whom something is about, as far as the id of a workflow tells (workflows/ids.ts): simulation, date, agent. */
export function subjectOf(workflowId: unknown): Record<string, string> {
  const found = typeof workflowId === 'string' ? WORKFLOW_ID.exec(workflowId)?.groups : undefined;
  return Object.fromEntries(Object.entries(found ?? {}).filter(([, value]) => value !== undefined));
}

// The same on every line of a process, or of use to the SDK alone.
const LEFT_OUT = new Set(['activityId', 'isLocal', 'namespace', 'taskQueue', 'taskToken']);

/** One JSON object a line, for files and log collectors: when, how grave, what, about whom; then the rest. */
export function logLine({ level, message, timestampNanos, meta = {} }: LogEntry, hasStacks = false): string {
  const whom = { ...subjectOf(meta.workflowId), ...pick(meta, ['simulation', 'day', 'date', 'agent']) };
  // A reason says the same as the error in fewer words.
  const isSaid = (name: string): boolean => name === 'error' && meta.reason !== undefined && !hasStacks;
  const rest = Object.entries(meta).filter(([name]) => !LEFT_OUT.has(name) && !isSaid(name));
  const line = {
    time: new Date(Number(timestampNanos / 1_000_000n)).toISOString(),
    level: level.toLowerCase(),
    msg: message,
    ...whom,
    ...Object.fromEntries(rest),
  };
  return `${JSON.stringify(line, (_key, value: unknown) => toJson(value, hasStacks))}\n`;
}

function pick(meta: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in meta).map((name) => [name, meta[name]]));
}

function toJson(value: unknown, hasStacks: boolean): unknown {
  if (value instanceof Error) return hasStacks ? (value.stack ?? value.message) : value.message;
  return typeof value === 'bigint' ? value.toString() : value;
}
