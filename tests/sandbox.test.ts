// Strategies in closed heaps: the same orders and fuel in every kind, and processes that can be ended.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { labRun } from '../domain/lab/run.ts';
import { MarketConfig } from '../domain/market/market-config.ts';
import { presetConfig } from '../domain/market/presets.ts';
import { simulate } from '../domain/market/simulate.ts';
import { REFERENCE_STRATEGIES } from '../domain/market/strategies/reference-strategies.ts';
import { StrategyError } from '../domain/market/strategy.ts';
import { runAttacks } from '../sandbox/attack-run.ts';
import { ATTACKS } from '../sandbox/attacks.ts';
import { runLabTasks } from '../sandbox/child-pool.ts';
import { createSandbox } from '../sandbox/create-sandbox.ts';
import { loadIsolatedVm } from '../sandbox/isolated-vm.ts';
import type { LabStrategy } from '../sandbox/lab-job.ts';
import { runLabTask } from '../sandbox/lab-task.ts';
import { DEFAULT_LIMITS } from '../sandbox/sandbox.ts';
import type { SandboxKind, SandboxLimits } from '../sandbox/sandbox.ts';
import { loadStrategy } from '../sandbox/load-strategy.ts';
import { compileStrategy } from '../sandbox/strategy-source.ts';

const ROOT = path.join(__dirname, '..');
/** isolated-vm is not among the dependencies: it is tested where it is there. */
const CLOSED: readonly SandboxKind[] = [
  'quickjs',
  ...(loadIsolatedVm() === null ? [] : (['isolated_vm'] as const)),
];

const config = MarketConfig.parse({ ...presetConfig('rmsc04'), close: '09:40' });

function strategyOf(source: string, given: Record<string, number> = {}): LabStrategy {
  return loadStrategy(source, 'strategy.ts', given);
}

const example = (name: string): LabStrategy =>
  strategyOf(readFileSync(path.join(ROOT, 'examples', `${name}.ts`), 'utf8'));

async function run(kind: SandboxKind, strategy: LabStrategy, limits: SandboxLimits = DEFAULT_LIMITS) {
  const sandbox = await createSandbox(kind, limits);
  return runLabTask(sandbox, { strategy, config, seed: 1 });
}

/** Answers each tick with the quantity that an expression comes to, so that the digest tells what it was. */
const trading = (quantity: string, outside = ''): string => `${outside}
export function createStrategy() {
  let ticks = 0;
  return {
    onTick(state) {
      ticks += 1;
      return state.bestAsk === null ? [] : [{ actionType: 'place', side: 'buy', orderType: 'market', quantity: ${quantity} }];
    },
  };
}`;

