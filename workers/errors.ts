import { AppError } from '../domain/errors.ts';

/** One sentence about an error that ends a worker. */
export function describeError(error: unknown): string {
  if (error instanceof AppError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
