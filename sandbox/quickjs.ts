// A strategy in QuickJS: an interpreter in WebAssembly, on every system. Its memory is counted by the interpreter itself, and
// what takes no fuel is ended after a counted number of steps, never by a clock.
import { randomBytes } from 'node:crypto';
import releaseSync from '@jitl/quickjs-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant } from 'quickjs-emscripten-core';
import type {
  QuickJSContext,
  QuickJSHandle,
  QuickJSRuntime,
  QuickJSWASMModule,
  VmCallResult,
} from 'quickjs-emscripten-core';
import { CHANNEL_LENGTH } from './channel.ts';
import { ChannelStrategy } from './channel-strategy.ts';
import type { Heap } from './channel-strategy.ts';
import { heapScript } from './heap-script.ts';
import { SandboxFailure, seedOfStrategy } from './sandbox.ts';
import type { OpenOptions, StrategySandbox } from './sandbox.ts';
import type { CompiledStrategy } from './strategy-source.ts';

/** The calls that the meter allows need far less; the stack that V8 has for WebAssembly ends at about 400 KB. */
const STACK_BYTES = 256 * 1024;
/** Interrupts in one callback, 10,000 steps of the interpreter apart: many times what its fuel could pay for. */
const MOST_INTERRUPTS = 20_000;

/** Without what the heap would take away again, and could not be sure of. */
const INTRINSICS = { BaseObjects: true, Eval: true, MapSet: true, TypedArrays: true, Promise: true };

export async function createQuickJsSandbox(): Promise<StrategySandbox> {
  const quickjs = await newQuickJSWASMModuleFromVariant(releaseSync);
  return {
    kind: 'quickjs',
    open: (compiled, options) => new ChannelStrategy(openHeap(quickjs, compiled, options), options.limits),
  };
}

function openHeap(
  quickjs: QuickJSWASMModule,
  { javascript }: CompiledStrategy,
  { seed, parameters, limits }: OpenOptions,
): Heap {
  const runtime = quickjs.newRuntime();
  runtime.setMemoryLimit(limits.memoryMegabytes * 2 ** 20);
  runtime.setMaxStackSize(STACK_BYTES);
  const context = runtime.newContext({ intrinsics: INTRINSICS });
  const held: QuickJSHandle[] = [];
  const hold = (handle: QuickJSHandle): QuickJSHandle => {
    held.push(handle);
    return handle;
  };
  const dispose = (): void => {
    for (const handle of held.splice(0)) handle.dispose();
    context.dispose();
    runtime.dispose();
  };
  try {
    const steps = limitSteps(runtime);
    const call = (callee: QuickJSHandle, ...given: QuickJSHandle[]): QuickJSHandle => {
      steps.begin();
      return resultOf(context, context.callFunction(callee, context.undefined, given), steps.areUsedUp);
    };
    const evaluate = (script: string): QuickJSHandle =>
      hold(
        resultOf(
          context,
          context.evalCode(script, 'strategy', { type: 'global', strict: true }),
          steps.areUsedUp,
        ),
      );
    evaluate(heapScript());
    const { channel, byteOffset } = createChannel(quickjs, context);
    hold(channel);
    const open = hold(context.getProp(context.global, 'mercatoHeap'));
    const load = hold(call(open, channel, hold(context.newString(seedOfStrategy(seed)))));
    const fuel = hold(context.newNumber(limits.fuelPerCallback));
    const dispatch = hold(
      call(load, evaluate(javascript), evaluate(`(${JSON.stringify(parameters)})`), fuel),
    );
    const memory = memoryOf(quickjs);
    let view = new Float64Array(memory.buffer, byteOffset, CHANNEL_LENGTH);
    return {
      view: () => {
        // When the interpreter's memory grows, it is another buffer.
        if (view.buffer !== memory.buffer) view = new Float64Array(memory.buffer, byteOffset, CHANNEL_LENGTH);
        return view;
      },
      dispatch: () => call(dispatch).dispose(),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/**
 * The interpreter's own buffer, and where it is. The package hands out copies only, so the place is found by what is
 * written there.
 */
function createChannel(
  quickjs: QuickJSWASMModule,
  context: QuickJSContext,
): { channel: QuickJSHandle; byteOffset: number } {
  const mark = randomBytes(32);
  const content = new Uint8Array(CHANNEL_LENGTH * 8);
  content.set(mark);
  const channel = context.newArrayBuffer(content.buffer);
  const memory = Buffer.from(memoryOf(quickjs).buffer);
  const byteOffset = memory.indexOf(mark);
  if (byteOffset < 0 || byteOffset % 8 !== 0 || memory.indexOf(mark, byteOffset + 1) >= 0)
    throw new Error(
      'The buffer of QuickJS is not where it should be: another version of quickjs-emscripten-core?',
    );
  return { channel, byteOffset };
}

/** What a `WebAssembly.Memory` is, without the types of a browser. */
function memoryOf(quickjs: QuickJSWASMModule): { readonly buffer: ArrayBuffer } {
  return quickjs.getWasmMemory() as { readonly buffer: ArrayBuffer };
}

function limitSteps(runtime: QuickJSRuntime): { begin: () => void; areUsedUp: () => boolean } {
  let interrupts = 0;
  runtime.setInterruptHandler(() => ++interrupts > MOST_INTERRUPTS);
  return { begin: () => (interrupts = 0), areUsedUp: () => interrupts > MOST_INTERRUPTS };
}

/** Only what the heap's own code cannot catch comes out as an error. */
function resultOf(
  context: QuickJSContext,
  result: VmCallResult<QuickJSHandle>,
  areStepsUsedUp: () => boolean,
): QuickJSHandle {
  if (!('error' in result) || result.error === undefined) return (result as { value: QuickJSHandle }).value;
  const thrown: unknown = context.dump(result.error);
  result.error.dispose();
  if (areStepsUsedUp()) throw new SandboxFailure('uncounted');
  const { name, message } = (thrown ?? {}) as { name?: unknown; message?: unknown };
  if (thrown === null || message === 'out of memory') throw new SandboxFailure('memory');
  if (message === 'stack overflow') throw new SandboxFailure('depth');
  throw new SandboxFailure('threw', `${String(name)}: ${String(message)}`);
}
