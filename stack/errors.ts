import { AppError } from '../domain/errors.ts';

/** A local service, its folder or its port stands in the way; the message says which and what to do. */
export class StackError extends AppError {
  constructor(code: StackErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
    this.name = 'StackError';
  }
}

export type StackErrorCode =
  | 'already_running'
  | 'folder_unusable'
  | 'service_failed'
  | 'not_running'
  | 'not_built'
  | 'temporal_unreachable';