describe.each(CLOSED)('%s', (kind) => {
  test.each([
    ['market-maker', 'quote_both_sides'],
    ['momentum', 'follow_momentum'],
  ])('examples/%s.ts does what %s does', async (file, reference) => {
    const strategy = REFERENCE_STRATEGIES[reference]!.create();
    const { digest } = simulate(config, 1, { strategy });

    expect((await run(kind, example(file))).digest).toBe(digest);
    expect(labRun(config, 1, null).digest).not.toBe(digest);
  });

  test.each([
    [
      'functions of Math',
      '1 + Math.floor(40 * Math.abs(Math.exp(-ticks / 9) + Math.log(ticks) - ticks ** 0.3)) % 50',
    ],
    ['luck', '1 + Math.floor(50 * Math.random())'],
    [
      'sorting, and how often it compares',
      '(() => { let calls = 0; const sorted = Array.from({ length: 30 }, (_, i) => (i * 17 * ticks) % 31).sort((a, b) => { calls += 1; return a - b; }); return 1 + ((calls + sorted[7]) % 50); })()',
    ],
    [
      'text',
      "1 + (`${ticks}`.padStart(5, 'ab').length + (ticks / 7).toFixed(3).length + [ticks, 1].join('-').length)",
    ],
  ])('has the same %s as every other kind', async (_, quantity) => {
    const strategy = strategyOf(trading(quantity));
    const { digest, fuelUsed, ended } = await run(kind, strategy);

    expect(ended).toEqual({ type: 'ok' });
    if (!quantity.includes('calls')) expect(digest).toBe((await run('direct', strategy)).digest);
    expect([digest, fuelUsed]).toEqual([
      (await run('quickjs', strategy)).digest,
      (await run('quickjs', strategy)).fuelUsed,
    ]);
  });

  test('gives the chosen parameters, and the defaults of the others', async () => {
    const source = `export const parameters = { a: { default: 2, low: 1, high: 9 }, b: { default: 3, low: 1, high: 9 } };
export const createStrategy = ({ a, b }) => ({ initialize() { throw new Error('a ' + a + ' b ' + b); } });`;
    const { ended } = await run(kind, strategyOf(source, { b: 7 }));

    expect(ended).toMatchObject({
      reason: 'threw',
      message: expect.stringMatching(/in initialize .* a 2 b 7$/) as string,
    });
  });

  test('gives names of orders back, and reasons', async () => {
    const source = `export function createStrategy() {
  let heard = '';
  return {
    onTick({ openOrders }) {
      if (openOrders.length > 0) heard = openOrders[0].id;
      return [{ actionType: 'place', side: 'buy', orderType: 'limit', quantity: 1, price: 1, id: 'first' }, { actionType: 'cancel', orderId: 99 }];
    },
    onOrderUpdate({ reason, id, status }) {
      if (reason !== null && heard !== '') throw new Error([heard, id, status, reason].join('|'));
      return [];
    },
  };
}`;
    const { ended } = await run(kind, strategyOf(source));

    expect(ended).toMatchObject({
      message: expect.stringMatching(/first\|\|request_refused\|there is no open order 99$/) as string,
    });
  });

  test('a callback that is not there takes no fuel', async () => {
    const { fuelUsed, ended } = await run(kind, strategyOf('export const createStrategy = () => ({});'));

    expect(ended).toEqual({ type: 'ok' });
    expect(fuelUsed).toBeLessThan(10);
  });

  test('ends a day whose fuel is used up, wherever', async () => {
    const limits = { ...DEFAULT_LIMITS, fuelPerRun: 5000 };
    const { ended, fuelUsed } = await run(kind, example('market-maker'), limits);

    expect(ended).toMatchObject({ type: 'failed', reason: 'fuel' });
    expect(fuelUsed).toBe(5000);
  });

  test('says which module cannot be loaded', async () => {
    const source = "throw new Error('not today'); export const createStrategy = () => ({});";

    expect((await run(kind, strategyOf(source))).ended).toMatchObject({
      reason: 'threw',
      message: 'The strategy could not be loaded: not today',
    });
  });

  test('contains the attacks, with and without static rules', async () => {
    const results = await runAttacks(ATTACKS, { kind });

    expect(results.filter(({ isContained }) => !isContained)).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(60);
    expect(results.filter(({ end }) => end === 'refused' || end === 'void').map(({ name }) => name)).toEqual([
      'the counters by their name',
    ]);
  }, 600_000);
});

test('what comes out of a heap is checked, whoever wrote it there', async () => {
  // The strategy's part of the channel, by a heap that lies.
  const { ChannelStrategy } = await import('../sandbox/channel-strategy.ts');
  const numbers = (...values: number[]): Float64Array =>
    Float64Array.from({ length: 64 }, (_, i) => values[i] ?? 0);
  const lies = [
    numbers(0, -1),
    numbers(0, NaN),
    numbers(0, 1, 1e9),
    numbers(0, 1, 0, 1e300),
    numbers(7, 1),
    numbers(0, 1, 0, 0, 0.5),
  ];

  for (const view of lies)
    expect(
      () => new ChannelStrategy({ view: () => view, dispatch: () => {}, dispose: () => {} }, DEFAULT_LIMITS),
    ).toThrow('makes no sense');
});

