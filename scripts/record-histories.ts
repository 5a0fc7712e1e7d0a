// `npx tsx scripts/record-histories.ts NAME`: runs small simulations on today's code and stores one history of every
// kind below tests/histories/NAME. Record before a workflow's commands change; tests/replay.test.ts replays them all,
// for ever, on the code of the day.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Client } from '@temporalio/client';
import { seedAgents } from '../client/seeding.ts';
import {
  advance,
  pauseSimulation,
  resumeSimulation,
  setScale,
  startSimulation,
  waitForSimulation,
} from '../client/simulations.ts';
import type { Services } from '../client/simulations.ts';
import { SimulationConfig } from '../domain/retail/simulation.ts';
import { withLocalStack } from '../proofs/local-stack.ts';
import { say } from '../proofs/run.ts';
import { ensureTemporalCli } from '../stack/temporal-cli.ts';
import {
  offerCycleWorkflowId,
  shardDayWorkflowId,
  shoppingDayWorkflowId,
  simulationDayWorkflowId,
  simulationWorkflowId,
} from '../workflows/ids.ts';

const run = promisify(execFile);
const ROOT = path.join(__dirname, '..');
const FOLDER = path.join(ROOT, 'tests', 'histories');

async function main(): Promise<void> {
  const name = process.argv[2];
  if (name === undefined || !/^[a-z0-9-]+$/.test(name))
    throw new Error('Give the recording a name, like 2026-11-first.');
  const folder = path.join(FOLDER, name);
  mkdirSync(folder, { recursive: true });
  await withLocalStack({}, async ({ services, addresses }) => {
    await seedAgents(services.db, {
      source: { type: 'shipped' },
      datasetId: null,
      agents: 30,
      skipBad: false,
      force: false,
    });
    const keep = (workflowId: string, name: string): Promise<void> =>
      store(services, addresses.temporalAddress, workflowId, path.join(folder, `${name}.json`));
    for (const execution of ['workflow', 'activity'] as const) {
      await runWithMessages(services, execution);
      for (const [kind, workflowId] of Object.entries(await idsOf(services, execution)))
        await keep(workflowId, `${execution}-${kind}`);
    }
    const date = await runWithFailures(services, 'failing');
    await keep(simulationWorkflowId('failing'), 'failing-simulation');
    await keep(simulationDayWorkflowId('failing', date), 'failing-simulation-day');
    await keep(shardDayWorkflowId('failing', date, 0), 'failing-shard-day');
  });
  say(`stored in ${folder}`);
}

/** Ten days with a cycle boundary and one message of every kind. */
async function runWithMessages(services: Services, simulationId: 'workflow' | 'activity'): Promise<void> {
  const config = SimulationConfig.parse({
    simulationId,
    execution: simulationId,
    days: 10,
    timeScale: 50_000,
  });
  await startSimulation(services, config);
  await pauseSimulation(services, simulationId);
  await advance(services, simulationId, { days: 2 });
  await resumeSimulation(services, simulationId);
  await setScale(services, simulationId, 'max');
  await waitForSimulation(services, simulationId);
}

/** Three days on which one agent cannot be read. Returns a date on which it failed. */
async function runWithFailures(services: Services, simulationId: string): Promise<string> {
  const { db } = services;
  const { agentId } = await db.shoppingDay.findFirstOrThrow({
    where: { simulationId: 'workflow', status: 'completed', simulatedDate: { lt: new Date('2026-01-08') } },
    orderBy: [{ simulatedDate: 'asc' }, { agentId: 'asc' }],
  });
  // The database allows an empty list, the persona's schema does not.
  await db.agent.update({ where: { agentId }, data: { preferredCategories: [] } });
  await startSimulation(services, SimulationConfig.parse({ simulationId, days: 3, timeScale: 'max' }));
  await waitForSimulation(services, simulationId);
  const failed = await db.shoppingDay.findFirstOrThrow({ where: { simulationId, status: 'failed' } });
  return failed.simulatedDate.toISOString().slice(0, 10);
}

/** One execution of every kind; the simulation's is the last of its chain, `simulation-first` the first. */
async function idsOf({ db }: Services, simulationId: string): Promise<Record<string, string>> {
  const lived = await db.shoppingDay.findFirstOrThrow({
    where: { simulationId, status: 'completed' },
    orderBy: [{ simulatedDate: 'asc' }, { agentId: 'asc' }],
  });
  const date = lived.simulatedDate.toISOString().slice(0, 10);
  return {
    simulation: simulationWorkflowId(simulationId),
    'offer-cycle': offerCycleWorkflowId(simulationId, 1),
    'simulation-day': simulationDayWorkflowId(simulationId, date),
    'shard-day': shardDayWorkflowId(simulationId, date, 0),
    ...(simulationId === 'workflow'
      ? { 'shopping-day': shoppingDayWorkflowId(simulationId, date, lived.agentId) }
      : {}),
  };
}

/** By the Temporal CLI, so that a history looks like one that anybody exports; without the names of machines and folders. */
async function store(services: Services, address: string, workflowId: string, file: string): Promise<void> {
  const { path: cli } = await ensureTemporalCli(process.env);
  for (const { runId, name } of await runsOf(services.temporal, workflowId, file)) {
    const args = ['workflow', 'show', '--address', address, '--workflow-id', workflowId, '--run-id', runId];
    const { stdout } = await run(cli, [...args, '--output', 'json'], { maxBuffer: 64 * 1024 * 1024 });
    const anonymous = stdout.replaceAll(/"\d+@[^"]+"/g, '"1@recorded"').replaceAll(ROOT, '/mercato');
    const history: unknown = JSON.parse(anonymous);
    writeFileSync(name, `${JSON.stringify(history)}\n`);
    say(path.basename(name));
  }
}

/** The last run of a chain that continued as new, and its first one where that is another. */
async function runsOf(
  temporal: Client,
  workflowId: string,
  file: string,
): Promise<{ runId: string; name: string }[]> {
  const runs: { runId: string; startTime: Date }[] = [];
  for await (const one of temporal.workflow.list({ query: `WorkflowId = '${workflowId}'` })) runs.push(one);
  runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
  const last = { runId: runs.at(-1)!.runId, name: file };
  return runs.length === 1
    ? [last]
    : [{ runId: runs[0]!.runId, name: file.replace('.json', '-first.json') }, last];
}

void main();
