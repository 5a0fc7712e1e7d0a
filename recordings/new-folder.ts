import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ConflictError, InvalidInputError } from '../domain/errors.ts';

/**
 * A folder that must not exist yet, and appears whole or not at all: it is filled under another name.
 * What is thrown meanwhile goes through `discard`.
 */
export class NewFolder {
  readonly #folder: string;
  /** Where to write until it is published. */
  readonly path: string;

  private constructor(folder: string) {
    this.#folder = folder;
    // Resolved, since a name may end with a slash.
    this.path = `${path.resolve(folder)}.unfinished`;
  }

  /** @throws ConflictError when it exists, InvalidInputError when it cannot be made */
  static create(folder: string): NewFolder {
    const created = new NewFolder(folder);
    try {
      // What is found here is found again at the end: this only spares the work.
      if (existsSync(folder)) throw alreadyThere(folder);
      // Left over from a process that was ended.
      if (existsSync(created.path)) rmSync(created.path, { recursive: true });
      mkdirSync(created.path, { recursive: true });
      return created;
    } catch (error) {
      throw created.discard(error);
    }
  }

  /** Gives it its name. Onto an empty folder it would succeed; one that holds something is refused by the system. */
  publish(): void {
    renameSync(this.path, this.#folder);
  }

  /** Removes what was written; returns what to throw: an error of the file system in the folder's words. */
  discard(error: unknown): unknown {
    if (existsSync(this.path)) rmSync(this.path, { recursive: true });
    if (!isOfFileSystem(error)) return error;
    const { code, message } = error;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR')
      return alreadyThere(this.#folder, error);
    return new InvalidInputError(`${this.#folder} cannot be written: ${message}`, { cause: error });
  }
}

function alreadyThere(folder: string, cause?: unknown): ConflictError {
  return new ConflictError(`${folder} cannot be written: it is there already.`, { cause });
}

function isOfFileSystem(error: unknown): error is NodeJS.ErrnoException {
  return typeof error === 'object' && error !== null && 'syscall' in error && 'path' in error;
}
