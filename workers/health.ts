import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerStatus } from '@temporalio/worker';
import { AppError } from '../domain/errors.ts';
import { inUrl } from './runtime.ts';

/** How a worker is asked about what it needs. */
export type Vitals = {
  status(): WorkerStatus;
  /** Answer, or fail, or stay silent. */
  askDatabase(): Promise<unknown>;
  askTemporal(): Promise<unknown>;
  longestBlockMs(withinMs: number): number;
};

export type HealthReport = {
  readonly status: 'ok' | 'failing';
  /** Null while all is well. */
  readonly reason: string | null;
  /** As the SDK calls it: RUNNING, STOPPING, DRAINING … */
  readonly state: string;
  readonly database: Answer;
  readonly temporal: Answer;
  readonly inFlight: { readonly activities: number; readonly workflowTasks: number };
  readonly cachedWorkflows: number;
  readonly longestBlockMs: number;
  readonly uptimeSeconds: number;
};

export type Answer = { readonly isOk: boolean; readonly ms: number };

const PATIENCE_MS = 2_000;
const LONGEST_BLOCK_MS = 5_000;
// Long enough for a probe every ten seconds to hear of a block, short enough not to be told of it for ever.
const BLOCKS_WITHIN_MS = 15_000;

export type HealthServer = { readonly url: string; close(): Promise<void> };

/** Serves GET /healthz: 200 while the worker can do its work, 503 with the reason otherwise. */
export async function serveHealth(
  vitals: Vitals,
  { host, port }: { host: string; port: number },
): Promise<HealthServer> {
  const server = createServer(answerWith(healthCheck(vitals)));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `Health checks cannot be served on port ${port} of ${host}: ${cause.message}.`;
      reject(new AppError('invalid_config', message, { cause }));
    });
    server.listen(port, host, resolve);
  });
  return {
    url: `http://${inUrl(host)}:${port}/healthz`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answerWith(check: () => Promise<HealthReport>): RequestListener {
  return (request, response) => {
    if (request.url?.split('?')[0] !== '/healthz') {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"There is /healthz."}\n');
      return;
    }
    void check().then((report) => {
      const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
      response.writeHead(report.status === 'ok' ? 200 : 503, headers).end(`${JSON.stringify(report)}\n`);
    });
  };
}

function healthCheck(vitals: Vitals): () => Promise<HealthReport> {
  const askDatabase = patiently(() => vitals.askDatabase());
  const askTemporal = patiently(() => vitals.askTemporal());
  return async () => {
    const [database, temporal] = await Promise.all([askDatabase(), askTemporal()]);
    const status = vitals.status();
    const longestBlockMs = vitals.longestBlockMs(BLOCKS_WITHIN_MS);
    const reason = reasonAgainst(status.runState, database, longestBlockMs);
    return {
      status: reason === null ? 'ok' : 'failing',
      reason,
      state: status.runState,
      database,
      temporal,
      inFlight: {
        activities: status.numInFlightActivities,
        workflowTasks: status.numInFlightWorkflowActivations,
      },
      cachedWorkflows: status.numCachedWorkflows,
      longestBlockMs,
      uptimeSeconds: Math.round(process.uptime()),
    };
  };
}

/**
 * Why a worker should get no more work, null when it should. A Temporal server that is away is no reason: such a worker
 * gets no work anyway, and finds its server again by itself. Without its database it would take work only to fail it.
 */
export function reasonAgainst(state: string, database: Answer, longestBlockMs: number): string | null {
  if (state !== 'RUNNING') return `the worker is ${state.toLowerCase()}`;
  if (!database.isOk) return `the database does not answer within ${PATIENCE_MS / 1000} s`;
  if (longestBlockMs > LONGEST_BLOCK_MS)
    return `the main thread was blocked for ${Math.round(longestBlockMs / 1000)} s`;
  return null;
}

/** Waits for an answer, but not long. While one is still to come nobody asks again: questions must not pile up. */
export function patiently(ask: () => Promise<unknown>): () => Promise<Answer> {
  let asked: Promise<boolean> | null = null;
  return async () => {
    const startedAt = performance.now();
    asked ??= ask().then(
      () => true,
      () => false,
    );
    void asked.finally(() => (asked = null));
    const patience = new AbortController();
    const timeout = sleep(PATIENCE_MS, false, { signal: patience.signal }).catch(() => false);
    const isOk = await Promise.race([asked, timeout]);
    patience.abort();
    return { isOk, ms: Math.round(performance.now() - startedAt) };
  };
}
