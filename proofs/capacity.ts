// `npm run capacity`: how large a simulation this machine carries. Simulations of growing size run at full speed, each on
// services of its own as `mercato up` starts them; measured are the time that a simulated day takes, and what it costs in
// memory, in state transitions and on disk. docs/capacity.md shows the result.
import { parseArgs } from 'node:util';
import { seedAgents } from '../client/seeding.ts';
import { startSimulation, waitForSimulation } from '../client/simulations.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { describeSandbox } from './bench-stack.ts';
import { renderCapacity } from './bench-capacity-table.ts';
import type { CapacityResult, CapacityRow, Case } from './bench-capacity-table.ts';
import { readExecutions } from './bench-executions.ts';
import { measureSizes, watchMemory } from './bench-resources.ts';
import { withLocalStack } from './local-stack.ts';
import { runProof, say } from './run.ts';

/** Up to here every agent's day is measured as an execution of its own, too: `execution: auto` ends at 1,000. */
const LARGEST_WORKFLOW_CASE = 300;
const DEFAULT_AGENTS = '300,2000,10000';
const SIMULATION_ID = 'capacity';

export function casesOf(sizes: readonly number[]): Case[] {
  return sizes.flatMap((agents): Case[] => [
    ...(agents <= LARGEST_WORKFLOW_CASE ? [{ agents, execution: 'workflow' } as const] : []),
    { agents, execution: 'activity' },
  ]);
}

export async function measureCapacity(
  sizes: readonly number[],
  days: number,
  signal?: AbortSignal,
): Promise<CapacityResult> {
  let sandbox = '';
  const rows: CapacityRow[] = [];
  for (const each of casesOf(sizes)) {
    say(`${each.agents} agents, ${days} days, execution ${each.execution}`);
    const row = await withLocalStack({ onProgress: () => undefined, signal }, async (stack) => {
      sandbox = await describeSandbox(stack);
      const seedStart = performance.now();
      const options = { source: { type: 'shipped' }, datasetId: null, skipBad: false, force: false } as const;
      await seedAgents(stack.services.db, { ...options, agents: each.agents });
      const seedSeconds = secondsSince(seedStart);
      const memory = watchMemory(stack.supervisor);
      const start = performance.now();
      const config = { simulationId: SIMULATION_ID, days, timeScale: 'max', ...each } as const;
      await startSimulation(stack.services, SimulationConfig.parse(config));
      const { totals } = await waitForSimulation(stack.services, SIMULATION_ID);
      const totalSeconds = secondsSince(start);
      return {
        ...each,
        days,
        shoppingDays: totals.shoppingDays,
        failedDays: totals.failedDays,
        seedSeconds,
        totalSeconds,
        peakMb: memory.stop(),
        ...(await readExecutions(stack.services.temporal, SIMULATION_ID)),
        ...(await measureSizes(stack.services.db)),
      };
    });
    say(`${row.shoppingDays} shopping days in ${row.totalSeconds.toFixed(0)} s`);
    rows.push(row);
  }
  return { sandbox, rows };
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    options: {
      agents: { type: 'string', default: DEFAULT_AGENTS },
      days: { type: 'string', default: '7' },
      json: { type: 'boolean', default: false },
    },
  });
  const sizes = values.agents.split(',').map(Number);
  const days = Number(values.days);
  if (![...sizes, days].every((number) => Number.isInteger(number) && number > 0)) {
    process.stderr.write(
      `capacity [--agents ${DEFAULT_AGENTS}] [--days 7] [--json]: whole numbers above 0.\n`,
    );
    return 2;
  }
  const result = await measureCapacity(sizes, days, signal);
  process.stdout.write(`${values.json ? JSON.stringify(result) : renderCapacity(result)}\n`);
  return result.rows.every((row) => row.failedDays === 0) ? 0 : 1;
}

if (require.main === module) runProof(main);
