import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { reconcileSimulations } from '../client/reconciliation.ts';
import type { Mended } from '../client/reconciliation.ts';
import type { Database } from '../prisma/client.ts';

const EVERY_MS = 30_000;

/**
 * Reconciles rows with executions for as long as the worker runs. Every worker does; that costs a few reads, and one
 * of them is always there. What fails, a server that is away, is tried again the next time.
 */
export function keepReconciled(
  { db, connection, namespace }: { db: Database; connection: NativeConnection; namespace: string },
  say: (mended: Mended) => void,
  everyMs = EVERY_MS,
): { stop(): Promise<void> } {
  const temporal = new Client({ connection, namespace });
  let current: Promise<void> = Promise.resolve();
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    current = reconcileSimulations({ db, temporal })
      .then((all) => all.forEach(say))
      .catch(() => undefined)
      .finally(() => (isBusy = false));
  }, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return current;
    },
  };
}
