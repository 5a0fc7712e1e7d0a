import type { LogEntry } from '@temporalio/worker';

const WINDOW_MS = 60_000;
const KINDS = 200;

/**
 * Keeps a log readable while a server is away: the SDK then warns at every try of every poller, dozens of times in a
 * second. Of warnings alike, one a minute goes through, with the number of those that did not.
 */
export class RepeatFilter {
  readonly #kinds = new Map<string, { untilMs: number; held: number }>();

  /** The entry as it is to be logged, null when it is held back. */
  admit(entry: LogEntry): LogEntry | null {
    if (!isRepeatable(entry)) return entry;
    const nowMs = Number(entry.timestampNanos / 1_000_000n);
    const kind = kindOf(entry);
    const known = this.#kinds.get(kind);
    if (known !== undefined && nowMs < known.untilMs) {
      known.held += 1;
      return null;
    }
    if (this.#kinds.size >= KINDS) this.#kinds.clear();
    this.#kinds.set(kind, { untilMs: nowMs + WINDOW_MS, held: 0 });
    const held = known?.held ?? 0;
    return held === 0 ? entry : { ...entry, meta: { ...entry.meta, alikeSinceLast: held } };
  }
}

/** What belongs to one activity or workflow is said each time: it is about somebody, and is not repeated as such. */
function isRepeatable({ level, meta }: LogEntry): boolean {
  return (level === 'WARN' || level === 'ERROR') && meta?.workflowId === undefined;
}

/** Numbers tell how often and how long, not what. */
function kindOf({ level, message, meta }: LogEntry): string {
  return `${level} ${String(meta?.runId ?? '')} ${message.replaceAll(/\d+/g, '#')}`;
}