describe('the pool', () => {
  const [honest, other] = [example('market-maker'), example('momentum')];
  const tasks = [1, 2, 3].flatMap((seed) =>
    [honest, other, null].map((strategy) => ({ strategy, config, seed })),
  );
  const slow = strategyOf(
    'export const createStrategy = () => ({ onTick() { for (let i = 0; i < 9e5; i++); return []; } });',
  );

  test('has a result for each task in its order, whatever the number of processes', async () => {
    const seen: number[] = [];
    const two = await runLabTasks(tasks, {
      processes: 2,
      onResult: (_result, _task, done) => seen.push(done),
    });

    expect(two).toEqual(await runLabTasks(tasks, { processes: 1 }));
    expect(two.map(({ seed }) => seed)).toEqual(tasks.map(({ seed }) => seed));
    expect(two[2]!.digest).toBe(labRun(config, 1, null).digest);
    expect(seen).toEqual(tasks.map((_, i) => i + 1));
  }, 120_000);

  test('a run that takes too long is done once more with more time, and is void then; the others are not', async () => {
    const results = await runLabTasks(
      [
        { strategy: slow, config, seed: 1 },
        { strategy: null, config, seed: 1 },
      ],
      { processes: 1, timeoutMs: 4000, limits: { ...DEFAULT_LIMITS, fuelPerRun: 1e12 } },
    );

    expect(results[0]!.ended).toMatchObject({ type: 'void', reason: 'infrastructure' });
    expect(results[0]!.ended).toMatchObject({ message: 'it took longer than 16 s and was ended' });
    expect(results[1]!.ended).toEqual({ type: 'ok' });
  }, 120_000);

  test('ends at once when it is interrupted', async () => {
    const abort = new AbortController();
    const running = runLabTasks([{ strategy: slow, config, seed: 1 }], { signal: abort.signal });
    setTimeout(() => abort.abort(), 1000);

    await expect(running).rejects.toMatchObject({ code: 'lab_interrupted' });
  }, 60_000);
});

test('processes of the lab end when who started them is killed', async () => {
  const program = spawn(process.execPath, [path.join(ROOT, 'dist', 'mercato.cjs'), 'lab', 'attack'], {
    stdio: 'ignore',
  });
  const children = (): string[] =>
    execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.trim().split(/\s+/)[1] === String(program.pid));
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 100));
  };
  await until(() => children().some((line) => line.includes('lab-child.cjs')));
  const pids = children().map((line) => Number(line.trim().split(/\s+/)[0]));
  program.kill('SIGKILL');
  const isRunning = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  await until(() => !pids.some(isRunning));

  expect(pids.length).toBeGreaterThan(0);
}, 120_000);

test('a failing strategy is a StrategyError for who runs the market', async () => {
  const sandbox = await createSandbox('quickjs', DEFAULT_LIMITS);
  const { compiled } = strategyOf(
    "export const createStrategy = () => ({ onTick() { throw new Error('x'); } });",
  );
  const strategy = sandbox.open(compiled, { seed: 1, parameters: {} });

  expect(() => simulate(config, 1, { strategy })).toThrow(StrategyError);
  strategy.dispose();
});

test('`lab new` writes a strategy that is one, and overwrites nothing', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'mercato-lab-'));
  const lab = (...words: string[]): string =>
    execFileSync(process.execPath, [path.join(ROOT, 'dist', 'mercato.cjs'), 'lab', ...words], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  lab('new', 'mine', '--dir', folder);
  const file = path.join(folder, 'mine.ts');

  expect(() => compileStrategy(readFileSync(file, 'utf8'), file)).not.toThrow();
  writeFileSync(file, 'my own work');
  expect(() => lab('new', 'mine', '--dir', folder)).toThrow('is there already');
  expect(readFileSync(file, 'utf8')).toBe('my own work');
  expect(() => lab('new', '../mine', '--dir', folder)).toThrow('is no name for a strategy');
  rmSync(folder, { recursive: true });
});
