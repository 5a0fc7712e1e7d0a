// A strategy in a heap of its own in V8, by the package isolated-vm: some ten times as fast as the interpreter. It is native
// code that has to be built, so it is not among the dependencies; who installs it has it.
import { createRequire } from 'node:module';
import { CHANNEL_LENGTH } from './channel.ts';
import { ChannelStrategy } from './channel-strategy.ts';
import type { Heap } from './channel-strategy.ts';
import { heapScript } from './heap-script.ts';
import { SandboxFailure, seedOfStrategy } from './sandbox.ts';
import type { OpenOptions, SandboxLimits, StrategySandbox } from './sandbox.ts';
import type { CompiledStrategy } from './strategy-source.ts';

/** As much of isolated-vm 5.0.4 as is used here. */
type Reference = {
  applySync(self: undefined, given: readonly unknown[], options?: { result: { reference: true } }): unknown;
  derefInto(): unknown;
};
type Context = {
  readonly global: { getSync(name: string, options: { reference: true }): Reference };
  evalSync(script: string, options?: { reference: true }): Reference;
};
type Isolate = {
  readonly isDisposed: boolean;
  createContextSync(): Context;
  dispose(): void;
};
export type IsolatedVm = {
  readonly Isolate: new (options: { memoryLimit: number }) => Isolate;
  readonly ExternalCopy: new (value: unknown) => { copyInto(): unknown };
};

/** Null when it is not installed. */
export function loadIsolatedVm(): IsolatedVm | null {
  try {
    return createRequire(__filename)('isolated-vm') as IsolatedVm;
  } catch {
    return null;
  }
}

export function createIsolatedVmSandbox(ivm: IsolatedVm, limits: SandboxLimits): StrategySandbox {
  return {
    kind: 'isolated_vm',
    open: (compiled, options) => new ChannelStrategy(openHeap(ivm, limits, compiled, options), limits),
  };
}

/** No end by time: what takes no fuel is ended with the whole process (child-pool.ts). */
function openHeap(
  ivm: IsolatedVm,
  limits: SandboxLimits,
  { javascript }: CompiledStrategy,
  { seed, parameters }: OpenOptions,
): Heap {
  const isolate = new ivm.Isolate({ memoryLimit: limits.memoryMegabytes });
  const dispose = (): void => {
    if (!isolate.isDisposed) isolate.dispose();
  };
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (isolate.isDisposed || isAboutMemory(error)) throw new SandboxFailure('memory');
      throw new SandboxFailure(
        'threw',
        error instanceof Error ? error.message : 'something that is no error',
      );
    }
  };
  try {
    return guarded(() => {
      const context = isolate.createContextSync();
      const buffer = new SharedArrayBuffer(CHANNEL_LENGTH * 8);
      const view = new Float64Array(buffer);
      const asReference = { result: { reference: true } } as const;
      context.evalSync(heapScript());
      const open = context.global.getSync('mercatoHeap', { reference: true });
      const channel = new ivm.ExternalCopy(buffer).copyInto();
      const load = open.applySync(undefined, [channel, seedOfStrategy(seed)], asReference) as Reference;
      const compiled = context.evalSync(javascript, { reference: true });
      const chosen = context.evalSync(`(${JSON.stringify(parameters)})`, { reference: true });
      const given = [compiled.derefInto(), chosen.derefInto(), limits.fuelPerCallback];
      const dispatch = load.applySync(undefined, given, asReference) as Reference;
      return {
        view: () => view,
        dispatch: () => guarded(() => void dispatch.applySync(undefined, [])),
        dispose,
      };
    });
  } catch (error) {
    dispose();
    throw error;
  }
}

function isAboutMemory(error: unknown): boolean {
  return error instanceof Error && /memory limit|Array buffer allocation failed/.test(error.message);
}
