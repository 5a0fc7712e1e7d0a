// `npm run bench:lab`: what a closed heap costs. Callbacks of one strategy in each kind of sandbox beside direct calls, the kernel
// with a strategy that looks at every change of the market beside the kernel alone, and 100 paired runs over two processes
// beside one. All in turns, and as ratios: the machine cancels out.
import os from 'node:os';
import { parseArgs } from 'node:util';
import { median } from '../domain/descriptive-statistics.ts';
import { MarketConfig } from '../domain/market/market-config.ts';
import { presetConfig } from '../domain/market/presets.ts';
import { simulate } from '../domain/market/simulate.ts';
import type { MarketState, Strategy } from '../domain/market/strategy.ts';
import { runLabTasks } from '../sandbox/child-pool.ts';
import { createSandbox } from '../sandbox/create-sandbox.ts';
import { loadIsolatedVm } from '../sandbox/isolated-vm.ts';
import type { LabStrategy } from '../sandbox/lab-job.ts';
import { loadStrategy } from '../sandbox/load-strategy.ts';
import { DEFAULT_LIMITS } from '../sandbox/sandbox.ts';
import type { SandboxKind, SandboxedStrategy } from '../sandbox/sandbox.ts';
import { strategyOfFile } from './lab-evaluations.ts';
import { runProof, say } from './run.ts';

const LIMITS = { ...DEFAULT_LIMITS, fuelPerRun: Number.MAX_SAFE_INTEGER };
/** Long enough that the clock counts for nothing. */
const ROUND_MS = 200;
const LEVELS = 10;
const PAIRS = 100;
const PROCESSES = 2;

type Spread = { readonly median: number; readonly low: number; readonly high: number };

/** Looks at every change, and asks for nothing. */
const WATCHER = `export function createStrategy() {
  let mean = 0;
  return {
    onTick() { return []; },
    onMarketData({ midPrice, bidDepth, askDepth }) {
      if (midPrice !== null) mean += 0.01 * (midPrice - mean) + 0 * (bidDepth.length - askDepth.length);
      return [];
    },
  };
}`;

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '9' },
      pairs: { type: 'string', default: String(PAIRS) },
      json: { type: 'boolean', default: false },
    },
  });
  const [rounds, pairs] = [Number(values.rounds), Number(values.pairs)] as const;
  if (![rounds, pairs].every((count) => Number.isInteger(count) && count > 0)) {
    process.stderr.write('bench:lab [--rounds N] [--pairs N] [--json]: whole numbers above 0.\n');
    return 2;
  }
  const kinds: SandboxKind[] = ['quickjs', ...(loadIsolatedVm() === null ? [] : (['isolated_vm'] as const))];
  const result = {
    machine: `Node ${process.version}, ${os.availableParallelism()} CPUs, ${process.platform} ${process.arch}`,
    rounds,
    callbacks: await measureCallbacks(kinds, rounds),
    kernel: await measureKernel(kinds, rounds),
    processes: await measureProcesses(kinds, pairs, signal),
  };
  process.stdout.write(`${values.json ? JSON.stringify(result) : render(result)}\n`);
  return result.processes.every(({ isSameWork }) => isSameWork) ? 0 : 1;
}

type Result = {
  readonly machine: string;
  readonly rounds: number;
  readonly callbacks: Awaited<ReturnType<typeof measureCallbacks>>;
  readonly kernel: Awaited<ReturnType<typeof measureKernel>>;
  readonly processes: Awaited<ReturnType<typeof measureProcesses>>;
};

function example(name: string): LabStrategy {
  return strategyOfFile(`examples/${name}.ts`);
}

async function opened(kind: SandboxKind, { compiled, parameters }: LabStrategy): Promise<SandboxedStrategy> {
  return (await createSandbox(kind, LIMITS)).open(compiled, { seed: 1, parameters });
}

// ------------------------------------------------------------------------------------------------- callbacks by kind

/** The market maker's onTick on states whose levels are all new: what a quiet strategy costs with every new market. */
async function measureCallbacks(
  kinds: readonly SandboxKind[],
  rounds: number,
): Promise<{ readonly kind: SandboxKind; readonly perSecond: Spread; readonly ratio: Spread }[]> {
  say('callbacks');
  const maker = example('market-maker');
  const all: SandboxKind[] = ['direct', ...kinds];
  const strategies = await Promise.all(all.map((kind) => opened(kind, maker)));
  const states = Array.from({ length: 64 }, (_, i) => aState(i));
  const rates: number[][] = all.map(() => []);
  for (let round = -1; round < rounds; round++)
    strategies.forEach((strategy, i) => {
      const rate = rateOf(() => states.forEach((state) => strategy.onTick(state))) * states.length;
      // The first round warms up.
      if (round >= 0) rates[i]!.push(rate);
    });
  for (const strategy of strategies) strategy.dispose();
  return all.map((kind, i) => ({
    kind,
    perSecond: spread(rates[i]!),
    ratio: spread(rates[i]!.map((rate, round) => rate / rates[0]![round]!)),
  }));
}

function aState(i: number): MarketState {
  const [bestBid, bestAsk] = [10_000 + i, 10_002 + i];
  const levels = (best: number, step: number): MarketState['bidDepth'] =>
    Object.freeze(Array.from({ length: LEVELS }, (_, level) => [best + step * level, 100 + level] as const));
  return {
    timestampNs: 34_200_000_000_000 + i,
    timeRemainingNs: 23_400_000_000_000 - i,
    isMarketClosed: false,
    bestBid,
    bestAsk,
    midPrice: (bestBid + bestAsk) / 2,
    spread: bestAsk - bestBid,
    lastTrade: bestBid,
    bidDepth: levels(bestBid, -1),
    askDepth: levels(bestAsk, 1),
    bidLiquidity: 1045,
    askLiquidity: 1045,
    inventory: i % 40,
    cash: 10_000_000,
    portfolioValue: 10_000_000,
    unrealizedPnl: 0,
    realizedPnl: 0,
    openOrders: [],
  };
}

