// `npm run bench:retail`: what a shopping day costs on Temporal. The same days are lived directly, as activities and
// as executions of their own, beside executions and activities that do nothing; the results are ratios, which mean
// the same on every machine. Each round runs every variant once, every other round in the opposite order, so that a
// machine that gets slower or busier hits all alike.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { daysBetween } from '../domain/retail/calendar.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import type { Database } from '../prisma/client.ts';
import { digestSimulation } from '../prisma/digest-store.ts';
import { cpuSecondsOfTree } from './bench-resources.ts';
import { startRunner, VARIANTS } from './bench-processes.ts';
import type { Shoppers, Variant } from './bench-processes.ts';
import { renderBench } from './bench-report.ts';
import type { BenchOptions, BenchResult, Run } from './bench-report.ts';
import { describeSandbox, prepareStack, withFreshDatabase } from './bench-stack.ts';
import { withLocalStack } from './local-stack.ts';
import type { LocalStack } from './local-stack.ts';
import { runProof, say } from './run.ts';

const MEASURED = 'measured';
const WARM_UP_DAYS = 2;

export async function benchRetail(options: BenchOptions, signal?: AbortSignal): Promise<BenchResult> {
  return withLocalStack({ signal }, async (stack) => {
    await prepareStack(stack, options.agents);
    say('a first run finds out who shops, and warms the servers up');
    const reference = await referenceRun(stack, options);
    const runs: Run[] = [];
    for (let round = 1; round <= options.pairs; round++)
      for (const variant of round % 2 === 1 ? VARIANTS : VARIANTS.toReversed()) {
        const run = await runOnce(stack, options, variant, round, reference.shoppers);
        say(
          `round ${round}, ${variant}: ${(reference.shoppingDays / run.seconds).toFixed(1)} days per second`,
        );
        runs.push(run);
      }
    return {
      ...options,
      sandbox: await describeSandbox(stack),
      shoppingDays: reference.shoppingDays,
      runs,
      isSameWork: runs.every(({ digest }) => digest === null || digest === reference.digest),
    };
  });
}

type Reference = { readonly shoppers: Shoppers; readonly shoppingDays: number; readonly digest: string };

export async function referenceRun(stack: LocalStack, options: BenchOptions): Promise<Reference> {
  return withFreshDatabase(stack, 'reference', async (addresses, services) => {
    const runner = await startRunner('direct', { addresses, services, shoppers: {}, logFile: logOf(stack) });
    const config = aSimulation(options, MEASURED, 'direct');
    await runner.run(config).finally(() => runner.stop());
    const shoppers = await readShoppers(services.db, config);
    const shoppingDays = Object.values(shoppers).reduce((sum, agents) => sum + agents.length, 0);
    const { digest } = await digestSimulation(services.db, MEASURED);
    return { shoppers, shoppingDays, digest };
  });
}

async function readShoppers(db: Database, { startDate }: SimulationConfig): Promise<Shoppers> {
  const rows = await db.shoppingDay.findMany({
    where: { status: { not: 'home' } },
    orderBy: { agentId: 'asc' },
    select: { simulatedDate: true, agentId: true },
  });
  const shoppers: Record<number, string[]> = {};
  for (const { simulatedDate, agentId } of rows)
    (shoppers[daysBetween(startDate, simulatedDate.toISOString().slice(0, 10))] ??= []).push(agentId);
  return shoppers;
}

/** One variant in a process and a database of its own, after a short simulation that warms the process up. */
export async function runOnce(
  stack: LocalStack,
  options: BenchOptions,
  variant: Variant,
  round: number,
  shoppers: Shoppers,
): Promise<Run> {
  return withFreshDatabase(stack, `${round}_${variant}`, async (addresses, services) => {
    const runner = await startRunner(variant, { addresses, services, shoppers, logFile: logOf(stack) });
    const pids = {
      process: runner.pid,
      temporal: pidOf(stack, 'temporal'),
      postgres: pidOf(stack, 'postgres'),
    };
    const simulationId = (what: string): string => `${what}-${round}-${variant.replace(' ', '-')}`;
    try {
      await runner.run(aSimulation({ ...options, days: WARM_UP_DAYS }, simulationId('warm-up'), variant));
      const before = mapValues(pids, cpuSecondsOfTree);
      const config = aSimulation(options, simulationId(MEASURED), variant);
      const seconds = await runner.run(config);
      const cpuSeconds = mapValues(pids, (pid, name) => difference(cpuSecondsOfTree(pid), before[name]));
      const isWork = !variant.startsWith('no-op');
      const digest = isWork ? (await digestSimulation(services.db, config.simulationId)).digest : null;
      return { variant, round, seconds, digest, cpuSeconds };
    } finally {
      await runner.stop();
    }
  });
}

function aSimulation(
  { agents, days }: BenchOptions,
  simulationId: string,
  variant: Variant,
): SimulationConfig {
  const execution = variant.endsWith('workflow') ? 'workflow' : 'activity';
  return SimulationConfig.parse({ simulationId, agents, days, timeScale: 'max', execution });
}

function pidOf({ supervisor }: LocalStack, name: string): number {
  return supervisor.services.find((service) => service.name === name)!.process!.pid;
}

function logOf({ supervisor }: LocalStack): string {
  return path.join(path.dirname(supervisor.services[0]!.logFile), 'bench-worker.log');
}

function mapValues<K extends string, A, B>(values: Record<K, A>, map: (value: A, key: K) => B): Record<K, B> {
  return Object.fromEntries(
    Object.entries<A>(values).map(([key, value]) => [key, map(value, key as K)]),
  ) as Record<K, B>;
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    options: {
      agents: { type: 'string', default: '300' },
      days: { type: 'string', default: '4' },
      pairs: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
    },
  });
  const [agents, days, pairs] = [values.agents, values.days, values.pairs].map(Number);
  if (![agents, days, pairs].every((number) => Number.isInteger(number) && number! > 0)) {
    process.stderr.write(
      'bench:retail [--agents N] [--days N] [--pairs N] [--json]: whole numbers above 0.\n',
    );
    return 2;
  }
  const result = await benchRetail({ agents: agents!, days: days!, pairs: pairs! }, signal);
  process.stdout.write(`${values.json ? JSON.stringify(result) : renderBench(result)}\n`);
  return result.isSameWork ? 0 : 1;
}

if (require.main === module) runProof(main);
