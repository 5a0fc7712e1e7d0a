// The port to a place where foreign code can run. Three kinds: `quickjs`, an interpreter that is everywhere; `isolated_vm`,
// a heap of its own in V8, where that package is installed; `direct`, no heap of its own at all, for code of one's own.
import { createHash } from 'node:crypto';
import type { Strategy } from '../domain/market/strategy.ts';
import type { CompiledStrategy } from './strategy-source.ts';

export const SANDBOX_KINDS = ['quickjs', 'isolated_vm', 'direct'] as const;
export type SandboxKind = (typeof SANDBOX_KINDS)[number];
/** Those that hold hostile code. */
export const CLOSED_KINDS = ['quickjs', 'isolated_vm'] as const satisfies readonly SandboxKind[];

export type SandboxLimits = {
  /** Units of fuel: a turn of a loop, a call (heap/meter.ts). Also for loading, and for `createStrategy`. */
  readonly fuelPerCallback: number;
  readonly fuelPerRun: number;
  readonly memoryMegabytes: number;
};

export const DEFAULT_LIMITS: SandboxLimits = {
  fuelPerCallback: 1_000_000,
  fuelPerRun: 100_000_000,
  memoryMegabytes: 32,
};

export type OpenOptions = {
  /** Of the run; `Math.random` is made from it in such a way that it tells nothing of the market's draws. */
  readonly seed: number | string;
  /** As `chooseParameters` returns them. */
  readonly parameters: Readonly<Record<string, number>>;
};

/** A strategy in a heap of its own, for one run. What it does wrong is thrown as `SandboxFailure`. */
export type SandboxedStrategy = Strategy & {
  /** So far. Equal in every closed kind. */
  readonly fuelUsed: number;
  dispose(): void;
};

export type StrategySandbox = {
  readonly kind: SandboxKind;
  /** @throws SandboxFailure when the module or `createStrategy` cannot be run */
  open(compiled: CompiledStrategy, options: OpenOptions): SandboxedStrategy;
};

export const FAILURES = [
  'threw',
  'fuel',
  'depth',
  'memory',
  'too_many_orders',
  'broken_channel',
  'uncounted',
] as const;
export type FailureReason = (typeof FAILURES)[number];

const WORDS: Readonly<Record<FailureReason, string>> = {
  threw: 'it threw',
  fuel: 'its fuel is used up',
  depth: 'its calls are nested too deeply',
  memory: 'its memory is used up',
  too_many_orders: 'it has more open orders than it can be told of',
  broken_channel: 'what came out of its heap makes no sense',
  uncounted: 'it was ended in work that takes no fuel',
};

/** The strategy's own doing: an outcome, never a fault of the machine. */
export class SandboxFailure extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, detail = '') {
    super(detail === '' ? WORDS[reason] : detail);
    this.name = 'SandboxFailure';
    this.reason = reason;
  }
}

/**
 * The seed of a strategy's `Math.random`. Keys of the market's draws can be computed back from one another, so this one
 * comes from a function that cannot: else a strategy could find the market's future in its own luck.
 */
export function seedOfStrategy(seed: number | string): string {
  return createHash('sha256').update(`strategy ${seed}`).digest('hex');
}