/** How often it can be done in a second. */
function rateOf(work: () => void): number {
  const start = performance.now();
  let times = 0;
  do {
    work();
    times += 1;
  } while (performance.now() - start < ROUND_MS);
  return (1000 * times) / (performance.now() - start);
}

// -------------------------------------------------------------------------------------------------- kernel and strategy

/** An hour of rmsc04 with market data at every change, and the hour without a strategy. */
async function measureKernel(
  kinds: readonly SandboxKind[],
  rounds: number,
): Promise<{ readonly kind: SandboxKind; readonly callbacks: number; readonly ratio: Spread }[]> {
  say('kernel with a strategy at every change');
  const config = MarketConfig.parse({
    ...presetConfig('rmsc04'),
    close: '10:30',
    strategy: { dataIntervalMs: 0 },
  });
  const watcher = loadStrategy(WATCHER, 'watcher.js');
  const all: SandboxKind[] = ['direct', ...kinds];
  const sandboxes = await Promise.all(all.map((kind) => createSandbox(kind, LIMITS)));
  const ratios: number[][] = all.map(() => []);
  const callbacks = all.map(() => 0);
  const { compiled, parameters } = watcher;
  for (let round = -1; round < rounds; round++)
    sandboxes.forEach((sandbox, i) => {
      const alone = timedRate(config);
      const strategy = sandbox.open(compiled, { seed: 1, parameters });
      let count = 0;
      const counting: Strategy = {
        initialize: (agent) => strategy.initialize(agent),
        onTick: (state) => strategy.onTick(state),
        onMarketData(state) {
          count += 1;
          return strategy.onMarketData!(state);
        },
        onOrderUpdate: (update, state) => strategy.onOrderUpdate(update, state),
        onSimulationEnd: (state) => strategy.onSimulationEnd(state),
      };
      const together = timedRate(config, counting);
      strategy.dispose();
      callbacks[i] = count;
      if (round >= 0) ratios[i]!.push(together / alone);
    });
  return all.map((kind, i) => ({ kind, callbacks: callbacks[i]!, ratio: spread(ratios[i]!) }));
}

/** Messages a second. */
function timedRate(config: MarketConfig, strategy?: Strategy): number {
  const start = performance.now();
  const { messages } = simulate(config, 1, strategy === undefined ? {} : { strategy });
  return (1000 * messages) / (performance.now() - start);
}

// ------------------------------------------------------------------------------------------------------------ processes

async function measureProcesses(
  kinds: readonly SandboxKind[],
  pairs: number,
  signal: AbortSignal,
): Promise<
  {
    readonly kind: SandboxKind;
    readonly oneSeconds: number;
    readonly twoSeconds: number;
    readonly efficiency: number;
    readonly isSameWork: boolean;
  }[]
> {
  const config = MarketConfig.parse({ ...presetConfig('rmsc04'), close: '10:30' });
  const strategies = [example('market-maker'), example('momentum')];
  const tasks = Array.from({ length: pairs }, (_, i) =>
    strategies.map((strategy) => ({ strategy, config, seed: i + 1 })),
  ).flat();
  const measured = [];
  for (const kind of kinds) {
    say(`${pairs} pairs in ${kind}`);
    const timed = async (processes: number): Promise<{ seconds: number; digests: string }> => {
      const start = performance.now();
      const results = await runLabTasks(tasks, { kind, processes, signal });
      return {
        seconds: (performance.now() - start) / 1000,
        digests: results.map(({ digest }) => digest).join(' '),
      };
    };
    const one = await timed(1);
    const two = await timed(PROCESSES);
    measured.push({
      kind,
      oneSeconds: one.seconds,
      twoSeconds: two.seconds,
      efficiency: one.seconds / (PROCESSES * two.seconds),
      isSameWork: one.digests === two.digests && !one.digests.includes('null'),
    });
  }
  return measured;
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), low: Math.min(...values), high: Math.max(...values) };
}

function render({ machine, rounds, callbacks, kernel, processes }: Result): string {
  const ratio = ({ median: middle, low, high }: Spread): string =>
    `${middle.toPrecision(2)} (${low.toPrecision(2)} – ${high.toPrecision(2)})`;
  return [
    `${machine}; medians of ${rounds} rounds, least and largest`,
    '',
    'callbacks of a market maker that sees 10 new levels a side',
    ...callbacks.map(
      ({ kind, perSecond, ratio: own }) =>
        `  ${kind.padEnd(14)}${Math.round(perSecond.median).toLocaleString('en-US').padStart(12)} a second   ${ratio(own)} of direct calls`,
    ),
    '',
    'messages a second of rmsc04 to 10:30, with a strategy that sees every change ÷ without',
    ...kernel.map(
      ({ kind, callbacks: count, ratio: own }) =>
        `  ${kind.padEnd(14)}${count.toLocaleString('en-US').padStart(12)} callbacks   ${ratio(own)}`,
    ),
    '',
    `pairs of runs of rmsc04 to 10:30, in ${PROCESSES} processes and in one`,
    ...processes.map(
      ({ kind, oneSeconds, twoSeconds, efficiency, isSameWork }) =>
        `  ${kind.padEnd(14)}${twoSeconds.toFixed(1)} s against ${oneSeconds.toFixed(1)} s: efficiency ${efficiency.toFixed(2)}${isSameWork ? '' : '; NOT THE SAME WORK'}`,
    ),
  ].join('\n');
}

runProof(main);
