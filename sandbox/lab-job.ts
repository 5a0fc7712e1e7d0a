// What the processes of the lab say to each other.
import type { LabRun } from '../domain/lab/run.ts';
import type { MarketConfig } from '../domain/market/market-config.ts';
import type { RandomTraderOptions } from '../domain/market/strategies/random-trader.ts';
import type { SandboxKind, SandboxLimits } from './sandbox.ts';
import type { CompiledStrategy } from './strategy-source.ts';

/** A strategy with chosen parameters, ready to be run many times. */
export type LabStrategy = {
  readonly compiled: CompiledStrategy;
  /** As `chooseParameters` returns them. */
  readonly parameters: Readonly<Record<string, number>>;
};

/** One run to be done; null: the market without a strategy, or with one of the lab's own. */
export type LabTask = {
  readonly strategy: LabStrategy | null;
  readonly config: MarketConfig;
  readonly seed: number;
  /** How many times its own size the strategy trades. @default 1 */
  readonly size?: number;
  /** A random trader in place of a strategy. */
  readonly luck?: RandomTraderOptions;
};

/** What a run came to, and what it took. */
export type LabResult = LabRun & {
  /** Null where none is counted. */
  readonly fuelUsed: number | null;
};

export type ToChild = {
  readonly type: 'run';
  readonly kind: SandboxKind;
  readonly limits: SandboxLimits;
  readonly task: Omit<LabTask, 'strategy'>;
  /** With the first run only: a process is of one strategy. */
  readonly strategy?: LabStrategy | null;
};

export type FromChild =
  | { readonly type: 'result'; readonly result: LabResult }
  /** The child cannot go on, and it is not the strategy's fault. */
  | { readonly type: 'broken'; readonly message: string };
