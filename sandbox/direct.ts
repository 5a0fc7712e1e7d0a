// A strategy in the market's own heap, with all rights: for code of one's own, and to tell what a sandbox costs. No fuel is
// counted. Only `Math` is that of the other kinds, so that the orders are the same.
import { runInThisContext } from 'node:vm';
import type {
  AgentConfig,
  MarketState,
  OrderAction,
  OrderUpdate,
  Strategy,
} from '../domain/market/strategy.ts';
import { createMath } from './heap/mathematics.ts';
import { raise } from './heap/meter.ts';
import { seedOfStrategy } from './sandbox.ts';
import type { OpenOptions, SandboxedStrategy, StrategySandbox } from './sandbox.ts';
import type { CompiledStrategy } from './strategy-source.ts';

const nothing = (): void => undefined;
const same = <T>(value: T): T => value;

/** In the order of metering.ts. */
const TOOLS = [
  ...[nothing, nothing, nothing, <T>(compute: () => T) => compute()],
  ...[same, (...parts: readonly unknown[]) => parts.map(String).join('')],
  ...[same, same, same, same, raise, same],
];

type Module = (math: Partial<Math>) => (tools: typeof TOOLS) => (parameters: unknown) => Partial<Strategy>;

export const directSandbox: StrategySandbox = {
  kind: 'direct',
  open({ javascript, fileName }: CompiledStrategy, { seed, parameters }: OpenOptions) {
    const module = runInThisContext(`(function (Math) { return ${javascript} })`, fileName) as Module;
    return new DirectStrategy(module(createMath(seedOfStrategy(seed)))(TOOLS)(parameters));
  },
};

/** What the strategy left out does nothing. */
class DirectStrategy implements SandboxedStrategy {
  readonly fuelUsed = 0;
  readonly onMarketData?: (state: MarketState) => readonly OrderAction[];
  private readonly strategy: Partial<Strategy>;

  constructor(strategy: Partial<Strategy>) {
    this.strategy = strategy;
    if (strategy.onMarketData !== undefined) this.onMarketData = (state) => strategy.onMarketData!(state);
  }

  initialize(config: AgentConfig): void {
    this.strategy.initialize?.(config);
  }

  onTick(state: MarketState): readonly OrderAction[] {
    return this.strategy.onTick === undefined ? [] : this.strategy.onTick(state);
  }

  onOrderUpdate(update: OrderUpdate, state: MarketState): readonly OrderAction[] {
    return this.strategy.onOrderUpdate === undefined ? [] : this.strategy.onOrderUpdate(update, state);
  }

  onSimulationEnd(state: MarketState): void {
    this.strategy.onSimulationEnd?.(state);
  }

  dispose(): void {}
}
