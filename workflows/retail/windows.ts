import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  patched,
  rootCause,
  sleep,
} from '@temporalio/workflow';
import { AGENT_FAILURE } from '../../domain/errors.ts';
import type { DayFailure } from '../../domain/retail/shopping-day.ts';

/** Runs `work` over the items, at most `limit` at a time; results in the order of the items. */
export async function inWindow<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, runner));
  return results;
}

const LONGEST_WAIT_MS = 5_000;
/** Together about twenty minutes: longer than any shopping day may take. */
const ORPHAN_TRIES = 250;

/**
 * Starts a child whose id may still be taken by an orphan: an execution that a parent left behind when somebody ended
 * or reset that parent from outside. Its end is waited for; what it has done by then is stored and only read back.
 */
export async function whenFree<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || tries === ORPHAN_TRIES) throw error;
      await sleep(Math.min(100 * 2 ** tries, LONGEST_WAIT_MS), { summary: 'until an orphan has ended' });
    }
  }
}

/**
 * Waits for a child that continues as new. The request of a parent's cancellation goes to the child's first run alone
 * (temporalio/features#503), so that another one is sent to the run that the child is in.
 */
export async function cancelledWithUs<T>(workflowId: string, child: () => Promise<T>): Promise<T> {
  let isOver = false;
  void CancellationScope.current().cancelRequested.catch(async () => {
    if (isOver || !patched('cancel-current-run')) return;
    // Refused where the first run is the current one, which has been asked already.
    await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(workflowId).cancel()).catch(
      () => undefined,
    );
  });
  try {
    return await child();
  } finally {
    isOver = true;
  }
}

/**
 * Why a child or an activity failed, for the record. Our own cancellation is no failure of the child and is thrown on;
 * a child that somebody cancelled looks alike and is told apart by the scope.
 */
export function failureReason(error: unknown): string {
  if (isCancellation(error)) {
    if (CancellationScope.current().consideredCancelled) throw error;
    return 'cancelled from outside';
  }
  return rootCause(error) ?? (error instanceof Error ? error.message : String(error));
}

/** The same for a shopping day: whether it is held against the agent. */
export function dayFailureOf(error: unknown): DayFailure {
  const reason = failureReason(error);
  return { type: isAgentFailure(error) ? 'agent' : 'ended_from_outside', reason };
}

function isAgentFailure(error: unknown): boolean {
  if (error instanceof ApplicationFailure) return error.type === AGENT_FAILURE;
  return error instanceof Error && isAgentFailure(error.cause);
}

const TRIES = 3;

/**
 * Starts a child again when somebody ended it from outside: what it has done is stored and only read back. Our own
 * cancellation goes through.
 */
export async function withAnotherTry<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await whenFree(start);
    } catch (error) {
      const reason = failureReason(error);
      if (tries === TRIES) throw error;
      log.warn('A child execution ended without an answer; starting it again', { reason });
    }
  }
}
