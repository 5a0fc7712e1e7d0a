// A strategy in QuickJS: an interpreter in WebAssembly, on every system. Its memory is that of the WebAssembly module, and
// what takes no fuel is ended after a counted number of steps, never by a clock.
import { randomBytes } from 'node:crypto';
import releaseSync from '@jitl/quickjs-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, newVariant } from 'quickjs-emscripten-core';
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
import type { OpenOptions, SandboxLimits, StrategySandbox } from './sandbox.ts';
import type { CompiledStrategy } from './strategy-source.ts';

/** The calls that the meter allows need far less; the stack that V8 has for WebAssembly ends at about 400 KB. */
const STACK_BYTES = 256 * 1024;
/** Interrupts in one callback, 10,000 steps of the interpreter apart: many times what its fuel could pay for. */
const MOST_INTERRUPTS = 20_000;

/** Without what the heap would take away again, and could not be sure of. */
const INTRINSICS = { BaseObjects: true, Eval: true, MapSet: true, TypedArrays: true, Promise: true };

/** What the interpreter needs itself, the channel included. */
const OWN_MEGABYTES = 8;
const PAGES_PER_MEGABYTE = 16;
/** As the module was built. */
const INITIAL_PAGES = 256;

// Without the types of a browser.
type Memory = { readonly buffer: ArrayBuffer };
const { Memory: WebAssemblyMemory } = (
  globalThis as unknown as {
    WebAssembly: { Memory: new (pages: { initial: number; maximum: number }) => Memory };
  }
).WebAssembly;

export async function createQuickJsSandbox(limits: SandboxLimits): Promise<StrategySandbox> {
  // The interpreter's own limit counts nothing in WebAssembly; that of the memory which it is given holds.
  const maximum = Math.max(INITIAL_PAGES, (limits.memoryMegabytes + OWN_MEGABYTES) * PAGES_PER_MEGABYTE);
  const memory = new WebAssemblyMemory({ initial: INITIAL_PAGES, maximum });
  const quickjs = await newQuickJSWASMModuleFromVariant(
    newVariant(releaseSync, { wasmMemory: memory as never }),
  );
  return {
    kind: 'quickjs',
    open: (compiled, options) =>
      new ChannelStrategy(openHeap(quickjs, memory, limits, compiled, options), limits),
  };
}

function openHeap(
  quickjs: QuickJSWASMModule,
  memory: Memory,
  limits: SandboxLimits,
  { javascript }: CompiledStrategy,
  { seed, parameters }: OpenOptions,
): Heap {
  const runtime = quickjs.newRuntime();
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
    const { channel, byteOffset } = createChannel(memory, context);
    hold(channel);
    const open = hold(context.getProp(context.global, 'mercatoHeap'));
    const load = hold(call(open, channel, hold(context.newString(seedOfStrategy(seed)))));
    const fuel = hold(context.newNumber(limits.fuelPerCallback));
    const dispatch = hold(
      call(load, evaluate(javascript), evaluate(`(${JSON.stringify(parameters)})`), fuel),
    );
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
  memory: Memory,
  context: QuickJSContext,
): { channel: QuickJSHandle; byteOffset: number } {
  const mark = randomBytes(32);
  const content = new Uint8Array(CHANNEL_LENGTH * 8);
  content.set(mark);
  const channel = context.newArrayBuffer(content.buffer);
  const bytes = Buffer.from(memory.buffer);
  const byteOffset = bytes.indexOf(mark);
  if (byteOffset < 0 || byteOffset % 8 !== 0 || bytes.indexOf(mark, byteOffset + 1) >= 0)
    throw new Error(
      'The buffer of QuickJS is not where it should be: another version of quickjs-emscripten-core?',
    );
  return { channel, byteOffset };
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
