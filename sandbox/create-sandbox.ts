import { InvalidInputError } from '../domain/errors.ts';
import { directSandbox } from './direct.ts';
import { createIsolatedVmSandbox, loadIsolatedVm } from './isolated-vm.ts';
import { createQuickJsSandbox } from './quickjs.ts';
import { requireSandbox } from './require-sandbox.ts';
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
      requireSandbox(kind);
      const ivm = loadIsolatedVm();
      if (ivm === null)
        throw new InvalidInputError('isolated_vm is installed, but cannot be loaded by this Node.');
      return createIsolatedVmSandbox(ivm, limits);
    }
    case 'direct':
      return directSandbox;
  }
}
