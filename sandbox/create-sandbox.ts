import { InvalidInputError } from '../domain/errors.ts';
import { directSandbox } from './direct.ts';
import { createIsolatedVmSandbox, loadIsolatedVm } from './isolated-vm.ts';
import { createQuickJsSandbox } from './quickjs.ts';
import type { SandboxKind, SandboxLimits, StrategySandbox } from './sandbox.ts';

/**
 * Loads what the kind needs.
 * @param limits of each strategy that is opened in it; `direct` keeps none
 * @throws InvalidInputError when it cannot be had here
 */
export async function createSandbox(kind: SandboxKind, limits: SandboxLimits): Promise<StrategySandbox> {
  switch (kind) {
    case 'quickjs':
      return createQuickJsSandbox(limits);
    case 'isolated_vm': {
      const ivm = loadIsolatedVm();
      if (ivm === null)
        throw new InvalidInputError(
          'isolated_vm is not installed: `npm install --no-save isolated-vm@5.0.4` (it is built from source), or use quickjs.',
        );
      return createIsolatedVmSandbox(ivm, limits);
    }
    case 'direct':
      return directSandbox;
  }
}
