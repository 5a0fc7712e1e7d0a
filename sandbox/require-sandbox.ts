import { createRequire } from 'node:module';
import { InvalidInputError } from '../domain/errors.ts';
import type { SandboxKind } from './sandbox.ts';

/**
 * Without loading it: it belongs into a process of its own.
 * @throws InvalidInputError when the kind cannot be had here
 */
export function requireSandbox(kind: SandboxKind): void {
  if (kind !== 'isolated_vm') return;
  try {
    createRequire(__filename).resolve('isolated-vm');
  } catch (error) {
    throw new InvalidInputError(
      'isolated_vm is not installed: `npm install --no-save isolated-vm@5.0.4` (it is built from source), or use quickjs.',
      { cause: error },
    );
  }
}
