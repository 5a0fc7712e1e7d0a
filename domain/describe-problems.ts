import type { z } from 'zod';

/** What is wrong with a value from outside, in one line: each wrong field with what is wrong with it. */
export function describeProblems(error: Pick<z.ZodError, 'issues'>): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}
