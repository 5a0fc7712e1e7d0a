import { CancellationScope, isCancellation, rootCause } from '@temporalio/workflow';

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
